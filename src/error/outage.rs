//! Recognizes the errors of PostgreSQL after which the same request may succeed later.
//!
//! Diesel reports a kind for about a dozen error codes. For all other codes, it reports only the
//! text of the error. This module therefore recognizes errors without a kind by their text, in the
//! two languages that the servers of the courts use. With another `lc_messages`, this module
//! recognizes only the errors with a kind, and this server cannot set `lc_messages`, because only a
//! superuser, or a role to which a superuser granted it, may change it. An error without a kind
//! whose text is not in the table below is no outage.

use diesel::result::{DatabaseErrorKind, Error};

/// The reason why the database cannot serve a request. The request itself is never the cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outage {
    /// The server is absent, starting, stopping, or silent: 08xxx, 57P01 to 57P05, too many
    /// connections.
    Unreachable,
    /// A standby, or a server configured to refuse writes: 25006.
    ReadOnly,
    /// The server has no disk space, memory or locks left: 53xxx, except too many connections.
    NoResources,
    /// A prepared statement is out of date, because the tables have changed since, or is unknown,
    /// because another session prepared it: 0A000, 26000.
    StaleStatement,
    /// Somebody, or the recovery of a standby, cancelled the statement. A timeout does not count.
    Cancelled,
}

impl Outage {
    pub const ALL: [Self; 5] = [
        Self::Unreachable,
        Self::ReadOnly,
        Self::NoResources,
        Self::StaleStatement,
        Self::Cancelled,
    ];

    /// The name for logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::ReadOnly => "read only",
            Self::NoResources => "no resources",
            Self::StaleStatement => "stale statement",
            Self::Cancelled => "cancelled",
        }
    }

    /// The text for clients.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Unreachable => "o banco de dados não responde; tente de novo em instantes",
            Self::ReadOnly => {
                "o banco de dados só aceita leituras agora; tente de novo em instantes"
            }
            Self::NoResources => {
                "o banco de dados está sem espaço ou memória; tente de novo em instantes"
            }
            Self::StaleStatement => "o banco de dados mudou durante o pedido; tente de novo",
            Self::Cancelled => "o banco de dados interrompeu o pedido; tente de novo",
        }
    }

    /// Whether the connection that reported the error cannot be used any more.
    pub const fn spoils_connection(self) -> bool {
        matches!(self, Self::Unreachable | Self::ReadOnly | Self::StaleStatement)
    }

    /// Whether all connections opened before the error are equally unusable.
    pub const fn spoils_pool(self) -> bool {
        matches!(self, Self::ReadOnly | Self::StaleStatement)
    }

    /// The outage that this error is a sign of, if any.
    pub fn of(error: &Error) -> Option<Self> {
        let Error::DatabaseError(kind, info) = error else { return None };
        match kind {
            DatabaseErrorKind::ClosedConnection => Some(Self::Unreachable),
            DatabaseErrorKind::ReadOnlyTransaction => Some(Self::ReadOnly),
            DatabaseErrorKind::Unknown => Self::of_text(info.message()),
            _ => None,
        }
    }

    /// The outage that this text of PostgreSQL is a sign of, if any.
    pub fn of_text(text: &str) -> Option<Self> {
        let matching = |(_, signs): &&(Self, &[&str])| has_sign(text, signs);
        TEXTS.iter().find(matching).map(|(outage, _)| *outage)
    }
}

/// Whether the text of an error contains one of the signs. `…` in a sign stands for any text.
pub(super) fn has_sign(text: &str, signs: &[&str]) -> bool {
    signs.iter().any(|sign| sign.split('…').all(|part| text.contains(part)))
}

/// In English and, for most, in Portuguese, as in PostgreSQL's message catalogues. `…` stands for
/// any text.
const TEXTS: [(Outage, &[&str]); 5] = [
    (
        Outage::StaleStatement,
        &[
            "cached plan must not change result type",
            "plano em cache não deve mudar tipo resultante",
            "prepared statement \"…\" does not exist",
            "comando preparado \"…\" não existe",
            "unnamed prepared statement does not exist",
            "comando preparado sem nome não existe",
        ],
    ),
    (
        Outage::Unreachable,
        &[
            "terminating connection",
            "terminando conexão",
            "finalizando conexão",
            "the database system is",
            "o sistema de banco de dados está",
            "too many connections",
            "muitas conexões",
            "too many clients",
            "muitos clientes conectados",
            "remaining connection slots are reserved",
            "server closed the connection unexpectedly",
            "no connection to the server",
        ],
    ),
    (
        Outage::ReadOnly,
        &[
            "read-only transaction",
            "transação somente leitura",
            "during recovery",
            "durante recuperação",
        ],
    ),
    (
        Outage::NoResources,
        &[
            "could not extend file",
            "não pôde estender arquivo",
            "No space left on device",
            "Não há espaço disponível no dispositivo",
            "Disk quota exceeded",
            "out of memory",
            "sem memória",
            "out of shared memory",
            "could not resize shared memory segment",
            "temporary file size exceeds",
            "tamanho de arquivo temporário excede",
            "tamanho do arquivo temporário excede",
        ],
    ),
    (
        Outage::Cancelled,
        &[
            "canceling statement due to user request",
            "cancelando comando por causa de um pedido do usuário",
            "canceling statement due to conflict with recovery",
            "cancelando comando por causa de um conflito com recuperação",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_in_both_languages_are_recognized_and_no_others() {
        for (text, outage) in [
            ("cached plan must not change result type", Some(Outage::StaleStatement)),
            ("prepared statement \"__diesel_stmt_7\" does not exist", Some(Outage::StaleStatement)),
            ("comando preparado \"__diesel_stmt_7\" não existe", Some(Outage::StaleStatement)),
            ("terminating connection due to administrator command", Some(Outage::Unreachable)),
            ("o sistema de banco de dados está iniciando", Some(Outage::Unreachable)),
            (
                "could not extend file \"base/1/2\": No space left on device",
                Some(Outage::NoResources),
            ),
            ("não pôde estender arquivo \"base/1/2\": x", Some(Outage::NoResources)),
            ("cannot execute LISTEN during recovery", Some(Outage::ReadOnly)),
            ("não pode executar LISTEN durante recuperação", Some(Outage::ReadOnly)),
            ("comando preparado sem nome não existe", Some(Outage::StaleStatement)),
            (
                "tamanho do arquivo temporário excede temp_file_limit (1kB)",
                Some(Outage::NoResources),
            ),
            ("canceling statement due to user request", Some(Outage::Cancelled)),
            ("canceling statement due to statement timeout", None),
            ("canceling statement due to lock timeout", None),
            ("duplicate key value violates unique constraint \"x\"", None),
            ("relation \"x\" does not exist", None),
        ] {
            assert_eq!(Outage::of_text(text), outage, "{text}");
        }
    }
}
