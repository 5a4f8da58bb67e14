use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use elos::embedded::{Embedded, Options, StartError};
use nix::unistd::geteuid;

use crate::support::{Place, fake_programs};

fn refusal(options: Options) -> StartError {
    let error = Embedded::start(options).expect_err("não devia iniciar");
    eprintln!("recusa: {error}");
    error
}

#[test]
fn two_servers_on_one_folder() {
    let place = Place::new("two");
    let _first = place.start();
    let error = refusal(Options::new(place.dir()));
    let us = std::process::id().cast_signed();
    assert!(matches!(error, StartError::InUse { pid: Some(pid), .. } if pid == us), "{error:?}");
}

#[test]
fn data_of_another_major_version() {
    let place = Place::new("major");
    place.start().stop();
    fs::write(place.data().join("PG_VERSION"), "99\n").unwrap();
    let error = refusal(Options::new(place.dir()));
    let StartError::OtherMajor { data, programs, .. } = error else { panic!("{error:?}") };
    assert_eq!(data, 99);
    assert!(error.to_string().contains(&format!("PostgreSQL {programs}")));
}

#[test]
fn programs_that_are_too_old_or_none_at_all() {
    let place = Place::new("programs");
    let with = |bin| Options { pg_bin: Some(bin), ..Options::new(place.dir()) };
    let old = refusal(with(fake_programs(place.root(), "13.4")));
    assert!(matches!(old, StartError::TooOld { .. }), "{old:?}");
    let none = refusal(with(place.root().to_owned()));
    assert!(matches!(none, StartError::UnusablePrograms { .. }), "{none:?}");
}

#[test]
fn a_folder_the_server_cannot_reach() {
    let place = Place::new("unreachable");
    let closed = place.root().join("closed");
    fs::create_dir(&closed).unwrap();
    // Root itself enters everywhere; the user PostgreSQL runs as does not.
    let mode = if geteuid().is_root() { 0o700 } else { 0o000 };
    fs::set_permissions(&closed, Permissions::from_mode(mode)).unwrap();

    let error = refusal(Options::new(closed.join("below/elos")));
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    let StartError::Unreachable { closed: named, .. } = error else { panic!("{error:?}") };
    assert_eq!(named, closed);
}

#[test]
fn a_folder_that_is_none() {
    let place = Place::new("file");
    fs::write(place.dir(), "texto").unwrap();
    for dir in [place.dir(), place.dir().join("below")] {
        let error = refusal(Options::new(dir));
        assert!(matches!(&error, StartError::NotADirectory(file) if *file == place.dir()));
    }
}

#[test]
fn a_data_folder_of_something_else() {
    let place = Place::new("foreign");
    fs::create_dir_all(place.data()).unwrap();
    fs::write(place.data().join("tese.doc"), "anos de trabalho").unwrap();
    let error = refusal(Options::new(place.dir()));
    assert!(matches!(error, StartError::NotACluster(_)), "{error:?}");
    assert!(place.data().join("tese.doc").exists());
}

#[test]
fn a_setting_postgres_does_not_know() {
    let place = Place::new("setting");
    let settings = vec![("nonsense".to_owned(), "1".to_owned())];
    let error = refusal(Options { settings, ..Options::new(place.dir()) });
    let StartError::Exited { tail, .. } = error else { panic!("{error:?}") };
    assert!(tail.contains("nonsense"), "{tail}");
}

#[test]
fn a_link_laid_where_the_socket_folder_goes() {
    let place = Place::new("link");
    let dir = place.root().join("x".repeat(150));
    let first = Embedded::start(Options::new(&dir)).unwrap();
    let sockets = first.socket_dir().to_owned();
    first.stop();

    symlink(place.root(), &sockets).unwrap();
    let error = refusal(Options::new(&dir));
    fs::remove_file(&sockets).unwrap();
    assert!(matches!(error, StartError::ForeignSocketDir(_)), "{error:?}");
}
