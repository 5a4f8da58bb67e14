//! Connections: how one is opened and refused, bound to a tribunal, and found dead.

use super::catalog::{Difference, Listed};
use super::health::Health;
use super::login::{Login, PapelDoBanco};
use super::session::{Held, Mark};
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
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long opening a connection may take once the server let it in.
const OPENING: Duration = Duration::from_secs(5);
/// How long a connection is asked whether it is alive.
const PING: Duration = Duration::from_secs(4);
/// What the server may take to tell that a statement ran out of time.
const GRACE: Duration = Duration::from_secs(2);

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
        "faltam no servidor de banco os papéis {0} (um banco restaurado não os traz): \
         rode `elos migrate repair` com ELOS_MIGRATE_URL"
    )]
    SemPapeis(String),
    #[error(
        "a segurança de linha não vale neste banco: {0} a ignora, ou está desligada em alguma tabela; \
         rode `elos migrate repair` com ELOS_MIGRATE_URL"
    )]
    SemSegurancaDeLinha(&'static str),
    #[error(
        "o banco não está como as migrações o fazem:{list}\nrode `elos migrate repair` com ELOS_MIGRATE_URL",
        list = Listed(.0)
    )]
    Estrutura(Vec<Difference>),
    #[error(
        "{setting} entra como {login}, que {why}: a segurança de linha não o prenderia. \
         Entre com um papel comum (CREATE ROLE nome LOGIN NOINHERIT; GRANT {roles} TO nome)"
    )]
    PapelPoderoso { setting: &'static str, login: String, why: String, roles: String },
    #[error(
        "{setting} entra como {login}, que herda {roles}: sem assumir papel nenhum, lê e grava tudo o que eles podem. \
         Como quem administra o banco, rode: {line}"
    )]
    Herda { setting: &'static str, login: String, roles: String, line: String },
    #[error(
        "{setting} entra como {login}, que também é membro de {roles}: com uma URL para cada fim, cada login é membro \
         só do seu papel. Como quem administra o banco, rode: {line}"
    )]
    MembroDeMais { setting: &'static str, login: String, roles: String, line: String },
    #[error(
        "{setting} entra como {login}, que não é membro dos papéis do servidor. \
         Como quem administra o banco, rode: {line}"
    )]
    ForaDoPapel { setting: &'static str, login: String, line: String },
    #[error(
        "entre o servidor e o PostgreSQL há um pooler que troca de conexão a cada transação (no PgBouncer, pool_mode = \
         transaction ou statement): o tribunal e o papel de uma sessão cairiam na de outro, e a segurança de linha com \
         eles. Ponha-o em modo de sessão (pool_mode = session), ou ligue DATABASE_URL direto ao PostgreSQL"
    )]
    TransactionPooler,
    #[error("a conexão que foi dada a este banco já se fechou")]
    Spent,
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
    /// The doubt under which it was last seen alive.
    vista: u64,
    perdida: bool,
    /// A request has it.
    em_uso: Arc<AtomicBool>,
    session: Session,
}

/// What a connection's session is.
enum Session {
    /// Its own, on a backend that no other connection of this process has.
    Own { mark: Mark, _held: Held },
    /// Inside one transaction that somebody else began and ends: nothing here commits.
    Within,
}

impl Session {
    const fn is_within(&self) -> bool {
        matches!(self, Self::Within)
    }
}

/// Where connections come from.
enum Source {
    Login(Login),
    /// The one there is, once.
    Given(Mutex<Option<PgConnection>>),
}

pub(super) struct Manager {
    source: Source,
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

impl Manager {
    pub(super) fn novo(
        login: Login,
        papel: PapelDoBanco,
        tempo: Duration,
        comandos: Option<Arc<AtomicU64>>,
        health: Arc<Health>,
    ) -> Self {
        let source = Source::Login(login);
        Self { source, papel, tempo, comandos, generation: Arc::default(), health }
    }

    /// Hands out `conn`, which is in a transaction, and nothing else. Each lease takes the role
    /// that it is asked for.
    pub(super) fn given(conn: PgConnection, tempo: Duration, health: Arc<Health>) -> Self {
        Self {
            source: Source::Given(Mutex::new(Some(conn))),
            papel: PapelDoBanco::App,
            tempo,
            comandos: None,
            generation: Arc::default(),
            health,
        }
    }

    /// A connection whose login was checked, as the role that it is for.
    pub(super) fn entrar(&self) -> Result<(PgConnection, Arc<Socket>), ConexaoRecusada> {
        let Source::Login(login) = &self.source else { return Err(ConexaoRecusada::Spent) };
        let (mut pg, socket) = self.health.sockets.connect(&login.url)?;
        {
            let _waiting = socket.wait_until(Instant::now() + OPENING);
            login.check(&mut pg)?;
            pg.batch_execute(&format!("SET ROLE {}", self.papel.nome()))?;
        }
        Ok((pg, socket))
    }

    pub(super) fn abrir(&self) -> Result<(PgConnection, Arc<Socket>), ConexaoRecusada> {
        let (mut pg, socket) = self.entrar()?;
        {
            let _waiting = socket.wait_until(Instant::now() + OPENING);
            self.preparar(&mut pg)?;
        }
        Ok((pg, socket))
    }

    fn preparar(&self, pg: &mut PgConnection) -> Result<(), ConexaoRecusada> {
        if frouxo(pg)? {
            return Err(ConexaoRecusada::SemSegurancaDeLinha(self.papel.nome()));
        }
        pg.batch_execute(&format!(
            "SET application_name = 'elos'; SET timezone = 'UTC'; \
             SET statement_timeout = {}; SET idle_in_transaction_session_timeout = '30s'",
            self.tempo.as_millis()
        ))?;
        // What is prepared is planned once: planned anew for its values, a point query costs three
        // times as much, and most of that is row-level security.
        // A place is one backend's work: its statements take no workers, which would go past whoever
        // waits for a place, and which take ten milliseconds to start.
        pg.batch_execute(
            "SET plan_cache_mode = force_generic_plan; SET jit = off; SET max_parallel_workers_per_gather = 0",
        )?;
        Ok(())
    }
}

/// Whether the role taken on, or a table of a tribunal, would let row-level security pass.
fn frouxo(pg: &mut PgConnection) -> QueryResult<bool> {
    let frouxos = Sql::new(
        "SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls) \
         UNION ALL SELECT FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relrowsecurity \
           AND c.relowner = 'elos_dono'::regrole AND c.relname <> 'tribunal'",
    );
    Ok(frouxos.execute(pg)? > 0)
}

impl Manager {
    /// A connection in a session of its own.
    fn open_own(&self) -> Result<(PgConnection, Arc<Socket>, Session), ConexaoRecusada> {
        let (mut pg, socket) = self.abrir()?;
        let (mark, held) = {
            let _waiting = socket.wait_until(Instant::now() + OPENING);
            self.health.backends.claim(&mut pg)?
        };
        Ok((pg, socket, Session::Own { mark, _held: held }))
    }
}

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = ConexaoRecusada;

    fn connect(&self) -> Result<Conn, ConexaoRecusada> {
        let (health, generation) = (Arc::clone(&self.health), Arc::clone(&self.generation));
        let (vista, born) = (health.backends.doubt(), generation.load(Ordering::Acquire));
        let refused = |refused: &ConexaoRecusada| {
            self.health.outages.failed(Outage::Unreachable, &refused.to_string());
        };
        let (mut pg, socket, session) = match &self.source {
            Source::Given(given) => {
                let taken = given.lock().unwrap_or_else(PoisonError::into_inner).take();
                let pg = taken.ok_or(ConexaoRecusada::Spent)?;
                (pg, Arc::new(Socket::unwatched()), Session::Within)
            }
            Source::Login(_) => self.open_own().inspect_err(refused)?,
        };
        let em_uso = Arc::new(AtomicBool::new(false));
        if let Some(comandos) = &self.comandos {
            let (comandos, em_uso) = (Arc::clone(comandos), Arc::clone(&em_uso));
            pg.set_instrumentation(Counter { comandos, em_uso });
        }
        Ok(Conn {
            pg,
            socket,
            health,
            generation,
            born,
            tempo: self.tempo,
            tribunal: None,
            vista,
            perdida: false,
            em_uso,
            session,
        })
    }

    fn is_valid(&self, conexao: &mut Conn) -> Result<(), ConexaoRecusada> {
        Ok(conexao.pg.batch_execute("SELECT 1")?)
    }

    fn has_broken(&self, conexao: &mut Conn) -> bool {
        let open = !conexao.session.is_within() && conexao.pg.is_broken();
        conexao.perdida || std::thread::panicking() || open
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
    papel: PapelDoBanco,
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
                _ if lease.0.session.is_within() => lease.take_role(papel, escopo),
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
        let Session::Own { mark, .. } = &conn.session else { return !conn.perdida };
        if conn.born != conn.generation.load(Ordering::Acquire) {
            return false;
        }
        let atual = conn.health.backends.doubt();
        let _waiting = conn.socket.wait_until(Instant::now() + PING);
        // Alive, and still the session that was set up here.
        if conn.vista != atual && mark.check(&mut conn.pg).is_err() {
            return false;
        }
        conn.vista = atual;
        true
    }

    /// Of a connection that is lent to every role in turn. `SET` outside of a savepoint: the
    /// next lease sets both again.
    fn take_role(&mut self, papel: PapelDoBanco, escopo: Escopo) -> bool {
        let tribunal = escopo.tribunal().map_or_else(String::new, |codigo| codigo.to_string());
        let set = format!("SET ROLE {}; SET elos.tribunal = '{tribunal}'", papel.nome());
        self.0.pg.batch_execute(&set).is_ok()
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
        if conn.session.is_within() {
            return Ok(());
        }
        let ms = tempo.as_millis().max(1);
        let _waiting = conn.socket.wait_until(Instant::now() + PING);
        Ok(conn.pg.batch_execute(&format!("SET LOCAL statement_timeout = {ms}"))?)
    }

    /// Ends the transaction that is open, if one is; false when the connection is good for nothing.
    pub(super) fn encerrar(&mut self, bem: bool) -> bool {
        let conn = &mut *self.0;
        if conn.session.is_within() || !conn.pg.is_broken() {
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
        self.0.health.backends.suspect();
    }

    /// The connection itself, outside of any savepoint.
    pub(super) fn raw(&mut self) -> &mut PgConnection {
        &mut self.0.pg
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
        if conn.session.is_within() {
            // A failure must not end the transaction that all of them share.
            return conn.pg.transaction(trabalho);
        }
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
