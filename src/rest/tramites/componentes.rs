//! The files of a trâmite on the wire: taken by ticket, given to the destinatário.
//! Neither way is a file ever whole in memory.

use super::super::Chamada;
use super::super::corpo::Corpo;
use super::recusa::Recusado;
use super::{idt, situacao_de};
use crate::app::App;
use crate::armazem::{ConteudoId, PARTE};
use crate::auth::{Ator, Papel};
use crate::config::CamposDesconhecidos;
use crate::db::Sessao;
use crate::error::{CodigoErro, Error, Falha, Recusa};
use crate::escrita::{self, Modo};
use crate::tramite::rules::{self, ParteDoTramite, SituacaoTramite};
use crate::tramite::service::{self, Baixavel};
use crate::tramite::store::{self, TramitePorIdt};
use crate::tramite::{BaixarComponente, EnviarComponente, HashSha256};
use actix_multipart::{Field, Multipart};
use actix_web::body::SizedStream;
use actix_web::http::header::{self, ContentType};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{StreamExt, stream};
use sha2::{Digest, Sha256};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// A text field of the form: a hash or a protocolo.
const CAMPO_MAXIMO: usize = 256;
const ESPERA: Duration = Duration::from_secs(60);
const TUDO: Duration = Duration::from_secs(30 * 60);
const MIB: i64 = 1024 * 1024;

/// `PUT /tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar`:
/// a form with `hashDoComponenteDigital`, `protocolo` and `conteudo`, in any order.
pub async fn enviar(
    req: HttpRequest,
    caminho: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Recusado> {
    let Chamada { app, ator } = Chamada::entrar(&req).await?;
    ator.exige(Papel::Integracao)?;
    let key = TramitePorIdt(idt(&caminho)?);
    let espera = espera_arquivos(&app, &ator, key).await?;
    if !e_formulario(&req) {
        let mensagem = "mande o corpo como multipart/form-data";
        return Err(Error::falha(Falha::MidiaNaoSuportada, mensagem).into());
    }
    // Past the last file a retry is only held against what came before: nothing is kept.
    let conteudo = match espera {
        true => Some(abrir(&app, &ator).await?),
        false => None,
    };
    let destino = Destino { app: &app, ator: &ator, conteudo };
    let formulario = ler_formulario(&destino, Multipart::new(req.headers(), payload));
    let formulario = timeout(TUDO, formulario).await.unwrap_or_else(|_| Err(interrompido()));
    let feito = match formulario {
        Ok(Formulario { hash, protocolo, calculado, tamanho, malformados }) => {
            let idt = key.0;
            let comando = EnviarComponente {
                idt,
                protocolo,
                hash,
                calculado,
                tamanho,
                conteudo,
                malformados,
            };
            escrita::executar(&app, &ator, comando, Modo::default(), |_, _| Ok(())).await
        }
        Err(error) => Err(error),
    };
    // A fall before this leaves the content to the next round.
    let guardado = feito.as_ref().is_ok_and(|feito| feito.efeito.guardado);
    if let Some(conteudo) = conteudo.filter(|_| !guardado) {
        service::esquecer(&app, &ator, conteudo).await?;
    }
    Ok(situacao_de(&feito?.efeito.tramite, false))
}

/// Whether the trâmite waits for files of the caller; refused if it is not one of theirs to fill.
async fn espera_arquivos(app: &App, ator: &Ator, key: TramitePorIdt) -> Result<bool, Recusado> {
    let ler = move |sessao: &mut Sessao<'_>| store::tramite_se_visivel(sessao, key.0);
    let achado = app.db.ler(ator, ler).await?;
    let Some(tramite) = achado else { return Err(rules::tramite_visivel().into()) };
    match tramite.parte(ator.tribunal()) {
        Some(ParteDoTramite::Remetente) => {
            Ok(tramite.situacao == SituacaoTramite::AguardandoComponentes)
        }
        _ => {
            let mensagem = "o ticket é do remetente do trâmite";
            Err(Error::falha(Falha::SemPermissao, mensagem).into())
        }
    }
}

async fn abrir(app: &App, ator: &Ator) -> Result<ConteudoId, Error> {
    let (tribunal, agora) = (ator.tribunal_de_escrita()?, (app.agora)());
    let abrir = move |sessao: &mut Sessao<'_>| Ok(store::abrir_conteudo(sessao, tribunal, agora)?);
    app.db.escrever(ator, abrir).await
}

fn e_formulario(req: &HttpRequest) -> bool {
    let tipo = req.headers().get(header::CONTENT_TYPE).and_then(|valor| valor.to_str().ok());
    let essencia = tipo.and_then(|tipo| tipo.split(';').next()).map(str::trim);
    essencia.is_some_and(|essencia| essencia.eq_ignore_ascii_case("multipart/form-data"))
}

/// Where what comes goes; without a content, only to be measured.
struct Destino<'a> {
    app: &'a App,
    ator: &'a Ator,
    conteudo: Option<ConteudoId>,
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
        let falta = recusa(CodigoErro::CampoObrigatorio, "conteudo", "falta o arquivo".into());
        return Err(falta.into());
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
    /// The hash of all that came, and how much it was.
    async fn guardar(&self, mut arquivo: Field) -> Result<(HashSha256, i64), Error> {
        let maximo = i64::from(self.app.regras.componente_maximo) * MIB;
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
            Some(id) => self.app.armazem.guardar(self.ator, id, ordem, parte.into()).await,
            None => Ok(()),
        }
    }
}

/// `POST /tramites/{idt}/protocolos/componentes-digitais`: the bytes, to the destinatário.
pub async fn baixar(
    req: HttpRequest,
    caminho: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Recusado> {
    let Chamada { app, ator } = Chamada::entrar(&req).await?;
    ator.exige(Papel::Integracao)?;
    let idt = idt(&caminho)?;
    let mut corpo = Corpo::ler(&req, payload).await?;
    let mut comando = BaixarComponente {
        idt,
        protocolo: corpo.texto("protocolo", &["protocolo"]),
        hash: corpo.forma("hashDoComponenteDigital", &["hashDoComponenteDigital"]),
        malformados: Vec::new(),
    };
    comando.malformados = corpo.terminar(CamposDesconhecidos::Recusar).0;
    let (tribunal, pedido) = (ator.tribunal_de_escrita()?, comando.clone());
    let achar = move |sessao: &mut Sessao<'_>| service::baixavel(sessao, tribunal, &pedido);
    let Baixavel { conteudo, tamanho } = app.db.ler(&ator, achar).await?;
    let partes = tamanho.cast_unsigned().div_ceil(PARTE as u64);
    let entrega = Arc::new(Entrega { app, ator, comando, conteudo, partes });
    // The first piece is read before the answer begins, so that what can be refused still is.
    let primeira = entrega.parte(0).await?;
    let resto = stream::iter(1..partes).then(move |n| {
        let entrega = Arc::clone(&entrega);
        async move { entrega.parte(n).await.map_err(|error| cortado(&error)) }
    });
    let bytes = stream::once(async { Ok::<Bytes, io::Error>(primeira) }).chain(resto);
    Ok(HttpResponse::Ok()
        .insert_header(ContentType::octet_stream())
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(SizedStream::new(tamanho.cast_unsigned(), bytes.boxed_local())))
}

/// The answer has begun: all that can be done is to break it off, so that it is not
/// taken for whole.
fn cortado(error: &Error) -> io::Error {
    let (falha, _) = error.publica();
    tracing::warn!(codigo = falha.nome(), "a download was broken off");
    io::Error::other("broken off")
}

/// A file on its way to the destinatário.
struct Entrega {
    app: App,
    ator: Ator,
    comando: BaixarComponente,
    conteudo: ConteudoId,
    partes: u64,
}

impl Entrega {
    /// One piece. Before the last one leaves, the file counts as fetched: whoever has
    /// all of it may send the recibo at once.
    async fn parte(&self, n: u64) -> Result<Bytes, Error> {
        let ordem = i32::try_from(n).map_err(Error::interno)?;
        let lida = self.app.armazem.ler(&self.ator, self.conteudo, ordem).await?;
        let bytes =
            lida.ok_or_else(|| Error::interno(anyhow::anyhow!("a piece of a content is missing")))?;
        if n + 1 == self.partes {
            let (comando, modo) = (self.comando.clone(), Modo::default());
            escrita::executar(&self.app, &self.ator, comando, modo, |_, _| Ok(())).await?;
        }
        Ok(bytes)
    }
}
