//! Reads and writes `expected.txt`: one line per object, with the text of a function indented
//! below.

use super::{Catalog, Kind};
use diesel::prelude::*;
use std::fmt::Write;
use std::sync::LazyLock;

const HEADER: &str = "\
# What protects the data, as the migrations make it. Generated: ELOS_ACEITAR=1 script/test expected_txt
";
/// Prefix of a line that continues the definition above it.
const INDENT: &str = "  |";

static EXPECTED: LazyLock<Catalog> = LazyLock::new(|| parse(include_str!("expected.txt")));

pub(super) fn expected() -> &'static Catalog {
    &EXPECTED
}

/// The contents that `expected.txt` would have for this database.
pub fn print(conn: &mut PgConnection) -> QueryResult<String> {
    let rows = super::read(conn)?;
    let named = rows.into_iter().filter(|row| row.ours && row.wanted.is_none());
    let catalog: Catalog = named
        .filter_map(|row| Some(((Kind::from_word(&row.kind)?, row.object), row.definition)))
        .collect();
    Ok(write(&catalog))
}

fn write(catalog: &Catalog) -> String {
    let mut text = HEADER.to_owned();
    for ((kind, object), definition) in catalog {
        let _ = write!(text, "{} {object}:", kind.word());
        for (n, line) in definition.lines().enumerate() {
            let _ = match (n, line) {
                (0, _) => writeln!(text, " {line}"),
                (_, "") => writeln!(text, "{INDENT}"),
                _ => writeln!(text, "{INDENT} {line}"),
            };
        }
    }
    text
}

fn parse(text: &str) -> Catalog {
    let mut catalog = Catalog::new();
    let mut last = None;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(more) = line.strip_prefix(INDENT) {
            let above = last.as_ref().and_then(|key| catalog.get_mut(key));
            if let Some(definition) = above {
                let _ = write!(definition, "\n{}", more.strip_prefix(' ').unwrap_or(more));
            }
            continue;
        }
        let entry = line.split_once(' ').and_then(|(word, rest)| {
            let (object, definition) = rest.split_once(": ")?;
            Some(((Kind::from_word(word)?, object.to_owned()), definition.to_owned()))
        });
        if let Some((key, definition)) = entry {
            catalog.insert(key.clone(), definition);
            last = Some(key);
        }
    }
    catalog
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_text_parses_to_the_same_catalog() {
        let text = include_str!("expected.txt");
        assert_eq!(write(&parse(text)), text);
        let function = "OWNER x\nCREATE FUNCTION f()\n\n    BEGIN; -- a: b\n";
        let key = (Kind::Function, "f(a text)".to_owned());
        let catalog = Catalog::from([(key, function.trim_end().to_owned())]);
        assert_eq!(parse(&write(&catalog)), catalog);
    }
}
