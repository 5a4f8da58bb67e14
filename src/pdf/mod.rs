//! Documents to be printed: A4 pages with embedded fonts, the same bytes for the same contents. No
//! clock and no random id goes into them.
//!
//! `font.rs` knows glyphs, `paper.rs` draws on pages and writes the file, `flow.rs` puts sections,
//! fields and long texts in their places. None of them knows what a document is about.

mod flow;
mod font;
mod paper;

pub use flow::{Document, Field, Section};

use crate::error::Error;

/// What went wrong, which no client can mend.
fn broken(error: impl std::fmt::Display) -> Error {
    Error::interno(anyhow::anyhow!("a document could not be made: {error}"))
}
