//! What a request can reach.

use crate::armazem::{Armazem, NoBanco};
use crate::assinante::Assinante;
use crate::config::{Assinaturas, Regras};
use crate::db::Db;
use chrono::{DateTime, Utc};
use std::sync::Arc;

#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub armazem: Arc<dyn Armazem>,
    /// Signs what this server certifies; without one, recibos de envio go unsigned.
    pub assinante: Option<Arc<Assinante>>,
    pub regras: Regras,
    pub assinaturas: Assinaturas,
    /// The clock. A parameter, so that rules and snapshots are deterministic.
    pub agora: fn() -> DateTime<Utc>,
}

impl App {
    /// With files in the database.
    pub fn novo(db: Db, regras: Regras, agora: fn() -> DateTime<Utc>) -> Self {
        let armazem = Arc::new(NoBanco(db.clone()));
        let assinaturas = Assinaturas::default();
        Self { db, armazem, assinante: None, regras, assinaturas, agora }
    }

    #[must_use]
    pub fn assinando(self, assinante: Option<Assinante>) -> Self {
        Self { assinante: assinante.map(Arc::new), ..self }
    }

    #[must_use]
    pub fn com_assinaturas(self, assinaturas: Assinaturas) -> Self {
        Self { assinaturas, ..self }
    }
}
