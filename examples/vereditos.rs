//! Judges documents for `script/conformance`, where graphql-js judges the same.
//!
//! * `vereditos FILE`: one line for each document of the file, accepted or refused and why. A
//!   document is one line, with `⏎` for each line break.
//! * `vereditos --json [echo]`: for each request of the standard input, one JSON object a line, the
//!   verdict with the locations of the errors. With `echo`, the schema is that of
//!   `tests/document/echo.rs` and the request is answered.
//! * `vereditos --introspection`: the answer to the query on the standard input.
//! * `vereditos --sdl-echo`: the SDL of the schema of `echo`.
#![expect(clippy::unwrap_used, reason = "a tool, which stops at what it did not expect")]

#[path = "../tests/document/echo.rs"]
mod echo;

use async_graphql::{Response, Variables};
use elos::graphql::document::prepare::{PrepareError, PrepareOptions, Preparer};
use elos::graphql::document::{DocumentError, Invalid};
use serde_json::{Value, json};
use std::io::{BufRead, Read, Write};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let preparer = |sdl: &str| Preparer::new(sdl, PrepareOptions::default()).unwrap();
    match arguments.as_slice() {
        ["--sdl-echo"] => print!("{}", echo::sdl()),
        ["--introspection"] => introspection(&preparer(&elos::graphql::sdl())),
        ["--json"] => serve(&preparer(&elos::graphql::sdl()), None),
        ["--json", "echo"] => serve(&preparer(&echo::sdl()), Some(&echo::schema())),
        [path] => judge_file(&preparer(&elos::graphql::sdl()), path),
        _ => panic!("usage: vereditos FILE | --json [echo] | --introspection | --sdl-echo"),
    }
}

fn judge_file(preparer: &Preparer, path: &str) {
    for text in std::fs::read_to_string(path).unwrap().lines() {
        match preparer.check(&text.replace('⏎', "\n")) {
            Ok(_) | Err(PrepareError::Operation(_)) => println!("aceito"),
            Err(error) => {
                let messages = error.messages().iter().map(ToString::to_string).collect::<Vec<_>>();
                println!("recusado {}", messages.join(" | ").replace('\n', " "));
            }
        }
    }
}

fn introspection(preparer: &Preparer) {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    let (prepared, variables) = preparer.prepare(&text, None, Variables::default()).unwrap();
    let answers = prepared.introspection.as_ref().unwrap().answers(&variables);
    let members = answers
        .iter()
        .map(|(key, json)| (key.clone(), serde_json::from_slice::<Value>(json).unwrap()));
    println!("{}", Value::Object(members.collect()));
}

fn serve(preparer: &Preparer, schema: Option<&echo::EchoSchema>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let text = request["query"].as_str().unwrap();
        let variables = Variables::from_json(request["variables"].clone());
        let answer = match preparer.prepare(text, None, variables) {
            Err(error) => refusal(&error),
            Ok((prepared, variables)) => {
                let refused = prepared.refused.iter().map(|field| &field.error);
                let errors: Vec<Value> = refused.map(places).collect();
                let data = schema.map(|schema| {
                    let request = prepared.request(variables);
                    let response: Response = runtime.block_on(schema.execute(request));
                    assert!(response.errors.is_empty(), "{text}: {:?}", response.errors);
                    response.data.into_json().unwrap()
                });
                json!({ "verdict": "accepted", "errors": errors, "data": data })
            }
        };
        writeln!(output, "{answer}").unwrap();
        output.flush().unwrap();
    }
}

fn refusal(error: &PrepareError) -> Value {
    let (verdict, errors) = match error {
        PrepareError::Document(Invalid::Malformed(errors)) => ("syntax", errors.as_slice()),
        PrepareError::Document(Invalid::Invalid(errors)) => ("invalid", errors.as_slice()),
        PrepareError::Values(errors) => ("variables", errors.as_slice()),
        PrepareError::Operation(_) => ("operation", [].as_slice()),
        PrepareError::Document(_) | PrepareError::Normalize(_) => ("limit", [].as_slice()),
    };
    let messages: Vec<String> = error.messages().iter().map(ToString::to_string).collect();
    let errors: Vec<Value> = errors.iter().map(places).collect();
    json!({ "verdict": verdict, "errors": errors, "messages": messages })
}

fn places(error: &DocumentError) -> Value {
    error.locations.iter().map(|pos| json!([pos.line, pos.column])).collect()
}
