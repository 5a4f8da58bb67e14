//! Rules of the search: what a text looks for.

use super::AlvoDaBusca;
use super::store::Busca;
use crate::Result;
use crate::error::Error;
use crate::value::characters;

const MIN_CHARS: usize = 3;
const MAX_CHARS: usize = 200;
/// Fewer digits would match a large part of all numbers.
const MIN_DIGITS: usize = 5;
/// Longest number: that of a processo.
const MAX_DIGITS: usize = 20;
const MAX_WORDS: usize = 8;
const MAX_HITS: i32 = 50;

/// A text of digits and marks looks for numbers, and one with letters for names. The search finds
/// nothing if no target has what the text looks for.
pub fn search(
    text: &str,
    targets: Option<Vec<AlvoDaBusca>>,
    first: Option<i32>,
    sensitive: bool,
) -> Result<Busca> {
    let text = text.trim();
    let length = text.chars().count();
    if !(MIN_CHARS..=MAX_CHARS).contains(&length) || characters::control(text).is_some() {
        return Err(Error::invalid("o texto da busca tem de 3 a 200 caracteres"));
    }
    let limit = first.unwrap_or(20);
    if !(1..=MAX_HITS).contains(&limit) {
        return Err(Error::invalid("`first` vai de 1 a 50"));
    }
    let mut targets = targets.unwrap_or_else(|| AlvoDaBusca::ALL.to_vec());
    targets.sort_unstable();
    targets.dedup();
    if targets.is_empty() {
        return Err(Error::invalid("`em` pede ao menos um alvo"));
    }
    let mut search =
        Busca { targets, number: None, text: text.to_owned(), words: Vec::new(), sensitive, limit };
    if text.chars().any(char::is_alphabetic) {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        search.words = words.take(MAX_WORDS).map(str::to_owned).collect();
        if !search.words.iter().any(|word| word.chars().count() >= MIN_CHARS) {
            return Err(Error::invalid("uma das palavras da busca tem ao menos 3 letras"));
        }
        return Ok(search);
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if !(MIN_DIGITS..=MAX_DIGITS).contains(&digits.len()) {
        return Err(Error::invalid("a busca por número pede de 5 a 20 algarismos"));
    }
    search.number = Some(digits);
    Ok(search)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(Option<String>, Vec<String>)> {
        search(text, None, None, false).map(|busca| (busca.number, busca.words))
    }

    #[test]
    fn algarismos_em_qualquer_mascara_procuram_numeros() {
        for text in
            ["90007416220218200083", "9000741-62.2021.8.20.0083", " 9000741 62 2021 8 20 0083 "]
        {
            let (number, words) = read(text).unwrap();
            assert_eq!(
                (number.as_deref(), words.len()),
                (Some("90007416220218200083"), 0),
                "{text}"
            );
        }
    }

    #[test]
    fn letras_procuram_nomes() {
        let (number, words) = read("d'Ávila, Zoé").unwrap();
        assert_eq!((number, words), (None, vec!["d".into(), "Ávila".into(), "Zoé".into()]));
    }

    #[test]
    fn um_texto_que_casaria_com_quase_tudo_e_recusado() {
        let long = "9".repeat(21);
        for text in ["", "ab", "a b c", "1234", "%%%", "___", "...", &long, "a\u{0}b"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(search("abc", Some(Vec::new()), None, false).is_err());
        assert!(search("abc", None, Some(51), false).is_err());
    }
}
