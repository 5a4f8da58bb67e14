//! Printable documents: A4 pages with embedded fonts. The same contents always give the same bytes,
//! because no clock and no random id is used.
//!
//! `font.rs` encodes glyphs, `paper.rs` draws on pages and writes the file, `flow.rs` lays out
//! sections, fields and long texts. None of them knows what a document is about.

mod flow;
mod font;
mod paper;

pub use flow::{Document, Field, Section};

use crate::error::Error;

/// An internal error. The client cannot correct it.
fn broken(error: impl std::fmt::Display) -> Error {
    Error::internal(anyhow::anyhow!("a document could not be made: {error}"))
}
