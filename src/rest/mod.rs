//! The REST façade: the paths and bodies that tribunals' systems already call.
//!
//! It translates, and nothing else: old words in, the same services as GraphQL,
//! old words out.

mod adolescentes;
pub mod docs;
mod json_fields;
mod envelope;
mod guias;
pub mod openapi;
mod page;
mod processos;
mod rascunhos;
pub mod routes;
mod tramites;

use crate::audit::{CanalAuditoria, EspecieAuditoria};
use crate::auth::{Auth, Caller, Papel, PeerCertificate};
use crate::call::record::Entrada;
use crate::call::{App, Chamada};
use crate::command::{self, Chave, Feito, Modo};
use crate::error::{Error, Falha};
use crate::http::front::{listed, opaque};
use crate::http::request;
use crate::value::field::natural;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use envelope::Negado;
use serde_json::Value;
use std::fmt::Display;
use std::str::FromStr;

pub const PREFIXO: &str = "/api/v1";

/// Of a query string: more than any route has.
const PARAMETERS_AT_MOST: usize = 100;

pub fn rotas(config: &mut web::ServiceConfig) {
    use processos::{read, write};
    let scope = web::scope(PREFIXO)
        .service(
            rota("/processos", "GET, POST, PUT")
                .get(read::listar)
                .post(write::cadastrar)
                .put(write::atualizar_responsaveis),
        )
        .service(rota("/processos/{id}", "GET").get(read::por_codigo))
        .service(rota("/processos/numero-processo/{numeroProcesso}", "GET").get(read::por_numero))
        .service(
            rota("/processos/apuracao/numero-processo/{numeroProcesso}", "GET").get(read::apuracao),
        )
        .service(
            rota("/processos/numero-processo/{numeroProcesso}/situacao/{situacao}", "PUT")
                .put(write::alterar_situacao),
        )
        .service(
            rota(
                "/processos/{numeroProcesso}/apuracao/adolescentes/{identificadorAdolescente}",
                "POST, DELETE",
            )
            .post(write::vincular)
            .delete(write::desvincular),
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
        )
        .service(rota("/adolescentes/cpf/{cpf}", "GET").get(adolescentes::por_cpf))
        .service(
            rota("/adolescentes/similaridade", "GET, POST")
                .get(adolescentes::semelhantes)
                .post(adolescentes::semelhantes_do_corpo),
        )
        .service(rota("/processo-rascunho", "POST").post(rascunhos::registrar))
        .service(rota("/guias", "GET").get(guias::listar))
        .service(rota("/guias/provisoria", "POST").post(guias::emitir_provisoria))
        .service(rota("/guias/definitiva", "POST").post(guias::emitir_definitiva))
        .service(rota("/guias/internacao-sancao", "POST").post(guias::emitir_internacao_sancao))
        .service(rota("/guias/unificadora", "POST").post(guias::emitir_unificadora))
        .service(
            rota("/guias/{especie}/numero-guia/{numeroGuia}/pdf", "GET").get(guias::pdf::imprimir),
        )
        .service(
            rota("/guias/{numeroGuia}/situacao/{situacao}", "PUT").put(guias::alterar_situacao),
        );
    config.service(scope.default_service(web::to(desconhecida)));
    config.configure(tramites::rotas);
}

/// A path, and the methods that it answers to; others get a 405 that names them.
fn rota(caminho: &str, metodos: &'static str) -> actix_web::Resource {
    web::resource(caminho).default_service(web::to(move || metodo(metodos)))
}

async fn desconhecida(req: HttpRequest) -> Negado {
    Error::falha(Falha::NaoEncontrado, routes::unknown(req.path())).into()
}

/// A refusal in the words of this façade.
pub fn refuse(error: &Error) -> HttpResponse {
    Negado::from(error.clone()).error_response()
}

/// The same, in those of the Tramita.
pub fn refuse_in_tramita(error: &Error) -> HttpResponse {
    tramites::refuse(error)
}

async fn metodo(permitidos: &'static str) -> Negado {
    let mensagem = format!("método não permitido nesta rota; use {permitidos}");
    Negado::from(Error::falha(Falha::MetodoNaoPermitido, mensagem)).permitindo(permitidos)
}

/// What every handler starts with.
impl Chamada {
    /// Lets the caller in, to a route without query parameters.
    async fn entrar(req: &HttpRequest, papel: Papel) -> Result<Self, Negado> {
        let (chamada, parametros) = Self::entrar_com_parametros(req, papel).await?;
        parametros.terminar()?;
        Ok(chamada)
    }

    /// Lets the caller in, to a route that writes: with a key, or only to try.
    async fn entrar_para_escrever(req: &HttpRequest) -> Result<(Self, Modo), Negado> {
        let (chamada, mut parametros) = Self::entrar_com_parametros(req, Papel::Integracao).await?;
        let simular = match parametros.tirar_como_veio("simular").as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(page::invalido("simular", "use true ou false")),
        };
        parametros.terminar()?;
        Ok((chamada, Modo { simular, chave: chave(req)? }))
    }

    /// Whoever may not is told so before anything of the request is looked at.
    async fn entrar_com_parametros(
        req: &HttpRequest,
        papel: Papel,
    ) -> Result<(Self, Parametros), Negado> {
        let (Some(app), Some(auth)) =
            (req.app_data::<web::Data<App>>(), req.app_data::<web::Data<Auth>>())
        else {
            return Err(Error::interno(anyhow::anyhow!("server without App or Auth")).into());
        };
        let entrada = entrada(req, papel);
        let ator = match entrada.canal {
            CanalAuditoria::Tramita => {
                let certificate = req.conn_data::<PeerCertificate>();
                let caller = Caller {
                    headers: req.headers(),
                    peer: req.peer_addr().map(|peer| peer.ip()),
                    certificate: certificate.map(|certificate| certificate.0.as_slice()),
                };
                auth.authenticate_facade(caller).await
            }
            _ => auth.autenticar(req.headers()).await,
        };
        let chamada = Self::nova(app.clone().into_inner(), ator.map_err(Negado::from)?, entrada);
        request::anotar(req, &chamada, refuse_by(chamada.rastro.canal()));
        chamada.ator().exige(papel)?;
        request::check_path(req)?;
        // What the path names is looked up.
        if request::rota(req).contains('{') {
            chamada.naming(1)?;
        }
        Ok((chamada, Parametros::de(req)?))
    }
}

/// How a door of this façade refuses what could not be recorded.
fn refuse_by(canal: CanalAuditoria) -> fn(&Error) -> HttpResponse {
    match canal {
        CanalAuditoria::Tramita => |error| tramites::refuse(error),
        _ => |error| refuse(error),
    }
}

/// How the trail tells of a call: by the template of its route.
fn entrada(req: &HttpRequest, papel: Papel) -> Entrada {
    let canal = match req.path().starts_with(PREFIXO) {
        true => CanalAuditoria::Rest,
        false => CanalAuditoria::Tramita,
    };
    let especie = match papel {
        Papel::Integracao => EspecieAuditoria::Escrita,
        _ => EspecieAuditoria::Leitura,
    };
    let operacao = format!("{} {}", request::method(req), request::rota(req));
    Entrada { canal, operacao, especie, correlacao: request::correlacao(req) }
}

/// The query parameters of a call, each taken once. What is left is unknown,
/// and refused: a mistyped filter must not return everything.
struct Parametros(Vec<(String, String)>);

impl Parametros {
    fn de(req: &HttpRequest) -> Result<Self, Negado> {
        let query = req.query_string();
        if query.split('&').count() > PARAMETERS_AT_MOST {
            let mensagem = format!("um pedido tem no máximo {PARAMETERS_AT_MOST} parâmetros");
            return Err(Error::falha(Falha::EntradaInvalida, mensagem).into());
        }
        Ok(Self(request::parametros(query)?))
    }

    /// Empty counts as absent, as a form sends it; white space is a value, and a wrong one.
    fn tirar(&mut self, nome: &str) -> Option<String> {
        self.tirar_como_veio(nome).filter(|valor| !valor.is_empty())
    }

    fn tirar_como_veio(&mut self, nome: &str) -> Option<String> {
        let onde = self.0.iter().position(|(dado, _)| dado == nome)?;
        Some(self.0.remove(onde).1)
    }

    /// A text with a shape of its own.
    fn forma<T: FromStr<Err: Display>>(&mut self, nome: &str) -> Result<Option<T>, Negado> {
        let Some(texto) = self.tirar(nome) else { return Ok(None) };
        let lido = texto.trim().parse().map(Some);
        lido.map_err(|erro: T::Err| page::invalido(nome, &erro.to_string()))
    }

    /// One of a list of words, in upper or lower case.
    fn palavra<T: Copy>(
        &mut self,
        nome: &str,
        (todas, como_texto): (&[T], fn(T) -> &'static str),
    ) -> Result<Option<T>, Negado> {
        let Some(texto) = self.tirar(nome) else { return Ok(None) };
        let (texto, mut valores) = (texto.trim(), todas.iter().copied());
        match valores.find(|&valor| como_texto(valor).eq_ignore_ascii_case(texto)) {
            Some(valor) => Ok(Some(valor)),
            None => Err(page::invalido(nome, &fora_da_lista(todas, como_texto))),
        }
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

/// What is said of a word that is none of these.
fn fora_da_lista<T: Copy>(todas: &[T], como_texto: fn(T) -> &'static str) -> String {
    let palavras: Vec<_> = todas.iter().map(|&valor| como_texto(valor)).collect();
    format!("valor desconhecido; use um de {}", palavras.join(", "))
}

/// The name that the client gave to this attempt, so that it may send it again.
fn chave(req: &HttpRequest) -> Result<Option<Chave>, Negado> {
    let mut valores = req.headers().get_all(command::CABECALHO);
    let Some(valor) = valores.next() else { return Ok(None) };
    let Ok(texto) = valor.to_str() else {
        return Err(page::invalido(command::CABECALHO, "use só caracteres ASCII"));
    };
    let lida = texto.parse();
    match (lida, valores.next()) {
        (Ok(chave), None) => Ok(Some(chave)),
        (Ok(_), Some(_)) => Err(page::invalido(command::CABECALHO, "mande uma só chave")),
        (Err(erro), _) => Err(page::invalido(command::CABECALHO, &erro.to_string())),
    }
}

/// The version that the client read, as `ETag` gave it or as a proxy gives it back: `"3"`, `W/"3"`,
/// `"3-gzip"`. Of a list it is the highest: one that was read is not above the one of now.
fn if_match(req: &HttpRequest) -> Result<Option<i32>, Negado> {
    let mut highest = None;
    for tag in listed(req.headers(), header::IF_MATCH) {
        if tag == "*" {
            return Ok(None);
        }
        let version = Some(opaque(tag)).filter(|v| !v.starts_with('0')).and_then(natural::<i32>);
        let Some(version) = version else {
            let mensagem = "If-Match: mande uma versão, como veio no ETag, por exemplo \"3\"";
            return Err(Error::falha(Falha::EntradaInvalida, mensagem).into());
        };
        highest = highest.max(Some(version));
    }
    if highest.is_none() && req.headers().contains_key(header::IF_MATCH) {
        return Err(page::invalido("If-Match", "veio vazio; mande uma versão, ou omita-o"));
    }
    Ok(highest)
}

/// The answer to a write: what came of it in `dados`, of which its version is the
/// `ETag`. One that was only tried has no id, and no version to come back with.
fn responder_escrita<T, U>(
    app: &App,
    feito: &Feito<T, U>,
    mut dados: Value,
    gerados: &[&str],
    mut avisos: Vec<String>,
) -> HttpResponse {
    if feito.simulado {
        if let Some(campos) = dados.as_object_mut() {
            for gerado in ["id"].iter().chain(gerados) {
                campos.shift_remove(*gerado);
            }
            // What it is made of was not made either.
            for item in ["atosInfracionais", "documentosInstruirGuia"] {
                let itens =
                    campos.get_mut(item).and_then(Value::as_array_mut).into_iter().flatten();
                itens
                    .filter_map(Value::as_object_mut)
                    .for_each(|item| drop(item.shift_remove("id")));
            }
        }
        avisos.push("simulação: todas as regras foram aplicadas e nada foi gravado".into());
        return envelope::sucesso((app.agora)(), &dados, &avisos);
    }
    let versao = dados.get("versao").and_then(Value::as_i64);
    let resposta = envelope::sucesso((app.agora)(), &dados, &avisos);
    let resposta = repetida(resposta, feito.repetido);
    match versao {
        Some(versao) => com_etag(resposta, versao),
        None => resposta,
    }
}

/// Says of an answer that an earlier request with this key had it already.
fn repetida(mut resposta: HttpResponse, repetida: bool) -> HttpResponse {
    if repetida {
        let nome = header::HeaderName::from_static("idempotent-replayed");
        resposta.headers_mut().insert(nome, header::HeaderValue::from_static("true"));
    }
    resposta
}

/// The version of what is answered, for `If-Match`.
fn com_etag(mut resposta: HttpResponse, versao: i64) -> HttpResponse {
    if let Ok(etag) = header::HeaderValue::from_str(&format!("\"{versao}\"")) {
        resposta.headers_mut().insert(header::ETAG, etag);
    }
    resposta
}
