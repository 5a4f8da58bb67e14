//! How large a document is once its fragments are spread, counted without spreading them.
//!
//! Twenty fragments that each spread the next one twice are 600 bytes and a
//! million selections. Each fragment is measured once, after those that it
//! spreads; no recursion is deeper than the text is nested, which `limits` bounds.

use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Document, Selection};
use std::collections::{HashMap, HashSet};

/// The most that an operation may stand for, its fragments spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limites {
    /// Fields within fields.
    pub profundidade: usize,
    /// Fields and fragments within one another.
    pub niveis: usize,
    pub apelidos: usize,
    pub raizes: usize,
    /// Of the whole document.
    pub diretivas: usize,
    /// Of all operations.
    pub selecoes: usize,
}

impl Default for Limites {
    fn default() -> Self {
        let (diretivas, selecoes) = (200, 4_000);
        Self { profundidade: 30, niveis: 90, apelidos: 200, raizes: 50, diretivas, selecoes }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Excesso {
    #[error("o documento tem mais de {0} níveis de campos")]
    Profundidade(usize),
    #[error("o documento tem mais de {0} níveis de campos e fragmentos")]
    Niveis(usize),
    #[error("o documento tem mais de {0} apelidos (aliases)")]
    Apelidos(usize),
    #[error("a operação tem mais de {0} campos na raiz")]
    Raizes(usize),
    #[error("o documento tem mais de {0} diretivas")]
    Diretivas(usize),
    #[error("o documento, com os seus fragmentos, tem mais de {0} campos")]
    Selecoes(usize),
    #[error("um fragmento do documento contém a si mesmo")]
    Ciclo,
}

/// Lets a document through to validation, whose cost grows with its expanded size.
pub fn conferir(documento: &Document, limites: Limites) -> Result<(), Excesso> {
    if diretivas(documento) > limites.diretivas {
        return Err(Excesso::Diretivas(limites.diretivas));
    }
    let fragmentos = medir_fragmentos(documento)?;
    let mut selecoes = 0_usize;
    for definicao in &documento.definitions {
        // Fragments that nothing spreads are validated all the same.
        let (medida, operacao) = match definicao {
            Definition::OperationDefinition(operacao) => {
                (medir(&operacao.selection_set, &fragmentos), true)
            }
            Definition::FragmentDefinition(fragmento) => {
                (medir(&fragmento.selection_set, &fragmentos), false)
            }
            _ => continue,
        };
        if operacao {
            selecoes = selecoes.saturating_add(medida.selecoes);
            if medida.raizes > limites.raizes {
                return Err(Excesso::Raizes(limites.raizes));
            }
        }
        if selecoes.max(medida.selecoes) > limites.selecoes {
            return Err(Excesso::Selecoes(limites.selecoes));
        }
        if medida.profundidade > limites.profundidade {
            return Err(Excesso::Profundidade(limites.profundidade));
        }
        if medida.niveis > limites.niveis {
            return Err(Excesso::Niveis(limites.niveis));
        }
        if medida.apelidos > limites.apelidos {
            return Err(Excesso::Apelidos(limites.apelidos));
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, Default)]
struct Medida {
    selecoes: usize,
    profundidade: usize,
    niveis: usize,
    apelidos: usize,
    raizes: usize,
}

impl Medida {
    fn somar(&mut self, parte: Self) {
        self.selecoes = self.selecoes.saturating_add(parte.selecoes);
        self.apelidos = self.apelidos.saturating_add(parte.apelidos);
        self.raizes = self.raizes.saturating_add(parte.raizes);
        self.profundidade = self.profundidade.max(parte.profundidade);
        self.niveis = self.niveis.max(parte.niveis);
    }
}

fn medir(selecoes: &[Selection], fragmentos: &HashMap<&Name, Medida>) -> Medida {
    let mut total = Medida::default();
    for selecao in selecoes {
        let mut parte = match selecao {
            Selection::Field(campo) => {
                let dentro = medir(&campo.selection_set, fragmentos);
                Medida {
                    profundidade: dentro.profundidade + 1,
                    apelidos: dentro.apelidos.saturating_add(campo.alias.is_some().into()),
                    raizes: 1,
                    ..dentro
                }
            }
            Selection::InlineFragment(trecho) => medir(&trecho.selection_set, fragmentos),
            // An unknown fragment is for validation to tell.
            Selection::FragmentSpread(uso) => {
                fragmentos.get(&uso.fragment_name).copied().unwrap_or_default()
            }
        };
        parte.selecoes = parte.selecoes.saturating_add(1);
        parte.niveis += 1;
        total.somar(parte);
    }
    total
}

/// Each fragment after those that it spreads; what remains unmeasured is a cycle.
fn medir_fragmentos(documento: &Document) -> Result<HashMap<&Name, Medida>, Excesso> {
    let mut fragmentos = HashMap::new();
    for fragmento in documento.definitions.iter().filter_map(Definition::as_fragment_definition) {
        fragmentos.entry(&fragmento.name).or_insert(fragmento);
    }
    let mut faltam = HashMap::<&Name, usize>::new();
    let mut usado_por = HashMap::<&Name, Vec<&Name>>::new();
    for (nome, fragmento) in &fragmentos {
        let mut usos = HashSet::new();
        reunir_usos(&fragmento.selection_set, &mut usos);
        usos.retain(|uso| fragmentos.contains_key(uso));
        faltam.insert(nome, usos.len());
        for uso in usos {
            usado_por.entry(uso).or_default().push(nome);
        }
    }
    let prontos = faltam.iter().filter(|(_, faltam)| **faltam == 0);
    let mut prontos: Vec<&Name> = prontos.map(|(nome, _)| *nome).collect();
    let mut medidas = HashMap::new();
    while let Some(nome) = prontos.pop() {
        if let Some(fragmento) = fragmentos.get(nome) {
            medidas.insert(nome, medir(&fragmento.selection_set, &medidas));
        }
        for usuario in usado_por.remove(nome).unwrap_or_default() {
            if let Some(faltam) = faltam.get_mut(usuario) {
                *faltam -= 1;
                if *faltam == 0 {
                    prontos.push(usuario);
                }
            }
        }
    }
    if medidas.len() < fragmentos.len() { Err(Excesso::Ciclo) } else { Ok(medidas) }
}

fn reunir_usos<'d>(selecoes: &'d [Selection], usos: &mut HashSet<&'d Name>) {
    for selecao in selecoes {
        match selecao {
            Selection::Field(campo) => reunir_usos(&campo.selection_set, usos),
            Selection::InlineFragment(trecho) => reunir_usos(&trecho.selection_set, usos),
            Selection::FragmentSpread(uso) => {
                usos.insert(&uso.fragment_name);
            }
        }
    }
}

fn diretivas(documento: &Document) -> usize {
    let da_definicao = |definicao: &Definition| match definicao {
        Definition::OperationDefinition(operacao) => {
            let nas_variaveis = operacao.variables.iter().map(|v| v.directives.len());
            nas_variaveis.sum::<usize>() + nas_selecoes(&operacao.selection_set)
        }
        Definition::FragmentDefinition(fragmento) => nas_selecoes(&fragmento.selection_set),
        _ => 0,
    };
    let definicoes = documento.definitions.iter();
    return definicoes.map(|d| d.directives().len() + da_definicao(d)).sum();

    fn nas_selecoes(selecoes: &[Selection]) -> usize {
        let na_selecao = |selecao: &Selection| match selecao {
            Selection::Field(campo) => campo.directives.len() + nas_selecoes(&campo.selection_set),
            Selection::InlineFragment(trecho) => {
                trecho.directives.len() + nas_selecoes(&trecho.selection_set)
            }
            Selection::FragmentSpread(uso) => uso.directives.len(),
        };
        selecoes.iter().map(na_selecao).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conferir_texto(texto: &str) -> Result<(), Excesso> {
        conferir(&Document::parse(texto, "").unwrap(), Limites::default())
    }

    #[test]
    fn fragmentos_que_dobram_sao_contados_sem_se_espalhar() {
        let bomba = |niveis: usize| {
            let fragmento = |i| format!("fragment f{i} on Query {{ ...f{n} ...f{n} }} ", n = i + 1);
            let fragmentos: String = (0..niveis).map(fragmento).collect();
            format!("{{ b {{ ...f0 }} }} {fragmentos} fragment f{niveis} on Query {{ a }}")
        };
        assert_eq!(conferir_texto(&bomba(10)), Ok(()));
        assert_eq!(conferir_texto(&bomba(25)), Err(Excesso::Selecoes(4_000)));
        assert_eq!(conferir_texto(&bomba(200)), Err(Excesso::Selecoes(4_000)));
    }

    #[test]
    fn ciclos_sao_ditos_mesmo_que_ninguem_os_use() {
        assert_eq!(conferir_texto("{ ...a } fragment a on Query { ...a }"), Err(Excesso::Ciclo));
        let longe = "{ x } fragment a on Query { ...b } fragment b on Query { y { ...a } }";
        assert_eq!(conferir_texto(longe), Err(Excesso::Ciclo));
        assert_eq!(conferir_texto("{ ...a ...a ...nao } fragment a on Query { x }"), Ok(()));
    }

    #[test]
    fn uma_corrente_longa_de_fragmentos_nao_esgota_a_pilha() {
        let fragmento = |i| format!("fragment f{i} on Q {{ ...f{} }} ", i + 1);
        let fragmentos: String = (0..2400).map(fragmento).collect();
        let corrente = format!("{{ ...f0 }} {fragmentos}");
        assert_eq!(conferir_texto(&corrente), Err(Excesso::Niveis(90)));
    }

    #[test]
    fn cada_limite_vale_no_documento_expandido() {
        let fundo = |n: usize| format!("{}a{}", "{a".repeat(n - 1), "}".repeat(n - 1));
        let fundo = |n: usize| format!("{{ ...f }} fragment f on Query {{ x {} }}", fundo(n));
        assert_eq!(conferir_texto(&fundo(29)), Ok(()));
        assert_eq!(conferir_texto(&fundo(31)), Err(Excesso::Profundidade(30)));
        let raizes = |n: usize| format!("{{ ...f }} fragment f on Query {{ {} }}", "a ".repeat(n));
        assert_eq!(conferir_texto(&raizes(50)), Ok(()));
        assert_eq!(conferir_texto(&raizes(51)), Err(Excesso::Raizes(50)));
        let apelidos = |n: usize| format!("{{ x {{ {} }} }}", "a: b ".repeat(n));
        assert_eq!(conferir_texto(&apelidos(200)), Ok(()));
        assert_eq!(conferir_texto(&apelidos(201)), Err(Excesso::Apelidos(200)));
        let diretivas = |n: usize| format!("query($a: Int @a) @b {{ x {} }}", "@a ".repeat(n));
        assert_eq!(conferir_texto(&diretivas(198)), Ok(()));
        assert_eq!(conferir_texto(&diretivas(199)), Err(Excesso::Diretivas(200)));
    }
}
