//! Mutations of adolescentes.

use super::alteracao::AtualizarAdolescenteInput;
use super::fields::AdolescenteNode;
use super::input::CadastrarAdolescenteInput;
use crate::Result;
use crate::adolescente::service::Alterado;
use crate::graphql::schema::mutation::{Desfecho, Fim, executar};
use crate::graphql_types::directives::{Cost, DEZ, INTEGRACAO, RequerPapel};
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
    fim: Fim,
}

/// Resultado de atualizarAdolescente.
#[derive(SimpleObject)]
pub struct AtualizarAdolescentePayload {
    /// O adolescente; nulo se recusado ou simulado.
    adolescente: Option<AdolescenteNode>,
    /// Falso quando nada mudou.
    alterado: bool,
    #[graphql(flatten)]
    fim: Fim,
}

impl From<Desfecho<Alterado>> for CadastrarAdolescentePayload {
    fn from(desfecho: Desfecho<Alterado>) -> Self {
        let (feito, fim) = desfecho.gravado();
        let adolescente = feito.map(|feito| AdolescenteNode::from(Arc::new(feito.adolescente)));
        Self { adolescente, avisos: Vec::new(), fim }
    }
}

impl From<Desfecho<Alterado>> for AtualizarAdolescentePayload {
    fn from(desfecho: Desfecho<Alterado>) -> Self {
        let alterado = desfecho.resumo(|feito| feito.alterado);
        let (feito, fim) = desfecho.gravado();
        let adolescente = feito.map(|feito| AdolescenteNode::from(Arc::new(feito.adolescente)));
        Self { adolescente, alterado, fim }
    }
}

#[Object]
impl AdolescenteMutation {
    /// Cadastra um adolescente e gera o identificador (R24, R25).
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn cadastrar_adolescente(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: CadastrarAdolescenteInput,
    ) -> Option<Result<CadastrarAdolescentePayload>> {
        Some(executar(ctx, input).await)
    }

    /// Altera os dados de um adolescente; completa um cadastro pendente.
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn atualizar_adolescente(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: AtualizarAdolescenteInput,
    ) -> Option<Result<AtualizarAdolescentePayload>> {
        Some(executar(ctx, input).await)
    }
}
