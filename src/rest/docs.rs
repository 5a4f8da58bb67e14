//! The contract of the REST façade, and a page to read it with: Swagger UI, served
//! from the program.

use crate::graphql::protocol::graphiql::CSP;
use crate::http::connections::OverTls;
use crate::http::front;
use crate::rest::openapi;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use utoipa_swagger_ui::{Config, SwaggerFile};

const PAGINA: &str = r#"<!doctype html>
<html lang="pt-BR">
  <head>
    <meta charset="utf-8">
    <title>elos: rotas REST</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="stylesheet" href="/docs/index.css">
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/swagger-ui-standalone-preset.js"></script>
    <script src="/docs/swagger-initializer.js"></script>
  </body>
</html>
"#;

/// What stands for the server's address until it is known.
const HERE: &str = "http://este-servidor.invalid";

/// The document and the page's settings, made once for all the threads.
#[derive(Clone)]
pub struct Docs {
    /// With [`HERE`] where the server's address goes.
    documento: Arc<str>,
    ajustes: Arc<Config<'static>>,
    /// The tag of each file that was asked for: a file is hashed once.
    etags: Arc<Mutex<HashMap<String, String>>>,
}

impl Docs {
    pub fn novo(token_url: &str) -> Self {
        // The source document has writes done by programs with a credential, not from a page.
        let ajustes = Config::from("/openapi.json")
            .supported_submit_methods(["get"])
            .validator_url("none")
            .deep_linking(true)
            .doc_expansion("list");
        let documento = openapi::documento_em(HERE, token_url).into();
        Self { documento, ajustes: Arc::new(ajustes), etags: Arc::default() }
    }

    pub fn rotas(self, config: &mut web::ServiceConfig) {
        config
            .app_data(web::Data::new(self))
            .service(web::resource("/openapi.json").get(documento))
            .service(web::resource(["/docs", "/docs/"]).get(pagina))
            .service(web::resource("/docs/{arquivo}").get(arquivo));
    }
}

/// The contract, for a client that reads it from a file: with the address that it was asked for
/// at, and where to get a token.
async fn documento(docs: web::Data<Docs>, req: HttpRequest) -> HttpResponse {
    let documento = docs.documento.replacen(HERE, &server(&req), 1);
    let etag = front::etag(documento.as_bytes());
    let mut answer = responder("application/json; charset=utf-8", documento.into(), &etag);
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers
        .append(header::VARY, HeaderValue::from_static("host, x-forwarded-proto, sec-fetch-site"));
    answer
}

/// The address at which the request came in. A page of this server needs none: behind a proxy
/// that does not tell its scheme, an address would keep the page from calling.
fn server(req: &HttpRequest) -> String {
    let text = |name: &str| req.headers().get(name).and_then(|value| value.to_str().ok());
    let is_authority = |host: &&str| {
        let of_authority =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        !host.is_empty() && host.chars().all(of_authority)
    };
    match text("host").filter(is_authority) {
        Some(host) if text("sec-fetch-site") != Some("same-origin") => {
            let by_proxy = text("x-forwarded-proto")
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
            let https = by_proxy || req.conn_data::<OverTls>().is_some();
            format!("{}://{host}", if https { "https" } else { "http" })
        }
        _ => "/".to_owned(),
    }
}

async fn pagina() -> HttpResponse {
    responder("text/html; charset=utf-8", PAGINA.into(), &front::etag(PAGINA.as_bytes()))
}

async fn arquivo(docs: web::Data<Docs>, nome: web::Path<String>) -> HttpResponse {
    match utoipa_swagger_ui::serve(&nome, Arc::clone(&docs.ajustes)) {
        Ok(Some(SwaggerFile { bytes, content_type, .. })) => {
            let mut etags = docs.etags.lock().unwrap_or_else(PoisonError::into_inner);
            let etag = etags.entry(nome.into_inner()).or_insert_with(|| front::etag(&bytes));
            responder(&content_type, bytes.into_owned().into(), etag)
        }
        _ => HttpResponse::NotFound()
            .content_type("text/plain; charset=utf-8")
            .body("não há esse arquivo\n"),
    }
}

fn responder(tipo: &str, corpo: web::Bytes, etag: &str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, tipo))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::ETAG, etag))
        .insert_header((header::CONTENT_SECURITY_POLICY, CSP))
        .body(corpo)
}
