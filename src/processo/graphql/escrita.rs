//! Mutations of processos.

use super::ProcessoNode;
use super::alteracao::{
    AlterarSituacaoInput, AtualizarResponsaveisInput, DesvincularAdolescenteInput,
    VincularAdolescenteInput,
};
use super::entrada::CadastrarProcessoInput;
use crate::Result;
use crate::adolescente::Adolescente;
use crate::graphql;
use crate::graphql::{ArestaComVinculo, ContextExt, ErroGraphql, Query, recusas_como_dados};
use crate::processo::store::{self, AdolescentesDoProcesso};
use crate::processo::{Processo, SituacaoVinculo, Vinculo, service};
use async_graphql::{Context, Object, SimpleObject};
use std::sync::Arc;

#[derive(Default)]
pub struct ProcessoMutation;

/// Resultado de cadastrarProcesso.
#[derive(SimpleObject)]
pub struct CadastrarProcessoPayload {
    /// O processo cadastrado; nulo se recusado.
    processo: Option<ProcessoNode>,
    /// O que convém saber e não impediu, em português.
    avisos: Vec<String>,
    /// Recusas; vazia no sucesso.
    erros: Vec<ErroGraphql>,
    /// Raiz, para reler na mesma ida.
    query: Option<Query>,
}

/// Resultado de atualizarResponsaveis.
#[derive(SimpleObject)]
pub struct AtualizarResponsaveisPayload {
    /// O processo; nulo se recusado.
    processo: Option<ProcessoNode>,
    /// Falso quando nada mudou.
    alterado: bool,
    /// Recusas; vazia no sucesso.
    erros: Vec<ErroGraphql>,
    /// Raiz, para reler na mesma ida.
    query: Option<Query>,
}

/// Resultado de alterarSituacao.
#[derive(SimpleObject)]
pub struct AlterarSituacaoPayload {
    /// O processo; nulo se recusado.
    processo: Option<ProcessoNode>,
    /// Falso quando a situação já era essa (R20).
    alterado: bool,
    /// Recusas; vazia no sucesso.
    erros: Vec<ErroGraphql>,
    /// Raiz, para reler na mesma ida.
    query: Option<Query>,
}

/// Resultado de vincularAdolescente.
#[derive(SimpleObject)]
pub struct VincularAdolescentePayload {
    /// A aresta criada, para a conexão do cliente; nula se recusado.
    edge: Option<ArestaComVinculo<AdolescentesDoProcesso>>,
    /// O processo; nulo se recusado.
    processo: Option<ProcessoNode>,
    /// O que convém saber e não impediu, em português.
    avisos: Vec<String>,
    /// Recusas; vazia no sucesso.
    erros: Vec<ErroGraphql>,
    /// Raiz, para reler na mesma ida.
    query: Option<Query>,
}

/// Resultado de desvincularAdolescente.
#[derive(SimpleObject)]
pub struct DesvincularAdolescentePayload {
    /// A aresta, agora encerrada; nula se recusado.
    edge: Option<ArestaComVinculo<AdolescentesDoProcesso>>,
    /// O processo; nulo se recusado.
    processo: Option<ProcessoNode>,
    /// Recusas; vazia no sucesso.
    erros: Vec<ErroGraphql>,
    /// Raiz, para reler na mesma ida.
    query: Option<Query>,
}

/// The edge that a client's connection of the processo would have, in its
/// default argument while the link is open.
fn aresta(
    processo: &Processo,
    adolescente: Adolescente,
    vinculo: Vinculo,
) -> ArestaComVinculo<AdolescentesDoProcesso> {
    let situacao = (vinculo.encerrado_em.is_none()).then_some(SituacaoVinculo::Ativo);
    let lista = AdolescentesDoProcesso { processo: processo.id, situacao };
    graphql::aresta(&lista, store::Vinculado { vinculo, objeto: Arc::new(adolescente) })
}

#[Object]
impl ProcessoMutation {
    /// Cadastra um processo com os seus vínculos (R3 a R11).
    async fn cadastrar_processo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: CadastrarProcessoInput,
    ) -> Option<Result<CadastrarProcessoPayload>> {
        let desfecho = service::cadastrar(ctx.app(), ctx.ator(), input.into()).await;
        Some(recusas_como_dados(desfecho).map(|desfecho| {
            let (processo, avisos, erros) = match desfecho {
                Ok(novo) => (Some(Arc::new(novo.processo).into()), novo.avisos, Vec::new()),
                Err(erros) => (None, Vec::new(), erros),
            };
            CadastrarProcessoPayload { processo, avisos, erros, query: Some(Query::default()) }
        }))
    }

    /// Altera magistrado e serventuário de um processo (R13).
    async fn atualizar_responsaveis(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: AtualizarResponsaveisInput,
    ) -> Option<Result<AtualizarResponsaveisPayload>> {
        let desfecho = service::atualizar_responsaveis(ctx.app(), ctx.ator(), input.into()).await;
        Some(recusas_como_dados(desfecho).map(|desfecho| {
            let (processo, alterado, erros) = match desfecho {
                Ok(feito) => (Some(Arc::new(feito.processo).into()), feito.alterado, Vec::new()),
                Err(erros) => (None, false, erros),
            };
            AtualizarResponsaveisPayload {
                processo,
                alterado,
                erros,
                query: Some(Query::default()),
            }
        }))
    }

    /// Arquiva ou reativa um processo (R19, R20).
    async fn alterar_situacao(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: AlterarSituacaoInput,
    ) -> Option<Result<AlterarSituacaoPayload>> {
        let desfecho = service::alterar_situacao(ctx.app(), ctx.ator(), input.into()).await;
        Some(recusas_como_dados(desfecho).map(|desfecho| {
            let (processo, alterado, erros) = match desfecho {
                Ok(feito) => (Some(Arc::new(feito.processo).into()), feito.alterado, Vec::new()),
                Err(erros) => (None, false, erros),
            };
            AlterarSituacaoPayload { processo, alterado, erros, query: Some(Query::default()) }
        }))
    }

    /// Vincula um adolescente a uma apuração (R14, R15).
    async fn vincular_adolescente(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: VincularAdolescenteInput,
    ) -> Option<Result<VincularAdolescentePayload>> {
        let desfecho = service::vincular(ctx.app(), ctx.ator(), input.into()).await;
        Some(recusas_como_dados(desfecho).map(|desfecho| {
            let query = Some(Query::default());
            match desfecho {
                Ok(service::Vinculado { processo, adolescente, vinculo, avisos }) => {
                    let edge = Some(aresta(&processo, adolescente, vinculo));
                    let processo = Some(Arc::new(processo).into());
                    VincularAdolescentePayload { edge, processo, avisos, erros: Vec::new(), query }
                }
                Err(erros) => VincularAdolescentePayload {
                    edge: None,
                    processo: None,
                    avisos: Vec::new(),
                    erros,
                    query,
                },
            }
        }))
    }

    /// Encerra o vínculo de um adolescente com uma apuração (R16 a R18).
    async fn desvincular_adolescente(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: DesvincularAdolescenteInput,
    ) -> Option<Result<DesvincularAdolescentePayload>> {
        let desfecho = service::desvincular(ctx.app(), ctx.ator(), input.into()).await;
        Some(recusas_como_dados(desfecho).map(|desfecho| {
            let query = Some(Query::default());
            match desfecho {
                Ok(service::Desvinculado { processo, adolescente, vinculo }) => {
                    let edge = Some(aresta(&processo, adolescente, vinculo));
                    let processo = Some(Arc::new(processo).into());
                    DesvincularAdolescentePayload { edge, processo, erros: Vec::new(), query }
                }
                Err(erros) => {
                    DesvincularAdolescentePayload { edge: None, processo: None, erros, query }
                }
            }
        }))
    }
}
