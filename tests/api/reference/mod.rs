//! The pages of `docs/referencia` say what the code says, and every link of the book leads
//! somewhere.
//!
//! A part of a page between `<!-- gerado: NAME -->` and `<!-- fim: NAME -->` is printed from the
//! code; `ELOS_ACEITAR=1 script/test reference::` writes these parts again. The other tables are
//! written by hand, and their first columns are compared with the code.

mod book;
mod commands;
mod limits;
mod recipes;
mod rules;

use crate::examples::document;
use elos::error::{CodigoErro, Failure};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Returns the text of a file of the repository.
fn read(path: &str) -> String {
    fs::read_to_string(format!("{ROOT}/{path}")).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Compares the part `name` of a page with what the code prints, or writes it if `ELOS_ACEITAR` is
/// set.
fn check_printed(page: &str, name: &str, printed: &str) {
    let path = format!("docs/referencia/{page}.md");
    let stored = read(&path);
    let (start, end) = (format!("<!-- gerado: {name} -->\n"), format!("<!-- fim: {name} -->"));
    let missing = || panic!("{path} has no part {name}");
    let (before, rest) = stored.split_once(&start).unwrap_or_else(missing);
    let (text, after) = rest.split_once(&end).unwrap_or_else(missing);
    if std::env::var_os("ELOS_ACEITAR").is_some() {
        let page = format!("{before}{start}{printed}{end}{after}");
        fs::write(format!("{ROOT}/{path}"), page).unwrap();
        return;
    }
    assert!(
        text == printed,
        "{path}, {name}: ELOS_ACEITAR=1 script/test reference:: writes it again\n{printed}"
    );
}

/// Returns the rows of the table below the heading `heading` of a page, without the head of the
/// table, up to the next heading of the same depth.
fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let text = read(&format!("docs/referencia/{page}.md"));
    let start = format!("\n## {heading}\n");
    let (_, section) = text.split_once(&start).unwrap_or_else(|| panic!("{page}: no {heading}"));
    let section = section.split("\n## ").next().unwrap();
    let lines = section.lines().filter(|line| line.starts_with("| "));
    let cells = |line: &str| {
        let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
        inner.split(" | ").map(|cell| plain(cell).to_owned()).collect()
    };
    lines.skip(1).map(cells).collect()
}

/// Returns the text of a cell, without the backticks around all of it.
fn plain(cell: &str) -> &str {
    let cell = cell.trim();
    let inner = cell.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    inner.filter(|inner| !inner.contains('`')).unwrap_or(cell)
}

#[test]
fn error_codes_are_those_of_the_code() {
    let mut refusals = String::from(
        "| código | status | no Tramita | o que é, e o que fazer |\n|---|---|---|---|\n",
    );
    for code in CodigoErro::ALL {
        let (name, status, tramita) = (code.name(), code.status(), code.tramita_code());
        writeln!(refusals, "| `{name}` | {status} | {tramita} | {} |", code.meaning()).unwrap();
    }
    check_printed("codigos", "recusas", &refusals);
    let mut failures =
        String::from("| código | status | o que é, e o que fazer |\n|---|---|---|\n");
    for failure in Failure::ALL {
        let (name, status) = (failure.name(), failure.status());
        writeln!(failures, "| `{name}` | {status} | {} |", failure.meaning()).unwrap();
    }
    check_printed("codigos", "falhas", &failures);
}

#[test]
fn close_codes_are_those_of_the_code() {
    let source = read("src/graphql/protocol/ws/close_reason.rs");
    let body = source.split_once("fn code_and_text").unwrap().1.split("\n    }\n").next().unwrap();
    let reasons = body.match_indices('(').filter_map(|(at, _)| {
        let (code, rest) = body[at + 1..].split_once(", \"")?;
        code.parse::<u16>().ok()?;
        Some((code.to_owned(), rest.split('"').next()?.to_owned()))
    });
    let reasons: BTreeSet<_> = reasons.collect();
    assert!(reasons.len() > 12, "{reasons:?}");
    let written: BTreeSet<_> = rows("fechamento", "Os códigos")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    assert_eq!(written, reasons);
}

#[test]
fn routes_are_those_of_the_openapi_document() {
    let document = document();
    let mut printed = String::from("| método | caminho | o que faz |\n|---|---|---|\n");
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(summary) = operation["summary"].as_str() else { continue };
            writeln!(printed, "| {} | `{path}` | {summary} |", method.to_uppercase()).unwrap();
        }
    }
    check_printed("rotas", "rotas", &printed);
}
