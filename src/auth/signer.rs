//! The key with which this server signs what it certifies.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::errors::Error;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};

/// An RSA key, and its public half as clients get it.
pub struct Assinante {
    chave: EncodingKey,
    publica: Jwk,
}

impl Assinante {
    /// From a private RSA key in PEM (PKCS#1 or PKCS#8).
    pub fn de_pem(pem: &[u8]) -> Result<Self, Error> {
        let chave = EncodingKey::from_rsa_pem(pem)?;
        let publica = Jwk::from_encoding_key(&chave, Algorithm::RS256)?;
        Ok(Self { chave, publica })
    }

    /// SHA256withRSA (PKCS#1 v1.5), in base64.
    pub fn assinar(&self, texto: &str) -> Result<String, Error> {
        let assinatura =
            jsonwebtoken::crypto::sign(texto.as_bytes(), &self.chave, Algorithm::RS256)?;
        Ok(BASE64_STANDARD.encode(BASE64_URL_SAFE_NO_PAD.decode(assinatura)?))
    }

    /// What the signatures are held against.
    pub const fn chave_publica(&self) -> &Jwk {
        &self.publica
    }
}
