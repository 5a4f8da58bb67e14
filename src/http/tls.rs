//! The server's own TLS. The server reloads its certificate when the files change. A client may
//! present a certificate, which `auth` later looks up among the registered ones.

use anyhow::Context;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, DistinguishedName, ServerConfig,
    SignatureScheme,
};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// Interval at which the files are checked for changes.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// The PEM files with the server's certificate chain and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// The contents of the files.
#[derive(PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// The certificate in force. Cloning is cheap.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    files: CertificateFiles,
    provider: Arc<CryptoProvider>,
    in_force: RwLock<Arc<CertifiedKey>>,
    /// The contents that were last read, whether or not they were usable.
    seen: Mutex<Contents>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// A file cannot be read, or its contents are not usable.
    pub fn read(files: CertificateFiles) -> anyhow::Result<Self> {
        let provider = Arc::new(ring::default_provider());
        let contents = files.read()?;
        let in_force = RwLock::new(Arc::new(contents.certified(&provider)?));
        let seen = Mutex::new(contents);
        Ok(Self(Arc::new(Inner { files, provider, in_force, seen })))
    }

    /// Returns the configuration: TLS 1.2 and 1.3, with an optional client certificate.
    pub fn config(&self) -> anyhow::Result<ServerConfig> {
        let provider = Arc::clone(&self.0.provider);
        let clients = Arc::new(AnyClient(Arc::clone(&provider)));
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_client_cert_verifier(clients)
            .with_cert_resolver(Arc::clone(&self.0) as Arc<dyn ResolvesServerCert>);
        Ok(config)
    }

    /// Checks the files periodically. Usable new contents replace the certificate; unusable ones
    /// are logged, and the old certificate stays. The task ends when all other clones are dropped.
    pub fn watch(&self) {
        let me = Arc::downgrade(&self.0);
        actix_web::rt::spawn(async move {
            loop {
                tokio::time::sleep(CHECK_INTERVAL).await;
                let Some(inner) = me.upgrade() else { return };
                // If the files cannot be read, for example while they are being written, the next
                // check reads them.
                let _ = tokio::task::spawn_blocking(move || inner.check_files()).await;
            }
        });
    }
}

impl Inner {
    fn check_files(&self) {
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
                tracing::info!("the server's certificate was reloaded");
            }
            Err(cause) => {
                tracing::warn!(%cause, "the server's new certificate is not usable; the old one stays in force");
            }
        }
    }
}

impl ResolvesServerCert for Inner {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.in_force.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl CertificateFiles {
    fn read(&self) -> anyhow::Result<Contents> {
        let read = |path: &PathBuf| {
            std::fs::read(path).with_context(|| format!("não foi possível ler {}", path.display()))
        };
        Ok(Contents { certificate: read(&self.certificate)?, key: read(&self.key)? })
    }
}

impl Contents {
    /// Parses the contents. This fails also if the key does not belong to the certificate.
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

/// Implements the methods by which both kinds of verifiers check the signature of a handshake. The
/// verifier is a tuple whose first field is the `CryptoProvider`.
macro_rules! verify_signatures {
    () => {
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
    };
}

/// Accepts any client certificate whose key signs the handshake. `auth` looks the certificate up
/// only when a request comes, because a failed handshake would not tell the client the reason.
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

    verify_signatures!();
}

/// Begins a TLS session with the server on this machine. It accepts any certificate: no certificate
/// is made for a loopback address, and the session carries only a question about readiness.
pub fn client_of_this_machine(ip: IpAddr) -> anyhow::Result<ClientConnection> {
    let provider = Arc::new(ring::default_provider());
    let servers = Arc::new(AnyServer(Arc::clone(&provider)));
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .dangerous()
        .with_custom_certificate_verifier(servers)
        .with_no_client_auth();
    Ok(ClientConnection::new(Arc::new(config), ServerName::from(ip))?)
}

/// Accepts any server certificate whose key signs the handshake.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    verify_signatures!();
}
