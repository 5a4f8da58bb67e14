//! Conditions on rows, as SQL.
//!
//! Each kind of row is filtered by what it is related to, with the filter of the other side, so the
//! filters know each other. They stand together, below the slices whose lists use them.
//!
//! A filter names its own rows by one alias (`p` a processo, `a` an adolescente, `v` a link, `g` a
//! guia with its adolescente `a`, `e` an evento). A relation opens a scope of its own, in which the
//! alias of the other side hides one of the same name outside.

mod adolescente;
mod evento;
mod guia;
mod processo;
mod related;
mod tramite;
mod vinculo;

pub use adolescente::{AdolescenteField, AdolescenteFilter, Age};
pub use evento::EventoFilter;
pub use guia::{GuiaField, GuiaFilter};
pub use processo::{ProcessoField, ProcessoFilter};
pub use related::Related;
pub use vinculo::{VinculoField, VinculoFilter};

use crate::db::{Sql, Valor};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use related::Path;

/// Where a filter stands.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The tribunal to filter by; none for who may see all.
    pub tribunal: Option<i16>,
    /// Within a relation, or beside others by `e`, `ou`, `nao`.
    pub nested: bool,
}

impl Place {
    pub const fn root(tribunal: Option<i16>) -> Self {
        Self { tribunal, nested: false }
    }

    const fn inner(self) -> Self {
        Self { nested: true, ..self }
    }
}

/// A filter that nests.
pub trait Filter: Sized {
    /// Its own conditions and those on relations; not those that nest by `e`, `ou`, `nao`.
    fn conditions(&self, place: Place) -> Conditions;
    /// What nests; a filter without `e`, `ou`, `nao` has nothing.
    fn nested(&self) -> Nested<'_, Self> {
        Nested { all: None, any: None, not: None }
    }

    fn sql(&self, place: Place) -> Sql {
        let Conditions { mut simple, related } = self.conditions(place);
        let Nested { all, any, not } = self.nested();
        // Beyond a condition or two every client has its own statement, which is not worth preparing.
        let own = all.is_some() || any.is_some() || not.is_some() || simple.len() > 2;
        let unprepared = own || !related.is_empty();
        // A join for each of many relations is planned for longer than it runs.
        let by_rows = place.nested || related.len() > 2;
        simple.extend(related.into_iter().map(|one| if by_rows { by_row(one) } else { one }));
        let inner = |one: &Self| one.sql(place.inner());
        if let Some(all) = all {
            simple.push(Sql::juntar(all.iter().map(|one| by_row(inner(one))), " AND ", "true"));
        }
        match any {
            Some([one]) => simple.push(by_row(inner(one))),
            Some(any) => simple.push(Sql::juntar(any.iter().map(inner), " OR ", "false")),
            None => {}
        }
        if let Some(not) = not {
            // What is not known to hold does not: a row without a date is not before any.
            simple.push(Sql::new("(").append(inner(not)).push(") IS NOT TRUE"));
        }
        let sql = Sql::juntar(simple, " AND ", "true");
        if unprepared { sql.avulsa() } else { sql }
    }
}

/// The filters of `e`, `ou` and `nao`.
pub struct Nested<'f, F> {
    all: Option<&'f [F]>,
    any: Option<&'f [F]>,
    not: Option<&'f F>,
}

/// Looked at row by row: thirty joins of a few rows run for a third of a second.
fn by_row(condition: Sql) -> Sql {
    Sql::new("(").append(condition).push(") IS TRUE")
}

/// The conditions of one filter, which all hold.
#[derive(Default)]
pub struct Conditions {
    simple: Vec<Sql>,
    related: Vec<Sql>,
}

impl Conditions {
    fn push(&mut self, condition: Option<Sql>) {
        self.simple.extend(condition);
    }

    /// `column` and the sign that compares it, with the value if there is one.
    fn compare(&mut self, comparison: &'static str, value: Option<impl Into<Valor>>) {
        self.push(value.map(|value| Sql::new(comparison).bind(value)));
    }

    /// From the first end, inclusive, until the second, exclusive.
    fn within<V: Into<Valor>>(&mut self, column: &'static str, ends: (Option<V>, Option<V>)) {
        let compared = |sign, end: Option<V>| end.map(|end| Sql::new(column).push(sign).bind(end));
        self.push(compared(" >= ", ends.0));
        self.push(compared(" < ", ends.1));
    }

    /// Each of these columns is empty, as SQL says it.
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

    /// The text within the column, whatever the case and the accents of both.
    fn contains(&mut self, column: &'static str, text: Option<&String>) {
        let within = |text: &String| {
            let sought = Sql::new("position(elos_dobrar(").bind(text.clone());
            sought.push(") in elos_dobrar(").push(column).push(")) > 0")
        };
        self.push(text.map(within));
    }

    fn related<F: Filter>(&mut self, related: &Related<F>, path: &Path, place: Place) {
        self.related.extend(related.conditions(path, place));
    }
}

/// The first day of birth of who is `years` old on `day` or later: born before it, one turned so
/// many years before that day. Born on 29 February, one turns on 1 March (R24).
fn birth_of(years: i32, day: NaiveDate) -> NaiveDate {
    let year = day.year() - years;
    let same = NaiveDate::from_ymd_opt(year, day.month(), day.day());
    let birth = same.or_else(|| NaiveDate::from_ymd_opt(year, 3, 1)).unwrap_or(NaiveDate::MIN);
    // On 1 March of a year without 29 February, those who were born on one turn too.
    let leap = NaiveDate::from_ymd_opt(year, 2, 29);
    let turns = NaiveDate::from_ymd_opt(day.year(), 3, 1);
    match leap {
        Some(leap) if turns == Some(day) && day.pred_opt().is_none_or(|eve| eve.day() != 29) => {
            leap
        }
        _ => birth,
    }
}

/// An instant's comparison with the two ends of a stretch: from, inclusive; until, exclusive.
type Stretch = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adolescente::completa_21_anos;
    use chrono::Days;

    #[test]
    fn r24_quem_nasceu_antes_do_dia_completou_os_anos_antes() {
        let day = |n| NaiveDate::from_ymd_opt(2004, 1, 1).unwrap() + Days::new(n);
        for limit in
            (0..9 * 366).map(|n| NaiveDate::from_ymd_opt(2025, 1, 1).unwrap() + Days::new(n))
        {
            let birth = birth_of(21, limit);
            assert!(completa_21_anos(birth) >= limit, "{limit}: {birth}");
            assert!(completa_21_anos(birth.pred_opt().unwrap()) < limit, "{limit}: {birth}");
        }
        assert_eq!(birth_of(21, day(0)), NaiveDate::from_ymd_opt(1983, 1, 1).unwrap());
    }
}
