//! The r2d2 manager of the pools, which opens and checks connections.

use super::Sql;
use super::catalog::{Difference, DisplayDifferences};
use super::health::Health;
use super::login::{DatabaseRole, Login};
use super::measures::Measures;
use super::pooler::{BackendClaim, Mark};
use super::socket::Socket;
use crate::error::{Outage, sqlstate_class};
use crate::trace::statement;
use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, R2D2Connection};
use prometheus_client::metrics::histogram::Histogram;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Time limit of the login checks and `SET` statements on a new connection, after PostgreSQL
/// accepted it.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(5);
/// Time limit of the short statements that test a connection or set up its session.
pub(super) const PING_TIMEOUT: Duration = Duration::from_secs(4);

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
    pub(super) pg: PgConnection,
    pub(super) socket: Arc<Socket>,
    pub(super) health: Arc<Health>,
    /// The current generation of the pool. An outage that makes all its connections useless starts
    /// a new generation.
    pub(super) generation: Arc<AtomicU64>,
    /// The generation in which this connection was opened. It is used only while both are equal.
    pub(super) opened_in: u64,
    /// The statement timeout of this connection.
    pub(super) statement_timeout: Duration,
    /// The tribunal that `elos.tribunal` is known to hold. `None`: not set yet, or unknown after a
    /// rollback. The pool sets it only when a lease needs another one.
    pub(super) tribunal: Option<i16>,
    /// The value of `Backends::check_generation` at the last check. If the counter has moved on,
    /// the connection is checked before its next use.
    pub(super) checked_generation: u64,
    pub(super) lost: bool,
    /// Whether a caller is using the connection now and its statements are to be counted.
    pub(super) in_use: Arc<AtomicBool>,
    pub(super) session: SessionOwner,
    /// Where the time of each use is counted. `None` to count none.
    pub(super) times: Option<Histogram>,
    pub(super) opened: Instant,
}

/// The owner of the PostgreSQL session of a connection.
pub(super) enum SessionOwner {
    /// The connection itself: no other connection of this process uses the same backend.
    Own { mark: Mark, _claim: BackendClaim },
    /// The caller of [`Manager::of_connection`], who began a transaction and ends it. Nothing here
    /// commits.
    Caller,
}

impl SessionOwner {
    pub(super) const fn is_outer_transaction(&self) -> bool {
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

/// Observes the statements of the pool's callers, but not those that the pool itself sends to set
/// up or test a connection.
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

/// Whether the current role bypasses row-level security, or a table of elos other than `tribunal`
/// does not have it enabled.
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
            opened: Instant::now(),
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

impl Conn {
    pub(super) fn ping(&mut self) -> bool {
        let _deadline = self.socket.set_deadline(Instant::now() + PING_TIMEOUT);
        self.pg.batch_execute("SELECT 1").is_ok()
    }
}
