//! The files of a trâmite over HTTP: the remetente uploads them by ticket, and the destinatário
//! downloads them, whole or in parts. Neither direction holds a whole file, or a whole part of one,
//! in memory.

pub mod download;
pub mod upload;
mod form;
mod file_key;
pub mod parts;
mod reader;
