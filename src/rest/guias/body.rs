//! The body of an emission, and the words of its fields.

use super::super::json_fields::{Campo, Corpo};
use crate::guia::{EmitirGuia, NovoAto, NovoDocumento, OrigemGuia, PropriaDaEspecie, TipoGuia};
use crate::processo::Responsavel;

/// The name that a field of the command has in the body.
pub fn nome_do_campo(campo: &[&str]) -> String {
    match campo {
        ["numero"] => "numeroGuia".into(),
        ["versaoEsperada"] => "If-Match".into(),
        ["chaveIdempotencia"] => "Idempotency-Key".into(),
        ["adolescente"] => "identificadorAdolescente".into(),
        ["origem"] => "origemGuia".into(),
        [pessoa @ ("magistrado" | "serventuario"), "cpf"] => format!("{pessoa}CPF"),
        [pessoa @ ("magistrado" | "serventuario"), "nome"] => (*pessoa).into(),
        ["atosInfracionais", i] => format!("atosInfracionais[{i}]"),
        ["especie", _, "documentos", i] => format!("documentosInstruirGuia[{i}]"),
        ["atosInfracionais", i, resto] => format!("atosInfracionais[{i}].{resto}"),
        ["especie", _, "documentos", i, resto] => format!("documentosInstruirGuia[{i}].{resto}"),
        ["especie", _, "documentos"] => "documentosInstruirGuia".into(),
        ["especie", _, "definitivas", i] => format!("listaNumeroDaGuiaDefinitiva[{i}]"),
        ["especie", _, "definitivas"] => "listaNumeroDaGuiaDefinitiva".into(),
        ["especie", _, "apuracao"] => "numeroProcessoConhecimento".into(),
        ["especie", _, "execucao"] => "numeroProcessoExecucao".into(),
        ["especie", "internacaoSancao", "dataDecisao"] => "dataDecisaoInternacaoSancao".into(),
        ["especie", "unificadora", "dataDecisao"] => "dataDecisaoUnifcacaoDeMedidas".into(),
        ["especie", _, "medidaResultante"] => "medidaResultanteUnificacao".into(),
        ["especie", _, resto] => (*resto).into(),
        outro => outro.join("."),
    }
}

/// An emission, as its body asks for it.
pub fn comando(tipo: TipoGuia, corpo: &mut Corpo) -> EmitirGuia {
    let origens = OrigemGuia::TODOS;
    EmitirGuia {
        tipo,
        adolescente: corpo.forma("identificadorAdolescente", &["adolescente"]),
        origem: corpo.palavra("origemGuia", &["origem"], origens, OrigemGuia::texto),
        magistrado: Responsavel {
            nome: corpo.texto("magistrado", &["magistrado", "nome"]),
            cpf: corpo.forma("magistradoCPF", &["magistrado", "cpf"]),
        },
        serventuario: Responsavel {
            nome: corpo.texto("serventuario", &["serventuario", "nome"]),
            cpf: corpo.forma("serventuarioCPF", &["serventuario", "cpf"]),
        },
        serventuario_cargo: corpo.texto("serventuarioCargo", &["serventuarioCargo"]),
        codigo_tpu_medida: corpo.texto("codigoTpuMedida", &["codigoTpuMedida"]),
        atos: corpo.itens("atosInfracionais", &["atosInfracionais"], |ato| NovoAto {
            codigo_tpu: ato.texto("codigoTpu", &["codigoTpu"]),
            descricao: ato.texto("descricao", &["descricao"]),
            local_fato: ato.texto("localFato", &["localFato"]),
            data_fato: ato.data("dataFato", &["dataFato"]),
        }),
        propria: propria(tipo, corpo),
        malformados: Vec::new(),
    }
}

/// What the kind has of its own; a field of another kind is unknown here.
fn propria(tipo: TipoGuia, corpo: &mut Corpo) -> PropriaDaEspecie {
    let vazia = PropriaDaEspecie::default();
    match tipo {
        TipoGuia::Provisoria => {
            const E: &str = "provisoria";
            PropriaDaEspecie {
                apuracao: corpo.forma("numeroProcessoConhecimento", &["especie", E, "apuracao"]),
                data_sentenca: corpo.data("dataSentenca", &["especie", E, "dataSentenca"]),
                houve_internacao: corpo
                    .sim_ou_nao("houveInternacao", &["especie", E, "houveInternacao"]),
                data_inicio_internacao: corpo
                    .data("dataInicioInternacao", &["especie", E, "dataInicioInternacao"]),
                data_fim_internacao: corpo
                    .data("dataFimInternacao", &["especie", E, "dataFimInternacao"]),
                documentos: documentos(corpo, &["especie", E, "documentos"]),
                ..vazia
            }
        }
        TipoGuia::Definitiva => {
            const E: &str = "definitiva";
            PropriaDaEspecie {
                apuracao: corpo.forma("numeroProcessoConhecimento", &["especie", E, "apuracao"]),
                data_sentenca: corpo.data("dataSentenca", &["especie", E, "dataSentenca"]),
                data_transito_julgado: corpo
                    .data("dataTransitoJulgado", &["especie", E, "dataTransitoJulgado"]),
                documentos: documentos(corpo, &["especie", E, "documentos"]),
                ..vazia
            }
        }
        TipoGuia::InternacaoSancao => {
            const E: &str = "internacaoSancao";
            PropriaDaEspecie {
                apuracao: corpo.forma("numeroProcessoConhecimento", &["especie", E, "apuracao"]),
                execucao: corpo.forma("numeroProcessoExecucao", &["especie", E, "execucao"]),
                data_decisao: corpo
                    .data("dataDecisaoInternacaoSancao", &["especie", E, "dataDecisao"]),
                prazo: corpo.inteiro_ou_texto("prazo", &["especie", E, "prazo"]),
                ..vazia
            }
        }
        TipoGuia::Unificadora => {
            const E: &str = "unificadora";
            let decisao = &["especie", E, "dataDecisao"];
            PropriaDaEspecie {
                execucao: corpo.forma("numeroProcessoExecucao", &["especie", E, "execucao"]),
                data_decisao: corpo.data("dataDecisaoUnifcacaoDeMedidas", decisao),
                medida_resultante: corpo
                    .texto("medidaResultanteUnificacao", &["especie", E, "medidaResultante"]),
                definitivas: corpo
                    .lista("listaNumeroDaGuiaDefinitiva", &["especie", E, "definitivas"]),
                ..vazia
            }
        }
    }
}

fn documentos(corpo: &mut Corpo, campo: Campo) -> Vec<NovoDocumento> {
    corpo.itens("documentosInstruirGuia", campo, |documento| NovoDocumento {
        tipo: documento.texto("tipoDocumento", &["tipoDocumento"]),
        identificador_autos: documento.texto("identificadorDocAutos", &["identificadorDocAutos"]),
    })
}
