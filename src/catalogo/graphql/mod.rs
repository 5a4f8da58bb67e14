//! Catalogues in the schema: what is asked of them. Their fields are in `campos.rs`, the
//! mutations in `escrita.rs`.

mod fields;
mod mutation;

pub use fields::EstruturaNode;
pub use mutation::CatalogoMutation;

use super::TipoDeCatalogo;
use super::store::{EstruturaPorEndereco, Estruturas, Filtro, Itens};
use crate::Result;
use crate::auth::Papel;
use crate::graphql_types::connection::{Conexao, Paginacao, conectar};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::Pagina;
use crate::tramite::EnderecoDeEstrutura;
use crate::value::field::preenchido;
use async_graphql::{Context, InputObject, Object};

#[derive(Default)]
pub struct CatalogoQuery;

#[Object]
impl CatalogoQuery {
    /// Itens de um dos catálogos do Tramita, pelo código.
    #[graphql(directive = Pagina::apply())]
    async fn itens_do_catalogo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições.")] filtro: ItemDoCatalogoFiltro,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Option<Result<Conexao<Itens>>> {
        let pagina = Paginacao { first, after, last, before };
        let ItemDoCatalogoFiltro { tipo, ativos } = filtro;
        Some(itens(ctx, Itens { tipo, ativos }, pagina).await)
    }

    /// Estrutura organizacional, de qualquer órgão.
    async fn estrutura(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Repositório, por exemplo 1, Poder Judiciário.")] repositorio: i32,
        #[graphql(desc = "Número da estrutura.")] numero: String,
    ) -> Option<Result<EstruturaNode>> {
        estrutura(ctx, EnderecoDeEstrutura { repositorio, numero }).await.transpose()
    }

    /// Estruturas organizacionais, pelo nome, de todos os órgãos.
    #[graphql(directive = Pagina::apply())]
    async fn estruturas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todas.")] filtro: Option<EstruturaFiltro>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Option<Result<Conexao<Estruturas>>> {
        let pagina = Paginacao { first, after, last, before };
        Some(estruturas(ctx, filtro.unwrap_or_default(), pagina).await)
    }
}

/// Condições sobre itens de um catálogo; somam-se com E.
#[derive(InputObject)]
pub struct ItemDoCatalogoFiltro {
    /// De que catálogo.
    tipo: TipoDeCatalogo,
    /// Só os ativos, ou só os inativos; ausente traz todos.
    ativos: Option<bool>,
}

/// Condições sobre estruturas; somam-se com E.
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
    /// Ativas ou inativas.
    ativas: Option<bool>,
    /// Que podem enviar trâmites, ou não.
    permite_envio: Option<bool>,
    /// Que podem receber trâmites, ou não.
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

async fn itens(ctx: &Context<'_>, lista: Itens, pagina: Paginacao) -> Result<Conexao<Itens>> {
    ctx.ator().exige(Papel::Consulta)?;
    conectar(ctx, lista, pagina).await
}

async fn estrutura(
    ctx: &Context<'_>,
    endereco: EnderecoDeEstrutura,
) -> Result<Option<EstruturaNode>> {
    ctx.ator().exige(Papel::Consulta)?;
    let achada = ctx.loaders().load(EstruturaPorEndereco(endereco)).await?;
    Ok(achada.map(EstruturaNode::from))
}

async fn estruturas(
    ctx: &Context<'_>,
    filtro: EstruturaFiltro,
    pagina: Paginacao,
) -> Result<Conexao<Estruturas>> {
    ctx.ator().exige(Papel::Consulta)?;
    let raiz = filtro
        .raiz
        .map(|RaizInput { repositorio, numero }| EnderecoDeEstrutura { repositorio, numero });
    let filtro = Filtro {
        repositorio: filtro.repositorio,
        numero: filtro.numero,
        nome: preenchido(filtro.nome),
        sigla: preenchido(filtro.sigla),
        raiz,
        ativas: filtro.ativas,
        permite_envio: filtro.permite_envio,
        permite_recebimento: filtro.permite_recebimento,
    };
    conectar(ctx, Estruturas::Todas(Box::new(filtro)), pagina).await
}
