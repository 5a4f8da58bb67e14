//! How trâmites look in an answer, in the words of the real platform.

use super::super::envelope::objeto;
use crate::error::Error;
use crate::tramite::{MudancaDeSituacao, RegistroEletronico, Tramite, recibo};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

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

/// What a send answers. The time is in milliseconds of the epoch, as the platform writes it.
pub fn envio(tramite: &Tramite, simulado: bool, avisos: &[String]) -> Value {
    let gravado = |valor: Value| (!simulado).then_some(valor);
    objeto([
        ("IDT", gravado(json!(tramite.idt))),
        ("NRE", gravado(json!(tramite.nre))),
        ("ticketParaEnvioDeComponentesDigitais", gravado(json!(tramite.idt))),
        ("dataHoraDeRegistroDoTramite", Some(json!(tramite.criado_em.timestamp_millis()))),
        ("processosComComponentesDigitaisSolicitados", Some(json!([]))),
        ("devolucao", Some(json!(tramite.devolucao))),
        ("simulado", simulado.then_some(json!(true))),
        ("avisos", (!avisos.is_empty()).then(|| json!(avisos))),
    ])
}

pub fn tramite(tramite: &Tramite, historico: &[MudancaDeSituacao]) -> Value {
    let historico: Vec<Value> = historico
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
        ("historico", Some(historico.into())),
        ("devolucao", Some(json!(tramite.devolucao))),
        ("motivoDaRecusa", tramite.motivo_recusa.clone().map(Value::from)),
        ("justificativaDaRecusa", tramite.justificativa.clone().map(Value::from)),
    ])
}

pub fn pendencia(tramite: &Tramite) -> Value {
    json!({
        "IDT": tramite.idt, "status": tramite.situacao.codigo(), "NRE": tramite.nre,
        "protocolo": tramite.protocolo,
    })
}

/// What the destinatário receives: the documented fields, those that were only kept too.
pub fn metadados(tramite: &Tramite) -> Result<Value, Error> {
    let mut guardados: Map<String, Value> = match &tramite.metadados {
        Some(texto) => serde_json::from_str(texto).map_err(Error::interno)?,
        None => Map::new(),
    };
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
    let adicionais = guardados.shift_remove("propriedadesAdicionais");
    guardados.retain(|nome, _| !nome.contains("ComponentesDigitais"));
    processo.extend(guardados);
    Ok(objeto([
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
    ]))
}

/// The recibo, its date in whole seconds as it is signed, and the text that was signed.
pub fn recibo(tramite: &Tramite) -> Value {
    let recebimento = tramite.data_de_recebimento;
    let texto = recebimento.map(|quando| recibo::texto(tramite.idt, &tramite.nre, quando, &[]));
    objeto([
        (
            "recibo",
            Some(objeto([
                ("IDT", Some(json!(tramite.idt))),
                ("NRE", Some(json!(tramite.nre))),
                ("dataDeRecebimento", recebimento.map(|quando| json!(recibo::data(quando)))),
                ("hashesDosComponentesDigitais", Some(json!([]))),
            ])),
        ),
        ("hashDaAssinatura", tramite.hash_da_assinatura.clone().map(Value::from)),
        ("textoAssinado", texto.map(Value::from)),
        ("assinado", Some(json!(tramite.recibo_assinado == Some(true)))),
    ])
}

pub fn registro(registro: &RegistroEletronico, tramites: &[Value]) -> Value {
    json!({ "NRE": registro.nre, "protocolo": registro.protocolo, "tramites": tramites })
}
