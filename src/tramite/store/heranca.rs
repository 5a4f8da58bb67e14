//! Requests that an heir become a party of an NRE.

use crate::db::{Session, Sql};
use crate::error::Error;
use crate::tramite::{Estrutura, Nre, Protocolo};
use chrono::{DateTime, Utc};

/// A request. Both sides must send the same one within 30 days, except for `justificativa` and
/// `author`.
pub struct VinculoRequest<'a> {
    pub nre: &'a Nre,
    pub protocolo: &'a Protocolo,
    pub party: &'a Estrutura,
    pub herdeira: &'a Estrutura,
    pub justificativa: &'a str,
    pub author: &'a str,
}

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VinculoOutcome {
    /// The other side has not made the same request in the last 30 days, or the NRE does not exist,
    /// or `party` is not a party of it. The outcome does not reveal which.
    Pending,
    /// The heir is a party of the NRE, by this request or by the same one in the last day.
    Efetivado,
    /// A trâmite of the NRE is in progress.
    InProgress,
    /// The heir knows the protocolo under another NRE.
    OtherNre,
}

/// Records the request of the tribunal, and makes the heir a party if the other side has made the
/// same request.
pub fn request_vinculo(
    session: &mut Session<'_>,
    request: &VinculoRequest<'_>,
    now: DateTime<Utc>,
) -> Result<VinculoOutcome, Error> {
    let outcome: String = Sql::new("SELECT elos_vincular_nre(")
        .bind_all([
            request.nre.to_string().into(),
            request.protocolo.key().to_owned().into(),
            request.party.id.into(),
            request.herdeira.id.into(),
            request.justificativa.to_owned().into(),
            request.author.to_owned().into(),
            now.into(),
        ])
        .push(")")
        .row(session.conn())?;
    match outcome.as_str() {
        "PENDENTE" => Ok(VinculoOutcome::Pending),
        "EFETIVADO" | "FEITO" => Ok(VinculoOutcome::Efetivado),
        "EM_ANDAMENTO" => Ok(VinculoOutcome::InProgress),
        "OUTRO_NRE" => Ok(VinculoOutcome::OtherNre),
        other => Err(Error::internal(anyhow::anyhow!("unknown outcome {other}"))),
    }
}
