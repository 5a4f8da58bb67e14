//! The form by which a file, or a part of one, comes, read as it comes.

use super::named::{HASH, Named, PROTOCOLO, Read};
use crate::blob_store::{ConteudoId, PARTE};
use crate::call::Chamada;
use crate::error::{CodigoErro, Error, Falha, Recusa};
use crate::http::body::check_coding;
use crate::rest::tramites::patience::insist;
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

/// A text field of the form: a hash or a protocolo.
const CAMPO_MAXIMO: usize = 256;
const ESPERA: Duration = Duration::from_secs(60);
const TUDO: Duration = Duration::from_secs(30 * 60);
/// What a form may have besides the file.
const SOBRA: u64 = 64 * 1024;

/// The form that the body is. It begins with its first part: what may come before one
/// is nothing to us, and could go on for ever; so could the whole, which is limited.
pub async fn formulario(
    req: &HttpRequest,
    mut payload: web::Payload,
    maximo: i64,
) -> Result<Multipart, Error> {
    check_coding(req)?;
    let tipo = req.mime_type().ok().flatten();
    let Some(tipo) = tipo.filter(|tipo| tipo.essence_str() == "multipart/form-data") else {
        let mensagem = "mande o corpo como multipart/form-data";
        return Err(Error::falha(Falha::MidiaNaoSuportada, mensagem));
    };
    let limite = tipo.get_param("boundary").ok_or_else(malformado)?;
    let inicio = format!("--{limite}");
    let mut lidos = BytesMut::new();
    while lidos.len() < inicio.len() {
        let bytes = timeout(ESPERA, payload.next()).await.map_err(|_| interrompido())?;
        lidos.extend_from_slice(&bytes.ok_or_else(malformado)?.map_err(|_| interrompido())?);
    }
    if !lidos.starts_with(inicio.as_bytes()) {
        return Err(malformado());
    }
    let maximo = maximo.cast_unsigned() + SOBRA;
    let mut total = 0_u64;
    let corpo = stream::once(async { Ok(lidos.freeze()) }).chain(payload).map(move |bytes| {
        let bytes = bytes?;
        total += bytes.len() as u64;
        if total > maximo { Err(PayloadError::Overflow) } else { Ok(bytes) }
    });
    Ok(Multipart::new(req.headers(), corpo.boxed_local()))
}

/// Where what comes goes; without a content, only to be measured.
pub struct Destino<'a> {
    pub req: &'a HttpRequest,
    pub chamada: &'a Chamada,
    pub conteudo: Option<ConteudoId>,
    /// The most bytes that may come, and what is said of one more.
    pub maximo: i64,
    /// Their hash is asked for.
    pub com_hash: bool,
}

/// What a form had.
pub struct Formulario {
    pub hash: Option<HashSha256>,
    pub protocolo: Option<String>,
    /// Of the bytes that came, if it was asked for.
    pub calculado: Option<HashSha256>,
    pub tamanho: i64,
    pub malformados: Vec<Recusa>,
}

fn interrompido() -> Error {
    Error::falha(Falha::EntradaInvalida, "o corpo não chegou inteiro")
}

fn malformado() -> Error {
    Error::falha(Falha::EntradaInvalida, "o corpo não é um multipart/form-data")
}

/// `named` is what the query says of the file.
async fn ler_formulario(
    destino: &Destino<'_>,
    mut partes: Multipart,
    named: Named,
) -> Result<Formulario, Error> {
    let (mut said, mut arquivo) = (Named::default(), None);
    while let Some(parte) = timeout(ESPERA, partes.next()).await.map_err(|_| interrompido())? {
        let parte = parte.map_err(|_| malformado())?;
        let nome = parte.name().unwrap_or_default().to_owned();
        match nome.as_str() {
            HASH if said.hash.is_none() => said.hash = Some(ler_campo(parte).await?),
            PROTOCOLO if said.protocolo.is_none() => said.protocolo = Some(ler_campo(parte).await?),
            "conteudo" if arquivo.is_none() => arquivo = Some(destino.guardar(parte).await?),
            _ => {
                let mensagem =
                    "o formulário tem hashDoComponenteDigital, protocolo e conteudo, uma vez cada";
                return Err(Error::falha(Falha::EntradaInvalida, mensagem));
            }
        }
    }
    let Read { hash, protocolo, malformed: mut malformados } = named.and(said);
    let Some((calculado, tamanho)) = arquivo else {
        let recusa = Recusa::nova(CodigoErro::CampoObrigatorio, "S0", "falta o arquivo");
        malformados.push(recusa.em(["conteudo"]));
        return Err(Error::Recusas(malformados));
    };
    Ok(Formulario { hash, protocolo, calculado, tamanho, malformados })
}

async fn ler_campo(mut campo: Field) -> Result<String, Error> {
    let mut lidos = Vec::new();
    while let Some(bytes) = timeout(ESPERA, campo.next()).await.map_err(|_| interrompido())? {
        lidos.extend_from_slice(&bytes.map_err(|_| interrompido())?);
        if lidos.len() > CAMPO_MAXIMO {
            return Err(Error::falha(
                Falha::EntradaInvalida,
                "um campo do formulário é longo demais",
            ));
        }
    }
    String::from_utf8(lidos).map_err(|_| malformado())
}

impl Destino<'_> {
    /// Reads the form to its end.
    pub async fn ler(&self, partes: Multipart, named: Named) -> Result<Formulario, Error> {
        timeout(TUDO, ler_formulario(self, partes, named))
            .await
            .unwrap_or_else(|_| Err(interrompido()))
    }

    /// The hash of all that came, if it is asked for, and how much it was.
    async fn guardar(&self, mut arquivo: Field) -> Result<(Option<HashSha256>, i64), Error> {
        let mut sha = self.com_hash.then(Sha256::new);
        let (mut tamanho, mut ordem) = (0_i64, 0);
        let mut parte = Vec::new();
        while let Some(bytes) = timeout(ESPERA, arquivo.next()).await.map_err(|_| interrompido())? {
            let bytes = bytes.map_err(|_| interrompido())?;
            if let Some(sha) = &mut sha {
                sha.update(&bytes);
            }
            tamanho += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            if tamanho > self.maximo {
                return Err(self.grande_demais());
            }
            if self.conteudo.is_none() {
                continue;
            }
            parte.extend_from_slice(&bytes);
            while parte.len() >= PARTE {
                let resto = parte.split_off(PARTE);
                self.gravar(ordem, std::mem::replace(&mut parte, resto)).await?;
                ordem += 1;
            }
        }
        if !parte.is_empty() {
            self.gravar(ordem, parte).await?;
        }
        Ok((sha.map(|sha| HashSha256::de(&sha.finalize().into())), tamanho))
    }

    fn grande_demais(&self) -> Error {
        let mensagem = match self.com_hash {
            true => format!("o componente tem mais de {} MiB", self.maximo / MIB),
            false => format!("a parte tem mais que os {} bytes que o caminho diz", self.maximo),
        };
        Error::falha(Falha::CorpoExcedeLimite, mensagem)
    }

    async fn gravar(&self, ordem: i32, parte: Vec<u8>) -> Result<(), Error> {
        let Some(id) = self.conteudo else { return Ok(()) };
        let (Chamada { app, .. }, ator) = (self.chamada, self.chamada.ator());
        let bytes = Bytes::from(parte);
        let gravar = || app.armazem.guardar(ator, id, ordem, bytes.clone());
        insist(self.req, app, gravar).await
    }
}
