//! How many may be connected at once.

use std::collections::BTreeSet;
use std::net::IpAddr;

/// Bounds of connections, whoever they turn out to be of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connections {
    pub at_most: usize,
    pub per_address: usize,
    /// From these all clients come, so that only the bound of all counts.
    pub proxies: BTreeSet<IpAddr>,
}

impl Default for Connections {
    fn default() -> Self {
        Self { at_most: 8_192, per_address: 512, proxies: BTreeSet::new() }
    }
}
