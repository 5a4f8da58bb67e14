//! Vínculos in the GraphQL schema: the type `Vinculo`, the list of all vínculos, and its filter.

use super::filter::{self, ProcessoFiltro};
use super::types::ProcessoNode;
use crate::Result;
use crate::adolescente::Identificador;
use crate::adolescente::graphql::{
    AdolescenteFiltro, AdolescenteNode, {self as adolescente},
};
use crate::adolescente::store::AdolescenteById;
use crate::filters::{VinculoField, VinculoFilter};
use crate::graphql_types::connection::{
    Connection, Count, Edge, Paging, connections, ordering, orders,
};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, FILTER, PageSize};
use crate::graphql_types::filter::{
    FilterContext, check_substring, conditions, connect_filtered, relation_filter,
};
use crate::graphql_types::global_id::GlobalId;
use crate::graphql_types::json::{JsonObject, ToJson};
use crate::graphql_types::object::object;
use crate::graphql_types::scalars::Timestamp;
use crate::processo::store::{ProcessoById, VinculoOrderField, Vinculos};
use crate::processo::{LinkedVinculo, NumeroProcesso, SituacaoVinculo};
use crate::value::tribunal::Tribunal;
use async_graphql::{Context, Enum, ID, Object};
use std::sync::Arc;

#[derive(Default)]
pub struct VinculoQuery;

#[Object]
impl VinculoQuery {
    /// Vínculos visíveis entre adolescentes e processos, em vigor e encerrados.
    #[graphql(directive = PageSize::apply())]
    #[expect(clippy::too_many_arguments, reason = "the arguments, as Relay names them")]
    async fn vinculos(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todos os visíveis.", directive = Cost::apply(FILTER.into()))]
        filtro: Option<VinculoFiltro>,
        #[graphql(desc = "Ordem; ausente, a de início.")] ordem: Option<VinculoOrdem>,
        #[graphql(desc = "Várias ordens, 1 a 4, a que mais importa primeiro; nunca junto de `ordem`.", directive = Cost::apply(FILTER.into()))]
        ordens: Option<Vec<VinculoOrdem>>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Option<Result<Connection<Vinculos>>> {
        let page = Paging { first, after, last, before };
        Some(list(ctx, filtro, (ordem, ordens), page).await)
    }
}

async fn list(
    ctx: &Context<'_>,
    filter: Option<VinculoFiltro>,
    order: (Option<VinculoOrdem>, Option<Vec<VinculoOrdem>>),
    page: Paging,
) -> Result<Connection<Vinculos>> {
    let (field, descending, then) = orders(order.0, order.1, VinculoOrdem::field_and_direction)?;
    let list_of = |filter| Vinculos { filter, field, descending, then };
    connect_filtered(ctx, filter, VinculoFiltro::read, list_of, page).await
}

pub struct VinculoNode(pub Arc<LinkedVinculo>);

object! {
    /// Vínculo entre um adolescente e um processo. Nunca se apaga: encerra-se, e outro pode começar (R17).
    #[Object(name = "Vinculo")]
    impl VinculoNode as this {
        fields {
            /// Identificador global, opaco e estável.
            pub id: ID = GlobalId::Vinculo(this.0.vinculo.id).into();
            /// Situação.
            situacao: SituacaoVinculo = this.0.vinculo.situacao();
            /// Início.
            iniciado_em: Timestamp = this.0.vinculo.iniciado_em.into();
            /// Fim; nulo enquanto ativo.
            encerrado_em: Option<Timestamp> = this.0.vinculo.encerrado_em.map(Timestamp);
            /// Motivo do encerramento, se informado.
            motivo: Option<&str> = this.0.vinculo.motivo.as_deref();
        }
        functions {
            /// Tribunal.
            async fn tribunal(&self) -> Result<JsonObject<Tribunal>> {
                Tribunal::from_row(self.0.tribunal_codigo).map(JsonObject)
            }

            /// Processo.
            async fn processo(&self, ctx: &Context<'_>) -> Option<Result<JsonObject<ProcessoNode>>> {
                let found = ctx.loaders().load(ProcessoById(self.0.processo_id)).await;
                found.map(|found| found.map(|row| JsonObject(row.into()))).transpose()
            }

            /// Adolescente.
            async fn adolescente(&self, ctx: &Context<'_>) -> Option<Result<JsonObject<AdolescenteNode>>> {
                let found = ctx.loaders().load(AdolescenteById(self.0.adolescente_id)).await;
                found.map(|found| found.map(|row| JsonObject(AdolescenteNode::from(row)))).transpose()
            }
        }
    }
}

impl ToJson for VinculoNode {}

connections! {
    Vinculos as "VinculoConnection" of Edge "VinculoEdge": |row| VinculoNode = VinculoNode(Arc::clone(row));
}

conditions! {
    /// Condições sobre vínculos. Combinam-se como em ProcessoFiltro.
    pub struct VinculoFiltro {
        /// `20`, `820` ou `8.20`; de outro tribunal, a conexão vem vazia.
        tribunal: Option<String>,
        /// Nesta situação.
        situacao: Option<SituacaoVinculo>,
        /// Deste processo.
        processo: Option<NumeroProcesso>,
        /// Deste adolescente.
        adolescente: Option<Identificador>,
        /// Iniciado desde este instante, inclusive.
        iniciado_de: Option<Timestamp>,
        /// Iniciado até este instante, exclusive.
        iniciado_ate: Option<Timestamp>,
        /// Encerrado desde este instante, inclusive.
        encerrado_de: Option<Timestamp>,
        /// Encerrado até este instante, exclusive.
        encerrado_ate: Option<Timestamp>,
        /// Contido no motivo do encerramento, sem distinguir maiúsculas nem acentos; ao menos 3 letras.
        motivo: Option<String> => TEXT_CONDITION,
        /// Sem valor em todos estes campos; dentro de `nao`, com valor em ao menos um.
        vazio: Option<Vec<VinculoCampo>>,
        /// De um processo assim.
        processo_com: Option<Box<ProcessoFiltro>> => RELATION_CONDITION,
        /// De um adolescente assim.
        adolescente_com: Option<Box<AdolescenteFiltro>> => RELATION_CONDITION,
        /// Todos estes filtros têm de valer.
        e: Option<Vec<VinculoFiltro>>,
        /// Ao menos um destes filtros tem de valer; a lista vazia não casa com nada.
        ou: Option<Vec<VinculoFiltro>>,
        /// Este filtro não pode valer.
        nao: Option<Box<VinculoFiltro>>,
    }
}

relation_filter! {
    /// Condição sobre os vínculos do outro lado de uma relação; `algum` e `nenhum`, se vêm juntos, têm de valer ambos.
    VinculoRelacaoFiltro of VinculoFiltro
}

/// Campo de um vínculo que pode não ter valor.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "VinculoField")]
pub enum VinculoCampo {
    /// Fim.
    EncerradoEm,
    /// Motivo do encerramento.
    Motivo,
}

impl VinculoFiltro {
    /// Converts a filter of the schema to conditions.
    pub fn read(input: Self, conditions: &mut FilterContext<'_>) -> Result<VinculoFilter> {
        conditions.count_condition()?;
        if let Some(numero) = &input.processo {
            super::filter::check_numero(conditions, "processo", numero)?;
        }
        conditions.add_named([input.processo.iter().len(), input.adolescente.iter().len()]);
        let instant = |instant: Option<Timestamp>| instant.map(|instant| instant.0);
        Ok(VinculoFilter {
            tribunal: Tribunal::from_filter(input.tribunal.as_deref())?,
            situacao: input.situacao,
            processo: input.processo,
            adolescente: input.adolescente,
            iniciado: (instant(input.iniciado_de), instant(input.iniciado_ate)),
            encerrado: (instant(input.encerrado_de), instant(input.encerrado_ate)),
            motivo: check_substring("motivo", input.motivo)?,
            vazio: input.vazio.map(|fields| fields.into_iter().map(Into::into).collect()),
            processo_com: conditions.other_side(input.processo_com, filter::filter)?,
            adolescente_com: conditions.other_side(input.adolescente_com, adolescente::filter)?,
            e: conditions.many(input.e, Self::read)?,
            ou: conditions.many(input.ou, Self::read)?,
            nao: conditions.one(input.nao, Self::read)?,
        })
    }
}

ordering! {
    /// Ordem de vínculos; o desempate é por `id`.
    pub struct VinculoOrdem;
    /// Campo de ordem de vínculos.
    pub enum VinculoOrdemCampo of VinculoOrderField {
        /// Início.
        IniciadoEm => IniciadoEm,
        /// Fim; os vínculos em vigor vêm por último em ordem crescente e primeiro em decrescente.
        EncerradoEm => EncerradoEm,
    }
}
