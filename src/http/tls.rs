//! The server's own TLS: its certificate is read anew when its files change, and a client may show
//! one of its own, which is then looked for among those that are registered.

use anyhow::Context;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// Where the server's certificate, with those that lead up from it, and its key are: PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What the files hold.
#[derive(PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// The certificate in force. Cheap to clone.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    files: Files,
    provider: Arc<CryptoProvider>,
    in_force: RwLock<Arc<CertifiedKey>>,
    /// What was last looked at, whether or not it served.
    seen: Mutex<Contents>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the files; what they hold must serve.
    pub fn read(files: Files) -> anyhow::Result<Self> {
        let provider = Arc::new(ring::default_provider());
        let contents = files.read()?;
        let in_force = RwLock::new(Arc::new(contents.certified(&provider)?));
        let seen = Mutex::new(contents);
        Ok(Self(Arc::new(Inner { files, provider, in_force, seen })))
    }

    /// TLS 1.2 and 1.3, and a client's certificate if it has one.
    pub fn config(&self) -> anyhow::Result<ServerConfig> {
        let provider = Arc::clone(&self.0.provider);
        let clients = Arc::new(AnyClient(Arc::clone(&provider)));
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_client_cert_verifier(clients)
            .with_cert_resolver(Arc::clone(&self.0) as Arc<dyn ResolvesServerCert>);
        Ok(config)
    }

    /// Looks at the files again and again: what serves takes the place of what was, and what does
    /// not is told and left. Ends with the last other clone.
    pub fn watch(&self) {
        let me = Arc::downgrade(&self.0);
        actix_web::rt::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                let Some(inner) = me.upgrade() else { return };
                // What could not be looked at, while it is being written for example, is looked
                // at the next time.
                let _ = tokio::task::spawn_blocking(move || inner.look()).await;
            }
        });
    }
}

impl Inner {
    fn look(&self) {
        let Ok(found) = self.files.read() else { return };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen != found {
            self.replace(&found);
            *seen = found;
        }
    }

    fn replace(&self, contents: &Contents) {
        match contents.certified(&self.provider) {
            Ok(certified) => {
                *self.in_force.write().unwrap_or_else(PoisonError::into_inner) =
                    Arc::new(certified);
                tracing::info!("the server's certificate was read anew");
            }
            Err(cause) => {
                tracing::warn!(%cause, "the server's new certificate does not serve; the old one stays");
            }
        }
    }
}

impl ResolvesServerCert for Inner {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.in_force.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Files {
    fn read(&self) -> anyhow::Result<Contents> {
        let read = |path: &PathBuf| {
            std::fs::read(path).with_context(|| format!("não foi possível ler {}", path.display()))
        };
        Ok(Contents { certificate: read(&self.certificate)?, key: read(&self.key)? })
    }
}

impl Contents {
    /// Fails also when the key is not the certificate's.
    fn certified(&self, provider: &CryptoProvider) -> anyhow::Result<CertifiedKey> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.certificate).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.context("o certificado do servidor não está em PEM")?;
        let key = PrivateKeyDer::from_pem_slice(&self.key);
        let key = key.ok().context("a chave do servidor não está em PEM, sem senha")?;
        CertifiedKey::from_der(chain, key, provider)
            .context("o certificado e a chave do servidor não servem um ao outro")
    }
}

/// Lets any certificate by whose key the handshake is signed: whose it is, is looked up when a
/// request comes. A handshake that fails would tell the client nothing.
#[derive(Debug)]
struct AnyClient(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
