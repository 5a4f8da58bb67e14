//! Checks single input fields. All slices share these checks.

use crate::error::{CodigoErro, Refusal};
use crate::value::characters::{self, UnexpectedCharacter};
use crate::value::time;
use chrono::NaiveDate;
use serde::Serialize;
use std::str::FromStr;

/// Trims a text. A blank text counts as absent (design of the REST contract).
pub fn filled(text: Option<String>) -> Option<String> {
    let text = text?;
    let trimmed = text.trim();
    match trimmed.len() {
        0 => None,
        n if n == text.len() => Some(text),
        _ => Some(trimmed.to_owned()),
    }
}

/// R3, R24: refuses an absent field.
pub fn required<T>(value: Option<&T>, rule: &'static str) -> Option<Refusal> {
    value.is_none().then(|| {
        Refusal::new(CodigoErro::CampoObrigatorio, rule, "o campo é obrigatório")
            .hint("preencha o campo")
    })
}

/// The earliest date that a document may contain, since everything it describes happened within
/// living memory.
pub fn since_1900() -> NaiveDate {
    NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or_default()
}

/// Refuses a date outside `from..=until`. The refusal names both dates.
pub fn date_between(
    date: Option<NaiveDate>,
    from: NaiveDate,
    until: NaiveDate,
    rule: &'static str,
) -> Option<Refusal> {
    (!(from..=until).contains(&date?)).then(|| {
        let message =
            format!("a data vai de {} a {}", time::format_date(from), time::format_date(until));
        Refusal::new(CodigoErro::CampoInvalido, rule, message)
    })
}

/// Refuses a text of more than `max` characters or with a control character. PostgreSQL cannot
/// store NUL, and the other control characters garble what people read.
pub fn text(value: Option<&str>, max: usize) -> Option<Refusal> {
    let value = value?;
    let message = if value.chars().count() > max {
        format!("o texto tem mais de {max} caracteres")
    } else if let Some(character) = characters::control(value) {
        format!("o texto tem um caractere de controle: {character}")
    } else {
        return None;
    };
    Some(Refusal::new(CodigoErro::CampoInvalido, "forma", message))
}

/// Like [`text`], but accepts line breaks and tabs.
pub fn multiline_text(value: Option<&str>, max: usize) -> Option<Refusal> {
    text(Some(&on_one_line(value?)), max)
}

/// Like [`text`], for the name of a person or an organ. Also refuses invisible characters, which
/// make two different names look the same.
pub fn check_name(value: Option<&str>, max: usize) -> Option<Refusal> {
    text(value, max).or_else(|| {
        let character = characters::hidden(value?)?;
        let message = format!("o nome tem um caractere que não se vê: {character}");
        let refusal = Refusal::new(CodigoErro::CampoInvalido, "forma", message);
        Some(refusal.hint("retire-o: costuma vir de um texto copiado"))
    })
}

/// Like [`check_name`], but accepts line breaks and tabs, as pasted text has them.
pub fn check_multiline_name(value: Option<&str>, max: usize) -> Option<Refusal> {
    check_name(Some(&on_one_line(value?)), max)
}

fn on_one_line(text: &str) -> String {
    text.replace(['\n', '\r', '\t'], " ")
}

/// Maximum number of items in a list. No real processo has a longer list.
pub const MAX_ITEMS: usize = 100;

/// The items that the rules judge: all of them, or none if the list is too long. [`list_too_long`]
/// reports that once. A refusal for each item would be larger than the list itself.
pub fn items<T>(list: &[T]) -> &[T] {
    if list.len() > MAX_ITEMS { &[] } else { list }
}

/// Refuses a list of more than [`MAX_ITEMS`] items.
pub fn list_too_long<T>(list: &[T]) -> Option<Refusal> {
    (list.len() > MAX_ITEMS).then(|| {
        let message = format!("a lista tem mais de {MAX_ITEMS} itens");
        Refusal::new(CodigoErro::CampoInvalido, "forma", message)
    })
}

/// Refuses a write when the row is no longer the version that the client read. Without `expected`,
/// any version is accepted.
pub fn expected_version(current: i32, expected: Option<i32>) -> Option<Refusal> {
    (expected? != current).then(|| {
        let message = "o objeto mudou desde a leitura";
        let mut refusal = Refusal::new(CodigoErro::ConflitoDeVersao, "versão", message)
            .at(["versaoEsperada"])
            .hint(format!("releia e repita com a versão {current}"));
        refusal.versao_atual = Some(current);
        refusal
    })
}

/// Parses a number in decimal digits, without a sign or white space.
pub fn parse_digits<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The digits of a text that consists only of digits or has the form of `mask`, in which each `N`
/// stands for a digit. [`characters::normalize`] normalizes the text first.
pub fn digits(text: &str, mask: &str) -> Result<String, UnexpectedCharacter> {
    let text = characters::normalize(text);
    let bare_len = mask.bytes().filter(|b| *b == b'N').count();
    let bare = text.len() == bare_len;
    let mut digits = Vec::with_capacity(bare_len);
    let positions = mask.bytes().filter(|slot| !bare || *slot == b'N');
    let well_formed = text.bytes().zip(positions).all(|(byte, slot)| match slot {
        b'N' => {
            digits.push(byte);
            byte.is_ascii_digit()
        }
        mark => byte == mark,
    });
    if !well_formed || !(bare || text.len() == mask.len()) {
        return Err(characters::foreign_to_numbers(&text));
    }
    String::from_utf8(digits).map_err(|_| characters::foreign_to_numbers(&text))
}

/// The names of the fields that changed, for the evento.
pub fn changed_fields<const N: usize>(changes: [(&str, bool); N]) -> Vec<String> {
    changes.into_iter().filter(|(_, changed)| *changed).map(|(field, _)| field.to_owned()).collect()
}

/// A change of one field.
///
/// The serialized names are part of the fingerprints of stored idempotency keys, so they must not
/// change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub enum Change<T> {
    #[default]
    #[serde(rename = "Manter")]
    Keep,
    #[serde(rename = "Apagar")]
    Clear,
    #[serde(rename = "Trocar")]
    Set(T),
}

/// In REST an absent field keeps the value. An explicit null clears it, but the caller handles that
/// before this conversion.
impl<T> From<Option<T>> for Change<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Keep, Self::Set)
    }
}

impl Change<String> {
    /// Trims the new text. `None` when it is blank, because that means neither a value nor a
    /// removal.
    pub fn filled(self) -> Option<Self> {
        match self {
            Self::Set(text) => filled(Some(text)).map(Self::Set),
            another => Some(another),
        }
    }
}

impl<T> Change<Change<T>> {
    /// Merges a change of an object with the change of one of its fields.
    pub fn flatten(self) -> Change<T> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(within) => within,
        }
    }
}

impl<T> Change<T> {
    /// The new value, if the change sets one.
    pub fn into_new(self) -> Option<T> {
        match self {
            Self::Set(new) => Some(new),
            Self::Keep | Self::Clear => None,
        }
    }
}

impl<T: Clone> Change<T> {
    /// The value after the change.
    pub fn apply_to(&self, current: Option<&T>) -> Option<T> {
        match self {
            Self::Keep => current.cloned(),
            Self::Clear => None,
            Self::Set(new) => Some(new.clone()),
        }
    }

    /// The new value, if the change sets one.
    pub fn new_value(&self) -> Option<&T> {
        match self {
            Self::Set(new) => Some(new),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_is_absent() {
        assert_eq!(filled(Some(" \t".into())), None);
        assert_eq!(filled(Some(" a b ".into())), Some("a b".into()));
    }

    #[test]
    fn a_text_is_measured_in_characters_and_refuses_controls() {
        assert!(text(Some("çãé"), 3).is_none());
        assert!(text(Some("çãéo"), 3).is_some());
        assert!(text(Some("a\0b"), 9).is_some());
    }

    #[test]
    fn a_name_with_an_invisible_character_is_refused() {
        assert!(check_name(Some("Jose\u{301} da Silva"), 20).is_none());
        assert!(check_name(Some("abc"), 2).is_some());
        let refusal = check_name(Some("Ana\u{202e}"), 20).unwrap();
        assert!(refusal.mensagem.contains("U+202E"), "{refusal:?}");
    }
}
