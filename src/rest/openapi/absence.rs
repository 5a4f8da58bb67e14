//! Adjusts the schemas to what a missing value means in this API.
//!
//! The structs use `Option`, which utoipa writes as "or null". In an answer, a field without a
//! value is left out and is never null. In a body, null and blank texts count as absent, except
//! that null erases the field in a change.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const SCHEMAS: &str = "#/components/schemas/";
/// The schema whose only values are null and blank texts.
const BLANK: &str = "EmBranco";

pub fn describe(document: &mut Value) {
    let before = document["components"]["schemas"].clone();
    let mut in_bodies = BTreeSet::new();
    for operation in operations(&mut document["paths"]) {
        if let Some(body) = operation.get("requestBody") {
            collect_refs(&before, body, &mut in_bodies);
        }
        if let Some(params) = operation.get_mut("parameters") {
            rewrite(params, &|_, without_null| without_null);
            params.as_array_mut().into_iter().flatten().for_each(allow_empty);
        }
    }
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    for (name, schema) in schemas {
        match name.as_str() {
            BLANK => {}
            name if in_bodies.contains(name) => {
                rewrite(schema, &|original, without_null| {
                    or_blank(original, without_null, &before)
                });
            }
            _ => rewrite(schema, &|_, without_null| without_null),
        }
    }
}

fn operations(paths: &mut Value) -> impl Iterator<Item = &mut Value> {
    let items = paths.as_object_mut().into_iter().flat_map(Map::values_mut);
    items.flat_map(|item| item.as_object_mut().into_iter().flat_map(Map::values_mut))
}

/// Allows an empty value for an optional query parameter.
fn allow_empty(parameter: &mut Value) {
    if parameter["in"] == "query" && parameter["required"] == false {
        parameter["allowEmptyValue"] = true.into();
    }
}

/// Collects the names of the schemas that `value` refers to, directly or through other schemas.
fn collect_refs(schemas: &Value, value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_refs(schemas, item, names)),
        Value::Object(fields) => {
            for (field, value) in fields {
                let name = value.as_str().filter(|_| field == "$ref");
                match name.and_then(|name| name.strip_prefix(SCHEMAS)) {
                    Some(name) if names.insert(name.to_owned()) => {
                        collect_refs(schemas, &schemas[name], names);
                    }
                    _ => collect_refs(schemas, value, names),
                }
            }
        }
        _ => {}
    }
}

/// Replaces every schema that allows null, at any depth. `adjust` gets the schema as it is and the
/// same schema without null.
fn rewrite(value: &mut Value, adjust: &dyn Fn(Value, Value) -> Value) {
    if let Some(without_null) = without_null(value) {
        *value = adjust(value.take(), without_null);
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, adjust)),
        Value::Object(fields) => fields.values_mut().for_each(|field| rewrite(field, adjust)),
        _ => {}
    }
}

/// The schema without null, or `None` if it does not allow null. Handles the two forms in which
/// utoipa writes such a schema.
fn without_null(schema: &Value) -> Option<Value> {
    let fields = schema.as_object()?;
    let null = json!({ "type": "null" });
    if let Some([ty, _]) = fields.get("type").and_then(Value::as_array).map(Vec::as_slice) {
        let mut fields = fields.clone();
        fields.insert("type".into(), ty.clone());
        return Some(fields.into());
    }
    let [other, last] = fields.get("oneOf")?.as_array()?.as_slice() else { return None };
    let mut merged = other.as_object().filter(|_| *last == null)?.clone();
    let others = fields.iter().filter(|(field, _)| *field != "oneOf");
    merged.extend(others.map(|(field, value)| (field.clone(), value.clone())));
    Some(merged.into())
}

/// Allows blank where the schema refers to a text, and leaves other schemas as they are.
fn or_blank(original: Value, mut without_null: Value, schemas: &Value) -> Value {
    let name = without_null["$ref"].as_str().and_then(|name| name.strip_prefix(SCHEMAS));
    if name.is_none_or(|name| schemas[name]["type"] != "string") {
        return original;
    }
    let description = without_null.as_object_mut().and_then(|fields| fields.remove("description"));
    let mut field = json!({ "anyOf": [without_null, { "$ref": format!("{SCHEMAS}{BLANK}") }] });
    if let Some(description) = description {
        field["description"] = description;
    }
    field
}
