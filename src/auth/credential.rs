//! What the server itself says of an OIDC client; it goes before what the token says.

use super::Papel;
use super::certificate::{Fingerprint, Validity};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// What was read is believed for so long; then nobody gets in.
const VALIDADE: Duration = Duration::from_secs(5);

/// One client: of which tribunal, with which papéis, and for which estruturas it acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credencial {
    pub tribunal: Option<i16>,
    pub papeis: Vec<Papel>,
    /// By repositório and número; none is all of the tribunal.
    pub estruturas: Vec<(i32, String)>,
    pub revogada: bool,
}

/// Every client that is recognised, by `azp`, as last read. Shared by the server's workers.
#[derive(Clone)]
pub struct Credenciais(Arc<RwLock<Foto>>);

struct Foto {
    known: Known,
    lida: Instant,
}

/// All that the server recognises by itself.
#[derive(Debug, Default)]
pub struct Known {
    pub by_azp: HashMap<String, Credencial>,
    /// Whose each certificate is, and when it may be used.
    pub certificates: HashMap<Fingerprint, (String, Validity)>,
}

/// They have not been read for too long.
#[derive(Debug)]
pub struct CredenciaisVelhas;

impl Credenciais {
    pub fn novas(known: Known) -> Self {
        Self(Arc::new(RwLock::new(Foto { known, lida: Instant::now() })))
    }

    /// What was just read stands in the place of what was read before.
    pub fn trocar(&self, known: Known) {
        let mut foto = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *foto = Foto { known, lida: Instant::now() };
    }

    /// None when the token alone says who the client is.
    pub fn de(&self, azp: &str) -> Result<Option<Credencial>, CredenciaisVelhas> {
        self.ask(|known| known.by_azp.get(azp).cloned())
    }

    /// Whose certificate it is, with what the server says of them, and when it may be used.
    pub fn of_certificate(
        &self,
        fingerprint: Fingerprint,
    ) -> Result<Option<(String, Credencial, Validity)>, CredenciaisVelhas> {
        self.ask(|known| {
            let (azp, validity) = known.certificates.get(&fingerprint)?;
            Some((azp.clone(), known.by_azp.get(azp)?.clone(), *validity))
        })
    }

    fn ask<T>(&self, ask: impl FnOnce(&Known) -> T) -> Result<T, CredenciaisVelhas> {
        let foto = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match foto.lida.elapsed() {
            idade if idade > VALIDADE => Err(CredenciaisVelhas),
            _ => Ok(ask(&foto.known)),
        }
    }
}
