//! The issuer's public keys, fetched over HTTP and kept.

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use std::collections::HashMap;
use std::io::Read;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

const CORPO_MAXIMO: u64 = 256 * 1024;
const TEMPO_MAXIMO: Duration = Duration::from_secs(5);
/// A `kid` that nobody knows must not let any caller hammer the issuer.
const ENTRE_BUSCAS: Duration = Duration::from_secs(10);
/// Until the first answer the issuer is asked more often: nobody gets in without it.
const ENTRE_PRIMEIRAS_BUSCAS: Duration = Duration::from_secs(1);
const RENOVAR_APOS: Duration = Duration::from_secs(600);

/// Where the keys come from.
#[derive(Debug, Clone)]
pub enum Fonte {
    Url(String),
    Arquivo(std::path::PathBuf),
}

type ChavesPorKid = HashMap<String, Arc<DecodingKey>>;

#[derive(Default)]
struct Guardadas {
    por_kid: ChavesPorKid,
    /// When the set was last read, and when reading was last tried.
    lidas: Option<Instant>,
    tentadas: Option<Instant>,
}

/// A key set that refreshes itself; keys outlive a failed fetch.
pub struct Chaves {
    fonte: Fonte,
    guardadas: RwLock<Guardadas>,
    /// Single flight: who finds it taken waits, and then shares the outcome.
    busca: tokio::sync::Mutex<()>,
}

impl Chaves {
    pub fn novas(fonte: Fonte) -> Self {
        Self { fonte, guardadas: RwLock::default(), busca: tokio::sync::Mutex::new(()) }
    }

    /// The key of this `kid`, if the issuer has it. `Err` when no key set could be had yet.
    pub async fn chave(&self, kid: &str) -> Result<Option<Arc<DecodingKey>>, SemChaves> {
        if let Some(chave) = self.guardada(kid) {
            if self.velhas() {
                self.buscar(kid).await;
            }
            return Ok(Some(chave));
        }
        self.buscar(kid).await;
        match self.guardada(kid) {
            Some(chave) => Ok(Some(chave)),
            None if self.nunca_lidas() => Err(SemChaves),
            None => Ok(None),
        }
    }

    fn guardada(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        let guardadas = self.guardadas.read().unwrap_or_else(PoisonError::into_inner);
        guardadas.por_kid.get(kid).map(Arc::clone)
    }

    fn velhas(&self) -> bool {
        let guardadas = self.guardadas.read().unwrap_or_else(PoisonError::into_inner);
        guardadas.lidas.is_none_or(|quando| quando.elapsed() > RENOVAR_APOS)
            && pode_tentar(&guardadas)
    }

    fn nunca_lidas(&self) -> bool {
        self.guardadas.read().unwrap_or_else(PoisonError::into_inner).lidas.is_none()
    }

    async fn buscar(&self, kid: &str) {
        let _vez = self.busca.lock().await;
        {
            let guardadas = self.guardadas.read().unwrap_or_else(PoisonError::into_inner);
            let chegou = guardadas.por_kid.contains_key(kid)
                && guardadas.lidas.is_some_and(|quando| quando.elapsed() <= RENOVAR_APOS);
            if chegou || !pode_tentar(&guardadas) {
                return;
            }
        }
        let fonte = self.fonte.clone();
        let lidas = tokio::task::spawn_blocking(move || ler(&fonte)).await;
        let mut guardadas = self.guardadas.write().unwrap_or_else(PoisonError::into_inner);
        // Counted from the end of the fetch, so that who waited for it shares its outcome.
        guardadas.tentadas = Some(Instant::now());
        match lidas.map_err(anyhow::Error::from).and_then(|lidas| lidas) {
            Ok(chaves) => {
                tracing::info!(chaves = chaves.len(), "key set read");
                guardadas.por_kid = chaves;
                guardadas.lidas = Some(Instant::now());
            }
            Err(causa) => tracing::warn!(%causa, "key set could not be read; the old keys stay"),
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

/// The signature keys of the source; a set without one is no set.
fn ler(fonte: &Fonte) -> anyhow::Result<ChavesPorKid> {
    let corpo = match fonte {
        Fonte::Arquivo(caminho) => std::fs::read(caminho)?,
        Fonte::Url(url) => {
            let config = ureq::Agent::config_builder()
                .max_redirects(0)
                .timeout_global(Some(TEMPO_MAXIMO))
                .build();
            let mut resposta = ureq::Agent::new_with_config(config).get(url).call()?;
            let mut corpo = Vec::new();
            resposta.body_mut().as_reader().take(CORPO_MAXIMO + 1).read_to_end(&mut corpo)?;
            anyhow::ensure!(corpo.len() as u64 <= CORPO_MAXIMO, "the key set is too large");
            corpo
        }
    };
    let conjunto: JwkSet = serde_json::from_slice(&corpo)?;
    let chaves: ChavesPorKid = conjunto.keys.iter().filter_map(utilizavel).collect();
    anyhow::ensure!(!chaves.is_empty(), "the key set has no key that we can use");
    Ok(chaves)
}

/// A signature key with a name; others in the set are not ours to use.
fn utilizavel(jwk: &Jwk) -> Option<(String, Arc<DecodingKey>)> {
    if matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption)) {
        return None;
    }
    let chave = DecodingKey::from_jwk(jwk).ok()?;
    Some((jwk.common.key_id.clone()?, Arc::new(chave)))
}
