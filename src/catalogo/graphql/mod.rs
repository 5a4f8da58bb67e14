//! The catalogues in the schema: the queries. The fields of estruturas and items are in
//! `fields.rs`, the mutations in `mutation.rs`.

mod fields;
mod mutation;

pub use fields::EstruturaNode;
pub use mutation::CatalogoMutation;

use super::TipoDeCatalogo;
use super::store::{EstruturaByAddress, EstruturaFilter, Estruturas, Items};
use crate::Result;
use crate::auth::Papel;
use crate::graphql_types::connection::{Connection, Count, Paging, connect};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::PageSize;
use crate::tramite::EstruturaAddress;
use crate::value::field::filled;
use async_graphql::{Context, InputObject, Object};

#[derive(Default)]
pub struct CatalogoQuery;

#[Object]
impl CatalogoQuery {
    /// Itens de um dos catálogos do Tramita, pelo código.
    #[graphql(directive = PageSize::apply())]
    async fn itens_do_catalogo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições.")] filtro: ItemDoCatalogoFiltro,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Option<Result<Connection<Items>>> {
        let page = Paging { first, after, last, before };
        let ItemDoCatalogoFiltro { tipo, ativos } = filtro;
        Some(items(ctx, Items { tipo, ativos }, page).await)
    }

    /// Estrutura organizacional, de qualquer órgão.
    async fn estrutura(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Repositório, por exemplo 1, Poder Judiciário.")] repositorio: i32,
        #[graphql(desc = "Número da estrutura.")] numero: String,
    ) -> Option<Result<EstruturaNode>> {
        estrutura(ctx, EstruturaAddress { repositorio, numero }).await.transpose()
    }

    /// Estruturas organizacionais, pelo nome, de todos os órgãos.
    #[graphql(directive = PageSize::apply())]
    async fn estruturas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todas.")] filtro: Option<EstruturaFiltro>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Option<Result<Connection<Estruturas>>> {
        let page = Paging { first, after, last, before };
        Some(estruturas(ctx, filtro.unwrap_or_default(), page).await)
    }
}

/// Condições sobre itens de um catálogo; todas têm de valer.
#[derive(InputObject)]
pub struct ItemDoCatalogoFiltro {
    /// De que catálogo.
    tipo: TipoDeCatalogo,
    /// Só os ativos, ou só os inativos; ausente traz todos.
    ativos: Option<bool>,
}

/// Condições sobre estruturas; todas têm de valer.
#[derive(InputObject, Default)]
pub struct EstruturaFiltro {
    /// Deste repositório.
    repositorio: Option<i32>,
    /// Com este número.
    numero: Option<String>,
    /// Com este trecho no nome, sem olhar acentos nem maiúsculas.
    nome: Option<String>,
    /// Com esta sigla, sem olhar acentos nem maiúsculas.
    sigla: Option<String>,
    /// Abaixo desta, em qualquer nível.
    raiz: Option<RaizInput>,
    /// Só as ativas, ou só as inativas; ausente traz todas.
    ativas: Option<bool>,
    /// As ativas que podem enviar trâmites; com `false`, as outras.
    permite_envio: Option<bool>,
    /// As ativas que podem receber trâmites; com `false`, as outras.
    permite_recebimento: Option<bool>,
}

/// A estrutura abaixo da qual se procura.
#[derive(InputObject)]
pub struct RaizInput {
    /// Repositório de estruturas.
    repositorio: i32,
    /// Número da estrutura.
    numero: String,
}

async fn items(ctx: &Context<'_>, list: Items, page: Paging) -> Result<Connection<Items>> {
    ctx.actor().require(Papel::Consulta)?;
    connect(ctx, list, page).await
}

async fn estrutura(ctx: &Context<'_>, address: EstruturaAddress) -> Result<Option<EstruturaNode>> {
    ctx.actor().require(Papel::Consulta)?;
    let found = ctx.loaders().load(EstruturaByAddress(address)).await?;
    Ok(found.map(EstruturaNode::from))
}

async fn estruturas(
    ctx: &Context<'_>,
    filter: EstruturaFiltro,
    page: Paging,
) -> Result<Connection<Estruturas>> {
    ctx.actor().require(Papel::Consulta)?;
    let root = filter
        .raiz
        .map(|RaizInput { repositorio, numero }| EstruturaAddress { repositorio, numero });
    let filter = EstruturaFilter {
        repositorio: filter.repositorio,
        numero: filter.numero,
        nome: filled(filter.nome),
        sigla: filled(filter.sigla),
        root,
        ativas: filter.ativas,
        permite_envio: filter.permite_envio,
        permite_recebimento: filter.permite_recebimento,
    };
    connect(ctx, Estruturas::All(Box::new(filter)), page).await
}
