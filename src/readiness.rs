//! Whether this instance should be sent requests: what `/readyz` answers.
//!
//! Readiness is a list of named conditions, and an instance is ready while all of them hold.
//! A condition only reads what something in the background found out (a [`Flag`], a clock, a
//! channel): it never waits and never asks the database, so `/readyz` answers at once
//! whatever the load is. To add one:
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

/// Cheap to clone: all clones are one.
#[derive(Clone, Default)]
pub struct Readiness(Arc<Inner>);

struct Inner {
    conditions: RwLock<Vec<Condition>>,
    draining: watch::Sender<bool>,
    /// What `serves` said last.
    serving: watch::Sender<bool>,
    followed: AtomicBool,
    /// Whether calls could ever be answered.
    was_ready: AtomicBool,
    under_way: Mutex<UnderWay>,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            conditions: RwLock::default(),
            draining: watch::Sender::new(false),
            serving: watch::Sender::new(true),
            followed: AtomicBool::new(false),
            was_ready: AtomicBool::new(false),
            under_way: Mutex::default(),
        }
    }
}

struct Condition {
    unmet: Unmet,
    /// While it does not hold, calls cannot be answered.
    stops_calls: bool,
    holds: Box<dyn Fn() -> bool + Send + Sync>,
}

/// How often conditions are looked at for those who wait for them.
const LOOK: Duration = Duration::from_millis(100);
/// A conversation whose last call is older than this is over.
const PAUSE: Duration = Duration::from_secs(2);

/// Calls that are one of several of a conversation, which the server should not end within.
#[derive(Default)]
struct UnderWay {
    calls: usize,
    last: Option<Instant>,
}

/// One such call, until it is dropped.
pub struct Call(Arc<Inner>);

impl Drop for Call {
    fn drop(&mut self) {
        let mut under_way = self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.calls -= 1;
        under_way.last = Some(Instant::now());
    }
}

/// A condition that does not hold: a word for machines, and a reason in Portuguese.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmet {
    pub name: &'static str,
    pub reason: &'static str,
}

/// A condition that something in the background sets. It does not hold until it is set.
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
    /// Adds a condition. `holds` must answer at once.
    pub fn require(
        &self,
        name: &'static str,
        reason: &'static str,
        holds: impl Fn() -> bool + Send + Sync + 'static,
    ) {
        self.add(name, reason, true, holds);
    }

    /// Adds a condition without which calls are still answered as well as they can be.
    pub fn require_of_operator(
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

    /// Adds a condition that the caller sets.
    pub fn flag(&self, name: &'static str, reason: &'static str) -> Flag {
        let flag = Flag::default();
        let read = flag.clone();
        self.require(name, reason, move || read.get());
        flag
    }

    /// From here on the instance is not ready, for it is about to end.
    pub fn drain(&self) {
        self.0.draining.send_replace(true);
    }

    pub fn draining(&self) -> bool {
        *self.0.draining.borrow()
    }

    /// Ends when the instance is about to end.
    pub async fn until_draining(&self) {
        let mut draining = self.0.draining.subscribe();
        let _ = draining.wait_for(|draining| *draining).await;
    }

    /// Whether calls can be answered, by all that is known.
    pub fn serves(&self) -> bool {
        let conditions = self.0.conditions.read().unwrap_or_else(PoisonError::into_inner);
        let serves =
            conditions.iter().all(|condition| !condition.stops_calls || (condition.holds)());
        if serves {
            self.0.was_ready.store(true, Ordering::Release);
        }
        serves
    }

    /// Whether calls that wait may come: what is missing now, it and other instances alike, they
    /// wait for; before an instance was ever ready, and while it ends, another is better.
    pub fn takes_those_who_wait(&self) -> bool {
        !self.draining() && (self.serves() || self.0.was_ready.load(Ordering::Acquire))
    }

    /// Ends when calls can, or cannot, be answered. [`Self::follow`] finds out.
    pub async fn until(&self, serving: bool) {
        if self.serves() == serving {
            return;
        }
        let mut told = self.0.serving.subscribe();
        let _ = told.wait_for(|told| *told == serving).await;
    }

    /// Looks at the conditions, and tells those who wait, for as long as the runtime runs.
    pub fn follow(&self) {
        let readiness = self.clone();
        self.0.followed.store(true, Ordering::Release);
        actix_web::rt::spawn(async move {
            let mut looks = time::interval(LOOK);
            looks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
            loop {
                looks.tick().await;
                let serves = readiness.serves();
                let serving = &readiness.0.serving;
                serving.send_if_modified(|told| std::mem::replace(told, serves) != serves);
            }
        });
    }

    /// Whether anybody finds out when calls can be answered again: only then is it worth waiting.
    pub fn is_followed(&self) -> bool {
        self.0.followed.load(Ordering::Acquire)
    }

    /// A call has begun that is one of several of a conversation.
    pub fn call_under_way(&self) -> Call {
        let mut under_way = self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.calls += 1;
        Call(Arc::clone(&self.0))
    }

    /// Whether a conversation goes on: a call of it is under way, or was a moment ago.
    pub fn in_conversation(&self) -> bool {
        let under_way = self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.calls > 0 || under_way.last.is_some_and(|last| last.elapsed() < PAUSE)
    }

    /// What does not hold; empty when the instance is ready.
    pub fn unmet(&self) -> Vec<Unmet> {
        let conditions = self.0.conditions.read().unwrap_or_else(PoisonError::into_inner);
        let broken = conditions.iter().filter(|condition| !(condition.holds)());
        self.draining().then_some(DRAINING).into_iter().chain(broken.map(|one| one.unmet)).collect()
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
        // Writing to a string does not fail.
        let _ = writeln!(reasons, "{name}: {reason}");
    }
    HttpResponse::ServiceUnavailable()
        .insert_header((header::RETRY_AFTER, "2"))
        .content_type("text/plain; charset=utf-8")
        .body(reasons)
}

/// `GET /readyz/tramita`: what a balancer asks for the routes whose calls wait. Taken out by
/// `/readyz`, all instances at once would leave a client with nobody to answer it.
pub async fn readyz_of_the_tramita(readiness: web::Data<Readiness>) -> HttpResponse {
    match readiness.takes_those_who_wait() {
        true => HttpResponse::Ok().body("pronto\n"),
        false => readyz(readiness).await,
    }
}

/// Wraps every request: while the server ends, each answer is the last of its connection, so
/// that the client's next request goes to another instance.
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
        let long_ago = Instant::now().checked_sub(PAUSE);
        readiness.0.under_way.lock().unwrap().last = long_ago;
        assert!(!readiness.in_conversation());
    }

    #[test]
    fn what_only_the_operator_mends_does_not_keep_calls_waiting() {
        let readiness = Readiness::default();
        readiness.require_of_operator("estrutura", "difere", || false);
        readiness.drain();
        assert!(readiness.serves() && !readiness.unmet().is_empty());
        let flag = readiness.flag("banco", "sem banco");
        assert!(!readiness.serves());
        flag.set(true);
        assert!(readiness.serves());
    }

    #[test]
    fn those_who_wait_come_once_it_was_ready_and_until_it_ends() {
        let readiness = Readiness::default();
        let database = readiness.flag("banco", "sem banco");
        assert!(!readiness.takes_those_who_wait(), "it was never ready");
        database.set(true);
        assert!(readiness.takes_those_who_wait());
        database.set(false);
        assert!(readiness.takes_those_who_wait() && !readiness.serves());
        readiness.drain();
        assert!(!readiness.takes_those_who_wait());
    }

    #[test]
    fn every_condition_that_does_not_hold_is_named() {
        let readiness = Readiness::default();
        assert!(readiness.unmet().is_empty());
        let keys = readiness.flag("chaves", "sem chaves");
        readiness.require("banco", "sem banco", || true);
        let names = || readiness.unmet().iter().map(|one| one.name).collect::<Vec<_>>();
        assert_eq!(names(), ["chaves"]);
        keys.set(true);
        assert!(names().is_empty());
        readiness.clone().drain();
        keys.set(false);
        assert_eq!(names(), ["encerrando", "chaves"]);
    }
}
