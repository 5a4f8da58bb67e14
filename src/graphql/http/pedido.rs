//! From the bytes of a request to a prepared one, or why not.

use crate::auditoria::EspecieAuditoria;
use crate::entrada::corpo_json;
use crate::error::{Error, Falha};
use crate::graphql::Documentos;
use crate::graphql::document::preparar::Preparado;
use crate::graphql::operacao::Desfecho;
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
    #[serde(rename = "operationName")]
    operation_name: Option<Value>,
    variables: Option<Value>,
    extensions: Option<Value>,
}

/// A request of the right shape, whose document nobody has looked at.
pub struct Lido {
    texto: String,
    operacao: Option<String>,
    variaveis: Variables,
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
        let mut request = Request::new("").variables(self.variaveis.clone());
        request.set_parsed_query(self.preparado.documento.clone());
        request
    }

    pub fn tipo(&self) -> OperationType {
        self.preparado.tipo
    }

    /// It reads one thing, at its root, and nothing else.
    pub fn so_a_raiz(&self) -> bool {
        self.preparado.custo.so_a_raiz()
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

/// The request of these bytes, or of this URL.
pub async fn ler(req: &HttpRequest, payload: web::Payload) -> Result<Lido, Error> {
    let pedido: Pedido = match *req.method() == Method::GET {
        true => da_url(req)?,
        false => serde_json::from_slice(&corpo_json(req, payload, CORPO_MAXIMO).await?)
            .map_err(|_| invalida("o corpo não é um objeto JSON com `query`"))?,
    };
    pedido.conferir()
}

impl Pedido {
    pub fn conferir(self) -> Result<Lido, Error> {
        let Some(Value::String(texto)) = self.query else {
            return Err(invalida("falta `query`, o documento GraphQL, como texto"));
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
        if !matches!(self.extensions, None | Some(Value::Null | Value::Object(_))) {
            return Err(invalida("`extensions` é um objeto"));
        }
        Ok(Lido { texto, operacao, variaveis })
    }
}

impl Lido {
    pub fn preparar(self, documentos: &Documentos) -> Result<Pronta, Desfecho> {
        let Self { texto, operacao, variaveis } = self;
        let (preparado, custo) = documentos.preparar(&texto, operacao.as_deref(), &variaveis)?;
        Ok(Pronta { preparado, variaveis, custo })
    }
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

fn invalida(mensagem: &'static str) -> Error {
    Error::falha(Falha::EntradaInvalida, mensagem)
}
