//! From the bytes of a request to a parsed one, or why not.

use crate::auditoria::EspecieAuditoria;
use crate::entrada::corpo_json;
use crate::error::{CodigoErro, Error, Falha};
use crate::graphql::document::escrita::{self, Recusada};
use crate::graphql::document::expansao::{self, Recusado};
use crate::graphql::document::limits::{self, Limites};
use actix_web::http::Method;
use actix_web::{HttpRequest, web};
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection,
};
use async_graphql::{Name, Positioned, Request, Variables};
use serde::Deserialize;
use serde_json::Value;

/// Four times the largest document: variables and JSON's escapes come with it.
const CORPO_MAXIMO: usize = 1024 * 1024;

/// Of a name that goes to the trail.
const NOME_MAXIMO: usize = 100;

/// A request that is ready to be validated and executed.
pub struct Pedido {
    pub request: Request,
    /// Its name or, without one, those of its root fields.
    pub operacao: String,
    pub especie: EspecieAuditoria,
}

/// The parameters of a request, however they came.
#[derive(Deserialize)]
struct Parametros {
    query: Option<Value>,
    #[serde(rename = "operationName")]
    operation_name: Option<Value>,
    variables: Option<Value>,
    extensions: Option<Value>,
}

/// Reads, limits and parses.
pub async fn ler(req: &HttpRequest, payload: web::Payload) -> Result<Pedido, Error> {
    let pedido = match *req.method() == Method::GET {
        true => da_url(req)?,
        false => serde_json::from_slice(&corpo_json(req, payload, CORPO_MAXIMO).await?)
            .map_err(|_| invalida("o corpo não é um objeto JSON com `query`"))?,
    };
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
    let documento = analisar(&texto)?;
    let (proprio, definicao) = escolher(&documento, operacao.as_deref())?;
    if *req.method() == Method::GET && definicao.ty != OperationType::Query {
        let mensagem = "por GET só se consulta; mande mutations por POST";
        return Err(Error::falha(Falha::MetodoNaoPermitido, mensagem));
    }
    escrita::conferir(&documento, definicao, &variaveis).map_err(|recusada| {
        let falha = match recusada {
            Recusada::ChaveRepetida(_) => Falha::DocumentoInvalido,
            Recusada::InteiroGrande | Recusada::FaltaVariavel(_) => Falha::EntradaInvalida,
        };
        Error::falha(falha, recusada.to_string())
    })?;
    let especie = match definicao.ty {
        OperationType::Mutation => EspecieAuditoria::Escrita,
        _ => EspecieAuditoria::Leitura,
    };
    let nome = proprio.map_or_else(|| raizes(definicao), ToString::to_string);
    let mut request = Request::new(texto).variables(variaveis);
    request.operation_name = operacao;
    request.set_parsed_query(documento);
    Ok(Pedido { request, operacao: nome.chars().take(NOME_MAXIMO).collect(), especie })
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

fn da_url(req: &HttpRequest) -> Result<Parametros, Error> {
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
    Ok(Parametros {
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
    match escolhida.1.node.ty {
        OperationType::Subscription => recusa("este servidor não tem subscriptions"),
        _ => Ok((escolhida.0, &escolhida.1.node)),
    }
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
