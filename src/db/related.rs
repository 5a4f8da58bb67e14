//! Conditions on the related rows of a row.

/// Conditions on related rows: at least a number of them match a filter, and none matches another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Related<F> {
    /// A filter, and the minimum number of related rows that match it. `None` sets no condition.
    pub some: Option<(Box<F>, i64)>,
    /// A filter that no related row matches. `None` sets no condition.
    pub none: Option<Box<F>>,
}

impl<F> Default for Related<F> {
    fn default() -> Self {
        Self { some: None, none: None }
    }
}
