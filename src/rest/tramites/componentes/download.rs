//! Sends files to the destinatário.

use super::file_key::{ArquivoPedido, FileKey, ParsedFileKey, begin_with_file, from_json};
use super::parts::range;
use super::reader::Reader;
use crate::call::Call;
use crate::command::{self, Mode};
use crate::db::Session;
use crate::error::Error;
use crate::rest::openapi::tramite::answers::ParteEmBase64;
use crate::rest::openapi::tramite::refusals::{BadBody, Conflict, NotFound, TramitaRefusals};
use crate::rest::openapi::tramite::{Bytes as Content, PartPath, TramitePath};
use crate::rest::tramites::idt;
use crate::rest::tramites::refusal::TramitaError;
use crate::rest::tramites::retry::retry;
use crate::tramite::service::{self, Downloadable};
use crate::tramite::{BaixarComponente, ByteRange, Idt};
use actix_web::body::SizedStream;
use actix_web::http::header::ContentType;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::{Stream, StreamExt, stream};
use std::io;

/// `POST /tramites/{idt}/protocolos/componentes-digitais`: sends the bytes of a file to the
/// destinatário.
#[utoipa::path(
    post, path = "/tramites/{idt}/protocolos/componentes-digitais",
    operation_id = "baixarComponente", tag = "Tramita",
    summary = "O destinatário baixa um arquivo do trâmite.",
    description = "Nas situações 3, 4 e 5. Com o último arquivo, o trâmite passa da situação 3 à 4.",
    params(TramitePath),
    request_body = ArquivoPedido,
    responses(
        (status = 200, description = "Os bytes do arquivo.", content_type = "application/octet-stream", body = inline(Content)),
        TramitaRefusals, NotFound, Conflict, BadBody,
    ),
)]
pub async fn download_file(
    req: HttpRequest,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, TramitaError> {
    let (call, query) = begin_with_file(&req).await?;
    let command = request(&req, payload, query, idt(&path)?, None).await?;
    let (download, first) = Download::open(&req, call, command).await?;
    let size = download.range.size().cast_unsigned();
    Ok(HttpResponse::Ok()
        .insert_header(ContentType::octet_stream())
        .body(SizedStream::new(size, download.bytes(first).boxed_local())))
}

/// `POST /tramites/{idt}/protocolos/componentes-digitais/partes/{inicio}-{fim}`: sends a byte range
/// of the file in base64, as a JSON string, which is what the platform's client parses.
#[utoipa::path(
    post, path = "/tramites/{idt}/protocolos/componentes-digitais/partes/{inicio}-{fim}",
    operation_id = "baixarParteDoComponente", tag = "Tramita",
    summary = "O destinatário baixa uma parte de um arquivo do trâmite.",
    description = "Os bytes de `inicio` (a contar de 0) até antes de `fim`, ou até o fim do arquivo, em base64. \
        O arquivo conta como baixado quando todos os seus bytes o foram; com o último arquivo, o trâmite \
        passa da situação 3 à 4.",
    params(TramitePath, PartPath),
    request_body = ArquivoPedido,
    responses(ParteEmBase64, TramitaRefusals, NotFound, Conflict, BadBody),
)]
pub async fn download_part(
    req: HttpRequest,
    path: web::Path<(String, String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, TramitaError> {
    let (call, query) = begin_with_file(&req).await?;
    let (idt, range) = (idt(&path.0)?, range(&path.1, &path.2)?);
    let command = request(&req, payload, query, idt, Some(range)).await?;
    let (download, first) = Download::open(&req, call, command).await?;
    // Base64 writes four letters for every three bytes, and the JSON string has two quotes.
    let letters = download.range.size().cast_unsigned().div_ceil(3) * 4 + 2;
    let text = as_base64(download.bytes(first));
    Ok(HttpResponse::Ok()
        .insert_header(ContentType::json())
        .body(SizedStream::new(letters, text.boxed_local())))
}

async fn request(
    req: &HttpRequest,
    payload: web::Payload,
    query: FileKey,
    idt: Idt,
    range: Option<ByteRange>,
) -> Result<BaixarComponente, TramitaError> {
    let ParsedFileKey { hash, protocolo, malformed } = from_json(req, payload, query).await?;
    Ok(BaixarComponente { idt, protocolo, hash, trecho: range, malformed })
}

/// Makes the error that aborts the body. The status line is already sent, and the client must not
/// take the body for complete.
fn cut_off(error: &Error) -> io::Error {
    let (failure, _) = error.log_and_redact();
    tracing::warn!(codigo = failure.name(), "a download was broken off");
    io::Error::other("broken off")
}

/// A download in progress.
struct Download {
    req: HttpRequest,
    call: Call,
    command: BaixarComponente,
    range: ByteRange,
    reader: Reader,
}

impl Download {
    /// Reads the first piece before the answer begins, so that an error can still be answered with
    /// its own status.
    async fn open(
        req: &HttpRequest,
        call: Call,
        command: BaixarComponente,
    ) -> Result<(Self, Bytes), Error> {
        let (actor, request) = (call.actor().clone(), command.clone());
        let find =
            move |session: &mut Session<'_>| service::downloadable(session, &actor, &request);
        let Downloadable { segments, range, .. } = call.read(find).await?;
        let (app, actor) = (call.app.clone(), call.actor().clone());
        let reader = Reader::new(req.clone(), app, actor, segments, range);
        let mut download = Self { req: req.clone(), call, command, range, reader };
        let first = download.next().await?.unwrap_or_default();
        Ok((download, first))
    }

    /// Reads the next piece. Records the bytes as downloaded before it returns the last piece,
    /// because a client that has the whole file may send the recibo at once.
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let bytes = self.reader.next().await?;
        if bytes.is_some() && self.reader.is_at_end() {
            let (call, command) = (&self.call, &self.command);
            let note = || {
                let (command, mode) = (command.clone(), Mode::default());
                command::execute(call, command, mode, |_: &mut Session<'_>, _| Ok(()))
            };
            retry(&self.req, &call.app, note).await?;
        }
        Ok(bytes)
    }

    fn bytes(self, first: Bytes) -> impl Stream<Item = io::Result<Bytes>> {
        let rest = stream::try_unfold(self, |mut download| async move {
            let next = download.next().await.map_err(|error| cut_off(&error))?;
            Ok(next.map(|bytes| (bytes, download)))
        });
        stream::once(async { Ok(first) }).chain(rest)
    }
}

/// Encodes the bytes as a JSON string in base64. Three bytes make four letters, so the one or two
/// bytes left over from a piece wait for the next one.
fn as_base64(
    bytes: impl Stream<Item = io::Result<Bytes>>,
) -> impl Stream<Item = io::Result<Bytes>> {
    let state = (Box::pin(bytes), Vec::<u8>::new());
    let quote = || stream::once(async { Ok(Bytes::from_static(b"\"")) });
    let letters = stream::try_unfold(Some(state), |state| async move {
        let Some((mut bytes, mut rest)) = state else { return Ok(None) };
        match bytes.next().await {
            Some(received) => {
                rest.extend_from_slice(&received?);
                let remainder = rest.split_off(rest.len() / 3 * 3);
                let text = Bytes::from(BASE64_STANDARD.encode(&rest));
                Ok(Some((text, Some((bytes, remainder)))))
            }
            None => Ok(Some((Bytes::from(BASE64_STANDARD.encode(&rest)), None))),
        }
    });
    quote().chain(letters).chain(quote())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_length_encode_to_one_text() {
        let content: Vec<u8> = (0..=255).collect();
        for size in [1, 2, 3, 4, 7, 100, 256] {
            let pieces: Vec<_> = content.chunks(size).map(Bytes::copy_from_slice).collect();
            let pieces = stream::iter(pieces.into_iter().map(Ok::<_, io::Error>));
            let text: Vec<Bytes> = futures_util::future::FutureExt::now_or_never(
                as_base64(pieces).map(Result::unwrap).collect(),
            )
            .unwrap();
            let expected = format!("\"{}\"", BASE64_STANDARD.encode(&content));
            assert_eq!(String::from_utf8(text.concat()).unwrap(), expected, "{size}");
        }
    }
}
