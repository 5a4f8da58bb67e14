//! A token issuer for one run. It generates a key, and only the server of this run trusts that key.

use crate::auth::signer::jws_input;
use crate::auth::{AuthOptions, KeySource, Papel};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use chrono::{DateTime, Utc};
use jsonwebtoken::Algorithm;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::json;

const ISSUER: &str = "https://isolamento.invalid";
const AUDIENCE: &str = "elos";
const KID: &str = "isolamento";
const LIFE_SECONDS: i64 = 900;

pub struct Identity {
    key: Ed25519KeyPair,
    public: String,
    now: fn() -> DateTime<Utc>,
}

impl Identity {
    pub fn new(now: fn() -> DateTime<Utc>) -> anyhow::Result<Self> {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())?;
        let key = Ed25519KeyPair::from_pkcs8(key.as_ref())?;
        let x = BASE64.encode(key.public_key());
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": KID, "x": x });
        let public = json!({ "keys": [jwk] }).to_string();
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
    pub fn token(&self, tribunal: i16) -> String {
        let now = (self.now)().timestamp();
        let papeis = Papel::ALL.into_iter().filter(|papel| *papel != Papel::Nacional);
        let roles: Vec<_> = papeis.map(Papel::name).collect();
        let client = format!("isolamento-{tribunal}");
        let claims = json!({
            "iss": ISSUER, "sub": client, "azp": client, "aud": AUDIENCE, "iat": now, "exp": now + LIFE_SECONDS,
            "tribunal": tribunal.to_string(), "realm_access": { "roles": roles },
        });
        let input = jws_input(&json!({ "typ": "JWT", "alg": "EdDSA", "kid": KID }), &claims);
        format!("{input}.{}", BASE64.encode(self.key.sign(input.as_bytes())))
    }
}
