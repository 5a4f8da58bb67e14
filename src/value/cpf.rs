//! CPF: the number that identifies a person. Only [`Cpf::unmasked`] and serialization show it in
//! full.

use crate::value::characters::UnexpectedCharacter;
use crate::value::field::digits;
use diesel_derive_newtype::DieselNewType;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// Eleven digits. Parsing checks only the form; rule R23 checks the check digits.
///
/// ```
/// let cpf: elos::value::cpf::Cpf = "529.982.247-25".parse()?;
/// assert!(cpf.check_digits_match());
/// assert_eq!(cpf.to_string(), "***.982.247-**");
/// assert_eq!(cpf.unmasked(), "52998224725");
/// # Ok::<(), elos::value::cpf::MalformedCpf>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, DieselNewType, Serialize)]
pub struct Cpf(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("o CPF tem 11 dígitos ou a forma NNN.NNN.NNN-NN{0}")]
pub struct MalformedCpf(UnexpectedCharacter);

impl FromStr for Cpf {
    type Err = MalformedCpf;

    fn from_str(text: &str) -> Result<Self, MalformedCpf> {
        digits(text, "NNN.NNN.NNN-NN").map(Self).map_err(MalformedCpf)
    }
}

impl Cpf {
    /// All eleven digits. Show them only to a caller that may see them.
    pub fn unmasked(&self) -> &str {
        &self.0
    }

    /// R23: whether both check digits are correct and the CPF is not one digit repeated.
    pub fn check_digits_match(&self) -> bool {
        let digits: Vec<u32> = self.0.bytes().map(|b| u32::from(b - b'0')).collect();
        let repeated = digits.windows(2).all(|pair| pair[0] == pair[1]);
        !repeated && [9, 10].iter().all(|&n| check_digit(&digits[..n]) == digits[n])
    }

    /// The valid CPF whose first nine digits are those of `base`, for synthetic data.
    pub fn synthetic(base: u32) -> Self {
        let mut digits: Vec<u32> =
            format!("{:09}", base % 1_000_000_000).bytes().map(|b| u32::from(b - b'0')).collect();
        for _ in 0..2 {
            digits.push(check_digit(&digits));
        }
        Self(digits.iter().map(u32::to_string).collect())
    }
}

fn check_digit(preceding: &[u32]) -> u32 {
    let sum: u32 = preceding.iter().rev().zip(2..).map(|(d, weight)| d * weight).sum();
    match sum % 11 {
        0 | 1 => 0,
        remainder => 11 - remainder,
    }
}

/// Masked, so that a CPF in a log or a message does not identify a person.
impl fmt::Display for Cpf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "***.{}.{}-**", &self.0[3..6], &self.0[6..9])
    }
}

impl fmt::Debug for Cpf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cpf(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r23_confere_os_dois_digitos() {
        for (text, valid) in [
            ("52998224725", true),
            ("52998224735", false),
            ("52998224724", false),
            ("11111111111", false),
            ("00000000191", true),
        ] {
            assert_eq!(text.parse::<Cpf>().unwrap().check_digits_match(), valid, "{text}");
        }
    }

    #[test]
    fn so_onze_digitos_ou_a_mascara_inteira() {
        for text in
            ["", "5299822472", "529982247255", "529.982.24725", "529-982-247.25", "+5299822472"]
        {
            assert!(text.parse::<Cpf>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_synthetic_cpf_is_valid() {
        assert!((1..2000).all(|n| Cpf::synthetic(900_000_000 + n).check_digits_match()));
    }

    #[test]
    fn a_cpf_is_not_shown_whole_by_accident() {
        let cpf = Cpf::synthetic(123_456_789);
        assert!(!format!("{cpf} {cpf:?}").contains(cpf.unmasked()));
    }
}
