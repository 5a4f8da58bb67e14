//! Files given to the destinatário.

use crate::app::Chamada;
use crate::armazem::ConteudoId;
use crate::auth::Papel;
use crate::config::CamposDesconhecidos;
use crate::db::Sessao;
use crate::error::Error;
use crate::escrita::{self, Modo};
use crate::rest::corpo::Corpo;
use crate::rest::openapi::tramite::recusas::{DoTramita, PeloCorpo, PeloEstado, SemTramite};
use crate::rest::openapi::tramite::{ArquivoPedido, Bytes as Conteudo, DoTramite};
use crate::rest::tramites::idt;
use crate::rest::tramites::recusa::Recusado;
use crate::tramite::BaixarComponente;
use crate::tramite::service::{self, Baixavel};
use actix_web::body::SizedStream;
use actix_web::http::header::ContentType;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{StreamExt, stream};
use std::io;
use std::sync::Arc;

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
    let chamada = Chamada::entrar(&req, Papel::Integracao).await?;
    let idt = idt(&caminho)?;
    let mut corpo = Corpo::ler(&req, payload).await?;
    let mut comando = BaixarComponente {
        idt,
        protocolo: corpo.texto("protocolo", &["protocolo"]),
        hash: corpo.forma("hashDoComponenteDigital", &["hashDoComponenteDigital"]),
        malformados: Vec::new(),
    };
    comando.malformados = corpo.terminar(CamposDesconhecidos::Recusar).0;
    let (ator, pedido) = (chamada.ator().clone(), comando.clone());
    let achar = move |sessao: &mut Sessao<'_>| service::baixavel(sessao, &ator, &pedido);
    let Baixavel { conteudo, tamanho, .. } = chamada.ler(achar).await?;
    let entrega = Arc::new(Entrega { chamada, comando, conteudo, tamanho });
    // The first piece is read before the answer begins, so that what can be refused still is.
    let primeira = entrega.parte(0, 0).await?;
    let lida = primeira.len();
    let resto = stream::try_unfold((1, lida), move |(ordem, lida)| {
        let entrega = Arc::clone(&entrega);
        async move {
            if entrega.completa(lida) {
                return Ok(None);
            }
            let bytes = entrega.parte(ordem, lida).await.map_err(|error| cortado(&error))?;
            let lida = lida + bytes.len();
            Ok(Some((bytes, (ordem + 1, lida))))
        }
    });
    let bytes = stream::once(async { Ok::<Bytes, io::Error>(primeira) }).chain(resto);
    Ok(HttpResponse::Ok()
        .insert_header(ContentType::octet_stream())
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
    chamada: Chamada,
    comando: BaixarComponente,
    conteudo: ConteudoId,
    tamanho: i64,
}

impl Entrega {
    fn completa(&self, lida: usize) -> bool {
        i64::try_from(lida).is_ok_and(|lida| lida >= self.tamanho)
    }

    /// One piece, after `lida` bytes. Before the last one leaves, the file counts as
    /// fetched: whoever has all of it may send the recibo at once.
    async fn parte(&self, ordem: i32, lida: usize) -> Result<Bytes, Error> {
        let achada =
            self.chamada.app.armazem.ler(self.chamada.ator(), self.conteudo, ordem).await?;
        let bytes = achada
            .ok_or_else(|| Error::interno(anyhow::anyhow!("a piece of a content is missing")))?;
        if self.completa(lida + bytes.len()) {
            let (comando, modo) = (self.comando.clone(), Modo::default());
            escrita::executar(&self.chamada, comando, modo, |_, _| Ok(())).await?;
        }
        Ok(bytes)
    }
}
