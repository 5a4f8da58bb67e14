use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryResult, RunQueryDsl, select};
use elos::embedded::{Embedded, Options};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};

pub const MAX_WAIT: Duration = Duration::from_secs(180);

/// The folder of a test. Processes that still run on it end with the test, also after a failure.
pub struct TestFolder {
    root: PathBuf,
}

impl TestFolder {
    /// Makes the folder in `/var/tmp`, because the user that runs PostgreSQL may not enter the
    /// folders of root.
    pub fn new(name: &str) -> Self {
        let root = PathBuf::from(format!("/var/tmp/elos-test-{}-{name}", std::process::id()));
        fs::create_dir(&root).unwrap();
        Self { root }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn dir(&self) -> PathBuf {
        self.root.join("elos")
    }

    pub fn data(&self) -> PathBuf {
        self.dir().join("data")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.dir().join("postgres.log")).unwrap_or_default()
    }

    pub fn start(&self) -> Embedded {
        Embedded::start(Options::new(self.dir())).unwrap_or_else(|error| panic!("{error}"))
    }

    pub fn nothing_runs(&self) -> bool {
        self.servers().is_empty()
    }

    /// Returns live processes that use the folders of this test.
    fn servers(&self) -> Vec<Pid> {
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let here = |pid: &Pid| {
            fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(&self.root))
        };
        entries
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw))
            .filter(here)
            .collect()
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        for server in self.servers() {
            let _ = kill(server, Signal::SIGKILL);
        }
        let deadline = Instant::now() + MAX_WAIT;
        while fs::remove_dir_all(&self.root).is_err() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Polls until there is an answer. Fails at the time limit.
pub fn until<T>(what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + MAX_WAIT;
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(Instant::now() < deadline, "in vain: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

pub fn kill_9(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

pub fn url(server: &Embedded) -> String {
    server.url("postgres", "postgres")
}

pub fn execute(url: &str, sql: &str) -> QueryResult<()> {
    PgConnection::establish(url).unwrap().batch_execute(sql)
}

/// Inserts three rows, each in its own transaction.
pub fn commit_rows(url: &str) {
    let mut conn = PgConnection::establish(url).unwrap();
    conn.batch_execute("CREATE TABLE kept (n int)").unwrap();
    for n in 1..=3 {
        conn.batch_execute(&format!("INSERT INTO kept VALUES ({n})")).unwrap();
    }
}

pub fn rows(url: &str) -> Option<i64> {
    let mut conn = PgConnection::establish(url).ok()?;
    select(sql::<BigInt>("(SELECT count(*) FROM kept)")).get_result(&mut conn).ok()
}

/// Opens a session that stays busy for this number of seconds, even when its postmaster dies.
pub fn busy_session(url: &str, seconds: u32) {
    let work = format!(
        "DO $$ DECLARE until timestamptz := clock_timestamp() + interval '{seconds} s'; \
         BEGIN WHILE clock_timestamp() < until LOOP END LOOP; END $$"
    );
    let session = url.to_owned();
    thread::spawn(move || execute(&session, &work));
    let seen =
        "SELECT 1/count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %'";
    until("a sessão ocupada", || execute(url, seen).ok());
}

/// Makes the command run as the user of the server's folder.
pub fn as_owner_of<'a>(data: &Path, command: &'a mut Command) -> &'a mut Command {
    let owner = fs::metadata(data).unwrap();
    if geteuid().is_root() {
        command.gid(owner.gid()).uid(owner.uid());
    }
    command
}

/// Makes programs that state this version and cannot make a cluster, and returns their folder.
pub fn fake_programs(root: &Path, version: &str) -> PathBuf {
    let bin = root.join(format!("pg-{version}"));
    fs::create_dir(&bin).unwrap();
    for (name, script) in [
        ("postgres", format!("echo 'postgres (PostgreSQL) {version}'")),
        ("initdb", "echo 'disco cheio' >&2; exit 1".to_owned()),
    ] {
        fs::write(bin.join(name), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(bin.join(name), Permissions::from_mode(0o755)).unwrap();
    }
    bin
}
