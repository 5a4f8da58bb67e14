//! Statistics as CSV (RFC 4180), for spreadsheets.

use super::answer::dimension_name;
use crate::estatisticas::{DimensaoEstatistica, Group};

/// The columns of `idade` and of `duracao`: how many rows have one, and its quartiles.
const OF_A_TIME: [&str; 4] = ["Quantos", "Primeiro", "Mediana", "Terceiro"];

/// A header line, and a line for each group. A value that a group does not have is empty.
pub fn write(by: &[DimensaoEstatistica], groups: &[Group]) -> String {
    let mut csv = String::new();
    let times = ["idade", "duracao"].into_iter();
    let times = times.flat_map(|time| OF_A_TIME.map(move |name| format!("{time}{name}")));
    let header = by.iter().map(|dimension| dimension_name(*dimension));
    line(&mut csv, header.chain(["total".to_owned()]).chain(times));
    for group in groups {
        let keys = group.chaves.iter().map(|key| cell(key.as_deref().unwrap_or_default()));
        let total = [group.total.to_string()];
        let times = [(group.com_idade, &group.idade), (group.com_duracao, &group.duracao)];
        let times = times.into_iter().flat_map(|(count, quartiles)| {
            let values = quartiles.as_deref().unwrap_or_default();
            let count = values.first().map(|_| count.to_string()).unwrap_or_default();
            let values = (0..OF_A_TIME.len() - 1).map(|n| values.get(n));
            let values = values.map(|value| value.map(f64::to_string).unwrap_or_default());
            [count].into_iter().chain(values).collect::<Vec<_>>()
        });
        line(&mut csv, keys.chain(total).chain(times));
    }
    csv
}

fn line(csv: &mut String, cells: impl Iterator<Item = String>) {
    csv.push_str(&cells.collect::<Vec<_>>().join(","));
    csv.push_str("\r\n");
}

/// A text as a cell. A spreadsheet takes a text that begins with one of these characters for a
/// formula and runs it, unless an apostrophe stands before it.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    match text.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_quoted_and_never_a_formula() {
        for (text, expected) in [
            ("820", "820"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("diz \"sim\"", "\"diz \"\"sim\"\"\""),
            ("a\r\nb", "\"a\r\nb\""),
            ("=1+1", "'=1+1"),
            ("@x", "'@x"),
            ("-1", "'-1"),
            ("+1", "'+1"),
            ("\t=1", "'\t=1"),
            ("=a,\"b\"", "\"'=a,\"\"b\"\"\""),
        ] {
            assert_eq!(cell(text), expected, "{text}");
        }
    }

    #[test]
    fn a_group_is_a_line() {
        let group = Group {
            chaves: vec![Some("820".into()), None],
            total: 7,
            com_idade: 3,
            idade: Some(vec![1.0, 2.5, 3.0]),
            com_duracao: 0,
            duracao: None,
            objetos: None,
            pessoas: None,
        };
        let by = [DimensaoEstatistica::Tribunal, DimensaoEstatistica::MotivoBaixa];
        assert_eq!(
            write(&by, &[group]),
            "tribunal,motivoBaixa,total,idadeQuantos,idadePrimeiro,idadeMediana,idadeTerceiro,\
             duracaoQuantos,duracaoPrimeiro,duracaoMediana,duracaoTerceiro\r\n\
             820,,7,3,1,2.5,3,,,,\r\n"
        );
    }
}
