//! An issuer of tokens for one run: its key is made here, verifies nowhere else and is forgotten.

use crate::auth::{AuthOptions, Fonte, Papel};
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use uuid::Uuid;

const ISSUER: &str = "https://isolamento.invalid";
const AUDIENCE: &str = "elos";
const KID: &str = "isolamento";
const LIFE_SECONDS: i64 = 900;
/// What PKCS#8 puts before the 32 bytes of an Ed25519 key.
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

pub struct Identity {
    key: EncodingKey,
    public: String,
    agora: fn() -> DateTime<Utc>,
}

impl Identity {
    pub fn new(agora: fn() -> DateTime<Utc>) -> anyhow::Result<Self> {
        let mut der = PKCS8.to_vec();
        der.extend(Uuid::new_v4().as_bytes());
        der.extend(Uuid::new_v4().as_bytes());
        let key = EncodingKey::from_ed_der(&der);
        let mut public = Jwk::from_encoding_key(&key, Algorithm::EdDSA)?;
        public.common.key_id = Some(KID.into());
        let public = serde_json::to_string(&JwkSet { keys: vec![public] })?;
        Ok(Self { key, public, agora })
    }

    /// How its tokens are verified: as those of any issuer.
    pub fn options(&self) -> AuthOptions {
        let mut options = AuthOptions::novas(ISSUER.into(), vec![AUDIENCE.into()]);
        options.fonte = Fonte::Given(self.public.clone());
        options.algoritmos = vec![Algorithm::EdDSA];
        options
    }

    /// A token of a client that may do all that one of this tribunal may.
    pub fn token(&self, tribunal: i16) -> anyhow::Result<String> {
        let now = (self.agora)().timestamp();
        let papeis = Papel::TODOS.into_iter().filter(|papel| *papel != Papel::Nacional);
        let roles: Vec<_> = papeis.map(Papel::nome).collect();
        let client = format!("isolamento-{tribunal}");
        let claims = json!({
            "iss": ISSUER, "sub": client, "azp": client, "aud": AUDIENCE, "iat": now, "exp": now + LIFE_SECONDS,
            "tribunal": tribunal.to_string(), "realm_access": { "roles": roles },
        });
        let header = Header { kid: Some(KID.into()), ..Header::new(Algorithm::EdDSA) };
        Ok(jsonwebtoken::encode(&header, &claims, &self.key)?)
    }
}
