//! Files given to the destinatário.

use super::named::{Named, Read, enter_with_file, from_json};
use super::parts::trecho;
use super::reader::Reader;
use crate::call::Chamada;
use crate::command::{self, Modo};
use crate::db::Sessao;
use crate::error::Error;
use crate::rest::openapi::tramite::answers::ParteEmBase64;
use crate::rest::openapi::tramite::refusals::{DoTramita, PeloCorpo, PeloEstado, SemTramite};
use crate::rest::openapi::tramite::{ArquivoPedido, Bytes as Conteudo, DaParte, DoTramite};
use crate::rest::tramites::idt;
use crate::rest::tramites::patience::insist;
use crate::rest::tramites::refusal::Recusado;
use crate::tramite::service::{self, Baixavel};
use crate::tramite::{BaixarComponente, Idt, Trecho};
use actix_web::body::SizedStream;
use actix_web::http::header::ContentType;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::{Stream, StreamExt, stream};
use std::io;

/// `POST /tramites/{idt}/protocolos/componentes-digitais`: the bytes, to the destinatário.
#[utoipa::path(
    post, path = "/tramites/{idt}/protocolos/componentes-digitais",
    operation_id = "baixarComponente", tag = "Tramita",
    summary = "O destinatário baixa um arquivo do trâmite.",
    description = "Nas situações 3, 4 e 5. Com o último, o trâmite passa da situação 3 à 4.",
    params(DoTramite),
    request_body = ArquivoPedido,
    responses(
        (status = 200, description = "Os bytes do arquivo.", content_type = "application/octet-stream", body = inline(Conteudo)),
        DoTramita, SemTramite, PeloEstado, PeloCorpo,
    ),
)]
pub async fn baixar(
    req: HttpRequest,
    caminho: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Recusado> {
    let (chamada, query) = enter_with_file(&req).await?;
    let comando = pedido(&req, payload, query, idt(&caminho)?, None).await?;
    let (entrega, primeira) = Entrega::abrir(&req, chamada, comando).await?;
    let tamanho = entrega.trecho.tamanho().cast_unsigned();
    Ok(HttpResponse::Ok()
        .insert_header(ContentType::octet_stream())
        .body(SizedStream::new(tamanho, entrega.bytes(primeira).boxed_local())))
}

/// `POST /tramites/{idt}/protocolos/componentes-digitais/partes/{inicio}-{fim}`: some bytes of the
/// file in base64, as a text of JSON, which the platform's client takes for what it is.
#[utoipa::path(
    post, path = "/tramites/{idt}/protocolos/componentes-digitais/partes/{inicio}-{fim}",
    operation_id = "baixarParteDoComponente", tag = "Tramita",
    summary = "O destinatário baixa uma parte de um arquivo do trâmite.",
    description = "Os bytes de `inicio` (a contar de 0) até antes de `fim`, ou até o fim do arquivo, em base64. \
        O arquivo conta como baixado quando todos os seus bytes o foram; com o último, o trâmite passa da \
        situação 3 à 4.",
    params(DoTramite, DaParte),
    request_body = ArquivoPedido,
    responses(ParteEmBase64, DoTramita, SemTramite, PeloEstado, PeloCorpo),
)]
pub async fn baixar_parte(
    req: HttpRequest,
    caminho: web::Path<(String, String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, Recusado> {
    let (chamada, query) = enter_with_file(&req).await?;
    let (idt, partes) = (idt(&caminho.0)?, trecho(&caminho.1, &caminho.2)?);
    let comando = pedido(&req, payload, query, idt, Some(partes)).await?;
    let (entrega, primeira) = Entrega::abrir(&req, chamada, comando).await?;
    // Four letters for every three bytes, and the quotes.
    let letras = entrega.trecho.tamanho().cast_unsigned().div_ceil(3) * 4 + 2;
    let texto = em_base64(entrega.bytes(primeira));
    Ok(HttpResponse::Ok()
        .insert_header(ContentType::json())
        .body(SizedStream::new(letras, texto.boxed_local())))
}

async fn pedido(
    req: &HttpRequest,
    payload: web::Payload,
    query: Named,
    idt: Idt,
    trecho: Option<Trecho>,
) -> Result<BaixarComponente, Recusado> {
    let Read { hash, protocolo, malformed: malformados } = from_json(req, payload, query).await?;
    Ok(BaixarComponente { idt, protocolo, hash, trecho, malformados })
}

/// The answer has begun: all that can be done is to break it off, so that it is not
/// taken for whole.
fn cortado(error: &Error) -> io::Error {
    let (falha, _) = error.publica();
    tracing::warn!(codigo = falha.nome(), "a download was broken off");
    io::Error::other("broken off")
}

/// Bytes of a file on their way to the destinatário.
struct Entrega {
    req: HttpRequest,
    chamada: Chamada,
    comando: BaixarComponente,
    trecho: Trecho,
    reader: Reader,
}

impl Entrega {
    /// The first piece is read before the answer begins, so that what can be refused still is.
    async fn abrir(
        req: &HttpRequest,
        chamada: Chamada,
        comando: BaixarComponente,
    ) -> Result<(Self, Bytes), Error> {
        let (ator, pedido) = (chamada.ator().clone(), comando.clone());
        let achar = move |sessao: &mut Sessao<'_>| service::baixavel(sessao, &ator, &pedido);
        let Baixavel { segmentos, trecho, .. } = chamada.ler(achar).await?;
        let (app, ator) = (chamada.app.clone(), chamada.ator().clone());
        let reader = Reader::new(req.clone(), app, ator, segmentos, trecho);
        let mut entrega = Self { req: req.clone(), chamada, comando, trecho, reader };
        let primeira = entrega.proxima().await?.unwrap_or_default();
        Ok((entrega, primeira))
    }

    /// The next piece. Before the last one leaves, the bytes count as fetched: whoever has all of
    /// a file may send the recibo at once.
    async fn proxima(&mut self) -> Result<Option<Bytes>, Error> {
        let bytes = self.reader.next().await?;
        if bytes.is_some() && self.reader.is_at_end() {
            let (chamada, comando) = (&self.chamada, &self.comando);
            let notar = || {
                let (comando, modo) = (comando.clone(), Modo::default());
                command::executar(chamada, comando, modo, |_: &mut Sessao<'_>, _| Ok(()))
            };
            insist(&self.req, &chamada.app, notar).await?;
        }
        Ok(bytes)
    }

    fn bytes(self, primeira: Bytes) -> impl Stream<Item = io::Result<Bytes>> {
        let resto = stream::try_unfold(self, |mut entrega| async move {
            let proxima = entrega.proxima().await.map_err(|error| cortado(&error))?;
            Ok(proxima.map(|bytes| (bytes, entrega)))
        });
        stream::once(async { Ok(primeira) }).chain(resto)
    }
}

/// As a text of JSON. Three bytes make four letters, so what is left of a piece goes with the next.
fn em_base64(
    bytes: impl Stream<Item = io::Result<Bytes>>,
) -> impl Stream<Item = io::Result<Bytes>> {
    let estado = (Box::pin(bytes), Vec::<u8>::new());
    let aspas = || stream::once(async { Ok(Bytes::from_static(b"\"")) });
    let letras = stream::try_unfold(Some(estado), |estado| async move {
        let Some((mut bytes, mut resto)) = estado else { return Ok(None) };
        match bytes.next().await {
            Some(lidos) => {
                resto.extend_from_slice(&lidos?);
                let sobra = resto.split_off(resto.len() / 3 * 3);
                let texto = Bytes::from(BASE64_STANDARD.encode(&resto));
                Ok(Some((texto, Some((bytes, sobra)))))
            }
            None => Ok(Some((Bytes::from(BASE64_STANDARD.encode(&resto)), None))),
        }
    });
    aspas().chain(letras).chain(aspas())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_length_are_one_text() {
        let whole: Vec<u8> = (0..=255).collect();
        for size in [1, 2, 3, 4, 7, 100, 256] {
            let pieces: Vec<_> = whole.chunks(size).map(Bytes::copy_from_slice).collect();
            let pieces = stream::iter(pieces.into_iter().map(Ok::<_, io::Error>));
            let text: Vec<Bytes> = futures_util::future::FutureExt::now_or_never(
                em_base64(pieces).map(Result::unwrap).collect(),
            )
            .unwrap();
            let expected = format!("\"{}\"", BASE64_STANDARD.encode(&whole));
            assert_eq!(String::from_utf8(text.concat()).unwrap(), expected, "{size}");
        }
    }
}
