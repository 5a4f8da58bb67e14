//! Who is asking, and what they may do.

mod basic;
mod certificate;
mod claims;
mod client_tokens;
mod credential;
mod discovery;
mod exchange;
mod facade;
mod forwarded;
mod guesses;
#[cfg(feature = "dev-issuer")]
pub mod issuer;
mod jwks;
mod jwt;
pub mod pem;
mod refused;
pub mod signer;

pub use certificate::{Certificate, Fingerprint, PeerCertificate, Validity};
pub use claims::{Caminho, CaminhoMalformado};
pub use credential::{Credenciais, Credencial, Known};
pub use facade::{Basic, Caller, FacadeOptions};
pub use jwks::Fonte;
pub use jwt::{Auth, AuthOptions, QuemE, TRIBUNAL};
pub use refused::Recusado;

use crate::error::{Error, Falha};
use std::net::Ipv4Addr;
use std::sync::Arc;

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Papel {
    Auditoria,
    Consulta,
    DadosSensiveis,
    Integracao,
    Nacional,
    Catalogo,
}

impl Papel {
    pub const TODOS: [Self; 6] = [
        Self::Auditoria,
        Self::Consulta,
        Self::DadosSensiveis,
        Self::Integracao,
        Self::Nacional,
        Self::Catalogo,
    ];

    pub const fn nome(self) -> &'static str {
        match self {
            Self::Auditoria => "pse-auditoria",
            Self::Consulta => "pse-consulta",
            Self::DadosSensiveis => "pse-dados-sensiveis",
            Self::Integracao => "pse-integracao",
            Self::Nacional => "pse-nacional",
            Self::Catalogo => "tramita-catalogo",
        }
    }

    /// Shows more than the records of one tribunal as anybody in it may see them: who else saw
    /// them, what is sealed, or those of all.
    pub const fn is_wide(self) -> bool {
        matches!(self, Self::Auditoria | Self::DadosSensiveis | Self::Nacional)
    }

    pub fn de_nome(nome: &str) -> Option<Self> {
        Self::TODOS.into_iter().find(|papel| papel.nome() == nome)
    }
}

/// Whose rows a session may touch: the one argument of both walls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Escopo {
    Tribunal(i16),
    Nacional,
}

impl Escopo {
    /// The tribunal to filter by, if one.
    pub const fn tribunal(self) -> Option<i16> {
        match self {
            Self::Tribunal(codigo) => Some(codigo),
            Self::Nacional => None,
        }
    }
}

/// Whoever calls, as the token says and the server recognises. Cheap to clone; equal to another
/// that is the same credential with the same rights.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ator(Arc<Dados>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Dados {
    sub: String,
    azp: Option<String>,
    credencial: Arc<str>,
    person: Option<String>,
    escopo: Escopo,
    tribunal: Option<i16>,
    papeis: Vec<Papel>,
    estruturas: Vec<(i32, String)>,
}

impl Ator {
    /// Without tribunal and without `pse-nacional` there is nothing to see: 403.
    pub fn novo(
        sub: String,
        azp: Option<String>,
        tribunal: Option<i16>,
        mut papeis: Vec<Papel>,
    ) -> Result<Self, Error> {
        papeis.sort_unstable();
        papeis.dedup();
        let escopo = match tribunal {
            _ if papeis.contains(&Papel::Nacional) => Escopo::Nacional,
            Some(codigo) => Escopo::Tribunal(codigo),
            None => {
                let mensagem = "o token não diz de que tribunal é quem chama";
                return Err(Error::falha(Falha::SemPermissao, mensagem));
            }
        };
        let credencial = match &azp {
            Some(azp) => format!("azp:{azp}").into(),
            None => format!("sub:{sub}").into(),
        };
        let estruturas = Vec::new();
        let person = None;
        let dados = Dados { sub, azp, credencial, person, escopo, tribunal, papeis, estruturas };
        Ok(Self(Arc::new(dados)))
    }

    /// The same, who acts in the Tramita only for these, by repositório and número; for every
    /// one of the tribunal when there are none.
    #[must_use]
    pub fn agindo_por(mut self, estruturas: Vec<(i32, String)>) -> Self {
        Arc::make_mut(&mut self.0).estruturas = estruturas;
        self
    }

    /// The same, who is somebody that signed in, by whatever client.
    #[must_use]
    pub fn of_person(mut self) -> Self {
        let dados = Arc::make_mut(&mut self.0);
        dados.person = Some(format!("person:{}", dados.sub));
        self
    }

    /// By whom what it looks for in vain is counted: a person, or a credential.
    pub fn counted_as(&self) -> &str {
        self.0.person.as_deref().unwrap_or(&self.0.credencial)
    }

    /// Of the estruturas of its tribunal, whether it acts for this one.
    pub fn age_por(&self, repositorio: i32, numero: &str) -> bool {
        let suas = &self.0.estruturas;
        suas.is_empty() || suas.iter().any(|sua| sua.0 == repositorio && sua.1 == numero)
    }

    pub fn sub(&self) -> &str {
        &self.0.sub
    }

    pub fn azp(&self) -> Option<&str> {
        self.0.azp.as_deref()
    }

    /// Who it is to be counted as. Two kinds of client, apart: who has no `azp` is known by `sub`.
    pub fn credencial(&self) -> &str {
        &self.0.credencial
    }

    /// The same, to be kept.
    pub fn shared_credencial(&self) -> Arc<str> {
        Arc::clone(&self.0.credencial)
    }

    pub fn escopo(&self) -> Escopo {
        self.0.escopo
    }

    pub fn tribunal(&self) -> Option<i16> {
        self.0.tribunal
    }

    /// Who is neither allowed more than `outro` nor less.
    pub fn pode_o_mesmo_que(&self, outro: &Self) -> bool {
        let Dados { papeis, escopo, estruturas, .. } = &*self.0;
        *papeis == outro.0.papeis && *escopo == outro.0.escopo && *estruturas == outro.0.estruturas
    }

    /// In alphabetical order, once each.
    pub fn papeis(&self) -> &[Papel] {
        &self.0.papeis
    }

    pub fn tem(&self, papel: Papel) -> bool {
        self.0.papeis.contains(&papel)
    }

    pub fn exige(&self, papel: Papel) -> Result<(), Error> {
        if self.tem(papel) {
            return Ok(());
        }
        let mensagem = format!("a operação exige o papel {}", papel.nome());
        Err(Error::falha(Falha::SemPermissao, mensagem))
    }

    /// The tribunal that a write goes to; a national credential has none.
    pub fn tribunal_de_escrita(&self) -> Result<i16, Error> {
        match self.0.escopo {
            Escopo::Tribunal(codigo) => Ok(codigo),
            Escopo::Nacional => Err(Error::falha(
                Falha::SemPermissao,
                "uma credencial nacional só lê; escreva com a de um tribunal",
            )),
        }
    }
}

/// An address that nobody on the way can answer for.
pub fn url_segura(url: &str) -> bool {
    url.starts_with("https://") || e_loopback(url)
}

/// `http://127.0.0.1:8080/…`, `http://localhost/…` or `http://[::1]/…`, and nothing that only looks so.
pub fn e_loopback(url: &str) -> bool {
    let Some(resto) = url.strip_prefix("http://") else { return false };
    let autoridade = resto.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, porta) = match autoridade.rsplit_once(':') {
        Some((host, porta)) if !porta.contains(']') => (host, porta),
        _ => (autoridade, "80"),
    };
    let host_local = matches!(host, "localhost" | "[::1]")
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback());
    host_local && porta.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_e_loopback_o_que_e() {
        for url in [
            "http://127.0.0.1/x",
            "http://127.0.0.1:80/x",
            "http://localhost:1",
            "http://[::1]/x",
            "http://[::1]:8/x",
        ] {
            assert!(e_loopback(url), "{url}");
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
            assert!(!e_loopback(url), "{url}");
        }
    }
}
