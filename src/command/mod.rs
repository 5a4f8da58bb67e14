//! Executes writes: one transaction each, with dry runs, idempotency keys, the audit trail and
//! group commit.

mod idempotency;
mod group_commit;

pub use idempotency::{IDEMPOTENCY_KEY_HEADER, IdempotencyKey, MalformedKey};

use crate::audit::{self, NewRecord};
use crate::auth::{Actor, Papel};
use crate::call::Call;
use crate::call::record::CallRecord;
use crate::db::Session;
use crate::error::{Error, Refusal, RevealsAbsence};
use crate::value::resource::{HasResources, Resource};
use crate::value::rules::RuleSwitches;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A use case that writes. The value holds the client's input: two commands with the same JSON
/// under the same idempotency key are one request sent twice.
pub trait Command: Serialize + Clone + Send + 'static {
    /// The name of the mutation. An idempotency key is valid within one name.
    const NAME: &'static str;
    /// The papel that the caller must have.
    const PAPEL: Papel = Papel::Integracao;
    type Effect: Effect;

    /// Executes the command in the transaction of `session`: takes its locks, reads, checks the
    /// rules, writes, and records the eventos.
    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<Self::Effect, Error>;

    /// Number of objects that the command names. Each of them may be absent, so each counts against
    /// the enumeration limit.
    fn lookup_count(&self) -> usize {
        1
    }

    /// The function that executes several of these commands in one transaction; `None` if they
    /// must run alone. What the answer reads is read after the whole batch, so no command of the
    /// batch may change what another's answer shows besides its effect. Such commands may be batched
    /// with [`in_turn`]. A function that treats the batch as a whole is for commands that also lock
    /// no existing row and change nothing that a rule reads for another command of the batch. All
    /// commands of a type that are batched must have the same function. Dry runs are never batched.
    fn batch_fn(&self) -> Option<BatchFn<Self>> {
        None
    }
}

/// Executes several commands in one transaction and returns their verdicts in the same order. A
/// refused command must have written nothing.
pub type BatchFn<C> = fn(&mut Session<'_>, Vec<(C, &Context)>) -> Result<Vec<Verdict<C>>, Error>;

/// The result of a command: its effect, or the refusals of the rules.
pub type Verdict<C> = Result<<C as Command>::Effect, Vec<Refusal>>;

/// The effect of an executed command.
pub trait Effect: Sized + Send + HasResources + 'static {
    /// Notices for the client, in Portuguese, that did not prevent the write.
    fn warnings(&self) -> &[String] {
        &[]
    }

    /// The objects that the command created. After a dry run they do not exist.
    fn created(&self) -> Vec<Resource> {
        Vec::new()
    }

    /// Number of named objects that belong to other órgãos, when the effect reveals that to the
    /// client. The server counts them as lookups of objects that do not exist.
    fn absences(&self) -> usize {
        0
    }

    /// Returns the part of the effect that the database stores under the idempotency key, so that a
    /// retry gets the same effect.
    fn remember(&self) -> Remembered;
    /// Rebuilds the effect for a retry, from the rows as they are now.
    fn reload(session: &mut Session<'_>, remembered: Remembered) -> Result<Self, Error>;
}

/// The part of an effect that the database stores under an idempotency key: ids of rows, the
/// version that the write left, whether it changed anything, notices and, for a batch, its
/// operations. It never holds the contents of rows.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    pub id: i64,
    #[serde(rename = "versao")]
    pub version: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adolescente: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vinculo: Option<i64>,
    #[serde(rename = "alterado")]
    pub changed: bool,
    #[serde(rename = "avisos", skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The operation that is remembered. Only the members of a batch have it.
    #[serde(rename = "operacao", skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The operations of a batch, in order.
    #[serde(rename = "lote", skip_serializing_if = "Vec::is_empty")]
    pub batch: Vec<Remembered>,
}

/// The tribunal, rules, clock and author with which a command runs.
#[derive(Clone)]
pub struct Context {
    pub tribunal: i16,
    pub rules: RuleSwitches,
    pub clock: fn() -> DateTime<Utc>,
    pub author: Actor,
}

/// The client's options for a write.
#[derive(Debug, Clone, Default)]
pub struct Mode {
    /// Check every rule, then roll back.
    pub dry_run: bool,
    /// Ignored in a dry run.
    pub key: Option<IdempotencyKey>,
}

/// A successful write: committed now, tried in a dry run, or committed by an earlier request with
/// the same key.
#[derive(Debug)]
pub struct Done<T, U> {
    pub effect: T,
    /// The result of `read` in the same transaction, for the answer.
    pub read: U,
    pub dry_run: bool,
    /// An earlier request with this key executed the command.
    pub is_replay: bool,
}

/// Executes `command`, and then `read` for the answer, in one transaction.
///
/// The transaction claims the idempotency key before anything else, so a concurrent request with
/// the same key waits and then finds the outcome. A refusal is an outcome too: it is stored
/// although the changes of the command are rolled back. The audit trail records an executed command
/// in the same transaction, and a refusal at the end of the call. It records a dry run as a read.
/// `read` may run twice.
pub async fn execute<C, U, L>(
    call: &Call,
    command: C,
    mode: Mode,
    read: L,
) -> Result<Done<C::Effect, U>, Error>
where
    C: Command,
    U: HasResources + Send + 'static,
    L: ReadBack<C, U>,
{
    let (app, actor, record) = (&call.app, call.actor(), call.record.clone());
    actor.require(C::PAPEL)?;
    if command.lookup_count() > 0 {
        call.charge_lookups(command.lookup_count())?;
    }
    call.reserve_audit().await?;
    let context = Context {
        tribunal: actor.write_tribunal()?,
        rules: app.rules,
        clock: app.now,
        author: actor.clone(),
    };
    let Mode { dry_run, key } = mode;
    let key = key.filter(|_| !dry_run);
    // The rollback of a dry run would remove its audit record too, so what the dry run shows is
    // recorded as read instead.
    let recorded = app.audit.is_enabled() && !dry_run;
    let completion = Completion { read, record, recorded };
    let request = Request { command, context, key, completion };
    let outcome = match (dry_run, request.command.batch_fn()) {
        (true, _) => app.db.dry_run(actor, move |session| request.execute(session)).await,
        (false, Some(batch_fn)) => group_commit::write(app, request, batch_fn).await,
        (false, None) => app.db.write(actor, move |session| request.execute(session)).await,
    };
    let record = &call.record;
    match outcome.and_then(|outcome| outcome.map_err(Error::Refusals)) {
        Ok(Executed { effect, read, entry, is_replay, .. }) => {
            let not_created = if dry_run { effect.created() } else { Vec::new() };
            if !dry_run {
                record.add_write(entry);
            }
            record.add_absent(effect.absences());
            record.add_read_except(&(&effect, &read), &not_created);
            Ok(Done { effect, read, dry_run, is_replay })
        }
        Err(error) => {
            let refusals = error.refusals();
            record.add_absent(refusals.iter().filter(|refusal| reveals_absence(refusal)).count());
            record.add_refusal(C::NAME, error.status());
            Err(error)
        }
    }
}

/// A function that reads what the answer needs, in the transaction of the write.
pub trait ReadBack<C: Command, U>:
    Fn(&mut Session<'_>, &C::Effect) -> Result<U, Error> + Clone + Send + 'static
{
}

impl<C: Command, U, F> ReadBack<C, U> for F where
    F: Fn(&mut Session<'_>, &C::Effect) -> Result<U, Error> + Clone + Send + 'static
{
}

/// A command with everything that its transaction needs.
#[derive(Clone)]
struct Request<C, L> {
    command: C,
    context: Context,
    key: Option<IdempotencyKey>,
    completion: Completion<L>,
}

/// The steps that follow the command in its transaction: read what the answer needs, and write the
/// audit record.
#[derive(Clone)]
struct Completion<L> {
    read: L,
    record: CallRecord,
    /// Whether the audit trail records the command.
    recorded: bool,
}

/// The result of an executed command.
struct Executed<T, U> {
    effect: T,
    read: U,
    entry: NewRecord,
    recorded: bool,
    is_replay: bool,
}

/// The outcome of a write: executed, or refused by the rules.
type Outcome<C, U> = Result<Executed<<C as Command>::Effect, U>, Vec<Refusal>>;

impl<C: Command, L> Request<C, L> {
    /// Executes the command alone.
    fn execute<U: HasResources>(self, session: &mut Session<'_>) -> Result<Outcome<C, U>, Error>
    where
        L: ReadBack<C, U>,
    {
        let run: BatchFn<C> = if self.key.is_some() { in_turn } else { directly };
        let outcome = execute_batch(session, vec![self], run)?.pop();
        outcome.ok_or_else(|| Error::internal(anyhow::anyhow!("a write without an outcome")))
    }
}

/// Executes all requests in this transaction and returns their outcomes in the same order.
fn execute_batch<C, L, U>(
    session: &mut Session<'_>,
    requests: Vec<Request<C, L>>,
    run: BatchFn<C>,
) -> Result<Vec<Outcome<C, U>>, Error>
where
    C: Command,
    L: ReadBack<C, U>,
    U: HasResources,
{
    let (mut commands, mut completions) = (Vec::new(), Vec::new());
    for Request { command, context, key, completion } in requests {
        commands.push((command, context, key));
        completions.push(completion);
    }
    let verdicts = idempotency::execute_once(session, commands, run)?;
    let outcomes = verdicts.into_iter().zip(completions);
    let outcomes: Vec<Outcome<C, U>> = outcomes
        .map(|((verdict, is_replay), completion)| completion.read(session, verdict, is_replay))
        .collect::<Result<_, _>>()?;
    record(session, outcomes.iter().flatten())?;
    Ok(outcomes)
}

/// A [`BatchFn`] for any command. A refusal fails the whole transaction.
fn directly<C: Command>(
    session: &mut Session<'_>,
    batch: Vec<(C, &Context)>,
) -> Result<Vec<Verdict<C>>, Error> {
    let commands = batch.into_iter();
    commands.map(|(command, context)| command.execute(session, context).map(Ok)).collect()
}

/// A [`BatchFn`] for any command: one after another, as if each ran alone. A refusal rolls back what
/// its command has written.
pub fn in_turn<C: Command>(
    session: &mut Session<'_>,
    batch: Vec<(C, &Context)>,
) -> Result<Vec<Verdict<C>>, Error> {
    let execute = |(command, context): (C, &Context)| match session
        .in_savepoint(|session| command.execute(session, context))
    {
        Ok(effect) => Ok(Ok(effect)),
        Err(Error::Refusals(refusals)) => Ok(Err(refusals)),
        Err(error) => Err(error),
    };
    batch.into_iter().map(execute).collect()
}

impl<L> Completion<L> {
    fn read<C: Command, U: HasResources>(
        self,
        session: &mut Session<'_>,
        verdict: Verdict<C>,
        is_replay: bool,
    ) -> Result<Outcome<C, U>, Error>
    where
        L: ReadBack<C, U>,
    {
        let Self { read, record, recorded } = self;
        let effect = match verdict {
            Ok(effect) => effect,
            Err(refusals) => return Ok(Err(refusals)),
        };
        let read = read(session, &effect)?;
        let entry = record.write_record(C::NAME, &effect, &read);
        Ok(Ok(Executed { effect, read, entry, recorded, is_replay }))
    }
}

/// Adds the executed commands to the audit trail, in the same transaction.
fn record<'a, T: 'a, U: 'a>(
    session: &mut Session<'_>,
    all: impl IntoIterator<Item = &'a Executed<T, U>>,
) -> Result<(), Error> {
    let records: Vec<_> = all
        .into_iter()
        .filter(|executed| executed.recorded)
        .map(|executed| &executed.entry)
        .collect();
    Ok(audit::store::insert_writes(session, &records)?)
}

/// Whether the refusal reveals that a named object does not exist or is hidden from the caller.
fn reveals_absence(refusal: &Refusal) -> bool {
    match refusal.codigo.reveals_absence() {
        RevealsAbsence::Never => false,
        RevealsAbsence::Always => true,
        RevealsAbsence::OfRules(rules) => rules.contains(&&*refusal.regra),
        RevealsAbsence::InStatus(status) => refusal.status == status,
    }
}
