//! Runs statements and undoes each one, whatever its outcome.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `insufficient_privilege`: raised by a missing privilege, by a policy, and by `row_security =
/// off`.
const DENIED: &str = "42501";
/// The `elos.tribunal` setting is not a `smallint`, so the policy cannot be evaluated.
const UNREADABLE: [&str; 2] = ["22P02", "22003"];
/// Number of statements in one message.
const BATCH: usize = 100;

/// A statement to try. If it returns a row, its outcome holds its first column as text.
#[derive(Debug, Clone, Serialize)]
pub struct Statement {
    sql: String,
    returns_row: bool,
}

impl Statement {
    pub const fn new(sql: String) -> Self {
        Self { sql, returns_row: false }
    }

    pub const fn returning_row(sql: String) -> Self {
        Self { sql, returns_row: true }
    }
}

/// The outcome of a statement. `result` is `None` if the statement returned no row, or NULL.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    Failed { state: String, message: String },
    Ran { rows: i64, result: Option<String> },
}

impl Outcome {
    pub fn denied(&self) -> bool {
        matches!(self, Self::Failed { state, .. } if state == DENIED)
    }

    /// Whether the statement failed only because of a constraint (class 23).
    pub fn violates_constraint(&self) -> bool {
        matches!(self, Self::Failed { state, .. } if state.starts_with("23"))
    }

    /// Whether the statement was refused by a missing privilege or by a policy, or because the
    /// setting that names the tribunal is not a `smallint`.
    pub fn refused(&self) -> bool {
        self.denied()
            || matches!(self, Self::Failed { state, .. } if UNREADABLE.contains(&state.as_str()))
    }
}

#[derive(QueryableByName)]
struct TextRow {
    #[diesel(sql_type = Text)]
    t: String,
}

/// The text in column `t` of the only row. The callers build `sql` from the catalogue.
pub fn text(conn: &mut PgConnection, sql: &str) -> QueryResult<String> {
    #[expect(clippy::disallowed_methods, reason = "run once: there is nothing to cache")]
    let query = diesel::sql_query(sql);
    Ok(query.get_result::<TextRow>(conn)?.t)
}

/// The value of the JSON in column `t` of the only row.
pub fn json<T: DeserializeOwned>(conn: &mut PgConnection, sql: &str) -> QueryResult<T> {
    serde_json::from_str(&text(conn, sql)?).map_err(unreadable)
}

/// Runs all statements as the current role. Returns the outcomes in the same order.
pub fn run(conn: &mut PgConnection, statements: &[Statement]) -> QueryResult<Vec<Outcome>> {
    let mut outcomes = Vec::with_capacity(statements.len());
    for batch in statements.chunks(BATCH) {
        let statements = serde_json::to_string(batch).map_err(unreadable)?;
        conn.batch_execute(&block(&statements))?;
        outcomes.extend(json::<Vec<Outcome>>(conn, "SELECT current_setting('elos.probe') AS t")?);
    }
    Ok(outcomes)
}

fn unreadable(error: serde_json::Error) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(error.into())
}

/// Runs each statement in a block that ends in an exception of its own, so that nothing of the
/// statement stays.
fn block(statements: &str) -> String {
    let tag = format!("$probe_{}$", Uuid::new_v4().simple());
    format!(
        "DO {tag} DECLARE s jsonb; n bigint; v text; c text; m text; said jsonb := '[]'; BEGIN \
         FOR s IN SELECT jsonb_array_elements({}::jsonb) LOOP v := NULL; n := 0; BEGIN \
           IF (s ->> 'returns_row')::boolean THEN EXECUTE s ->> 'sql' INTO v; ELSE EXECUTE s ->> 'sql'; END IF; \
           GET DIAGNOSTICS n = ROW_COUNT; RAISE EXCEPTION USING ERRCODE = 'EL000'; \
         EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS c = RETURNED_SQLSTATE, m = MESSAGE_TEXT; \
           said := said || CASE c WHEN 'EL000' THEN jsonb_build_object('rows', n, 'result', v) \
                                  ELSE jsonb_build_object('state', c, 'message', m) END; \
         END; END LOOP; PERFORM set_config('elos.probe', said::text, true); END {tag}",
        literal(statements)
    )
}

/// Quotes a text as an SQL literal.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Quotes an SQL identifier.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
