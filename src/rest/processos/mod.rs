//! The routes under `/api/v1/processos`, and what their handlers share.

pub mod answer;
pub mod body;
pub mod write;
pub mod read;

use answer::Processo;
use body::field_name;

use super::envelope::{self, RestError};
use super::with_etag;
use crate::call::Call;
use crate::db::Session;
use crate::error::{CodigoErro, Error, Refusal};
use crate::processo::store::{self, SeenVinculo};
use crate::processo::{self, NumeroProcesso, ProcessoId};
use actix_web::HttpResponse;

/// The answer with one processo: the envelope, and the version in `ETag`.
async fn respond(call: &Call, processo: &processo::Processo) -> Result<HttpResponse, RestError> {
    let id = processo.id;
    let vinculos = call.read(move |session| vinculos(session, id)).await?;
    let dados = Processo::new(processo, &vinculos, &call.record);
    Ok(with_etag(envelope::success((call.app.now)(), &dados, &[]), processo.versao.into()))
}

/// The adolescentes that the answer about a processo names.
fn vinculos(session: &mut Session<'_>, of: ProcessoId) -> Result<Vec<SeenVinculo>, Error> {
    let vinculos = store::vinculos_of(session, &[of])?;
    Ok(vinculos.into_iter().map(|(_, vinculo)| vinculo).collect())
}

/// R4, R19: a numero in a path has the CNJ format, with or without punctuation.
fn numero_from_path(text: &str) -> Result<NumeroProcesso, RestError> {
    text.parse().map_err(|error: crate::processo::MalformedNumero| {
        let refusal =
            Refusal::new(CodigoErro::CampoInvalido, "R4", error.to_string()).at(["processo"]);
        RestError::from(Error::from(refusal)).with_field_names(field_name)
    })
}
