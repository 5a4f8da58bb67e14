//! Limits on concurrent connections.

use std::collections::BTreeSet;
use std::net::IpAddr;

/// Limits that apply to all listeners together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionLimits {
    pub max_total: usize,
    pub per_address: usize,
    /// Addresses of reverse proxies. All clients connect through them, so only the limit
    /// `max_total` applies to these addresses.
    pub proxies: BTreeSet<IpAddr>,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { max_total: 8_192, per_address: 512, proxies: BTreeSet::new() }
    }
}
