//! Links in the schema: the node, the list of all, and what is asked of it.

use super::filter::{self, ProcessoFiltro};
use super::types::ProcessoNode;
use crate::Result;
use crate::adolescente::Identificador;
use crate::adolescente::graphql::{
    AdolescenteFiltro, AdolescenteNode, {self as adolescente},
};
use crate::adolescente::store::AdolescentePorId;
use crate::auth::Papel;
use crate::filters::{VinculoField, VinculoFilter};
use crate::graphql::schema::node::GlobalId;
use crate::graphql_types::connection::{
    Aresta, Conexao, ListaGraphql, Paginacao, SentidoOrdem, conectar,
};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{
    CONDICAO, CONDICAO_DE_RELACAO, CONDICAO_DE_TEXTO, Cost, FILTRO, Pagina,
};
use crate::graphql_types::filter::{Condicoes, relation_filter, trecho};
use crate::graphql_types::json::{Escrevivel, Escrito};
use crate::graphql_types::scalars::Instante;
use crate::processo::store::{CampoDoVinculo, ProcessoPorId, Vinculos};
use crate::processo::{Ligacao, NumeroProcesso, SituacaoVinculo};
use crate::value::tribunal::Tribunal;
use async_graphql::{Context, Enum, ID, InputObject, Object};
use std::sync::Arc;

#[derive(Default)]
pub struct VinculoQuery;

#[Object]
impl VinculoQuery {
    /// Vínculos visíveis entre adolescentes e processos, em vigor e encerrados.
    #[graphql(directive = Pagina::apply())]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of the field, as Relay names them"
    )]
    async fn vinculos(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todos os visíveis.", directive = Cost::apply(FILTRO.into()))]
        filtro: Option<VinculoFiltro>,
        #[graphql(desc = "Ordem; ausente, a de início.")] ordem: Option<VinculoOrdem>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Option<Result<Conexao<Vinculos>>> {
        let pagina = Paginacao { first, after, last, before };
        Some(listar(ctx, filtro, ordem, pagina).await)
    }
}

async fn listar(
    ctx: &Context<'_>,
    filtro: Option<VinculoFiltro>,
    ordem: Option<VinculoOrdem>,
    pagina: Paginacao,
) -> Result<Conexao<Vinculos>> {
    ctx.ator().exige(Papel::Consulta)?;
    let mut condicoes = Condicoes::de(ctx);
    let filtro = filtro.map(|filtro| VinculoFiltro::ler(filtro, &mut condicoes));
    let filtro = filtro.transpose()?.unwrap_or_default();
    let (campo, decrescente) = ordem.map(VinculoOrdem::campo_e_sentido).unwrap_or_default();
    let nomeados = condicoes.nomeados();
    if nomeados > 0 {
        ctx.chamada().naming(nomeados)?;
    }
    let achados = conectar(ctx, Vinculos { filtro, campo, decrescente }, pagina).await?;
    ctx.chamada().missed(achados.0.faltam_de(nomeados))?;
    Ok(achados)
}

pub struct VinculoNode(pub Arc<Ligacao>);

/// Vínculo entre um adolescente e um processo. Nunca se apaga: encerra-se, e outro pode começar (R17).
#[Object(name = "Vinculo")]
impl VinculoNode {
    /// Identificador global, opaco e estável.
    pub async fn id(&self) -> ID {
        GlobalId::Vinculo(self.0.vinculo.id).into()
    }

    /// Situação.
    async fn situacao(&self) -> SituacaoVinculo {
        self.0.vinculo.situacao()
    }

    /// Início.
    async fn iniciado_em(&self) -> Instante {
        self.0.vinculo.iniciado_em.into()
    }

    /// Fim; nulo enquanto ativo.
    async fn encerrado_em(&self) -> Option<Instante> {
        self.0.vinculo.encerrado_em.map(Instante)
    }

    /// Motivo do encerramento, se informado.
    async fn motivo(&self) -> Option<&str> {
        self.0.vinculo.motivo.as_deref()
    }

    /// Tribunal.
    async fn tribunal(&self) -> Result<Escrito<Tribunal>> {
        Tribunal::da_linha(self.0.tribunal_codigo).map(Escrito)
    }

    /// Processo.
    async fn processo(&self, ctx: &Context<'_>) -> Option<Result<Escrito<ProcessoNode>>> {
        let achado = ctx.loaders().load(ProcessoPorId(self.0.processo_id)).await;
        achado.map(|achado| achado.map(|linha| Escrito(linha.into()))).transpose()
    }

    /// Adolescente.
    async fn adolescente(&self, ctx: &Context<'_>) -> Option<Result<Escrito<AdolescenteNode>>> {
        let achado = ctx.loaders().load(AdolescentePorId(self.0.adolescente_id)).await;
        achado.map(|achado| achado.map(|linha| Escrito(AdolescenteNode::from(linha)))).transpose()
    }
}

impl Escrevivel for VinculoNode {}

impl ListaGraphql for Vinculos {
    type Node = VinculoNode;
    type Edge = Aresta<Self>;
    const CONEXAO: &'static str = "VinculoConnection";
    const ARESTA: &'static str = "VinculoEdge";

    fn node(linha: &Self::Linha) -> VinculoNode {
        VinculoNode(Arc::clone(linha))
    }
}

/// Condições sobre vínculos. Combinam-se como em ProcessoFiltro.
#[derive(InputObject)]
pub struct VinculoFiltro {
    /// `20`, `820` ou `8.20`; de outro tribunal, a conexão vem vazia.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    tribunal: Option<String>,
    /// Nesta situação.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    situacao: Option<SituacaoVinculo>,
    /// Deste processo.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    processo: Option<NumeroProcesso>,
    /// Deste adolescente.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    adolescente: Option<Identificador>,
    /// Iniciado desde, inclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    iniciado_de: Option<Instante>,
    /// Iniciado até, exclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    iniciado_ate: Option<Instante>,
    /// Encerrado desde, inclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    encerrado_de: Option<Instante>,
    /// Encerrado até, exclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    encerrado_ate: Option<Instante>,
    /// Contido no motivo do encerramento, sem distinguir maiúsculas nem acentos; ao menos 3 letras.
    #[graphql(directive = Cost::apply(CONDICAO_DE_TEXTO.into()))]
    motivo: Option<String>,
    /// Sem valor em cada um destes campos; com `nao`, preenchido.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    vazio: Option<Vec<VinculoCampo>>,
    /// De um processo assim.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    processo_com: Option<Box<ProcessoFiltro>>,
    /// De um adolescente assim.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    adolescente_com: Option<Box<AdolescenteFiltro>>,
    /// Todos.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    e: Option<Vec<VinculoFiltro>>,
    /// Ao menos um; a lista vazia não casa com nada.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    ou: Option<Vec<VinculoFiltro>>,
    /// Negação.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    nao: Option<Box<VinculoFiltro>>,
}

relation_filter! {
    /// Condição sobre os vínculos do outro lado de uma relação; `algum` e `nenhum` somam-se com E.
    VinculoRelacaoFiltro de VinculoFiltro
}

/// Campo de um vínculo que pode não ter valor.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "VinculoField")]
pub enum VinculoCampo {
    /// Fim.
    EncerradoEm,
    /// Motivo do encerramento.
    Motivo,
}

impl VinculoFiltro {
    pub fn ler(entrada: Self, condicoes: &mut Condicoes<'_>) -> Result<VinculoFilter> {
        condicoes.mais_uma()?;
        if let Some(numero) = &entrada.processo {
            condicoes.numero("processo", numero)?;
        }
        condicoes.nomear([entrada.processo.iter().len(), entrada.adolescente.iter().len()]);
        let instante = |instante: Option<Instante>| instante.map(|instante| instante.0);
        Ok(VinculoFilter {
            tribunal: Tribunal::do_filtro(entrada.tribunal.as_deref())?,
            situacao: entrada.situacao,
            processo: entrada.processo,
            adolescente: entrada.adolescente,
            iniciado: (instante(entrada.iniciado_de), instante(entrada.iniciado_ate)),
            encerrado: (instante(entrada.encerrado_de), instante(entrada.encerrado_ate)),
            motivo: trecho("motivo", entrada.motivo)?,
            vazio: entrada.vazio.map(|campos| campos.into_iter().map(Into::into).collect()),
            processo_com: condicoes.other_side(entrada.processo_com, filter::filtro)?,
            adolescente_com: condicoes.other_side(entrada.adolescente_com, adolescente::filtro)?,
            e: condicoes.varios(entrada.e, Self::ler)?,
            ou: condicoes.varios(entrada.ou, Self::ler)?,
            nao: condicoes.um(entrada.nao, Self::ler)?,
        })
    }
}

/// Ordem de vínculos; o desempate é por `id`.
#[derive(InputObject)]
pub struct VinculoOrdem {
    /// Campo.
    campo: VinculoOrdemCampo,
    /// Sentido.
    #[graphql(default_with = "SentidoOrdem::Asc")]
    sentido: SentidoOrdem,
}

/// Campo de ordem de vínculos.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum VinculoOrdemCampo {
    /// Início.
    IniciadoEm,
    /// Fim; em vigor, por último.
    EncerradoEm,
}

impl VinculoOrdem {
    fn campo_e_sentido(self) -> (CampoDoVinculo, bool) {
        let campo = match self.campo {
            VinculoOrdemCampo::IniciadoEm => CampoDoVinculo::IniciadoEm,
            VinculoOrdemCampo::EncerradoEm => CampoDoVinculo::EncerradoEm,
        };
        (campo, self.sentido == SentidoOrdem::Desc)
    }
}
