//! Reads and checks request bodies for both APIs, and limits how many bytes of them are in memory
//! at once.

pub mod pieces;

use crate::call::App;
use crate::error::{Error, Failure};
use crate::http::request;
use crate::work::MAX_INLINE_BYTES;
use crate::work::body_budget::units;
use crate::work::quota::QuotaPermit;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, web};
use futures_util::StreamExt;
use std::time::Duration;
use tokio::time::timeout;
use web::{Bytes, BytesMut};

/// Maximum time for reading a body. A body of one megabyte takes less on any usable connection.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
const BOM: &[u8] = "\u{feff}".as_bytes();

/// Reads a JSON body of at most `maximum` bytes and passes its text to `read`. Returns the result
/// and the share of memory that the body occupies. A large body is read on a thread outside the
/// async runtime.
///
/// # Errors
/// `MIDIA_NAO_SUPORTADA` if the body is not declared as JSON, is compressed or is not UTF-8,
/// `CORPO_EXCEDE_LIMITE` if it is too large, `ENTRADA_INVALIDA` if it arrives incomplete or too
/// late, `SOBRECARREGADO` if too many bodies are in memory.
pub async fn read_json<T: Send + 'static>(
    req: &HttpRequest,
    payload: web::Payload,
    maximum: usize,
    read: impl FnOnce(Bytes) -> T + Send + 'static,
) -> Result<(T, QuotaPermit), Error> {
    check_json(req)?;
    let declared = length(req);
    if declared.is_some_and(|length| length > maximum) {
        return Err(too_large(maximum));
    }
    let (app, quota_key) = (app(req)?, request::quota_key(req));
    let mut share = app.body_budget.reserve(declared.unwrap_or(maximum), &quota_key).await?;
    let collected = timeout(READ_TIMEOUT, collect(payload, declared.unwrap_or(0), maximum)).await;
    let bytes =
        collected.unwrap_or_else(|_| Err(Error::invalid("o corpo demorou demais a chegar")))?;
    share.shrink(units(bytes.len()));
    let large = bytes.len() > MAX_INLINE_BYTES;
    let read = move || utf8(bytes).map(read);
    let read = match large {
        true => app.cpu_pool.run(&quota_key, read).await?,
        false => read(),
    };
    Ok((read?, share))
}

/// Refuses a body that is not declared as JSON, that is declared in another charset than UTF-8, or
/// that is compressed.
fn check_json(req: &HttpRequest) -> Result<(), Error> {
    check_coding(req)?;
    let refused = |message| Err(Error::failure(Failure::MidiaNaoSuportada, message));
    let content_type =
        req.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut parts = content_type.unwrap_or_default().split(';').map(str::trim);
    if !parts
        .next()
        .is_some_and(|content_type| content_type.eq_ignore_ascii_case("application/json"))
    {
        return refused("mande o corpo como application/json");
    }
    let charset = parts.filter_map(|part| part.split_once('=')).find_map(|(name, value)| {
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    // US-ASCII is a subset of UTF-8.
    let supported = ["utf-8", "utf8", "us-ascii"];
    match charset {
        Some(charset) if !supported.iter().any(|name| name.eq_ignore_ascii_case(charset)) => {
            refused("o corpo é UTF-8: mande `charset=utf-8`, ou nenhum charset")
        }
        _ => Ok(()),
    }
}

/// Refuses a compressed body.
pub fn check_coding(req: &HttpRequest) -> Result<(), Error> {
    let mut codings = req.headers().get_all(header::CONTENT_ENCODING);
    let plain = |value: &header::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if codings.all(plain) {
        return Ok(());
    }
    let message = "mande o corpo sem compressão: Content-Encoding não se aceita";
    Err(Error::failure(Failure::MidiaNaoSuportada, message))
}

/// Checks that the body is UTF-8, and removes the byte order mark that some programs write.
fn utf8(mut bytes: Bytes) -> Result<Bytes, Error> {
    if let Err(error) = std::str::from_utf8(&bytes) {
        let at = error.valid_up_to();
        let message = format!(
            "o corpo não é UTF-8: o byte {at}, a contar de 0, é 0x{:02X}; mande-o em UTF-8",
            bytes[at]
        );
        return Err(Error::failure(Failure::MidiaNaoSuportada, message));
    }
    if bytes.starts_with(BOM) {
        return Ok(bytes.split_off(BOM.len()));
    }
    Ok(bytes)
}

fn app(req: &HttpRequest) -> Result<&web::Data<App>, Error> {
    let missing = || Error::internal(anyhow::anyhow!("server without App"));
    req.app_data::<web::Data<App>>().ok_or_else(missing)
}

/// Whether a request with these headers has a body.
pub fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    headers.contains_key(header::TRANSFER_ENCODING) || length.is_some_and(|length| length != "0")
}

/// Returns the length that the request declares for its body, if it declares one.
fn length(req: &HttpRequest) -> Option<usize> {
    if req.headers().contains_key(header::TRANSFER_ENCODING) {
        return None;
    }
    req.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn collect(
    mut payload: web::Payload,
    declared: usize,
    maximum: usize,
) -> Result<Bytes, Error> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let incomplete = |_| Error::invalid("o corpo não chegou inteiro");
        let chunk = chunk.map_err(incomplete)?;
        if bytes.len() + chunk.len() > maximum {
            return Err(too_large(maximum));
        }
        if bytes.is_empty() {
            if chunk.len() == declared {
                return Ok(chunk);
            }
            bytes.reserve(declared);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn too_large(maximum: usize) -> Error {
    Error::failure(Failure::CorpoExcedeLimite, format!("o corpo tem mais de {maximum} bytes"))
}
