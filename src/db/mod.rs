//! Access to PostgreSQL: connection pools, sessions bound to a tribunal, and the pieces of a query.
//!
//! The pools are private to this module. Callers use [`Db::read`], [`Db::snapshot`] and
//! [`Db::write`], which take an [`Actor`], so that no statement of a request runs without a scope.
//! The server's own queries see no tribunal's rows ([`Db::with_server_conn`]), except the few of
//! [`Db::with_national_conn`] and [`Db::with_auditor_conn`].

mod array;
pub mod catalog;
mod connect_options;
pub mod diagnosis;
mod conninfo;
mod write;
pub mod write_queues;
pub mod credentials;
mod epoch;
mod listener;
pub mod feed;
pub mod groups;
mod health;
mod idle;
mod lease;
mod feed_delay;
mod snapshot;
pub mod list;
pub mod login;
mod manager;
mod measures;
pub mod migrations;
mod outages;
mod owner;
mod permits;
pub mod related;
mod batch_key;
mod service_time;
pub mod schema;
mod pooler;
mod socket;
mod sql;
mod start;
pub(crate) mod row;
mod text_enum;
mod transport;
mod outer_transaction;

pub use batch_key::{BatchKey, group_by_key};
pub use manager::ConnectError;
pub use measures::{Load, Measures, PoolLabel, QueueLoad};
pub use permits::{Admission, Bounds, Caller, Job, Lane, Permit, Permits, Queued};
pub use pooler::check_session_affinity;
pub use row::{Column, ColumnType};
pub(crate) use row::{column, columns_hold, row};
pub use snapshot::{Snapshot, short_name};
pub(crate) use sql::new_rows;
pub use sql::{Sql, SqlValue};
pub(crate) use text_enum::text_enum;
pub use transport::{Transport, UNVERIFIED, UnsafeTransport, transport};

use crate::auth::{Actor, Scope};
use crate::error::{Error, Failure, Outage};
use crate::trace;
use catalog::Structure;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::{NopErrorHandler, Pool};
use diesel::{Connection, PgConnection};
use health::Health;
use lease::{Lease, LeasePool, TransactionMode};
use listener::Notifier;
use login::{DatabaseRole, Login};
use manager::Manager;
use migrations::MigrationState;
use pooler::PoolerWatch;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

/// Default time limit of a statement, and of all that one answer reads.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(15);
/// Statement timeout of the audit trail. API calls wait for the trail, so a stuck statement of the
/// trail must fail before those calls time out.
const TRAIL_TIMEOUT: Duration = Duration::from_secs(4);

/// Default interval between two checks of the database structure: a fault makes the server not
/// ready after at most this time.
const STRUCTURE_INTERVAL: Duration = Duration::from_secs(30);

/// The `connection_timeout` of r2d2. While PostgreSQL cannot be reached, a pool retries at the
/// latest half of this time after each failed attempt.
const CONNECT_RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// The classes of pools, as metrics name them.
const TRIBUNAL: &str = "tribunal";
const NACIONAL: &str = "nacional";
const SERVIDOR: &str = "servidor";
const TRILHA: &str = "trilha";

/// The connection settings of the database, and the limits on its use.
#[derive(Debug, Clone)]
pub struct DbOptions {
    /// URL of a login that can `SET ROLE elos_app`, inherits no rights, and is neither a superuser
    /// nor an owner.
    pub url: String,
    /// URL of a separate login that can only `SET ROLE elos_nacional`. If `None`, the login of
    /// `url` takes that role too.
    pub nacional_url: Option<String>,
    /// URL of a separate login that can only `SET ROLE elos_auditor`. If `None`, the login of
    /// `url` takes that role too.
    pub auditor_url: Option<String>,
    /// Maximum number of connections that work for tribunais at the same time. The national pool
    /// has a quarter as many.
    pub pool_max: u32,
    /// How many more connections stay open, so that each tribunal finds one that is set to it.
    pub pool_idle: u32,
    /// Maximum time that a request waits for a connection. After that, the server refuses it and
    /// tells the client when to retry.
    pub max_wait: Duration,
    /// Time limit of a statement, and of all that one answer reads.
    pub statement_timeout: Duration,
    /// Counter of the statements that requests send, for tests and metrics. `None` to count none.
    pub statements: Option<Arc<AtomicU64>>,
    /// Drops the tribunal filter of the query layer, so that a test can show that row-level
    /// security alone still hides the rows of other tribunals.
    pub skip_tribunal_filter: bool,
    /// Interval at which the database structure is compared with what the migrations create.
    pub structure_interval: Duration,
    /// Serves even if the structure differs, so that a benchmark can measure the cost of the
    /// row-level security policies.
    pub skip_structure_check: bool,
}

impl DbOptions {
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            nacional_url: None,
            auditor_url: None,
            pool_max: 8,
            pool_idle: 12,
            max_wait: Duration::from_secs(5),
            statement_timeout: STATEMENT_TIMEOUT,
            statements: None,
            skip_tribunal_filter: false,
            structure_interval: STRUCTURE_INTERVAL,
            skip_structure_check: false,
        }
    }

    /// The distinct URLs of the three logins.
    fn urls(&self) -> Vec<String> {
        let all = [Some(&self.url), self.nacional_url.as_ref(), self.auditor_url.as_ref()];
        let mut urls: Vec<String> = all.into_iter().flatten().cloned().collect();
        urls.sort();
        urls.dedup();
        urls
    }
}

/// A pool of connections and the permits to use it. A request waits for a permit in a queue,
/// without blocking a thread.
#[derive(Clone)]
struct ConnectionPool {
    leases: LeasePool,
    permits: Permits,
}

#[derive(Clone)]
pub struct Db {
    tribunal_pool: ConnectionPool,
    national_pool: ConnectionPool,
    /// Pool of one connection for the server's own queries, so that requests never delay them.
    server_pool: LeasePool,
    notifier: Arc<Notifier>,
    health: Arc<Health>,
    /// Pool for writing and sealing the audit trail.
    auditor: LeasePool,
    pooler_watch: Arc<PoolerWatch>,
    max_wait: Duration,
    statement_timeout: Duration,
    skip_tribunal_filter: bool,
    structure: Arc<Structure>,
}

/// A connection together with the scope whose rows it may read and write.
pub struct Session<'a> {
    conn: &'a mut PgConnection,
    /// The rows that every query filters by. Row-level security enforces the same limit
    /// independently.
    pub scope: Scope,
}

impl Session<'_> {
    pub fn conn(&mut self) -> &mut PgConnection {
        self.conn
    }

    /// Limits how long later statements of this transaction wait for a lock. A statement that
    /// waits longer fails, and the transaction fails with it.
    pub fn set_lock_timeout(&mut self, time: Duration) -> Result<(), Error> {
        let ms = time.as_millis().max(1);
        Ok(self.conn.batch_execute(&format!("SET LOCAL lock_timeout = {ms}"))?)
    }

    /// Runs `write` in a savepoint: if it fails, only its own changes are rolled back.
    pub fn in_savepoint<T>(
        &mut self,
        write: impl FnOnce(&mut Session<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let scope = self.scope;
        self.conn.transaction(|conn| write(&mut Session { conn, scope }))
    }

    /// Runs `read`, whose statements must all see the same snapshot. Inside an open transaction
    /// this is only a savepoint, and the isolation level of that transaction applies.
    pub fn in_snapshot<T>(
        &mut self,
        read: impl FnOnce(&mut Session<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let scope = self.scope;
        let status = AnsiTransactionManager::transaction_manager_status_mut(self.conn);
        if !matches!(status.transaction_depth(), Ok(None)) {
            return self.in_savepoint(read);
        }
        let mut transaction = self.conn.build_transaction().read_only().repeatable_read();
        transaction.run(|conn| read(&mut Session { conn, scope }))
    }
}

impl Db {
    /// Opens the pools. Refuses a login to which row-level security would not apply, and a
    /// database whose migrations or structure are not what this program needs.
    pub fn connect(options: &DbOptions) -> Result<Self, ConnectError> {
        let health = Health::new();
        options.urls().iter().try_for_each(|url| pooler::check_affinity(&health.sockets, url))?;
        let manager = |role, statements| {
            let time = match role {
                DatabaseRole::Auditor => TRAIL_TIMEOUT,
                _ => options.statement_timeout,
            };
            Manager::new(Login::of(options, role), role, time, statements, Arc::clone(&health))
        };
        let measures = &health.measures;
        let pool = |class, role, max, statements| {
            Pool::builder()
                .max_size(max)
                .min_idle(Some(0))
                .test_on_check_out(false)
                .connection_timeout(CONNECT_RETRY_INTERVAL)
                // `outages` logs connection failures, once per outage.
                .error_handler(Box::new(NopErrorHandler))
                .build_unchecked(manager(role, statements).measured(measures.time(class)))
        };
        let own = |class, role, max| LeasePool { pool: pool(class, role, max, None), idle: None };
        let connections = |class, role, max: u32, more: u32| {
            let pool = pool(class, role, max + more, options.statements.clone());
            let leases = LeasePool { pool, idle: (more > 0).then(Arc::default) };
            let bounds = Bounds::of(max as usize, permits::parallelism_per_credential());
            let bounds = match role {
                DatabaseRole::App => bounds,
                _ => bounds.of_one_tribunal(),
            };
            ConnectionPool { leases, permits: Permits::measured(bounds, measures.wait(class)) }
        };
        let (mut probe, _) = manager(DatabaseRole::App, None).log_in()?;
        let migration_state = migrations::migration_state(&mut probe)?;
        if matches!(migration_state, MigrationState::Empty | MigrationState::Behind) {
            return Err(ConnectError::MissingMigrations);
        }
        let faults = match options.skip_structure_check {
            true => Vec::new(),
            false => catalog::faults(&mut probe)?,
        };
        if !faults.is_empty() {
            return Err(ConnectError::StructureDiffers(faults));
        }
        if migration_state == MigrationState::Ahead {
            let migration = migrations::first_unknown(&mut probe)?;
            tracing::warn!(
                migration,
                "this program is older than the database: the first migration that it does not know"
            );
        }
        manager(DatabaseRole::Nacional, None).open()?;
        let (mut auditor, _) = manager(DatabaseRole::Auditor, None).open()?;
        epoch::begin_if_moved(&mut auditor)?;
        Ok(Self {
            tribunal_pool: connections(
                TRIBUNAL,
                DatabaseRole::App,
                options.pool_max,
                options.pool_idle,
            ),
            national_pool: connections(
                NACIONAL,
                DatabaseRole::Nacional,
                options.pool_max.div_ceil(4),
                0,
            ),
            server_pool: own(SERVIDOR, DatabaseRole::App, 1),
            notifier: Arc::new(Notifier::new(Login::of(options, DatabaseRole::App))),
            health: Arc::clone(&health),
            auditor: own(TRILHA, DatabaseRole::Auditor, 2),
            pooler_watch: Arc::new(PoolerWatch::of(options.urls(), Arc::clone(&health))),
            max_wait: options.max_wait,
            statement_timeout: options.statement_timeout,
            skip_tribunal_filter: options.skip_tribunal_filter,
            structure: Arc::new(Structure::new(options)),
        })
    }

    /// Runs `read` on a blocking thread. If PostgreSQL had closed the connection, `read` runs once
    /// more on another one, so it must not keep state between runs.
    pub async fn read<T, F>(&self, actor: &Actor, read: F) -> Result<T, Error>
    where
        F: Fn(&mut Session<'_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        let (db, scope) = (self.clone(), actor.scope());
        let permit = self.permit(actor, Lane::Unbatched, Instant::now()).await?;
        let read = move || {
            db.report_timeout(|| {
                let acquire = || db.acquire(scope, TransactionMode::Autocommit);
                let with_conn = |lease: &mut Lease| {
                    lease.with_conn(false, |conn| read(&mut db.session(conn, scope)))
                };
                let (lease, result) = lease::with_lease(acquire, with_conn)?;
                lease.put_back();
                result
            })
        };
        Self::blocking(permit, read).await?
    }

    /// Counts a request that may have to wait for a permit, until the result is dropped. Refuses
    /// it with [`Error::Overloaded`] if too many requests of its credential or of its tribunal are
    /// already waiting.
    pub fn admit(&self, actor: &Actor) -> Result<Admission, Error> {
        let waiting = self.connections(actor.scope()).permits.admit(&Caller::of(actor));
        waiting.map_err(|full| Error::Overloaded { seconds: full.seconds })
    }

    /// Queues `run`, which runs on a blocking thread as soon as it gets a permit. The caller must
    /// have counted the request with [`Db::admit`].
    pub fn run(&self, actor: &Actor, lane: Lane, run: Job) -> Queued {
        self.connections(actor.scope()).permits.run(&Caller::of(actor), lane, run)
    }

    /// Waits for a permit until `max_wait` after `since`, the time at which the request began to
    /// wait.
    pub async fn permit(&self, actor: &Actor, lane: Lane, since: Instant) -> Result<Permit, Error> {
        let _waiting = self.admit(actor)?;
        let permits = &self.connections(actor.scope()).permits;
        let until = self.permit_deadline(since);
        let permit = permits.acquire_until(&Caller::of(actor), lane, until).await;
        permit.ok_or_else(|| self.permit_timeout_error(actor))
    }

    /// The instant at which a request that began to wait at `since` stops waiting for a permit.
    pub fn permit_deadline(&self, since: Instant) -> Instant {
        since + self.max_wait
    }

    /// The error for a request that got no permit in time.
    pub fn permit_timeout_error(&self, actor: &Actor) -> Error {
        let ConnectionPool { leases, permits } = self.connections(actor.scope());
        // The permit holders are waiting for a connection that cannot be opened.
        if leases.pool.state().connections == 0 {
            return unavailable();
        }
        Error::Overloaded { seconds: permits.overloaded(&Caller::of(actor)).seconds }
    }

    /// Creates the snapshot from which the permit holder's thread reads one answer. The first read
    /// leases the connection. Set `use_savepoints` when the answer is read for the second time (see
    /// [`Snapshot`]).
    pub fn snapshot(&self, _permit: &Permit, actor: &Actor, use_savepoints: bool) -> Snapshot {
        Snapshot::new(self.clone(), actor.scope(), use_savepoints)
    }

    /// Runs one of the server's own queries. It belongs to no tribunal, so row-level security
    /// shows it no tribunal's rows. Blocks the thread.
    pub fn with_server_conn<T>(
        &self,
        read: impl Fn(&mut PgConnection) -> diesel::QueryResult<T>,
    ) -> Result<T, Error> {
        let read = |conn: &mut PgConnection| read(conn).map_err(Error::from);
        self.pooler_watch.check()?;
        lease::with_lease(|| self.server_lease(), |lease| lease.with_conn(false, read))?.1
    }

    /// A lease of the server's own connection, whose scope holds no rows.
    fn server_lease(&self) -> Result<Lease, Error> {
        // The server reads for itself every few seconds, whether or not requests come.
        self.tribunal_pool.leases.release_unused();
        let (role, scope) = (DatabaseRole::App, Scope::Tribunal(0));
        self.server_pool.acquire(role, self.max_wait, scope, TransactionMode::Autocommit)
    }

    /// Runs one of the server's own queries as the role that sees every tribunal. The query takes
    /// no permit, so it must be short. Blocks the thread.
    pub fn with_national_conn<T>(
        &self,
        read: impl Fn(&mut PgConnection) -> diesel::QueryResult<T>,
    ) -> Result<T, Error> {
        let mut lease = self.acquire(Scope::Nacional, TransactionMode::Autocommit)?;
        lease.with_uncounted_conn(|conn| read(conn).map_err(Error::from))
    }

    /// Writes or seals the audit trail, as a role that reaches the trail of every tribunal and no
    /// other data. Blocks the thread.
    pub fn with_auditor_conn<T>(
        &self,
        work: impl Fn(&mut PgConnection) -> diesel::QueryResult<T>,
    ) -> Result<T, Error> {
        self.pooler_watch.check()?;
        let (role, scope) = (DatabaseRole::Auditor, Scope::Nacional);
        let begin = TransactionMode::Autocommit;
        let mut lease = self.auditor.acquire(role, self.max_wait, scope, begin)?;
        lease.with_conn(false, |conn| work(conn).map_err(Error::from))
    }

    /// Maximum number of connections that requests use at the same time.
    pub fn max_connections(&self) -> usize {
        self.tribunal_pool.permits.load().permits + self.national_pool.permits.load().permits
    }

    /// What each pool does now.
    pub fn loads(&self) -> [Load; 4] {
        let load = |class, leases: &LeasePool, queue| {
            let connections = leases.pool.state().connections;
            Load { class, connections, idle: leases.idle_connections(), queue }
        };
        let queued = |class, ConnectionPool { leases, permits }: &ConnectionPool| {
            load(class, leases, Some(permits.load()))
        };
        [
            queued(TRIBUNAL, &self.tribunal_pool),
            queued(NACIONAL, &self.national_pool),
            load(SERVIDOR, &self.server_pool, None),
            load(TRILHA, &self.auditor, None),
        ]
    }

    fn connections(&self, scope: Scope) -> &ConnectionPool {
        match scope {
            Scope::Tribunal(_) | Scope::Estatistica => &self.tribunal_pool,
            Scope::Nacional => &self.national_pool,
        }
    }

    fn acquire(&self, scope: Scope, begin: TransactionMode) -> Result<Lease, Error> {
        self.pooler_watch.check()?;
        let role = match scope {
            Scope::Tribunal(_) | Scope::Estatistica => DatabaseRole::App,
            Scope::Nacional => DatabaseRole::Nacional,
        };
        self.connections(scope).leases.acquire(role, self.max_wait, scope, begin)
    }

    /// Runs `work` on a blocking thread, because Diesel is synchronous, and holds `permit` until
    /// `work` ends.
    async fn blocking<T: Send + 'static>(
        permit: Permit,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (span, context) = (tracing::Span::current(), trace::current());
        let work = move || {
            let _permit = permit;
            span.in_scope(|| trace::statement::traced(context.as_ref(), work))
        };
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)
    }

    /// Runs `work`. If it fails with an internal error after at least the statement timeout,
    /// reports a timeout. PostgreSQL enforces that timeout. Diesel does not distinguish a cancelled
    /// statement from other errors, so the elapsed time decides.
    fn report_timeout<T>(&self, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let start = Instant::now();
        match work() {
            Err(Error::Internal(_)) if start.elapsed() >= self.statement_timeout => {
                Err(self.timeout_error(None))
            }
            outcome => outcome,
        }
    }

    fn timeout_error(&self, reading: Option<&str>) -> Error {
        let seconds = self.statement_timeout.as_secs_f32();
        let reading = reading.map_or_else(String::new, |relation| format!(" ao ler {relation}"));
        let message = format!(
            "a operação passou do tempo máximo ({seconds} s){reading}; tente de novo, ou peça menos de cada vez"
        );
        Error::failure(Failure::TempoEsgotado, message)
    }

    fn session<'a>(&self, conn: &'a mut PgConnection, scope: Scope) -> Session<'a> {
        Session { conn, scope: if self.skip_tribunal_filter { Scope::Nacional } else { scope } }
    }
}

pub(crate) fn unavailable() -> Error {
    Error::failure(Failure::Indisponivel, Outage::Unreachable.message())
}
