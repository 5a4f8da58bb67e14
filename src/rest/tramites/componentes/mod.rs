//! The files of a trâmite on the wire: taken by ticket, given to the destinatário, whole or in
//! parts. Neither way is a file, or a part of one, ever whole in memory.

pub mod baixar;
pub mod enviar;
mod formulario;
mod named;
pub mod partes;
mod reader;
