//! The rules of the Tramita. Pure: what they need is an argument. Here, what a send
//! must be and in which words it is refused; the table is in `decisao.rs`, the
//! machine in `transicoes.rs`.

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

use super::recibo::Assinatura;
use super::{Componente, EnviarTramite, Estrutura, Idt, NivelDeSigilo, Nre, Protocolo, Tramite};
use crate::error::{CodigoErro, NoTramita, Recusa};
use crate::value::field::{linhas, obrigatorio, texto};
use crate::value::regras::Regras;
use chrono::{DateTime, Datelike, Duration, Utc};
use std::borrow::Cow;
use std::collections::BTreeSet;

const DESCRICAO_MAXIMO: usize = 1500;
pub const HIPOTESE_MAXIMO: usize = 200;
const NEGOCIO_MAXIMO: usize = 100;
const NUMERO_MAXIMO: usize = 20;
const JUSTIFICATIVA_MAXIMO: usize = 1000;
const ASSINATURA_MAXIMO: usize = 4000;
/// Of the hashes that a refusal names.
const HASHES_MAXIMO: usize = 20;
/// Clocks of two órgãos never agree to the second.
const TOLERANCIA: Duration = Duration::seconds(60);

/// The sentence of the source.
pub const NUP_JA_CADASTRADO: &str = "Número do Processo NUP já se encontra cadastrado";

/// S0: what can be judged of a send without looking anything up.
pub fn s0_campos(comando: &EnviarTramite, regras: Regras) -> Vec<Recusa> {
    let invalido = |mensagem: &'static str| Recusa::nova(CodigoErro::CampoInvalido, "S0", mensagem);
    let mut recusas = Vec::new();
    recusas.extend(obrigatorio(comando.remetente.as_ref(), "S0").map(|r| r.em(["remetente"])));
    recusas
        .extend(obrigatorio(comando.destinatario.as_ref(), "S0").map(|r| r.em(["destinatario"])));
    recusas.extend(obrigatorio(comando.protocolo.as_ref(), "S0").map(|r| r.em(["protocolo"])));
    recusas.extend(obrigatorio(comando.descricao.as_ref(), "S0").map(|r| r.em(["descricao"])));
    for (campo, estrutura) in
        [("remetente", &comando.remetente), ("destinatario", &comando.destinatario)]
    {
        let numero = estrutura.as_ref().map(|estrutura| estrutura.numero.as_str());
        recusas.extend(numero.and_then(numero_de_estrutura).map(|r| r.em([campo, "numero"])));
    }
    match comando.protocolo.as_deref().map(Protocolo::ler) {
        Some(Err(erro)) => recusas.push(
            Recusa::nova(CodigoErro::CampoInvalido, "S0", erro.to_string()).em(["protocolo"]),
        ),
        Some(Ok(lido)) if regras.validar_dv_protocolo && !lido.digito_confere() => recusas.push(
            Recusa::nova(
                CodigoErro::NumeroDigitoInvalido,
                "S0",
                "o dígito verificador do protocolo não confere",
            )
            .em(["protocolo"]),
        ),
        _ => {}
    }
    let limitado = |valor: &Option<String>, maximo| linhas(valor.as_deref(), maximo);
    recusas.extend(limitado(&comando.descricao, DESCRICAO_MAXIMO).map(|r| r.em(["descricao"])));
    recusas.extend(
        limitado(&comando.hipotese_legal, HIPOTESE_MAXIMO).map(|r| r.em(["hipoteseLegal"])),
    );
    recusas.extend(
        limitado(&comando.processo_de_negocio, NEGOCIO_MAXIMO).map(|r| r.em(["processoDeNegocio"])),
    );
    let publico = comando.nivel_de_sigilo.is_none_or(|nivel| nivel == NivelDeSigilo::Publico);
    let informada = comando.hipotese_informada || comando.hipotese_legal.is_some();
    if !publico && !informada {
        let mensagem = "o processo restrito ou sigiloso exige a hipótese legal";
        recusas
            .push(Recusa::nova(CodigoErro::CampoObrigatorio, "S0", mensagem).em(["hipoteseLegal"]));
    }
    recusas.extend(s0_sigiloso(comando).into_iter().filter(|_| !regras.tramitar_sigiloso));
    recusas.extend(s0_componentes(&comando.componentes, regras.componente_maximo));
    let impossivel = |quando: DateTime<Utc>| !(1900..=2100).contains(&quando.year());
    if comando.data_de_retorno.is_some_and(impossivel) {
        let mensagem = "a data de retorno vai de 1900 a 2100";
        recusas.push(invalido(mensagem).em(["dataDeRetorno"]));
    }
    if !comando.urgente && comando.motivo_da_urgencia.is_some() {
        recusas.push(invalido("o motivo é só de trâmite urgente").em(["motivoDaUrgencia"]));
    }
    recusas
}

/// S0: what is sealed (nível 3) does not travel, neither whole nor in a document.
fn s0_sigiloso(comando: &EnviarTramite) -> Option<Recusa> {
    let recusa = |mensagem: Cow<'static, str>| {
        Recusa::nova(CodigoErro::CampoInvalido, "S0", mensagem)
            .oriente("mande-o por outro meio: o sigiloso não se tramita, a não ser que este servidor o admita")
    };
    if comando.nivel_de_sigilo == Some(NivelDeSigilo::Sigiloso) {
        let mensagem =
            "o processo é sigiloso (nível 3), e aqui só se tramita o público e o restrito";
        return Some(recusa(mensagem.into()).em(["nivelDeSigilo"]));
    }
    let place = comando.sealed_below.as_deref()?;
    let mensagem =
        format!("{place}: é sigiloso (nível 3), e aqui só se tramita o público e o restrito");
    Some(recusa(mensagem.into()).em(["documentos"]))
}

/// S0: a number that an estrutura may have.
pub fn numero_de_estrutura(numero: &str) -> Option<Recusa> {
    if numero.is_empty() {
        let mensagem = "o número está em branco";
        return Some(Recusa::nova(CodigoErro::CampoInvalido, "S0", mensagem));
    }
    texto(Some(numero), NUMERO_MAXIMO)
}

fn estrutura_invalida(mensagem: &'static str, campo: &'static str) -> Recusa {
    Recusa::nova(CodigoErro::EstruturaInvalida, "S0", mensagem)
        .em([campo])
        .oriente("confira o repositório e o número da estrutura")
}

/// S0: both estruturas are known and apt, and they are of two órgãos.
pub fn s0_estruturas(
    remetente: Option<&Estrutura>,
    destinatario: Option<&Estrutura>,
) -> Vec<Recusa> {
    let recusa = estrutura_invalida;
    let mut recusas = Vec::new();
    match remetente {
        None => recusas.push(recusa("a estrutura não está no repositório", "remetente")),
        Some(e) if !e.ativa || !e.pode_enviar => {
            recusas.push(recusa("a estrutura não está apta a enviar trâmites", "remetente"));
        }
        Some(_) => {}
    }
    match destinatario {
        None => recusas.push(recusa("a estrutura não está no repositório", "destinatario")),
        Some(e) if !e.ativa || !e.pode_receber => {
            recusas.push(recusa("a estrutura não está apta a receber trâmites", "destinatario"));
        }
        Some(destino) => {
            if remetente.is_some_and(|origem| origem.tribunal_codigo == destino.tribunal_codigo) {
                let mensagem = "a origem e o destino são do mesmo órgão: não é trâmite externo";
                recusas.push(recusa(mensagem, "destinatario"));
            }
        }
    }
    recusas
}

/// What a refusal of the table may tell; each only to who may know it.
#[derive(Debug, Clone, Default)]
pub struct Informacao {
    /// As the sender wrote it.
    pub protocolo: Option<String>,
    /// The NRE that the sender, a party, must give.
    pub nre: Option<Nre>,
    /// The trâmite in progress, if the sender is a party of it.
    pub em_andamento: Option<Tramite>,
    /// The protocolo that is registered under the NRE.
    pub protocolo_registrado: Option<String>,
    pub destinatario: String,
}

/// The refusal of a row, or none when it accepts. S0 has refusals of its own.
pub fn recusa_da_linha(linha: LinhaDeDecisao, informacao: &Informacao) -> Option<Recusa> {
    use LinhaDeDecisao as L;
    let Informacao { protocolo, nre, em_andamento, protocolo_registrado, destinatario } =
        informacao;
    let idt: Option<Idt> = em_andamento.as_ref().map(|tramite| tramite.idt);
    let recusa = match linha {
        L::S0 | L::A3 | L::A4 | L::B6 | L::B7 => return None,
        L::A1 => Recusa::nova(CodigoErro::NupJaCadastrado, "A1", NUP_JA_CADASTRADO)
            .em(["protocolo"])
            .oriente("reenvie o NRE deste processo no cabeçalho"),
        L::A2 => Recusa::nova(CodigoErro::NupJaCadastrado, "A2", NUP_JA_CADASTRADO)
            .em(["protocolo"])
            .oriente(format!(
                "{destinatario} já tem este protocolo; obtenha o NRE com o órgão que lhe enviou o processo"
            )),
        L::B1 => Recusa::nova(CodigoErro::NreNaoLocalizado, "B1", "NRE não localizado")
            .em(["nre"])
            .oriente("confira o NRE; só quem já teve o processo o pode enviar por ele"),
        L::B2 => Recusa::nova(
            CodigoErro::ProtocoloDivergente,
            "B2",
            "Inconsistência no número de protocolo do processo tramitado por este NRE",
        )
        .em(["protocolo"])
        .oriente(match protocolo_registrado {
            Some(registrado) => format!("o protocolo registrado neste NRE é {registrado}"),
            None => "confira o NRE".to_owned(),
        }),
        L::B3 => {
            let mensagem = "Há um trâmite deste processo em andamento";
            Recusa::nova(CodigoErro::TramiteEmAndamento, "B3", mensagem).em(["nre"]).oriente(
                match em_andamento {
                    Some(tramite) => format!(
                        "espere o fim do trâmite {}, na situação {}",
                        tramite.idt,
                        tramite.situacao.codigo()
                    ),
                    None => "espere o fim do trâmite entre os outros órgãos".to_owned(),
                },
            )
        }
        L::B4 => Recusa::nova(
            CodigoErro::ProcessoBloqueado,
            "B4",
            "O processo está bloqueado na origem: está com outro órgão",
        )
        .em(["nre"])
        .oriente("espere que o processo volte; só quem o tem o envia"),
        L::B5 => Recusa::nova(CodigoErro::NupJaCadastrado, "B5", NUP_JA_CADASTRADO)
            .em(["protocolo"])
            .oriente(format!("{destinatario} tem este protocolo fora deste NRE")),
    };
    Some(Recusa {
        tramite: Some(NoTramita {
            protocolo: protocolo.clone(),
            nre: nre.as_ref().map(ToString::to_string),
            idt,
            divergencia: None,
        }),
        ..recusa
    })
}

/// A trâmite that is not there, or of which one is no party: one answer.
pub fn tramite_visivel() -> Recusa {
    Recusa::nova(CodigoErro::NaoEncontrado, "R1", "Trâmite não encontrado")
        .em(["idt"])
        .oriente("confira a identificação do trâmite")
}

/// The step is not one that the situação admits.
pub fn transicao_nao_permitida(tramite: &Tramite) -> Recusa {
    let mensagem = format!("a situação {} do trâmite não admite a ação", tramite.situacao.codigo());
    let recusa = Recusa::nova(CodigoErro::TransicaoNaoPermitida, "§4", mensagem)
        .em(["idt"])
        .oriente("releia o trâmite: ele diz o que se pode fazer agora");
    Recusa { tramite: Some(NoTramita { idt: Some(tramite.idt), ..NoTramita::default() }), ..recusa }
}

/// The recibo de envio is asked for while files are missing: says which.
pub fn envio_incompleto(tramite: &Tramite, componentes: &[Componente]) -> Recusa {
    let faltam = componentes.iter().filter(|componente| componente.falta_enviar());
    let faltam: BTreeSet<&str> = faltam.map(|componente| componente.hash.as_str()).collect();
    let faltam: Vec<&str> = faltam.into_iter().take(HASHES_MAXIMO).collect();
    transicao_nao_permitida(tramite)
        .oriente(format!("envie antes os componentes que faltam: {}", faltam.join(", ")))
}

/// When the destinatário had everything: between the reception and now, whole seconds.
pub fn recibo(
    recebimento: Option<DateTime<Utc>>,
    assinatura: Option<&str>,
    recebido_em: DateTime<Utc>,
    agora: DateTime<Utc>,
) -> Vec<Recusa> {
    let fora = recebimento.filter(|quando| {
        quando.timestamp() < (recebido_em - TOLERANCIA).timestamp()
            || quando.timestamp() > (agora + TOLERANCIA).timestamp()
    });
    [
        obrigatorio(recebimento.as_ref(), "§4").map(|r| r.em(["dataDeRecebimento"])),
        fora.map(|_| {
            let mensagem = "a data de recebimento fica entre o recebimento dos metadados e agora";
            Recusa::nova(CodigoErro::CampoInvalido, "§4", mensagem).em(["dataDeRecebimento"])
        }),
        texto(assinatura, ASSINATURA_MAXIMO).map(|r| r.em(["hashDaAssinatura"])),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// §4.3: an órgão whose key is registered signs with it.
pub fn assinatura(assinatura: Assinatura, texto: &str) -> Option<Recusa> {
    let (codigo, mensagem) = match assinatura {
        Assinatura::SemChave | Assinatura::Confere => return None,
        Assinatura::Ausente => (CodigoErro::CampoObrigatorio, "falta a assinatura do recibo"),
        Assinatura::NaoConfere => {
            (CodigoErro::CampoInvalido, "a assinatura não confere com a chave registrada")
        }
    };
    let orientacao =
        format!("assine, com RSA PKCS#1 v1.5 e SHA-256, em base64, exatamente este texto: {texto}");
    Some(Recusa::nova(codigo, "§4.3", mensagem).em(["hashDaAssinatura"]).oriente(orientacao))
}

/// Who declines says why.
pub fn recusa(motivo: bool, justificativa: Option<&str>) -> Vec<Recusa> {
    let falta = motivo.then_some(&());
    [
        obrigatorio(falta, "§4").map(|r| r.em(["motivo"])),
        obrigatorio(justificativa.as_ref(), "§4").map(|r| r.em(["justificativa"])),
        linhas(justificativa, JUSTIFICATIVA_MAXIMO).map(|r| r.em(["justificativa"])),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Why a row accepts, and what will come of it.
pub const fn explicacao(linha: LinhaDeDecisao) -> &'static str {
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
