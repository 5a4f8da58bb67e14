//! Measures whether a credential that floods the server slows down a client of another tribunal.
//!
//! `script/neighbours --attack filters --seconds 30` runs it: a demo with its own PostgreSQL, the
//! attacker, the neighbour and the probe of `/readyz`, each with its own address in 127.0.0.0/8. It
//! prints the measurements of the neighbour, and exits with 1 if they are above the limits. A new
//! attack is a variant of [`Attack`] with its row in `attacks.rs`.

mod attacks;
mod client;
mod http_attacks;
mod measure;

use anyhow::{Context, bail};
use attacks::{Attack, Attacker, Scene};
use clap::Parser;
use client::{Answer, Session};
use measure::{Report, Sampler};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const ATTACKER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
const PROBE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 4);

/// The interval of the neighbour's requests. The neighbour sends a request when it is due, whether
/// or not it has the earlier responses.
const REQUEST_INTERVAL: Duration = Duration::from_millis(40);
/// The largest number of simultaneous requests of the neighbour.
const NEIGHBOUR_CONNECTIONS: u32 = 16;
/// The attack runs this long before the measurement.
const WARM_UP: Duration = Duration::from_secs(2);
/// The neighbour sends no request later than this after the end of the measurement.
const MAX_LATENESS: Duration = Duration::from_secs(5);
/// The time limit of a start.
const MAX_WAIT: Duration = Duration::from_secs(180);

#[derive(Parser)]
struct Args {
    /// The attack to run.
    #[arg(long, value_enum, default_value = "filters")]
    attack: Attack,
    /// The duration of the measurement in seconds.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Processos of the synthetic data. A tribunal has a twenty-seventh of them.
    #[arg(long, default_value_t = 20_000)]
    processos: u32,
    /// The program to attack.
    #[arg(long)]
    program: PathBuf,
    /// The folder of the run. It is removed before and after each attack.
    #[arg(long)]
    folder: PathBuf,
}

/// The program under attack. Its PostgreSQL ends with it.
struct Demo {
    child: Child,
    address: SocketAddrV4,
}

impl Demo {
    fn start(args: &Args) -> anyhow::Result<Self> {
        let processos = args.processos.to_string();
        let mut child = Command::new(&args.program)
            .args(["demo", "--bind", "127.0.0.1:0", "--processos", &processos, "--data-dir"])
            .arg(&args.folder)
            .env_remove("DATABASE_URL")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().context("no pipe")?).lines();
        let address = lines.map_while(Result::ok).find_map(|line| {
            let url = line.split_whitespace().find(|word| word.ends_with("/graphiql"))?;
            url.trim_start_matches("http://").trim_end_matches("/graphiql").parse().ok()
        });
        let address = address.context("the program ended before it served")?;
        let demo = Self { child, address };
        let begun = Instant::now();
        while !demo.ready() {
            anyhow::ensure!(begun.elapsed() < MAX_WAIT, "not ready after {MAX_WAIT:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(demo)
    }

    fn ready(&self) -> bool {
        let probe = Session::open(PROBE, self.address).and_then(|mut s| s.get("/readyz", None));
        probe.is_ok_and(|answer| answer.status == 200)
    }

    /// Returns the knowledge that a client of the demo needs for its requests.
    fn scene(&self, client: &str) -> anyhow::Result<Scene> {
        let mut session = Session::open(PROBE, self.address)?;
        let token = session.token(client)?;
        let query = "{ processos(first: 100) { nodes { numero } } adolescentes(first: 20) { nodes { identificador } } }";
        let answer = session.graphql(&token, query, &json!({}))?;
        let body: Value = serde_json::from_slice(&answer.body)?;
        let texts = |list: &str, field: &str| -> Vec<String> {
            let nodes = body["data"][list]["nodes"].as_array().into_iter().flatten();
            nodes.filter_map(|node| Some(node[field].as_str()?.to_owned())).collect()
        };
        let (numeros, adolescentes) =
            (texts("processos", "numero"), texts("adolescentes", "identificador"));
        anyhow::ensure!(!numeros.is_empty() && !adolescentes.is_empty(), "no data: {body}");
        Ok(Scene { address: self.address, token, numeros, adolescentes })
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends the `n`th request of the neighbour: a look-up, a page with relations, or a REST route.
fn ask(session: &mut Session, scene: &Scene, n: u32) -> std::io::Result<Answer> {
    let numero = &scene.numeros[n as usize % scene.numeros.len()];
    match n % 3 {
        0 => session.graphql(
            &scene.token,
            "query Look($n: NumeroProcesso!) { processo(numero: $n) { numero tipo situacao idOrgao } }",
            &json!({ "n": numero }),
        ),
        1 => session.graphql(
            &scene.token,
            "query Page { processos(first: 20) { nodes { numero adolescentes(first: 5) { nodes { identificador } } } } }",
            &json!({}),
        ),
        _ => session.get("/api/v1/processos?size=5", Some(&scene.token)),
    }
}

/// Sends the requests of the neighbour that are due on one of its connections. It measures each
/// time from when the request was due.
fn neighbour(scene: &Scene, report: &Mutex<Report>, first: u32, begun: Instant, until: Instant) {
    let mut session = None;
    for n in (first..).step_by(NEIGHBOUR_CONNECTIONS as usize) {
        let due = begun + REQUEST_INTERVAL * n;
        if due >= until {
            return;
        }
        if Instant::now() > until + MAX_LATENESS {
            let error = Some("was never sent: earlier ones were not answered".to_owned());
            measure::lock(report).neighbour(due.elapsed(), error);
            continue;
        }
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let asked = match session.take() {
            Some(open) => Ok(open),
            None => Session::open(NEIGHBOUR, scene.address),
        }
        .and_then(|mut open| Ok((ask(&mut open, scene, n)?, open)));
        let took = due.elapsed();
        let error = match asked {
            Ok((answer, open)) => {
                session = Some(open);
                answer.fault()
            }
            Err(error) => Some(error.to_string()),
        };
        measure::lock(report).neighbour(took, error);
    }
}

fn attack(
    attack: Attack,
    scene: &Attacker,
    connection: u64,
    stop: &AtomicBool,
    report: &Mutex<Report>,
) {
    let row = attack.row();
    let (mut n, mut session) = (connection << 32, None);
    while !stop.load(Ordering::Relaxed) {
        let done = match session.take() {
            Some(open) => Ok(open),
            None => Session::open(ATTACKER, scene.address),
        }
        .and_then(|mut open| Ok(((row.step)(&mut open, scene, n)?, open)));
        n += 1;
        match done {
            Ok((statuses, open)) => {
                session = Some(open);
                measure::lock(report).attacked(&statuses);
            }
            Err(_) => measure::lock(report).attacked(&[0]),
        }
    }
}

/// Runs the attack. Returns whether the limits were met.
fn run(args: &Args, chosen: Attack) -> anyhow::Result<bool> {
    let _ = std::fs::remove_dir_all(&args.folder);
    let demo = Demo::start(args)?;
    let (attacker, neighbour_scene) = (demo.scene("tjrn")?, demo.scene("tjpe")?);
    let attacker = chosen.prepare(attacker)?;
    let (stop, report) = (AtomicBool::new(false), Mutex::new(Report::default()));
    std::thread::scope(|scope| {
        let (attacker, neighbour_scene, report, stop) =
            (&attacker, &neighbour_scene, &report, &stop);
        for connection in 0..chosen.row().connections {
            scope.spawn(move || attack(chosen, attacker, connection, stop, report));
        }
        std::thread::sleep(WARM_UP);
        let begun = Instant::now();
        let until = begun + Duration::from_secs(args.seconds);
        let sampler = Sampler { pid: demo.child.id(), from: PROBE, address: demo.address, until };
        scope.spawn(move || sampler.memory(report));
        scope.spawn(move || sampler.readiness(report));
        let connections: Vec<_> = (0..NEIGHBOUR_CONNECTIONS)
            .map(|first| {
                scope.spawn(move || neighbour(neighbour_scene, report, first, begun, until))
            })
            .collect();
        for connection in connections {
            let _ = connection.join();
        }
        stop.store(true, Ordering::Relaxed);
        // The end of the demo also ends the attacker's open requests.
        drop(demo);
    });
    let _ = std::fs::remove_dir_all(&args.folder);
    let report = report.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    eprintln!("{chosen:?}: {}", report.text());
    Ok(report.within_the_bars())
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let mut missed = Vec::new();
    for chosen in args.attack.expand() {
        if !run(&args, chosen)? {
            missed.push(chosen);
        }
    }
    if !missed.is_empty() {
        bail!("over the bars: {missed:?}");
    }
    Ok(())
}
