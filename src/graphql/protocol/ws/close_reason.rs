//! The reasons for closing a socket. The codes from 4400 on are those of graphql-transport-ws.

use crate::graphql::protocol::token_watch::SessionEnd;
use actix_ws::{CloseCode, CloseReason};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    Normal,
    ShuttingDown,
    ProtocolError,
    MessageTooBig,
    /// The credential already has the maximum number of sessions.
    TooManyConnections,
    /// The client does not read.
    Stalled,
    /// The server could not check the token.
    CheckUnavailable,
    /// There is no memory or worker for the message.
    Overloaded,
    InvalidMessage,
    NotInitialized,
    Refused,
    TokenExpired,
    CredentialChanged,
    UnacceptableSubprotocol,
    InitTimeout,
    IdInUse,
    AlreadyInitialized,
}

impl Reason {
    /// The close code and the text. Clients reconnect by themselves after 1001, 1013, 4403 and
    /// 4408, and after no other code of the protocol.
    const fn code_and_text(self) -> (u16, &'static str) {
        match self {
            Self::Normal => (1000, ""),
            Self::ShuttingDown => (1001, "o servidor está sendo encerrado; reconecte"),
            Self::ProtocolError => (1002, "erro no protocolo WebSocket"),
            Self::MessageTooBig => {
                (1009, "a mensagem tem mais de 1 MiB ou, antes de connection_ack, de 16 KiB")
            }
            Self::TooManyConnections => {
                (1013, "a credencial já tem todas as conexões que pode ter")
            }
            Self::Stalled => (1013, "o cliente não lê o que pediu; retome com `desde`"),
            Self::CheckUnavailable => (1013, "o token não pôde ser conferido; reconecte"),
            Self::Overloaded => (1013, "o servidor está cheio; reconecte e retome com `desde`"),
            Self::InvalidMessage => (4400, "mensagem inválida"),
            Self::NotInitialized => (4401, "não autenticado: falta connection_init"),
            Self::Refused => (4403, "token ausente, inválido ou sem permissão"),
            Self::TokenExpired => (4403, "token expirado"),
            Self::CredentialChanged => (4403, "credencial revogada ou alterada"),
            Self::UnacceptableSubprotocol => (4406, "use o subprotocolo graphql-transport-ws"),
            Self::InitTimeout => (4408, "connection_init não veio a tempo"),
            Self::IdInUse => (4409, "já há uma operação com este id"),
            Self::AlreadyInitialized => (4429, "connection_init só se manda uma vez"),
        }
    }
}

impl From<Reason> for CloseReason {
    fn from(reason: Reason) -> Self {
        let (code, text) = reason.code_and_text();
        (CloseCode::from(code), text).into()
    }
}

impl From<SessionEnd> for Reason {
    fn from(end: SessionEnd) -> Self {
        match end {
            SessionEnd::TokenExpired => Self::TokenExpired,
            SessionEnd::CredentialChanged => Self::CredentialChanged,
            SessionEnd::CheckUnavailable => Self::CheckUnavailable,
        }
    }
}
