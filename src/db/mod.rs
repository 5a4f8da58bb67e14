//! PostgreSQL: the two doors to it, and what a query is made of.
//!
//! The pool is private here. [`Db::ler`] and [`Db::escrever`] are the ways in, and
//! both take an [`Ator`]: no statement runs without a tribunal. What the server asks
//! for itself ([`Db::como_servidor`]) sees no row of any.

pub mod catalog;
mod connect_options;
mod conninfo;
mod write;
pub mod credentials;
mod epoch;
mod listener;
pub mod feed;
mod health;
mod held_feed;
mod snapshot;
pub mod list;
pub mod login;
mod manager;
pub mod migrations;
mod outages;
mod owner;
mod permits;
mod relation;
mod service_time;
pub mod schema;
mod session;
mod socket;
mod sql;
mod start;
mod text_enum;
mod transport;
mod within;

pub use health::Gauges;
pub use manager::ConexaoRecusada;
pub use permits::{Bounds, Caller, Lane, PATIENCE, Permit, Permits, Queued, Run, Waiting};
pub use relation::{Relation, agrupar};
pub use session::sessions_kept;
pub use snapshot::Leitura;
pub use sql::{Sql, Valor};
pub(crate) use text_enum::texto_enum;
pub use transport::{Transport, UNVERIFIED, UnsafeTransport, transport};

use crate::auth::{Ator, Escopo};
use crate::error::{Error, Falha, Outage};
use catalog::Structure;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::{NopErrorHandler, Pool};
use diesel::{Connection, PgConnection};
use health::Health;
use listener::Avisos;
use login::{Login, PapelDoBanco};
use manager::{Inicio, Lease, Manager};
use migrations::Standing;
use session::SessionWatch;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

/// What an operation may take, if nothing else is set.
pub const TEMPO: Duration = Duration::from_secs(15);
/// Calls wait for what the trail writes: a statement of it that is stuck is given up sooner than they.
const TEMPO_DA_TRILHA: Duration = Duration::from_secs(4);

/// A fault of the structure keeps the server from being ready within this time.
const STRUCTURE_INTERVAL: Duration = Duration::from_secs(30);

/// While the server cannot be reached, a pool tries again as often as this, or half as often.
const ENTRE_CONEXOES: Duration = Duration::from_secs(1);

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct DbOptions {
    /// A login that may take on `elos_app`, inherits nothing, and is neither a superuser nor an owner.
    pub url: String,
    /// Another login, that alone may take on `elos_nacional`; without it, the one of `url` does.
    pub nacional_url: Option<String>,
    /// Another login, that alone may take on `elos_auditor`; without it, the one of `url` does.
    pub auditor_url: Option<String>,
    pub pool_max: u32,
    /// How long a request waits for a connection before it is told to come back.
    pub espera: Duration,
    /// The most that a statement, or all that an answer reads, may take.
    pub tempo: Duration,
    /// Counts every statement sent: for tests and metrics.
    pub comandos: Option<Arc<AtomicU64>>,
    /// Drops the tribunal filter of the query layer, so that a test can show
    /// that row-level security alone still hides what is foreign.
    pub sem_filtro: bool,
    /// How often the structure is compared with what the migrations make.
    pub structure_interval: Duration,
    /// Serves although the structure differs: to measure what the policies cost.
    pub any_structure: bool,
}

impl DbOptions {
    pub fn nova(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            nacional_url: None,
            auditor_url: None,
            pool_max: 8,
            espera: Duration::from_secs(5),
            tempo: TEMPO,
            comandos: None,
            sem_filtro: false,
            structure_interval: STRUCTURE_INTERVAL,
            any_structure: false,
        }
    }
}

impl DbOptions {
    /// Each address by which the database is reached, once.
    fn urls(&self) -> Vec<String> {
        let all = [Some(&self.url), self.nacional_url.as_ref(), self.auditor_url.as_ref()];
        let mut urls: Vec<String> = all.into_iter().flatten().cloned().collect();
        urls.sort();
        urls.dedup();
        urls
    }
}

/// Connections, and the queue of who waits for one; no thread waits.
#[derive(Clone)]
struct Conexoes {
    pool: Pool<Manager>,
    permits: Permits,
}

#[derive(Clone)]
pub struct Db {
    tribunais: Conexoes,
    nacional: Conexoes,
    /// One connection for what the server asks for itself, so that no load keeps it waiting.
    proprio: Pool<Manager>,
    avisos: Arc<Avisos>,
    health: Arc<Health>,
    /// Who writes the audit trail, and who seals it.
    auditor: Pool<Manager>,
    session: Arc<SessionWatch>,
    espera: Duration,
    tempo: Duration,
    sem_filtro: bool,
    structure: Arc<Structure>,
}

/// A connection bound to whose rows it may touch.
pub struct Sessao<'a> {
    conn: &'a mut PgConnection,
    /// The tribunal that every query filters by; row-level security is the second wall.
    pub escopo: Escopo,
}

impl Sessao<'_> {
    pub fn conn(&mut self) -> &mut PgConnection {
        self.conn
    }

    /// From here on, in this transaction: not to wait longer for a row that another has. What
    /// does fails, and the transaction with it.
    pub fn esperar_no_maximo(&mut self, tempo: Duration) -> Result<(), Error> {
        let ms = tempo.as_millis().max(1);
        Ok(self.conn.batch_execute(&format!("SET LOCAL lock_timeout = {ms}"))?)
    }

    /// Part of a transaction, undone alone if it fails.
    pub fn desfazivel<T>(
        &mut self,
        escrever: impl FnOnce(&mut Sessao<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let escopo = self.escopo;
        self.conn.transaction(|conn| escrever(&mut Sessao { conn, escopo }))
    }

    /// Two statements or more that must see one state of the data.
    pub fn instantaneo<T>(
        &mut self,
        ler: impl FnOnce(&mut Sessao<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let escopo = self.escopo;
        let status = AnsiTransactionManager::transaction_manager_status_mut(self.conn);
        if !matches!(status.transaction_depth(), Ok(None)) {
            return self.desfazivel(ler);
        }
        let mut transacao = self.conn.build_transaction().read_only().repeatable_read();
        transacao.run(|conn| ler(&mut Sessao { conn, escopo }))
    }
}

impl Db {
    /// Opens the pools. Refuses a login that row-level security would not bind.
    pub fn conectar(opcoes: &DbOptions) -> Result<Self, ConexaoRecusada> {
        let health = Health::new();
        opcoes.urls().iter().try_for_each(|url| session::kept(&health.sockets, url))?;
        let gerente = |papel, comandos| {
            let tempo = match papel {
                PapelDoBanco::Auditor => TEMPO_DA_TRILHA,
                _ => opcoes.tempo,
            };
            Manager::novo(Login::of(opcoes, papel), papel, tempo, comandos, Arc::clone(&health))
        };
        let pool = |papel, maximo, comandos| {
            Pool::builder()
                .max_size(maximo)
                .min_idle(Some(0))
                .test_on_check_out(false)
                .connection_timeout(ENTRE_CONEXOES)
                // What it would log is told by `outages`.
                .error_handler(Box::new(NopErrorHandler))
                .build_unchecked(gerente(papel, comandos))
        };
        let conexoes = |papel, maximo: u32| {
            let pool = pool(papel, maximo, opcoes.comandos.clone());
            let bounds = Bounds::of(maximo as usize, permits::cores());
            let bounds = match papel {
                PapelDoBanco::App => bounds,
                _ => bounds.of_one_tribunal(),
            };
            Conexoes { pool, permits: Permits::new(bounds) }
        };
        let (mut sonda, _) = gerente(PapelDoBanco::App, None).entrar()?;
        let standing = migrations::standing(&mut sonda)?;
        if matches!(standing, Standing::Empty | Standing::Behind) {
            return Err(ConexaoRecusada::SemMigracoes);
        }
        let faults = match opcoes.any_structure {
            true => Vec::new(),
            false => catalog::faults(&mut sonda)?,
        };
        if !faults.is_empty() {
            return Err(ConexaoRecusada::Estrutura(faults));
        }
        if standing == Standing::Ahead {
            let migration = migrations::first_unknown(&mut sonda)?;
            tracing::warn!(
                migration,
                "this program is older than the database: the first migration that it does not know"
            );
        }
        gerente(PapelDoBanco::Nacional, None).abrir()?;
        let (mut auditor, _) = gerente(PapelDoBanco::Auditor, None).abrir()?;
        epoch::check(&mut auditor)?;
        Ok(Self {
            tribunais: conexoes(PapelDoBanco::App, opcoes.pool_max),
            nacional: conexoes(PapelDoBanco::Nacional, opcoes.pool_max.div_ceil(4)),
            proprio: pool(PapelDoBanco::App, 1, None),
            avisos: Arc::new(Avisos::novos(Login::of(opcoes, PapelDoBanco::App))),
            health: Arc::clone(&health),
            auditor: pool(PapelDoBanco::Auditor, 2, None),
            session: Arc::new(SessionWatch::of(opcoes.urls(), Arc::clone(&health))),
            espera: opcoes.espera,
            tempo: opcoes.tempo,
            sem_filtro: opcoes.sem_filtro,
            structure: Arc::new(Structure::new(opcoes)),
        })
    }

    /// Reads on a blocking thread. `ler` runs again, once, if the server had
    /// closed the connection; so it must not keep state between runs.
    pub async fn ler<T, F>(&self, ator: &Ator, ler: F) -> Result<T, Error>
    where
        F: Fn(&mut Sessao<'_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        let (db, escopo) = (self.clone(), ator.escopo());
        let permit = self.permit(ator, Lane::Alone, Instant::now()).await?;
        let ler = move || {
            db.no_tempo(|| {
                let reservar = || db.reservar(escopo, Inicio::Solto);
                let usar =
                    |lease: &mut Lease| lease.usar(false, |conn| ler(&mut db.sessao(conn, escopo)));
                manager::usar_uma(reservar, usar)?.1
            })
        };
        Self::bloqueante(permit, ler).await?
    }

    /// Counts a request that may have to wait for a place; refuses it if too many of its
    /// credential, or of its tribunal, wait already.
    pub fn wait(&self, ator: &Ator) -> Result<Waiting, Error> {
        let waiting = self.conexoes(ator.escopo()).permits.wait(&Caller::of(ator));
        waiting.map_err(|full| Error::Sobrecarga { segundos: full.seconds })
    }

    /// Has `run` done on a blocking thread once there is a place, for a request that is counted by
    /// [`Db::wait`].
    pub fn run(&self, ator: &Ator, lane: Lane, run: Run) -> Queued {
        self.conexoes(ator.escopo()).permits.run(&Caller::of(ator), lane, run)
    }

    /// A place, for a request that waits since `desde`. It may be waited for as long as `espera`.
    pub async fn permit(&self, ator: &Ator, lane: Lane, desde: Instant) -> Result<Permit, Error> {
        let _waiting = self.wait(ator)?;
        self.permit_of_counted(ator, lane, desde).await
    }

    /// The same, for requests that are counted by [`Db::wait`].
    pub async fn permit_of_counted(
        &self,
        ator: &Ator,
        lane: Lane,
        desde: Instant,
    ) -> Result<Permit, Error> {
        let permits = &self.conexoes(ator.escopo()).permits;
        let until = self.patience_ends(desde);
        let permit = permits.acquire_until(&Caller::of(ator), lane, until).await;
        permit.ok_or_else(|| self.waited_too_long(ator))
    }

    /// Until when a place is waited for.
    pub fn patience_ends(&self, desde: Instant) -> Instant {
        desde + self.espera
    }

    /// What is told to a request that got no place in time.
    pub fn waited_too_long(&self, ator: &Ator) -> Error {
        let Conexoes { pool, permits } = self.conexoes(ator.escopo());
        // Those who have a place wait for a connection that cannot be opened.
        if pool.state().connections == 0 {
            return indisponivel();
        }
        Error::Sobrecarga { segundos: permits.overloaded(&Caller::of(ator)).seconds }
    }

    /// Begins to read one answer, on the thread of whoever has a place; `careful` if it is read
    /// for the second time.
    pub fn leitura(&self, _place: &Permit, ator: &Ator, careful: bool) -> Leitura {
        Leitura::nova(self.clone(), ator.escopo(), careful)
    }

    /// What the server asks for itself: of no tribunal, so no tribunal's row is seen. Blocks.
    pub fn como_servidor<T>(
        &self,
        ler: impl Fn(&mut PgConnection) -> diesel::QueryResult<T>,
    ) -> Result<T, Error> {
        let ler = |conn: &mut PgConnection| ler(conn).map_err(Error::from);
        self.session.check()?;
        let (papel, escopo) = (PapelDoBanco::App, Escopo::Tribunal(0));
        let reservar =
            || manager::reservar(&self.proprio, papel, self.espera, escopo, Inicio::Solto);
        manager::usar_uma(reservar, |lease| lease.usar(false, ler))?.1
    }

    /// Of every tribunal, but only the audit trail: to add to it, and to seal it. Blocks.
    pub fn como_auditor<T>(
        &self,
        fazer: impl Fn(&mut PgConnection) -> diesel::QueryResult<T>,
    ) -> Result<T, Error> {
        self.session.check()?;
        let (papel, escopo) = (PapelDoBanco::Auditor, Escopo::Nacional);
        let mut lease =
            manager::reservar(&self.auditor, papel, self.espera, escopo, Inicio::Solto)?;
        lease.usar(false, |conn| fazer(conn).map_err(Error::from))
    }

    /// How many may be at work at once for those who call.
    pub fn conexoes_no_maximo(&self) -> usize {
        (self.tribunais.pool.max_size() + self.nacional.pool.max_size()) as usize
    }

    fn conexoes(&self, escopo: Escopo) -> &Conexoes {
        match escopo {
            Escopo::Tribunal(_) => &self.tribunais,
            Escopo::Nacional => &self.nacional,
        }
    }

    fn reservar(&self, escopo: Escopo, inicio: Inicio) -> Result<Lease, Error> {
        self.session.check()?;
        let papel = match escopo {
            Escopo::Tribunal(_) => PapelDoBanco::App,
            Escopo::Nacional => PapelDoBanco::Nacional,
        };
        manager::reservar(&self.conexoes(escopo).pool, papel, self.espera, escopo, inicio)
    }

    /// The one place where async code meets Diesel, which is synchronous.
    async fn bloqueante<T: Send + 'static>(
        permit: Permit,
        trabalho: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let span = tracing::Span::current();
        let trabalho = move || {
            let _permit = permit;
            span.in_scope(trabalho)
        };
        tokio::task::spawn_blocking(trabalho).await.map_err(Error::interno)
    }

    /// Diesel does not tell a statement that ran out of time from another failure.
    fn no_tempo<T>(&self, trabalho: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let inicio = Instant::now();
        match trabalho() {
            Err(Error::Interno(_)) if inicio.elapsed() >= self.tempo => {
                Err(self.tempo_esgotado(None))
            }
            desfecho => desfecho,
        }
    }

    fn tempo_esgotado(&self, lendo: Option<&str>) -> Error {
        let segundos = self.tempo.as_secs_f32();
        let lendo = lendo.map_or_else(String::new, |relacao| format!(" ao ler {relacao}"));
        let mensagem = format!(
            "a operação passou do tempo máximo ({segundos} s){lendo}; tente de novo, ou peça menos de cada vez"
        );
        Error::falha(Falha::TempoEsgotado, mensagem)
    }

    fn sessao<'a>(&self, conn: &'a mut PgConnection, escopo: Escopo) -> Sessao<'a> {
        Sessao { conn, escopo: if self.sem_filtro { Escopo::Nacional } else { escopo } }
    }
}

pub(crate) fn indisponivel() -> Error {
    Error::falha(Falha::Indisponivel, Outage::Unreachable.message())
}
