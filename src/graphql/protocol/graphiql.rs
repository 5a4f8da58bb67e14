//! GraphiQL, served from the program: closed networks have no CDN.
//!
//! The files are built by vite in `web/` and committed compressed; see `web/README.md`.

use crate::http::front;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use flate2::read::GzDecoder;
use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::io::Read;

#[derive(RustEmbed)]
#[folder = "web/dist/"]
struct Arquivos;

/// No inline script, no eval, nothing from another host.
pub const CSP: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                   font-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; \
                   form-action 'self'";

pub fn rotas(config: &mut web::ServiceConfig) {
    config
        .service(web::resource(["/graphiql", "/graphiql/"]).get(pagina))
        .service(web::resource("/graphiql/{caminho:.+}").get(arquivo));
}

async fn pagina(req: HttpRequest) -> HttpResponse {
    servir(&req, "index.html")
}

async fn arquivo(req: HttpRequest, caminho: web::Path<String>) -> HttpResponse {
    servir(&req, &caminho)
}

fn servir(req: &HttpRequest, caminho: &str) -> HttpResponse {
    let Some(arquivo) = Arquivos::get(&format!("{caminho}.gz")) else {
        return HttpResponse::NotFound()
            .content_type("text/plain; charset=utf-8")
            .body("não há esse arquivo\n");
    };
    // Files under assets/ carry a hash of their contents in the name.
    let guardar = match caminho.starts_with("assets/") {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let mut resposta = HttpResponse::Ok();
    resposta
        .insert_header((header::CONTENT_TYPE, tipo(caminho)))
        .insert_header((header::CACHE_CONTROL, guardar))
        .insert_header((header::CONTENT_SECURITY_POLICY, CSP))
        .insert_header((header::VARY, "accept-encoding"))
        .insert_header((header::ETAG, front::etag_of(&arquivo.metadata.sha256_hash())));
    corpo(&mut resposta, arquivo.data, aceita_gzip(req))
}

fn corpo(
    resposta: &mut HttpResponseBuilder,
    gzip: Cow<'static, [u8]>,
    aceita: bool,
) -> HttpResponse {
    if aceita {
        return resposta
            .insert_header((header::CONTENT_ENCODING, "gzip"))
            .body(web::Bytes::from(gzip.into_owned()));
    }
    let mut inteiro = Vec::new();
    match GzDecoder::new(gzip.as_ref()).read_to_end(&mut inteiro) {
        Ok(_) => resposta.body(inteiro),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

fn aceita_gzip(req: &HttpRequest) -> bool {
    let aceita = req.headers().get(header::ACCEPT_ENCODING).and_then(|valor| valor.to_str().ok());
    aceita.is_some_and(|lista| {
        lista.split(',').any(|item| {
            let mut partes = item.split(';').map(str::trim);
            let nome = partes.next().unwrap_or_default();
            nome.eq_ignore_ascii_case("gzip") && partes.next() != Some("q=0")
        })
    })
}

fn tipo(caminho: &str) -> &'static str {
    match caminho.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "ttf" => "font/ttf",
        "svg" => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}
