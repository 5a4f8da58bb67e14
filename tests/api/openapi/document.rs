//! Questions to the OpenAPI document: a body with every field, and the faults of a response.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

pub struct OpenApiDocument(pub Value);

impl OpenApiDocument {
    pub fn new() -> Self {
        Self(serde_json::from_str(&elos::rest::openapi::render()).unwrap())
    }

    /// Returns the path, the method and the operation of each entry.
    pub fn operations(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        let paths = self.0["paths"].as_object().unwrap();
        paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
    }

    /// Returns a value with every documented field, made from the examples.
    pub fn example(&self, schema: &Value) -> Value {
        let schema = self.resolved(schema);
        let (fields, _) = self.fields(schema);
        if !fields.is_empty() {
            let example = |(name, field)| (name, self.example(&field));
            return fields.into_iter().map(example).collect();
        }
        if let Some(example) = schema["examples"].get(0) {
            return example.clone();
        }
        match alternatives(schema).iter().find(|schema| schema["type"] != "null") {
            Some(schema) => self.example(schema),
            None if types(schema).contains(&"array") => json!([self.example(&schema["items"])]),
            None if types(schema).contains(&"object") => json!({ "qualquer": 1 }),
            None => panic!("no example in {schema}"),
        }
    }

    /// Returns the differences between a value and its schema: undocumented or missing fields,
    /// another type, a word outside the list.
    pub fn faults(&self, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let schema = self.resolved(schema);
        let alternatives = alternatives(schema);
        if !alternatives.is_empty() {
            let faults = alternatives.iter().map(|schema| self.faults(schema, value, at));
            return faults.min_by_key(Vec::len).unwrap();
        }
        let (fields, required) = self.fields(schema);
        let mut faults = Vec::new();
        match value {
            Value::Object(members) if !fields.is_empty() => {
                let absent = required.iter().filter(|name| !members.contains_key(*name));
                faults.extend(absent.map(|name| format!("{at}.{name}: missing")));
                for (name, value) in members {
                    let at = format!("{at}.{name}");
                    match fields.get(name) {
                        Some(field) => faults.extend(self.faults(field, value, &at)),
                        None => faults.push(format!("{at}: undocumented")),
                    }
                }
            }
            Value::Array(items) if types(schema).contains(&"array") => {
                for item in items {
                    faults.extend(self.faults(&schema["items"], item, &format!("{at}[]")));
                }
            }
            // A value that the server stores and returns unchanged.
            _ if types(schema).is_empty() => {}
            // An integer is a number too.
            _ if kind(value) == "integer" && types(schema).contains(&"number") => {}
            _ if !types(schema).contains(&kind(value)) => {
                faults.push(format!("{at}: {} is not {}", kind(value), schema["type"]));
            }
            _ if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) => {
                faults.push(format!("{at}: {value} is not of the list"));
            }
            _ => {}
        }
        faults
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(name) => {
                self.0.pointer(name.trim_start_matches('#')).expect("a component of that name")
            }
            None => schema,
        }
    }

    /// Returns the fields of an object and the required ones, including those of the schemas that
    /// it combines.
    fn fields(&self, schema: &Value) -> (Map<String, Value>, BTreeSet<String>) {
        let schema = self.resolved(schema);
        let mut fields = schema["properties"].as_object().cloned().unwrap_or_default();
        let required = schema["required"].as_array().into_iter().flatten();
        let mut required: BTreeSet<_> =
            required.map(|name| name.as_str().unwrap().to_owned()).collect();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            let (extra, theirs) = self.fields(part);
            fields.extend(extra);
            required.extend(theirs);
        }
        (fields, required)
    }
}

fn alternatives(schema: &Value) -> &[Value] {
    let alternatives = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
    alternatives.map_or(&[], Vec::as_slice)
}

fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(kind) => vec![kind],
        types => types.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
