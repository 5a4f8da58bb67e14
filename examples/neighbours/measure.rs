//! The measurements during the attack, and their limits.

use crate::client::Session;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const P99: Duration = Duration::from_millis(100);
const READINESS: Duration = Duration::from_millis(100);
const MEMORY_KIB: u64 = 300 * 1024;

#[derive(Default)]
pub struct Report {
    latencies: Vec<Duration>,
    /// Errors of the neighbour, with the number of each.
    errors: BTreeMap<String, u64>,
    /// Responses to the attacker by status; 0 is a broken connection.
    statuses: BTreeMap<u16, u64>,
    memory_kib: u64,
    slowest_readiness: Duration,
    not_ready: u64,
}

pub fn lock(report: &Mutex<Report>) -> MutexGuard<'_, Report> {
    report.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Report {
    pub fn neighbour(&mut self, took: Duration, error: Option<String>) {
        self.latencies.push(took);
        if let Some(error) = error {
            *self.errors.entry(error).or_default() += 1;
        }
    }

    pub fn attacked(&mut self, statuses: &[u16]) {
        for status in statuses {
            *self.statuses.entry(*status).or_default() += 1;
        }
    }

    /// Returns the latency that `per_mille` of a thousand requests do not exceed.
    fn within(&self, per_mille: usize) -> Duration {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * per_mille).div_ceil(1000).max(1) - 1;
        sorted.get(rank).copied().unwrap_or(Duration::MAX)
    }

    fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    pub fn within_the_bars(&self) -> bool {
        !self.latencies.is_empty()
            && self.failed() == 0
            && self.within(990) < P99
            && self.memory_kib < MEMORY_KIB
            && self.slowest_readiness < READINESS
            && self.not_ready == 0
    }

    pub fn text(&self) -> String {
        let errors: Vec<String> =
            self.errors.iter().map(|(error, times)| format!("\n  {times} × {error}")).collect();
        format!(
            "neighbour: {} requests, {} errors, p50 {:.1?}, p99 {:.1?}, slowest {:.1?}; \
             server: {} MB at most; /readyz: slowest {:.1?}, {} times not ready; attacker's answers by status: {:?}{}",
            self.latencies.len(),
            self.failed(),
            self.within(500),
            self.within(990),
            self.within(1000),
            self.memory_kib / 1024,
            self.slowest_readiness,
            self.not_ready,
            self.statuses,
            errors.concat(),
        )
    }
}

/// Probes the server from outside, as an operator does.
#[derive(Clone, Copy)]
pub struct Sampler {
    pub pid: u32,
    pub from: Ipv4Addr,
    pub address: SocketAddrV4,
    pub until: Instant,
}

impl Sampler {
    pub fn memory(&self, report: &Mutex<Report>) {
        while Instant::now() < self.until {
            let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid));
            let kib = status.ok().and_then(|status| {
                let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
                line.split_whitespace().next()?.parse::<u64>().ok()
            });
            let mut report = lock(report);
            report.memory_kib = report.memory_kib.max(kib.unwrap_or_default());
            drop(report);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn readiness(&self, report: &Mutex<Report>) {
        while Instant::now() < self.until {
            let asked = Instant::now();
            let answer = Session::open(self.from, self.address)
                .and_then(|mut session| session.get("/readyz", None));
            let took = asked.elapsed();
            let mut report = lock(report);
            report.slowest_readiness = report.slowest_readiness.max(took);
            report.not_ready += u64::from(!answer.is_ok_and(|answer| answer.status == 200));
            drop(report);
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}
