//! Starts the embedded server, restarts it when it dies, and stops it. Runs on its own thread.

use std::convert::Infallible;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::child;
use super::folder::Folder;
use super::programs::Programs;
use super::run_as::RunAs;
use super::{Options, StartError, cluster, pidfile, socket};

/// Interval at which the supervisor checks whether the server still runs.
const WATCH_INTERVAL: Duration = Duration::from_millis(100);
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// Interval at which the supervisor logs a slow start. Recovery after a crash reads up to
/// `max_wal_size` of log, so it has no time limit.
const START_LOG_INTERVAL: Duration = Duration::from_secs(30);
/// Times for which the processes of a killed server may keep its shared memory. After the first,
/// the supervisor tells them to quit; after the second, it kills them.
const QUIT_AFTER: Duration = Duration::from_secs(5);
const KILL_AFTER: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A server that lived this long resets the pause between restarts.
const STABLE_AFTER: Duration = Duration::from_secs(60);

/// Owns the server process. Runs on the thread that started the process.
pub(super) struct Supervisor {
    options: Options,
    folder: Folder,
    programs: Programs,
    run_as: Option<RunAs>,
    socket_dir: PathBuf,
    stop: Receiver<Infallible>,
    pid: Arc<AtomicI32>,
}

enum Attempt {
    Ready(Child),
    /// Processes of a killed server still hold its shared memory.
    StillInUse,
    ToldToStop,
}

impl Supervisor {
    pub fn run(
        options: Options,
        stop: Receiver<Infallible>,
        pid: Arc<AtomicI32>,
        started: &Sender<Result<PathBuf, StartError>>,
    ) {
        let prepared = Self::prepare(options, stop, pid);
        match prepared.and_then(|supervisor| Ok((supervisor.launch()?, supervisor))) {
            Ok((Some(server), supervisor)) => {
                let _ = started.send(Ok(supervisor.socket_dir.clone()));
                supervisor.watch(server);
            }
            Ok((None, _)) => {}
            Err(error) => {
                let _ = started.send(Err(error));
            }
        }
    }

    fn prepare(
        options: Options,
        stop: Receiver<Infallible>,
        pid: Arc<AtomicI32>,
    ) -> Result<Self, StartError> {
        let folder = Folder::open(&options.dir)?;
        folder.remove_unfinished()?;
        let major = folder.major()?;
        let programs = Programs::find(options.pg_bin.as_deref(), major, &folder.data())?;
        let run_as = RunAs::of(folder.path(), &folder.data())?;
        if let Some(run_as) = &run_as {
            child::check_reachable(folder.path(), &programs, run_as)?;
        }
        let socket_dir = socket::choose_dir(&folder, run_as.as_ref())?;
        if major.is_none() {
            cluster::create(&folder, &programs, run_as.as_ref(), options.durable)?;
        }
        Ok(Self { options, folder, programs, run_as, socket_dir, stop, pid })
    }

    fn watch(&self, mut server: Child) {
        let mut started_at = Instant::now();
        let mut pause = Duration::ZERO;
        loop {
            if !self.pause(WATCH_INTERVAL) {
                stop(&mut server);
                return;
            }
            let Ok(Some(status)) = server.try_wait() else { continue };
            let (pid, status) = (server.id(), child::describe(status));
            tracing::warn!(pid, status, "o PostgreSQL embutido morreu e vai ser iniciado de novo");
            if started_at.elapsed() > STABLE_AFTER {
                pause = Duration::ZERO;
            }
            match self.restart(&mut pause) {
                Some(again) => server = again,
                None => return,
            }
            started_at = Instant::now();
        }
    }

    /// Starts the server again, with growing pauses. `None` if [`Embedded`](super::Embedded) was
    /// dropped meanwhile.
    fn restart(&self, pause: &mut Duration) -> Option<Child> {
        loop {
            if !self.pause(*pause) {
                return None;
            }
            *pause = (*pause * 2).clamp(Duration::from_secs(1), LONGEST_PAUSE);
            let before = Instant::now();
            match self.launch() {
                Ok(server) => {
                    let (pid, took) = (server.as_ref()?.id(), before.elapsed());
                    tracing::info!(pid, ?took, "o PostgreSQL embutido voltou");
                    return server;
                }
                Err(error) => {
                    let again_in = *pause;
                    tracing::error!(%error, ?again_in, "o PostgreSQL embutido não voltou");
                }
            }
        }
    }

    /// Starts the server. `None` if [`Embedded`](super::Embedded) was dropped meanwhile.
    fn launch(&self) -> Result<Option<Child>, StartError> {
        let begun = Instant::now();
        loop {
            match self.attempt()? {
                Attempt::Ready(server) => {
                    self.pid.store(pid_of(&server).as_raw(), Ordering::Relaxed);
                    return Ok(Some(server));
                }
                Attempt::ToldToStop => return Ok(None),
                Attempt::StillInUse => self.end_leftovers(begun.elapsed()),
            }
            if !self.pause(Duration::from_millis(250)) {
                return Ok(None);
            }
        }
    }

    /// Ends the remaining processes of a killed server on this data folder, after `waited`.
    /// Recovery repairs whatever they were doing.
    fn end_leftovers(&self, waited: Duration) {
        let signal = match waited {
            waited if waited >= KILL_AFTER => Signal::SIGKILL,
            waited if waited >= QUIT_AFTER => Signal::SIGQUIT,
            _ => return,
        };
        for pid in pidfile::servers(&self.folder.data()) {
            tracing::warn!(pid, %signal, "encerrando um processo do PostgreSQL que morreu");
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }

    fn attempt(&self) -> Result<Attempt, StartError> {
        let data = self.folder.data();
        pidfile::neutralise_stale_pid(&data)?;
        socket::make_ready(&self.socket_dir, self.run_as.as_ref())?;
        let log = self.folder.open_log()?;
        let before = log.metadata().map_or(0, |metadata| metadata.len());
        let mut server = self.spawn(&log)?;
        let mut tell = Instant::now() + START_LOG_INTERVAL;
        while !pidfile::is_ready(&data, server.id()) {
            let path = self.folder.log();
            if let Ok(Some(status)) = server.try_wait() {
                let tail = last_lines(&log, before);
                if tail.contains("pre-existing shared memory block") {
                    return Ok(Attempt::StillInUse);
                }
                let status = child::describe(status);
                return Err(StartError::Exited { status, log: path, tail });
            }
            if Instant::now() > tell {
                tracing::warn!("o PostgreSQL embutido ainda se recupera; veja o registro dele");
                tell += START_LOG_INTERVAL;
            }
            if !self.pause(POLL_INTERVAL) {
                stop(&mut server);
                return Ok(Attempt::ToldToStop);
            }
        }
        Ok(Attempt::Ready(server))
    }

    fn spawn(&self, log: &File) -> Result<Child, StartError> {
        let program = self.programs.postgres();
        let mut postgres = child::command(&program, self.run_as.as_ref());
        postgres.arg("-D").arg(self.folder.data()).arg("-k").arg(&self.socket_dir);
        for (name, value) in self.settings() {
            postgres.arg("-c").arg(format!("{name}={value}"));
        }
        let (out, err) = log
            .try_clone()
            .and_then(|out| Ok((out, log.try_clone()?)))
            .map_err(StartError::io("abrir", &self.folder.log()))?;
        postgres.stdout(out).stderr(err).spawn().map_err(StartError::io("executar", &program))
    }

    fn settings(&self) -> Vec<(String, String)> {
        let port = socket::PORT.to_string();
        let connections = self.options.max_connections.to_string();
        let mut settings = vec![
            ("listen_addresses", ""),
            ("port", &port),
            ("unix_socket_permissions", "0700"),
            ("max_connections", &connections),
            ("cluster_name", "elos"),
            ("logging_collector", "off"),
            ("log_destination", "stderr"),
            ("lc_messages", "C"),
            ("log_checkpoints", "off"),
            // The data are confidential and the log is not. It may contain events of the server,
            // but nothing about failed statements: even an error message may quote a value.
            ("log_min_messages", "log"),
            ("log_min_error_statement", "panic"),
            ("log_parameter_max_length_on_error", "0"),
            ("log_error_verbosity", "terse"),
        ];
        if !self.options.durable {
            settings.extend([
                ("fsync", "off"),
                ("synchronous_commit", "off"),
                ("full_page_writes", "off"),
            ]);
        }
        let own = settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        own.chain(self.options.settings.iter().cloned()).collect()
    }

    /// Waits for `time`. Returns false if [`Embedded`](super::Embedded) was dropped meanwhile.
    fn pause(&self, time: Duration) -> bool {
        matches!(self.stop.recv_timeout(time), Err(RecvTimeoutError::Timeout))
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // The folder may be in /tmp, where nothing else would remove it.
        let _ = fs::remove_dir(&self.socket_dir);
    }
}

/// Stops the server: first a fast shutdown, which ends the sessions without waiting for them, then
/// harder signals in case it hangs.
fn stop(server: &mut Child) {
    for (signal, seconds) in [(Signal::SIGINT, 60), (Signal::SIGQUIT, 10), (Signal::SIGKILL, 10)] {
        let _ = kill(pid_of(server), signal);
        let deadline = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < deadline {
            if !matches!(server.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(POLL_INTERVAL);
        }
        tracing::warn!(%signal, "o PostgreSQL embutido não terminou com este sinal");
    }
}

fn pid_of(server: &Child) -> Pid {
    Pid::from_raw(server.id().cast_signed())
}

/// The last lines that the server wrote to its log after position `start`.
fn last_lines(log: &File, start: u64) -> String {
    const MAX_TAIL_BYTES: u64 = 4096;
    let end = log.metadata().map_or(start, |metadata| metadata.len());
    let start = start.max(end.saturating_sub(MAX_TAIL_BYTES));
    let mut bytes = vec![0; usize::try_from(end - start).unwrap_or(0)];
    let read = log.read_at(&mut bytes, start).unwrap_or(0);
    let text = String::from_utf8_lossy(&bytes[..read]);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}
