//! Checks of a part of a file.

use super::{MIB, transicao_nao_permitida};
use crate::error::{CodigoErro, Refusal};
use crate::tramite::{ByteRange, Tramite};

/// The largest part, in bytes: the largest that the client of the Tramita platform can be set to.
pub const MAX_PART_LEN: i64 = 200 * MIB;
/// Largest number of parts of one file.
const MAX_PARTS: usize = 10_000;

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(CodigoErro::CampoInvalido, "S0", message).at(["partes"])
}

/// S0: the range is not empty and lies within the file.
pub fn range(range: ByteRange, size: i64) -> Option<Refusal> {
    let ByteRange { inicio: start, fim: end } = range;
    let within = (0..end).contains(&start) && end <= size;
    (!within).then(|| invalid(format!("a parte fica entre 0 e {size}, o tamanho do arquivo")))
}

/// S0: the part lies within the file, and all its bytes arrived.
pub fn part(file_size: i64, part: ByteRange, received: i64) -> Vec<Refusal> {
    let missing = (received != part.size()).then(|| {
        invalid(format!("a parte é de {} bytes, e vieram {received}", part.size()))
            .hint("mande a parte de novo, inteira")
    });
    range(part, file_size).into_iter().chain(missing).collect()
}

/// S0: a file has at most `MAX_PARTS` parts. They may overlap, but their sizes add up to at most
/// twice the size of the file.
pub fn too_many_parts(size: i64, others: &[ByteRange], new: ByteRange) -> Option<Refusal> {
    let total: i64 = others.iter().map(|another| another.size()).sum::<i64>() + new.size();
    let message = if others.len() >= MAX_PARTS {
        format!("o arquivo tem mais de {MAX_PARTS} partes")
    } else if total > 2 * size {
        "as partes do arquivo se sobrepõem demais".to_owned()
    } else {
        return None;
    };
    Some(invalid(message).hint("mande o arquivo em partes maiores, uma depois da outra"))
}

/// The refusal when the remetente declares a file complete whose byte `missing` has not arrived.
pub fn missing_parts(tramite: &Tramite, missing: i64) -> Refusal {
    let hint = format!("envie a parte que começa no byte {missing} e sinalize de novo");
    transicao_nao_permitida(tramite).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn range(start: i64, end: i64) -> ByteRange {
        ByteRange { inicio: start, fim: end }
    }

    #[test]
    fn a_parte_e_do_arquivo_e_veio_inteira() {
        assert_eq!(part(10, range(0, 10), 10), []);
        assert_eq!(part(10, range(9, 10), 1), []);
        for (bad, received) in
            [(range(0, 11), 11), (range(5, 5), 0), (range(7, 3), -4), (range(-1, 3), 4)]
        {
            assert_eq!(part(10, bad, received).len(), 1, "{bad:?}");
        }
        assert_eq!(part(10, range(0, 10), 9).len(), 1);
    }

    #[test]
    fn as_partes_nao_se_acumulam() {
        assert_eq!(too_many_parts(10, &[range(0, 10)], range(0, 10)), None);
        assert!(too_many_parts(10, &[range(0, 9), range(1, 10)], range(0, 3)).is_some());
        let many: Vec<_> = (0..10_000).map(|n| range(n, n + 1)).collect();
        assert!(too_many_parts(1_000_000, &many, range(10_000, 10_001)).is_some());
        assert_eq!(too_many_parts(1_000_000, &many[1..], range(10_000, 10_001)), None);
    }
}
