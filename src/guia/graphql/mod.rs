//! Guias in the schema: what is asked of them. Their fields are in `campos.rs`,
//! what a client says in `entrada.rs`, the mutations in `escrita.rs`.

mod fields;
mod input;
mod mutation;
mod filter;

pub use fields::GuiaNode;
pub use filter::{GuiaFiltro, GuiaRelacaoFiltro, filtro};
pub use mutation::GuiaMutation;

use super::store::{GuiaPorNumero, Guias, GuiasDe};
use crate::Result;
use crate::auth::Papel;
use crate::graphql_types::connection::{Conexao, Paginacao, conectar};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, FILTRO, Pagina};
use crate::graphql_types::filter::Condicoes;
use async_graphql::{Context, Object};
use filter::GuiaOrdem;

#[derive(Default)]
pub struct GuiaQuery;

#[Object]
impl GuiaQuery {
    /// Guia pelo número.
    async fn guia(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Número da guia, 12 dígitos.")] numero: String,
    ) -> Option<Result<GuiaNode>> {
        por_numero(ctx, &numero).await.transpose()
    }

    /// Guias visíveis.
    #[graphql(directive = Pagina::apply())]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of the field, as Relay names them"
    )]
    async fn guias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todas as visíveis.", directive = Cost::apply(FILTRO.into()))]
        filtro: Option<GuiaFiltro>,
        #[graphql(desc = "Ordem; ausente, a de emissão.")] ordem: Option<GuiaOrdem>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Option<Result<Conexao<GuiasDe>>> {
        let pagina = Paginacao { first, after, last, before };
        Some(listar(ctx, filtro, ordem, pagina).await)
    }
}

async fn listar(
    ctx: &Context<'_>,
    entrada: Option<GuiaFiltro>,
    ordem: Option<GuiaOrdem>,
    pagina: Paginacao,
) -> Result<Conexao<GuiasDe>> {
    ctx.ator().exige(Papel::Consulta)?;
    let mut condicoes = Condicoes::de(ctx);
    let filtro = entrada.map(|entrada| filtro(entrada, &mut condicoes));
    let filtro = filtro.transpose()?.unwrap_or_default();
    let (campo, decrescente) = ordem.map(GuiaOrdem::campo_e_sentido).unwrap_or_default();
    let nomeados = condicoes.nomeados();
    if nomeados > 0 {
        ctx.chamada().naming(nomeados)?;
    }
    let guias = GuiasDe::Todas(Box::new(Guias { filtro, campo, decrescente }));
    let achadas = conectar(ctx, guias, pagina).await?;
    ctx.chamada().missed(achadas.0.faltam_de(nomeados))?;
    Ok(achadas)
}

/// A text that is no number names no guia.
async fn por_numero(ctx: &Context<'_>, numero: &str) -> Result<Option<GuiaNode>> {
    ctx.ator().exige(Papel::Consulta)?;
    let achada = match numero.trim().parse() {
        Ok(numero) => ctx.loaders().named(GuiaPorNumero(numero)).await?,
        Err(_) => ctx.loaders().unnamed()?,
    };
    Ok(achada.map(GuiaNode))
}
