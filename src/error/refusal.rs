//! A rule that said no.

use super::{CodigoErro, Error, sentence};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What is wrong with a hundred fields is wrong with more than a person will read.
const RECUSAS_MAXIMO: usize = 100;

/// A domain rule that said no.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Recusa {
    pub codigo: CodigoErro,
    /// The code's own, unless where it stood or what was found says otherwise.
    pub status: u16,
    /// The rule in the source document, for example `R4`.
    pub regra: Cow<'static, str>,
    /// Path below the input, in the names of the GraphQL schema.
    pub campo: Vec<Cow<'static, str>>,
    pub mensagem: Cow<'static, str>,
    /// What to do about it.
    pub orientacao: Option<Cow<'static, str>>,
    /// Número of the processo that stands in the way, if it is one.
    pub processo: Option<String>,
    /// The version of now, when another was expected.
    pub versao_atual: Option<i32>,
    /// What only a refusal of the Tramita tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tramite: Option<NoTramita>,
}

/// The NRE and the trâmite that a refusal is about, for who may know them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NoTramita {
    pub protocolo: Option<String>,
    pub nre: Option<String>,
    pub idt: Option<i64>,
    /// 0047: the file that is not the one it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub divergencia: Option<Divergencia>,
}

/// The place in a trâmite where another file was expected; hashes in base64.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Divergencia {
    pub documento: i32,
    pub componente: i32,
    /// None when only others may know it.
    pub esperado: Option<String>,
    pub informado: String,
}

impl Recusa {
    pub fn nova(
        codigo: CodigoErro,
        regra: &'static str,
        mensagem: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (status, mensagem, regra) = (codigo.status(), mensagem.into(), Cow::Borrowed(regra));
        Self {
            codigo,
            status,
            regra,
            campo: Vec::new(),
            mensagem,
            orientacao: None,
            processo: None,
            versao_atual: None,
            tramite: None,
        }
    }

    #[must_use]
    pub fn em<P: Into<Cow<'static, str>>>(mut self, campo: impl IntoIterator<Item = P>) -> Self {
        self.campo = campo.into_iter().map(Into::into).collect();
        self
    }

    /// The n-th item of a list, counted from 0.
    #[must_use]
    pub fn no_item(mut self, campo: &'static str, indice: usize) -> Self {
        self.campo = vec![campo.into(), indice.to_string().into()];
        self
    }

    /// The message as a sentence. Those of the Tramita stay as the platform words them.
    pub fn sentence(&self) -> String {
        match self.codigo.so_do_tramita() {
            true => self.mensagem.to_string(),
            false => sentence(&self.mensagem),
        }
    }

    /// Passes when nobody refused.
    pub fn nenhuma(malformados: Vec<Self>, das_regras: Vec<Self>) -> Result<(), Error> {
        let recusas = Self::juntas(malformados, das_regras);
        if recusas.is_empty() { Ok(()) } else { Err(Error::Recusas(recusas)) }
    }

    /// All of them. A field that its door could not read is refused for that alone: rules would
    /// only say that it, or what it holds, is missing.
    pub fn juntas(malformados: Vec<Self>, das_regras: Vec<Self>) -> Vec<Self> {
        let ilegiveis: Vec<_> = malformados.iter().map(|recusa| recusa.campo.clone()).collect();
        let legivel =
            |recusa: &Self| !ilegiveis.iter().any(|campo| recusa.campo.starts_with(campo));
        let mut recusas = malformados;
        recusas.extend(das_regras.into_iter().filter(legivel));
        recusas.truncate(RECUSAS_MAXIMO);
        recusas
    }

    /// What two equal inputs share: which fields could not be read, in whatever words that is told.
    pub fn so_os_campos<S: serde::Serializer>(
        recusas: &[Self],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(recusas.iter().map(|recusa| &recusa.campo))
    }

    /// Named in a body: 400 where the path would give 404.
    #[must_use]
    pub fn no_corpo(mut self) -> Self {
        self.status = 400;
        self
    }

    /// The input is right, and the present state refuses it: 409.
    #[must_use]
    pub fn por_conflito(mut self) -> Self {
        self.status = 409;
        self
    }

    #[must_use]
    pub fn oriente(mut self, orientacao: impl Into<Cow<'static, str>>) -> Self {
        self.orientacao = Some(orientacao.into());
        self
    }
}
