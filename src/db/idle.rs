//! The idle connections of a pool, by the tribunal that their session is set to.
//!
//! r2d2 gives the connection that came back last, whose session is mostly set to another tribunal:
//! a point query then takes two round trips instead of one. A connection that comes back is
//! therefore kept here, and the next user of its tribunal gets it. To r2d2 it is still in use.

use super::manager::Manager;
use diesel::r2d2::{Pool, PooledConnection};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The pool opens one more connection each time that this many callers have found no idle
/// connection of their tribunal. If it opened one for every such caller, a client that asks for two
/// tribunais in turn would have two connections at once.
const MISSES_PER_CONNECTION: u32 = 8;
/// After this time without use a connection goes back to r2d2, which closes it later.
const UNUSED_AFTER: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct IdleConnections(Mutex<State>);

#[derive(Default)]
struct State {
    /// The idle connections, in the order in which they came back.
    connections: Vec<Idle>,
    /// Number of callers that wait until r2d2 has a connection.
    waiting: usize,
    /// Number of callers that got a connection of another tribunal from here.
    misses: u32,
}

struct Idle {
    connection: PooledConnection<Manager>,
    since: Instant,
}

impl IdleConnections {
    /// Returns a connection that is set to `tribunal` if there is one, and else any other. If
    /// `tribunal` is `None`, every connection fits. Waits up to `max_wait` when all are in use, and
    /// then returns `None`.
    pub(super) fn get(
        &self,
        pool: &Pool<Manager>,
        tribunal: Option<i16>,
        max_wait: Duration,
    ) -> Option<PooledConnection<Manager>> {
        let mut state = self.state();
        let fits = |idle: &Idle| tribunal.is_none() || idle.connection.tribunal == tribunal;
        if let Some(last) = state.connections.iter().rposition(fits) {
            return Some(state.connections.remove(last).connection);
        }
        if let Some(connection) = pool.try_get() {
            return Some(connection);
        }
        if !state.connections.is_empty() {
            let oldest = state.connections.remove(0).connection;
            state.misses = state.misses.wrapping_add(1);
            let grow = state.misses.is_multiple_of(MISSES_PER_CONNECTION);
            drop(state);
            if grow {
                // r2d2 has none, so it begins to open one. Nobody waits for it.
                drop(pool.get_timeout(Duration::ZERO));
            }
            return Some(oldest);
        }
        state.waiting += 1;
        drop(state);
        let connection = pool.get_timeout(max_wait).ok();
        self.state().waiting -= 1;
        connection
    }

    /// Keeps the connection, unless somebody waits for r2d2 to have one.
    pub(super) fn put(&self, connection: PooledConnection<Manager>) {
        let mut state = self.state();
        if state.waiting == 0 {
            state.connections.push(Idle { connection, since: Instant::now() });
        }
    }

    /// Gives the connections that nobody has used for long back to r2d2.
    pub(super) fn release_unused(&self) {
        let unused = |idle: &mut Idle| idle.since.elapsed() >= UNUSED_AFTER;
        let unused: Vec<Idle> = self.state().connections.extract_if(.., unused).collect();
        drop(unused);
    }

    pub(super) fn len(&self) -> usize {
        self.state().connections.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
