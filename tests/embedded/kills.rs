use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::time::Instant;

use crate::program::Program;
use crate::support::{TestFolder, busy_session, commit_rows, kill_9, rows, until, url};

#[test]
fn the_program_is_killed() {
    let folder = TestFolder::new("program");
    let mut program = Program::begin(&folder.dir());
    let (_, address) = program.ready();
    commit_rows(&address);

    let killed = Instant::now();
    program.kill_9();
    until("o fim do PostgreSQL", || folder.nothing_runs().then_some(()));
    eprintln!("programa morto: o PostgreSQL terminou em {:?}", killed.elapsed());

    let begun = Instant::now();
    let server = folder.start();
    eprintln!("programa morto: novo início em {:?}", begun.elapsed());
    assert_eq!(rows(&url(&server)), Some(3));
    server.stop();
    assert!(folder.nothing_runs());
}

#[test]
fn the_program_is_killed_and_started_again_at_once() {
    let folder = TestFolder::new("program-at-once");
    let mut program = Program::begin(&folder.dir());
    let (_, address) = program.ready();
    commit_rows(&address);

    let killed = Instant::now();
    program.kill_9();
    let server = folder.start();
    eprintln!("programa morto e reiniciado sem espera: {:?}", killed.elapsed());
    assert_eq!(rows(&url(&server)), Some(3));
}

#[test]
fn the_postmaster_is_killed() {
    let folder = TestFolder::new("postmaster");
    let server = folder.start();
    commit_rows(&url(&server));

    // The loop kills the second server soon after its start. That delays the restart but does not
    // prevent it.
    for time in ["primeira", "segunda"] {
        let (before, killed) = (server.pid(), Instant::now());
        kill_9(before);
        let kept =
            until("o reinício", || (server.pid() != before).then(|| rows(&url(&server)))?);
        eprintln!("postmaster morto pela {time} vez: de volta em {:?}", killed.elapsed());
        assert_eq!(kept, 3);
    }
    server.stop();
    assert!(folder.nothing_runs());
}

#[test]
fn the_postmaster_is_killed_below_a_busy_session() {
    let folder = TestFolder::new("postmaster-busy");
    let server = folder.start();
    commit_rows(&url(&server));
    busy_session(&url(&server), 3);

    let (before, killed) = (server.pid(), Instant::now());
    kill_9(before);
    until("o reinício", || (server.pid() != before).then(|| rows(&url(&server)))?);
    eprintln!("postmaster morto com sessão ocupada por 3 s: de volta em {:?}", killed.elapsed());
    assert_eq!(rows(&url(&server)), Some(3));
    assert!(folder.log().contains("pre-existing shared memory block"), "{}", folder.log());
}

/// The processes that a killed postmaster leaves are ended, whether they are busy or stopped. The
/// data are complete.
#[test]
fn processes_of_a_killed_postmaster_are_ended() {
    let folder = TestFolder::new("leftover");
    let server = folder.start();
    commit_rows(&url(&server));
    busy_session(&url(&server), 600);
    let before = server.pid();
    // A stopped process does not even handle SIGQUIT.
    let stopped = children(before).into_iter().next().expect("a process of the server");
    kill(Pid::from_raw(stopped), Signal::SIGSTOP).unwrap();

    let killed = Instant::now();
    kill_9(before);
    until("o reinício", || (server.pid() != before).then(|| rows(&url(&server)))?);
    eprintln!("postmaster morto com sobras: de volta em {:?}", killed.elapsed());
    assert_eq!(rows(&url(&server)), Some(3));
    server.stop();
    assert!(folder.nothing_runs());
}

fn children(parent: i32) -> Vec<i32> {
    let listed = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    listed.unwrap_or_default().split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

#[test]
fn program_and_postmaster_are_killed() {
    let folder = TestFolder::new("both");
    let mut program = Program::begin(&folder.dir());
    let (postmaster, address) = program.ready();
    commit_rows(&address);
    busy_session(&address, 2);

    let killed = Instant::now();
    kill_9(postmaster);
    program.kill_9();
    let server = folder.start();
    eprintln!("os dois mortos, sessão ocupada por 2 s: de volta em {:?}", killed.elapsed());
    assert_eq!(rows(&url(&server)), Some(3));
    server.stop();
    assert!(folder.nothing_runs());
}
