//! `@cost` and `@listSize` of the schema, read once (IBM GraphQL Cost Directives).

use crate::graphql::document::schema::Conjunto;
use apollo_compiler::ast::{DirectiveList, FieldDefinition, InputValueDefinition, Value};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node, Schema};
use std::collections::HashMap;

/// What one field costs.
#[derive(Debug, Clone, Default)]
pub struct Regra {
    /// In place of the default weight.
    pub peso: Option<f64>,
    pub lista: Option<Lista>,
    /// The arguments that may cost something.
    pub argumentos: HashMap<Name, Parcela>,
}

/// What each value costs that an argument, or a field of an input, is given.
#[derive(Debug, Clone, PartialEq)]
pub struct Parcela {
    pub peso: f64,
    /// The type of the value, without its lists: an input has parcelas of its own.
    pub tipo: Name,
}

impl Parcela {
    fn de(definida: &InputValueDefinition) -> Self {
        let peso = definida.directives.get("cost").and_then(|diretiva| peso(diretiva));
        Self { peso: peso.unwrap_or(0.0), tipo: definida.ty.inner_named_type().clone() }
    }
}

/// Without a slicing argument the assumed size counts: `requireOneSlicingArgument` refuses nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lista {
    pub suposto: Option<u32>,
    /// The arguments that slice, each with its default.
    pub fatias: Vec<(Name, Option<i64>)>,
    pub dimensionados: Vec<Name>,
}

#[derive(Debug, Default)]
pub struct Regras {
    campos: HashMap<Name, HashMap<Name, Regra>>,
    tipos: HashMap<Name, f64>,
    /// Of each input, its fields.
    entradas: HashMap<Name, HashMap<Name, Parcela>>,
}

impl Regras {
    /// An interface's field has the interface's rule, and at least the weight and
    /// size of each of its implementations.
    pub(crate) fn do_esquema(
        schema: &Schema,
        objetos: &[Name],
        possiveis: &HashMap<Name, Conjunto>,
    ) -> Self {
        let mut campos = HashMap::<Name, HashMap<Name, Regra>>::new();
        let (mut tipos, mut entradas) = (HashMap::new(), HashMap::new());
        for (nome, tipo) in &schema.types {
            if let ExtendedType::InputObject(entrada) = tipo {
                let parcelas = entrada.fields.iter();
                let parcelas = parcelas.map(|(nome, campo)| (nome.clone(), Parcela::de(campo)));
                entradas.insert(nome.clone(), parcelas.collect());
            }
            let definidos = match tipo {
                ExtendedType::Object(objeto) => &objeto.fields,
                ExtendedType::Interface(interface) => &interface.fields,
                _ => continue,
            };
            if let Some(peso) = tipo.directives().get("cost").and_then(|d| peso(d)) {
                tipos.insert(nome.clone(), peso);
            }
            let regras = definidos.iter().map(|(nome, campo)| (nome.clone(), Regra::de(campo)));
            campos.insert(nome.clone(), regras.collect());
        }
        for nome in schema.types.iter().filter(|(_, t)| t.is_interface()).map(|(nome, _)| nome) {
            let Some(mut desta) = campos.remove(nome) else { continue };
            for (campo, regra) in &mut desta {
                let numeros = possiveis.get(nome).into_iter().flat_map(Conjunto::iter);
                let implementam = numeros.filter_map(|numero| objetos.get(numero));
                let suas = implementam.filter_map(|objeto| campos.get(objeto)?.get(campo));
                suas.for_each(|sua| regra.ao_menos(sua));
            }
            campos.insert(nome.clone(), desta);
        }
        Self { campos, tipos, entradas }
    }

    pub fn do_campo(&self, tipo: &str, campo: &str) -> Option<&Regra> {
        self.campos.get(tipo)?.get(campo)
    }

    /// None of a scalar or an enum.
    pub fn da_entrada(&self, tipo: &str) -> Option<&HashMap<Name, Parcela>> {
        self.entradas.get(tipo)
    }

    pub fn do_tipo(&self, tipo: &str) -> Option<f64> {
        self.tipos.get(tipo).copied()
    }
}

impl Regra {
    fn de(campo: &FieldDefinition) -> Self {
        let peso = campo.directives.get("cost").and_then(|diretiva| peso(diretiva));
        let argumentos = campo.arguments.iter();
        let argumentos = argumentos.map(|um| (um.name.clone(), Parcela::de(um))).collect();
        Self { peso, lista: Lista::de(&campo.directives, campo), argumentos }
    }

    fn ao_menos(&mut self, outra: &Self) {
        self.peso = match (self.peso, outra.peso) {
            (Some(um), Some(outro)) => Some(um.max(outro)),
            (um, outro) => um.or(outro),
        };
        match (&mut self.lista, &outra.lista) {
            (Some(lista), Some(outra)) => lista.suposto = lista.suposto.max(outra.suposto),
            (lista @ None, outra) => lista.clone_from(outra),
            (Some(_), None) => {}
        }
    }
}

impl Lista {
    fn de(diretivas: &DirectiveList, campo: &FieldDefinition) -> Option<Self> {
        let diretiva = diretivas.get("listSize")?;
        let valor = |nome: &str| diretiva.specified_argument_by_name(nome);
        let nomes = |nome: &str| -> Vec<Name> {
            let itens = valor(nome).and_then(|valor| valor.as_list()).unwrap_or_default();
            let nome = |item: &Node<Value>| item.as_str().and_then(|texto| Name::new(texto).ok());
            itens.iter().filter_map(nome).collect()
        };
        let padrao = |nome: &Name| {
            let valor = campo.argument_by_name(nome)?.default_value.as_ref()?;
            valor.to_i32().map(i64::from)
        };
        let fatias = nomes("slicingArguments");
        Some(Self {
            suposto: valor("assumedSize")
                .and_then(|valor| valor.to_i32())
                .and_then(|n| u32::try_from(n).ok()),
            fatias: fatias.into_iter().map(|nome| (nome.clone(), padrao(&nome))).collect(),
            dimensionados: nomes("sizedFields"),
        })
    }
}

fn peso(diretiva: &apollo_compiler::ast::Directive) -> Option<f64> {
    diretiva.specified_argument_by_name("weight")?.as_str()?.parse().ok()
}
