//! Months of the trail that are files: their format, what is found in them, and how they leave the
//! database.

mod formato;
mod meses;
mod trilha;
