//! The rules of the Tramita. They are pure functions: each takes everything that it needs as an
//! argument. This file holds the rules on a send, a recibo and a refusal, and the texts of the
//! refusals. The decision table is in `decisao.rs`, the state machine in `transicoes.rs`, the rules
//! on files in `componentes.rs` and `parts.rs`, those on heirs in `heranca.rs`.

mod componentes;
mod decisao;
mod heranca;
mod parts;
mod transicoes;

pub use componentes::*;
pub use decisao::*;
pub use heranca::*;
pub use parts::*;
pub use transicoes::*;

use super::recibo::SignatureCheck;
use super::{Componente, EnviarTramite, Estrutura, Idt, NivelDeSigilo, Nre, Protocolo, Tramite};
use crate::error::{CodigoErro, Refusal, TramitaDetails};
use crate::value::field::{multiline_text, required, text};
use crate::value::rules::RuleSwitches;
use chrono::{DateTime, Datelike, Duration, Utc};
use std::borrow::Cow;
use std::collections::BTreeSet;

const MAX_DESCRICAO_LEN: usize = 1500;
pub const MAX_HIPOTESE: usize = 200;
const MAX_NEGOCIO: usize = 100;
const MAX_NUMERO_LEN: usize = 20;
const MAX_JUSTIFICATIVA_LEN: usize = 1000;
const MAX_SIGNATURE: usize = 4000;
/// Largest number of hashes that a refusal lists.
const MAX_HASHES: usize = 20;
/// The allowed difference between the clocks of two órgãos, which never agree to the second.
const TOLERANCE: Duration = Duration::seconds(60);

/// The wording of the source specification.
pub const NUP_JA_CADASTRADO: &str = "Número do Processo NUP já se encontra cadastrado";

/// S0: every check on a send that needs no lookup.
pub fn s0_campos(command: &EnviarTramite, rules: RuleSwitches) -> Vec<Refusal> {
    let invalid = |message: &'static str| Refusal::new(CodigoErro::CampoInvalido, "S0", message);
    let mut refusals = Vec::new();
    refusals.extend(required(command.remetente.as_ref(), "S0").map(|r| r.at(["remetente"])));
    refusals.extend(required(command.destinatario.as_ref(), "S0").map(|r| r.at(["destinatario"])));
    refusals.extend(required(command.protocolo.as_ref(), "S0").map(|r| r.at(["protocolo"])));
    refusals.extend(required(command.descricao.as_ref(), "S0").map(|r| r.at(["descricao"])));
    for (field, estrutura) in
        [("remetente", &command.remetente), ("destinatario", &command.destinatario)]
    {
        let numero = estrutura.as_ref().map(|estrutura| estrutura.numero.as_str());
        refusals.extend(numero.and_then(estrutura_numero).map(|r| r.at([field, "numero"])));
    }
    match command.protocolo.as_deref().map(Protocolo::read) {
        Some(Err(error)) => refusals.push(
            Refusal::new(CodigoErro::CampoInvalido, "S0", error.to_string()).at(["protocolo"]),
        ),
        Some(Ok(parsed)) if rules.validar_dv_protocolo && !parsed.has_valid_check_digit() => {
            refusals.push(
                Refusal::new(
                    CodigoErro::NumeroDigitoInvalido,
                    "S0",
                    "o dígito verificador do protocolo não confere",
                )
                .at(["protocolo"]),
            );
        }
        _ => {}
    }
    let too_long = |value: &Option<String>, max| multiline_text(value.as_deref(), max);
    refusals.extend(too_long(&command.descricao, MAX_DESCRICAO_LEN).map(|r| r.at(["descricao"])));
    refusals
        .extend(too_long(&command.hipotese_legal, MAX_HIPOTESE).map(|r| r.at(["hipoteseLegal"])));
    refusals.extend(
        too_long(&command.processo_de_negocio, MAX_NEGOCIO).map(|r| r.at(["processoDeNegocio"])),
    );
    let is_public = command.nivel_de_sigilo.is_none_or(|level| level == NivelDeSigilo::Publico);
    let has_hipotese = command.hipotese_informada || command.hipotese_legal.is_some();
    if !is_public && !has_hipotese {
        let message = "o processo restrito ou sigiloso exige a hipótese legal";
        refusals
            .push(Refusal::new(CodigoErro::CampoObrigatorio, "S0", message).at(["hipoteseLegal"]));
    }
    refusals.extend(s0_sigiloso(command).into_iter().filter(|_| !rules.tramitar_sigiloso));
    refusals.extend(s0_componentes(&command.componentes, rules.componente_maximo));
    let implausible = |when: DateTime<Utc>| !(1900..=2100).contains(&when.year());
    if command.data_de_retorno.is_some_and(implausible) {
        let message = "a data de retorno vai de 1900 a 2100";
        refusals.push(invalid(message).at(["dataDeRetorno"]));
    }
    if !command.urgente && command.motivo_da_urgencia.is_some() {
        refusals.push(invalid("o motivo é só de trâmite urgente").at(["motivoDaUrgencia"]));
    }
    refusals
}

/// S0: a processo with nível de sigilo 3 (sigiloso), or with such a documento or processo apensado,
/// is not sent. The caller applies this only if the setting `tramitar_sigiloso` is off.
fn s0_sigiloso(command: &EnviarTramite) -> Option<Refusal> {
    let refusal = |message: Cow<'static, str>| {
        Refusal::new(CodigoErro::CampoInvalido, "S0", message)
            .hint("mande-o por outro meio: o sigiloso não se tramita, a não ser que este servidor o admita")
    };
    if command.nivel_de_sigilo == Some(NivelDeSigilo::Sigiloso) {
        let message =
            "o processo é sigiloso (nível 3), e aqui só se tramita o público e o restrito";
        return Some(refusal(message.into()).at(["nivelDeSigilo"]));
    }
    let place = command.sealed_below.as_deref()?;
    let message =
        format!("{place}: é sigiloso (nível 3), e aqui só se tramita o público e o restrito");
    Some(refusal(message.into()).at(["documentos"]))
}

/// S0: a valid number of an estrutura has 1 to 20 characters, none of them a control character.
pub fn estrutura_numero(numero: &str) -> Option<Refusal> {
    if numero.is_empty() {
        let message = "o número está em branco";
        return Some(Refusal::new(CodigoErro::CampoInvalido, "S0", message));
    }
    text(Some(numero), MAX_NUMERO_LEN)
}

fn invalid_estrutura(message: &'static str, field: &'static str) -> Refusal {
    Refusal::new(CodigoErro::EstruturaInvalida, "S0", message)
        .at([field])
        .hint("confira o repositório e o número da estrutura")
}

/// S0: both estruturas exist and may take part, and they belong to two different órgãos.
pub fn s0_estruturas(
    remetente: Option<&Estrutura>,
    destinatario: Option<&Estrutura>,
) -> Vec<Refusal> {
    let refusal = invalid_estrutura;
    let mut refusals = Vec::new();
    match remetente {
        None => refusals.push(refusal("a estrutura não está no repositório", "remetente")),
        Some(e) if !e.ativa || !e.pode_enviar => {
            refusals.push(refusal("a estrutura não está apta a enviar trâmites", "remetente"));
        }
        Some(_) => {}
    }
    match destinatario {
        None => refusals.push(refusal("a estrutura não está no repositório", "destinatario")),
        Some(e) if !e.ativa || !e.pode_receber => {
            refusals.push(refusal("a estrutura não está apta a receber trâmites", "destinatario"));
        }
        Some(destination) => {
            if remetente.is_some_and(|origin| origin.tribunal_codigo == destination.tribunal_codigo)
            {
                let message = "a origem e o destino são do mesmo órgão: não é trâmite externo";
                refusals.push(refusal(message, "destinatario"));
            }
        }
    }
    refusals
}

/// The details that a refusal of the decision table may contain. The caller fills each one only if
/// the sender may know it.
#[derive(Debug, Clone, Default)]
pub struct Information {
    /// The protocolo as the sender wrote it.
    pub protocolo: Option<String>,
    /// The NRE that the sender, being a party, must give.
    pub nre: Option<Nre>,
    /// The trâmite in progress, if the sender is a party of it.
    pub em_andamento: Option<Tramite>,
    /// The protocolo that is registered under the NRE.
    pub registered_protocolo: Option<String>,
    pub destinatario: String,
}

/// The refusal of a row; `None` for a row that accepts, and for S0, whose refusals other functions
/// build.
pub fn linha_refusal(linha: LinhaDeDecisao, information: &Information) -> Option<Refusal> {
    use LinhaDeDecisao as L;
    let Information { protocolo, nre, em_andamento, registered_protocolo, destinatario } =
        information;
    let idt: Option<Idt> = em_andamento.as_ref().map(|tramite| tramite.idt);
    let refusal = match linha {
        L::S0 | L::A3 | L::A4 | L::B6 | L::B7 => return None,
        L::A1 => Refusal::new(CodigoErro::NupJaCadastrado, "A1", NUP_JA_CADASTRADO)
            .at(["protocolo"])
            .hint("reenvie o NRE deste processo no cabeçalho"),
        L::A2 => Refusal::new(CodigoErro::NupJaCadastrado, "A2", NUP_JA_CADASTRADO)
            .at(["protocolo"])
            .hint(format!(
                "{destinatario} já tem este protocolo; obtenha o NRE com o órgão que lhe enviou o processo"
            )),
        L::B1 => Refusal::new(CodigoErro::NreNaoLocalizado, "B1", "NRE não localizado")
            .at(["nre"])
            .hint("confira o NRE; só quem já teve o processo o pode enviar por ele"),
        L::B2 => Refusal::new(
            CodigoErro::ProtocoloDivergente,
            "B2",
            "Inconsistência no número de protocolo do processo tramitado por este NRE",
        )
        .at(["protocolo"])
        .hint(match registered_protocolo {
            Some(registered) => format!("o protocolo registrado neste NRE é {registered}"),
            None => "confira o NRE".to_owned(),
        }),
        L::B3 => {
            let message = "Há um trâmite deste processo em andamento";
            Refusal::new(CodigoErro::TramiteEmAndamento, "B3", message).at(["nre"]).hint(
                match em_andamento {
                    Some(tramite) => format!(
                        "espere o fim do trâmite {}, na situação {}",
                        tramite.idt,
                        tramite.situacao.code()
                    ),
                    None => "espere o fim do trâmite entre os outros órgãos".to_owned(),
                },
            )
        }
        L::B4 => Refusal::new(
            CodigoErro::ProcessoBloqueado,
            "B4",
            "O processo está bloqueado na origem: está com outro órgão",
        )
        .at(["nre"])
        .hint("espere que o processo volte; só quem o tem o envia"),
        L::B5 => Refusal::new(CodigoErro::NupJaCadastrado, "B5", NUP_JA_CADASTRADO)
            .at(["protocolo"])
            .hint(format!("{destinatario} tem este protocolo fora deste NRE")),
    };
    Some(Refusal {
        tramite: Some(TramitaDetails {
            protocolo: protocolo.clone(),
            nre: nre.as_ref().map(ToString::to_string),
            idt,
            divergencia: None,
        }),
        ..refusal
    })
}

/// The refusal when the trâmite does not exist or the caller is no party of it. The answer does not
/// reveal which.
pub fn tramite_visivel() -> Refusal {
    Refusal::new(CodigoErro::NaoEncontrado, "R1", "Trâmite não encontrado")
        .at(["idt"])
        .hint("confira a identificação do trâmite")
}

/// The refusal of a step that the situação of the trâmite does not admit.
pub fn transicao_nao_permitida(tramite: &Tramite) -> Refusal {
    let message = format!("a situação {} do trâmite não admite a ação", tramite.situacao.code());
    let refusal = Refusal::new(CodigoErro::TransicaoNaoPermitida, "§4", message)
        .at(["idt"])
        .hint("releia o trâmite: ele diz o que se pode fazer agora");
    Refusal {
        tramite: Some(TramitaDetails { idt: Some(tramite.idt), ..TramitaDetails::default() }),
        ..refusal
    }
}

/// The refusal of the recibo de envio while files are missing. It lists at most 20 of their hashes.
pub fn incomplete_envio(tramite: &Tramite, componentes: &[Componente]) -> Refusal {
    let missing = componentes.iter().filter(|componente| componente.is_pending_upload());
    let missing: BTreeSet<&str> = missing.map(|componente| componente.hash.as_str()).collect();
    let missing: Vec<&str> = missing.into_iter().take(MAX_HASHES).collect();
    transicao_nao_permitida(tramite)
        .hint(format!("envie antes os componentes que faltam: {}", missing.join(", ")))
}

/// Checks a recibo: the destinatário had everything between `recebido_em`, the time of its last
/// step, and now, compared in whole seconds and with a tolerance of 60 s on both sides.
pub fn recibo(
    recebimento: Option<DateTime<Utc>>,
    signature: Option<&str>,
    recebido_em: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Vec<Refusal> {
    let outside = recebimento.filter(|when| {
        when.timestamp() < (recebido_em - TOLERANCE).timestamp()
            || when.timestamp() > (now + TOLERANCE).timestamp()
    });
    [
        required(recebimento.as_ref(), "§4").map(|r| r.at(["dataDeRecebimento"])),
        outside.map(|_| {
            let message = "a data de recebimento fica entre o último passo do trâmite e agora";
            Refusal::new(CodigoErro::CampoInvalido, "§4", message).at(["dataDeRecebimento"])
        }),
        text(signature, MAX_SIGNATURE).map(|r| r.at(["hashDaAssinatura"])),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// §4.3: a destinatário whose estrutura has a registered key must sign the recibo with it. `text`
/// is what it signs.
pub fn signature(signature: SignatureCheck, text: &str) -> Option<Refusal> {
    let (code, message) = match signature {
        SignatureCheck::NoKey | SignatureCheck::Valid => return None,
        SignatureCheck::Absent => (CodigoErro::CampoObrigatorio, "falta a assinatura do recibo"),
        SignatureCheck::Mismatch => {
            (CodigoErro::CampoInvalido, "a assinatura não confere com a chave registrada")
        }
    };
    let hint =
        format!("assine, com RSA PKCS#1 v1.5 e SHA-256, em base64, exatamente este texto: {text}");
    Some(Refusal::new(code, "§4.3", message).at(["hashDaAssinatura"]).hint(hint))
}

/// A refusal by the destinatário needs a motivo and a justificativa.
pub fn refusal(motivo: bool, justificativa: Option<&str>) -> Vec<Refusal> {
    let missing = motivo.then_some(&());
    [
        required(missing, "§4").map(|r| r.at(["motivo"])),
        required(justificativa.as_ref(), "§4").map(|r| r.at(["justificativa"])),
        multiline_text(justificativa, MAX_JUSTIFICATIVA_LEN).map(|r| r.at(["justificativa"])),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Explains a row under which the send goes out: one that accepts or, if the setting
/// `recusa_no_envio` is off, one under which the destination will refuse the trâmite.
pub const fn explanation(linha: LinhaDeDecisao) -> &'static str {
    match linha {
        LinhaDeDecisao::A3 => {
            "os trâmites anteriores não se concluíram: segue com o mesmo NRE; mande-o no cabeçalho"
        }
        LinhaDeDecisao::A4 => {
            "primeiro trâmite deste processo: um NRE será gerado; guarde-o e mande-o nos próximos"
        }
        LinhaDeDecisao::B6 => "o destinatário já tem o processo por este NRE: é devolução",
        LinhaDeDecisao::B7 => "o destinatário não conhece o processo: segue com o mesmo NRE",
        _ => "o envio sairia, e seria recusado pelo destinatário",
    }
}
