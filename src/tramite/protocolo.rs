//! Protocolos: the number that an órgão writes on a processo, and the numbering scheme that it
//! follows.

use crate::db::text_enum;
use crate::processo::NumeroProcesso;
use crate::value::characters::{CodePoint, hidden, normalize};
use crate::value::field::digits;
use std::fmt;

text_enum! {
    /// Numeração que um protocolo segue.
    pub enum TipoDeProtocolo {
        /// NUP em vigor, 17 dígitos.
        Nup17 = "NUP17",
        /// NUP de 21 dígitos, revogado.
        Nup21 = "NUP21",
        /// NIPE, 20 dígitos.
        Nipe20 = "NIPE20",
        /// Número CNJ, 20 dígitos.
        Cnj20 = "CNJ20",
        /// Qualquer outro texto.
        Livre = "LIVRE",
    }
}

const NUP17: &str = "NNNNN.NNNNNN/NNNN-NN";
const NUP21: &str = "NNNNNNN.NNNNNNNN/NNNN-NN";
const NIPE20: &str = "NN.NNNNNN.NNNNNN/NNNN-NN";
const CNJ20: &str = "NNNNNNN-NN.NNNN.N.NN.NNNN";
const MAX_SIZE: usize = 40;

/// A protocolo as it was written, the numbering scheme that it follows, and the key by which two
/// spellings of one number are equal.
///
/// ```
/// use elos::tramite::{Protocolo, TipoDeProtocolo};
/// let masked = Protocolo::read("99990.000001/2026-53")?;
/// assert_eq!(masked.tipo(), TipoDeProtocolo::Nup17);
/// assert_eq!(masked.key(), Protocolo::read("99990000001202653")?.key());
/// # Ok::<(), elos::tramite::MalformedProtocolo>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Protocolo {
    text: String,
    key: String,
    tipo: TipoDeProtocolo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedProtocolo {
    #[error("o protocolo tem de 1 a 40 caracteres, nenhum deles de controle")]
    Size,
    #[error("no protocolo não cabe o caractere {0}, que não se vê")]
    Hidden(CodePoint),
    #[error("os 20 dígitos servem de NIPE e de número CNJ; mande o protocolo com a máscara")]
    Ambiguous,
}

impl Protocolo {
    /// The shape alone decides the tipo. Only twenty bare digits fit two tipos (CNJ and NIPE):
    /// there the check digits decide. If they fit neither, the tipo is `Livre`; if they fit both,
    /// the protocolo is refused as ambiguous.
    pub fn read(text: &str) -> Result<Self, MalformedProtocolo> {
        let text = text.trim();
        let fits = (1..=MAX_SIZE).contains(&text.chars().count());
        if !fits || text.chars().any(char::is_control) {
            return Err(MalformedProtocolo::Size);
        }
        // A hidden character would make two protocolos that look equal differ.
        if let Some(hidden) = hidden(text) {
            return Err(MalformedProtocolo::Hidden(hidden));
        }
        let build = |key: String, tipo| Ok(Self { text: text.to_owned(), key, tipo });
        // Keep the text as it was written, but compare it by the characters that the sender meant
        // to type.
        let numero = normalize(text);
        if let Ok(key) = digits(&numero, NUP17) {
            return build(key, TipoDeProtocolo::Nup17);
        }
        if let Ok(key) = digits(&numero, NUP21) {
            return build(key, TipoDeProtocolo::Nup21);
        }
        let Ok(key) = digits(&numero, CNJ20).or_else(|_| digits(&numero, NIPE20)) else {
            return build(numero.to_uppercase(), TipoDeProtocolo::Livre);
        };
        let tipo = match numero.len() {
            n if n == CNJ20.len() => TipoDeProtocolo::Cnj20,
            n if n == NIPE20.len() => TipoDeProtocolo::Nipe20,
            _ => match (has_valid_cnj_digits(&key), mod_11_matches(&key)) {
                (true, true) => return Err(MalformedProtocolo::Ambiguous),
                (true, false) => TipoDeProtocolo::Cnj20,
                (false, true) => TipoDeProtocolo::Nipe20,
                (false, false) => TipoDeProtocolo::Livre,
            },
        };
        build(key, tipo)
    }

    /// The protocolo as it was written, without surrounding white space.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The digits of a number, or the text in upper case. Keys are equal when the numbers
    /// are.
    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn tipo(&self) -> TipoDeProtocolo {
        self.tipo
    }

    /// Whether the check digits are right. Always true for a tipo that has none.
    pub fn has_valid_check_digit(&self) -> bool {
        match self.tipo {
            TipoDeProtocolo::Nup17 | TipoDeProtocolo::Nipe20 => mod_11_matches(&self.key),
            TipoDeProtocolo::Nup21 => mod_97(&self.key) == 1,
            TipoDeProtocolo::Cnj20 => has_valid_cnj_digits(&self.key),
            TipoDeProtocolo::Livre => true,
        }
    }
}

/// Hides the number, because a processo in transit is as confidential as one at rest.
impl fmt::Debug for Protocolo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Protocolo({:?} ***)", self.tipo)
    }
}

fn has_valid_cnj_digits(twenty_digits: &str) -> bool {
    let numero: Option<NumeroProcesso> = twenty_digits.parse().ok();
    numero.is_some_and(|numero| numero.digit() == numero.expected_digit())
}

/// Check digits of a NUP of 17 digits (Portaria Interministerial 11/2019) and of a NIPE: two
/// digits, modulo 11.
fn mod_11_matches(digits: &str) -> bool {
    let digits: Vec<u32> = digits.bytes().map(|b| u32::from(b - b'0')).collect();
    let base = digits.len() - 2;
    let digit = |preceding: &[u32]| {
        let sum: u32 = preceding.iter().rev().zip(2..).map(|(digit, weight)| digit * weight).sum();
        (11 - sum % 11) % 10
    };
    digit(&digits[..base]) == digits[base] && digit(&digits[..=base]) == digits[base + 1]
}

fn mod_97(digits: &str) -> u32 {
    digits.bytes().fold(0, |rest, b| (rest * 10 + u32::from(b - b'0')) % 97)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tipo(text: &str) -> TipoDeProtocolo {
        Protocolo::read(text).unwrap().tipo()
    }

    /// The numbers are fictitious. Independent routines computed their check digits.
    #[test]
    fn os_numeros_validos_de_cada_especie() {
        for nup in [
            "23000.000001/2024-35",
            "23000.000002/2024-80",
            "00768.000100/2025-21",
            "08000.123456/2025-15",
            "03000.000999/2023-80",
            "10265.000010/2022-10",
            "50000.004321/2021-94",
            "25000.999999/2020-11",
            "99990.000001/2026-53",
            "99990.000002/2026-06",
            "99990.000003/2026-42",
            "99991.000001/2026-43",
            "00001.000001/2019-62",
            "04500.100000/2019-47",
            "53000.020304/2016-25",
        ] {
            let parsed = Protocolo::read(nup).unwrap();
            assert_eq!(
                (parsed.tipo(), parsed.has_valid_check_digit()),
                (TipoDeProtocolo::Nup17, true),
                "{nup}"
            );
        }
        for (text, expected) in [
            ("0000001.00000001/2024-57", TipoDeProtocolo::Nup21),
            ("1234567.00000123/2025-89", TipoDeProtocolo::Nup21),
            ("17.137001.000001/2026-21", TipoDeProtocolo::Nipe20),
            ("0000001-39.2024.8.26.0100", TipoDeProtocolo::Cnj20),
        ] {
            let parsed = Protocolo::read(text).unwrap();
            assert_eq!((parsed.tipo(), parsed.has_valid_check_digit()), (expected, true), "{text}");
            let bare: String = text.chars().filter(char::is_ascii_digit).collect();
            let bare = Protocolo::read(&bare).unwrap();
            assert_eq!((bare.tipo(), bare.key()), (expected, parsed.key()), "{text}");
        }
    }

    #[test]
    fn o_digito_errado_se_percebe_e_nao_muda_a_especie() {
        for text in [
            "23000.000001/2024-36",
            "00768.000100/2025-12",
            "99990.000002/2026-60",
            "13990.811212/2020-00",
        ] {
            let parsed = Protocolo::read(text).unwrap();
            assert_eq!(
                (parsed.tipo(), parsed.has_valid_check_digit()),
                (TipoDeProtocolo::Nup17, false),
                "{text}"
            );
        }
    }

    #[test]
    fn o_resto_e_texto_livre_sem_distinguir_maiusculas() {
        let livre = Protocolo::read(" sei-12/ab ").unwrap();
        assert_eq!(
            (livre.text(), livre.key(), livre.tipo()),
            ("sei-12/ab", "SEI-12/AB", TipoDeProtocolo::Livre)
        );
        assert_eq!(tipo("99990.000001/2026-5"), TipoDeProtocolo::Livre);
        assert_eq!(tipo("12345678901234567890"), TipoDeProtocolo::Livre);
        for text in ["", "  ", "a\u{0}b", &"x".repeat(41)] {
            assert_eq!(Protocolo::read(text), Err(MalformedProtocolo::Size), "{text:?}");
        }
        assert!(Protocolo::read(&"ç".repeat(40)).is_ok());
        let refused = Protocolo::read("99990.000001/2026-53\u{200b}").map_err(|e| e.to_string());
        assert!(refused.is_err_and(|text| text.contains("U+200B")));
        let key = |text: &str| Protocolo::read(text).unwrap().key().to_owned();
        assert_eq!(key("livre\u{a0}\u{2013}1"), key("LIVRE -1"));
    }

    /// Twenty bare digits that are valid both as NIPE and as número CNJ are refused.
    #[test]
    fn vinte_digitos_ambiguos_pedem_a_mascara() {
        let ambiguous = (0..200_000_u32)
            .map(|n| NumeroProcesso::synthetic(n, 2026, 820, 1))
            .find(|numero| mod_11_matches(numero.digits()))
            .unwrap();
        assert_eq!(Protocolo::read(ambiguous.digits()), Err(MalformedProtocolo::Ambiguous));
        assert_eq!(tipo(&ambiguous.to_string()), TipoDeProtocolo::Cnj20);
    }
}
