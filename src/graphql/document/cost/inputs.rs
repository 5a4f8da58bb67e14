//! What the values of arguments cost: each its field's weight, and what stands within it.

use super::weights::{Parcela, Regras};
use apollo_compiler::Node;
use apollo_compiler::ast::{Value, VariableDefinition};
use async_graphql::{Name, Value as ConstValue, Variables};

/// The variables whose values cost something, each once for every use that it may have.
#[derive(Debug, Clone, Default)]
pub struct Usos(Vec<Uso>);

#[derive(Debug, Clone, PartialEq)]
struct Uso {
    nome: Name,
    parcela: Parcela,
    /// When the request does not give it.
    padrao: f64,
}

/// What the arguments of one field cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entradas {
    escritas: f64,
    /// Among the [`Usos`].
    usos: Vec<usize>,
}

/// What each of the [`Usos`] costs with the variables of a request.
pub struct Pesos(Vec<f64>);

impl Usos {
    pub fn pesos(&self, regras: &Regras, variaveis: &Variables) -> Pesos {
        let peso = |uso: &Uso| match variaveis.get(&uso.nome) {
            Some(valor) => dado(regras, &uso.parcela, valor),
            None => uso.padrao,
        };
        Pesos(self.0.iter().map(peso).collect())
    }

    fn de(&mut self, uso: Uso) -> usize {
        self.0.iter().position(|outro| *outro == uso).unwrap_or_else(|| {
            self.0.push(uso);
            self.0.len() - 1
        })
    }
}

impl Entradas {
    pub fn custo(&self, pesos: &Pesos) -> f64 {
        let variaveis = self.usos.iter().filter_map(|uso| pesos.0.get(*uso));
        self.escritas + variaveis.sum::<f64>()
    }

    /// Adds what a value costs as it is written in a document.
    pub fn somar(
        &mut self,
        usos: &mut Usos,
        regras: &Regras,
        definidas: &[Node<VariableDefinition>],
        parcela: &Parcela,
        valor: &Value,
    ) {
        match valor {
            Value::Null => {}
            Value::Variable(nome) => {
                if parcela.peso == 0.0 && regras.da_entrada(&parcela.tipo).is_none() {
                    return;
                }
                let definida = definidas.iter().find(|definida| definida.name == *nome);
                let padrao = definida.and_then(|definida| definida.default_value.as_ref());
                let padrao = padrao.map_or(0.0, |valor| {
                    let mut padrao = Self::default();
                    padrao.somar(usos, regras, &[], parcela, valor);
                    padrao.escritas
                });
                let nome = Name::new(nome.as_str());
                self.usos.push(usos.de(Uso { nome, parcela: parcela.clone(), padrao }));
            }
            Value::List(itens) => {
                for item in itens {
                    self.somar(usos, regras, definidas, parcela, item);
                }
            }
            Value::Object(campos) => {
                self.escritas += parcela.peso;
                let Some(parcelas) = regras.da_entrada(&parcela.tipo) else { return };
                for (nome, valor) in campos {
                    if let Some(parcela) = parcelas.get(nome) {
                        self.somar(usos, regras, definidas, parcela, valor);
                    }
                }
            }
            _ => self.escritas += parcela.peso,
        }
    }
}

/// What a value costs that came with the request.
fn dado(regras: &Regras, parcela: &Parcela, valor: &ConstValue) -> f64 {
    match valor {
        ConstValue::Null => 0.0,
        ConstValue::List(itens) => itens.iter().map(|item| dado(regras, parcela, item)).sum(),
        ConstValue::Object(campos) => {
            let Some(parcelas) = regras.da_entrada(&parcela.tipo) else { return parcela.peso };
            let dentro = campos.iter().filter_map(|(nome, valor)| {
                Some(dado(regras, parcelas.get(nome.as_str())?, valor))
            });
            parcela.peso + dentro.sum::<f64>()
        }
        _ => parcela.peso,
    }
}
