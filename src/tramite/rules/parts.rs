//! What a part of a file may be.

use super::{MIB, transicao_nao_permitida};
use crate::error::{CodigoErro, Recusa};
use crate::tramite::{Tramite, Trecho};

/// The longest part: the most that the platform's client is set to.
pub const PARTE_MAXIMA: i64 = 200 * MIB;
/// Of one file.
const PARTES_MAXIMO: usize = 10_000;

fn invalido(mensagem: impl Into<std::borrow::Cow<'static, str>>) -> Recusa {
    Recusa::nova(CodigoErro::CampoInvalido, "S0", mensagem).em(["partes"])
}

/// S0: bytes that a file may have.
pub fn trecho(trecho: Trecho, tamanho: i64) -> Option<Recusa> {
    let Trecho { inicio, fim } = trecho;
    let dentro = (0..fim).contains(&inicio) && fim <= tamanho;
    (!dentro).then(|| invalido(format!("a parte fica entre 0 e {tamanho}, o tamanho do arquivo")))
}

/// S0: the part is of the file, and all of it came.
pub fn parte(tamanho_do_arquivo: i64, esta: Trecho, vieram: i64) -> Vec<Recusa> {
    let falta = (vieram != esta.tamanho()).then(|| {
        invalido(format!("a parte é de {} bytes, e vieram {vieram}", esta.tamanho()))
            .oriente("mande a parte de novo, inteira")
    });
    trecho(esta, tamanho_do_arquivo).into_iter().chain(falta).collect()
}

/// S0: parts that lie over each other come to no more than twice the file.
pub fn partes_demais(tamanho: i64, outras: &[Trecho], nova: Trecho) -> Option<Recusa> {
    let total: i64 = outras.iter().map(|outra| outra.tamanho()).sum::<i64>() + nova.tamanho();
    let mensagem = if outras.len() >= PARTES_MAXIMO {
        format!("o arquivo tem mais de {PARTES_MAXIMO} partes")
    } else if total > 2 * tamanho {
        "as partes do arquivo se sobrepõem demais".to_owned()
    } else {
        return None;
    };
    Some(invalido(mensagem).oriente("mande o arquivo em partes maiores, uma depois da outra"))
}

/// The file is said to be complete, and is not: says from where on.
pub fn partes_ausentes(tramite: &Tramite, falta: i64) -> Recusa {
    let orientacao = format!("envie a parte que começa no byte {falta} e sinalize de novo");
    transicao_nao_permitida(tramite).oriente(orientacao)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn de(inicio: i64, fim: i64) -> Trecho {
        Trecho { inicio, fim }
    }

    #[test]
    fn a_parte_e_do_arquivo_e_veio_inteira() {
        assert_eq!(parte(10, de(0, 10), 10), []);
        assert_eq!(parte(10, de(9, 10), 1), []);
        for (ruim, vieram) in [(de(0, 11), 11), (de(5, 5), 0), (de(7, 3), -4), (de(-1, 3), 4)] {
            assert_eq!(parte(10, ruim, vieram).len(), 1, "{ruim:?}");
        }
        assert_eq!(parte(10, de(0, 10), 9).len(), 1);
    }

    #[test]
    fn as_partes_nao_se_acumulam() {
        assert_eq!(partes_demais(10, &[de(0, 10)], de(0, 10)), None);
        assert!(partes_demais(10, &[de(0, 9), de(1, 10)], de(0, 3)).is_some());
        let muitas: Vec<_> = (0..10_000).map(|n| de(n, n + 1)).collect();
        assert!(partes_demais(1_000_000, &muitas, de(10_000, 10_001)).is_some());
        assert_eq!(partes_demais(1_000_000, &muitas[1..], de(10_000, 10_001)), None);
    }
}
