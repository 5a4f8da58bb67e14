//! What happens to a document before it is executed.

pub mod escrita;
pub mod expansao;
pub mod limits;
pub mod raiz;
