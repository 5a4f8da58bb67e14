//! The user that runs PostgreSQL.

use super::StartError;
use nix::unistd::{Uid, User, geteuid};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The user that runs PostgreSQL when this program runs as root. PostgreSQL refuses to run as root.
#[derive(Debug, Clone)]
pub(super) struct RunAs {
    pub uid: u32,
    pub gid: u32,
    pub name: String,
}

impl RunAs {
    /// The owner of `data`, the folder of the cluster, or else of `dir`, which holds it, or else a
    /// usual account for PostgreSQL. `None` when this program runs as an ordinary user, which then
    /// also runs PostgreSQL.
    pub fn of(dir: &Path, data: &Path) -> Result<Option<Self>, StartError> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let not_root = |metadata: &Metadata| metadata.uid() != 0;
        if let Some(owner) = fs::metadata(data).ok().filter(not_root) {
            let name = User::from_uid(Uid::from_raw(owner.uid())).ok().flatten();
            let name = name.map_or_else(|| owner.uid().to_string(), |user| user.name);
            return Ok(Some(Self { uid: owner.uid(), gid: owner.gid(), name }));
        }
        // initdb needs a user name, so an owner without an account on this machine cannot be used.
        let owner = fs::metadata(dir).ok().filter(not_root);
        owner
            .and_then(|owner| User::from_uid(Uid::from_raw(owner.uid())).ok().flatten())
            .or_else(|| {
                let known = ["postgres", "_postgres", "nobody"];
                known.iter().find_map(|name| User::from_name(name).ok().flatten())
            })
            .map(|user| Some(Self { uid: user.uid.into(), gid: user.gid.into(), name: user.name }))
            .ok_or(StartError::NoUser)
    }
}
