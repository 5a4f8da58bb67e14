//! Use cases on processos. Each one locks the rows, reads the facts, asks the rules, writes the
//! rows, and records eventos, in one transaction.

mod cadastro;
mod responsaveis;
mod situacao;
mod vinculos;

pub use cadastro::Cadastrado;
pub use vinculos::{Desvinculado, Vinculado};

use super::{NumeroProcesso, Processo, rules, store};
use crate::command::{Context, Effect, Remembered};
use crate::db::Session;
use crate::error::Error;
use crate::value::field;
use crate::value::resource::{HasResources, Resource};
use chrono::{DateTime, Utc};

/// A processo after a change. `changed` is false if the processo already was as the client asked.
#[derive(Debug)]
pub struct Changed {
    pub processo: Processo,
    pub changed: bool,
}

impl AsRef<Processo> for Changed {
    fn as_ref(&self) -> &Processo {
        &self.processo
    }
}

impl HasResources for Changed {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        self.processo.collect_resources(resources);
    }
}

impl Effect for Changed {
    fn remember(&self) -> Remembered {
        let &Self { ref processo, changed } = self;
        Remembered { id: processo.id.0, version: processo.versao, changed, ..Remembered::default() }
    }

    fn reload(session: &mut Session<'_>, remembered: Remembered) -> Result<Self, Error> {
        let processo = store::load_remembered(session, &remembered)?;
        Ok(Self { processo, changed: remembered.changed })
    }
}

/// Locks the processo, checks the version that the client expects, and returns the processo with
/// the time of the change. It reads the clock after the lock, because it may have waited for the
/// lock. The time is never before the last change, even if the clock went back.
fn lock(
    session: &mut Session<'_>,
    context: &Context,
    numero: &NumeroProcesso,
    expected_version: Option<i32>,
) -> Result<(Processo, DateTime<Utc>), Error> {
    let Some(processo) = store::lock(session, context.tribunal, numero)? else {
        return Err(rules::r1_r4_processo_do_numero(numero, context.rules).into());
    };
    match field::expected_version(processo.versao, expected_version) {
        Some(refusal) => Err(refusal.into()),
        None => {
            let now = (context.clock)().max(processo.atualizado_em);
            Ok((processo, now))
        }
    }
}
