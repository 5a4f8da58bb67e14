use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use super::StartError;
use super::child::RunAs;
use super::folder::{Folder, remove, reuse_private};

/// Only the end of the socket's name: nothing listens on a network port.
pub(super) const PORT: u16 = 5432;

/// `sun_path` holds 108 bytes on Linux and 104 elsewhere, with its final zero.
const LONGEST: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// The folder of the server's socket.
pub(super) fn place(folder: &Folder, run_as: Option<&RunAs>) -> Result<PathBuf, StartError> {
    let beside = folder.path().join("socket");
    if fits(&beside) {
        return Ok(beside);
    }
    let identity = fs::metadata(folder.path()).map_err(StartError::io("ler", folder.path()))?;
    let uid = run_as.map_or_else(|| geteuid().as_raw(), |run_as| run_as.uid);
    Ok(short(uid, identity.dev(), identity.ino()))
}

/// Makes the folder, private and with no socket in it: Postgres refuses to start over one whose
/// lock file names a live process, though the number may have gone to another program.
pub(super) fn make_ready(dir: &Path, run_as: Option<&RunAs>) -> Result<(), StartError> {
    reuse_private(dir, run_as)?;
    let socket = format!(".s.PGSQL.{PORT}");
    remove(&dir.join(format!("{socket}.lock")))?;
    remove(&dir.join(socket))
}

/// Of device and inode, so that a folder finds its own again and never another's.
fn short(uid: u32, device: u64, inode: u64) -> PathBuf {
    format!("/tmp/elos-{uid}-{device:x}-{inode:x}").into()
}

/// A comma parts the entries of a list, both for the server and for libpq.
fn fits(dir: &Path) -> bool {
    let bytes = dir.as_os_str().as_bytes();
    let name = format!("/.s.PGSQL.{PORT}").len();
    bytes.len() + name <= LONGEST && !bytes.iter().any(|byte| b",\"\\".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_does_not_fit_goes_to_a_short_folder() {
        let longest = LONGEST - "/.s.PGSQL.5432".len();
        let dir = |length: usize| PathBuf::from(format!("/{}", "x".repeat(length - 1)));
        assert!(fits(&dir(longest)));
        assert!(!fits(&dir(longest + 1)));
        assert!(!fits(Path::new("/var/tmp/a,b/socket")));
        assert!(fits(&short(u32::MAX, u64::MAX, u64::MAX)));
    }
}
