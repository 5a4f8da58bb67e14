//! Handles the fields of a send that the platform does not know: drops the keys of the sender, and
//! keeps and reports the others. Also parses values that come either as text or in their own JSON
//! type.

use super::super::printable;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Keys of the sender's own database. A receiving system of the same product would take them for
/// its own keys, so this server never delivers them.
const SENDERS_OWN: [&str; 5] = [
    "idAnexo",
    "idDocumentoSEI",
    "idProcedimentoSEI",
    "idProcedimentoAnexadoSEI",
    "staTipoProtocolo",
];

const DOCUMENT: [&str; 21] = [
    "ordem",
    "descricao",
    "retirado",
    "nivelDeSigilo",
    "hipoteseLegal",
    "dataHoraDeProducao",
    "dataHoraDeRegistro",
    "produtor",
    "especie",
    "identificacao",
    "ordemDoDocumentoReferenciado",
    "protocoloDoDocumentoAnexado",
    "protocoloDoProcessoAnexado",
    "protocoloAnterior",
    "volume",
    "historico",
    "itensHistorico",
    "assunto",
    "interessados",
    "protocolo",
    "componentesDigitais",
];
const COMPONENT: [&str; 8] = [
    "ordem",
    "nome",
    "hash",
    "tamanhoEmBytes",
    "mimeType",
    "tipoDeConteudo",
    "dadosComplementaresDoTipoDeArquivo",
    "assinaturasDigitais",
];
/// Lists of processos below a processo. One client writes the second name for the first.
pub const APENSADOS: [&str; 2] = ["processosApensados", "processoApensado"];

/// Largest number of bytes of unknown fields that a send may keep.
const MAX_KEPT_BYTES: usize = 64 * 1024;
const MAX_NOTICES: usize = 50;

/// Removes the keys of the sender's own database, at any depth.
pub fn drop_senders_own(fields: &mut Map<String, Value>) {
    fields.retain(|name, _| !SENDERS_OWN.contains(&name.as_str()));
    fields.values_mut().for_each(drop_within);
}

fn drop_within(value: &mut Value) {
    match value {
        Value::Object(fields) => drop_senders_own(fields),
        Value::Array(items) => items.iter_mut().for_each(drop_within),
        _ => {}
    }
}

/// A boolean, written as a boolean, as text or as `0` or `1`.
pub fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Number(n) => match n.as_i64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// An integer, or a text with its digits.
pub fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(n) => n.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Collects notices about unknown fields, and counts the bytes of the kept ones.
#[derive(Default)]
pub struct Unknown {
    names: BTreeSet<String>,
    bytes: usize,
}

impl Unknown {
    /// Keeps unknown fields up to [`MAX_KEPT_BYTES`], and adds a notice about each one, kept or
    /// not.
    pub fn keep(&mut self, place: &str, fields: Map<String, Value>) -> Map<String, Value> {
        let mut kept = Map::new();
        for (name, value) in fields {
            let size = name.len() + value.to_string().len();
            let fits = self.bytes + size <= MAX_KEPT_BYTES;
            let outcome =
                if fits { "guardado e entregue como veio" } else { "grande demais, ignorado" };
            self.notice(place, &name, outcome);
            if fits {
                self.bytes += size;
                kept.insert(name, value);
            }
        }
        kept
    }

    /// Adds a notice about each unknown field that is not kept.
    pub fn ignore(&mut self, place: &str, fields: &Map<String, Value>) {
        for name in fields.keys() {
            self.notice(place, name, "ignorado");
        }
    }

    /// Adds a notice about each unknown field of a document and of its componentes, also within
    /// apensados at any depth. Those fields stay where they are. Also rewrites `retirado` as a
    /// boolean, the only form that receivers read.
    pub fn notice_unknown_fields(&mut self, place: &str, processo: &mut Map<String, Value>) {
        for documento in objects(processo, "documentos") {
            let place = format!("{place}documentos[].");
            self.compare(&place, documento, &DOCUMENT);
            if let Some(withdrawn) = documento.get("retirado").and_then(boolean) {
                documento.insert("retirado".into(), withdrawn.into());
            }
            for component in objects(documento, "componentesDigitais") {
                self.compare(&format!("{place}componentesDigitais[]."), component, &COMPONENT);
            }
        }
        for name in APENSADOS {
            for apensado in objects(processo, name) {
                self.notice_unknown_fields(&format!("{place}{name}[]."), apensado);
            }
        }
    }

    pub fn notices(self) -> Vec<String> {
        self.names.into_iter().collect()
    }

    fn compare(&mut self, place: &str, fields: &Map<String, Value>, known: &[&str]) {
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            self.notice(place, name, "guardado e entregue como veio");
        }
    }

    fn notice(&mut self, place: &str, name: &str, outcome: &str) {
        if self.names.len() < MAX_NOTICES {
            let name = printable(name);
            self.names.insert(format!("{place}{name}: campo desconhecido, {outcome}"));
        }
    }
}

/// The objects in a list. Other items are skipped.
fn objects<'v>(
    fields: &'v mut Map<String, Value>,
    name: &str,
) -> impl Iterator<Item = &'v mut Map<String, Value>> {
    let items = fields.get_mut(name).and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(fields) => fields,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn the_keys_of_the_sender_are_removed_at_any_depth() {
        let mut fields =
            object(json!({ "idProcedimentoSEI": 1, "a": [{ "b": { "idAnexo": 2, "c": 3 } }],
            "documentos": [{ "idDocumentoSEI": 4, "ordem": 1 }] }));
        drop_senders_own(&mut fields);
        let left = json!({ "a": [{ "b": { "c": 3 } }], "documentos": [{ "ordem": 1 }] });
        assert_eq!(Value::Object(fields), left);
    }

    #[test]
    fn unknown_fields_are_kept_up_to_the_limit_and_reported() {
        let mut unknown = Unknown::default();
        let big = "x".repeat(MAX_KEPT_BYTES);
        let kept = unknown.keep("processo.", object(json!({ "novo": 1, "enorme": big })));
        assert_eq!(Value::Object(kept), json!({ "novo": 1 }));
        unknown.ignore("", &object(json!({ "ao lado": 1 })));
        let mut processo = object(json!({
            "documentos": [{ "ordem": 1, "retirado": "1", "cor": "azul", "componentesDigitais": [{ "peso": 1 }] }, 7],
            "processoApensado": [{ "documentos": [{ "cor": "verde" }] }],
        }));
        unknown.notice_unknown_fields("processo.", &mut processo);
        assert_eq!(processo["documentos"][0]["retirado"], true);
        assert_eq!(
            unknown.notices(),
            [
                "ao lado: campo desconhecido, ignorado",
                "processo.documentos[].componentesDigitais[].peso: campo desconhecido, guardado e entregue como veio",
                "processo.documentos[].cor: campo desconhecido, guardado e entregue como veio",
                "processo.enorme: campo desconhecido, grande demais, ignorado",
                "processo.novo: campo desconhecido, guardado e entregue como veio",
                "processo.processoApensado[].documentos[].cor: campo desconhecido, guardado e entregue como veio",
            ]
        );
        let mut many = Unknown::default();
        many.keep("", (0..1000).map(|n| (format!("f{n}"), Value::Null)).collect());
        assert_eq!(many.notices().len(), MAX_NOTICES);
    }
}
