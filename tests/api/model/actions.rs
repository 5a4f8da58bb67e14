//! The actions of a client in a small world, and their form as mutations.

use super::rules::{FOREIGN, NUMEROS, WRONG, World};
use crate::support::{APURACAO, Api, EXECUCAO, Operation};
use elos::processo::NumeroProcesso;
use elos::value::cpf::Cpf;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

/// The number of people. The first three are registered at the start.
pub const PEOPLE: usize = 5;
const CPFS: usize = 2;
const RASCUNHOS: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doc {
    Valid(usize),
    Invalid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    New(u8),
    Blank,
}

/// The expected version that an action sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    Unset,
    Right,
    Wrong,
}

/// The data of a registration. Without a name they lack the required minimum.
#[derive(Debug, Clone, Copy)]
pub struct Dados {
    pub nome: bool,
    pub cpf: Option<Doc>,
}

#[rustfmt::skip]
#[derive(Debug, Clone)]
pub enum Action {
    CadastrarProcesso { numero: usize, execucao: bool, who: Vec<usize>, origem: Option<usize>, rascunho: Option<usize>, cpf: Option<Doc>, orgao: bool },
    Responsaveis { numero: usize, nome: Option<Text>, cpf: Option<Doc>, versao: Version },
    Situacao { numero: usize, arquivar: bool, versao: Version },
    Vincular { numero: usize, who: usize, dados: Option<Dados>, versao: Version },
    Desvincular { numero: usize, who: usize, versao: Version },
    CadastrarAdolescente { dados: Dados },
    AtualizarAdolescente { who: usize, nome: Option<Text>, complete: bool, cpf: Option<Doc>, versao: Version },
    Rascunho { with_sistema: bool },
}

/// An action, and the API that it uses.
#[derive(Debug, Clone)]
pub struct Step {
    pub action: Action,
    pub api: Api,
}

/// Draws any number, and some of them often. The first four are mostly apurações.
fn numero() -> impl Strategy<Value = usize> {
    prop_oneof![9 => 0..2_usize, 2 => 2..4_usize, 5 => 4..6_usize, 1 => 6..NUMEROS, 1 => FOREIGN..=WRONG]
}

/// Draws a number that is mostly registered, once the foundation is.
fn likely() -> impl Strategy<Value = usize> {
    prop_oneof![6 => Just(0), 3 => Just(1), 5 => 4..6_usize, 2 => numero()]
}

/// Draws the apurações and execuções that most other actions need.
fn foundation() -> impl Strategy<Value = Vec<Action>> {
    let who = || prop::sample::subsequence(vec![0, 1, 2], 1..=3);
    let apuracoes = (who(), option::of(who()));
    let execucao = (4..6_usize, 0..2_usize, 0..2_usize, prop::bool::weighted(0.4));
    let execucoes = prop::collection::vec(execucao, 0..=3);
    let cadastrar = |numero, who, origem: Option<usize>| {
        let execucao = origem.is_some();
        let (rascunho, cpf, orgao) = (None, None, true);
        Action::CadastrarProcesso { numero, execucao, who, origem, rascunho, cpf, orgao }
    };
    (apuracoes, execucoes).prop_map(move |((one, another), execucoes)| {
        let mut actions = vec![cadastrar(0, one, None)];
        actions.extend(another.map(|who| cadastrar(1, who, None)));
        for (numero, who, origem, arquivar) in execucoes {
            actions.push(cadastrar(numero, vec![who], Some(origem)));
            let situacao = Action::Situacao { numero, arquivar, versao: Version::Unset };
            actions.extend(arquivar.then_some(situacao));
        }
        actions
    })
}

/// Draws a whole sequence: the foundation, and then any actions.
pub fn sequence() -> impl Strategy<Value = Vec<Step>> {
    (foundation(), prop::collection::vec(step(), 7..=12)).prop_map(|(foundation, steps)| {
        let step = |action| Step { action, api: Api::Rest };
        foundation.into_iter().map(step).chain(steps).collect()
    })
}

fn who() -> impl Strategy<Value = usize> {
    prop_oneof![6 => 0..3_usize, 1 => 3..PEOPLE]
}

fn cpf() -> impl Strategy<Value = Option<Doc>> {
    prop_oneof![
        5 => Just(None),
        4 => (0..CPFS).prop_map(|n| Some(Doc::Valid(n))),
        1 => Just(Some(Doc::Invalid)),
    ]
}

fn text() -> impl Strategy<Value = Option<Text>> {
    prop_oneof![2 => Just(None), 6 => (0..2_u8).prop_map(|n| Some(Text::New(n))), 1 => Just(Some(Text::Blank))]
}

fn version() -> impl Strategy<Value = Version> {
    prop_oneof![8 => Just(Version::Unset), 1 => Just(Version::Right), 1 => Just(Version::Wrong)]
}

fn dados() -> impl Strategy<Value = Dados> {
    (prop::bool::weighted(0.9), cpf()).prop_map(|(nome, cpf)| Dados { nome, cpf })
}

fn apuracao() -> impl Strategy<Value = Action> {
    let lists = prop_oneof![5 => prop::sample::subsequence(vec![0, 1, 2], 1..=3), 1 => prop::collection::vec(who(), 0..3)];
    let origem = option::weighted(0.1, numero());
    let rascunho = option::weighted(0.3, 0..RASCUNHOS);
    (numero(), lists, origem, rascunho, cpf(), prop::bool::weighted(0.95)).prop_map(
        |(numero, who, origem, rascunho, cpf, orgao)| Action::CadastrarProcesso {
            numero,
            execucao: false,
            who,
            origem,
            rascunho,
            cpf,
            orgao,
        },
    )
}

fn execucao() -> impl Strategy<Value = Action> {
    let numero = prop_oneof![9 => 4..NUMEROS, 1 => self::numero()];
    let lists =
        prop_oneof![7 => who().prop_map(|who| vec![who]), 1 => prop::collection::vec(who(), 0..3)];
    let origem = option::weighted(
        0.95,
        prop_oneof![8 => 0..4_usize, 1 => Just(FOREIGN), 1 => self::numero()],
    );
    (numero, lists, origem, option::weighted(0.1, 0..1_usize)).prop_map(
        |(numero, who, origem, rascunho)| Action::CadastrarProcesso {
            numero,
            execucao: true,
            who,
            origem,
            rascunho,
            cpf: None,
            orgao: true,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let action = prop_oneof![
        5 => apuracao(),
        5 => execucao(),
        2 => (likely(), text(), cpf(), version())
            .prop_map(|(numero, nome, cpf, version)| Action::Responsaveis { numero, nome, cpf, versao: version }),
        4 => (likely(), any::<bool>(), version())
            .prop_map(|(numero, arquivar, version)| Action::Situacao { numero, arquivar, versao: version }),
        4 => (likely(), prop_oneof![3 => who(), 1 => 3..PEOPLE], option::weighted(0.5, dados()), version())
            .prop_map(|(numero, who, dados, version)| Action::Vincular { numero, who, dados, versao: version }),
        4 => (likely(), who(), version())
            .prop_map(|(numero, who, version)| Action::Desvincular { numero, who, versao: version }),
        1 => dados().prop_map(|dados| Action::CadastrarAdolescente { dados }),
        3 => (0..PEOPLE, text(), any::<bool>(), cpf(), version()).prop_map(|(who, nome, complete, cpf, version)| {
            Action::AtualizarAdolescente { who, nome, complete, cpf, versao: version }
        }),
        3 => prop::bool::weighted(0.9).prop_map(|with_sistema| Action::Rascunho { with_sistema }),
    ];
    let api = prop_oneof![Just(Api::Rest), Just(Api::Graphql)];
    (action, api).prop_map(|(action, api)| Step { action, api })
}

/// The names of the objects of one world. No other world has them.
pub struct Names {
    world: u32,
    /// The codes of its rascunhos, which the server generates.
    pub rascunhos: Vec<String>,
}

impl Names {
    pub fn new(world: u32) -> Self {
        Self { world, rascunhos: Vec::new() }
    }

    /// Returns an apuração of another tribunal. It is the same for all worlds, because nothing
    /// changes it.
    pub fn foreign() -> NumeroProcesso {
        NumeroProcesso::synthetic(9_700_000, 2024, 817, 1)
    }

    pub fn numero(&self, n: usize) -> String {
        let sequence = |n: usize| 1_000_000 + self.world * 8 + u32::try_from(n).unwrap();
        let numero = NumeroProcesso::synthetic(sequence(n % NUMEROS), 2024, 820, 1);
        match n {
            FOREIGN => Self::foreign().to_string(),
            WRONG => {
                let digit = (numero.digit() + 1) % 100;
                format!("{}{digit:02}{}", &numero.digits()[..7], &numero.digits()[9..])
            }
            _ => numero.to_string(),
        }
    }

    pub fn identificador(&self, who: usize) -> String {
        format!("2050{:08}", self.world * 5 + u32::try_from(who).unwrap())
    }

    pub fn cpf(&self, n: usize) -> String {
        Cpf::synthetic(100 + self.world * 2 + u32::try_from(n).unwrap()).unmasked().to_owned()
    }

    fn doc(&self, cpf: Option<Doc>) -> Value {
        match cpf {
            None => Value::Null,
            Some(Doc::Valid(n)) => self.cpf(n).into(),
            Some(Doc::Invalid) => "52998224726".into(),
        }
    }

    fn dados(&self, dados: Dados) -> Value {
        let nome = if dados.nome { nome(0) } else { " ".into() };
        let mut dados_ = json!({ "nome": nome, "sobrenome": "Fictícia", "dataNascimento": "2010-02-01", "sexoBiologico": "FEMININO" });
        put(&mut dados_, "cpf", self.doc(dados.cpf));
        dados_
    }

    /// Returns the action as a mutation.
    pub fn operation(&self, action: &Action, world: &World) -> Operation {
        let processo = |n: &usize| world.processos.get(n).map(|processo| processo.version);
        let (mutation, mut input, version) = match action {
            Action::CadastrarProcesso { numero, execucao, who, origem, rascunho, cpf, orgao } => {
                let who: Vec<_> = who.iter().map(|who| self.identificador(*who)).collect();
                let mut input = json!({ "numero": self.numero(*numero), "tipo": if *execucao { EXECUCAO } else { APURACAO },
                    "adolescentes": who, "idOrgao": i32::from(*orgao), "appNameSistemaTribunal": "t" });
                put(&mut input, "referencia", origem.map(|n| self.numero(n)).into());
                let code = |n: usize| self.rascunhos.get(n).map_or("nenhum", String::as_str);
                put(&mut input, "idProcessoSistemaExterno", rascunho.map(code).into());
                if cpf.is_some() {
                    input["magistrado"] = json!({ "cpf": self.doc(*cpf) });
                }
                ("cadastrarProcesso", input, None)
            }
            Action::Responsaveis { numero, nome, cpf, versao: version } => {
                let mut magistrado = json!({});
                put(&mut magistrado, "nome", nome.map(text_of).into());
                put(&mut magistrado, "cpf", self.doc(*cpf));
                let input = json!({ "processo": self.numero(*numero), "magistrado": magistrado });
                ("atualizarResponsaveis", input, World::version(processo(numero), *version))
            }
            Action::Situacao { numero, arquivar, versao: version } => {
                let situacao = if *arquivar { "ARQUIVADO" } else { "ATIVO" };
                let input = json!({ "processo": self.numero(*numero), "situacao": situacao });
                ("alterarSituacao", input, World::version(processo(numero), *version))
            }
            Action::Vincular { numero, who, dados, versao: version } => {
                let (numero_, who) = (self.numero(*numero), self.identificador(*who));
                let mut input = json!({ "processo": numero_, "adolescente": who });
                put(&mut input, "dados", dados.map(|dados| self.dados(dados)).into());
                ("vincularAdolescente", input, World::version(processo(numero), *version))
            }
            Action::Desvincular { numero, who, versao: version } => {
                let (numero_, who) = (self.numero(*numero), self.identificador(*who));
                let input = json!({ "processo": numero_, "adolescente": who });
                ("desvincularAdolescente", input, World::version(processo(numero), *version))
            }
            Action::CadastrarAdolescente { dados } => {
                ("cadastrarAdolescente", json!({ "dados": self.dados(*dados) }), None)
            }
            Action::AtualizarAdolescente { who, nome, complete, cpf, versao: version } => {
                let mut dados = match complete {
                    true => {
                        json!({ "sobrenome": "Fictícia", "dataNascimento": "2010-02-01", "sexoBiologico": "FEMININO" })
                    }
                    false => json!({}),
                };
                put(&mut dados, "nome", nome.map(text_of).into());
                put(&mut dados, "cpf", self.doc(*cpf));
                let input = json!({ "identificador": self.identificador(*who), "dados": dados });
                let current = world.people.get(who).map(|person| person.version);
                ("atualizarAdolescente", input, World::version(current, *version))
            }
            Action::Rascunho { with_sistema } => {
                let sistema = if *with_sistema { "t" } else { " " };
                (
                    "registrarRascunho",
                    json!({ "appNameSistemaTribunal": sistema, "dados": "{}" }),
                    None,
                )
            }
        };
        put(&mut input, "versaoEsperada", version.into());
        Operation::new(mutation, input)
    }
}

/// Returns the `n`-th name of a person.
pub fn nome(n: u8) -> String {
    ["Ana", "Eva"][usize::from(n)].to_owned()
}

fn text_of(text: Text) -> String {
    match text {
        Text::New(n) => nome(n),
        Text::Blank => " ".to_owned(),
    }
}

/// Sets a field, unless the value is null.
fn put(object: &mut Value, field: &str, value: Value) {
    if !value.is_null() {
        object[field] = value;
    }
}
