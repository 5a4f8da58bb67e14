//! The protocols: they turn bytes into requests and outcomes into bytes.

pub mod graphiql;
pub mod http;
pub mod session_registry;
pub mod token_watch;
pub mod ws;

use crate::config::{Http, Subscriptions};
use session_registry::SessionRegistry;
use std::sync::Arc;

/// The state that the handlers of all protocols share.
pub struct Protocols {
    pub sessions: Arc<SessionRegistry>,
    pub http: Http,
}

impl Protocols {
    pub fn new(subscriptions: Subscriptions, http: Http) -> Self {
        Self { sessions: Arc::new(SessionRegistry::new(subscriptions)), http }
    }
}
