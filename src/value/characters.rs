//! Characters that deceive a reader: two texts that look the same and are not.
//!
//! They are told apart by Unicode's general categories and by its list of code points that
//! are shown as nothing (`Default_Ignorable_Code_Point`).

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory as Category, WhiteSpace};
use icu_properties::{CodePointMapData, CodePointSetData};
use std::borrow::Cow;
use std::fmt;

/// A symbol by its category, and a blank to the eye.
const BRAILLE_BLANK: char = '\u{2800}';

/// A character, as it is told to somebody who could not see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodePoint(char);

impl fmt::Display for CodePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "U+{:04X}", u32::from(self.0))
    }
}

/// The first character of a text of a known alphabet that is not of it; in a message, an addition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign(pub Option<CodePoint>);

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => Ok(()),
            Some(letra) => write!(f, "; nele não cabe o caractere {letra}"),
        }
    }
}

/// What somebody typed, or pasted from a word processor, as it was meant: without blanks around
/// it, a blank that does not break as one that does, and each dash as the one on the keyboard.
pub fn typed(text: &str) -> Cow<'_, str> {
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

/// A word of a header, in which case says nothing.
pub fn ascii_word(text: &str) -> String {
    text.trim().to_ascii_lowercase()
}

/// The first character that is no digit, nor a sign that numbers are written with.
pub fn foreign_to_numbers(text: &str) -> Foreign {
    let known = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '/' | ' ');
    Foreign(typed(text).chars().find(|c| !known(*c)).map(CodePoint))
}

/// The first character that no keyboard writes without help.
pub fn foreign_to_ascii(text: &str) -> Foreign {
    Foreign(typed(text).chars().find(|c| !c.is_ascii() || c.is_control()).map(CodePoint))
}

/// The first control character.
pub fn control(text: &str) -> Option<CodePoint> {
    text.chars().find(|c| c.is_control()).map(CodePoint)
}

/// The first character that is not seen, or that changes in which order others are read. Letters
/// of every script, with their marks and blanks, composed or not, have none.
pub fn hidden(text: &str) -> Option<CodePoint> {
    text.chars().find(|c| is_hidden(*c)).map(CodePoint)
}

/// The first character that has no place in what a machine is known by: one that is hidden, a
/// blank, or a mark that combines with what stands before it.
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

    /// One of each kind: soft hyphen, joiners, directions, tags, variation selectors, fillers,
    /// invisible operators, private use, unassigned, not a character, line and paragraph.
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
    fn what_is_not_seen_is_found_and_named() {
        for c in HIDDEN {
            let text = format!("Jo{c}ana");
            assert_eq!(hidden(&text), Some(CodePoint(c)), "{}", CodePoint(c));
            assert_eq!(unfit_for_identifier(&text), Some(CodePoint(c)), "{}", CodePoint(c));
        }
        assert_eq!(hidden("a\u{e0041}\u{202e}").unwrap().to_string(), "U+E0041");
        assert_eq!(hidden("\u{ad}").unwrap().to_string(), "U+00AD");
    }

    #[test]
    fn what_a_word_processor_writes_is_what_was_meant() {
        assert_eq!(typed("\u{a0} 1\u{2013}2\u{202f}3\u{2011}4\n"), "1-2 3-4");
        assert_eq!(typed("\u{200b}1"), "\u{200b}1");
        assert_eq!(foreign_to_numbers("1\u{2014}2/3. 4").to_string(), "");
        let foreign = foreign_to_numbers(" 12\u{200b}3").to_string();
        assert_eq!(foreign, "; nele não cabe o caractere U+200B");
        assert_eq!(foreign_to_ascii("2026-01-01\u{feff}").0, Some(CodePoint('\u{feff}')));
    }

    #[test]
    fn names_of_people_are_seen_whole() {
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
