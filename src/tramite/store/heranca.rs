//! Requests that an heir become a party of an NRE.

use crate::db::{Sessao, Sql};
use crate::error::Error;
use crate::tramite::{Estrutura, Nre, Protocolo};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;

/// What is asked for, the same by both sides but for why and by whom.
pub struct PedidoDeVinculo<'a> {
    pub nre: &'a Nre,
    pub protocolo: &'a Protocolo,
    pub parte: &'a Estrutura,
    pub herdeira: &'a Estrutura,
    pub justificativa: &'a str,
    pub autor: &'a str,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vinculo {
    /// The other side has not asked for the same; or there is no such NRE, or it is
    /// not the party's.
    Pendente,
    Efetivado,
    EmAndamento,
    /// The heir knows the protocolo by another NRE.
    OutroNre,
}

/// Notes that the tribunal asks, and makes the heir a party if the other side did so too.
pub fn pedir_vinculo(
    sessao: &mut Sessao<'_>,
    pedido: &PedidoDeVinculo<'_>,
    agora: DateTime<Utc>,
) -> Result<Vinculo, Error> {
    #[derive(QueryableByName)]
    struct Linha {
        #[diesel(sql_type = Text)]
        desfecho: String,
    }
    let Linha { desfecho } = Sql::new("SELECT elos_vincular_nre(")
        .bind(pedido.nre.to_string())
        .push(", ")
        .bind(pedido.protocolo.chave().to_owned())
        .push(", ")
        .bind(pedido.parte.id)
        .push(", ")
        .bind(pedido.herdeira.id)
        .push(", ")
        .bind(pedido.justificativa.to_owned())
        .push(", ")
        .bind(pedido.autor.to_owned())
        .push(", ")
        .bind(agora)
        .push(") AS desfecho")
        .get_result(sessao.conn())?;
    match desfecho.as_str() {
        "PENDENTE" => Ok(Vinculo::Pendente),
        "EFETIVADO" | "FEITO" => Ok(Vinculo::Efetivado),
        "EM_ANDAMENTO" => Ok(Vinculo::EmAndamento),
        "OUTRO_NRE" => Ok(Vinculo::OutroNre),
        outro => Err(Error::interno(anyhow::anyhow!("unknown outcome {outro}"))),
    }
}
