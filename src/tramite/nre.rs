//! The NRE: 16 digits by which a processo in transit is known.

use crate::value::characters::Foreign;
use crate::value::field::digitos;
use diesel_derive_newtype::DieselNewType;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Ten digits of a sequence, two that check them, and the year.
///
/// ```
/// use elos::tramite::Nre;
/// assert_eq!(Nre::novo(18, 2015).to_string(), "0000000018852015");
/// assert!("0000000018992015".parse::<Nre>().is_ok(), "who receives one checks the shape only");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, DieselNewType, Serialize, Deserialize)]
pub struct Nre(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("o NRE tem 16 dígitos{0}")]
pub struct NreMalformado(Foreign);

impl FromStr for Nre {
    type Err = NreMalformado;

    fn from_str(texto: &str) -> Result<Self, NreMalformado> {
        digitos(texto, "NNNNNNNNNNNNNNNN").map(Self).map_err(NreMalformado)
    }
}

impl Nre {
    /// The formula of the check digits is not published: this one fits every
    /// number that is, and nobody checks them.
    pub fn novo(sequencia: i64, ano: i32) -> Self {
        let dez = format!("{sequencia:010}");
        let digitos = dez.bytes().rev().map(|b| i64::from(b - b'0'));
        let soma = |peso: fn(i64) -> i64| -> i64 {
            digitos.clone().zip(0..).map(|(digito, i)| digito * peso(i)).sum::<i64>().rem_euclid(10)
        };
        Self(format!("{dez}{}{}{ano:04}", soma(|i| i + 3), soma(|i| 4 - i)))
    }
}

impl fmt::Display for Nre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Never whole: to have it is to be a party.
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
        for (sequencia, ano, esperado) in [
            (1, 2016, "0000000001342016"),
            (18, 2015, "0000000018852015"),
            (43, 2018, "0000000043"),
            (7, 2026, "0000000007182026"),
            (42, 2026, "0000000042202026"),
            (1000, 2026, "0000001000612026"),
            (99_999, 2026, "0000099999502026"),
            (9_999_999_999, 2026, "9999999999"),
        ] {
            let nre = Nre::novo(sequencia, ano).to_string();
            assert!(nre.starts_with(esperado) && nre.len() == 16, "{nre}");
            assert!(nre.parse::<Nre>().is_ok());
        }
    }

    #[test]
    fn so_dezesseis_digitos() {
        for texto in
            ["", "000000001885201", "00000000188520155", "00000000188520 5", "+000000018852015"]
        {
            assert!(texto.parse::<Nre>().is_err(), "{texto}");
        }
    }
}
