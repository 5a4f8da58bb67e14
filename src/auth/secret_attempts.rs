//! Limits wrong secrets: for each pair of client and address, and for each address alone.
//! `ClientTokens` does not limit a client whose right secret it remembers.

use crate::value::token_bucket::Buckets;
use std::net::{IpAddr, Ipv6Addr};

/// Maximum number of guesses for one client from one address, in a minute.
const MAX_PER_CLIENT: u32 = 10;
/// Maximum number of guesses from one address for all clients, in a minute.
const MAX_PER_ADDRESS: u32 = 60;

pub struct SecretAttempts {
    by_client: Buckets<(String, Option<IpAddr>)>,
    by_address: Buckets<Option<IpAddr>>,
}

impl Default for SecretAttempts {
    fn default() -> Self {
        Self { by_client: Buckets::new(MAX_PER_CLIENT), by_address: Buckets::new(MAX_PER_ADDRESS) }
    }
}

impl SecretAttempts {
    /// Seconds until one more guess is allowed. `None` when it is allowed now.
    pub fn retry_after(&self, client: &str, address: Option<IpAddr>) -> Option<u32> {
        let address = address.map(network);
        let of_client = self.by_client.retry_after(&(client.to_owned(), address));
        of_client.max(self.by_address.retry_after(&address))
    }

    /// Counts one guess. Call this before the secret is checked, so that concurrent guesses are all
    /// counted.
    pub fn take(&self, client: &str, address: Option<IpAddr>) {
        self.add(client, address, -1.0);
    }

    /// Takes back a guess that was right or could not be checked.
    pub fn give_back(&self, client: &str, address: Option<IpAddr>) {
        self.add(client, address, 1.0);
    }

    fn add(&self, client: &str, address: Option<IpAddr>, more: f64) {
        let address = address.map(network);
        self.by_client.with(&(client.to_owned(), address), |bucket, _| bucket.tokens += more);
        self.by_address.with(&address, |bucket, _| bucket.tokens += more);
    }
}

/// The network of an address. The owner of one IPv6 address usually has the whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_and_its_address_wait_and_others_do_not() {
        let guesses = SecretAttempts::default();
        let address = |text: &str| Some(text.parse().unwrap());
        for _ in 0..MAX_PER_CLIENT {
            assert_eq!(guesses.retry_after("a", address("10.0.0.1")), None);
            guesses.take("a", address("10.0.0.1"));
        }
        assert!(guesses.retry_after("a", address("10.0.0.1")).is_some());
        assert_eq!(guesses.retry_after("b", address("10.0.0.1")), None);
        assert_eq!(guesses.retry_after("a", address("10.0.0.2")), None);
        guesses.give_back("a", address("10.0.0.1"));
        assert_eq!(guesses.retry_after("a", address("10.0.0.1")), None);
    }

    #[test]
    fn an_address_waits_whichever_client_it_names() {
        let guesses = SecretAttempts::default();
        for n in 0..MAX_PER_ADDRESS {
            guesses.take(&format!("c{n}"), Some(format!("2001:db8::{n:x}").parse().unwrap()));
        }
        assert!(guesses.retry_after("other", Some("2001:db8::ffff".parse().unwrap())).is_some());
        assert_eq!(guesses.retry_after("other", Some("2001:db8:1::".parse().unwrap())), None);
    }
}
