//! Checks of the fields of an emission that do not depend on the database.

use super::{ato_path, documento_path, especie};
use crate::adolescente::rules::r23_cpf_valido;
use crate::error::{CodigoErro, Refusal};
use crate::guia::{EmitirGuia, TipoGuia};
use crate::value::field::{
    check_name, date_between, items, list_too_long, multiline_text, since_1900,
};
use chrono::{Months, NaiveDate};

const MAX_NOME: usize = 200;
const MAX_TEXT: usize = 500;
const MAX_CODIGO_LEN: usize = 10;
/// The longest internação: three years (ECA, art. 121, §3).
const MAX_INTERNACAO: Months = Months::new(36);
/// The longest internação-sanção, in days: three months (ECA, art. 122, §1).
const MAX_PRAZO: i32 = 90;

/// The closed list of documents: those found in the PSE, and those that the law names (Lei
/// 12.594/2012, arts. 39 and 40).
pub const DOCUMENTOS: [&str; 8] = [
    "CPF",
    "RG",
    "Certidão de nascimento",
    "Cópia da representação",
    "Cópia do termo que propõe a remissão",
    "Cópia da certidão de antecedentes",
    "Cópia da sentença ou acórdão",
    "Cópia de estudos técnicos realizados durante a fase de conhecimento",
];

/// b.4: the fields that every guia, and every guia of this espécie, must have.
pub fn b4_obrigatorios(command: &EmitirGuia) -> Vec<Refusal> {
    let (details, especie) = (&command.propria, especie(command.tipo));
    let apuracao = ("apuracao", details.apuracao.is_some());
    let execucao = ("execucao", details.execucao.is_some());
    let sentenca = ("dataSentenca", details.data_sentenca.is_some());
    let internacao = ("houveInternacao", details.houve_internacao.is_some());
    let transito = ("dataTransitoJulgado", details.data_transito_julgado.is_some());
    let decisao = ("dataDecisao", details.data_decisao.is_some());
    let prazo = ("prazo", details.prazo.is_some());
    let definitivas = ("definitivas", !details.definitivas.is_empty());
    let of_especie = match command.tipo {
        TipoGuia::Provisoria => vec![apuracao, sentenca, internacao],
        TipoGuia::Definitiva => vec![apuracao, sentenca, transito],
        TipoGuia::InternacaoSancao => vec![apuracao, execucao, decisao, prazo],
        TipoGuia::Unificadora => vec![execucao, decisao, definitivas],
    };
    let mut fields = vec![
        (vec!["adolescente"], command.adolescente.is_some()),
        (vec!["magistrado", "cpf"], command.magistrado.cpf.is_some()),
        (vec!["serventuario", "cpf"], command.serventuario.cpf.is_some()),
        (vec!["serventuarioCargo"], command.serventuario_cargo.is_some()),
        (vec!["codigoTpuMedida"], command.codigo_tpu_medida.is_some()),
        (vec!["atosInfracionais"], !command.atos.is_empty()),
    ];
    fields.extend(
        of_especie.into_iter().map(|(field, present)| (vec!["especie", especie, field], present)),
    );

    let required = || {
        Refusal::new(CodigoErro::CampoObrigatorio, "b.4", "o campo é obrigatório")
            .hint("preencha o campo")
    };
    let missing = fields.into_iter().filter(|(_, present)| !present);
    let mut refusals: Vec<_> = missing.map(|(field, _)| required().at(field)).collect();
    for (i, ato) in items(&command.atos).iter().enumerate() {
        refusals.extend(ato.codigo_tpu.is_none().then(|| required().at(ato_path(i, "codigoTpu"))));
    }
    refusals
}

/// b.4: TPU codes consist of digits, at most 10.
pub fn b4_codigos_tpu(command: &EmitirGuia) -> impl Iterator<Item = Refusal> {
    let wrong = |code: &Option<String>| {
        let valid = |code: &String| {
            code.len() <= MAX_CODIGO_LEN && code.bytes().all(|b| b.is_ascii_digit())
        };
        code.as_ref().is_some_and(|code| !valid(code))
    };
    let refusal = || {
        let message = "o código TPU são só dígitos, no máximo 10";
        Refusal::new(CodigoErro::CampoInvalido, "b.4", message)
    };
    let medida = wrong(&command.codigo_tpu_medida).then(|| refusal().at(["codigoTpuMedida"]));
    let atos = items(&command.atos).iter().enumerate();
    let atos = atos.filter(move |(_, ato)| wrong(&ato.codigo_tpu));
    medida.into_iter().chain(atos.map(move |(i, _)| refusal().at(ato_path(i, "codigoTpu"))))
}

/// R23: the CPFs of the magistrado and the serventuário are valid.
pub fn r23_responsaveis(command: &EmitirGuia) -> impl Iterator<Item = Refusal> {
    let magistrado = r23_cpf_valido(command.magistrado.cpf.as_ref());
    let serventuario = r23_cpf_valido(command.serventuario.cpf.as_ref());
    [
        magistrado.map(|r| r.at(["magistrado", "cpf"])),
        serventuario.map(|r| r.at(["serventuario", "cpf"])),
    ]
    .into_iter()
    .flatten()
}

/// b.4: the dates lie between 1900 and today, and the trânsito em julgado is not before the
/// sentence. [`b4_internacao`] checks the end of an internação, which may lie in the future.
pub fn b4_datas(command: &EmitirGuia, today: NaiveDate) -> Vec<Refusal> {
    let (details, especie) = (&command.propria, especie(command.tipo));
    let plausible = |date| date_between(date, since_1900(), today, "b.4");
    let refusal = |message: &'static str, field| {
        let refusal = Refusal::new(CodigoErro::CampoInvalido, "b.4", message);
        refusal.at(["especie", especie, field])
    };
    let mut refusals: Vec<_> = [
        ("dataSentenca", details.data_sentenca),
        ("dataTransitoJulgado", details.data_transito_julgado),
        ("dataInicioInternacao", details.data_inicio_internacao),
        ("dataDecisao", details.data_decisao),
    ]
    .into_iter()
    .filter_map(|(field, date)| Some(plausible(date)?.at(["especie", especie, field])))
    .collect();
    if details.data_transito_julgado.zip(details.data_sentenca).is_some_and(|(t, s)| t < s) {
        refusals
            .push(refusal("o trânsito em julgado é anterior à sentença", "dataTransitoJulgado"));
    }
    // The source compares the date of the ato with no other date.
    for (i, ato) in items(&command.atos).iter().enumerate() {
        refusals.extend(plausible(ato.data_fato).map(|r| r.at(ato_path(i, "dataFato"))));
    }
    refusals
}

/// b.4: an internação has both dates, in order, and at most three years apart. Without internação
/// there are no dates.
pub fn b4_internacao(command: &EmitirGuia) -> Vec<Refusal> {
    let details = &command.propria;
    let (start, end) = (details.data_inicio_internacao, details.data_fim_internacao);
    let refusal = |code, message: &'static str, field| {
        let refusal = Refusal::new(code, "b.4", message);
        refusal.at(["especie", especie(command.tipo), field])
    };
    let required = |field| {
        refusal(CodigoErro::CampoObrigatorio, "houve internação: a data é obrigatória", field)
    };
    let superfluous =
        |field| refusal(CodigoErro::CampoInvalido, "não houve internação: omita a data", field);
    let mut refusals = Vec::new();
    match details.houve_internacao {
        Some(true) => {
            refusals.extend(start.is_none().then(|| required("dataInicioInternacao")));
            refusals.extend(end.is_none().then(|| required("dataFimInternacao")));
        }
        Some(false) => {
            refusals.extend(start.map(|_| superfluous("dataInicioInternacao")));
            refusals.extend(end.map(|_| superfluous("dataFimInternacao")));
        }
        None => {}
    }
    if let Some(start) = start {
        let last = start.checked_add_months(MAX_INTERNACAO).unwrap_or(start);
        let refusal = date_between(end, start, last, "b.4");
        let field = ["especie", especie(command.tipo), "dataFimInternacao"];
        refusals.extend(refusal.map(|r| r.at(field)));
    }
    refusals
}

/// R26: an internação-sanção lasts at most three months (ECA 122, §1).
pub fn r26_prazo(command: &EmitirGuia) -> Option<Refusal> {
    (!(1..=MAX_PRAZO).contains(&command.propria.prazo?)).then(|| {
        let message = "o prazo da internação-sanção vai de 1 a 90 dias";
        let refusal = Refusal::new(CodigoErro::CampoInvalido, "R26", message);
        refusal.at(["especie", especie(command.tipo), "prazo"])
    })
}

/// b.4: each document has a type, which is one of a closed list.
pub fn b4_documentos(command: &EmitirGuia) -> impl Iterator<Item = Refusal> {
    let documentos = items(&command.propria.documentos).iter().enumerate();
    documentos.filter_map(|(i, documento)| {
        let refusal = match documento.tipo.as_deref() {
            None => Refusal::new(CodigoErro::CampoObrigatorio, "b.4", "o campo é obrigatório"),
            Some(tipo) if DOCUMENTOS.contains(&tipo) => return None,
            Some(_) => {
                let message = "o tipo de documento não é dos que instruem uma guia";
                Refusal::new(CodigoErro::CampoInvalido, "b.4", message)
                    .hint(format!("use um de: {}", DOCUMENTOS.join("; ")))
            }
        };
        Some(refusal.at(documento_path(command.tipo, i, "tipoDocumento")))
    })
}

/// b.4: texts and lists have a maximum length. Texts have no control characters, except line breaks
/// and tabs in the long ones; names have no invisible characters either.
pub fn b4_textos(command: &EmitirGuia) -> Vec<Refusal> {
    let (details, especie) = (&command.propria, especie(command.tipo));
    let short = |value: &Option<String>| check_name(value.as_deref(), MAX_NOME);
    let long = |value: &Option<String>| multiline_text(value.as_deref(), MAX_TEXT);
    let mut refusals = Vec::new();
    refusals.extend(short(&command.magistrado.nome).map(|r| r.at(["magistrado", "nome"])));
    refusals.extend(short(&command.serventuario.nome).map(|r| r.at(["serventuario", "nome"])));
    refusals.extend(short(&command.serventuario_cargo).map(|r| r.at(["serventuarioCargo"])));
    refusals.extend(
        long(&details.medida_resultante).map(|r| r.at(["especie", especie, "medidaResultante"])),
    );
    for (i, ato) in items(&command.atos).iter().enumerate() {
        refusals.extend(long(&ato.descricao).map(|r| r.at(ato_path(i, "descricao"))));
        refusals.extend(long(&ato.local_fato).map(|r| r.at(ato_path(i, "localFato"))));
    }
    for (i, documento) in items(&details.documentos).iter().enumerate() {
        let autos = short(&documento.identificador_autos);
        refusals
            .extend(autos.map(|r| r.at(documento_path(command.tipo, i, "identificadorDocAutos"))));
    }
    refusals.extend(list_too_long(&command.atos).map(|r| r.at(["atosInfracionais"])));
    for (field, too_long) in [
        ("definitivas", list_too_long(&details.definitivas)),
        ("documentos", list_too_long(&details.documentos)),
    ] {
        refusals.extend(too_long.map(|r| r.at(["especie", especie, field])));
    }
    refusals
}
