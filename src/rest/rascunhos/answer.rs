//! The answer about a rascunho.

use super::super::answer::answer;
use super::super::openapi::texts::{Codigo, DataHora};
use crate::rascunho;
use crate::value::time;

answer! {
    /// Um rascunho guardado.
    pub struct Rascunho from (rascunho: &rascunho::Rascunho) {
        /// O que se manda em `idProcessoSistemaExterno`.
        id: Codigo = Codigo(rascunho.codigo.clone()),
        app_name_sistema_tribunal: Codigo = Codigo(rascunho.app_name_sistema_tribunal.clone()),
        data_cadastro: DataHora = DataHora(time::format_instant(rascunho.criado_em)),
        /// Quando um cadastro de processo o usou.
        data_consumo: Option<DataHora> = rascunho.consumido_em.map(time::format_instant).map(DataHora),
    }
}
