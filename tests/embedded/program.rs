use std::io::{BufRead, BufReader, Read, stdin};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::{env, thread};

use elos::embedded::{Embedded, Options};

use crate::support::{MAX_WAIT, url};

const FOLDER: &str = "ELOS_EMBEDDED_TEST_DIR";
const READY: &str = "@ready ";

/// Another program with an embedded server. The tests kill it.
pub struct Program {
    child: Child,
}

impl Program {
    pub fn begin(dir: &Path) -> Self {
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "program::serve", "--nocapture"])
            .env(FOLDER, dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self { child }
    }

    /// Waits until its server runs. Returns the process id of the postmaster and the address.
    pub fn ready(&mut self) -> (i32, String) {
        let output = BufReader::new(self.child.stdout.take().unwrap());
        let (found, wait) = mpsc::channel();
        thread::spawn(move || {
            let mut lines = output.lines().map_while(Result::ok);
            if let Some(line) = lines.find(|line| line.contains(READY)) {
                let _ = found.send(line);
            }
        });
        let line = wait.recv_timeout(MAX_WAIT).unwrap();
        let (_, ready) = line.split_once(READY).unwrap();
        let (pid, url) = ready.split_once(' ').unwrap();
        (pid.parse().unwrap(), url.to_owned())
    }

    pub fn kill_9(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The entry of the program that other tests start from their own binary and kill. In a normal test
/// run it has no folder and ends at once.
#[test]
fn serve() {
    let Some(dir) = env::var_os(FOLDER) else { return };
    let server = Embedded::start(Options::new(dir)).unwrap();
    println!("{READY}{} {}", server.pid(), url(&server));
    // The pipe closes at the end of the test, also after a failure.
    let _ = stdin().read_to_end(&mut Vec::new());
}
