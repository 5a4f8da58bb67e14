//! Whole bodies as examples: what a tool that imports the document sends, and shows as an answer.
//!
//! They are made of the examples of the schemas. What a request holds works when it is sent to
//! `elos demo` as it is; what an answer holds is of the right shape, and no more than that.

use serde_json::{Map, Value, json};

/// Deeper than any schema: a document that refers to itself ends here.
const DEPTH: usize = 20;

/// Fields that the answer of the example would not have: of another kind of guia, of a later
/// situação, of a dry run.
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

/// Which fields of an object are shown.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    /// Those that cannot be left out.
    Request,
    /// All that it may have at once.
    Answer,
}

/// Puts an example on every body and on every parameter.
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
                    // What is asked for is to be done.
                    "simular" => false.into(),
                    _ => known(&name, &parameter["schema"]).unwrap_or_else(|| {
                        made(&schemas, &parameter["schema"], Of::Request, DEPTH)
                    }),
                };
            }
        }
        contents(operation.get_mut("requestBody"), &schemas, Of::Request);
        let answers = operation.get_mut("responses").and_then(Value::as_object_mut);
        for answer in answers.into_iter().flat_map(Map::values_mut) {
            contents(Some(answer), &schemas, Of::Answer);
        }
    }
}

fn contents(body: Option<&mut Value>, schemas: &Value, of: Of) {
    let contents = body.and_then(|body| body.get_mut("content")).and_then(Value::as_object_mut);
    for (media_type, content) in contents.into_iter().flatten() {
        let is_text = matches!(media_type.as_str(), "application/json" | "multipart/form-data");
        if is_text && content.get("example").is_none() {
            content["example"] = made(schemas, &content["schema"], of, DEPTH);
        }
    }
}

/// A value of a schema.
fn made(schemas: &Value, schema: &Value, of: Of, depth: usize) -> Value {
    if let Some(given) = schema["examples"].get(0).or_else(|| schema.get("example")) {
        return given.clone();
    }
    if depth == 0 {
        return Value::Null;
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return made(schemas, &schemas[name], of, depth - 1);
    }
    let parts = |name: &str| schema[name].as_array().map(Vec::as_slice).unwrap_or_default();
    if let Some(part) = parts("anyOf").iter().chain(parts("oneOf")).find(|s| s["type"] != "null") {
        return made(schemas, part, of, depth - 1);
    }
    if !parts("allOf").is_empty() {
        let objects = parts("allOf").iter().map(|part| made(schemas, part, of, depth - 1));
        return objects.filter_map(|part| part.as_object().cloned()).flatten().collect();
    }
    match schema_type(schema) {
        "object" => object(schemas, schema, of, depth),
        "array" => json!([made(schemas, &schema["items"], of, depth - 1)]),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| 1.into()),
        "boolean" => false.into(),
        "string" => schema["enum"].get(0).cloned().unwrap_or_else(|| "texto fictício".into()),
        // Whatever JSON the caller likes.
        _ => json!({}),
    }
}

fn schema_type(schema: &Value) -> &str {
    match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).find(|t| *t != "null"),
        one => one.as_str(),
    }
    .unwrap_or_default()
}

fn object(schemas: &Value, schema: &Value, of: Of, depth: usize) -> Value {
    let required = |name: &String| {
        schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name))
    };
    let fields = schema["properties"].as_object().into_iter().flatten();
    fields
        .filter(|(name, _)| match of {
            Of::Request => required(name),
            Of::Answer => required(name) || !NOT_SHOWN.contains(&name.as_str()),
        })
        .map(|(name, field)| {
            let value = known(name, field);
            (name.clone(), value.unwrap_or_else(|| made(schemas, field, of, depth - 1)))
        })
        .collect()
}

/// What a field says that its schema does not.
fn known(name: &str, schema: &Value) -> Option<Value> {
    let value = match name {
        // "despacho", as in the example of what is sent.
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
        // As a demo has it.
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
