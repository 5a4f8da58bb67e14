//! Attempts on rows: each column of each table, by each role and in each state of its session.

use super::attempt::{Attempt, Rule};
use super::catalog::{Column, Relation, Rights};
use super::granted::{What, is_granted};
use super::probe::quoted;
use super::report::Kind;
use super::world::{Row, World};

/// A role on the owner's connection, and what it may do by design.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    App,
    National,
    Auditor,
    Definer,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::App, Self::National, Self::Auditor, Self::Definer];

    pub const fn name(self) -> &'static str {
        match self {
            Self::App => "elos_app",
            Self::National => "elos_nacional",
            Self::Auditor => "elos_auditor",
            Self::Definer => "elos_definidor",
        }
    }
}

/// What a session of the application says of its tribunal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Unset,
    Empty,
    Garbage,
    OfA,
    /// Of A, and it asks for row-level security not to be applied.
    SecurityOff,
}

impl State {
    /// The first is first: once set, a setting cannot be unset.
    pub const ALL: [Self; 5] =
        [Self::Unset, Self::Empty, Self::Garbage, Self::OfA, Self::SecurityOff];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Unset => "elos_app, sem tribunal",
            Self::Empty => "elos_app, tribunal ''",
            Self::Garbage => "elos_app, tribunal 'x'",
            Self::OfA => "elos_app, de A",
            Self::SecurityOff => "elos_app, row_security off",
        }
    }
}

/// What is tried of a relation.
pub struct Target<'a> {
    pub relation: &'a Relation,
    pub rights: &'a Rights,
    pub world: &'a World,
}

impl Target<'_> {
    /// As the application: none of B's rows is seen, changed or made.
    pub fn as_app(&self, state: State) -> Vec<Attempt> {
        let Self { relation, world, .. } = self;
        let name = relation.name.as_str();
        let role = Role::App.name();
        if world.b.of(relation).is_empty() {
            return self.unknown(role);
        }
        let mut attempts = Vec::new();
        // One that it made, and one that it was sent.
        for row in world.b.of(relation).iter().take(2) {
            if !is_granted(role, What::Read, name) {
                attempts.extend(self.reads(row, Rule::Hidden));
            }
            attempts.extend(self.updates(row, Rule::Hidden));
            attempts.push(self.delete(row, Rule::Hidden));
            if !is_granted(role, What::Insert, name) {
                attempts.push(self.insert(row, Rule::Refused));
            }
        }
        if state == State::OfA {
            attempts.push(self.truncate());
            if let Some(own) = world.a.of(relation).first() {
                attempts.extend(self.own(own));
                attempts.extend(self.own_writes(own));
                attempts.extend(self.moves(own));
            }
        }
        attempts
    }

    /// Reads all that it is given, and writes nothing.
    pub fn as_national(&self) -> Vec<Attempt> {
        let (a, b) = (self.world.a.of(self.relation), self.world.b.of(self.relation));
        if b.is_empty() {
            return self.unknown(Role::National.name());
        }
        let mut attempts = self.writes_nothing(b.first());
        attempts.extend(a.first().into_iter().chain(b).flat_map(|row| self.own(row)));
        attempts
    }

    /// Appends to the trail, and does nothing else.
    pub fn as_auditor(&self) -> Vec<Attempt> {
        let role = Role::Auditor.name();
        let (relation, b) = (self.relation, self.world.b.of(self.relation));
        if b.is_empty() {
            return self.unknown(role);
        }
        let mut attempts = match is_granted(role, What::Insert, &relation.name) {
            true => self.changes_nothing(b.first()),
            false => self.writes_nothing(b.first()),
        };
        match is_granted(role, What::Read, &relation.name) {
            true => attempts.extend(b.iter().flat_map(|row| self.own(row))),
            false => attempts.extend(b.iter().flat_map(|row| self.reads(row, Rule::Denied))),
        }
        attempts
    }

    /// Whose functions look past tribunals: it must see what they ask.
    pub fn as_definer(&self) -> Vec<Attempt> {
        let (a, b) = (self.world.a.of(self.relation), self.world.b.of(self.relation));
        a.first().into_iter().chain(b.first()).flat_map(|row| self.own(row)).collect()
    }

    fn what(&self, column: &Column) -> String {
        format!("tabela {}, coluna {}", self.relation.name, column.name)
    }

    fn whole(&self) -> String {
        format!("tabela {}", self.relation.name)
    }

    /// The one row, or any where no column may be asked for it.
    fn only(&self, row: &Row) -> String {
        self.relation.only(row, self.rights).unwrap_or_else(|| "true".into())
    }

    fn reads(&self, row: &Row, rule: Rule) -> Vec<Attempt> {
        let read = |column: &Column| {
            let (name, path) = (quoted(&column.name), self.relation.path());
            let sql = format!("SELECT {name} FROM {path} WHERE {} LIMIT 1", self.only(row));
            Attempt::new(Kind::Read, self.what(column), sql, rule)
        };
        self.relation.columns.iter().map(read).collect()
    }

    /// Of each column that it may read at all, that it reads this row's.
    fn own(&self, row: &Row) -> Vec<Attempt> {
        let Some(only) = self.relation.only(row, self.rights) else { return Vec::new() };
        let readable = |column: &&Column| self.rights.may_read(self.relation, column);
        let read = |column: &Column| {
            let (name, path) = (quoted(&column.name), self.relation.path());
            let sql = format!("SELECT {name} FROM {path} WHERE {only}");
            Attempt::new(Kind::Own, self.what(column), sql, Rule::Shown)
        };
        self.relation.columns.iter().filter(readable).map(read).collect()
    }

    /// What it may write at all, it may write of this row: a policy that is gone hides rows.
    fn own_writes(&self, row: &Row) -> Vec<Attempt> {
        let control =
            |attempt: Attempt| Attempt { kind: Kind::Own, rule: Rule::Reached, ..attempt };
        let (relation, rights) = (self.relation, self.rights);
        let may_update = relation.columns.iter().any(|column| rights.may_update(relation, column));
        let may_insert = relation.columns.iter().any(|column| rights.may_insert(relation, column));
        let mut attempts = Vec::new();
        if may_update {
            let updates = relation.columns.iter().zip(self.updates(row, Rule::Reached));
            let may = updates.filter(|(column, _)| rights.may_update(relation, column));
            attempts.extend(may.map(|(_, attempt)| control(attempt)));
        }
        attempts.extend(may_insert.then(|| control(self.insert(row, Rule::Reached))));
        let may_delete = rights.may_delete(relation);
        attempts.extend(may_delete.then(|| control(self.delete(row, Rule::Reached))));
        attempts
    }

    fn updates(&self, row: &Row, rule: Rule) -> Vec<Attempt> {
        let update = |column: &Column| {
            let value = if column.fixed { "DEFAULT".into() } else { row.literal(column) };
            let (name, path) = (quoted(&column.name), self.relation.path());
            let may = self.rights.may_update(self.relation, column);
            // Without the right to it, it is refused before any row is looked for.
            let only = if may { self.only(row) } else { "false".into() };
            let sql = format!("UPDATE {path} SET {name} = {value} WHERE {only}");
            let rule = if may || rule == Rule::Denied { rule } else { Rule::Refused };
            Attempt::new(Kind::Update, self.what(column), sql, rule)
        };
        self.relation.columns.iter().map(update).collect()
    }

    fn delete(&self, row: &Row, rule: Rule) -> Attempt {
        let only = self.relation.only(row, self.rights).unwrap_or_else(|| "false".into());
        let sql = format!("DELETE FROM {} WHERE {only}", self.relation.path());
        Attempt::new(Kind::Delete, self.whole(), sql, rule)
    }

    /// B's row once more. A policy is asked before any constraint is.
    fn insert(&self, row: &Row, rule: Rule) -> Attempt {
        let given = self.relation.columns.iter().filter(|column| !column.fixed);
        let mut columns: Vec<_> =
            given.clone().filter(|column| self.rights.may_insert(self.relation, column)).collect();
        if columns.is_empty() {
            columns = given.collect();
        }
        let names: Vec<_> = columns.iter().map(|column| quoted(&column.name)).collect();
        let values: Vec<_> = columns.iter().map(|column| row.literal(column)).collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            self.relation.path(),
            names.join(", "),
            values.join(", ")
        );
        Attempt::new(Kind::Insert, self.whole(), sql, rule)
    }

    /// A row of A's own is made B's.
    fn moves(&self, own: &Row) -> Vec<Attempt> {
        let (Some(only), b) = (self.relation.only(own, self.rights), self.world.b.tribunal) else {
            return Vec::new();
        };
        let of_tribunal =
            |column: &&Column| column.ty == "smallint" && column.name.contains("tribunal");
        let change = |column: &Column| {
            let (name, path) = (quoted(&column.name), self.relation.path());
            let sql = format!("UPDATE {path} SET {name} = {b} WHERE {only}");
            Attempt::new(Kind::Move, self.what(column), sql, Rule::Refused)
        };
        self.relation.columns.iter().filter(of_tribunal).map(change).collect()
    }

    fn truncate(&self) -> Attempt {
        // A right that is not there is missed before the table is locked.
        let sql = format!("TRUNCATE {}", self.relation.path());
        Attempt::new(Kind::Truncate, self.whole(), sql, Rule::Denied)
    }

    fn changes_nothing(&self, row: Option<&Row>) -> Vec<Attempt> {
        let Some(row) = row else { return Vec::new() };
        let mut attempts = self.updates(row, Rule::Denied);
        attempts.push(self.delete(row, Rule::Denied));
        attempts.push(self.truncate());
        attempts
    }

    fn writes_nothing(&self, row: Option<&Row>) -> Vec<Attempt> {
        let mut attempts = self.changes_nothing(row);
        attempts.extend(row.map(|row| self.insert(row, Rule::Denied)));
        attempts
    }

    /// No row could be made here, so no right may be given over it.
    fn unknown(&self, role: &str) -> Vec<Attempt> {
        let may_read = is_granted(role, What::Read, &self.relation.name);
        let read = |column: &Column| {
            let (name, path) = (quoted(&column.name), self.relation.path());
            let sql = format!("SELECT {name} FROM {path} LIMIT 1");
            Attempt::new(Kind::Read, self.what(column), sql, Rule::Denied)
        };
        let columns = self.relation.columns.iter().filter(|_| !may_read);
        let mut attempts: Vec<_> = columns.map(read).collect();
        let (path, column) = (self.relation.path(), self.relation.columns.first());
        if let Some(column) = column.filter(|_| self.relation.table) {
            for (kind, sql) in [
                (Kind::Insert, format!("INSERT INTO {path} DEFAULT VALUES")),
                (
                    Kind::Update,
                    format!("UPDATE {path} SET {} = DEFAULT WHERE false", quoted(&column.name)),
                ),
                (Kind::Delete, format!("DELETE FROM {path} WHERE false")),
                (Kind::Truncate, format!("TRUNCATE {path}")),
            ] {
                attempts.push(Attempt::new(kind, self.whole(), sql, Rule::Denied));
            }
        }
        attempts
    }
}
