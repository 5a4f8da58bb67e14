//! Checks of the componentes digitais of a send, and the refusals when a file differs from its
//! description.

use crate::error::{CodigoErro, FileMismatch, Refusal, TramitaDetails};
use crate::tramite::{Componente, ComponenteDigital, HashSha256, Nre, Protocolo};
use std::collections::{HashMap, HashSet};

/// Largest number of files in one send.
pub const MAX_COMPONENTES: usize = 5_000;
/// Bytes of a MiB, the unit of the size limit of a file.
pub const MIB: i64 = 1024 * 1024;

/// S0: a send has at most [`MAX_COMPONENTES`] files, and each has its own position, counted from 1,
/// a size within the limit, and one size at all its positions. `max` is the size limit in MiB.
pub fn s0_componentes(componentes: &[ComponenteDigital], max: u32) -> Vec<Refusal> {
    let invalid =
        |message: String| Refusal::new(CodigoErro::CampoInvalido, "S0", message).at(["documentos"]);
    if componentes.len() > MAX_COMPONENTES {
        let message = format!("o envio tem mais de {MAX_COMPONENTES} componentes digitais");
        return vec![invalid(message).hint("mande o processo em mais de um trâmite")];
    }
    let (mut positions, mut sizes) = (HashSet::new(), HashMap::new());
    let mut refusals = Vec::new();
    for componente in componentes {
        let ComponenteDigital { protocolo, documento, ordem, hash, tamanho: size } = componente;
        // Another check refuses a malformed protocolo.
        let Ok(protocolo) = Protocolo::read(protocolo) else { continue };
        let key = protocolo.key().to_owned();
        let at = format!("documento {documento}, componente {ordem}");
        if *documento < 1 || *ordem < 1 {
            refusals.push(invalid(format!("{at}: as ordens contam de 1 em diante")));
        }
        if !positions.insert((key.clone(), documento, ordem)) {
            refusals.push(invalid(format!("{at}: há outro no mesmo lugar")));
        }
        if !(1..=i64::from(max) * MIB).contains(size) {
            let message = format!("{at}: o tamanho vai de 1 byte a {max} MiB");
            refusals.push(invalid(message));
        }
        if *sizes.entry((key, hash)).or_insert(size) != size {
            refusals.push(invalid(format!("{at}: o mesmo hash vem com dois tamanhos")));
        }
    }
    refusals
}

/// 0047: a trâmite of this NRE that was received has another file in this position.
pub fn documento_mismatch(nre: &Nre, protocolo: String, mismatch: FileMismatch) -> Refusal {
    let message = format!(
        "Inconsistência no documento de ordem {}, componente {}, tramitado por este NRE: o hash é outro",
        mismatch.documento, mismatch.componente
    );
    let hint = "mande o documento como já tramitou; o que mudou entra com outra ordem";
    let details = TramitaDetails { nre: Some(nre.to_string()), ..TramitaDetails::default() };
    mismatched(message, hint, TramitaDetails { protocolo: Some(protocolo), ..details }, mismatch)
}

/// 0047: the bytes that arrived are not the file that the send describes.
pub fn content_mismatch(file: Componente, arrived: &HashSha256) -> Refusal {
    let mismatch = FileMismatch {
        documento: file.documento,
        componente: file.ordem,
        esperado: Some(file.hash.to_string()),
        informado: arrived.to_string(),
    };
    let message = format!(
        "Inconsistência no documento de ordem {}, componente {}: o conteúdo não é o que o envio descreve",
        mismatch.documento, mismatch.componente
    );
    let hint = "mande de novo o arquivo inteiro, byte a byte";
    let details = TramitaDetails { protocolo: Some(file.protocolo), ..TramitaDetails::default() };
    mismatched(message, hint, details, mismatch)
}

fn mismatched(
    message: String,
    hint: &'static str,
    details: TramitaDetails,
    mismatch: FileMismatch,
) -> Refusal {
    let refusal = Refusal::new(CodigoErro::ProtocoloDivergente, "0047", message);
    let tramite = Some(TramitaDetails { divergencia: Some(mismatch), ..details });
    Refusal { tramite, ..refusal.at(["documentos"]).hint(hint) }
}

/// The refusal when the trâmite has no componente with this hash to upload or download.
pub fn componente_nao_localizado() -> Refusal {
    let message = "não há componente com este hash neste protocolo do trâmite";
    Refusal::new(CodigoErro::NaoEncontrado, "§2.5", message).at(["hashDoComponenteDigital"]).hint(
        "confira-os entre os componentes solicitados; o que o destinatário já tem não se pede",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tramite::HashSha256;

    fn componente(documento: i32, ordem: i32, byte: u8, size: i64) -> ComponenteDigital {
        let protocolo = "99990.000001/2026-53".to_owned();
        let hash = HashSha256::of(&[byte; 32]);
        ComponenteDigital { protocolo, documento, ordem, hash, tamanho: size }
    }

    #[test]
    fn cada_arquivo_no_seu_lugar() {
        let valid = [componente(1, 1, 1, 10), componente(1, 2, 1, 10), componente(2, 1, 2, MIB)];
        assert_eq!(s0_componentes(&valid, 1), []);
        for (bad, expected) in [
            (componente(0, 1, 3, 1), "contam de 1"),
            (componente(3, 0, 3, 1), "contam de 1"),
            (componente(1, 2, 3, 1), "mesmo lugar"),
            (componente(3, 1, 3, 0), "de 1 byte a 1 MiB"),
            (componente(3, 1, 3, MIB + 1), "de 1 byte a 1 MiB"),
            (componente(3, 1, 1, 11), "dois tamanhos"),
        ] {
            let mut all = valid.to_vec();
            all.push(bad);
            let refusals = s0_componentes(&all, 1);
            assert!(refusals.len() == 1 && refusals[0].mensagem.contains(expected), "{refusals:?}");
        }
    }

    #[test]
    fn os_arquivos_tem_um_limite() {
        let many: Vec<_> = (1..=5_001).map(|n| componente(n, 1, 1, 1)).collect();
        assert_eq!(s0_componentes(&many[..5_000], 1), []);
        assert_eq!(s0_componentes(&many, 1).len(), 1);
    }
}
