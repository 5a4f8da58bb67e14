//! The r2d2 manager of the pools: it opens and checks connections, binds a leased connection to a
//! tribunal, and detects dead ones.

use super::catalog::{Difference, DisplayDifferences};
use super::health::Health;
use super::login::{DatabaseRole, Login};
use super::measures::{INTERNAL, Measures};
use super::pooler::{BackendClaim, Mark};
use super::socket::Socket;
use super::{Sql, unavailable};
use crate::auth::Scope;
use crate::error::{Error, Failure, Outage, sqlstate_class};
use crate::trace::statement;
use diesel::connection::{
    AnsiTransactionManager, Instrumentation, InstrumentationEvent, SimpleConnection,
    TransactionManager,
};
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, Pool, PooledConnection, R2D2Connection};
use prometheus_client::metrics::histogram::Histogram;
use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Time limit of the login checks and `SET` statements on a new connection, after PostgreSQL
/// accepted it.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(5);
/// Time limit of the short statements that test a connection or set up its session.
const PING_TIMEOUT: Duration = Duration::from_secs(4);
/// Extra time for PostgreSQL to report that a statement exceeded `statement_timeout`.
const TIMEOUT_MARGIN: Duration = Duration::from_secs(2);

/// The reason why the server refuses to connect or to use a connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("não foi possível conectar ao banco de dados: {0}")]
    Connection(#[from] diesel::ConnectionError),
    #[error("o banco de dados aceitou a conexão e não responde")]
    Unresponsive,
    #[error("o banco de dados recusou uma consulta de verificação: {0}")]
    Query(#[from] diesel::result::Error),
    #[error("o banco não tem todas as migrações: rode `elos migrate run` com ELOS_MIGRATE_URL")]
    MissingMigrations,
    #[error(
        "faltam no servidor de banco os papéis {0} (um banco restaurado não os traz): \
         rode `elos migrate repair` com ELOS_MIGRATE_URL"
    )]
    MissingRoles(String),
    #[error(
        "a segurança de linha não vale neste banco: {0} a ignora, ou está desligada em alguma tabela; \
         rode `elos migrate repair` com ELOS_MIGRATE_URL"
    )]
    MissingRowSecurity(&'static str),
    #[error(
        "o banco não está como as migrações o fazem:{list}\nrode `elos migrate repair` com ELOS_MIGRATE_URL",
        list = DisplayDifferences(.0)
    )]
    StructureDiffers(Vec<Difference>),
    #[error(
        "{setting} entra como {login}, que {why}: a segurança de linha não o prenderia. \
         Entre com um papel comum (CREATE ROLE nome LOGIN NOINHERIT; GRANT {roles} TO nome)"
    )]
    PowerfulRole { setting: &'static str, login: String, why: String, roles: String },
    #[error(
        "{setting} entra como {login}, que herda {roles}: sem assumir papel nenhum, lê e grava tudo o que eles podem. \
         Como quem administra o banco, rode: {line}"
    )]
    Inherits { setting: &'static str, login: String, roles: String, line: String },
    #[error(
        "{setting} entra como {login}, que também é membro de {roles}: com uma URL para cada fim, cada login é membro \
         só do seu papel. Como quem administra o banco, rode: {line}"
    )]
    ExtraMembership { setting: &'static str, login: String, roles: String, line: String },
    #[error(
        "{setting} entra como {login}, que não é membro dos papéis do servidor. \
         Como quem administra o banco, rode: {line}"
    )]
    NotMember { setting: &'static str, login: String, line: String },
    #[error(
        "entre o servidor e o PostgreSQL há um pooler que troca de conexão a cada transação (no PgBouncer, pool_mode = \
         transaction ou statement): o tribunal e o papel de uma sessão cairiam na de outro, e a segurança de linha com \
         eles. Ponha-o em modo de sessão (pool_mode = session), ou ligue DATABASE_URL direto ao PostgreSQL"
    )]
    TransactionPooler,
    #[error("a conexão que foi dada a este banco já se fechou")]
    AlreadyTaken,
}

/// A pooled connection and the state that the pool keeps about it.
pub(super) struct Conn {
    pg: PgConnection,
    socket: Arc<Socket>,
    health: Arc<Health>,
    /// The current generation of the pool. An outage that makes all its connections useless starts
    /// a new generation.
    generation: Arc<AtomicU64>,
    /// The generation in which this connection was opened. It is used only while both are equal.
    opened_in: u64,
    /// The statement timeout of this connection.
    statement_timeout: Duration,
    /// The current tribunal of the session. The pool sends `set_config` only when the next lease
    /// needs another one.
    tribunal: Option<i16>,
    /// The value of `Backends::check_generation` at the last check. If the counter has moved on, the
    /// connection is checked before its next use.
    checked_generation: u64,
    lost: bool,
    /// Whether a request is using the connection now. The pool counts statements only then.
    in_use: Arc<AtomicBool>,
    session: SessionOwner,
    /// Where the time of each use is counted.
    times: Option<Histogram>,
}

/// The owner of the PostgreSQL session of a connection.
enum SessionOwner {
    /// The connection itself: no other connection of this process uses the same backend.
    Own { mark: Mark, _claim: BackendClaim },
    /// The caller of [`Manager::of_connection`], who began a transaction and ends it. Nothing here
    /// commits.
    Caller,
}

impl SessionOwner {
    const fn is_outer_transaction(&self) -> bool {
        matches!(self, Self::Caller)
    }
}

/// The source of a pool's connections.
enum Source {
    Login(Login),
    /// One open connection, which the pool takes once.
    Existing(Mutex<Option<PgConnection>>),
}

pub(super) struct Manager {
    source: Source,
    role: DatabaseRole,
    /// The statement timeout of the connections.
    statement_timeout: Duration,
    statements: Option<Arc<AtomicU64>>,
    generation: Arc<AtomicU64>,
    health: Arc<Health>,
    times: Option<Histogram>,
}

/// Observes the statements of requests, but not those that the pool sends to set up or test a
/// connection.
struct Observer {
    statements: Option<Arc<AtomicU64>>,
    in_use: Arc<AtomicBool>,
    measures: Measures,
}

impl Instrumentation for Observer {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if !self.in_use.load(Ordering::Relaxed) {
            return;
        }
        match event {
            InstrumentationEvent::StartQuery { query, .. } => {
                if let Some(statements) = &self.statements {
                    statements.fetch_add(1, Ordering::Relaxed);
                }
                statement::begin(query);
            }
            InstrumentationEvent::FinishQuery { error, .. } => {
                let sqlstate = error.and_then(sqlstate_class);
                if let Some(sqlstate) = sqlstate {
                    self.measures.count_refused(sqlstate);
                }
                statement::end(error.map(|_| sqlstate.unwrap_or_default()));
            }
            _ => {}
        }
    }
}

impl Manager {
    pub(super) fn new(
        login: Login,
        role: DatabaseRole,
        statement_timeout: Duration,
        statements: Option<Arc<AtomicU64>>,
        health: Arc<Health>,
    ) -> Self {
        let source = Source::Login(login);
        let (generation, times) = (Arc::default(), None);
        Self { source, role, statement_timeout, statements, generation, health, times }
    }

    /// Counts the time of each use of a connection.
    pub(super) fn measured(self, times: Histogram) -> Self {
        Self { times: Some(times), ..self }
    }

    /// A manager whose only connection is `conn`, which is in an open transaction. Each lease sets
    /// the database role that it needs.
    pub(super) fn of_connection(
        conn: PgConnection,
        statement_timeout: Duration,
        health: Arc<Health>,
    ) -> Self {
        Self {
            source: Source::Existing(Mutex::new(Some(conn))),
            role: DatabaseRole::App,
            statement_timeout,
            statements: None,
            generation: Arc::default(),
            health,
            times: None,
        }
    }

    /// Opens a connection, checks its login, and sets its role.
    pub(super) fn log_in(&self) -> Result<(PgConnection, Arc<Socket>), ConnectError> {
        let Source::Login(login) = &self.source else { return Err(ConnectError::AlreadyTaken) };
        let (mut pg, socket) = self.health.sockets.connect(&login.url)?;
        {
            let _deadline = socket.set_deadline(Instant::now() + LOGIN_TIMEOUT);
            login.check(&mut pg)?;
            pg.batch_execute(&format!("SET ROLE {}", self.role.name()))?;
        }
        Ok((pg, socket))
    }

    pub(super) fn open(&self) -> Result<(PgConnection, Arc<Socket>), ConnectError> {
        let (mut pg, socket) = self.log_in()?;
        {
            let _deadline = socket.set_deadline(Instant::now() + LOGIN_TIMEOUT);
            self.prepare(&mut pg)?;
        }
        Ok((pg, socket))
    }

    fn prepare(&self, pg: &mut PgConnection) -> Result<(), ConnectError> {
        if lacks_row_security(pg)? {
            return Err(ConnectError::MissingRowSecurity(self.role.name()));
        }
        pg.batch_execute(&format!(
            "SET application_name = 'elos'; SET timezone = 'UTC'; \
             SET statement_timeout = {}; SET idle_in_transaction_session_timeout = '30s'",
            self.statement_timeout.as_millis()
        ))?;
        // A generic plan is made once per prepared statement. Planning a point query anew for each
        // set of values costs three times as much, mostly because of row-level security.
        // A permit stands for the work of one backend. Parallel workers would take capacity from
        // the requests that wait for a permit, and take ten milliseconds to start.
        pg.batch_execute(
            "SET plan_cache_mode = force_generic_plan; SET jit = off; SET max_parallel_workers_per_gather = 0",
        )?;
        Ok(())
    }
}

/// Whether the current role bypasses row-level security, or a tribunal's table does not have it
/// enabled.
fn lacks_row_security(pg: &mut PgConnection) -> QueryResult<bool> {
    let unprotected = Sql::new(
        "SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls) \
         UNION ALL SELECT FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relrowsecurity \
           AND c.relowner = 'elos_dono'::regrole AND c.relname <> 'tribunal'",
    );
    Ok(unprotected.execute(pg)? > 0)
}

impl Manager {
    /// Opens a connection and checks that no other connection uses its session.
    fn open_own(&self) -> Result<(PgConnection, Arc<Socket>, SessionOwner), ConnectError> {
        let (mut pg, socket) = self.open()?;
        let (mark, claim) = {
            let _deadline = socket.set_deadline(Instant::now() + LOGIN_TIMEOUT);
            self.health.backends.claim(&mut pg)?
        };
        Ok((pg, socket, SessionOwner::Own { mark, _claim: claim }))
    }
}

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = ConnectError;

    fn connect(&self) -> Result<Conn, ConnectError> {
        let (health, generation) = (Arc::clone(&self.health), Arc::clone(&self.generation));
        let (checked_generation, opened_in) =
            (health.backends.check_generation(), generation.load(Ordering::Acquire));
        let record = |error: &ConnectError| {
            self.health.outages.record_failure(Outage::Unreachable, &error.to_string());
        };
        let (mut pg, socket, session) = match &self.source {
            Source::Existing(given) => {
                let taken = given.lock().unwrap_or_else(PoisonError::into_inner).take();
                let pg = taken.ok_or(ConnectError::AlreadyTaken)?;
                (pg, Arc::new(Socket::unwatched()), SessionOwner::Caller)
            }
            Source::Login(_) => self.open_own().inspect_err(record)?,
        };
        let in_use = Arc::new(AtomicBool::new(false));
        pg.set_instrumentation(Observer {
            statements: self.statements.clone(),
            in_use: Arc::clone(&in_use),
            measures: self.health.measures.clone(),
        });
        Ok(Conn {
            pg,
            socket,
            health,
            generation,
            opened_in,
            statement_timeout: self.statement_timeout,
            tribunal: None,
            checked_generation,
            lost: false,
            in_use,
            session,
            times: self.times.clone(),
        })
    }

    fn is_valid(&self, connection: &mut Conn) -> Result<(), ConnectError> {
        Ok(connection.pg.batch_execute("SELECT 1")?)
    }

    fn has_broken(&self, connection: &mut Conn) -> bool {
        // Diesel's `is_broken` is also true while a transaction is open.
        let open = !connection.session.is_outer_transaction() && connection.pg.is_broken();
        connection.lost || std::thread::panicking() || open
    }
}

/// The transaction state in which a lease starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TransactionMode {
    /// Each statement commits by itself, unless the caller begins a transaction.
    Autocommit,
    /// The lease starts in a read-only `REPEATABLE READ` transaction.
    Snapshot,
}

const BEGIN_SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A pooled connection that is set to the tribunal of its user.
pub(super) struct Lease(PooledConnection<Manager>);

/// Waits up to `max_wait` for a live connection, and sets it to `scope`.
pub(super) fn acquire(
    pool: &Pool<Manager>,
    role: DatabaseRole,
    max_wait: Duration,
    scope: Scope,
    begin: TransactionMode,
) -> Result<Lease, Error> {
    let until = Instant::now() + max_wait;
    // After PostgreSQL restarts, every connection of the pool may be dead. Each is tested once
    // and dropped, so after at most `max_size` attempts the pool opens a new one.
    for _ in 0..=pool.max_size() {
        let left = until.saturating_duration_since(Instant::now());
        let Ok(connection) = pool.get_timeout(left) else { return Err(unavailable()) };
        let mut lease = Lease(connection);
        let ready = lease.is_alive()
            && match begin {
                _ if lease.0.session.is_outer_transaction() => lease.take_role(role, scope),
                TransactionMode::Autocommit => lease.set_tribunal(scope),
                TransactionMode::Snapshot => lease.begin_snapshot(scope),
            };
        if ready {
            return Ok(lease);
        }
        lease.mark_lost();
    }
    Err(unavailable())
}

/// Runs `with_conn`, once more on another connection if the first one turns out to be closed.
/// Returns the result and the connection that produced it.
pub(super) fn with_lease<T>(
    acquire: impl Fn() -> Result<Lease, Error>,
    with_conn: impl Fn(&mut Lease) -> Result<T, Error>,
) -> Result<(Lease, Result<T, Error>), Error> {
    let mut lease = acquire()?;
    let mut outcome = with_conn(&mut lease);
    if outcome.is_err() && lease.lost() {
        lease.0.health.measures.retries.inc();
        drop(lease);
        lease = acquire()?;
        outcome = with_conn(&mut lease);
    }
    Ok((lease, outcome))
}

impl Lease {
    fn is_alive(&mut self) -> bool {
        let conn = &mut *self.0;
        let SessionOwner::Own { mark, .. } = &conn.session else { return !conn.lost };
        if conn.opened_in != conn.generation.load(Ordering::Acquire) {
            return false;
        }
        let current = conn.health.backends.check_generation();
        let _deadline = conn.socket.set_deadline(Instant::now() + PING_TIMEOUT);
        // The check fails if the connection is dead or is no longer in the session set up here.
        if conn.checked_generation != current && mark.check(&mut conn.pg).is_err() {
            return false;
        }
        conn.checked_generation = current;
        true
    }

    /// Sets the role and the tribunal of a connection that all roles share. These `SET`s are not
    /// in a savepoint, so they stay in effect until the next lease sets both again.
    fn take_role(&mut self, role: DatabaseRole, scope: Scope) -> bool {
        let tribunal = scope.tribunal().map_or_else(String::new, |code| code.to_string());
        let set = format!("SET ROLE {}; SET elos.tribunal = '{tribunal}'", role.name());
        self.0.pg.batch_execute(&set).is_ok()
    }

    fn set_tribunal(&mut self, scope: Scope) -> bool {
        let Some(code) = scope.tribunal() else { return true };
        let conn = &mut *self.0;
        if conn.tribunal == Some(code) {
            return true;
        }
        let set =
            Sql::new("SELECT set_config('elos.tribunal', ").bind(code.to_string()).push(", false)");
        let _deadline = conn.socket.set_deadline(Instant::now() + PING_TIMEOUT);
        let is_set = set.execute(&mut conn.pg).is_ok();
        conn.tribunal = is_set.then_some(code);
        is_set
    }

    /// Begins a snapshot and sets the tribunal in the same round trip.
    fn begin_snapshot(&mut self, scope: Scope) -> bool {
        let conn = &mut *self.0;
        let sql = match scope.tribunal() {
            Some(code) if conn.tribunal != Some(code) => {
                conn.tribunal = Some(code);
                format!("{BEGIN_SNAPSHOT}; SET elos.tribunal = '{code}'").into()
            }
            _ => Cow::Borrowed(BEGIN_SNAPSHOT),
        };
        let _deadline = conn.socket.set_deadline(Instant::now() + PING_TIMEOUT);
        AnsiTransactionManager::begin_transaction_sql(&mut conn.pg, &sql).is_ok()
    }

    /// Sets the timeout of the later statements of this transaction.
    pub(super) fn set_statement_timeout(
        &mut self,
        statement_timeout: Duration,
    ) -> Result<(), Error> {
        let conn = &mut *self.0;
        if conn.session.is_outer_transaction() {
            return Ok(());
        }
        let ms = statement_timeout.as_millis().max(1);
        let _deadline = conn.socket.set_deadline(Instant::now() + PING_TIMEOUT);
        Ok(conn.pg.batch_execute(&format!("SET LOCAL statement_timeout = {ms}"))?)
    }

    /// Ends the open transaction, if there is one: commits if `ok`, rolls back otherwise. Returns
    /// false when that fails and the connection cannot be used again.
    pub(super) fn finish(&mut self, ok: bool) -> bool {
        let conn = &mut *self.0;
        // Diesel's `is_broken` is also true while a transaction is open.
        if conn.session.is_outer_transaction() || !conn.pg.is_broken() {
            return true;
        }
        let _deadline = conn.socket.set_deadline(Instant::now() + PING_TIMEOUT);
        if ok {
            return AnsiTransactionManager::commit_transaction(&mut conn.pg).is_ok();
        }
        // The rollback also undoes the tribunal that was set in this transaction.
        conn.tribunal = None;
        AnsiTransactionManager::rollback_transaction(&mut conn.pg).is_ok()
    }

    fn mark_lost(&mut self) {
        self.0.lost = true;
        self.0.health.backends.request_check();
    }

    /// The connection itself, outside of any savepoint.
    pub(super) fn raw(&mut self) -> &mut PgConnection {
        &mut self.0.pg
    }

    /// Whether the last failure was a failure of the connection and not of the statement.
    pub(super) fn lost(&self) -> bool {
        self.0.lost
    }

    /// Runs `work`. If it fails and `in_savepoint` is false, the transaction that it leaves open is
    /// rolled back. If `in_savepoint` is true, `work` runs in a savepoint (or in a transaction of
    /// its own when none is open), and only its own changes are rolled back.
    pub(super) fn with_conn<T>(
        &mut self,
        in_savepoint: bool,
        work: impl FnOnce(&mut PgConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.run(true, in_savepoint, work)
    }

    /// Like [`Self::with_conn`], for statements that no request sent.
    pub(super) fn with_uncounted_conn<T>(
        &mut self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.run(false, false, work)
    }

    fn run<T>(
        &mut self,
        counted: bool,
        in_savepoint: bool,
        work: impl FnOnce(&mut PgConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let conn = &mut *self.0;
        if conn.session.is_outer_transaction() {
            // A failure must not end the transaction that all leases of this connection share.
            return conn.pg.transaction(work);
        }
        conn.in_use.store(counted, Ordering::Relaxed);
        let start = Instant::now();
        let outcome = {
            // The statement timeout, plus the time that PostgreSQL needs to report it.
            let _deadline =
                conn.socket.set_deadline(Instant::now() + conn.statement_timeout + TIMEOUT_MARGIN);
            match in_savepoint {
                true => conn.pg.transaction(work),
                false => work(&mut conn.pg),
            }
        };
        conn.in_use.store(false, Ordering::Relaxed);
        if let Some(times) = &conn.times {
            times.observe(start.elapsed().as_secs_f64());
        }
        self.settle(outcome, |lease| (in_savepoint || lease.finish(false)) && lease.0.ping())
    }

    /// Decides what a failure means for the connection. `still_usable` tests the connection after
    /// an internal error, because Diesel does not report every closed connection as such.
    fn settle<T>(
        &mut self,
        outcome: Result<T, Error>,
        still_usable: impl Fn(&mut Self) -> bool,
    ) -> Result<T, Error> {
        match outcome {
            Err(Error::Outage(outage, cause)) => {
                self.0.health.measures.count_error(outage.name());
                self.0.health.outages.record_failure(outage, &cause);
                if outage.spoils_pool() {
                    self.0.generation.fetch_add(1, Ordering::AcqRel);
                }
                if outage.spoils_connection() || !still_usable(self) {
                    self.mark_lost();
                }
                Err(Error::failure(Failure::Indisponivel, outage.message()))
            }
            Err(Error::Internal(cause)) => {
                self.0.health.measures.count_error(INTERNAL);
                if still_usable(self) {
                    return Err(Error::Internal(cause));
                }
                self.0.health.outages.record_failure(Outage::Unreachable, &cause.to_string());
                self.mark_lost();
                Err(unavailable())
            }
            outcome => outcome,
        }
    }
}

impl Conn {
    fn ping(&mut self) -> bool {
        let _deadline = self.socket.set_deadline(Instant::now() + PING_TIMEOUT);
        self.pg.batch_execute("SELECT 1").is_ok()
    }
}
