//! The signature of an archive: a JSON Web Signature (RS256) with detached content (RFC 7515,
//! appendix F) over the line before it.

use crate::auth::rsa_key::RsaPublicKey;
use crate::auth::signer::Signer;
use anyhow::{Context, bail};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The thumbprint of RFC 7638: the hash of the required members in alphabetical order. Only RSA keys
/// sign archives.
pub fn thumbprint(key: &Jwk) -> Option<String> {
    let AlgorithmParameters::RSA(rsa) = &key.algorithm else { return None };
    let members = json!({ "e": rsa.e, "kty": "RSA", "n": rsa.n }).to_string();
    Some(BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(members)))
}

pub fn sign(signer: &Signer, payload: &[u8]) -> anyhow::Result<String> {
    let kid = thumbprint(signer.public_key()).context("a chave não tem impressão")?;
    let header = json!({ "alg": "RS256", "kid": kid }).to_string();
    let header = BASE64_URL_SAFE_NO_PAD.encode(header);
    let signature = signer.sign(&input(&header, payload))?;
    let signature = BASE64_URL_SAFE_NO_PAD.encode(BASE64_STANDARD.decode(signature)?);
    Ok(format!("{header}..{signature}"))
}

fn input(header: &str, payload: &[u8]) -> String {
    format!("{header}.{}", BASE64_URL_SAFE_NO_PAD.encode(payload))
}

/// A public key that verifies signatures.
pub struct PublicKey(RsaPublicKey);

impl PublicKey {
    pub fn from_jwk(key: &Jwk) -> Option<Self> {
        RsaPublicKey::from_jwk(key).ok().map(Self)
    }

    /// Parses a JWK in JSON or a public RSA key in PEM. Refuses anything else, and a private key in
    /// PEM.
    pub fn from_text(text: &str) -> anyhow::Result<Self> {
        let jwk: Option<Jwk> = serde_json::from_str(text).ok();
        if let Some(key) = jwk.as_ref().and_then(Self::from_jwk) {
            return Ok(key);
        }
        match RsaPublicKey::from_pem(text) {
            Ok(key) if !text.contains("PRIVATE") => Ok(Self(key)),
            _ => bail!("não é uma chave RSA pública, em PEM ou JWK"),
        }
    }

    pub fn verify(&self, jws: &str, payload: &[u8]) -> bool {
        let Some((header, signature)) = jws.split_once("..") else { return false };
        let algorithm = BASE64_URL_SAFE_NO_PAD
            .decode(header)
            .ok()
            .and_then(|header| serde_json::from_slice::<Value>(&header).ok())
            .is_some_and(|header| header["alg"] == "RS256");
        let input = input(header, payload);
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature);
        algorithm && signature.is_ok_and(|signature| self.0.verify(input.as_bytes(), &signature))
    }
}
