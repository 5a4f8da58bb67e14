//! What the document says, as questions: which body has every field, and what is
//! wrong with an answer.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

pub struct Documento(pub Value);

impl Documento {
    pub fn novo() -> Self {
        Self(serde_json::from_str(&elos::rest::openapi::documento()).unwrap())
    }

    /// Path, method and operation of each.
    pub fn operacoes(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        let caminhos = self.0["paths"].as_object().unwrap();
        caminhos.iter().flat_map(|(caminho, item)| {
            let metodos = item.as_object().unwrap().iter();
            metodos.map(move |(metodo, operacao)| (caminho.as_str(), metodo.as_str(), operacao))
        })
    }

    /// A value with every documented field, from the examples.
    pub fn exemplo(&self, schema: &Value) -> Value {
        let schema = self.resolvido(schema);
        let (campos, _) = self.campos(schema);
        if !campos.is_empty() {
            let exemplo = |(nome, campo)| (nome, self.exemplo(&campo));
            return campos.into_iter().map(exemplo).collect();
        }
        if let Some(exemplo) = schema["examples"].get(0) {
            return exemplo.clone();
        }
        match alternativas(schema).iter().find(|schema| schema["type"] != "null") {
            Some(schema) => self.exemplo(schema),
            None if tipos(schema).contains(&"array") => json!([self.exemplo(&schema["items"])]),
            None if tipos(schema).contains(&"object") => json!({ "qualquer": 1 }),
            None => panic!("no example in {schema}"),
        }
    }

    /// What a value has against the schema: an undocumented field, a missing one,
    /// another type, a word that is not of the list.
    pub fn faltas(&self, schema: &Value, valor: &Value, onde: &str) -> Vec<String> {
        let schema = self.resolvido(schema);
        let alternativas = alternativas(schema);
        if !alternativas.is_empty() {
            let faltas = alternativas.iter().map(|schema| self.faltas(schema, valor, onde));
            return faltas.min_by_key(Vec::len).unwrap();
        }
        let (campos, obrigatorios) = self.campos(schema);
        let mut faltas = Vec::new();
        match valor {
            Value::Object(tidos) if !campos.is_empty() => {
                let ausentes = obrigatorios.iter().filter(|nome| !tidos.contains_key(*nome));
                faltas.extend(ausentes.map(|nome| format!("{onde}.{nome}: missing")));
                for (nome, valor) in tidos {
                    let onde = format!("{onde}.{nome}");
                    match campos.get(nome) {
                        Some(campo) => faltas.extend(self.faltas(campo, valor, &onde)),
                        None => faltas.push(format!("{onde}: undocumented")),
                    }
                }
            }
            Value::Array(itens) if tipos(schema).contains(&"array") => {
                for item in itens {
                    faltas.extend(self.faltas(&schema["items"], item, &format!("{onde}[]")));
                }
            }
            // Kept and given back as it came.
            _ if tipos(schema).is_empty() => {}
            _ if !tipos(schema).contains(&tipo(valor)) => {
                faltas.push(format!("{onde}: {} is not {}", tipo(valor), schema["type"]));
            }
            _ if schema["enum"].as_array().is_some_and(|palavras| !palavras.contains(valor)) => {
                faltas.push(format!("{onde}: {valor} is not of the list"));
            }
            _ => {}
        }
        faltas
    }

    fn resolvido<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(nome) => {
                self.0.pointer(nome.trim_start_matches('#')).expect("a component of that name")
            }
            None => schema,
        }
    }

    /// The fields of an object and those that it cannot lack, its own and of what it is made of.
    fn campos(&self, schema: &Value) -> (Map<String, Value>, BTreeSet<String>) {
        let schema = self.resolvido(schema);
        let mut campos = schema["properties"].as_object().cloned().unwrap_or_default();
        let obrigatorios = schema["required"].as_array().into_iter().flatten();
        let mut obrigatorios: BTreeSet<_> =
            obrigatorios.map(|nome| nome.as_str().unwrap().to_owned()).collect();
        for parte in schema["allOf"].as_array().into_iter().flatten() {
            let (mais, deles) = self.campos(parte);
            campos.extend(mais);
            obrigatorios.extend(deles);
        }
        (campos, obrigatorios)
    }
}

fn alternativas(schema: &Value) -> &[Value] {
    let alternativas = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
    alternativas.map_or(&[], Vec::as_slice)
}

fn tipos(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(tipo) => vec![tipo],
        tipos => tipos.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    }
}

fn tipo(valor: &Value) -> &'static str {
    match valor {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
