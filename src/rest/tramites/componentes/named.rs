//! Which file a call is about: some clients say it in the query, some in the body, some in both.

use crate::auth::Papel;
use crate::call::Chamada;
use crate::error::{CodigoErro, Recusa};
use crate::rest::json_fields::Corpo;
use crate::rest::tramites::entry::enter_with_query;
use crate::rest::tramites::refusal::Recusado;
use crate::tramite::{HashSha256, Protocolo};
use crate::value::regras::CamposDesconhecidos;
use actix_web::{HttpRequest, web};
use std::borrow::Cow;

pub const HASH: &str = "hashDoComponenteDigital";
pub const PROTOCOLO: &str = "protocolo";

/// A file by its names, as they were written in one place.
#[derive(Default)]
pub struct Named {
    pub hash: Option<String>,
    pub protocolo: Option<String>,
}

/// A file by its names, as far as they could be read.
pub struct Read {
    pub hash: Option<HashSha256>,
    pub protocolo: Option<String>,
    pub malformed: Vec<Recusa>,
}

impl Named {
    /// With what the body says of the same file.
    pub fn and(self, body: Self) -> Read {
        let mut malformed = Vec::new();
        let mut refuse = |field: &'static str, text: Cow<'static, str>| {
            malformed
                .push(Recusa::nova(CodigoErro::CampoInvalido, "S0", text).em(["arquivo", field]));
        };
        let hashes = [self.hash, body.hash].map(|text| text.map(|text| text.trim().to_owned()));
        let hash = match one_of(hashes, |a, b| a == b) {
            Ok(text) => text.and_then(|text| {
                let read = text.parse::<HashSha256>();
                read.map_err(|error| refuse(HASH, error.to_string().into())).ok()
            }),
            Err(text) => {
                refuse(HASH, text.into());
                None
            }
        };
        let protocolo = one_of([self.protocolo, body.protocolo], same_protocolo);
        let protocolo = protocolo.unwrap_or_else(|text| {
            refuse(PROTOCOLO, text.into());
            None
        });
        Read { hash, protocolo, malformed }
    }
}

/// What the query and the body say, if they do not contradict each other.
fn one_of(
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

/// However each is written.
fn same_protocolo(a: &str, b: &str) -> bool {
    match (Protocolo::ler(a), Protocolo::ler(b)) {
        (Ok(a), Ok(b)) => a.chave() == b.chave(),
        _ => a.trim() == b.trim(),
    }
}

/// Lets the caller in, with what the query says of the file.
pub async fn enter_with_file(req: &HttpRequest) -> Result<(Chamada, Named), Recusado> {
    let (chamada, mut parametros) = enter_with_query(req, Papel::Integracao).await?;
    // A plus that was not encoded has been read as a blank, which base64 has not.
    let hash = parametros.tirar(HASH).map(|text| text.trim().replace(' ', "+"));
    let protocolo = parametros.tirar(PROTOCOLO);
    parametros.terminar()?;
    Ok((chamada, Named { hash, protocolo }))
}

/// What a JSON body says of the file, where it is not in the query alone.
pub async fn from_json(
    req: &HttpRequest,
    payload: web::Payload,
    query: Named,
) -> Result<Read, Recusado> {
    let Some(mut body) = Corpo::ler_se_houver(req, payload).await? else {
        return Ok(query.and(Named::default()));
    };
    let said = Named {
        hash: body.texto(HASH, &["arquivo", HASH]),
        protocolo: body.texto(PROTOCOLO, &["arquivo", PROTOCOLO]),
    };
    let mut read = query.and(said);
    read.malformed.extend(body.terminar(CamposDesconhecidos::Avisar).0);
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    const OTHER: &str = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";

    fn named(hash: &str, protocolo: &str) -> Named {
        let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Named { hash: said(hash), protocolo: said(protocolo) }
    }

    #[test]
    fn a_file_is_named_in_either_place_and_not_by_two_names() {
        for (query, body) in [
            (named(ONE, "A"), Named::default()),
            (Named::default(), named(ONE, "A")),
            (named(ONE, ""), named("", "A")),
            (named(ONE, "A"), named(&format!(" {ONE}"), "A")),
        ] {
            let read = query.and(body);
            assert_eq!((read.hash.unwrap().as_str(), read.protocolo.as_deref()), (ONE, Some("A")));
            assert!(read.malformed.is_empty());
        }
        let fields = |query: Named, body: Named| {
            let malformed = query.and(body).malformed;
            malformed.iter().map(|refused| refused.campo[1].to_string()).collect::<Vec<_>>()
        };
        assert_eq!(fields(named(ONE, "A"), named(OTHER, "B")), [HASH, PROTOCOLO]);
        assert_eq!(fields(named("x", ""), Named::default()), [HASH]);
        let masks = [named("", "99990.000001/2026-53"), named("", "99990000001202653")];
        let [query, body] = masks;
        assert_eq!(fields(query, body), Vec::<String>::new());
    }
}
