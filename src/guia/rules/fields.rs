//! What each field of an emission must be, whatever the database holds.

use super::{especie, no_ato, no_documento};
use crate::adolescente::rules::r23_cpf_valido;
use crate::error::{CodigoErro, Recusa};
use crate::guia::{EmitirGuia, TipoGuia};
use crate::value::field::{data_entre, desde_1900, itens, linhas, lista_longa, nome};
use chrono::{Months, NaiveDate};

const NOME_MAXIMO: usize = 200;
const TEXTO_MAXIMO: usize = 500;
const CODIGO_MAXIMO: usize = 10;
/// ECA 121, §3: three years.
const INTERNACAO_MAXIMA: Months = Months::new(36);
/// ECA 122, §1: three months.
const PRAZO_MAXIMO: i32 = 90;

/// The closed list of documents: those seen in the PSE, and those that the law
/// names (Lei 12.594/2012, arts. 39 and 40).
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

/// b.4: what no guia, and what no guia of its kind, can do without.
pub fn b4_obrigatorios(comando: &EmitirGuia) -> Vec<Recusa> {
    let (propria, especie) = (&comando.propria, especie(comando.tipo));
    let apuracao = ("apuracao", propria.apuracao.is_some());
    let execucao = ("execucao", propria.execucao.is_some());
    let sentenca = ("dataSentenca", propria.data_sentenca.is_some());
    let internacao = ("houveInternacao", propria.houve_internacao.is_some());
    let transito = ("dataTransitoJulgado", propria.data_transito_julgado.is_some());
    let decisao = ("dataDecisao", propria.data_decisao.is_some());
    let prazo = ("prazo", propria.prazo.is_some());
    let definitivas = ("definitivas", !propria.definitivas.is_empty());
    let da_especie = match comando.tipo {
        TipoGuia::Provisoria => vec![apuracao, sentenca, internacao],
        TipoGuia::Definitiva => vec![apuracao, sentenca, transito],
        TipoGuia::InternacaoSancao => vec![apuracao, execucao, decisao, prazo],
        TipoGuia::Unificadora => vec![execucao, decisao, definitivas],
    };
    let mut campos = vec![
        (vec!["adolescente"], comando.adolescente.is_some()),
        (vec!["magistrado", "cpf"], comando.magistrado.cpf.is_some()),
        (vec!["serventuario", "cpf"], comando.serventuario.cpf.is_some()),
        (vec!["serventuarioCargo"], comando.serventuario_cargo.is_some()),
        (vec!["codigoTpuMedida"], comando.codigo_tpu_medida.is_some()),
        (vec!["atosInfracionais"], !comando.atos.is_empty()),
    ];
    campos.extend(da_especie.into_iter().map(|(campo, ha)| (vec!["especie", especie, campo], ha)));

    let falta = || {
        Recusa::nova(CodigoErro::CampoObrigatorio, "b.4", "o campo é obrigatório")
            .oriente("preencha o campo")
    };
    let faltam = campos.into_iter().filter(|(_, ha)| !ha);
    let mut recusas: Vec<_> = faltam.map(|(campo, _)| falta().em(campo)).collect();
    for (i, ato) in itens(&comando.atos).iter().enumerate() {
        recusas.extend(ato.codigo_tpu.is_none().then(|| falta().em(no_ato(i, "codigoTpu"))));
    }
    recusas
}

/// b.4: TPU codes are digits.
pub fn b4_codigos_tpu(comando: &EmitirGuia) -> impl Iterator<Item = Recusa> {
    let errado = |codigo: &Option<String>| {
        let certo = |codigo: &String| {
            codigo.len() <= CODIGO_MAXIMO && codigo.bytes().all(|b| b.is_ascii_digit())
        };
        codigo.as_ref().is_some_and(|codigo| !certo(codigo))
    };
    let recusa = || {
        let mensagem = "o código TPU são só dígitos, no máximo 10";
        Recusa::nova(CodigoErro::CampoInvalido, "b.4", mensagem)
    };
    let medida = errado(&comando.codigo_tpu_medida).then(|| recusa().em(["codigoTpuMedida"]));
    let atos = itens(&comando.atos).iter().enumerate();
    let atos = atos.filter(move |(_, ato)| errado(&ato.codigo_tpu));
    medida.into_iter().chain(atos.map(move |(i, _)| recusa().em(no_ato(i, "codigoTpu"))))
}

/// R23: the CPFs of who answers for it.
pub fn r23_responsaveis(comando: &EmitirGuia) -> impl Iterator<Item = Recusa> {
    let magistrado = r23_cpf_valido(comando.magistrado.cpf.as_ref());
    let serventuario = r23_cpf_valido(comando.serventuario.cpf.as_ref());
    [
        magistrado.map(|r| r.em(["magistrado", "cpf"])),
        serventuario.map(|r| r.em(["serventuario", "cpf"])),
    ]
    .into_iter()
    .flatten()
}

/// b.4: what was decided was decided, and trânsito em julgado follows the sentence.
pub fn b4_datas(comando: &EmitirGuia, hoje: NaiveDate) -> Vec<Recusa> {
    let (propria, especie) = (&comando.propria, especie(comando.tipo));
    let possivel = |data| data_entre(data, desde_1900(), hoje, "b.4");
    let recusa = |mensagem: &'static str, campo| {
        let recusa = Recusa::nova(CodigoErro::CampoInvalido, "b.4", mensagem);
        recusa.em(["especie", especie, campo])
    };
    let mut recusas: Vec<_> = [
        ("dataSentenca", propria.data_sentenca),
        ("dataTransitoJulgado", propria.data_transito_julgado),
        ("dataInicioInternacao", propria.data_inicio_internacao),
        ("dataDecisao", propria.data_decisao),
    ]
    .into_iter()
    .filter_map(|(campo, data)| Some(possivel(data)?.em(["especie", especie, campo])))
    .collect();
    if propria.data_transito_julgado.zip(propria.data_sentenca).is_some_and(|(t, s)| t < s) {
        recusas.push(recusa("o trânsito em julgado é anterior à sentença", "dataTransitoJulgado"));
    }
    // The source compares the date of the act with nothing; what was done was done.
    for (i, ato) in itens(&comando.atos).iter().enumerate() {
        recusas.extend(possivel(ato.data_fato).map(|r| r.em(no_ato(i, "dataFato"))));
    }
    recusas
}

/// b.4: internment has its dates, in order; without it there are none.
pub fn b4_internacao(comando: &EmitirGuia) -> Vec<Recusa> {
    let propria = &comando.propria;
    let (inicio, fim) = (propria.data_inicio_internacao, propria.data_fim_internacao);
    let recusa = |codigo, mensagem: &'static str, campo| {
        let recusa = Recusa::nova(codigo, "b.4", mensagem);
        recusa.em(["especie", especie(comando.tipo), campo])
    };
    let falta = |campo| {
        recusa(CodigoErro::CampoObrigatorio, "houve internação: a data é obrigatória", campo)
    };
    let sobra =
        |campo| recusa(CodigoErro::CampoInvalido, "não houve internação: omita a data", campo);
    let mut recusas = Vec::new();
    match propria.houve_internacao {
        Some(true) => {
            recusas.extend(inicio.is_none().then(|| falta("dataInicioInternacao")));
            recusas.extend(fim.is_none().then(|| falta("dataFimInternacao")));
        }
        Some(false) => {
            recusas.extend(inicio.map(|_| sobra("dataInicioInternacao")));
            recusas.extend(fim.map(|_| sobra("dataFimInternacao")));
        }
        None => {}
    }
    if let Some(inicio) = inicio {
        let ultimo = inicio.checked_add_months(INTERNACAO_MAXIMA).unwrap_or(inicio);
        let recusa = data_entre(fim, inicio, ultimo, "b.4");
        let campo = ["especie", especie(comando.tipo), "dataFimInternacao"];
        recusas.extend(recusa.map(|r| r.em(campo)));
    }
    recusas
}

/// R26: an internação-sanção lasts three months at most (ECA 122, §1).
pub fn r26_prazo(comando: &EmitirGuia) -> Option<Recusa> {
    (!(1..=PRAZO_MAXIMO).contains(&comando.propria.prazo?)).then(|| {
        let mensagem = "o prazo da internação-sanção vai de 1 a 90 dias";
        let recusa = Recusa::nova(CodigoErro::CampoInvalido, "R26", mensagem);
        recusa.em(["especie", especie(comando.tipo), "prazo"])
    })
}

/// b.4: documents are of a closed list.
pub fn b4_documentos(comando: &EmitirGuia) -> impl Iterator<Item = Recusa> {
    let documentos = itens(&comando.propria.documentos).iter().enumerate();
    documentos.filter_map(|(i, documento)| {
        let recusa = match documento.tipo.as_deref() {
            None => Recusa::nova(CodigoErro::CampoObrigatorio, "b.4", "o campo é obrigatório"),
            Some(tipo) if DOCUMENTOS.contains(&tipo) => return None,
            Some(_) => {
                let mensagem = "o tipo de documento não é dos que instruem uma guia";
                Recusa::nova(CodigoErro::CampoInvalido, "b.4", mensagem)
                    .oriente(format!("use um de: {}", DOCUMENTOS.join("; ")))
            }
        };
        Some(recusa.em(no_documento(comando.tipo, i, "tipoDocumento")))
    })
}

/// b.4: texts have a length, and lists a size.
pub fn b4_textos(comando: &EmitirGuia) -> Vec<Recusa> {
    let (propria, especie) = (&comando.propria, especie(comando.tipo));
    let curto = |valor: &Option<String>| nome(valor.as_deref(), NOME_MAXIMO);
    let longo = |valor: &Option<String>| linhas(valor.as_deref(), TEXTO_MAXIMO);
    let mut recusas = Vec::new();
    recusas.extend(curto(&comando.magistrado.nome).map(|r| r.em(["magistrado", "nome"])));
    recusas.extend(curto(&comando.serventuario.nome).map(|r| r.em(["serventuario", "nome"])));
    recusas.extend(curto(&comando.serventuario_cargo).map(|r| r.em(["serventuarioCargo"])));
    recusas.extend(
        longo(&propria.medida_resultante).map(|r| r.em(["especie", especie, "medidaResultante"])),
    );
    for (i, ato) in itens(&comando.atos).iter().enumerate() {
        recusas.extend(longo(&ato.descricao).map(|r| r.em(no_ato(i, "descricao"))));
        recusas.extend(longo(&ato.local_fato).map(|r| r.em(no_ato(i, "localFato"))));
    }
    for (i, documento) in itens(&propria.documentos).iter().enumerate() {
        let autos = curto(&documento.identificador_autos);
        recusas.extend(autos.map(|r| r.em(no_documento(comando.tipo, i, "identificadorDocAutos"))));
    }
    recusas.extend(lista_longa(&comando.atos).map(|r| r.em(["atosInfracionais"])));
    for (campo, longa) in [
        ("definitivas", lista_longa(&propria.definitivas)),
        ("documentos", lista_longa(&propria.documentos)),
    ] {
        recusas.extend(longa.map(|r| r.em(["especie", especie, campo])));
    }
    recusas
}
