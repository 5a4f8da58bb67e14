//! Timelines in the schema.

use super::sentence::{Partes, frase};
use super::store::{De, LinhaDoTempo};
use super::{Acontecimento, TipoDeAcontecimento};
use crate::Result;
use crate::adolescente::graphql::AdolescenteNode;
use crate::adolescente::store::AdolescentePorId;
use crate::db::Relation;
use crate::evento::graphql::EventoNode;
use crate::evento::store::EventoPorId;
use crate::graphql_types::connection::{Aresta, ListaGraphql, SentidoOrdem};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::json::Escrevivel;
use crate::graphql_types::loaders::Loaders;
use crate::graphql_types::scalars::Instante;
use crate::guia::graphql::GuiaNode;
use crate::guia::store::GuiaPorId;
use crate::processo::graphql::{PeloNome, ProcessoNode, VinculoNode};
use crate::processo::store::{ProcessoPorId, VinculoPorId};
use crate::tramite::graphql::TramiteNode;
use crate::tramite::store::TramitePorIdt;
use async_graphql::{Context, Object};
use futures_util::future::try_join5;
use std::sync::Arc;

/// The timeline of an object, the oldest or the newest first.
pub fn linha(
    de: De,
    (desde, ate): (Option<Instante>, Option<Instante>),
    sentido: SentidoOrdem,
) -> LinhaDoTempo {
    let instante = |instante: Option<Instante>| instante.map(|instante| instante.0);
    let entre = (instante(desde), instante(ate));
    LinhaDoTempo { de, entre, decrescente: sentido == SentidoOrdem::Desc }
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
    async fn ocorrido_em(&self) -> Instante {
        self.0.ocorrido_em.into()
    }

    /// O mesmo numa frase, em português.
    async fn frase(&self, ctx: &Context<'_>) -> Result<String> {
        let (loaders, este) = (ctx.loaders(), &*self.0);
        // Asked together, so that they are read with those of the other sentences.
        let (vinculo, evento, processo, adolescente, guia) = try_join5(
            se_ha(loaders, este.vinculo_id.map(VinculoPorId)),
            se_ha(loaders, este.evento_id.map(EventoPorId)),
            se_ha(loaders, este.processo_id.map(ProcessoPorId)),
            se_ha(loaders, este.adolescente_id.map(AdolescentePorId)),
            se_ha(loaders, este.guia_id.map(GuiaPorId)),
        )
        .await?;
        let partes = Partes {
            vinculo: vinculo.as_deref(),
            evento: evento.as_deref(),
            processo: processo.as_deref(),
            adolescente: adolescente.as_deref(),
            guia: guia.as_deref(),
        };
        Ok(frase(este, &partes))
    }

    /// O evento que o registra, se é um.
    async fn evento(&self, ctx: &Context<'_>) -> Option<Result<EventoNode>> {
        let achado = ctx.loaders().load(EventoPorId(self.0.evento_id?)).await;
        achado.map(|achado| achado.map(EventoNode)).transpose()
    }

    /// Processo atingido, como está agora.
    async fn processo(&self, ctx: &Context<'_>) -> Option<Result<PeloNome<ProcessoNode>>> {
        let achado = ctx.loaders().load(ProcessoPorId(self.0.processo_id?)).await;
        achado.map(|achado| achado.map(|linha| PeloNome(linha.into()))).transpose()
    }

    /// Adolescente atingido, como está agora.
    async fn adolescente(&self, ctx: &Context<'_>) -> Option<Result<AdolescenteNode>> {
        let achado = ctx.loaders().load(AdolescentePorId(self.0.adolescente_id?)).await;
        achado.map(|achado| achado.map(AdolescenteNode::from)).transpose()
    }

    /// Guia atingida, como está agora.
    async fn guia(&self, ctx: &Context<'_>) -> Option<Result<GuiaNode>> {
        let achada = ctx.loaders().load(GuiaPorId(self.0.guia_id?)).await;
        achada.map(|achada| achada.map(GuiaNode)).transpose()
    }

    /// Vínculo atingido, como está agora.
    async fn vinculo(&self, ctx: &Context<'_>) -> Option<Result<VinculoNode>> {
        let achado = ctx.loaders().load(VinculoPorId(self.0.vinculo_id?)).await;
        achado.map(|achado| achado.map(VinculoNode)).transpose()
    }

    /// Trâmite atingido, como está agora.
    async fn tramite(&self, ctx: &Context<'_>) -> Option<Result<TramiteNode>> {
        let achado = ctx.loaders().load(TramitePorIdt(self.0.idt?)).await;
        achado.map(|achado| achado.map(TramiteNode)).transpose()
    }
}

async fn se_ha<R: Relation>(loaders: &Loaders, key: Option<R>) -> Result<Option<R::Value>> {
    match key {
        Some(key) => loaders.load(key).await,
        None => Ok(None),
    }
}

impl Escrevivel for AcontecimentoNode {}

impl ListaGraphql for LinhaDoTempo {
    type Node = AcontecimentoNode;
    type Edge = Aresta<Self>;
    const CONEXAO: &'static str = "AcontecimentoConnection";
    const ARESTA: &'static str = "AcontecimentoEdge";

    fn node(linha: &Self::Linha) -> AcontecimentoNode {
        AcontecimentoNode(Arc::clone(linha))
    }
}
