//! `elos serve` and `elos demo` as programs: how they stop, and what they log about an outage.

use super::READ;
use super::relay::{Relay, url};
use crate::support::{App, MAX_WAIT, TempDir, until};
use crate::tramita::componentes::{documento, hash};
use crate::tramita::{NUP, PE, RN, Tramita, envio};
use diesel::connection::SimpleConnection;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A running program, and the lines of its log.
pub struct Program {
    child: Child,
    pub address: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Program {
    /// Starts `elos serve` on the database with this URL. Tokens are those of `app`. `pause` is the
    /// number of seconds of `--pausa-ao-encerrar`.
    pub fn serve(app: &App, database: &str, pause: &str) -> Self {
        Self::serve_with(app, database, pause, |_| ())
    }

    /// Starts `elos serve` with other settings.
    pub fn serve_with(
        app: &App,
        database: &str,
        pause: &str,
        settings: impl FnOnce(&mut Command),
    ) -> Self {
        let program = Self::begin(app, database, pause, settings);
        program.ready();
        program
    }

    /// Starts a program without waiting until it is ready.
    pub fn begin(
        app: &App,
        database: &str,
        pause: &str,
        settings: impl FnOnce(&mut Command),
    ) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let issuer = format!("{}{}", app.base, elos::auth::issuer::PATH);
        let mut command = Command::new(env!("CARGO_BIN_EXE_elos"));
        command
            .args(["serve", "--bind", &free, "--pausa-ao-encerrar", pause])
            .env("DATABASE_URL", database)
            .env("ELOS_OIDC_ISSUER", &issuer)
            .env("ELOS_OIDC_JWKS_URL", format!("{issuer}/protocol/openid-connect/certs"))
            .env("RUST_BACKTRACE", "1");
        settings(&mut command);
        Self::start(command, free)
    }

    fn start(mut command: Command, address: String) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut program = Self::of(command.spawn().unwrap());
        program.address = address;
        program
    }

    /// Reads the log of a program that was started with a pipe for it.
    pub fn of(mut child: Child) -> Self {
        let log = Arc::<Mutex<Vec<String>>>::default();
        let (lines, kept) = (BufReader::new(child.stderr.take().unwrap()), Arc::clone(&log));
        std::thread::spawn(move || {
            lines.lines().map_while(Result::ok).for_each(|line| kept.lock().unwrap().push(line));
        });
        Self { child, address: String::new(), log }
    }

    pub fn ready(&self) {
        until(MAX_WAIT, "it is ready", || {
            self.ask("GET /readyz", None).is_some_and(|answer| answer.starts_with("HTTP/1.1 200"))
        });
    }

    /// Sends one request on a new connection and reads the whole response.
    pub fn ask(&self, request: &str, token: Option<&str>) -> Option<String> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(MAX_WAIT)).unwrap();
        send(&mut stream, request, token)?;
        receive(&mut stream)
    }

    pub fn read(&self, token: &str) -> Option<String> {
        self.ask("POST /graphql", Some(token))
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    pub fn wait(&mut self, at_most: Duration) -> ExitStatus {
        let mut status = None;
        until(at_most, "it ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a request and leaves the connection open. The body of a POST is the query [`READ`].
fn send(stream: &mut TcpStream, request: &str, token: Option<&str>) -> Option<()> {
    let body = match request.starts_with("POST") {
        true => json!({ "query": READ }).to_string(),
        false => String::new(),
    };
    let token = token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
    write!(
        stream,
        "{request} HTTP/1.1\r\nHost: elos\r\n{token}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .ok()
}

/// Reads the head and the body of one response.
fn receive(stream: &mut TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        head.push_str(&line);
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8_lossy(&body))
}

#[test]
fn sigterm_lets_open_requests_finish() {
    let app = App::new();
    let token = app.token("tjrn");
    let mut program = Program::serve(&app, &app.database.app_url(), "3");
    let mut kept = TcpStream::connect(&program.address).unwrap();
    let mut rival = app.database.conn();
    rival.batch_execute("BEGIN; LOCK TABLE vinculo IN ACCESS EXCLUSIVE MODE").unwrap();
    std::thread::scope(|scope| {
        let (asks, with) = (&program, &token);
        let under_way = scope.spawn(move || asks.read(with));
        app.database.wait_for_lock_waiters(1);
        let signalled = Instant::now();
        program.signal(Signal::SIGTERM);
        until(MAX_WAIT, "/readyz is 503 first", || {
            let answer = program.ask("GET /readyz", None).expect("it still takes connections");
            answer.starts_with("HTTP/1.1 503") && answer.contains("encerrando: ")
        });
        // The server still answers, and says that it closes the connection.
        send(&mut kept, "GET /healthz", None).unwrap();
        let answer = receive(&mut kept).unwrap().to_lowercase();
        assert!(answer.starts_with("http/1.1 200"), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        assert_eq!(kept.read(&mut [0]).unwrap(), 0, "the connection is closed");
        // A request that was under way when the server stopped accepting connections still gets its
        // response.
        until(MAX_WAIT, "it takes no connection", || TcpStream::connect(&program.address).is_err());
        assert!(signalled.elapsed() >= Duration::from_secs(3), "{:?}", signalled.elapsed());
        rival.batch_execute("ROLLBACK").unwrap();
        let answer = under_way.join().unwrap().expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200") && !answer.contains("errors"), "{answer}");
    });
    assert!(program.wait(MAX_WAIT).success(), "{:?}", program.log());
}

#[test]
fn sigterm_ends_within_thirty_seconds_whatever_the_database_does() {
    let (app, relay) = (App::new(), Relay::new());
    let token = app.token("tjrn");
    let mut program = Program::serve(&app, &url(&app.database, &[&relay]), "1");
    assert!(program.read(&token).unwrap().starts_with("HTTP/1.1 200"));
    relay.fall_silent();
    std::thread::scope(|scope| {
        let (asks, with) = (&program, &token);
        let waiting: Vec<_> = (0..6).map(|_| scope.spawn(move || asks.read(with))).collect();
        program.signal(Signal::SIGTERM);
        for one in waiting {
            drop(one.join());
        }
    });
    let begun = Instant::now();
    let status = program.wait(MAX_WAIT);
    eprintln!("it ended with {status} {:?} after the last answer", begun.elapsed());
}

/// After a power cut, the server and the database start at the same time.
#[test]
fn a_starting_server_waits_for_its_database() {
    let (app, relay) = (App::new(), Relay::new());
    relay.shut();
    let program = Program::begin(&app, &url(&app.database, &[&relay]), "0", |_| ());
    until(Duration::from_secs(30), "it says that it waits", || {
        program.log().iter().any(|line| line.contains("is not there yet"))
    });
    relay.open();
    program.ready();
    // The server does not retry after an error that would recur.
    let nobody = url(&app.database, &[&relay]).replace(app.database.name(), "no_such_database");
    let mut refused = Program::begin(&app, &nobody, "0", |_| ());
    assert_eq!(refused.wait(Duration::from_secs(30)).code(), Some(1), "{:?}", refused.log());
}

/// An outage under load has one line at its beginning, one at its end and few between them.
#[test]
fn an_outage_is_logged_once() {
    let (app, relay) = (App::new(), Relay::new());
    let token = app.token("tjrn");
    let program = Program::serve(&app, &url(&app.database, &[&relay]), "0");
    assert!(program.read(&token).unwrap().starts_with("HTTP/1.1 200"));
    let before = program.log().len();
    let stop = AtomicBool::new(false);
    let failures = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..24)
            .map(|_| {
                scope.spawn(|| {
                    let mut failures = 0;
                    while !stop.load(Ordering::Relaxed) {
                        let answer = program.read(&token).unwrap();
                        failures += u32::from(answer.contains("INDISPONIVEL"));
                    }
                    failures
                })
            })
            .collect();
        relay.shut();
        let over = |log: &[String]| log.iter().any(|line| line.contains("serves again"));
        until(MAX_WAIT, "it is told that it goes on", || {
            program.log().iter().any(|line| line.contains("still does not serve"))
        });
        relay.open();
        until(MAX_WAIT, "it is told that it is over", || over(&program.log()));
        stop.store(true, Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().unwrap()).sum::<u32>()
    });
    let log = program.log().split_off(before);
    let count = |text: &str| log.iter().filter(|line| line.contains(text)).count();
    assert!(failures > 20, "{failures}");
    assert_eq!(count("is counted, not logged"), 1, "{log:#?}");
    assert_eq!(count("serves again"), 1, "{log:#?}");
    // The other lines say that the outage continues. No line has a stack trace.
    assert!(log.len() <= 6, "{log:#?}");
    let bytes: usize = log.iter().map(String::len).sum();
    assert!(bytes < 4096, "{log:#?}");
    assert!(log.iter().all(|line| !line.contains("/src/") && !line.contains("stack")), "{log:#?}");
}

/// The log names the transaction that holds the feed of events back.
#[test]
fn an_open_transaction_is_named_in_the_log() {
    let folder = TempDir::new("retido");
    let mut command = Command::new(env!("CARGO_BIN_EXE_elos"));
    command
        .args(["demo", "--bind", "127.0.0.1:0", "--processos", "27", "--data-dir"])
        .arg(&folder.0)
        .env_remove("DATABASE_URL");
    let program = Program::start(command, String::new());
    until(MAX_WAIT, "it serves", || program.log().iter().any(|line| line.contains("serving")));
    let mut other = folder.conn();
    other.batch_execute("BEGIN; SELECT pg_current_xact_id()").unwrap();
    let pid: i32 = {
        #[derive(diesel::QueryableByName)]
        struct Own {
            #[diesel(sql_type = diesel::sql_types::Integer)]
            pid: i32,
        }
        use diesel::RunQueryDsl;
        elos::db::Sql::new("SELECT pg_backend_pid() AS pid")
            .get_result::<Own>(&mut other)
            .unwrap()
            .pid
    };
    // The feed holds this transaction back, because it began after the open one.
    folder.conn().batch_execute("SELECT pg_current_xact_id()").unwrap();
    let mut line = None;
    let begun = Instant::now();
    while line.is_none() {
        assert!(begun.elapsed() < MAX_WAIT, "{:#?}", program.log());
        std::thread::sleep(Duration::from_millis(100));
        line = program.log().into_iter().find(|line| line.contains("holds the feed"));
    }
    let line: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
    assert_eq!(line["fields"]["pid"], pid, "{line}");
    assert_eq!(line["fields"]["database"], "elos", "{line}");
    assert!(line["fields"]["age_seconds"].as_f64().unwrap() >= 10.0, "{line}");
}

/// A transfer through the Tramita takes several calls. While one of them is under way, the server
/// also answers those that follow on other connections.
#[test]
fn a_stop_waits_for_file_transfers() {
    let t = Tramita::new();
    let file = vec![7; 600_000];
    let mut sent = envio(RN, PE, NUP, None);
    sent["processo"]["documentos"] = json!([documento(1, &[&file])]);
    let idt = t.request(RN, "POST", "/tramites/processo", &sent).body["IDT"].as_i64().unwrap();
    let mut program = Program::serve(&t.0, &t.0.database.app_url(), "0");
    let token = t.0.token(RN);

    let mut form =
        b"--l\r\nContent-Disposition: form-data; name=\"conteudo\"; filename=\"a\"\r\n\r\n"
            .to_vec();
    form.extend_from_slice(&file);
    for (name, value) in [("hashDoComponenteDigital", hash(&file)), ("protocolo", NUP.to_owned())] {
        let field =
            format!("\r\n--l\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}");
        form.extend(field.bytes());
    }
    form.extend(b"\r\n--l--\r\n");
    let mut upload = TcpStream::connect(&program.address).unwrap();
    upload.set_read_timeout(Some(MAX_WAIT)).unwrap();
    let path = format!("/tickets-de-envio-de-componente/{idt}/protocolos/componentes-a-enviar");
    write!(
        upload,
        "PUT {path} HTTP/1.1\r\nHost: elos\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: multipart/form-data; boundary=l\r\nContent-Length: {}\r\n\r\n",
        form.len()
    )
    .unwrap();
    let (first, rest) = form.split_at(300_000);
    upload.write_all(first).unwrap();
    let kept = "SELECT count(*) AS n FROM conteudo";
    until(MAX_WAIT, "the upload has begun", || t.0.database.count(kept) == 1);

    program.signal(Signal::SIGTERM);
    until(MAX_WAIT, "it is about to end", || {
        let answer = program.ask("GET /readyz", None).expect("connections are still taken");
        answer.starts_with("HTTP/1.1 503")
    });
    let looked = program.ask(&format!("GET /tramites?IDT={idt}"), Some(&token)).unwrap();
    assert!(looked.starts_with("HTTP/1.1 200"), "{looked}");
    upload.write_all(rest).unwrap();
    let answer = receive(&mut upload).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(program.wait(MAX_WAIT).success());
    assert_eq!(t.situacao(RN, idt), 2);
}
