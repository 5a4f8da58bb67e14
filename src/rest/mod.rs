//! The REST API: the paths and bodies that the tribunals' systems already call.
//!
//! This module only translates: it reads the old names, calls the same services as the GraphQL API,
//! and answers in the old names.

#![expect(non_snake_case, reason = "the fields of a body have the names of the contract")]

mod adolescentes;
mod answer;
mod body_fields;
pub mod docs;
mod json_fields;
mod envelope;
mod estatisticas;
mod guias;
pub mod openapi;
mod page;
mod processos;
mod rascunhos;
pub mod routes;
mod tramites;

use crate::audit::{CanalAuditoria, EspecieAuditoria};
use crate::auth::{Auth, Papel, PeerCertificate, RequestCredentials};
use crate::call::record::CallStart;
use crate::call::{App, Call};
use crate::command::{self, Done, IdempotencyKey, Mode};
use crate::error::{Error, Failure};
use crate::http::request;
use crate::http::semantics::{list_items, opaque_tag};
use crate::value::field::parse_digits;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use envelope::RestError;
use serde::Serialize;
use serde_json::Value;
use std::fmt::Display;
use std::str::FromStr;

pub const PREFIX: &str = "/api/v1";

/// Largest number of parameters in a query string. No route has as many.
const MAX_PARAMETERS: usize = 100;

pub fn routes(config: &mut web::ServiceConfig) {
    use processos::{read, write};
    let scope = web::scope(PREFIX)
        .service(
            route("/processos", "GET, POST, PUT")
                .get(read::list)
                .post(write::cadastrar)
                .put(write::atualizar_responsaveis),
        )
        .service(route("/processos/{id}", "GET").get(read::by_code))
        .service(route("/processos/numero-processo/{numeroProcesso}", "GET").get(read::by_numero))
        .service(
            route("/processos/apuracao/numero-processo/{numeroProcesso}", "GET")
                .get(read::apuracao),
        )
        .service(
            route("/processos/numero-processo/{numeroProcesso}/situacao/{situacao}", "PUT")
                .put(write::alterar_situacao),
        )
        .service(
            route(
                "/processos/{numeroProcesso}/apuracao/adolescentes/{identificadorAdolescente}",
                "POST, DELETE",
            )
            .post(write::vincular)
            .delete(write::desvincular),
        )
        .service(
            route("/adolescentes", "GET, POST, PUT")
                .get(adolescentes::list)
                .post(adolescentes::cadastrar)
                .put(adolescentes::atualizar),
        )
        .service(
            route("/adolescentes/identificador/{identificador}", "GET")
                .get(adolescentes::by_identificador),
        )
        .service(route("/adolescentes/cpf/{cpf}", "GET").get(adolescentes::by_cpf))
        .service(
            route("/adolescentes/similaridade", "GET, POST")
                .get(adolescentes::semelhantes)
                .post(adolescentes::semelhantes_by_body),
        )
        .service(route("/estatisticas", "GET").get(estatisticas::count))
        .service(route("/processo-rascunho", "POST").post(rascunhos::registrar))
        .service(route("/guias", "GET").get(guias::list))
        .service(route("/guias/provisoria", "POST").post(guias::emitir_provisoria))
        .service(route("/guias/definitiva", "POST").post(guias::emitir_definitiva))
        .service(route("/guias/internacao-sancao", "POST").post(guias::emitir_internacao_sancao))
        .service(route("/guias/unificadora", "POST").post(guias::emitir_unificadora))
        .service(
            route("/guias/{especie}/numero-guia/{numeroGuia}/pdf", "GET").get(guias::pdf::print),
        )
        .service(
            route("/guias/{numeroGuia}/situacao/{situacao}", "PUT").put(guias::alterar_situacao),
        );
    config.service(scope.default_service(web::to(unknown)));
    config.configure(tramites::routes);
}

/// Registers a path and the methods that it accepts. Any other method gets a 405 whose `Allow`
/// lists them.
fn route(path: &str, methods: &'static str) -> actix_web::Resource {
    web::resource(path).default_service(web::to(move || method_not_allowed(methods)))
}

async fn unknown(req: HttpRequest) -> RestError {
    Error::failure(Failure::NaoEncontrado, routes::unknown_route_message(req.path())).into()
}

/// An error as an answer of the REST API.
pub fn refuse(error: &Error) -> HttpResponse {
    RestError::from(error.clone()).error_response()
}

/// An error as an answer of the Tramita API.
pub fn refuse_in_tramita(error: &Error) -> HttpResponse {
    tramites::refuse(error)
}

async fn method_not_allowed(allowed: &'static str) -> RestError {
    let message = format!("método não permitido nesta rota; use {allowed}");
    RestError::from(Error::failure(Failure::MetodoNaoPermitido, message)).allowing(allowed)
}

/// The constructors with which every handler of this API begins.
impl Call {
    /// Authenticates the caller, checks that it has `papel`, and refuses any query parameter.
    async fn begin_read(req: &HttpRequest, papel: Papel) -> Result<Self, RestError> {
        let (call, params) = Self::begin_with_params(req, papel).await?;
        params.finish()?;
        Ok(call)
    }

    /// Begins a write. Reads the idempotency key and `simular`, which asks for a dry run.
    async fn begin_write(req: &HttpRequest) -> Result<(Self, Mode), RestError> {
        let (call, mut params) = Self::begin_with_params(req, Papel::Integracao).await?;
        let dry_run = match params.take_raw("simular").as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(page::invalid("simular", "use true ou false")),
        };
        params.finish()?;
        Ok((call, Mode { dry_run, key: key(req)? }))
    }

    /// Authenticates the caller and checks its papel before it reads anything else of the request,
    /// so that a refused caller does not learn whether the rest of its request is valid.
    async fn begin_with_params(
        req: &HttpRequest,
        papel: Papel,
    ) -> Result<(Self, Params), RestError> {
        Self::begin_with_one_of(req, &[papel]).await
    }

    /// Like [`Self::begin_with_params`], for a call that needs one of the papéis.
    async fn begin_with_one_of(
        req: &HttpRequest,
        papeis: &[Papel],
    ) -> Result<(Self, Params), RestError> {
        let (Some(app), Some(auth)) =
            (req.app_data::<web::Data<App>>(), req.app_data::<web::Data<Auth>>())
        else {
            return Err(Error::internal(anyhow::anyhow!("server without App or Auth")).into());
        };
        let start = call_start(req, papeis);
        let actor = match start.channel {
            CanalAuditoria::Tramita => {
                let certificate = req.conn_data::<PeerCertificate>();
                let caller = RequestCredentials {
                    headers: req.headers(),
                    peer: req.peer_addr().map(|peer| peer.ip()),
                    certificate: certificate.map(|certificate| certificate.0.as_slice()),
                };
                auth.authenticate_tramita(caller).await
            }
            _ => auth.authenticate(req.headers()).await,
        };
        let call = Self::new(app.clone().into_inner(), actor.map_err(RestError::from)?, start);
        request::attach_call(req, &call, refuse_by(call.record.channel()));
        call.actor().require_one_of(papeis)?;
        request::check_path(req)?;
        // A path with a parameter names one object, which counts against the limit on guessing.
        if request::route(req).contains('{') {
            call.charge_lookups(1)?;
        }
        Ok((call, Params::of(req)?))
    }
}

/// Returns the function that builds the answer to a call that the audit trail did not accept. The
/// REST API and the Tramita API have different bodies.
fn refuse_by(canal: CanalAuditoria) -> fn(&Error) -> HttpResponse {
    match canal {
        CanalAuditoria::Tramita => tramites::refuse,
        _ => refuse,
    }
}

/// The data of a call for its entry in the audit trail. The operation is the template of the route,
/// which holds no data of a person.
fn call_start(req: &HttpRequest, papeis: &[Papel]) -> CallStart {
    let channel = match req.path().starts_with(PREFIX) {
        true => CanalAuditoria::Rest,
        false => CanalAuditoria::Tramita,
    };
    let access = match papeis.contains(&Papel::Integracao) {
        true => EspecieAuditoria::Escrita,
        false => EspecieAuditoria::Leitura,
    };
    let operation = format!("{} {}", request::method(req), request::route(req));
    CallStart { channel, operation, access, correlation: request::correlation(req) }
}

/// The query parameters of a call, each taken once. [`Params::finish`] refuses a parameter that
/// remains at the end, because a mistyped filter must not return every row.
struct Params(Vec<(String, String)>);

impl Params {
    fn of(req: &HttpRequest) -> Result<Self, RestError> {
        let query = req.query_string();
        if query.split('&').count() > MAX_PARAMETERS {
            let message = format!("um pedido tem no máximo {MAX_PARAMETERS} parâmetros");
            return Err(Error::invalid(message).into());
        }
        Ok(Self(request::params(query)?))
    }

    /// An empty value counts as absent, because HTML forms send it that way. White space counts as
    /// a value, and an invalid one.
    fn take(&mut self, name: &str) -> Option<String> {
        self.take_raw(name).filter(|value| !value.is_empty())
    }

    fn take_raw(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(param, _)| param == name)?;
        Some(self.0.remove(at).1)
    }

    /// Parses a value by its `FromStr`.
    fn parse<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Option<T>, RestError> {
        let Some(text) = self.take(name) else { return Ok(None) };
        let parsed = text.trim().parse().map(Some);
        parsed.map_err(|error: T::Err| page::invalid(name, &error.to_string()))
    }

    /// One of a closed list of words, in upper or lower case.
    fn word<T: Copy>(
        &mut self,
        name: &str,
        (all, as_text): (&[T], fn(T) -> &'static str),
    ) -> Result<Option<T>, RestError> {
        let Some(text) = self.take(name) else { return Ok(None) };
        word(name, &text, all, as_text).map(Some)
    }

    fn finish(self) -> Result<(), RestError> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                let name = printable(name);
                let message = format!("{name}: parâmetro de consulta desconhecido ou repetido");
                Err(Error::invalid(message).into())
            }
        }
    }
}

/// The beginning of a name that the client wrote, without control characters.
fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// The value whose text is this word of the parameter `name`, in upper or lower case.
fn word<T: Copy>(
    name: &str,
    text: &str,
    all: &[T],
    as_text: fn(T) -> &'static str,
) -> Result<T, RestError> {
    let (text, mut values) = (text.trim(), all.iter().copied());
    let found = values.find(|&value| as_text(value).eq_ignore_ascii_case(text));
    found.ok_or_else(|| page::invalid(name, &not_in_list(all, as_text)))
}

/// The message for a word that is not in the list.
fn not_in_list<T: Copy>(all: &[T], as_text: fn(T) -> &'static str) -> String {
    let words: Vec<_> = all.iter().map(|&value| as_text(value)).collect();
    format!("valor desconhecido; use um de {}", words.join(", "))
}

/// The idempotency key of the request, with which the client may send the same write again.
fn key(req: &HttpRequest) -> Result<Option<IdempotencyKey>, RestError> {
    let mut values = req.headers().get_all(command::IDEMPOTENCY_KEY_HEADER);
    let Some(value) = values.next() else { return Ok(None) };
    let Ok(text) = value.to_str() else {
        return Err(page::invalid(command::IDEMPOTENCY_KEY_HEADER, "use só caracteres ASCII"));
    };
    let parsed = text.parse();
    match (parsed, values.next()) {
        (Ok(key), None) => Ok(Some(key)),
        (Ok(_), Some(_)) => {
            Err(page::invalid(command::IDEMPOTENCY_KEY_HEADER, "mande uma só chave"))
        }
        (Err(error), _) => Err(page::invalid(command::IDEMPOTENCY_KEY_HEADER, &error.to_string())),
    }
}

/// The version that the client read, as `ETag` gave it or as a proxy changed it: `"3"`, `W/"3"`,
/// `"3-gzip"`. A list stands for its highest version, because no version that a client has read is
/// above the current one. `None` if the client accepts any version: without the header, or with
/// `*`.
fn if_match(req: &HttpRequest) -> Result<Option<i32>, RestError> {
    let mut highest = None;
    for tag in list_items(req.headers(), header::IF_MATCH) {
        if tag == "*" {
            return Ok(None);
        }
        let version =
            Some(opaque_tag(tag)).filter(|v| !v.starts_with('0')).and_then(parse_digits::<i32>);
        let Some(version) = version else {
            let message = "If-Match: mande uma versão, como veio no ETag, por exemplo \"3\"";
            return Err(Error::invalid(message).into());
        };
        highest = highest.max(Some(version));
    }
    if highest.is_none() && req.headers().contains_key(header::IF_MATCH) {
        return Err(page::invalid("If-Match", "veio vazio; mande uma versão, ou omita-o"));
    }
    Ok(highest)
}

/// The answer to a write: the result in `dados`, and its version in `ETag`. A dry run stores
/// nothing, so its answer has no `ETag`, no `id` and none of the fields named in `generated`.
fn write_response<T, U>(
    app: &App,
    done: &Done<T, U>,
    dados: &impl Serialize,
    generated: &[&str],
    mut warnings: Vec<String>,
) -> HttpResponse {
    let mut dados = answer::to_json(dados);
    if done.dry_run {
        if let Some(fields) = dados.as_object_mut() {
            for name in ["id"].iter().chain(generated) {
                fields.shift_remove(*name);
            }
            // The dry run did not store the nested items either, so their ids mean nothing.
            for item in ["atosInfracionais", "documentosInstruirGuia"] {
                let items =
                    fields.get_mut(item).and_then(Value::as_array_mut).into_iter().flatten();
                items
                    .filter_map(Value::as_object_mut)
                    .for_each(|item| drop(item.shift_remove("id")));
            }
        }
        warnings.push("simulação: todas as regras foram aplicadas e nada foi gravado".into());
        return envelope::success((app.now)(), &dados, &warnings);
    }
    let version = dados.get("versao").and_then(Value::as_i64);
    let response = envelope::success((app.now)(), &dados, &warnings);
    let response = mark_replayed(response, done.is_replay);
    match version {
        Some(version) => with_etag(response, version),
        None => response,
    }
}

/// Marks an answer that repeats the one of an earlier request with the same idempotency key.
fn mark_replayed(mut response: HttpResponse, replayed: bool) -> HttpResponse {
    if replayed {
        let name = header::HeaderName::from_static("idempotent-replayed");
        response.headers_mut().insert(name, header::HeaderValue::from_static("true"));
    }
    response
}

/// Sets `ETag` to the version of the object in the answer. The client sends it back in `If-Match`.
fn with_etag(mut response: HttpResponse, version: i64) -> HttpResponse {
    if let Ok(etag) = header::HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}
