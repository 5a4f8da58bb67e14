//! What a request can reach, and one call of it.

use crate::armazem::{Armazem, NoBanco};
use crate::assinante::Assinante;
use crate::auditoria::{Auditoria, Entrada, Rastro};
use crate::auth::Ator;
use crate::config::{Assinaturas, Documentos, Http, Regras};
use crate::db::{Db, Sessao};
use crate::enumeracao::Enumeracao;
use crate::error::Error;
use crate::escrita::Turmas;
use crate::metricas::Metricas;
use crate::rastro::Rastreavel;
use crate::readiness::Readiness;
use chrono::{DateTime, Utc};
use std::sync::Arc;

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
        Self { http, ..self }
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
}

impl Chamada {
    pub fn nova(app: Arc<App>, ator: Ator, entrada: Entrada) -> Self {
        let rastro = Rastro::novo(ator, entrada, app.auditoria.clone(), app.agora);
        Self { app, rastro }
    }

    /// Lets who called see something: not one that is trying names out, and not before the
    /// trail has a place for what it will see.
    pub async fn admitir(&self) -> Result<(), Error> {
        self.pode_ler()?;
        self.rastro.garantir().await
    }

    /// Counts against the credential what it asked for and is not there.
    fn cobrar(&self) {
        let ausencias = self.rastro.ausencias_novas();
        if ausencias > 0 {
            self.app.enumeracao.gastar(self.ator(), ausencias);
            self.app.metricas.faltaram(self.ator(), ausencias);
        }
    }

    /// Refuses who has to wait for having tried too many names.
    pub fn conhecida(&self) -> Result<(), Error> {
        let conferida = self.app.enumeracao.conferir(self.ator());
        if conferida.is_err() {
            self.app.metricas.limitou(self.ator());
        }
        conferida
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

    /// Of a call that was admitted: whether it may read on.
    pub fn pode_ler(&self) -> Result<(), Error> {
        self.cobrar();
        self.conhecida()
    }

    /// The call is over, with this status.
    pub fn encerrar(&self, status: u16) {
        if status == 404 && self.rastro.ausencias() == 0 {
            self.rastro.ausentes(1);
        }
        self.cobrar();
        self.rastro.encerrar(status);
    }
}
