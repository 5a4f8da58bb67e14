//! The end of an archive: what it says of itself, and its signature.

use super::finding::Defect;
use super::line::End;
use super::signature::{PublicKey, thumbprint};
use jsonwebtoken::jwk::Jwk;

#[derive(Default)]
pub struct Trailer {
    /// What was said, and the bytes that are signed.
    said: Option<(End, Vec<u8>)>,
    signed: bool,
}

impl Trailer {
    pub fn begin(&mut self, end: End, text: &[u8]) {
        self.said = Some((end, text.to_vec()));
    }

    pub const fn begun(&self) -> bool {
        self.said.is_some()
    }

    /// Nothing comes after the signature.
    pub const fn ended(&self) -> bool {
        self.signed
    }

    /// Holds the signature against the key that is said, and against those that are given.
    pub fn check(&mut self, jws: &str, keys: &[PublicKey]) -> Option<Defect> {
        self.signed = true;
        let (end, text) = self.said.as_ref()?;
        let said: Option<Jwk> = serde_json::from_value(end.chave.clone()).ok();
        let own = said.as_ref().and_then(PublicKey::from_jwk);
        let holds = own.is_some_and(|own| own.verify(jws, text))
            && said.as_ref().and_then(thumbprint).as_ref() == Some(&end.impressao);
        if !holds {
            return Some(Defect::Signature);
        }
        let one = keys.is_empty() || keys.iter().any(|key| key.verify(jws, text));
        (!one).then_some(Defect::OtherKey)
    }

    pub fn key(&self) -> Option<String> {
        self.said.as_ref().map(|(end, _)| end.impressao.clone())
    }
}
