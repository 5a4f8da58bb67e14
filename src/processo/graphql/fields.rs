//! Fields of processos: those of every processo, and those of each type.

use super::types::{ProcessoApuracao, ProcessoNode};
use crate::Result;
use crate::audit::SensitiveField;
use crate::error::Error;
use crate::evento::graphql::{EventoFiltro, eventos_of};
use crate::evento::store::{EventosOf, Subject};
use crate::graphql_types::connection::{Connection, Count, Paging, SentidoOrdem, connect_field};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, DADOS_SENSIVEIS, FILTER, PageSize, RequerPapel};
use crate::graphql_types::field_error::Fallible;
use crate::graphql_types::global_id::GlobalId;
use crate::graphql_types::json::{JsonObject, ToJson};
use crate::graphql_types::scalars::Timestamp;
use crate::guia::SituacaoGuia;
use crate::guia::store::GuiasOf;
use crate::linha_do_tempo::graphql::linha_do_tempo;
use crate::linha_do_tempo::store::LinhaDoTempo;
use crate::processo::store::{AdolescentesOfProcesso, ExecucoesOfApuracao, ProcessoByNumero};
use crate::processo::{
    NumeroProcesso, Processo, Responsavel, SituacaoProcesso, SituacaoVinculo, TipoProcesso,
};
use crate::tramite::store::Tramites;
use crate::value::cpf::Cpf;
use crate::value::tribunal::Tribunal;
use async_graphql::{Context, ID, Object};
use futures_util::FutureExt;
use std::ops::Deref;
use std::sync::Arc;

/// The fields of every processo.
pub struct CommonFields(pub(super) Arc<Processo>);

impl Deref for CommonFields {
    type Target = Processo;

    fn deref(&self) -> &Processo {
        &self.0
    }
}

#[Object]
impl CommonFields {
    /// Identificador global, opaco e estável.
    pub async fn id(&self) -> ID {
        GlobalId::Processo(self.0.id.0).into()
    }

    /// Código nas rotas REST (`/api/v1/processos/{id}`), menor que 2³¹.
    async fn codigo(&self) -> Result<i32> {
        i32::try_from(self.0.id.0).map_err(Error::internal)
    }

    /// Número único.
    async fn numero(&self) -> NumeroProcesso {
        self.0.numero.clone()
    }

    /// Natureza.
    async fn tipo(&self) -> TipoProcesso {
        self.0.tipo
    }

    /// Situação.
    async fn situacao(&self) -> SituacaoProcesso {
        self.0.situacao
    }

    /// Tribunal.
    async fn tribunal(&self) -> Result<JsonObject<Tribunal>> {
        Tribunal::from_row(self.0.tribunal_codigo).map(JsonObject)
    }

    /// Órgão julgador (vara), de 1 a 2147483647.
    async fn id_orgao(&self) -> i32 {
        self.0.id_orgao
    }

    /// Sistema do tribunal em que o processo corre.
    async fn app_name_sistema_tribunal(&self) -> String {
        self.0.app_name_sistema_tribunal.clone()
    }

    /// Código do rascunho de que veio (R8).
    async fn id_processo_sistema_externo(&self) -> Option<String> {
        self.0.id_processo_sistema_externo.clone()
    }

    /// Magistrado responsável.
    async fn magistrado(&self) -> Option<JsonObject<ResponsavelNode>> {
        ResponsavelNode::new(self.0.magistrado_nome.as_ref(), self.0.magistrado_cpf.as_ref())
            .map(JsonObject)
    }

    /// Serventuário responsável.
    async fn serventuario(&self) -> Option<JsonObject<ResponsavelNode>> {
        ResponsavelNode::new(self.0.serventuario_nome.as_ref(), self.0.serventuario_cpf.as_ref())
            .map(JsonObject)
    }

    /// Cadastro.
    async fn criado_em(&self) -> Timestamp {
        self.0.criado_em.into()
    }

    /// Última alteração.
    async fn atualizado_em(&self) -> Timestamp {
        self.0.atualizado_em.into()
    }

    /// Cresce a cada alteração; devolva em `versaoEsperada`.
    async fn versao(&self) -> i32 {
        self.0.versao
    }

    /// Adolescentes do processo, com o vínculo na aresta.
    #[graphql(directive = PageSize::apply())]
    async fn adolescentes(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            default_with = "Some(SituacaoVinculo::Ativo)",
            desc = "Só vínculos nesta situação; null traz todos."
        )]
        situacao: Option<SituacaoVinculo>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Fallible<Connection<AdolescentesOfProcesso>> {
        let page = Paging { first, after, last, before };
        connect_field(ctx, AdolescentesOfProcesso { processo: self.0.id, situacao }, page).await
    }

    /// Guias do processo.
    #[graphql(directive = PageSize::apply())]
    async fn guias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Só guias nesta situação; ausente traz todas.")] situacao: Option<
            SituacaoGuia,
        >,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Fallible<Connection<GuiasOf>> {
        let page = Paging { first, after, last, before };
        connect_field(ctx, GuiasOf::Processo(self.0.id, situacao), page).await
    }

    /// Trâmites visíveis cujo protocolo é o número deste processo.
    #[graphql(directive = PageSize::apply())]
    async fn tramites(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Fallible<Connection<Tramites>> {
        let page = Paging { first, after, last, before };
        connect_field(ctx, Tramites::OfProcesso(self.0.id), page).await
    }

    /// Alterações do processo, da mais antiga à mais nova se não se diz `sentido`.
    #[graphql(directive = PageSize::apply())]
    #[expect(clippy::too_many_arguments, reason = "the arguments, as Relay names them")]
    async fn eventos(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todos.", directive = Cost::apply(FILTER.into()))]
        filtro: Option<EventoFiltro>,
        #[graphql(
            default_with = "SentidoOrdem::Asc",
            desc = "Sentido: do mais antigo ao mais novo, ou o contrário."
        )]
        sentido: SentidoOrdem,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Fallible<Connection<EventosOf>> {
        let page = Paging { first, after, last, before };
        connect_field(ctx, eventos_of(Subject::Processo(self.0.id), filtro, sentido), page).await
    }

    /// O que aconteceu ao processo e às execuções dele: cadastros, situações, responsáveis, vínculos, guias e trâmites, em ordem de tempo, cada um numa frase.
    #[graphql(directive = PageSize::apply())]
    #[expect(clippy::too_many_arguments, reason = "the arguments, as Relay names them")]
    async fn linha_do_tempo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Desde este instante, inclusive.")] de: Option<Timestamp>,
        #[graphql(desc = "Até este instante, exclusive.")] ate: Option<Timestamp>,
        #[graphql(
            default_with = "SentidoOrdem::Asc",
            desc = "Sentido: do mais antigo ao mais novo, ou o contrário."
        )]
        sentido: SentidoOrdem,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Fallible<Connection<LinhaDoTempo>> {
        let page = Paging { first, after, last, before };
        connect_field(ctx, linha_do_tempo(Subject::Processo(self.0.id), (de, ate), sentido), page)
            .await
    }
}

/// The fields that only an apuração has.
pub struct ApuracaoFields(pub(super) Arc<Processo>);

#[Object]
impl ApuracaoFields {
    /// Número da apuração de origem, numa execução; numa apuração, só informação (R9).
    async fn numero_referencia(&self) -> Option<NumeroProcesso> {
        self.0.numero_referencia.clone()
    }

    /// Execuções que referenciam esta apuração e são visíveis.
    #[graphql(directive = PageSize::apply())]
    async fn execucoes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Só execuções nesta situação; ausente traz todas.")] situacao: Option<
            SituacaoProcesso,
        >,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Fallible<Connection<ExecucoesOfApuracao>> {
        let page = Paging { first, after, last, before };
        connect_field(ctx, ExecucoesOfApuracao { apuracao: self.0.id, situacao }, page).await
    }
}

/// The fields that only an execução has.
pub struct ExecucaoFields(pub(super) Arc<Processo>);

#[Object]
impl ExecucaoFields {
    /// Número da apuração de origem (R9), mesmo quando ela é de outro tribunal.
    async fn numero_referencia(&self) -> Result<NumeroProcesso> {
        let referencia = self.0.numero_referencia.clone();
        referencia.ok_or_else(|| Error::internal(anyhow::anyhow!("an execução without reference")))
    }

    /// Apuração de origem; nula quando quem chama não a vê, por ser de outro tribunal (R10, R22).
    async fn apuracao(&self, ctx: &Context<'_>) -> Option<Result<JsonObject<ProcessoApuracao>>> {
        // Boxed to keep the future of this object small, as in `connect`.
        origem(ctx, &self.0).boxed().await.map(|found| found.map(JsonObject)).transpose()
    }

    /// Guias da medida que se executa: as desta execução e as que a apuração de origem deu ao seu adolescente.
    #[graphql(directive = PageSize::apply())]
    async fn guias_da_medida(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Só guias nesta situação; ausente traz todas.")] situacao: Option<
            SituacaoGuia,
        >,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Fallible<Connection<GuiasOf>> {
        let page = Paging { first, after, last, before };
        connect_field(ctx, GuiasOf::Medida(self.0.id, situacao), page).await
    }
}

#[derive(Clone)]
pub struct ResponsavelNode(Responsavel);

impl ResponsavelNode {
    fn new(nome: Option<&String>, cpf: Option<&Cpf>) -> Option<Self> {
        let present = nome.is_some() || cpf.is_some();
        present.then(|| Self(Responsavel { nome: nome.cloned(), cpf: cpf.cloned() }))
    }

    /// A responsável with a CPF. Those of a guia always have one.
    pub fn with_cpf(nome: Option<&String>, cpf: &Cpf) -> Self {
        Self(Responsavel { nome: nome.cloned(), cpf: Some(cpf.clone()) })
    }
}

impl ToJson for ResponsavelNode {}

/// Magistrado ou serventuário responsável.
#[Object(name = "Responsavel")]
impl ResponsavelNode {
    /// Nome.
    async fn nome(&self) -> Option<&str> {
        self.0.nome.as_deref()
    }

    /// CPF.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn cpf(&self, ctx: &Context<'_>) -> Option<Cpf> {
        ctx.sensitive(SensitiveField::CpfDeResponsavel, self.0.cpf.clone())
    }
}

/// The apuração that an execução comes from. `None` when the caller may not see it, because it
/// belongs to another tribunal (R10, R22).
pub(super) async fn origem(
    ctx: &Context<'_>,
    execucao: &Processo,
) -> Result<Option<ProcessoApuracao>> {
    let Some(referencia) = execucao.numero_referencia.clone() else { return Ok(None) };
    Ok(match ctx.loaders().load(ProcessoByNumero(referencia)).await?.map(ProcessoNode::from) {
        Some(ProcessoNode::Apuracao(apuracao)) => Some(apuracao),
        _ => None,
    })
}
