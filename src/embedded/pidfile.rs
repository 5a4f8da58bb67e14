//! Handles a `postmaster.pid` that a killed server left behind, so that the next start succeeds.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::StartError;

/// The process whose id is in line 1 of a left-over `postmaster.pid`.
#[derive(Debug, PartialEq, Eq)]
enum Holder {
    /// The process does not exist. PostgreSQL handles this itself: it starts unless processes of
    /// the killed server still hold its shared memory.
    Nobody,
    /// The server with this pid still runs.
    Orphan(i32),
    /// The pid is that of another program or of a zombie that is never reaped, or it is unreadable.
    /// PostgreSQL would take it for a running server for ever.
    Stranger,
}

/// Prepares a left-over pid file for a start. The caller holds the lock of the folder.
pub(super) fn neutralise_stale_pid(data: &Path) -> Result<(), StartError> {
    stop_orphan(data)?;
    let Some((holder, text)) = read(data) else { return Ok(()) };
    if holder != Holder::Stranger {
        return Ok(());
    }
    // PostgreSQL ignores the pid of its own parent, which is this process. Do not delete the file:
    // it contains the id of the shared memory, by which PostgreSQL prevents two servers on the same
    // data.
    let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
    let file = path(data);
    OpenOptions::new()
        .write(true)
        .truncate(true)
        .custom_flags(libc::O_NOFOLLOW)
        .open(&file)
        .and_then(|mut open| open.write_all(format!("{}\n{rest}", std::process::id()).as_bytes()))
        .map_err(StartError::io("escrever", &file))
}

/// Stops a server that outlived the program that started it.
pub(super) fn stop_orphan(data: &Path) -> Result<(), StartError> {
    let Some((Holder::Orphan(pid), _)) = read(data) else { return Ok(()) };
    tracing::warn!(pid, "parando o PostgreSQL deixado por outra execução");
    let fast = (Signal::SIGINT, Duration::from_secs(60));
    let immediate = (Signal::SIGQUIT, Duration::from_secs(10));
    // Recovery repairs what a killed server was doing.
    let killed = (Signal::SIGKILL, Duration::from_secs(10));
    for (signal, patience) in [fast, immediate, killed] {
        let _ = kill(Pid::from_raw(pid), signal);
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if !is_server(pid, data) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
    Err(StartError::OrphanStays(pid))
}

/// Whether the server with this pid accepts connections. The pid must match, because the file of a
/// killed server also says `ready`.
pub(super) fn is_ready(data: &Path, pid: u32) -> bool {
    let text = fs::read_to_string(path(data)).unwrap_or_default();
    let mut lines = text.lines().map(str::trim);
    lines.next() == Some(pid.to_string().as_str()) && lines.nth(6) == Some("ready")
}

fn path(data: &Path) -> PathBuf {
    data.join("postmaster.pid")
}

fn read(data: &Path) -> Option<(Holder, String)> {
    let text = fs::read_to_string(path(data)).ok()?;
    // An unreadable first line (after a power failure) must also count as a stranger: PostgreSQL
    // would refuse it for ever.
    let pid: i32 = text.lines().next().and_then(|line| line.trim().parse().ok()).unwrap_or(0);
    let holder = match pid {
        ..=0 => Holder::Stranger,
        _ if kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH) => Holder::Nobody,
        _ if is_server(pid, data) => Holder::Orphan(pid),
        _ => Holder::Stranger,
    };
    Some((holder, text))
}

/// All processes of PostgreSQL on this data folder. Empty on systems without `/proc`.
pub(super) fn servers(data: &Path) -> Vec<i32> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| is_server(*pid, data)).collect()
}

/// Whether `pid` is a live PostgreSQL process on this data folder, which is then its working
/// directory.
fn is_server(pid: i32, data: &Path) -> bool {
    let proc = PathBuf::from(format!("/proc/{pid}"));
    if let (Ok(cwd), Ok(ours)) = (fs::metadata(proc.join("cwd")), fs::metadata(data)) {
        let name = fs::read_to_string(proc.join("comm")).unwrap_or_default();
        return name.trim() == "postgres" && (cwd.dev(), cwd.ino()) == (ours.dev(), ours.ino());
    }
    // There is no /proc (macOS), or the process is a zombie, which has no working directory and is
    // listed with its command in brackets.
    let listed = Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output();
    listed.is_ok_and(|output| {
        let command = String::from_utf8_lossy(&output.stdout);
        command.contains("postgres") && command.contains(&*data.to_string_lossy())
    })
}
