//! The page of rules: every rule and every row of the decision table, with its code and its tests.

use super::{ROOT, check_printed, rows};
use crate::architecture::{SOURCES, files};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const LINES: [&str; 12] = ["S0", "A1", "A2", "A3", "A4", "B1", "B2", "B3", "B4", "B5", "B6", "B7"];

/// The functions that are named after a rule: where they stand, and whether they are tests.
#[derive(Default)]
struct Named {
    code: BTreeSet<String>,
    tests: BTreeSet<String>,
}

/// Returns the rules that a name begins with: `r9_r10_referencia` is of R9 and R10. With
/// `decision`, returns the rows of the decision table instead.
fn rules_of(name: &str, decision: bool) -> Vec<String> {
    let parts = name.split('_').map(str::to_uppercase);
    let is_rule = |part: &String| match decision {
        true => LINES.contains(&part.as_str()),
        false => part.strip_prefix('R').is_some_and(|n| n.parse::<u8>().is_ok()),
    };
    parts.take_while(is_rule).collect()
}

fn gather(path: &str, text: &str, decision: bool, found: &mut BTreeMap<String, Named>) {
    let mut last = "";
    for line in text.lines().map(str::trim) {
        if line.starts_with("//") || line.is_empty() {
            continue;
        }
        if let Some((_, name)) = line.split_once("fn ").filter(|(before, _)| before.len() < 12) {
            let name = name.split(['(', '<']).next().unwrap();
            let is_test = last.starts_with("#[test]") || path.starts_with("tests/");
            for rule in rules_of(name, decision) {
                let named = found.entry(rule).or_default();
                match is_test {
                    true => named.tests.insert(format!("`{path}` `{name}`")),
                    false => named.code.insert(format!("`{path}` `{name}`")),
                };
            }
        }
        last = line;
    }
}

/// Adds every Rust file below a folder, by its path below the root.
fn gather_folder(folder: &Path, decision: bool, found: &mut BTreeMap<String, Named>) {
    for path in files(folder, "rs") {
        let name = path.strip_prefix(ROOT).unwrap().display().to_string();
        gather(&name, &fs::read_to_string(&path).unwrap(), decision, found);
    }
}

fn print(names: impl Iterator<Item = String>, found: &BTreeMap<String, Named>) -> String {
    let list = |items: &BTreeSet<String>| items.iter().cloned().collect::<Vec<_>>().join("<br>");
    let mut printed = String::from("| | código | testes |\n|---|---|---|\n");
    for name in names {
        let (code, tests) = found.get(&name).map_or((String::new(), String::new()), |named| {
            (list(&named.code), list(&named.tests))
        });
        writeln!(printed, "| {name} | {code} | {tests} |").unwrap();
    }
    printed
}

#[test]
fn functions_and_tests_of_each_rule_are_those_of_the_code() {
    let mut found = BTreeMap::new();
    for (path, text) in &*SOURCES {
        gather(&format!("src/{path}"), text, false, &mut found);
    }
    gather_folder(&Path::new(ROOT).join("tests/api"), false, &mut found);
    let known: BTreeSet<_> = (1..=29).map(|n| format!("R{n}")).collect();
    let unknown: Vec<_> = found.keys().filter(|rule| !known.contains(*rule)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    check_printed("regras", "onde", &print((1..=29).map(|n| format!("R{n}")), &found));
}

#[test]
fn functions_and_tests_of_each_row_are_those_of_the_code() {
    let mut found = BTreeMap::new();
    for (path, text) in SOURCES.iter().filter(|(path, _)| path.starts_with("tramite/")) {
        gather(&format!("src/{path}"), text, true, &mut found);
    }
    gather_folder(&Path::new(ROOT).join("tests/api/tramita"), true, &mut found);
    check_printed("linhas", "onde", &print(LINES.map(str::to_owned).into_iter(), &found));
}

#[test]
fn every_rule_and_every_row_is_told_once() {
    let told = |page, heading| -> Vec<String> {
        rows(page, heading).into_iter().map(|row| row[0].clone()).collect()
    };
    let numbers: Vec<_> = (1..=29).map(|n| format!("R{n}")).collect();
    assert_eq!(told("regras", "O que cada uma diz"), numbers);
    assert_eq!(told("linhas", "A tabela"), LINES);
}
