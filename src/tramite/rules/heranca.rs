//! What a party and an heir must say, both, for the heir to become a party (vincularNre).

use super::{JUSTIFICATIVA_MAXIMO, estrutura_invalida, numero_de_estrutura};
use crate::error::{CodigoErro, Recusa};
use crate::tramite::{Estrutura, Protocolo, VincularNre};
use crate::value::field::{obrigatorio, texto};

/// What can be judged of a request without looking anything up.
pub fn vinculo_campos(comando: &VincularNre) -> Vec<Recusa> {
    let ilegivel = Protocolo::ler(&comando.protocolo).err();
    let justificativa = comando.justificativa.as_deref();
    [
        ilegivel.map(|erro| {
            Recusa::nova(CodigoErro::CampoInvalido, "S0", erro.to_string()).em(["protocolo"])
        }),
        numero_de_estrutura(&comando.parte.numero).map(|r| r.em(["parte", "numero"])),
        numero_de_estrutura(&comando.herdeira.numero).map(|r| r.em(["herdeira", "numero"])),
        obrigatorio(justificativa.as_ref(), "S0").map(|r| r.em(["justificativa"])),
        texto(justificativa, JUSTIFICATIVA_MAXIMO).map(|r| r.em(["justificativa"])),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Both are known, of two órgãos, and the heir is one that acts: who left a processo
/// behind may do so no more.
pub fn vinculo_estruturas(parte: Option<&Estrutura>, herdeira: Option<&Estrutura>) -> Vec<Recusa> {
    let recusa = estrutura_invalida;
    let desconhecida = "a estrutura não está no repositório";
    let mut recusas = Vec::new();
    if parte.is_none() {
        recusas.push(recusa(desconhecida, "parte"));
    }
    match (parte, herdeira) {
        (_, None) => recusas.push(recusa(desconhecida, "herdeira")),
        (_, Some(herdeira)) if !herdeira.ativa => {
            recusas.push(recusa("a estrutura não está ativa", "herdeira"));
        }
        (Some(parte), Some(herdeira)) if parte.tribunal_codigo == herdeira.tribunal_codigo => {
            let mensagem = "a parte e a herdeira são do mesmo órgão: não há o que vincular";
            recusas.push(recusa(mensagem, "herdeira"));
        }
        _ => {}
    }
    recusas
}
