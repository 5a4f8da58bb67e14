//! Mutations of processos.

use super::ProcessoNode;
use super::alteracao::{
    AlterarSituacaoInput, AtualizarResponsaveisInput, DesvincularAdolescenteInput,
    VincularAdolescenteInput,
};
use super::input::CadastrarProcessoInput;
use crate::adolescente::Adolescente;
use crate::graphql::schema::mutation::{Completion, MutationOutcome, mutations, payload};
use crate::processo::graphql::EdgeWithVinculo;
use crate::processo::service::{Cadastrado, Changed, Desvinculado, Vinculado};
use crate::processo::store::{self, AdolescentesOfProcesso};
use crate::processo::{Processo, SituacaoVinculo, Vinculo};
use async_graphql::SimpleObject;
use std::sync::Arc;

payload! {
    /// Resultado de cadastrarProcesso.
    pub struct CadastrarProcessoPayload from Cadastrado {
        /// O processo cadastrado; nulo se recusado ou simulado.
        processo: ProcessoNode = |effect| Arc::new(effect.processo).into(),
        /// Avisos em português, que não impediram a operação.
        avisos: Vec<String> = |effect| effect.warnings.clone(),
    }
}

payload! {
    /// Resultado de atualizarResponsaveis.
    pub struct AtualizarResponsaveisPayload from Changed {
        /// O processo; nulo se recusado ou simulado.
        processo: ProcessoNode = |effect| Arc::new(effect.processo).into(),
        /// Falso quando nada mudou.
        alterado: bool = |effect| effect.changed,
    }
}

payload! {
    /// Resultado de alterarSituacao.
    pub struct AlterarSituacaoPayload from Changed {
        /// O processo; nulo se recusado ou simulado.
        processo: ProcessoNode = |effect| Arc::new(effect.processo).into(),
        /// Falso quando nada mudou: a situação já era essa (R20), ou houve recusa.
        alterado: bool = |effect| effect.changed,
    }
}

/// Resultado de vincularAdolescente.
#[derive(SimpleObject)]
pub struct VincularAdolescentePayload {
    /// A aresta nova de `Processo.adolescentes`; nula se recusado ou simulado.
    edge: Option<EdgeWithVinculo<AdolescentesOfProcesso>>,
    /// O processo; nulo se recusado ou simulado.
    processo: Option<ProcessoNode>,
    /// Avisos em português, que não impediram a operação.
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
/// of that connection. The cursor fits the default `situacao` while the vínculo is open, and
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

mutations! {
    ProcessoMutation requires INTEGRACAO;

    /// Cadastra um processo com os seus vínculos (R3 a R12).
    cadastrar_processo(CadastrarProcessoInput) -> CadastrarProcessoPayload;

    /// Altera magistrado e serventuário de um processo (R13).
    atualizar_responsaveis(AtualizarResponsaveisInput) -> AtualizarResponsaveisPayload;

    /// Arquiva ou reativa um processo (R19, R20).
    alterar_situacao(AlterarSituacaoInput) -> AlterarSituacaoPayload;

    /// Vincula um adolescente a uma apuração (R14, R15).
    vincular_adolescente(VincularAdolescenteInput) -> VincularAdolescentePayload;

    /// Encerra o vínculo de um adolescente com uma apuração (R16 a R18).
    desvincular_adolescente(DesvincularAdolescenteInput) -> DesvincularAdolescentePayload;
}
