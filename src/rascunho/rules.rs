//! Rules on rascunhos. They are pure functions: the facts that they need are arguments.

use super::RegistrarRascunho;
use crate::error::{CodigoErro, Refusal};
use crate::value::field::{check_name, required};
use serde_json::{Map, Value};

const MAX_APP_NAME_LEN: usize = 100;
const MAX_DADOS: usize = 100_000;

/// R8: the registration names the system that keeps the draft. The draft is one JSON object, whose
/// contents are not checked.
pub fn r8_registro(command: &RegistrarRascunho) -> Vec<Refusal> {
    let app_name = command.app_name_sistema_tribunal.as_ref();
    [
        required(app_name, "R8").map(|r| r.at(["appNameSistemaTribunal"])),
        check_name(app_name.map(String::as_str), MAX_APP_NAME_LEN)
            .map(|r| r.at(["appNameSistemaTribunal"])),
        required(command.dados.as_ref(), "R8").map(|r| r.at(["dados"])),
        command.dados.as_deref().and_then(json_object),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn json_object(dados: &str) -> Option<Refusal> {
    let message = if dados.len() > MAX_DADOS {
        format!("os dados têm mais de {MAX_DADOS} bytes")
    } else if dados.contains('\0') || serde_json::from_str::<Map<String, Value>>(dados).is_err() {
        "os dados não são um objeto JSON".to_owned()
    } else {
        return None;
    };
    Some(Refusal::new(CodigoErro::CampoInvalido, "R8", message).at(["dados"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r8_os_dados_sao_um_objeto() {
        let refusals = |dados: &str| {
            let app_name_sistema_tribunal = Some("pje".into());
            let dados = Some(dados.into());
            r8_registro(&RegistrarRascunho { app_name_sistema_tribunal, dados, malformed: vec![] })
        };
        assert_eq!(refusals("{}"), []);
        assert_eq!(refusals(r#"{"a": [1, {"b": null}]}"#), []);
        for dados in
            ["", "[]", "1", "{", "{} {}", &format!("{{\"a\":\"{}\"}}", "x".repeat(100_000))]
        {
            assert_eq!(refusals(dados).len(), 1, "{}", &dados[..dados.len().min(20)]);
        }
        let empty = r8_registro(&RegistrarRascunho::default());
        assert_eq!(empty.len(), 2, "{empty:?}");
    }
}
