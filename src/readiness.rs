//! Readiness: whether a load balancer should send requests to this instance, as `/readyz` answers.
//!
//! Readiness is a list of named conditions. The instance is ready while all of them hold. A
//! condition only reads what a background task has found out (a [`Flag`], a clock, a channel). It
//! never waits and never queries the database, so `/readyz` answers at once under any load. To add
//! a condition:
//!
//! ```
//! # let readiness = elos::readiness::Readiness::default();
//! let written = readiness.flag("trilha", "a trilha de auditoria não pode ser gravada");
//! written.set(true);
//! readiness.require("fila", "a fila está cheia", || true);
//! assert!(readiness.unmet().is_empty());
//! ```

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{ConnectionType, header};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, web};
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time;

const DRAINING: Unmet =
    Unmet { name: "encerrando", reason: "o servidor está encerrando; use outra instância" };

/// Cheap to clone. All clones share one state.
#[derive(Clone, Default)]
pub struct Readiness(Arc<Inner>);

struct Inner {
    conditions: RwLock<Vec<Condition>>,
    draining: watch::Sender<bool>,
    /// The last value that [`Readiness::spawn_watcher`] got from `serves`.
    serving: watch::Sender<bool>,
    watched: AtomicBool,
    /// Whether `serves` has ever returned true.
    was_ready: AtomicBool,
    under_way: Mutex<UnderWay>,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            conditions: RwLock::default(),
            draining: watch::Sender::new(false),
            serving: watch::Sender::new(true),
            watched: AtomicBool::new(false),
            was_ready: AtomicBool::new(false),
            under_way: Mutex::default(),
        }
    }
}

struct Condition {
    unmet: Unmet,
    /// Whether the server cannot answer calls while this condition does not hold.
    stops_calls: bool,
    holds: Box<dyn Fn() -> bool + Send + Sync>,
}

/// Interval at which [`Readiness::spawn_watcher`] checks the conditions.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// A conversation is over when its last call ended longer ago than this.
const CONVERSATION_GAP: Duration = Duration::from_secs(2);

/// Calls that belong to a conversation of several calls. The server should not shut down in the
/// middle of a conversation.
#[derive(Default)]
struct UnderWay {
    calls: usize,
    last: Option<Instant>,
}

/// One call of a conversation. The call is under way until this value is dropped.
pub struct ConversationGuard(Arc<Inner>);

impl Drop for ConversationGuard {
    fn drop(&mut self) {
        let mut under_way = self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.calls -= 1;
        under_way.last = Some(Instant::now());
    }
}

/// A condition that does not hold: its name for machines, and the reason in Portuguese.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmet {
    pub name: &'static str,
    pub reason: &'static str,
}

/// A condition that a background task sets. It does not hold until it is set to true.
#[derive(Clone, Default)]
pub struct Flag(Arc<AtomicBool>);

impl Flag {
    pub fn set(&self, holds: bool) {
        self.0.store(holds, Ordering::Release);
    }

    pub fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Readiness {
    /// Adds a condition. `holds` must not block.
    pub fn require(
        &self,
        name: &'static str,
        reason: &'static str,
        holds: impl Fn() -> bool + Send + Sync + 'static,
    ) {
        self.add(name, reason, true, holds);
    }

    /// Adds a condition that concerns the operator. While it does not hold, `/readyz` reports it,
    /// but [`Self::serves`] ignores it, because most calls can still be answered.
    pub fn require_for_operator(
        &self,
        name: &'static str,
        reason: &'static str,
        holds: impl Fn() -> bool + Send + Sync + 'static,
    ) {
        self.add(name, reason, false, holds);
    }

    fn add(
        &self,
        name: &'static str,
        reason: &'static str,
        stops_calls: bool,
        holds: impl Fn() -> bool + Send + Sync + 'static,
    ) {
        let unmet = Unmet { name, reason };
        let condition = Condition { unmet, stops_calls, holds: Box::new(holds) };
        let mut conditions = self.0.conditions.write().unwrap_or_else(PoisonError::into_inner);
        conditions.push(condition);
    }

    /// Adds a condition that the caller sets through the returned [`Flag`].
    pub fn flag(&self, name: &'static str, reason: &'static str) -> Flag {
        let flag = Flag::default();
        let read = flag.clone();
        self.require(name, reason, move || read.get());
        flag
    }

    /// Makes the instance not ready for good, because it is about to shut down.
    pub fn drain(&self) {
        self.0.draining.send_replace(true);
    }

    pub fn draining(&self) -> bool {
        *self.0.draining.borrow()
    }

    /// Completes when the instance begins to shut down.
    pub async fn until_draining(&self) {
        let mut draining = self.0.draining.subscribe();
        let _ = draining.wait_for(|draining| *draining).await;
    }

    /// Whether calls can be answered, as far as the conditions tell.
    pub fn serves(&self) -> bool {
        let conditions = self.0.conditions.read().unwrap_or_else(PoisonError::into_inner);
        let serves =
            conditions.iter().all(|condition| !condition.stops_calls || (condition.holds)());
        if serves {
            self.0.was_ready.store(true, Ordering::Release);
        }
        serves
    }

    /// Whether this instance should receive calls that can wait (the REST API of the Tramita). If a
    /// condition fails now, it probably fails on the other instances too, and these calls wait
    /// until it holds again. Before the instance was ever ready, and while it shuts down, another
    /// instance is the better choice.
    pub fn accepts_waiting_calls(&self) -> bool {
        !self.draining() && (self.serves() || self.0.was_ready.load(Ordering::Acquire))
    }

    /// Completes when [`Self::serves`] becomes `serving`. Needs [`Self::spawn_watcher`] to have been
    /// called.
    pub async fn until(&self, serving: bool) {
        if self.serves() == serving {
            return;
        }
        let mut current = self.0.serving.subscribe();
        let _ = current.wait_for(|current| *current == serving).await;
    }

    /// Spawns a task that checks the conditions and wakes the callers of [`Self::until`], for as
    /// long as the runtime runs.
    pub fn spawn_watcher(&self) {
        let readiness = self.clone();
        self.0.watched.store(true, Ordering::Release);
        actix_web::rt::spawn(async move {
            let mut interval = time::interval(CHECK_INTERVAL);
            interval.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
            loop {
                interval.tick().await;
                let serves = readiness.serves();
                let serving = &readiness.0.serving;
                serving.send_if_modified(|last| std::mem::replace(last, serves) != serves);
            }
        });
    }

    /// Whether [`Self::spawn_watcher`] was called. Without it, nothing would wake a call that waits in
    /// [`Self::until`].
    pub fn has_watcher(&self) -> bool {
        self.0.watched.load(Ordering::Acquire)
    }

    /// Registers a call of a conversation.
    pub fn call_under_way(&self) -> ConversationGuard {
        let mut under_way = self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.calls += 1;
        ConversationGuard(Arc::clone(&self.0))
    }

    /// Whether a conversation is going on: one of its calls is under way, or ended less than
    /// `CONVERSATION_GAP` ago.
    pub fn in_conversation(&self) -> bool {
        let under_way = self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.calls > 0 || under_way.last.is_some_and(|last| last.elapsed() < CONVERSATION_GAP)
    }

    /// The conditions that do not hold. Empty when the instance is ready.
    pub fn unmet(&self) -> Vec<Unmet> {
        let conditions = self.0.conditions.read().unwrap_or_else(PoisonError::into_inner);
        let broken = conditions.iter().filter(|condition| !(condition.holds)());
        let unmet = broken.map(|condition| condition.unmet);
        self.draining().then_some(DRAINING).into_iter().chain(unmet).collect()
    }
}

/// `GET /readyz`.
pub async fn readyz(readiness: web::Data<Readiness>) -> HttpResponse {
    let unmet = readiness.unmet();
    if unmet.is_empty() {
        return HttpResponse::Ok().body("pronto\n");
    }
    let mut reasons = String::new();
    for Unmet { name, reason } in unmet {
        // Writing to a `String` cannot fail.
        let _ = writeln!(reasons, "{name}: {reason}");
    }
    HttpResponse::ServiceUnavailable()
        .insert_header((header::RETRY_AFTER, "2"))
        .content_type("text/plain; charset=utf-8")
        .body(reasons)
}

/// `GET /readyz/tramita`: the health check for the routes whose calls can wait. With `/readyz`, the
/// load balancer would remove all instances at once when the database fails, and the waiting
/// clients would get errors.
pub async fn readyz_tramita(readiness: web::Data<Readiness>) -> HttpResponse {
    match readiness.accepts_waiting_calls() {
        true => HttpResponse::Ok().body("pronto\n"),
        false => readyz(readiness).await,
    }
}

/// Middleware around every request. While the server shuts down, it closes the connection after
/// each response, so that the client's next request goes to another instance.
pub async fn close_while_draining<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let readiness = req.app_data::<web::Data<Readiness>>().cloned();
    let mut response = next.call(req).await?;
    if readiness.is_some_and(|readiness| readiness.draining()) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_ends_a_moment_after_its_last_call() {
        let readiness = Readiness::default();
        assert!(!readiness.in_conversation());
        let (first, second) = (readiness.call_under_way(), readiness.clone().call_under_way());
        drop(first);
        assert!(readiness.in_conversation());
        drop(second);
        assert!(readiness.in_conversation(), "the next call may be on its way");
        let long_ago = Instant::now().checked_sub(CONVERSATION_GAP);
        readiness.0.under_way.lock().unwrap().last = long_ago;
        assert!(!readiness.in_conversation());
    }

    #[test]
    fn a_condition_for_the_operator_does_not_make_calls_wait() {
        let readiness = Readiness::default();
        readiness.require_for_operator("estrutura", "difere", || false);
        readiness.drain();
        assert!(readiness.serves() && !readiness.unmet().is_empty());
        let flag = readiness.flag("banco", "sem banco");
        assert!(!readiness.serves());
        flag.set(true);
        assert!(readiness.serves());
    }

    #[test]
    fn waiting_calls_are_accepted_once_it_was_ready_and_until_it_ends() {
        let readiness = Readiness::default();
        let database = readiness.flag("banco", "sem banco");
        assert!(!readiness.accepts_waiting_calls(), "it was never ready");
        database.set(true);
        assert!(readiness.accepts_waiting_calls());
        database.set(false);
        assert!(readiness.accepts_waiting_calls() && !readiness.serves());
        readiness.drain();
        assert!(!readiness.accepts_waiting_calls());
    }

    #[test]
    fn every_condition_that_does_not_hold_is_named() {
        let readiness = Readiness::default();
        assert!(readiness.unmet().is_empty());
        let keys = readiness.flag("chaves", "sem chaves");
        readiness.require("banco", "sem banco", || true);
        let names = || readiness.unmet().iter().map(|unmet| unmet.name).collect::<Vec<_>>();
        assert_eq!(names(), ["chaves"]);
        keys.set(true);
        assert!(names().is_empty());
        readiness.clone().drain();
        keys.set(false);
        assert_eq!(names(), ["encerrando", "chaves"]);
    }
}
