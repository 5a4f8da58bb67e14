//! The key with which this server signs receipts and archives.
//!
//! ring signs. Its private RSA operation takes the same time whatever the key and the text are, and
//! it checks each result before it gives it out.

use super::pem;
use super::rsa_key::{NoRsaKey, RsaPublicKey};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{AlgorithmParameters, CommonParameters, Jwk, KeyAlgorithm};
use ring::error::{KeyRejected, Unspecified};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::Value;

/// A private RSA key, and the public key that clients get.
pub struct Signer {
    key: RsaKeyPair,
    public_key: Jwk,
}

/// The reason why a key cannot sign.
#[derive(Debug, thiserror::Error)]
pub enum NoSigner {
    #[error("not a private RSA key in PEM (PKCS#1 or PKCS#8)")]
    Unreadable,
    #[error("a private RSA key that cannot sign: {0}")]
    Rejected(#[from] KeyRejected),
    #[error(transparent)]
    Public(#[from] NoRsaKey),
}

impl Signer {
    /// Reads a private RSA key in PEM (PKCS#1 or PKCS#8), of 2048, 3072 or 4096 bits.
    pub fn from_pem(pem: &[u8]) -> Result<Self, NoSigner> {
        match pem::decode(pem) {
            Some((label, der)) if label == "RSA PRIVATE KEY" => Self::from_pkcs1(&der),
            Some((label, der)) if label == "PRIVATE KEY" => {
                Self::new(RsaKeyPair::from_pkcs8(&der)?)
            }
            _ => Err(NoSigner::Unreadable),
        }
    }

    /// Reads a private RSA key in DER (PKCS#1).
    pub fn from_pkcs1(der: &[u8]) -> Result<Self, NoSigner> {
        Self::new(RsaKeyPair::from_der(der)?)
    }

    fn new(key: RsaKeyPair) -> Result<Self, NoSigner> {
        let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(key.public());
        let public_key = Jwk {
            common: CommonParameters {
                key_algorithm: Some(KeyAlgorithm::RS256),
                ..CommonParameters::default()
            },
            algorithm: AlgorithmParameters::RSA(RsaPublicKey::new(&n, &e)?.parameters()),
        };
        Ok(Self { key, public_key })
    }

    /// Signs with SHA256withRSA (PKCS#1 v1.5). Returns base64.
    pub fn sign(&self, text: &str) -> Result<String, Unspecified> {
        Ok(BASE64_STANDARD.encode(self.signature(text.as_bytes())?))
    }

    /// A JSON Web Signature (RS256) in compact form. `header` must name the algorithm.
    pub fn jws(&self, header: &Value, payload: &Value) -> Result<String, Unspecified> {
        let input = jws_input(header, payload);
        let signature = self.signature(input.as_bytes())?;
        Ok(format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
        Ok(signature)
    }

    /// The key that verifies the signatures.
    pub const fn public_key(&self) -> &Jwk {
        &self.public_key
    }
}

/// The text that a JSON Web Signature signs.
pub fn jws_input(header: &Value, payload: &Value) -> String {
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", encode(header), encode(payload))
}

#[cfg(all(test, feature = "dev-issuer"))]
mod tests {
    use super::*;
    use rsa::pkcs1::EncodeRsaPrivateKey;
    use rsa::pkcs8::{EncodePrivateKey, LineEnding};
    use rsa::sha2::{Digest, Sha256};

    /// The scheme gives one signature for a key and a text, so that another implementation says
    /// what ours has to be.
    #[test]
    fn each_form_of_a_key_signs_as_another_implementation_does() {
        let key = rsa::RsaPrivateKey::new(&mut rand::rngs::OsRng, 2048).unwrap();
        let text = "<reciboDeEnvio/>";
        let scheme = rsa::Pkcs1v15Sign::new::<Sha256>();
        let expected = key.sign(scheme, &Sha256::digest(text)).unwrap();
        let (pkcs1, pkcs8) = (
            key.to_pkcs1_pem(LineEnding::LF).unwrap(),
            key.to_pkcs8_pem(LineEnding::CRLF).unwrap(),
        );
        for pem in [pkcs1, pkcs8] {
            let signer = Signer::from_pem(pem.as_bytes()).unwrap();
            assert_eq!(signer.sign(text).unwrap(), BASE64_STANDARD.encode(&expected));
            let public = RsaPublicKey::from_jwk(signer.public_key()).unwrap();
            assert!(public.verify(text.as_bytes(), &expected));
            assert!(!public.verify(b"<reciboDeEnvio />", &expected));
        }
    }

    #[test]
    fn a_key_that_cannot_sign_is_refused() {
        let short = rsa::RsaPrivateKey::new(&mut rand::rngs::OsRng, 1024).unwrap();
        let short = short.to_pkcs8_pem(LineEnding::LF).unwrap();
        assert!(matches!(Signer::from_pem(short.as_bytes()), Err(NoSigner::Rejected(_))));
        let public = include_bytes!("../catalogo/testdata/public.pem");
        for text in [&b""[..], b"x", public] {
            assert!(matches!(Signer::from_pem(text), Err(NoSigner::Unreadable)));
        }
    }
}
