//! The rules on rascunhos. Pure: what they need is an argument.

use super::RegistrarRascunho;
use crate::error::{CodigoErro, Recusa};
use crate::value::field::{nome, obrigatorio};
use serde_json::{Map, Value};

const APP_NAME_MAXIMO: usize = 100;
const DADOS_MAXIMO: usize = 100_000;

/// R8: who keeps the draft, and the draft: one JSON object, which is not looked into.
pub fn r8_registro(comando: &RegistrarRascunho) -> Vec<Recusa> {
    let app_name = comando.app_name_sistema_tribunal.as_ref();
    [
        obrigatorio(app_name, "R8").map(|r| r.em(["appNameSistemaTribunal"])),
        nome(app_name.map(String::as_str), APP_NAME_MAXIMO)
            .map(|r| r.em(["appNameSistemaTribunal"])),
        obrigatorio(comando.dados.as_ref(), "R8").map(|r| r.em(["dados"])),
        comando.dados.as_deref().and_then(objeto_json),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn objeto_json(dados: &str) -> Option<Recusa> {
    let mensagem = if dados.len() > DADOS_MAXIMO {
        format!("os dados têm mais de {DADOS_MAXIMO} bytes")
    } else if dados.contains('\0') || serde_json::from_str::<Map<String, Value>>(dados).is_err() {
        "os dados não são um objeto JSON".to_owned()
    } else {
        return None;
    };
    Some(Recusa::nova(CodigoErro::CampoInvalido, "R8", mensagem).em(["dados"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r8_os_dados_sao_um_objeto() {
        let com = |dados: &str| {
            let app_name_sistema_tribunal = Some("pje".into());
            let dados = Some(dados.into());
            r8_registro(&RegistrarRascunho {
                app_name_sistema_tribunal,
                dados,
                malformados: vec![],
            })
        };
        assert_eq!(com("{}"), []);
        assert_eq!(com(r#"{"a": [1, {"b": null}]}"#), []);
        for dados in
            ["", "[]", "1", "{", "{} {}", &format!("{{\"a\":\"{}\"}}", "x".repeat(100_000))]
        {
            assert_eq!(com(dados).len(), 1, "{}", &dados[..dados.len().min(20)]);
        }
        let vazio = r8_registro(&RegistrarRascunho::default());
        assert_eq!(vazio.len(), 2, "{vazio:?}");
    }
}
