//! Eventos in the GraphQL schema: the type `Evento`, its filter, and the subscriptions to changes
//! of processos, adolescentes and guias.

use super::store::{EventoFeed, EventosOf, Subject};
use super::{Evento, FieldChange, TipoEvento};
use crate::Result;
use crate::adolescente::Identificador;
use crate::adolescente::graphql::AdolescenteNode;
use crate::adolescente::store::AdolescenteById;
use crate::auth::Papel;
use crate::error::Error;
use crate::filters::EventoFilter;
use crate::graphql::schema::feeds::{FeedContext, FeedItem, FeedQuery};
use crate::graphql_types::connection::{Edge, SentidoOrdem, connections};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{AUDITORIA, RequerPapel};
use crate::graphql_types::filter::{FilterContext, at_most_100, conditions, relation_filter};
use crate::graphql_types::global_id::GlobalId;
use crate::graphql_types::json::ToJson;
use crate::graphql_types::object::object;
use crate::graphql_types::scalars::Timestamp;
use crate::guia::graphql::GuiaNode;
use crate::guia::store::GuiaById;
use crate::guia::{NumeroDaGuia, TipoGuia};
use crate::processo::graphql::ProcessoNode;
use crate::processo::store::ProcessoById;
use crate::processo::{NumeroProcesso, SituacaoProcesso, TipoProcesso};
use async_graphql::{Context, ID, Object, Subscription};
use futures_util::{Stream, stream};
use std::sync::Arc;

pub struct EventoNode(pub Arc<Evento>);

object! {
    /// Fato ocorrido a um processo ou a um adolescente. Gravado na mesma transação que a mudança; nunca muda.
    #[Object(name = "Evento")]
    impl EventoNode as this {
        fields {
            /// Identificador global, opaco e estável.
            pub id: ID = GlobalId::Evento(this.0.id).into();
            /// Posição no fluxo; devolva em `desde` para retomar uma assinatura.
            cursor: String = format!("{}-{}", this.0.xid, this.0.id);
            /// O que aconteceu.
            tipo: TipoEvento = this.0.tipo;
            /// Quando.
            ocorrido_em: Timestamp = this.0.ocorrido_em.into();
        }
        functions {
            /// O `sub` de quem fez.
            #[graphql(directive = RequerPapel::apply(AUDITORIA.into()))]
            async fn ator(&self, ctx: &Context<'_>) -> Option<&str> {
                ctx.actor().has(Papel::Auditoria).then_some(self.0.ator_sub.as_str())
            }
        }
        fields {
            /// Campos alterados, com os nomes deste esquema; nunca os valores.
            campos_alterados: &[String] = &this.0.campos;
            /// De que valor para que valor mudou cada campo que não é sensível; vazia nos eventos gravados antes de o servidor guardar os valores.
            mudancas: Vec<FieldChangeNode> = this.0.mudancas.iter().cloned().map(FieldChangeNode).collect();
        }
        functions {
            /// Processo atingido, como está agora.
            async fn processo(&self, ctx: &Context<'_>) -> Option<Result<ProcessoNode>> {
                let found = ctx.loaders().load(ProcessoById(self.0.processo_id?)).await;
                found.map(|found| found.map(ProcessoNode::from)).transpose()
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
        }
    }
}

pub struct FieldChangeNode(FieldChange);

object! {
    /// Mudança de um campo que não é sensível.
    #[Object(name = "MudancaDeCampo")]
    impl FieldChangeNode as this {
        fields {
            /// O campo, com o nome deste esquema.
            campo: &str = &this.0.campo;
            /// O que era; nulo se não tinha valor.
            de: Option<&str> = this.0.de.as_deref();
            /// O que passou a ser; nulo se ficou sem valor.
            para: Option<&str> = this.0.para.as_deref();
        }
    }
}

impl ToJson for EventoNode {}

conditions! {
    /// Condições sobre eventos; todas têm de valer.
    pub struct EventoFiltro {
        /// De um destes tipos.
        tipo: Option<Vec<TipoEvento>>,
        /// Ocorrido desde este instante, inclusive.
        ocorrido_de: Option<Timestamp>,
        /// Ocorrido até este instante, exclusive.
        ocorrido_ate: Option<Timestamp>,
    }
}

relation_filter! {
    /// Condição sobre os eventos de um processo; `algum` e `nenhum`, se vêm juntos, têm de valer ambos.
    EventoRelacaoFiltro of EventoFiltro
}

/// Converts a filter of the schema to conditions.
pub fn filter(input: EventoFiltro, conditions: &mut FilterContext<'_>) -> Result<EventoFilter> {
    conditions.count_condition()?;
    Ok(input.conditions())
}

impl EventoFiltro {
    fn conditions(self) -> EventoFilter {
        let instant = |instant: Option<Timestamp>| instant.map(|instant| instant.0);
        EventoFilter {
            tipo: self.tipo,
            occurred: (instant(self.ocorrido_de), instant(self.ocorrido_ate)),
        }
    }
}

/// The list of the eventos of an object that match `filter`.
pub fn eventos_of(
    subject: Subject,
    filter: Option<EventoFiltro>,
    direction: SentidoOrdem,
) -> EventosOf {
    let filter = filter.map(EventoFiltro::conditions).unwrap_or_default();
    EventosOf { subject, filter, descending: direction == SentidoOrdem::Desc }
}

connections! {
    EventosOf as "EventoConnection" of Edge "EventoEdge": |row| EventoNode = EventoNode(Arc::clone(row));
}

#[derive(Default)]
pub struct EventoSubscription;

#[Subscription]
impl EventoSubscription {
    /// Cada alteração de processo visível. Todas as condições têm de valer, para o processo como está na entrega.
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
        #[graphql(desc = "Só processos de um destes tipos.")] tipo: Option<Vec<TipoProcesso>>,
        #[graphql(desc = "Só processos numa destas situações.")] situacao: Option<
            Vec<SituacaoProcesso>,
        >,
        #[graphql(desc = "Só processos deste órgão julgador.")] id_orgao: Option<i32>,
    ) -> Result<impl Stream<Item = Option<EventoNode>>> {
        at_most_100("tipo", tipo.as_ref())?;
        at_most_100("situacao", situacao.as_ref())?;
        deliver(ctx, EventoFeed::Processos { numero, tipo, situacao, id_orgao }, desde.as_deref())
    }

    /// Cada alteração de adolescente visível: do cadastro, dos vínculos e das guias.
    async fn adolescente_alterado(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Só este adolescente; ausente, todos os visíveis.")] identificador: Option<
            Identificador,
        >,
        #[graphql(
            desc = "O `Evento.cursor` do último evento recebido; retoma dali sem perder nada."
        )]
        desde: Option<String>,
    ) -> Result<impl Stream<Item = Option<EventoNode>>> {
        deliver(ctx, EventoFeed::Adolescentes { identificador }, desde.as_deref())
    }

    /// Cada emissão e baixa de guia visível, uma vez.
    async fn guia_alterada(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Só esta guia; ausente, todas as visíveis.")] numero: Option<String>,
        #[graphql(desc = "Só guias de uma destas espécies.")] tipo: Option<Vec<TipoGuia>>,
        #[graphql(
            desc = "O `Evento.cursor` do último evento recebido; retoma dali sem perder nada."
        )]
        desde: Option<String>,
    ) -> Result<impl Stream<Item = Option<EventoNode>>> {
        at_most_100("tipo", tipo.as_ref())?;
        let numero = numero.map(|text| text.trim().parse::<NumeroDaGuia>()).transpose();
        let numero = numero.map_err(|error| Error::invalid(format!("numero: {error}")))?;
        deliver(ctx, EventoFeed::Guias { numero, tipo }, desde.as_deref())
    }
}

/// Opens the feed, or delivers the evento of this run of the operation.
fn deliver(
    ctx: &Context<'_>,
    changes: EventoFeed,
    since: Option<&str>,
) -> Result<impl Stream<Item = Option<EventoNode>> + use<>> {
    ctx.actor().require(Papel::Consulta)?;
    let evento = match FeedContext::resolve_root(ctx, FeedQuery::Changes(changes), since)? {
        Some(FeedItem::Evento(evento)) => Some(EventoNode(evento)),
        _ => None,
    };
    Ok(stream::iter(evento.map(Some)))
}
