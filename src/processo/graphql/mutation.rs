//! Mutations of processos.

use super::ProcessoNode;
use super::alteracao::{
    AlterarSituacaoInput, AtualizarResponsaveisInput, DesvincularAdolescenteInput,
    VincularAdolescenteInput,
};
use super::input::CadastrarProcessoInput;
use crate::Result;
use crate::adolescente::Adolescente;
use crate::graphql::schema::mutation::{Completion, MutationOutcome, execute};
use crate::graphql_types::directives::{Cost, INTEGRACAO, RequerPapel, WRITE_OR_COUNT};
use crate::processo::graphql::EdgeWithVinculo;
use crate::processo::service::{Cadastrado, Changed, Desvinculado, Vinculado};
use crate::processo::store::{self, AdolescentesOfProcesso};
use crate::processo::{Processo, SituacaoVinculo, Vinculo};
use async_graphql::{Context, Object, SimpleObject};
use std::sync::Arc;

#[derive(Default)]
pub struct ProcessoMutation;

/// Resultado de cadastrarProcesso.
#[derive(SimpleObject)]
pub struct CadastrarProcessoPayload {
    /// O processo cadastrado; nulo se recusado ou simulado.
    processo: Option<ProcessoNode>,
    /// O que convém saber e não impediu, em português.
    avisos: Vec<String>,
    #[graphql(flatten)]
    completion: Completion,
}

/// Resultado de atualizarResponsaveis.
#[derive(SimpleObject)]
pub struct AtualizarResponsaveisPayload {
    /// O processo; nulo se recusado ou simulado.
    processo: Option<ProcessoNode>,
    /// Falso quando nada mudou.
    alterado: bool,
    #[graphql(flatten)]
    completion: Completion,
}

/// Resultado de alterarSituacao.
#[derive(SimpleObject)]
pub struct AlterarSituacaoPayload {
    /// O processo; nulo se recusado ou simulado.
    processo: Option<ProcessoNode>,
    /// Falso quando a situação já era essa (R20).
    alterado: bool,
    #[graphql(flatten)]
    completion: Completion,
}

/// Resultado de vincularAdolescente.
#[derive(SimpleObject)]
pub struct VincularAdolescentePayload {
    /// A aresta criada, para a conexão do cliente; nula se recusado ou simulado.
    edge: Option<EdgeWithVinculo<AdolescentesOfProcesso>>,
    /// O processo; nulo se recusado ou simulado.
    processo: Option<ProcessoNode>,
    /// O que convém saber e não impediu, em português.
    avisos: Vec<String>,
    #[graphql(flatten)]
    completion: Completion,
}

/// Resultado de desvincularAdolescente.
#[derive(SimpleObject)]
pub struct DesvincularAdolescentePayload {
    /// A aresta, agora encerrada; nula se recusado ou simulado.
    edge: Option<EdgeWithVinculo<AdolescentesOfProcesso>>,
    /// O processo; nulo se recusado ou simulado.
    processo: Option<ProcessoNode>,
    #[graphql(flatten)]
    completion: Completion,
}

/// The edge that `Processo.adolescentes` would return, so that a client can put it in its own copy
/// of that connection. The cursor fits the default `situacao` while the link is open, and
/// `situacao: null` once it has ended.
fn vinculo_edge(
    processo: &Processo,
    adolescente: Adolescente,
    vinculo: Vinculo,
) -> EdgeWithVinculo<AdolescentesOfProcesso> {
    let situacao = (vinculo.encerrado_em.is_none()).then_some(SituacaoVinculo::Ativo);
    let list = AdolescentesOfProcesso { processo: processo.id, situacao };
    let object = Arc::new(Arc::new(adolescente).into());
    (Arc::new(list), store::Vinculado { vinculo, object }).into()
}

/// The fields of a payload that shows a processo and whether it changed.
fn changed(outcome: MutationOutcome<Changed>) -> (Option<ProcessoNode>, bool, Completion) {
    let alterado = outcome.summary(|effect| effect.changed);
    let (effect, completion) = outcome.stored();
    (effect.map(|effect| Arc::new(effect.processo).into()), alterado, completion)
}

impl From<MutationOutcome<Cadastrado>> for CadastrarProcessoPayload {
    fn from(outcome: MutationOutcome<Cadastrado>) -> Self {
        let warnings = outcome.summary(|effect| effect.warnings.clone());
        let (effect, completion) = outcome.stored();
        Self {
            processo: effect.map(|effect| Arc::new(effect.processo).into()),
            avisos: warnings,
            completion,
        }
    }
}

impl From<MutationOutcome<Changed>> for AtualizarResponsaveisPayload {
    fn from(outcome: MutationOutcome<Changed>) -> Self {
        let (processo, alterado, completion) = changed(outcome);
        Self { processo, alterado, completion }
    }
}

impl From<MutationOutcome<Changed>> for AlterarSituacaoPayload {
    fn from(outcome: MutationOutcome<Changed>) -> Self {
        let (processo, alterado, completion) = changed(outcome);
        Self { processo, alterado, completion }
    }
}

impl From<MutationOutcome<Vinculado>> for VincularAdolescentePayload {
    fn from(outcome: MutationOutcome<Vinculado>) -> Self {
        let warnings = outcome.summary(|effect| effect.warnings.clone());
        let (effect, completion) = outcome.stored();
        let parts = effect.map(|Vinculado { processo, adolescente, vinculo, .. }| {
            (vinculo_edge(&processo, adolescente, vinculo), Arc::new(processo).into())
        });
        let (edge, processo) = parts.unzip();
        Self { edge, processo, avisos: warnings, completion }
    }
}

impl From<MutationOutcome<Desvinculado>> for DesvincularAdolescentePayload {
    fn from(outcome: MutationOutcome<Desvinculado>) -> Self {
        let (effect, completion) = outcome.stored();
        let parts = effect.map(|Desvinculado { processo, adolescente, vinculo }| {
            (vinculo_edge(&processo, adolescente, vinculo), Arc::new(processo).into())
        });
        let (edge, processo) = parts.unzip();
        Self { edge, processo, completion }
    }
}

#[Object]
impl ProcessoMutation {
    /// Cadastra um processo com os seus vínculos (R3 a R12).
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn cadastrar_processo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: CadastrarProcessoInput,
    ) -> Option<Result<CadastrarProcessoPayload>> {
        Some(execute(ctx, input).await)
    }

    /// Altera magistrado e serventuário de um processo (R13).
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn atualizar_responsaveis(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: AtualizarResponsaveisInput,
    ) -> Option<Result<AtualizarResponsaveisPayload>> {
        Some(execute(ctx, input).await)
    }

    /// Arquiva ou reativa um processo (R19, R20).
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn alterar_situacao(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: AlterarSituacaoInput,
    ) -> Option<Result<AlterarSituacaoPayload>> {
        Some(execute(ctx, input).await)
    }

    /// Vincula um adolescente a uma apuração (R14, R15).
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn vincular_adolescente(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: VincularAdolescenteInput,
    ) -> Option<Result<VincularAdolescentePayload>> {
        Some(execute(ctx, input).await)
    }

    /// Encerra o vínculo de um adolescente com uma apuração (R16 a R18).
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn desvincular_adolescente(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: DesvincularAdolescenteInput,
    ) -> Option<Result<DesvincularAdolescentePayload>> {
        Some(execute(ctx, input).await)
    }
}
