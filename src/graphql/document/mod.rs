//! What happens to a document before it is executed; `preparar` tells the whole way.

mod custo;
mod escalares;
mod esquema;
mod limits;
mod mensagens;
mod normalizar;
mod posicao;
pub mod preparar;
mod regras;
mod tamanho;
mod traduzir;
mod validar;
mod variaveis;

pub use custo::{CabeCom, CustoExcedido, Esqueleto};
pub use esquema::{Esquema, EsquemaInvalido};
pub use normalizar::{Booleanos, Recusado as NaoNormalizado, normalizar};
pub use tamanho::Excesso as Tamanho;
pub use validar::{ErroNoDocumento, Invalido, Opcoes, validar};
pub use variaveis::VariavelInvalida;
