//! The custom scalars of the schema, by name.

use crate::adolescente::Identificador;
use crate::graphql_types::scalars::{Data, Instante};
use crate::processo::NumeroProcesso;
use crate::tramite::Nre;
use crate::value::cpf::Cpf;
use async_graphql::{ScalarType, Value};

/// Whether a value is one of this custom scalar, by its own reader.
pub fn confere(escalar: &str, valor: &Value) -> bool {
    fn le<T: ScalarType>(valor: &Value) -> bool {
        T::parse(valor.clone()).is_ok()
    }
    match escalar {
        "Date" => le::<Data>(valor),
        "DateTime" => le::<Instante>(valor),
        "NumeroProcesso" => le::<NumeroProcesso>(valor),
        "IdentificadorAdolescente" => le::<Identificador>(valor),
        "NRE" => le::<Nre>(valor),
        "CPF" => le::<Cpf>(valor),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn todo_escalar_do_esquema_se_confere() {
        let sdl = crate::graphql::sdl();
        let escalares = sdl.lines().filter_map(|linha| linha.strip_prefix("scalar "));
        let nomes: Vec<_> = escalares.filter_map(|resto| resto.split(' ').next()).collect();
        assert_eq!(nomes.len(), 6);
        for nome in nomes {
            assert!(!confere(nome, &Value::Boolean(true)), "{nome}");
        }
    }
}
