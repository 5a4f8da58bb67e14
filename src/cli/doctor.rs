//! `elos doctor`: checks the settings, as `elos check-config` does, and then what needs the
//! database, the issuer of tokens or this machine.

use super::{database_options, now, preflight};
use crate::auth::{Certificate, KeySource};
use crate::config::Config;
use crate::db::{self, diagnosis};
use crate::value::finding::{Finding, Level};
use anyhow::ensure;
use chrono::TimeDelta;
use diesel::{Connection, PgConnection};
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::statvfs::statvfs;

/// A certificate that expires sooner than this is due for renewal.
const RENEWAL: TimeDelta = TimeDelta::days(30);
/// How many files the server may have open besides the connections of clients.
const OWN_FILES: u64 = 1_000;

/// Checks everything, prints the findings, and fails if one is an error.
#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
pub fn run(config: &Config, json: bool) -> anyhow::Result<()> {
    let findings = findings(config);
    match json {
        true => println!("{}", serde_json::to_string_pretty(&findings)?),
        false => findings.iter().for_each(tell),
    }
    let errors = findings.iter().filter(|finding| finding.level == Level::Error).count();
    ensure!(errors == 0, "{errors} erro(s)");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
fn tell(finding: &Finding) {
    let Finding { check, level, text, action } = finding;
    println!("{:<5}  {check}: {text}", level.name());
    if let Some(action) = action {
        println!("       → {action}");
    }
}

fn findings(config: &Config) -> Vec<Finding> {
    let mut findings = of_configuration(config);
    findings.extend(of_transports(config));
    // A database whose transport is refused is not asked.
    let usable = |url: &str| config.allow_plain_postgres || db::transport(url).is_ok();
    if let Some(url) = &config.database_url
        && config.server_urls().all(|(_, url)| usable(url))
    {
        findings.extend(diagnosis::diagnose(&database_options(config, url), now));
    }
    if let Some(url) = config.migrate_url.as_deref().filter(|url| usable(url)) {
        findings.push(of_disk(url));
    }
    findings.extend(of_issuer(config));
    findings.extend(of_certificate(config));
    findings.push(of_open_files(config));
    findings
}

fn of_configuration(config: &Config) -> Vec<Finding> {
    let action = "corrija o ajuste; `elos check-config` diz o que vale";
    let refusals = preflight::refusals(config);
    match refusals.is_empty() {
        true => vec![Finding::ok("configuracao", "`elos serve` a aceita")],
        false => refusals
            .into_iter()
            .map(|refusal| Finding::error("configuracao", refusal, action))
            .collect(),
    }
}

fn of_transports(config: &Config) -> impl Iterator<Item = Finding> {
    config.server_urls().filter_map(|(setting, url)| {
        let refused = db::transport(url).err()?;
        let text = format!("{setting}: {refused}");
        Some(match config.allow_plain_postgres {
            true => Finding::warning("tls", text, "use TLS assim que puder"),
            false => Finding::error("tls", text, "nada se perguntou a este banco"),
        })
    })
}

fn of_issuer(config: &Config) -> Option<Finding> {
    let issuer = config.oidc.issuer.clone()?;
    let options = config.oidc.options(issuer, config.tramita_auth(false));
    let source = match options.source {
        KeySource::File(_) => "do arquivo",
        KeySource::Url(_) => "de ELOS_OIDC_JWKS_URL",
        _ => "do emissor",
    };
    Some(match options.source.count() {
        Ok(count) => Finding::ok("emissor", format!("{count} chave(s) de assinatura {source}")),
        Err(error) => Finding::error(
            "emissor",
            format!("as chaves {source} não puderam ser lidas: {error:#}"),
            "veja se esta máquina alcança o emissor, se ELOS_OIDC_ISSUER é exatamente o `iss`, e o proxy (HTTPS_PROXY)",
        ),
    })
}

fn of_certificate(config: &Config) -> Option<Finding> {
    let (_, files) = config.tls.as_ref()?;
    let pem = std::fs::read(&files.certificate).ok()?;
    let until = Certificate::from_pem(&pem)?.validity.until;
    let text = format!("o certificado do servidor vale até {}", until.format("%Y-%m-%d %H:%M UTC"));
    let action = "renove-o: o elos lê o arquivo novo sozinho";
    Some(match until - now() {
        left if left <= TimeDelta::zero() => Finding::error("certificado", text, action),
        left if left < RENEWAL => Finding::warning("certificado", text, action),
        _ => Finding::ok("certificado", text),
    })
}

/// Looks at the disk of a PostgreSQL on this machine. PostgreSQL tells its folder only to a login
/// with the rights of `pg_read_all_settings`.
fn of_disk(url: &str) -> Finding {
    let ask = || {
        if !matches!(db::transport(url), Ok(db::Transport::Local)) {
            return None;
        }
        let mut conn = PgConnection::establish(url).ok()?;
        let ask = db::Sql::new("SELECT current_setting('data_directory')");
        let path: String = ask.row(&mut conn).ok()?;
        statvfs(path.as_str()).ok()
    };
    match ask() {
        None => Finding::warning(
            "disco",
            "daqui não se vê o disco do PostgreSQL",
            "observe-o com o node_exporter: deploy/prometheus/alerts.yml já tem as regras",
        ),
        Some(disk) => {
            let free = disk.blocks_available() * 100 / disk.blocks().max(1);
            let text = format!("o disco do PostgreSQL tem {free}% livres");
            let action = "veja docs/operacao/disco-cheio.md";
            match free {
                0..5 => Finding::error("disco", text, action),
                5..20 => Finding::warning("disco", text, action),
                _ => Finding::ok("disco", text),
            }
        }
    }
}

fn of_open_files(config: &Config) -> Finding {
    let needed = config.connections.max_total as u64 + OWN_FILES;
    // If the limit cannot be read, there is nothing to warn about.
    let offered = getrlimit(Resource::RLIMIT_NOFILE).map_or(u64::MAX, |(_, hard)| hard);
    let text = format!("são precisos {needed} arquivos abertos, e o limite daqui é {offered}");
    match offered < needed {
        true => Finding::warning(
            "arquivos",
            text,
            "LimitNOFILE=16384 na unidade do systemd, ou um conexoes_maximo menor",
        ),
        false => Finding::ok("arquivos", text),
    }
}
