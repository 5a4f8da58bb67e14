//! Reads the hash and the protocolo that identify the file of a call. Some clients send them in the
//! query, some in the body, some in both.

use crate::auth::Papel;
use crate::call::Call;
use crate::error::{CodigoErro, Refusal};
use crate::rest::body_fields::body;
use crate::rest::json_fields::JsonBody;
use crate::rest::openapi::texts;
use crate::rest::tramites::begin::begin_with_params;
use crate::rest::tramites::refusal::TramitaError;
use crate::tramite::{HashSha256, Protocolo};
use crate::value::rules::UnknownFields;
use actix_web::{HttpRequest, web};
use std::borrow::Cow;

pub const HASH: &str = "hashDoComponenteDigital";
pub const PROTOCOLO: &str = "protocolo";

/// The hash and the protocolo of a file, as the query or the body gives them.
#[derive(Default)]
pub struct FileKey {
    pub hash: Option<String>,
    pub protocolo: Option<String>,
}

body! {
    /// Um arquivo do trâmite. Os dois podem vir na consulta, em vez do corpo; se vêm nos dois, são os mesmos.
    pub struct ArquivoPedido for FileKey in ["arquivo"] {
        hashDoComponenteDigital: texts::Hash => hash,
        protocolo: texts::Protocolo => protocolo,
    }
}

/// The names of a file from both places, parsed.
pub struct ParsedFileKey {
    pub hash: Option<HashSha256>,
    pub protocolo: Option<String>,
    pub malformed: Vec<Refusal>,
}

impl FileKey {
    /// Merges the key in the query with the one in the body, and refuses a contradiction.
    pub fn merge(self, body: Self) -> ParsedFileKey {
        let mut malformed = Vec::new();
        let mut refuse = |field: &'static str, text: Cow<'static, str>| {
            malformed
                .push(Refusal::new(CodigoErro::CampoInvalido, "S0", text).at(["arquivo", field]));
        };
        let hashes = [self.hash, body.hash].map(|text| text.map(|text| text.trim().to_owned()));
        let hash = match merge(hashes, |a, b| a == b) {
            Ok(text) => text.and_then(|text| {
                let read = text.parse::<HashSha256>();
                read.map_err(|error| refuse(HASH, error.to_string().into())).ok()
            }),
            Err(text) => {
                refuse(HASH, text.into());
                None
            }
        };
        let protocolo = merge([self.protocolo, body.protocolo], same_protocolo);
        let protocolo = protocolo.unwrap_or_else(|text| {
            refuse(PROTOCOLO, text.into());
            None
        });
        ParsedFileKey { hash, protocolo, malformed }
    }
}

/// The value from the query or the body, or an error if the two differ.
fn merge(
    [query, body]: [Option<String>; 2],
    same: impl FnOnce(&str, &str) -> bool,
) -> Result<Option<String>, &'static str> {
    match (query, body) {
        (Some(query), Some(body)) if !same(&query, &body) => {
            Err("a consulta diz um valor, e o corpo outro: diga-o uma vez, ou o mesmo nas duas")
        }
        (query, body) => Ok(body.or(query)),
    }
}

/// Compares two protocolos regardless of punctuation.
fn same_protocolo(a: &str, b: &str) -> bool {
    match (Protocolo::read(a), Protocolo::read(b)) {
        (Ok(a), Ok(b)) => a.key() == b.key(),
        _ => a.trim() == b.trim(),
    }
}

/// Begins the call, and reads the key of the file in the query.
pub async fn begin_with_file(req: &HttpRequest) -> Result<(Call, FileKey), TramitaError> {
    let (call, mut params) = begin_with_params(req, Papel::Integracao).await?;
    // A client that does not encode `+` sends it as a space. Base64 has no space, so every space
    // was a plus.
    let hash = params.take(HASH).map(|text| text.trim().replace(' ', "+"));
    let protocolo = params.take(PROTOCOLO);
    params.finish()?;
    Ok((call, FileKey { hash, protocolo }))
}

/// Merges the key in the query with the one in an optional JSON body.
pub async fn from_json(
    req: &HttpRequest,
    payload: web::Payload,
    query: FileKey,
) -> Result<ParsedFileKey, TramitaError> {
    let Some(mut body) = JsonBody::read_optional(req, payload).await? else {
        return Ok(query.merge(FileKey::default()));
    };
    let mut read = query.merge(ArquivoPedido::read(&mut body));
    read.malformed.extend(body.finish(UnknownFields::Avisar).0);
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    const OTHER: &str = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";

    fn named(hash: &str, protocolo: &str) -> FileKey {
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        FileKey { hash: filled(hash), protocolo: filled(protocolo) }
    }

    #[test]
    fn the_query_and_the_body_must_not_name_two_files() {
        for (query, body) in [
            (named(ONE, "A"), FileKey::default()),
            (FileKey::default(), named(ONE, "A")),
            (named(ONE, ""), named("", "A")),
            (named(ONE, "A"), named(&format!(" {ONE}"), "A")),
        ] {
            let read = query.merge(body);
            assert_eq!((read.hash.unwrap().as_str(), read.protocolo.as_deref()), (ONE, Some("A")));
            assert!(read.malformed.is_empty());
        }
        let fields = |query: FileKey, body: FileKey| {
            let malformed = query.merge(body).malformed;
            malformed.iter().map(|refused| refused.campo[1].to_string()).collect::<Vec<_>>()
        };
        assert_eq!(fields(named(ONE, "A"), named(OTHER, "B")), [HASH, PROTOCOLO]);
        assert_eq!(fields(named("x", ""), FileKey::default()), [HASH]);
        let masks = [named("", "99990.000001/2026-53"), named("", "99990000001202653")];
        let [query, body] = masks;
        assert_eq!(fields(query, body), Vec::<String>::new());
    }
}
