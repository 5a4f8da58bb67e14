//! The form by which a file comes, read as it comes.

use crate::app::Chamada;
use crate::armazem::{ConteudoId, PARTE};
use crate::error::{CodigoErro, Error, Falha, Recusa};
use crate::escrita::{self, Feito, Modo};
use crate::tramite::rules::MIB;
use crate::tramite::service::ComponenteRecebido;
use crate::tramite::{EnviarComponente, HashSha256, Idt};
use actix_multipart::{Field, Multipart};
use actix_web::error::PayloadError;
use actix_web::web::{self, BytesMut};
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
    componente_maximo: u32,
) -> Result<Multipart, Error> {
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
    let maximo = u64::from(componente_maximo) * MIB.cast_unsigned() + SOBRA;
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
    pub chamada: &'a Chamada,
    pub conteudo: Option<ConteudoId>,
}

struct Formulario {
    hash: Option<HashSha256>,
    protocolo: Option<String>,
    calculado: HashSha256,
    tamanho: i64,
    malformados: Vec<Recusa>,
}

fn interrompido() -> Error {
    Error::falha(Falha::EntradaInvalida, "o corpo não chegou inteiro")
}

fn malformado() -> Error {
    Error::falha(Falha::EntradaInvalida, "o corpo não é um multipart/form-data")
}

async fn ler_formulario(destino: &Destino<'_>, mut partes: Multipart) -> Result<Formulario, Error> {
    let (mut hash, mut protocolo, mut arquivo) = (None, None, None);
    while let Some(parte) = timeout(ESPERA, partes.next()).await.map_err(|_| interrompido())? {
        let parte = parte.map_err(|_| malformado())?;
        let nome = parte.name().unwrap_or_default().to_owned();
        match nome.as_str() {
            "hashDoComponenteDigital" if hash.is_none() => hash = Some(ler_campo(parte).await?),
            "protocolo" if protocolo.is_none() => protocolo = Some(ler_campo(parte).await?),
            "conteudo" if arquivo.is_none() => arquivo = Some(destino.guardar(parte).await?),
            _ => {
                let mensagem =
                    "o formulário tem hashDoComponenteDigital, protocolo e conteudo, uma vez cada";
                return Err(Error::falha(Falha::EntradaInvalida, mensagem));
            }
        }
    }
    let recusa = |codigo, campo: &'static str, mensagem: String| {
        Recusa::nova(codigo, "S0", mensagem).em([campo])
    };
    let mut malformados = Vec::new();
    let hash = hash.map(|texto| texto.trim().parse::<HashSha256>()).transpose();
    let hash = hash.unwrap_or_else(|erro| {
        let campo = "hashDoComponenteDigital";
        malformados.push(recusa(CodigoErro::CampoInvalido, campo, erro.to_string()));
        None
    });
    let Some((calculado, tamanho)) = arquivo else {
        malformados.push(recusa(
            CodigoErro::CampoObrigatorio,
            "conteudo",
            "falta o arquivo".into(),
        ));
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
    /// Reads the form, and says what came.
    pub async fn receber(
        &self,
        idt: Idt,
        partes: Multipart,
    ) -> Result<Feito<ComponenteRecebido, ()>, Error> {
        let formulario = timeout(TUDO, ler_formulario(self, partes));
        let formulario = formulario.await.unwrap_or_else(|_| Err(interrompido()))?;
        let Formulario { hash, protocolo, calculado, tamanho, malformados } = formulario;
        let conteudo = self.conteudo;
        let comando =
            EnviarComponente { idt, protocolo, hash, calculado, tamanho, conteudo, malformados };
        escrita::executar(self.chamada, comando, Modo::default(), |_, _| Ok(())).await
    }

    /// The hash of all that came, and how much it was.
    async fn guardar(&self, mut arquivo: Field) -> Result<(HashSha256, i64), Error> {
        let maximo = i64::from(self.chamada.app.regras.componente_maximo) * MIB;
        let (mut sha, mut tamanho, mut ordem) = (Sha256::new(), 0_i64, 0);
        let mut parte = Vec::new();
        while let Some(bytes) = timeout(ESPERA, arquivo.next()).await.map_err(|_| interrompido())? {
            let bytes = bytes.map_err(|_| interrompido())?;
            sha.update(&bytes);
            tamanho += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            if tamanho > maximo {
                let mensagem = format!("o componente tem mais de {} MiB", maximo / MIB);
                return Err(Error::falha(Falha::CorpoExcedeLimite, mensagem));
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
        Ok((HashSha256::de(&sha.finalize().into()), tamanho))
    }

    async fn gravar(&self, ordem: i32, parte: Vec<u8>) -> Result<(), Error> {
        match self.conteudo {
            Some(id) => {
                self.chamada.app.armazem.guardar(self.chamada.ator(), id, ordem, parte.into()).await
            }
            None => Ok(()),
        }
    }
}
