//! Reads the multipart form that carries a file or a part of one, without holding it whole in
//! memory.

use super::file_key::{FileKey, HASH, PROTOCOLO, ParsedFileKey};
use crate::blob_store::{ContentId, PART_SIZE};
use crate::call::Call;
use crate::error::{CodigoErro, Error, Failure, Refusal};
use crate::http::body::check_coding;
use crate::rest::tramites::retry::retry;
use crate::tramite::HashSha256;
use crate::tramite::rules::MIB;
use actix_multipart::{Field, Multipart};
use actix_web::error::PayloadError;
use actix_web::web::{self, Bytes, BytesMut};
use actix_web::{HttpMessage, HttpRequest};
use futures_util::{StreamExt, stream};
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::time::timeout;

/// Largest text field of the form, in bytes: a hash or a protocolo.
const MAX_FIELD: usize = 256;
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const TOTAL_TIME: Duration = Duration::from_secs(30 * 60);
/// Bytes that a form may have besides the file.
const FORM_OVERHEAD: u64 = 64 * 1024;

/// Opens the body as a multipart form. The body must begin with the first boundary: a preamble is
/// useless and could go on for ever. The limit on the total size has the same reason.
pub async fn form(
    req: &HttpRequest,
    mut payload: web::Payload,
    max: i64,
) -> Result<Multipart, Error> {
    check_coding(req)?;
    let content_type = req.mime_type().ok().flatten();
    let Some(content_type) =
        content_type.filter(|content_type| content_type.essence_str() == "multipart/form-data")
    else {
        let message = "mande o corpo como multipart/form-data";
        return Err(Error::failure(Failure::MidiaNaoSuportada, message));
    };
    let boundary = content_type.get_param("boundary").ok_or_else(malformed)?;
    let start = format!("--{boundary}");
    let mut received = BytesMut::new();
    while received.len() < start.len() {
        let bytes = timeout(READ_TIMEOUT, payload.next()).await.map_err(|_| interrupted())?;
        received.extend_from_slice(&bytes.ok_or_else(malformed)?.map_err(|_| interrupted())?);
    }
    if !received.starts_with(start.as_bytes()) {
        return Err(malformed());
    }
    let max = max.cast_unsigned() + FORM_OVERHEAD;
    let mut total = 0_u64;
    let body = stream::once(async { Ok(received.freeze()) }).chain(payload).map(move |bytes| {
        let bytes = bytes?;
        total += bytes.len() as u64;
        if total > max { Err(PayloadError::Overflow) } else { Ok(bytes) }
    });
    Ok(Multipart::new(req.headers(), body.boxed_local()))
}

/// The destination of the bytes of a form. If `content` is `None`, the bytes are only measured.
pub struct Destination<'a> {
    pub req: &'a HttpRequest,
    pub call: &'a Call,
    pub content: Option<ContentId>,
    /// Largest number of bytes of the file. `with_hash` decides the message when there are more.
    pub max: i64,
    /// Whether to hash the bytes. True for a whole file, false for a part.
    pub with_hash: bool,
}

/// The contents of a complete form.
pub struct Upload {
    pub hash: Option<HashSha256>,
    pub protocolo: Option<String>,
    /// The hash of the bytes that came, if `with_hash` asked for it.
    pub computed: Option<HashSha256>,
    pub size: i64,
    pub malformed: Vec<Refusal>,
}

fn interrupted() -> Error {
    Error::invalid("o corpo não chegou inteiro")
}

fn malformed() -> Error {
    Error::invalid("o corpo não é um multipart/form-data")
}

/// Reads the form to its end, and stores or measures the file. `named` is the key of the file in
/// the query.
async fn read_form(
    destination: &Destination<'_>,
    mut parts: Multipart,
    named: FileKey,
) -> Result<Upload, Error> {
    let (mut in_form, mut file) = (FileKey::default(), None);
    while let Some(part) = timeout(READ_TIMEOUT, parts.next()).await.map_err(|_| interrupted())? {
        let part = part.map_err(|_| malformed())?;
        let name = part.name().unwrap_or_default().to_owned();
        match name.as_str() {
            HASH if in_form.hash.is_none() => in_form.hash = Some(read_field(part).await?),
            PROTOCOLO if in_form.protocolo.is_none() => {
                in_form.protocolo = Some(read_field(part).await?);
            }
            "conteudo" if file.is_none() => file = Some(destination.store(part).await?),
            _ => {
                return Err(Error::invalid(
                    "o formulário tem hashDoComponenteDigital, protocolo e conteudo, uma vez cada",
                ));
            }
        }
    }
    let ParsedFileKey { hash, protocolo, mut malformed } = named.merge(in_form);
    let Some((computed, size)) = file else {
        let refusal = Refusal::new(CodigoErro::CampoObrigatorio, "S0", "falta o arquivo");
        malformed.push(refusal.at(["conteudo"]));
        return Err(Error::Refusals(malformed));
    };
    Ok(Upload { hash, protocolo, computed, size, malformed })
}

async fn read_field(mut field: Field) -> Result<String, Error> {
    let mut received = Vec::new();
    while let Some(bytes) = timeout(READ_TIMEOUT, field.next()).await.map_err(|_| interrupted())? {
        received.extend_from_slice(&bytes.map_err(|_| interrupted())?);
        if received.len() > MAX_FIELD {
            return Err(Error::invalid("um campo do formulário é longo demais"));
        }
    }
    String::from_utf8(received).map_err(|_| malformed())
}

impl Destination<'_> {
    /// Reads the form to its end, in at most [`TOTAL_TIME`].
    pub async fn read(&self, parts: Multipart, named: FileKey) -> Result<Upload, Error> {
        timeout(TOTAL_TIME, read_form(self, parts, named))
            .await
            .unwrap_or_else(|_| Err(interrupted()))
    }

    /// Stores the file. Returns its hash, if `with_hash` asks for it, and its size in bytes.
    async fn store(&self, mut file: Field) -> Result<(Option<HashSha256>, i64), Error> {
        let mut sha = self.with_hash.then(Sha256::new);
        let (mut size, mut order) = (0_i64, 0);
        let mut part = Vec::new();
        while let Some(bytes) =
            timeout(READ_TIMEOUT, file.next()).await.map_err(|_| interrupted())?
        {
            let bytes = bytes.map_err(|_| interrupted())?;
            if let Some(sha) = &mut sha {
                sha.update(&bytes);
            }
            size += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            if size > self.max {
                return Err(self.too_large());
            }
            if self.content.is_none() {
                continue;
            }
            part.extend_from_slice(&bytes);
            while part.len() >= PART_SIZE {
                let rest = part.split_off(PART_SIZE);
                self.save(order, std::mem::replace(&mut part, rest)).await?;
                order += 1;
            }
        }
        if !part.is_empty() {
            self.save(order, part).await?;
        }
        Ok((sha.map(|sha| HashSha256::of(&sha.finalize().into())), size))
    }

    fn too_large(&self) -> Error {
        let message = match self.with_hash {
            true => format!("o componente tem mais de {} MiB", self.max / MIB),
            false => format!("a parte tem mais que os {} bytes que o caminho diz", self.max),
        };
        Error::failure(Failure::CorpoExcedeLimite, message)
    }

    async fn save(&self, order: i32, part: Vec<u8>) -> Result<(), Error> {
        let Some(id) = self.content else { return Ok(()) };
        let (Call { app, .. }, actor) = (self.call, self.call.actor());
        let bytes = Bytes::from(part);
        let save = || app.blob_store.store(actor, id, order, bytes.clone());
        retry(self.req, app, save).await
    }
}
