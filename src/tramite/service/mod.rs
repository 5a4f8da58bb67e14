//! Use cases of the Tramita: sends, the steps of a trâmite, and its end by time.

mod envio;
mod passos;
mod prazo;

pub use envio::{Enviado, Verificado, verificar};
pub use passos::Passado;
pub use prazo::expirar;
