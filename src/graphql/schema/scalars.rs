//! The custom scalars of the schema, by name.

use crate::adolescente::Identificador;
use crate::graphql_types::scalars::{Date, Timestamp};
use crate::processo::NumeroProcesso;
use crate::tramite::Nre;
use crate::value::characters::{self, UnexpectedCharacter};
use crate::value::cpf::Cpf;
use async_graphql::{InputType, Pos, ScalarType, Value};

/// Why the reader of this custom scalar refuses the value, in its own sentence, which also names
/// the first character that is not printable ASCII. `None` if the reader accepts the value, or if
/// the schema has no custom scalar of this name.
pub fn defect(scalar: &str, value: &Value) -> Option<String> {
    match scalar {
        "Date" => refusal::<Date>(value),
        "DateTime" => refusal::<Timestamp>(value),
        "NumeroProcesso" => refusal::<NumeroProcesso>(value),
        "IdentificadorAdolescente" => refusal::<Identificador>(value),
        "NRE" => refusal::<Nre>(value),
        "CPF" => refusal::<Cpf>(value),
        _ => None,
    }
}

fn refusal<T: ScalarType + InputType>(value: &Value) -> Option<String> {
    let error = <T as ScalarType>::parse(value.clone()).err()?;
    let message = error.into_server_error(Pos::default()).message;
    // async-graphql puts the name of the scalar before the sentence.
    let sentence = message.split_once("\": ").map_or(message.as_str(), |(_, sentence)| sentence);
    let foreign = match value {
        Value::String(text) => characters::foreign_to_ascii(text),
        _ => UnexpectedCharacter(None),
    };
    Some(format!("{sentence}{foreign}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scalar_of_the_schema_is_checked() {
        let sdl = crate::graphql::sdl();
        let scalars = sdl.lines().filter_map(|line| line.strip_prefix("scalar "));
        let names: Vec<_> = scalars.filter_map(|rest| rest.split(' ').next()).collect();
        assert_eq!(names.len(), 6);
        for name in names {
            assert_eq!(
                defect(name, &Value::Boolean(true)).as_deref(),
                Some("esperava um texto"),
                "{name}"
            );
        }
    }
}
