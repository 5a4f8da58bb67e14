//! Section `[assinaturas]`.

use serde::Deserialize;

/// Limits of WebSockets and event streams: section `[assinaturas]` of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Assinaturas {
    /// Segundos que um WebSocket tem para mandar `connection_init`.
    pub espera_init: u16,
    /// Operações ao mesmo tempo num WebSocket.
    pub operacoes_por_conexao: usize,
    /// WebSockets e SSE ao mesmo tempo de uma credencial.
    pub conexoes_por_credencial: u32,
    /// Segundos que um cliente pode ficar sem ler o que lhe é enviado.
    pub envio_parado: u16,
}

impl Default for Assinaturas {
    fn default() -> Self {
        Self {
            espera_init: 10,
            operacoes_por_conexao: 50,
            conexoes_por_credencial: 100,
            envio_parado: 10,
        }
    }
}
