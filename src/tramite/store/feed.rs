//! The feed of trâmites.

use super::{colunas, tabelas};
use crate::db::feed::{Lugar, Trecho};
use crate::db::{Sessao, Sql};
use crate::error::Error;
use crate::tramite::Tramite;
use diesel::prelude::*;
use std::sync::Arc;

/// Trâmites that came to wait for the caller's reception, in the order in which they
/// did; each as it is now, so one that was refused meanwhile is not among them.
pub fn recebidos(
    sessao: &mut Sessao<'_>,
    trecho: Trecho,
) -> Result<Vec<(Lugar, Arc<Tramite>)>, Error> {
    // Who sees every tribunal receives for none.
    let Some(tribunal) = sessao.escopo.tribunal() else { return Ok(Vec::new()) };
    let linhas: Vec<Tramite> = Sql::new(concat!(
        "SELECT ",
        colunas!(),
        " FROM ",
        tabelas!(),
        " WHERE t.destinatario_tribunal = "
    ))
    .bind(tribunal)
    .push(" AND t.completo_em IS NOT NULL AND t.situacao NOT IN (8, 9)")
    .append(trecho.sql("t.xid", "t.idt"))
    .load(sessao.conn())?;
    let lugar = |linha: Tramite| Ok((Lugar::da_linha(&linha.xid, linha.idt)?, Arc::new(linha)));
    linhas.into_iter().map(lugar).collect()
}
