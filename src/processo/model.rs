//! The processo, its number, and its vínculos to adolescentes.

use crate::adolescente::AdolescenteId;
use crate::db::schema::processo;
use crate::db::{columns_hold, row, text_enum};
use crate::value::characters::UnexpectedCharacter;
use crate::value::cpf::Cpf;
use crate::value::field::digits;
use crate::value::resource::{HasResources, Resource, resources};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_derive_newtype::DieselNewType;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// Key of a processo. It is also the code of the processo in the REST API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, DieselNewType)]
pub struct ProcessoId(pub i64);

/// A CNJ unique number, `NNNNNNN-DD.AAAA.J.TR.OOOO`: 20 digits, of which two (DD) check the others.
///
/// Parsing checks the shape only. The check digits are rule R4.
///
/// ```
/// # use elos::processo::NumeroProcesso;
/// let numero: NumeroProcesso = "90007416220218200083".parse()?;
/// assert_eq!(numero.to_string(), "9000741-62.2021.8.20.0083");
/// assert_eq!(numero.expected_digit(), 62);
/// # Ok::<(), elos::processo::MalformedNumero>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, DieselNewType, Serialize)]
pub struct NumeroProcesso(String);

columns_hold!(ProcessoId as BigInt, NumeroProcesso as Text);

/// The text does not have the form of a number. Holds a foreign character of the text, if any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("o número do processo tem a forma NNNNNNN-DD.AAAA.J.TR.OOOO ou 20 dígitos{0}")]
pub struct MalformedNumero(UnexpectedCharacter);

impl FromStr for NumeroProcesso {
    type Err = MalformedNumero;

    fn from_str(text: &str) -> Result<Self, MalformedNumero> {
        digits(text, Self::MASK).map(Self).map_err(MalformedNumero)
    }
}

impl NumeroProcesso {
    /// The written form; each `N` stands for one digit.
    const MASK: &str = "NNNNNNN-NN.NNNN.N.NN.NNNN";

    /// The twenty digits, without punctuation.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The check digits DD as written.
    pub fn digit(&self) -> u32 {
        self.0.as_bytes()[7..9].iter().fold(0, |n, b| n * 10 + u32::from(b - b'0'))
    }

    /// The check digits DD that the other digits require, 2 to 98 (ISO 7064 mod 97-10, Resolução
    /// CNJ 65/2008).
    pub fn expected_digit(&self) -> u32 {
        let (before, after) = (&self.0.as_bytes()[..7], &self.0.as_bytes()[9..]);
        98 - mod_97(&[before, after, b"00"].concat())
    }

    /// J·100 + TR: the code of the tribunal in the number, whether or not that tribunal exists.
    pub fn tribunal_code(&self) -> i16 {
        self.0.as_bytes()[13..16].iter().fold(0, |n, b| n * 10 + i16::from(b - b'0'))
    }

    /// A number with these parts and valid check digits, for synthetic data.
    pub fn synthetic(sequence: u32, year: u32, tribunal: i16, origem: u32) -> Self {
        let with_digit =
            |dd: u32| Self(format!("{sequence:07}{dd:02}{year:04}{tribunal:03}{origem:04}"));
        with_digit(with_digit(0).expected_digit())
    }
}

/// The number in `digits` modulo 97. Computed digit by digit, because twenty digits do not fit in
/// an integer.
fn mod_97(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |rest, b| (rest * 10 + u32::from(b - b'0')) % 97)
}

impl fmt::Display for NumeroProcesso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every response holds some numbers, and a format string costs several times as much.
        let mut text = [0; Self::MASK.len()];
        let mut digits = self.0.bytes();
        for (character, slot) in text.iter_mut().zip(Self::MASK.bytes()) {
            *character = if slot == b'N' { digits.next().unwrap_or(slot) } else { slot };
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// Hides the number: a log that prints a command must not name a sealed case.
impl fmt::Debug for NumeroProcesso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NumeroProcesso(***)")
    }
}

text_enum! {
    /// Natureza do processo.
    pub enum TipoProcesso {
        /// Apuração de ato infracional (classe TPU 1464).
        Apuracao = "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
        /// Execução de medidas socioeducativas (classe TPU 1465).
        Execucao = "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS",
    }
}

text_enum! {
    /// Situação do processo.
    pub enum SituacaoProcesso {
        /// Em andamento.
        Ativo = "ATIVO",
        /// Arquivado; pode ser reativado.
        Arquivado = "ARQUIVADO",
    }
}

text_enum! {
    /// Situação de um vínculo entre adolescente e processo.
    pub enum SituacaoVinculo {
        /// Em vigor.
        Ativo = "ATIVO",
        /// Encerrado; guardado para o histórico.
        Encerrado = "ENCERRADO",
    }
}

row! {
    columns processo_columns of "p";

    /// A row of the table `processo`.
    #[derive(Debug, Clone, HasQuery, QueryableByName)]
    #[diesel(table_name = processo, check_for_backend(diesel::pg::Pg))]
    pub struct Processo {
        pub id: ProcessoId,
        pub tribunal_codigo: i16,
        pub numero: NumeroProcesso,
        pub tipo: TipoProcesso,
        pub situacao: SituacaoProcesso,
        pub id_orgao: i32,
        pub app_name_sistema_tribunal: String,
        pub id_processo_sistema_externo: Option<String>,
        pub numero_referencia: Option<NumeroProcesso>,
        pub magistrado_nome: Option<String>,
        pub magistrado_cpf: Option<Cpf>,
        pub serventuario_nome: Option<String>,
        pub serventuario_cpf: Option<Cpf>,
        pub criado_em: DateTime<Utc>,
        pub atualizado_em: DateTime<Utc>,
        pub versao: i32,
    }
}

row! {
    columns vinculo_columns of "v";

    /// A link between an adolescente and a processo.
    #[derive(Debug, Clone, PartialEq, Eq, Queryable, QueryableByName)]
    pub struct Vinculo {
        pub id: i64 => vinculo_id = "v.id",
        pub iniciado_em: DateTime<Utc>,
        pub encerrado_em: Option<DateTime<Utc>>,
        pub motivo: Option<String>,
    }
}

impl Vinculo {
    /// A vínculo is active until it has an end.
    pub fn situacao(&self) -> SituacaoVinculo {
        match self.encerrado_em {
            None => SituacaoVinculo::Ativo,
            Some(_) => SituacaoVinculo::Encerrado,
        }
    }
}

row! {
    columns linked_vinculo_columns of "v";

    /// A link with the ids of its two ends.
    #[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
    pub struct LinkedVinculo {
        pub tribunal_codigo: i16,
        pub processo_id: ProcessoId,
        pub adolescente_id: AdolescenteId,
        #[diesel(embed)]
        pub vinculo: Vinculo as crate::processo::vinculo_columns,
    }
}

/// A caller that sees a vínculo learns that its two ends are linked, so the audit trail records
/// both.
impl HasResources for LinkedVinculo {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        resources.push(Resource::Processo(self.processo_id.0));
        resources.push(Resource::Adolescente(self.adolescente_id.0));
    }
}

/// Magistrado or serventuário.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Responsavel {
    pub nome: Option<String>,
    pub cpf: Option<Cpf>,
}

resources!(Processo => |processo| Resource::Processo(processo.id.0));

#[cfg(test)]
mod tests {
    use super::*;

    /// Synthetic numbers of every tribunal and at the limits of DD, confirmed by four other
    /// implementations.
    const VALID: &[&str] = &[
        "9000038-41.2022.8.01.0014",
        "9000075-65.2023.8.02.0027",
        "9000112-89.2024.8.03.0040",
        "9000149-16.2025.8.04.0053",
        "9000186-16.2021.8.05.0066",
        "9000223-40.2022.8.06.0079",
        "9000260-40.2023.8.07.0003",
        "9000297-64.2024.8.08.0016",
        "9000334-88.2025.8.09.0029",
        "9000371-88.2021.8.10.0042",
        "9000408-15.2022.8.11.0055",
        "9000445-39.2023.8.12.0068",
        "9000482-63.2024.8.13.0081",
        "9000519-63.2025.8.14.0005",
        "9000556-63.2021.8.15.0018",
        "9000593-87.2022.8.16.0031",
        "9000630-14.2023.8.17.0044",
        "9000667-38.2024.8.18.0057",
        "9000704-62.2025.8.19.0070",
        "9000741-62.2021.8.20.0083",
        "9000778-62.2022.8.21.0007",
        "9000815-86.2023.8.22.0020",
        "9000852-13.2024.8.23.0033",
        "9000889-37.2025.8.24.0046",
        "9000926-37.2021.8.25.0059",
        "9000963-61.2022.8.26.0072",
        "9001000-85.2023.8.27.0085",
        "9000501-26.2024.8.20.0000",
        "9000502-15.2025.8.17.9003",
        "0000007-80.2023.8.15.9899",
        "9001007-08.2025.8.22.0001",
        "9010089-98.2024.8.10.0044",
        "9010085-02.2024.8.05.0044",
    ];

    #[test]
    fn r4_digito_confere_nos_numeros_validos() {
        for text in VALID {
            let numero: NumeroProcesso = text.parse().unwrap();
            assert_eq!(numero.digit(), numero.expected_digit(), "{text}");
            assert_eq!(&numero.to_string(), text);
        }
    }

    #[test]
    fn r4_apelidos_do_digito_nao_conferem() {
        for text in [
            "9000038-42.2022.8.01.0014",
            "9000038-00.2022.8.01.0014",
            "9000038-99.2022.8.01.0014",
            "9010085-99.2024.8.05.0044",
            "9010089-01.2024.8.10.0044",
        ] {
            let numero: NumeroProcesso = text.parse().unwrap();
            assert_ne!(numero.digit(), numero.expected_digit(), "{text}");
        }
    }

    #[test]
    fn r4_todo_digito_trocado_se_percebe() {
        for text in VALID {
            let valid: NumeroProcesso = text.parse().unwrap();
            for (i, other) in (0..20).flat_map(|i| (b'0'..=b'9').map(move |b| (i, b))) {
                let mut digits = valid.digits().as_bytes().to_vec();
                if digits[i] == other {
                    continue;
                }
                digits[i] = other;
                let changed: NumeroProcesso = String::from_utf8(digits).unwrap().parse().unwrap();
                assert_ne!(changed.digit(), changed.expected_digit(), "{text} {i} {other}");
            }
        }
    }

    #[test]
    fn so_a_mascara_inteira_ou_vinte_digitos() {
        for text in [
            "",
            "9000038-41.2022.8.01.001",
            "900003841202280100140",
            "9000038.41.2022.8.01.0014",
            "900003a-41.2022.8.01.0014",
            "９000038-41.2022.8.01.0014",
            "+0000384120228010014",
            "9000038-4120228010014",
            "9000038-41 .2022.8.01.0014",
            "9000038\u{200b}-41.2022.8.01.0014",
            "９000038-41.2022.8.01.0014",
        ] {
            assert!(text.parse::<NumeroProcesso>().is_err(), "{text}");
        }
    }

    #[test]
    fn colado_de_um_texto_e_o_mesmo_numero() {
        let valid: NumeroProcesso = "9000038-41.2022.8.01.0014".parse().unwrap();
        for text in [
            " 90000384120228010014\u{a0}",
            "\u{202f}9000038\u{2013}41.2022.8.01.0014\n",
            "9000038\u{2011}41.2022.8.01.0014",
            "9000038\u{2212}41.2022.8.01.0014",
        ] {
            assert_eq!(text.parse().as_ref(), Ok(&valid), "{text}");
        }
        let error = "9000038\u{200b}-41.2022.8.01.0014".parse::<NumeroProcesso>().unwrap_err();
        assert!(error.to_string().contains("U+200B"), "{error}");
    }

    #[test]
    fn a_synthetic_numero_is_valid() {
        let numero = NumeroProcesso::synthetic(9_000_741, 2021, 820, 83);
        assert_eq!(numero.to_string(), "9000741-62.2021.8.20.0083");
        assert_eq!(numero.tribunal_code(), 820);
    }
}
