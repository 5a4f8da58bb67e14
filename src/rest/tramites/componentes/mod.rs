//! The files of a trâmite on the wire: taken by ticket, given to the destinatário.
//! Neither way is a file ever whole in memory.

pub mod baixar;
pub mod enviar;
mod formulario;
