use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::process::{Child, Command, Stdio};

use elos::embedded::wipe;

use crate::support::{TestFolder, as_owner_of, commit_rows, rows, until, url};

/// A process of the same user that does not belong to the server.
struct Stranger(Child);

impl Stranger {
    fn start(folder: &TestFolder) -> Self {
        let mut sleep = Command::new("sleep");
        Self(as_owner_of(&folder.data(), sleep.arg("600")).spawn().unwrap())
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Leaves the folder as a killed server would, with `pid` as the process id in its file.
fn leave_behind(folder: &TestFolder, pid: u32) {
    let server = folder.start();
    commit_rows(&url(&server));
    let lock = server.socket_dir().join(".s.PGSQL.5432.lock");
    let files = [folder.data().join("postmaster.pid"), lock];
    let texts = files.each_ref().map(|file| fs::read_to_string(file).unwrap());
    let own = server.pid().to_string();
    server.stop();
    make_private_again(folder);
    for (file, text) in files.iter().zip(texts) {
        fs::write(file, text.replacen(&own, &pid.to_string(), 1)).unwrap();
    }
}

/// Makes the folder of the socket again, which an orderly stop removes.
fn make_private_again(folder: &TestFolder) {
    let (sockets, owner) = (folder.dir().join("socket"), fs::metadata(folder.data()).unwrap());
    DirBuilder::new().mode(0o700).create(&sockets).unwrap();
    chown(&sockets, Some(owner.uid()), Some(owner.gid())).unwrap();
}

#[test]
fn the_pid_file_names_a_dead_process() {
    let folder = TestFolder::new("dead-pid");
    let mut dead = Command::new("true").spawn().unwrap();
    dead.wait().unwrap();
    leave_behind(&folder, dead.id());
    assert_eq!(rows(&url(&folder.start())), Some(3));
}

#[test]
fn the_pid_file_names_another_program() {
    let folder = TestFolder::new("reused-pid");
    drop(folder.start());
    let stranger = Stranger::start(&folder);
    leave_behind(&folder, stranger.0.id());

    assert_eq!(rows(&url(&folder.start())), Some(3));
    let alive = fs::read_to_string(format!("/proc/{}/comm", stranger.0.id())).unwrap();
    assert_eq!(alive.trim(), "sleep", "o outro programa não é da nossa conta");
}

#[test]
fn the_pid_file_names_a_dead_process_nobody_reaps() {
    let folder = TestFolder::new("zombie-pid");
    let server = folder.start();
    let mut zombie = Command::new("true");
    let mut zombie = as_owner_of(&folder.data(), &mut zombie).spawn().unwrap();
    server.stop();
    leave_behind(&folder, zombie.id());
    assert_eq!(rows(&url(&folder.start())), Some(3));
    zombie.wait().unwrap();
}

#[test]
fn the_pid_file_was_cut_short() {
    let folder = TestFolder::new("empty-pid");
    leave_behind(&folder, 1);
    fs::write(folder.data().join("postmaster.pid"), "").unwrap();
    assert_eq!(rows(&url(&folder.start())), Some(3));
}

#[test]
fn a_server_that_outlived_its_program_is_stopped_first() {
    let folder = TestFolder::new("orphan");
    let mut orphan = outlive(&folder);
    let server = folder.start();
    assert_eq!(rows(&url(&server)), Some(3));
    let ended = until("o fim do órfão", || orphan.try_wait().unwrap());
    assert!(ended.success(), "não terminou em ordem: {ended}");
}

#[test]
fn a_server_that_outlived_its_program_does_not_prevent_wiping() {
    let folder = TestFolder::new("wipe-orphan");
    let mut orphan = outlive(&folder);
    wipe(&folder.dir()).unwrap();
    until("o fim do órfão", || orphan.try_wait().unwrap());
    assert!(!folder.data().exists());
}

/// Leaves a running server that no program supervises, with three rows.
fn outlive(folder: &TestFolder) -> Child {
    let server = folder.start();
    commit_rows(&url(&server));
    let postgres = fs::read_link(format!("/proc/{}/exe", server.pid())).unwrap();
    let (address, sockets) = (url(&server), server.socket_dir().to_owned());
    server.stop();

    make_private_again(folder);
    let mut command = Command::new(postgres);
    command.arg("-D").arg(folder.data()).arg("-k").arg(&sockets).args(["-c", "listen_addresses="]);
    as_owner_of(&folder.data(), &mut command).current_dir("/").stderr(Stdio::null());
    let orphan = command.spawn().unwrap();
    until("o órfão", || rows(&address));
    orphan
}
