//! Reads the lines of a CSV or JSON file. Each line is a set of named texts.

use crate::bounded_json::{NotRead, check_members};
use crate::value::field::filled;
use anyhow::{Context, bail, ensure};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Largest size of a file, in bytes.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    Json,
}

impl Format {
    /// The format by the extension of the file name.
    pub fn of(path: &Path) -> anyhow::Result<Self> {
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
        match end.to_ascii_lowercase().as_str() {
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            _ => bail!("{}: diga o formato pelo nome do arquivo, .csv ou .json", path.display()),
        }
    }
}

/// A record of the file, and its fields by name in lower case.
#[derive(Debug, Clone)]
pub struct Line {
    /// In CSV the line of the file, where the header is line 1; in JSON the position of the item,
    /// from 1.
    pub number: usize,
    fields: HashMap<String, String>,
}

impl Line {
    /// The value of the first of these names that the line has filled.
    pub fn text(&self, names: &[&str]) -> Option<String> {
        let filled = |name: &&str| filled(self.fields.get(*name).cloned());
        names.iter().find_map(filled)
    }

    pub fn integer(&self, names: &[&str]) -> Result<Option<i32>, String> {
        let Some(text) = self.text(names) else { return Ok(None) };
        let read = text.parse().map(Some);
        read.map_err(|_| format!("{}: esperava um número até 2147483647", names[0]))
    }

    pub fn boolean(&self, names: &[&str], default: bool) -> Result<bool, String> {
        let Some(text) = self.text(names) else { return Ok(default) };
        match text.to_lowercase().as_str() {
            "1" | "true" | "s" | "sim" => Ok(true),
            "0" | "false" | "n" | "não" | "nao" => Ok(false),
            _ => Err(format!("{}: use sim ou não", names[0])),
        }
    }
}

pub fn read(text: &[u8], format: Format) -> anyhow::Result<Vec<Line>> {
    ensure!(text.len() as u64 <= MAX_BYTES, "o arquivo tem mais de 64 MiB");
    // Spreadsheet programs put a byte order mark at the start.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let lines = match format {
        Format::Csv => csv(text)?,
        Format::Json => json(text)?,
    };
    ensure!(!lines.is_empty(), "o arquivo não tem linhas");
    Ok(lines)
}

/// CSV with a header line. The separator is a semicolon if the header contains one, and a comma
/// otherwise.
fn csv(text: &[u8]) -> anyhow::Result<Vec<Line>> {
    ensure!(std::str::from_utf8(text).is_ok(), "o arquivo não está em UTF-8");
    let head = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = if head.contains(&b';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text);
    let names: Vec<_> = reader.headers().context("a primeira linha")?.iter().map(name).collect();
    let mut known = HashSet::new();
    if let Some(duplicate) = names.iter().find(|name| !name.is_empty() && !known.insert(*name)) {
        bail!("{duplicate}: a coluna vem duas vezes");
    }
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            anyhow::anyhow!("linha {line}: não tem os campos da primeira")
        })?;
        let number = record.position().map_or(0, csv::Position::line);
        let fields = names.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
        lines.push(Line { number: usize::try_from(number).unwrap_or(usize::MAX), fields });
    }
    Ok(lines)
}

/// A list of objects, or an object with exactly one list, which is the shape of the answers of the
/// Tramita platform. A member that is null, a list or an object counts as absent.
fn json(text: &[u8]) -> anyhow::Result<Vec<Line>> {
    if let Err(NotRead::Repeated(place)) = check_members(text, usize::MAX) {
        bail!("{place}: o membro vem duas vezes no mesmo objeto JSON");
    }
    let value: Value = serde_json::from_slice(text).context("o arquivo não é JSON")?;
    let items = match value {
        Value::Array(items) => items,
        Value::Object(fields) => {
            let mut lists = fields.into_iter().filter_map(|(_, value)| match value {
                Value::Array(items) => Some(items),
                _ => None,
            });
            match (lists.next(), lists.next()) {
                (Some(items), None) => items,
                _ => bail!("esperava uma lista, ou um objeto com uma lista só"),
            }
        }
        _ => bail!("esperava uma lista de objetos"),
    };
    let line = |(number, item): (usize, Value)| {
        let number = number + 1;
        let Value::Object(fields) = item else { bail!("item {number}: esperava um objeto") };
        let text = |(field, value): (String, Value)| match value {
            Value::String(text) => Some((name(&field), text)),
            Value::Number(number) => Some((name(&field), number.to_string())),
            Value::Bool(value) => Some((name(&field), value.to_string())),
            _ => None,
        };
        let mut by_name = HashMap::new();
        for (field, value) in fields.into_iter().filter_map(text) {
            if let Some(duplicate) = by_name.insert(field.clone(), value) {
                bail!("item {number}: {field} vem duas vezes, a primeira com {duplicate}");
            }
        }
        Ok(Line { number, fields: by_name })
    };
    items.into_iter().enumerate().map(line).collect()
}

fn name(text: &str) -> String {
    text.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_give_the_same_lines() {
        let csv = "\u{feff}Codigo;Nome;Ativo\n1;\"Ofício; circular\";sim\n2;Nota;0\n";
        let json = r#"{"especies":[{"codigo":1,"nome":"Ofício; circular","ativo":true},
            {"codigo":"2","nome":"Nota","ativo":0}]}"#;
        for (text, format, first) in [(csv, Format::Csv, 2), (json, Format::Json, 1)] {
            let lines = read(text.as_bytes(), format).unwrap();
            assert_eq!(lines.len(), 2);
            assert_eq!(lines[0].number, first);
            assert_eq!(lines[0].text(&["nome"]).unwrap(), "Ofício; circular");
            assert_eq!(lines[1].integer(&["codigo"]), Ok(Some(2)));
            assert_eq!(lines[0].boolean(&["ativo"], false), Ok(true));
            assert_eq!(lines[1].boolean(&["ativo"], true), Ok(false));
            assert_eq!(lines[1].boolean(&["outro"], true), Ok(true));
        }
    }

    #[test]
    fn a_file_without_a_list_of_lines_is_refused() {
        for (text, format) in [
            (&b"codigo,nome\n1"[..], Format::Csv),
            (b"codigo,nome\n1,\xff", Format::Csv),
            (b"", Format::Csv),
            (b"codigo,nome\n", Format::Csv),
            (b"{}", Format::Json),
            (b"[1]", Format::Json),
            (br#"{"a":[],"b":[]}"#, Format::Json),
            (b"x", Format::Json),
            (b"codigo,nome,Codigo\n1,a,2", Format::Csv),
            (br#"[{"codigo":1,"Codigo":2}]"#, Format::Json),
        ] {
            assert!(read(text, format).is_err(), "{text:?}");
        }
        assert!(Format::of(Path::new("a.xml")).is_err());
        assert_eq!(Format::of(Path::new("a.CSV")).unwrap(), Format::Csv);
    }
}
