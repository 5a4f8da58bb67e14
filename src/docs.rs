//! The contract of the REST façade, and a page to read it with: Swagger UI, served
//! from the program.

use crate::pages::CSP;
use crate::rest::openapi;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use std::sync::Arc;
use utoipa_swagger_ui::Config;

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
    ajustes: Arc<Config<'static>>,
}

impl Docs {
    pub fn novo() -> Self {
        // The source document has writes done by programs with a credential, not from a page.
        let ajustes = Config::from("/openapi.json")
            .supported_submit_methods(["get"])
            .validator_url("none")
            .deep_linking(true)
            .doc_expansion("list");
        Self { documento: openapi::documento().into(), ajustes: Arc::new(ajustes) }
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
    responder("application/json; charset=utf-8", docs.documento.clone())
}

async fn pagina() -> HttpResponse {
    responder("text/html; charset=utf-8", PAGINA.into())
}

async fn arquivo(docs: web::Data<Docs>, arquivo: web::Path<String>) -> HttpResponse {
    match utoipa_swagger_ui::serve(&arquivo, Arc::clone(&docs.ajustes)) {
        Ok(Some(arquivo)) => responder(&arquivo.content_type, arquivo.bytes.into_owned().into()),
        _ => HttpResponse::NotFound()
            .content_type("text/plain; charset=utf-8")
            .body("não há esse arquivo\n"),
    }
}

fn responder(tipo: &str, corpo: web::Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, tipo))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, CSP))
        .body(corpo)
}
