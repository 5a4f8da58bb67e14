//! Deceptive characters: they make two different texts look the same.
//!
//! They are recognized by Unicode's general categories and by its property for code points without
//! a visible glyph (`Default_Ignorable_Code_Point`).

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory as Category, WhiteSpace};
use icu_properties::{CodePointMapData, CodePointSetData};
use std::borrow::Cow;
use std::fmt;

/// A character of category symbol that looks like a blank.
const BRAILLE_BLANK: char = '\u{2800}';

/// A character, shown as `U+XXXX` to a person who cannot see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodePoint(char);

impl fmt::Display for CodePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "U+{:04X}", u32::from(self.0))
    }
}

/// The first character that does not belong to the expected alphabet, or `None`. As text, it is a
/// suffix for an error message, empty for `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnexpectedCharacter(pub Option<CodePoint>);

impl fmt::Display for UnexpectedCharacter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => Ok(()),
            Some(character) => write!(f, "; nele não cabe o caractere {character}"),
        }
    }
}

/// The text as its author meant it, when it was typed or pasted from a word processor: trimmed,
/// with non-breaking blanks replaced by blanks and every kind of dash replaced by a hyphen.
pub fn normalize(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let plain = |c: char| match c {
        '\u{a0}' | '\u{2007}' | '\u{202f}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => '-',
        c => c,
    };
    match text.is_ascii() {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.chars().map(plain).collect()),
    }
}

/// Trims a word of an HTTP header in which case does not matter, and puts it in lower case.
pub fn ascii_word(text: &str) -> String {
    text.trim().to_ascii_lowercase()
}

/// The first character that is neither a digit nor a separator of numbers.
pub fn foreign_to_numbers(text: &str) -> UnexpectedCharacter {
    let known = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '/' | ' ');
    UnexpectedCharacter(normalize(text).chars().find(|c| !known(*c)).map(CodePoint))
}

/// The first character that is not printable ASCII.
pub fn foreign_to_ascii(text: &str) -> UnexpectedCharacter {
    UnexpectedCharacter(
        normalize(text).chars().find(|c| !c.is_ascii() || c.is_control()).map(CodePoint),
    )
}

/// The first control character.
pub fn control(text: &str) -> Option<CodePoint> {
    text.chars().find(|c| c.is_control()).map(CodePoint)
}

/// The first character that is invisible or changes the reading order of others. The letters, marks
/// and blanks of every script are accepted, composed or not.
pub fn hidden(text: &str) -> Option<CodePoint> {
    text.chars().find(|c| is_hidden(*c)).map(CodePoint)
}

/// The first character that is not accepted in the identifier of a machine: an invisible one, a
/// blank, or a combining mark.
pub fn unfit_for_identifier(text: &str) -> Option<CodePoint> {
    text.chars().find(|c| is_hidden(*c) || is_blank_or_mark(*c)).map(CodePoint)
}

fn category(c: char) -> Category {
    CodePointMapData::<Category>::new().get(c)
}

fn is_hidden(c: char) -> bool {
    let without_a_shape = matches!(
        category(c),
        Category::Control
            | Category::Format
            | Category::PrivateUse
            | Category::Unassigned
            | Category::Surrogate
            | Category::LineSeparator
            | Category::ParagraphSeparator
    );
    without_a_shape
        || c == BRAILLE_BLANK
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

fn is_blank_or_mark(c: char) -> bool {
    let mark = matches!(
        category(c),
        Category::NonspacingMark | Category::SpacingMark | Category::EnclosingMark
    );
    mark || CodePointSetData::new::<WhiteSpace>().contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At least one of each kind: control characters, soft hyphen, joiners, directions, tags,
    /// variation selectors, fillers, invisible vowels and operators, the Braille blank, private
    /// use, noncharacters, line and paragraph separator.
    const HIDDEN: [char; 32] = [
        '\0',
        '\t',
        '\u{7f}',
        '\u{85}',
        '\u{ad}',
        '\u{34f}',
        '\u{61c}',
        '\u{115f}',
        '\u{17b4}',
        '\u{180b}',
        '\u{180e}',
        '\u{200b}',
        '\u{200c}',
        '\u{200d}',
        '\u{200e}',
        '\u{2028}',
        '\u{2029}',
        '\u{202e}',
        '\u{2060}',
        '\u{2063}',
        '\u{2067}',
        '\u{2800}',
        '\u{3164}',
        '\u{e000}',
        '\u{fe0f}',
        '\u{feff}',
        '\u{ffa0}',
        '\u{fff9}',
        '\u{ffff}',
        '\u{e0041}',
        '\u{e0100}',
        '\u{10ffff}',
    ];

    #[test]
    fn invisible_characters_are_found_and_named() {
        for c in HIDDEN {
            let text = format!("Jo{c}ana");
            assert_eq!(hidden(&text), Some(CodePoint(c)), "{}", CodePoint(c));
            assert_eq!(unfit_for_identifier(&text), Some(CodePoint(c)), "{}", CodePoint(c));
        }
        assert_eq!(hidden("a\u{e0041}\u{202e}").unwrap().to_string(), "U+E0041");
        assert_eq!(hidden("\u{ad}").unwrap().to_string(), "U+00AD");
    }

    #[test]
    fn text_from_a_word_processor_is_normalized() {
        assert_eq!(normalize("\u{a0} 1\u{2013}2\u{202f}3\u{2011}4\n"), "1-2 3-4");
        assert_eq!(normalize("\u{200b}1"), "\u{200b}1");
        assert_eq!(foreign_to_numbers("1\u{2014}2/3. 4").to_string(), "");
        let foreign = foreign_to_numbers(" 12\u{200b}3").to_string();
        assert_eq!(foreign, "; nele não cabe o caractere U+200B");
        assert_eq!(foreign_to_ascii("2026-01-01\u{feff}").0, Some(CodePoint('\u{feff}')));
    }

    #[test]
    fn names_of_people_have_no_hidden_characters() {
        for name in [
            "José D'Ávila-Gonçalves Júnior",
            "Jose\u{301} Gonc\u{327}alves",
            "João  da Silva",
            "Nguyễn Thị Ánh",
            "Ağaoğlu Iğdır",
            "Ngu\u{323}\u{302}y",
            "Þórður Ø. Å",
            "Юрий Ильич",
            "Ναταλία",
            "محمد عبد الله",
            "שרה לוי",
            "आरती शर्मा",
            "李小龍",
            "Kaʻiulani",
            "M. 2º O’Neil",
            "a\u{a0}b",
        ] {
            assert_eq!(hidden(name), None, "{name}");
        }
    }

    #[test]
    fn an_identifier_has_neither_blanks_nor_marks() {
        for name in ["service-account-tjrn", "6c1d2f0e-1111-2222", "a@b.jus.br", "joão", "x_1:y/z"]
        {
            assert_eq!(unfit_for_identifier(name), None, "{name}");
        }
        for c in [' ', '\u{a0}', '\u{2003}', '\u{3000}', '\u{301}', '\u{93e}', '\u{20dd}'] {
            let text = format!("tj{c}rn");
            assert_eq!(unfit_for_identifier(&text), Some(CodePoint(c)), "{}", CodePoint(c));
            assert_eq!(hidden(&text), None, "{}", CodePoint(c));
        }
    }
}
