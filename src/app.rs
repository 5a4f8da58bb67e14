//! What a request can reach.

use crate::{config::Regras, db::Db};
use chrono::{DateTime, Utc};

#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub regras: Regras,
    /// The clock. A parameter, so that rules and snapshots are deterministic.
    pub agora: fn() -> DateTime<Utc>,
}
