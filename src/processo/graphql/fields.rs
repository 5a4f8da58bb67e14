//! The fields of processos: those of every one, and those of each type.

use super::types::{ProcessoApuracao, ProcessoNode};
use crate::Result;
use crate::audit::CampoSensivel;
use crate::error::Error;
use crate::evento::graphql::{EventoFiltro, eventos_de};
use crate::evento::store::{EventosDe, Objeto};
use crate::graphql::schema::errors::{ErroDeCampo, Falivel};
use crate::graphql::schema::node::GlobalId;
use crate::graphql_types::connection::{Conexao, Paginacao, SentidoOrdem, conectar};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, DADOS_SENSIVEIS, FILTRO, Pagina, RequerPapel};
use crate::graphql_types::json::{Escrevivel, Escrito};
use crate::graphql_types::scalars::Instante;
use crate::guia::SituacaoGuia;
use crate::guia::store::GuiasDe;
use crate::linha_do_tempo::graphql::linha;
use crate::linha_do_tempo::store::{De, LinhaDoTempo};
use crate::processo::store::{AdolescentesDoProcesso, ExecucoesDaApuracao, ProcessoPorNumero};
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
pub struct Comum(pub(super) Arc<Processo>);

impl Deref for Comum {
    type Target = Processo;

    fn deref(&self) -> &Processo {
        &self.0
    }
}

#[Object]
impl Comum {
    /// Identificador global, opaco e estável.
    pub async fn id(&self) -> ID {
        GlobalId::Processo(self.0.id).into()
    }

    /// Código nas rotas REST (`/api/v1/processos/{id}`), menor que 2³¹.
    pub(super) async fn codigo(&self) -> Result<i32> {
        i32::try_from(self.0.id.0).map_err(Error::interno)
    }

    /// Número único.
    pub(super) async fn numero(&self) -> NumeroProcesso {
        self.0.numero.clone()
    }

    /// Natureza.
    pub(super) async fn tipo(&self) -> TipoProcesso {
        self.0.tipo
    }

    /// Situação.
    pub(super) async fn situacao(&self) -> SituacaoProcesso {
        self.0.situacao
    }

    /// Tribunal.
    pub(super) async fn tribunal(&self) -> Result<Escrito<Tribunal>> {
        Tribunal::da_linha(self.0.tribunal_codigo).map(Escrito)
    }

    /// Órgão julgador (vara), de 1 a 2147483647.
    pub(super) async fn id_orgao(&self) -> i32 {
        self.0.id_orgao
    }

    /// Sistema do tribunal em que o processo corre.
    pub(super) async fn app_name_sistema_tribunal(&self) -> String {
        self.0.app_name_sistema_tribunal.clone()
    }

    /// Código do rascunho de que veio (R8).
    pub(super) async fn id_processo_sistema_externo(&self) -> Option<String> {
        self.0.id_processo_sistema_externo.clone()
    }

    /// Magistrado responsável.
    pub(super) async fn magistrado(&self) -> Option<Escrito<ResponsavelNode>> {
        ResponsavelNode::novo(self.0.magistrado_nome.as_ref(), self.0.magistrado_cpf.as_ref())
            .map(Escrito)
    }

    /// Serventuário responsável.
    pub(super) async fn serventuario(&self) -> Option<Escrito<ResponsavelNode>> {
        ResponsavelNode::novo(self.0.serventuario_nome.as_ref(), self.0.serventuario_cpf.as_ref())
            .map(Escrito)
    }

    /// Cadastro.
    pub(super) async fn criado_em(&self) -> Instante {
        self.0.criado_em.into()
    }

    /// Última alteração.
    pub(super) async fn atualizado_em(&self) -> Instante {
        self.0.atualizado_em.into()
    }

    /// Cresce a cada alteração; devolva em `versaoEsperada`.
    pub(super) async fn versao(&self) -> i32 {
        self.0.versao
    }

    /// Adolescentes do processo, com o vínculo na aresta.
    #[graphql(directive = Pagina::apply())]
    pub(super) async fn adolescentes(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            default_with = "Some(SituacaoVinculo::Ativo)",
            desc = "Só vínculos nesta situação; null traz todos."
        )]
        situacao: Option<SituacaoVinculo>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Falivel<Conexao<AdolescentesDoProcesso>> {
        let pagina = Paginacao { first, after, last, before };
        conectar(ctx, AdolescentesDoProcesso { processo: self.0.id, situacao }, pagina)
            .await
            .map_err(|error| ErroDeCampo::em(ctx, error))
    }

    /// Guias do processo.
    #[graphql(directive = Pagina::apply())]
    pub(super) async fn guias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Só guias nesta situação; ausente traz todas.")] situacao: Option<
            SituacaoGuia,
        >,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Falivel<Conexao<GuiasDe>> {
        let pagina = Paginacao { first, after, last, before };
        conectar(ctx, GuiasDe::Processo(self.0.id, situacao), pagina)
            .await
            .map_err(|error| ErroDeCampo::em(ctx, error))
    }

    /// Trâmites cujo protocolo é o número deste processo e em que quem chama é parte.
    #[graphql(directive = Pagina::apply())]
    pub(super) async fn tramites(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Falivel<Conexao<Tramites>> {
        let pagina = Paginacao { first, after, last, before };
        conectar(ctx, Tramites::DoProcesso(self.0.id), pagina)
            .await
            .map_err(|error| ErroDeCampo::em(ctx, error))
    }

    /// Alterações do processo, da mais antiga à mais nova se não se diz `sentido`.
    #[graphql(directive = Pagina::apply())]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of the field, as Relay names them"
    )]
    pub(super) async fn eventos(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todos.", directive = Cost::apply(FILTRO.into()))]
        filtro: Option<EventoFiltro>,
        #[graphql(
            default_with = "SentidoOrdem::Asc",
            desc = "Sentido: do mais antigo ao mais novo, ou o contrário."
        )]
        sentido: SentidoOrdem,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Falivel<Conexao<EventosDe>> {
        let pagina = Paginacao { first, after, last, before };
        conectar(ctx, eventos_de(Objeto::Processo(self.0.id), filtro, sentido), pagina)
            .await
            .map_err(|error| ErroDeCampo::em(ctx, error))
    }

    /// O que aconteceu ao processo e às execuções dele: cadastros, situações, responsáveis, vínculos, guias e trâmites, em ordem de tempo, cada um numa frase.
    #[graphql(directive = Pagina::apply())]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of the field, as Relay names them"
    )]
    pub(super) async fn linha_do_tempo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Desde este instante, inclusive.")] de: Option<Instante>,
        #[graphql(desc = "Até este instante, exclusive.")] ate: Option<Instante>,
        #[graphql(
            default_with = "SentidoOrdem::Asc",
            desc = "Sentido: do mais antigo ao mais novo, ou o contrário."
        )]
        sentido: SentidoOrdem,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Falivel<Conexao<LinhaDoTempo>> {
        let pagina = Paginacao { first, after, last, before };
        conectar(ctx, linha(De::Processo(self.0.id), (de, ate), sentido), pagina)
            .await
            .map_err(|error| ErroDeCampo::em(ctx, error))
    }
}

/// What an apuração has of its own.
pub struct ApuracaoPropria(pub(super) Arc<Processo>);

#[Object]
impl ApuracaoPropria {
    /// Número da apuração de origem, numa execução; numa apuração, só informação (R9).
    pub(super) async fn numero_referencia(&self) -> Option<NumeroProcesso> {
        self.0.numero_referencia.clone()
    }

    /// Execuções que referenciam esta apuração e são visíveis.
    #[graphql(directive = Pagina::apply())]
    async fn execucoes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Só execuções nesta situação; ausente traz todas.")] situacao: Option<
            SituacaoProcesso,
        >,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Falivel<Conexao<ExecucoesDaApuracao>> {
        let pagina = Paginacao { first, after, last, before };
        conectar(ctx, ExecucoesDaApuracao { apuracao: self.0.id, situacao }, pagina)
            .await
            .map_err(|error| ErroDeCampo::em(ctx, error))
    }
}

/// What an execução has of its own.
pub struct ExecucaoPropria(pub(super) Arc<Processo>);

#[Object]
impl ExecucaoPropria {
    /// Número da apuração de origem (R9), mesmo quando ela é de outro tribunal.
    pub(super) async fn numero_referencia(&self) -> Result<NumeroProcesso> {
        let referencia = self.0.numero_referencia.clone();
        referencia.ok_or_else(|| Error::interno(anyhow::anyhow!("an execução without reference")))
    }

    /// Apuração de origem; nula quando é de outro tribunal (R10, R22).
    async fn apuracao(&self, ctx: &Context<'_>) -> Option<Result<Escrito<ProcessoApuracao>>> {
        // Boxed for the same reason as a page.
        origem(ctx, &self.0).boxed().await.map(|achada| achada.map(Escrito)).transpose()
    }

    /// Guias da medida que se executa: as desta execução e as que a apuração de origem deu ao seu adolescente.
    #[graphql(directive = Pagina::apply())]
    async fn guias_da_medida(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Só guias nesta situação; ausente traz todas.")] situacao: Option<
            SituacaoGuia,
        >,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Falivel<Conexao<GuiasDe>> {
        let pagina = Paginacao { first, after, last, before };
        conectar(ctx, GuiasDe::Medida(self.0.id, situacao), pagina)
            .await
            .map_err(|error| ErroDeCampo::em(ctx, error))
    }
}

#[derive(Clone)]
pub struct ResponsavelNode(Responsavel);

impl ResponsavelNode {
    fn novo(nome: Option<&String>, cpf: Option<&Cpf>) -> Option<Self> {
        let ha = nome.is_some() || cpf.is_some();
        ha.then(|| Self(Responsavel { nome: nome.cloned(), cpf: cpf.cloned() }))
    }

    pub fn com_cpf(nome: Option<&String>, cpf: &Cpf) -> Self {
        Self(Responsavel { nome: nome.cloned(), cpf: Some(cpf.clone()) })
    }
}

impl Escrevivel for ResponsavelNode {}

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
        ctx.sensivel(CampoSensivel::CpfDeResponsavel, self.0.cpf.clone())
    }
}

/// None when the apuração is of another tribunal (R10, R22).
pub(super) async fn origem(
    ctx: &Context<'_>,
    execucao: &Processo,
) -> Result<Option<ProcessoApuracao>> {
    let Some(referencia) = execucao.numero_referencia.clone() else { return Ok(None) };
    Ok(match ctx.loaders().load(ProcessoPorNumero(referencia)).await?.map(ProcessoNode::from) {
        Some(ProcessoNode::Apuracao(apuracao)) => Some(apuracao),
        _ => None,
    })
}
