//! The files of a trâmite on the wire: taken by ticket, given to the destinatário, whole or in
//! parts. Neither way is a file, or a part of one, ever whole in memory.

pub mod download;
pub mod upload;
mod form;
mod named;
pub mod parts;
mod reader;
