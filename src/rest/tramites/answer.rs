//! How trâmites look in an answer, in the words of the real platform.

use super::super::envelope::objeto;
use super::body::GUARDADO_DO_CABECALHO;
use super::fields::drop_senders_own;
use crate::auth::signer::Assinante;
use crate::error::Error;
use crate::tramite::rules::SituacaoTramite;
use crate::tramite::{
    Componente, HashSha256, MudancaDeSituacao, RegistroEletronico, Tramite, hashes_tramitados,
    recibo,
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

fn instante(instante: DateTime<Utc>) -> Value {
    instante.to_rfc3339_opts(SecondsFormat::Millis, true).into()
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

/// What a send answers. The time is a text: the platform's client reads a number as no date.
pub fn envio(
    tramite: &Tramite,
    componentes: &[Componente],
    simulado: bool,
    avisos: &[String],
) -> Value {
    let gravado = |valor: Value| (!simulado).then_some(valor);
    objeto([
        ("IDT", gravado(json!(tramite.idt))),
        ("NRE", gravado(json!(tramite.nre))),
        ("ticketParaEnvioDeComponentesDigitais", gravado(json!(tramite.idt))),
        ("dataHoraDeRegistroDoTramite", Some(instante(tramite.criado_em))),
        (
            "processosComComponentesDigitaisSolicitados",
            Some(por_protocolo(componentes, |componente| componente.solicitado)),
        ),
        ("devolucao", Some(json!(tramite.devolucao))),
        ("simulado", simulado.then_some(json!(true))),
        ("avisos", (!avisos.is_empty()).then(|| json!(avisos))),
    ])
}

/// `[{protocolo, hashes[]}]` of those that serve; each hash once.
fn por_protocolo(componentes: &[Componente], serve: fn(&Componente) -> bool) -> Value {
    let mut processos: Vec<(&str, Vec<&HashSha256>)> = Vec::new();
    for componente in componentes.iter().filter(|componente| serve(componente)) {
        let Componente { protocolo, hash, .. } = componente;
        match processos.iter_mut().find(|(outro, _)| outro == protocolo) {
            Some((_, hashes)) => hashes.push(hash),
            None => processos.push((protocolo, vec![hash])),
        }
    }
    let um = |(protocolo, mut hashes): (&str, Vec<&HashSha256>)| {
        hashes.sort_unstable();
        hashes.dedup();
        json!({ "protocolo": protocolo, "hashes": hashes })
    };
    processos.into_iter().map(um).collect()
}

/// The hashes of those that serve, each once.
fn hashes(componentes: &[Componente], serve: fn(&Componente) -> bool) -> Value {
    let achados = componentes.iter().filter(|componente| serve(componente));
    let hashes: BTreeSet<&HashSha256> = achados.map(|componente| &componente.hash).collect();
    json!(hashes)
}

/// While somebody has files to send, to fetch or to sign for.
pub const fn mostra_componentes(situacao: SituacaoTramite) -> bool {
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
    let em = |situacao| componentes.filter(|_| tramite.situacao == situacao);
    let a_enviar = em(SituacaoTramite::AguardandoComponentes);
    let a_baixar = em(SituacaoTramite::MetadadosRecebidosDestinatario);
    let a_assinar = componentes.filter(|_| a_enviar.is_none());
    let pendentes = a_enviar.map(|todos| por_protocolo(todos, Componente::falta_enviar));
    let pendentes = pendentes.or_else(|| Some(por_protocolo(a_baixar?, Componente::falta_baixar)));
    let historico: Value = historico
        .iter()
        .map(|mudanca| {
            json!({ "situacao": mudanca.situacao.codigo(), "dataHora": instante(mudanca.ocorrida_em) })
        })
        .collect();
    objeto([
        ("IDT", Some(json!(tramite.idt))),
        ("NRE", Some(json!(tramite.nre))),
        ("protocolo", Some(json!(tramite.protocolo))),
        ("remetente", Some(remetente(tramite))),
        ("destinatario", Some(destinatario(tramite))),
        ("situacaoAtual", Some(json!(tramite.situacao.codigo()))),
        ("mudancasDeSituacao", Some(historico.clone())),
        ("historico", Some(historico)),
        ("devolucao", Some(json!(tramite.devolucao))),
        ("motivoDaRecusa", tramite.motivo_recusa.clone().map(Value::from)),
        ("justificativaDaRecusa", tramite.justificativa.clone().map(Value::from)),
        (
            "hashDosComponentesPendentesDeEnvio",
            a_enviar.map(|todos| hashes(todos, Componente::falta_enviar)),
        ),
        (
            "hashDosComponentesPendentesDeRecebimento",
            a_baixar.map(|todos| hashes(todos, Componente::falta_baixar)),
        ),
        ("hashesDosComponentesDigitais", a_assinar.map(|todos| json!(hashes_tramitados(todos)))),
        ("processosComComponentesDigitaisPendentes", pendentes),
    ])
}

pub fn pendencia(tramite: &Tramite) -> Value {
    json!({
        "IDT": tramite.idt, "status": tramite.situacao.codigo(), "NRE": tramite.nre,
        "protocolo": tramite.protocolo,
    })
}

/// What the destinatário receives: the documented fields, and those that were only kept.
pub fn metadados(tramite: &Tramite) -> Result<Map<String, Value>, Error> {
    let mut guardados: Map<String, Value> = match &tramite.metadados {
        Some(texto) => serde_json::from_str(texto).map_err(Error::interno)?,
        None => Map::new(),
    };
    // What was kept before this was cleaned as it came in.
    drop_senders_own(&mut guardados);
    let do_cabecalho = match guardados.shift_remove(GUARDADO_DO_CABECALHO) {
        Some(Value::Object(campos)) => campos,
        _ => Map::new(),
    };
    let adicionais = guardados.shift_remove("propriedadesAdicionais");
    // Between the remetente and this server alone.
    guardados.shift_remove("enviarApenasComponentesDigitaisPendentes");
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
    // Its reader takes no absent list for an empty one.
    processo.insert("documentos".into(), json!([]));
    processo.extend(guardados);
    let mut metadados = Map::new();
    let campos = [
        ("nre", Some(json!(tramite.nre))),
        ("IDT", Some(json!(tramite.idt))),
        ("remetente", Some(remetente(tramite))),
        ("destinatario", Some(destinatario(tramite))),
        ("urgente", Some(json!(tramite.urgente))),
        ("motivoDaUrgencia", tramite.motivo_da_urgencia.map(Value::from)),
        ("dataDeRetorno", tramite.data_de_retorno.map(instante)),
        ("devolucao", Some(json!(tramite.devolucao))),
        ("propriedadesAdicionais", adicionais),
        ("processo", Some(processo.into())),
    ];
    // A field that is known wins over one of the same name that was only kept.
    metadados.extend(do_cabecalho);
    metadados.extend(campos.into_iter().filter_map(|(nome, valor)| Some((nome.into(), valor?))));
    Ok(metadados)
}

/// The recibo, its date in whole seconds as it is signed, and the text that was signed.
pub fn recibo(tramite: &Tramite, componentes: &[Componente]) -> Value {
    let recebimento = tramite.data_de_recebimento;
    let hashes = hashes_tramitados(componentes);
    let texto =
        recebimento.map(|quando| recibo::de_conclusao(tramite.idt, &tramite.nre, quando, &hashes));
    objeto([
        (
            "recibo",
            Some(objeto([
                ("IDT", Some(json!(tramite.idt))),
                ("NRE", Some(json!(tramite.nre))),
                ("dataDeRecebimento", recebimento.map(|quando| json!(recibo::data(quando)))),
                ("hashesDosComponentesDigitais", Some(json!(hashes))),
            ])),
        ),
        ("hashDaAssinatura", tramite.hash_da_assinatura.clone().map(Value::from)),
        ("textoAssinado", texto.map(Value::from)),
        ("assinado", Some(json!(tramite.recibo_assinado == Some(true)))),
    ])
}

/// The recibo de envio, the text that it is signed over, and the signature of this
/// server with the key to hold it against, if it has one.
pub fn recibo_de_envio(
    tramite: &Tramite,
    componentes: &[Componente],
    completo: DateTime<Utc>,
    assinante: Option<&Assinante>,
) -> Result<Value, Error> {
    let hashes = hashes_tramitados(componentes);
    let texto = recibo::de_envio(tramite.idt, &tramite.nre, completo, &hashes);
    let assinatura = assinante.map(|assinante| assinante.assinar(&texto)).transpose();
    let assinatura = assinatura.map_err(Error::interno)?;
    Ok(objeto([
        (
            "reciboDeEnvio",
            Some(json!({
                "IDT": tramite.idt,
                "NRE": tramite.nre,
                "dataDeRecebimentoDoUltimoComponenteDigital": recibo::data(completo),
                "hashesDosComponentesDigitais": hashes,
            })),
        ),
        ("assinado", Some(json!(assinatura.is_some()))),
        ("hashDaAssinatura", assinatura.map(Value::from)),
        ("chavePublica", assinante.map(|assinante| json!(assinante.chave_publica()))),
        ("textoAssinado", Some(json!(texto))),
    ]))
}

pub fn registro(registro: &RegistroEletronico, tramites: &[Value]) -> Value {
    json!({ "NRE": registro.nre, "protocolo": registro.protocolo, "tramites": tramites })
}
