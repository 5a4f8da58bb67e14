//! The NRE: the 16 digits that identify a processo in transit.

use crate::value::characters::UnexpectedCharacter;
use crate::value::field::digits;
use diesel_derive_newtype::DieselNewType;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Ten digits of a sequence, two check digits, and the year.
///
/// ```
/// use elos::tramite::Nre;
/// assert_eq!(Nre::new(18, 2015).to_string(), "0000000018852015");
/// assert!("0000000018992015".parse::<Nre>().is_ok(), "parsing checks the shape only");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, DieselNewType, Serialize, Deserialize)]
pub struct Nre(String);

crate::db::columns_hold!(Nre as diesel::sql_types::Text);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("o NRE tem 16 dígitos{0}")]
pub struct MalformedNre(UnexpectedCharacter);

impl FromStr for Nre {
    type Err = MalformedNre;

    fn from_str(text: &str) -> Result<Self, MalformedNre> {
        digits(text, "NNNNNNNNNNNNNNNN").map(Self).map_err(MalformedNre)
    }
}

impl Nre {
    /// Computes the check digits. Their formula is not published. This one fits every published
    /// NRE, and no known implementation verifies them.
    pub fn new(sequence: i64, year: i32) -> Self {
        let ten_digits = format!("{sequence:010}");
        let digits = ten_digits.bytes().rev().map(|b| i64::from(b - b'0'));
        let sum = |weight: fn(i64) -> i64| -> i64 {
            digits.clone().zip(0..).map(|(digit, i)| digit * weight(i)).sum::<i64>().rem_euclid(10)
        };
        Self(format!("{ten_digits}{}{}{year:04}", sum(|i| i + 3), sum(|i| 4 - i)))
    }
}

impl fmt::Display for Nre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Hides the number, because only the parties of a registro eletrônico know its NRE.
impl fmt::Debug for Nre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nre(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_digitos_dos_exemplos_publicos() {
        for (sequence, year, expected) in [
            (1, 2016, "0000000001342016"),
            (18, 2015, "0000000018852015"),
            (43, 2018, "0000000043"),
            (7, 2026, "0000000007182026"),
            (42, 2026, "0000000042202026"),
            (1000, 2026, "0000001000612026"),
            (99_999, 2026, "0000099999502026"),
            (9_999_999_999, 2026, "9999999999"),
        ] {
            let nre = Nre::new(sequence, year).to_string();
            assert!(nre.starts_with(expected) && nre.len() == 16, "{nre}");
            assert!(nre.parse::<Nre>().is_ok());
        }
    }

    #[test]
    fn so_dezesseis_digitos() {
        for text in
            ["", "000000001885201", "00000000188520155", "00000000188520 5", "+000000018852015"]
        {
            assert!(text.parse::<Nre>().is_err(), "{text}");
        }
    }
}
