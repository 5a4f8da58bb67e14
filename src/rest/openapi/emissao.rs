//! Schemas of the bodies that issue guias: each joins the fields of every guia and those of its tipo.

use super::super::guias::body::{
    NovaGuia, PropriosDaDefinitiva, PropriosDaInternacaoSancao, PropriosDaProvisoria,
    PropriosDaUnificadora,
};
use serde_json::{Value, json};
use utoipa::openapi::schema::{AllOfBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

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
        "listaNumeroDaGuiaDefinitiva": ["202103260002"],
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
