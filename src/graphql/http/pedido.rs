//! From the bytes of a request to a prepared one, or why not.

use crate::auditoria::EspecieAuditoria;
use crate::entrada::corpo_json;
use crate::error::{Error, Falha};
use crate::graphql::Documentos;
use crate::graphql::document::preparar::Preparado;
use crate::graphql::operacao::Desfecho;
use crate::graphql::persistidos::{Id, Referencia};
use actix_web::http::Method;
use actix_web::{HttpRequest, web};
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Variables};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Four times the largest document: variables and JSON's escapes come with it.
const CORPO_MAXIMO: usize = 1024 * 1024;

/// Of a name that goes to the trail.
const NOME_MAXIMO: usize = 100;

/// The parameters of a request, however they came.
#[derive(Deserialize)]
pub struct Pedido {
    query: Option<Value>,
    #[serde(rename = "documentId")]
    document_id: Option<Value>,
    #[serde(rename = "operationName")]
    operation_name: Option<Value>,
    variables: Option<Value>,
    extensions: Option<Value>,
}

/// A request of the right shape, whose document nobody has looked at.
pub struct Lido {
    referencia: Referencia,
    operacao: Option<String>,
    variaveis: Variables,
}

/// What one HTTP request has.
pub enum Lidos {
    Um(Lido),
    Lote(Vec<Result<Lido, Error>>),
}

/// One that was prepared: ready to be executed, once or many times.
#[derive(Clone)]
pub struct Pronta {
    preparado: Arc<Preparado>,
    variaveis: Variables,
    pub custo: u64,
}

impl Pronta {
    pub fn request(&self) -> Request {
        self.preparado.request(self.variaveis.clone())
    }

    pub const fn variaveis(&self) -> &Variables {
        &self.variaveis
    }

    pub const fn preparado(&self) -> &Arc<Preparado> {
        &self.preparado
    }

    pub fn tipo(&self) -> OperationType {
        self.preparado.tipo
    }

    pub fn especie(&self) -> EspecieAuditoria {
        match self.preparado.tipo {
            OperationType::Mutation => EspecieAuditoria::Escrita,
            _ => EspecieAuditoria::Leitura,
        }
    }

    /// Its name or, without one, those of its root fields.
    pub fn operacao(&self) -> String {
        let nome = self.preparado.nome.clone();
        let nome = nome.unwrap_or_else(|| self.preparado.raizes.join(","));
        nome.chars().take(NOME_MAXIMO).collect()
    }
}

pub enum NaoLido {
    /// Not even JSON.
    Ilegivel,
    Recusado(Error),
}

impl From<Error> for NaoLido {
    fn from(error: Error) -> Self {
        Self::Recusado(error)
    }
}

impl From<serde_json::Error> for NaoLido {
    fn from(error: serde_json::Error) -> Self {
        match error.is_data() {
            true => Self::Recusado(invalida("o corpo não é um objeto JSON com `query`")),
            false => Self::Ilegivel,
        }
    }
}

/// The request of these bytes, or of this URL.
pub async fn ler(
    req: &HttpRequest,
    payload: web::Payload,
    lote_maximo: u16,
) -> Result<Lidos, NaoLido> {
    if *req.method() == Method::GET {
        return Ok(Lidos::Um(da_url(req)?.conferir()?));
    }
    let corpo = corpo_json(req, payload, CORPO_MAXIMO).await?;
    if lote_maximo > 0 && corpo.trim_ascii_start().starts_with(b"[") {
        return lote(&corpo, lote_maximo.into());
    }
    let pedido: Pedido = serde_json::from_slice(&corpo)?;
    Ok(Lidos::Um(pedido.conferir()?))
}

fn lote(corpo: &[u8], maximo: usize) -> Result<Lidos, NaoLido> {
    let itens: Vec<Value> = serde_json::from_slice(corpo)?;
    match itens.len() {
        0 => return Err(invalida("a lista não tem operação").into()),
        n if n > maximo => {
            let mensagem = format!("um pedido tem no máximo {maximo} operações; este tem {n}");
            return Err(Error::falha(Falha::CorpoExcedeLimite, mensagem).into());
        }
        _ => {}
    }
    let um = |item| match serde_json::from_value::<Pedido>(item) {
        Ok(pedido) => pedido.conferir(),
        Err(_) => Err(invalida("cada item da lista é um objeto com `query`")),
    };
    Ok(Lidos::Lote(itens.into_iter().map(um).collect()))
}

impl Pedido {
    pub fn conferir(self) -> Result<Lido, Error> {
        let texto = match self.query {
            None | Some(Value::Null) => None,
            Some(Value::String(texto)) => Some(texto),
            Some(_) => return Err(invalida("`query` é um texto")),
        };
        let id = id(self.document_id, self.extensions)?;
        let referencia = match (texto, id) {
            (Some(texto), None) => Referencia::Texto(texto),
            (None, Some(id)) => Referencia::Id(id),
            (Some(texto), Some(id)) => Referencia::Ambos(texto, id),
            (None, None) => {
                return Err(invalida("falta `query`, o documento GraphQL, como texto"));
            }
        };
        let operacao = match self.operation_name {
            None | Some(Value::Null) => None,
            Some(Value::String(nome)) => Some(nome),
            Some(_) => return Err(invalida("`operationName` é um texto")),
        };
        let variaveis = match self.variables {
            None | Some(Value::Null) => Variables::default(),
            Some(objeto @ Value::Object(_)) => Variables::from_json(objeto),
            Some(_) => return Err(invalida("`variables` é um objeto")),
        };
        Ok(Lido { referencia, operacao, variaveis })
    }
}

impl Lido {
    pub fn preparar(self, documentos: &Documentos) -> Result<Pronta, Desfecho> {
        let Self { referencia, operacao, variaveis } = self;
        let (preparado, custo) =
            documentos.preparar(referencia, operacao.as_deref(), &variaveis)?;
        Ok(Pronta { preparado, variaveis, custo })
    }
}

/// By which a document is asked for: as GraphQL over HTTP says, or as Apollo does.
fn id(document_id: Option<Value>, extensions: Option<Value>) -> Result<Option<Id>, Error> {
    let do_documento = match document_id {
        None | Some(Value::Null) => None,
        Some(Value::String(id)) => Some(Id::novo(&id)),
        Some(_) => return Err(invalida("`documentId` é um texto")),
    };
    let da_extensao = match extensions {
        None | Some(Value::Null) => None,
        Some(Value::Object(extensions)) => da_apollo(extensions.get("persistedQuery"))?,
        Some(_) => return Err(invalida("`extensions` é um objeto")),
    };
    match (do_documento, da_extensao) {
        (Some(um), Some(outro)) if um != outro => {
            Err(invalida("`documentId` e `persistedQuery` pedem documentos diferentes"))
        }
        (um, outro) => Ok(um.or(outro)),
    }
}

fn da_apollo(persisted_query: Option<&Value>) -> Result<Option<Id>, Error> {
    let Some(pedida) = persisted_query.filter(|valor| !valor.is_null()) else { return Ok(None) };
    match (pedida["version"].as_u64(), pedida["sha256Hash"].as_str()) {
        (Some(1), Some(hash)) => Ok(Some(Id::novo(hash))),
        _ => Err(invalida("`persistedQuery` é { version: 1, sha256Hash }")),
    }
}

fn da_url(req: &HttpRequest) -> Result<Pedido, Error> {
    #[derive(Deserialize)]
    struct NaUrl {
        query: Option<String>,
        #[serde(rename = "documentId")]
        document_id: Option<String>,
        #[serde(rename = "operationName")]
        operation_name: Option<String>,
        variables: Option<String>,
        extensions: Option<String>,
    }
    let na_url = web::Query::<NaUrl>::from_query(req.query_string())
        .map_err(|_| invalida("a query string está malformada"))?
        .into_inner();
    let json = |texto: Option<String>| match texto.as_deref() {
        None | Some("") => Ok(None),
        Some(texto) => serde_json::from_str(texto).map(Some),
    };
    Ok(Pedido {
        query: na_url.query.map(Value::String),
        document_id: na_url.document_id.map(Value::String),
        operation_name: na_url.operation_name.filter(|nome| !nome.is_empty()).map(Value::String),
        variables: json(na_url.variables).map_err(|_| invalida("`variables` não é JSON"))?,
        extensions: json(na_url.extensions).map_err(|_| invalida("`extensions` não é JSON"))?,
    })
}

fn invalida(mensagem: &'static str) -> Error {
    Error::falha(Falha::EntradaInvalida, mensagem)
}
