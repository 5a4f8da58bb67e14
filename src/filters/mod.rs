//! Filters: conditions on rows, translated to SQL.
//!
//! Each kind of row can be filtered by its related rows, with the filter of those rows, so the
//! filters depend on each other. For that reason they are in one module, below the slices whose
//! lists use them.
//!
//! A filter refers to its own rows by a fixed alias: `p` for a processo, `a` for an adolescente,
//! `v` for a vinculo, `g` for a guia (with `a` for its adolescente), `e` for an evento, `t` for a
//! trâmite (with `g` for its registro). A relation becomes a subquery, whose aliases hide outer
//! aliases of the same name.

mod adolescente;
mod evento;
mod guia;
mod processo;
mod related;
mod tramite;
mod vinculo;

pub use crate::db::related::Related;
pub use adolescente::{AdolescenteField, AdolescenteFilter, Age};
pub use evento::EventoFilter;
pub use guia::{GuiaField, GuiaFilter};
pub use processo::{ProcessoField, ProcessoFilter};
pub use vinculo::{VinculoField, VinculoFilter};

use crate::db::{Sql, SqlValue};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use related::JoinSource;

/// The position of a filter in a statement, and the tribunal to filter by.
#[derive(Debug, Clone, Copy)]
pub struct FilterScope {
    /// The tribunal to filter by; `None` for callers that may see every tribunal.
    pub tribunal: Option<i16>,
    /// Whether the filter is inside a relation or inside `e`, `ou` or `nao`.
    pub nested: bool,
}

impl FilterScope {
    pub const fn root(tribunal: Option<i16>) -> Self {
        Self { tribunal, nested: false }
    }

    const fn inner(self) -> Self {
        Self { nested: true, ..self }
    }
}

/// A filter on one kind of row. It may contain filters of the same kind in `e`, `ou` and `nao`.
pub trait Filter: Sized {
    /// The conditions on the row itself and on its relations, without those in `e`, `ou` and `nao`.
    fn conditions(&self, place: FilterScope) -> Conditions;
    /// The filters in `e`, `ou` and `nao`. The default is for a filter that has none of these.
    fn nested(&self) -> Nested<'_, Self> {
        Nested { all: None, any: None, not: None }
    }

    /// The whole filter as one SQL condition.
    fn sql(&self, place: FilterScope) -> Sql {
        let Conditions { mut simple, related } = self.conditions(place);
        let Nested { all, any, not } = self.nested();
        // With more than two conditions, the SQL differs from client to client, and is not worth
        // preparing.
        let own = all.is_some() || any.is_some() || not.is_some() || simple.len() > 2;
        let unprepared = own || !related.is_empty();
        // With many relations, planning a join for each takes longer than running the statement.
        let by_rows = place.nested || related.len() > 2;
        simple.extend(related.into_iter().map(|one| if by_rows { by_row(one) } else { one }));
        let inner = |one: &Self| one.sql(place.inner());
        if let Some(all) = all {
            simple.push(Sql::join(all.iter().map(|one| by_row(inner(one))), " AND ", "true"));
        }
        match any {
            Some([one]) => simple.push(by_row(inner(one))),
            Some(any) => simple.push(Sql::join(any.iter().map(inner), " OR ", "false")),
            None => {}
        }
        if let Some(not) = not {
            // NULL counts as false: a row without a date is not before any date, so `nao` must
            // include it.
            simple.push(Sql::new("(").append(inner(not)).push(") IS NOT TRUE"));
        }
        let sql = Sql::join(simple, " AND ", "true");
        if unprepared { sql.unprepared() } else { sql }
    }
}

/// The filters of `e`, `ou` and `nao`.
pub struct Nested<'f, F> {
    all: Option<&'f [F]>,
    any: Option<&'f [F]>,
    not: Option<&'f F>,
}

/// Adds `IS TRUE`, so that the planner evaluates the condition for each row and does not turn its
/// subqueries into joins. Thirty joins of a few rows each take a third of a second.
fn by_row(condition: Sql) -> Sql {
    Sql::new("(").append(condition).push(") IS TRUE")
}

/// The conditions of one filter, joined by AND.
#[derive(Default)]
pub struct Conditions {
    simple: Vec<Sql>,
    related: Vec<Sql>,
}

impl Conditions {
    fn push(&mut self, condition: Option<Sql>) {
        self.simple.extend(condition);
    }

    /// Compares with a bound value, if there is one. `comparison` is a column and an operator, such
    /// as `"p.tipo = "`.
    fn compare(&mut self, comparison: &'static str, value: Option<impl Into<SqlValue>>) {
        self.push(value.map(|value| Sql::new(comparison).bind(value)));
    }

    /// Adds the condition that the column is at or after the first end and before the second. An
    /// end that is `None` sets no bound.
    fn within<V: Into<SqlValue>>(&mut self, column: &'static str, ends: (Option<V>, Option<V>)) {
        let compared = |sign, end: Option<V>| end.map(|end| Sql::new(column).push(sign).bind(end));
        self.push(compared(" >= ", ends.0));
        self.push(compared(" < ", ends.1));
    }

    /// Adds conditions that fields are empty, each already written as SQL.
    fn empty(&mut self, columns: impl Iterator<Item = &'static str>) {
        self.simple.extend(columns.map(Sql::new));
    }

    fn one_of<T>(
        &mut self,
        column: &'static str,
        values: Option<&Vec<T>>,
        text: impl Fn(&T) -> String,
    ) {
        let texts = values.map(|values| values.iter().map(text).collect::<Vec<_>>());
        self.push(texts.map(|texts| Sql::new(column).push(" = ANY(").bind(texts).push(")")));
    }

    /// Adds the condition that the column contains the text, ignoring case and accents in both.
    fn contains(&mut self, column: &'static str, text: Option<&String>) {
        let within = |text: &String| {
            let sought = Sql::new("position(elos_dobrar(").bind(text.clone());
            sought.push(") in elos_dobrar(").push(column).push(")) > 0")
        };
        self.push(text.map(within));
    }

    fn related<F: Filter>(&mut self, related: &Related<F>, path: &JoinSource, place: FilterScope) {
        self.related.extend(related.conditions(path, place));
    }
}

/// The earliest date of birth of a person who reaches the age of `years` on `day` or later. A person
/// born earlier reached that age before `day`. A person born on 29 February has the birthday on 1
/// March in other years (R24).
fn birth_of(years: i32, day: NaiveDate) -> NaiveDate {
    let year = day.year() - years;
    let same = NaiveDate::from_ymd_opt(year, day.month(), day.day());
    let birth = same.or_else(|| NaiveDate::from_ymd_opt(year, 3, 1)).unwrap_or(NaiveDate::MIN);
    // On 1 March of a year without 29 February, persons born on 29 February have their birthday too.
    let leap = NaiveDate::from_ymd_opt(year, 2, 29);
    let turns = NaiveDate::from_ymd_opt(day.year(), 3, 1);
    match leap {
        Some(leap) if turns == Some(day) && day.pred_opt().is_none_or(|eve| eve.day() != 29) => {
            leap
        }
        _ => birth,
    }
}

/// A time range: from the first end, inclusive, until the second, exclusive.
type TimeRange = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adolescente::turns_21_on;
    use chrono::Days;

    #[test]
    fn r24_quem_nasceu_antes_do_dia_completou_os_anos_antes() {
        let day = |n| NaiveDate::from_ymd_opt(2004, 1, 1).unwrap() + Days::new(n);
        for limit in
            (0..9 * 366).map(|n| NaiveDate::from_ymd_opt(2025, 1, 1).unwrap() + Days::new(n))
        {
            let birth = birth_of(21, limit);
            assert!(turns_21_on(birth) >= limit, "{limit}: {birth}");
            assert!(turns_21_on(birth.pred_opt().unwrap()) < limit, "{limit}: {birth}");
        }
        assert_eq!(birth_of(21, day(0)), NaiveDate::from_ymd_opt(1983, 1, 1).unwrap());
    }
}
