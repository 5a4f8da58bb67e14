//! `elos isolamento prove`: tries to cross from one tribunal to another on the operator's own
//! database, and leaves no row in it.
//!
//! The owner's connection inserts throw-away rows of two tribunals, A and B, in a transaction that
//! is never committed. It then takes on each role of the server in turn, as the server does. The
//! server's logins try what they may do without a role. These attempts come from the catalogue:
//! every column of every table, every function, every role. The requests to the APIs come from the
//! GraphQL schema and the OpenAPI document.

mod attempt;
mod catalog;
mod apis;
mod functions;
mod granted;
mod login;
mod probe;
mod report;
mod rows;
mod test_rows;

pub use report::{Finding, Kind, Report};

use crate::db::catalog::differences;
use anyhow::Context;
use apis::try_apis;
use attempt::try_all;
use catalog::{Function, Power, Relation};
use chrono::{DateTime, Utc};
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::{Connection, PgConnection};
use functions::Secrets;
use granted::{Access, is_granted};
use indicatif::{ProgressBar, ProgressStyle};
use login::Known;
use probe::quoted;
use rows::{Role, State, Target};
use test_rows::TestRows;

/// Tables that admit only the row that a migration inserts, so they get no throw-away row.
const WITH_OWN_ROW: [&str; 1] = ["chave_estatistica"];

/// A login of the server, and the roles that it must be able to take on.
pub struct Login {
    pub conn: PgConnection,
    pub may: Vec<&'static str>,
    /// Why a pooler in between mixes up sessions. `None` if it does not.
    pub mixed_up: Option<String>,
}

/// Options of a run.
#[derive(Clone, Copy)]
pub struct Options {
    pub now: fn() -> DateTime<Utc>,
    /// Also try the operations of the GraphQL and REST APIs.
    pub apis: bool,
    /// Drop the tribunal filter from the queries of the APIs. A test uses this to show that a
    /// crossing is found.
    pub skip_tribunal_filter: bool,
}

impl Options {
    pub const fn all(now: fn() -> DateTime<Utc>) -> Self {
        Self { now, apis: true, skip_tribunal_filter: false }
    }
}

/// Time limits of each statement and of an idle transaction. A statement that waits for a lock
/// fails after two seconds, so the run does not wait long for other users of the database.
const LIMITS: &str = "SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '2s'; \
     SET LOCAL idle_in_transaction_session_timeout = '60s'";

/// Makes all attempts. `owner` must own the tables, or be able to take on the role that does.
pub fn prove(
    mut owner: PgConnection,
    logins: Vec<Login>,
    options: Options,
) -> anyhow::Result<Report> {
    let bar = bar();
    let mut report = Report::default();
    AnsiTransactionManager::begin_transaction(&mut owner)?;
    let outcome = by_statements(&mut owner, logins, &mut report, &bar).and_then(|survey| {
        if !options.apis {
            return Ok(());
        }
        bar.set_message("portas");
        // The last user of the connection closes it, and that rolls everything back.
        try_apis(owner, &mut report, &bar, &survey, options)
    });
    bar.finish_and_clear();
    outcome?;
    Ok(report)
}

/// Compares what protects the rows with what the migrations create.
fn structure(owner: &mut PgConnection, report: &mut Report) -> anyhow::Result<()> {
    let differences = differences(owner)?;
    if differences.is_empty() {
        report.count("banco", Kind::Structure, "catálogo", None);
    }
    for difference in differences {
        let how = difference.to_string();
        report.count("banco", Kind::Structure, &difference.object, Some(how));
    }
    Ok(())
}

/// The catalogue, the throw-away rows that the attempts use, and the values that only B's rows
/// have.
struct Survey {
    relations: Vec<Relation>,
    functions: Vec<Function>,
    test_rows: TestRows,
    secrets: Secrets,
}

fn by_statements(
    owner: &mut PgConnection,
    logins: Vec<Login>,
    report: &mut Report,
    bar: &ProgressBar,
) -> anyhow::Result<Survey> {
    owner.batch_execute(LIMITS)?;
    // Compare before roles are granted to the owner: if the owner is one of the roles of elos, that
    // grant is a difference.
    structure(owner, report)?;
    for role in Role::ALL {
        grant_temporarily(owner, role.name())?;
    }
    let relations = catalog::relations(owner)?;
    let roles = catalog::roles(owner)?;
    let mut callers: Vec<_> = Role::ALL.map(|role| role.name().to_owned()).into();
    let mut named = Vec::new();
    for Login { mut conn, may, mixed_up } in logins {
        let login = login::login_info(&mut conn)?;
        report.count(&format!("login {}", login.name), Kind::Session, "sessão", mixed_up);
        callers.push(login.name.clone());
        named.push((conn, login, may));
    }
    let functions = catalog::functions(owner, &callers)?;
    bar.set_message("login");
    let known = Known { relations: &relations, functions: &functions, roles: &roles };
    for (mut conn, login, may) in named {
        let tried = conn.transaction(|conn| {
            conn.batch_execute(LIMITS)?;
            login::try_login(conn, report, bar, &known, &login, &may)?;
            // Return an error, because Diesel then rolls everything back.
            Err::<(), _>(diesel::result::Error::RollbackTransaction)
        });
        match tried {
            Ok(()) | Err(diesel::result::Error::RollbackTransaction) => {}
            Err(error) => return Err(error.into()),
        }
    }
    bar.set_message("linhas de prova");
    owner.batch_execute("SET LOCAL ROLE elos_dono")?;
    let test_rows = test_rows::make(owner, &relations).context(
        "não foi possível fazer as linhas de prova; o banco está migrado? (elos migrate run)",
    )?;
    functions::inspect(report, &functions);
    for Power { role, power } in catalog::powers(owner)? {
        let how = "o papel não o tem nas migrações";
        report.count(&role, Kind::Attribute, &power, Some(how.into()));
    }
    let secrets = Secrets::of(&test_rows, &relations);
    let survey = Survey { relations, functions, test_rows, secrets };
    as_each_role(owner, report, bar, &survey)?;
    let unfilled = |relation: &&Relation| {
        survey.test_rows.b.of(relation).is_empty()
            && !WITH_OWN_ROW.contains(&relation.name.as_str())
            && !is_granted(Role::App.name(), Access::Read, &relation.name)
    };
    for relation in survey.relations.iter().filter(unfilled) {
        report.notes.push(format!(
            "a tabela {} não teve linha de prova: só se provou que ninguém tem direito a ela",
            relation.name
        ));
    }
    Ok(survey)
}

fn as_each_role(
    owner: &mut PgConnection,
    report: &mut Report,
    bar: &ProgressBar,
    survey: &Survey,
) -> anyhow::Result<()> {
    let Survey { relations, functions, test_rows, secrets } = survey;
    for role in Role::ALL {
        bar.set_message(role.name());
        owner.batch_execute("RESET ROLE")?;
        let rights = catalog::rights(owner, role.name())?;
        let states: &[State] = if role == Role::App { &State::ALL } else { &[State::Empty] };
        for &state in states {
            let label = if role == Role::App { state.label() } else { role.name() };
            become_role(owner, role, state, test_rows.a.tribunal)?;
            for relation in relations {
                let target = Target { relation, rights: &rights, test_rows };
                let attempts = match role {
                    Role::App => target.as_app(state),
                    Role::National => target.as_national(),
                    Role::Auditor => target.as_auditor(),
                    Role::Definer => target.as_definer(),
                };
                bar.inc_length(attempts.len() as u64);
                try_all(owner, report, bar, label, &attempts)
                    .with_context(|| format!("{label}, tabela {}", relation.name))?;
            }
            if state != State::SecurityOff && role != Role::Definer {
                functions::call(owner, report, bar, role.name(), functions, (test_rows, secrets))?;
            }
        }
    }
    sequences(owner, report)?;
    Ok(())
}

/// Checks who can set a sequence, because a role that can set it back makes numbers repeat. The
/// privilege is looked up and not tried, because a rollback does not undo `setval`.
fn sequences(owner: &mut PgConnection, report: &mut Report) -> anyhow::Result<()> {
    owner.batch_execute("RESET ROLE")?;
    for role in [Role::App, Role::National, Role::Auditor] {
        let settable = probe::text(
            owner,
            &format!(
                "SELECT coalesce(string_agg(c.relname || ':' || has_sequence_privilege('{}', c.oid, 'UPDATE'), ' '), '') AS t \
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind = 'S' AND n.nspname NOT IN ('pg_catalog', 'information_schema')",
                role.name()
            ),
        )?;
        for (name, may) in settable.split(' ').filter_map(|pair| pair.rsplit_once(':')) {
            let how = (may == "true").then(|| "pode mudá-la (setval)".to_owned());
            report.count(role.name(), Kind::Sequence, &format!("sequência {name}"), how);
        }
    }
    Ok(())
}

fn become_role(
    owner: &mut PgConnection,
    role: Role,
    state: State,
    tribunal: i16,
) -> anyhow::Result<()> {
    let setting = match state {
        State::Unset => None,
        State::Empty => Some(String::new()),
        State::Garbage => Some("x".into()),
        State::OfA | State::SecurityOff => Some(tribunal.to_string()),
    };
    let set = setting.map_or_else(String::new, |value| {
        format!("SELECT set_config('elos.tribunal', '{value}', true);")
    });
    let security = if state == State::SecurityOff { "off" } else { "on" };
    owner.batch_execute(&format!(
        "RESET ROLE; {set} SET LOCAL row_security = {security}; SET LOCAL ROLE {}",
        role.name()
    ))?;
    Ok(())
}

/// Makes the owner a member of `role` until the transaction ends, unless it already is.
fn grant_temporarily(owner: &mut PgConnection, role: &str) -> anyhow::Result<()> {
    let role = quoted(role);
    let take = |owner: &mut PgConnection| {
        owner
            .transaction(|owner| owner.batch_execute(&format!("SET LOCAL ROLE {role}; RESET ROLE")))
    };
    if take(owner).is_ok() {
        return Ok(());
    }
    owner
        .transaction(|owner| owner.batch_execute(&format!("GRANT {role} TO CURRENT_USER")))
        .and_then(|()| take(owner))
        .with_context(|| {
            format!(
                "ELOS_MIGRATE_URL não pode agir como {role}: entre como o dono, que fez os papéis ou os tem WITH ADMIN OPTION"
            )
        })
}

/// A progress bar. indicatif hides it when the output is not a terminal.
fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("provando {msg:16} {wide_bar} {pos}/{len}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
