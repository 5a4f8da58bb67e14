//! The bodies in the OpenAPI document.

use super::fresh;
use crate::support::App;
use elos::processo::NumeroProcesso;
use elos::rest::openapi::render;
use elos::value::cpf::Cpf;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub fn document() -> Value {
    serde_json::from_str(&render()).unwrap()
}

/// Returns the path of an operation, filled with the examples of the document.
fn path(template: &str, operation: &Value) -> String {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let of_path = parameters.filter(|parameter| parameter["in"] == "path");
    of_path.fold(template.to_owned(), |path, parameter| {
        let value = match &parameter["example"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        path.replace(&format!("{{{}}}", parameter["name"].as_str().unwrap()), &value)
    })
}

fn send(app: &App, method: &str, path: &str, body: &Value) -> (u16, String) {
    let response = app.rest("tjrn", &method.to_uppercase(), path, &[], body);
    (response.status, response.text)
}

/// Sends every example request of `/api/v1`, in the order of the document, and the one of `POST
/// /tramites/processo`, to a server with the data of a fresh demo.
#[test]
fn every_request_of_the_document_works_as_it_is() {
    let app = fresh();
    let document = document();
    let mut sent = 0;
    for (template, item) in document["paths"].as_object().unwrap() {
        if !template.starts_with("/api/v1") {
            continue;
        }
        for method in ["get", "post", "put", "delete"] {
            let operation = &item[method];
            if operation.is_null() {
                continue;
            }
            let mut path = path(template, operation);
            match operation["operationId"].as_str() {
                Some("adolescentesSemelhantes") => path += "?nome=Ana",
                Some("estatisticas") => path += "?de=PROCESSOS&por=TRIBUNAL,ANO",
                _ => {}
            }
            let body = &operation["requestBody"]["content"]["application/json"]["example"];
            assert_eq!(body.is_null(), operation["requestBody"].is_null(), "{method} {template}");
            let (status, text) = send(&app, method, &path, body);
            assert_eq!(status, 200, "{method} {path}: {text}");
            sent += 1;
        }
    }
    assert!(sent > 20, "only {sent} operations");
    let body = &document["paths"]["/tramites/processo"]["post"]["requestBody"];
    let body = &body["content"]["application/json"]["example"];
    let (status, text) = send(&app, "post", "/tramites/processo", body);
    assert_eq!(status, 200, "{text}");
}

/// Every body of a request or response has an example that fits its schema, except bytes and PDF
/// documents.
#[test]
fn every_body_has_an_example_of_its_schema() {
    let document = crate::openapi::OpenApiDocument::new();
    let mut wanting = Vec::new();
    for (path, method, operation) in document.operations() {
        let answers = operation["responses"].as_object().unwrap();
        let bodies = answers.iter().map(|(status, answer)| (status.as_str(), answer));
        for (what, body) in bodies.chain([("request", &operation["requestBody"])]) {
            for (media_type, content) in body["content"].as_object().into_iter().flatten() {
                let place = format!("{method} {path} {what} {media_type}");
                let example = &content["example"];
                match (media_type.as_str(), example) {
                    ("application/octet-stream" | "application/pdf", _) => {}
                    (_, Value::Null) => wanting.push(format!("{place}: none")),
                    _ => wanting.extend(document.faults(&content["schema"], example, &place)),
                }
            }
        }
    }
    assert_eq!(wanting, Vec::<String>::new());
}

/// The numbers in the examples have valid check digits, and no two requests register the same
/// number.
#[test]
fn numbers_of_examples_are_valid_and_distinct() {
    let document = document();
    let mut texts = BTreeSet::new();
    gather(&document, &mut texts);
    let mut numbers = 0;
    for text in &texts {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let masked = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'));
        if masked && digits.len() == 20 {
            let number: NumeroProcesso = text.parse().unwrap();
            assert!(number.digit() == number.expected_digit(), "{text}");
            numbers += 1;
        }
        if masked && digits.len() == 11 {
            assert!(text.parse::<Cpf>().unwrap().check_digits_match(), "{text}");
        }
    }
    assert!(numbers > 3, "{texts:?}");

    let mut registered = BTreeMap::new();
    for (path, pointer) in [
        ("/api/v1/processos", "/numeroProcesso"),
        ("/api/v1/processo-rascunho", "/dados/numeroProcesso"),
    ] {
        let body = &document["paths"][path]["post"]["requestBody"]["content"];
        let number = body["application/json"]["example"].pointer(pointer).unwrap();
        let others = [
            include_str!("../../../README.md"),
            include_str!("../../../LEIA-ME.md"),
            include_str!("../../../examples/processos.http"),
        ];
        let number = number.as_str().unwrap();
        assert!(others.iter().all(|text| !text.contains(number)), "{number} is of another example");
        assert_eq!(registered.insert(number.to_owned(), path), None, "{number}");
    }
}

fn gather<'a>(value: &'a Value, texts: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(text) => drop(texts.insert(text)),
        Value::Array(items) => items.iter().for_each(|item| gather(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| gather(field, texts)),
        _ => {}
    }
}

/// The document lists each word of a closed list once, although the server accepts other spellings.
#[test]
fn a_closed_list_has_each_word_once() {
    let document = document();
    let mut lists = 0;
    visit(&document, &mut |words| {
        let folded: BTreeSet<_> =
            words.iter().map(|w| w.as_str().unwrap().to_lowercase()).collect();
        assert_eq!(folded.len(), words.len(), "{words:?}");
        let initials = words.iter().filter(|w| matches!(w.as_str(), Some("S" | "N"))).count();
        assert!(initials == 0 || initials == words.len(), "{words:?}");
        lists += 1;
    });
    assert!(lists > 15, "only {lists}");
}

fn visit(value: &Value, see: &mut dyn FnMut(&[Value])) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| visit(item, see)),
        Value::Object(fields) => {
            if let Some(Value::Array(words)) = fields.get("enum") {
                see(words);
            }
            fields.values().for_each(|field| visit(field, see));
        }
        _ => {}
    }
}
