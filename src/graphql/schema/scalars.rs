//! The custom scalars of the schema, by name.

use crate::adolescente::Identificador;
use crate::graphql_types::scalars::{Date, Timestamp};
use crate::processo::NumeroProcesso;
use crate::tramite::Nre;
use crate::value::cpf::Cpf;
use async_graphql::{ScalarType, Value};

/// Whether the reader of this custom scalar accepts the value.
pub fn is_valid(scalar: &str, value: &Value) -> bool {
    fn reads<T: ScalarType>(value: &Value) -> bool {
        T::parse(value.clone()).is_ok()
    }
    match scalar {
        "Date" => reads::<Date>(value),
        "DateTime" => reads::<Timestamp>(value),
        "NumeroProcesso" => reads::<NumeroProcesso>(value),
        "IdentificadorAdolescente" => reads::<Identificador>(value),
        "NRE" => reads::<Nre>(value),
        "CPF" => reads::<Cpf>(value),
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
