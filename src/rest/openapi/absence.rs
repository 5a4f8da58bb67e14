//! What it means that a field has no value, said in the schemas.
//!
//! The structs say it with `Option`, which utoipa writes as "or null". In an
//! answer such a field is left out, and never null. In a body a blank text counts as absent, and so
//! does null, but that in a change it erases.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const SCHEMAS: &str = "#/components/schemas/";
/// Says "null or blank" of itself.
const EM_BRANCO: &str = "EmBranco";

pub fn dizer(documento: &mut Value) {
    let antes = documento["components"]["schemas"].clone();
    let mut de_corpos = BTreeSet::new();
    for operacao in operacoes(&mut documento["paths"]) {
        if let Some(corpo) = operacao.get("requestBody") {
            alcancar(&antes, corpo, &mut de_corpos);
        }
        if let Some(parametros) = operacao.get_mut("parameters") {
            rever(parametros, &|_, sem_nulo| sem_nulo);
            parametros.as_array_mut().into_iter().flatten().for_each(admitir_vazio);
        }
    }
    let Some(schemas) = documento["components"]["schemas"].as_object_mut() else { return };
    for (nome, schema) in schemas {
        match nome.as_str() {
            EM_BRANCO => {}
            nome if de_corpos.contains(nome) => {
                rever(schema, &|inteiro, sem_nulo| ou_em_branco(inteiro, sem_nulo, &antes));
            }
            _ => rever(schema, &|_, sem_nulo| sem_nulo),
        }
    }
}

fn operacoes(caminhos: &mut Value) -> impl Iterator<Item = &mut Value> {
    let itens = caminhos.as_object_mut().into_iter().flat_map(Map::values_mut);
    itens.flat_map(|item| item.as_object_mut().into_iter().flat_map(Map::values_mut))
}

/// In a query an optional parameter may be left blank.
fn admitir_vazio(parametro: &mut Value) {
    if parametro["in"] == "query" && parametro["required"] == false {
        parametro["allowEmptyValue"] = true.into();
    }
}

/// The names of the schemas that `valor` refers to, and those that they refer to.
fn alcancar(schemas: &Value, valor: &Value, nomes: &mut BTreeSet<String>) {
    match valor {
        Value::Array(itens) => itens.iter().for_each(|item| alcancar(schemas, item, nomes)),
        Value::Object(campos) => {
            for (campo, valor) in campos {
                let nome = valor.as_str().filter(|_| campo == "$ref");
                match nome.and_then(|nome| nome.strip_prefix(SCHEMAS)) {
                    Some(nome) if nomes.insert(nome.to_owned()) => {
                        alcancar(schemas, &schemas[nome], nomes);
                    }
                    _ => alcancar(schemas, valor, nomes),
                }
            }
        }
        _ => {}
    }
}

/// Replaces whatever may be null, at any depth: `ajuste` is given the schema with
/// null and without.
fn rever(valor: &mut Value, ajuste: &dyn Fn(Value, Value) -> Value) {
    if let Some(sem_nulo) = sem_nulo(valor) {
        *valor = ajuste(valor.take(), sem_nulo);
    }
    match valor {
        Value::Array(itens) => itens.iter_mut().for_each(|item| rever(item, ajuste)),
        Value::Object(campos) => campos.values_mut().for_each(|campo| rever(campo, ajuste)),
        _ => {}
    }
}

/// None of a schema that cannot be null. Knows the two ways in which utoipa writes it.
fn sem_nulo(schema: &Value) -> Option<Value> {
    let campos = schema.as_object()?;
    let nulo = json!({ "type": "null" });
    if let Some([tipo, _]) = campos.get("type").and_then(Value::as_array).map(Vec::as_slice) {
        let mut campos = campos.clone();
        campos.insert("type".into(), tipo.clone());
        return Some(campos.into());
    }
    let [primeiro, outro] = campos.get("oneOf")?.as_array()?.as_slice() else { return None };
    let mut juntos = outro.as_object().filter(|_| *primeiro == nulo)?.clone();
    let proprios = campos.iter().filter(|(campo, _)| *campo != "oneOf");
    juntos.extend(proprios.map(|(campo, valor)| (campo.clone(), valor.clone())));
    Some(juntos.into())
}

/// Only a text can be blank.
fn ou_em_branco(inteiro: Value, mut sem_nulo: Value, schemas: &Value) -> Value {
    let nome = sem_nulo["$ref"].as_str().and_then(|nome| nome.strip_prefix(SCHEMAS));
    if nome.is_none_or(|nome| schemas[nome]["type"] != "string") {
        return inteiro;
    }
    let descricao = sem_nulo.as_object_mut().and_then(|campos| campos.remove("description"));
    let mut campo = json!({ "anyOf": [sem_nulo, { "$ref": format!("{SCHEMAS}{EM_BRANCO}") }] });
    if let Some(descricao) = descricao {
        campo["description"] = descricao;
    }
    campo
}
