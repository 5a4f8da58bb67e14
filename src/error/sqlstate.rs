//! The classes of PostgreSQL's error codes (SQLSTATE), for the metrics and the traces.
//!
//! Diesel does not tell the code. It tells a kind for the codes that it knows, and the text of the
//! others.

use super::Outage;
use diesel::result::{DatabaseErrorKind, Error};

/// The class of an error whose text tells none.
const UNKNOWN: &str = "outra";

/// Every class that [`sqlstate_class`] tells.
pub const SQLSTATE_CLASSES: [&str; 9] = ["08", "23", "25", "26", "40", "53", "55", "57", UNKNOWN];

/// Texts of PostgreSQL whose class neither Diesel's kind nor [`Outage`] tells. English, then
/// Portuguese.
const TEXTS: [(&str, &[&str]); 3] = [
    ("40", &["deadlock detected", "impasse detectado"]),
    ("55", &["due to lock timeout", "tempo de espera de bloqueio", "could not obtain lock"]),
    ("57", &["canceling statement due to", "cancelando comando por causa"]),
];

/// Returns the class of the error's code, or `outra` if the error does not tell it. An error that
/// only [`Outage`] recognizes gets one class for each outage, although its code may have another.
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
    let told = |(_, signs): &&(&str, &[&str])| signs.iter().any(|sign| text.contains(sign));
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
            (DatabaseErrorKind::Unknown, "cached plan must not change result type", "26"),
            (DatabaseErrorKind::Unknown, "division by zero", "outra"),
        ] {
            let error = Error::DatabaseError(kind, Box::new(text.to_owned()));
            assert_eq!(sqlstate_class(&error), Some(class), "{text}");
            assert!(SQLSTATE_CLASSES.contains(&class));
        }
        assert_eq!(sqlstate_class(&Error::NotFound), None);
    }
}
