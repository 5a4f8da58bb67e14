//! Rules of statistics: which questions have a meaning, and which of them protected figures answer.

use super::store::Estatisticas;
use super::{AlvoEstatistico, DimensaoEstatistica};
use crate::Result;
use crate::error::Error;
use crate::value::characters;

const MAX_DIMENSIONS: usize = 5;
/// Protected figures are of at most this many dimensions, counting those of the filter and the
/// coarser ones that they imply (TRIBUNAL by ORGAO, ANO by MES). More would leave hardly a group
/// that is large enough to be shown, and the database compares one table for each set of
/// dimensions.
const MAX_PROTECTED: usize = 3;
/// Maximum number of characters of a value of a dimension. No value is longer.
const MAX_VALUE: usize = 40;

/// Each dimension groups once, and filters once.
pub fn dimensions(question: &Estatisticas, target: AlvoEstatistico) -> Result<()> {
    if question.counted.target() != target {
        return Err(Error::invalid("o `filtro` é de outro alvo que não `de`"));
    }
    let by = &question.by;
    if repeats(by) || !(1..=MAX_DIMENSIONS).contains(&by.len()) {
        return Err(Error::invalid("`por` pede de 1 a 5 dimensões, sem repetição"));
    }
    let filtered: Vec<_> = question.values.iter().map(|(dimension, _)| *dimension).collect();
    if repeats(&filtered) {
        return Err(Error::invalid("o filtro diz um só valor de cada dimensão"));
    }
    for (dimension, value) in &question.values {
        let Some(value) = value else { continue };
        if value.chars().count() > MAX_VALUE || characters::control(value).is_some() {
            return Err(Error::invalid(format!(
                "o valor de {} tem no máximo 40 letras",
                dimension.text()
            )));
        }
    }
    let inapplicable = question.inapplicable();
    if !inapplicable.is_empty() {
        let which = inapplicable.join(", ");
        return Err(Error::invalid(format!("{} não se agrupam por {which}", target.text())));
    }
    if question.protected {
        protected(question, &filtered)?;
    }
    Ok(())
}

/// Checks a question for protected figures. A condition on anything but a dimension could single
/// out a row, and many dimensions single out few.
fn protected(question: &Estatisticas, filtered: &[DimensaoEstatistica]) -> Result<()> {
    let new = filtered.iter().filter(|dimension| !question.by.contains(dimension));
    let all: Vec<_> = question.by.iter().chain(new).copied().collect();
    let coarser = [
        (DimensaoEstatistica::Orgao, DimensaoEstatistica::Tribunal),
        (DimensaoEstatistica::Mes, DimensaoEstatistica::Ano),
    ];
    let implied = coarser.iter().filter(|(one, of)| all.contains(one) && !all.contains(of)).count();
    if all.len() + implied > MAX_PROTECTED {
        return Err(Error::invalid(
            "com o papel pse-estatistica, `por` e o filtro têm juntos no máximo 3 dimensões, \
             contando TRIBUNAL com ORGAO e ANO com MES",
        ));
    }
    if !question.counted.is_all() {
        return Err(only_dimensions());
    }
    Ok(())
}

/// The refusal of a condition on anything but a dimension.
pub fn only_dimensions() -> Error {
    Error::invalid("com o papel pse-estatistica, o filtro só aceita valores de dimensões")
}

fn repeats(dimensions: &[DimensaoEstatistica]) -> bool {
    dimensions.iter().enumerate().any(|(n, dimension)| dimensions[..n].contains(dimension))
}

#[cfg(test)]
mod tests {
    use super::super::store::Counted;
    use super::*;
    use DimensaoEstatistica::{Ano, Mes, Orgao, Situacao, Tipo, Tribunal};
    use chrono::DateTime;

    fn question(by: &[DimensaoEstatistica], filtered: &[DimensaoEstatistica]) -> Estatisticas {
        Estatisticas {
            counted: Counted::all(AlvoEstatistico::Processos),
            by: by.to_vec(),
            values: filtered.iter().map(|one| (*one, Some("1".to_owned()))).collect(),
            protected: true,
            times: true,
            now: DateTime::UNIX_EPOCH,
            today: DateTime::UNIX_EPOCH.date_naive(),
        }
    }

    #[test]
    fn figuras_protegidas_tem_no_maximo_tres_dimensoes() {
        for (by, filtered, right) in [
            (&[Tipo][..], &[][..], true),
            (&[Tipo, Tribunal, Ano], &[], true),
            (&[Tribunal, Orgao], &[Orgao, Ano], true),
            (&[Tribunal, Mes], &[Tribunal], true),
            (&[Tipo, Orgao], &[], true),
            (&[Tipo, Orgao, Ano], &[], false),
            (&[Orgao, Mes], &[], false),
            (&[Tipo, Orgao, Mes], &[], false),
            (&[Tipo, Orgao], &[Situacao, Mes], false),
            (&[Tipo, Orgao, Mes, Tribunal], &[], false),
            (&[Tipo], &[Situacao, Situacao], false),
        ] {
            let checked = dimensions(&question(by, filtered), AlvoEstatistico::Processos);
            assert_eq!(checked.is_ok(), right, "{by:?} {filtered:?}");
        }
    }
}
