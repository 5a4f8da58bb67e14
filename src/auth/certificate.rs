//! Client certificates: their fingerprint and their validity. The issuer of a certificate does not
//! matter: certificates are registered one by one, and TLS has proved that the client holds the
//! private key.

use crate::value::hexadecimal;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::fmt;
use x509_cert::Certificate as X509;
use x509_cert::der::Decode;
use x509_cert::time::Time;

/// SHA-256 of the DER form of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// Parses 64 hexadecimal digits, with or without colons.
    pub fn read(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b':').collect();
        hexadecimal::decode(&digits).map(Self)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hexadecimal::encode(&self.0))
    }
}

/// The period in which something is valid. Both ends are inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

impl Validity {
    pub fn holds_at(&self, now: DateTime<Utc>) -> bool {
        (self.from..=self.until).contains(&now)
    }
}

/// The parts of a certificate that this server uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub fingerprint: Fingerprint,
    pub validity: Validity,
}

impl Certificate {
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let validity = X509::from_der(der).ok()?.tbs_certificate.validity;
        let from = instant(validity.not_before)?;
        let until = instant(validity.not_after)?;
        Some(Self { fingerprint: Fingerprint::of(der), validity: Validity { from, until } })
    }

    /// Parses the first block of a PEM. `None` when that block is not a certificate.
    pub fn from_pem(text: &[u8]) -> Option<Self> {
        let (label, der) = crate::auth::pem::decode(text)?;
        (label == "CERTIFICATE").then(|| Self::from_der(&der)).flatten()
    }
}

fn instant(time: Time) -> Option<DateTime<Utc>> {
    let seconds = time.to_unix_duration().as_secs();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)
}

/// The certificate that a client showed to this server's own TLS, as DER.
pub struct PeerCertificate(pub Vec<u8>);

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &[u8] = include_bytes!("../catalogo/testdata/certificate.pem");

    #[test]
    fn a_certificate_has_a_fingerprint_and_a_validity() {
        let certificate = Certificate::from_pem(PEM).unwrap();
        let (_, der) = crate::auth::pem::decode(PEM).unwrap();
        assert_eq!(certificate, Certificate::from_der(&der).unwrap());
        let hex = certificate.fingerprint.to_string();
        assert_eq!(Fingerprint::read(&hex), Some(certificate.fingerprint));
        let colons: Vec<_> =
            hex.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).unwrap()).collect();
        let colons = colons.join(":").to_uppercase();
        assert_eq!(Fingerprint::read(&colons), Some(certificate.fingerprint));
        let Validity { from, until } = certificate.validity;
        assert!(certificate.validity.holds_at(from) && certificate.validity.holds_at(until));
        assert!(!certificate.validity.holds_at(until + chrono::Duration::seconds(1)));
        assert!(!certificate.validity.holds_at(from - chrono::Duration::seconds(1)));
    }

    #[test]
    fn other_bytes_are_not_a_certificate() {
        let (_, der) = crate::auth::pem::decode(PEM).unwrap();
        assert_eq!(Certificate::from_der(&der[..100]), None);
        assert_eq!(Certificate::from_pem(b"x"), None);
        let key = include_bytes!("../catalogo/testdata/public.pem");
        assert_eq!(Certificate::from_pem(key), None);
        for text in ["", "ab", &"g".repeat(64), &"a".repeat(63), &"é".repeat(32)] {
            assert_eq!(Fingerprint::read(text), None, "{text}");
        }
    }
}
