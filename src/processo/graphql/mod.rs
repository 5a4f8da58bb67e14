//! Processos in the schema: one interface, its two types, and what is asked of them.

mod entrada;
mod escrita;

pub use escrita::ProcessoMutation;

use super::store::{
    self, ExecucoesDaApuracao, ProcessoPorNumero, Processos, ProcessosDoAdolescente,
};
use super::{
    NumeroProcesso, Processo, Responsavel, SituacaoProcesso, SituacaoVinculo, TipoProcesso,
};
use crate::Result;
use crate::auth::Papel;
use crate::cpf::Cpf;
use crate::error::{Error, Falha};
use crate::evento::store::EventosDe;
use crate::graphql::{
    Aresta, ArestaComVinculo, Conexao, ContextExt, GlobalId, Instante, ListaGraphql, Paginacao,
    conectar,
};
use crate::processo::store::AdolescentesDoProcesso;
use crate::tribunal::Tribunal;
use async_graphql::{Context, ID, Interface, MergedObject, Object};
use entrada::{ProcessoFiltro, ProcessoOrdem};
use std::ops::Deref;
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
    ) -> Option<Result<ProcessoNode>> {
        por_numero(ctx, numero).await.map(|achado| achado.map(ProcessoNode::from)).transpose()
    }

    /// Processos visíveis.
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of the field, as Relay names them"
    )]
    async fn processos(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todos os visíveis.")] filtro: Option<
            ProcessoFiltro,
        >,
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
    ctx.loaders().load(ProcessoPorNumero(numero)).await
}

async fn listar(
    ctx: &Context<'_>,
    filtro: Option<ProcessoFiltro>,
    ordem: Option<ProcessoOrdem>,
    pagina: Paginacao,
) -> Result<Conexao<Processos>> {
    ctx.ator().exige(Papel::Consulta)?;
    let filtro = filtro.map(entrada::filtro).transpose()?.unwrap_or_default();
    let (campo, decrescente) = ordem.map(ProcessoOrdem::campo_e_sentido).unwrap_or_default();
    conectar(ctx, Processos { filtro, campo, decrescente }, pagina).await
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

/// None when the apuração is of another tribunal (R10, R22).
async fn origem(ctx: &Context<'_>, execucao: &Processo) -> Result<Option<ProcessoApuracao>> {
    let Some(referencia) = execucao.numero_referencia.clone() else { return Ok(None) };
    Ok(match ctx.loaders().load(ProcessoPorNumero(referencia)).await?.map(ProcessoNode::from) {
        Some(ProcessoNode::Apuracao(apuracao)) => Some(apuracao),
        _ => None,
    })
}

/// Processo do sistema socioeducativo.
#[derive(Interface)]
#[graphql(
    name = "Processo",
    field(name = "id", ty = "ID", desc = "Identificador global, opaco e estável."),
    field(
        name = "codigo",
        ty = "i32",
        desc = "Código nas rotas REST (`/api/v1/processos/{id}`), menor que 2³¹."
    ),
    field(name = "numero", ty = "NumeroProcesso", desc = "Número único."),
    field(name = "tipo", ty = "TipoProcesso", desc = "Natureza."),
    field(name = "situacao", ty = "SituacaoProcesso", desc = "Situação."),
    field(name = "tribunal", ty = "Tribunal", desc = "Tribunal."),
    field(name = "id_orgao", ty = "i32", desc = "Órgão julgador (vara), de 1 a 2147483647."),
    field(
        name = "app_name_sistema_tribunal",
        ty = "String",
        desc = "Sistema do tribunal em que o processo corre."
    ),
    field(
        name = "id_processo_sistema_externo",
        ty = "Option<String>",
        desc = "Código do rascunho de que veio (R8)."
    ),
    field(
        name = "numero_referencia",
        ty = "Option<NumeroProcesso>",
        desc = "Número da apuração de origem, numa execução; numa apuração, só informação (R9)."
    ),
    field(name = "magistrado", ty = "Option<ResponsavelNode>", desc = "Magistrado responsável."),
    field(
        name = "serventuario",
        ty = "Option<ResponsavelNode>",
        desc = "Serventuário responsável."
    ),
    field(name = "criado_em", ty = "Instante", desc = "Cadastro."),
    field(name = "atualizado_em", ty = "Instante", desc = "Última alteração."),
    field(
        name = "versao",
        ty = "i32",
        desc = "Cresce a cada alteração; devolva em `versaoEsperada`."
    ),
    field(
        name = "adolescentes",
        ty = "Conexao<AdolescentesDoProcesso>",
        desc = "Adolescentes do processo, com o vínculo na aresta.",
        arg(
            name = "situacao",
            ty = "Option<SituacaoVinculo>",
            default_with = "Some(SituacaoVinculo::Ativo)",
            desc = "Só vínculos nesta situação; null traz todos."
        ),
        arg(
            name = "first",
            ty = "Option<i32>",
            desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20."
        ),
        arg(name = "after", ty = "Option<String>", desc = "Cursor: só o que vem depois dele."),
        arg(
            name = "last",
            ty = "Option<i32>",
            desc = "Quantos do fim, 1 a 100; nunca junto de `first`."
        ),
        arg(name = "before", ty = "Option<String>", desc = "Cursor: só o que vem antes dele.")
    ),
    field(
        name = "eventos",
        ty = "Conexao<EventosDe>",
        desc = "Alterações do processo, da mais antiga à mais nova.",
        arg(
            name = "first",
            ty = "Option<i32>",
            desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20."
        ),
        arg(name = "after", ty = "Option<String>", desc = "Cursor: só o que vem depois dele."),
        arg(
            name = "last",
            ty = "Option<i32>",
            desc = "Quantos do fim, 1 a 100; nunca junto de `first`."
        ),
        arg(name = "before", ty = "Option<String>", desc = "Cursor: só o que vem antes dele.")
    )
)]
pub enum ProcessoNode {
    Apuracao(ProcessoApuracao),
    Execucao(ProcessoExecucao),
}

impl From<Arc<Processo>> for ProcessoNode {
    fn from(linha: Arc<Processo>) -> Self {
        let comum = Comum(Arc::clone(&linha));
        match linha.tipo {
            TipoProcesso::Apuracao => ProcessoApuracao(comum, ApuracaoPropria(linha)).into(),
            TipoProcesso::Execucao => ProcessoExecucao(comum, ExecucaoPropria(linha)).into(),
        }
    }
}

/// Processo de apuração de ato infracional; pode ter vários adolescentes.
#[derive(MergedObject)]
pub struct ProcessoApuracao(Comum, ApuracaoPropria);

/// Processo de execução de medidas socioeducativas; tem exatamente um adolescente (R11).
#[derive(MergedObject)]
pub struct ProcessoExecucao(Comum, ExecucaoPropria);

// The interface calls its fields as methods of each type: the common ones are
// found through Deref, and stand once.
impl Deref for ProcessoApuracao {
    type Target = Comum;

    fn deref(&self) -> &Comum {
        &self.0
    }
}

impl Deref for ProcessoExecucao {
    type Target = Comum;

    fn deref(&self) -> &Comum {
        &self.0
    }
}

impl ProcessoApuracao {
    async fn numero_referencia(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<Option<NumeroProcesso>> {
        self.1.numero_referencia(ctx).await
    }
}

impl ProcessoExecucao {
    async fn numero_referencia(&self, ctx: &Context<'_>) -> Result<NumeroProcesso> {
        self.1.numero_referencia(ctx).await
    }
}

/// The fields of every processo.
pub struct Comum(Arc<Processo>);

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
    async fn codigo(&self) -> Result<i32> {
        i32::try_from(self.0.id.0).map_err(Error::interno)
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
    async fn tribunal(&self) -> Result<Tribunal> {
        Tribunal::por_codigo(self.0.tribunal_codigo)
            .ok_or_else(|| Error::interno(anyhow::anyhow!("unknown tribunal in a row")))
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
    async fn magistrado(&self) -> Option<ResponsavelNode> {
        ResponsavelNode::novo(self.0.magistrado_nome.as_ref(), self.0.magistrado_cpf.as_ref())
    }

    /// Serventuário responsável.
    async fn serventuario(&self) -> Option<ResponsavelNode> {
        ResponsavelNode::novo(self.0.serventuario_nome.as_ref(), self.0.serventuario_cpf.as_ref())
    }

    /// Cadastro.
    async fn criado_em(&self) -> Instante {
        self.0.criado_em.into()
    }

    /// Última alteração.
    async fn atualizado_em(&self) -> Instante {
        self.0.atualizado_em.into()
    }

    /// Cresce a cada alteração; devolva em `versaoEsperada`.
    async fn versao(&self) -> i32 {
        self.0.versao
    }

    /// Adolescentes do processo, com o vínculo na aresta.
    async fn adolescentes(
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
    ) -> Result<Conexao<AdolescentesDoProcesso>> {
        let pagina = Paginacao { first, after, last, before };
        conectar(ctx, AdolescentesDoProcesso { processo: self.0.id, situacao }, pagina).await
    }

    /// Alterações do processo, da mais antiga à mais nova.
    async fn eventos(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Result<Conexao<EventosDe>> {
        let pagina = Paginacao { first, after, last, before };
        conectar(ctx, EventosDe::Processo(self.0.id), pagina).await
    }
}

/// What an apuração has of its own.
pub struct ApuracaoPropria(Arc<Processo>);

#[Object]
impl ApuracaoPropria {
    /// Número da apuração de origem, numa execução; numa apuração, só informação (R9).
    async fn numero_referencia(&self) -> Option<NumeroProcesso> {
        self.0.numero_referencia.clone()
    }

    /// Execuções que referenciam esta apuração e são visíveis.
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
    ) -> Result<Conexao<ExecucoesDaApuracao>> {
        let pagina = Paginacao { first, after, last, before };
        conectar(ctx, ExecucoesDaApuracao { apuracao: self.0.id, situacao }, pagina).await
    }
}

/// What an execução has of its own.
pub struct ExecucaoPropria(Arc<Processo>);

#[Object]
impl ExecucaoPropria {
    /// Número da apuração de origem (R9), mesmo quando ela é de outro tribunal.
    async fn numero_referencia(&self) -> Result<NumeroProcesso> {
        let referencia = self.0.numero_referencia.clone();
        referencia.ok_or_else(|| Error::interno(anyhow::anyhow!("an execução without reference")))
    }

    /// Apuração de origem; nula quando é de outro tribunal (R10, R22).
    async fn apuracao(&self, ctx: &Context<'_>) -> Option<Result<ProcessoApuracao>> {
        origem(ctx, &self.0).await.transpose()
    }
}

#[derive(Clone)]
pub struct ResponsavelNode(Responsavel);

impl ResponsavelNode {
    fn novo(nome: Option<&String>, cpf: Option<&Cpf>) -> Option<Self> {
        let ha = nome.is_some() || cpf.is_some();
        ha.then(|| Self(Responsavel { nome: nome.cloned(), cpf: cpf.cloned() }))
    }
}

/// Magistrado ou serventuário responsável.
#[Object(name = "Responsavel")]
impl ResponsavelNode {
    /// Nome.
    async fn nome(&self) -> Option<&str> {
        self.0.nome.as_deref()
    }

    /// CPF.
    async fn cpf(&self, ctx: &Context<'_>) -> Option<Cpf> {
        ctx.sensivel(self.0.cpf.clone())
    }
}

impl ListaGraphql for Processos {
    type Node = ProcessoNode;
    type Edge = Aresta<Self>;
    const CONEXAO: &'static str = "ProcessoConnection";
    const ARESTA: &'static str = "ProcessoEdge";

    fn node(linha: &Self::Linha) -> ProcessoNode {
        Arc::clone(linha).into()
    }

    fn edge(linha: &Self::Linha, cursor: String) -> Aresta<Self> {
        Aresta { cursor, linha: Arc::clone(linha) }
    }
}

impl ListaGraphql for ExecucoesDaApuracao {
    type Node = ProcessoExecucao;
    type Edge = Aresta<Self>;
    const CONEXAO: &'static str = "ProcessoExecucaoConnection";
    const ARESTA: &'static str = "ProcessoExecucaoEdge";

    fn node(linha: &Self::Linha) -> ProcessoExecucao {
        ProcessoExecucao(Comum(Arc::clone(linha)), ExecucaoPropria(Arc::clone(linha)))
    }

    fn edge(linha: &Self::Linha, cursor: String) -> Aresta<Self> {
        Aresta { cursor, linha: Arc::clone(linha) }
    }
}

impl ListaGraphql for ProcessosDoAdolescente {
    type Node = ProcessoNode;
    type Edge = ArestaComVinculo<Self>;
    const CONEXAO: &'static str = "AdolescenteProcessoConnection";
    const ARESTA: &'static str = "AdolescenteProcessoEdge";

    fn node(linha: &Self::Linha) -> ProcessoNode {
        Arc::clone(&linha.objeto).into()
    }

    fn edge(linha: &Self::Linha, cursor: String) -> ArestaComVinculo<Self> {
        ArestaComVinculo { cursor, linha: linha.clone(), vinculo: linha.vinculo.clone() }
    }
}

pub(crate) fn entrada_invalida(mensagem: &'static str) -> Error {
    Error::falha(Falha::EntradaInvalida, mensagem)
}
