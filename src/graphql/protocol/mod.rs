//! What an operation comes by: bytes to requests, and answers to bytes.

pub mod graphiql;
pub mod http;
pub mod session_registry;
pub mod ws;
