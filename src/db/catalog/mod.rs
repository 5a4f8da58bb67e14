//! Compares what protects the data in the database with what the migrations create: roles and their
//! memberships, owners of tables, row-level security, policies, rights and functions.
//!
//! The generated file `expected.txt` holds what the migrations create. After a migration that
//! changes it, `ELOS_ACEITAR=1 script/test expected_txt` writes the file again.

mod repair;
mod text;
mod watch;

pub use repair::{Repair, Uncorrected, repair};
pub use text::print;
pub(super) use watch::Structure;

use super::migrations::{MigrationState, migration_state};
use super::{Sql, row};
use diesel::prelude::*;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

/// Every role that the migrations create.
pub const ROLES: [&str; 5] =
    ["elos_dono", "elos_app", "elos_nacional", "elos_definidor", "elos_auditor"];

/// The kinds of objects that this module compares, in the order of `expected.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Role,
    Membership,
    Table,
    View,
    Sequence,
    Partition,
    Policy,
    Function,
    Grant,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Role,
        Self::Membership,
        Self::Table,
        Self::View,
        Self::Sequence,
        Self::Partition,
        Self::Policy,
        Self::Function,
        Self::Grant,
    ];

    /// The name of the kind in `expected.txt` and in `read.sql`.
    const fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Membership => "membership",
            Self::Table => "table",
            Self::View => "view",
            Self::Sequence => "sequence",
            Self::Partition => "partition",
            Self::Policy => "policy",
            Self::Function => "function",
            Self::Grant => "grant",
        }
    }

    /// The name of the kind in messages to operators, in Portuguese.
    const fn label(self) -> &'static str {
        match self {
            Self::Role => "papel",
            Self::Membership => "membro",
            Self::Table => "tabela",
            Self::View => "visão",
            Self::Sequence => "sequência",
            Self::Partition => "partição",
            Self::Policy => "política",
            Self::Function => "função",
            Self::Grant => "direito",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// The definition of each object, by its kind and name.
type Catalog = BTreeMap<(Kind, String), String>;

/// An object that differs from what the migrations create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub kind: Kind,
    /// Its name, quoted as in SQL.
    pub object: String,
    /// The expected definition; `None` if the object should not exist.
    pub expected: Option<String>,
    /// The definition in the database; `None` if the object is missing.
    pub found: Option<String>,
}

impl Difference {
    /// Whether this difference is a fault even after a newer program has applied more migrations.
    pub(super) fn in_every_version(&self) -> bool {
        let open = |found: &String| found.contains("NO ROW LEVEL SECURITY");
        match self.kind {
            Kind::Role => self.expected.is_some(),
            Kind::Membership => true,
            Kind::Table | Kind::Partition => {
                self.expected.as_ref().is_some_and(|expected| !open(expected))
                    && self.found.as_ref().is_some_and(open)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.kind.label(), self.object)?;
        let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        match (&self.expected, &self.found) {
            (Some(expected), Some(found)) => {
                let (expected, found) = first_change(expected, found);
                write!(f, "esperava-se «{expected}», e está «{found}»")
            }
            (Some(expected), None) => write!(f, "falta («{}»)", first(expected)),
            (None, Some(found)) => write!(f, "não devia existir («{}»)", first(found)),
            (None, None) => Ok(()),
        }
    }
}

/// The first line that differs, from each side, because the text of a function has many lines.
fn first_change<'a>(expected: &'a str, found: &'a str) -> (&'a str, &'a str) {
    let (mut left, mut right) = (expected.lines(), found.lines());
    loop {
        match (left.next(), right.next()) {
            (Some(one), Some(other)) if one == other => {}
            (one, other) => {
                return (one.unwrap_or_default().trim(), other.unwrap_or_default().trim());
            }
        }
    }
}

/// Formats the first `LISTED` differences for a message, and the number of the others.
pub struct DisplayDifferences<'a>(pub &'a [Difference]);

const LISTED: usize = 12;

impl fmt::Display for DisplayDifferences<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for difference in self.0.iter().take(LISTED) {
            write!(f, "\n  {difference}")?;
        }
        match self.0.len().saturating_sub(LISTED) {
            0 => Ok(()),
            more => write!(f, "\n  … e mais {more}"),
        }
    }
}

row! {
    #[derive(QueryableByName)]
    struct Row {
        kind: String,
        object: String,
        definition: String,
        /// Whether elos owns the object or may use it.
        ours: bool,
        /// The required definition of a partition, which `expected.txt` cannot list.
        wanted: Option<String>,
    }
}

/// Every object that differs from what the migrations of this program create. Any role may ask.
///
/// The result is meaningful only if the database has exactly the migrations of this program.
pub fn differences(conn: &mut PgConnection) -> QueryResult<Vec<Difference>> {
    let expected = text::expected();
    let mut differences = Vec::new();
    let mut found = Catalog::new();
    for row in read(conn)? {
        let Some(kind) = Kind::from_word(&row.kind) else { continue };
        match row.wanted {
            None => {
                found.insert((kind, row.object), row.definition);
            }
            Some(wanted) if wanted != row.definition => differences.push(Difference {
                kind,
                object: row.object,
                expected: Some(wanted),
                found: Some(row.definition),
            }),
            Some(_) => {}
        }
    }
    for (key, expected) in expected {
        let found = match found.entry(key.clone()) {
            Entry::Occupied(entry) => Some(entry.remove()),
            Entry::Vacant(_) => None,
        };
        if found.as_ref() != Some(expected) {
            let (kind, object) = key.clone();
            differences.push(Difference { kind, object, expected: Some(expected.clone()), found });
        }
    }
    let unexpected = found.into_iter().map(|((kind, object), definition)| Difference {
        kind,
        object,
        expected: None,
        found: Some(definition),
    });
    differences.extend(unexpected);
    differences.sort_by(|one, other| (one.kind, &one.object).cmp(&(other.kind, &other.object)));
    Ok(differences)
}

/// The differences that make the server refuse a database with at least the migrations of this
/// program. If a newer program has migrated the database, only the faults in every version count.
pub(super) fn faults(conn: &mut PgConnection) -> QueryResult<Vec<Difference>> {
    let mut faults = differences(conn)?;
    if !faults.is_empty() && migration_state(conn)? == MigrationState::Ahead {
        faults.retain(Difference::in_every_version);
    }
    Ok(faults)
}

/// Reads the objects that elos owns, may use, or should have created.
fn read(conn: &mut PgConnection) -> QueryResult<Vec<Row>> {
    // These two settings change how PostgreSQL prints names. Restore them afterwards, because the
    // transaction may be the caller's.
    let set = |path: String, quote: String| {
        Sql::new("SELECT set_config('search_path', ")
            .bind(path)
            .push(", true), set_config('quote_all_identifiers', ")
            .bind(quote)
            .push(", true)")
    };
    let rows: Vec<Row> = conn.transaction(|conn| {
        let (path, quote): (String, String) = Sql::new(
            "SELECT current_setting('search_path'), current_setting('quote_all_identifiers')",
        )
        .row(conn)?;
        set("public, pg_temp".into(), "off".into()).execute(conn)?;
        let roles: Vec<String> = ROLES.map(str::to_owned).into();
        let (before_roles, after_roles) =
            include_str!("read.sql").split_once("$1").unwrap_or_default();
        let rows = Sql::new(before_roles).bind(roles).push(after_roles).load(conn)?;
        set(path, quote).execute(conn)?;
        QueryResult::Ok(rows)
    })?;
    let expected = text::expected();
    let known = |row: &Row| {
        let kind = Kind::from_word(&row.kind);
        kind.is_some_and(|kind| expected.contains_key(&(kind, row.object.clone())))
    };
    Ok(rows.into_iter().filter(|row| row.ours || known(row)).collect())
}
