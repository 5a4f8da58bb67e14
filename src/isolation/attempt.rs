//! A statement to try, and the outcome that it must have.

use super::probe::{self, Outcome, Statement};
use super::report::{Kind, Report};
use diesel::prelude::*;
use indicatif::ProgressBar;

/// The outcome that an attempt must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The statement fails with SQLSTATE 42501, as it does when the role has no privilege for it.
    Denied,
    /// A missing privilege or a policy refuses the statement, or the policy cannot be evaluated.
    Refused,
    /// The statement is refused, or touches no row.
    Hidden,
    /// The row is visible.
    Shown,
    /// The row is reached, or only a constraint refuses the statement, which PostgreSQL checks after
    /// the policies.
    Reached,
}

impl Expected {
    /// Describes how `outcome` breaks this expectation, or returns `None` if it does not.
    fn broken(self, outcome: &Outcome) -> Option<String> {
        let held = match self {
            Self::Denied => outcome.denied(),
            Self::Refused => outcome.refused(),
            Self::Hidden => outcome.refused() || matches!(outcome, Outcome::Ran { rows: 0, .. }),
            Self::Shown => matches!(outcome, Outcome::Ran { rows: 1.., .. }),
            Self::Reached => match outcome {
                Outcome::Ran { rows, .. } => *rows > 0,
                Outcome::Failed { .. } => outcome.violates_constraint(),
            },
        };
        if held {
            return None;
        }
        Some(match (self, outcome) {
            (Self::Shown | Self::Reached, Outcome::Ran { .. }) => {
                "não alcança a linha que lhe cabe".into()
            }
            (Self::Shown | Self::Reached, Outcome::Failed { state, .. }) => {
                format!("não alcança a linha que lhe cabe ({state})")
            }
            (Self::Denied, Outcome::Ran { rows: 0, .. }) => "tem um direito que não devia".into(),
            (_, Outcome::Ran { rows, .. }) => format!("alcançou {rows} linha(s)"),
            (_, Outcome::Failed { state, .. }) => {
                format!("passou pela segurança de linha e só parou em {state}")
            }
        })
    }
}

pub struct Attempt {
    pub kind: Kind,
    pub what: String,
    pub statement: Statement,
    pub expected: Expected,
}

impl Attempt {
    pub const fn new(kind: Kind, what: String, sql: String, expected: Expected) -> Self {
        Self { kind, what, statement: Statement::new(sql), expected }
    }
}

/// Runs all attempts as the current role, and reports them under the name `role`.
pub fn try_all(
    conn: &mut PgConnection,
    report: &mut Report,
    bar: &ProgressBar,
    role: &str,
    attempts: &[Attempt],
) -> QueryResult<()> {
    let statements: Vec<_> = attempts.iter().map(|attempt| attempt.statement.clone()).collect();
    for (attempt, outcome) in attempts.iter().zip(probe::run(conn, &statements)?) {
        report.count(role, attempt.kind, &attempt.what, attempt.expected.broken(&outcome));
        bar.inc(1);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_expectation_accepts_only_its_outcomes() {
        let ran = |rows| Outcome::Ran { rows, result: None };
        let failed = |state: &str| Outcome::Failed { state: state.into(), message: String::new() };
        for (expected, outcome, holds) in [
            (Expected::Denied, failed("42501"), true),
            (Expected::Denied, ran(0), false),
            (Expected::Denied, failed("22P02"), false),
            (Expected::Refused, failed("22P02"), true),
            (Expected::Refused, failed("23505"), false),
            (Expected::Refused, ran(1), false),
            (Expected::Hidden, ran(0), true),
            (Expected::Hidden, ran(1), false),
            (Expected::Hidden, failed("23503"), false),
            (Expected::Shown, ran(1), true),
            (Expected::Shown, ran(0), false),
            (Expected::Shown, failed("42501"), false),
            (Expected::Reached, failed("23505"), true),
            (Expected::Reached, failed("42501"), false),
            (Expected::Reached, ran(0), false),
            // The statement never came to the row.
            (Expected::Reached, failed("55P03"), false),
            (Expected::Reached, failed("57014"), false),
            (Expected::Reached, failed("40P01"), false),
        ] {
            assert_eq!(expected.broken(&outcome).is_none(), holds, "{expected:?} {outcome:?}");
        }
    }
}
