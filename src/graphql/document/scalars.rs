//! Custom scalars written in a document, read before any of it runs.
//!
//! Validation knows nothing of their shape, and a resolver that finds one wrong
//! may come after a mutation that was committed.

use crate::graphql::document::convert::constante;
use crate::graphql::document::normalize::{Campo, Selecao};
use crate::graphql::document::schema::Esquema;
use crate::value::characters::{self, Foreign};
use apollo_compiler::ast::{Type, Value};
use apollo_compiler::schema::ExtendedType;
use async_graphql::Value as ConstValue;

/// Whether a value is one of this scalar.
pub type Confere = fn(escalar: &str, valor: &ConstValue) -> bool;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("o valor do argumento `{argumento}` não é um `{escalar}`{estranho}")]
pub struct ValorInvalido {
    pub argumento: String,
    pub escalar: String,
    /// A character that no scalar has.
    pub estranho: Foreign,
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
            && let Err((escalar, estranho)) =
                no_valor(esquema, confere, &definido.ty, &argumento.value)
        {
            let argumento = argumento.name.to_string();
            return Err(ValorInvalido { argumento, escalar, estranho });
        }
    }
    conferir(esquema, confere, &campo.selecoes)
}

/// The first character of a value that no custom scalar has, all of which are written in ASCII.
pub fn estranho(valor: &ConstValue) -> Foreign {
    match valor {
        ConstValue::String(texto) => characters::foreign_to_ascii(texto),
        _ => Foreign(None),
    }
}

/// Or the scalar of which the value is none.
fn no_valor(
    esquema: &Esquema,
    confere: Confere,
    tipo: &Type,
    valor: &Value,
) -> Result<(), (String, Foreign)> {
    let nome = tipo.inner_named_type();
    match (esquema.valido.types.get(nome), valor) {
        (_, Value::Null | Value::Variable(_)) => Ok(()),
        (Some(_), Value::List(itens)) if tipo.is_list() => {
            itens.iter().try_for_each(|item| no_valor(esquema, confere, tipo.item_type(), item))
        }
        (Some(ExtendedType::Scalar(escalar)), valor) if !escalar.is_built_in() => {
            // With a variable inside, it is for the resolver to read.
            match constante(valor) {
                Some(valor) if !confere(nome, &valor) => Err((nome.to_string(), estranho(&valor))),
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
