//! Authentication and authorization: identifies the caller and determines its rights.

mod basic;
mod certificate;
mod claims;
mod client_tokens;
mod credential;
mod discovery;
mod exchange;
mod tramita;
mod forwarded;
mod secret_attempts;
#[cfg(feature = "dev-issuer")]
pub mod issuer;
mod jwks;
mod jwt;
mod jwt_signatures;
pub mod pem;
mod refused;
pub mod rsa_key;
pub mod signer;

pub use certificate::{Certificate, Fingerprint, PeerCertificate, Validity};
pub use claims::{ClaimPath, MalformedClaimPath};
pub use credential::{Credential, Credentials, Known};
pub use jwks::KeySource;
pub use jwt::{Auth, AuthOptions, ClaimMapping, TRIBUNAL_HEADER};
pub use refused::Refused;
pub use tramita::{Basic, RequestCredentials, TramitaAuthOptions};

use crate::error::{Error, Failure};
use std::net::Ipv4Addr;
use std::sync::Arc;

/// A right that a token or the server's own list of credentials grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Papel {
    Auditoria,
    Consulta,
    DadosSensiveis,
    Integracao,
    Nacional,
    Catalogo,
    /// Sees figures of every tribunal, protected against inference, and no row.
    Estatistica,
}

impl Papel {
    pub const ALL: [Self; 7] = [
        Self::Auditoria,
        Self::Consulta,
        Self::DadosSensiveis,
        Self::Integracao,
        Self::Nacional,
        Self::Catalogo,
        Self::Estatistica,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Auditoria => "pse-auditoria",
            Self::Consulta => "pse-consulta",
            Self::DadosSensiveis => "pse-dados-sensiveis",
            Self::Integracao => "pse-integracao",
            Self::Nacional => "pse-nacional",
            Self::Catalogo => "tramita-catalogo",
            Self::Estatistica => "pse-estatistica",
        }
    }

    /// Whether the papel shows more than any user of one tribunal may see: who read a record,
    /// sensitive or sealed data, or the records or figures of all tribunais.
    pub const fn is_wide(self) -> bool {
        matches!(self, Self::Auditoria | Self::DadosSensiveis | Self::Nacional | Self::Estatistica)
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|papel| papel.name() == name)
    }
}

/// The rows that a database session may touch. Both the row-level security and the queries filter
/// by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    Tribunal(i16),
    Nacional,
    /// No row of any tribunal. The database computes the figures that such a session gets.
    Estatistica,
}

/// The code that a session without rows states. No tribunal and no audit trail has it.
const NO_TRIBUNAL: i16 = -1;

impl Scope {
    /// The tribunal to filter by. `None` for a national scope. A scope without rows filters by a
    /// code that no tribunal has.
    pub const fn tribunal(self) -> Option<i16> {
        match self {
            Self::Tribunal(code) => Some(code),
            Self::Nacional => None,
            Self::Estatistica => Some(NO_TRIBUNAL),
        }
    }
}

/// The authenticated caller, as its token and the server's list of credentials describe it. Cheap
/// to clone. Two actors are equal when both their identities and their rights are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor(Arc<Inner>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Inner {
    sub: String,
    azp: Option<String>,
    credential: Arc<str>,
    person: Option<String>,
    scope: Scope,
    tribunal: Option<i16>,
    papeis: Vec<Papel>,
    estruturas: Vec<(i32, String)>,
}

impl Actor {
    /// An actor with these rights. The papéis are sorted and duplicates removed.
    ///
    /// `pse-estatistica` stands alone: beside another papel it has no effect, because a caller who
    /// also sees rows could subtract them from the protected figures. Alone, it leaves the caller
    /// without a tribunal.
    ///
    /// # Errors
    ///
    /// `SEM_PERMISSAO` (403) without a tribunal, without `pse-nacional` and without
    /// `pse-estatistica` alone, because such a caller can see nothing.
    pub fn new(
        sub: String,
        azp: Option<String>,
        tribunal: Option<i16>,
        mut papeis: Vec<Papel>,
    ) -> Result<Self, Error> {
        papeis.sort_unstable();
        papeis.dedup();
        let figures_only = papeis == [Papel::Estatistica];
        papeis.retain(|papel| figures_only || *papel != Papel::Estatistica);
        let tribunal = tribunal.filter(|_| !figures_only);
        let scope = match tribunal {
            _ if figures_only => Scope::Estatistica,
            _ if papeis.contains(&Papel::Nacional) => Scope::Nacional,
            Some(code) => Scope::Tribunal(code),
            None => {
                let message = "o token não diz de que tribunal é quem chama";
                return Err(Error::failure(Failure::SemPermissao, message));
            }
        };
        let credential = match &azp {
            Some(azp) => format!("azp:{azp}").into(),
            None => format!("sub:{sub}").into(),
        };
        let estruturas = Vec::new();
        let person = None;
        let inner = Inner { sub, azp, credential, person, scope, tribunal, papeis, estruturas };
        Ok(Self(Arc::new(inner)))
    }

    /// Restricts the actor to these estruturas in the Tramita, each given by repositório and
    /// número. An empty list stands for all estruturas of the tribunal.
    #[must_use]
    pub fn acting_for(mut self, estruturas: Vec<(i32, String)>) -> Self {
        Arc::make_mut(&mut self.0).estruturas = estruturas;
        self
    }

    /// Marks the actor as a person who signed in, through any client.
    #[must_use]
    pub fn of_person(mut self) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        inner.person = Some(format!("person:{}", inner.sub));
        self
    }

    /// The key under which the server counts lookups that find nothing: the person, or else the
    /// credential.
    pub fn rate_limit_key(&self) -> &str {
        self.0.person.as_deref().unwrap_or(&self.0.credential)
    }

    /// Whether the actor may act for this estrutura of its own tribunal.
    pub fn acts_for(&self, repositorio: i32, numero: &str) -> bool {
        let own = &self.0.estruturas;
        own.is_empty() || own.iter().any(|one| one.0 == repositorio && one.1 == numero)
    }

    pub fn sub(&self) -> &str {
        &self.0.sub
    }

    pub fn azp(&self) -> Option<&str> {
        self.0.azp.as_deref()
    }

    /// The key under which the server counts the actor's requests. A client with `azp` is known by
    /// it, any other by `sub`; the prefix keeps the two kinds apart.
    pub fn credential(&self) -> &str {
        &self.0.credential
    }

    /// [`Self::credential`] as a shared string, for callers that store it.
    pub fn shared_credential(&self) -> Arc<str> {
        Arc::clone(&self.0.credential)
    }

    pub fn scope(&self) -> Scope {
        self.0.scope
    }

    /// The tribunal that the caller belongs to. `None` only for a national caller or one that sees
    /// figures alone.
    pub fn tribunal(&self) -> Option<i16> {
        self.0.tribunal
    }

    /// Whether both actors have the same papéis, scope and estruturas.
    pub fn has_same_rights_as(&self, other: &Self) -> bool {
        let Inner { papeis, scope, estruturas, .. } = &*self.0;
        *papeis == other.0.papeis && *scope == other.0.scope && *estruturas == other.0.estruturas
    }

    /// The papéis of the actor, sorted and without duplicates.
    pub fn papeis(&self) -> &[Papel] {
        &self.0.papeis
    }

    pub fn has(&self, papel: Papel) -> bool {
        self.0.papeis.contains(&papel)
    }

    pub fn require(&self, papel: Papel) -> Result<(), Error> {
        self.require_one_of(&[papel])
    }

    /// Requires any one of the papéis.
    pub fn require_one_of(&self, papeis: &[Papel]) -> Result<(), Error> {
        if papeis.iter().any(|papel| self.has(*papel)) {
            return Ok(());
        }
        let names: Vec<_> = papeis.iter().map(|papel| papel.name()).collect();
        let message = format!("a operação exige o papel {}", names.join(" ou "));
        Err(Error::failure(Failure::SemPermissao, message))
    }

    /// The tribunal that a write goes to.
    ///
    /// # Errors
    /// `SEM_PERMISSAO` for a national caller or one that sees figures alone: both may only read.
    pub fn write_tribunal(&self) -> Result<i16, Error> {
        match self.0.scope {
            Scope::Tribunal(code) => Ok(code),
            Scope::Nacional | Scope::Estatistica => Err(Error::failure(
                Failure::SemPermissao,
                "uma credencial nacional só lê; escreva com a de um tribunal",
            )),
        }
    }
}

/// Whether nobody between this machine and the server can read or change the traffic to this URL.
pub fn is_secure_url(url: &str) -> bool {
    url.starts_with("https://") || is_loopback(url)
}

/// Whether the URL is `http://127.0.0.1:8080/…`, `http://localhost/…` or `http://[::1]/…`, and does
/// not merely look like one of these.
pub fn is_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (authority, "80"),
    };
    let is_local_host = matches!(host, "localhost" | "[::1]")
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback());
    is_local_host && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_loopback() {
        for url in [
            "http://127.0.0.1/x",
            "http://127.0.0.1:80/x",
            "http://localhost:1",
            "http://[::1]/x",
            "http://[::1]:8/x",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "https://127.0.0.1",
            "http://127.0.0.1:80@evil.example/x",
            "http://[::1]:3@x",
            "http://evil.example",
            "http://127.0.0.1.evil.example",
            "http://localhost@x",
            "http://[::1",
            "http://10.0.0.1/",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
