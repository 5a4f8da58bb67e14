//! Use cases of the Tramita: sends, the steps of a trâmite, its files, the inheritance of an NRE,
//! and expiry.

mod componentes;
mod envio;
mod heranca;
mod parts;
mod steps;
mod prazo;

pub use componentes::{Downloadable, ReceivedComponente, downloadable, forget};
pub use envio::{Enviado, VerifiedEnvio, verify};
pub use heranca::Vinculado;
pub use parts::{Assembly, assembly};
pub use prazo::expire;
pub use steps::StepTaken;
