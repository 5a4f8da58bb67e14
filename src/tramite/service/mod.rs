//! Use cases of the Tramita: sends, the steps of a trâmite, and its end by time.

mod componentes;
mod envio;
mod heranca;
mod parts;
mod steps;
mod prazo;

pub use componentes::{Baixavel, ComponenteRecebido, baixavel, esquecer};
pub use envio::{Enviado, Verificado, verificar};
pub use heranca::Vinculado;
pub use parts::{Montagem, montagem};
pub use prazo::expirar;
pub use steps::Passado;
