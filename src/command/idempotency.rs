//! Idempotency keys: a write that is sent again is not executed again.
//!
//! A key is valid for one credential and one operation, for 24 hours. The database stores a hash of
//! the key, a hash of the input, and the outcome, but no request or response body.

use super::{Command, Context, Effect, Remembered, Verdict};
use crate::db::schema::chave_idempotencia as keys;
use crate::db::{Session, Sql};
use crate::error::{CodigoErro, Error, Refusal};
use chrono::{DateTime, Duration, Utc};
use diesel::dsl::Find;
use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl;
use diesel::upsert::excluded;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::str::FromStr;

/// The HTTP header that carries the key in the REST API.
pub const IDEMPOTENCY_KEY_HEADER: &str = "Idempotency-Key";

/// Time for which the database keeps an outcome.
const TTL: Duration = Duration::hours(24);

/// Maximum number of expired keys that a new key deletes.
const CLEANUP_LIMIT: i64 = 20;

/// Maximum length of a key, in characters.
const MAX_SIZE: usize = 255;

/// The client's name for one write. All retries of that write carry the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a chave tem de 1 a 255 caracteres, nenhum deles de controle")]
pub struct MalformedKey;

impl FromStr for IdempotencyKey {
    type Err = MalformedKey;

    /// Accepts a quoted string, as the specification of the header requires, or the bare key.
    fn from_str(text: &str) -> Result<Self, MalformedKey> {
        let text = text.trim();
        let unquoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let text = unquoted.unwrap_or(text);
        let size_ok = (1..=MAX_SIZE).contains(&text.chars().count());
        let readable = !text.chars().any(char::is_control);
        (size_ok && readable).then(|| Self(text.to_owned())).ok_or(MalformedKey)
    }
}

/// An outcome as it is stored in the database.
#[derive(Debug, Serialize, Deserialize)]
enum StoredOutcome {
    #[serde(rename = "feito")]
    Done(Remembered),
    #[serde(rename = "recusado")]
    Refused(Vec<Refusal>),
}

/// The primary key of a stored outcome.
struct KeyScope {
    tribunal: i16,
    credential: String,
    operation: &'static str,
    key: Vec<u8>,
}

/// Executes `command`, unless an earlier request with this key did. The effect and the stored outcome
/// are committed together. Also returns whether the outcome is that of an earlier request.
pub fn execute_once<C: Command>(
    session: &mut Session<'_>,
    key: &IdempotencyKey,
    command: C,
    context: &Context,
) -> Result<(Verdict<C>, bool), Error> {
    let key_scope = KeyScope {
        tribunal: context.tribunal,
        credential: context.author.credential().to_owned(),
        operation: C::NAME,
        key: Sha256::digest(&key.0).to_vec(),
    };
    let input = fingerprint(key, &command)?;
    let expired_before = (context.clock)() - TTL;
    if !claim(session, &key_scope, &input, (context.clock)(), expired_before)? {
        let outcome = match load_outcome(session, &key_scope, &input)? {
            StoredOutcome::Done(remembered) => Ok(C::Effect::reload(session, remembered)?),
            StoredOutcome::Refused(refusals) => Err(refusals),
        };
        return Ok((outcome, true));
    }
    let outcome = match session.in_savepoint(|session| command.execute(session, context)) {
        Ok(effect) => Ok(effect),
        Err(Error::Refusals(refusals)) => Err(refusals),
        Err(error) => return Err(error),
    };
    let to_store = match &outcome {
        Ok(effect) => StoredOutcome::Done(effect.remember()),
        Err(refusals) => StoredOutcome::Refused(refusals.clone()),
    };
    diesel::update(find(&key_scope))
        .set(keys::desfecho.eq(serde_json::to_value(to_store).map_err(Error::internal)?))
        .execute(session.conn())?;
    purge(session, key_scope.tribunal, expired_before)?;
    Ok((outcome, false))
}

/// Claims the key and returns whether it was new or expired. Waits for a concurrent transaction that
/// holds the key.
fn claim(
    session: &mut Session<'_>,
    key_scope: &KeyScope,
    input: &[u8],
    now: DateTime<Utc>,
    expired_before: DateTime<Utc>,
) -> QueryResult<bool> {
    let claim = diesel::insert_into(keys::table)
        .values((
            keys::tribunal_codigo.eq(key_scope.tribunal),
            keys::credencial.eq(&key_scope.credential),
            keys::operacao.eq(key_scope.operation),
            keys::chave.eq(&key_scope.key),
            keys::entrada.eq(input),
            keys::criada_em.eq(now),
        ))
        .on_conflict((keys::tribunal_codigo, keys::credencial, keys::operacao, keys::chave))
        .do_update()
        .set((
            keys::entrada.eq(excluded(keys::entrada)),
            keys::desfecho.eq(None::<serde_json::Value>),
            keys::criada_em.eq(excluded(keys::criada_em)),
        ));
    let claimed =
        FilterDsl::filter(claim, keys::criada_em.lt(expired_before)).execute(session.conn())?;
    Ok(claimed == 1)
}

/// Deletes some expired keys. This is the last step, after which the transaction takes no other lock,
/// and it skips rows that others have locked, so that it cannot cause a deadlock.
fn purge(
    session: &mut Session<'_>,
    tribunal: i16,
    expired_before: DateTime<Utc>,
) -> QueryResult<()> {
    Sql::new(
        "DELETE FROM chave_idempotencia WHERE ctid = ANY(ARRAY(SELECT ctid FROM chave_idempotencia \
         WHERE tribunal_codigo = ",
    )
    .bind(tribunal)
    .push(" AND criada_em < ")
    .bind(expired_before)
    .push(" LIMIT ")
    .bind(CLEANUP_LIMIT)
    .push(" FOR UPDATE SKIP LOCKED))")
    .execute(session.conn())?;
    Ok(())
}

fn load_outcome(
    session: &mut Session<'_>,
    key_scope: &KeyScope,
    input: &[u8],
) -> Result<StoredOutcome, Error> {
    let (stored_input, outcome): (Vec<u8>, Option<serde_json::Value>) =
        find(key_scope).select((keys::entrada, keys::desfecho)).first(session.conn())?;
    if stored_input != input {
        let message = "a chave de idempotência já serviu a outra entrada";
        return Err(Refusal::new(
            CodigoErro::ChaveIdempotenciaReutilizada,
            "idempotência",
            message,
        )
        .at(["chaveIdempotencia"])
        .hint("use uma chave nova para cada operação; só repita a chave com a mesma entrada")
        .into());
    }
    let outcome = outcome.ok_or_else(|| anyhow::anyhow!("a committed key without an outcome"));
    let outcome = outcome.map_err(Error::internal)?;
    serde_json::from_value(outcome).map_err(Error::internal)
}

fn find(key_scope: &KeyScope) -> Find<keys::table, (i16, &str, &str, &[u8])> {
    keys::table.find((
        key_scope.tribunal,
        key_scope.credential.as_str(),
        key_scope.operation,
        key_scope.key.as_slice(),
    ))
}

/// A SHA-256 hash of the command, which does not reveal its contents. The hash is taken over JSON,
/// which stays the same across compilers and releases: a retry may reach a newer release.
fn fingerprint<C: Command>(key: &IdempotencyKey, command: &C) -> Result<Vec<u8>, Error> {
    // The key is the salt. Without it, a hash of little more than a CPF could be reversed by
    // trying every CPF.
    let mut sha = Sha256::new_with_prefix(&key.0);
    serde_json::to_writer(&mut sha, command).map_err(Error::internal)?;
    Ok(sha.finalize().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_with_or_without_quotes() {
        let key = |text: &str| text.parse::<IdempotencyKey>();
        assert_eq!(key("\"a-1\""), key(" a-1 "));
        assert_ne!(key("a-1"), key("a-2"));
        assert!(key(&"x".repeat(255)).is_ok());
        for text in ["", " ", "\"\"", "a\nb", &"x".repeat(256)] {
            assert_eq!(key(text), Err(MalformedKey), "{text:?}");
        }
    }
}
