//! Mutations of adolescentes.

use super::alteracao::AtualizarAdolescenteInput;
use super::campos::AdolescenteNode;
use super::entrada::CadastrarAdolescenteInput;
use crate::Result;
use crate::adolescente::service;
use crate::graphql::{ContextExt, ErroGraphql, Query, recusas_como_dados};
use async_graphql::{Context, Object, SimpleObject};
use std::sync::Arc;

#[derive(Default)]
pub struct AdolescenteMutation;

/// Resultado de cadastrarAdolescente.
#[derive(SimpleObject)]
pub struct CadastrarAdolescentePayload {
    /// O adolescente, com o identificador gerado; nulo se recusado.
    adolescente: Option<AdolescenteNode>,
    /// O que convém saber e não impediu, em português.
    avisos: Vec<String>,
    /// Recusas; vazia no sucesso.
    erros: Vec<ErroGraphql>,
    /// Raiz, para reler na mesma ida.
    query: Option<Query>,
}

/// Resultado de atualizarAdolescente.
#[derive(SimpleObject)]
pub struct AtualizarAdolescentePayload {
    /// O adolescente; nulo se recusado.
    adolescente: Option<AdolescenteNode>,
    /// Falso quando nada mudou.
    alterado: bool,
    /// Recusas; vazia no sucesso.
    erros: Vec<ErroGraphql>,
    /// Raiz, para reler na mesma ida.
    query: Option<Query>,
}

#[Object]
impl AdolescenteMutation {
    /// Cadastra um adolescente e gera o identificador (R24, R25).
    async fn cadastrar_adolescente(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: CadastrarAdolescenteInput,
    ) -> Option<Result<CadastrarAdolescentePayload>> {
        let desfecho = service::cadastrar(ctx.app(), ctx.ator(), input.into(), Vec::new()).await;
        Some(recusas_como_dados(desfecho).map(|desfecho| {
            let (adolescente, erros) = match desfecho {
                Ok(novo) => (Some(AdolescenteNode(Arc::new(novo))), Vec::new()),
                Err(erros) => (None, erros),
            };
            let query = Some(Query::default());
            CadastrarAdolescentePayload { adolescente, avisos: Vec::new(), erros, query }
        }))
    }

    /// Altera os dados de um adolescente; completa um cadastro pendente.
    async fn atualizar_adolescente(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: AtualizarAdolescenteInput,
    ) -> Option<Result<AtualizarAdolescentePayload>> {
        let desfecho = service::atualizar(ctx.app(), ctx.ator(), input.into()).await;
        Some(recusas_como_dados(desfecho).map(|desfecho| {
            let (adolescente, alterado, erros) = match desfecho {
                Ok(feito) => {
                    (Some(AdolescenteNode(Arc::new(feito.adolescente))), feito.alterado, Vec::new())
                }
                Err(erros) => (None, false, erros),
            };
            AtualizarAdolescentePayload {
                adolescente,
                alterado,
                erros,
                query: Some(Query::default()),
            }
        }))
    }
}
