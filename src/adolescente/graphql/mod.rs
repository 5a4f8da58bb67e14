//! Adolescentes in the GraphQL schema: the queries. The fields are in `fields.rs`, connections in
//! `connections.rs`, filters in `filter.rs`.
//!
//! The types of async-graphql are static, so this module refers to the `graphql` of other slices
//! (such as `processo`) and to `graphql::schema`, and they refer to it.

mod alteracao;
mod scalars;
mod fields;
mod connections;
mod input;
mod mutation;
mod filter;

pub use alteracao::AtualizarAdolescenteInput;
pub use fields::AdolescenteNode;
pub use filter::{AdolescenteFiltro, AdolescenteRelacaoFiltro, filter};
pub use input::{AdolescenteInput, CadastrarAdolescenteInput};
pub use mutation::{AdolescenteMutation, AtualizarAdolescentePayload, CadastrarAdolescentePayload};

use super::store::{AdolescenteByCpf, AdolescenteByIdentificador, Adolescentes};
use super::{Identificador, Search, Semelhante, service};
use crate::Result;
use crate::audit::SensitiveField;
use crate::auth::Papel;
use crate::error::Error;
use crate::graphql_types::connection::{Connection, Count, Paging, orders};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, FILTER, ListSize, PageSize, SIMILARITY};
use crate::graphql_types::filter::connect_filtered;
use crate::graphql_types::scalars::Date;
use crate::value::cpf::Cpf;
use crate::value::field::filled;
use crate::value::tribunal::Tribunal;
use async_graphql::{Context, Object, SimpleObject};
use filter::AdolescenteOrdem;
use std::sync::Arc;

#[derive(Default)]
pub struct AdolescenteQuery;

#[Object]
impl AdolescenteQuery {
    /// Adolescente pelo identificador ou pelo CPF; dê só um.
    async fn adolescente(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Identificador.")] identificador: Option<Identificador>,
        #[graphql(desc = "CPF; exige o papel `pse-dados-sensiveis`.")] cpf: Option<Cpf>,
        #[graphql(
            desc = "Tribunal do cadastro (`20`, `820` ou `8.20`), para `pse-nacional`, que pode ver o mesmo identificador em mais de um; ausente, o menor código."
        )]
        tribunal: Option<String>,
    ) -> Option<Result<AdolescenteNode>> {
        find(ctx, identificador, cpf, tribunal).await.transpose()
    }

    /// Adolescentes visíveis.
    #[graphql(directive = PageSize::apply())]
    #[expect(clippy::too_many_arguments, reason = "the arguments, as Relay names them")]
    async fn adolescentes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todos os visíveis.", directive = Cost::apply(FILTER.into()))]
        filtro: Option<AdolescenteFiltro>,
        #[graphql(desc = "Ordem; ausente, a de cadastro.")] ordem: Option<AdolescenteOrdem>,
        #[graphql(desc = "Várias ordens, 1 a 4, a que mais importa primeiro; nunca junto de `ordem`.", directive = Cost::apply(FILTER.into()))]
        ordens: Option<Vec<AdolescenteOrdem>>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Option<Result<Connection<Adolescentes>>> {
        let page = Paging { first, after, last, before };
        Some(list(ctx, filtro, (ordem, ordens), page).await)
    }

    /// Cadastros parecidos no tribunal, do mais ao menos parecido; consulte antes de cadastrar (R25).
    #[graphql(directive = ListSize::apply(Some(10), Some(vec!["limite".into()]), None, Some(false)), directive = Cost::apply(SIMILARITY.into()))]
    async fn adolescentes_semelhantes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Nome, com ou sem sobrenome.")] nome: String,
        #[graphql(desc = "Sobrenome.")] sobrenome: Option<String>,
        #[graphql(desc = "Nome da mãe; só conta com o papel `pse-dados-sensiveis`.")]
        nome_mae: Option<String>,
        #[graphql(desc = "Data de nascimento.")] data_nascimento: Option<Date>,
        #[graphql(default_with = "Some(10)", desc = "Quantos, de 1 a 50.")] limite: Option<i32>,
    ) -> Option<Result<Vec<AdolescenteSemelhante>>> {
        let search = Search {
            nome: filled(Some(nome)),
            sobrenome: filled(sobrenome),
            nome_mae: filled(nome_mae),
            nascimento: data_nascimento.map(|date| date.0),
            limit: limite,
        };
        Some(semelhantes(ctx, search).await)
    }
}

/// Cadastro parecido com os dados procurados.
#[derive(SimpleObject)]
pub struct AdolescenteSemelhante {
    /// Adolescente.
    adolescente: AdolescenteNode,
    /// Semelhança, de 0 a 1.
    score: f64,
}

async fn semelhantes(ctx: &Context<'_>, search: Search) -> Result<Vec<AdolescenteSemelhante>> {
    // A search compares many records to find a few, so it counts as a thousand objects, even if it
    // finds none.
    ctx.request().count_objects(1000)?;
    let search = service::search(ctx.actor(), search)?;
    let found = ctx.loaders().load(search).await?.unwrap_or_default();
    let node = |Semelhante { adolescente, score }: &Semelhante| AdolescenteSemelhante {
        adolescente: Arc::new(adolescente.clone()).into(),
        score: *score,
    };
    Ok(found.iter().map(node).collect())
}

async fn find(
    ctx: &Context<'_>,
    identificador: Option<Identificador>,
    cpf: Option<Cpf>,
    tribunal: Option<String>,
) -> Result<Option<AdolescenteNode>> {
    ctx.actor().require(Papel::Consulta)?;
    let tribunal = Tribunal::from_filter(tribunal.as_deref())?;
    let found = match (identificador, cpf) {
        (Some(identificador), None) => {
            let key = AdolescenteByIdentificador { identificador, tribunal };
            ctx.loaders().load_named(key).await?
        }
        (None, Some(cpf)) => {
            ctx.actor().require(Papel::DadosSensiveis)?;
            let found = ctx.loaders().load_named(AdolescenteByCpf { cpf, tribunal }).await?;
            // A caller that finds a person by the CPF knows whose CPF it is, even if the query does
            // not select `cpf`, so the audit trail records the field as seen.
            ctx.sensitive(SensitiveField::Cpf, found)
        }
        _ => {
            return Err(Error::invalid("dê `identificador` ou `cpf`, nunca os dois"));
        }
    };
    Ok(found.map(AdolescenteNode::from))
}

async fn list(
    ctx: &Context<'_>,
    input: Option<AdolescenteFiltro>,
    order: (Option<AdolescenteOrdem>, Option<Vec<AdolescenteOrdem>>),
    page: Paging,
) -> Result<Connection<Adolescentes>> {
    let (field, descending, then) =
        orders(order.0, order.1, AdolescenteOrdem::field_and_direction)?;
    let list_of = |filter| Adolescentes { filter, field, descending, then };
    connect_filtered(ctx, input, filter, list_of, page).await
}
