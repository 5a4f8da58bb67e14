//! The imports between the files of `src`: paths that begin with `crate`, `super` or `self`. They
//! leave out `lib.rs`, `main.rs` and tests.

use super::SOURCES;
use std::collections::{BTreeMap, BTreeSet};

/// One file that names another. Paths are below `src`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    pub from: String,
    pub to: String,
}

pub struct Sources {
    pub imports: BTreeSet<Import>,
}

type Module = Vec<String>;

/// The path and the text of each module.
type Modules<'a> = BTreeMap<Module, (&'a str, &'a str)>;

impl Sources {
    pub fn read() -> Self {
        let mut modules = Modules::new();
        for (file, text) in SOURCES.iter() {
            if file == "lib.rs" || file == "main.rs" || file.ends_with("tests.rs") {
                continue;
            }
            let text = text.split("\n#[cfg(test)]").next().unwrap_or_default();
            modules.insert(module(file), (file.as_str(), text));
        }
        let mut imports = BTreeSet::new();
        for (from, (file, text)) in &modules {
            for path in paths(&without_comments(text)) {
                let Some(to) = resolve(from, &path, &modules) else { continue };
                if to != *file {
                    imports.insert(Import { from: (*file).to_owned(), to: to.to_owned() });
                }
            }
        }
        Self { imports }
    }

    /// Returns the groups of files whose imports lead from each file of the group to all others.
    pub fn circles(&self) -> Vec<Vec<String>> {
        let mut next = BTreeMap::<&str, BTreeSet<&str>>::new();
        for Import { from, to } in &self.imports {
            next.entry(from).or_default().insert(to);
        }
        let reached = |start: &'_ str| -> BTreeSet<String> {
            let (mut seen, mut open) = (BTreeSet::new(), vec![start.to_owned()]);
            while let Some(file) = open.pop() {
                for to in next.get(file.as_str()).into_iter().flatten() {
                    if seen.insert((*to).to_owned()) {
                        open.push((*to).to_owned());
                    }
                }
            }
            seen
        };
        let reached: BTreeMap<&str, BTreeSet<String>> =
            next.keys().map(|&file| (file, reached(file))).collect();
        let mut circles = BTreeSet::new();
        for (&file, to) in &reached {
            let back = |other: &&String| {
                reached.get(other.as_str()).is_some_and(|back| back.contains(file))
            };
            let circle: Vec<String> = to.iter().filter(back).cloned().collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }
}

/// Returns the module of a file: `db/list.rs` and `db/list/mod.rs` are both `["db", "list"]`.
fn module(file: &str) -> Module {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/').map(str::to_owned).collect()
}

/// Returns the file that a path leads to: the module with the longest name that the path begins
/// with. `None` means that this module is the root of the crate.
fn resolve<'a>(from: &Module, path: &[String], modules: &Modules<'a>) -> Option<&'a str> {
    let mut at = match path[0].as_str() {
        "crate" => Module::new(),
        _ => from.clone(),
    };
    let mut rest = path;
    while let Some((first, others)) = rest.split_first() {
        match first.as_str() {
            "crate" | "self" => {}
            "super" => drop(at.pop()),
            name => {
                let mut below = at.clone();
                below.push(name.to_owned());
                if !modules.contains_key(&below) {
                    break;
                }
                at = below;
            }
        }
        rest = others;
    }
    modules.get(&at).map(|(file, _)| *file)
}

fn without_comments(text: &str) -> String {
    let code = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    text.lines().map(code).collect::<Vec<_>>().join("\n")
}

/// Returns every path of the text that begins with `crate`, `super` or `self`, with its groups
/// expanded.
fn paths(text: &str) -> Vec<Vec<String>> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        let begins = matches!(tokens[at], "crate" | "super" | "self");
        let inside = at > 0 && tokens[at - 1] == "::";
        if begins && !inside && tokens.get(at + 1) == Some(&"::") {
            open(&tokens, at, &mut Vec::new(), &mut found);
        }
    }
    found
}

/// Reads one path, or one branch of a group, and returns the index of the token after it.
fn open(
    tokens: &[&str],
    mut at: usize,
    path: &mut Vec<String>,
    found: &mut Vec<Vec<String>>,
) -> usize {
    let depth = path.len();
    loop {
        match tokens.get(at) {
            Some(&"{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| *token != "}") {
                    at = open(tokens, at, path, found);
                    while tokens.get(at).is_some_and(|token| !matches!(*token, "," | "}")) {
                        at += 1;
                    }
                    at += usize::from(tokens.get(at) == Some(&","));
                }
                at += 1;
                break;
            }
            Some(name) if name.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                path.push((*name).to_owned());
                at += 1;
                if tokens.get(at) == Some(&"::") {
                    at += 1;
                    continue;
                }
                found.push(path.clone());
                break;
            }
            _ => {
                found.push(path.clone());
                break;
            }
        }
    }
    path.truncate(depth);
    at
}

/// Splits the text into words, `::` and single other characters.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let length = match first {
            _ if word(first) => rest.find(|c: char| !word(c)).unwrap_or(rest.len()),
            ':' if rest.starts_with("::") => 2,
            _ => first.len_utf8(),
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}
