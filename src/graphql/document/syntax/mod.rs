//! Checks the syntax of a document before the parser builds its tree.
//!
//! apollo-compiler 1 knows the grammar of October 2021. The edition of September 2025 also has
//! descriptions on operations, fragments and variable definitions. This module reads the grammar of
//! the newer edition, reports the first error where it is, and replaces the descriptions by blanks,
//! byte for byte, so that every position stays. It does the same with commas, because
//! apollo-compiler refuses some valid ones.

mod grammar;
mod lexer;

use crate::graphql::document::messages::{Key, Message};
use std::borrow::Cow;

/// The first error of the syntax, and the byte at which it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    pub offset: usize,
    pub message: Message,
}

impl SyntaxError {
    fn new(offset: usize, key: Key, parts: Vec<String>) -> Self {
        Self { offset, message: Message::new(key, parts) }
    }
}

/// The parts of a document that the tree of the parser does not hold.
#[derive(Debug, Default)]
pub struct Syntax {
    /// The spans that the parser must not see.
    blanks: Vec<(usize, usize)>,
    /// Where each description begins, and the definition after it.
    descriptions: Vec<(usize, usize)>,
    /// The start of each field with a selection set, and the position of its opening brace.
    braces: Vec<(usize, usize)>,
}

/// Reads the document. The text must be within the limits of `limits`.
///
/// # Errors
/// The first error.
pub fn read(text: &str) -> Result<Syntax, SyntaxError> {
    grammar::read(text)
}

impl Syntax {
    /// The text for the parser, in which blanks stand for descriptions and commas.
    pub fn blanked<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.blanks.iter().all(|(start, end)| start == end) {
            return text.into();
        }
        let mut bytes = text.as_bytes().to_vec();
        for &(start, end) in &self.blanks {
            for byte in &mut bytes[start..end] {
                if !matches!(byte, b'\n' | b'\r') {
                    *byte = b' ';
                }
            }
        }
        String::from_utf8(bytes).map_or_else(|_| text.into(), Into::into)
    }

    /// Where the definition at `offset` begins, including its description if it has one.
    pub fn with_description(&self, offset: usize) -> usize {
        let described = self.descriptions.iter().find(|(_, definition)| *definition == offset);
        described.map_or(offset, |(start, _)| *start)
    }

    /// The position of the brace that opens the selection set of the field at `offset`, or `offset`
    /// if there is none.
    pub fn brace_of(&self, offset: usize) -> usize {
        let found = self.braces.binary_search_by_key(&offset, |(field, _)| *field);
        found.map_or(offset, |index| self.braces[index].1)
    }
}

#[cfg(test)]
mod tests;
