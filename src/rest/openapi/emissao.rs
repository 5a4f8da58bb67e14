//! Schemas of the bodies that issue guias: the common fields, and those of each tipo.

use super::texts::{CodigoTpu, Cpf, Data, Descricao, Identificador, Nome, NumeroCnj, NumeroDaGuia};
use super::words::{OrigemGuia, SimOuNao, TipoDocumento};
use serde_json::{Value, json};
use utoipa::openapi::schema::{AllOfBuilder, AnyOfBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// O que toda guia tem.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct NovaGuia {
    /// Um adolescente do tribunal.
    identificador_adolescente: Identificador,
    origem_guia: Option<OrigemGuia>,
    magistrado: Option<Nome>,
    #[schema(rename = "magistradoCPF")]
    magistrado_cpf: Cpf,
    serventuario: Option<Nome>,
    #[schema(rename = "serventuarioCPF")]
    serventuario_cpf: Cpf,
    serventuario_cargo: Nome,
    codigo_tpu_medida: CodigoTpu,
    #[schema(min_items = 1, max_items = 100)]
    atos_infracionais: Vec<NovoAto>,
}

/// Um ato infracional.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct NovoAto {
    codigo_tpu: CodigoTpu,
    descricao: Option<Descricao>,
    local_fato: Option<Descricao>,
    data_fato: Option<Data>,
}

/// Um documento que acompanha a guia.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct NovoDocumento {
    tipo_documento: TipoDocumento,
    identificador_doc_autos: Option<Nome>,
}

/// O que é próprio da guia provisória.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct PropriosDaProvisoria {
    /// Uma apuração a que o adolescente tem ou teve vínculo.
    numero_processo_conhecimento: NumeroCnj,
    data_sentenca: Data,
    /// Se sim, as duas datas são obrigatórias; se não, têm de faltar.
    houve_internacao: SimOuNao,
    data_inicio_internacao: Option<Data>,
    data_fim_internacao: Option<Data>,
    #[schema(max_items = 100)]
    documentos_instruir_guia: Option<Vec<NovoDocumento>>,
}

/// O que é próprio da guia definitiva.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct PropriosDaDefinitiva {
    /// Uma apuração a que o adolescente tem ou teve vínculo.
    numero_processo_conhecimento: NumeroCnj,
    data_sentenca: Data,
    /// Não é anterior à sentença.
    data_transito_julgado: Data,
    #[schema(max_items = 100)]
    documentos_instruir_guia: Option<Vec<NovoDocumento>>,
}

/// O que é próprio da guia de internação-sanção.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct PropriosDaInternacaoSancao {
    /// Uma apuração a que o adolescente tem ou teve vínculo.
    numero_processo_conhecimento: NumeroCnj,
    /// Uma execução a que o adolescente tem ou teve vínculo.
    numero_processo_execucao: NumeroCnj,
    data_decisao_internacao_sancao: Data,
    prazo: Prazo,
}

/// O que é próprio da guia unificadora.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct PropriosDaUnificadora {
    /// Uma execução a que o adolescente tem ou teve vínculo.
    numero_processo_execucao: NumeroCnj,
    /// Escrito assim no sistema de origem.
    data_decisao_unifcacao_de_medidas: Data,
    medida_resultante_unificacao: Option<Descricao>,
    /// Guias definitivas do adolescente, ainda em vigor; são baixadas.
    #[schema(min_items = 1, max_items = 100)]
    lista_numero_da_guia_definitiva: Vec<NumeroDaGuia>,
}

/// A number of days, or a text with its digits.
pub struct Prazo;

impl PartialSchema for Prazo {
    fn schema() -> RefOr<Schema> {
        let number =
            ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(90));
        let text =
            ObjectBuilder::new().schema_type(Type::String).pattern(Some("^([1-9]|[1-8][0-9]|90)$"));
        AnyOfBuilder::new()
            .item(number)
            .item(text)
            .description(Some("Dias, de 1 a 90 (ECA, art. 122, §1º), como número ou como texto."))
            .examples([50])
            .into()
    }
}

impl ToSchema for Prazo {}

macro_rules! guias {
    ($($nome:ident = $schema:ident, $description:literal, $example:tt;)+) => { $(
        pub struct $nome;

        impl PartialSchema for $nome {
            fn schema() -> RefOr<Schema> {
                let reference = Ref::from_schema_name($schema::name());
                guia(reference, $description, json!($example))
            }
        }

        impl ToSchema for $nome {
            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                schemas.push((NovaGuia::name().into(), NovaGuia::schema()));
                schemas.push(($schema::name().into(), $schema::schema()));
                NovaGuia::schemas(schemas);
                $schema::schemas(schemas);
            }
        }
    )+ };
}

guias! {
    NovaGuiaProvisoria = PropriosDaProvisoria, "Uma guia provisória a emitir.", {
        "numeroProcessoConhecimento": "8000096-72.2022.8.20.0001", "dataSentenca": "10/01/2025",
        "houveInternacao": "Sim", "dataInicioInternacao": "11/01/2025",
        "dataFimInternacao": "11/02/2025",
        "documentosInstruirGuia": [
            { "tipoDocumento": "Cópia da representação", "identificadorDocAutos": "123" },
        ],
    };
    NovaGuiaDefinitiva = PropriosDaDefinitiva, "Uma guia definitiva a emitir.", {
        "numeroProcessoConhecimento": "8000096-72.2022.8.20.0001", "dataSentenca": "10/01/2025",
        "dataTransitoJulgado": "10/02/2025",
    };
    NovaGuiaDeInternacaoSancao = PropriosDaInternacaoSancao,
        "Uma guia de internação-sanção a emitir.", {
        "numeroProcessoConhecimento": "8000096-72.2022.8.20.0001",
        "numeroProcessoExecucao": "8000099-22.2025.8.20.0001",
        "dataDecisaoInternacaoSancao": "10/03/2025", "prazo": 50,
    };
    NovaGuiaUnificadora = PropriosDaUnificadora, "Uma guia unificadora a emitir.", {
        "numeroProcessoExecucao": "8000099-22.2025.8.20.0001",
        "dataDecisaoUnifcacaoDeMedidas": "10/04/2025",
        "medidaResultanteUnificacao": "Liberdade assistida",
        "listaNumeroDaGuiaDefinitiva": ["202501010059"],
    };
}

fn guia(reference: Ref, description: &str, own_fields: Value) -> RefOr<Schema> {
    let mut example = json!({
        "identificadorAdolescente": "202500000058", "origemGuia": "SENTENCA_CONDENATORIA",
        "magistrado": "Magistrada Fictícia", "magistradoCPF": "52998224725",
        "serventuarioCPF": "52998224725", "serventuarioCargo": "Diretor de secretaria",
        "codigoTpuMedida": "11386",
        "atosInfracionais": [{ "codigoTpu": "3426", "dataFato": "01/12/2024" }],
    });
    if let (Some(common), Value::Object(own_fields)) = (example.as_object_mut(), own_fields) {
        common.extend(own_fields);
    }
    AllOfBuilder::new()
        .item(Ref::from_schema_name(NovaGuia::name()))
        .item(reference)
        .description(Some(description))
        .examples([example])
        .into()
}
