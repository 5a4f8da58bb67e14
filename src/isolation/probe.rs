//! Statements that are tried: each is undone, whatever came of it.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `insufficient_privilege`: what a right that is not there, a policy, and `row_security = off` say.
const DENIED: &str = "42501";
/// A setting that is no number: the policy could not even be asked.
const UNREADABLE: [&str; 2] = ["22P02", "22003"];
/// How many go in one message.
const BATCH: usize = 100;

/// A statement to try. One that answers has its first column told, as text.
#[derive(Debug, Clone, Serialize)]
pub struct Statement {
    sql: String,
    answers: bool,
}

impl Statement {
    pub const fn new(sql: String) -> Self {
        Self { sql, answers: false }
    }

    pub const fn answering(sql: String) -> Self {
        Self { sql, answers: true }
    }
}

/// What came of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    Failed { state: String, message: String },
    Ran { rows: i64, told: Option<String> },
}

impl Outcome {
    pub fn denied(&self) -> bool {
        matches!(self, Self::Failed { state, .. } if state == DENIED)
    }

    /// Refused by a right, by a policy, or because whose rows it may see could not be said.
    pub fn refused(&self) -> bool {
        self.denied()
            || matches!(self, Self::Failed { state, .. } if UNREADABLE.contains(&state.as_str()))
    }
}

#[derive(QueryableByName)]
struct One {
    #[diesel(sql_type = Text)]
    t: String,
}

/// The one text that `sql`, composed from the catalogue, answers with in its column `t`.
pub fn text(conn: &mut PgConnection, sql: &str) -> QueryResult<String> {
    #[expect(clippy::disallowed_methods, reason = "run once: there is nothing to cache")]
    let query = diesel::sql_query(sql);
    Ok(query.get_result::<One>(conn)?.t)
}

/// Tries all of them, as the role that is set; what each came to, in their order.
pub fn run(conn: &mut PgConnection, statements: &[Statement]) -> QueryResult<Vec<Outcome>> {
    let mut outcomes = Vec::with_capacity(statements.len());
    for batch in statements.chunks(BATCH) {
        let json = serde_json::to_string(batch).map_err(unreadable)?;
        conn.batch_execute(&block(&json))?;
        let told = text(conn, "SELECT current_setting('elos.probe') AS t")?;
        outcomes.extend(serde_json::from_str::<Vec<Outcome>>(&told).map_err(unreadable)?);
    }
    Ok(outcomes)
}

fn unreadable(error: serde_json::Error) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(error.into())
}

/// Each statement in a block that ends by an exception of its own, so that nothing of it stays.
fn block(statements: &str) -> String {
    let tag = format!("$probe_{}$", Uuid::new_v4().simple());
    format!(
        "DO {tag} DECLARE s jsonb; n bigint; v text; c text; m text; said jsonb := '[]'; BEGIN \
         FOR s IN SELECT jsonb_array_elements({}::jsonb) LOOP v := NULL; n := 0; BEGIN \
           IF (s ->> 'answers')::boolean THEN EXECUTE s ->> 'sql' INTO v; ELSE EXECUTE s ->> 'sql'; END IF; \
           GET DIAGNOSTICS n = ROW_COUNT; RAISE EXCEPTION USING ERRCODE = 'EL000'; \
         EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS c = RETURNED_SQLSTATE, m = MESSAGE_TEXT; \
           said := said || CASE c WHEN 'EL000' THEN jsonb_build_object('rows', n, 'told', v) \
                                  ELSE jsonb_build_object('state', c, 'message', m) END; \
         END; END LOOP; PERFORM set_config('elos.probe', said::text, true); END {tag}",
        literal(statements)
    )
}

/// A text as PostgreSQL reads it.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name as PostgreSQL reads it.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
