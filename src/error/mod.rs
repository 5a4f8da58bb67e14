//! Defines all errors and decides which parts of them clients see.
//!
//! A *recusa* ([`Refusal`]) is a domain rule that refuses the request. The client can correct it.
//! It is data in GraphQL (`erros`) and the error envelope in REST. A *falha* ([`Failure`]) is the
//! public code of every other error. The cause of an [`Error::Internal`] has no code of its own:
//! the server logs it, and a client sees only `ERRO_INTERNO`.

mod code;
mod outage;
mod refusal;
mod sentence;
mod sqlstate;

pub use code::{CodigoErro, Failure, RefusalKind, RevealsAbsence};
pub use outage::Outage;
pub use refusal::{FileMismatch, Refusal, TramitaDetails};
pub use sentence::sentence;
pub use sqlstate::{SQLSTATE_CLASSES, sqlstate_class};

use outage::has_sign;
use std::borrow::Cow;
use std::sync::Arc;

/// The result of resolvers and services.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of a request.
///
/// It has no `Display` on purpose: [`Error::public`] decides what a client may see.
#[derive(Debug, Clone)]
pub enum Error {
    /// The refusals of all rules that the server could check, up to a maximum. Never empty.
    Refusals(Vec<Refusal>),
    Failure(Failure, Cow<'static, str>),
    /// The credential asked for too many objects that do not exist or that it may not see. It may
    /// ask again after `seconds`.
    RateLimited {
        seconds: u32,
    },
    /// No permit or memory became free in time. A retry may succeed after `seconds`.
    Overloaded {
        seconds: u32,
    },
    /// The database cannot serve the request now. `db` logs the text, which holds the reason.
    Outage(Outage, Arc<str>),
    /// An error of the server. The cause goes to the log, never to the client.
    Internal(Arc<anyhow::Error>),
}

impl Error {
    pub fn failure(failure: Failure, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Failure(failure, message.into())
    }

    /// The error for an input that cannot be accepted, now or later.
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::failure(Failure::EntradaInvalida, message)
    }

    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::Internal(Arc::new(cause.into()))
    }

    /// The refusals of the rules. Empty for any other error.
    pub fn refusals(&self) -> &[Refusal] {
        match self {
            Self::Refusals(refusals) => refusals,
            _ => &[],
        }
    }

    /// The HTTP status. Among several refusals the lowest wins: an input that can never succeed
    /// (400) comes before one that the current state refuses (409).
    pub fn status(&self) -> u16 {
        match self {
            Self::Refusals(refusals) => refusals.iter().map(|r| r.status).min().unwrap_or(400),
            Self::Failure(failure, _) => failure.status(),
            Self::RateLimited { .. } => Failure::LimiteDeRequisicoes.status(),
            Self::Overloaded { .. } => Failure::Sobrecarregado.status(),
            Self::Outage(..) => Failure::Indisponivel.status(),
            Self::Internal(_) => Failure::Interna.status(),
        }
    }

    /// The number of seconds after which a retry may succeed. `None` when waiting does not help.
    pub const fn retry_after(&self) -> Option<u32> {
        match self {
            Self::RateLimited { seconds } | Self::Overloaded { seconds } => Some(*seconds),
            Self::Failure(Failure::Indisponivel, _) | Self::Outage(..) => Some(2),
            _ => None,
        }
    }

    /// The falha to show. Logs an internal cause, which must not leave the server.
    pub fn log_and_redact(&self) -> (Failure, Cow<'static, str>) {
        match self {
            Self::Failure(failure, message) => (*failure, message.clone()),
            Self::RateLimited { seconds } => {
                let message = format!(
                    "esta credencial pediu objetos demais que não existem; tente de novo em {seconds} s"
                );
                (Failure::LimiteDeRequisicoes, message.into())
            }
            Self::Overloaded { seconds } => {
                let message = format!(
                    "o servidor está cheio para esta credencial: há pedidos demais à espera; tente de novo em {seconds} s"
                );
                (Failure::Sobrecarregado, message.into())
            }
            Self::Outage(outage, _) => (Failure::Indisponivel, outage.message().into()),
            // A rule refused a query. Only mutations have a payload that lists refusals.
            Self::Refusals(refusals) => {
                let texts =
                    refusals.iter().map(|r| format!("{}: {}", r.campo.join("."), r.mensagem));
                (Failure::EntradaInvalida, texts.collect::<Vec<_>>().join("; ").into())
            }
            Self::Internal(cause) => {
                // Do not log a backtrace: a request that fails again and again would repeat it each
                // time.
                tracing::error!(causa = format!("{cause:#}"), "request failed");
                (
                    Failure::Interna,
                    "erro interno; tente de novo e, se persistir, avise o suporte".into(),
                )
            }
        }
    }
}

/// PostgreSQL's messages of a deadlock, in English and Portuguese.
const DEADLOCK: [&str; 2] = ["deadlock detected", "impasse detectado"];
/// PostgreSQL's messages of a lock timeout, in English and Portuguese. The Portuguese one differs
/// from version to version.
const LOCK_TIMEOUT: [&str; 2] = [
    "canceling statement due to lock timeout",
    "cancelando comando por causa do tempo de espera…bloqueio",
];

const OVERTAKEN_ANSWER: &str = "outra operação passou à frente; repita o pedido";

fn overtaken() -> Error {
    Error::failure(Failure::Indisponivel, OVERTAKEN_ANSWER)
}

impl Error {
    /// Whether another transaction overtook this one, so that the same work may succeed now.
    pub fn is_overtaken(&self) -> bool {
        matches!(self, Self::Failure(Failure::Indisponivel, message) if message == OVERTAKEN_ANSWER)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refusals(vec![refusal])
    }
}

impl From<diesel::result::Error> for Error {
    fn from(cause: diesel::result::Error) -> Self {
        use diesel::result::DatabaseErrorKind::SerializationFailure;
        use diesel::result::Error::DatabaseError;
        match cause {
            DatabaseError(SerializationFailure, _) => overtaken(),
            // Diesel has no kind for these. PostgreSQL rolled the transaction back, so a retry is safe.
            DatabaseError(_, info)
                if has_sign(info.message(), &DEADLOCK)
                    || has_sign(info.message(), &LOCK_TIMEOUT) =>
            {
                overtaken()
            }
            cause => match Outage::of(&cause) {
                Some(outage) => Self::Outage(outage, cause.to_string().into()),
                None => Self::internal(cause),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::result::{DatabaseErrorKind, Error as DieselError};

    #[test]
    fn a_transaction_that_waited_for_another_may_be_repeated_whatever_the_language() {
        for (text, overtaken) in [
            ("deadlock detected", true),
            ("impasse detectado", true),
            ("canceling statement due to lock timeout", true),
            ("cancelando comando por causa do tempo de espera (timeout) do bloqueio", true),
            ("canceling statement due to statement timeout", false),
            ("cancelando comando por causa do tempo de espera (timeout) do comando", false),
            ("cancelando comando por causa de um pedido do usuário", false),
        ] {
            let error =
                DieselError::DatabaseError(DatabaseErrorKind::Unknown, Box::new(text.to_owned()));
            assert_eq!(Error::from(error).is_overtaken(), overtaken, "{text}");
        }
    }
}
