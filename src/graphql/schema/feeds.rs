//! Subscriptions: the operation is run once for each row of its feed.
//!
//! At the opening nothing is resolved: the field only notes what is asked, in a
//! [`Passagem`]. Then, for each row that comes, the whole operation runs with loaders of
//! its own, and the field gives that row. Run once for all, it would show every later
//! event with the processo as the first one had found it.

use crate::db::Sessao;
use crate::db::feed::{Lugar, Trecho};
use crate::error::{Error, Falha};
use crate::evento::Evento;
use crate::evento::store::Alteracoes;
use crate::tramite::{self, Tramite};
use crate::value::resource::{Rastreavel, Recurso};
use async_graphql::Context;
use std::sync::{Arc, OnceLock};

/// What is asked of the feeds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Pergunta {
    Alteracoes(Alteracoes),
    TramitesRecebidos,
}

/// A row of one.
#[derive(Clone)]
pub enum Fato {
    Evento(Arc<Evento>),
    Tramite(Arc<Tramite>),
}

/// Subscribers share the read of a row, so each says of itself that it was shown.
impl Rastreavel for Fato {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        match self {
            Self::Evento(evento) => evento.rastrear(recursos),
            Self::Tramite(tramite) => tramite.rastrear(recursos),
        }
    }
}

impl Pergunta {
    pub fn ler(
        &self,
        sessao: &mut Sessao<'_>,
        trecho: Trecho,
    ) -> Result<Vec<(Lugar, Fato)>, Error> {
        Ok(match self {
            Self::Alteracoes(alteracoes) => {
                let linhas = alteracoes.ler(sessao, trecho)?.into_iter();
                linhas.map(|(lugar, evento)| (lugar, Fato::Evento(evento))).collect()
            }
            Self::TramitesRecebidos => {
                let linhas = tramite::store::recebidos(sessao, trecho)?.into_iter();
                linhas.map(|(lugar, tramite)| (lugar, Fato::Tramite(tramite))).collect()
            }
        })
    }
}

/// What goes between a field of `Subscription` and who runs it.
pub enum Passagem {
    Abertura(OnceLock<(Pergunta, Option<Lugar>)>),
    Entrega(Fato),
}

impl Passagem {
    pub fn abertura() -> Self {
        Self::Abertura(OnceLock::new())
    }

    /// Notes what is asked, or gives the row that came.
    pub fn atravessar(
        ctx: &Context<'_>,
        pergunta: Pergunta,
        desde: Option<&str>,
    ) -> Result<Option<Fato>, Error> {
        match &**ctx.data_unchecked::<Arc<Self>>() {
            Self::Entrega(fato) => Ok(Some(fato.clone())),
            Self::Abertura(nota) => {
                let lugar = desde.map(str::parse::<Lugar>).transpose();
                let lugar =
                    lugar.map_err(|erro| Error::falha(Falha::EntradaInvalida, erro.to_string()))?;
                let _ = nota.set((pergunta, lugar));
                Ok(None)
            }
        }
    }
}
