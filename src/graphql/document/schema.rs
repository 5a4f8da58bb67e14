//! The schema as documents are held against it: read once from its SDL.

use crate::graphql::document::cost::weights::Regras;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Schema};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

#[derive(Debug, thiserror::Error)]
#[error("o esquema não é válido: {0}")]
pub struct EsquemaInvalido(String);

pub struct Esquema {
    pub(crate) valido: Valid<Schema>,
    /// Object types by number, in alphabetical order.
    objetos: Vec<Name>,
    /// What a composite type may be at run time.
    possiveis: HashMap<Name, Conjunto>,
    /// Inputs with `@oneOf`, which apollo-compiler 1 does not know.
    um_de: HashSet<Name>,
    pub(crate) regras: Arc<Regras>,
}

impl Esquema {
    pub fn do_sdl(sdl: &str) -> Result<Self, EsquemaInvalido> {
        const UM_DE: &str = "directive @oneOf on INPUT_OBJECT";
        let texto = match sdl.contains(UM_DE) {
            true => sdl.to_owned(),
            false => format!("{sdl}\n{UM_DE}\n"),
        };
        let valido = Schema::parse_and_validate(texto, "schema.graphql")
            .map_err(|com| EsquemaInvalido(com.errors.to_string()))?;
        let (objetos, possiveis) = possiveis(&valido);
        let e_um_de = |nome: &Name| {
            let entrada = valido.get_input_object(nome);
            entrada.is_some_and(|entrada| entrada.directives.has("oneOf"))
        };
        let um_de = valido.types.keys().filter(|nome| e_um_de(nome)).cloned().collect();
        let regras = Arc::new(Regras::do_esquema(&valido, &objetos, &possiveis));
        Ok(Self { valido, objetos, possiveis, um_de, regras })
    }

    /// Nothing for a type that is not composite.
    pub(crate) fn possiveis(&self, tipo: &str) -> Conjunto {
        self.possiveis.get(tipo).cloned().unwrap_or_default()
    }

    pub(crate) fn objeto(&self, numero: usize) -> Option<&Name> {
        self.objetos.get(numero)
    }

    pub(crate) fn e_um_de(&self, entrada: &str) -> bool {
        self.um_de.contains(entrada)
    }
}

fn possiveis(schema: &Schema) -> (Vec<Name>, HashMap<Name, Conjunto>) {
    let e_objeto = |(nome, tipo): (&Name, &ExtendedType)| tipo.is_object().then(|| nome.clone());
    let mut objetos: Vec<Name> = schema.types.iter().filter_map(e_objeto).collect();
    objetos.sort_unstable();
    let mut possiveis = HashMap::<Name, Conjunto>::new();
    let numeros: BTreeMap<&Name, usize> = objetos.iter().zip(0..).collect();
    for (objeto, &numero) in &numeros {
        possiveis.entry((*objeto).clone()).or_default().incluir(numero);
        for interface in schema.get_object(objeto).iter().flat_map(|o| &o.implements_interfaces) {
            possiveis.entry(interface.name.clone()).or_default().incluir(numero);
        }
    }
    for (nome, tipo) in &schema.types {
        for membro in tipo.as_union().iter().flat_map(|uniao| &uniao.members) {
            if let Some(&numero) = numeros.get(&membro.name) {
                possiveis.entry(nome.clone()).or_default().incluir(numero);
            }
        }
    }
    (objetos, possiveis)
}

/// A set of object types, by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Conjunto(Vec<u64>);

impl Conjunto {
    fn incluir(&mut self, numero: usize) {
        let palavra = numero / 64;
        if self.0.len() <= palavra {
            self.0.resize(palavra + 1, 0);
        }
        self.0[palavra] |= 1 << (numero % 64);
    }

    pub(crate) fn so(numero: usize) -> Self {
        let mut conjunto = Self::default();
        conjunto.incluir(numero);
        conjunto
    }

    pub(crate) fn contem(&self, numero: usize) -> bool {
        self.0.get(numero / 64).is_some_and(|palavra| palavra >> (numero % 64) & 1 == 1)
    }

    /// Equal sets have equal words: none of them ends with an empty one.
    pub(crate) fn e(&self, outro: &Self) -> Self {
        let mut comuns: Vec<u64> = self.0.iter().zip(&outro.0).map(|(a, b)| a & b).collect();
        while comuns.last() == Some(&0) {
            comuns.pop();
        }
        Self(comuns)
    }

    pub(crate) fn ou(&self, outro: &Self) -> Self {
        let (maior, menor) =
            if self.0.len() < outro.0.len() { (outro, self) } else { (self, outro) };
        let mut todos = maior.clone();
        for (palavra, outra) in todos.0.iter_mut().zip(&menor.0) {
            *palavra |= outra;
        }
        todos
    }

    pub(crate) fn vazio(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn disjunto(&self, outro: &Self) -> bool {
        self.0.iter().zip(&outro.0).all(|(a, b)| a & b == 0)
    }

    /// All of `outro` is here.
    pub(crate) fn cobre(&self, outro: &Self) -> bool {
        self.e(outro) == *outro
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.0.len() * 64).filter(|&numero| self.contem(numero))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn le_o_contrato_e_sabe_o_que_cada_tipo_pode_ser() {
        let esquema = Esquema::do_sdl(&crate::graphql::sdl()).unwrap();
        let nomes = |tipo: &str| -> Vec<String> {
            let conjunto = esquema.possiveis(tipo);
            conjunto.iter().map(|n| esquema.objeto(n).unwrap().to_string()).collect()
        };
        assert_eq!(nomes("Processo"), ["ProcessoApuracao", "ProcessoExecucao"]);
        assert_eq!(nomes("Guia"), ["Guia"]);
        assert!(nomes("Int").is_empty());
        assert!(esquema.possiveis("Node").cobre(&esquema.possiveis("Processo")));
        assert!(esquema.e_um_de("EspecieGuiaInput"));
        assert!(!esquema.e_um_de("ProcessoFiltro"));
    }

    #[test]
    fn conjuntos_iguais_sao_iguais_como_quer_que_se_facam() {
        let (a, b) = (Conjunto::so(3), Conjunto::so(130));
        assert_eq!(a.ou(&b), b.ou(&a));
        assert_eq!(a.ou(&b).e(&a), a);
        assert!(a.e(&b).vazio() && a.disjunto(&b));
        assert!(a.ou(&b).cobre(&b) && !b.cobre(&a));
        assert_eq!(a.ou(&b).iter().collect::<Vec<_>>(), [3, 130]);
    }
}
