//! Reads the file of trusted documents, in the formats that client tools write.

use crate::bounded_json::{NotRead, check_members};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A document that may run, and the id by which clients ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TrustedDocument {
    pub id: String,
    #[serde(rename = "body")]
    pub text: String,
}

/// The manifest that Apollo's generators write and `rover persisted-queries publish` reads.
#[derive(Deserialize)]
struct Manifest {
    format: String,
    version: u32,
    operations: Vec<TrustedDocument>,
}

const FORMAT: &str = "apollo-persisted-query-manifest";

/// Reads `{ id: document }`, as GraphQL Code Generator and relay-compiler write it, or Apollo's
/// manifest.
pub fn load(json: &[u8]) -> Result<Vec<TrustedDocument>, String> {
    let value: Value = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    if let Err(NotRead::Repeated(place)) = check_members(json, usize::MAX) {
        return Err(format!("{place}: o membro vem duas vezes no mesmo objeto JSON"));
    }
    if value.get("operations").is_none_or(Value::is_string) {
        let by_id: BTreeMap<String, String> = serde_json::from_value(value)
            .map_err(|_| format!("não é {{ id: documento }}, nem um {FORMAT}"))?;
        return Ok(by_id.into_iter().map(|(id, text)| TrustedDocument { id, text }).collect());
    }
    let manifest: Manifest = serde_json::from_value(value).map_err(|error| error.to_string())?;
    match (manifest.format.as_str(), manifest.version) {
        (FORMAT, 1) => with_unique_ids(manifest.operations),
        (format, version) => Err(format!("{format} {version}: só se lê {FORMAT} 1")),
    }
}

/// Refuses two documents with the same id, because a request for the id would be ambiguous.
fn with_unique_ids(operations: Vec<TrustedDocument>) -> Result<Vec<TrustedDocument>, String> {
    let mut ids = BTreeSet::new();
    match operations.iter().find(|document| !ids.insert(document.id.as_str())) {
        Some(TrustedDocument { id, .. }) => Err(format!("{id}: dois documentos têm este id")),
        None => Ok(operations),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_pairs(json: &str) -> Result<Vec<(String, String)>, String> {
        Ok(load(json.as_bytes())?
            .into_iter()
            .map(|document| (document.id, document.text))
            .collect())
    }

    #[test]
    fn an_id_that_comes_twice_is_refused() {
        let refused = load_pairs(r#"{ "a": "{ a }", "a": "{ b }" }"#).unwrap_err();
        assert!(refused.starts_with("a: o membro vem duas vezes"), "{refused}");
        let operation = |body: &str| format!(r#"{{ "id": "x", "body": "{body}" }}"#);
        let refused = load_pairs(&format!(
            r#"{{ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [{}, {}] }}"#,
            operation("{ a }"),
            operation("{ b }"),
        ));
        assert_eq!(refused, Err("x: dois documentos têm este id".into()));
    }

    #[test]
    fn every_form_that_tools_write_is_read() {
        let pair = |id: &str, text: &str| (id.to_owned(), text.to_owned());
        assert_eq!(
            load_pairs(r#"{ "b": "{ b }", "a": "{ a }" }"#),
            Ok(vec![pair("a", "{ a }"), pair("b", "{ b }")])
        );
        let manifest = |version: u32| {
            format!(
                r#"{{ "format": "apollo-persisted-query-manifest", "version": {version},
                      "operations": [{{ "id": "a", "name": "A", "type": "query", "body": "{{ a }}" }}] }}"#
            )
        };
        assert_eq!(load_pairs(&manifest(1)), Ok(vec![pair("a", "{ a }")]));
        assert!(load_pairs(&manifest(2)).is_err());
        // An id may be any text.
        assert_eq!(
            load_pairs(r#"{ "operations": "{ a }" }"#),
            Ok(vec![pair("operations", "{ a }")])
        );
        for bad in ["", "[]", "1", r#"{ "a": 1 }"#, r#"{ "operations": [] }"#] {
            assert!(load_pairs(bad).is_err(), "{bad}");
        }
    }
}
