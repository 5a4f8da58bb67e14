//! Protocolos: what an órgão writes on a processo, and which number it is.

use crate::db::texto_enum;
use crate::processo::NumeroProcesso;
use crate::value::characters::{CodePoint, hidden, typed};
use crate::value::field::digitos;
use std::fmt;

texto_enum! {
    /// Que número um protocolo é.
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
const TAMANHO_MAXIMO: usize = 40;

/// A protocolo as it was written, the number that it is, and the key by which two
/// spellings of one number are the same.
///
/// ```
/// use elos::tramite::{Protocolo, TipoDeProtocolo};
/// let com_mascara = Protocolo::ler("99990.000001/2026-53")?;
/// assert_eq!(com_mascara.tipo(), TipoDeProtocolo::Nup17);
/// assert_eq!(com_mascara.chave(), Protocolo::ler("99990000001202653")?.chave());
/// # Ok::<(), elos::tramite::ProtocoloMalformado>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Protocolo {
    texto: String,
    chave: String,
    tipo: TipoDeProtocolo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProtocoloMalformado {
    #[error("o protocolo tem de 1 a 40 caracteres, nenhum deles de controle")]
    Tamanho,
    #[error("no protocolo não cabe o caractere {0}, que não se vê")]
    Hidden(CodePoint),
    #[error("os 20 dígitos servem de NIPE e de número CNJ; mande o protocolo com a máscara")]
    Ambiguo,
}

impl Protocolo {
    /// The shape alone decides; only twenty bare digits, which two kinds have, are
    /// told apart by whose check digits are right.
    pub fn ler(texto: &str) -> Result<Self, ProtocoloMalformado> {
        let texto = texto.trim();
        let tamanho = (1..=TAMANHO_MAXIMO).contains(&texto.chars().count());
        if !tamanho || texto.chars().any(char::is_control) {
            return Err(ProtocoloMalformado::Tamanho);
        }
        // With one, it would pass for another processo than the one that it looks like.
        if let Some(hidden) = hidden(texto) {
            return Err(ProtocoloMalformado::Hidden(hidden));
        }
        let com = |chave: String, tipo| Ok(Self { texto: texto.to_owned(), chave, tipo });
        // The number is what was meant; what is kept is what was written.
        let numero = typed(texto);
        if let Ok(chave) = digitos(&numero, NUP17) {
            return com(chave, TipoDeProtocolo::Nup17);
        }
        if let Ok(chave) = digitos(&numero, NUP21) {
            return com(chave, TipoDeProtocolo::Nup21);
        }
        let Ok(chave) = digitos(&numero, CNJ20).or_else(|_| digitos(&numero, NIPE20)) else {
            return com(numero.to_uppercase(), TipoDeProtocolo::Livre);
        };
        let tipo = match numero.len() {
            n if n == CNJ20.len() => TipoDeProtocolo::Cnj20,
            n if n == NIPE20.len() => TipoDeProtocolo::Nipe20,
            _ => match (cnj_confere(&chave), modulo_11_confere(&chave)) {
                (true, true) => return Err(ProtocoloMalformado::Ambiguo),
                (true, false) => TipoDeProtocolo::Cnj20,
                (false, true) => TipoDeProtocolo::Nipe20,
                (false, false) => TipoDeProtocolo::Livre,
            },
        };
        com(chave, tipo)
    }

    /// As it was written.
    pub fn texto(&self) -> &str {
        &self.texto
    }

    /// Digits, or the text in upper case: equal when the number is.
    pub fn chave(&self) -> &str {
        &self.chave
    }

    pub fn tipo(&self) -> TipoDeProtocolo {
        self.tipo
    }

    /// Whether the check digits are right, where the kind has them.
    pub fn digito_confere(&self) -> bool {
        match self.tipo {
            TipoDeProtocolo::Nup17 | TipoDeProtocolo::Nipe20 => modulo_11_confere(&self.chave),
            TipoDeProtocolo::Nup21 => resto_97(&self.chave) == 1,
            TipoDeProtocolo::Cnj20 => cnj_confere(&self.chave),
            TipoDeProtocolo::Livre => true,
        }
    }

    /// The processo of this server that it would name.
    pub fn numero_cnj(&self) -> Option<NumeroProcesso> {
        (self.tipo == TipoDeProtocolo::Cnj20).then(|| self.chave.parse().ok()).flatten()
    }
}

/// Never whole: a processo in transit is as sealed as one at rest.
impl fmt::Debug for Protocolo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Protocolo({:?} ***)", self.tipo)
    }
}

fn cnj_confere(vinte: &str) -> bool {
    let numero: Option<NumeroProcesso> = vinte.parse().ok();
    numero.is_some_and(|numero| numero.digito() == numero.digito_esperado())
}

/// NUP of 17 digits (Portaria Interministerial 11/2019) and NIPE: two digits, modulo 11.
fn modulo_11_confere(digitos: &str) -> bool {
    let digitos: Vec<u32> = digitos.bytes().map(|b| u32::from(b - b'0')).collect();
    let base = digitos.len() - 2;
    let digito = |anteriores: &[u32]| {
        let soma: u32 = anteriores.iter().rev().zip(2..).map(|(digito, peso)| digito * peso).sum();
        (11 - soma % 11) % 10
    };
    digito(&digitos[..base]) == digitos[base] && digito(&digitos[..=base]) == digitos[base + 1]
}

fn resto_97(digitos: &str) -> u32 {
    digitos.bytes().fold(0, |resto, b| (resto * 10 + u32::from(b - b'0')) % 97)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tipo(texto: &str) -> TipoDeProtocolo {
        Protocolo::ler(texto).unwrap().tipo()
    }

    /// Fictitious numbers, computed by independent routines.
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
            let lido = Protocolo::ler(nup).unwrap();
            assert_eq!(
                (lido.tipo(), lido.digito_confere()),
                (TipoDeProtocolo::Nup17, true),
                "{nup}"
            );
        }
        for (texto, esperado) in [
            ("0000001.00000001/2024-57", TipoDeProtocolo::Nup21),
            ("1234567.00000123/2025-89", TipoDeProtocolo::Nup21),
            ("17.137001.000001/2026-21", TipoDeProtocolo::Nipe20),
            ("0000001-39.2024.8.26.0100", TipoDeProtocolo::Cnj20),
        ] {
            let lido = Protocolo::ler(texto).unwrap();
            assert_eq!((lido.tipo(), lido.digito_confere()), (esperado, true), "{texto}");
            let nu: String = texto.chars().filter(char::is_ascii_digit).collect();
            let nu = Protocolo::ler(&nu).unwrap();
            assert_eq!((nu.tipo(), nu.chave()), (esperado, lido.chave()), "{texto}");
        }
    }

    #[test]
    fn o_digito_errado_se_percebe_e_nao_muda_a_especie() {
        for texto in [
            "23000.000001/2024-36",
            "00768.000100/2025-12",
            "99990.000002/2026-60",
            "13990.811212/2020-00",
        ] {
            let lido = Protocolo::ler(texto).unwrap();
            assert_eq!(
                (lido.tipo(), lido.digito_confere()),
                (TipoDeProtocolo::Nup17, false),
                "{texto}"
            );
        }
    }

    #[test]
    fn o_resto_e_texto_livre_sem_distinguir_maiusculas() {
        let livre = Protocolo::ler(" sei-12/ab ").unwrap();
        assert_eq!(
            (livre.texto(), livre.chave(), livre.tipo()),
            ("sei-12/ab", "SEI-12/AB", TipoDeProtocolo::Livre)
        );
        assert_eq!(tipo("99990.000001/2026-5"), TipoDeProtocolo::Livre);
        assert_eq!(tipo("12345678901234567890"), TipoDeProtocolo::Livre);
        for texto in ["", "  ", "a\u{0}b", &"x".repeat(41)] {
            assert_eq!(Protocolo::ler(texto), Err(ProtocoloMalformado::Tamanho), "{texto:?}");
        }
        assert!(Protocolo::ler(&"ç".repeat(40)).is_ok());
        let refused = Protocolo::ler("99990.000001/2026-53\u{200b}").map_err(|e| e.to_string());
        assert!(refused.is_err_and(|text| text.contains("U+200B")));
        let key = |text: &str| Protocolo::ler(text).unwrap().chave().to_owned();
        assert_eq!(key("livre\u{a0}\u{2013}1"), key("LIVRE -1"));
    }

    /// Twenty bare digits that both kinds would own name neither.
    #[test]
    fn vinte_digitos_ambiguos_pedem_a_mascara() {
        let ambiguo = (0..200_000_u32)
            .map(|n| NumeroProcesso::sintetico(n, 2026, 820, 1))
            .find(|numero| modulo_11_confere(numero.digitos()))
            .unwrap();
        assert_eq!(Protocolo::ler(ambiguo.digitos()), Err(ProtocoloMalformado::Ambiguo));
        assert_eq!(tipo(&ambiguo.to_string()), TipoDeProtocolo::Cnj20);
    }
}
