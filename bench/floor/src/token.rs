//! The caller, from the bearer token. A signature is verified once; its claims are remembered and
//! used until the token expires.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The most tokens that a worker remembers. Before it remembers another, it forgets all of them.
const REMEMBERED: usize = 10_000;

#[derive(Deserialize)]
struct Claims {
    sub: String,
    azp: String,
    tribunal: String,
    exp: u64,
    realm_access: Roles,
}

#[derive(Deserialize)]
struct Roles {
    roles: Vec<String>,
}

pub struct Caller {
    pub tribunal: i16,
    /// The tribunal as a setting of the session has it.
    pub setting: String,
    pub sub: String,
    pub azp: String,
    reads: bool,
    writes: bool,
    expires: u64,
}

impl Caller {
    pub fn may_read(&self) -> bool {
        self.reads
    }

    pub fn may_write(&self) -> bool {
        self.writes
    }
}

pub struct Verifier {
    key: DecodingKey,
    validation: Validation,
    known: RefCell<HashMap<String, Rc<Caller>>>,
}

impl Verifier {
    pub fn new(jwks: &str, issuer: &str) -> Result<Self, crate::Error> {
        let keys: JwkSet = serde_json::from_str(jwks)?;
        let key = DecodingKey::from_jwk(keys.keys.first().ok_or("the key set is empty")?)?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&["elos"]);
        Ok(Self { key, validation, known: RefCell::default() })
    }

    /// The caller of an `Authorization` header; `None` for a token that is not good.
    pub fn caller(&self, header: &str) -> Option<Rc<Caller>> {
        let token = header.strip_prefix("Bearer ")?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
        if let Some(caller) = self.known.borrow().get(token) {
            return (now < caller.expires).then(|| Rc::clone(caller));
        }
        let claims = decode::<Claims>(token, &self.key, &self.validation).ok()?.claims;
        let (segment, region) = claims.tribunal.split_once('.')?;
        let tribunal =
            segment.parse::<i16>().ok()?.checked_mul(100)?.checked_add(region.parse().ok()?)?;
        let has = |role: &str| claims.realm_access.roles.iter().any(|it| it == role);
        let (reads, writes) = (has("pse-consulta"), has("pse-integracao"));
        let caller = Rc::new(Caller {
            tribunal,
            setting: tribunal.to_string(),
            sub: claims.sub,
            azp: claims.azp,
            reads,
            writes,
            expires: claims.exp,
        });
        let mut known = self.known.borrow_mut();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(token.to_owned(), Rc::clone(&caller));
        Some(caller)
    }
}
