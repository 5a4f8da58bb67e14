//! Subscriptions: the operation runs once for each row of its feed.
//!
//! When a subscription opens, its root field resolves nothing: it only stores the query in a
//! [`FeedContext`]. Then, for each new row, the whole operation runs with loaders of its own, and
//! the root field returns that row. With shared loaders, every later event would show the processo
//! as the first event found it.

use crate::db::Session;
use crate::db::feed::{FeedCursor, FeedRange};
use crate::error::Error;
use crate::evento::Evento;
use crate::evento::store::EventoFeed;
use crate::tramite::{self, Tramite};
use crate::value::resource::{HasResources, Resource};
use async_graphql::Context;
use chrono::{DateTime, Utc};
use std::sync::{Arc, OnceLock};

/// The feed that a subscription reads, with its filter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FeedQuery {
    Changes(EventoFeed),
    TramitesRecebidos,
}

/// A row of a feed.
#[derive(Clone)]
pub enum FeedItem {
    Evento(Arc<Evento>),
    Tramite(Arc<Tramite>),
}

impl FeedItem {
    /// When the event happened. `None` for a trâmite, whose row is the trâmite and not its arrival.
    pub fn occurred_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Evento(evento) => Some(evento.ocorrido_em),
            Self::Tramite(_) => None,
        }
    }
}

/// Subscribers share the read of a row, so each delivery records the row for itself.
impl HasResources for FeedItem {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        match self {
            Self::Evento(evento) => evento.collect_resources(resources),
            Self::Tramite(tramite) => tramite.collect_resources(resources),
        }
    }
}

impl FeedQuery {
    pub fn read(
        &self,
        session: &mut Session<'_>,
        range: FeedRange,
    ) -> Result<Vec<(FeedCursor, FeedItem)>, Error> {
        Ok(match self {
            Self::Changes(changes) => {
                let rows = changes.read(session, range)?.into_iter();
                rows.map(|(cursor, evento)| (cursor, FeedItem::Evento(evento))).collect()
            }
            Self::TramitesRecebidos => {
                let rows = tramite::store::received(session, range)?.into_iter();
                rows.map(|(cursor, tramite)| (cursor, FeedItem::Tramite(tramite))).collect()
            }
        })
    }
}

/// The context of one run of a subscription's operation. It passes data between the root field of
/// `Subscription` and the code that runs the operation.
pub enum FeedContext {
    /// The subscription opens. The root field stores its query, and the cursor after which the
    /// client asks for rows; `None` asks only for rows from now on.
    Opening(OnceLock<(FeedQuery, Option<FeedCursor>)>),
    /// A row is delivered. The root field returns it.
    Delivery(FeedItem),
}

impl FeedContext {
    pub fn opening() -> Self {
        Self::Opening(OnceLock::new())
    }

    /// When the subscription opens, stores the query and the cursor `since`, and returns `None`. At
    /// a delivery, returns the row.
    pub fn resolve_root(
        ctx: &Context<'_>,
        query: FeedQuery,
        since: Option<&str>,
    ) -> Result<Option<FeedItem>, Error> {
        match &**ctx.data_unchecked::<Arc<Self>>() {
            Self::Delivery(item) => Ok(Some(item.clone())),
            Self::Opening(note) => {
                let cursor = since.map(str::parse::<FeedCursor>).transpose();
                let cursor = cursor.map_err(|error| Error::invalid(error.to_string()))?;
                let _ = note.set((query, cursor));
                Ok(None)
            }
        }
    }
}
