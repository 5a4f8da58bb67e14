//! HTTP for both APIs: connections, TLS, origins, request ids, traces and logs, request bodies, and
//! the general semantics of HTTP.

pub mod body;
pub mod connections;
pub mod csp;
pub mod origin;
pub mod request;
pub mod semantics;
pub mod tls;
pub mod trace;
