//! Judges the settings of a PostgreSQL server. This is a pure function of their values.

use crate::db::row;
use crate::value::finding::Finding;
use diesel::QueryableByName;
use std::collections::BTreeMap;

const CHECK: &str = "postgresql";
/// The oldest version that the tests run on.
const MIN_VERSION: u32 = 140_000;
/// The first version on which nothing was tried.
const UNKNOWN_VERSION: u32 = 190_000;
/// Connections for administration and backups.
const ADMINISTRATION: i64 = 10;
/// Instances that should have room: two, and one more during an upgrade.
const INSTANCES: i64 = 3;

row! {
    /// A setting of the server and the value that a new session gets.
    #[derive(Debug, Clone, QueryableByName)]
    pub struct Setting {
        pub name: String,
        pub value: String,
    }
}

/// A setting that must have one value: what happens otherwise, and whether the finding is then an
/// error or a warning.
struct Required {
    name: &'static str,
    value: &'static str,
    otherwise: &'static str,
    is_error: bool,
}

const REQUIRED: [Required; 6] = [
    Required {
        name: "fsync",
        value: "on",
        otherwise: "uma queda da máquina perde ou corrompe o banco inteiro",
        is_error: true,
    },
    Required {
        name: "full_page_writes",
        value: "on",
        otherwise: "uma queda da máquina pode corromper tabelas",
        is_error: true,
    },
    Required {
        name: "autovacuum",
        value: "on",
        otherwise: "as tabelas incham e, por fim, o PostgreSQL para de gravar",
        is_error: true,
    },
    Required {
        name: "default_transaction_read_only",
        value: "off",
        otherwise: "nada se grava, nem a trilha, e por isso nada se lê",
        is_error: true,
    },
    Required {
        name: "track_counts",
        value: "on",
        otherwise: "o autovacuum não sabe o que limpar",
        is_error: false,
    },
    Required {
        name: "zero_damaged_pages",
        value: "off",
        otherwise: "páginas danificadas somem sem que ninguém saiba",
        is_error: true,
    },
];

/// Returns the findings about these settings, good ones included. `needed` is the number of
/// connections of one instance, and `offered` the number that this login can have.
pub fn judge(settings: &[Setting], needed: u32, offered: i64) -> Vec<Finding> {
    let settings: BTreeMap<&str, &str> =
        settings.iter().map(|setting| (setting.name.as_str(), setting.value.as_str())).collect();
    let value = |name: &str| settings.get(name).copied();
    let number = |name: &str| value(name).and_then(|value| value.parse::<i64>().ok());
    let mut findings = vec![of_version(number("server_version_num"))];
    for Required { name, value: right, otherwise, is_error } in REQUIRED {
        let Some(found) = value(name).filter(|found| *found != right) else { continue };
        let text = format!("{name} = {found}: {otherwise}");
        let action = format!("ALTER SYSTEM SET {name} = {right}; SELECT pg_reload_conf()");
        findings.push(match is_error {
            true => Finding::error(CHECK, text, action),
            false => Finding::warning(CHECK, text, action),
        });
    }
    if value("synchronous_commit") == Some("off") {
        findings.push(Finding::error(
            CHECK,
            "synchronous_commit = off: uma queda perde registros da trilha de respostas que já saíram",
            "ALTER SYSTEM SET synchronous_commit = on; SELECT pg_reload_conf()",
        ));
    }
    findings.push(of_connections(needed.into(), offered));
    findings.extend(of_timeouts(&number));
    findings.extend(of_logs(&value, &number));
    findings.extend(of_language(value("lc_messages")));
    findings
}

fn of_version(version: Option<i64>) -> Finding {
    let version = version.and_then(|version| u32::try_from(version).ok()).unwrap_or_default();
    let text = format!("PostgreSQL {}.{}", version / 10_000, version % 10_000);
    match version {
        0..MIN_VERSION => Finding::error(CHECK, text, "use o PostgreSQL 14 ou mais novo"),
        MIN_VERSION..UNKNOWN_VERSION => Finding::ok(CHECK, text),
        _ => Finding::warning(CHECK, text, "este elos não foi experimentado nele"),
    }
}

fn of_connections(needed: i64, offered: i64) -> Finding {
    let text = format!("uma instância abre até {needed} conexões, e este login pode ter {offered}");
    let all = needed * INSTANCES + ADMINISTRATION;
    match offered {
        offered if offered < needed => Finding::error(
            CHECK,
            text,
            format!("max_connections de ao menos {all}, ou menos em pool_max e pool_idle"),
        ),
        offered if offered < all => Finding::warning(
            CHECK,
            text,
            format!(
                "para duas instâncias, a da atualização e a administração são {all}: veja docs/operacao/conexoes.md"
            ),
        ),
        _ => Finding::ok(CHECK, text),
    }
}

/// The server sets its own limits, `jit` and the time zone in its sessions. The settings apply to
/// other sessions: some hold back the feed and the seals if they stay open, and migrations and
/// backups take longer than a request.
fn of_timeouts(number: &impl Fn(&str) -> Option<i64>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(ms) = number("statement_timeout").filter(|ms| *ms > 0) {
        findings.push(Finding::warning(
            CHECK,
            format!("statement_timeout = {ms} ms para este login: se vale também para o dono, interrompe migrações e cópias"),
            "ALTER ROLE owner SET statement_timeout = 0 (o elos dá o seu próprio prazo às suas sessões)",
        ));
    }
    if number("idle_in_transaction_session_timeout") == Some(0) {
        findings.push(Finding::warning(
            CHECK,
            "idle_in_transaction_session_timeout = 0: uma transação esquecida por outro programa retém os eventos e a selagem da trilha",
            "ALTER SYSTEM SET idle_in_transaction_session_timeout = '10min'; SELECT pg_reload_conf()",
        ));
    }
    if number("max_prepared_transactions").is_some_and(|max| max > 0) {
        findings.push(Finding::warning(
            CHECK,
            "max_prepared_transactions > 0: uma transação preparada e esquecida retém os eventos, e nenhum prazo a encerra",
            "se nada as usa, ALTER SYSTEM SET max_prepared_transactions = 0 e reinicie o PostgreSQL",
        ));
    }
    findings
}

/// Warns if PostgreSQL logs the values of statements, which hold numbers and names of persons.
fn of_logs<'a>(
    value: &impl Fn(&str) -> Option<&'a str>,
    number: &impl Fn(&str) -> Option<i64>,
) -> Option<Finding> {
    let all = matches!(value("log_statement"), Some("all" | "mod"));
    let slow = ["log_min_duration_statement", "log_min_duration_sample"];
    let logs_statements = all || slow.iter().any(|name| number(name).is_some_and(|ms| ms >= 0));
    let on_error = number("log_parameter_max_length_on_error").is_some_and(|length| length != 0);
    let logs_values = logs_statements && number("log_parameter_max_length") != Some(0);
    (logs_values || on_error).then(|| {
        Finding::warning(
            CHECK,
            "o log do PostgreSQL guarda os valores dos comandos, que têm nomes e números de pessoas",
            "ALTER SYSTEM SET log_parameter_max_length = 0; ALTER SYSTEM SET log_parameter_max_length_on_error = 0; SELECT pg_reload_conf()",
        )
    })
}

/// Warns if elos does not know the language of the messages: for some errors, only the text tells
/// an outage from a defect.
fn of_language(messages: Option<&str>) -> Option<Finding> {
    let known = |messages: &str| {
        ["", "C", "POSIX"].contains(&messages)
            || ["C.", "en", "pt"].iter().any(|start| messages.starts_with(start))
    };
    let unknown = messages.filter(|messages| !known(messages))?;
    Some(Finding::warning(
        CHECK,
        format!("lc_messages = {unknown}: o elos não reconhece quedas do banco nesta língua"),
        "ALTER SYSTEM SET lc_messages = 'C'; SELECT pg_reload_conf()",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::finding::Level;

    /// Returns the findings, other than `ok`, when one setting differs from a good server's.
    fn with(name: &str, value: &str) -> Vec<(Level, String)> {
        let good = [
            ("server_version_num", "150004"),
            ("fsync", "on"),
            ("full_page_writes", "on"),
            ("autovacuum", "on"),
            ("default_transaction_read_only", "off"),
            ("synchronous_commit", "on"),
            ("idle_in_transaction_session_timeout", "600000"),
            ("log_min_duration_statement", "-1"),
            ("log_parameter_max_length", "-1"),
            ("log_parameter_max_length_on_error", "0"),
            ("lc_messages", "pt_BR.UTF-8"),
        ];
        let settings: Vec<_> = good
            .into_iter()
            .filter(|(known, _)| *known != name)
            .chain([(name, value)])
            .map(|(name, value)| Setting { name: name.into(), value: value.into() })
            .collect();
        judge(&settings, 18, 97)
            .into_iter()
            .filter(|finding| finding.level != Level::Ok)
            .map(|finding| (finding.level, finding.text))
            .collect()
    }

    #[test]
    fn each_setting_that_hurts_is_told_and_a_good_server_is_not() {
        assert_eq!(with("other", "1"), []);
        for (name, value, level) in [
            ("fsync", "off", Level::Error),
            ("full_page_writes", "off", Level::Error),
            ("synchronous_commit", "off", Level::Error),
            ("autovacuum", "off", Level::Error),
            ("default_transaction_read_only", "on", Level::Error),
            ("server_version_num", "130011", Level::Error),
            ("server_version_num", "190000", Level::Warning),
            ("idle_in_transaction_session_timeout", "0", Level::Warning),
            ("max_prepared_transactions", "10", Level::Warning),
            ("statement_timeout", "5000", Level::Warning),
            ("log_min_duration_statement", "250", Level::Warning),
            ("log_statement", "all", Level::Warning),
            ("log_parameter_max_length_on_error", "-1", Level::Warning),
            ("lc_messages", "de_DE.UTF-8", Level::Warning),
        ] {
            let told = with(name, value);
            assert!(told.len() == 1 && told[0].0 == level, "{name} = {value}: {told:?}");
        }
    }

    #[test]
    fn connections_are_enough_for_an_instance_for_all_or_for_none() {
        let level = |offered| of_connections(18, offered).level;
        assert_eq!(
            [level(17), level(18), level(63), level(64)],
            [Level::Error, Level::Warning, Level::Warning, Level::Ok]
        );
    }
}
