//! Texts of a closed list, with the words of the model.

use crate::error::{CodigoErro, Falha};
use crate::{adolescente, guia, processo};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! palavras {
    ($($nome:ident = $palavras:expr, $descricao:literal;)+) => { $(
        pub struct $nome;

        impl PartialSchema for $nome {
            fn schema() -> RefOr<Schema> {
                esquema(&$palavras, $descricao)
            }
        }

        impl ToSchema for $nome {}
    )+ };
}

macro_rules! do_modelo {
    ($tipo:ty) => {
        <$tipo>::TODOS.iter().map(|valor| valor.texto()).collect::<Vec<_>>()
    };
}

palavras! {
    TipoProcesso = do_modelo!(processo::TipoProcesso), "Natureza do processo.";
    SituacaoProcesso = do_modelo!(processo::SituacaoProcesso), "Situação do processo.";
    NovaSituacao = do_modelo!(processo::SituacaoProcesso),
        "Nova situação do processo; maiúsculas e minúsculas não se distinguem.";
    SituacaoVinculo = do_modelo!(processo::SituacaoVinculo),
        "Situação do vínculo entre adolescente e processo.";
    SexoBiologico = do_modelo!(adolescente::SexoBiologico), "Sexo biológico.";
    IdentidadeGenero = do_modelo!(adolescente::IdentidadeGenero), "Identidade de gênero.";
    OrientacaoSexual = do_modelo!(adolescente::OrientacaoSexual), "Orientação sexual.";
    RacaCor = do_modelo!(adolescente::RacaCor), "Raça ou cor.";
    Uf = adolescente::rules::UFS, "Unidade da Federação.";
    TipoGuia = do_modelo!(guia::TipoGuia), "Espécie de guia.";
    EspecieDeGuia = crate::rest::guias::pdf::ESPECIES.map(|(_, palavra, _)| palavra),
        "Espécie de guia, como se escreve num caminho; maiúsculas e minúsculas não se distinguem.";
    SituacaoGuia = do_modelo!(guia::SituacaoGuia), "Situação da guia.";
    NovaSituacaoDaGuia = ["BAIXADA"],
        "Uma guia só passa a BAIXADA; maiúsculas e minúsculas não se distinguem.";
    MotivoBaixaGuia = do_modelo!(guia::MotivoBaixaGuia), "Motivo da baixa.";
    OrigemGuia = do_modelo!(guia::OrigemGuia), "Ato que deu origem à guia.";
    TipoDocumento = guia::rules::DOCUMENTOS, "Documento que instrui a guia.";
    SouN = ["S", "N"], "Sim ou não, pela inicial; também se aceita por extenso.";
    SimOuNao = ["Sim", "Não"], "Sim ou não; num corpo também se aceita a inicial.";
    Confirmacao = ["CONFIRMACAO"], "Categoria do envelope de sucesso.";
    Erro = ["ERRO"], "Categoria do envelope de recusa.";
    CodigoDeErro = codigos(), "Código estável da recusa.";
}

/// The codes of the one table that a REST route gives.
fn codigos() -> Vec<&'static str> {
    let do_graphql = [
        Falha::DocumentoMalformado,
        Falha::DocumentoInvalido,
        Falha::DocumentoExcedeLimite,
        Falha::CustoExcedeLimite,
        Falha::DocumentoDesconhecido,
        Falha::DocumentoNaoConfiavel,
        Falha::NaoAceitavel,
    ];
    let falhas =
        Falha::TODAS.iter().filter(|falha| !do_graphql.contains(falha)).map(|falha| falha.nome());
    let mut codigos: Vec<_> = CodigoErro::TODOS.iter().map(|codigo| codigo.nome()).collect();
    // `NAO_ENCONTRADO` is in both.
    codigos.extend(falhas.filter(|falha| *falha != CodigoErro::NaoEncontrado.nome()));
    codigos
}

pub fn esquema(palavras: &[&'static str], descricao: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(descricao))
        .enum_values(Some(palavras.iter().copied()))
        .examples(palavras.first().copied())
        .into()
}
