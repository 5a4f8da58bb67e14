//! The classes of PostgreSQL's error codes (SQLSTATE), for the metrics and the traces.
//!
//! Diesel does not tell the code. It tells a kind for the codes that it knows, and the text of the
//! others.

use super::outage::has_sign;
use super::{DEADLOCK, LOCK_TIMEOUT, Outage};
use diesel::result::{DatabaseErrorKind, Error};

/// The class of an error whose text tells none.
const UNKNOWN: &str = "outra";

/// Every class that [`sqlstate_class`] tells.
pub const SQLSTATE_CLASSES: [&str; 10] =
    ["08", "0A", "23", "25", "26", "40", "53", "55", "57", UNKNOWN];

/// Texts of PostgreSQL whose class Diesel's kind does not tell, and [`Outage`] does not tell
/// either, or tells wrongly. English, then Portuguese. The first that matches counts.
const TEXTS: [(&str, &[&str]); 7] = [
    ("40", &DEADLOCK),
    ("55", &LOCK_TIMEOUT),
    ("55", &["could not obtain lock", "não pôde obter bloqueio"]),
    ("57", &["canceling statement due to", "cancelando comando por causa"]),
    (
        "0A",
        &[
            "cached plan must not change result type",
            "plano em cache não deve mudar tipo resultante",
        ],
    ),
    (
        "53",
        &[
            "too many connections",
            "muitas conexões",
            "too many clients",
            "muitos clientes conectados",
            "remaining connection slots are reserved",
        ],
    ),
    ("08", &["server closed the connection unexpectedly", "no connection to the server"]),
];

/// Returns the class of the error's code, or `outra` if the error does not tell it. An error whose
/// text only [`Outage`] recognizes gets one class for each outage.
/// `None` if the database did not report the error.
pub fn sqlstate_class(error: &Error) -> Option<&'static str> {
    let Error::DatabaseError(kind, info) = error else { return None };
    Some(match kind {
        DatabaseErrorKind::UniqueViolation
        | DatabaseErrorKind::ForeignKeyViolation
        | DatabaseErrorKind::RestrictViolation
        | DatabaseErrorKind::NotNullViolation
        | DatabaseErrorKind::CheckViolation
        | DatabaseErrorKind::ExclusionViolation => "23",
        DatabaseErrorKind::SerializationFailure => "40",
        DatabaseErrorKind::ReadOnlyTransaction => "25",
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => "08",
        _ => of_text(info.message()),
    })
}

fn of_text(text: &str) -> &'static str {
    let told = |(_, signs): &&(&str, &[&str])| has_sign(text, signs);
    if let Some((class, _)) = TEXTS.iter().find(told) {
        return class;
    }
    match Outage::of_text(text) {
        Some(Outage::Unreachable | Outage::Cancelled) => "57",
        Some(Outage::ReadOnly) => "25",
        Some(Outage::NoResources) => "53",
        Some(Outage::StaleStatement) => "26",
        None => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_has_one_of_the_classes() {
        for (kind, text, class) in [
            (DatabaseErrorKind::UniqueViolation, "duplicate key value", "23"),
            (DatabaseErrorKind::SerializationFailure, "could not serialize access", "40"),
            (DatabaseErrorKind::ClosedConnection, "", "08"),
            (DatabaseErrorKind::Unknown, "deadlock detected", "40"),
            (DatabaseErrorKind::Unknown, "canceling statement due to lock timeout", "55"),
            (DatabaseErrorKind::Unknown, "canceling statement due to statement timeout", "57"),
            (
                DatabaseErrorKind::Unknown,
                "terminating connection due to administrator command",
                "57",
            ),
            (
                DatabaseErrorKind::Unknown,
                "could not extend file \"base/1/2\": No space left on device",
                "53",
            ),
            (DatabaseErrorKind::Unknown, "impasse detectado", "40"),
            (
                DatabaseErrorKind::Unknown,
                "cancelando comando por causa do tempo de espera (timeout) do bloqueio",
                "55",
            ),
            (
                DatabaseErrorKind::Unknown,
                "cancelando comando por causa do tempo de espera (timeout) do comando",
                "57",
            ),
            (DatabaseErrorKind::Unknown, "cached plan must not change result type", "0A"),
            (DatabaseErrorKind::Unknown, "comando preparado \"p\" não existe", "26"),
            (DatabaseErrorKind::Unknown, "sorry, too many clients already", "53"),
            (DatabaseErrorKind::Unknown, "too many connections for role \"app\"", "53"),
            (DatabaseErrorKind::Unknown, "server closed the connection unexpectedly", "08"),
            (DatabaseErrorKind::Unknown, "division by zero", "outra"),
        ] {
            let error = Error::DatabaseError(kind, Box::new(text.to_owned()));
            assert_eq!(sqlstate_class(&error), Some(class), "{text}");
            assert!(SQLSTATE_CLASSES.contains(&class));
        }
        assert_eq!(sqlstate_class(&Error::NotFound), None);
    }
}
