//! The custom scalars of the schema, by name.

use crate::adolescente::Identificador;
use crate::graphql_types::scalars::{Date, Timestamp};
use crate::processo::NumeroProcesso;
use crate::tramite::Nre;
use crate::value::cpf::Cpf;
use async_graphql::{ScalarType, Value};

/// Whether the reader of this custom scalar accepts the value.
pub fn is_valid(scalar: &str, value: &Value) -> bool {
    match scalar {
        "Date" => Date::is_valid(value),
        "DateTime" => Timestamp::is_valid(value),
        "NumeroProcesso" => NumeroProcesso::is_valid(value),
        "IdentificadorAdolescente" => Identificador::is_valid(value),
        "NRE" => Nre::is_valid(value),
        "CPF" => Cpf::is_valid(value),
        _ => true,
    }
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
            assert!(!is_valid(name, &Value::Boolean(true)), "{name}");
        }
    }
}
