//! Why a socket is closed. Codes of four digits are of graphql-transport-ws.

use crate::graphql::protocol::session_registry::Fim;
use actix_ws::{CloseCode, CloseReason};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motivo {
    Tchau,
    Encerrando,
    ErroDeProtocolo,
    MensagemGrande,
    /// Its credential has all the sockets that it may have.
    ConexoesDemais,
    /// It does not read.
    Parado,
    SemComoConferir,
    /// There is no place for what it sends.
    Cheio,
    MensagemInvalida,
    SemIniciar,
    Recusado,
    TokenExpirado,
    CredencialMudou,
    SubprotocoloInaceitavel,
    DemorouAIniciar,
    IdEmUso,
    JaIniciada,
}

impl Motivo {
    /// With 1001 and 1013 clients come back by themselves; with the others of the
    /// protocol but 4403 and 4408 they do not.
    const fn linha(self) -> (u16, &'static str) {
        match self {
            Self::Tchau => (1000, ""),
            Self::Encerrando => (1001, "o servidor está sendo encerrado; reconecte"),
            Self::ErroDeProtocolo => (1002, "erro no protocolo WebSocket"),
            Self::MensagemGrande => {
                (1009, "a mensagem tem mais de 1 MiB ou, antes de connection_ack, de 16 KiB")
            }
            Self::ConexoesDemais => (1013, "a credencial já tem todas as conexões que pode ter"),
            Self::Parado => (1013, "o cliente não lê o que pediu; retome com `desde`"),
            Self::SemComoConferir => (1013, "o token não pôde ser conferido; reconecte"),
            Self::Cheio => (1013, "o servidor está cheio; reconecte e retome com `desde`"),
            Self::MensagemInvalida => (4400, "mensagem inválida"),
            Self::SemIniciar => (4401, "não autenticado: falta connection_init"),
            Self::Recusado => (4403, "token ausente, inválido ou sem permissão"),
            Self::TokenExpirado => (4403, "token expirado"),
            Self::CredencialMudou => (4403, "credencial revogada ou alterada"),
            Self::SubprotocoloInaceitavel => (4406, "use o subprotocolo graphql-transport-ws"),
            Self::DemorouAIniciar => (4408, "connection_init não veio a tempo"),
            Self::IdEmUso => (4409, "já há uma operação com este id"),
            Self::JaIniciada => (4429, "connection_init só se manda uma vez"),
        }
    }
}

impl From<Motivo> for CloseReason {
    fn from(motivo: Motivo) -> Self {
        let (codigo, texto) = motivo.linha();
        (CloseCode::from(codigo), texto).into()
    }
}

impl From<Fim> for Motivo {
    fn from(fim: Fim) -> Self {
        match fim {
            Fim::TokenExpirado => Self::TokenExpirado,
            Fim::CredencialMudou => Self::CredencialMudou,
            Fim::SemComoConferir => Self::SemComoConferir,
        }
    }
}
