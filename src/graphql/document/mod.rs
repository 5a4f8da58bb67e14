//! What happens to a document before it is executed.

pub mod limits;
