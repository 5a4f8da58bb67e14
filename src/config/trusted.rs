//! The file of trusted documents, in the shapes that client tools write.

use crate::http::body::counted::{NotRead, check_members};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A document that may run, by the id that clients ask for it with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Confiavel {
    pub id: String,
    #[serde(rename = "body")]
    pub texto: String,
}

/// `rover persisted-queries publish` reads it, Apollo's generators write it.
#[derive(Deserialize)]
struct Manifesto {
    format: String,
    version: u32,
    operations: Vec<Confiavel>,
}

const FORMATO: &str = "apollo-persisted-query-manifest";

/// `{ id: text }`, of GraphQL Code Generator and relay-compiler, or Apollo's manifest.
pub fn ler(json: &[u8]) -> Result<Vec<Confiavel>, String> {
    let valor: Value = serde_json::from_slice(json).map_err(|erro| erro.to_string())?;
    if let Err(NotRead::Repeated(place)) = check_members(json, usize::MAX) {
        return Err(format!("{place}: o membro vem duas vezes no mesmo objeto JSON"));
    }
    if valor.get("operations").is_none_or(Value::is_string) {
        let por_id: BTreeMap<String, String> = serde_json::from_value(valor)
            .map_err(|_| format!("não é {{ id: documento }}, nem um {FORMATO}"))?;
        return Ok(por_id.into_iter().map(|(id, texto)| Confiavel { id, texto }).collect());
    }
    let manifesto: Manifesto = serde_json::from_value(valor).map_err(|erro| erro.to_string())?;
    match (manifesto.format.as_str(), manifesto.version) {
        (FORMATO, 1) => once(manifesto.operations),
        (formato, versao) => Err(format!("{formato} {versao}: só se lê {FORMATO} 1")),
    }
}

/// Two documents have one id, so that nobody can tell which is asked for.
fn once(operations: Vec<Confiavel>) -> Result<Vec<Confiavel>, String> {
    let mut ids = BTreeSet::new();
    match operations.iter().find(|one| !ids.insert(one.id.as_str())) {
        Some(Confiavel { id, .. }) => Err(format!("{id}: dois documentos têm este id")),
        None => Ok(operations),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lidos(json: &str) -> Result<Vec<(String, String)>, String> {
        Ok(ler(json.as_bytes())?.into_iter().map(|um| (um.id, um.texto)).collect())
    }

    #[test]
    fn an_id_that_comes_twice_is_refused() {
        let refused = lidos(r#"{ "a": "{ a }", "a": "{ b }" }"#).unwrap_err();
        assert!(refused.starts_with("a: o membro vem duas vezes"), "{refused}");
        let operation = |body: &str| format!(r#"{{ "id": "x", "body": "{body}" }}"#);
        let refused = lidos(&format!(
            r#"{{ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [{}, {}] }}"#,
            operation("{ a }"),
            operation("{ b }"),
        ));
        assert_eq!(refused, Err("x: dois documentos têm este id".into()));
    }

    #[test]
    fn cada_forma_que_as_ferramentas_escrevem() {
        let par = |id: &str, texto: &str| (id.to_owned(), texto.to_owned());
        assert_eq!(
            lidos(r#"{ "b": "{ b }", "a": "{ a }" }"#),
            Ok(vec![par("a", "{ a }"), par("b", "{ b }")])
        );
        let manifesto = |versao: u32| {
            format!(
                r#"{{ "format": "apollo-persisted-query-manifest", "version": {versao},
                      "operations": [{{ "id": "a", "name": "A", "type": "query", "body": "{{ a }}" }}] }}"#
            )
        };
        assert_eq!(lidos(&manifesto(1)), Ok(vec![par("a", "{ a }")]));
        assert!(lidos(&manifesto(2)).is_err());
        // An id is any text.
        assert_eq!(lidos(r#"{ "operations": "{ a }" }"#), Ok(vec![par("operations", "{ a }")]));
        for ruim in ["", "[]", "1", r#"{ "a": 1 }"#, r#"{ "operations": [] }"#] {
            assert!(lidos(ruim).is_err(), "{ruim}");
        }
    }
}
