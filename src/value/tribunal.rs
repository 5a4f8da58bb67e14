//! The tribunais, by their codes in the CNJ number.

use crate::error::Error;
use crate::value::characters;

/// A court of justice of a state or of the Federal District.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tribunal {
    /// J·100+TR, for example 820.
    pub code: i16,
    /// TR of the CNJ number, two digits.
    pub tr: &'static str,
    pub sigla: &'static str,
    pub nome: &'static str,
}

/// Resolução CNJ 65/2008, annex V. The table `tribunal` has the same rows, and a test compares
/// them. The list is in the code because 27 rows that never change do not justify a query.
pub const TRIBUNAIS: [Tribunal; 27] = [
    new(801, "01", "TJAC", "Tribunal de Justiça do Estado do Acre"),
    new(802, "02", "TJAL", "Tribunal de Justiça do Estado de Alagoas"),
    new(803, "03", "TJAP", "Tribunal de Justiça do Estado do Amapá"),
    new(804, "04", "TJAM", "Tribunal de Justiça do Estado do Amazonas"),
    new(805, "05", "TJBA", "Tribunal de Justiça do Estado da Bahia"),
    new(806, "06", "TJCE", "Tribunal de Justiça do Estado do Ceará"),
    new(807, "07", "TJDFT", "Tribunal de Justiça do Distrito Federal e dos Territórios"),
    new(808, "08", "TJES", "Tribunal de Justiça do Estado do Espírito Santo"),
    new(809, "09", "TJGO", "Tribunal de Justiça do Estado de Goiás"),
    new(810, "10", "TJMA", "Tribunal de Justiça do Estado do Maranhão"),
    new(811, "11", "TJMT", "Tribunal de Justiça do Estado de Mato Grosso"),
    new(812, "12", "TJMS", "Tribunal de Justiça do Estado de Mato Grosso do Sul"),
    new(813, "13", "TJMG", "Tribunal de Justiça do Estado de Minas Gerais"),
    new(814, "14", "TJPA", "Tribunal de Justiça do Estado do Pará"),
    new(815, "15", "TJPB", "Tribunal de Justiça do Estado da Paraíba"),
    new(816, "16", "TJPR", "Tribunal de Justiça do Estado do Paraná"),
    new(817, "17", "TJPE", "Tribunal de Justiça do Estado de Pernambuco"),
    new(818, "18", "TJPI", "Tribunal de Justiça do Estado do Piauí"),
    new(819, "19", "TJRJ", "Tribunal de Justiça do Estado do Rio de Janeiro"),
    new(820, "20", "TJRN", "Tribunal de Justiça do Estado do Rio Grande do Norte"),
    new(821, "21", "TJRS", "Tribunal de Justiça do Estado do Rio Grande do Sul"),
    new(822, "22", "TJRO", "Tribunal de Justiça do Estado de Rondônia"),
    new(823, "23", "TJRR", "Tribunal de Justiça do Estado de Roraima"),
    new(824, "24", "TJSC", "Tribunal de Justiça do Estado de Santa Catarina"),
    new(825, "25", "TJSE", "Tribunal de Justiça do Estado de Sergipe"),
    new(826, "26", "TJSP", "Tribunal de Justiça do Estado de São Paulo"),
    new(827, "27", "TJTO", "Tribunal de Justiça do Estado do Tocantins"),
];

const fn new(code: i16, tr: &'static str, sigla: &'static str, nome: &'static str) -> Tribunal {
    Tribunal { code, tr, sigla, nome }
}

impl Tribunal {
    pub fn by_code(code: i16) -> Option<Self> {
        TRIBUNAIS.iter().copied().find(|tribunal| tribunal.code == code)
    }

    /// The tribunal of a row. A foreign key guarantees that it exists.
    pub fn from_row(code: i16) -> crate::Result<Self> {
        let missing = || Error::internal(anyhow::anyhow!("unknown tribunal in a row"));
        Self::by_code(code).ok_or_else(missing)
    }

    /// The code that a filter names. A text that names no tribunal is an error, even where the
    /// filter would have no effect.
    pub fn from_filter(text: Option<&str>) -> crate::Result<Option<i16>> {
        let Some(text) = text else { return Ok(None) };
        let tribunal = Self::from_text(text).ok_or_else(|| {
            let message =
                "o filtro `tribunal`: tribunal desconhecido; use, por exemplo, 20 ou 8.20";
            Error::invalid(message)
        })?;
        Ok(Some(tribunal.code))
    }

    /// Parses the forms that people write: `20`, `6`, `06`, `820` or `8.20`.
    pub fn from_text(text: &str) -> Option<Self> {
        let text = characters::normalize(text);
        let tr = match text.as_bytes() {
            [b'8', b'.', tr @ ..] | [b'8', tr @ ..] | tr if tr.len() == 2 => tr,
            tr @ [_] => tr,
            _ => return None,
        };
        if !tr.iter().all(u8::is_ascii_digit) {
            return None;
        }
        Self::by_code(800 + tr.iter().fold(0, |n, b| n * 10 + i16::from(b - b'0')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o_codigo_se_escreve_de_quatro_modos() {
        for text in ["6", "06", "806", "8.06"] {
            assert_eq!(Tribunal::from_text(text).unwrap().sigla, "TJCE", "{text}");
        }
        for text in ["", "0", "28", "828", "8.6", "8.028", "5.06", "506", "+6", "é", "8.é"] {
            assert_eq!(Tribunal::from_text(text), None, "{text}");
        }
    }
}
