//! Schemas of texts with a closed list of words, which are the words of the model.

use crate::error::{CodigoErro, Failure};
use crate::{adolescente, estatisticas, guia, processo};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! words {
    ($($name:ident = $words:expr, $description:literal;)+) => { $(
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                schema(&$words, $description)
            }
        }

        impl ToSchema for $name {}
    )+ };
}

macro_rules! model_words {
    ($ty:ty) => {
        <$ty>::ALL.iter().map(|value| value.text()).collect::<Vec<_>>()
    };
}

words! {
    TipoProcesso = model_words!(processo::TipoProcesso), "Natureza do processo.";
    SituacaoProcesso = model_words!(processo::SituacaoProcesso), "Situação do processo.";
    NovaSituacao = model_words!(processo::SituacaoProcesso),
        "Nova situação do processo; maiúsculas e minúsculas não se distinguem.";
    SituacaoVinculo = model_words!(processo::SituacaoVinculo),
        "Situação do vínculo entre adolescente e processo.";
    SexoBiologico = model_words!(adolescente::SexoBiologico), "Sexo biológico.";
    IdentidadeGenero = model_words!(adolescente::IdentidadeGenero), "Identidade de gênero.";
    OrientacaoSexual = model_words!(adolescente::OrientacaoSexual), "Orientação sexual.";
    RacaCor = model_words!(adolescente::RacaCor), "Raça ou cor.";
    Uf = adolescente::rules::UFS, "Unidade da Federação.";
    TipoGuia = model_words!(guia::TipoGuia), "Espécie de guia.";
    EspecieDeGuia = crate::rest::guias::especies::ESPECIES.map(|(_, word, _)| word),
        "Espécie de guia, como se escreve num caminho; maiúsculas e minúsculas não se distinguem.";
    SituacaoGuia = model_words!(guia::SituacaoGuia), "Situação da guia.";
    NovaSituacaoDaGuia = ["BAIXADA"],
        "Uma guia só passa a BAIXADA; maiúsculas e minúsculas não se distinguem.";
    MotivoBaixaGuia = model_words!(guia::MotivoBaixaGuia), "Motivo da baixa.";
    OrigemGuia = model_words!(guia::OrigemGuia), "Ato que deu origem à guia.";
    TipoDocumento = guia::rules::DOCUMENTOS, "Documento que instrui a guia.";
    AlvoEstatistico = model_words!(estatisticas::AlvoEstatistico), "O que se conta.";
    SouN = ["S", "N"], "Sim ou não, pela inicial; também se aceita por extenso.";
    SimOuNao = ["Sim", "Não"], "Sim ou não; num corpo também se aceita a inicial.";
    Confirmacao = ["CONFIRMACAO"], "Categoria do envelope de sucesso.";
    Erro = ["ERRO"], "Categoria do envelope de recusa.";
    CodigoDeErro = codes(), "Código estável da recusa.";
}

/// The codes that a REST route can answer: those of the rules, and the failures that are not
/// specific to GraphQL.
fn codes() -> Vec<&'static str> {
    let graphql_only = [
        Failure::DocumentoMalformado,
        Failure::DocumentoInvalido,
        Failure::DocumentoExcedeLimite,
        Failure::CustoExcedeLimite,
        Failure::DocumentoDesconhecido,
        Failure::DocumentoNaoConfiavel,
        Failure::NaoAceitavel,
    ];
    let failures = Failure::ALL
        .iter()
        .filter(|failure| !graphql_only.contains(failure))
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
