//! Builds requests for every route of the REST and Tramita APIs from the OpenAPI document. The
//! parameters and bodies name rows of B.

use super::Request;
use super::values::Values;
use crate::isolation::report::Kind;
use crate::isolation::test_rows::TribunalRows;
use crate::value::percent;
use actix_web::http::Method;
use anyhow::Context;
use serde_json::{Map, Value, json};

const BOUNDARY: &str = "isolamento";
/// Largest number of requests for one route.
const MAX_REQUESTS: usize = 40;
/// Number of levels of nested objects in a body. Objects further down are empty.
const DEPTH: usize = 6;

pub fn requests(contract: &str, b: &TribunalRows) -> anyhow::Result<Vec<Request>> {
    let contract: Value = serde_json::from_str(contract)?;
    let maker = RequestMaker { contract: &contract, values: Values(b) };
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

struct RequestMaker<'a> {
    contract: &'a Value,
    values: Values<'a>,
}

impl RequestMaker<'_> {
    fn route(&self, path: &str, method: &Method, operation: &Value) -> Vec<Request> {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let (mut paths, mut queries, mut required) =
            (vec![path.to_owned()], Vec::new(), Vec::new());
        for parameter in parameters {
            let Some(name) = parameter["name"].as_str() else { continue };
            let mut values = self.values.text(name, path);
            if values.is_empty() {
                values = self.word(&parameter["schema"], name).into_iter().collect();
            }
            match parameter["in"].as_str() {
                Some("path") => {
                    let filled = |path: &String| -> Vec<String> {
                        let placeholder = format!("{{{name}}}");
                        values
                            .iter()
                            .map(|value| {
                                path.replace(&placeholder, &percent::encode(value.as_bytes()))
                            })
                            .collect()
                    };
                    paths = paths.iter().flat_map(filled).collect();
                }
                Some("query") if name != "simular" => {
                    let pair =
                        |value: &String| format!("{name}={}", percent::encode(value.as_bytes()));
                    match parameter["required"] == true {
                        true => required.extend(values.first().map(pair)),
                        false => queries.extend(values.iter().map(pair)),
                    }
                }
                _ => {}
            }
        }
        let join = |query: Option<&String>| {
            let all: Vec<_> = required.iter().chain(query).map(String::as_str).collect();
            if all.is_empty() { String::new() } else { format!("?{}", all.join("&")) }
        };
        let mut query_strings = vec![join(None)];
        query_strings.extend(queries.iter().map(|query| join(Some(query))));
        let (media, bodies) = self.bodies(operation);
        let mut requests = Vec::new();
        for path in &paths {
            for query_string in &query_strings {
                for body in &bodies {
                    requests.push(Request {
                        kind: Kind::Rest,
                        operation: operation["operationId"].as_str().unwrap_or_default().to_owned(),
                        method: method.clone(),
                        path: format!("{path}{query_string}"),
                        media,
                        body: body.clone(),
                    });
                }
            }
        }
        requests.truncate(MAX_REQUESTS);
        requests
    }

    fn bodies(&self, operation: &Value) -> (&'static str, Vec<String>) {
        let content = &operation["requestBody"]["content"];
        if let Some(json) = content.get("application/json") {
            let body = |all| self.value(&json["schema"], "", "", all, DEPTH).to_string();
            return ("application/json", vec![body(true), body(false)]);
        }
        if content.get("multipart/form-data").is_some() {
            return ("multipart/form-data; boundary=isolamento", vec![self.form()]);
        }
        ("", vec![String::new()])
    }

    /// A form that uploads a file for a componente of B.
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

    /// A value that fits a schema, with all its fields if `all`, else only with the required ones.
    fn value(&self, schema: &Value, name: &str, within: &str, all: bool, depth: usize) -> Value {
        let schema = self.resolved(schema);
        if let Some(kinds) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
            let mut real = kinds.iter().filter(|kind| kind["type"] != "null");
            let first = real.clone().next();
            // If both a number and a text are allowed, only the text can name something of B.
            let names = !self.values.text(name, within).is_empty();
            let text = real.find(|kind| names && self.resolved(kind)["type"] == "string");
            return text
                .or(first)
                .map_or(Value::Null, |kind| self.value(kind, name, within, all, depth));
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut merged = Map::new();
            for part in parts {
                if let Value::Object(part) = self.value(part, name, within, all, depth) {
                    merged.extend(part);
                }
            }
            return merged.into();
        }
        let ty = schema["type"].as_array().map_or(&schema["type"], |types| {
            types.iter().find(|ty| *ty != "null").unwrap_or(&Value::Null)
        });
        match ty.as_str() {
            Some("object") | None if schema["properties"].is_object() => {
                let within = format!("{within}.{name}");
                let is_required = |field: &str| {
                    schema["required"]
                        .as_array()
                        .is_some_and(|names| names.iter().any(|name| name == field))
                };
                let fields = schema["properties"].as_object().into_iter().flatten();
                let fields = fields.filter(|(field, _)| depth > 0 && (all || is_required(field)));
                let members = fields.map(|(field, of)| {
                    (field.clone(), self.value(of, field, &within, all, depth - 1))
                });
                Value::Object(members.collect())
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

    /// A text that names no row: the first value of its enum, its example or default, or one that
    /// suits the name. `None` if the parameter is best left out.
    fn word(&self, schema: &Value, name: &str) -> Option<String> {
        let schema = self.resolved(schema);
        let documented =
            [&schema["enum"][0], &schema["example"], &schema["examples"][0], &schema["default"]];
        let documented = documented.into_iter().find_map(Value::as_str).map(str::to_owned);
        documented.or_else(|| match name {
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
