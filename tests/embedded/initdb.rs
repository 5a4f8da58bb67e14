use std::{fs, io};

use elos::embedded::{Embedded, Options};

use crate::program::Program;
use crate::support::{Place, commit_rows, rows, until, url};

#[test]
fn initdb_is_killed_in_the_middle() {
    let place = Place::new("initdb");
    let mut program = Program::begin(&place.dir());
    let unfinished = || -> io::Result<bool> {
        let names = fs::read_dir(place.dir())?.flatten().map(|entry| entry.path());
        let mut begun =
            names.filter(|path| path.join("PG_VERSION").exists() && *path != place.data());
        Ok(begun.next().is_some())
    };
    until("o initdb", || unfinished().ok().filter(|begun| *begun));
    program.kill_9();
    assert!(!place.data().exists(), "initdb terminou antes da morte");

    let server = place.start();
    commit_rows(&url(&server));
    assert_eq!(rows(&url(&server)), Some(3));
    assert!(!unfinished().unwrap());
}

#[test]
fn leftovers_of_initdb_are_cleared() {
    let place = Place::new("initdb-leftovers");
    let leftover = place.dir().join("data.new.1");
    fs::create_dir_all(leftover.join("base/1")).unwrap();
    fs::write(leftover.join("PG_VERSION"), "15\n").unwrap();
    fs::create_dir(place.data()).unwrap();

    let server = place.start();
    assert!(!leftover.exists());
    commit_rows(&url(&server));
}

#[test]
fn the_complaint_of_initdb_is_passed_on() {
    let place = Place::new("initdb-complaint");
    let bin = crate::support::fake_programs(place.root(), "15.1");
    let options = Options { pg_bin: Some(bin), ..Options::new(place.dir()) };
    let refusal = Embedded::start(options).unwrap_err().to_string();
    assert!(refusal.contains("disco cheio"), "{refusal}");
    assert!(!place.data().exists());
}
