//! Conditions on the related rows of a row.

/// A condition on related rows: at least some match a filter, or none does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Related<F> {
    /// A filter, and the minimum number of related rows that match it.
    pub some: Option<(Box<F>, i64)>,
    /// A filter that no related row matches.
    pub none: Option<Box<F>>,
}

impl<F> Default for Related<F> {
    fn default() -> Self {
        Self { some: None, none: None }
    }
}
