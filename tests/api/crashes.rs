//! The tests kill `elos demo`. Every write that it acknowledged with 200 must survive.

use crate::support::{MAX_WAIT, TempDir, new_adolescente, until};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl};
use elos::db::Sql;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Instant;

/// The folder of a demo.
impl TempDir {
    /// Returns the process id of the postmaster of this folder, as its `postmaster.pid` states it.
    pub fn postmaster(&self) -> Option<Pid> {
        let text = std::fs::read_to_string(self.0.join("data/postmaster.pid")).ok()?;
        Some(Pid::from_raw(text.lines().next()?.trim().parse().ok()?))
    }

    /// Opens a connection to the database of the demo, as its superuser.
    pub fn conn(&self) -> PgConnection {
        let host = self.0.join("socket").to_string_lossy().replace('/', "%2F");
        PgConnection::establish(&format!("postgres://postgres@/elos?host={host}&port=5432"))
            .unwrap()
    }

    /// Returns the tables that have rows and were never analysed.
    fn without_statistics(&self) -> String {
        #[derive(diesel::QueryableByName)]
        struct Tables {
            #[diesel(sql_type = diesel::sql_types::Text)]
            tables: String,
        }
        let sql = Sql::new(
            "SELECT coalesce(string_agg(relname, ','), '') AS tables FROM pg_class WHERE relkind = 'r' \
               AND relnamespace = 'public'::regnamespace AND reltuples < 0 AND pg_relation_size(oid) > 0",
        );
        sql.get_result::<Tables>(&mut self.conn()).unwrap().tables
    }

    /// Returns whether a postmaster other than `old` accepts connections.
    pub fn accepts_instead_of(&self, old: Pid) -> bool {
        let text = std::fs::read_to_string(self.0.join("data/postmaster.pid")).unwrap_or_default();
        let ready = text.lines().nth(7).is_some_and(|state| state.trim() == "ready");
        ready && self.postmaster().is_some_and(|new| new != old)
    }
}

pub struct Demo {
    pub child: Child,
    pub base: String,
    agent: ureq::Agent,
}

impl Demo {
    pub fn start(dir: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_elos"))
            .args(["demo", "--bind", "127.0.0.1:0", "--processos", "27", "--data-dir"])
            .arg(dir)
            .env_remove("DATABASE_URL")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let base = lines.into_iter().find_map(|line| {
            let url = line.split_whitespace().find(|word| word.ends_with("/graphiql"))?;
            Some(url.trim_end_matches("/graphiql").to_owned())
        });
        let base = base.expect("the program prints its address");
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(MAX_WAIT))
            .build()
            .into();
        let demo = Self { child, base, agent };
        until(MAX_WAIT, "the program is ready", || demo.ready());
        demo
    }

    pub fn ready(&self) -> bool {
        self.agent.get(format!("{}/readyz", self.base)).call().is_ok_and(|r| r.status() == 200)
    }

    /// Waits until a PostgreSQL other than `old` serves and a known caller gets a response.
    pub fn wait_for_other(&self, dir: &TempDir, old: Pid) {
        let token = self.token();
        let known = || self.send("/graphql", &token, &[], &json!({ "query": "{ eu { azp } }" }));
        until(MAX_WAIT, "PostgreSQL is back", || {
            dir.accepts_instead_of(old) && self.ready() && known() == 200
        });
    }

    pub fn token(&self) -> String {
        use base64::Engine;
        use base64::prelude::BASE64_STANDARD;
        let url = format!("{}/auth/realms/pje/protocol/openid-connect/token", self.base);
        let basic = format!("Basic {}", BASE64_STANDARD.encode("tjrn:demo"));
        let mut response = self
            .agent
            .post(url)
            .header("Authorization", basic)
            .send_form([("grant_type", "client_credentials")])
            .unwrap();
        let body: Value =
            serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap();
        format!("Bearer {}", body["access_token"].as_str().unwrap())
    }

    pub fn post(&self, path: &str, body: &Value) -> Value {
        let request =
            self.agent.post(format!("{}{path}", self.base)).header("Authorization", self.token());
        let mut response =
            request.header("Content-Type", "application/json").send(body.to_string()).unwrap();
        serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap()
    }

    pub fn cadastrar(&self) -> String {
        let response = self.post("/api/v1/adolescentes", &new_adolescente());
        response["dados"]["identificador"]
            .as_str()
            .unwrap_or_else(|| panic!("{response}"))
            .to_owned()
    }

    #[track_caller]
    fn check(&self, identificadores: &[String]) {
        let query = "query($ids: [IdentificadorAdolescente!]) { adolescentes(first: 100, filtro: {identificador: $ids}) { totalCount } }";
        let response = self
            .post("/graphql", &json!({ "query": query, "variables": { "ids": identificadores } }));
        assert_eq!(
            response["data"]["adolescentes"]["totalCount"],
            identificadores.len(),
            "{response}"
        );
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_killed_program_loses_nothing() {
    let dir = TempDir::new("programa");
    let demo = Demo::start(&dir.0);
    let created: Vec<_> = (0..5).map(|_| demo.cadastrar()).collect();
    demo.kill();
    let start = Instant::now();
    let demo = Demo::start(&dir.0);
    eprintln!("started again after kill -9 of the program in {:?}", start.elapsed());
    assert!(start.elapsed() < MAX_WAIT);
    demo.check(&created);
}

#[test]
fn the_server_recovers_by_itself_from_a_killed_postmaster() {
    let dir = TempDir::new("postmaster");
    let demo = Demo::start(&dir.0);
    let created: Vec<_> = (0..5).map(|_| demo.cadastrar()).collect();
    // Several connections are in the pool. The kill breaks all of them.
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| demo.check(&created));
        }
    });
    let old = dir.postmaster().unwrap();
    kill(old, Signal::SIGKILL).unwrap();
    let start = Instant::now();
    demo.wait_for_other(&dir, old);
    eprintln!("answers again after kill -9 of the postmaster in {:?}", start.elapsed());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| demo.check(&created));
        }
    });
    demo.cadastrar();
}

#[test]
fn a_killed_program_and_postmaster_lose_nothing() {
    let dir = TempDir::new("dois");
    let demo = Demo::start(&dir.0);
    let created: Vec<_> = (0..5).map(|_| demo.cadastrar()).collect();
    // After a crash, PostgreSQL no longer knows that these rows were not analysed, so the program
    // must analyse them.
    let rascunho = "INSERT INTO rascunho (tribunal_codigo, app_name_sistema_tribunal, dados, criado_em) VALUES (820, 'teste', '{}', now())";
    dir.conn().batch_execute(rascunho).unwrap();
    assert!(dir.without_statistics().contains("rascunho"));
    let postmaster = dir.postmaster().unwrap();
    kill(postmaster, Signal::SIGKILL).unwrap();
    demo.kill();
    let start = Instant::now();
    let demo = Demo::start(&dir.0);
    eprintln!("started again after kill -9 of both in {:?}", start.elapsed());
    assert!(start.elapsed() < MAX_WAIT);
    demo.check(&created);
    assert!(!dir.without_statistics().contains("rascunho"), "{}", dir.without_statistics());
}

#[test]
fn a_second_program_in_one_data_dir_says_why_not() {
    let dir = TempDir::new("segundo");
    let _demo = Demo::start(&dir.0);
    let output = Command::new(env!("CARGO_BIN_EXE_elos"))
        .args(["demo", "--bind", "127.0.0.1:0", "--data-dir"])
        .arg(&dir.0)
        .env_remove("DATABASE_URL")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && text.contains("outro servidor"), "{text}");
}

#[test]
fn sigterm_shuts_down_in_order() {
    let dir = TempDir::new("ordem");
    let mut demo = Demo::start(&dir.0);
    let done = demo.cadastrar();
    kill(Pid::from_raw(demo.child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    assert!(demo.child.wait().unwrap().success());
    assert!(!dir.0.join("data/postmaster.pid").exists());
    Demo::start(&dir.0).check(&[done]);
}

/// A registration, and whether the server acknowledged it.
struct Request {
    key: String,
    done: bool,
}

impl Demo {
    /// Registers an adolescente under a key. Returns whether the response has the status 200.
    fn cadastrar_with(&self, token: &str, key: &str) -> bool {
        let body = json!({ "nome": "Ana", "sobrenome": key, "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO" });
        self.send("/api/v1/adolescentes", token, &[("Idempotency-Key", key)], &body) == 200
    }

    /// Sends a request and returns the status, or zero without a response.
    fn send(&self, path: &str, token: &str, headers: &[(&str, &str)], body: &Value) -> u16 {
        let request = self.agent.post(format!("{}{path}", self.base));
        let request =
            request.header("Authorization", token).header("Content-Type", "application/json");
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send(body.to_string()).map_or(0, |response| response.status().as_u16())
    }
}

/// Stops PostgreSQL, and waits until the program has started it again.
fn restart_postgresql(dir: &TempDir) {
    let old = dir.postmaster().unwrap();
    kill(old, Signal::SIGINT).unwrap();
    until(MAX_WAIT, "PostgreSQL is back", || dir.accepts_instead_of(old));
}

/// Waits until every client has three responses in a row.
fn until_all_are_answered(in_a_row: &[AtomicU32]) {
    for count in in_a_row {
        count.store(0, Ordering::SeqCst);
    }
    let waited = until(MAX_WAIT, "no client gets errors", || {
        in_a_row.iter().all(|count| count.load(Ordering::SeqCst) >= 3)
    });
    eprintln!("every client had three responses {waited:?} after PostgreSQL was back");
}

/// Readers and writers go on while PostgreSQL restarts. The database stores each acknowledged write
/// once. The client sends an unacknowledged write again, and the database stores it once too.
#[test]
fn postgresql_restarts_under_load() {
    let dir = TempDir::new("reinicio");
    let demo = Demo::start(&dir.0);
    let token = demo.token();
    let read = |query: &str| demo.send("/graphql", &token, &[], &json!({ "query": query }));
    let total = || {
        let query = "{ adolescentes(first: 1) { totalCount } }";
        demo.post("/graphql", &json!({ "query": query }))["data"]["adolescentes"]["totalCount"]
            .as_u64()
            .unwrap()
    };
    let before = total();
    let stop = AtomicBool::new(false);
    // The number of responses since the last failure, of each reader and writer.
    let in_a_row: [AtomicU32; 8] = Default::default();
    let (mut requests, mut failures) = (Vec::new(), 0);
    std::thread::scope(|scope| {
        let check = |who: usize, ok: bool| {
            match ok {
                true => drop(in_a_row[who].fetch_add(1, Ordering::SeqCst)),
                false => in_a_row[who].store(0, Ordering::SeqCst),
            }
            u32::from(!ok)
        };
        let readers: Vec<_> = (0..5)
            .map(|n| {
                let (read, stop) = (&read, &stop);
                scope.spawn(move || {
                    let query = [
                        "{ processos(first: 3) { totalCount nodes { numero adolescentes { nodes { nome } } } } }",
                        "{ adolescentes(first: 5) { nodes { nome processos { nodes { numero } } } } }",
                    ][n % 2];
                    let mut failures = 0;
                    while !stop.load(Ordering::Relaxed) {
                        failures += check(n, read(query) == 200);
                    }
                    failures
                })
            })
            .collect();
        let writers: Vec<_> = (0..3)
            .map(|n| {
                let (demo, token, stop) = (&demo, &token, &stop);
                scope.spawn(move || {
                    let mut created = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        let key = format!("reinicio-{n}-{}", created.len());
                        let done = demo.cadastrar_with(token, &key);
                        check(5 + n, done);
                        created.push(Request { key, done });
                    }
                    created
                })
            })
            .collect();
        for _ in 0..2 {
            restart_postgresql(&dir);
            until_all_are_answered(&in_a_row);
        }
        stop.store(true, Ordering::Relaxed);
        failures = readers.into_iter().map(|reader| reader.join().unwrap()).sum();
        requests = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
    });
    let unanswered = requests.iter().filter(|request| !request.done).count();
    eprintln!("{} writes, {unanswered} not answered, {failures} failed reads", requests.len());
    assert!(requests.len() > 20, "there was no load");
    for Request { key, .. } in requests.iter().filter(|request| !request.done) {
        assert!(demo.cadastrar_with(&token, key), "{key}");
    }
    assert_eq!(total(), before + requests.len() as u64);
    // The pool must have no dead connection left.
    std::thread::scope(|scope| {
        let all: Vec<_> =
            (0..32).map(|_| scope.spawn(|| read("{ processos { nodes { numero } } }"))).collect();
        assert!(all.into_iter().all(|one| one.join().unwrap() == 200));
    });
}
