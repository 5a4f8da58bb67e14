//! A token issuer for one run. It generates a key, and only the server of this run trusts that key.

use crate::auth::{AuthOptions, KeySource, Papel};
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use uuid::Uuid;

const ISSUER: &str = "https://isolamento.invalid";
const AUDIENCE: &str = "elos";
const KID: &str = "isolamento";
const LIFE_SECONDS: i64 = 900;
/// The PKCS#8 header before the 32 bytes of an Ed25519 key.
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

pub struct Identity {
    key: EncodingKey,
    public: String,
    now: fn() -> DateTime<Utc>,
}

impl Identity {
    pub fn new(now: fn() -> DateTime<Utc>) -> anyhow::Result<Self> {
        let mut der = PKCS8.to_vec();
        der.extend(Uuid::new_v4().as_bytes());
        der.extend(Uuid::new_v4().as_bytes());
        let key = EncodingKey::from_ed_der(&der);
        let mut public = Jwk::from_encoding_key(&key, Algorithm::EdDSA)?;
        public.common.key_id = Some(KID.into());
        let public = serde_json::to_string(&JwkSet { keys: vec![public] })?;
        Ok(Self { key, public, now })
    }

    /// The settings with which the server verifies these tokens, as it does those of any issuer.
    pub fn options(&self) -> AuthOptions {
        let mut options = AuthOptions::new(ISSUER.into(), vec![AUDIENCE.into()]);
        options.source = KeySource::Given(self.public.clone());
        options.algorithms = vec![Algorithm::EdDSA];
        options
    }

    /// A token for a client of one tribunal with every papel that such a client can have.
    pub fn token(&self, tribunal: i16) -> anyhow::Result<String> {
        let now = (self.now)().timestamp();
        let papeis = Papel::ALL.into_iter().filter(|papel| *papel != Papel::Nacional);
        let roles: Vec<_> = papeis.map(Papel::name).collect();
        let client = format!("isolamento-{tribunal}");
        let claims = json!({
            "iss": ISSUER, "sub": client, "azp": client, "aud": AUDIENCE, "iat": now, "exp": now + LIFE_SECONDS,
            "tribunal": tribunal.to_string(), "realm_access": { "roles": roles },
        });
        let header = Header { kid: Some(KID.into()), ..Header::new(Algorithm::EdDSA) };
        Ok(jsonwebtoken::encode(&header, &claims, &self.key)?)
    }
}
