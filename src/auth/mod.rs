//! Who is asking, and what they may do.

mod credencial;
#[cfg(feature = "dev-issuer")]
pub mod issuer;
mod jwks;
mod jwt;

pub use credencial::{Credenciais, Credencial};
pub use jwks::Fonte;
pub use jwt::{Auth, AuthOptions, Recusado};

use crate::error::{Error, Falha};
use std::sync::Arc;

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Papel {
    Auditoria,
    Consulta,
    DadosSensiveis,
    Integracao,
    Nacional,
}

impl Papel {
    pub const TODOS: [Self; 5] =
        [Self::Auditoria, Self::Consulta, Self::DadosSensiveis, Self::Integracao, Self::Nacional];

    pub const fn nome(self) -> &'static str {
        match self {
            Self::Auditoria => "pse-auditoria",
            Self::Consulta => "pse-consulta",
            Self::DadosSensiveis => "pse-dados-sensiveis",
            Self::Integracao => "pse-integracao",
            Self::Nacional => "pse-nacional",
        }
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

/// Whoever calls, as the token says and the server recognises. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ator(Arc<Dados>);

#[derive(Debug)]
struct Dados {
    sub: String,
    azp: Option<String>,
    escopo: Escopo,
    tribunal: Option<i16>,
    papeis: Vec<Papel>,
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
        Ok(Self(Arc::new(Dados { sub, azp, escopo, tribunal, papeis })))
    }

    pub fn sub(&self) -> &str {
        &self.0.sub
    }

    pub fn azp(&self) -> Option<&str> {
        self.0.azp.as_deref()
    }

    pub fn escopo(&self) -> Escopo {
        self.0.escopo
    }

    pub fn tribunal(&self) -> Option<i16> {
        self.0.tribunal
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
