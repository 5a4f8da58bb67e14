//! Adds examples of whole bodies and of parameters, which tools that import the document send and
//! display.
//!
//! This module composes the examples from those of the schemas. `elos demo` accepts each example
//! request as it is. An answer only has the right shape.

use serde_json::{Map, Value, json};

/// Deeper than any schema, so that a schema that refers to itself ends here.
const DEPTH: usize = 20;

/// Fields that the answer in the example would not have, for example because they belong to another
/// tipo of guia, to a later situação or to a dry run.
const NOT_SHOWN: [&str; 17] = [
    "avisos",
    "dataBaixa",
    "dataDecisaoInternacaoSancao",
    "dataDecisaoUnifcacaoDeMedidas",
    "dataObito",
    "dataTransitoJulgado",
    "hashDaAssinatura",
    "justificativaDaRecusa",
    "listaNumeroDaGuiaDefinitiva",
    "medidaResultanteUnificacao",
    "motivoBaixa",
    "motivoDaRecusa",
    "motivoDaUrgencia",
    "numeroProcessoReferencia",
    "prazo",
    "processoExecucao",
    "simulado",
];

/// The fields of an object that an example shows.
#[derive(Clone, Copy, PartialEq)]
enum Purpose {
    /// The required fields.
    Request,
    /// All fields that can occur together.
    Answer,
}

/// Adds an example to every body and to every parameter that has none.
pub fn show(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    let Some(paths) = document["paths"].as_object_mut() else { return };
    let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    for operation in operations {
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            if parameter.get("example").is_none() {
                let name = parameter["name"].as_str().unwrap_or_default().to_owned();
                parameter["example"] = match name.as_str() {
                    // The example shows a real call, not a dry run.
                    "simular" => false.into(),
                    _ => example_by_name(&name, &parameter["schema"]).unwrap_or_else(|| {
                        example(&schemas, &parameter["schema"], Purpose::Request, DEPTH)
                    }),
                };
            }
        }
        contents(operation.get_mut("requestBody"), &schemas, Purpose::Request);
        let answers = operation.get_mut("responses").and_then(Value::as_object_mut);
        for answer in answers.into_iter().flat_map(Map::values_mut) {
            contents(Some(answer), &schemas, Purpose::Answer);
        }
    }
}

fn contents(body: Option<&mut Value>, schemas: &Value, purpose: Purpose) {
    let contents = body.and_then(|body| body.get_mut("content")).and_then(Value::as_object_mut);
    for (media_type, content) in contents.into_iter().flatten() {
        let is_text = matches!(media_type.as_str(), "application/json" | "multipart/form-data");
        if is_text && content.get("example").is_none() {
            content["example"] = example(schemas, &content["schema"], purpose, DEPTH);
        }
    }
}

/// An example value of a schema.
fn example(schemas: &Value, schema: &Value, purpose: Purpose, depth: usize) -> Value {
    if let Some(documented) = schema["examples"].get(0).or_else(|| schema.get("example")) {
        return documented.clone();
    }
    if depth == 0 {
        return Value::Null;
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return example(schemas, &schemas[name], purpose, depth - 1);
    }
    let parts = |name: &str| schema[name].as_array().map(Vec::as_slice).unwrap_or_default();
    if let Some(part) = parts("anyOf").iter().chain(parts("oneOf")).find(|s| s["type"] != "null") {
        return example(schemas, part, purpose, depth - 1);
    }
    if !parts("allOf").is_empty() {
        let objects = parts("allOf").iter().map(|part| example(schemas, part, purpose, depth - 1));
        return objects.filter_map(|part| part.as_object().cloned()).flatten().collect();
    }
    match schema_type(schema) {
        "object" => object(schemas, schema, purpose, depth),
        "array" => json!([example(schemas, &schema["items"], purpose, depth - 1)]),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| 1.into()),
        "boolean" => false.into(),
        "string" => schema["enum"].get(0).cloned().unwrap_or_else(|| "texto fictício".into()),
        // The schema allows any JSON value.
        _ => json!({}),
    }
}

fn schema_type(schema: &Value) -> &str {
    match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).find(|t| *t != "null"),
        value => value.as_str(),
    }
    .unwrap_or_default()
}

fn object(schemas: &Value, schema: &Value, purpose: Purpose, depth: usize) -> Value {
    let required = |name: &String| {
        schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name))
    };
    let fields = schema["properties"].as_object().into_iter().flatten();
    fields
        .filter(|(name, _)| match purpose {
            Purpose::Request => required(name),
            Purpose::Answer => required(name) || !NOT_SHOWN.contains(&name.as_str()),
        })
        .map(|(name, field)| {
            let value = example_by_name(name, field);
            (name.clone(), value.unwrap_or_else(|| example(schemas, field, purpose, depth - 1)))
        })
        .collect()
}

/// An example by the name of the field, where the schema has none.
fn example_by_name(name: &str, schema: &Value) -> Option<Value> {
    let value = match name {
        // This content matches the hash in the example of a send.
        "conteudo" if schema["format"] == "binary" => json!("despacho"),
        "apenasAtivas"
        | "ativos"
        | "permiteEnvio"
        | "permiteRecebimento"
        | "todas"
        | "ativo"
        | "encontrou"
        | "first"
        | "last"
        | "paged"
        | "sorted"
        | "status"
        | "aptoParaReceberTramites"
            if schema["type"] == "boolean" =>
        {
            json!(true)
        }
        // A processo that the demo data contain.
        "numeroProcesso"
            if schema["$ref"].as_str().is_some_and(|name| name.ends_with("/NumeroCnj")) =>
        {
            json!("8000096-72.2022.8.20.0001")
        }
        "nomeMae" => json!("Maria Fictícia"),
        "nomePai" => json!("José Fictício"),
        "magistrado" | "magistradoNome" => json!("Magistrada Fictícia"),
        "serventuario" | "serventuarioNome" => json!("Serventuário Fictício"),
        "serventuarioCargo" => json!("Diretor de secretaria"),
        "sobrenome" => json!("Fictícia"),
        "sigla" => json!("TJRN"),
        "codigoNoOrgaoEntidade" => json!(""),
        "textoAssinado" => json!("<recibo>…</recibo>"),
        "erros" => json!(["numeroProcesso: o campo é obrigatório (preencha o campo)"]),
        _ => return None,
    };
    Some(value)
}
