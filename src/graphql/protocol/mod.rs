//! The protocols: they turn bytes into requests and outcomes into bytes.

pub mod graphiql;
pub mod http;
pub mod stream_registry;
pub mod token_watch;
pub mod ws;

use crate::config::{Http, Subscriptions};
use std::sync::Arc;
use stream_registry::StreamRegistry;

/// The state that the handlers of all protocols share.
pub struct Protocols {
    pub sessions: Arc<StreamRegistry>,
    pub http: Http,
}

impl Protocols {
    pub fn new(subscriptions: Subscriptions, http: Http) -> Self {
        Self { sessions: Arc::new(StreamRegistry::new(subscriptions)), http }
    }
}
