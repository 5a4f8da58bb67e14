//! From the bytes of a request to a parsed one, or why not.

use crate::auditoria::EspecieAuditoria;
use crate::entrada::corpo_json;
use crate::error::{CodigoErro, Error, Falha};
use crate::graphql::document::escrita::{self, Recusada};
use crate::graphql::document::expansao::{self, Recusado};
use crate::graphql::document::limits::{self, Limites};
use crate::graphql::document::raiz;
use actix_web::http::Method;
use actix_web::{HttpRequest, web};
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection,
};
use async_graphql::{Name, Positioned, Request, Variables};
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

/// One that was limited and parsed: ready to be validated and executed, once or many times.
#[derive(Clone)]
pub struct Pronta {
    lido: Arc<Lido>,
    documento: Arc<ExecutableDocument>,
    pub tipo: OperationType,
    /// Its name or, without one, those of its root fields.
    pub operacao: String,
}

impl Pronta {
    pub fn request(&self) -> Request {
        let Lido { texto, operacao, variaveis } = &*self.lido;
        let mut request = Request::new(texto).variables(variaveis.clone());
        request.operation_name.clone_from(operacao);
        request.set_parsed_query(ExecutableDocument::clone(&self.documento));
        request
    }

    pub const fn especie(&self) -> EspecieAuditoria {
        match self.tipo {
            OperationType::Mutation => EspecieAuditoria::Escrita,
            _ => EspecieAuditoria::Leitura,
        }
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
    /// Limits and parses.
    pub fn preparar(self) -> Result<Pronta, Error> {
        let documento = analisar(&self.texto)?;
        let (proprio, definicao) = escolher(&documento, self.operacao.as_deref())?;
        escrita::conferir(&documento, definicao, &self.variaveis).map_err(|recusada| {
            let falha = match recusada {
                Recusada::ChaveRepetida(_) => Falha::DocumentoInvalido,
                Recusada::InteiroGrande | Recusada::FaltaVariavel(_) => Falha::EntradaInvalida,
            };
            Error::falha(falha, recusada.to_string())
        })?;
        raiz::conferir(definicao)
            .map_err(|recusada| Error::falha(Falha::DocumentoInvalido, recusada.to_string()))?;
        let tipo = definicao.ty;
        let nome = proprio.map_or_else(|| raizes(definicao), ToString::to_string);
        let operacao = nome.chars().take(NOME_MAXIMO).collect();
        Ok(Pronta { lido: Arc::new(self), documento: Arc::new(documento), tipo, operacao })
    }
}

/// What an operation without a name is called: its root fields, by the schema's names.
fn raizes(operacao: &OperationDefinition) -> String {
    let nome = |selecao: &Positioned<Selection>| match &selecao.node {
        Selection::Field(campo) => campo.node.name.node.to_string(),
        Selection::FragmentSpread(_) | Selection::InlineFragment(_) => "...".to_owned(),
    };
    operacao.selection_set.node.items.iter().map(nome).collect::<Vec<_>>().join(",")
}

fn analisar(texto: &str) -> Result<ExecutableDocument, Error> {
    limits::conferir(texto, Limites::default())
        .map_err(|excesso| Error::falha(Falha::DocumentoExcedeLimite, excesso.to_string()))?;
    let documento = async_graphql::parser::parse_query(texto).map_err(|erro| {
        let onde = erro.positions().next().unwrap_or_default();
        let mensagem = format!(
            "o documento GraphQL está malformado na linha {}, coluna {}",
            onde.line, onde.column
        );
        Error::falha(Falha::DocumentoMalformado, mensagem)
    })?;
    expansao::conferir(&documento).map_err(|recusado| {
        let falha = match recusado {
            Recusado::Grande => Falha::DocumentoExcedeLimite,
            Recusado::Ciclo => Falha::DocumentoInvalido,
        };
        Error::falha(falha, recusado.to_string())
    })?;
    Ok(documento)
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

/// The operation to execute, and its name.
fn escolher<'d>(
    documento: &'d ExecutableDocument,
    nome: Option<&str>,
) -> Result<(Option<&'d Name>, &'d OperationDefinition), Error> {
    let recusa = |mensagem| Err(Error::falha(Falha::DocumentoInvalido, mensagem));
    let escolhida = match (&documento.operations, nome) {
        (DocumentOperations::Single(unica), None) => (None, unica),
        (DocumentOperations::Single(_), Some(_)) => {
            return recusa("o documento não tem a operação que `operationName` pede");
        }
        (DocumentOperations::Multiple(varias), Some(nome)) => match varias.get_key_value(nome) {
            Some((nome, achada)) => (Some(nome), achada),
            None => return recusa("o documento não tem a operação que `operationName` pede"),
        },
        (DocumentOperations::Multiple(varias), None) => match varias.iter().next() {
            Some((nome, unica)) if varias.len() == 1 => (Some(nome), unica),
            _ => return recusa("o documento tem várias operações: diga qual em `operationName`"),
        },
    };
    Ok((escolhida.0, &escolhida.1.node))
}

fn invalida(mensagem: &'static str) -> Error {
    Error::falha(Falha::EntradaInvalida, mensagem)
}

/// The code of an error that the framework raised without one, and its words if we have better.
pub fn classificar(mensagem: &str, tem_caminho: bool) -> ((&'static str, u16), Option<String>) {
    // A scalar of ours that did not read its value says so in these words, pinned with the library's version.
    if let Some(resto) = mensagem.strip_prefix("Invalid value for argument \"")
        && let Some((argumento, tipo)) = resto.split_once("\", expected type \"")
    {
        let tipo = tipo.trim_end_matches('"');
        let mensagem = format!("o valor do argumento `{argumento}` não é um `{tipo}`");
        let codigo = CodigoErro::CampoInvalido;
        return ((codigo.nome(), codigo.status()), Some(mensagem));
    }
    let falha = if tem_caminho { Falha::EntradaInvalida } else { Falha::DocumentoInvalido };
    ((falha.nome(), falha.status()), None)
}
