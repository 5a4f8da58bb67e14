//! The bytes of a file, read piece by piece from wherever its parts are.

use crate::auth::Ator;
use crate::call::App;
use crate::error::Error;
use crate::rest::tramites::patience::insist;
use crate::tramite::{Segmento, Trecho};
use actix_web::HttpRequest;
use actix_web::web::Bytes;
use std::sync::Arc;

pub struct Reader {
    req: HttpRequest,
    app: Arc<App>,
    ator: Ator,
    segmentos: Vec<Segmento>,
    posicao: i64,
    fim: i64,
}

impl Reader {
    pub const fn new(
        req: HttpRequest,
        app: Arc<App>,
        ator: Ator,
        segmentos: Vec<Segmento>,
        trecho: Trecho,
    ) -> Self {
        Self { req, app, ator, segmentos, posicao: trecho.inicio, fim: trecho.fim }
    }

    /// Nothing is left.
    pub const fn is_at_end(&self) -> bool {
        self.posicao >= self.fim
    }

    /// The next bytes, at most a piece; none at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if self.is_at_end() {
            return Ok(None);
        }
        let perdido = || Error::interno(anyhow::anyhow!("a piece of a content is missing"));
        let posicao = self.posicao;
        let dele =
            |segmento: &&Segmento| (segmento.trecho.inicio..segmento.trecho.fim).contains(&posicao);
        let segmento = *self.segmentos.iter().find(dele).ok_or_else(perdido)?;
        let (ordem, desde) = segmento.pedaco(posicao).ok_or_else(perdido)?;
        let Self { app, ator, .. } = &*self;
        let ler = || app.armazem.ler(ator, segmento.conteudo, ordem);
        let pedaco = insist(&self.req, app, ler).await?.ok_or_else(perdido)?;
        let ate = segmento.trecho.fim.min(self.fim) - posicao;
        let quantos = usize::try_from(ate).map_err(Error::interno)?;
        let fim = pedaco.len().min(desde.saturating_add(quantos));
        if desde >= fim {
            return Err(perdido());
        }
        let bytes = pedaco.slice(desde..fim);
        self.posicao += i64::try_from(bytes.len()).map_err(Error::interno)?;
        Ok(Some(bytes))
    }
}
