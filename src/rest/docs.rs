//! `openapi.json`, and Swagger UI to read it. The program itself serves the files of Swagger UI.

use crate::http::connections::OverTls;
use crate::http::csp::CSP;
use crate::http::semantics;
use crate::rest::openapi;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use utoipa_swagger_ui::{Config, SwaggerFile};

const PAGE: &str = r#"<!doctype html>
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

/// Placeholder for the server's address, which is known only when a request arrives.
const SERVER_PLACEHOLDER: &str = "http://este-servidor.invalid";

/// The OpenAPI document and the settings of the page, shared by all worker threads.
#[derive(Clone)]
pub struct Docs {
    /// Holds [`SERVER_PLACEHOLDER`] in place of the server's address.
    document: Arc<str>,
    settings: Arc<Config<'static>>,
    /// The ETag of each file that was requested, by name, so that each file is hashed once.
    etags: Arc<Mutex<HashMap<String, String>>>,
}

impl Docs {
    pub fn new(token_url: &str) -> Self {
        // The page can try out only reads: in the source document, writes come from programs that
        // hold a credential.
        let settings = Config::from("/openapi.json")
            .supported_submit_methods(["get"])
            .validator_url("none")
            .deep_linking(true)
            .doc_expansion("list");
        let document = openapi::document_at(SERVER_PLACEHOLDER, token_url).into();
        Self { document, settings: Arc::new(settings), etags: Arc::default() }
    }

    pub fn routes(self, config: &mut web::ServiceConfig) {
        config
            .app_data(web::Data::new(self))
            .service(web::resource("/openapi.json").get(document))
            .service(web::resource(["/docs", "/docs/"]).get(page))
            .service(web::resource("/docs/{arquivo}").get(file));
    }
}

/// Serves `openapi.json` with the address that the client used, so that a saved copy of the
/// document still names the server.
async fn document(docs: web::Data<Docs>, req: HttpRequest) -> HttpResponse {
    let document = docs.document.replacen(SERVER_PLACEHOLDER, &server(&req), 1);
    let etag = semantics::etag(document.as_bytes());
    let mut answer = respond("application/json; charset=utf-8", document.into(), &etag);
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers
        .append(header::VARY, HeaderValue::from_static("host, x-forwarded-proto, sec-fetch-site"));
    answer
}

/// The address at which the request arrived, or the relative address `/`: for a request without a
/// usable `Host`, and for a page of this server, because behind a proxy that does not send its
/// scheme an absolute `http` address would make the browser block the page's calls.
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

async fn page() -> HttpResponse {
    respond("text/html; charset=utf-8", PAGE.into(), &semantics::etag(PAGE.as_bytes()))
}

async fn file(docs: web::Data<Docs>, name: web::Path<String>) -> HttpResponse {
    match utoipa_swagger_ui::serve(&name, Arc::clone(&docs.settings)) {
        Ok(Some(SwaggerFile { bytes, content_type, .. })) => {
            let mut etags = docs.etags.lock().unwrap_or_else(PoisonError::into_inner);
            let etag = etags.entry(name.into_inner()).or_insert_with(|| semantics::etag(&bytes));
            respond(&content_type, bytes.into_owned().into(), etag)
        }
        _ => HttpResponse::NotFound()
            .content_type("text/plain; charset=utf-8")
            .body("não há esse arquivo\n"),
    }
}

fn respond(content_type: &str, body: web::Bytes, etag: &str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::ETAG, etag))
        .insert_header((header::CONTENT_SECURITY_POLICY, CSP))
        .body(body)
}
