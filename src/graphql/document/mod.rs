//! What happens to a document before it is executed; `preparar` tells the whole way.

mod cost;
mod scalars;
mod schema;
mod limits;
mod messages;
mod normalize;
pub mod persisted;
mod position;
pub mod prepare;
mod validation;
mod expansion;
mod convert;
mod validate;
mod variables;

pub use cost::{CabeCom, CustoExcedido, Esqueleto};
pub use expansion::Excesso as Tamanho;
pub use normalize::{Booleanos, Recusado as NaoNormalizado, normalizar};
pub use schema::{Esquema, EsquemaInvalido};
pub use validate::{ErroNoDocumento, Invalido, Opcoes, validar};
pub use variables::VariavelInvalida;
