//! What `elos doctor` finds out about a database: logins, sessions, migrations, structure,
//! extensions, notifications, encryption, clock and settings.
//!
//! A failed check does not keep the others from running, but most of them need a login. No check
//! changes anything. A text never contains a URL, because a URL may contain a password.

mod settings;

pub use settings::{Setting, judge};

use super::catalog::{self, DisplayDifferences};
use super::health::Health;
use super::login::{DatabaseRole, Login};
use super::manager::Manager;
use super::migrations::{self, MigrationState};
use super::{ConnectError, DbOptions, STATEMENT_TIMEOUT, Sql, Transport, pooler, row, transport};
use crate::value::finding::Finding;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::sync::Arc;

/// Connections that an instance opens besides those for calls, with one login and with several.
const OWN_CONNECTIONS: u32 = 8;
const OWN_CONNECTIONS_THREE_LOGINS: u32 = 12;
/// The clocks of two machines that both follow NTP differ by less.
const MAX_SKEW: TimeDelta = TimeDelta::seconds(1);
/// With a larger difference, tokens are refused as expired or as issued in the future.
const WRONG_CLOCK: TimeDelta = TimeDelta::seconds(30);
const EXTENSIONS: [&str; 2] = ["pg_trgm", "unaccent"];

const REPAIR: &str = "rode `elos migrate repair` com ELOS_MIGRATE_URL";

/// Checks the database as `elos serve` would use it. The caller has made sure that its URLs may be
/// used.
pub fn diagnose(options: &DbOptions, now: fn() -> DateTime<Utc>) -> Vec<Finding> {
    let health = Health::new();
    let mut findings = Vec::new();
    let manager = |role| {
        let login = Login::of(options, role);
        Manager::new(login, role, STATEMENT_TIMEOUT, None, Arc::clone(&health))
    };
    for role in [DatabaseRole::App, DatabaseRole::Nacional, DatabaseRole::Auditor] {
        let name = role.name();
        findings.push(match manager(role).open() {
            Ok(_) => Finding::ok("papel", format!("o login assume {name} e não herda nada dele")),
            Err(error) => refused("papel", &format!("{name}: "), &error),
        });
    }
    for url in options.urls() {
        findings.push(match pooler::check_affinity(&health.sockets, &url) {
            Ok(()) => Finding::ok("pooler", "cada conexão guarda a sua sessão"),
            Err(error) => refused("pooler", "", &error),
        });
    }
    let Ok((mut conn, _socket)) = manager(DatabaseRole::App).log_in() else { return findings };
    let checks: [(&'static str, Check); 7] = [
        ("migracoes", |conn, _, _| of_migrations(conn)),
        ("estrutura", |conn, _, _| of_structure(conn)),
        ("extensoes", |conn, _, _| of_extensions(conn)),
        ("listen", |conn, _, _| Ok(vec![of_listen(conn)])),
        ("tls", |conn, options, _| of_encryption(conn, options)),
        ("relogio", |conn, _, now| of_clock(conn, now)),
        ("postgresql", |conn, options, _| of_settings(conn, options)),
    ];
    for (name, check) in checks {
        match check(&mut conn, options, now) {
            Ok(found) => findings.extend(found),
            Err(error) => findings.push(Finding::error(
                name,
                format!("o banco recusou a pergunta: {error}"),
                "veja se o login pode ler o catálogo do PostgreSQL",
            )),
        }
    }
    findings
}

type Check = fn(&mut PgConnection, &DbOptions, fn() -> DateTime<Utc>) -> QueryResult<Vec<Finding>>;

/// The finding for an error, with what to do where the error does not say it.
fn refused(check: &'static str, about: &str, error: &ConnectError) -> Finding {
    let action = match error {
        ConnectError::Connection(_) => {
            "confira endereço, porta, pg_hba.conf e senha na URL, e se o PostgreSQL está no ar"
        }
        ConnectError::Unresponsive => "veja se o PostgreSQL está travado ou sem recursos",
        _ => "faça o que a mensagem diz",
    };
    Finding::error(check, format!("{about}{error}"), action)
}

fn of_migrations(conn: &mut PgConnection) -> QueryResult<Vec<Finding>> {
    let check = "migracoes";
    Ok(vec![match migrations::migration_state(conn)? {
        MigrationState::Equal => Finding::ok(check, "são as deste programa"),
        MigrationState::Ahead => Finding::warning(
            check,
            "o banco tem migrações que este programa não conhece",
            "é o esperado durante uma atualização; depois dela, atualize este programa",
        ),
        MigrationState::Empty | MigrationState::Behind => Finding::error(
            check,
            "faltam migrações",
            "rode `elos migrate run` com ELOS_MIGRATE_URL",
        ),
        MigrationState::Unreadable => {
            Finding::error(check, "este login não lê a tabela das migrações", REPAIR)
        }
    }])
}

fn of_structure(conn: &mut PgConnection) -> QueryResult<Vec<Finding>> {
    let faults = catalog::faults(conn)?;
    Ok(vec![match faults.as_slice() {
        [] => {
            Finding::ok("estrutura", "papéis, políticas, direitos e funções são os das migrações")
        }
        faults => Finding::error(
            "estrutura",
            format!("difere das migrações:{}", DisplayDifferences(faults)),
            REPAIR,
        ),
    }])
}

fn of_extensions(conn: &mut PgConnection) -> QueryResult<Vec<Finding>> {
    let there: Vec<String> = Sql::new("SELECT extname::text FROM pg_extension").rows(conn)?;
    let missing = EXTENSIONS.iter().filter(|name| !there.iter().any(|other| other == **name));
    let missing: Vec<_> = missing.copied().collect();
    Ok(vec![match missing.is_empty() {
        true => Finding::ok("extensoes", EXTENSIONS.join(", ")),
        false => Finding::error(
            "extensoes",
            format!("falta {}", missing.join(", ")),
            "instale postgresql-contrib e, como superusuário, CREATE EXTENSION no banco do elos",
        ),
    }])
}

/// Sends a notification to itself, as the instances do to each other.
fn of_listen(conn: &mut PgConnection) -> Finding {
    let heard = conn.batch_execute("LISTEN elos_doctor; NOTIFY elos_doctor").is_ok()
        && conn.notifications_iter().flatten().any(|heard| heard.channel == "elos_doctor");
    match heard {
        true => Finding::ok("listen", "o banco avisa o fluxo de eventos"),
        false => Finding::warning(
            "listen",
            "o banco não avisa (LISTEN): os eventos chegam com até um segundo de atraso",
            "ligue o elos direto ao PostgreSQL primário, ou a um pooler em modo de sessão",
        ),
    }
}

fn of_encryption(conn: &mut PgConnection, options: &DbOptions) -> QueryResult<Vec<Finding>> {
    let found: Option<Option<String>> =
        Sql::new("SELECT version::text FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl")
            .row(conn)
            .optional()?;
    let verify = "use `sslmode=verify-full`, com `sslrootcert`";
    Ok(vec![match (transport(&options.url), found.flatten()) {
        (Ok(Transport::Local), _) => Finding::ok("tls", "o banco é desta máquina"),
        (_, None) => {
            Finding::warning("tls", "a conexão com o banco de outra máquina não é cifrada", verify)
        }
        (Ok(Transport::Verified), Some(version)) => {
            Finding::ok("tls", format!("a conexão com o banco é {version}, de servidor conferido"))
        }
        (_, Some(version)) => Finding::warning(
            "tls",
            format!("a conexão com o banco é {version}, mas não se confere com quem se fala"),
            verify,
        ),
    }])
}

/// Compares the clocks. The database's time lies between the two times of this machine, so the
/// error of the comparison is at most half of the round trip.
fn of_clock(conn: &mut PgConnection, now: fn() -> DateTime<Utc>) -> QueryResult<Vec<Finding>> {
    let mut best: Option<(TimeDelta, TimeDelta)> = None;
    for _ in 0..3 {
        let before = now();
        let time: DateTime<Utc> = Sql::new("SELECT clock_timestamp()").row(conn)?;
        let round_trip = now() - before;
        let skew = time - (before + round_trip / 2);
        if best.is_none_or(|(shortest, _)| round_trip < shortest) {
            best = Some((round_trip, skew));
        }
    }
    let skew = best.map_or(TimeDelta::zero(), |(_, skew)| skew);
    let told = format!("o relógio do banco difere {} ms do desta máquina", skew.num_milliseconds());
    let action = "ligue o NTP (systemd-timesyncd ou chrony) nas duas máquinas";
    Ok(vec![match skew.abs() {
        skew if skew > WRONG_CLOCK => Finding::error("relogio", told, action),
        skew if skew > MAX_SKEW => Finding::warning("relogio", told, action),
        _ => Finding::ok("relogio", told),
    }])
}

fn of_settings(conn: &mut PgConnection, options: &DbOptions) -> QueryResult<Vec<Finding>> {
    row! {
        #[derive(QueryableByName)]
        struct Database {
            encoding: String,
            collation: String,
            bytes: i64,
            connections: i64,
            standby: bool,
        }
    }
    let settings: Vec<Setting> =
        Sql::new("SELECT name, reset_val AS value FROM pg_settings WHERE reset_val IS NOT NULL")
            .load(conn)?;
    let database: Database = Sql::new(
        "SELECT pg_encoding_to_char(encoding)::text AS encoding, datcollate::text AS collation, \
           pg_database_size(oid) AS bytes, \
           least(NULLIF(datconnlimit, -1), \
                 (SELECT NULLIF(rolconnlimit, -1) FROM pg_roles WHERE rolname = session_user), \
                 current_setting('max_connections')::int \
                   - current_setting('superuser_reserved_connections')::int)::bigint AS connections, \
           pg_is_in_recovery() AS standby \
         FROM pg_database WHERE datname = current_database()",
    )
    .get_result(conn)?;
    let mut findings = judge(&settings, instance_connections(options), database.connections);
    if database.standby {
        findings.push(Finding::error(
            "postgresql",
            "este servidor é uma réplica, que só aceita leituras",
            "ligue o elos ao primário: `target_session_attrs=read-write` na URL o escolhe",
        ));
    }
    if database.encoding != "UTF8" {
        findings.push(Finding::error(
            "postgresql",
            format!("o banco está em {}", database.encoding),
            "crie-o de novo com ENCODING 'UTF8' e restaure os dados nele",
        ));
    }
    findings.extend(of_collation(conn));
    findings.push(Finding::ok(
        "postgresql",
        format!(
            "{}, {}, {} MiB",
            database.encoding,
            database.collation,
            database.bytes / 1_048_576
        ),
    ));
    Ok(findings)
}

/// Compares the version of the collation with the one that the indexes were built with: an upgrade
/// of the system's C library can change the order of texts. PostgreSQL 14 does not tell.
fn of_collation(conn: &mut PgConnection) -> Option<Finding> {
    let differs: bool = Sql::new(
        "SELECT datcollversion IS NOT NULL AND datcollversion <> pg_database_collation_actual_version(oid) \
         FROM pg_database WHERE datname = current_database()",
    )
    .row(conn)
    .ok()?;
    differs.then(|| {
        Finding::error(
            "postgresql",
            "a ordem dos textos do sistema mudou desde que os índices foram feitos: buscas podem deixar de achar o que há",
            "como dono, REINDEX DATABASE elos; depois ALTER DATABASE elos REFRESH COLLATION VERSION",
        )
    })
}

/// The most connections that one instance opens.
fn instance_connections(options: &DbOptions) -> u32 {
    let own = match options.urls().len() {
        1 => OWN_CONNECTIONS,
        _ => OWN_CONNECTIONS_THREE_LOGINS,
    };
    options.pool_max + options.pool_idle + options.pool_max.div_ceil(4) + own
}
