//! The private PostgreSQL server of `elos demo` and of the tests. It is a child of this process,
//! listens only on a Unix socket that only its user can open, and holds a lock on its folder so
//! that no other server uses it.
//!
//! If this program, PostgreSQL or both are killed, the next start finds all committed rows, unless
//! [`Options::durable`] is false.

mod child;
mod cluster;
mod error;
mod folder;
mod pidfile;
mod programs;
mod run_as;
mod socket;
mod supervisor;

use std::convert::Infallible;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, mpsc};
use std::{env, thread};

use crate::value::percent;
use nix::unistd::geteuid;

pub use error::StartError;
use folder::Folder;
use supervisor::Supervisor;

#[derive(Debug, Clone)]
pub struct Options {
    pub dir: PathBuf,
    /// Whether commits survive a power failure or a crash of PostgreSQL. False only in tests and
    /// benchmarks.
    pub durable: bool,
    /// The folder that contains initdb and postgres. `None` to search for it.
    pub pg_bin: Option<PathBuf>,
    /// Additional settings of postgresql.conf. They override the ones set here.
    pub settings: Vec<(String, String)>,
    pub max_connections: u32,
}

impl Options {
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        let (pg_bin, settings) = (None, Vec::new());
        Self { dir: dir.into(), durable: true, pg_bin, settings, max_connections: 100 }
    }
}

/// A private PostgreSQL server, child of this process. Dropping it shuts the server down cleanly.
#[derive(Debug)]
pub struct Embedded {
    socket_dir: PathBuf,
    pid: Arc<AtomicI32>,
    /// Dropping the sender tells the supervisor to stop.
    alive: Option<mpsc::Sender<Infallible>>,
    supervisor: Option<thread::JoinHandle<()>>,
}

impl Embedded {
    /// Starts the server. Returns once it accepts connections, or with the reason why it cannot
    /// start.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let pid = Arc::new(AtomicI32::new(0));
        let (alive, stop) = mpsc::channel();
        let (started, outcome) = mpsc::channel();
        let seen = Arc::clone(&pid);
        // The kernel signals the child to end when the thread that started it ends, so that thread
        // must live as long as the server.
        let supervisor = thread::Builder::new()
            .name("postgres".into())
            .spawn(move || Supervisor::run(options, stop, seen, &started))
            .map_err(StartError::Thread)?;
        match outcome.recv() {
            Ok(Ok(socket_dir)) => {
                Ok(Self { socket_dir, pid, alive: Some(alive), supervisor: Some(supervisor) })
            }
            Ok(Err(error)) => Err(error),
            Err(gone) => Err(StartError::Thread(std::io::Error::other(gone))),
        }
    }

    /// The connection URL for libpq. It contains the port because PGPORT would otherwise change the
    /// name of the socket.
    pub fn url(&self, role: &str, database: &str) -> String {
        let [role, database] = [role, database].map(|name| percent::encode(name.as_bytes()));
        let host = percent::encode(self.socket_dir.as_os_str().as_bytes());
        format!("postgres://{role}@/{database}?host={host}&port={}", socket::PORT)
    }

    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The process id of the server. It changes when the server was killed and started again.
    pub fn pid(&self) -> i32 {
        self.pid.load(Ordering::Relaxed)
    }

    /// Ends the sessions, writes all data to disk, and returns when the server has exited.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.alive = None;
        if let Some(supervisor) = self.supervisor.take() {
            let _ = supervisor.join();
        }
    }
}

/// Deletes the data and the logs in a folder. Stops an orphaned server first.
///
/// # Errors
///
/// [`StartError::InUse`] when another program uses the folder.
pub fn wipe(dir: &Path) -> Result<(), StartError> {
    if matches!(dir.try_exists(), Ok(false)) {
        return Ok(());
    }
    let folder = Folder::open(dir)?;
    pidfile::stop_orphan(&folder.data())?;
    folder.remove_unfinished()?;
    for leftover in [folder.data(), folder.log(), dir.join("postgres.log.old")] {
        folder::remove(&leftover)?;
    }
    Ok(())
}

/// The default folder for the data.
pub fn default_dir() -> PathBuf {
    if geteuid().is_root() {
        return "/var/lib/elos".into();
    }
    let home = || env::home_dir().filter(|home| home.is_absolute());
    let shared = if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Application Support"))
    } else {
        let set = env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
        set.or_else(|| home().map(|home| home.join(".local/share")))
    };
    shared.map_or_else(|| format!("/var/tmp/elos-{}", geteuid()).into(), |dir| dir.join("elos"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_survives_any_name_and_folder() {
        let server = Embedded {
            socket_dir: "/var/tmp/é o?s&x/socket".into(),
            pid: Arc::default(),
            alive: None,
            supervisor: None,
        };
        assert_eq!(
            server.url("do/no", "elos"),
            "postgres://do%2Fno@/elos?host=%2Fvar%2Ftmp%2F%C3%A9%20o%3Fs%26x%2Fsocket&port=5432"
        );
    }
}
