//! The body that issues a guia, and the names of its fields.

use super::super::json_fields::{FieldPath, JsonBody};
use crate::guia::{EmitirGuia, EspecieDetails, NewAto, NewDocumento, OrigemGuia, TipoGuia};
use crate::processo::Responsavel;

/// Maps a field of a command to its name in the body.
pub fn field_name(field: &[&str]) -> String {
    match field {
        ["numero"] => "numeroGuia".into(),
        ["versaoEsperada"] => "If-Match".into(),
        ["chaveIdempotencia"] => "Idempotency-Key".into(),
        ["adolescente"] => "identificadorAdolescente".into(),
        ["origem"] => "origemGuia".into(),
        [person @ ("magistrado" | "serventuario"), "cpf"] => format!("{person}CPF"),
        [person @ ("magistrado" | "serventuario"), "nome"] => (*person).into(),
        ["atosInfracionais", i] => format!("atosInfracionais[{i}]"),
        ["especie", _, "documentos", i] => format!("documentosInstruirGuia[{i}]"),
        ["atosInfracionais", i, rest] => format!("atosInfracionais[{i}].{rest}"),
        ["especie", _, "documentos", i, rest] => format!("documentosInstruirGuia[{i}].{rest}"),
        ["especie", _, "documentos"] => "documentosInstruirGuia".into(),
        ["especie", _, "definitivas", i] => format!("listaNumeroDaGuiaDefinitiva[{i}]"),
        ["especie", _, "definitivas"] => "listaNumeroDaGuiaDefinitiva".into(),
        ["especie", _, "apuracao"] => "numeroProcessoConhecimento".into(),
        ["especie", _, "execucao"] => "numeroProcessoExecucao".into(),
        ["especie", "internacaoSancao", "dataDecisao"] => "dataDecisaoInternacaoSancao".into(),
        ["especie", "unificadora", "dataDecisao"] => "dataDecisaoUnifcacaoDeMedidas".into(),
        ["especie", _, "medidaResultante"] => "medidaResultanteUnificacao".into(),
        ["especie", _, rest] => (*rest).into(),
        other => other.join("."),
    }
}

/// Reads the body into a command.
pub fn command(tipo: TipoGuia, body: &mut JsonBody) -> EmitirGuia {
    let origins = OrigemGuia::ALL;
    EmitirGuia {
        tipo,
        adolescente: body.parse("identificadorAdolescente", &["adolescente"]),
        origem: body.word("origemGuia", &["origem"], origins, OrigemGuia::text),
        magistrado: Responsavel {
            nome: body.text("magistrado", &["magistrado", "nome"]),
            cpf: body.parse("magistradoCPF", &["magistrado", "cpf"]),
        },
        serventuario: Responsavel {
            nome: body.text("serventuario", &["serventuario", "nome"]),
            cpf: body.parse("serventuarioCPF", &["serventuario", "cpf"]),
        },
        serventuario_cargo: body.text("serventuarioCargo", &["serventuarioCargo"]),
        codigo_tpu_medida: body.text("codigoTpuMedida", &["codigoTpuMedida"]),
        atos: body.items("atosInfracionais", &["atosInfracionais"], |ato| NewAto {
            codigo_tpu: ato.text("codigoTpu", &["codigoTpu"]),
            descricao: ato.text("descricao", &["descricao"]),
            local_fato: ato.text("localFato", &["localFato"]),
            data_fato: ato.date("dataFato", &["dataFato"]),
        }),
        propria: details(tipo, body),
        malformed: Vec::new(),
    }
}

/// The fields of one tipo of guia. A field of another tipo counts as unknown.
fn details(tipo: TipoGuia, body: &mut JsonBody) -> EspecieDetails {
    let empty = EspecieDetails::default();
    match tipo {
        TipoGuia::Provisoria => {
            const E: &str = "provisoria";
            EspecieDetails {
                apuracao: body.parse("numeroProcessoConhecimento", &["especie", E, "apuracao"]),
                data_sentenca: body.date("dataSentenca", &["especie", E, "dataSentenca"]),
                houve_internacao: body
                    .yes_or_no("houveInternacao", &["especie", E, "houveInternacao"]),
                data_inicio_internacao: body
                    .date("dataInicioInternacao", &["especie", E, "dataInicioInternacao"]),
                data_fim_internacao: body
                    .date("dataFimInternacao", &["especie", E, "dataFimInternacao"]),
                documentos: documentos(body, &["especie", E, "documentos"]),
                ..empty
            }
        }
        TipoGuia::Definitiva => {
            const E: &str = "definitiva";
            EspecieDetails {
                apuracao: body.parse("numeroProcessoConhecimento", &["especie", E, "apuracao"]),
                data_sentenca: body.date("dataSentenca", &["especie", E, "dataSentenca"]),
                data_transito_julgado: body
                    .date("dataTransitoJulgado", &["especie", E, "dataTransitoJulgado"]),
                documentos: documentos(body, &["especie", E, "documentos"]),
                ..empty
            }
        }
        TipoGuia::InternacaoSancao => {
            const E: &str = "internacaoSancao";
            EspecieDetails {
                apuracao: body.parse("numeroProcessoConhecimento", &["especie", E, "apuracao"]),
                execucao: body.parse("numeroProcessoExecucao", &["especie", E, "execucao"]),
                data_decisao: body
                    .date("dataDecisaoInternacaoSancao", &["especie", E, "dataDecisao"]),
                prazo: body.integer_or_text("prazo", &["especie", E, "prazo"]),
                ..empty
            }
        }
        TipoGuia::Unificadora => {
            const E: &str = "unificadora";
            let decisao = &["especie", E, "dataDecisao"];
            EspecieDetails {
                execucao: body.parse("numeroProcessoExecucao", &["especie", E, "execucao"]),
                data_decisao: body.date("dataDecisaoUnifcacaoDeMedidas", decisao),
                medida_resultante: body
                    .text("medidaResultanteUnificacao", &["especie", E, "medidaResultante"]),
                definitivas: body
                    .list("listaNumeroDaGuiaDefinitiva", &["especie", E, "definitivas"]),
                ..empty
            }
        }
    }
}

fn documentos(body: &mut JsonBody, field: FieldPath) -> Vec<NewDocumento> {
    body.items("documentosInstruirGuia", field, |documento| NewDocumento {
        tipo: documento.text("tipoDocumento", &["tipoDocumento"]),
        identificador_autos: documento.text("identificadorDocAutos", &["identificadorDocAutos"]),
    })
}
