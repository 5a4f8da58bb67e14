//! How large a document is once its fragments are spread, counted without spreading them.
//!
//! Twenty fragments that each spread the next one twice are 600 bytes and a
//! million selections. Each fragment is counted once and remembered.

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use std::collections::HashMap;

/// The most selections that a document may stand for.
const SELECOES_MAXIMO: usize = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Recusado {
    #[error("o documento, com os seus fragmentos, tem mais de {SELECOES_MAXIMO} campos")]
    Grande,
    #[error("um fragmento do documento contém a si mesmo")]
    Ciclo,
}

/// Lets a document through to validation, whose cost grows with its expanded size.
pub fn conferir(documento: &ExecutableDocument) -> Result<(), Recusado> {
    let mut contador = Contador { documento, contados: HashMap::new() };
    let operacoes = documento.operations.iter();
    let mut total = 0_usize;
    for (_, operacao) in operacoes {
        total = total.saturating_add(contador.contar(&operacao.node.selection_set.node)?);
    }
    // Fragments that nothing spreads are validated all the same.
    for nome in documento.fragments.keys() {
        contador.fragmento(nome)?;
    }
    if total > SELECOES_MAXIMO { Err(Recusado::Grande) } else { Ok(()) }
}

struct Contador<'d> {
    documento: &'d ExecutableDocument,
    /// None while a fragment is being counted: to meet it again is a cycle.
    contados: HashMap<&'d Name, Option<usize>>,
}

impl<'d> Contador<'d> {
    /// The recursion is as deep as the text is nested, which `limits` bounds,
    /// times the chain of fragments, which the check for size bounds here.
    fn contar(&mut self, selecoes: &'d SelectionSet) -> Result<usize, Recusado> {
        let mut total = 0_usize;
        for selecao in &selecoes.items {
            let n = match &selecao.node {
                Selection::Field(campo) => self.contar(&campo.node.selection_set.node)? + 1,
                Selection::InlineFragment(trecho) => {
                    self.contar(&trecho.node.selection_set.node)? + 1
                }
                Selection::FragmentSpread(uso) => self.fragmento(&uso.node.fragment_name.node)? + 1,
            };
            total = total.saturating_add(n);
            if total > SELECOES_MAXIMO {
                return Err(Recusado::Grande);
            }
        }
        Ok(total)
    }

    fn fragmento(&mut self, nome: &Name) -> Result<usize, Recusado> {
        // An unknown fragment is for validation to tell.
        let Some((nome, fragmento)) = self.documento.fragments.get_key_value(nome) else {
            return Ok(0);
        };
        match self.contados.get(nome) {
            Some(Some(contado)) => return Ok(*contado),
            Some(None) => return Err(Recusado::Ciclo),
            None => {}
        }
        self.contados.insert(nome, None);
        let contado = self.contar(&fragmento.node.selection_set.node)?;
        self.contados.insert(nome, Some(contado));
        Ok(contado)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    fn conferir_texto(texto: &str) -> Result<(), Recusado> {
        conferir(&parse_query(texto).unwrap())
    }

    #[test]
    fn fragmentos_que_dobram_sao_contados_sem_se_espalhar() {
        let bomba = |niveis: usize| {
            let fragmento = |i| format!("fragment f{i} on Query {{ ...f{n} ...f{n} }} ", n = i + 1);
            let fragmentos = (0..niveis).map(fragmento).collect::<Vec<_>>().concat();
            format!("{{ ...f0 }} {fragmentos} fragment f{niveis} on Query {{ a }}")
        };
        assert_eq!(conferir_texto(&bomba(10)), Ok(()));
        assert_eq!(conferir_texto(&bomba(25)), Err(Recusado::Grande));
        assert_eq!(conferir_texto(&bomba(200)), Err(Recusado::Grande));
    }

    #[test]
    fn ciclos_sao_ditos_mesmo_que_ninguem_os_use() {
        assert_eq!(conferir_texto("{ ...a } fragment a on Query { ...a }"), Err(Recusado::Ciclo));
        let longe = "{ x } fragment a on Query { ...b } fragment b on Query { y { ...a } }";
        assert_eq!(conferir_texto(longe), Err(Recusado::Ciclo));
        assert_eq!(conferir_texto("{ ...a ...a ...nao } fragment a on Query { x }"), Ok(()));
    }

    #[test]
    fn uma_corrente_longa_de_fragmentos_nao_esgota_a_pilha() {
        let fragmento = |i| format!("fragment f{i} on Q {{ ...f{} }} ", i + 1);
        let fragmentos = (0..2400).map(fragmento).collect::<Vec<_>>().concat();
        assert_eq!(conferir_texto(&format!("{{ ...f0 }} {fragmentos}")), Ok(()));
    }
}
