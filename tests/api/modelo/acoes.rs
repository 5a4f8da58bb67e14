//! What a client may do in a tiny world, and the words in which it is asked for.

use super::regras::{ALHEIO, ERRADO, Mundo, NUMEROS};
use crate::support::{Operacao, Porta};
use elos::processo::NumeroProcesso;
use elos::value::cpf::Cpf;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

const APURACAO: &str = "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL";
const EXECUCAO: &str = "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS";
/// Three are registered from the start.
pub const PESSOAS: usize = 5;
const CPFS: usize = 2;
const RASCUNHOS: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doc {
    Certo(usize),
    Errado,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texto {
    Novo(u8),
    Branco,
}

/// What is said of the version: nothing, the right one, another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versao {
    Livre,
    Certa,
    Errada,
}

/// Data of a registration; without a name they lack the minimum.
#[derive(Debug, Clone, Copy)]
pub struct Dados {
    pub nome: bool,
    pub cpf: Option<Doc>,
}

#[rustfmt::skip]
#[derive(Debug, Clone)]
pub enum Acao {
    CadastrarProcesso { numero: usize, execucao: bool, quem: Vec<usize>, origem: Option<usize>, rascunho: Option<usize>, cpf: Option<Doc>, orgao: bool },
    Responsaveis { numero: usize, nome: Option<Texto>, cpf: Option<Doc>, versao: Versao },
    Situacao { numero: usize, arquivar: bool, versao: Versao },
    Vincular { numero: usize, quem: usize, dados: Option<Dados>, versao: Versao },
    Desvincular { numero: usize, quem: usize, versao: Versao },
    CadastrarAdolescente { dados: Dados },
    AtualizarAdolescente { quem: usize, nome: Option<Texto>, completar: bool, cpf: Option<Doc>, versao: Versao },
    Rascunho { com_sistema: bool },
}

/// An action, and the door it goes through.
#[derive(Debug, Clone)]
pub struct Passo {
    pub acao: Acao,
    pub porta: Porta,
}

/// Any of the numbers, few of them often. The first four serve apurações mostly.
fn numero() -> impl Strategy<Value = usize> {
    prop_oneof![9 => 0..2_usize, 2 => 2..4_usize, 5 => 4..6_usize, 1 => 6..NUMEROS, 1 => ALHEIO..=ERRADO]
}

/// A number that is there more often than not, once the foundation is laid.
fn provavel() -> impl Strategy<Value = usize> {
    prop_oneof![6 => Just(0), 3 => Just(1), 5 => 4..6_usize, 2 => numero()]
}

/// What there must be for the rest to be worth trying: apurações and execuções.
fn fundacao() -> impl Strategy<Value = Vec<Acao>> {
    let quem = || prop::sample::subsequence(vec![0, 1, 2], 1..=3);
    let apuracoes = (quem(), option::of(quem()));
    let execucao = (4..6_usize, 0..2_usize, 0..2_usize, prop::bool::weighted(0.4));
    let execucoes = prop::collection::vec(execucao, 0..=3);
    let cadastrar = |numero, quem, origem: Option<usize>| {
        let execucao = origem.is_some();
        let (rascunho, cpf, orgao) = (None, None, true);
        Acao::CadastrarProcesso { numero, execucao, quem, origem, rascunho, cpf, orgao }
    };
    (apuracoes, execucoes).prop_map(move |((uma, outra), execucoes)| {
        let mut acoes = vec![cadastrar(0, uma, None)];
        acoes.extend(outra.map(|quem| cadastrar(1, quem, None)));
        for (numero, quem, origem, arquivar) in execucoes {
            acoes.push(cadastrar(numero, vec![quem], Some(origem)));
            let situacao = Acao::Situacao { numero, arquivar, versao: Versao::Livre };
            acoes.extend(arquivar.then_some(situacao));
        }
        acoes
    })
}

/// A whole sequence: the foundation, and anything on it.
pub fn sequencia() -> impl Strategy<Value = Vec<Passo>> {
    (fundacao(), prop::collection::vec(passo(), 7..=12)).prop_map(|(fundacao, passos)| {
        let passo = |acao| Passo { acao, porta: Porta::Rest };
        fundacao.into_iter().map(passo).chain(passos).collect()
    })
}

fn quem() -> impl Strategy<Value = usize> {
    prop_oneof![6 => 0..3_usize, 1 => 3..PESSOAS]
}

fn cpf() -> impl Strategy<Value = Option<Doc>> {
    prop_oneof![
        5 => Just(None),
        4 => (0..CPFS).prop_map(|n| Some(Doc::Certo(n))),
        1 => Just(Some(Doc::Errado)),
    ]
}

fn texto() -> impl Strategy<Value = Option<Texto>> {
    prop_oneof![2 => Just(None), 6 => (0..2_u8).prop_map(|n| Some(Texto::Novo(n))), 1 => Just(Some(Texto::Branco))]
}

fn versao() -> impl Strategy<Value = Versao> {
    prop_oneof![8 => Just(Versao::Livre), 1 => Just(Versao::Certa), 1 => Just(Versao::Errada)]
}

fn dados() -> impl Strategy<Value = Dados> {
    (prop::bool::weighted(0.9), cpf()).prop_map(|(nome, cpf)| Dados { nome, cpf })
}

fn apuracao() -> impl Strategy<Value = Acao> {
    let listas = prop_oneof![5 => prop::sample::subsequence(vec![0, 1, 2], 1..=3), 1 => prop::collection::vec(quem(), 0..3)];
    let origem = option::weighted(0.1, numero());
    let rascunho = option::weighted(0.3, 0..RASCUNHOS);
    (numero(), listas, origem, rascunho, cpf(), prop::bool::weighted(0.95)).prop_map(
        |(numero, quem, origem, rascunho, cpf, orgao)| Acao::CadastrarProcesso {
            numero,
            execucao: false,
            quem,
            origem,
            rascunho,
            cpf,
            orgao,
        },
    )
}

fn execucao() -> impl Strategy<Value = Acao> {
    let numero = prop_oneof![9 => 4..NUMEROS, 1 => self::numero()];
    let listas = prop_oneof![7 => quem().prop_map(|quem| vec![quem]), 1 => prop::collection::vec(quem(), 0..3)];
    let origem = option::weighted(
        0.95,
        prop_oneof![8 => 0..4_usize, 1 => Just(ALHEIO), 1 => self::numero()],
    );
    (numero, listas, origem, option::weighted(0.1, 0..1_usize)).prop_map(
        |(numero, quem, origem, rascunho)| Acao::CadastrarProcesso {
            numero,
            execucao: true,
            quem,
            origem,
            rascunho,
            cpf: None,
            orgao: true,
        },
    )
}

fn passo() -> impl Strategy<Value = Passo> {
    let acao = prop_oneof![
        5 => apuracao(),
        5 => execucao(),
        2 => (provavel(), texto(), cpf(), versao())
            .prop_map(|(numero, nome, cpf, versao)| Acao::Responsaveis { numero, nome, cpf, versao }),
        4 => (provavel(), any::<bool>(), versao())
            .prop_map(|(numero, arquivar, versao)| Acao::Situacao { numero, arquivar, versao }),
        4 => (provavel(), prop_oneof![3 => quem(), 1 => 3..PESSOAS], option::weighted(0.5, dados()), versao())
            .prop_map(|(numero, quem, dados, versao)| Acao::Vincular { numero, quem, dados, versao }),
        4 => (provavel(), quem(), versao())
            .prop_map(|(numero, quem, versao)| Acao::Desvincular { numero, quem, versao }),
        1 => dados().prop_map(|dados| Acao::CadastrarAdolescente { dados }),
        3 => (0..PESSOAS, texto(), any::<bool>(), cpf(), versao()).prop_map(|(quem, nome, completar, cpf, versao)| {
            Acao::AtualizarAdolescente { quem, nome, completar, cpf, versao }
        }),
        3 => prop::bool::weighted(0.9).prop_map(|com_sistema| Acao::Rascunho { com_sistema }),
    ];
    let porta = prop_oneof![Just(Porta::Rest), Just(Porta::Graphql)];
    (acao, porta).prop_map(|(acao, porta)| Passo { acao, porta })
}

/// The names of one world, which no other has.
pub struct Nomes {
    mundo: u32,
    /// Codes of its rascunhos, which the server chose.
    pub rascunhos: Vec<String>,
}

impl Nomes {
    pub fn novos(mundo: u32) -> Self {
        Self { mundo, rascunhos: Vec::new() }
    }

    /// An apuração of another tribunal: the same for all worlds, because nothing changes it.
    pub fn alheio() -> NumeroProcesso {
        NumeroProcesso::sintetico(9_700_000, 2024, 817, 1)
    }

    pub fn numero(&self, n: usize) -> String {
        let sequencia = |n: usize| 1_000_000 + self.mundo * 8 + u32::try_from(n).unwrap();
        let numero = NumeroProcesso::sintetico(sequencia(n % NUMEROS), 2024, 820, 1);
        match n {
            ALHEIO => Self::alheio().to_string(),
            ERRADO => {
                let digito = (numero.digito() + 1) % 100;
                format!("{}{digito:02}{}", &numero.digitos()[..7], &numero.digitos()[9..])
            }
            _ => numero.to_string(),
        }
    }

    pub fn identificador(&self, quem: usize) -> String {
        format!("2050{:08}", self.mundo * 5 + u32::try_from(quem).unwrap())
    }

    pub fn cpf(&self, n: usize) -> String {
        Cpf::sintetico(100 + self.mundo * 2 + u32::try_from(n).unwrap()).completo().to_owned()
    }

    fn doc(&self, cpf: Option<Doc>) -> Value {
        match cpf {
            None => Value::Null,
            Some(Doc::Certo(n)) => self.cpf(n).into(),
            Some(Doc::Errado) => "52998224726".into(),
        }
    }

    fn dados(&self, dados: Dados) -> Value {
        let nome = if dados.nome { nome(0) } else { " ".into() };
        let mut dados_ = json!({ "nome": nome, "sobrenome": "Fictícia", "dataNascimento": "2010-02-01", "sexoBiologico": "FEMININO" });
        por(&mut dados_, "cpf", self.doc(dados.cpf));
        dados_
    }

    /// The action in the words of its mutation.
    pub fn operacao(&self, acao: &Acao, mundo: &Mundo) -> Operacao {
        let processo = |n: &usize| mundo.processos.get(n).map(|processo| processo.versao);
        let (mutation, mut input, versao) = match acao {
            Acao::CadastrarProcesso { numero, execucao, quem, origem, rascunho, cpf, orgao } => {
                let quem: Vec<_> = quem.iter().map(|quem| self.identificador(*quem)).collect();
                let mut input = json!({ "numero": self.numero(*numero), "tipo": if *execucao { EXECUCAO } else { APURACAO },
                    "adolescentes": quem, "idOrgao": i32::from(*orgao), "appNameSistemaTribunal": "t" });
                por(&mut input, "referencia", origem.map(|n| self.numero(n)).into());
                let codigo = |n: usize| self.rascunhos.get(n).map_or("nenhum", String::as_str);
                por(&mut input, "idProcessoSistemaExterno", rascunho.map(codigo).into());
                if cpf.is_some() {
                    input["magistrado"] = json!({ "cpf": self.doc(*cpf) });
                }
                ("cadastrarProcesso", input, None)
            }
            Acao::Responsaveis { numero, nome, cpf, versao } => {
                let mut magistrado = json!({});
                por(&mut magistrado, "nome", nome.map(texto_de).into());
                por(&mut magistrado, "cpf", self.doc(*cpf));
                let input = json!({ "processo": self.numero(*numero), "magistrado": magistrado });
                ("atualizarResponsaveis", input, Mundo::versao(processo(numero), *versao))
            }
            Acao::Situacao { numero, arquivar, versao } => {
                let situacao = if *arquivar { "ARQUIVADO" } else { "ATIVO" };
                let input = json!({ "processo": self.numero(*numero), "situacao": situacao });
                ("alterarSituacao", input, Mundo::versao(processo(numero), *versao))
            }
            Acao::Vincular { numero, quem, dados, versao } => {
                let (numero_, quem) = (self.numero(*numero), self.identificador(*quem));
                let mut input = json!({ "processo": numero_, "adolescente": quem });
                por(&mut input, "dados", dados.map(|dados| self.dados(dados)).into());
                ("vincularAdolescente", input, Mundo::versao(processo(numero), *versao))
            }
            Acao::Desvincular { numero, quem, versao } => {
                let (numero_, quem) = (self.numero(*numero), self.identificador(*quem));
                let input = json!({ "processo": numero_, "adolescente": quem });
                ("desvincularAdolescente", input, Mundo::versao(processo(numero), *versao))
            }
            Acao::CadastrarAdolescente { dados } => {
                ("cadastrarAdolescente", json!({ "dados": self.dados(*dados) }), None)
            }
            Acao::AtualizarAdolescente { quem, nome, completar, cpf, versao } => {
                let mut dados = match completar {
                    true => {
                        json!({ "sobrenome": "Fictícia", "dataNascimento": "2010-02-01", "sexoBiologico": "FEMININO" })
                    }
                    false => json!({}),
                };
                por(&mut dados, "nome", nome.map(texto_de).into());
                por(&mut dados, "cpf", self.doc(*cpf));
                let input = json!({ "identificador": self.identificador(*quem), "dados": dados });
                let atual = mundo.pessoas.get(quem).map(|pessoa| pessoa.versao);
                ("atualizarAdolescente", input, Mundo::versao(atual, *versao))
            }
            Acao::Rascunho { com_sistema } => {
                let sistema = if *com_sistema { "t" } else { " " };
                (
                    "registrarRascunho",
                    json!({ "appNameSistemaTribunal": sistema, "dados": "{}" }),
                    None,
                )
            }
        };
        por(&mut input, "versaoEsperada", versao.into());
        Operacao::nova(mutation, input)
    }
}

/// The names that people go by.
pub fn nome(n: u8) -> String {
    ["Ana", "Eva"][usize::from(n)].to_owned()
}

fn texto_de(texto: Texto) -> String {
    match texto {
        Texto::Novo(n) => nome(n),
        Texto::Branco => " ".to_owned(),
    }
}

/// A field, unless there is nothing to say.
fn por(objeto: &mut Value, campo: &str, valor: Value) {
    if !valor.is_null() {
        objeto[campo] = valor;
    }
}
