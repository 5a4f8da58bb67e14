//! What protects the data in the database itself, compared with what the migrations make: the
//! roles, who owns a table, row-level security, every policy, every right, every function.
//!
//! The expectation is one generated file, `expected.txt`. After a migration that changes any of
//! it, `ELOS_ACEITAR=1 script/test expected_txt` writes the file anew.

mod repair;
mod text;
mod watch;

pub use repair::{Left, Repair, repair};
pub use text::print;
pub(super) use watch::Structure;

use super::Sql;
use super::migrations::{Standing, standing};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

/// Every role that the migrations make.
pub const ROLES: [&str; 5] =
    ["elos_dono", "elos_app", "elos_nacional", "elos_definidor", "elos_auditor"];

/// In the order of the file.
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

    /// As the file and the statement that reads say it.
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

    /// As an operator reads it.
    const fn nome(self) -> &'static str {
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

    fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// How each thing is, by what it is.
type Catalog = BTreeMap<(Kind, String), String>;

/// One thing that is not as the migrations make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub kind: Kind,
    /// Its name, as SQL writes it.
    pub object: String,
    /// None: it should not be there.
    pub expected: Option<String>,
    /// None: it is missing.
    pub found: Option<String>,
}

impl Difference {
    /// Whether it is a fault whatever migrations a newer program has made.
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
        write!(f, "{} {}: ", self.kind.nome(), self.object)?;
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

/// The first line that differs, of either side: the text of a function has many.
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

/// Several, for a message: the first ones, and how many more.
pub struct Listed<'a>(pub &'a [Difference]);

const LISTED: usize = 12;

impl fmt::Display for Listed<'_> {
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

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    object: String,
    #[diesel(sql_type = Text)]
    definition: String,
    #[diesel(sql_type = Bool)]
    ours: bool,
    #[diesel(sql_type = Nullable<Text>)]
    wanted: Option<String>,
}

/// Everything that is not as the migrations of this program make it. Any role may ask.
///
/// It says something only of a database that has exactly these migrations.
pub fn differences(conn: &mut PgConnection) -> QueryResult<Vec<Difference>> {
    let expected = text::expected();
    let mut differences = Vec::new();
    let mut found = Catalog::new();
    for row in read(conn)? {
        let Some(kind) = Kind::of_word(&row.kind) else { continue };
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

/// What keeps a server of this program from serving a database that is not behind it. If a newer
/// program has migrated it, only what is a fault in every version.
pub(super) fn faults(conn: &mut PgConnection) -> QueryResult<Vec<Difference>> {
    let mut faults = differences(conn)?;
    if !faults.is_empty() && standing(conn)? == Standing::Ahead {
        faults.retain(Difference::in_every_version);
    }
    Ok(faults)
}

/// What elos made, may use, or should have made.
fn read(conn: &mut PgConnection) -> QueryResult<Vec<Row>> {
    #[derive(QueryableByName)]
    struct Printing {
        #[diesel(sql_type = Text)]
        path: String,
        #[diesel(sql_type = Text)]
        quote: String,
    }
    // How names print depends on these two settings. They are put back, because the transaction
    // may be the caller's.
    let set = |path: String, quote: String| {
        Sql::new("SELECT set_config('search_path', ")
            .bind(path)
            .push(", true), set_config('quote_all_identifiers', ")
            .bind(quote)
            .push(", true)")
    };
    let rows: Vec<Row> = conn.transaction(|conn| {
        let before: Printing = Sql::new(
            "SELECT current_setting('search_path') AS path, current_setting('quote_all_identifiers') AS quote",
        )
        .get_result(conn)?;
        set("public, pg_temp".into(), "off".into()).execute(conn)?;
        let roles: Vec<String> = ROLES.map(str::to_owned).into();
        let (before_roles, after_roles) =
            include_str!("read.sql").split_once("$1").unwrap_or_default();
        let rows = Sql::new(before_roles).bind(roles).push(after_roles).load(conn)?;
        set(before.path, before.quote).execute(conn)?;
        QueryResult::Ok(rows)
    })?;
    let expected = text::expected();
    let known = |row: &Row| {
        let kind = Kind::of_word(&row.kind);
        kind.is_some_and(|kind| expected.contains_key(&(kind, row.object.clone())))
    };
    Ok(rows.into_iter().filter(|row| row.ours || known(row)).collect())
}
