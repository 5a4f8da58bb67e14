//! Custom scalars written in a document, read before any of it runs.
//!
//! Validation knows nothing of their shape, and a resolver that finds one wrong
//! may come after a mutation that was committed.

use crate::graphql::document::esquema::Esquema;
use crate::graphql::document::normalizar::{Campo, Selecao};
use crate::graphql::document::traduzir::constante;
use apollo_compiler::ast::{Type, Value};
use apollo_compiler::schema::ExtendedType;
use async_graphql::Value as ConstValue;

/// Whether a value is one of this scalar.
pub type Confere = fn(escalar: &str, valor: &ConstValue) -> bool;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("o valor do argumento `{argumento}` não é um `{escalar}`")]
pub struct ValorInvalido {
    pub argumento: String,
    pub escalar: String,
}

pub fn conferir(
    esquema: &Esquema,
    confere: Confere,
    selecoes: &[Selecao],
) -> Result<(), ValorInvalido> {
    selecoes.iter().try_for_each(|selecao| match selecao {
        Selecao::Campo(campo) => no_campo(esquema, confere, campo),
        Selecao::Em(_, campos) => {
            campos.iter().try_for_each(|campo| no_campo(esquema, confere, campo))
        }
    })
}

fn no_campo(esquema: &Esquema, confere: Confere, campo: &Campo) -> Result<(), ValorInvalido> {
    for argumento in &campo.origem.arguments {
        if let Some(definido) = campo.definicao.argument_by_name(&argumento.name)
            && let Err(escalar) = no_valor(esquema, confere, &definido.ty, &argumento.value)
        {
            return Err(ValorInvalido { argumento: argumento.name.to_string(), escalar });
        }
    }
    conferir(esquema, confere, &campo.selecoes)
}

/// Or the scalar of which the value is none.
fn no_valor(esquema: &Esquema, confere: Confere, tipo: &Type, valor: &Value) -> Result<(), String> {
    let nome = tipo.inner_named_type();
    match (esquema.valido.types.get(nome), valor) {
        (_, Value::Null | Value::Variable(_)) => Ok(()),
        (Some(_), Value::List(itens)) if tipo.is_list() => {
            itens.iter().try_for_each(|item| no_valor(esquema, confere, tipo.item_type(), item))
        }
        (Some(ExtendedType::Scalar(escalar)), valor) if !escalar.is_built_in() => {
            // With a variable inside, it is for the resolver to read.
            match constante(valor) {
                Some(valor) if !confere(nome, &valor) => Err(nome.to_string()),
                _ => Ok(()),
            }
        }
        (Some(ExtendedType::InputObject(entrada)), Value::Object(campos)) => {
            campos.iter().try_for_each(|(nome, valor)| match entrada.fields.get(nome) {
                Some(campo) => no_valor(esquema, confere, &campo.ty, valor),
                None => Ok(()),
            })
        }
        _ => Ok(()),
    }
}
