//! The key with which this server signs receipts and archives.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::errors::Error;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};

/// A private RSA key, and the public key that clients get.
pub struct Signer {
    key: EncodingKey,
    public_key: Jwk,
}

impl Signer {
    /// Reads a private RSA key in PEM (PKCS#1 or PKCS#8).
    pub fn from_pem(pem: &[u8]) -> Result<Self, Error> {
        let key = EncodingKey::from_rsa_pem(pem)?;
        let public_key = Jwk::from_encoding_key(&key, Algorithm::RS256)?;
        Ok(Self { key, public_key })
    }

    /// Signs with SHA256withRSA (PKCS#1 v1.5). Returns base64.
    pub fn sign(&self, text: &str) -> Result<String, Error> {
        let signature = jsonwebtoken::crypto::sign(text.as_bytes(), &self.key, Algorithm::RS256)?;
        Ok(BASE64_STANDARD.encode(BASE64_URL_SAFE_NO_PAD.decode(signature)?))
    }

    /// The key that verifies the signatures.
    pub const fn public_key(&self) -> &Jwk {
        &self.public_key
    }
}
