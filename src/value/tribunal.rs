use crate::error::{Error, Falha};
use crate::value::characters;

/// A court of justice of a state or of the Federal District.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tribunal {
    /// J·100+TR, for example 820.
    pub codigo: i16,
    /// TR of the CNJ number, two digits.
    pub tr: &'static str,
    pub sigla: &'static str,
    pub nome: &'static str,
}

/// Resolução CNJ 65/2008, annex V. The table `tribunal` says the same, and a
/// test compares them: a table of 27 that never changes is not worth a query.
pub const TRIBUNAIS: [Tribunal; 27] = [
    novo(801, "01", "TJAC", "Tribunal de Justiça do Estado do Acre"),
    novo(802, "02", "TJAL", "Tribunal de Justiça do Estado de Alagoas"),
    novo(803, "03", "TJAP", "Tribunal de Justiça do Estado do Amapá"),
    novo(804, "04", "TJAM", "Tribunal de Justiça do Estado do Amazonas"),
    novo(805, "05", "TJBA", "Tribunal de Justiça do Estado da Bahia"),
    novo(806, "06", "TJCE", "Tribunal de Justiça do Estado do Ceará"),
    novo(807, "07", "TJDFT", "Tribunal de Justiça do Distrito Federal e dos Territórios"),
    novo(808, "08", "TJES", "Tribunal de Justiça do Estado do Espírito Santo"),
    novo(809, "09", "TJGO", "Tribunal de Justiça do Estado de Goiás"),
    novo(810, "10", "TJMA", "Tribunal de Justiça do Estado do Maranhão"),
    novo(811, "11", "TJMT", "Tribunal de Justiça do Estado de Mato Grosso"),
    novo(812, "12", "TJMS", "Tribunal de Justiça do Estado de Mato Grosso do Sul"),
    novo(813, "13", "TJMG", "Tribunal de Justiça do Estado de Minas Gerais"),
    novo(814, "14", "TJPA", "Tribunal de Justiça do Estado do Pará"),
    novo(815, "15", "TJPB", "Tribunal de Justiça do Estado da Paraíba"),
    novo(816, "16", "TJPR", "Tribunal de Justiça do Estado do Paraná"),
    novo(817, "17", "TJPE", "Tribunal de Justiça do Estado de Pernambuco"),
    novo(818, "18", "TJPI", "Tribunal de Justiça do Estado do Piauí"),
    novo(819, "19", "TJRJ", "Tribunal de Justiça do Estado do Rio de Janeiro"),
    novo(820, "20", "TJRN", "Tribunal de Justiça do Estado do Rio Grande do Norte"),
    novo(821, "21", "TJRS", "Tribunal de Justiça do Estado do Rio Grande do Sul"),
    novo(822, "22", "TJRO", "Tribunal de Justiça do Estado de Rondônia"),
    novo(823, "23", "TJRR", "Tribunal de Justiça do Estado de Roraima"),
    novo(824, "24", "TJSC", "Tribunal de Justiça do Estado de Santa Catarina"),
    novo(825, "25", "TJSE", "Tribunal de Justiça do Estado de Sergipe"),
    novo(826, "26", "TJSP", "Tribunal de Justiça do Estado de São Paulo"),
    novo(827, "27", "TJTO", "Tribunal de Justiça do Estado do Tocantins"),
];

const fn novo(codigo: i16, tr: &'static str, sigla: &'static str, nome: &'static str) -> Tribunal {
    Tribunal { codigo, tr, sigla, nome }
}

impl Tribunal {
    pub fn por_codigo(codigo: i16) -> Option<Self> {
        TRIBUNAIS.iter().copied().find(|tribunal| tribunal.codigo == codigo)
    }

    /// The tribunal of a row, which a foreign key says is one of ours.
    pub fn da_linha(codigo: i16) -> crate::Result<Self> {
        let falta = || Error::interno(anyhow::anyhow!("unknown tribunal in a row"));
        Self::por_codigo(codigo).ok_or_else(falta)
    }

    /// The code that a filter names, if it names one; a text that names none is an error, whatever
    /// the filter does.
    pub fn do_filtro(texto: Option<&str>) -> crate::Result<Option<i16>> {
        let Some(texto) = texto else { return Ok(None) };
        let tribunal = Self::de_texto(texto).ok_or_else(|| {
            let mensagem =
                "o filtro `tribunal`: tribunal desconhecido; use, por exemplo, 20 ou 8.20";
            Error::falha(Falha::EntradaInvalida, mensagem)
        })?;
        Ok(Some(tribunal.codigo))
    }

    /// As people write it: `20`, `6`, `06`, `820` or `8.20`.
    pub fn de_texto(texto: &str) -> Option<Self> {
        let texto = characters::typed(texto);
        let tr = match texto.as_bytes() {
            [b'8', b'.', tr @ ..] | [b'8', tr @ ..] | tr if tr.len() == 2 => tr,
            tr @ [_] => tr,
            _ => return None,
        };
        if !tr.iter().all(u8::is_ascii_digit) {
            return None;
        }
        Self::por_codigo(800 + tr.iter().fold(0, |n, b| n * 10 + i16::from(b - b'0')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o_codigo_se_escreve_de_quatro_modos() {
        for texto in ["6", "06", "806", "8.06"] {
            assert_eq!(Tribunal::de_texto(texto).unwrap().sigla, "TJCE", "{texto}");
        }
        for texto in ["", "0", "28", "828", "8.6", "8.028", "5.06", "506", "+6", "é", "8.é"] {
            assert_eq!(Tribunal::de_texto(texto), None, "{texto}");
        }
    }
}
