//! Adolescentes in the schema: what is asked of them. Their fields are in
//! `campos.rs`, the connections in `conexoes.rs`.

mod alteracao;
mod campos;
mod conexoes;
mod entrada;
mod escrita;

pub use campos::AdolescenteNode;
pub use entrada::AdolescenteInput;
pub use escrita::AdolescenteMutation;

use super::Identificador;
use super::store::{AdolescentePorIdentificador, Adolescentes};
use crate::Result;
use crate::auth::Papel;
use crate::graphql::{Conexao, ContextExt, Paginacao, conectar};
use crate::tribunal::Tribunal;
use async_graphql::{Context, Object};
use entrada::{AdolescenteFiltro, AdolescenteOrdem};

#[derive(Default)]
pub struct AdolescenteQuery;

#[Object]
impl AdolescenteQuery {
    /// Adolescente pelo identificador.
    async fn adolescente(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Identificador.")] identificador: Identificador,
        #[graphql(
            desc = "Tribunal do cadastro (`20`, `820` ou `8.20`), para `pse-nacional`, que pode ver o mesmo identificador em mais de um; ausente, o menor código."
        )]
        tribunal: Option<String>,
    ) -> Option<Result<AdolescenteNode>> {
        por_identificador(ctx, identificador, tribunal).await.transpose()
    }

    /// Adolescentes visíveis.
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of the field, as Relay names them"
    )]
    async fn adolescentes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todos os visíveis.")] filtro: Option<
            AdolescenteFiltro,
        >,
        #[graphql(desc = "Ordem; ausente, a de cadastro.")] ordem: Option<AdolescenteOrdem>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Option<Result<Conexao<Adolescentes>>> {
        let pagina = Paginacao { first, after, last, before };
        Some(listar(ctx, filtro, ordem, pagina).await)
    }
}

async fn por_identificador(
    ctx: &Context<'_>,
    identificador: Identificador,
    tribunal: Option<String>,
) -> Result<Option<AdolescenteNode>> {
    ctx.ator().exige(Papel::Consulta)?;
    let tribunal = match tribunal {
        None => None,
        Some(texto) => match Tribunal::de_texto(&texto) {
            Some(tribunal) => Some(tribunal.codigo),
            None => return Ok(None),
        },
    };
    let key = AdolescentePorIdentificador { identificador, tribunal };
    Ok(ctx.loaders().load(key).await?.map(AdolescenteNode))
}

async fn listar(
    ctx: &Context<'_>,
    filtro: Option<AdolescenteFiltro>,
    ordem: Option<AdolescenteOrdem>,
    pagina: Paginacao,
) -> Result<Conexao<Adolescentes>> {
    ctx.ator().exige(Papel::Consulta)?;
    let filtro = filtro.map(entrada::filtro).transpose()?.unwrap_or_default();
    let (campo, decrescente) = ordem.map(AdolescenteOrdem::campo_e_sentido).unwrap_or_default();
    conectar(ctx, Adolescentes { filtro, campo, decrescente }, pagina).await
}
