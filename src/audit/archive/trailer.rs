//! The end of an archive: its totals and its signature.

use super::finding::Defect;
use super::line::End;
use super::signature::{PublicKey, thumbprint};
use jsonwebtoken::jwk::Jwk;

#[derive(Default)]
pub struct Trailer {
    /// The totals, and the signed bytes of their line. `None` until they are read.
    totals: Option<(End, Vec<u8>)>,
    signed: bool,
}

impl Trailer {
    pub fn begin(&mut self, end: End, text: &[u8]) {
        self.totals = Some((end, text.to_vec()));
    }

    pub const fn begun(&self) -> bool {
        self.totals.is_some()
    }

    /// Whether the signature was read. Nothing may follow it.
    pub const fn ended(&self) -> bool {
        self.signed
    }

    /// Verifies the signature with the key that the archive names and, if `keys` is not empty, with
    /// at least one of them. Returns the defect, if there is one.
    pub fn check(&mut self, jws: &str, keys: &[PublicKey]) -> Option<Defect> {
        self.signed = true;
        let (end, text) = self.totals.as_ref()?;
        let jwk: Option<Jwk> = serde_json::from_value(end.chave.clone()).ok();
        let own = jwk.as_ref().and_then(PublicKey::from_jwk);
        let holds = own.is_some_and(|own| own.verify(jws, text))
            && jwk.as_ref().and_then(thumbprint).as_ref() == Some(&end.impressao);
        if !holds {
            return Some(Defect::Signature);
        }
        let accepted = keys.is_empty() || keys.iter().any(|key| key.verify(jws, text));
        (!accepted).then_some(Defect::OtherKey)
    }

    pub fn key(&self) -> Option<String> {
        self.totals.as_ref().map(|(end, _)| end.impressao.clone())
    }
}
