//! The refusal of a domain rule.

use super::{CodigoErro, Error, sentence};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Maximum number of refusals in one answer. Nobody reads more.
const MAX_REFUSALS: usize = 100;

/// The refusal of a domain rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Refusal {
    pub codigo: CodigoErro,
    /// The HTTP status of the code, unless the object was named in a body or its state requires
    /// another one.
    pub status: u16,
    /// The rule or section in the source documents, for example `R4`, or a word for what they do
    /// not number, for example `forma`.
    pub regra: Cow<'static, str>,
    /// Path below the input, in the names of the GraphQL schema. Empty when the refusal concerns no
    /// field.
    pub campo: Vec<Cow<'static, str>>,
    pub mensagem: Cow<'static, str>,
    /// Advice to the client, in Portuguese: how to correct the request.
    pub orientacao: Option<Cow<'static, str>>,
    /// Número of the processo that conflicts with the request.
    pub processo: Option<String>,
    /// The current version, when the client expected another one.
    pub versao_atual: Option<i32>,
    /// Details that only refusals of the Tramita have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tramite: Option<TramitaDetails>,
}

/// The NRE and the trâmite that a refusal concerns. Only a caller that may know them receives them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TramitaDetails {
    pub protocolo: Option<String>,
    pub nre: Option<String>,
    pub idt: Option<i64>,
    /// The file that differs from the one sent earlier. Only refusals with the Tramita code 0047
    /// set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub divergencia: Option<FileMismatch>,
}

/// The position in a trâmite of a file that differs from the expected one. The hashes are in
/// base64.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileMismatch {
    pub documento: i32,
    pub componente: i32,
    /// `None` when the caller may not know it.
    pub esperado: Option<String>,
    pub informado: String,
}

impl Refusal {
    pub fn new(
        code: CodigoErro,
        rule: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (status, message, rule) = (code.status(), message.into(), Cow::Borrowed(rule));
        Self {
            codigo: code,
            status,
            regra: rule,
            campo: Vec::new(),
            mensagem: message,
            orientacao: None,
            processo: None,
            versao_atual: None,
            tramite: None,
        }
    }

    #[must_use]
    pub fn at<P: Into<Cow<'static, str>>>(mut self, field: impl IntoIterator<Item = P>) -> Self {
        self.campo = field.into_iter().map(Into::into).collect();
        self
    }

    /// Refers to the item `index` of a list, counted from 0.
    #[must_use]
    pub fn at_item(mut self, field: &'static str, index: usize) -> Self {
        self.campo = vec![field.into(), index.to_string().into()];
        self
    }

    /// The message as a sentence. Messages of the Tramita keep the wording of the platform.
    pub fn sentence(&self) -> String {
        match self.codigo.is_tramita_only() {
            true => self.mensagem.to_string(),
            false => sentence(&self.mensagem),
        }
    }

    /// Succeeds when there are no refusals.
    pub fn ensure_none(malformed: Vec<Self>, from_rules: Vec<Self>) -> Result<(), Error> {
        let refusals = Self::merged(malformed, from_rules);
        if refusals.is_empty() { Ok(()) } else { Err(Error::Refusals(refusals)) }
    }

    /// All refusals, at most `MAX_REFUSALS`. A field that could not be parsed keeps only that
    /// refusal, because the rules would merely report that it, or what it contains, is missing.
    pub fn merged(malformed: Vec<Self>, from_rules: Vec<Self>) -> Vec<Self> {
        let unreadable: Vec<_> = malformed.iter().map(|refusal| refusal.campo.clone()).collect();
        let readable =
            |refusal: &Self| !unreadable.iter().any(|field| refusal.campo.starts_with(field));
        let mut refusals = malformed;
        refusals.extend(from_rules.into_iter().filter(readable));
        refusals.truncate(MAX_REFUSALS);
        refusals
    }

    /// Serializes only the fields that could not be parsed, without the messages. Two inputs that
    /// differ only in the values of these fields then have the same idempotency fingerprint.
    pub fn only_fields<S: serde::Serializer>(
        refusals: &[Self],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(refusals.iter().map(|refusal| &refusal.campo))
    }

    /// The object was named in a body: 400 instead of the 404 of a path.
    #[must_use]
    pub fn in_body(mut self) -> Self {
        self.status = 400;
        self
    }

    /// The input is correct, but the current state refuses it: 409.
    #[must_use]
    pub fn as_conflict(mut self) -> Self {
        self.status = 409;
        self
    }

    #[must_use]
    pub fn hint(mut self, orientacao: impl Into<Cow<'static, str>>) -> Self {
        self.orientacao = Some(orientacao.into());
        self
    }
}
