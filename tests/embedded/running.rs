use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::thread;

use elos::embedded::{Embedded, Options, StartError, wipe};

use crate::support::{Place, commit_rows, execute, rows, url};

#[test]
fn a_folder_whose_path_no_socket_address_can_hold() {
    let place = Place::new("path");
    for name in ["x".repeat(150), "with, comma".to_owned()] {
        let dir = place.root().join(name);
        let server = Embedded::start(Options::new(&dir)).unwrap();
        let sockets = server.socket_dir().to_owned();
        assert!(sockets.starts_with("/tmp"), "{}", sockets.display());
        assert_eq!(fs::metadata(&sockets).unwrap().permissions().mode() & 0o777, 0o700);
        commit_rows(&url(&server));
        server.stop();
        assert!(!sockets.exists());
    }
}

#[test]
fn the_thread_that_started_the_server_ends() {
    let place = Place::new("thread");
    let server = thread::scope(|scope| scope.spawn(|| place.start()).join().unwrap());
    let pid = server.pid();
    commit_rows(&url(&server));
    assert_eq!(server.pid(), pid);
    assert!(!place.log().contains("shutdown request"), "{}", place.log());
}

#[test]
fn the_log_keeps_no_data() {
    let place = Place::new("sealed");
    let server = place.start();
    let address = url(&server);
    execute(&address, "CREATE TABLE t (nome text UNIQUE, dia date)").unwrap();
    execute(&address, "INSERT INTO t VALUES ('fulano', NULL)").unwrap();
    for failing in [
        "INSERT INTO t VALUES ('fulano', NULL)",
        "INSERT INTO t VALUES ('outro', 'fulano'::date)",
        "DO $$ BEGIN RAISE WARNING 'fulano'; RAISE EXCEPTION 'fulano'; END $$",
        "SELECT fulano FROM t",
    ] {
        execute(&address, failing).unwrap_err();
    }
    server.stop();
    let log = place.log();
    assert!(!log.contains("fulano"), "{log}");
    assert!(log.contains("database system is shut down"), "{log}");
}

#[test]
fn a_log_that_has_grown_is_put_aside() {
    let place = Place::new("log");
    fs::create_dir(place.dir()).unwrap();
    let log = File::create(place.dir().join("postgres.log")).unwrap();
    log.set_len(11 * 1024 * 1024).unwrap();
    let _server = place.start();
    let length = |name| fs::metadata(place.dir().join(name)).unwrap().len();
    assert!(length("postgres.log") < 100_000);
    assert_eq!(length("postgres.log.old"), 11 * 1024 * 1024);
}

#[test]
fn data_are_wiped_only_when_nobody_uses_them() {
    let place = Place::new("wipe");
    wipe(&place.dir()).unwrap();
    let server = place.start();
    commit_rows(&url(&server));
    let error = wipe(&place.dir()).unwrap_err();
    assert!(matches!(error, StartError::InUse { .. }), "{error:?}");
    assert_eq!(rows(&url(&server)), Some(3));
    server.stop();

    wipe(&place.dir()).unwrap();
    assert!(!place.data().exists());
    assert_eq!(rows(&url(&place.start())), None);
}

#[test]
fn a_server_for_tests_takes_its_settings() {
    let place = Place::new("settings");
    let settings = vec![("work_mem".to_owned(), "7MB".to_owned())];
    let options =
        Options { durable: false, settings, max_connections: 17, ..Options::new(place.dir()) };
    let server = Embedded::start(options).unwrap();
    for (name, value) in [("fsync", "off"), ("work_mem", "7MB"), ("max_connections", "17")] {
        let same = format!("SELECT 1/(current_setting('{name}') = '{value}')::int");
        execute(&url(&server), &same).unwrap();
    }
}
