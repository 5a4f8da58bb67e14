use super::store::{Alteracoes, EventosDe, Objeto};
use super::{Evento, MudancaDeCampo, TipoEvento};
use crate::Result;
use crate::adolescente::graphql::AdolescenteNode;
use crate::adolescente::store::AdolescentePorId;
use crate::auth::Papel;
use crate::filters::EventoFilter;
use crate::graphql::schema::feeds::{Fato, Passagem, Pergunta};
use crate::graphql::schema::node::GlobalId;
use crate::graphql_types::connection::{Aresta, ListaGraphql, SentidoOrdem};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{AUDITORIA, CONDICAO, Cost, RequerPapel};
use crate::graphql_types::filter::{Condicoes, relation_filter};
use crate::graphql_types::json::Escrevivel;
use crate::graphql_types::scalars::Instante;
use crate::guia::graphql::GuiaNode;
use crate::guia::store::GuiaPorId;
use crate::processo::NumeroProcesso;
use crate::processo::graphql::ProcessoNode;
use crate::processo::store::ProcessoPorId;
use async_graphql::{Context, ID, InputObject, Object, Subscription};
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

    /// De que valor para que valor mudou cada campo que não é sensível; vazia no que se registrou antes de se guardarem.
    async fn mudancas(&self) -> Vec<MudancaDeCampoNode> {
        self.0.mudancas.iter().cloned().map(MudancaDeCampoNode).collect()
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

pub struct MudancaDeCampoNode(MudancaDeCampo);

/// Mudança de um campo que não é sensível.
#[Object(name = "MudancaDeCampo")]
impl MudancaDeCampoNode {
    /// O campo, com o nome deste esquema.
    async fn campo(&self) -> &str {
        &self.0.campo
    }

    /// O que era; nulo se não tinha valor.
    async fn de(&self) -> Option<&str> {
        self.0.de.as_deref()
    }

    /// O que passou a ser; nulo se ficou sem valor.
    async fn para(&self) -> Option<&str> {
        self.0.para.as_deref()
    }
}

impl Escrevivel for EventoNode {}

/// Condições sobre eventos; somam-se com E.
#[derive(InputObject)]
pub struct EventoFiltro {
    /// De um destes tipos.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    tipo: Option<Vec<TipoEvento>>,
    /// Ocorrido desde, inclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    ocorrido_de: Option<Instante>,
    /// Ocorrido até, exclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    ocorrido_ate: Option<Instante>,
}

relation_filter! {
    /// Condição sobre os eventos de um processo; `algum` e `nenhum` somam-se com E.
    EventoRelacaoFiltro de EventoFiltro
}

/// What a client says, as conditions.
pub fn filtro(entrada: EventoFiltro, condicoes: &mut Condicoes<'_>) -> Result<EventoFilter> {
    condicoes.mais_uma()?;
    Ok(entrada.condicoes())
}

impl EventoFiltro {
    fn condicoes(self) -> EventoFilter {
        let instante = |instante: Option<Instante>| instante.map(|instante| instante.0);
        EventoFilter {
            tipo: self.tipo,
            ocorrido: (instante(self.ocorrido_de), instante(self.ocorrido_ate)),
        }
    }
}

/// The eventos of an object that are so, the oldest or the newest first.
pub fn eventos_de(de: Objeto, filtro: Option<EventoFiltro>, sentido: SentidoOrdem) -> EventosDe {
    let filtro = filtro.map(EventoFiltro::condicoes).unwrap_or_default();
    EventosDe { de, filtro, decrescente: sentido == SentidoOrdem::Desc }
}

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
