//! The REST façade: the paths and bodies that tribunals' systems already call.
//!
//! It translates, and nothing else: old words in, the same services as GraphQL,
//! old words out.

mod adolescentes;
mod corpo;
mod envelope;
mod pagina;
mod processos;

use crate::app::App;
use crate::auth::{Ator, Auth};
use crate::error::{Error, Falha};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use envelope::Negado;

pub const PREFIXO: &str = "/api/v1";

pub fn rotas(config: &mut web::ServiceConfig) {
    use processos::{escrita, leitura};
    let scope = web::scope(PREFIXO)
        .service(
            rota("/processos", "GET, POST, PUT")
                .get(leitura::listar)
                .post(escrita::cadastrar)
                .put(escrita::atualizar_responsaveis),
        )
        .service(rota("/processos/{codigo}", "GET").get(leitura::por_codigo))
        .service(rota("/processos/numero-processo/{numero}", "GET").get(leitura::por_numero))
        .service(rota("/processos/apuracao/numero-processo/{numero}", "GET").get(leitura::apuracao))
        .service(
            rota("/processos/numero-processo/{numero}/situacao/{situacao}", "PUT")
                .put(escrita::alterar_situacao),
        )
        .service(
            rota("/processos/{numero}/apuracao/adolescentes/{identificador}", "POST, DELETE")
                .post(escrita::vincular)
                .delete(escrita::desvincular),
        )
        .service(
            rota("/adolescentes", "GET, POST, PUT")
                .get(adolescentes::listar)
                .post(adolescentes::cadastrar)
                .put(adolescentes::atualizar),
        )
        .service(
            rota("/adolescentes/identificador/{identificador}", "GET")
                .get(adolescentes::por_identificador),
        );
    config.service(scope.default_service(web::to(desconhecida)));
}

/// A path, and the methods that it answers to; others get a 405 that names them.
fn rota(caminho: &'static str, metodos: &'static str) -> actix_web::Resource {
    web::resource(caminho).default_service(web::to(move || metodo(metodos)))
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
    /// Lets the caller in, to a route without query parameters.
    async fn entrar(req: &HttpRequest) -> Result<Self, Negado> {
        let chamada = Self::entrar_com_parametros(req).await?;
        Parametros::de(req).terminar()?;
        Ok(chamada)
    }

    async fn entrar_com_parametros(req: &HttpRequest) -> Result<Self, Negado> {
        let (Some(app), Some(auth)) =
            (req.app_data::<web::Data<App>>(), req.app_data::<web::Data<Auth>>())
        else {
            return Err(Error::interno(anyhow::anyhow!("server without App or Auth")).into());
        };
        let ator = auth.autenticar(req.headers()).await.map_err(Negado::from)?;
        Ok(Self { app: app.get_ref().clone(), ator })
    }
}

/// The query parameters of a call, each taken once. What is left is unknown,
/// and refused: a mistyped filter must not return everything.
struct Parametros(Vec<(String, String)>);

impl Parametros {
    fn de(req: &HttpRequest) -> Self {
        let lidos = web::Query::<Vec<(String, String)>>::from_query(req.query_string());
        Self(lidos.map(web::Query::into_inner).unwrap_or_default())
    }

    /// Blank counts as absent.
    fn tirar(&mut self, nome: &str) -> Option<String> {
        let onde = self.0.iter().position(|(dado, _)| dado == nome)?;
        Some(self.0.remove(onde).1).filter(|valor| !valor.trim().is_empty())
    }

    fn terminar(self) -> Result<(), Negado> {
        match self.0.first() {
            None => Ok(()),
            Some((nome, _)) => {
                let nome: String = nome.chars().filter(|c| !c.is_control()).take(60).collect();
                let mensagem = format!("{nome}: parâmetro de consulta desconhecido ou repetido");
                Err(Error::falha(Falha::EntradaInvalida, mensagem).into())
            }
        }
    }
}

/// The version that the client read, as `ETag` gave it: `If-Match: "3"`.
fn if_match(req: &HttpRequest) -> Result<Option<i32>, Negado> {
    let mut valores = req.headers().get_all(header::IF_MATCH);
    let Some(valor) = valores.next() else { return Ok(None) };
    let texto = valor.to_str().unwrap_or_default().trim();
    let versao = texto.strip_prefix('"').and_then(|resto| resto.strip_suffix('"'));
    let versao = versao.filter(|v| v.bytes().all(|b| b.is_ascii_digit()) && !v.starts_with('0'));
    match (texto, versao.and_then(|versao| versao.parse().ok()), valores.next()) {
        ("*", _, None) => Ok(None),
        (_, Some(versao), None) => Ok(Some(versao)),
        _ => {
            let mensagem = "If-Match: mande uma versão, como veio no ETag, por exemplo \"3\"";
            Err(Error::falha(Falha::EntradaInvalida, mensagem).into())
        }
    }
}

/// The version of what is answered, for `If-Match`.
fn com_etag(mut resposta: HttpResponse, versao: i32) -> HttpResponse {
    if let Ok(etag) = header::HeaderValue::from_str(&format!("\"{versao}\"")) {
        resposta.headers_mut().insert(header::ETAG, etag);
    }
    resposta
}
