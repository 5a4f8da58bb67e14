//! Use cases of the Tramita: sends, the steps of a trâmite, and its end by time.

mod componentes;
mod envio;
mod heranca;
mod partes;
mod passos;
mod prazo;

pub use componentes::{Baixavel, ComponenteRecebido, baixavel, esquecer};
pub use envio::{Enviado, Verificado, verificar};
pub use heranca::Vinculado;
pub use partes::{Montagem, montagem};
pub use passos::Passado;
pub use prazo::expirar;
