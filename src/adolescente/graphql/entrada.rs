//! What a client says about adolescentes: conditions, order, and the data of a registration.

use crate::Result;
use crate::adolescente::store::{Campo, Filtro};
use crate::adolescente::{
    CadastrarAdolescente, Certidao, DadosDeAdolescente, IdentidadeGenero, Identificador,
    OrientacaoSexual, RacaCor, Rg, SexoBiologico,
};
use crate::campo::preenchido;
use crate::cpf::Cpf;
use crate::error::{Error, Falha};
use crate::graphql::diretivas::{CONDICAO, CONDICAO_DE_TEXTO, Cost};
use crate::graphql::{Condicoes, Data, Entrada, ModoInput, SentidoOrdem};
use crate::tribunal::Tribunal;
use async_graphql::{Enum, InputObject};

const VALORES_MAXIMO: usize = 100;
const LETRAS_MINIMO: usize = 3;
const LETRAS_MAXIMO: usize = 200;

/// Condições sobre adolescentes. Combinam-se como em ProcessoFiltro.
#[derive(InputObject)]
pub struct AdolescenteFiltro {
    /// Um destes, até 100.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    identificador: Option<Vec<Identificador>>,
    /// Contido no nome de exibição, sem distinguir maiúsculas nem acentos; ao menos 3 letras.
    #[graphql(directive = Cost::apply(CONDICAO_DE_TEXTO.into()))]
    nome: Option<String>,
    /// Cadastro pendente ou não.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    cadastro_pendente: Option<bool>,
    /// `20`, `820` ou `8.20`; de outro tribunal, a conexão vem vazia.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    tribunal: Option<String>,
    /// Todos.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    e: Option<Vec<AdolescenteFiltro>>,
    /// Ao menos um; a lista vazia não casa com nada.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    ou: Option<Vec<AdolescenteFiltro>>,
    /// Negação.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    nao: Option<Box<AdolescenteFiltro>>,
}

pub fn filtro(entrada: AdolescenteFiltro) -> Result<Filtro> {
    converter(entrada, &mut Condicoes::default())
}

fn converter(entrada: AdolescenteFiltro, condicoes: &mut Condicoes) -> Result<Filtro> {
    let recusa = |mensagem| Err(Error::falha(Falha::EntradaInvalida, mensagem));
    condicoes.mais_uma()?;
    if entrada.identificador.as_ref().is_some_and(|lista| lista.len() > VALORES_MAXIMO) {
        return recusa("o filtro `identificador` aceita no máximo 100 valores");
    }
    let nome = entrada.nome.map(|nome| nome.trim().to_owned());
    if let Some(nome) = &nome {
        let letras = nome.chars().count();
        if !(LETRAS_MINIMO..=LETRAS_MAXIMO).contains(&letras) || nome.chars().any(char::is_control)
        {
            return recusa("o filtro `nome` pede de 3 a 200 letras");
        }
    }
    Ok(Filtro {
        identificador: entrada.identificador,
        nome,
        cadastro_pendente: entrada.cadastro_pendente,
        tribunal: Tribunal::do_filtro(entrada.tribunal.as_deref())?,
        e: condicoes.varios(entrada.e, converter)?,
        ou: condicoes.varios(entrada.ou, converter)?,
        nao: condicoes.um(entrada.nao, converter)?,
    })
}

/// Ordem de adolescentes; o desempate é por `id`.
#[derive(InputObject)]
pub struct AdolescenteOrdem {
    /// Campo.
    campo: AdolescenteOrdemCampo,
    /// Sentido.
    #[graphql(default_with = "SentidoOrdem::Asc")]
    sentido: SentidoOrdem,
}

/// Campo de ordem de adolescentes.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum AdolescenteOrdemCampo {
    /// Identificador.
    Identificador,
    /// Cadastro.
    CriadoEm,
}

impl AdolescenteOrdem {
    pub fn campo_e_sentido(self) -> (Campo, bool) {
        let campo = match self.campo {
            AdolescenteOrdemCampo::Identificador => Campo::Identificador,
            AdolescenteOrdemCampo::CriadoEm => Campo::CriadoEm,
        };
        (campo, self.sentido == SentidoOrdem::Desc)
    }
}

/// Entrada de cadastrarAdolescente.
#[derive(InputObject)]
pub struct CadastrarAdolescenteInput {
    /// Dados.
    dados: AdolescenteInput,
    #[graphql(flatten)]
    modo: ModoInput,
}

/// Dados de um adolescente novo.
#[derive(InputObject)]
pub struct AdolescenteInput {
    /// Nome civil.
    nome: String,
    /// Sobrenome.
    sobrenome: String,
    /// Nascimento; não pode ser futuro.
    data_nascimento: Data,
    /// Sexo biológico.
    sexo_biologico: SexoBiologico,
    /// A data de nascimento é presumida.
    #[graphql(default_with = "Some(false)")]
    data_nascimento_presumida: Option<bool>,
    /// Nome social.
    nome_social: Option<String>,
    /// Identidade de gênero.
    identidade_genero: Option<IdentidadeGenero>,
    /// Orientação sexual.
    orientacao_sexual: Option<OrientacaoSexual>,
    /// Raça ou cor.
    raca_cor: Option<RacaCor>,
    /// Nome da mãe.
    nome_mae: Option<String>,
    /// Nome do pai.
    nome_pai: Option<String>,
    /// Naturalidade, texto livre.
    naturalidade: Option<String>,
    /// CPF; único no tribunal.
    cpf: Option<Cpf>,
    /// Registro geral.
    rg: Option<RgInput>,
    /// Certidão de nascimento.
    certidao_nascimento: Option<CertidaoNascimentoInput>,
}

/// Registro geral (carteira de identidade).
#[derive(InputObject)]
pub struct RgInput {
    /// Número.
    numero: Option<String>,
    /// Órgão expedidor.
    orgao_expedidor: Option<String>,
    /// Data de expedição.
    data_expedicao: Option<Data>,
    /// UF, duas letras.
    estado_rg: Option<String>,
}

/// Certidão de nascimento.
#[derive(InputObject)]
pub struct CertidaoNascimentoInput {
    /// Cartório.
    cartorio: Option<String>,
    /// Livro.
    livro: Option<String>,
    /// Folha.
    folha: Option<String>,
    /// Número.
    numero: Option<String>,
}

impl RgInput {
    /// The fields that say neither what to write nor to leave out.
    pub fn em_branco(&self) -> impl Iterator<Item = &'static str> {
        em_branco([
            ("numero", &self.numero),
            ("orgaoExpedidor", &self.orgao_expedidor),
            ("estadoRg", &self.estado_rg),
        ])
    }
}

impl CertidaoNascimentoInput {
    /// The fields that say neither what to write nor to leave out.
    pub fn em_branco(&self) -> impl Iterator<Item = &'static str> {
        em_branco([
            ("cartorio", &self.cartorio),
            ("livro", &self.livro),
            ("folha", &self.folha),
            ("numero", &self.numero),
        ])
    }
}

fn em_branco<const N: usize>(
    campos: [(&'static str, &Option<String>); N],
) -> impl Iterator<Item = &'static str> {
    let branco = |texto: &Option<String>| texto.as_ref().is_some_and(|t| t.trim().is_empty());
    campos.map(|(nome, texto)| branco(texto).then_some(nome)).into_iter().flatten()
}

impl Entrada for CadastrarAdolescenteInput {
    type Comando = CadastrarAdolescente;

    fn partes(self) -> (CadastrarAdolescente, ModoInput) {
        let (dados, malformados) = (self.dados.into(), Vec::new());
        (CadastrarAdolescente { dados, malformados }, self.modo)
    }
}

impl From<AdolescenteInput> for DadosDeAdolescente {
    fn from(dados: AdolescenteInput) -> Self {
        Self {
            nome: preenchido(Some(dados.nome)),
            sobrenome: preenchido(Some(dados.sobrenome)),
            nome_social: preenchido(dados.nome_social),
            data_nascimento: Some(dados.data_nascimento.0),
            data_nascimento_presumida: dados.data_nascimento_presumida.unwrap_or(false),
            sexo_biologico: Some(dados.sexo_biologico),
            identidade_genero: dados.identidade_genero,
            orientacao_sexual: dados.orientacao_sexual,
            raca_cor: dados.raca_cor,
            nome_mae: preenchido(dados.nome_mae),
            nome_pai: preenchido(dados.nome_pai),
            naturalidade: preenchido(dados.naturalidade),
            cpf: dados.cpf,
            rg: dados.rg.map(Into::into).unwrap_or_default(),
            certidao: dados.certidao_nascimento.map(Into::into).unwrap_or_default(),
        }
    }
}

impl From<RgInput> for Rg {
    fn from(entrada: RgInput) -> Self {
        Self {
            numero: preenchido(entrada.numero),
            orgao_expedidor: preenchido(entrada.orgao_expedidor),
            data_expedicao: entrada.data_expedicao.map(|data| data.0),
            estado: preenchido(entrada.estado_rg),
        }
    }
}

impl From<CertidaoNascimentoInput> for Certidao {
    fn from(entrada: CertidaoNascimentoInput) -> Self {
        Self {
            cartorio: preenchido(entrada.cartorio),
            livro: preenchido(entrada.livro),
            folha: preenchido(entrada.folha),
            numero: preenchido(entrada.numero),
        }
    }
}
