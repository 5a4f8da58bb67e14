//! The recibo of a trâmite as it is signed: its exact text, and the signature on it.

use super::{Idt, Nre};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use jsonwebtoken::errors::Error;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey};

/// What is known of the signature on a recibo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assinatura {
    /// The estrutura has no key here: what it signs is taken, and held for unsigned.
    SemChave,
    Ausente,
    Confere,
    NaoConfere,
}

/// An instant in a recibo: UTC, in whole seconds that are written with milliseconds.
pub fn data(instante: DateTime<Utc>) -> String {
    instante.format("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// The text that the destinatário signs: it has everything.
pub fn de_conclusao(idt: Idt, nre: &Nre, recebimento: DateTime<Utc>, hashes: &[&str]) -> String {
    texto("recibo", "dataDeRecebimento", idt, nre, recebimento, hashes)
}

/// The text that this server signs: all files have come to it.
pub fn de_envio(idt: Idt, nre: &Nre, completo: DateTime<Utc>, hashes: &[&str]) -> String {
    texto("reciboDeEnvio", "dataDeRecebimentoDoUltimoComponenteDigital", idt, nre, completo, hashes)
}

/// Compact XML, without white space, the hashes (base64) in the order of their text.
fn texto(
    raiz: &str,
    campo_da_data: &str,
    idt: Idt,
    nre: &Nre,
    quando: DateTime<Utc>,
    hashes: &[&str],
) -> String {
    let mut hashes = hashes.to_vec();
    hashes.sort_unstable();
    let quando = data(quando);
    let mut texto = format!(
        "<{raiz}><IDT>{idt}</IDT><NRE>{nre}</NRE><{campo_da_data}>{quando}</{campo_da_data}>"
    );
    for hash in hashes {
        texto.extend(["<hashDoComponenteDigital>", hash, "</hashDoComponenteDigital>"]);
    }
    texto + &format!("</{raiz}>")
}

/// SHA256withRSA (PKCS#1 v1.5) in base64, against the key of who signed, a JWK.
///
/// # Errors
/// The key is none that can be used.
pub fn conferir(
    texto: &str,
    assinatura: Option<&str>,
    chave: Option<&str>,
) -> Result<Assinatura, Error> {
    let Some(chave) = chave else { return Ok(Assinatura::SemChave) };
    let jwk: Jwk = serde_json::from_str(chave)?;
    let chave = DecodingKey::from_jwk(&jwk)?;
    let Some(assinatura) = assinatura else { return Ok(Assinatura::Ausente) };
    let Ok(bytes) = STANDARD.decode(assinatura) else { return Ok(Assinatura::NaoConfere) };
    let assinatura = URL_SAFE_NO_PAD.encode(bytes);
    Ok(
        match jsonwebtoken::crypto::verify(&assinatura, texto.as_bytes(), &chave, Algorithm::RS256)?
        {
            true => Assinatura::Confere,
            false => Assinatura::NaoConfere,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTO: &str = "<recibo><IDT>4711</IDT><NRE>0000000001472026</NRE>\
        <dataDeRecebimento>2026-03-09T14:05:07.000Z</dataDeRecebimento>\
        <hashDoComponenteDigital>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</hashDoComponenteDigital>\
        <hashDoComponenteDigital>LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=</hashDoComponenteDigital></recibo>";
    /// By `openssl dgst -sha256 -sign` over the text.
    const ASSINATURA: &str = "CWO1H4Q0nzhZl2IypKfAevMLkkU75DQLe8KYq/i9TW23M/2zHbb09dt2amW3Y5OXYeg/PnHKsPRNxEEhv9MfJIb/\
        nwe10oN0I+D/t4jfWLinYG7kpbGD2oBGoWODsGofQ5L+Oi9fFHZN2ydBblvx9pYvz5ooiUkVRHbK+Cf0dY8ClVPYFVGjilMuXctFevis5ENwBhKtQKjo7D5h\
        p1YCOXxLX58yT/NoKTHyHzvCSj6+RZ1V77A7As9l8dqZNNiXwwtso/PzEBCB6oRXa1UYzjKF5rQdwBh4biJSVi5kz17OzjjBnNHxTK/WLCkl2bXI8BjTw/JV\
        LFOnsDdybgpZ9g==";
    const CHAVE: &str = r#"{"kty":"RSA","e":"AQAB","n":"8yuK-iYrvJQtC_mUhZgciT1DS8aSCZIeBYChzKnG8tWEFqeiBTiftjuFkI1yX7vM_OesmO-4nNyhwv_6TG4pLzuT2KFFfhIXd8obUpTF19cIqwDoVcco0aqyd7_zq49rNpFJ_Qk1ZoOcbGdBjzzlmgipvyGP_6ay4LYzQ1N1jqmp5_68oPF_qxTruF3FdpyYZNqjQkUkjEOA-27_4hs8s1c9UFPr1JXjxCydcTVhE0it57x0KbRbaYrQsdLvZZkj789OJ6h-uCQKgAH258TdtSZcUDXUdqLQ_paShs0gJNjOi2DBh1v277zKqg7416rfoW7kJ_memjtd4rQu4ot4JQ"}"#;

    #[test]
    fn o_texto_e_exato_e_os_hashes_vem_em_ordem() {
        let recebimento: DateTime<Utc> = "2026-03-09T11:05:07.912-03:00".parse().unwrap();
        let (vazio, outro) = (
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
        );
        let nre: Nre = "0000000001472026".parse().unwrap();
        assert_eq!(de_conclusao(4711, &nre, recebimento, &[outro, vazio]), TEXTO);
        assert_eq!(
            de_envio(2, &nre, recebimento, &[vazio]),
            "<reciboDeEnvio><IDT>2</IDT><NRE>0000000001472026</NRE>\
             <dataDeRecebimentoDoUltimoComponenteDigital>2026-03-09T14:05:07.000Z</dataDeRecebimentoDoUltimoComponenteDigital>\
             <hashDoComponenteDigital>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</hashDoComponenteDigital></reciboDeEnvio>"
        );
        assert_eq!(
            de_conclusao(1, &nre, recebimento, &[]),
            "<recibo><IDT>1</IDT><NRE>0000000001472026</NRE>\
             <dataDeRecebimento>2026-03-09T14:05:07.000Z</dataDeRecebimento></recibo>"
        );
    }

    #[test]
    fn so_a_assinatura_do_texto_confere() {
        let conferir = |texto: &str, assinatura| conferir(texto, assinatura, Some(CHAVE)).unwrap();
        assert_eq!(conferir(TEXTO, Some(ASSINATURA)), Assinatura::Confere);
        assert_eq!(
            conferir(&TEXTO.replace("4711", "4712"), Some(ASSINATURA)),
            Assinatura::NaoConfere
        );
        let alterada = ASSINATURA.replacen('C', "D", 1);
        for outra in ["", "não é base64", "AAAA", &alterada] {
            assert_eq!(conferir(TEXTO, Some(outra)), Assinatura::NaoConfere, "{outra}");
        }
        assert_eq!(conferir(TEXTO, None), Assinatura::Ausente);
        assert_eq!(super::conferir(TEXTO, Some(ASSINATURA), None).unwrap(), Assinatura::SemChave);
        assert!(super::conferir(TEXTO, Some(ASSINATURA), Some("{}")).is_err());
    }
}
