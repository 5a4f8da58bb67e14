//! Watches the token with which a session was opened, and reports when the session must end.

use crate::auth::{Actor, Auth, TRIBUNAL_HEADER};
use crate::error::Failure;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::web;
use chrono::{DateTime, Utc};
use std::time::Duration;
use tokio::time::{Instant, interval_at, sleep};

/// Interval at which the token of a session is checked. A revocation takes effect within ten
/// seconds, which include the time until the server learns of it.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// The reason why a session must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionEnd {
    TokenExpired,
    /// The credential was revoked, or its rights changed.
    CredentialChanged,
    /// The server could not check the token.
    CheckUnavailable,
}

/// Watches the token with which a session was opened.
pub struct TokenWatch {
    auth: web::Data<Auth>,
    headers: HeaderMap,
    actor: Actor,
    expires: DateTime<Utc>,
    clock: fn() -> DateTime<Utc>,
}

impl TokenWatch {
    pub fn new(
        auth: web::Data<Auth>,
        headers: &HeaderMap,
        (actor, expires): (Actor, DateTime<Utc>),
        clock: fn() -> DateTime<Utc>,
    ) -> Self {
        let mut identity_headers = HeaderMap::new();
        for name in [AUTHORIZATION, TRIBUNAL_HEADER] {
            if let Some(value) = headers.get(&name) {
                identity_headers.insert(name, value.clone());
            }
        }
        Self { auth, headers: identity_headers, actor, expires, clock }
    }

    /// Completes when the session must end, with the reason.
    pub async fn end(&self) -> SessionEnd {
        let remaining = (self.expires - (self.clock)()).to_std().unwrap_or_default();
        tokio::select! {
            () = sleep(remaining) => SessionEnd::TokenExpired,
            end = self.check() => end,
        }
    }

    async fn check(&self) -> SessionEnd {
        let mut ticks = interval_at(Instant::now() + CHECK_INTERVAL, CHECK_INTERVAL);
        loop {
            ticks.tick().await;
            match self.auth.authenticate_with_expiry(&self.headers).await {
                Ok((actor, _)) if actor.has_same_rights_as(&self.actor) => {}
                Ok(_) => return SessionEnd::CredentialChanged,
                Err(refused) => {
                    return match refused.error.log_and_redact().0 {
                        Failure::Indisponivel => SessionEnd::CheckUnavailable,
                        _ => SessionEnd::CredentialChanged,
                    };
                }
            }
        }
    }
}
