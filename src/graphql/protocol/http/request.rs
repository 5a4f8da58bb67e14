//! From the bytes of a request to a prepared one, or why not.

use super::parameters::{Parameters, Text, check_members};
use super::variables::Unread;
use crate::audit::EspecieAuditoria;
use crate::error::{Error, Falha};
use crate::graphql::document::persisted::Referencia;
use crate::graphql::document::prepare::Preparado;
use crate::graphql::execution::documents::Documentos;
use crate::graphql::execution::{Desfecho, Servico};
use crate::http::body::read_json;
use crate::http::request;
use crate::work::INLINE;
use crate::work::shares::Share;
use actix_web::http::Method;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, web};
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Variables};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::sync::Arc;

/// Four times the largest document: variables and JSON's escapes come with it.
const CORPO_MAXIMO: usize = 1024 * 1024;

/// Of a name that goes to the trail.
const NOME_MAXIMO: usize = 100;

/// A request of the right shape, whose document nobody has looked at.
pub struct Lido {
    referencia: Referencia,
    operacao: Option<String>,
    variaveis: Unread,
    /// The place in memory of the body that it is of, if it is charged for; kept as long as what
    /// was read of it.
    pub share: Option<Arc<Share>>,
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
    _share: Option<Arc<Share>>,
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
        // Without a field that is not skipped nothing is written.
        let writes = self.preparado.raizes.iter().any(|raiz| raiz != "__typename");
        match self.preparado.tipo {
            OperationType::Mutation if writes => EspecieAuditoria::Escrita,
            _ => EspecieAuditoria::Leitura,
        }
    }

    /// Its name or, without one, those of its root fields.
    pub fn operacao(&self) -> String {
        match &self.preparado.nome {
            Some(nome) => nome.chars().take(NOME_MAXIMO).collect(),
            None => by_fields(&self.preparado.raizes),
        }
    }
}

/// How an operation without a name is told: by its root fields, each once, from A to Z, so that the
/// same fields are the same name however they are written. Those that do not fit are counted.
fn by_fields(roots: &[String]) -> String {
    let mut roots: Vec<&str> = roots.iter().map(String::as_str).collect();
    roots.sort_unstable();
    let Some((first, rest)) = roots.split_first() else { return "(nenhum campo)".into() };
    let mut name = (*first).to_owned();
    for (told, root) in rest.iter().enumerate() {
        // Room for how many are left.
        if name.len() + 1 + root.len() > NOME_MAXIMO - "+00".len() {
            return format!("{name}+{}", rest.len() - told);
        }
        name = format!("{name},{root}");
    }
    name
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
        return Ok(Lidos::Um(da_url(req)?));
    }
    let read = move |corpo: Bytes| separar(&corpo, lote_maximo.into());
    let (lidos, share) = read_json(req, payload, CORPO_MAXIMO, read).await?;
    // A stream may last for days: of small ones there are as many as connections.
    let (mut lidos, share) = (lidos?, share.is_charged().then(|| Arc::new(share)));
    match &mut lidos {
        Lidos::Um(lido) => lido.share = share,
        Lidos::Lote(lidos) => {
            lidos.iter_mut().flatten().for_each(|lido| lido.share.clone_from(&share));
        }
    }
    Ok(lidos)
}

/// One request or, where lists are taken, some.
fn separar(corpo: &Bytes, lote_maximo: usize) -> Result<Lidos, NaoLido> {
    if lote_maximo > 0 && corpo.trim_ascii_start().starts_with(b"[") {
        return lote(corpo, lote_maximo);
    }
    check_members(corpo)?;
    let parameters: Parameters<'_> = serde_json::from_slice(corpo)?;
    Ok(Lidos::Um(parameters.check(corpo)?))
}

fn lote(corpo: &Bytes, maximo: usize) -> Result<Lidos, NaoLido> {
    let mut reader = serde_json::Deserializer::from_slice(corpo);
    let Items { first, all } = FirstItems(maximo).deserialize(&mut reader)?;
    reader.end()?;
    match all {
        0 => return Err(invalida("a lista não tem operação").into()),
        n if n > maximo => {
            let mensagem = format!("um pedido tem no máximo {maximo} operações; este tem {n}");
            return Err(Error::falha(Falha::CorpoExcedeLimite, mensagem).into());
        }
        _ => {}
    }
    let um = |item: &RawValue| {
        check_members(item.get().as_bytes())?;
        match serde_json::from_str::<Parameters<'_>>(item.get()) {
            Ok(parameters) => parameters.check(corpo),
            Err(_) => Err(invalida("cada item da lista é um objeto com `query`")),
        }
    };
    Ok(Lidos::Lote(first.into_iter().map(um).collect()))
}

/// A list, of which no more items than so many are kept.
struct FirstItems(usize);

struct Items<'b> {
    first: Vec<&'b RawValue>,
    all: usize,
}

impl<'de> DeserializeSeed<'de> for FirstItems {
    type Value = Items<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Items<'de>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for FirstItems {
    type Value = Items<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Items<'de>, A::Error> {
        let mut first = Vec::new();
        while first.len() < self.0
            && let Some(item) = items.next_element()?
        {
            first.push(item);
        }
        let mut all = first.len();
        while all >= self.0 && items.next_element::<IgnoredAny>()?.is_some() {
            all += 1;
        }
        Ok(Items { first, all })
    }
}

impl Lido {
    pub const fn new(referencia: Referencia, operacao: Option<String>, variaveis: Unread) -> Self {
        Self { referencia, operacao, variaveis, share: None }
    }

    /// For `caller`; what would hold the worker is done on another thread.
    pub async fn preparar(self, servico: &Servico, caller: &str) -> Result<Pronta, Desfecho> {
        let documentos = Arc::clone(&servico.documentos);
        let takes_long = self.variaveis.bytes() > INLINE
            || documentos.takes_long(&self.referencia, self.operacao.as_deref());
        if !takes_long {
            return self.preparar_aqui(&documentos);
        }
        let done = servico.app.work.run(caller, move || self.preparar_aqui(&documentos)).await;
        done.unwrap_or_else(|error| Err(Desfecho::recusa(&error)))
    }

    fn preparar_aqui(self, documentos: &Documentos) -> Result<Pronta, Desfecho> {
        let Self { referencia, operacao, variaveis, share } = self;
        let (preparado, variaveis, custo) =
            documentos.preparar(referencia, operacao.as_deref(), &variaveis)?;
        Ok(Pronta { preparado, variaveis, custo, _share: share })
    }
}

fn da_url(req: &HttpRequest) -> Result<Lido, Error> {
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
    request::parametros(req.query_string())?;
    let na_url = web::Query::<NaUrl>::from_query(req.query_string())
        .map_err(|_| invalida("a query string está malformada"))?
        .into_inner();
    let given = |text: Option<String>| text.map_or(Text::Absent, Text::Given);
    let variables = Bytes::from(na_url.variables.unwrap_or_default());
    let extensions = na_url.extensions.unwrap_or_default();
    check_members(extensions.as_bytes())?;
    let parameters = Parameters {
        query: given(na_url.query),
        document_id: given(na_url.document_id),
        operation_name: given(na_url.operation_name),
        variables: json(&variables).map_err(|_| invalida("`variables` não é JSON"))?,
        extensions: json(extensions.as_bytes()).map_err(|_| invalida("`extensions` não é JSON"))?,
    };
    parameters.check(&variables)
}

/// Nothing, where a form sends an empty text.
fn json(text: &[u8]) -> serde_json::Result<Option<&RawValue>> {
    if text.is_empty() { Ok(None) } else { serde_json::from_slice(text) }
}

fn invalida(mensagem: &'static str) -> Error {
    Error::falha(Falha::EntradaInvalida, mensagem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_without_a_name_has_the_one_of_its_fields() {
        let of =
            |roots: &[&str]| by_fields(&roots.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(of(&[]), "(nenhum campo)");
        assert_eq!(of(&["eu"]), "eu");
        assert_eq!(of(&["tribunais", "eu"]), of(&["eu", "tribunais"]));
        let many: Vec<String> = (0..50).map(|n| format!("{}{n:02}", "campo".repeat(3))).collect();
        let name = by_fields(&many);
        assert!(name.len() <= NOME_MAXIMO && name.ends_with("+45"), "{name}");
    }
}
