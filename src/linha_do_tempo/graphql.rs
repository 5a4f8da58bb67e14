//! Timelines in the GraphQL schema.

use super::sentence::{Parts, sentence};
use super::store::LinhaDoTempo;
use super::{Acontecimento, TipoDeAcontecimento};
use crate::Result;
use crate::adolescente::graphql::AdolescenteNode;
use crate::adolescente::store::AdolescenteById;
use crate::db::BatchKey;
use crate::evento::graphql::EventoNode;
use crate::evento::store::EventoById;
use crate::evento::store::Subject;
use crate::graphql_types::connection::{Edge, SentidoOrdem, connections};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::json::ToJson;
use crate::graphql_types::loaders::Loaders;
use crate::graphql_types::scalars::Timestamp;
use crate::guia::graphql::GuiaNode;
use crate::guia::store::GuiaById;
use crate::processo::graphql::{ByName, ProcessoNode, VinculoNode};
use crate::processo::store::{ProcessoById, VinculoById};
use crate::tramite::graphql::TramiteNode;
use crate::tramite::store::TramiteByIdt;
use async_graphql::{Context, Object};
use futures_util::future::try_join5;
use std::sync::Arc;

/// The timeline of an object between two times, oldest first or newest first.
pub fn linha_do_tempo(
    subject: Subject,
    (since, until): (Option<Timestamp>, Option<Timestamp>),
    direction: SentidoOrdem,
) -> LinhaDoTempo {
    let instant = |instant: Option<Timestamp>| instant.map(|instant| instant.0);
    let between = (instant(since), instant(until));
    LinhaDoTempo { subject, between, descending: direction == SentidoOrdem::Desc }
}

pub struct AcontecimentoNode(pub Arc<Acontecimento>);

/// Algo que aconteceu a um processo ou a um adolescente, dito numa frase.
#[Object(name = "Acontecimento")]
impl AcontecimentoNode {
    /// O que aconteceu.
    async fn tipo(&self) -> TipoDeAcontecimento {
        self.0.tipo
    }

    /// Quando.
    async fn ocorrido_em(&self) -> Timestamp {
        self.0.ocorrido_em.into()
    }

    /// O mesmo numa frase, em português.
    async fn frase(&self, ctx: &Context<'_>) -> Result<String> {
        let (loaders, this) = (ctx.loaders(), &*self.0);
        // Load the objects together, so that they share batches with those of other sentences.
        let (vinculo, evento, processo, adolescente, guia) = try_join5(
            load_optional(loaders, this.vinculo_id.map(VinculoById)),
            load_optional(loaders, this.evento_id.map(EventoById)),
            load_optional(loaders, this.processo_id.map(ProcessoById)),
            load_optional(loaders, this.adolescente_id.map(AdolescenteById)),
            load_optional(loaders, this.guia_id.map(GuiaById)),
        )
        .await?;
        let parts = Parts {
            vinculo: vinculo.as_deref(),
            evento: evento.as_deref(),
            processo: processo.as_deref(),
            adolescente: adolescente.as_deref(),
            guia: guia.as_deref(),
        };
        Ok(sentence(this, &parts))
    }

    /// O evento que o registra; nulo se é um vínculo, uma guia ou um trâmite.
    async fn evento(&self, ctx: &Context<'_>) -> Option<Result<EventoNode>> {
        let found = ctx.loaders().load(EventoById(self.0.evento_id?)).await;
        found.map(|found| found.map(EventoNode)).transpose()
    }

    /// Processo atingido, como está agora.
    async fn processo(&self, ctx: &Context<'_>) -> Option<Result<ByName<ProcessoNode>>> {
        let found = ctx.loaders().load(ProcessoById(self.0.processo_id?)).await;
        found.map(|found| found.map(|row| ByName(row.into()))).transpose()
    }

    /// Adolescente atingido, como está agora.
    async fn adolescente(&self, ctx: &Context<'_>) -> Option<Result<AdolescenteNode>> {
        let found = ctx.loaders().load(AdolescenteById(self.0.adolescente_id?)).await;
        found.map(|found| found.map(AdolescenteNode::from)).transpose()
    }

    /// Guia atingida, como está agora.
    async fn guia(&self, ctx: &Context<'_>) -> Option<Result<GuiaNode>> {
        let found = ctx.loaders().load(GuiaById(self.0.guia_id?)).await;
        found.map(|found| found.map(GuiaNode)).transpose()
    }

    /// Vínculo atingido, como está agora.
    async fn vinculo(&self, ctx: &Context<'_>) -> Option<Result<VinculoNode>> {
        let found = ctx.loaders().load(VinculoById(self.0.vinculo_id?)).await;
        found.map(|found| found.map(VinculoNode)).transpose()
    }

    /// Trâmite atingido, como está agora.
    async fn tramite(&self, ctx: &Context<'_>) -> Option<Result<TramiteNode>> {
        let found = ctx.loaders().load(TramiteByIdt(self.0.idt?)).await;
        found.map(|found| found.map(TramiteNode)).transpose()
    }
}

async fn load_optional<R: BatchKey>(loaders: &Loaders, key: Option<R>) -> Result<Option<R::Value>> {
    match key {
        Some(key) => loaders.load(key).await,
        None => Ok(None),
    }
}

impl ToJson for AcontecimentoNode {}

connections! {
    LinhaDoTempo as "AcontecimentoConnection" of Edge "AcontecimentoEdge":
        |row| AcontecimentoNode = AcontecimentoNode(Arc::clone(row));
}
