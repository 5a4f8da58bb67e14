use std::{fs, io};

use elos::embedded::{Embedded, Options};

use crate::program::Program;
use crate::support::{TestFolder, commit_rows, rows, until, url};

#[test]
fn initdb_is_killed_in_the_middle() {
    let folder = TestFolder::new("initdb");
    let mut program = Program::begin(&folder.dir());
    let unfinished = || -> io::Result<bool> {
        let names = fs::read_dir(folder.dir())?.flatten().map(|entry| entry.path());
        let mut begun =
            names.filter(|path| path.join("PG_VERSION").exists() && *path != folder.data());
        Ok(begun.next().is_some())
    };
    until("o initdb", || unfinished().ok().filter(|begun| *begun));
    program.kill_9();
    assert!(!folder.data().exists(), "initdb terminou antes da morte");

    let server = folder.start();
    commit_rows(&url(&server));
    assert_eq!(rows(&url(&server)), Some(3));
    assert!(!unfinished().unwrap());
}

#[test]
fn leftovers_of_initdb_are_cleared() {
    let folder = TestFolder::new("initdb-leftovers");
    let leftover = folder.dir().join("data.new.1");
    fs::create_dir_all(leftover.join("base/1")).unwrap();
    fs::write(leftover.join("PG_VERSION"), "15\n").unwrap();
    fs::create_dir(folder.data()).unwrap();

    let server = folder.start();
    assert!(!leftover.exists());
    commit_rows(&url(&server));
}

#[test]
fn the_error_of_initdb_is_reported() {
    let folder = TestFolder::new("initdb-complaint");
    let bin = crate::support::fake_programs(folder.root(), "15.1");
    let options = Options { pg_bin: Some(bin), ..Options::new(folder.dir()) };
    let refusal = Embedded::start(options).unwrap_err().to_string();
    assert!(refusal.contains("disco cheio"), "{refusal}");
    assert!(!folder.data().exists());
}
