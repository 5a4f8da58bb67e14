//! What a selection set collects, before it is written again.

use super::Recusado;
use crate::graphql::document::schema::Conjunto;
use apollo_compiler::ast::{Argument, Value};
use apollo_compiler::executable::Field;
use apollo_compiler::{Name, Node};
use std::collections::{HashMap, HashSet};

/// A response key, for some of the types that its parent may be.
pub(super) struct Item<'d> {
    pub(super) alvo: Conjunto,
    /// The innermost type that was asked for.
    pub(super) condicao: &'d Name,
    pub(super) usos: Vec<Uso<'d>>,
}

/// A field as it was written, and its place among all that were collected.
pub(super) struct Uso<'d> {
    pub(super) lugar: usize,
    pub(super) campo: &'d Node<Field>,
}

impl<'d> Item<'d> {
    pub(super) fn chave(&self) -> Option<&'d Name> {
        self.usos.first().map(|uso| uso.campo.response_key())
    }

    pub(super) fn folha(&self) -> bool {
        self.usos.iter().all(|uso| uso.campo.selection_set.selections.is_empty())
    }
}

/// What was collected, in the order of the first use of each key.
#[derive(Default)]
pub(super) struct Itens<'d> {
    pub(super) todos: Vec<Item<'d>>,
    colhidos: usize,
    por_chave: HashMap<&'d Name, Vec<usize>>,
}

impl<'d> Itens<'d> {
    pub(super) fn incluir(
        &mut self,
        condicao: &'d Name,
        alvo: &Conjunto,
        campo: &'d Node<Field>,
    ) -> Result<(), Recusado> {
        let chave = campo.response_key();
        let uso = Uso { lugar: self.colhidos, campo };
        self.colhidos += 1;
        let iguais = self.por_chave.entry(chave).or_default();
        for &i in iguais.iter() {
            if let Some(item) = self.todos.get_mut(i)
                && item.alvo == *alvo
            {
                if item.usos.first().is_some_and(|primeiro| !mesmo(primeiro.campo, campo)) {
                    return Err(Recusado::Conflito(chave.clone()));
                }
                // Equal leaves add nothing.
                if !campo.selection_set.selections.is_empty() {
                    item.usos.push(uso);
                }
                return Ok(());
            }
        }
        iguais.push(self.todos.len());
        self.todos.push(Item { alvo: alvo.clone(), condicao, usos: vec![uso] });
        Ok(())
    }

    /// Drops the leaves that an earlier item already asks of all their types:
    /// `id ... on Processo { id }`, as Relay writes it.
    pub(super) fn sem_repetidos(&mut self) -> Result<(), Recusado> {
        let mut sobram = HashSet::new();
        for indices in self.por_chave.values().filter(|indices| indices.len() > 1) {
            let itens = || indices.iter().filter_map(|&i| Some((i, self.todos.get(i)?)));
            for (i, item) in itens() {
                let antes = itens().take_while(|(j, _)| *j < i);
                let cobre = |outro: &Item<'_>| outro.alvo.cobre(&item.alvo) && outro.folha();
                if item.folha()
                    && let Some((_, antes)) = antes.into_iter().find(|(_, outro)| cobre(outro))
                {
                    if let (Some(um), Some(outro)) = (item.usos.first(), antes.usos.first())
                        && !mesmo(um.campo, outro.campo)
                    {
                        return Err(Recusado::Conflito(um.campo.response_key().clone()));
                    }
                    sobram.insert(i);
                }
            }
        }
        if !sobram.is_empty() {
            let mut i = 0..;
            self.todos.retain(|_| i.next().is_none_or(|i| !sobram.contains(&i)));
        }
        Ok(())
    }

    /// No object has a key twice.
    pub(super) fn separados(&self) -> bool {
        let mut vistos = HashMap::<&Name, Conjunto>::new();
        self.todos.iter().all(|item| {
            let Some(chave) = item.chave() else { return true };
            let visto = vistos.entry(chave).or_default();
            let separado = visto.disjunto(&item.alvo);
            *visto = visto.ou(&item.alvo);
            separado
        })
    }
}

/// The same field with the same arguments, in any order.
fn mesmo(um: &Field, outro: &Field) -> bool {
    let igual = |argumento: &Node<Argument>| {
        let do_outro = outro.arguments.iter().find(|a| a.name == argumento.name);
        do_outro.is_some_and(|a| mesmo_valor(&a.value, &argumento.value))
    };
    um.name == outro.name
        && um.arguments.len() == outro.arguments.len()
        && um.arguments.iter().all(igual)
}

fn mesmo_valor(um: &Value, outro: &Value) -> bool {
    match (um, outro) {
        (Value::List(um), Value::List(outro)) => {
            um.len() == outro.len() && um.iter().zip(outro).all(|(a, b)| mesmo_valor(a, b))
        }
        (Value::Object(um), Value::Object(outro)) => {
            let igual = |(nome, valor): &(Name, Node<Value>)| {
                outro.iter().any(|(n, v)| n == nome && mesmo_valor(v, valor))
            };
            um.len() == outro.len() && um.iter().all(igual)
        }
        _ => um == outro,
    }
}
