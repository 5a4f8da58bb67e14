//! Time as the courts write it: America/Sao_Paulo, `dd/MM/yyyy`.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::America::Sao_Paulo;

/// The calendar day there.
pub fn dia(instante: DateTime<Utc>) -> NaiveDate {
    instante.with_timezone(&Sao_Paulo).date_naive()
}

/// `dd/MM/yyyy HH:mm:ss`.
pub fn por_extenso(instante: DateTime<Utc>) -> String {
    instante.with_timezone(&Sao_Paulo).format("%d/%m/%Y %H:%M:%S").to_string()
}

/// `dd/MM/yyyy HH:mm`.
pub fn ate_o_minuto(instante: DateTime<Utc>) -> String {
    instante.with_timezone(&Sao_Paulo).format("%d/%m/%Y %H:%M").to_string()
}

/// `dd/MM/yyyy`.
pub fn data(data: NaiveDate) -> String {
    data.format("%d/%m/%Y").to_string()
}

/// Reads `dd/MM/yyyy`, all ten characters of it.
pub fn ler_data(texto: &str) -> Option<NaiveDate> {
    let forma = texto.len() == 10
        && texto.bytes().enumerate().all(|(i, b)| match i {
            2 | 5 => b == b'/',
            _ => b.is_ascii_digit(),
        });
    forma.then(|| NaiveDate::parse_from_str(texto, "%d/%m/%Y").ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn le_so_a_forma_inteira() {
        assert_eq!(ler_data("29/02/2024"), NaiveDate::from_ymd_opt(2024, 2, 29));
        for texto in ["29/02/2023", "1/2/2024", "2024-02-29", "29/02/20244", "+9/02/2024", ""] {
            assert_eq!(ler_data(texto), None, "{texto}");
        }
    }

    #[test]
    fn a_noite_de_sao_paulo_ainda_e_o_dia_anterior_em_utc() {
        let instante = DateTime::from_timestamp(1_700_000_000, 0).unwrap(); // 2023-11-14T22:13:20Z
        assert_eq!(por_extenso(instante), "14/11/2023 19:13:20");
        assert_eq!(
            dia(DateTime::from_timestamp(1_700_010_000, 0).unwrap()).to_string(),
            "2023-11-14"
        );
    }
}
