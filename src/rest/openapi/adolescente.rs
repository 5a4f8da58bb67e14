//! Schemas of the bodies about adolescentes.

use super::super::adolescentes::answer::{CertidaoNascimento, Rg};
use super::texts::{Cpf, Data, Identificador, Naturalidade, Nome};
use super::words::{IdentidadeGenero, OrientacaoSexual, RacaCor, SexoBiologico, SouN};
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// Um adolescente a cadastrar.
#[derive(ToSchema)]
#[schema(
    rename_all = "camelCase",
    examples(json!({
        "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010",
        "sexoBiologico": "FEMININO", "nomeMae": "Maria Fictícia",
    }))
)]
pub struct NovoAdolescente {
    nome: Nome,
    sobrenome: Nome,
    /// Não é futura nem anterior a 1900.
    data_nascimento: Data,
    sexo_biologico: SexoBiologico,
    /// Sem valor conta como não.
    data_nascimento_presumida: Option<SouN>,
    /// Se sim, `nomeSocial` é obrigatório; se não, tem de faltar.
    possui_nome_social: Option<SouN>,
    nome_social: Option<Nome>,
    identidade_genero: Option<IdentidadeGenero>,
    orientacao_sexual: Option<OrientacaoSexual>,
    raca_cor: Option<RacaCor>,
    nome_mae: Option<Nome>,
    nome_pai: Option<Nome>,
    naturalidade: Option<Naturalidade>,
    /// Um CPF é de um só cadastro do tribunal.
    #[schema(inline)]
    cpf: Option<DocumentoCpf>,
    #[schema(inline)]
    rg: Option<Rg>,
    #[schema(inline)]
    certidao_nascimento: Option<CertidaoNascimento>,
}

/// Um cadastro a mudar. O que falta ou vem em branco fica como está, e o que vem nulo se apaga; `rg` e `certidaoNascimento` se
/// trocam inteiros.
#[derive(ToSchema)]
#[schema(
    rename_all = "camelCase",
    examples(json!({ "identificador": "202500000058", "naturalidade": "Natal" }))
)]
pub struct CadastroAlterado {
    /// De quem se trata.
    identificador: Identificador,
    nome: Option<Nome>,
    sobrenome: Option<Nome>,
    data_nascimento: Option<Data>,
    /// Não é futura nem anterior ao nascimento.
    data_obito: Option<Data>,
    sexo_biologico: Option<SexoBiologico>,
    data_nascimento_presumida: Option<SouN>,
    /// Não: apaga o nome social.
    possui_nome_social: Option<SouN>,
    nome_social: Option<Nome>,
    identidade_genero: Option<IdentidadeGenero>,
    orientacao_sexual: Option<OrientacaoSexual>,
    raca_cor: Option<RacaCor>,
    nome_mae: Option<Nome>,
    nome_pai: Option<Nome>,
    naturalidade: Option<Naturalidade>,
    #[schema(inline)]
    cpf: Option<DocumentoCpf>,
    #[schema(inline)]
    rg: Option<Rg>,
    #[schema(inline)]
    certidao_nascimento: Option<CertidaoNascimento>,
}

/// CPF.
#[derive(ToSchema)]
pub struct DocumentoCpf {
    numero: Option<Cpf>,
}

/// De quem se procura um cadastro. Os outros campos de um cadastro podem vir, e não contam.
#[derive(ToSchema)]
#[schema(
    rename_all = "camelCase",
    examples(json!({ "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010" }))
)]
pub struct ProcuraDeSemelhantes {
    nome: Nome,
    sobrenome: Option<Nome>,
    nome_mae: Option<Nome>,
    data_nascimento: Option<Data>,
    /// Quantos, no máximo; sem valor, 10.
    #[schema(minimum = 1, maximum = 50, examples(10))]
    limite: Option<i32>,
}

/// The optional body of a new vinculo: the data of a registration, or an object without fields.
pub struct DadosDoVinculo;

impl PartialSchema for DadosDoVinculo {
    fn schema() -> RefOr<Schema> {
        let empty = ObjectBuilder::new().max_properties(Some(0)).title(Some("Sem dados"));
        AnyOfBuilder::new()
            .item(Ref::from_schema_name(NovoAdolescente::name()))
            .item(empty)
            .description(Some("Com que cadastrar o adolescente, se ainda não for conhecido."))
            .into()
    }
}

impl ToSchema for DadosDoVinculo {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((NovoAdolescente::name().into(), NovoAdolescente::schema()));
        NovoAdolescente::schemas(schemas);
    }
}
