//! What can go wrong, and the one table of what clients see of it.
//!
//! A *recusa* is a domain rule that said no: the client's to fix, data in
//! GraphQL (`erros`), the envelope in REST. A *falha* is everything else that
//! has a public code. What has none is [`Error::Interno`]: logged once, never shown.

mod code;
mod outage;
mod refusal;
mod sentence;

pub use code::{CodigoErro, Falha};
pub use outage::Outage;
pub use refusal::{Divergencia, NoTramita, Recusa};
pub use sentence::sentence;

use std::borrow::Cow;
use std::sync::Arc;

/// Resolvers and services answer with this.
pub type Result<T> = std::result::Result<T, Error>;

/// Any failure, on its way to a client.
///
/// It has no `Display` on purpose: what may be shown is decided where it leaves.
#[derive(Debug, Clone)]
pub enum Error {
    /// Every rule that could be judged and said no; never empty.
    Recusas(Vec<Recusa>),
    Falha(Falha, Cow<'static, str>),
    /// Too much was asked for; in so many seconds it may be asked again.
    Limite {
        segundos: u32,
    },
    /// No place was free in time; in so many seconds there should be one.
    Sobrecarga {
        segundos: u32,
    },
    /// The database cannot do it now, for a reason that its text tells; `db` logs that.
    Outage(Outage, Arc<str>),
    /// Ours. The cause goes to the log, never to the client.
    Interno(Arc<anyhow::Error>),
}

impl Error {
    pub fn falha(falha: Falha, mensagem: impl Into<Cow<'static, str>>) -> Self {
        Self::Falha(falha, mensagem.into())
    }

    pub fn interno(causa: impl Into<anyhow::Error>) -> Self {
        Self::Interno(Arc::new(causa.into()))
    }

    /// What rules said, if it was they.
    pub fn recusas(&self) -> &[Recusa] {
        match self {
            Self::Recusas(recusas) => recusas,
            _ => &[],
        }
    }

    /// The HTTP status: of several refusals what can never succeed (400) comes before
    /// what the present state refuses (409).
    pub fn status(&self) -> u16 {
        match self {
            Self::Recusas(recusas) => recusas.iter().map(|r| r.status).min().unwrap_or(400),
            Self::Falha(falha, _) => falha.status(),
            Self::Limite { .. } => Falha::LimiteDeRequisicoes.status(),
            Self::Sobrecarga { .. } => Falha::Sobrecarregado.status(),
            Self::Outage(..) => Falha::Indisponivel.status(),
            Self::Interno(_) => Falha::Interna.status(),
        }
    }

    /// In how many seconds it is worth trying again, if it is.
    pub const fn esperar(&self) -> Option<u32> {
        match self {
            Self::Limite { segundos } | Self::Sobrecarga { segundos } => Some(*segundos),
            Self::Falha(Falha::Indisponivel, _) | Self::Outage(..) => Some(2),
            _ => None,
        }
    }

    /// The falha to show. Logs, once, what may not leave.
    pub fn publica(&self) -> (Falha, Cow<'static, str>) {
        match self {
            Self::Falha(falha, mensagem) => (*falha, mensagem.clone()),
            Self::Limite { segundos } => {
                let mensagem = format!(
                    "esta credencial pediu objetos demais que não existem; tente de novo em {segundos} s"
                );
                (Falha::LimiteDeRequisicoes, mensagem.into())
            }
            Self::Sobrecarga { segundos } => {
                let mensagem = format!(
                    "o servidor está cheio para esta credencial: há pedidos demais à espera; tente de novo em {segundos} s"
                );
                (Falha::Sobrecarregado, mensagem.into())
            }
            Self::Outage(outage, _) => (Falha::Indisponivel, outage.message().into()),
            // Of a question, which has no payload to tell them in.
            Self::Recusas(recusas) => {
                let textos =
                    recusas.iter().map(|r| format!("{}: {}", r.campo.join("."), r.mensagem));
                (Falha::EntradaInvalida, textos.collect::<Vec<_>>().join("; ").into())
            }
            Self::Interno(causa) => {
                // Without a backtrace: a request that fails again and again would tell it each time.
                tracing::error!(causa = format!("{causa:#}"), "request failed");
                (
                    Falha::Interna,
                    "erro interno; tente de novo e, se persistir, avise o suporte".into(),
                )
            }
        }
    }
}

impl From<Recusa> for Error {
    fn from(recusa: Recusa) -> Self {
        Self::Recusas(vec![recusa])
    }
}

impl From<diesel::result::Error> for Error {
    fn from(causa: diesel::result::Error) -> Self {
        use diesel::result::DatabaseErrorKind::SerializationFailure;
        use diesel::result::Error::DatabaseError;
        match causa {
            DatabaseError(SerializationFailure, _) => {
                Self::falha(Falha::Indisponivel, "outra operação passou à frente; repita o pedido")
            }
            causa => match Outage::of(&causa) {
                Some(outage) => Self::Outage(outage, causa.to_string().into()),
                None => Self::interno(causa),
            },
        }
    }
}
