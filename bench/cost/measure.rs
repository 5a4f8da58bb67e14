//! A demo of its own, and its CPU time.

use super::draw::Known;
use anyhow::Context;
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The benchmark repeats a query at least [`LEAST`] times, up to this total CPU time, in seconds,
/// or this total time.
const MAX_CPU_SECONDS: f64 = 0.06;
const MAX_DURATION: Duration = Duration::from_secs(3);
const LEAST: u32 = 3;
/// The time limit of a start.
const MAX_WAIT: Duration = Duration::from_secs(300);

pub struct Demo {
    child: Child,
    postmaster: i32,
    base: String,
    token: String,
    agent: ureq::Agent,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Demo {
    pub fn start(program: &OsStr, folder: &Path, processos: u32) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .args(["demo", "--bind", "127.0.0.1:0", "--processos", &processos.to_string()])
            .arg("--data-dir")
            .arg(folder)
            .env_remove("DATABASE_URL")
            .env("ELOS_AUSENCIAS_POR_MINUTO", "0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().context("no pipe")?).lines();
        let base = lines.map_while(Result::ok).find_map(|line| {
            let url = line.split_whitespace().find(|word| word.ends_with("/graphiql"))?;
            Some(url.trim_end_matches("/graphiql").to_owned())
        });
        let base = base.context("the program ended before it served")?;
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let begun = Instant::now();
        while !agent.get(format!("{base}/readyz")).call().is_ok_and(|answer| answer.status() == 200)
        {
            anyhow::ensure!(begun.elapsed() < MAX_WAIT, "not ready after {MAX_WAIT:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
        let pid = std::fs::read_to_string(folder.join("data/postmaster.pid"))?;
        let postmaster = pid.lines().next().unwrap_or_default().trim().parse()?;
        let url = format!("{base}/auth/realms/pje/protocol/openid-connect/token");
        let body = agent
            .post(url)
            .header("Authorization", "Basic dGpybjpkZW1v")
            .send_form([("grant_type", "client_credentials")])?
            .body_mut()
            .read_to_string()?;
        let body: Value = serde_json::from_str(&body)?;
        let token = format!("Bearer {}", body["access_token"].as_str().unwrap_or_default());
        Ok(Self { child, postmaster, base, token, agent })
    }

    pub fn ask(&self, query: &str) -> anyhow::Result<Value> {
        let body = json!({ "query": query }).to_string();
        let mut answer = self
            .agent
            .post(format!("{}/graphql", self.base))
            .header("Authorization", &self.token)
            .header("Content-Type", "application/json")
            .send(&body)?;
        let text = answer.body_mut().with_config().limit(200_000_000).read_to_string()?;
        let body: Value = serde_json::from_str(&text)?;
        anyhow::ensure!(body.get("errors").is_none(), "{query}: {}", body["errors"]);
        Ok(body)
    }

    /// Names of existing objects for the queries.
    pub fn known(&self) -> anyhow::Result<Known> {
        let answer = self.ask(
            "{ processos(first: 100) { nodes { id numero guias(first: 1) { nodes { numero } } } } \
               adolescentes(first: 100) { nodes { identificador nome } } }",
        )?;
        let data = &answer["data"];
        let of = |list: &str, field: &str| -> Vec<String> {
            let nodes = data[list]["nodes"].as_array().into_iter().flatten();
            nodes.filter_map(|node| Some(node[field].as_str()?.to_owned())).collect()
        };
        let guias = data["processos"]["nodes"].as_array().into_iter().flatten();
        let guias = guias.flat_map(|one| one["guias"]["nodes"].as_array().into_iter().flatten());
        Ok(Known {
            ids: of("processos", "id"),
            numeros: of("processos", "numero"),
            adolescentes: of("adolescentes", "identificador"),
            names: of("adolescentes", "nome"),
            guias: guias.filter_map(|guia| Some(guia["numero"].as_str()?.to_owned())).collect(),
        })
    }

    /// Returns the microseconds that a request takes, of the server and of PostgreSQL.
    pub fn cpu_of(&self, query: &str) -> anyhow::Result<[f64; 2]> {
        self.ask(query)?;
        let (before, begun, mut times) = (self.cpu(), Instant::now(), 0);
        loop {
            self.ask(query)?;
            times += 1;
            let taken = [0, 1].map(|n: usize| self.cpu()[n] - before[n]);
            let enough =
                taken.iter().sum::<f64>() > MAX_CPU_SECONDS || begun.elapsed() > MAX_DURATION;
            if times >= LEAST && enough {
                return Ok(taken.map(|seconds| seconds * 1e6 / f64::from(times)));
            }
        }
    }

    /// Returns the CPU seconds of the server and of its backends.
    fn cpu(&self) -> [f64; 2] {
        let mut postgres = 0.0;
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        for pid in processes.filter_map(|folder| folder.file_name().to_str()?.parse::<i32>().ok()) {
            let read = |what| std::fs::read_to_string(format!("/proc/{pid}/{what}"));
            let stat = read("stat").unwrap_or_default();
            let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
            if parent == Some(&self.postmaster.to_string())
                && read("cmdline").is_ok_and(|title| title.contains("[local]"))
            {
                postgres += cpu(pid);
            }
        }
        [cpu(self.child.id().cast_signed()), postgres]
    }
}

/// Returns the CPU seconds of a process, including its threads that ended.
fn cpu(pid: i32) -> f64 {
    let clock = clock_getcpuclockid(Pid::from_raw(pid)).and_then(ClockId::now);
    clock.map_or(0.0, |time| Duration::from(time).as_secs_f64())
}
