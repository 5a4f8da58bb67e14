//! Batch loading: collects the keys for which the resolvers of a run wait, and reads them from the
//! database a level at a time.

use crate::call::Call;
use crate::db::{BatchKey, Snapshot, short_name};
use crate::error::Error;
use crate::trace::{self, Attributes, TraceContext, statement};
use crate::value::resource::HasResources;
use ahash::{HashMap, HashMapExt, HashSet, HashSetExt};
use std::any::{Any, TypeId, type_name};
use std::collections::hash_map::Entry;
use std::future::poll_fn;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

pub type Loaded<R> = Result<Option<<R as BatchKey>::Value>, Error>;

/// The keys that the resolvers of one answer ask for, grouped by relation.
#[derive(Default)]
pub struct PendingKeys {
    queues: Mutex<Vec<KeyQueue>>,
    /// The trace in which the reads of the answer are recorded. `None` if the request has no trace.
    trace: Option<TraceContext>,
}

type LoadLevel =
    fn(&mut [(&Call, &mut KeyQueue)], &[TraceContext], &mut Snapshot, bool) -> Result<(), Error>;

/// The keys of one relation, without its type.
struct KeyQueue {
    type_id: TypeId,
    /// [`load_level_as`] for the relation.
    load: LoadLevel,
    /// Number of keys that no statement has read yet.
    unread: usize,
    /// A [`TypedQueue`] of the relation.
    typed_queue: Box<dyn Any + Send>,
}

struct TypedQueue<R: BatchKey> {
    unread: Vec<R>,
    /// The value is `None` until the key has been read.
    responses: HashMap<R, Option<Loaded<R>>>,
    waiting: Vec<Waker>,
}

impl PendingKeys {
    /// Creates an empty set of keys for an answer of the running request.
    pub fn of_running_request() -> Self {
        Self { queues: Mutex::default(), trace: trace::current() }
    }

    /// Waits until `key` has been read, and returns its value.
    pub async fn get<R: BatchKey>(&self, key: R) -> Loaded<R> {
        poll_fn(|cx| self.poll_key(&key, cx)).await
    }

    fn poll_key<R: BatchKey>(&self, key: &R, cx: &Context<'_>) -> Poll<Loaded<R>> {
        let mut queues = self.queues();
        let type_id = TypeId::of::<R>();
        let at = queues.iter().position(|queue| queue.type_id == type_id).unwrap_or_else(|| {
            let typed_queue = Box::new(TypedQueue::<R>::default());
            queues.push(KeyQueue { type_id, load: load_level_as::<R>, unread: 0, typed_queue });
            queues.len() - 1
        });
        let queue = &mut queues[at];
        let typed_queue = queue.typed::<R>();
        let response = typed_queue.poll_key(key, cx);
        queue.unread = typed_queue.unread.len();
        response
    }

    /// Discards all keys and values. Call this once no resolver waits any more.
    pub fn forget(&self) {
        self.queues().clear();
    }

    fn queues(&self) -> MutexGuard<'_, Vec<KeyQueue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The outcome of reading one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelOutcome {
    /// At least one resolver waited for a key.
    pub any: bool,
    /// A read failed for a reason that a single key may cause. Lack of time or of a connection is
    /// no such reason.
    pub failed: bool,
    /// The snapshot ended before the level was complete, so the query must run again from the
    /// start.
    pub again: bool,
}

/// Reads every key that a resolver waits for, with one statement for each relation, for all callers
/// together. `root_only` says that nothing below the only root field reads.
pub fn load_level(
    callers: &[(Call, Arc<PendingKeys>)],
    snapshot: &mut Snapshot,
    root_only: bool,
) -> LevelOutcome {
    let mut all: Vec<_> =
        callers.iter().map(|(call, batch_queue)| (call, batch_queue.queues())).collect();
    let unread = |queues: &[KeyQueue]| queues.iter().map(|queue| queue.unread).sum::<usize>();
    // If only the root field reads, and every caller waits for at most one key, each answer is a
    // single statement and needs no transaction.
    let single = root_only && all.iter().all(|(_, queues)| unread(queues) <= 1);
    let mut level = LevelOutcome { any: false, failed: false, again: false };
    loop {
        let pending = |queue: &&mut KeyQueue| queue.unread > 0;
        let mut first = all.iter().flat_map(|(_, queues)| queues.iter());
        let Some(type_id) = first.find(|queue| queue.unread > 0).map(|queue| queue.type_id) else {
            return level;
        };
        let mut traces = Vec::new();
        let mut merged: Vec<(&Call, &mut KeyQueue)> = all
            .iter_mut()
            .zip(callers)
            .filter_map(|((call, queues), (_, keys))| {
                let queue =
                    queues.iter_mut().find(|queue| queue.type_id == type_id).filter(pending)?;
                traces.extend(keys.trace.clone());
                Some((*call, queue))
            })
            .collect();
        level.any = true;
        let load = merged[0].1.load;
        let loaded = load(&mut merged, &traces, snapshot, single);
        level.failed |= matches!(loaded, Err(Error::Internal(_)));
        level.again |= snapshot.should_retry();
    }
}

/// Reads the keys of one relation. A key that several calls ask for appears in the statement once.
/// Each call records only the keys that it asked for.
fn load_level_as<R: BatchKey>(
    merged: &mut [(&Call, &mut KeyQueue)],
    traces: &[TraceContext],
    snapshot: &mut Snapshot,
    single: bool,
) -> Result<(), Error> {
    let mut requested = Vec::with_capacity(merged.len());
    for (call, queue) in merged {
        queue.unread = 0;
        let typed_queue = queue.typed::<R>();
        let unread = mem::take(&mut typed_queue.unread);
        requested.push((*call, typed_queue, unread));
    }
    let keys: Vec<R> = match &*requested {
        [] => return Ok(()),
        [(.., unread)] => unread.clone(),
        many => {
            let mut seen = HashSet::new();
            let all = many.iter().flat_map(|(.., unread)| unread);
            all.filter(|key| seen.insert(*key)).cloned().collect()
        }
    };
    let relation = type_name::<R>();
    let loaded = statement::traced_read(
        traces,
        || format!("read {}", short_name(relation)),
        || snapshot.read(relation, single, |session| R::load(session, &keys)),
        |loaded| read_attributes::<R>(relation, keys.len(), loaded.as_ref().ok()),
    );
    match loaded {
        Ok(values) => {
            for (call, typed_queue, unread) in requested {
                let read: Vec<_> = unread.iter().filter_map(|key| values.get(key)).collect();
                call.record.add_read(&read);
                typed_queue.complete(unread, |key| Ok(values.get(key).cloned()));
            }
            Ok(())
        }
        Err(error) => {
            for (_, typed_queue, unread) in requested {
                typed_queue.complete(unread, |_| Err(error.clone()));
            }
            Err(error)
        }
    }
}

/// What a span says of a read, and whether it failed.
fn read_attributes<R: BatchKey>(
    relation: &str,
    keys: usize,
    values: Option<&HashMap<R, R::Value>>,
) -> (Attributes, bool) {
    let mut attributes =
        vec![("elos.relacao", short_name(relation).into()), ("elos.chaves", keys.into())];
    if let Some(values) = values {
        let mut resources = Vec::new();
        for value in values.values() {
            value.collect_resources(&mut resources);
        }
        attributes.push(("elos.achados", values.len().into()));
        // A resource is a row about a person or a processo.
        attributes.push(("elos.linhas", resources.len().into()));
    }
    (attributes, values.is_none())
}

impl KeyQueue {
    fn typed<R: BatchKey>(&mut self) -> &mut TypedQueue<R> {
        self.typed_queue.downcast_mut().expect("a queue holds the keys of the type of its id")
    }
}

impl<R: BatchKey> Default for TypedQueue<R> {
    fn default() -> Self {
        Self { unread: Vec::new(), responses: HashMap::new(), waiting: Vec::new() }
    }
}

impl<R: BatchKey> TypedQueue<R> {
    fn poll_key(&mut self, key: &R, cx: &Context<'_>) -> Poll<Loaded<R>> {
        if let Some(Some(response)) = self.responses.get(key) {
            return Poll::Ready(response.clone());
        }
        if let Entry::Vacant(new) = self.responses.entry(key.clone()) {
            self.unread.push(new.key().clone());
            new.insert(None);
        }
        // The fields of one parent share a waker, so comparing with the last one is enough to avoid
        // most duplicates.
        if !self.waiting.last().is_some_and(|last| last.will_wake(cx.waker())) {
            self.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    fn complete(&mut self, unread: Vec<R>, value_of: impl Fn(&R) -> Loaded<R>) {
        for key in unread {
            let value = value_of(&key);
            self.responses.insert(key, Some(value));
        }
        self.waiting.drain(..).for_each(Waker::wake);
    }
}
