//! Examples show something: an answer without rows teaches nobody.

use crate::support::App;
use serde_json::Value;
use std::collections::BTreeMap;

/// Runs a GraphQL document, which must answer without an error. A query must show a value for each
/// of its root fields and, for each list in them, a row in one place at least.
pub fn run(app: &App, page: &str, document: &str, variables: &Value) {
    let answer = app.graphql("tjrn", document, variables);
    let answered = answer.status == 200 && answer.body.get("errors").is_none();
    assert!(answered, "{page}: {document}\n{}", answer.text);
    if document.contains("mutation") {
        return;
    }
    let data = answer.body["data"].as_object().unwrap();
    assert!(data.values().all(|field| !field.is_null()), "{page}: {document}\n{}", answer.text);
    let mut lists = BTreeMap::new();
    count_rows(&answer.body["data"], "", &mut lists);
    for (path, rows) in lists {
        assert!(rows > 0, "{page}: no row at {path} of {document}\n{}", answer.text);
    }
}

/// Counts the rows of all lists that are at the same path of fields.
fn count_rows(value: &Value, path: &str, lists: &mut BTreeMap<String, usize>) {
    match value {
        Value::Array(rows) => {
            *lists.entry(path.to_owned()).or_default() += rows.len();
            for row in rows {
                count_rows(row, path, lists);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                count_rows(field, &format!("{path}.{name}"), lists);
            }
        }
        _ => {}
    }
}

/// Asserts that a list in a response of the REST API with the status 200 has a row.
pub fn rows(request: &str, status: u16, body: &Value) {
    let data = &body["dados"];
    let list = data.as_array().or_else(|| data["content"].as_array());
    assert!(status != 200 || list.is_none_or(|rows| !rows.is_empty()), "{request}: {body}");
}
