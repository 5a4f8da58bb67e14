//! The contract of the REST façade, and a page to read it with: Swagger UI, served
//! from the program.

use crate::front;
use crate::pages::CSP;
use crate::rest::openapi;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
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

/// The document and the page's settings, made once for all the threads.
#[derive(Clone)]
pub struct Docs {
    documento: web::Bytes,
    etag: Arc<str>,
    ajustes: Arc<Config<'static>>,
    /// The tag of each file that was asked for: a file is hashed once.
    etags: Arc<Mutex<HashMap<String, String>>>,
}

impl Docs {
    pub fn novo() -> Self {
        // The source document has writes done by programs with a credential, not from a page.
        let ajustes = Config::from("/openapi.json")
            .supported_submit_methods(["get"])
            .validator_url("none")
            .deep_linking(true)
            .doc_expansion("list");
        let documento = web::Bytes::from(openapi::documento());
        let etag = front::etag(&documento).into();
        Self { documento, etag, ajustes: Arc::new(ajustes), etags: Arc::default() }
    }

    pub fn rotas(self, config: &mut web::ServiceConfig) {
        config
            .app_data(web::Data::new(self))
            .service(web::resource("/openapi.json").get(documento))
            .service(web::resource(["/docs", "/docs/"]).get(pagina))
            .service(web::resource("/docs/{arquivo}").get(arquivo));
    }
}

async fn documento(docs: web::Data<Docs>) -> HttpResponse {
    responder("application/json; charset=utf-8", docs.documento.clone(), &docs.etag)
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
