//! Attempts on rows: each column of each table, by each role and in each state of its session.

use super::attempt::{Attempt, Expected};
use super::catalog::{Column, Relation, Rights};
use super::granted::{Access, is_granted};
use super::probe::quoted;
use super::report::Kind;
use super::test_rows::{Row, TestRows};

/// A role of the server, taken on by the owner's connection.
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

/// The tribunal that a session of the application states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Unset,
    Empty,
    Garbage,
    OfA,
    /// States tribunal A and sets `row_security = off`.
    SecurityOff,
}

impl State {
    /// `Unset` must come first, because a setting cannot be unset once it was set.
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

/// A relation to try, with the privileges of the role and the rows of both tribunals.
pub struct Target<'a> {
    pub relation: &'a Relation,
    pub rights: &'a Rights,
    pub test_rows: &'a TestRows,
}

impl Target<'_> {
    /// Attempts as the application, which must not see, change or create a row of B.
    pub fn as_app(&self, state: State) -> Vec<Attempt> {
        let Self { relation, test_rows, .. } = self;
        let name = relation.name.as_str();
        let role = Role::App.name();
        if test_rows.b.of(relation).is_empty() {
            return self.without_rows(role);
        }
        let mut attempts = Vec::new();
        // Take two rows, because B sent the first of its trâmites and received the second.
        for row in test_rows.b.of(relation).iter().take(2) {
            if !is_granted(role, Access::Read, name) {
                attempts.extend(self.reads(row, Expected::Hidden));
            }
            attempts.extend(self.updates(row, Expected::Hidden));
            attempts.push(self.delete(row, Expected::Hidden));
            if !is_granted(role, Access::Insert, name) {
                attempts.push(self.insert(row, Expected::Refused));
            }
        }
        if state == State::OfA {
            attempts.push(self.truncate());
            if let Some(own_row) = test_rows.a.of(relation).first() {
                attempts.extend(self.readable_columns(own_row));
                attempts.extend(self.own_writes(own_row));
                attempts.extend(self.moves(own_row));
            }
        }
        attempts
    }

    /// The national role reads every table that it is granted, and writes nothing.
    pub fn as_national(&self) -> Vec<Attempt> {
        let (a, b) = (self.test_rows.a.of(self.relation), self.test_rows.b.of(self.relation));
        if b.is_empty() {
            return self.without_rows(Role::National.name());
        }
        let mut attempts = self.writes_nothing(b.first());
        attempts.extend(a.first().into_iter().chain(b).flat_map(|row| self.readable_columns(row)));
        attempts
    }

    /// The auditor reads only what the design grants it. It writes through functions alone.
    pub fn as_auditor(&self) -> Vec<Attempt> {
        let role = Role::Auditor.name();
        let (relation, b) = (self.relation, self.test_rows.b.of(self.relation));
        if b.is_empty() {
            return self.without_rows(role);
        }
        let mut attempts = match is_granted(role, Access::Insert, &relation.name) {
            true => self.changes_nothing(b.first()),
            false => self.writes_nothing(b.first()),
        };
        match is_granted(role, Access::Read, &relation.name) {
            true => attempts.extend(b.iter().flat_map(|row| self.readable_columns(row))),
            false => attempts.extend(b.iter().flat_map(|row| self.reads(row, Expected::Denied))),
        }
        attempts
    }

    /// The definer role owns the functions that read across tribunals, so it must see the rows that
    /// they read.
    pub fn as_definer(&self) -> Vec<Attempt> {
        let (a, b) = (self.test_rows.a.of(self.relation), self.test_rows.b.of(self.relation));
        a.first().into_iter().chain(b.first()).flat_map(|row| self.readable_columns(row)).collect()
    }

    fn what(&self, column: &Column) -> String {
        format!("tabela {}, coluna {}", self.relation.name, column.name)
    }

    fn table_label(&self) -> String {
        format!("tabela {}", self.relation.name)
    }

    /// A condition for the row, or `true` when the role may read no column that identifies it.
    fn row_condition(&self, row: &Row) -> String {
        self.relation.row_condition(row, self.rights).unwrap_or_else(|| "true".into())
    }

    fn reads(&self, row: &Row, expected: Expected) -> Vec<Attempt> {
        let read = |column: &Column| {
            let (name, path) = (quoted(&column.name), self.relation.path());
            let sql =
                format!("SELECT {name} FROM {path} WHERE {} LIMIT 1", self.row_condition(row));
            Attempt::new(Kind::Read, self.what(column), sql, expected)
        };
        self.relation.columns.iter().map(read).collect()
    }

    /// Control: the role reads this row in every column that it may read.
    fn readable_columns(&self, row: &Row) -> Vec<Attempt> {
        let Some(condition) = self.relation.row_condition(row, self.rights) else {
            return Vec::new();
        };
        let readable = |column: &&Column| self.rights.may_read(self.relation, column);
        let read = |column: &Column| {
            let (name, path) = (quoted(&column.name), self.relation.path());
            let sql = format!("SELECT {name} FROM {path} WHERE {condition}");
            Attempt::new(Kind::Own, self.what(column), sql, Expected::Shown)
        };
        self.relation.columns.iter().filter(readable).map(read).collect()
    }

    /// Control: the role can write this row wherever it has the privilege. A policy that was
    /// dropped hides every row, and the other attempts would then pass for the wrong reason.
    fn own_writes(&self, row: &Row) -> Vec<Attempt> {
        let control =
            |attempt: Attempt| Attempt { kind: Kind::Own, expected: Expected::Reached, ..attempt };
        let (relation, rights) = (self.relation, self.rights);
        let may_update = relation.columns.iter().any(|column| rights.may_update(relation, column));
        let may_insert = relation.columns.iter().any(|column| rights.may_insert(relation, column));
        let mut attempts = Vec::new();
        if may_update {
            let updates = relation.columns.iter().zip(self.updates(row, Expected::Reached));
            let may = updates.filter(|(column, _)| rights.may_update(relation, column));
            attempts.extend(may.map(|(_, attempt)| control(attempt)));
        }
        attempts.extend(may_insert.then(|| control(self.insert(row, Expected::Reached))));
        let may_delete = rights.may_delete(relation);
        attempts.extend(may_delete.then(|| control(self.delete(row, Expected::Reached))));
        attempts
    }

    fn updates(&self, row: &Row, expected: Expected) -> Vec<Attempt> {
        let update = |column: &Column| {
            let value = if column.fixed { "DEFAULT".into() } else { row.literal(column) };
            let (name, path) = (quoted(&column.name), self.relation.path());
            let may = self.rights.may_update(self.relation, column);
            // Without the privilege, PostgreSQL refuses the statement before it looks for a row.
            let condition = if may { self.row_condition(row) } else { "false".into() };
            let sql = format!("UPDATE {path} SET {name} = {value} WHERE {condition}");
            let expected =
                if may || expected == Expected::Denied { expected } else { Expected::Refused };
            Attempt::new(Kind::Update, self.what(column), sql, expected)
        };
        self.relation.columns.iter().map(update).collect()
    }

    fn delete(&self, row: &Row, expected: Expected) -> Attempt {
        let condition =
            self.relation.row_condition(row, self.rights).unwrap_or_else(|| "false".into());
        let sql = format!("DELETE FROM {} WHERE {condition}", self.relation.path());
        Attempt::new(Kind::Delete, self.table_label(), sql, expected)
    }

    /// Inserts the row once more. PostgreSQL checks policies before constraints.
    fn insert(&self, row: &Row, expected: Expected) -> Attempt {
        let insertable = self.relation.columns.iter().filter(|column| !column.fixed);
        let mut columns: Vec<_> = insertable
            .clone()
            .filter(|column| self.rights.may_insert(self.relation, column))
            .collect();
        if columns.is_empty() {
            columns = insertable.collect();
        }
        let names: Vec<_> = columns.iter().map(|column| quoted(&column.name)).collect();
        let values: Vec<_> = columns.iter().map(|column| row.literal(column)).collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            self.relation.path(),
            names.join(", "),
            values.join(", ")
        );
        Attempt::new(Kind::Insert, self.table_label(), sql, expected)
    }

    /// Turns a row of A into one of B.
    fn moves(&self, own_row: &Row) -> Vec<Attempt> {
        let (Some(condition), b) =
            (self.relation.row_condition(own_row, self.rights), self.test_rows.b.tribunal)
        else {
            return Vec::new();
        };
        let of_tribunal =
            |column: &&Column| column.ty == "smallint" && column.name.contains("tribunal");
        let change = |column: &Column| {
            let (name, path) = (quoted(&column.name), self.relation.path());
            let sql = format!("UPDATE {path} SET {name} = {b} WHERE {condition}");
            Attempt::new(Kind::Move, self.what(column), sql, Expected::Refused)
        };
        self.relation.columns.iter().filter(of_tribunal).map(change).collect()
    }

    fn truncate(&self) -> Attempt {
        // PostgreSQL checks the privilege before it locks the table.
        let sql = format!("TRUNCATE {}", self.relation.path());
        Attempt::new(Kind::Truncate, self.table_label(), sql, Expected::Denied)
    }

    fn changes_nothing(&self, row: Option<&Row>) -> Vec<Attempt> {
        let Some(row) = row else { return Vec::new() };
        let mut attempts = self.updates(row, Expected::Denied);
        attempts.push(self.delete(row, Expected::Denied));
        attempts.push(self.truncate());
        attempts
    }

    fn writes_nothing(&self, row: Option<&Row>) -> Vec<Attempt> {
        let mut attempts = self.changes_nothing(row);
        attempts.extend(row.map(|row| self.insert(row, Expected::Denied)));
        attempts
    }

    /// Attempts on a relation that has no throw-away row of B: the role must have no privilege on
    /// it, except to read it where the design grants that.
    fn without_rows(&self, role: &str) -> Vec<Attempt> {
        let may_read = is_granted(role, Access::Read, &self.relation.name);
        let read = |column: &Column| {
            let (name, path) = (quoted(&column.name), self.relation.path());
            let sql = format!("SELECT {name} FROM {path} LIMIT 1");
            Attempt::new(Kind::Read, self.what(column), sql, Expected::Denied)
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
                attempts.push(Attempt::new(kind, self.table_label(), sql, Expected::Denied));
            }
        }
        attempts
    }
}
