//! Shared reads of the feeds. Subscribers of one tribunal with the same query and the same position
//! share one read. All subscribers that are up to date have the same position.

use crate::auth::{Actor, Scope};
use crate::db::Db;
use crate::db::feed::{FeedCursor, FeedRange};
use crate::error::Error;
use crate::graphql::schema::feeds::{FeedItem, FeedQuery};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// Maximum number of rows that one statement reads.
const MAX_ROWS: i64 = 100;

/// The result of reading a range of a feed.
pub struct Page {
    pub items: Vec<(FeedCursor, FeedItem)>,
    /// Position up to which `items` is complete.
    pub until: FeedCursor,
}

type Key = (Scope, FeedQuery, FeedCursor);
type SharedRead = Arc<OnceCell<Arc<Page>>>;

/// The reads up to the newest horizon that any subscription has seen.
#[derive(Default)]
pub struct FeedReads(Mutex<(u64, HashMap<Key, SharedRead>)>);

impl FeedReads {
    /// Reads the feed after position `after` and below `horizon`, at most one page. A caller shares
    /// the read of an equal caller that is under way or done, until the horizon moves on.
    pub async fn read(
        &self,
        db: &Db,
        actor: &Actor,
        query: &FeedQuery,
        after: FeedCursor,
        horizon: u64,
    ) -> Result<Arc<Page>, Error> {
        let read = self.cell((actor.scope(), query.clone(), after), horizon);
        let load = || async {
            let (query, range) = (query.clone(), FeedRange { after, horizon, limit: MAX_ROWS });
            let items = db.read(actor, move |session| query.read(session, range)).await?;
            let until = match items.last() {
                Some((cursor, _))
                    if items.len() >= usize::try_from(MAX_ROWS).unwrap_or(usize::MAX) =>
                {
                    *cursor
                }
                _ => FeedCursor::before(horizon),
            };
            Ok(Arc::new(Page { items, until }))
        };
        read.get_or_try_init(load).await.map(Arc::clone)
    }

    fn cell(&self, key: Key, horizon: u64) -> SharedRead {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, by_key) = &mut *cached;
        if *until < horizon {
            *until = horizon;
            by_key.clear();
        }
        match *until == horizon {
            true => Arc::clone(by_key.entry(key).or_default()),
            // The caller has an older horizon, so it does not share its read.
            false => SharedRead::default(),
        }
    }
}
