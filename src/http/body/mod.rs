//! The bytes of a request, for both doors: how many are kept in memory at once, and what is read
//! of them.

mod answers;
pub mod counted;
pub mod pieces;

pub use answers::{Answers, Room};

use crate::call::App;
use crate::config::Http;
use crate::error::{Error, Falha};
use crate::http::request;
use crate::work::INLINE;
use crate::work::shares::{Share, Shares};
use actix_web::http::header;
use actix_web::{HttpRequest, web};
use futures_util::StreamExt;
use std::time::Duration;
use tokio::time::timeout;
use web::{Bytes, BytesMut};

/// Longer than any body of a megabyte takes on a line that is worth the name.
const ESPERA: Duration = Duration::from_secs(30);
/// How long a body waits for its place in memory.
const PATIENCE: Duration = Duration::from_secs(1);
/// What is smaller counts among all bodies, and not among its caller's: of an address or a
/// credential, connections are bounded too.
pub const SMALL: usize = 4 * 1024;
/// Of the memory for bodies, one caller has at most one part of so many.
const PARTS: u32 = 4;
const KIB: usize = 1024;
const BOM: &[u8] = "\u{feff}".as_bytes();

/// The memory for bodies under way, in the whole server.
pub struct Bodies {
    whole: Shares,
    /// Pieces of uploads, apart: these may take half an hour.
    pieces: Shares,
}

impl Bodies {
    /// So many MiB, a quarter of them for uploads.
    pub fn new(mib: u32) -> Self {
        let part = mib.saturating_mul(1024) / PARTS;
        let whole = part * (PARTS - 1);
        Self { whole: Shares::new(whole, whole / PARTS), pieces: Shares::new(part, part / PARTS) }
    }

    /// A place for what is in memory of an upload.
    pub async fn reserve_piece(&self, bytes: usize, caller: &str) -> Result<Share, Error> {
        let share = self.pieces.take(units(bytes), Some(caller), PATIENCE).await;
        share.ok_or(Error::Sobrecarga { segundos: 5 })
    }

    /// A place for so many bytes, before they are taken.
    pub async fn reserve(&self, bytes: usize, caller: &str) -> Result<Share, Error> {
        let counted = (bytes > SMALL).then_some(caller);
        let share = self.whole.take(units(bytes), counted, PATIENCE).await;
        share.ok_or(Error::Sobrecarga { segundos: 1 })
    }
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(KIB)).unwrap_or(u32::MAX)
}

/// What `read` makes of the body, when it says that it is JSON and is not too large; and its place
/// in memory. A large one is read on another thread.
pub async fn read_json<T: Send + 'static>(
    req: &HttpRequest,
    payload: web::Payload,
    maximum: usize,
    read: impl FnOnce(Bytes) -> T + Send + 'static,
) -> Result<(T, Share), Error> {
    check_json(req)?;
    let told = length(req);
    if told.is_some_and(|length| length > maximum) {
        return Err(too_large(maximum));
    }
    let (app, caller) = (app(req)?, request::caller(req));
    let mut share = app.bodies.reserve(told.unwrap_or(maximum), &caller).await?;
    let collected = timeout(ESPERA, collect(payload, told.unwrap_or(0), maximum)).await;
    let bytes = collected.unwrap_or_else(|_| {
        Err(Error::falha(Falha::EntradaInvalida, "o corpo demorou demais a chegar"))
    })?;
    share.shrink(units(bytes.len()));
    let large = bytes.len() > INLINE;
    let read = move || utf8(bytes).map(read);
    let read = match large {
        true => app.work.run(&caller, read).await?,
        false => read(),
    };
    Ok((read?, share))
}

/// Refuses a body that says that it is not JSON, or not in UTF-8.
fn check_json(req: &HttpRequest) -> Result<(), Error> {
    check_coding(req)?;
    let refused = |mensagem| Err(Error::falha(Falha::MidiaNaoSuportada, mensagem));
    let tipo = req.headers().get(header::CONTENT_TYPE).and_then(|valor| valor.to_str().ok());
    let mut partes = tipo.unwrap_or_default().split(';').map(str::trim);
    if !partes.next().is_some_and(|tipo| tipo.eq_ignore_ascii_case("application/json")) {
        return refused("mande o corpo como application/json");
    }
    let charset = partes.filter_map(|parte| parte.split_once('=')).find_map(|(nome, valor)| {
        nome.trim().eq_ignore_ascii_case("charset").then(|| valor.trim().trim_matches('"'))
    });
    // The second is a part of the first.
    let ours = ["utf-8", "utf8", "us-ascii"];
    match charset {
        Some(charset) if !ours.iter().any(|nome| nome.eq_ignore_ascii_case(charset)) => {
            refused("o corpo é UTF-8: mande `charset=utf-8`, ou nenhum charset")
        }
        _ => Ok(()),
    }
}

/// Refuses a body that comes compressed.
pub fn check_coding(req: &HttpRequest) -> Result<(), Error> {
    let mut codings = req.headers().get_all(header::CONTENT_ENCODING);
    let plain = |value: &header::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if codings.all(plain) {
        return Ok(());
    }
    let mensagem = "mande o corpo sem compressão: Content-Encoding não se aceita";
    Err(Error::falha(Falha::MidiaNaoSuportada, mensagem))
}

/// The body without the mark that some programs put before UTF-8; refused, if it is something else.
fn utf8(mut bytes: Bytes) -> Result<Bytes, Error> {
    if let Err(error) = std::str::from_utf8(&bytes) {
        let at = error.valid_up_to();
        let mensagem = format!(
            "o corpo não é UTF-8: o byte {at}, a contar de 0, é 0x{:02X}; mande-o em UTF-8",
            bytes[at]
        );
        return Err(Error::falha(Falha::MidiaNaoSuportada, mensagem));
    }
    if bytes.starts_with(BOM) {
        return Ok(bytes.split_off(BOM.len()));
    }
    Ok(bytes)
}

fn app(req: &HttpRequest) -> Result<&web::Data<App>, Error> {
    let without = || Error::interno(anyhow::anyhow!("server without App"));
    req.app_data::<web::Data<App>>().ok_or_else(without)
}

/// What the request says that its body has, if it does.
fn length(req: &HttpRequest) -> Option<usize> {
    if req.headers().contains_key(header::TRANSFER_ENCODING) {
        return None;
    }
    req.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn collect(mut payload: web::Payload, told: usize, maximum: usize) -> Result<Bytes, Error> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let incomplete = |_| Error::falha(Falha::EntradaInvalida, "o corpo não chegou inteiro");
        let chunk = chunk.map_err(incomplete)?;
        if bytes.len() + chunk.len() > maximum {
            return Err(too_large(maximum));
        }
        if bytes.is_empty() {
            if chunk.len() == told {
                return Ok(chunk);
            }
            bytes.reserve(told);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn too_large(maximum: usize) -> Error {
    Error::falha(Falha::CorpoExcedeLimite, format!("o corpo tem mais de {maximum} bytes"))
}

impl Default for Bodies {
    fn default() -> Self {
        Self::new(Http::default().corpos_maximo)
    }
}
