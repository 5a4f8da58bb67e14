//! `elos check-config`: checks the settings and prints them. It fails if `elos serve` would refuse
//! them, and says each reason. It asks neither the database nor the issuer, and an address in use
//! is only a note.

use super::preflight::{self, Address};
use crate::config::Config;
use crate::db::{self, Transport};
use anyhow::ensure;

#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
pub fn run(config: &Config) -> anyhow::Result<()> {
    println!("{config}");
    let refused_transports = warn_of_transports(config);
    let refusals = tell_refusals(config) + refused_transports;
    ensure!(refusals == 0, "`elos serve` recusaria esta configuração: {refusals} motivo(s) acima");
    Ok(())
}

/// Prints why `elos serve` would refuse the settings, except the transports to PostgreSQL, and
/// returns the number of reasons.
#[expect(clippy::print_stderr, reason = "faults go beside the answer, not into it")]
fn tell_refusals(config: &Config) -> usize {
    let mut refusals = preflight::refusals(config);
    for address in preflight::try_addresses(config) {
        match address {
            Address::Refused(text) => refusals.push(text),
            Address::InUse(text) => {
                eprintln!("nota: {text} (é o esperado se este elos já roda)");
            }
        }
    }
    for refusal in &refusals {
        eprintln!("erro: {refusal}");
    }
    refusals.len()
}

/// Warns about the connections to PostgreSQL that the commands would refuse, that only
/// `ELOS_PG_SEM_TLS` allows, or that do not verify the certificate. Returns the number of those
/// that `elos serve` would refuse.
#[expect(clippy::print_stderr, reason = "warnings go beside the answer, not into it")]
fn warn_of_transports(config: &Config) -> usize {
    let owner = config.migrate_url.as_deref().map(|url| ("ELOS_MIGRATE_URL", url));
    let mut refused = 0;
    for (setting, url) in config.server_urls().chain(owner) {
        let warning = match db::transport(url) {
            Err(reason) if config.allow_plain_postgres => {
                format!("aceito por ELOS_PG_SEM_TLS=on: {reason}")
            }
            Err(reason) => {
                refused += usize::from(setting != "ELOS_MIGRATE_URL");
                format!("seria recusado: {reason}")
            }
            Ok(Transport::Unverified) => db::UNVERIFIED.to_owned(),
            Ok(Transport::Local | Transport::Verified) => continue,
        };
        eprintln!("aviso: {setting}: {warning}");
    }
    refused
}
