//! Chooses and prepares the folder of the Unix socket.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use super::StartError;
use super::folder::{Folder, remove, reuse_private};
use super::run_as::RunAs;

/// The number only forms the end of the socket's name. The server listens on no network port.
pub(super) const PORT: u16 = 5432;

/// Maximum length of the socket's path. `sun_path` holds 108 bytes on Linux and 104 elsewhere,
/// including the final zero.
const MAX_SOCKET_PATH: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// The folder for the socket: inside `folder`, or in /tmp when that path is unsuitable.
pub(super) fn choose_dir(folder: &Folder, run_as: Option<&RunAs>) -> Result<PathBuf, StartError> {
    let beside = folder.path().join("socket");
    if fits(&beside) {
        return Ok(beside);
    }
    let identity = fs::metadata(folder.path()).map_err(StartError::io("ler", folder.path()))?;
    let uid = run_as.map_or_else(|| geteuid().as_raw(), |run_as| run_as.uid);
    Ok(short(uid, identity.dev(), identity.ino()))
}

/// Creates the private folder and removes an old socket from it. PostgreSQL refuses to start over a
/// socket whose lock file names a live process, even if another program has that number now.
pub(super) fn make_ready(dir: &Path, run_as: Option<&RunAs>) -> Result<(), StartError> {
    reuse_private(dir, run_as)?;
    let socket = format!(".s.PGSQL.{PORT}");
    remove(&dir.join(format!("{socket}.lock")))?;
    remove(&dir.join(socket))
}

/// The folder in /tmp. Its name contains device and inode of the server's folder, so that it is
/// always the same for one folder and never the same for two.
fn short(uid: u32, device: u64, inode: u64) -> PathBuf {
    format!("/tmp/elos-{uid}-{device:x}-{inode:x}").into()
}

/// Whether the path is short enough and has no comma, double quote or backslash. A comma separates list
/// entries, both for the server and for libpq.
fn fits(dir: &Path) -> bool {
    let bytes = dir.as_os_str().as_bytes();
    let name = format!("/.s.PGSQL.{PORT}").len();
    bytes.len() + name <= MAX_SOCKET_PATH && !bytes.iter().any(|byte| b",\"\\".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_does_not_fit_goes_to_a_short_folder() {
        let longest = MAX_SOCKET_PATH - "/.s.PGSQL.5432".len();
        let dir = |length: usize| PathBuf::from(format!("/{}", "x".repeat(length - 1)));
        assert!(fits(&dir(longest)));
        assert!(!fits(&dir(longest + 1)));
        assert!(!fits(Path::new("/var/tmp/a,b/socket")));
        assert!(fits(&short(u32::MAX, u64::MAX, u64::MAX)));
    }
}
