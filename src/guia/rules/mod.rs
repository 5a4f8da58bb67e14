//! The rules on guias (b.4, R26). They are pure functions: each takes everything that it needs as
//! an argument. This file holds the rules on the objects that a guia refers to. The rules on its
//! own fields are in `fields.rs`.

mod fields;

pub use fields::*;

use super::{EmitirGuia, Guia, NumeroDaGuia, SituacaoGuia, TipoGuia};
use crate::adolescente::AdolescenteId;
use crate::error::{CodigoErro, Refusal};
use crate::processo::rules::r1_r4_processo_do_numero;
use crate::processo::{NumeroProcesso, Processo, ProcessoId, TipoProcesso};
use crate::value::field::items;
use crate::value::rules::RuleSwitches;
use chrono::NaiveDate;
use std::borrow::Cow;

/// The facts from the database that the rules need.
#[derive(Debug, Default)]
pub struct Facts {
    /// The adolescente, if the tribunal has registered them.
    pub adolescente: Option<AdolescenteId>,
    /// The apuração that the command names, if the tribunal has it.
    pub apuracao: Option<Processo>,
    /// The execução that the command names, if the tribunal has it.
    pub execucao: Option<Processo>,
    /// Those of the two processos with which the adolescente has, or had, a vínculo.
    pub vinculados: Vec<ProcessoId>,
    /// The guias to unify that the tribunal has, locked until the transaction ends.
    pub definitivas: Vec<Guia>,
}

/// Applies every rule, so that one answer holds all refusals.
pub fn emissao(
    command: &EmitirGuia,
    facts: &Facts,
    today: NaiveDate,
    rules: RuleSwitches,
) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    refusals.extend(b4_obrigatorios(command));
    refusals.extend(b4_textos(command));
    refusals.extend(b4_codigos_tpu(command));
    refusals.extend(r23_responsaveis(command));
    refusals.extend(b4_datas(command, today));
    refusals.extend(b4_internacao(command));
    refusals.extend(r26_prazo(command));
    refusals.extend(b4_documentos(command));
    refusals.extend(r1_adolescente(command, facts));
    refusals.extend(b4_processos(command, facts, rules));
    refusals.extend(b4_definitivas(command, facts));
    refusals
}

/// R1: the adolescente belongs to the tribunal. An adolescente of another tribunal gets the same answer
/// as one that does not exist.
pub fn r1_adolescente(command: &EmitirGuia, facts: &Facts) -> Option<Refusal> {
    let identificador = command.adolescente.as_ref()?;
    facts.adolescente.is_none().then(|| {
        let message = format!("Adolescente não encontrado: {identificador}");
        Refusal::new(CodigoErro::AdolescenteNaoEncontrado, "R1", message)
            .at(["adolescente"])
            .hint("cadastre o adolescente antes")
            .in_body()
    })
}

/// b.4: each processo exists in the tribunal (R1) and is of the right tipo, and the adolescente
/// has, or had, a vínculo with it.
pub fn b4_processos(command: &EmitirGuia, facts: &Facts, rules: RuleSwitches) -> Vec<Refusal> {
    let details = &command.propria;
    let requests = [
        ("apuracao", &details.apuracao, &facts.apuracao, TipoProcesso::Apuracao),
        ("execucao", &details.execucao, &facts.execucao, TipoProcesso::Execucao),
    ];
    let evaluate =
        |(field, numero, found, tipo): (_, &Option<NumeroProcesso>, &Option<Processo>, _)| {
            let numero = numero.as_ref()?;
            let refusal = match found {
                None => r1_r4_processo_do_numero(numero, rules),
                Some(processo) if processo.tipo != tipo => {
                    let message = match tipo {
                        TipoProcesso::Apuracao => "Processo não é de apuração de ato infracional",
                        TipoProcesso::Execucao => "Processo não é de execução de medidas",
                    };
                    Refusal::new(CodigoErro::TipoDeProcessoIncompativel, "b.4", message)
                        .hint("informe o número de um processo do outro tipo")
                }
                Some(processo)
                    if facts.adolescente.is_some() && !facts.vinculados.contains(&processo.id) =>
                {
                    let message = "o adolescente não tem vínculo com o processo";
                    Refusal::new(CodigoErro::VinculoNaoEncontrado, "b.4", message)
                        .hint("vincule o adolescente ao processo antes")
                }
                Some(_) => return None,
            };
            Some(refusal.in_body().at(["especie", especie(command.tipo), field]))
        };
    requests.into_iter().filter_map(evaluate).collect()
}

/// b.4: a unificadora unifies definitivas of the same adolescente that are in force, each once.
pub fn b4_definitivas(command: &EmitirGuia, facts: &Facts) -> Vec<Refusal> {
    let requested_guias = &command.propria.definitivas;
    let refuse = |(i, requested): (usize, &Option<NumeroDaGuia>)| {
        let numero = requested.as_ref()?;
        let invalid = |message| Refusal::new(CodigoErro::CampoInvalido, "b.4", message);
        let found = facts.definitivas.iter().find(|guia| guia.numero == *numero);
        let refusal = match found {
            _ if requested_guias[..i].contains(requested) => invalid("a guia se repete na lista"),
            None => Refusal::new(CodigoErro::NaoEncontrado, "R1", "Guia não encontrada").in_body(),
            Some(guia) if guia.tipo != TipoGuia::Definitiva => {
                invalid("só guias definitivas se unificam")
            }
            Some(guia) if Some(guia.adolescente_id) != facts.adolescente => {
                invalid("a guia é de outro adolescente")
            }
            Some(guia) if guia.situacao == SituacaoGuia::Baixada => {
                invalid("a guia já foi baixada")
            }
            Some(_) => return None,
        };
        Some(refusal.at(definitiva_path(i)))
    };
    items(requested_guias).iter().enumerate().filter_map(refuse).collect()
}

/// R1: the guia of a baixa must exist. An absent guia and one of another tribunal give the same
/// answer.
pub fn r1_guia_visivel() -> Refusal {
    Refusal::new(CodigoErro::NaoEncontrado, "R1", "Guia não encontrada")
        .at(["numero"])
        .hint("confira o número")
}

/// The field of the espécie in the input of the schema.
pub const fn especie(tipo: TipoGuia) -> &'static str {
    match tipo {
        TipoGuia::Provisoria => "provisoria",
        TipoGuia::Definitiva => "definitiva",
        TipoGuia::InternacaoSancao => "internacaoSancao",
        TipoGuia::Unificadora => "unificadora",
    }
}

/// The path of a field of an ato infracional in the input.
fn ato_path(i: usize, field: &'static str) -> [Cow<'static, str>; 3] {
    ["atosInfracionais".into(), i.to_string().into(), field.into()]
}

/// The path of a field of a document in the input.
fn documento_path(tipo: TipoGuia, i: usize, field: &'static str) -> [Cow<'static, str>; 5] {
    let (especie, i) = (especie(tipo), i.to_string());
    ["especie".into(), especie.into(), "documentos".into(), i.into(), field.into()]
}

/// The path of a guia to unify in the input.
pub fn definitiva_path(i: usize) -> [Cow<'static, str>; 4] {
    let especie = especie(TipoGuia::Unificadora);
    ["especie".into(), especie.into(), "definitivas".into(), i.to_string().into()]
}
