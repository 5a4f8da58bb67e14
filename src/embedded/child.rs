//! Runs PostgreSQL programs as child processes, as another user when this program is root.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use super::StartError;
use super::programs::Programs;
use super::run_as::RunAs;

/// A command that runs a PostgreSQL program. On Linux, the program ends when the thread that
/// started it ends. It does not inherit our environment, because `PGPORT`, `PGDATA` and other
/// variables would change its behaviour.
pub(super) fn command(program: &Path, run_as: Option<&RunAs>) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null())
        // Ctrl-C in a terminal must reach only this program, which drains its requests first and
        // then stops PostgreSQL.
        .process_group(0);
    if let Some(RunAs { uid, gid, .. }) = run_as {
        command.gid(*gid).uid(*uid);
    }
    #[cfg(target_os = "linux")]
    set_parent_death_signal(&mut command);
    command
}

/// Makes the kernel signal the child when this thread ends. On other systems the next start finds
/// the orphan and stops it.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "std has no safe way to ask for a parent-death signal")]
fn set_parent_death_signal(command: &mut Command) {
    use nix::errno::Errno;
    use nix::sys::prctl::set_pdeathsig;
    use nix::sys::signal::Signal;
    use nix::unistd::getppid;

    let parent = nix::unistd::getpid();
    let ask = move || {
        set_pdeathsig(Signal::SIGINT)?;
        // The parent may have died before `prctl` took effect.
        if getppid() == parent { Ok(()) } else { Err(io::Error::from(Errno::ESRCH)) }
    };
    // SAFETY: the closure runs between fork and exec and makes two plain system calls, prctl and
    // getppid. It allocates nothing, takes no lock and touches no memory of other threads.
    unsafe { command.pre_exec(ask) };
}

/// Checks that the user of PostgreSQL can run `postgres` and enter the folder. The check is a real
/// attempt as that user, because modes, ACLs and mounts all count.
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
    let mut ancestors: Vec<PathBuf> = folder.ancestors().map(Path::to_owned).collect();
    ancestors.reverse();
    let closed = ancestors.into_iter().find(|place| enters(place).is_err());
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
