//! Public RSA keys: the forms in which they are written, and the check of what they signed.

use super::pem;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, RSAKeyParameters, RSAKeyType};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use x509_cert::Certificate;
use x509_cert::der::asn1::UintRef;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{self, Decode, Encode, Reader, SliceReader};
use x509_cert::spki::SubjectPublicKeyInfoRef;

/// The shortest modulus that this server trusts.
pub const MIN_BITS: usize = 2048;
const MAX_BITS: usize = 4096;
const MAX_EXPONENT_BITS: usize = 33;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// Modulus and exponent, big-endian and without leading zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RsaPublicKey {
    n: Vec<u8>,
    e: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRsaKey {
    #[error("not a public key")]
    Unreadable,
    #[error("a public key, but not of RSA")]
    OtherKind,
}

impl RsaPublicKey {
    /// Refuses numbers that no RSA key has. The modulus may still be shorter than [`MIN_BITS`].
    pub fn new(n: &[u8], e: &[u8]) -> Result<Self, NoRsaKey> {
        let odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
        let fits = bits(n) <= MAX_BITS && (2..=MAX_EXPONENT_BITS).contains(&bits(e));
        let key = || Self { n: stripped(n).to_vec(), e: stripped(e).to_vec() };
        (odd(n) && odd(e) && fits).then(key).ok_or(NoRsaKey::Unreadable)
    }

    pub fn from_jwk(jwk: &Jwk) -> Result<Self, NoRsaKey> {
        let AlgorithmParameters::RSA(RSAKeyParameters { n, e, .. }) = &jwk.algorithm else {
            return Err(NoRsaKey::OtherKind);
        };
        Self::from_base64(n, e)
    }

    /// Reads the members `n` and `e` of a JWK.
    pub fn from_base64(n: &str, e: &str) -> Result<Self, NoRsaKey> {
        let decode = |text: &str| BASE64.decode(text).map_err(|_| NoRsaKey::Unreadable);
        Self::new(&decode(n)?, &decode(e)?)
    }

    /// Reads a certificate, a SubjectPublicKeyInfo or a PKCS#1 key, in PEM.
    pub fn from_pem(text: &str) -> Result<Self, NoRsaKey> {
        let unreadable = |_| NoRsaKey::Unreadable;
        let (label, der) = pem::decode(text.as_bytes()).ok_or(NoRsaKey::Unreadable)?;
        match label.as_str() {
            "RSA PUBLIC KEY" => Self::from_pkcs1(&der),
            "PUBLIC KEY" => Self::from_spki(&der),
            "CERTIFICATE" => {
                let certificate = Certificate::from_der(&der).map_err(unreadable)?;
                let spki = certificate.tbs_certificate.subject_public_key_info.to_der();
                Self::from_spki(&spki.map_err(unreadable)?)
            }
            _ => Err(NoRsaKey::Unreadable),
        }
    }

    fn from_spki(der: &[u8]) -> Result<Self, NoRsaKey> {
        let spki = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| NoRsaKey::Unreadable)?;
        if spki.algorithm.oid != RSA_ENCRYPTION {
            return Err(NoRsaKey::OtherKind);
        }
        Self::from_pkcs1(spki.subject_public_key.raw_bytes())
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self, NoRsaKey> {
        let read = || -> der::Result<_> {
            let mut reader = SliceReader::new(der)?;
            let numbers =
                reader.sequence(|inner| Ok((UintRef::decode(inner)?, UintRef::decode(inner)?)))?;
            reader.finish(numbers)
        };
        let (n, e) = read().map_err(|_| NoRsaKey::Unreadable)?;
        Self::new(n.as_bytes(), e.as_bytes())
    }

    pub fn bits(&self) -> usize {
        bits(&self.n)
    }

    /// The parameters of the key as a JWK.
    pub fn parameters(&self) -> RSAKeyParameters {
        let (n, e) = (BASE64.encode(&self.n), BASE64.encode(&self.e));
        RSAKeyParameters { key_type: RSAKeyType::RSA, n, e }
    }

    /// Whether this is the signature of `message` by SHA256withRSA (PKCS#1 v1.5).
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = RsaPublicKeyComponents { n: &self.n, e: &self.e };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }
}

/// The number without the zeros before it.
pub fn stripped(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// The length of a number in bits.
pub fn bits(number: &[u8]) -> usize {
    let number = stripped(number);
    let unused = number.first().map_or(0, |byte| byte.leading_zeros() as usize);
    number.len() * 8 - unused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_counts_from_the_highest_bit() {
        for (number, length) in
            [(&[][..], 0), (&[0, 0], 0), (&[1], 1), (&[0, 3], 2), (&[0x80], 8), (&[1, 0, 1], 17)]
        {
            assert_eq!(bits(number), length, "{number:?}");
        }
    }

    #[test]
    fn numbers_of_no_rsa_key_are_refused() {
        let n = [0xFF; 256];
        assert_eq!(RsaPublicKey::new(&n, &[1, 0, 1]).map(|key| key.bits()), Ok(2048));
        assert_eq!(
            RsaPublicKey::new(&[&[0, 0], &n[..]].concat(), &[0, 1, 0, 1]),
            RsaPublicKey::new(&n, &[1, 0, 1])
        );
        for (n, e) in [
            (&n[..], &[][..]),
            (&n, &[1]),
            (&n, &[1, 0]),
            (&n, &[4, 0, 0, 0, 1]),
            (&[], &[1, 0, 1]),
            (&[0xFE; 256], &[1, 0, 1]),
            (&[0xFF; 513], &[1, 0, 1]),
        ] {
            assert_eq!(RsaPublicKey::new(n, e), Err(NoRsaKey::Unreadable), "{e:?}");
        }
    }
}
