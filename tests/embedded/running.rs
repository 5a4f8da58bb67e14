use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::thread;

use elos::embedded::{Embedded, Options, StartError, wipe};

use crate::support::{TestFolder, commit_rows, execute, rows, url};

#[test]
fn a_folder_whose_path_no_socket_address_can_hold() {
    let folder = TestFolder::new("path");
    for name in ["x".repeat(150), "with, comma".to_owned()] {
        let dir = folder.root().join(name);
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
    let folder = TestFolder::new("thread");
    let server = thread::scope(|scope| scope.spawn(|| folder.start()).join().unwrap());
    let pid = server.pid();
    commit_rows(&url(&server));
    assert_eq!(server.pid(), pid);
    assert!(!folder.log().contains("shutdown request"), "{}", folder.log());
}

#[test]
fn the_log_keeps_no_data() {
    let folder = TestFolder::new("sealed");
    let server = folder.start();
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
    let log = folder.log();
    assert!(!log.contains("fulano"), "{log}");
    assert!(log.contains("database system is shut down"), "{log}");
}

#[test]
fn a_log_that_has_grown_is_put_aside() {
    let folder = TestFolder::new("log");
    fs::create_dir(folder.dir()).unwrap();
    let log = File::create(folder.dir().join("postgres.log")).unwrap();
    log.set_len(11 * 1024 * 1024).unwrap();
    let _server = folder.start();
    let length = |name| fs::metadata(folder.dir().join(name)).unwrap().len();
    assert!(length("postgres.log") < 100_000);
    assert_eq!(length("postgres.log.old"), 11 * 1024 * 1024);
}

#[test]
fn data_are_wiped_only_when_no_program_uses_them() {
    let folder = TestFolder::new("wipe");
    wipe(&folder.dir()).unwrap();
    let server = folder.start();
    commit_rows(&url(&server));
    let error = wipe(&folder.dir()).unwrap_err();
    assert!(matches!(error, StartError::InUse { .. }), "{error:?}");
    assert_eq!(rows(&url(&server)), Some(3));
    server.stop();

    wipe(&folder.dir()).unwrap();
    assert!(!folder.data().exists());
    assert_eq!(rows(&url(&folder.start())), None);
}

#[test]
fn a_server_for_tests_takes_its_settings() {
    let folder = TestFolder::new("settings");
    let settings = vec![("work_mem".to_owned(), "7MB".to_owned())];
    let options =
        Options { durable: false, settings, max_connections: 17, ..Options::new(folder.dir()) };
    let server = Embedded::start(options).unwrap();
    for (name, value) in [("fsync", "off"), ("work_mem", "7MB"), ("max_connections", "17")] {
        let same = format!("SELECT 1/(current_setting('{name}') = '{value}')::int");
        execute(&url(&server), &same).unwrap();
    }
}
