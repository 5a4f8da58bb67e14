//! Serves GraphiQL from the binary, because closed networks have no CDN.
//!
//! vite builds the page from the sources in `web/`, and the repository contains the compressed
//! result in `web/dist/` (see `web/README.md`).

use crate::http::csp::CSP;
use crate::http::semantics;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use flate2::read::GzDecoder;
use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::io::Read;

#[derive(RustEmbed)]
#[folder = "web/dist/"]
struct Assets;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource(["/graphiql", "/graphiql/"]).get(page))
        .service(web::resource("/graphiql/{caminho:.+}").get(file));
}

async fn page(req: HttpRequest) -> HttpResponse {
    serve(&req, "index.html")
}

async fn file(req: HttpRequest, path: web::Path<String>) -> HttpResponse {
    serve(&req, &path)
}

fn serve(req: &HttpRequest, path: &str) -> HttpResponse {
    let Some(file) = Assets::get(&format!("{path}.gz")) else {
        return HttpResponse::NotFound()
            .content_type("text/plain; charset=utf-8")
            .body("não há esse arquivo\n");
    };
    // The names of files under assets/ contain a hash of their contents.
    let cache_control = match path.starts_with("assets/") {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, content_type(path)))
        .insert_header((header::CACHE_CONTROL, cache_control))
        .insert_header((header::CONTENT_SECURITY_POLICY, CSP))
        .insert_header((header::VARY, "accept-encoding"))
        .insert_header((header::ETAG, semantics::etag_of(&file.metadata.sha256_hash())));
    body(&mut response, file.data, accepts_gzip(req))
}

fn body(
    response: &mut HttpResponseBuilder,
    gzip: Cow<'static, [u8]>,
    accepted: bool,
) -> HttpResponse {
    if accepted {
        return response
            .insert_header((header::CONTENT_ENCODING, "gzip"))
            .body(web::Bytes::from(gzip.into_owned()));
    }
    let mut whole = Vec::new();
    match GzDecoder::new(gzip.as_ref()).read_to_end(&mut whole) {
        Ok(_) => response.body(whole),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

fn accepts_gzip(req: &HttpRequest) -> bool {
    let accepted = req.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|list| {
        list.split(',').any(|item| {
            let mut parts = item.split(';').map(str::trim);
            let coding = parts.next().unwrap_or_default();
            coding.eq_ignore_ascii_case("gzip") && parts.next() != Some("q=0")
        })
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "ttf" => "font/ttf",
        "svg" => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}
