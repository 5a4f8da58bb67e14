//! Processos in the schema: what is asked of them. Their types are in `tipos.rs`,
//! the fields in `campos.rs`, the connections in `conexoes.rs`, the conditions in `filtro.rs`;
//! links by themselves in `vinculo.rs`.

mod alteracao;
mod fields;
mod connections;
mod input;
mod mutation;
mod filter;
mod types;
mod vinculo;

pub use fields::ResponsavelNode;
pub use filter::{ProcessoFiltro, ProcessoRelacaoFiltro, filtro};
pub use input::ResponsavelInput;
pub use mutation::ProcessoMutation;
pub use types::{PeloNome, ProcessoApuracao, ProcessoExecucao, ProcessoNode};
pub use vinculo::{VinculoFiltro, VinculoNode, VinculoQuery, VinculoRelacaoFiltro};

use super::store::{ProcessoPorNumero, Processos};
use super::{NumeroProcesso, Processo};
use crate::Result;
use crate::auth::Papel;
use crate::graphql_types::connection::{Conexao, Paginacao, conectar};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, FILTRO, Pagina};
use crate::graphql_types::filter::Condicoes;
use crate::graphql_types::json::Escrito;
use async_graphql::{Context, Object};
use fields::origem;
use filter::ProcessoOrdem;
use std::sync::Arc;

#[derive(Default)]
pub struct ProcessoQuery;

#[Object]
impl ProcessoQuery {
    /// Processo pelo número.
    async fn processo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Número do processo.")] numero: NumeroProcesso,
    ) -> Option<Result<Escrito<ProcessoNode>>> {
        let achado = por_numero(ctx, numero).await;
        achado.map(|achado| achado.map(|linha| Escrito(linha.into()))).transpose()
    }

    /// Processos visíveis.
    #[graphql(directive = Pagina::apply())]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of the field, as Relay names them"
    )]
    async fn processos(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todos os visíveis.", directive = Cost::apply(FILTRO.into()))]
        filtro: Option<ProcessoFiltro>,
        #[graphql(desc = "Ordem; ausente, a de cadastro.")] ordem: Option<ProcessoOrdem>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Option<Result<Conexao<Processos>>> {
        let pagina = Paginacao { first, after, last, before };
        Some(listar(ctx, filtro, ordem, pagina).await)
    }

    /// A própria apuração ou, dado o número de uma execução, a apuração de origem (R22).
    async fn apuracao(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Número da apuração ou de uma execução dela.")] numero: NumeroProcesso,
    ) -> Option<Result<ProcessoApuracao>> {
        apuracao_de(ctx, numero).await.transpose()
    }
}

async fn por_numero(ctx: &Context<'_>, numero: NumeroProcesso) -> Result<Option<Arc<Processo>>> {
    ctx.ator().exige(Papel::Consulta)?;
    ctx.loaders().named(ProcessoPorNumero(numero)).await
}

async fn listar(
    ctx: &Context<'_>,
    entrada: Option<ProcessoFiltro>,
    ordem: Option<ProcessoOrdem>,
    pagina: Paginacao,
) -> Result<Conexao<Processos>> {
    ctx.ator().exige(Papel::Consulta)?;
    let mut condicoes = Condicoes::de(ctx);
    let filtro = entrada.map(|entrada| filtro(entrada, &mut condicoes));
    let filtro = filtro.transpose()?.unwrap_or_default();
    let (campo, decrescente) = ordem.map(ProcessoOrdem::campo_e_sentido).unwrap_or_default();
    let nomeados = condicoes.nomeados();
    if nomeados > 0 {
        ctx.chamada().naming(nomeados)?;
    }
    let achados = conectar(ctx, Processos { filtro, campo, decrescente }, pagina).await?;
    ctx.chamada().missed(achados.0.faltam_de(nomeados))?;
    Ok(achados)
}

async fn apuracao_de(
    ctx: &Context<'_>,
    numero: NumeroProcesso,
) -> Result<Option<ProcessoApuracao>> {
    match por_numero(ctx, numero).await?.map(ProcessoNode::from) {
        None => Ok(None),
        Some(ProcessoNode::Apuracao(apuracao)) => Ok(Some(apuracao)),
        Some(ProcessoNode::Execucao(execucao)) => origem(ctx, &execucao).await,
    }
}
