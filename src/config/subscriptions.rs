//! The section `[assinaturas]` of the file.

use serde::Deserialize;

/// Limits of WebSockets and event streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Subscriptions {
    /// Seconds that a WebSocket has to send `connection_init`.
    #[serde(rename = "espera_init")]
    pub init_timeout: u16,
    /// Concurrent operations on one WebSocket.
    #[serde(rename = "operacoes_por_conexao")]
    pub max_operations: usize,
    /// Concurrent WebSockets and event streams of one credential.
    #[serde(rename = "conexoes_por_credencial")]
    pub max_connections: u32,
    /// Seconds for which a client may leave unread what the server sends.
    #[serde(rename = "envio_parado")]
    pub stall_timeout: u16,
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self { init_timeout: 10, max_operations: 50, max_connections: 100, stall_timeout: 10 }
    }
}
