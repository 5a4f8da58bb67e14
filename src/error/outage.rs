//! What PostgreSQL says when it cannot do something now that it can do later.
//!
//! Diesel hands on a kind for a dozen error codes and, for all others, a text. So what has no
//! kind is told by its text, in the two languages that servers of the courts speak: one table,
//! below, and no other place knows these texts. A server whose `lc_messages` is another
//! language is understood only where Diesel has a kind; what is not in the table is an internal
//! error, as before. (`lc_messages` is a superuser's setting, so it is not ours to change.)

use diesel::result::{DatabaseErrorKind, Error};

/// Why the database does not serve. None of them is the fault of what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outage {
    /// Not there, starting, stopping, or silent: 08xxx, 57P01 to 57P05, too many connections.
    Unreachable,
    /// A standby, or one that was told to refuse writes: 25006.
    ReadOnly,
    /// No disk, memory or locks left: 53xxx.
    NoResources,
    /// A statement was prepared for tables that have changed, or for another server: 0A000, 26000.
    StaleStatement,
    /// Somebody cancelled it: 57014, but not by our own limit of time.
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

    /// For logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::ReadOnly => "read only",
            Self::NoResources => "no resources",
            Self::StaleStatement => "stale statement",
            Self::Cancelled => "cancelled",
        }
    }

    /// For clients.
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

    /// Whether the connection that told of it is of no use any more.
    pub const fn spoils_connection(self) -> bool {
        matches!(self, Self::Unreachable | Self::ReadOnly | Self::StaleStatement)
    }

    /// Whether all connections that were open then are as bad as this one.
    pub const fn spoils_pool(self) -> bool {
        matches!(self, Self::ReadOnly | Self::StaleStatement)
    }

    /// What this failure is a sign of, if it is.
    pub fn of(error: &Error) -> Option<Self> {
        let Error::DatabaseError(kind, told) = error else { return None };
        match kind {
            DatabaseErrorKind::ClosedConnection => Some(Self::Unreachable),
            DatabaseErrorKind::ReadOnlyTransaction => Some(Self::ReadOnly),
            DatabaseErrorKind::Unknown => Self::of_text(told.message()),
            _ => None,
        }
    }

    /// What a text of PostgreSQL is a sign of, if it is.
    pub fn of_text(text: &str) -> Option<Self> {
        let matching = |(_, signs): &&(Self, &[&str])| {
            signs.iter().any(|sign| sign.split('…').all(|part| text.contains(part)))
        };
        TEXTS.iter().find(matching).map(|(outage, _)| *outage)
    }
}

/// English, then Portuguese, as PostgreSQL's catalogues have them; `…` stands for anything.
const TEXTS: [(Outage, &[&str]); 5] = [
    (
        Outage::StaleStatement,
        &[
            "cached plan must not change result type",
            "plano em cache não deve mudar tipo resultante",
            "prepared statement \"…\" does not exist",
            "comando preparado \"…\" não existe",
            "unnamed prepared statement does not exist",
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
    (Outage::ReadOnly, &["read-only transaction", "transação somente leitura", "during recovery"]),
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
    fn both_languages_are_understood_and_nothing_else_is() {
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
