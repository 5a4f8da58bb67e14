//! Mutations of processos.

use super::ProcessoNode;
use super::alteracao::{
    AlterarSituacaoInput, AtualizarResponsaveisInput, DesvincularAdolescenteInput,
    VincularAdolescenteInput,
};
use super::input::CadastrarProcessoInput;
use crate::Result;
use crate::adolescente::Adolescente;
use crate::graphql::schema::mutation::{Desfecho, Fim, executar};
use crate::graphql_types::connection::ArestaComVinculo;
use crate::graphql_types::directives::{Cost, DEZ, INTEGRACAO, RequerPapel};
use crate::processo::service::{Alterado, Cadastrado, Desvinculado, Vinculado};
use crate::processo::store::{self, AdolescentesDoProcesso};
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
    fim: Fim,
}

/// Resultado de atualizarResponsaveis.
#[derive(SimpleObject)]
pub struct AtualizarResponsaveisPayload {
    /// O processo; nulo se recusado ou simulado.
    processo: Option<ProcessoNode>,
    /// Falso quando nada mudou.
    alterado: bool,
    #[graphql(flatten)]
    fim: Fim,
}

/// Resultado de alterarSituacao.
#[derive(SimpleObject)]
pub struct AlterarSituacaoPayload {
    /// O processo; nulo se recusado ou simulado.
    processo: Option<ProcessoNode>,
    /// Falso quando a situação já era essa (R20).
    alterado: bool,
    #[graphql(flatten)]
    fim: Fim,
}

/// Resultado de vincularAdolescente.
#[derive(SimpleObject)]
pub struct VincularAdolescentePayload {
    /// A aresta criada, para a conexão do cliente; nula se recusado ou simulado.
    edge: Option<ArestaComVinculo<AdolescentesDoProcesso>>,
    /// O processo; nulo se recusado ou simulado.
    processo: Option<ProcessoNode>,
    /// O que convém saber e não impediu, em português.
    avisos: Vec<String>,
    #[graphql(flatten)]
    fim: Fim,
}

/// Resultado de desvincularAdolescente.
#[derive(SimpleObject)]
pub struct DesvincularAdolescentePayload {
    /// A aresta, agora encerrada; nula se recusado ou simulado.
    edge: Option<ArestaComVinculo<AdolescentesDoProcesso>>,
    /// O processo; nulo se recusado ou simulado.
    processo: Option<ProcessoNode>,
    #[graphql(flatten)]
    fim: Fim,
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
    let objeto = Arc::new(Arc::new(adolescente).into());
    (Arc::new(lista), store::Vinculado { vinculo, objeto }).into()
}

impl From<Desfecho<Cadastrado>> for CadastrarProcessoPayload {
    fn from(desfecho: Desfecho<Cadastrado>) -> Self {
        let avisos = desfecho.resumo(|feito| feito.avisos.clone());
        let (feito, fim) = desfecho.gravado();
        Self { processo: feito.map(|feito| Arc::new(feito.processo).into()), avisos, fim }
    }
}

impl From<Desfecho<Alterado>> for AtualizarResponsaveisPayload {
    fn from(desfecho: Desfecho<Alterado>) -> Self {
        let alterado = desfecho.resumo(|feito| feito.alterado);
        let (feito, fim) = desfecho.gravado();
        Self { processo: feito.map(|feito| Arc::new(feito.processo).into()), alterado, fim }
    }
}

impl From<Desfecho<Alterado>> for AlterarSituacaoPayload {
    fn from(desfecho: Desfecho<Alterado>) -> Self {
        let alterado = desfecho.resumo(|feito| feito.alterado);
        let (feito, fim) = desfecho.gravado();
        Self { processo: feito.map(|feito| Arc::new(feito.processo).into()), alterado, fim }
    }
}

impl From<Desfecho<Vinculado>> for VincularAdolescentePayload {
    fn from(desfecho: Desfecho<Vinculado>) -> Self {
        let avisos = desfecho.resumo(|feito| feito.avisos.clone());
        let (feito, fim) = desfecho.gravado();
        let partes = feito.map(|Vinculado { processo, adolescente, vinculo, .. }| {
            (aresta(&processo, adolescente, vinculo), Arc::new(processo).into())
        });
        let (edge, processo) = partes.unzip();
        Self { edge, processo, avisos, fim }
    }
}

impl From<Desfecho<Desvinculado>> for DesvincularAdolescentePayload {
    fn from(desfecho: Desfecho<Desvinculado>) -> Self {
        let (feito, fim) = desfecho.gravado();
        let partes = feito.map(|Desvinculado { processo, adolescente, vinculo }| {
            (aresta(&processo, adolescente, vinculo), Arc::new(processo).into())
        });
        let (edge, processo) = partes.unzip();
        Self { edge, processo, fim }
    }
}

#[Object]
impl ProcessoMutation {
    /// Cadastra um processo com os seus vínculos (R3 a R12).
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn cadastrar_processo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: CadastrarProcessoInput,
    ) -> Option<Result<CadastrarProcessoPayload>> {
        Some(executar(ctx, input).await)
    }

    /// Altera magistrado e serventuário de um processo (R13).
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn atualizar_responsaveis(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: AtualizarResponsaveisInput,
    ) -> Option<Result<AtualizarResponsaveisPayload>> {
        Some(executar(ctx, input).await)
    }

    /// Arquiva ou reativa um processo (R19, R20).
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn alterar_situacao(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: AlterarSituacaoInput,
    ) -> Option<Result<AlterarSituacaoPayload>> {
        Some(executar(ctx, input).await)
    }

    /// Vincula um adolescente a uma apuração (R14, R15).
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn vincular_adolescente(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: VincularAdolescenteInput,
    ) -> Option<Result<VincularAdolescentePayload>> {
        Some(executar(ctx, input).await)
    }

    /// Encerra o vínculo de um adolescente com uma apuração (R16 a R18).
    #[graphql(
        directive = RequerPapel::apply(INTEGRACAO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn desvincular_adolescente(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: DesvincularAdolescenteInput,
    ) -> Option<Result<DesvincularAdolescentePayload>> {
        Some(executar(ctx, input).await)
    }
}
