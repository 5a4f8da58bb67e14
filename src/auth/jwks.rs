//! The issuer's public keys, fetched over HTTP and kept.

use super::discovery::{Configuration, fetch};
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// A `kid` that nobody knows must not let any caller hammer the issuer.
const ENTRE_BUSCAS: Duration = Duration::from_secs(10);
/// Until the first answer the issuer is asked more often: nobody gets in without it.
const ENTRE_PRIMEIRAS_BUSCAS: Duration = Duration::from_secs(1);
/// In the background: nobody waits for it.
const RENOVAR_APOS: Duration = Duration::from_secs(300);

/// Where the keys come from.
#[derive(Debug, Clone)]
pub enum Fonte {
    /// The issuer's own word: `<issuer>/.well-known/openid-configuration` says where they are.
    Descoberta {
        issuer: String,
        /// By plain HTTP from another machine, whoever is on the way could change them.
        aceita_http: bool,
    },
    Url(String),
    Arquivo(PathBuf),
    /// The set itself, as JSON.
    Given(String),
}

/// A key that verifies signatures.
pub struct Chave {
    pub chave: DecodingKey,
    /// The one algorithm that it is for, if it says so.
    algoritmo: Option<KeyAlgorithm>,
}

impl Chave {
    pub fn serve_a(&self, algoritmo: Algorithm) -> bool {
        self.algoritmo.is_none_or(|dela| dela.to_string() == format!("{algoritmo:?}"))
    }
}

type ChavesPorKid = HashMap<String, Arc<Chave>>;

#[derive(Default)]
struct Guardadas {
    por_kid: ChavesPorKid,
    /// When the set was last read, and when it was last asked for by who had none of its keys.
    lidas: Option<Instant>,
    tentadas: Option<Instant>,
}

/// A key set that refreshes itself; keys outlive a failed fetch. Cheap to clone.
#[derive(Clone)]
pub struct Chaves(Arc<Interno>);

struct Interno {
    fonte: Fonte,
    guardadas: RwLock<Guardadas>,
    /// Single flight: who finds it taken waits, and then shares the outcome.
    busca: tokio::sync::Mutex<()>,
}

impl Chaves {
    pub fn novas(fonte: Fonte) -> Self {
        Self(Arc::new(Interno {
            fonte,
            guardadas: RwLock::default(),
            busca: tokio::sync::Mutex::new(()),
        }))
    }

    /// The key of this `kid`, if the issuer has it. `Err` when no key set could be had yet.
    pub async fn chave(&self, kid: &str) -> Result<Option<Arc<Chave>>, SemChaves> {
        if let Some(chave) = self.guardada(kid) {
            return Ok(Some(chave));
        }
        self.buscar(|guardadas| guardadas.por_kid.contains_key(kid)).await;
        match self.guardada(kid) {
            Some(chave) => Ok(Some(chave)),
            None if !self.tem() => Err(SemChaves),
            None => Ok(None),
        }
    }

    /// The key of this `kid`, of the set that is here.
    pub fn guardada(&self, kid: &str) -> Option<Arc<Chave>> {
        let guardadas = self.0.guardadas.read().unwrap_or_else(PoisonError::into_inner);
        guardadas.por_kid.get(kid).map(Arc::clone)
    }

    /// Reads the set again and again, so that no request waits for it and a key that the
    /// issuer withdrew is not trusted for long. Ends with the last other clone.
    pub fn renovar(&self) {
        let eu = Arc::downgrade(&self.0);
        actix_web::rt::spawn(async move {
            loop {
                let Some(chaves) = eu.upgrade().map(Self) else { return };
                let velhas = chaves.velhas_em();
                if velhas.is_zero() {
                    chaves.buscar(|guardadas| !velhas_as(guardadas)).await;
                }
                let pausa = match chaves.tem() {
                    true => velhas.max(ENTRE_BUSCAS),
                    false => ENTRE_PRIMEIRAS_BUSCAS,
                };
                drop(chaves);
                tokio::time::sleep(pausa).await;
            }
        });
    }

    fn velhas_em(&self) -> Duration {
        let guardadas = self.0.guardadas.read().unwrap_or_else(PoisonError::into_inner);
        guardadas.lidas.map_or(Duration::ZERO, |lidas| RENOVAR_APOS.saturating_sub(lidas.elapsed()))
    }

    /// Whether a key set was ever read: until then no token can be checked.
    pub fn tem(&self) -> bool {
        self.0.guardadas.read().unwrap_or_else(PoisonError::into_inner).lidas.is_some()
    }

    async fn buscar(&self, chegou: impl Fn(&Guardadas) -> bool) {
        let _vez = self.0.busca.lock().await;
        {
            let guardadas = self.0.guardadas.read().unwrap_or_else(PoisonError::into_inner);
            if chegou(&guardadas) || !pode_tentar(&guardadas) {
                return;
            }
        }
        let fonte = self.0.fonte.clone();
        let lidas = tokio::task::spawn_blocking(move || ler(&fonte)).await;
        let mut guardadas = self.0.guardadas.write().unwrap_or_else(PoisonError::into_inner);
        // Counted from the end of the fetch, so that who waited for it shares its outcome. The
        // first one does not count: a key that came since then is let in at once.
        let agora = Instant::now();
        guardadas.tentadas = guardadas.lidas.map(|_| agora);
        match lidas.map_err(anyhow::Error::from).and_then(|lidas| lidas) {
            Ok(chaves) => {
                tracing::info!(chaves = chaves.len(), "key set read");
                guardadas.por_kid = chaves;
                guardadas.lidas = Some(agora);
            }
            Err(causa) => {
                guardadas.tentadas = Some(agora);
                tracing::warn!(%causa, "key set could not be read; the old keys stay");
            }
        }
    }
}

/// No key set was ever read: the issuer is down, not the token wrong.
#[derive(Debug)]
pub struct SemChaves;

fn pode_tentar(guardadas: &Guardadas) -> bool {
    let pausa = if guardadas.lidas.is_some() { ENTRE_BUSCAS } else { ENTRE_PRIMEIRAS_BUSCAS };
    guardadas.tentadas.is_none_or(|quando| quando.elapsed() >= pausa)
}

fn velhas_as(guardadas: &Guardadas) -> bool {
    guardadas.lidas.is_none_or(|lidas| lidas.elapsed() >= RENOVAR_APOS)
}

/// The signature keys of the source; a set without one is no set.
fn ler(fonte: &Fonte) -> anyhow::Result<ChavesPorKid> {
    let corpo = match fonte {
        Fonte::Arquivo(caminho) => std::fs::read(caminho)?,
        Fonte::Given(conjunto) => conjunto.clone().into_bytes(),
        Fonte::Url(url) => fetch(url)?,
        Fonte::Descoberta { issuer, aceita_http } => {
            fetch(&Configuration::of(issuer)?.jwks_uri(*aceita_http)?)?
        }
    };
    let conjunto: JwkSet = serde_json::from_slice(&corpo)?;
    let chaves: ChavesPorKid = conjunto.keys.iter().filter_map(utilizavel).collect();
    anyhow::ensure!(!chaves.is_empty(), "the key set has no key that we can use");
    Ok(chaves)
}

/// A signature key with a name; others in the set are not ours to use.
fn utilizavel(jwk: &Jwk) -> Option<(String, Arc<Chave>)> {
    if matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption)) {
        return None;
    }
    let chave = DecodingKey::from_jwk(jwk).ok()?;
    let algoritmo = jwk.common.key_algorithm;
    Some((jwk.common.key_id.clone()?, Arc::new(Chave { chave, algoritmo })))
}
