//! GraphQL over HTTP: `POST /graphql`, and `GET /graphql` for queries only.
//!
//! One request, read from top to bottom of [`responder`]: who, what, may it,
//! run, answer. Statuses follow the graphql-http audits: a request error is 400
//! to who accepts `application/graphql-response+json`, 200 to who only knows
//! `application/json`.

use super::document::limits::{self, Limites};
use super::{Loaders, Schema};
use crate::app::App;
use crate::auth::{Ator, Auth};
use crate::error::{Error, Falha};
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
use async_graphql::{Request, Response, ServerError, Variables};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The document's limit, and as much again for variables and escapes.
const CORPO_MAXIMO: usize = 1024 * 1024;
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

/// What an answer may be, of what the client accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Midia {
    GraphqlResponse,
    Json,
}

/// The parameters of a request, however they came.
#[derive(Deserialize)]
struct Pedido {
    query: Option<Value>,
    #[serde(rename = "operationName")]
    operation_name: Option<Value>,
    variables: Option<Value>,
    extensions: Option<Value>,
}

pub async fn responder(
    req: HttpRequest,
    payload: web::Payload,
    schema: web::Data<Schema>,
    app: web::Data<App>,
    auth: web::Data<Auth>,
) -> HttpResponse {
    let Some(midia) = aceita(&req) else {
        let mensagem = "aceite application/graphql-response+json ou application/json";
        return recusar(Midia::Json, &Error::falha(Falha::NaoAceitavel, mensagem));
    };
    let ator = match auth.autenticar(req.headers()).await {
        Ok(ator) => ator,
        Err(recusado) => {
            let mut resposta = recusar(midia, &recusado.error);
            recusado.desafiar(&mut resposta);
            return resposta;
        }
    };
    let corpo = match payload.to_bytes_limited(CORPO_MAXIMO).await {
        Ok(Ok(corpo)) => corpo,
        Ok(Err(_)) => {
            return recusar(
                midia,
                &Error::falha(Falha::EntradaInvalida, "o corpo não chegou inteiro"),
            );
        }
        Err(_) => {
            let mensagem = format!("o corpo tem mais de {CORPO_MAXIMO} bytes");
            return recusar(midia, &Error::falha(Falha::CorpoExcedeLimite, mensagem));
        }
    };
    match preparar(&req, &corpo) {
        Ok(request) => executar(midia, &schema, &app, ator, request).await,
        Err(error) => recusar(midia, &error),
    }
}

pub async fn metodo_nao_permitido() -> HttpResponse {
    let mensagem = "use POST, ou GET para consultas";
    let mut resposta = recusar(Midia::Json, &Error::falha(Falha::MetodoNaoPermitido, mensagem));
    permitir(&mut resposta, "GET, POST");
    resposta
}

/// From bytes to a parsed request, or why not.
fn preparar(req: &HttpRequest, corpo: &[u8]) -> Result<Request, Error> {
    let pedido = if req.method() == Method::GET { da_url(req)? } else { do_corpo(req, corpo)? };
    let invalida = |mensagem| Error::falha(Falha::EntradaInvalida, mensagem);
    let Some(Value::String(texto)) = pedido.query else {
        return Err(invalida("falta `query`, o documento GraphQL, como texto"));
    };
    let operacao = match pedido.operation_name {
        None | Some(Value::Null) => None,
        Some(Value::String(nome)) => Some(nome),
        Some(_) => return Err(invalida("`operationName` é um texto")),
    };
    let variaveis = match pedido.variables {
        None | Some(Value::Null) => Variables::default(),
        Some(objeto @ Value::Object(_)) => Variables::from_json(objeto),
        Some(_) => return Err(invalida("`variables` é um objeto")),
    };
    if !matches!(pedido.extensions, None | Some(Value::Null | Value::Object(_))) {
        return Err(invalida("`extensions` é um objeto"));
    }
    limits::conferir(&texto, Limites::default())
        .map_err(|excesso| Error::falha(Falha::DocumentoExcedeLimite, excesso.to_string()))?;
    let documento = async_graphql::parser::parse_query(&texto)
        .map_err(|erro| Error::falha(Falha::DocumentoMalformado, erro.to_string()))?;
    let tipo = tipo_da_operacao(&documento, operacao.as_deref())?;
    if req.method() == Method::GET && tipo != OperationType::Query {
        let mensagem = "por GET só se consulta; mande mutations por POST";
        return Err(Error::falha(Falha::MetodoNaoPermitido, mensagem));
    }
    let mut request = Request::new(texto).variables(variaveis);
    request.operation_name = operacao;
    request.set_parsed_query(documento);
    Ok(request)
}

fn da_url(req: &HttpRequest) -> Result<Pedido, Error> {
    #[derive(Deserialize)]
    struct NaUrl {
        query: Option<String>,
        #[serde(rename = "operationName")]
        operation_name: Option<String>,
        variables: Option<String>,
        extensions: Option<String>,
    }
    let invalida = |mensagem| Error::falha(Falha::EntradaInvalida, mensagem);
    let na_url = web::Query::<NaUrl>::from_query(req.query_string())
        .map_err(|_| invalida("a query string está malformada"))?
        .into_inner();
    let json = |texto: Option<String>| match texto.as_deref() {
        None | Some("") => Ok(None),
        Some(texto) => serde_json::from_str(texto).map(Some),
    };
    Ok(Pedido {
        query: na_url.query.map(Value::String),
        operation_name: na_url.operation_name.filter(|nome| !nome.is_empty()).map(Value::String),
        variables: json(na_url.variables).map_err(|_| invalida("`variables` não é JSON"))?,
        extensions: json(na_url.extensions).map_err(|_| invalida("`extensions` não é JSON"))?,
    })
}

fn do_corpo(req: &HttpRequest, corpo: &[u8]) -> Result<Pedido, Error> {
    let tipo = req.headers().get(header::CONTENT_TYPE).and_then(|valor| valor.to_str().ok());
    let essencia = tipo.and_then(|tipo| tipo.split(';').next()).map(str::trim);
    if !essencia.is_some_and(|tipo| tipo.eq_ignore_ascii_case("application/json")) {
        let mensagem = "mande o corpo como application/json";
        return Err(Error::falha(Falha::MidiaNaoSuportada, mensagem));
    }
    serde_json::from_slice(corpo).map_err(|_| {
        Error::falha(Falha::EntradaInvalida, "o corpo não é um objeto JSON com `query`")
    })
}

fn tipo_da_operacao(
    documento: &ExecutableDocument,
    nome: Option<&str>,
) -> Result<OperationType, Error> {
    let invalida = |mensagem| Err(Error::falha(Falha::DocumentoInvalido, mensagem));
    match (&documento.operations, nome) {
        (DocumentOperations::Single(unica), None) => Ok(unica.node.ty),
        (DocumentOperations::Single(_), Some(_)) => {
            invalida("o documento não tem a operação que `operationName` pede")
        }
        (DocumentOperations::Multiple(varias), Some(nome)) => match varias.get(nome) {
            Some(achada) => Ok(achada.node.ty),
            None => invalida("o documento não tem a operação que `operationName` pede"),
        },
        (DocumentOperations::Multiple(varias), None) => match varias.values().next() {
            Some(unica) if varias.len() == 1 => Ok(unica.node.ty),
            _ => invalida("o documento tem várias operações: diga qual em `operationName`"),
        },
    }
}

async fn executar(
    midia: Midia,
    schema: &Schema,
    app: &App,
    ator: Ator,
    request: Request,
) -> HttpResponse {
    let loaders = Loaders::for_request(app.db.clone(), ator.clone());
    let response = schema.execute(request.data(app.clone()).data(ator).data(loaders)).await;
    let Response { data, errors, .. } = response;
    if errors.is_empty() {
        return resposta(midia, StatusCode::OK, &Corpo { errors: &[], data: Some(&data) });
    }
    let nada = data == async_graphql::Value::Null;
    let errors: Vec<Value> = errors.iter().map(com_codigo).collect();
    let status = |erro: &Value| erro["extensions"]["status"].as_u64().unwrap_or(500);
    // Nothing was executed: a request error, which has no `data` at all.
    if nada && errors.iter().all(|erro| status(erro) == 400) {
        return recusar_com(midia, StatusCode::BAD_REQUEST, &errors);
    }
    resposta(midia, StatusCode::OK, &Corpo { errors: &errors, data: Some(&data) })
}

/// What is answered; keys of `data` stand in the order of the selection.
#[derive(Serialize)]
struct Corpo<'a> {
    #[serde(skip_serializing_if = "<[Value]>::is_empty")]
    errors: &'a [Value],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a async_graphql::Value>,
}

/// Resolvers and scalars give their errors a code. What comes without is the
/// framework: validation when it has no path, a bad argument when it has one.
fn com_codigo(error: &ServerError) -> Value {
    let falha = match error.path.is_empty() {
        true => Falha::DocumentoInvalido,
        false => Falha::EntradaInvalida,
    };
    let mut erro = serde_json::to_value(error).unwrap_or_else(|_| json!({}));
    let extensions = &mut erro["extensions"];
    if extensions.get("code").is_none() {
        extensions["code"] = falha.nome().into();
        extensions["status"] = falha.status().into();
    }
    erro
}

fn recusar(midia: Midia, error: &Error) -> HttpResponse {
    let (falha, mensagem) = error.publica();
    let status = StatusCode::from_u16(falha.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let extensions = json!({ "code": falha.nome(), "status": falha.status() });
    let erros = [json!({ "message": mensagem, "extensions": extensions })];
    let mut resposta = recusar_com(midia, status, &erros);
    if falha == Falha::MetodoNaoPermitido {
        permitir(&mut resposta, "POST");
    }
    if falha == Falha::Indisponivel {
        let segundos = header::HeaderValue::from_static("2");
        resposta.headers_mut().insert(header::RETRY_AFTER, segundos);
    }
    resposta
}

/// A document that was refused is 200 to a client that only knows
/// `application/json`; every other refusal keeps its status.
fn recusar_com(midia: Midia, status: StatusCode, errors: &[Value]) -> HttpResponse {
    let do_documento = |erro: &Value| {
        let code = erro["extensions"]["code"].as_str();
        [Falha::DocumentoMalformado, Falha::DocumentoInvalido]
            .iter()
            .any(|f| Some(f.nome()) == code)
    };
    let status = match midia {
        Midia::Json if errors.iter().all(do_documento) => StatusCode::OK,
        _ => status,
    };
    resposta(midia, status, &Corpo { errors, data: None })
}

fn resposta(midia: Midia, status: StatusCode, corpo: &Corpo<'_>) -> HttpResponse {
    let tipo = match midia {
        Midia::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        Midia::Json => "application/json; charset=utf-8",
    };
    let Ok(bytes) = serde_json::to_vec(corpo) else {
        return HttpResponse::InternalServerError().finish();
    };
    HttpResponseBuilder::new(status)
        .insert_header((header::CONTENT_TYPE, tipo))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(bytes)
}

fn permitir(resposta: &mut HttpResponse, metodos: &'static str) {
    resposta.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(metodos));
}

/// The media type of the answer by the client's `Accept`, or none that it takes.
fn aceita(req: &HttpRequest) -> Option<Midia> {
    let Some(accept) = req.headers().get(header::ACCEPT) else { return Some(Midia::Json) };
    let accept = accept.to_str().ok()?;
    let mut melhor: Option<(f32, Midia)> = None;
    for faixa in accept.split(',') {
        let mut partes = faixa.split(';').map(str::trim);
        let midia = match partes.next().unwrap_or_default().to_ascii_lowercase().as_str() {
            GRAPHQL_RESPONSE => Midia::GraphqlResponse,
            "application/json" | "application/*" | "*/*" => Midia::Json,
            _ => continue,
        };
        let q =
            partes.find_map(|p| p.strip_prefix("q=")).map_or(Ok(1.0), str::parse).unwrap_or(0.0);
        if q > 0.0 && melhor.is_none_or(|(outro, _)| q > outro) {
            melhor = Some((q, midia));
        }
    }
    melhor.map(|(_, midia)| midia)
}
