//! What a request can reach, and one call of it.

pub mod enumeration_limit;
pub mod record;

use crate::audit::{Auditoria, OnWritten, Written};
use crate::auth::Ator;
use crate::auth::signer::Assinante;
use crate::blob_store::{Armazem, NoBanco};
use crate::call::enumeration_limit::Enumeracao;
use crate::call::record::{Entrada, Rastro};
use crate::command::Turmas;
use crate::config::{Assinaturas, Documentos, Http};
use crate::db::{Db, Sessao};
use crate::error::Error;
use crate::http::body::{Answers, Bodies};
use crate::readiness::Readiness;
use crate::telemetry::metrics::Metricas;
use crate::value::regras::Regras;
use crate::value::resource::Rastreavel;
use crate::work::Work;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub armazem: Arc<dyn Armazem>,
    pub auditoria: Auditoria,
    pub enumeracao: Arc<Enumeracao>,
    /// Who waits to write.
    pub turmas: Arc<Turmas>,
    pub metricas: Metricas,
    /// What must hold for `/readyz`.
    pub readiness: Readiness,
    /// Signs what this server certifies; without one, recibos de envio go unsigned.
    pub assinante: Option<Arc<Assinante>>,
    pub regras: Regras,
    pub assinaturas: Assinaturas,
    pub documentos: Documentos,
    pub http: Http,
    /// The memory for bodies.
    pub bodies: Arc<Bodies>,
    /// The memory for large answers.
    pub answers: Arc<Answers>,
    /// What is too long for the async workers.
    pub work: Arc<Work>,
    /// The clock. A parameter, so that rules and snapshots are deterministic.
    pub agora: fn() -> DateTime<Utc>,
}

impl App {
    /// With files in the database.
    pub fn novo(db: Db, regras: Regras, agora: fn() -> DateTime<Utc>) -> Self {
        let armazem = Arc::new(NoBanco(db.clone()));
        let metricas = Metricas::novas(db.gauges());
        let auditoria = Auditoria::iniciar(db.clone(), metricas.clone());
        let (enumeracao, turmas, assinaturas) =
            (Arc::default(), Arc::default(), Assinaturas::default());
        let (documentos, http, assinante) = (Documentos::default(), Http::default(), None);
        let readiness = Readiness::default();
        let (bodies, answers, work) = Default::default();
        Self {
            db,
            armazem,
            auditoria,
            enumeracao,
            turmas,
            metricas,
            readiness,
            assinante,
            regras,
            assinaturas,
            documentos,
            http,
            bodies,
            answers,
            work,
            agora,
        }
    }

    #[must_use]
    pub fn assinando(self, assinante: Option<Assinante>) -> Self {
        Self { assinante: assinante.map(Arc::new), ..self }
    }

    #[must_use]
    pub fn com_documentos(self, documentos: Documentos) -> Self {
        Self { documentos, ..self }
    }

    #[must_use]
    pub fn com_http(self, http: Http) -> Self {
        Self { http, bodies: Arc::new(Bodies::new(http.corpos_maximo)), ..self }
    }

    #[must_use]
    pub fn com_assinaturas(self, assinaturas: Assinaturas) -> Self {
        Self { assinaturas, ..self }
    }

    /// Remembers nothing of what is read or written: to measure what that costs.
    #[must_use]
    pub fn sem_auditoria(self) -> Self {
        Self { auditoria: Auditoria::nenhuma(), ..self }
    }

    /// Answers that name nobody do not wait until their record is on disk, if `relaxed`.
    #[must_use]
    pub fn with_trail(self, relaxed: bool) -> Self {
        if relaxed {
            self.auditoria.relax();
        }
        self
    }

    /// So many objects that are not there may be asked for in a minute; zero is no limit.
    #[must_use]
    pub fn com_ausencias_por_minuto(self, maximo: u32) -> Self {
        Self { enumeracao: Arc::new(Enumeracao::nova(maximo)), ..self }
    }
}

/// One call: what it reaches, who makes it, and what it leaves behind. Cheap to clone.
#[derive(Clone)]
pub struct Chamada {
    pub app: Arc<App>,
    pub rastro: Rastro,
    lookups: Arc<Lookups>,
}

impl Chamada {
    pub fn nova(app: Arc<App>, ator: Ator, entrada: Entrada) -> Self {
        let rastro = Rastro::novo(ator, entrada, app.auditoria.clone());
        let lookups = Arc::new(Lookups::new(Arc::clone(&app), rastro.clone()));
        Self { app, rastro, lookups }
    }

    /// Before it sees anything: the trail has a place for what it will see.
    pub async fn admitir(&self) -> Result<(), Error> {
        self.rastro.garantir().await
    }

    /// Before so many objects are looked for by their names. The first time, whoever has missed
    /// too many is refused.
    pub fn naming(&self, names: usize) -> Result<(), Error> {
        self.lookups.take(u32::try_from(names).unwrap_or(u32::MAX))
    }

    /// Passes on what was looked for by its name; counts it when it is not there. Of more absences
    /// than a minute may have, one call is not told.
    pub fn found<T>(&self, found: Option<T>) -> Result<Option<T>, Error> {
        let found = self.rastro.procurado(found);
        self.lookups.check()?;
        Ok(found)
    }

    /// So many that were named are not there.
    pub fn missed(&self, names: usize) -> Result<(), Error> {
        self.rastro.ausentes(names);
        self.lookups.check()
    }

    /// Why it looked nothing up, if it was not let.
    pub fn refused(&self) -> Option<Error> {
        let seconds = self.lookups.refused_for.load(Ordering::Relaxed);
        (seconds > 0).then_some(Error::Limite { segundos: seconds })
    }

    pub fn ator(&self) -> &Ator {
        self.rastro.ator()
    }

    /// Reads, and takes note of which records it was. `ler` may run twice: see [`Db::ler`].
    pub async fn ler<T, F>(&self, ler: F) -> Result<T, Error>
    where
        F: Fn(&mut Sessao<'_>) -> Result<T, Error> + Send + 'static,
        T: Rastreavel + Send + 'static,
    {
        self.admitir().await?;
        let lido = self.app.db.ler(self.ator(), ler).await?;
        self.rastro.leu(&lido);
        Ok(lido)
    }

    /// The call is over, with this status: its answer may leave once what it says is written.
    pub fn encerrar(&self, status: u16) -> Written {
        self.settle(status);
        self.rastro.encerrar(status)
    }

    /// The same; `then` is called by the thread that writes, once nothing keeps the answer.
    pub fn encerrar_then(&self, status: u16, then: OnWritten) {
        self.settle(status);
        self.rastro.encerrar_then(status, then);
    }

    fn settle(&self, status: u16) {
        if status == 404 && self.rastro.ausencias() == 0 {
            self.rastro.ausentes(1);
        }
        self.lookups.settle();
    }
}

/// What a call has looked up by name, until it is settled: at its end, or when its client left.
struct Lookups {
    app: Arc<App>,
    rastro: Rastro,
    taken: AtomicU32,
    settled: AtomicU32,
    refused_for: AtomicU32,
}

impl Lookups {
    fn new(app: Arc<App>, rastro: Rastro) -> Self {
        let (taken, settled, refused_for) = Default::default();
        Self { app, rastro, taken, settled, refused_for }
    }

    /// No call takes more than a minute's.
    fn take(&self, names: u32) -> Result<(), Error> {
        let Some(most) = self.app.enumeracao.por_chamada() else { return Ok(()) };
        let refused_for = self.refused_for.load(Ordering::Relaxed);
        if refused_for > 0 {
            return Err(Error::Limite { segundos: refused_for });
        }
        let before = self.taken.fetch_add(names.min(most), Ordering::Relaxed).min(most);
        let more = names.min(most - before);
        if before > 0 {
            self.app.enumeracao.take(self.rastro.ator(), more);
            return self.check();
        }
        let begun = self.app.enumeracao.begin(self.rastro.ator(), more);
        if let Err(Error::Limite { segundos }) = &begun {
            self.taken.store(0, Ordering::Relaxed);
            self.refused_for.store(*segundos, Ordering::Relaxed);
            self.app.metricas.limitou(self.rastro.ator());
        }
        begun
    }

    fn check(&self) -> Result<(), Error> {
        let told = self.app.enumeracao.por_chamada();
        if told.is_none_or(|most| self.rastro.ausencias() <= most) {
            return Ok(());
        }
        Err(Error::Limite { segundos: self.app.enumeracao.wait(self.rastro.ator()) })
    }

    fn settle(&self) {
        let absent = self.rastro.ausencias();
        let missed = absent - self.settled.swap(absent, Ordering::Relaxed).min(absent);
        if missed > 0 {
            self.app.metricas.faltaram(self.rastro.ator(), missed);
        }
        let Some(most) = self.app.enumeracao.por_chamada() else { return };
        let taken = self.taken.swap(0, Ordering::Relaxed).min(most);
        self.app.enumeracao.settle(self.rastro.ator(), taken, missed.min(most));
    }
}

impl Drop for Lookups {
    fn drop(&mut self) {
        self.settle();
    }
}
