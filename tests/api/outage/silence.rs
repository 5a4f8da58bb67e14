//! A database that takes connections and says nothing.

use super::relay::{Relay, url};
use super::{is_whole, read, until, write};
use crate::support::{Ajustes, App, Banco, Modelo, PATIENCE};
use diesel::prelude::*;
use elos::db::Sql;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

pub(super) fn through(relays: &[&Relay]) -> App {
    let banco = Arc::new(Banco::novo(Modelo::Semeado));
    let url = Some(url(&banco, relays));
    App::no_banco(&banco, Ajustes { url, ..Ajustes::default() })
}

/// Four clients ask all the time; how long after the failure each was answered again, what it
/// asked after it.
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
                            Some(since) => assert!(since.elapsed() < PATIENCE, "nobody answers"),
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
fn the_second_host_serves_when_the_first_falls_silent() {
    let (first, second) = (Relay::new(), Relay::new());
    let app = through(&[&first, &second]);
    app.ready();
    assert!(is_whole(&read(&app)));
    let gap = answered_again(&app, || first.fall_silent());
    eprintln!("everybody was answered again after {gap:?}");
    assert_eq!(write(&app).status, 200);
    app.ready();
    app.parar();
}

/// The only host: what is under way ends, `/readyz` is true and quick, and it serves again.
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
                    assert!(!is_whole(&answer) && answer.status != 500, "{}", answer.texto);
                    assert!(answer.texto.contains("INDISPONIVEL"), "{}", answer.texto);
                })
            })
            .collect();
        // It waits for no database: it tells what is known.
        let not_ready = until(PATIENCE, "/readyz tells the truth", || {
            let answer = app.pedir("GET", "/readyz", &[], b"");
            answer.status == 503 && answer.texto.contains("banco: ")
        });
        eprintln!("/readyz was 503 after {not_ready:?}");
        for one in waiting {
            one.join().unwrap();
        }
    });
    eprintln!("all were answered after {:?}", fell.elapsed());
    only.open();
    let again = until(PATIENCE, "it serves again", || is_whole(&read(&app)));
    eprintln!("it served again after {again:?}");
    app.ready();
    only.fall_silent();
    app.parar();
}

/// Over a Unix socket, as a server has it whose processes are stopped.
#[test]
fn stopped_server_processes_are_left_behind() {
    let app = App::novo();
    app.ready();
    assert!(is_whole(&read(&app)));
    let stopped = Stopped(backends(&app.banco));
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

fn backends(banco: &Banco) -> Vec<i32> {
    let ours = Sql::new(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'elos%'",
    );
    let pids: Vec<Backend> = ours.load(&mut banco.conn()).unwrap();
    pids.into_iter().map(|Backend { pid }| pid).collect()
}

/// They go on when this is dropped: a stopped process would keep its database for ever.
struct Stopped(Vec<i32>);

impl Stopped {
    fn signal(&self, signal: Signal) {
        for pid in &self.0 {
            // It may have ended meanwhile.
            let _ = kill(Pid::from_raw(*pid), signal);
        }
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.signal(Signal::SIGCONT);
    }
}
