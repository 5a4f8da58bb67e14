//! Reads the tokens of a document (§2.1 of the specification), with the positions of its errors.

use super::SyntaxError;
use crate::graphql::document::messages::Key;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One of `! $ & ( ) : = @ [ ] { | }`.
    Punctuator(u8),
    Spread,
    Name,
    Int,
    Float,
    String,
    BlockString,
    End,
}

/// A token, with the bytes at which it begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

type Read<T> = Result<T, SyntaxError>;

/// Reads the token after `position`, without the blanks and comments before it.
pub fn next(text: &str, mut position: usize) -> Read<Token> {
    let bytes = text.as_bytes();
    loop {
        match bytes.get(position) {
            None => return Ok(Token { kind: Kind::End, start: bytes.len(), end: bytes.len() }),
            Some(b' ' | b'\t' | b'\n' | b'\r' | b',') => position += 1,
            Some(0xEF) if text[position..].starts_with('\u{FEFF}') => position += 3,
            Some(b'#') => {
                let rest = bytes[position..].iter();
                position += rest.take_while(|b| !matches!(b, b'\n' | b'\r')).count();
            }
            Some(_) => break,
        }
    }
    let start = position;
    let token = |kind, end| Ok(Token { kind, start, end });
    let first = bytes[start];
    match first {
        b'!' | b'$' | b'&' | b'(' | b')' | b':' | b'=' | b'@' | b'[' | b']' | b'{' | b'|'
        | b'}' => token(Kind::Punctuator(first), start + 1),
        b'.' if bytes[start..].starts_with(b"...") => token(Kind::Spread, start + 3),
        b'"' if bytes[start..].starts_with(b"\"\"\"") => {
            token(Kind::BlockString, block_string(text, start)?)
        }
        b'"' => token(Kind::String, string(text, start)?),
        b'-' | b'0'..=b'9' => {
            let (kind, end) = number(text, start)?;
            token(kind, end)
        }
        _ if is_name_start(Some(&first)) => token(Kind::Name, name_end(bytes, start)),
        _ => Err(unexpected_character(text, start)),
    }
}

fn unexpected_character(text: &str, position: usize) -> SyntaxError {
    SyntaxError::new(position, Key::UnexpectedCharacter, vec![character(text, position)])
}

/// The character at a position, for a message.
fn character(text: &str, position: usize) -> String {
    match text[position..].chars().next() {
        None => "<EOF>".to_owned(),
        Some(c @ ' '..='~') => format!("`{c}`"),
        Some(c) => format!("U+{:04X}", u32::from(c)),
    }
}

fn is_name_start(byte: Option<&u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
}

fn name_end(bytes: &[u8], start: usize) -> usize {
    let rest = bytes[start..].iter();
    start + rest.take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
}

fn number(text: &str, start: usize) -> Read<(Kind, usize)> {
    let bytes = text.as_bytes();
    let invalid = |position: usize| {
        SyntaxError::new(position, Key::InvalidNumber, vec![character(text, position)])
    };
    let digits = |position: usize| match bytes.get(position) {
        Some(b'0'..=b'9') => {
            let rest = bytes[position..].iter();
            Ok(position + rest.take_while(|byte| byte.is_ascii_digit()).count())
        }
        _ => Err(invalid(position)),
    };
    let mut position = start + usize::from(bytes[start] == b'-');
    let mut kind = Kind::Int;
    if bytes.get(position) == Some(&b'0') {
        position += 1;
        if bytes.get(position).is_some_and(u8::is_ascii_digit) {
            return Err(invalid(position));
        }
    } else {
        position = digits(position)?;
    }
    if bytes.get(position) == Some(&b'.') {
        kind = Kind::Float;
        position = digits(position + 1)?;
    }
    if matches!(bytes.get(position), Some(b'e' | b'E')) {
        kind = Kind::Float;
        position += 1;
        position += usize::from(matches!(bytes.get(position), Some(b'+' | b'-')));
        position = digits(position)?;
    }
    // Neither a name nor a dot may follow a number directly.
    if bytes.get(position) == Some(&b'.') || is_name_start(bytes.get(position)) {
        return Err(invalid(position));
    }
    Ok((kind, position))
}

fn string(text: &str, start: usize) -> Read<usize> {
    let bytes = text.as_bytes();
    let mut position = start + 1;
    loop {
        match bytes.get(position) {
            Some(b'"') => return Ok(position + 1),
            Some(b'\\') => position += escape(text, position)?,
            None | Some(b'\n' | b'\r') => {
                return Err(SyntaxError::new(position, Key::UnterminatedString, Vec::new()));
            }
            Some(_) => position += 1,
        }
    }
}

/// Returns the length of the escape sequence at a position, in bytes.
fn escape(text: &str, position: usize) -> Read<usize> {
    let bytes = text.as_bytes();
    let invalid = || {
        let sequence: String = text[position..].chars().take(6).collect();
        Err(SyntaxError::new(position, Key::InvalidEscape, vec![sequence]))
    };
    let hexadecimal = |at: usize, length: usize| -> Option<u32> {
        let digits = text.get(at..at + length)?;
        let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        all.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    };
    match bytes.get(position + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
        Some(b'u') if bytes.get(position + 2) == Some(&b'{') => {
            let digits = bytes[position + 3..].iter().take(9);
            let length = digits.take_while(|byte| byte.is_ascii_hexdigit()).count();
            let closed = bytes.get(position + 3 + length) == Some(&b'}');
            match hexadecimal(position + 3, length).and_then(char::from_u32) {
                Some(_) if closed && (1..9).contains(&length) => Ok(length + 4),
                _ => invalid(),
            }
        }
        Some(b'u') => match hexadecimal(position + 2, 4) {
            Some(code) if char::from_u32(code).is_some() => Ok(6),
            // Two surrogates stand for one character.
            Some(0xD800..=0xDBFF) if bytes[position + 6..].starts_with(b"\\u") => {
                match hexadecimal(position + 8, 4) {
                    Some(0xDC00..=0xDFFF) => Ok(12),
                    _ => invalid(),
                }
            }
            _ => invalid(),
        },
        _ => invalid(),
    }
}

fn block_string(text: &str, start: usize) -> Read<usize> {
    let bytes = text.as_bytes();
    let mut position = start + 3;
    while position < bytes.len() {
        match &bytes[position..] {
            [b'\\', b'"', b'"', b'"', ..] => position += 4,
            [b'"', b'"', b'"', ..] => return Ok(position + 3),
            _ => position += 1,
        }
    }
    Err(SyntaxError::new(bytes.len(), Key::UnterminatedString, Vec::new()))
}
