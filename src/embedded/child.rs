use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use nix::unistd::{Uid, User, geteuid};

use super::StartError;
use super::folder::Folder;
use super::programs::Programs;

/// Whom Postgres runs as when we are root, whom it refuses.
#[derive(Debug, Clone)]
pub(super) struct RunAs {
    pub uid: u32,
    pub gid: u32,
    pub name: String,
}

impl RunAs {
    /// `None` for an ordinary user: Postgres then runs as that user.
    pub fn of(folder: &Folder) -> Result<Option<Self>, StartError> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let not_root = |metadata: &Metadata| metadata.uid() != 0;
        if let Some(owner) = fs::metadata(folder.data()).ok().filter(not_root) {
            let name = User::from_uid(Uid::from_raw(owner.uid())).ok().flatten();
            let name = name.map_or_else(|| owner.uid().to_string(), |user| user.name);
            return Ok(Some(Self { uid: owner.uid(), gid: owner.gid(), name }));
        }
        // initdb wants a name for its uid, so an owner unknown to this machine does not do.
        let owner = fs::metadata(folder.path()).ok().filter(not_root);
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

/// A Postgres program that ends when the thread that started it ends, and knows nothing of our
/// environment (`PGPORT`, `PGDATA` and the rest would change its behaviour).
pub(super) fn command(program: &Path, run_as: Option<&RunAs>) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null())
        // A terminal's ctrl-C is for us: we drain the requests first and stop it afterwards.
        .process_group(0);
    if let Some(RunAs { uid, gid, .. }) = run_as {
        command.gid(*gid).uid(*uid);
    }
    #[cfg(target_os = "linux")]
    die_with_us(&mut command);
    command
}

/// Elsewhere the next start finds the orphan and stops it.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "std has no safe way to ask for a parent-death signal")]
fn die_with_us(command: &mut Command) {
    use nix::errno::Errno;
    use nix::sys::prctl::set_pdeathsig;
    use nix::sys::signal::Signal;
    use nix::unistd::getppid;

    let parent = nix::unistd::getpid();
    let ask = move || {
        set_pdeathsig(Signal::SIGINT)?;
        // We may have died before the request was made.
        if getppid() == parent { Ok(()) } else { Err(io::Error::from(Errno::ESRCH)) }
    };
    // SAFETY: the closure runs between fork and exec and makes two plain system calls, prctl and
    // getppid; it allocates nothing, takes no lock and touches no memory of other threads.
    unsafe { command.pre_exec(ask) };
}

/// Asks the kernel, as the user Postgres runs as: modes, ACLs and mounts all count.
pub(super) fn check_reachable(
    folder: &Path,
    programs: &Programs,
    run_as: &RunAs,
) -> Result<(), StartError> {
    let enters = |place: &Path| {
        let mut probe = command(&programs.postgres(), Some(run_as));
        probe.arg("-V").current_dir(place).stdout(Stdio::null()).stderr(Stdio::null());
        probe.status()
    };
    if let Err(error) = enters(Path::new("/")) {
        let reason = format!("o usuário {} não consegue executar postgres: {error}", run_as.name);
        return Err(StartError::UnusablePrograms { bin: programs.bin.clone(), reason });
    }
    if enters(folder).is_ok() {
        return Ok(());
    }
    let mut way: Vec<PathBuf> = folder.ancestors().map(Path::to_owned).collect();
    way.reverse();
    let closed = way.into_iter().find(|place| enters(place).is_err());
    Err(StartError::Unreachable {
        folder: folder.into(),
        closed: closed.unwrap_or_else(|| folder.into()),
        user: run_as.name.clone(),
    })
}

pub(super) fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("código {code}"),
        (_, Some(signal)) => format!("sinal {signal}"),
        _ => status.to_string(),
    }
}
