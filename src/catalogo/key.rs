//! The public key with which a system signs its recibos. Converts a certificate or public key,
//! which an operator registers, to a JWK.

use crate::auth::rsa_key::{MIN_BITS, NoRsaKey, RsaPublicKey};
use serde_json::{Value, json};

/// The reason why an operator cannot register a text as a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoKey {
    #[error("é uma chave privada: mande só a pública, ou o certificado")]
    Private,
    #[error("não é uma chave RSA pública nem um certificado, em PEM, nem um JWK")]
    Unreadable,
    #[error("a chave não é RSA: os recibos se assinam com RSA e SHA-256")]
    NotRsa,
    #[error("a chave tem menos de 2048 bits")]
    Short,
}

/// The public RSA key of a PEM (certificate, SubjectPublicKeyInfo, PKCS#1) or of a JWK, as a JWK.
pub fn read(text: &str) -> Result<Value, NoKey> {
    if text.contains("PRIVATE KEY") {
        return Err(NoKey::Private);
    }
    let key = match serde_json::from_str::<Value>(text) {
        Ok(jwk) => of_jwk(&jwk)?,
        Err(_) => RsaPublicKey::from_pem(text)?,
    };
    if key.bits() < MIN_BITS {
        return Err(NoKey::Short);
    }
    Ok(json!(key.parameters()))
}

fn of_jwk(jwk: &Value) -> Result<RsaPublicKey, NoKey> {
    if jwk.get("d").is_some() {
        return Err(NoKey::Private);
    }
    if jwk["kty"] != "RSA" {
        return Err(NoKey::NotRsa);
    }
    let (n, e) = jwk["n"].as_str().zip(jwk["e"].as_str()).ok_or(NoKey::Unreadable)?;
    Ok(RsaPublicKey::from_base64(n, e)?)
}

impl From<NoRsaKey> for NoKey {
    fn from(reason: NoRsaKey) -> Self {
        match reason {
            NoRsaKey::Unreadable => Self::Unreadable,
            NoRsaKey::OtherKind => Self::NotRsa,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // A certificate made for this test. No system uses its key.
    const CERTIFICATE: &str = include_str!("testdata/certificate.pem");
    const PUBLIC: &str = include_str!("testdata/public.pem");
    const PKCS1: &str = include_str!("testdata/pkcs1.pem");
    const SHORT: &str = include_str!("testdata/short.pem");
    const ELLIPTIC: &str = include_str!("testdata/elliptic.pem");

    #[test]
    fn every_form_of_a_key_gives_the_same_jwk() {
        let key = read(PUBLIC).unwrap();
        assert_eq!(key["kty"], "RSA");
        assert_eq!(read(CERTIFICATE), Ok(key.clone()));
        assert_eq!(read(PKCS1), Ok(key.clone()));
        assert_eq!(read(&key.to_string()), Ok(key.clone()));
        assert_eq!(read(&format!("texto antes\n{PUBLIC}")), Ok(key));
    }

    #[test]
    fn a_key_that_cannot_sign_recibos_is_refused() {
        let mut private = read(PUBLIC).unwrap();
        private["d"] = json!("AQAB");
        for (text, why) in [
            (SHORT, NoKey::Short),
            (ELLIPTIC, NoKey::NotRsa),
            ("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n", NoKey::Private),
            (&private.to_string(), NoKey::Private),
            (r#"{"kty":"EC"}"#, NoKey::NotRsa),
            (r#"{"kty":"RSA","n":"%"}"#, NoKey::Unreadable),
            ("texto", NoKey::Unreadable),
            ("", NoKey::Unreadable),
            (&PUBLIC[..200], NoKey::Unreadable),
        ] {
            assert_eq!(read(text), Err(why), "{text}");
        }
    }
}
