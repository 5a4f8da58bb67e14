//! What the componentes digitais of a send must be, and when a file is not the one it was.

use crate::error::{CodigoErro, Divergencia, NoTramita, Recusa};
use crate::tramite::{ComponenteDigital, Nre, Protocolo};
use std::collections::{HashMap, HashSet};

/// Of one send: more than any processo on paper had sheets of.
pub const COMPONENTES_MAXIMO: usize = 5_000;
/// In which the size of a file is limited.
pub const MIB: i64 = 1024 * 1024;

/// S0: each file has a place of its own, a size, and one size whatever its place.
/// `maximo` is in MiB.
pub fn s0_componentes(componentes: &[ComponenteDigital], maximo: u32) -> Vec<Recusa> {
    let invalido = |mensagem: String| {
        Recusa::nova(CodigoErro::CampoInvalido, "S0", mensagem).em(["documentos"])
    };
    if componentes.len() > COMPONENTES_MAXIMO {
        let mensagem = format!("o envio tem mais de {COMPONENTES_MAXIMO} componentes digitais");
        return vec![invalido(mensagem).oriente("mande o processo em mais de um trâmite")];
    }
    let (mut lugares, mut tamanhos) = (HashSet::new(), HashMap::new());
    let mut recusas = Vec::new();
    for componente in componentes {
        let ComponenteDigital { protocolo, documento, ordem, hash, tamanho } = componente;
        // A protocolo that cannot be read is refused by itself.
        let Ok(protocolo) = Protocolo::ler(protocolo) else { continue };
        let chave = protocolo.chave().to_owned();
        let onde = format!("documento {documento}, componente {ordem}");
        if *documento < 1 || *ordem < 1 {
            recusas.push(invalido(format!("{onde}: as ordens contam de 1 em diante")));
        }
        if !lugares.insert((chave.clone(), documento, ordem)) {
            recusas.push(invalido(format!("{onde}: há outro no mesmo lugar")));
        }
        if !(1..=i64::from(maximo) * MIB).contains(tamanho) {
            let mensagem = format!("{onde}: o tamanho vai de 1 byte a {maximo} MiB");
            recusas.push(invalido(mensagem));
        }
        if *tamanhos.entry((chave, hash)).or_insert(tamanho) != tamanho {
            recusas.push(invalido(format!("{onde}: o mesmo hash vem com dois tamanhos")));
        }
    }
    recusas
}

/// 0047: a document that was sent by this NRE is another one now.
pub fn documento_divergente(nre: &Nre, protocolo: String, divergencia: Divergencia) -> Recusa {
    let mensagem = format!(
        "Inconsistência no documento de ordem {}, componente {}, tramitado por este NRE: o hash é outro",
        divergencia.documento, divergencia.componente
    );
    let orientacao = "mande o documento como já tramitou; o que mudou entra com outra ordem";
    let dados = NoTramita { nre: Some(nre.to_string()), ..NoTramita::default() };
    divergente(mensagem, orientacao, NoTramita { protocolo: Some(protocolo), ..dados }, divergencia)
}

/// 0047: what came is not the file that the send told of.
pub fn conteudo_divergente(protocolo: String, divergencia: Divergencia) -> Recusa {
    let mensagem = format!(
        "Inconsistência no documento de ordem {}, componente {}: o conteúdo não é o que o envio descreve",
        divergencia.documento, divergencia.componente
    );
    let orientacao = "mande de novo o arquivo inteiro, byte a byte";
    let dados = NoTramita { protocolo: Some(protocolo), ..NoTramita::default() };
    divergente(mensagem, orientacao, dados, divergencia)
}

fn divergente(
    mensagem: String,
    orientacao: &'static str,
    dados: NoTramita,
    divergencia: Divergencia,
) -> Recusa {
    let recusa = Recusa::nova(CodigoErro::ProtocoloDivergente, "0047", mensagem);
    let tramite = Some(NoTramita { divergencia: Some(divergencia), ..dados });
    Recusa { tramite, ..recusa.em(["documentos"]).oriente(orientacao) }
}

/// No componente with this hash is to be sent, or fetched, in this trâmite.
pub fn componente_nao_localizado() -> Recusa {
    let mensagem = "não há componente com este hash neste protocolo do trâmite";
    Recusa::nova(CodigoErro::NaoEncontrado, "§2.5", mensagem)
        .em(["hashDoComponenteDigital"])
        .oriente(
            "confira-os entre os componentes solicitados; o que o destinatário já tem não se pede",
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tramite::HashSha256;

    fn componente(documento: i32, ordem: i32, byte: u8, tamanho: i64) -> ComponenteDigital {
        let protocolo = "99990.000001/2026-53".to_owned();
        let hash = HashSha256::de(&[byte; 32]);
        ComponenteDigital { protocolo, documento, ordem, hash, tamanho }
    }

    #[test]
    fn cada_arquivo_no_seu_lugar() {
        let bons = [componente(1, 1, 1, 10), componente(1, 2, 1, 10), componente(2, 1, 2, MIB)];
        assert_eq!(s0_componentes(&bons, 1), []);
        for (ruim, esperada) in [
            (componente(0, 1, 3, 1), "contam de 1"),
            (componente(3, 0, 3, 1), "contam de 1"),
            (componente(1, 2, 3, 1), "mesmo lugar"),
            (componente(3, 1, 3, 0), "de 1 byte a 1 MiB"),
            (componente(3, 1, 3, MIB + 1), "de 1 byte a 1 MiB"),
            (componente(3, 1, 1, 11), "dois tamanhos"),
        ] {
            let mut todos = bons.to_vec();
            todos.push(ruim);
            let recusas = s0_componentes(&todos, 1);
            assert!(recusas.len() == 1 && recusas[0].mensagem.contains(esperada), "{recusas:?}");
        }
    }

    #[test]
    fn os_arquivos_tem_um_limite() {
        let muitos: Vec<_> = (1..=5_001).map(|n| componente(n, 1, 1, 1)).collect();
        assert_eq!(s0_componentes(&muitos[..5_000], 1), []);
        assert_eq!(s0_componentes(&muitos, 1).len(), 1);
    }
}
