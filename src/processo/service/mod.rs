//! Use cases on processos. Each: lock, read, rule, write, tell; in one transaction.

mod cadastro;
mod responsaveis;
mod situacao;
mod vinculos;

pub use cadastro::{Cadastrado, cadastrar};
pub use responsaveis::atualizar_responsaveis;
pub use situacao::alterar_situacao;
pub use vinculos::{Desvinculado, Vinculado, desvincular, vincular};

use super::{NumeroProcesso, Processo, rules, store};
use crate::campo;
use crate::db::Sessao;
use crate::error::Error;
use chrono::{DateTime, Utc};

/// A processo after a change that may have found nothing to do.
#[derive(Debug)]
pub struct Alterado {
    pub processo: Processo,
    pub alterado: bool,
}

/// The processo, locked, in the version that the client expects, and the time of
/// the change: read after the lock, which may have been waited for, and never
/// before the last change, whatever the clock does.
fn travar(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    numero: &NumeroProcesso,
    versao_esperada: Option<i32>,
    relogio: fn() -> DateTime<Utc>,
) -> Result<(Processo, DateTime<Utc>), Error> {
    let Some(processo) = store::travar(sessao, tribunal, numero)? else {
        return Err(rules::r1_processo_visivel().into());
    };
    match campo::versao_esperada(processo.versao, versao_esperada) {
        Some(recusa) => Err(recusa.into()),
        None => {
            let agora = relogio().max(processo.atualizado_em);
            Ok((processo, agora))
        }
    }
}
