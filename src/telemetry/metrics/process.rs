//! The metrics of the process, by the names that Prometheus clients use. Most are read from
//! `/proc`, and missing where it does not exist.

use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage};
use nix::unistd::{SysconfVar, sysconf};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use std::fmt;
use std::fs;

#[derive(Debug)]
pub struct Process;

/// What `/proc` says of this process.
struct Stat {
    threads: i64,
    virtual_bytes: i64,
    resident_bytes: i64,
    start_seconds: f64,
}

impl Stat {
    fn read() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        // The name of the program, in parentheses, may contain blanks.
        let (_, fields) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = fields.split(' ').collect();
        // The fields of proc(5), which counts from 1; the first one here is the third.
        let field = |number: usize| fields.get(number - 3)?.parse::<i64>().ok();
        let ticks = sysconf(SysconfVar::CLK_TCK).ok()??;
        let page = sysconf(SysconfVar::PAGE_SIZE).ok()??;
        #[expect(clippy::cast_precision_loss, reason = "seconds since the boot")]
        let since_boot = field(22)? as f64 / ticks as f64;
        Some(Self {
            threads: field(20)?,
            virtual_bytes: field(23)?,
            resident_bytes: field(24)? * page,
            start_seconds: boot_seconds()? + since_boot,
        })
    }
}

fn boot_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

fn cpu_seconds() -> Option<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    let time = usage.user_time() + usage.system_time();
    #[expect(clippy::cast_precision_loss, reason = "seconds and microseconds of one process")]
    let seconds = time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Some(seconds)
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        if let Some(seconds) = cpu_seconds() {
            let counter = ConstCounter::new(seconds);
            let help = "Tempo de processador, do usuário e do sistema";
            let kind = counter.metric_type();
            counter.encode(encoder.encode_descriptor(
                "process_cpu_seconds",
                help,
                None,
                kind,
            )?)?;
        }
        let mut gauge = |name: &str, help: &str, value: Option<i64>| {
            let Some(value) = value else { return Ok(()) };
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
        };
        let files = fs::read_dir("/proc/self/fd").ok().map(Iterator::count);
        let files = files.and_then(|count| i64::try_from(count).ok());
        gauge("process_open_fds", "Arquivos abertos", files)?;
        let limit = getrlimit(Resource::RLIMIT_NOFILE).ok();
        let limit = limit.and_then(|(soft, _)| i64::try_from(soft).ok());
        gauge("process_max_fds", "Arquivos que podem ser abertos", limit)?;
        let Some(stat) = Stat::read() else { return Ok(()) };
        gauge("process_threads", "Threads", Some(stat.threads))?;
        gauge("process_virtual_memory_bytes", "Memória virtual", Some(stat.virtual_bytes))?;
        gauge("process_resident_memory_bytes", "Memória residente", Some(stat.resident_bytes))?;
        let start = ConstGauge::new(stat.start_seconds);
        let help = "Quando o processo começou, em segundos desde 1970";
        let kind = start.metric_type();
        start.encode(encoder.encode_descriptor("process_start_time_seconds", help, None, kind)?)
    }
}
