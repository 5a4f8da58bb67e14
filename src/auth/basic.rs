//! HTTP Basic: parses a client's id and secret from the header.

use super::Refused;
use super::refused::malformed_basic;
use crate::value::characters;
use actix_web::http::header::{self, HeaderMap};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// Maximum length in base64. Real secrets of an issuer have a few dozen characters.
const MAX_ENCODED_LEN: usize = 4 * 1024;
const MAX_ID_LEN: usize = 255;

/// The credentials of a client at the issuer. The type has no `Debug`, so that the secret cannot
/// reach a log.
#[derive(Clone)]
pub struct ClientSecret {
    pub id: String,
    pub secret: String,
}

/// The credentials after `Authorization: Basic`. `None` with any other scheme, and without the
/// header.
pub fn encoded_credentials(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes().trim_ascii();
    let (scheme, rest) = match value.iter().position(|byte| *byte == b' ') {
        Some(end) => (&value[..end], value[end..].trim_ascii()),
        None => (value, &[][..]),
    };
    scheme.eq_ignore_ascii_case(b"basic").then_some(rest)
}

/// Parses RFC 7617 credentials in UTF-8. Everything after the first colon is the secret, including
/// colons.
pub fn read(encoded: &[u8]) -> Result<ClientSecret, Refused> {
    if encoded.is_empty() {
        return Err(malformed_basic("faltam cliente e segredo"));
    }
    if encoded.len() > MAX_ENCODED_LEN {
        return Err(malformed_basic("é longo demais"));
    }
    let Ok(bytes) = BASE64_STANDARD.decode(encoded) else {
        return Err(malformed_basic("não é base64"));
    };
    let Ok(text) = String::from_utf8(bytes) else {
        return Err(malformed_basic("não é UTF-8"));
    };
    let Some((id, secret)) = text.split_once(':') else {
        return Err(malformed_basic("falta o `:` entre cliente e segredo"));
    };
    if !(1..=MAX_ID_LEN).contains(&id.chars().count()) {
        return Err(malformed_basic("o cliente tem de 1 a 255 caracteres"));
    }
    if characters::unfit_for_identifier(id).is_some() {
        return Err(malformed_basic(
            "no cliente não há brancos, acentos soltos nem o que não se vê",
        ));
    }
    if secret.is_empty() {
        return Err(malformed_basic("falta o segredo"));
    }
    if characters::control(secret).is_some() {
        return Err(malformed_basic("no segredo não há caracteres de controle"));
    }
    Ok(ClientSecret { id: id.to_owned(), secret: secret.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(encoded: &[u8]) -> String {
        let Err(refused) = read(encoded) else { panic!("it is malformed") };
        refused.error.log_and_redact().1.into_owned()
    }

    #[test]
    fn the_secret_is_all_that_follows_the_first_colon() {
        let read = read(BASE64_STANDARD.encode("sei:a:b ção").as_bytes());
        let Ok(ClientSecret { id, secret }) = read else { panic!("it is well formed") };
        assert_eq!((id.as_str(), secret.as_str()), ("sei", "a:b ção"));
    }

    #[test]
    fn each_malformation_has_its_own_message() {
        let of = |text: &[u8]| BASE64_STANDARD.encode(text);
        for (encoded, part) in [
            (String::new(), "faltam"),
            ("x".repeat(MAX_ENCODED_LEN + 1), "longo"),
            ("%%%%".into(), "base64"),
            ("c2Vp".into(), "`:`"),
            (of(b"sei\xff:x"), "UTF-8"),
            (of(b":x"), "1 a 255"),
            (of(format!("{}:x", "a".repeat(256)).as_bytes()), "1 a 255"),
            (of(b"s ei:x"), "brancos"),
            (of(b"sei:"), "segredo"),
            (of(b"sei:a\nb"), "controle"),
        ] {
            assert!(reason(encoded.as_bytes()).contains(part), "{part}");
        }
    }
}
