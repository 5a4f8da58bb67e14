//! A database that accepts connections and does not answer.

use super::relay::{Relay, url};
use super::{is_whole, read, write};
use crate::support::{App, Database, MAX_WAIT, Settings, Template, until};
use diesel::prelude::*;
use elos::db::Sql;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

pub(super) fn through(relays: &[&Relay]) -> App {
    let database = Arc::new(Database::new(Template::Seeded));
    let url = Some(url(&database, relays));
    App::on_database(&database, Settings { url, ..Settings::default() })
}

/// Sends requests of four clients all the time. Returns the longest time from the failure to the
/// first response to a request that a client sent after it.
fn answered_again(app: &App, fail: impl FnOnce()) -> Duration {
    let failed = OnceLock::<Instant>::new();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let since = failed.get();
                        let whole = is_whole(&read(app));
                        match since {
                            Some(since) if whole => return since.elapsed(),
                            Some(since) => assert!(since.elapsed() < MAX_WAIT, "nobody answers"),
                            None => {}
                        }
                    }
                })
            })
            .collect();
        fail();
        failed.set(Instant::now()).unwrap();
        clients.into_iter().map(|client| client.join().unwrap()).max().unwrap()
    })
}

#[test]
fn the_second_host_takes_over_from_a_silent_one() {
    let (first, second) = (Relay::new(), Relay::new());
    let app = through(&[&first, &second]);
    app.ready();
    assert!(is_whole(&read(&app)));
    let gap = answered_again(&app, || first.fall_silent());
    eprintln!("everybody was answered again after {gap:?}");
    assert_eq!(write(&app).status, 200);
    app.ready();
    app.stop();
}

/// With a single host, requests under way end, `/readyz` answers soon and truthfully, and the
/// server recovers.
#[test]
fn every_wait_for_a_silent_database_ends() {
    let only = Relay::new();
    let app = through(&[&only]);
    app.ready();
    assert!(is_whole(&read(&app)));
    only.fall_silent();
    let fell = Instant::now();
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..12)
            .map(|n| {
                let app = &app;
                scope.spawn(move || {
                    let answer = if n % 2 == 0 { read(app) } else { write(app) };
                    assert!(!is_whole(&answer) && answer.status != 500, "{}", answer.text);
                    assert!(answer.text.contains("INDISPONIVEL"), "{}", answer.text);
                })
            })
            .collect();
        // `/readyz` reports the known state and does not wait for the database.
        let not_ready = until(MAX_WAIT, "/readyz answers 503", || {
            let answer = app.request("GET", "/readyz", &[], b"");
            answer.status == 503 && answer.text.contains("banco: ")
        });
        eprintln!("/readyz was 503 after {not_ready:?}");
        for one in waiting {
            one.join().unwrap();
        }
    });
    eprintln!("all were answered after {:?}", fell.elapsed());
    only.open();
    let again = until(MAX_WAIT, "it serves again", || is_whole(&read(&app)));
    eprintln!("it served again after {again:?}");
    app.ready();
    only.fall_silent();
    app.stop();
}

/// The server connects over a Unix socket to a PostgreSQL whose processes are stopped.
#[test]
fn stopped_server_processes_are_abandoned() {
    let app = App::new();
    app.ready();
    assert!(is_whole(&read(&app)));
    let stopped = Stopped(backends(&app.database));
    assert!(stopped.0.len() >= 3, "{:?}", stopped.0);
    let gap = answered_again(&app, || stopped.signal(Signal::SIGSTOP));
    eprintln!("everybody was answered again after {gap:?}");
    drop(stopped);
}

#[derive(QueryableByName)]
struct Backend {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    pid: i32,
}

fn backends(database: &Database) -> Vec<i32> {
    let ours = Sql::new(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'elos%'",
    );
    let pids: Vec<Backend> = ours.load(&mut database.conn()).unwrap();
    pids.into_iter().map(|Backend { pid }| pid).collect()
}

/// Stopped processes, which continue on drop. A stopped process would keep its database open for
/// ever.
struct Stopped(Vec<i32>);

impl Stopped {
    fn signal(&self, signal: Signal) {
        for pid in &self.0 {
            // The process may have ended meanwhile.
            let _ = kill(Pid::from_raw(*pid), signal);
        }
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.signal(Signal::SIGCONT);
    }
}
