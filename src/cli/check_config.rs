//! `elos check-config`: checks the settings and prints them.

use crate::config::Config;
use crate::db::{self, Transport};
use crate::graphql;
use crate::graphql::execution::documents::Documents;

#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
pub fn run(config: &Config) -> anyhow::Result<()> {
    println!("{config}");
    warn_of_transports(config);
    Documents::new(&graphql::sdl(), &config.document_settings(false)?)?;
    Ok(())
}

/// Warns about the connections to PostgreSQL that `elos serve` or `elos migrate` would refuse, and
/// about those that are only allowed by the configuration.
#[expect(clippy::print_stderr, reason = "warnings go beside the answer, not into it")]
fn warn_of_transports(config: &Config) {
    let owner = config.migrate_url.as_deref().map(|url| ("ELOS_MIGRATE_URL", url));
    for (setting, url) in config.server_urls().chain(owner) {
        let warning = match db::transport(url) {
            Err(reason) if config.allow_plain_postgres => {
                format!("aceito por ELOS_PG_SEM_TLS=on: {reason}")
            }
            Err(reason) => format!("seria recusado: {reason}"),
            Ok(Transport::Unverified) => db::UNVERIFIED.to_owned(),
            Ok(Transport::Local | Transport::Verified) => continue,
        };
        eprintln!("aviso: {setting}: {warning}");
    }
}
