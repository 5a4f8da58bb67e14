//! HTTP Basic: a client's id and secret, as a header has them.

use super::Recusado;
use super::refused::malformed_basic;
use crate::value::characters;
use actix_web::http::header::{self, HeaderMap};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// In base64. A secret of an issuer has some tens of characters.
const ENCODED_AT_MOST: usize = 4 * 1024;
const ID_AT_MOST: usize = 255;

/// What a client is known by to the issuer. It has no `Debug`, so that it is told to nobody.
#[derive(Clone)]
pub struct ClientSecret {
    pub id: String,
    pub secret: String,
}

/// What is behind `Authorization: Basic`, if that is what the call says.
pub fn given(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes().trim_ascii();
    let (scheme, rest) = match value.iter().position(|byte| *byte == b' ') {
        Some(end) => (&value[..end], value[end..].trim_ascii()),
        None => (value, &[][..]),
    };
    scheme.eq_ignore_ascii_case(b"basic").then_some(rest)
}

/// RFC 7617, in UTF-8. What follows the first colon is the secret, colons too.
pub fn read(encoded: &[u8]) -> Result<ClientSecret, Recusado> {
    if encoded.is_empty() {
        return Err(malformed_basic("faltam cliente e segredo"));
    }
    if encoded.len() > ENCODED_AT_MOST {
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
    if !(1..=ID_AT_MOST).contains(&id.chars().count()) {
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
        refused.error.publica().1.into_owned()
    }

    #[test]
    fn the_secret_is_all_that_follows_the_first_colon() {
        let read = read(BASE64_STANDARD.encode("sei:a:b ção").as_bytes());
        let Ok(ClientSecret { id, secret }) = read else { panic!("it is well formed") };
        assert_eq!((id.as_str(), secret.as_str()), ("sei", "a:b ção"));
    }

    #[test]
    fn what_is_malformed_is_told_apart() {
        let of = |text: &[u8]| BASE64_STANDARD.encode(text);
        for (encoded, part) in [
            (String::new(), "faltam"),
            ("x".repeat(ENCODED_AT_MOST + 1), "longo"),
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
