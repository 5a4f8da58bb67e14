//! What a sender may write and the platform does not know: what is dropped, what is kept and
//! told of, and values that come as text or as what they are.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Keys of the sender's own database. A receiving system of the same make takes them for keys of
/// its own, so they are never delivered.
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
/// Lists of processos below a processo. The second name is how one client writes the first.
pub const APENSADOS: [&str; 2] = ["processosApensados", "processoApensado"];

/// Fields that are known to nobody, kept of one send.
const KEPT_BYTES: usize = 64 * 1024;
const TOLD: usize = 50;

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

/// `true` and `false`, as themselves, in text or in digits.
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

/// A whole number, or its digits in text.
pub fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(n) => n.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Notices of what was not known, and how much of it is kept.
#[derive(Default)]
pub struct Unknown {
    names: BTreeSet<String>,
    bytes: usize,
}

impl Unknown {
    /// Keeps unknown fields up to a measure; each is told of, kept or not.
    pub fn keep(&mut self, place: &str, fields: Map<String, Value>) -> Map<String, Value> {
        let mut kept = Map::new();
        for (name, value) in fields {
            let size = name.len() + value.to_string().len();
            let fits = self.bytes + size <= KEPT_BYTES;
            let fate =
                if fits { "guardado e entregue como veio" } else { "grande demais, ignorado" };
            self.tell(place, &name, fate);
            if fits {
                self.bytes += size;
                kept.insert(name, value);
            }
        }
        kept
    }

    /// Tells of what documents have, at any depth, that is not known; it is kept with them. Says
    /// of each whether it was withdrawn as a boolean, which is how receivers read it.
    pub fn look_into(&mut self, place: &str, processo: &mut Map<String, Value>) {
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
                self.look_into(&format!("{place}{name}[]."), apensado);
            }
        }
    }

    pub fn notices(self) -> Vec<String> {
        self.names.into_iter().collect()
    }

    fn compare(&mut self, place: &str, fields: &Map<String, Value>, known: &[&str]) {
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            self.tell(place, name, "guardado e entregue como veio");
        }
    }

    fn tell(&mut self, place: &str, name: &str, fate: &str) {
        if self.names.len() < TOLD {
            let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
            self.names.insert(format!("{place}{name}: campo desconhecido, {fate}"));
        }
    }
}

/// The objects in a list of objects.
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
    fn the_keys_of_the_sender_go_at_any_depth() {
        let mut fields =
            object(json!({ "idProcedimentoSEI": 1, "a": [{ "b": { "idAnexo": 2, "c": 3 } }],
            "documentos": [{ "idDocumentoSEI": 4, "ordem": 1 }] }));
        drop_senders_own(&mut fields);
        let left = json!({ "a": [{ "b": { "c": 3 } }], "documentos": [{ "ordem": 1 }] });
        assert_eq!(Value::Object(fields), left);
    }

    #[test]
    fn what_is_not_known_is_kept_to_a_measure_and_told_of() {
        let mut unknown = Unknown::default();
        let big = "x".repeat(KEPT_BYTES);
        let kept = unknown.keep("processo.", object(json!({ "novo": 1, "enorme": big })));
        assert_eq!(Value::Object(kept), json!({ "novo": 1 }));
        let mut processo = object(json!({
            "documentos": [{ "ordem": 1, "retirado": "1", "cor": "azul", "componentesDigitais": [{ "peso": 1 }] }, 7],
            "processoApensado": [{ "documentos": [{ "cor": "verde" }] }],
        }));
        unknown.look_into("processo.", &mut processo);
        assert_eq!(processo["documentos"][0]["retirado"], true);
        assert_eq!(
            unknown.notices(),
            [
                "processo.documentos[].componentesDigitais[].peso: campo desconhecido, guardado e entregue como veio",
                "processo.documentos[].cor: campo desconhecido, guardado e entregue como veio",
                "processo.enorme: campo desconhecido, grande demais, ignorado",
                "processo.novo: campo desconhecido, guardado e entregue como veio",
                "processo.processoApensado[].documentos[].cor: campo desconhecido, guardado e entregue como veio",
            ]
        );
        let mut many = Unknown::default();
        many.keep("", (0..1000).map(|n| (format!("f{n}"), Value::Null)).collect());
        assert_eq!(many.notices().len(), TOLD);
    }
}
