//! Mutations of adolescentes.

use super::alteracao::AtualizarAdolescenteInput;
use super::fields::AdolescenteNode;
use super::input::CadastrarAdolescenteInput;
use crate::Result;
use crate::adolescente::service::Changed;
use crate::graphql::schema::mutation::{Completion, MutationOutcome, execute};
use crate::graphql_types::directives::{Cost, INTEGRACAO, RequerPapel, WRITE_OR_COUNT};
use async_graphql::{Context, Object, SimpleObject};
use std::sync::Arc;

#[derive(Default)]
pub struct AdolescenteMutation;

/// Resultado de cadastrarAdolescente.
#[derive(SimpleObject)]
pub struct CadastrarAdolescentePayload {
    /// O adolescente, com o identificador gerado; nulo se recusado ou simulado.
    adolescente: Option<AdolescenteNode>,
    /// O que convém saber e não impediu, em português.
    avisos: Vec<String>,
    #[graphql(flatten)]
    completion: Completion,
}

/// Resultado de atualizarAdolescente.
#[derive(SimpleObject)]
pub struct AtualizarAdolescentePayload {
    /// O adolescente; nulo se recusado ou simulado.
    adolescente: Option<AdolescenteNode>,
    /// Falso quando nada mudou.
    alterado: bool,
    #[graphql(flatten)]
    completion: Completion,
}

impl From<MutationOutcome<Changed>> for CadastrarAdolescentePayload {
    fn from(outcome: MutationOutcome<Changed>) -> Self {
        let (effect, completion) = outcome.stored();
        let adolescente = effect.map(|effect| AdolescenteNode::from(Arc::new(effect.adolescente)));
        Self { adolescente, avisos: Vec::new(), completion }
    }
}

impl From<MutationOutcome<Changed>> for AtualizarAdolescentePayload {
    fn from(outcome: MutationOutcome<Changed>) -> Self {
        let changed = outcome.summary(|effect| effect.changed);
        let (effect, completion) = outcome.stored();
        let adolescente = effect.map(|effect| AdolescenteNode::from(Arc::new(effect.adolescente)));
        Self { adolescente, alterado: changed, completion }
    }
}

#[Object]
impl AdolescenteMutation {
    /// Cadastra um adolescente e gera o identificador (R24, R25).
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn cadastrar_adolescente(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: CadastrarAdolescenteInput,
    ) -> Option<Result<CadastrarAdolescentePayload>> {
        Some(execute(ctx, input).await)
    }

    /// Altera os dados de um adolescente; completa um cadastro pendente.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn atualizar_adolescente(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: AtualizarAdolescenteInput,
    ) -> Option<Result<AtualizarAdolescentePayload>> {
        Some(execute(ctx, input).await)
    }
}
