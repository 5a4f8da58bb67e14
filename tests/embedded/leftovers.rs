use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::process::{Child, Command, Stdio};

use elos::embedded::wipe;

use crate::support::{Place, as_owner_of, commit_rows, rows, until, url};

/// A program that has nothing to do with the server, run by the same user.
struct Stranger(Child);

impl Stranger {
    fn start(place: &Place) -> Self {
        let mut sleep = Command::new("sleep");
        Self(as_owner_of(&place.data(), sleep.arg("600")).spawn().unwrap())
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Leaves a server's folder as its death would, with `pid` as the pid of the dead.
fn leave_behind(place: &Place, pid: u32) {
    let server = place.start();
    commit_rows(&url(&server));
    let lock = server.socket_dir().join(".s.PGSQL.5432.lock");
    let files = [place.data().join("postmaster.pid"), lock];
    let texts = files.each_ref().map(|file| fs::read_to_string(file).unwrap());
    let own = server.pid().to_string();
    server.stop();
    make_private_again(place);
    for (file, text) in files.iter().zip(texts) {
        fs::write(file, text.replacen(&own, &pid.to_string(), 1)).unwrap();
    }
}

/// The folder of the socket, which an orderly stop takes away.
fn make_private_again(place: &Place) {
    let (sockets, owner) = (place.dir().join("socket"), fs::metadata(place.data()).unwrap());
    DirBuilder::new().mode(0o700).create(&sockets).unwrap();
    chown(&sockets, Some(owner.uid()), Some(owner.gid())).unwrap();
}

#[test]
fn the_pid_file_names_a_dead_process() {
    let place = Place::new("dead-pid");
    let mut dead = Command::new("true").spawn().unwrap();
    dead.wait().unwrap();
    leave_behind(&place, dead.id());
    assert_eq!(rows(&url(&place.start())), Some(3));
}

#[test]
fn the_pid_file_names_another_program() {
    let place = Place::new("reused-pid");
    drop(place.start());
    let stranger = Stranger::start(&place);
    leave_behind(&place, stranger.0.id());

    assert_eq!(rows(&url(&place.start())), Some(3));
    let alive = fs::read_to_string(format!("/proc/{}/comm", stranger.0.id())).unwrap();
    assert_eq!(alive.trim(), "sleep", "o outro programa não é da nossa conta");
}

#[test]
fn the_pid_file_names_a_dead_process_nobody_reaps() {
    let place = Place::new("zombie-pid");
    let server = place.start();
    let mut zombie = Command::new("true");
    let mut zombie = as_owner_of(&place.data(), &mut zombie).spawn().unwrap();
    server.stop();
    leave_behind(&place, zombie.id());
    assert_eq!(rows(&url(&place.start())), Some(3));
    zombie.wait().unwrap();
}

#[test]
fn the_pid_file_was_cut_short() {
    let place = Place::new("empty-pid");
    leave_behind(&place, 1);
    fs::write(place.data().join("postmaster.pid"), "").unwrap();
    assert_eq!(rows(&url(&place.start())), Some(3));
}

#[test]
fn a_server_that_outlived_its_program_is_stopped_first() {
    let place = Place::new("orphan");
    let mut orphan = outlive(&place);
    let server = place.start();
    assert_eq!(rows(&url(&server)), Some(3));
    let ended = until("o fim do órfão", || orphan.try_wait().unwrap());
    assert!(ended.success(), "não terminou em ordem: {ended}");
}

#[test]
fn a_server_that_outlived_its_program_does_not_prevent_wiping() {
    let place = Place::new("wipe-orphan");
    let mut orphan = outlive(&place);
    wipe(&place.dir()).unwrap();
    until("o fim do órfão", || orphan.try_wait().unwrap());
    assert!(!place.data().exists());
}

/// Leaves a running server nobody watches over, with three rows.
fn outlive(place: &Place) -> Child {
    let server = place.start();
    commit_rows(&url(&server));
    let postgres = fs::read_link(format!("/proc/{}/exe", server.pid())).unwrap();
    let (address, sockets) = (url(&server), server.socket_dir().to_owned());
    server.stop();

    make_private_again(place);
    let mut command = Command::new(postgres);
    command.arg("-D").arg(place.data()).arg("-k").arg(&sockets).args(["-c", "listen_addresses="]);
    as_owner_of(&place.data(), &mut command).current_dir("/").stderr(Stdio::null());
    let orphan = command.spawn().unwrap();
    until("o órfão", || rows(&address));
    orphan
}
