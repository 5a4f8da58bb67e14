//! Every route of the façade, about B: what it takes is read from its contract.

use super::Request;
use super::values::Values;
use crate::isolation::report::Kind;
use crate::isolation::world::Side;
use actix_web::http::Method;
use anyhow::Context;
use serde_json::{Map, Value, json};

const BOUNDARY: &str = "isolamento";
/// How many ways of asking one route are tried.
const WAYS: usize = 40;
/// How deep a body is made.
const DEPTH: usize = 6;

pub fn requests(contract: &str, b: &Side) -> anyhow::Result<Vec<Request>> {
    let contract: Value = serde_json::from_str(contract)?;
    let maker = Maker { contract: &contract, values: Values(b) };
    let paths = contract["paths"].as_object().context("o contrato não tem rotas")?;
    let mut requests = Vec::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else { continue };
            if operation.get("operationId").is_some() {
                requests.extend(maker.route(path, &method, operation));
            }
        }
    }
    Ok(requests)
}

struct Maker<'a> {
    contract: &'a Value,
    values: Values<'a>,
}

impl Maker<'_> {
    fn route(&self, path: &str, method: &Method, operation: &Value) -> Vec<Request> {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let (mut paths, mut queries, mut musts) = (vec![path.to_owned()], Vec::new(), Vec::new());
        for parameter in parameters {
            let Some(name) = parameter["name"].as_str() else { continue };
            let mut values = self.values.text(name, path);
            if values.is_empty() {
                values = self.word(&parameter["schema"], name).into_iter().collect();
            }
            match parameter["in"].as_str() {
                Some("path") => {
                    let filled = |path: &String| -> Vec<String> {
                        let hole = format!("{{{name}}}");
                        values.iter().map(|value| path.replace(&hole, &encode(value))).collect()
                    };
                    paths = paths.iter().flat_map(filled).collect();
                }
                Some("query") if name != "simular" => {
                    let pair = |value: &String| format!("{name}={}", encode(value));
                    match parameter["required"] == true {
                        true => musts.extend(values.first().map(pair)),
                        false => queries.extend(values.iter().map(pair)),
                    }
                }
                _ => {}
            }
        }
        let asked = |query: Option<&String>| {
            let all: Vec<_> = musts.iter().chain(query).map(String::as_str).collect();
            if all.is_empty() { String::new() } else { format!("?{}", all.join("&")) }
        };
        let mut tails = vec![asked(None)];
        tails.extend(queries.iter().map(|query| asked(Some(query))));
        let (media, bodies) = self.bodies(operation);
        let mut requests = Vec::new();
        for path in &paths {
            for tail in &tails {
                for body in &bodies {
                    requests.push(Request {
                        kind: Kind::Rest,
                        operation: operation["operationId"].as_str().unwrap_or_default().to_owned(),
                        method: method.clone(),
                        path: format!("{path}{tail}"),
                        media,
                        body: body.clone(),
                    });
                }
            }
        }
        requests.truncate(WAYS);
        requests
    }

    fn bodies(&self, operation: &Value) -> (&'static str, Vec<String>) {
        let content = &operation["requestBody"]["content"];
        if let Some(json) = content.get("application/json") {
            let of = |all| self.value(&json["schema"], "", "", all, DEPTH).to_string();
            return ("application/json", vec![of(true), of(false)]);
        }
        if content.get("multipart/form-data").is_some() {
            return ("multipart/form-data; boundary=isolamento", vec![self.form()]);
        }
        ("", vec![String::new()])
    }

    /// A file for a componente of B.
    fn form(&self) -> String {
        let text = |name: &str, value: &str| {
            format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
        };
        let first = |name: &str| self.values.text(name, "").into_iter().next().unwrap_or_default();
        format!(
            "{}{}--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"conteudo\"; filename=\"x\"\r\n\
             Content-Type: application/octet-stream\r\n\r\nx\r\n--{BOUNDARY}--\r\n",
            text("hashDoComponenteDigital", &first("hashDoComponenteDigital")),
            text("protocolo", &first("protocolo")),
        )
    }

    /// What such a thing may be; with all that it may have, or only what it must.
    fn value(&self, schema: &Value, name: &str, within: &str, all: bool, depth: usize) -> Value {
        let schema = self.resolved(schema);
        if let Some(kinds) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
            let mut real = kinds.iter().filter(|kind| kind["type"] != "null");
            let first = real.clone().next();
            // A number or a text: only the text can name something of B.
            let names = !self.values.text(name, within).is_empty();
            let text = real.find(|kind| names && self.resolved(kind)["type"] == "string");
            return text
                .or(first)
                .map_or(Value::Null, |kind| self.value(kind, name, within, all, depth));
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in parts {
                if let Value::Object(part) = self.value(part, name, within, all, depth) {
                    whole.extend(part);
                }
            }
            return whole.into();
        }
        let ty = schema["type"].as_array().map_or(&schema["type"], |types| {
            types.iter().find(|ty| *ty != "null").unwrap_or(&Value::Null)
        });
        match ty.as_str() {
            Some("object") | None if schema["properties"].is_object() => {
                let within = format!("{within}.{name}");
                let must = |field: &str| {
                    schema["required"]
                        .as_array()
                        .is_some_and(|must| must.iter().any(|one| one == field))
                };
                let fields = schema["properties"].as_object().into_iter().flatten();
                let fields = fields.filter(|(field, _)| depth > 0 && (all || must(field)));
                let made = fields.map(|(field, of)| {
                    (field.clone(), self.value(of, field, &within, all, depth - 1))
                });
                Value::Object(made.collect())
            }
            Some("object") => json!({}),
            Some("array") => json!([self.value(&schema["items"], name, within, all, depth)]),
            Some("integer" | "number") => json!(1),
            Some("boolean") => json!(true),
            _ => {
                let named = self.values.text(name, within).into_iter().next();
                named.or_else(|| self.word(schema, name)).map_or(Value::Null, Value::String)
            }
        }
    }

    /// A text that names nothing: one of its words, its example, or a date.
    fn word(&self, schema: &Value, name: &str) -> Option<String> {
        let schema = self.resolved(schema);
        let given =
            [&schema["enum"][0], &schema["example"], &schema["examples"][0], &schema["default"]];
        let given = given.into_iter().find_map(Value::as_str).map(str::to_owned);
        given.or_else(|| match name {
            "situacao" => Some("ARQUIVADO".into()),
            "page" => None,
            "size" => Some("2".into()),
            _ if name.to_lowercase().starts_with("data") => Some("01/02/2020".into()),
            _ => Some("elos".into()),
        })
    }

    fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let pointer = schema["$ref"].as_str().and_then(|at| at.strip_prefix('#'));
        pointer.and_then(|at| self.contract.pointer(at)).unwrap_or(schema)
    }
}

/// A text, as a part of a path or of a query says it.
fn encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
