use super::store::{Alteracoes, EventosDe};
use super::{Evento, TipoEvento};
use crate::Result;
use crate::adolescente::graphql::AdolescenteNode;
use crate::adolescente::store::AdolescentePorId;
use crate::auth::Papel;
use crate::graphql::diretivas::{AUDITORIA, RequerPapel};
use crate::graphql::{
    Aresta, ContextExt, Escrevivel, Fato, GlobalId, Instante, ListaGraphql, Passagem, Pergunta,
};
use crate::guia::{graphql::GuiaNode, store::GuiaPorId};
use crate::processo::{NumeroProcesso, graphql::ProcessoNode, store::ProcessoPorId};
use async_graphql::{Context, ID, Object, Subscription};
use futures_util::{Stream, stream};
use std::sync::Arc;

pub struct EventoNode(pub Arc<Evento>);

/// Fato ocorrido a um processo ou a um adolescente. Gravado na mesma transação que a mudança; nunca muda.
#[Object(name = "Evento")]
impl EventoNode {
    /// Identificador global, opaco e estável.
    pub async fn id(&self) -> ID {
        GlobalId::Evento(self.0.id).into()
    }

    /// Posição no fluxo; devolva em `desde` para retomar uma assinatura.
    async fn cursor(&self) -> String {
        format!("{}-{}", self.0.xid, self.0.id)
    }

    /// O que aconteceu.
    async fn tipo(&self) -> TipoEvento {
        self.0.tipo
    }

    /// Quando.
    async fn ocorrido_em(&self) -> Instante {
        self.0.ocorrido_em.into()
    }

    /// O `sub` de quem fez.
    #[graphql(directive = RequerPapel::apply(AUDITORIA.into()))]
    async fn ator(&self, ctx: &Context<'_>) -> Option<&str> {
        ctx.ator().tem(Papel::Auditoria).then_some(self.0.ator_sub.as_str())
    }

    /// Campos alterados, com os nomes deste esquema; nunca os valores.
    async fn campos_alterados(&self) -> &[String] {
        &self.0.campos
    }

    /// Processo atingido, como está agora.
    async fn processo(&self, ctx: &Context<'_>) -> Option<Result<ProcessoNode>> {
        let achado = ctx.loaders().load(ProcessoPorId(self.0.processo_id?)).await;
        achado.map(|achado| achado.map(ProcessoNode::from)).transpose()
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
}

impl Escrevivel for EventoNode {}

impl ListaGraphql for EventosDe {
    type Node = EventoNode;
    type Edge = Aresta<Self>;
    const CONEXAO: &'static str = "EventoConnection";
    const ARESTA: &'static str = "EventoEdge";

    fn node(linha: &Self::Linha) -> EventoNode {
        EventoNode(Arc::clone(linha))
    }
}

#[derive(Default)]
pub struct EventoSubscription;

#[Subscription]
impl EventoSubscription {
    /// Cada alteração de processo visível.
    async fn processo_alterado(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Só este processo; ausente, todos os visíveis.")] numero: Option<
            NumeroProcesso,
        >,
        #[graphql(
            desc = "O `Evento.cursor` do último evento recebido; retoma dali sem perder nada."
        )]
        desde: Option<String>,
    ) -> Result<impl Stream<Item = Option<EventoNode>>> {
        ctx.ator().exige(Papel::Consulta)?;
        let pergunta = Pergunta::Alteracoes(Alteracoes { numero });
        let evento = match Passagem::atravessar(ctx, pergunta, desde.as_deref())? {
            Some(Fato::Evento(evento)) => Some(EventoNode(evento)),
            _ => None,
        };
        Ok(stream::iter(evento.map(Some)))
    }
}
