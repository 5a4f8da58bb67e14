//! The rules on guias (b.4, R26). Pure: what they need is an argument. Here, those
//! on what a guia is about; those on its own fields are in `campos.rs`.

mod fields;

pub use fields::*;

use super::{EmitirGuia, Guia, NumeroDaGuia, SituacaoGuia, TipoGuia};
use crate::adolescente::AdolescenteId;
use crate::error::{CodigoErro, Recusa};
use crate::processo::rules::r1_r4_processo_do_numero;
use crate::processo::{NumeroProcesso, Processo, ProcessoId, TipoProcesso};
use crate::value::field::itens;
use crate::value::regras::Regras;
use chrono::NaiveDate;
use std::borrow::Cow;

/// What the database knows that the rules ask for.
#[derive(Debug, Default)]
pub struct Fatos {
    /// The adolescente, if the tribunal knows them.
    pub adolescente: Option<AdolescenteId>,
    pub apuracao: Option<Processo>,
    pub execucao: Option<Processo>,
    /// To which of the two the adolescente has, or had, a link.
    pub vinculados: Vec<ProcessoId>,
    /// The guias to be unified that the tribunal has, held until the transaction ends.
    pub definitivas: Vec<Guia>,
}

/// Judges an emission by every rule that can be judged independently.
pub fn emissao(
    comando: &EmitirGuia,
    fatos: &Fatos,
    hoje: NaiveDate,
    regras: Regras,
) -> Vec<Recusa> {
    let mut recusas = Vec::new();
    recusas.extend(b4_obrigatorios(comando));
    recusas.extend(b4_textos(comando));
    recusas.extend(b4_codigos_tpu(comando));
    recusas.extend(r23_responsaveis(comando));
    recusas.extend(b4_datas(comando, hoje));
    recusas.extend(b4_internacao(comando));
    recusas.extend(r26_prazo(comando));
    recusas.extend(b4_documentos(comando));
    recusas.extend(r1_adolescente(comando, fatos));
    recusas.extend(b4_processos(comando, fatos, regras));
    recusas.extend(b4_definitivas(comando, fatos));
    recusas
}

/// The adolescente is one of the tribunal: absent and foreign are one answer (R1).
pub fn r1_adolescente(comando: &EmitirGuia, fatos: &Fatos) -> Option<Recusa> {
    let identificador = comando.adolescente.as_ref()?;
    fatos.adolescente.is_none().then(|| {
        let mensagem = format!("Adolescente não encontrado: {identificador}");
        Recusa::nova(CodigoErro::AdolescenteNaoEncontrado, "R1", mensagem)
            .em(["adolescente"])
            .oriente("cadastre o adolescente antes")
            .no_corpo()
    })
}

/// b.4: each processo is of its type, and the adolescente's, by a link of now or of before.
pub fn b4_processos(comando: &EmitirGuia, fatos: &Fatos, regras: Regras) -> Vec<Recusa> {
    let propria = &comando.propria;
    let pedidos = [
        ("apuracao", &propria.apuracao, &fatos.apuracao, TipoProcesso::Apuracao),
        ("execucao", &propria.execucao, &fatos.execucao, TipoProcesso::Execucao),
    ];
    let julgar =
        |(campo, numero, achado, tipo): (_, &Option<NumeroProcesso>, &Option<Processo>, _)| {
            let numero = numero.as_ref()?;
            let recusa = match achado {
                None => r1_r4_processo_do_numero(numero, regras),
                Some(processo) if processo.tipo != tipo => {
                    let mensagem = match tipo {
                        TipoProcesso::Apuracao => "Processo não é de apuração de ato infracional",
                        TipoProcesso::Execucao => "Processo não é de execução de medidas",
                    };
                    Recusa::nova(CodigoErro::TipoDeProcessoIncompativel, "b.4", mensagem)
                        .oriente("informe o número de um processo do outro tipo")
                }
                Some(processo)
                    if fatos.adolescente.is_some() && !fatos.vinculados.contains(&processo.id) =>
                {
                    let mensagem = "o adolescente não tem vínculo com o processo";
                    Recusa::nova(CodigoErro::VinculoNaoEncontrado, "b.4", mensagem)
                        .oriente("vincule o adolescente ao processo antes")
                }
                Some(_) => return None,
            };
            Some(recusa.no_corpo().em(["especie", especie(comando.tipo), campo]))
        };
    pedidos.into_iter().filter_map(julgar).collect()
}

/// b.4: what is unified are definitivas of the adolescente that are in force, each once.
pub fn b4_definitivas(comando: &EmitirGuia, fatos: &Fatos) -> Vec<Recusa> {
    let pedidas = &comando.propria.definitivas;
    let recusar = |(i, pedida): (usize, &Option<NumeroDaGuia>)| {
        let numero = pedida.as_ref()?;
        let invalida = |mensagem| Recusa::nova(CodigoErro::CampoInvalido, "b.4", mensagem);
        let achada = fatos.definitivas.iter().find(|guia| guia.numero == *numero);
        let recusa = match achada {
            _ if pedidas[..i].contains(pedida) => invalida("a guia se repete na lista"),
            None => Recusa::nova(CodigoErro::NaoEncontrado, "R1", "Guia não encontrada").no_corpo(),
            Some(guia) if guia.tipo != TipoGuia::Definitiva => {
                invalida("só guias definitivas se unificam")
            }
            Some(guia) if Some(guia.adolescente_id) != fatos.adolescente => {
                invalida("a guia é de outro adolescente")
            }
            Some(guia) if guia.situacao == SituacaoGuia::Baixada => {
                invalida("a guia já foi baixada")
            }
            Some(_) => return None,
        };
        Some(recusa.em(na_definitiva(i)))
    };
    itens(pedidas).iter().enumerate().filter_map(recusar).collect()
}

/// What is lowered must be there: absent and foreign are one answer (R1).
pub fn r1_guia_visivel() -> Recusa {
    Recusa::nova(CodigoErro::NaoEncontrado, "R1", "Guia não encontrada")
        .em(["numero"])
        .oriente("confira o número")
}

/// The kind's name in the input of the schema.
pub const fn especie(tipo: TipoGuia) -> &'static str {
    match tipo {
        TipoGuia::Provisoria => "provisoria",
        TipoGuia::Definitiva => "definitiva",
        TipoGuia::InternacaoSancao => "internacaoSancao",
        TipoGuia::Unificadora => "unificadora",
    }
}

/// The path of a field of an ato infracional, below the input.
fn no_ato(i: usize, campo: &'static str) -> [Cow<'static, str>; 3] {
    ["atosInfracionais".into(), i.to_string().into(), campo.into()]
}

/// The path of a field of a document.
fn no_documento(tipo: TipoGuia, i: usize, campo: &'static str) -> [Cow<'static, str>; 5] {
    let (especie, i) = (especie(tipo), i.to_string());
    ["especie".into(), especie.into(), "documentos".into(), i.into(), campo.into()]
}

/// The path of a guia to be unified.
pub fn na_definitiva(i: usize) -> [Cow<'static, str>; 4] {
    let especie = especie(TipoGuia::Unificadora);
    ["especie".into(), especie.into(), "definitivas".into(), i.to_string().into()]
}
