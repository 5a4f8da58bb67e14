//! Schemas of texts with a closed list of words, which are the words of the model.

pub use crate::adolescente::{IdentidadeGenero, OrientacaoSexual, RacaCor, SexoBiologico};
use crate::error::{CodigoErro, Failure};
pub use crate::estatisticas::AlvoEstatistico;
pub use crate::guia::{MotivoBaixaGuia, OrigemGuia, SituacaoGuia, TipoGuia};
pub use crate::processo::{SituacaoProcesso, SituacaoVinculo, TipoProcesso};
use crate::{adolescente, guia};
use serde::{Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! schemas {
    ($($ty:ty = $words:expr, $description:literal;)+) => { $(
        impl PartialSchema for $ty {
            fn schema() -> RefOr<Schema> {
                schema(&$words, $description)
            }
        }

        impl ToSchema for $ty {}
    )+ };
}

/// Declares words that are no type of the model.
macro_rules! words {
    ($($name:ident = $words:expr, $description:literal;)+) => {
        $(pub struct $name;)+
        schemas! { $($name = $words, $description;)+ }
    };
}

/// Declares the schemas of enums of the model.
macro_rules! model_words {
    ($($ty:ty, $description:literal;)+) => {
        schemas! { $($ty = words_of(<$ty>::ALL, <$ty>::text), $description;)+ }
    };
}

fn words_of<T: Copy>(all: &[T], text: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|&value| text(value)).collect()
}

model_words! {
    TipoProcesso, "Natureza do processo.";
    SituacaoProcesso, "Situação do processo.";
    SituacaoVinculo, "Situação do vínculo entre adolescente e processo.";
    SexoBiologico, "Sexo biológico.";
    IdentidadeGenero, "Identidade de gênero.";
    OrientacaoSexual, "Orientação sexual.";
    RacaCor, "Raça ou cor.";
    TipoGuia, "Espécie de guia.";
    SituacaoGuia, "Situação da guia.";
    MotivoBaixaGuia, "Motivo da baixa.";
    OrigemGuia, "Ato que deu origem à guia.";
    AlvoEstatistico, "O que se conta.";
}

words! {
    NovaSituacao = words_of(SituacaoProcesso::ALL, SituacaoProcesso::text),
        "Nova situação do processo; maiúsculas e minúsculas não se distinguem.";
    EspecieDeGuia = crate::rest::guias::especies::ESPECIES.map(|(_, word, _)| word),
        "Espécie de guia, como se escreve num caminho; maiúsculas e minúsculas não se distinguem.";
    NovaSituacaoDaGuia = ["BAIXADA"],
        "Uma guia só passa a BAIXADA; maiúsculas e minúsculas não se distinguem.";
    SouN = ["S", "N"], "Sim ou não, pela inicial; também se aceita por extenso.";
    Confirmacao = ["CONFIRMACAO"], "Categoria do envelope de sucesso.";
    Erro = ["ERRO"], "Categoria do envelope de recusa.";
    CodigoDeErro = codes(), "Código estável da recusa.";
}

#[derive(Serialize)]
pub struct Uf(pub String);

#[derive(Serialize)]
pub struct TipoDocumento(pub String);

pub struct SimOuNao(pub bool);

impl Serialize for SimOuNao {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.0 { "Sim" } else { "Não" })
    }
}

schemas! {
    Uf = adolescente::rules::UFS, "Unidade da Federação.";
    TipoDocumento = guia::rules::DOCUMENTOS, "Documento que instrui a guia.";
    SimOuNao = ["Sim", "Não"], "Sim ou não; num corpo também se aceita a inicial.";
}

/// The codes of the rules, also those that only the Tramita API uses, and of the failures that are
/// not specific to GraphQL.
fn codes() -> Vec<&'static str> {
    let failures = Failure::ALL
        .iter()
        .filter(|failure| !failure.is_graphql_only())
        .map(|failure| failure.name());
    let mut codes: Vec<_> = CodigoErro::ALL.iter().map(|code| code.name()).collect();
    // Both tables contain `NAO_ENCONTRADO`.
    codes.extend(failures.filter(|failure| *failure != CodigoErro::NaoEncontrado.name()));
    codes
}

pub fn schema(words: &[&'static str], description: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .enum_values(Some(words.iter().copied()))
        .examples(words.first().copied())
        .into()
}
