//! Connections: how one is opened and refused, bound to a tribunal, and found dead.

use super::health::Health;
use super::socket::Socket;
use super::{Sql, indisponivel};
use crate::auth::Escopo;
use crate::error::{Error, Falha, Outage};
use diesel::connection::{
    AnsiTransactionManager, Instrumentation, InstrumentationEvent, SimpleConnection,
    TransactionManager,
};
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, Pool, PooledConnection, R2D2Connection};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long opening a connection may take once the server let it in.
const OPENING: Duration = Duration::from_secs(5);
/// How long a connection is asked whether it is alive.
const PING: Duration = Duration::from_secs(4);
/// What the server may take to tell that a statement ran out of time.
const GRACE: Duration = Duration::from_secs(2);

/// The role that a connection takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PapelDoBanco {
    /// Bound by row-level security to one tribunal.
    App,
    /// Reads every tribunal.
    Nacional,
    /// Writes the audit trail of what was read, and seals it.
    Auditor,
}

impl PapelDoBanco {
    const fn nome(self) -> &'static str {
        match self {
            Self::App => "elos_app",
            Self::Nacional => "elos_nacional",
            Self::Auditor => "elos_auditor",
        }
    }
}

/// Why the server does not use a connection.
#[derive(Debug, thiserror::Error)]
pub enum ConexaoRecusada {
    #[error("não foi possível conectar ao banco de dados: {0}")]
    Conexao(#[from] diesel::ConnectionError),
    #[error("o banco de dados aceitou a conexão e não responde")]
    Silencio,
    #[error("o banco de dados recusou uma consulta de verificação: {0}")]
    Consulta(#[from] diesel::result::Error),
    #[error("o banco não tem todas as migrações: rode `elos migrate run` com ELOS_MIGRATE_URL")]
    SemMigracoes,
    #[error(
        "a segurança de linha não vale neste banco: {0} a ignora, ou está desligada em alguma tabela \
         (ALTER ROLE {0} NOBYPASSRLS; ALTER TABLE … ENABLE ROW LEVEL SECURITY)"
    )]
    SemSegurancaDeLinha(&'static str),
    #[error(
        "DATABASE_URL entra como {0}, que é superusuário, ignora a segurança de linha ou é dono das tabelas: \
         entre com um papel comum (CREATE ROLE nome LOGIN; GRANT elos_app, elos_nacional, elos_auditor TO nome)"
    )]
    PapelPoderoso(String),
    #[error(
        "o banco veio de uma cópia (pg_dump) para um servidor mais novo do que os seus registros: a trilha de auditoria \
         e o fluxo de eventos continuariam antes do próprio fim. Pare o PostgreSQL, avance o contador de transações \
         para além de {0} (pg_resetwal --next-transaction-id, --epoch) e inicie de novo"
    )]
    Restaurado(String),
    #[error(
        "DATABASE_URL entra como {0}, que não é membro dos papéis do servidor: GRANT elos_app, elos_nacional, elos_auditor TO {0}"
    )]
    ForaDoPapel(String),
}

/// A pooled connection and what the pool must remember of it.
pub(super) struct Conn {
    pg: PgConnection,
    socket: Arc<Socket>,
    health: Arc<Health>,
    /// Of the pool, and the one under which this was opened: what shows that all connections are
    /// as bad as one begins a new generation.
    generation: Arc<AtomicU64>,
    born: u64,
    /// Of one statement.
    tempo: Duration,
    /// The tribunal its session is set to; SET is sent only when it differs.
    tribunal: Option<i16>,
    /// The suspicion under which it was last seen alive.
    vista: u64,
    perdida: bool,
    /// A request has it.
    em_uso: Arc<AtomicBool>,
}

pub(super) struct Manager {
    url: String,
    papel: PapelDoBanco,
    /// Of one statement.
    tempo: Duration,
    comandos: Option<Arc<AtomicU64>>,
    generation: Arc<AtomicU64>,
    health: Arc<Health>,
}

/// Counts what a request sends, not what a connection needs for itself.
struct Counter {
    comandos: Arc<AtomicU64>,
    em_uso: Arc<AtomicBool>,
}

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, evento: InstrumentationEvent<'_>) {
        let comando = matches!(evento, InstrumentationEvent::StartQuery { .. });
        if comando && self.em_uso.load(Ordering::Relaxed) {
            self.comandos.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[derive(QueryableByName)]
struct QuemEntrou {
    #[diesel(sql_type = diesel::sql_types::Text)]
    nome: String,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    poderoso: bool,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    migrado: bool,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    membro: bool,
}

impl Manager {
    pub(super) fn novo(
        url: String,
        papel: PapelDoBanco,
        tempo: Duration,
        comandos: Option<Arc<AtomicU64>>,
        health: Arc<Health>,
    ) -> Self {
        Self { url, papel, tempo, comandos, generation: Arc::default(), health }
    }

    pub(super) fn abrir(&self) -> Result<(PgConnection, Arc<Socket>), ConexaoRecusada> {
        let (mut pg, socket) = self.health.sockets.connect(&self.url)?;
        {
            let _waiting = socket.wait_until(Instant::now() + OPENING);
            self.preparar(&mut pg)?;
        }
        Ok((pg, socket))
    }

    fn preparar(&self, pg: &mut PgConnection) -> Result<(), ConexaoRecusada> {
        // Members are asked by oid, so that a database without the roles gets an answer, not an error.
        let quem: QuemEntrou = Sql::new(
            "WITH papeis AS ( \
                 SELECT rolname, pg_has_role(session_user, oid, 'MEMBER') AS membro FROM pg_roles \
                 WHERE rolname IN ('elos_dono', 'elos_app', 'elos_nacional', 'elos_auditor')) \
             SELECT session_user::text AS nome, \
                    (SELECT count(*) = 4 FROM papeis) AND to_regclass('__diesel_schema_migrations') IS NOT NULL AS migrado, \
                    rolsuper OR rolbypassrls \
                        OR EXISTS (SELECT FROM papeis WHERE rolname = 'elos_dono' AND membro) AS poderoso, \
                    NOT EXISTS (SELECT FROM papeis WHERE rolname <> 'elos_dono' AND NOT membro) AS membro \
             FROM pg_roles WHERE rolname = session_user",
        )
        .get_result(pg)?;
        match quem {
            QuemEntrou { migrado: false, .. } => return Err(ConexaoRecusada::SemMigracoes),
            QuemEntrou { poderoso: true, nome, .. } => {
                return Err(ConexaoRecusada::PapelPoderoso(nome));
            }
            QuemEntrou { membro: false, nome, .. } => {
                return Err(ConexaoRecusada::ForaDoPapel(nome));
            }
            _ => {}
        }
        let papel = self.papel.nome();
        pg.batch_execute(&format!("SET ROLE {papel}"))?;
        if frouxo(pg)? {
            return Err(ConexaoRecusada::SemSegurancaDeLinha(papel));
        }
        pg.batch_execute(&format!(
            "SET application_name = 'elos'; SET timezone = 'UTC'; \
             SET statement_timeout = {}; SET idle_in_transaction_session_timeout = '30s'",
            self.tempo.as_millis()
        ))?;
        // What is prepared is planned once: planned anew for its values, a point query costs three
        // times as much, and most of that is row-level security.
        pg.batch_execute("SET plan_cache_mode = force_generic_plan")?;
        Ok(())
    }
}

/// Whether the role taken on, or a table of a tribunal, would let row-level security pass.
fn frouxo(pg: &mut PgConnection) -> QueryResult<bool> {
    let frouxos = Sql::new(
        "SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls) \
         UNION ALL SELECT FROM pg_class c WHERE c.relkind = 'r' AND NOT c.relrowsecurity \
           AND c.relowner = 'elos_dono'::regrole AND c.relname <> 'tribunal'",
    );
    Ok(frouxos.execute(pg)? > 0)
}

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = ConexaoRecusada;

    fn connect(&self) -> Result<Conn, ConexaoRecusada> {
        let vista = self.health.suspicion.load(Ordering::Acquire);
        let generation = Arc::clone(&self.generation);
        let born = generation.load(Ordering::Acquire);
        let refused = |refused: &ConexaoRecusada| {
            self.health.outages.failed(Outage::Unreachable, &refused.to_string());
        };
        let (mut pg, socket) = self.abrir().inspect_err(refused)?;
        let em_uso = Arc::new(AtomicBool::new(false));
        if let Some(comandos) = &self.comandos {
            let (comandos, em_uso) = (Arc::clone(comandos), Arc::clone(&em_uso));
            pg.set_instrumentation(Counter { comandos, em_uso });
        }
        let (health, tempo) = (Arc::clone(&self.health), self.tempo);
        Ok(Conn {
            pg,
            socket,
            health,
            generation,
            born,
            tempo,
            tribunal: None,
            vista,
            perdida: false,
            em_uso,
        })
    }

    fn is_valid(&self, conexao: &mut Conn) -> Result<(), ConexaoRecusada> {
        Ok(conexao.pg.batch_execute("SELECT 1")?)
    }

    fn has_broken(&self, conexao: &mut Conn) -> bool {
        conexao.perdida || std::thread::panicking() || conexao.pg.is_broken()
    }
}

fn responde(conn: &mut PgConnection) -> Result<(), Error> {
    Ok(conn.batch_execute("SELECT 1")?)
}

/// In what state a connection is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inicio {
    /// Each statement for itself, or a transaction that who asked begins.
    Solto,
    /// In a transaction that only reads, and sees one state of the data.
    Instantaneo,
}

const INSTANTANEO: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A connection of the pool, set to the tribunal of who asked.
pub(super) struct Lease(PooledConnection<Manager>);

/// Waits for a connection as long as `espera`.
pub(super) fn reservar(
    pool: &Pool<Manager>,
    espera: Duration,
    escopo: Escopo,
    inicio: Inicio,
) -> Result<Lease, Error> {
    let until = Instant::now() + espera;
    // A server that restarted leaves a pool of dead connections: each is found
    // out once and dropped, so the loop ends when a fresh one is opened.
    for _ in 0..=pool.max_size() {
        let left = until.saturating_duration_since(Instant::now());
        let Ok(conexao) = pool.get_timeout(left) else { return Err(indisponivel()) };
        let mut lease = Lease(conexao);
        let pronta = lease.ainda_vive()
            && match inicio {
                Inicio::Solto => lease.tomar_tribunal(escopo),
                Inicio::Instantaneo => lease.abrir_instantaneo(escopo),
            };
        if pronta {
            return Ok(lease);
        }
        lease.declarar_perdida();
    }
    Err(indisponivel())
}

/// What comes of `usar`, on another connection if the first turns out to be closed; and the
/// connection that it was.
pub(super) fn usar_uma<T>(
    reservar: impl Fn() -> Result<Lease, Error>,
    usar: impl Fn(&mut Lease) -> Result<T, Error>,
) -> Result<(Lease, Result<T, Error>), Error> {
    let mut lease = reservar()?;
    let mut desfecho = usar(&mut lease);
    if desfecho.is_err() && lease.perdida() {
        drop(lease);
        lease = reservar()?;
        desfecho = usar(&mut lease);
    }
    Ok((lease, desfecho))
}

impl Lease {
    fn ainda_vive(&mut self) -> bool {
        let conn = &mut *self.0;
        if conn.born != conn.generation.load(Ordering::Acquire) {
            return false;
        }
        let atual = conn.health.suspicion.load(Ordering::Acquire);
        if conn.vista != atual && !conn.ping() {
            return false;
        }
        conn.vista = atual;
        true
    }

    fn tomar_tribunal(&mut self, escopo: Escopo) -> bool {
        let Some(codigo) = escopo.tribunal() else { return true };
        let conn = &mut *self.0;
        if conn.tribunal == Some(codigo) {
            return true;
        }
        let definir = Sql::new("SELECT set_config('elos.tribunal', ")
            .bind(codigo.to_string())
            .push(", false)");
        let _waiting = conn.socket.wait_until(Instant::now() + PING);
        let definido = definir.execute(&mut conn.pg).is_ok();
        conn.tribunal = definido.then_some(codigo);
        definido
    }

    /// The tribunal goes with it, in one round trip.
    fn abrir_instantaneo(&mut self, escopo: Escopo) -> bool {
        let conn = &mut *self.0;
        let sql = match escopo.tribunal() {
            Some(codigo) if conn.tribunal != Some(codigo) => {
                conn.tribunal = Some(codigo);
                format!("{INSTANTANEO}; SET elos.tribunal = '{codigo}'").into()
            }
            _ => Cow::Borrowed(INSTANTANEO),
        };
        let _waiting = conn.socket.wait_until(Instant::now() + PING);
        AnsiTransactionManager::begin_transaction_sql(&mut conn.pg, &sql).is_ok()
    }

    /// Of each statement to come in this transaction.
    pub(super) fn limitar(&mut self, tempo: Duration) -> Result<(), Error> {
        let conn = &mut *self.0;
        let ms = tempo.as_millis().max(1);
        let _waiting = conn.socket.wait_until(Instant::now() + PING);
        Ok(conn.pg.batch_execute(&format!("SET LOCAL statement_timeout = {ms}"))?)
    }

    /// Ends the transaction that is open, if one is; false when the connection is good for nothing.
    pub(super) fn encerrar(&mut self, bem: bool) -> bool {
        let conn = &mut *self.0;
        if !conn.pg.is_broken() {
            return true;
        }
        let _waiting = conn.socket.wait_until(Instant::now() + PING);
        if bem {
            return AnsiTransactionManager::commit_transaction(&mut conn.pg).is_ok();
        }
        // What was set in it is undone with it.
        conn.tribunal = None;
        AnsiTransactionManager::rollback_transaction(&mut conn.pg).is_ok()
    }

    fn declarar_perdida(&mut self) {
        self.0.perdida = true;
        self.0.health.suspicion.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether what failed was the connection, not what was asked.
    pub(super) fn perdida(&self) -> bool {
        self.0.perdida
    }

    /// Runs `trabalho`. If it fails, the transaction that it leaves open is ended; or, where it
    /// is `undone_alone`, only what it did in the transaction that is open is undone.
    pub(super) fn usar<T>(
        &mut self,
        undone_alone: bool,
        trabalho: impl FnOnce(&mut PgConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let conn = &mut *self.0;
        conn.em_uso.store(true, Ordering::Relaxed);
        let desfecho = {
            // As long as its statements may take, and the server to say so.
            let _waiting = conn.socket.wait_until(Instant::now() + conn.tempo + GRACE);
            match undone_alone {
                true => conn.pg.transaction(trabalho),
                false => trabalho(&mut conn.pg),
            }
        };
        conn.em_uso.store(false, Ordering::Relaxed);
        self.julgar(desfecho, |lease| (undone_alone || lease.encerrar(false)) && lease.0.ping())
    }

    /// What a failure means for the connection. One of ours raises a doubt about it, settled at
    /// once by `ainda_serve`: Diesel does not tell every closed one from another error.
    fn julgar<T>(
        &mut self,
        desfecho: Result<T, Error>,
        ainda_serve: impl Fn(&mut Self) -> bool,
    ) -> Result<T, Error> {
        match desfecho {
            Err(Error::Outage(outage, cause)) => {
                self.0.health.outages.failed(outage, &cause);
                if outage.spoils_pool() {
                    self.0.generation.fetch_add(1, Ordering::AcqRel);
                }
                if outage.spoils_connection() || !ainda_serve(self) {
                    self.declarar_perdida();
                }
                Err(Error::falha(Falha::Indisponivel, outage.message()))
            }
            Err(Error::Interno(cause)) if !ainda_serve(self) => {
                self.0.health.outages.failed(Outage::Unreachable, &cause.to_string());
                self.declarar_perdida();
                Err(indisponivel())
            }
            desfecho => desfecho,
        }
    }
}

impl Conn {
    fn ping(&mut self) -> bool {
        let _waiting = self.socket.wait_until(Instant::now() + PING);
        responde(&mut self.pg).is_ok()
    }
}
