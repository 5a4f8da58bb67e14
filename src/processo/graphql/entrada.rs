//! What a client says about processos: conditions, order, and the words of a registration.

use crate::Result;
use crate::adolescente::Identificador;
use crate::campo::preenchido;
use crate::config::Regras;
use crate::cpf::Cpf;
use crate::error::{Error, Falha};
use crate::graphql::diretivas::{CONDICAO, CONDICAO_DE_RELACAO, Cost};
use crate::graphql::{Condicoes, Entrada, Instante, ModoInput, SentidoOrdem};
use crate::guia::SituacaoGuia;
use crate::processo::rules::r4_digito;
use crate::processo::store::{Campo, Filtro};
use crate::processo::{
    CadastrarProcesso, NumeroProcesso, Responsavel, SituacaoProcesso, TipoProcesso,
};
use crate::tribunal::Tribunal;
use async_graphql::{Enum, InputObject, MaybeUndefined};

const VALORES_MAXIMO: usize = 100;

/// Condições sobre processos. Campos irmãos, `e`, `ou` e `nao` somam-se com E; campo ausente ou nulo não filtra; valores de uma lista somam-se com OU.
#[derive(InputObject)]
pub struct ProcessoFiltro {
    /// `20`, `820` ou `8.20`; de outro tribunal, a conexão vem vazia.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    tribunal: Option<String>,
    /// Com vínculo, ativo ou encerrado, com este adolescente.
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    adolescente: Option<Identificador>,
    /// Numa destas situações.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    situacao: Option<Vec<SituacaoProcesso>>,
    /// De um destes tipos.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    tipo: Option<Vec<TipoProcesso>>,
    /// Com ao menos uma guia nesta situação (R27).
    #[graphql(directive = Cost::apply(CONDICAO_DE_RELACAO.into()))]
    situacao_guia: Option<SituacaoGuia>,
    /// Com um destes números, até 100.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    numero: Option<Vec<NumeroProcesso>>,
    /// Deste órgão julgador.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    id_orgao: Option<i32>,
    /// Cadastrado desde, inclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    criado_de: Option<Instante>,
    /// Cadastrado até, exclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    criado_ate: Option<Instante>,
    /// Todos.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    e: Option<Vec<ProcessoFiltro>>,
    /// Ao menos um; a lista vazia não casa com nada.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    ou: Option<Vec<ProcessoFiltro>>,
    /// Negação.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    nao: Option<Box<ProcessoFiltro>>,
}

/// R4: a number that no processo can have is an error, negated or not.
pub fn filtro(entrada: ProcessoFiltro, regras: Regras) -> Result<Filtro> {
    let filtro = converter(entrada, &mut Condicoes::default())?;
    let recusa = filtro.numeros().find_map(|numero| r4_digito(numero, regras));
    match recusa {
        Some(recusa) => Err(recusa.em(["filtro", "numero"]).into()),
        None => Ok(filtro),
    }
}

fn converter(entrada: ProcessoFiltro, condicoes: &mut Condicoes) -> Result<Filtro> {
    condicoes.mais_uma()?;
    if entrada.numero.as_ref().is_some_and(|lista| lista.len() > VALORES_MAXIMO) {
        return Err(Error::falha(
            Falha::EntradaInvalida,
            "o filtro `numero` aceita no máximo 100 números",
        ));
    }
    Ok(Filtro {
        tribunal: Tribunal::do_filtro(entrada.tribunal.as_deref())?,
        adolescente: entrada.adolescente,
        situacao: entrada.situacao,
        tipo: entrada.tipo,
        situacao_guia: entrada.situacao_guia,
        numero: entrada.numero,
        id_orgao: entrada.id_orgao,
        criado_de: entrada.criado_de.map(|instante| instante.0),
        criado_ate: entrada.criado_ate.map(|instante| instante.0),
        e: condicoes.varios(entrada.e, converter)?,
        ou: condicoes.varios(entrada.ou, converter)?,
        nao: condicoes.um(entrada.nao, converter)?,
    })
}

/// Ordem de processos; o desempate é por `id`.
#[derive(InputObject)]
pub struct ProcessoOrdem {
    /// Campo.
    campo: ProcessoOrdemCampo,
    /// Sentido.
    #[graphql(default_with = "SentidoOrdem::Asc")]
    sentido: SentidoOrdem,
}

/// Campo de ordem de processos.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum ProcessoOrdemCampo {
    /// Número, pelos 20 dígitos.
    Numero,
    /// Cadastro.
    CriadoEm,
    /// Última alteração.
    AtualizadoEm,
}

impl ProcessoOrdem {
    pub fn campo_e_sentido(self) -> (Campo, bool) {
        let campo = match self.campo {
            ProcessoOrdemCampo::Numero => Campo::Numero,
            ProcessoOrdemCampo::CriadoEm => Campo::CriadoEm,
            ProcessoOrdemCampo::AtualizadoEm => Campo::AtualizadoEm,
        };
        (campo, self.sentido == SentidoOrdem::Desc)
    }
}

/// Magistrado ou serventuário. Numa alteração, campo ausente mantém e null apaga.
#[derive(InputObject)]
pub struct ResponsavelInput {
    /// Nome.
    pub nome: MaybeUndefined<String>,
    /// CPF.
    pub cpf: MaybeUndefined<Cpf>,
}

impl From<ResponsavelInput> for Responsavel {
    fn from(entrada: ResponsavelInput) -> Self {
        Self { nome: preenchido(entrada.nome.take()), cpf: entrada.cpf.take() }
    }
}

/// Entrada de cadastrarProcesso.
#[derive(InputObject)]
pub struct CadastrarProcessoInput {
    /// Número do processo.
    numero: NumeroProcesso,
    /// Natureza.
    tipo: TipoProcesso,
    /// Adolescentes: ao menos um, sem repetição; na execução, exatamente um (R11).
    adolescentes: Vec<Identificador>,
    /// Apuração de origem: obrigatória na execução (R9); na apuração, só informação.
    referencia: Option<NumeroProcesso>,
    /// Órgão julgador, de 1 a 2147483647.
    id_orgao: i32,
    /// Sistema do tribunal, até 100 caracteres.
    app_name_sistema_tribunal: String,
    /// O `codigo` de um rascunho (R8).
    id_processo_sistema_externo: Option<String>,
    /// Magistrado.
    magistrado: Option<ResponsavelInput>,
    /// Serventuário.
    serventuario: Option<ResponsavelInput>,
    #[graphql(flatten)]
    modo: ModoInput,
}

impl Entrada for CadastrarProcessoInput {
    type Comando = CadastrarProcesso;

    fn partes(self) -> (CadastrarProcesso, ModoInput) {
        let comando = CadastrarProcesso {
            numero: Some(self.numero),
            tipo: Some(self.tipo),
            adolescentes: self.adolescentes.into_iter().map(Some).collect(),
            referencia: self.referencia,
            id_orgao: Some(self.id_orgao),
            app_name_sistema_tribunal: preenchido(Some(self.app_name_sistema_tribunal)),
            id_processo_sistema_externo: preenchido(self.id_processo_sistema_externo),
            magistrado: self.magistrado.map(Into::into).unwrap_or_default(),
            serventuario: self.serventuario.map(Into::into).unwrap_or_default(),
            malformados: Vec::new(),
        };
        (comando, self.modo)
    }
}
