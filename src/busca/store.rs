//! SQL of the search.

use super::{AlvoDaBusca, Hit};
use crate::db::{BatchKey, Session, Sql};
use crate::error::Error;
use ahash::{HashMap, HashMapExt};
use std::sync::Arc;

/// A search, as `rules::search` reads it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Busca {
    pub targets: Vec<AlvoDaBusca>,
    /// The digits of a part of a number; `None` for a text that looks for names.
    pub number: Option<String>,
    /// The whole text, for the score.
    pub text: String,
    /// The words of a name, which must all match; empty for a text that looks for numbers. They
    /// hold letters and digits only.
    pub words: Vec<String>,
    /// Whether civil names also match.
    pub sensitive: bool,
    pub limit: i32,
}

impl Busca {
    fn sql(&self) -> Sql {
        let targets: Vec<_> = self.targets.iter().map(|target| target.text().to_owned()).collect();
        let number = self.number.as_ref().map(|digits| format!("%{digits}%"));
        Sql::new("SELECT alvo, id, score FROM elos_busca(")
            .bind(targets)
            .push(", ")
            .bind_nullable(number)
            .push(", elos_dobrar(")
            .bind(self.text.clone())
            .push("), ARRAY(SELECT '%' || elos_dobrar(w) || '%' FROM unnest(")
            .bind(self.words.clone())
            .push(") w), ")
            .bind(self.sensitive)
            .push(", ")
            .bind(self.limit)
            .push(")")
    }
}

impl BatchKey for Busca {
    type Value = Arc<Vec<Hit>>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let mut found = HashMap::with_capacity(keys.len());
        for key in keys {
            let rows: Vec<(AlvoDaBusca, i64, f64)> = key.sql().rows(session.conn())?;
            let hits = rows.into_iter().map(|(target, id, score)| Hit { target, id, score });
            found.insert(key.clone(), Arc::new(hits.collect()));
        }
        Ok(found)
    }
}
