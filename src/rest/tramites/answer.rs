//! The JSON of trâmites, by the names of the real platform.

use super::super::envelope::object;
use super::body::KEPT_CABECALHO;
use super::fields::drop_senders_own;
use crate::auth::signer::Signer;
use crate::error::Error;
use crate::tramite::rules::SituacaoTramite;
use crate::tramite::{
    Componente, HashSha256, MudancaDeSituacao, RegistroEletronico, Tramite, hashes_tramitados,
    recibo,
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

fn instant(instant: DateTime<Utc>) -> Value {
    instant.to_rfc3339_opts(SecondsFormat::Millis, true).into()
}

fn estrutura(repositorio: i32, numero: &str) -> Value {
    json!({
        "identificacaoDoRepositorioDeEstruturas": repositorio,
        "numeroDeIdentificacaoDaEstrutura": numero,
    })
}

fn remetente(tramite: &Tramite) -> Value {
    estrutura(tramite.remetente_repositorio, &tramite.remetente_numero)
}

fn destinatario(tramite: &Tramite) -> Value {
    estrutura(tramite.destinatario_repositorio, &tramite.destinatario_numero)
}

/// The answer to a send. The time is a text, because the platform's client does not accept a number
/// as a date.
pub fn envio(
    tramite: &Tramite,
    componentes: &[Componente],
    dry_run: bool,
    warnings: &[String],
) -> Value {
    let stored = |value: Value| (!dry_run).then_some(value);
    object([
        ("IDT", stored(json!(tramite.idt))),
        ("NRE", stored(json!(tramite.nre))),
        ("ticketParaEnvioDeComponentesDigitais", stored(json!(tramite.idt))),
        ("dataHoraDeRegistroDoTramite", Some(instant(tramite.criado_em))),
        (
            "processosComComponentesDigitaisSolicitados",
            Some(by_protocolo(componentes, |componente| componente.solicitado)),
        ),
        ("devolucao", Some(json!(tramite.devolucao))),
        ("simulado", dry_run.then_some(json!(true))),
        ("avisos", (!warnings.is_empty()).then(|| json!(warnings))),
    ])
}

/// `[{protocolo, hashes[]}]` of the componentes that `include` accepts. Each hash appears once per
/// protocolo.
fn by_protocolo(componentes: &[Componente], include: fn(&Componente) -> bool) -> Value {
    let mut processos: Vec<(&str, Vec<&HashSha256>)> = Vec::new();
    for componente in componentes.iter().filter(|componente| include(componente)) {
        let Componente { protocolo, hash, .. } = componente;
        match processos.iter_mut().find(|(other, _)| other == protocolo) {
            Some((_, hashes)) => hashes.push(hash),
            None => processos.push((protocolo, vec![hash])),
        }
    }
    let entry = |(protocolo, mut hashes): (&str, Vec<&HashSha256>)| {
        hashes.sort_unstable();
        hashes.dedup();
        json!({ "protocolo": protocolo, "hashes": hashes })
    };
    processos.into_iter().map(entry).collect()
}

/// The hashes of the componentes that `include` accepts, each once.
fn hashes(componentes: &[Componente], include: fn(&Componente) -> bool) -> Value {
    let found = componentes.iter().filter(|componente| include(componente));
    let hashes: BTreeSet<&HashSha256> = found.map(|componente| &componente.hash).collect();
    json!(hashes)
}

/// True while a party still has files to send, to download or to sign for.
pub const fn shows_componentes(situacao: SituacaoTramite) -> bool {
    matches!(
        situacao,
        SituacaoTramite::AguardandoComponentes
            | SituacaoTramite::MetadadosRecebidosDestinatario
            | SituacaoTramite::ComponentesRecebidosDestinatario
    )
}

pub fn tramite(
    tramite: &Tramite,
    historico: &[MudancaDeSituacao],
    componentes: Option<&[Componente]>,
) -> Value {
    let when = |situacao| componentes.filter(|_| tramite.situacao == situacao);
    let to_send = when(SituacaoTramite::AguardandoComponentes);
    let to_download = when(SituacaoTramite::MetadadosRecebidosDestinatario);
    let to_sign = componentes.filter(|_| to_send.is_none());
    let pending = to_send.map(|all| by_protocolo(all, Componente::is_pending_upload));
    let pending =
        pending.or_else(|| Some(by_protocolo(to_download?, Componente::is_pending_download)));
    let historico: Value = historico
        .iter()
        .map(|change| {
            json!({ "situacao": change.situacao.code(), "dataHora": instant(change.ocorrida_em) })
        })
        .collect();
    object([
        ("IDT", Some(json!(tramite.idt))),
        ("NRE", Some(json!(tramite.nre))),
        ("protocolo", Some(json!(tramite.protocolo))),
        ("remetente", Some(remetente(tramite))),
        ("destinatario", Some(destinatario(tramite))),
        ("situacaoAtual", Some(json!(tramite.situacao.code()))),
        ("mudancasDeSituacao", Some(historico.clone())),
        ("historico", Some(historico)),
        ("devolucao", Some(json!(tramite.devolucao))),
        ("motivoDaRecusa", tramite.motivo_recusa.clone().map(Value::from)),
        ("justificativaDaRecusa", tramite.justificativa.clone().map(Value::from)),
        (
            "hashDosComponentesPendentesDeEnvio",
            to_send.map(|all| hashes(all, Componente::is_pending_upload)),
        ),
        (
            "hashDosComponentesPendentesDeRecebimento",
            to_download.map(|all| hashes(all, Componente::is_pending_download)),
        ),
        ("hashesDosComponentesDigitais", to_sign.map(|all| json!(hashes_tramitados(all)))),
        ("processosComComponentesDigitaisPendentes", pending),
    ])
}

pub fn pendencia(tramite: &Tramite) -> Value {
    json!({
        "IDT": tramite.idt, "status": tramite.situacao.code(), "NRE": tramite.nre,
        "protocolo": tramite.protocolo,
    })
}

/// The metadata for the destinatário: the documented fields, and the other fields that the send
/// had.
pub fn metadados(tramite: &Tramite) -> Result<Map<String, Value>, Error> {
    let mut kept: Map<String, Value> = match &tramite.metadados {
        Some(text) => serde_json::from_str(text).map_err(Error::internal)?,
        None => Map::new(),
    };
    // Earlier versions stored rows with these keys, so remove them here too.
    drop_senders_own(&mut kept);
    let of_cabecalho = match kept.shift_remove(KEPT_CABECALHO) {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let additional = kept.shift_remove("propriedadesAdicionais");
    // This field concerns only the remetente and this server.
    kept.shift_remove("enviarApenasComponentesDigitaisPendentes");
    let mut processo = Map::new();
    processo.insert("protocolo".into(), json!(tramite.protocolo));
    processo.insert("nivelDeSigilo".into(), json!(tramite.nivel_de_sigilo));
    processo.insert("descricao".into(), json!(tramite.descricao));
    if let Some(hipotese) = &tramite.hipotese_legal {
        processo.insert("hipoteseLegal".into(), json!({ "baseLegal": hipotese }));
    }
    if let Some(negocio) = &tramite.processo_de_negocio {
        processo.insert("processoDeNegocio".into(), json!(negocio));
    }
    // The receiving client does not treat an absent list as an empty one.
    processo.insert("documentos".into(), json!([]));
    processo.extend(kept);
    let mut metadados = Map::new();
    let fields = [
        ("nre", Some(json!(tramite.nre))),
        ("IDT", Some(json!(tramite.idt))),
        ("remetente", Some(remetente(tramite))),
        ("destinatario", Some(destinatario(tramite))),
        ("urgente", Some(json!(tramite.urgente))),
        ("motivoDaUrgencia", tramite.motivo_da_urgencia.map(Value::from)),
        ("dataDeRetorno", tramite.data_de_retorno.map(instant)),
        ("devolucao", Some(json!(tramite.devolucao))),
        ("propriedadesAdicionais", additional),
        ("processo", Some(processo.into())),
    ];
    // Add the known fields last, because a known field replaces a kept one of the same name.
    metadados.extend(of_cabecalho);
    metadados.extend(fields.into_iter().filter_map(|(name, value)| Some((name.into(), value?))));
    Ok(metadados)
}

/// The recibo and the text that was signed. Its date is in whole seconds, as in the signed text.
pub fn recibo(tramite: &Tramite, componentes: &[Componente]) -> Value {
    let recebimento = tramite.data_de_recebimento;
    let hashes = hashes_tramitados(componentes);
    let text =
        recebimento.map(|when| recibo::conclusao_text(tramite.idt, &tramite.nre, when, &hashes));
    object([
        (
            "recibo",
            Some(object([
                ("IDT", Some(json!(tramite.idt))),
                ("NRE", Some(json!(tramite.nre))),
                ("dataDeRecebimento", recebimento.map(|when| json!(recibo::format_instant(when)))),
                ("hashesDosComponentesDigitais", Some(json!(hashes))),
            ])),
        ),
        ("hashDaAssinatura", tramite.hash_da_assinatura.clone().map(Value::from)),
        ("textoAssinado", text.map(Value::from)),
        ("assinado", Some(json!(tramite.recibo_assinado == Some(true)))),
    ])
}

/// The recibo de envio and the text that is signed. If this server has a signing key, also its
/// signature and the public key to verify it.
pub fn recibo_de_envio(
    tramite: &Tramite,
    componentes: &[Componente],
    complete: DateTime<Utc>,
    signer: Option<&Signer>,
) -> Result<Value, Error> {
    let hashes = hashes_tramitados(componentes);
    let text = recibo::envio_text(tramite.idt, &tramite.nre, complete, &hashes);
    let signature = signer.map(|signer| signer.sign(&text)).transpose();
    let signature = signature.map_err(Error::internal)?;
    Ok(object([
        (
            "reciboDeEnvio",
            Some(json!({
                "IDT": tramite.idt,
                "NRE": tramite.nre,
                "dataDeRecebimentoDoUltimoComponenteDigital": recibo::format_instant(complete),
                "hashesDosComponentesDigitais": hashes,
            })),
        ),
        ("assinado", Some(json!(signature.is_some()))),
        ("hashDaAssinatura", signature.map(Value::from)),
        ("chavePublica", signer.map(|signer| json!(signer.public_key()))),
        ("textoAssinado", Some(json!(text))),
    ]))
}

pub fn registro(registro: &RegistroEletronico, tramites: &[Value]) -> Value {
    json!({ "NRE": registro.nre, "protocolo": registro.protocolo, "tramites": tramites })
}
