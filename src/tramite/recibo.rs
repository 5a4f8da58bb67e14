//! The recibos of a trâmite: the exact texts that the destinatário and this server sign, and the
//! check of the signature of the destinatário.

use super::{Idt, Nre};
use crate::auth::rsa_key::{NoRsaKey, RsaPublicKey};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::Jwk;

/// The result of checking the signature on a recibo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureCheck {
    /// No key is registered for the estrutura. The rules accept the recibo as unsigned.
    NoKey,
    Absent,
    Valid,
    Mismatch,
}

/// An instant in a recibo: UTC, truncated to whole seconds, but written with milliseconds.
pub fn format_instant(instant: DateTime<Utc>) -> String {
    instant.format("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// The text that the destinatário signs to confirm that it has received every file.
pub fn conclusao_text(idt: Idt, nre: &Nre, recebimento: DateTime<Utc>, hashes: &[&str]) -> String {
    text("recibo", "dataDeRecebimento", idt, nre, recebimento, hashes)
}

/// The text that this server signs to confirm that every file has arrived here.
pub fn envio_text(idt: Idt, nre: &Nre, complete: DateTime<Utc>, hashes: &[&str]) -> String {
    text("reciboDeEnvio", "dataDeRecebimentoDoUltimoComponenteDigital", idt, nre, complete, hashes)
}

/// Compact XML without white space. The hashes (base64) are sorted as text.
fn text(
    root: &str,
    date_field: &str,
    idt: Idt,
    nre: &Nre,
    when: DateTime<Utc>,
    hashes: &[&str],
) -> String {
    let mut hashes = hashes.to_vec();
    hashes.sort_unstable();
    let when = format_instant(when);
    let mut text =
        format!("<{root}><IDT>{idt}</IDT><NRE>{nre}</NRE><{date_field}>{when}</{date_field}>");
    for hash in hashes {
        text.extend(["<hashDoComponenteDigital>", hash, "</hashDoComponenteDigital>"]);
    }
    text + &format!("</{root}>")
}

/// Checks a base64 signature, SHA256withRSA (PKCS#1 v1.5), with the signer's key (a JWK).
///
/// # Errors
/// Returns an error if the key is not usable.
pub fn check(
    text: &str,
    signature: Option<&str>,
    key: Option<&str>,
) -> Result<SignatureCheck, NoRsaKey> {
    let Some(key) = key else { return Ok(SignatureCheck::NoKey) };
    let jwk: Jwk = serde_json::from_str(key).map_err(|_| NoRsaKey::Unreadable)?;
    let key = RsaPublicKey::from_jwk(&jwk)?;
    let Some(signature) = signature else { return Ok(SignatureCheck::Absent) };
    let signature = BASE64_STANDARD.decode(signature);
    Ok(match signature.is_ok_and(|signature| key.verify(text.as_bytes(), &signature)) {
        true => SignatureCheck::Valid,
        false => SignatureCheck::Mismatch,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "<recibo><IDT>4711</IDT><NRE>0000000001472026</NRE>\
        <dataDeRecebimento>2026-03-09T14:05:07.000Z</dataDeRecebimento>\
        <hashDoComponenteDigital>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</hashDoComponenteDigital>\
        <hashDoComponenteDigital>LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=</hashDoComponenteDigital></recibo>";
    /// The output of `openssl dgst -sha256 -sign` for `TEXT`.
    const SIGNATURE: &str = "CWO1H4Q0nzhZl2IypKfAevMLkkU75DQLe8KYq/i9TW23M/2zHbb09dt2amW3Y5OXYeg/PnHKsPRNxEEhv9MfJIb/\
        nwe10oN0I+D/t4jfWLinYG7kpbGD2oBGoWODsGofQ5L+Oi9fFHZN2ydBblvx9pYvz5ooiUkVRHbK+Cf0dY8ClVPYFVGjilMuXctFevis5ENwBhKtQKjo7D5h\
        p1YCOXxLX58yT/NoKTHyHzvCSj6+RZ1V77A7As9l8dqZNNiXwwtso/PzEBCB6oRXa1UYzjKF5rQdwBh4biJSVi5kz17OzjjBnNHxTK/WLCkl2bXI8BjTw/JV\
        LFOnsDdybgpZ9g==";
    const KEY: &str = r#"{"kty":"RSA","e":"AQAB","n":"8yuK-iYrvJQtC_mUhZgciT1DS8aSCZIeBYChzKnG8tWEFqeiBTiftjuFkI1yX7vM_OesmO-4nNyhwv_6TG4pLzuT2KFFfhIXd8obUpTF19cIqwDoVcco0aqyd7_zq49rNpFJ_Qk1ZoOcbGdBjzzlmgipvyGP_6ay4LYzQ1N1jqmp5_68oPF_qxTruF3FdpyYZNqjQkUkjEOA-27_4hs8s1c9UFPr1JXjxCydcTVhE0it57x0KbRbaYrQsdLvZZkj789OJ6h-uCQKgAH258TdtSZcUDXUdqLQ_paShs0gJNjOi2DBh1v277zKqg7416rfoW7kJ_memjtd4rQu4ot4JQ"}"#;

    #[test]
    fn o_texto_e_exato_e_os_hashes_vem_em_ordem() {
        let recebimento: DateTime<Utc> = "2026-03-09T11:05:07.912-03:00".parse().unwrap();
        let (empty, other) = (
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
        );
        let nre: Nre = "0000000001472026".parse().unwrap();
        assert_eq!(conclusao_text(4711, &nre, recebimento, &[other, empty]), TEXT);
        assert_eq!(
            envio_text(2, &nre, recebimento, &[empty]),
            "<reciboDeEnvio><IDT>2</IDT><NRE>0000000001472026</NRE>\
             <dataDeRecebimentoDoUltimoComponenteDigital>2026-03-09T14:05:07.000Z</dataDeRecebimentoDoUltimoComponenteDigital>\
             <hashDoComponenteDigital>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</hashDoComponenteDigital></reciboDeEnvio>"
        );
        assert_eq!(
            conclusao_text(1, &nre, recebimento, &[]),
            "<recibo><IDT>1</IDT><NRE>0000000001472026</NRE>\
             <dataDeRecebimento>2026-03-09T14:05:07.000Z</dataDeRecebimento></recibo>"
        );
    }

    #[test]
    fn so_a_assinatura_do_texto_confere() {
        let check = |text: &str, signature| check(text, signature, Some(KEY)).unwrap();
        assert_eq!(check(TEXT, Some(SIGNATURE)), SignatureCheck::Valid);
        assert_eq!(check(&TEXT.replace("4711", "4712"), Some(SIGNATURE)), SignatureCheck::Mismatch);
        let altered = SIGNATURE.replacen('C', "D", 1);
        for another in ["", "não é base64", "AAAA", &altered] {
            assert_eq!(check(TEXT, Some(another)), SignatureCheck::Mismatch, "{another}");
        }
        assert_eq!(check(TEXT, None), SignatureCheck::Absent);
        assert_eq!(super::check(TEXT, Some(SIGNATURE), None).unwrap(), SignatureCheck::NoKey);
        assert!(super::check(TEXT, Some(SIGNATURE), Some("{}")).is_err());
    }
}
