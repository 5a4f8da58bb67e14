//! An attempt: a statement, and what must come of it.

use super::probe::{self, Outcome, Statement};
use super::report::{Kind, Report};
use diesel::prelude::*;
use indicatif::ProgressBar;

/// What must come of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// No right to it.
    Denied,
    /// Refused, whether by a right or by a policy.
    Refused,
    /// Refused, or no row.
    Hidden,
    /// The row is there.
    Shown,
    /// The row is there, or a constraint keeps it: no policy and no right does.
    Reached,
}

impl Rule {
    /// How it was broken, if it was.
    fn broken(self, outcome: &Outcome) -> Option<String> {
        let held = match self {
            Self::Denied => outcome.denied(),
            Self::Refused => outcome.refused(),
            Self::Hidden => outcome.refused() || matches!(outcome, Outcome::Ran { rows: 0, .. }),
            Self::Shown => matches!(outcome, Outcome::Ran { rows: 1.., .. }),
            Self::Reached => match outcome {
                Outcome::Ran { rows, .. } => *rows > 0,
                Outcome::Failed { .. } => !outcome.refused(),
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
    pub rule: Rule,
}

impl Attempt {
    pub const fn new(kind: Kind, what: String, sql: String, rule: Rule) -> Self {
        Self { kind, what, statement: Statement::new(sql), rule }
    }
}

/// Tries all of them as the role that is set, under the name `role`.
pub fn try_all(
    conn: &mut PgConnection,
    report: &mut Report,
    bar: &ProgressBar,
    role: &str,
    attempts: &[Attempt],
) -> QueryResult<()> {
    let statements: Vec<_> = attempts.iter().map(|attempt| attempt.statement.clone()).collect();
    for (attempt, outcome) in attempts.iter().zip(probe::run(conn, &statements)?) {
        report.count(role, attempt.kind, &attempt.what, attempt.rule.broken(&outcome));
        bar.inc(1);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_rule_lets_pass() {
        let ran = |rows| Outcome::Ran { rows, told: None };
        let failed = |state: &str| Outcome::Failed { state: state.into(), message: String::new() };
        for (rule, outcome, holds) in [
            (Rule::Denied, failed("42501"), true),
            (Rule::Denied, ran(0), false),
            (Rule::Denied, failed("22P02"), false),
            (Rule::Refused, failed("22P02"), true),
            (Rule::Refused, failed("23505"), false),
            (Rule::Refused, ran(1), false),
            (Rule::Hidden, ran(0), true),
            (Rule::Hidden, ran(1), false),
            (Rule::Hidden, failed("23503"), false),
            (Rule::Shown, ran(1), true),
            (Rule::Shown, ran(0), false),
            (Rule::Shown, failed("42501"), false),
            (Rule::Reached, failed("23505"), true),
            (Rule::Reached, failed("42501"), false),
            (Rule::Reached, ran(0), false),
        ] {
            assert_eq!(rule.broken(&outcome).is_none(), holds, "{rule:?} {outcome:?}");
        }
    }
}
