//! What an operation costs, known before it runs.
//!
//! An operation costs [`OPERACAO`]. An object costs 1, or its type's `@cost`; a scalar nothing; a field with its
//! own `@cost` costs that, once. A list costs its items as many times as
//! `@listSize` says. Of the types that an abstract one may be, the dearest counts. Each root field and
//! each list that is cut into pages is read by a statement of its own, which costs [`LEITURA`]
//! besides, however many parents it is read for. A value of an argument costs its `@cost`, and so
//! does each value within it: that is what a filter costs, and once more if its rows are counted.

mod inputs;
mod exceeded;
pub(crate) mod weights;

use crate::graphql::document::convert::constante;
use crate::graphql::document::normalize::{Campo, Selecao};
use crate::graphql::document::schema::{Conjunto, Esquema};
use apollo_compiler::Node;
use apollo_compiler::ast::{Value, VariableDefinition};
use apollo_compiler::executable::Operation;
use async_graphql::{Name, Value as ConstValue, Variables};
use inputs::{Entradas, Pesos, Usos};
use std::sync::Arc;
use weights::{Lista, Regra, Regras};

pub use exceeded::{CabeCom, CustoExcedido};

/// The items of a list whose size the schema does not tell.
const ITENS: f64 = 5.0;
/// `__schema` and `__type`: what they answer is as large as the schema, no more.
const INTROSPECCAO: f64 = 10.0;

/// What an operation costs that does nothing: a token, the protocol, a record in the trail.
const OPERACAO: f64 = 100.0;
/// What a statement costs, whatever it reads.
const LEITURA: f64 = 50.0;
/// What counting a list of the root costs besides its weight: all that a tribunal has is gone through.
const CONTAGEM_NA_RAIZ: f64 = 300.0;
/// How often a list that is counted is looked through, for its filter: once for the page, and to the
/// end for the number.
const BUSCAS_AO_CONTAR: f64 = 3.0;
/// The field that counts all rows of a list, on all of its pages.
const CONTAGEM: &str = "totalCount";

/// What remains to know of the cost once the variables come.
#[derive(Debug, Clone)]
pub struct Esqueleto {
    filhos: Vec<No>,
    usos: Usos,
    /// Fields that are read by a statement of their own.
    leituras: u32,
    regras: Arc<Regras>,
}

#[derive(Debug, Clone)]
struct No {
    chave: Name,
    /// Once, in place of the object's weight.
    peso: Option<f64>,
    /// Of each object.
    objeto: f64,
    lista: bool,
    /// The size is the parent's: it is one of its `sizedFields`.
    do_pai: bool,
    fatia: Option<Fatia>,
    entradas: Entradas,
    conta: bool,
    filhos: Vec<No>,
    /// Fields of some of the types that the object may be.
    casos: Vec<(Conjunto, Vec<No>)>,
}

impl No {
    /// Whether all rows of the list are counted.
    fn e_contada(&self) -> bool {
        self.filhos.iter().any(|filho| filho.conta)
    }
}

#[derive(Debug, Clone)]
struct Fatia {
    numero: usize,
    /// The slice is of the children that `sizedFields` names.
    dos_filhos: bool,
    argumentos: Vec<(Name, Fonte)>,
    /// To suggest, when none is given.
    primeiro: Option<Name>,
    suposto: f64,
}

/// Where a slicing argument has its value.
#[derive(Debug, Clone)]
enum Fonte {
    Escrita(Option<f64>),
    Variavel { nome: Name, padrao: Option<f64> },
}

impl Esqueleto {
    pub fn novo(esquema: &Esquema, operacao: &Operation, selecoes: &[Selecao]) -> Self {
        let variaveis = &operacao.variables;
        let mut montagem =
            Montagem { esquema, variaveis, fatias: 0, usos: Usos::default(), leituras: 0 };
        let (filhos, casos) = montagem.selecoes(selecoes, None, true);
        debug_assert!(casos.is_empty(), "a root is not abstract");
        let Montagem { usos, leituras, .. } = montagem;
        Self { filhos, usos, leituras, regras: Arc::clone(&esquema.regras) }
    }

    pub fn custo(&self, variaveis: &Variables) -> u64 {
        inteiro(self.total(&self.medida(variaveis)))
    }

    fn medida<'v>(&self, variaveis: &'v Variables) -> Medida<'v> {
        let pesos = Arc::new(self.usos.pesos(&self.regras, variaveis));
        Medida { variaveis, pesos, no_lugar: None }
    }

    /// One field, and below it nothing that costs: all that it takes is read at the root. A scalar
    /// that is read by itself (what is sensitive of an adolescente) stands only below a list.
    pub fn so_a_raiz(&self) -> bool {
        let gratis = |no: &No| {
            no.peso.unwrap_or(no.objeto) == 0.0 && no.filhos.is_empty() && no.casos.is_empty()
        };
        let [raiz] = self.filhos.as_slice() else { return false };
        raiz.filhos.iter().chain(raiz.casos.iter().flat_map(|(_, nos)| nos)).all(gratis)
    }

    fn total(&self, medida: &Medida<'_>) -> f64 {
        let campos: f64 = self.filhos.iter().map(|no| medida.no(no, 1.0)).sum();
        let contada = |no: &No| if no.e_contada() { CONTAGEM_NA_RAIZ } else { 0.0 };
        let contadas: f64 = self.filhos.iter().map(contada).sum();
        OPERACAO + campos + contadas + LEITURA * f64::from(self.leituras)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn inteiro(custo: f64) -> u64 {
    custo.ceil() as u64
}

struct Medida<'v> {
    variaveis: &'v Variables,
    pesos: Arc<Pesos>,
    /// A slice and the size to try in its place.
    no_lugar: Option<(usize, f64)>,
}

impl Medida<'_> {
    fn no(&self, no: &No, do_pai: f64) -> f64 {
        let dos_filhos = self.dos_filhos(no);
        let mut dentro: f64 = no.filhos.iter().map(|filho| self.no(filho, dos_filhos)).sum();
        let mut por_tipo = Vec::<(usize, f64)>::new();
        for (tipos, nos) in &no.casos {
            let custo: f64 = nos.iter().map(|filho| self.no(filho, dos_filhos)).sum();
            for tipo in tipos.iter() {
                match por_tipo.iter_mut().find(|(outro, _)| *outro == tipo) {
                    Some((_, soma)) => *soma += custo,
                    None => por_tipo.push((tipo, custo)),
                }
            }
        }
        dentro += por_tipo.iter().map(|(_, custo)| *custo).fold(0.0, f64::max);
        let buscas = if no.e_contada() { BUSCAS_AO_CONTAR } else { 1.0 };
        let entradas = buscas * no.entradas.custo(&self.pesos);
        match no.lista {
            false => no.peso.unwrap_or(no.objeto) + dentro + entradas,
            true => {
                no.peso.unwrap_or(0.0) + self.itens(no, do_pai) * (no.objeto + dentro) + entradas
            }
        }
    }

    fn dos_filhos(&self, no: &No) -> f64 {
        match &no.fatia {
            Some(fatia) if fatia.dos_filhos => self.tamanho(fatia),
            _ => 1.0,
        }
    }

    fn itens(&self, no: &No, do_pai: f64) -> f64 {
        match &no.fatia {
            _ if !no.lista => 1.0,
            _ if no.do_pai => do_pai,
            Some(fatia) if !fatia.dos_filhos => self.tamanho(fatia),
            _ => ITENS,
        }
    }

    /// The largest of the arguments given, or what is assumed without any.
    fn tamanho(&self, fatia: &Fatia) -> f64 {
        if let Some((numero, tamanho)) = self.no_lugar
            && numero == fatia.numero
        {
            return tamanho;
        }
        let dados = fatia.argumentos.iter().filter_map(|(_, fonte)| match fonte {
            Fonte::Escrita(valor) => *valor,
            Fonte::Variavel { nome, padrao } => match self.variaveis.get(nome) {
                Some(valor) => numero(valor),
                None => *padrao,
            },
        });
        dados.reduce(f64::max).unwrap_or(fatia.suposto).max(0.0)
    }
}

/// A number of items, or the items themselves.
fn numero(valor: &ConstValue) -> Option<f64> {
    match valor {
        ConstValue::Number(numero) => numero.as_f64(),
        ConstValue::List(itens) => u32::try_from(itens.len()).ok().map(f64::from),
        _ => None,
    }
}

struct Montagem<'e> {
    esquema: &'e Esquema,
    variaveis: &'e [Node<VariableDefinition>],
    fatias: usize,
    usos: Usos,
    /// Fields that are read by a statement of their own.
    leituras: u32,
}

impl Montagem<'_> {
    fn selecoes(
        &mut self,
        selecoes: &[Selecao],
        pai: Option<&Lista>,
        na_raiz: bool,
    ) -> (Vec<No>, Vec<(Conjunto, Vec<No>)>) {
        let (mut filhos, mut casos) = (Vec::new(), Vec::new());
        for selecao in selecoes {
            match selecao {
                Selecao::Campo(campo) => filhos.push(self.no(campo, pai, na_raiz)),
                Selecao::Em(tipo, campos) => {
                    let nos = campos.iter().map(|campo| self.no(campo, pai, na_raiz)).collect();
                    casos.push((self.esquema.possiveis(tipo), nos));
                }
            }
        }
        (filhos, casos)
    }

    fn no(&mut self, campo: &Campo, pai: Option<&Lista>, na_raiz: bool) -> No {
        let tipo = &campo.definicao.ty;
        let de_introspeccao = tipo.inner_named_type().starts_with("__");
        let esquema = self.esquema;
        let regra = esquema.regras.do_campo(&campo.pai, &campo.origem.name);
        let da_lista = regra.and_then(|regra| regra.lista.as_ref());
        let composto = !esquema.possiveis(tipo.inner_named_type()).vazio();
        let e_introspeccao = matches!(campo.origem.name.as_str(), "__schema" | "__type");
        let fatia = regra.and_then(|regra| self.fatia(campo, regra));
        let entradas = self.entradas(campo, regra);
        let (filhos, casos) = self.selecoes(&campo.selecoes, da_lista, false);
        let e_leitura = na_raiz && !campo.origem.name.starts_with("__") || fatia.is_some();
        self.leituras += u32::from(e_leitura);
        No {
            chave: Name::new(campo.origem.response_key().as_str()),
            peso: if e_introspeccao {
                Some(INTROSPECCAO)
            } else {
                regra.and_then(|regra| regra.peso)
            },
            objeto: match esquema.regras.do_tipo(tipo.inner_named_type()) {
                Some(peso) => peso,
                // Below the root, introspection costs no more.
                None if de_introspeccao || !composto => 0.0,
                None => 1.0,
            },
            lista: tipo.is_list() && !de_introspeccao,
            do_pai: pai.is_some_and(|lista| lista.dimensionados.contains(&campo.origem.name)),
            fatia,
            entradas,
            conta: campo.origem.name == CONTAGEM,
            filhos,
            casos,
        }
    }

    fn entradas(&mut self, campo: &Campo, regra: Option<&Regra>) -> Entradas {
        let mut entradas = Entradas::default();
        let Some(regra) = regra else { return entradas };
        for argumento in &campo.origem.arguments {
            let Some(parcela) = regra.argumentos.get(&argumento.name) else { continue };
            let (regras, definidas) = (&self.esquema.regras, self.variaveis);
            entradas.somar(&mut self.usos, regras, definidas, parcela, &argumento.value);
        }
        entradas
    }

    fn fatia(&mut self, campo: &Campo, regra: &Regra) -> Option<Fatia> {
        let lista = regra.lista.as_ref()?;
        let fonte = |nome: &apollo_compiler::Name, padrao: Option<i64>| {
            let dado = campo.origem.arguments.iter().find(|argumento| argumento.name == *nome);
            match dado.map(|argumento| &*argumento.value) {
                None => Fonte::Escrita(padrao.map(real)),
                Some(Value::Variable(variavel)) => Fonte::Variavel {
                    nome: Name::new(variavel.as_str()),
                    padrao: match self.variaveis.iter().find(|v| v.name == *variavel) {
                        Some(definida) => match &definida.default_value {
                            Some(valor) => constante(valor).as_ref().and_then(numero),
                            None => padrao.map(real),
                        },
                        None => padrao.map(real),
                    },
                },
                Some(Value::List(itens)) => {
                    Fonte::Escrita(u32::try_from(itens.len()).ok().map(f64::from))
                }
                Some(valor) => Fonte::Escrita(valor.to_f64()),
            }
        };
        let argumento = |(nome, padrao): &(_, _)| (Name::new(nome_de(nome)), fonte(nome, *padrao));
        let numero = self.fatias;
        self.fatias += 1;
        Some(Fatia {
            numero,
            dos_filhos: !lista.dimensionados.is_empty(),
            argumentos: lista.fatias.iter().map(argumento).collect(),
            primeiro: lista.fatias.first().map(|(nome, _)| Name::new(nome_de(nome))),
            suposto: lista.suposto.map_or(ITENS, f64::from),
        })
    }
}

fn nome_de(nome: &apollo_compiler::Name) -> &str {
    nome.as_str()
}

#[expect(clippy::cast_precision_loss, reason = "a default is a small number")]
fn real(inteiro: i64) -> f64 {
    inteiro as f64
}

#[cfg(test)]
mod tests;
