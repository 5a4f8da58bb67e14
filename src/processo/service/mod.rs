//! Use cases on processos. Each: lock, read, rule, write, tell; in one transaction.

mod cadastro;
mod responsaveis;
mod situacao;
mod vinculos;

pub use cadastro::Cadastrado;
pub use vinculos::{Desvinculado, Vinculado};

use super::{NumeroProcesso, Processo, rules, store};
use crate::command::{Contexto, Efeito, Lembranca};
use crate::db::Sessao;
use crate::error::Error;
use crate::value::field;
use crate::value::resource::{Rastreavel, Recurso};
use chrono::{DateTime, Utc};

/// A processo after a change that may have found nothing to do.
#[derive(Debug)]
pub struct Alterado {
    pub processo: Processo,
    pub alterado: bool,
}

impl AsRef<Processo> for Alterado {
    fn as_ref(&self) -> &Processo {
        &self.processo
    }
}

impl Rastreavel for Alterado {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        self.processo.rastrear(recursos);
    }
}

impl Efeito for Alterado {
    fn lembrar(&self) -> Lembranca {
        let &Self { ref processo, alterado } = self;
        Lembranca { id: processo.id.0, versao: processo.versao, alterado, ..Lembranca::default() }
    }

    fn reler(sessao: &mut Sessao<'_>, lembranca: Lembranca) -> Result<Self, Error> {
        let processo = store::lembrado(sessao, &lembranca)?;
        Ok(Self { processo, alterado: lembranca.alterado })
    }
}

/// The processo, locked, in the version that the client expects, and the time of
/// the change: read after the lock, which may have been waited for, and never
/// before the last change, whatever the clock does.
fn travar(
    sessao: &mut Sessao<'_>,
    contexto: &Contexto,
    numero: &NumeroProcesso,
    versao_esperada: Option<i32>,
) -> Result<(Processo, DateTime<Utc>), Error> {
    let Some(processo) = store::travar(sessao, contexto.tribunal, numero)? else {
        return Err(rules::r1_r4_processo_do_numero(numero, contexto.regras).into());
    };
    match field::versao_esperada(processo.versao, versao_esperada) {
        Some(recusa) => Err(recusa.into()),
        None => {
            let agora = (contexto.relogio)().max(processo.atualizado_em);
            Ok((processo, agora))
        }
    }
}
