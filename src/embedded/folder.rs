//! The folder of the embedded server: its lock, its files, and their owners and modes.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{
    DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown, lchown,
};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::libc;
use nix::unistd::{User, geteuid};

use super::StartError;
use super::programs::parse_major;
use super::run_as::RunAs;

const LOG_LIMIT: u64 = 10 * 1024 * 1024;

/// The folder of one embedded server. This process holds its lock as long as this value lives.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    lock: File,
}

impl Folder {
    pub fn open(path: &Path) -> Result<Self, StartError> {
        let path = std::path::absolute(path).map_err(StartError::io("achar", path))?;
        create(&path).map_err(|error| refusal(&path, error))?;
        let file = path.join("lock");
        let mut lock = open_ours(&file, OpenOptions::new().read(true).write(true))
            .map_err(|error| refusal(&path, error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
                return Err(StartError::InUse { folder: path, pid });
            }
            Err(TryLockError::Error(error)) => return Err(StartError::io("travar", &file)(error)),
        }
        lock.set_len(0)
            .and_then(|()| lock.write_all(std::process::id().to_string().as_bytes()))
            .map_err(StartError::io("escrever", &file))?;
        Ok(Self { path, lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    pub fn log(&self) -> PathBuf {
        self.path.join("postgres.log")
    }

    /// The data folder until it is complete. Its name has our process id, because a killed
    /// predecessor's initdb may still be emptying its own folder.
    pub fn unfinished(&self) -> PathBuf {
        self.path.join(format!("data.new.{}", std::process::id()))
    }

    /// The major version of the data. `None` when there are no data yet; an empty data folder is
    /// removed.
    pub fn major(&self) -> Result<Option<u32>, StartError> {
        let data = self.data();
        match fs::read_to_string(data.join("PG_VERSION")) {
            Ok(text) => parse_major(&text).map(Some).ok_or(StartError::NotACluster(data)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::remove_dir(&data) {
                Ok(()) => Ok(None),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(_) => Err(StartError::NotACluster(data)),
            },
            Err(error) => Err(StartError::io("ler", &data)(error)),
        }
    }

    pub fn remove_unfinished(&self) -> Result<(), StartError> {
        let entries = fs::read_dir(&self.path).map_err(StartError::io("ler", &self.path))?;
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with("data.new") {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }

    pub fn open_log(&self) -> Result<File, StartError> {
        let log = self.log();
        if fs::metadata(&log).is_ok_and(|metadata| metadata.len() > LOG_LIMIT) {
            let _ = fs::rename(&log, self.path.join("postgres.log.old"));
        }
        open_ours(&log, OpenOptions::new().read(true).append(true))
            .map_err(StartError::io("abrir", &log))
    }

    /// Makes a rename in this folder survive a power failure.
    pub fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}

impl Drop for Folder {
    /// Unlocks explicitly: closing the file does not release the lock while a child that another
    /// thread is starting still has a copy of the descriptor.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

/// Creates the folder and the parents that are missing. As root, lets every user enter the new
/// ones, whatever the umask is, because another user runs PostgreSQL.
fn create(path: &Path) -> io::Result<()> {
    let missing: Vec<_> = path.ancestors().take_while(|place| !place.exists()).collect();
    fs::create_dir_all(path)?;
    if geteuid().is_root() {
        for place in missing {
            fs::set_permissions(place, Permissions::from_mode(0o755))?;
        }
    }
    Ok(())
}

/// Opens a file for writing without following links, and gives it to the owner of the folder,
/// because root may be working in another user's folder.
fn open_ours(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let file = options.create(true).mode(0o600).custom_flags(libc::O_NOFOLLOW).open(path)?;
    let owner = fs::metadata(path.parent().unwrap_or(path))?;
    if geteuid().is_root() && owner.uid() != 0 {
        fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(file)
}

/// Translates an I/O error about this folder into a reason for the user.
fn refusal(path: &Path, error: io::Error) -> StartError {
    let mut ancestors: Vec<&Path> = path.ancestors().collect();
    ancestors.reverse();
    if let Some(file) = ancestors.iter().find(|place| place.exists() && !place.is_dir()) {
        return StartError::NotADirectory(file.to_path_buf());
    }
    if error.kind() != io::ErrorKind::PermissionDenied {
        return StartError::Io { action: "usar", path: path.into(), source: error };
    }
    let closed = |place: &&Path| {
        let inside = fs::metadata(place.join("."));
        inside.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    };
    match ancestors.iter().find(|place| closed(place)) {
        Some(closed) => {
            let user = User::from_uid(geteuid()).ok().flatten();
            StartError::Unreachable {
                folder: path.into(),
                closed: closed.to_path_buf(),
                user: user.map_or_else(|| geteuid().to_string(), |user| user.name),
            }
        }
        None => StartError::NotWritable(path.into()),
    }
}

/// Creates a folder that only PostgreSQL's user (and root) can enter.
pub(super) fn make_private(path: &Path, run_as: Option<&RunAs>) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)?;
    run_as.map_or(Ok(()), |RunAs { uid, gid, .. }| lchown(path, Some(*uid), Some(*gid)))
}

/// Like [`make_private`], but accepts such a folder from an earlier start. Anything else with that
/// name is refused, because in `/tmp` another user may have placed it.
pub(super) fn reuse_private(path: &Path, run_as: Option<&RunAs>) -> Result<(), StartError> {
    match make_private(path, run_as) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(StartError::io("criar", path)(error)),
    }
    let found = fs::symlink_metadata(path).map_err(StartError::io("ler", path))?;
    let private = |found: &Metadata| found.is_dir() && found.mode() & 0o777 == 0o700;
    let uid = run_as.map_or_else(|| geteuid().as_raw(), |run_as| run_as.uid);
    match run_as {
        _ if private(&found) && found.uid() == uid => Ok(()),
        Some(RunAs { gid, .. }) if private(&found) && found.uid() == 0 => {
            lchown(path, Some(uid), Some(*gid)).map_err(StartError::io("mudar o dono de", path))
        }
        _ => Err(StartError::ForeignSocketDir(path.into())),
    }
}

/// Removes a file or a folder. Retries for a while, because processes of a killed server may still
/// be writing there.
pub(super) fn remove(path: &Path) -> Result<(), StartError> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let removed = match fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() => fs::remove_dir_all(path),
            Ok(_) => fs::remove_file(path),
            Err(error) => Err(error),
        };
        match removed {
            Ok(()) => return Ok(()),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound if !path.exists() => return Ok(()),
                io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty
                    if Instant::now() < deadline => {}
                _ => return Err(StartError::io("remover", path)(error)),
            },
        }
        thread::sleep(Duration::from_millis(50));
    }
}
