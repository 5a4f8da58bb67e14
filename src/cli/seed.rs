//! `elos seed`: fills an empty database with synthetic data.

use super::{ensure_disposable, migrate_url, now};
use crate::config::Config;
use crate::db::migrations::Migrator;
use crate::seed;
use std::time::Instant;

#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
pub fn run(config: &Config, processos: u32, yes: bool) -> anyhow::Result<()> {
    let mut migrator = Migrator::connect(migrate_url(config)?)?;
    ensure_disposable(config, &mut migrator, "semear", yes)?;
    let start = Instant::now();
    seed::fill(migrator.conn(), processos, now())?;
    println!("semeados cerca de {processos} processos em {:.1} s", start.elapsed().as_secs_f32());
    Ok(())
}
