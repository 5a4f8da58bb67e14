//! Checks limits on the raw text, in one pass, before any parser reads it.
//!
//! Parsers recurse: 6 KB of brackets overflow the stack and end the process. This scanner does not
//! recurse; it only counts the nesting.

use super::messages::{Key, Message};

/// The limits on the text of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLimits {
    pub bytes: usize,
    pub tokens: usize,
    pub nesting: usize,
}

impl Default for TextLimits {
    fn default() -> Self {
        Self { bytes: 256 * 1024, tokens: 10_000, nesting: 64 }
    }
}

/// The limit that a document exceeds, with its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextExceeded {
    Bytes(usize),
    Tokens(usize),
    Nesting(usize),
}

impl TextExceeded {
    pub fn message(self) -> Message {
        let (key, limit) = match self {
            Self::Bytes(limit) => (Key::TextBytes, limit),
            Self::Tokens(limit) => (Key::TextTokens, limit),
            Self::Nesting(limit) => (Key::TextNesting, limit),
        };
        Message::new(key, vec![limit.to_string()])
    }
}

/// Checks the text. Returns the first limit that it exceeds.
pub fn check(text: &str, limits: TextLimits) -> Result<(), TextExceeded> {
    if text.len() > limits.bytes {
        return Err(TextExceeded::Bytes(limits.bytes));
    }
    let bytes = text.as_bytes();
    let (mut i, mut tokens, mut level) = (0, 0_usize, 0_usize);
    while let Some(&byte) = bytes.get(i) {
        i = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                i += 1;
                continue;
            }
            b'#' => {
                i = line_end(bytes, i);
                continue;
            }
            b'"' => string_end(bytes, i),
            b'{' | b'[' | b'(' => {
                level += 1;
                i + 1
            }
            b'}' | b']' | b')' => {
                level = level.saturating_sub(1);
                i + 1
            }
            _ if is_word_byte(byte) => {
                bytes[i..].iter().position(|&b| !is_word_byte(b)).map_or(bytes.len(), |n| i + n)
            }
            _ => i + 1,
        };
        tokens += 1;
        if tokens > limits.tokens {
            return Err(TextExceeded::Tokens(limits.tokens));
        }
        if level > limits.nesting {
            return Err(TextExceeded::Nesting(limits.nesting));
        }
    }
    Ok(())
}

/// The bytes of names and numbers. A decimal point counts as a token of its own.
fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+')
}

fn line_end(bytes: &[u8], start: usize) -> usize {
    bytes[start..]
        .iter()
        .position(|b| matches!(b, b'\n' | b'\r'))
        .map_or(bytes.len(), |n| start + n)
}

/// Returns the position after the closing quote. An unclosed block string ends with the document,
/// an unclosed simple string with its line; the parser reports the error.
fn string_end(bytes: &[u8], start: usize) -> usize {
    if bytes[start..].starts_with(b"\"\"\"") {
        let mut i = start + 3;
        while i < bytes.len() {
            match &bytes[i..] {
                [b'\\', b'"', b'"', b'"', ..] => i += 4,
                [b'"', b'"', b'"', ..] => return i + 3,
                _ => i += 1,
            }
        }
        return bytes.len();
    }
    let mut i = start + 1;
    while let Some(&byte) = bytes.get(i) {
        match byte {
            b'\\' => i += 2,
            b'"' => return i + 1,
            b'\n' | b'\r' => return i,
            _ => i += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check_with(text: &str, tokens: usize, nesting: usize) -> Result<(), TextExceeded> {
        check(text, TextLimits { bytes: 1 << 20, tokens, nesting })
    }

    #[test]
    fn tokens_count_without_comments_commas_and_blanks() {
        let text = "query Q($a: Int = -1.5e+3) { # {{{ \n a(b: \"}\\\"{\", c: \"\"\"{ \\\"\"\" }\"\"\"), ...F @skip(if: true) }";
        let exact = (1..100).find(|&n| check_with(text, n, 9).is_ok());
        // -1.5e+3 counts as three tokens: "-1", ".", "5e+3". Each dot of a spread counts as one.
        assert_eq!(exact, Some(34));
        assert_eq!(check_with(text, 99, 2), Ok(()));
        assert_eq!(check_with(text, 99, 1), Err(TextExceeded::Nesting(1)));
    }

    #[test]
    fn bombs_of_brackets_and_braces_do_not_pass() {
        let limits = TextLimits::default();
        let brackets = format!("{{__type(name:{}{}){{name}}}}", "[".repeat(3000), "]".repeat(3000));
        assert_eq!(check(&brackets, limits), Err(TextExceeded::Nesting(64)));
        assert_eq!(check(&"{a:".repeat(2000), limits), Err(TextExceeded::Nesting(64)));
        assert_eq!(check(&"a ".repeat(10_001), limits), Err(TextExceeded::Tokens(10_000)));
        assert_eq!(check(&" ".repeat(262_145), limits), Err(TextExceeded::Bytes(262_144)));
    }

    proptest! {
        #[test]
        fn it_never_panics(text in "\\PC*") {
            let _ = check(&text, TextLimits::default());
        }

        #[test]
        fn it_never_panics_on_symbols(text in "[\"\\\\{}\\[\\]()#\n a]*") {
            let _ = check(&text, TextLimits::default());
        }
    }
}
