//! An operation without fragments nor conditions, in which each field stands once.
//!
//! async-graphql runs a field as many times as it is written; the specification
//! says once (CollectFields and MergeSelectionSets, §6.3). Here equal response
//! keys are merged, `@skip` and `@include` are applied, and fragments dissolve.
//! What is left of them, at an interface or a union, is `... on Tipo`.

mod items;

use crate::graphql::document::schema::{Conjunto, Esquema};
use apollo_compiler::ast::Value;
use apollo_compiler::executable::{
    DirectiveList, Field, FragmentMap, Operation, Selection, SelectionSet,
};
use apollo_compiler::schema::FieldDefinition;
use apollo_compiler::{ExecutableDocument, Name, Node};
use items::{Item, Itens, Uso};
use std::collections::{BTreeMap, HashSet};

/// Fields written to one type per concrete type can multiply.
const CAMPOS_MAXIMO: usize = 10_000;
/// And so can the walks over what they are made of.
const PASSOS_MAXIMO: usize = 100_000;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Recusado {
    #[error("o documento, com os seus fragmentos, tem mais de {CAMPOS_MAXIMO} campos")]
    Grande,
    #[error("os campos com a chave `{0}` não se podem juntar: dê um apelido a cada uso")]
    Conflito(Name),
}

#[derive(Debug, Clone)]
pub enum Selecao {
    Campo(Campo),
    /// Fields of one of the types that an abstract one may be.
    Em(Name, Vec<Campo>),
}

#[derive(Debug, Clone)]
pub struct Campo {
    pub pai: Name,
    /// The first of those that were merged, for its name, arguments and place.
    pub origem: Node<Field>,
    pub definicao: Node<FieldDefinition>,
    pub selecoes: Vec<Selecao>,
}

/// The values of the variables that conditions use.
pub type Booleanos = BTreeMap<Name, bool>;

/// `documento` is valid, and its size within the limits of `tamanho`.
pub fn normalizar(
    esquema: &Esquema,
    documento: &ExecutableDocument,
    operacao: &Operation,
    booleanos: &Booleanos,
) -> Result<Vec<Selecao>, Recusado> {
    let fragmentos = &documento.fragments;
    let mut normalizador = Normalizador { esquema, fragmentos, booleanos, campos: 0, passos: 0 };
    normalizador.juntar(&operacao.selection_set.ty, &[&operacao.selection_set])
}

/// The variables whose value decides what an operation selects, in order.
pub fn condicionais(documento: &ExecutableDocument, operacao: &Operation) -> Vec<Name> {
    fn nas<'d>(diretivas: &'d DirectiveList, achadas: &mut Vec<&'d Name>) {
        let condicoes = diretivas.iter().filter(|d| d.name == "skip" || d.name == "include");
        let se = condicoes.filter_map(|d| d.specified_argument_by_name("if"));
        achadas.extend(se.filter_map(|valor| valor.as_variable()));
    }
    let (mut achadas, mut visitados) = (Vec::new(), HashSet::new());
    let mut por_ver = vec![&operacao.selection_set];
    while let Some(selecoes) = por_ver.pop() {
        for selecao in &selecoes.selections {
            nas(selecao.directives(), &mut achadas);
            match selecao {
                Selection::Field(campo) => por_ver.push(&campo.selection_set),
                Selection::InlineFragment(trecho) => por_ver.push(&trecho.selection_set),
                Selection::FragmentSpread(uso) => {
                    let fragmento = documento.fragments.get(&uso.fragment_name);
                    if let Some(fragmento) = fragmento
                        && visitados.insert(&uso.fragment_name)
                    {
                        por_ver.push(&fragmento.selection_set);
                    }
                }
            }
        }
    }
    achadas.sort_unstable();
    achadas.dedup();
    achadas.into_iter().cloned().collect()
}

struct Normalizador<'d> {
    esquema: &'d Esquema,
    fragmentos: &'d FragmentMap,
    booleanos: &'d Booleanos,
    campos: usize,
    passos: usize,
}

impl<'d> Normalizador<'d> {
    /// What the selection sets of merged fields select together.
    fn juntar(
        &mut self,
        tipo: &Name,
        conjuntos: &[&'d SelectionSet],
    ) -> Result<Vec<Selecao>, Recusado> {
        let alvo = self.esquema.possiveis(tipo);
        let mut itens = Itens::default();
        for conjunto in conjuntos {
            self.coletar(&conjunto.ty, &alvo, conjunto, &mut itens)?;
        }
        itens.sem_repetidos()?;
        match itens.separados() {
            true => self.como_escrito(tipo, &alvo, &itens.todos),
            false => self.por_tipo(&alvo, &itens.todos),
        }
    }

    fn coletar(
        &mut self,
        condicao: &'d Name,
        alvo: &Conjunto,
        conjunto: &'d SelectionSet,
        itens: &mut Itens<'d>,
    ) -> Result<(), Recusado> {
        for selecao in &conjunto.selections {
            self.passo()?;
            if !self.incluida(selecao.directives()) {
                continue;
            }
            let dentro = match selecao {
                Selection::Field(campo) => {
                    itens.incluir(condicao, alvo, campo)?;
                    continue;
                }
                Selection::InlineFragment(trecho) => &trecho.selection_set,
                Selection::FragmentSpread(uso) => match self.fragmentos.get(&uso.fragment_name) {
                    Some(fragmento) => &fragmento.selection_set,
                    None => continue,
                },
            };
            let restam = alvo.e(&self.esquema.possiveis(&dentro.ty));
            if restam.vazio() {
                continue;
            }
            // A condition that excludes nothing is no condition.
            let condicao = if restam == *alvo { condicao } else { &dentro.ty };
            self.coletar(condicao, &restam, dentro, itens)?;
        }
        Ok(())
    }

    fn incluida(&self, diretivas: &DirectiveList) -> bool {
        let vale = |nome: &str| {
            let valor = diretivas.get(nome)?.specified_argument_by_name("if")?;
            match &**valor {
                Value::Boolean(vale) => Some(*vale),
                Value::Variable(variavel) => self.booleanos.get(variavel).copied(),
                _ => None,
            }
        };
        vale("skip") != Some(true) && vale("include") != Some(false)
    }

    /// No two items concern the same key of the same object.
    fn como_escrito(
        &mut self,
        tipo: &Name,
        alvo: &Conjunto,
        itens: &[Item<'d>],
    ) -> Result<Vec<Selecao>, Recusado> {
        let mut selecoes = Vec::with_capacity(itens.len());
        for item in itens {
            if item.alvo == *alvo && self.tem(tipo, item) {
                selecoes.push(Selecao::Campo(self.campo(tipo, &item.usos)?));
                continue;
            }
            for tipo in self.condicoes(alvo, item) {
                let campo = self.campo(&tipo, &item.usos)?;
                match selecoes.last_mut() {
                    Some(Selecao::Em(ultimo, campos)) if *ultimo == tipo => campos.push(campo),
                    _ => selecoes.push(Selecao::Em(tipo, vec![campo])),
                }
            }
        }
        Ok(selecoes)
    }

    /// The fewest types of which an item can be asked. An interface is asked as it
    /// was written; async-graphql does not understand a union there.
    fn condicoes(&self, alvo: &Conjunto, item: &Item<'d>) -> Vec<Name> {
        let condicao = item.condicao;
        let exata = self.esquema.possiveis(condicao).e(alvo) == item.alvo;
        let uniao = self.esquema.valido.get_union(condicao).is_some();
        if exata && !uniao && self.tem(condicao, item) {
            return vec![condicao.clone()];
        }
        item.alvo.iter().filter_map(|numero| self.esquema.objeto(numero).cloned()).collect()
    }

    fn tem(&self, tipo: &Name, item: &Item<'d>) -> bool {
        let nome = item.usos.first().map(|uso| &uso.campo.name);
        nome.is_some_and(|nome| self.esquema.valido.type_field(tipo, nome).is_ok())
    }

    /// Each concrete type with all that is asked of it, in the order it was asked.
    fn por_tipo(&mut self, alvo: &Conjunto, itens: &[Item<'d>]) -> Result<Vec<Selecao>, Recusado> {
        let (esquema, mut selecoes) = (self.esquema, Vec::new());
        for numero in alvo.iter() {
            let Some(tipo) = esquema.objeto(numero) else { continue };
            let so_este = Conjunto::so(numero);
            let mut deste = Itens::default();
            for campo in em_ordem(itens, numero) {
                self.passo()?;
                deste.incluir(tipo, &so_este, campo)?;
            }
            let mut campos = Vec::with_capacity(deste.todos.len());
            for item in &deste.todos {
                campos.push(self.campo(tipo, &item.usos)?);
            }
            if !campos.is_empty() {
                selecoes.push(Selecao::Em(tipo.clone(), campos));
            }
        }
        Ok(selecoes)
    }

    fn campo(&mut self, pai: &Name, usos: &[Uso<'d>]) -> Result<Campo, Recusado> {
        self.campos += 1;
        let primeiro = usos.first().ok_or(Recusado::Grande)?.campo;
        if self.campos > CAMPOS_MAXIMO {
            return Err(Recusado::Grande);
        }
        // The concrete type's own definition may return a narrower type.
        let definicao = match self.esquema.valido.type_field(pai, &primeiro.name) {
            Ok(definicao) => definicao.node.clone(),
            Err(_) => primeiro.definition.clone(),
        };
        let conjuntos: Vec<_> = usos.iter().map(|uso| &uso.campo.selection_set).collect();
        let selecoes = self.juntar(definicao.ty.inner_named_type(), &conjuntos)?;
        Ok(Campo { pai: pai.clone(), origem: primeiro.clone(), definicao, selecoes })
    }

    fn passo(&mut self) -> Result<(), Recusado> {
        self.passos += 1;
        if self.passos > PASSOS_MAXIMO { Err(Recusado::Grande) } else { Ok(()) }
    }
}

/// What is asked of one concrete type, as it was written: an item gathers the uses of
/// the same types, and those of another may stand between them.
fn em_ordem<'d>(itens: &[Item<'d>], tipo: usize) -> Vec<&'d Node<Field>> {
    let deste = itens.iter().filter(|item| item.alvo.contem(tipo));
    let mut usos: Vec<_> = deste.flat_map(|item| &item.usos).collect();
    usos.sort_unstable_by_key(|uso| uso.lugar);
    usos.into_iter().map(|uso| uso.campo).collect()
}

#[cfg(test)]
mod tests;
