//! CPF: the number that names a person. Shown in full only where a field asks for it.

use crate::value::characters::Foreign;
use crate::value::field::digitos;
use diesel_derive_newtype::DieselNewType;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// Eleven digits. The shape is checked here; the check digits are rule R23.
///
/// ```
/// let cpf: elos::cpf::Cpf = "529.982.247-25".parse()?;
/// assert!(cpf.digitos_conferem());
/// assert_eq!(cpf.to_string(), "***.982.247-**");
/// assert_eq!(cpf.completo(), "52998224725");
/// # Ok::<(), elos::cpf::CpfMalformado>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, DieselNewType, Serialize)]
pub struct Cpf(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("o CPF tem 11 dígitos ou a forma NNN.NNN.NNN-NN{0}")]
pub struct CpfMalformado(Foreign);

impl FromStr for Cpf {
    type Err = CpfMalformado;

    fn from_str(texto: &str) -> Result<Self, CpfMalformado> {
        digitos(texto, "NNN.NNN.NNN-NN").map(Self).map_err(CpfMalformado)
    }
}

impl Cpf {
    /// The eleven digits, for whoever may see them.
    pub fn completo(&self) -> &str {
        &self.0
    }

    /// R23: both check digits are right, and it is not one digit repeated.
    pub fn digitos_conferem(&self) -> bool {
        let digitos: Vec<u32> = self.0.bytes().map(|b| u32::from(b - b'0')).collect();
        let repetido = digitos.windows(2).all(|par| par[0] == par[1]);
        !repetido && [9, 10].iter().all(|&n| digito(&digitos[..n]) == digitos[n])
    }

    /// The CPF whose first nine digits are those of `base`: for synthetic data.
    pub fn sintetico(base: u32) -> Self {
        let mut digitos: Vec<u32> =
            format!("{:09}", base % 1_000_000_000).bytes().map(|b| u32::from(b - b'0')).collect();
        for _ in 0..2 {
            digitos.push(digito(&digitos));
        }
        Self(digitos.iter().map(u32::to_string).collect())
    }
}

fn digito(anteriores: &[u32]) -> u32 {
    let soma: u32 = anteriores.iter().rev().zip(2..).map(|(d, peso)| d * peso).sum();
    match soma % 11 {
        0 | 1 => 0,
        resto => 11 - resto,
    }
}

/// Masked: a CPF in a log or a message says no more than this.
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
        for (texto, certo) in [
            ("52998224725", true),
            ("52998224735", false),
            ("52998224724", false),
            ("11111111111", false),
            ("00000000191", true),
        ] {
            assert_eq!(texto.parse::<Cpf>().unwrap().digitos_conferem(), certo, "{texto}");
        }
    }

    #[test]
    fn so_onze_digitos_ou_a_mascara_inteira() {
        for texto in
            ["", "5299822472", "529982247255", "529.982.24725", "529-982-247.25", "+5299822472"]
        {
            assert!(texto.parse::<Cpf>().is_err(), "{texto}");
        }
    }

    #[test]
    fn sintetico_e_valido() {
        assert!((1..2000).all(|n| Cpf::sintetico(900_000_000 + n).digitos_conferem()));
    }

    #[test]
    fn nao_aparece_inteiro_por_acaso() {
        let cpf = Cpf::sintetico(123_456_789);
        assert!(!format!("{cpf} {cpf:?}").contains(cpf.completo()));
    }
}
