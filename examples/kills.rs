//! Kills the server, its postmaster or both, many times, under a mixed load. Then it compares the
//! responses with the data: every read that was answered has its record in the trail, every
//! acknowledged write is stored once, and the chain verifies.
//!
//! `script/kills --kills 1000 --seed 7` runs it. The seed decides the load, the victims and the
//! moments, but not what the processes make of them.

use anyhow::{Context, bail, ensure};
use clap::Parser;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};
use elos::db::Sql;
use indicatif::ProgressBar;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

const READERS: u64 = 4;
const WRITERS: u64 = 2;
/// The time limit of a start, and of the recovery of PostgreSQL.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// The pause between two probes of the readiness.
const BETWEEN_PROBES: Duration = Duration::from_millis(10);

#[derive(Parser)]
struct Args {
    /// The number of kills.
    #[arg(long, default_value_t = 100)]
    kills: u32,
    /// The seed of the load and of the kills.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// The program to kill.
    #[arg(long)]
    program: PathBuf,
    /// The folder of the run. It is removed before the run, and after a successful one.
    #[arg(long)]
    folder: PathBuf,
}

/// A splitmix64 generator: small, and the same on every machine.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

/// The address of the running server, and a token.
#[derive(Clone)]
struct Server {
    base: String,
    token: String,
}

#[derive(Default)]
struct Shared {
    /// `None` while the server does not run.
    server: Mutex<Option<Server>>,
    came: Condvar,
    stop: AtomicBool,
    /// The ids of the reads whose responses arrived complete.
    shown: Mutex<Vec<String>>,
    /// The keys of the acknowledged writes.
    acknowledged: Mutex<Vec<String>>,
}

impl Shared {
    fn server(&self) -> Option<Server> {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        while server.is_none() && !self.stop.load(Ordering::Relaxed) {
            server = self.came.wait(server).unwrap_or_else(PoisonError::into_inner);
        }
        server.clone()
    }

    fn set(&self, server: Option<Server>) {
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = server;
        self.came.notify_all();
    }
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    config.timeout_global(Some(Duration::from_secs(20))).build().into()
}

/// Sends a request and returns the status and the id of a complete response; `None` otherwise.
fn ask(
    agent: &ureq::Agent,
    server: &Server,
    path: &str,
    key: Option<&str>,
    body: Option<&Value>,
) -> Option<(u16, String)> {
    let mut request = ureq::http::Request::builder()
        .method(if body.is_some() { "POST" } else { "GET" })
        .uri(format!("{}{path}", server.base))
        .header("Authorization", &server.token)
        .header("Content-Type", "application/json");
    if let Some(key) = key {
        request = request.header("Idempotency-Key", key);
    }
    let mut answer = match body {
        Some(body) => agent.run(request.body(body.to_string()).ok()?).ok()?,
        None => agent.run(request.body(()).ok()?).ok()?,
    };
    let id = answer.headers().get("x-request-id")?.to_str().ok()?.to_owned();
    let status = answer.status().as_u16();
    answer.body_mut().read_to_string().ok()?;
    Some((status, id))
}

fn read(shared: &Shared, mut draw: Draw) {
    let agent = agent();
    let queries = [
        "{ adolescentes(first: 3) { nodes { nome cpf } } }",
        "{ processos(first: 3) { totalCount nodes { numero adolescentes { nodes { nome } } } } }",
        "query Guias { processos(first: 2) { nodes { guias(first: 2) { nodes { numero } } } } }",
    ];
    while !shared.stop.load(Ordering::Relaxed) {
        let Some(server) = shared.server() else { return };
        let answered = match draw.below(5) {
            0 => ask(&agent, &server, "/api/v1/adolescentes?size=3", None, None),
            1 => ask(&agent, &server, "/api/v1/processos?size=3", None, None),
            n => {
                let body = json!({ "query": queries[usize::try_from(n - 2).unwrap_or_default()] });
                ask(&agent, &server, "/graphql", None, Some(&body))
            }
        };
        if let Some((200, id)) = answered {
            shared.shown.lock().unwrap_or_else(PoisonError::into_inner).push(id);
        }
    }
}

/// Sends one registration after another, and repeats each under its key until it is acknowledged.
fn write(shared: &Shared, writer: u64) {
    let agent = agent();
    let mut n = 0_u64;
    while !shared.stop.load(Ordering::Relaxed) {
        let key = format!("Queda {writer} {n}");
        let body = json!({ "nome": "Ana", "sobrenome": key, "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO" });
        loop {
            let Some(server) = shared.server() else { return };
            let answered = ask(&agent, &server, "/api/v1/adolescentes", Some(&key), Some(&body));
            if answered.is_some_and(|(status, _)| status == 200) {
                break;
            }
            if shared.stop.load(Ordering::Relaxed) {
                return;
            }
        }
        shared.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).push(key);
        n += 1;
    }
}

/// The program under load, and its folder.
struct Demo<'a> {
    args: &'a Args,
    shared: &'a Shared,
    child: Child,
    base: String,
}

impl<'a> Demo<'a> {
    fn start(args: &'a Args, shared: &'a Shared) -> anyhow::Result<Self> {
        // Write the log beside the folder, because the run removes the folder and the reason of a
        // failed start must remain.
        let log = args.folder.with_extension("log");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let mut child = Command::new(&args.program)
            .args(["demo", "--bind", "127.0.0.1:0", "--processos", "270", "--data-dir"])
            .arg(&args.folder)
            .env_remove("DATABASE_URL")
            .env("ELOS_AUSENCIAS_POR_MINUTO", "0")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().context("no pipe")?).lines();
        let base = lines.map_while(Result::ok).find_map(|line| {
            let url = line.split_whitespace().find(|word| word.ends_with("/graphiql"))?;
            Some(url.trim_end_matches("/graphiql").to_owned())
        });
        let base = base.with_context(|| {
            let log = args.folder.with_extension("log");
            format!("the program ended before it served; what it said is in {}", log.display())
        })?;
        let demo = Self { args, shared, child, base };
        demo.ready(None)?;
        Ok(demo)
    }

    fn postmaster(&self) -> Option<Pid> {
        let text = std::fs::read_to_string(self.args.folder.join("data/postmaster.pid")).ok()?;
        Some(Pid::from_raw(text.lines().next()?.trim().parse().ok()?))
    }

    /// Waits until the program serves on another postmaster than `old`, or on any if it is `None`.
    /// Then the load goes on.
    fn ready(&self, old: Option<Pid>) -> anyhow::Result<()> {
        let (agent, begun) = (agent(), Instant::now());
        let ready = || {
            let probe = agent.get(format!("{}/readyz", self.base)).call();
            probe.is_ok_and(|answer| answer.status() == 200)
        };
        while self.postmaster().is_none() || self.postmaster() == old || !ready() {
            ensure!(begun.elapsed() < MAX_WAIT, "not ready after {MAX_WAIT:?}");
            std::thread::sleep(BETWEEN_PROBES);
        }
        let mut answer = agent
            .post(format!("{}/auth/realms/pje/protocol/openid-connect/token", self.base))
            .header("Authorization", "Basic dGpybjpkZW1v")
            .send_form([("grant_type", "client_credentials")])?;
        let body: Value = serde_json::from_str(&answer.body_mut().read_to_string()?)?;
        let token = format!("Bearer {}", body["access_token"].as_str().unwrap_or_default());
        self.shared.set(Some(Server { base: self.base.clone(), token }));
        Ok(())
    }

    fn kill_server(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    fn kill_postmaster(&self) -> anyhow::Result<Pid> {
        let postmaster = self.postmaster().context("no postmaster")?;
        kill(postmaster, Signal::SIGKILL)?;
        Ok(postmaster)
    }
}

impl Drop for Demo<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn kill_again_and_again(args: &Args, shared: &Shared, mut draw: Draw) -> anyhow::Result<()> {
    let bar = ProgressBar::new(args.kills.into());
    let mut demo = Demo::start(args, shared)?;
    for _ in 0..args.kills {
        // The load runs for a time that the seed decides.
        std::thread::sleep(Duration::from_millis(20 + draw.below(400)));
        match draw.below(3) {
            0 => {
                let old = demo.kill_postmaster()?;
                demo.ready(Some(old))?;
            }
            both => {
                if both == 1 {
                    demo.kill_postmaster()?;
                }
                demo.kill_server()?;
                shared.set(None);
                demo = Demo::start(args, shared)?;
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    shared.stop.store(true, Ordering::Relaxed);
    // Let requests under way end, because the comparison with the trail includes their responses.
    std::thread::sleep(Duration::from_secs(1));
    let url = format!("postgres://postgres@/elos?host={}/socket", args.folder.display());
    shared.came.notify_all();
    verify(args, shared, &url)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

fn verify(args: &Args, shared: &Shared, url: &str) -> anyhow::Result<()> {
    let shown = std::mem::take(&mut *shared.shown.lock().unwrap_or_else(PoisonError::into_inner));
    let written =
        std::mem::take(&mut *shared.acknowledged.lock().unwrap_or_else(PoisonError::into_inner));
    let mut conn = PgConnection::establish(url)?;
    let untold: Found = Sql::new("SELECT count(*) AS n FROM unnest(")
        .bind(shown.clone())
        .push(") AS shown (id) WHERE NOT EXISTS (SELECT FROM auditoria a WHERE a.correlacao = shown.id)")
        .get_result(&mut conn)?;
    let not_once: Found = Sql::new("SELECT count(*) AS n FROM unnest(")
        .bind(written.clone())
        .push(") AS written (key) WHERE (SELECT count(*) FROM adolescente a WHERE a.sobrenome = written.key) <> 1")
        .get_result(&mut conn)?;
    let doubled: Found = Sql::new(
        "SELECT count(*) AS n FROM (SELECT FROM adolescente WHERE sobrenome LIKE 'Queda %' GROUP BY sobrenome HAVING count(*) > 1) AS d",
    )
    .get_result(&mut conn)?;
    let chain = Command::new(&args.program)
        .args(["auditoria", "verify"])
        .env("ELOS_MIGRATE_URL", url)
        .output()?;
    eprintln!(
        "{} kills (seed {}): {} answered reads, {} without a record; {} acknowledged writes, {} not there once, {} doubled; chain {}",
        args.kills,
        args.seed,
        shown.len(),
        untold.n,
        written.len(),
        not_once.n,
        doubled.n,
        if chain.status.success() { "verifies" } else { "DOES NOT VERIFY" },
    );
    if untold.n + not_once.n + doubled.n > 0 || !chain.status.success() {
        bail!("{}", String::from_utf8_lossy(&chain.stdout));
    }
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let _ = std::fs::remove_dir_all(&args.folder);
    let shared = Shared::default();
    let outcome = std::thread::scope(|scope| {
        let shared = &shared;
        for reader in 0..READERS {
            scope.spawn(move || read(shared, Draw(args.seed ^ (reader + 1) << 32)));
        }
        for writer in 0..WRITERS {
            scope.spawn(move || write(shared, writer));
        }
        let outcome = kill_again_and_again(&args, shared, Draw(args.seed));
        shared.stop.store(true, Ordering::Relaxed);
        shared.came.notify_all();
        outcome
    });
    if outcome.is_ok() {
        let _ = std::fs::remove_dir_all(&args.folder);
        let _ = std::fs::remove_file(args.folder.with_extension("log"));
    }
    outcome
}
