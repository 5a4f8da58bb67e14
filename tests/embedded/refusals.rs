use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use elos::embedded::{Embedded, Options, StartError};
use nix::unistd::geteuid;

use crate::support::{TestFolder, fake_programs};

fn refusal(options: Options) -> StartError {
    let error = Embedded::start(options).expect_err("não devia iniciar");
    eprintln!("recusa: {error}");
    error
}

#[test]
fn two_servers_on_one_folder() {
    let folder = TestFolder::new("two");
    let _first = folder.start();
    let error = refusal(Options::new(folder.dir()));
    let us = std::process::id().cast_signed();
    assert!(matches!(error, StartError::InUse { pid: Some(pid), .. } if pid == us), "{error:?}");
}

#[test]
fn data_of_another_major_version() {
    let folder = TestFolder::new("major");
    folder.start().stop();
    fs::write(folder.data().join("PG_VERSION"), "99\n").unwrap();
    let error = refusal(Options::new(folder.dir()));
    let StartError::OtherMajor { data, programs, .. } = error else { panic!("{error:?}") };
    assert_eq!(data, 99);
    assert!(error.to_string().contains(&format!("PostgreSQL {programs}")));
}

#[test]
fn programs_that_are_too_old_or_none_at_all() {
    let folder = TestFolder::new("programs");
    let with = |bin| Options { pg_bin: Some(bin), ..Options::new(folder.dir()) };
    let old = refusal(with(fake_programs(folder.root(), "13.4")));
    assert!(matches!(old, StartError::TooOld { .. }), "{old:?}");
    let none = refusal(with(folder.root().to_owned()));
    assert!(matches!(none, StartError::UnusablePrograms { .. }), "{none:?}");
}

#[test]
fn a_folder_the_server_cannot_reach() {
    let folder = TestFolder::new("unreachable");
    let closed = folder.root().join("closed");
    fs::create_dir(&closed).unwrap();
    // Root may enter every folder; the user that runs PostgreSQL may not.
    let mode = if geteuid().is_root() { 0o700 } else { 0o000 };
    fs::set_permissions(&closed, Permissions::from_mode(mode)).unwrap();

    let error = refusal(Options::new(closed.join("below/elos")));
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    let StartError::Unreachable { closed: named, .. } = error else { panic!("{error:?}") };
    assert_eq!(named, closed);
}

#[test]
fn a_file_in_place_of_the_folder() {
    let folder = TestFolder::new("file");
    fs::write(folder.dir(), "texto").unwrap();
    for dir in [folder.dir(), folder.dir().join("below")] {
        let error = refusal(Options::new(dir));
        assert!(matches!(&error, StartError::NotADirectory(file) if *file == folder.dir()));
    }
}

#[test]
fn a_data_folder_of_something_else() {
    let folder = TestFolder::new("foreign");
    fs::create_dir_all(folder.data()).unwrap();
    fs::write(folder.data().join("tese.doc"), "anos de trabalho").unwrap();
    let error = refusal(Options::new(folder.dir()));
    assert!(matches!(error, StartError::NotACluster(_)), "{error:?}");
    assert!(folder.data().join("tese.doc").exists());
}

#[test]
fn a_setting_postgres_does_not_know() {
    let folder = TestFolder::new("setting");
    let settings = vec![("nonsense".to_owned(), "1".to_owned())];
    let error = refusal(Options { settings, ..Options::new(folder.dir()) });
    let StartError::Exited { tail, .. } = error else { panic!("{error:?}") };
    assert!(tail.contains("nonsense"), "{tail}");
}

#[test]
fn a_symbolic_link_in_place_of_the_socket_folder() {
    let folder = TestFolder::new("link");
    let dir = folder.root().join("x".repeat(150));
    let first = Embedded::start(Options::new(&dir)).unwrap();
    let sockets = first.socket_dir().to_owned();
    first.stop();

    symlink(folder.root(), &sockets).unwrap();
    let error = refusal(Options::new(&dir));
    fs::remove_file(&sockets).unwrap();
    assert!(matches!(error, StartError::ForeignSocketDir(_)), "{error:?}");
}
