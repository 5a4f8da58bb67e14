//! Idempotency keys: a write that is sent again is not executed again.
//!
//! A key is valid for one credential in one tribunal and one operation, for 24 hours. The database
//! stores a hash of the key, a hash of the input, and the outcome, but no request or response body.

use super::{BatchFn, Command, Context, Effect, Remembered, Verdict};
use crate::db::schema::chave_idempotencia as table;
use crate::db::{Session, Sql};
use crate::error::{CodigoErro, Error, Refusal};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

/// The HTTP header that carries the key in the REST API.
pub const IDEMPOTENCY_KEY_HEADER: &str = "Idempotency-Key";

/// Time for which a stored outcome is valid.
const TTL: Duration = Duration::hours(24);

/// Maximum number of expired keys that each new key deletes.
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

/// The part of the primary key that all keys of a batch share.
struct KeyScope<'a> {
    tribunal: i16,
    credential: &'a str,
    operation: &'static str,
}

/// The hashes of a key and of the input that came with it.
struct Hashes {
    key: Vec<u8>,
    input: Vec<u8>,
}

/// The outcomes of earlier requests, with the hash of their input, by the hash of their key.
type Earlier = HashMap<Vec<u8>, (Vec<u8>, Option<Value>)>;

/// Executes each of the commands of one credential, unless an earlier request with its key did. The
/// effects and the stored outcomes are committed together. Also returns for each command whether
/// the outcome is that of an earlier request. If several commands have the same key, the first one
/// is executed, and the others are its retries.
pub fn execute_once<C: Command>(
    session: &mut Session<'_>,
    commands: Vec<(C, Context, Option<IdempotencyKey>)>,
    run: BatchFn<C>,
) -> Result<Vec<(Verdict<C>, bool)>, Error> {
    let hashes = |(command, _, key): &(C, _, Option<IdempotencyKey>)| {
        key.as_ref().map(|key| Hashes::of(key, command)).transpose()
    };
    let all: Vec<Option<Hashes>> = commands.iter().map(hashes).collect::<Result<_, _>>()?;
    let (commands, contexts): (Vec<C>, Vec<Context>) =
        commands.into_iter().map(|(command, context, _)| (command, context)).unzip();
    let Some(context) = contexts.first() else { return Ok(Vec::new()) };
    let scope = KeyScope::of::<C>(context);

    let claimed = claim(session, &scope, &all, context)?;
    let is_new = |index: usize| match &all[index] {
        Some(Hashes { key, .. }) => claimed.get(key.as_slice()) == Some(&index),
        None => true,
    };
    let new = commands.into_iter().zip(&contexts).enumerate().filter(|(index, _)| is_new(*index));
    let (indices, new): (Vec<usize>, Vec<_>) = new.unzip();
    let verdicts = if new.is_empty() { Vec::new() } else { run(session, new)? };
    if !claimed.is_empty() {
        let outcomes = indices.iter().zip(&verdicts);
        let outcomes =
            outcomes.filter_map(|(index, verdict)| Some((all[*index].as_ref()?, verdict)));
        store::<C>(session, &scope, outcomes)?;
        purge(session, &scope, claimed.len(), (context.clock)() - TTL)?;
    }

    let retries = all.iter().enumerate().filter(|(index, _)| !is_new(*index));
    let retried: Vec<&[u8]> =
        retries.filter_map(|(_, hashes)| Some(&*hashes.as_ref()?.key)).collect();
    let earlier = load(session, &scope, &retried)?;
    let mut executed = indices.into_iter().zip(verdicts).peekable();
    let outcomes = all.iter().enumerate().map(|(index, hashes)| {
        match executed.next_if(|(executed, _)| *executed == index) {
            Some((_, verdict)) => Ok((verdict, false)),
            None => Ok((replay::<C>(session, &earlier, hashes.as_ref())?, true)),
        }
    });
    outcomes.collect()
}

impl<'a> KeyScope<'a> {
    fn of<C: Command>(context: &'a Context) -> Self {
        let credential = context.author.credential();
        Self { tribunal: context.tribunal, credential, operation: C::NAME }
    }
}

impl Hashes {
    fn of<C: Command>(key: &IdempotencyKey, command: &C) -> Result<Self, Error> {
        Ok(Self { key: Sha256::digest(&key.0).to_vec(), input: fingerprint(key, command)? })
    }
}

/// Claims the keys that are new or expired, each for the first command that has it. Returns the
/// index of that command by the hash of its key. Waits for concurrent transactions that hold one of
/// the keys.
fn claim<'a>(
    session: &mut Session<'_>,
    scope: &KeyScope<'_>,
    all: &'a [Option<Hashes>],
    context: &Context,
) -> QueryResult<HashMap<&'a [u8], usize>> {
    // All transactions claim in the order of the hashes, so that no two wait for each other.
    let mut wanted: BTreeMap<&[u8], (usize, &Hashes)> = BTreeMap::new();
    for (index, hashes) in all.iter().enumerate() {
        if let Some(hashes) = hashes {
            wanted.entry(&hashes.key).or_insert((index, hashes));
        }
    }
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let now = (context.clock)();
    let rows: Vec<&Hashes> = wanted.values().map(|(_, hashes)| *hashes).collect();
    let claimed: Vec<Vec<u8>> = Sql::new(
        "INSERT INTO chave_idempotencia (tribunal_codigo, credencial, operacao, chave, entrada, criada_em) SELECT ",
    )
    .bind_all([
        scope.tribunal.into(),
        scope.credential.to_owned().into(),
        scope.operation.to_owned().into(),
    ])
    .push(", nova.chave, nova.entrada, ")
    .bind(now)
    .push(" FROM unnest(")
    .bind_each(&rows, |hashes| hashes.key.clone())
    .push(", ")
    .bind_each(&rows, |hashes| hashes.input.clone())
    .push(
        ") AS nova (chave, entrada) ORDER BY nova.chave \
         ON CONFLICT (tribunal_codigo, credencial, operacao, chave) DO UPDATE \
         SET entrada = excluded.entrada, desfecho = NULL, criada_em = excluded.criada_em \
         WHERE chave_idempotencia.criada_em < ",
    )
    .bind(now - TTL)
    .push(" RETURNING chave")
    .rows(session.conn())?;
    let index = |chave: &Vec<u8>| wanted.get_key_value(chave.as_slice());
    Ok(claimed.iter().filter_map(index).map(|(key, (index, _))| (*key, *index)).collect())
}

fn store<'a, C: Command>(
    session: &mut Session<'_>,
    scope: &KeyScope<'_>,
    outcomes: impl Iterator<Item = (&'a Hashes, &'a Verdict<C>)>,
) -> Result<(), Error> {
    let stored = |(hashes, verdict): (&'a Hashes, &Verdict<C>)| {
        let outcome = match verdict {
            Ok(effect) => StoredOutcome::Done(effect.remember()),
            Err(refusals) => StoredOutcome::Refused(refusals.clone()),
        };
        Ok((&hashes.key, serde_json::to_string(&outcome).map_err(Error::internal)?))
    };
    let rows: Vec<_> = outcomes.map(stored).collect::<Result<_, Error>>()?;
    Sql::new("UPDATE chave_idempotencia SET desfecho = feita.desfecho::jsonb FROM unnest(")
        .bind_each(&rows, |(key, _)| (*key).clone())
        .push(", ")
        .bind_each(&rows, |(_, outcome)| outcome.clone())
        .push(") AS feita (chave, desfecho) WHERE chave_idempotencia.chave = feita.chave AND tribunal_codigo = ")
        .bind(scope.tribunal)
        .push(" AND credencial = ")
        .bind(scope.credential.to_owned())
        .push(" AND operacao = ")
        .bind(scope.operation.to_owned())
        .execute(session.conn())?;
    Ok(())
}

/// Deletes some expired keys. This is the last step, after which the transaction takes no other lock,
/// and it skips rows that others have locked, so that it cannot cause a deadlock.
fn purge(
    session: &mut Session<'_>,
    scope: &KeyScope<'_>,
    new: usize,
    expired_before: DateTime<Utc>,
) -> QueryResult<()> {
    Sql::new(
        "DELETE FROM chave_idempotencia WHERE ctid = ANY(ARRAY(SELECT ctid FROM chave_idempotencia \
         WHERE tribunal_codigo = ",
    )
    .bind(scope.tribunal)
    .push(" AND criada_em < ")
    .bind(expired_before)
    .push(" LIMIT ")
    .bind(CLEANUP_LIMIT.saturating_mul(i64::try_from(new).unwrap_or(i64::MAX)))
    .push(" FOR UPDATE SKIP LOCKED))")
    .execute(session.conn())?;
    Ok(())
}

/// Loads the outcomes that earlier requests with these keys have left.
fn load(session: &mut Session<'_>, scope: &KeyScope<'_>, keys: &[&[u8]]) -> QueryResult<Earlier> {
    if keys.is_empty() {
        return Ok(Earlier::new());
    }
    let of_scope = table::table
        .filter(table::tribunal_codigo.eq(scope.tribunal))
        .filter(table::credencial.eq(scope.credential))
        .filter(table::operacao.eq(scope.operation));
    let rows = of_scope
        .filter(table::chave.eq_any(keys))
        .select((table::chave, (table::entrada, table::desfecho)))
        .load(session.conn())?;
    Ok(rows.into_iter().collect())
}

/// The verdict for a request whose key has served before.
fn replay<C: Command>(
    session: &mut Session<'_>,
    earlier: &Earlier,
    hashes: Option<&Hashes>,
) -> Result<Verdict<C>, Error> {
    let missing = || Error::internal(anyhow::anyhow!("a committed key without an outcome"));
    let hashes = hashes.ok_or_else(missing)?;
    let (input, outcome) = earlier.get(&hashes.key).ok_or_else(missing)?;
    if *input != hashes.input {
        let message = "a chave de idempotência já serviu a outra entrada";
        let refusal =
            Refusal::new(CodigoErro::ChaveIdempotenciaReutilizada, "idempotência", message)
                .at(["chaveIdempotencia"])
                .hint(
                    "use uma chave nova para cada operação; só repita a chave com a mesma entrada",
                );
        return Ok(Err(vec![refusal]));
    }
    let outcome = outcome.clone().ok_or_else(missing)?;
    Ok(match serde_json::from_value(outcome).map_err(Error::internal)? {
        StoredOutcome::Done(remembered) => Ok(C::Effect::reload(session, remembered)?),
        StoredOutcome::Refused(refusals) => Err(refusals),
    })
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
