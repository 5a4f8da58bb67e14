//! The rules on the request that makes an heir a party of an NRE (vincularNre).

use super::{MAX_JUSTIFICATIVA_LEN, estrutura_numero, invalid_estrutura};
use crate::error::{CodigoErro, Refusal};
use crate::tramite::{Estrutura, Protocolo, VincularNre};
use crate::value::field::{required, text};

/// Every check on a request that needs no lookup.
pub fn vinculo_fields(command: &VincularNre) -> Vec<Refusal> {
    let unreadable = Protocolo::read(&command.protocolo).err();
    let justificativa = command.justificativa.as_deref();
    [
        unreadable.map(|error| {
            Refusal::new(CodigoErro::CampoInvalido, "S0", error.to_string()).at(["protocolo"])
        }),
        estrutura_numero(&command.parte.numero).map(|r| r.at(["parte", "numero"])),
        estrutura_numero(&command.herdeira.numero).map(|r| r.at(["herdeira", "numero"])),
        required(justificativa.as_ref(), "S0").map(|r| r.at(["justificativa"])),
        text(justificativa, MAX_JUSTIFICATIVA_LEN).map(|r| r.at(["justificativa"])),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Both estruturas exist and belong to two órgãos, and the heir is active. The party that it
/// succeeds may be inactive.
pub fn vinculo_estruturas(party: Option<&Estrutura>, herdeira: Option<&Estrutura>) -> Vec<Refusal> {
    let refusal = invalid_estrutura;
    let unknown = "a estrutura não está no repositório";
    let mut refusals = Vec::new();
    if party.is_none() {
        refusals.push(refusal(unknown, "parte"));
    }
    match (party, herdeira) {
        (_, None) => refusals.push(refusal(unknown, "herdeira")),
        (_, Some(herdeira)) if !herdeira.ativa => {
            refusals.push(refusal("a estrutura não está ativa", "herdeira"));
        }
        (Some(party), Some(herdeira)) if party.tribunal_codigo == herdeira.tribunal_codigo => {
            let message = "a parte e a herdeira são do mesmo órgão: não há o que vincular";
            refusals.push(refusal(message, "herdeira"));
        }
        _ => {}
    }
    refusals
}
