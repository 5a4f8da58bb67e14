//! The REST façade: the paths and bodies that tribunals' systems already call.
//!
//! It translates, and nothing else: old words in, the same services as GraphQL,
//! old words out.

mod adolescentes;
mod corpo;
mod envelope;
mod processos;

use crate::app::App;
use crate::auth::{Ator, Auth};
use crate::error::{Error, Falha};
use actix_web::{HttpRequest, web};
use envelope::Negado;

pub const PREFIXO: &str = "/api/v1";

pub fn rotas(config: &mut web::ServiceConfig) {
    config.service(
        web::scope(PREFIXO)
            .service(
                web::resource("/processos")
                    .route(web::post().to(processos::cadastrar))
                    .default_service(web::to(|| metodo("POST"))),
            )
            .service(
                web::resource("/adolescentes")
                    .route(web::post().to(adolescentes::cadastrar))
                    .default_service(web::to(|| metodo("POST"))),
            )
            .default_service(web::to(desconhecida)),
    );
}

async fn desconhecida() -> Negado {
    Error::falha(Falha::NaoEncontrado, "rota desconhecida; confira o caminho").into()
}

async fn metodo(permitidos: &'static str) -> Negado {
    let mensagem = format!("método não permitido nesta rota; use {permitidos}");
    Negado::from(Error::falha(Falha::MetodoNaoPermitido, mensagem)).permitindo(permitidos)
}

/// What every handler starts with.
struct Chamada {
    app: App,
    ator: Ator,
}

impl Chamada {
    /// Lets the caller in. A query parameter that no route here knows is
    /// refused: a mistyped filter must not change what is done.
    async fn entrar(req: &HttpRequest) -> Result<Self, Negado> {
        let (Some(app), Some(auth)) =
            (req.app_data::<web::Data<App>>(), req.app_data::<web::Data<Auth>>())
        else {
            return Err(Error::interno(anyhow::anyhow!("server without App or Auth")).into());
        };
        let ator = auth.autenticar(req.headers()).await.map_err(Negado::from)?;
        if let Some((nome, _)) = parametros(req).first() {
            let nome: String = nome.chars().take(60).collect();
            let mensagem = format!("{nome}: parâmetro de consulta desconhecido");
            return Err(Error::falha(Falha::EntradaInvalida, mensagem).into());
        }
        Ok(Self { app: app.get_ref().clone(), ator })
    }
}

fn parametros(req: &HttpRequest) -> Vec<(String, String)> {
    web::Query::<Vec<(String, String)>>::from_query(req.query_string())
        .map(web::Query::into_inner)
        .unwrap_or_default()
}
