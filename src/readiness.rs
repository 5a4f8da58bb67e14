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
use std::sync::{Arc, PoisonError, RwLock};

const DRAINING: Unmet =
    Unmet { name: "encerrando", reason: "o servidor está encerrando; use outra instância" };

/// Cheap to clone: all clones are one.
#[derive(Clone, Default)]
pub struct Readiness(Arc<Inner>);

#[derive(Default)]
struct Inner {
    conditions: RwLock<Vec<Condition>>,
    draining: AtomicBool,
}

struct Condition {
    unmet: Unmet,
    holds: Box<dyn Fn() -> bool + Send + Sync>,
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
        let condition = Condition { unmet: Unmet { name, reason }, holds: Box::new(holds) };
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
        self.0.draining.store(true, Ordering::Release);
    }

    pub fn draining(&self) -> bool {
        self.0.draining.load(Ordering::Acquire)
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
