//! What both doors share of HTTP: an id, a span and an end for each request, the bytes of its body,
//! and the connections by which it comes.

pub mod body;
pub mod connections;
pub mod front;
pub mod origin;
pub mod request;
pub mod tls;
