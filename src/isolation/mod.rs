//! `elos isolamento prove`: tries to cross from one tribunal to another, by every way there is,
//! on the operator's own database, and leaves nothing in it.
//!
//! The owner's connection makes throw-away rows of two tribunals, A and B, in a transaction that is
//! never committed, and takes on each role of the server in turn, as the server does. What is
//! tried is read from the catalogue: every column of every table, every function, every role.

mod attempt;
mod catalog;
mod doors;
mod functions;
mod granted;
mod login;
mod probe;
mod report;
mod rows;
mod world;

pub use report::{Finding, Kind, Report};

use crate::db::catalog::differences;
use anyhow::Context;
use attempt::try_all;
use catalog::{Function, Power, Relation};
use chrono::{DateTime, Utc};
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::{Connection, PgConnection};
use doors::{Tried, try_doors};
use functions::Secrets;
use granted::{What, is_granted};
use indicatif::{ProgressBar, ProgressStyle};
use login::Known;
use probe::quoted;
use rows::{Role, State, Target};
use world::World;

/// A login of the server, and the roles that it is for.
pub struct Login {
    pub conn: PgConnection,
    pub may: Vec<&'static str>,
    /// Why not, if what stands between does not keep sessions.
    pub mixed_up: Option<String>,
}

/// What is tried, and how.
#[derive(Clone, Copy)]
pub struct Options {
    pub agora: fn() -> DateTime<Utc>,
    /// The operations of both doors too.
    pub doors: bool,
    /// Without the filter of the queries, so that a test can show that a crossing is found.
    pub unfiltered: bool,
}

impl Options {
    pub const fn all(agora: fn() -> DateTime<Utc>) -> Self {
        Self { agora, doors: true, unfiltered: false }
    }
}

/// Nothing here takes longer: what waits for somebody's lock is told, not waited for.
const LIMITS: &str = "SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '2s'; \
     SET LOCAL idle_in_transaction_session_timeout = '60s'";

/// Tries everything. `owner` owns the tables, or may act as who does.
pub fn prove(
    mut owner: PgConnection,
    logins: Vec<Login>,
    options: Options,
) -> anyhow::Result<Report> {
    let bar = bar();
    let mut report = Report::default();
    AnsiTransactionManager::begin_transaction(&mut owner)?;
    let proven = by_statements(&mut owner, logins, &mut report, &bar).and_then(|survey| {
        if !options.doors {
            return Ok(());
        }
        bar.set_message("portas");
        let tried = Tried { relations: &survey.relations, world: &survey.world, options };
        // Closing the connection, with its last user, undoes all.
        try_doors(owner, &mut report, &bar, &tried)
    });
    bar.finish_and_clear();
    proven?;
    Ok(report)
}

/// What protects the rows, compared with what the migrations make.
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

/// What roles are let loose on.
struct Survey {
    relations: Vec<Relation>,
    functions: Vec<Function>,
    world: World,
}

fn by_statements(
    owner: &mut PgConnection,
    logins: Vec<Login>,
    report: &mut Report,
    bar: &ProgressBar,
) -> anyhow::Result<Survey> {
    owner.batch_execute(LIMITS)?;
    // Before a role is lent to the owner: that too would differ.
    structure(owner, report)?;
    for role in Role::ALL {
        lend(owner, role.name())?;
    }
    let relations = catalog::relations(owner)?;
    let roles = catalog::roles(owner)?;
    let mut callers: Vec<_> = Role::ALL.map(|role| role.name().to_owned()).into();
    let mut named = Vec::new();
    for Login { mut conn, may, mixed_up } in logins {
        let who = login::who(&mut conn)?;
        report.count(&format!("login {}", who.name), Kind::Session, "sessão", mixed_up);
        callers.push(who.name);
        named.push((conn, may));
    }
    let functions = catalog::functions(owner, &callers)?;
    bar.set_message("login");
    let known = Known { relations: &relations, functions: &functions, roles: &roles };
    for (mut conn, may) in named {
        let tried = conn.transaction(|conn| {
            conn.batch_execute(LIMITS)?;
            login::try_login(conn, report, bar, &known, &may)?;
            // Nothing of it stays.
            Err::<(), _>(diesel::result::Error::RollbackTransaction)
        });
        match tried {
            Ok(()) | Err(diesel::result::Error::RollbackTransaction) => {}
            Err(error) => return Err(error.into()),
        }
    }
    bar.set_message("linhas de prova");
    owner.batch_execute("SET LOCAL ROLE elos_dono")?;
    let world = world::make(owner, &relations).context(
        "não foi possível fazer as linhas de prova; o banco está migrado? (elos migrate run)",
    )?;
    functions::inspect(report, &functions);
    for Power { role, power } in catalog::powers(owner)? {
        let how = "o papel não o tem nas migrações";
        report.count(&role, Kind::Attribute, &power, Some(how.into()));
    }
    let survey = Survey { relations, functions, world };
    as_each_role(owner, report, bar, &survey)?;
    let unfilled = |relation: &&Relation| {
        survey.world.b.of(relation).is_empty()
            && !is_granted(Role::App.name(), What::Read, &relation.name)
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
    let Survey { relations, functions, world } = survey;
    let secrets = Secrets::of(world, relations);
    for role in Role::ALL {
        bar.set_message(role.name());
        owner.batch_execute("RESET ROLE")?;
        let rights = catalog::rights(owner, role.name())?;
        let states: &[State] = if role == Role::App { &State::ALL } else { &[State::Empty] };
        for &state in states {
            let label = if role == Role::App { state.label() } else { role.name() };
            become_role(owner, role, state, world.a.tribunal)?;
            for relation in relations {
                let target = Target { relation, rights: &rights, world };
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
                functions::call(owner, report, bar, role.name(), functions, (world, &secrets))?;
            }
        }
    }
    sequences(owner, report)?;
    Ok(())
}

/// Who can set a sequence back makes numbers come twice: it is asked for, not tried, since what a
/// sequence is set to is not undone.
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
        for (name, may) in settable.split(' ').filter_map(|one| one.rsplit_once(':')) {
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

/// Sees to it that the owner may take on `role` until the transaction ends.
fn lend(owner: &mut PgConnection, role: &str) -> anyhow::Result<()> {
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

/// On a terminal only: indicatif hides itself elsewhere.
fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("provando {msg:16} {wide_bar} {pos}/{len}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
