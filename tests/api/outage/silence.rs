//! A database that takes connections and says nothing.

use super::relay::{Relay, url};
use super::{is_whole, read, until, write};
use crate::support::{Ajustes, App, Banco, Modelo};
use diesel::prelude::*;
use elos::db::Sql;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub(super) fn through(relays: &[&Relay]) -> App {
    let banco = Arc::new(Banco::novo(Modelo::Semeado));
    let url = Some(url(&banco, relays));
    App::no_banco(&banco, Ajustes { url, ..Ajustes::default() })
}

/// Four clients ask all the time; how long nobody was answered, at the longest.
fn gap_while(app: &App, at_most: Duration, fail: impl FnOnce()) -> Duration {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let (mut last, mut gap) = (Instant::now(), Duration::ZERO);
                    while !stop.load(Ordering::Relaxed) {
                        if is_whole(&read(app)) {
                            gap = gap.max(last.elapsed());
                            last = Instant::now();
                        }
                    }
                    gap.max(last.elapsed())
                })
            })
            .collect();
        fail();
        std::thread::sleep(at_most);
        stop.store(true, Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().unwrap()).max().unwrap()
    })
}

#[test]
fn the_second_host_serves_when_the_first_falls_silent() {
    let (first, second) = (Relay::new(), Relay::new());
    let app = through(&[&first, &second]);
    app.ready();
    assert!(is_whole(&read(&app)));
    let gap = gap_while(&app, Duration::from_secs(12), || first.fall_silent());
    eprintln!("nobody was answered for {gap:?}");
    assert!(gap < Duration::from_secs(10), "{gap:?}");
    assert_eq!(write(&app).status, 200);
    app.ready();
    let begun = Instant::now();
    app.parar();
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
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
        let not_ready = until(Duration::from_secs(5), "/readyz tells the truth", || {
            let asked = Instant::now();
            let answer = app.pedir("GET", "/readyz", &[], b"");
            assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
            answer.status == 503 && answer.texto.contains("banco: ")
        });
        eprintln!("/readyz was 503 after {not_ready:?}");
        for one in waiting {
            one.join().unwrap();
        }
    });
    eprintln!("all were answered after {:?}", fell.elapsed());
    assert!(fell.elapsed() < Duration::from_secs(25), "{:?}", fell.elapsed());
    only.open();
    let again = until(Duration::from_secs(15), "it serves again", || is_whole(&read(&app)));
    eprintln!("it served again after {again:?}");
    app.ready();
    only.fall_silent();
    let begun = Instant::now();
    app.parar();
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

/// Over a Unix socket, as a server has it whose processes are stopped.
#[test]
fn stopped_server_processes_are_left_behind() {
    let app = App::novo();
    app.ready();
    assert!(is_whole(&read(&app)));
    let stopped = Stopped(backends(&app.banco));
    assert!(stopped.0.len() >= 3, "{:?}", stopped.0);
    let gap = gap_while(&app, Duration::from_secs(12), || stopped.signal(Signal::SIGSTOP));
    eprintln!("nobody was answered for {gap:?}");
    assert!(gap < Duration::from_secs(10), "{gap:?}");
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
