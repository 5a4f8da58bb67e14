//! A write that can be sent through either API, and an outcome in terms that both share.
//!
//! A test writes the operation once, as the input of its mutation. This module derives the route,
//! the method and the body of REST from it.

use super::{App, Response};
use elos::error::CodigoErro;
use serde_json::{Map, Value, json};

/// A write: the name of the mutation, and its input without the fields of [`Mode`].
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    pub mutation: &'static str,
    pub input: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    Rest,
    Graphql,
}

/// The options of one write.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mode<'a> {
    pub key: Option<&'a str>,
    pub dry_run: bool,
}

/// The result of a write, in the same terms for both APIs.
#[derive(Debug)]
pub struct Outcome {
    /// The HTTP status of REST, also if GraphQL was used.
    pub status: u16,
    /// The code that decides the status of a refusal; `None` if the write was accepted.
    pub code: Option<String>,
    /// All codes, sorted. Only GraphQL returns them.
    pub codes: Vec<String>,
    /// The message of each refusal, without its field, sorted.
    pub texts: Vec<String>,
    /// Whether GraphQL refused the shape of the input before any rule ran.
    pub malformed: bool,
    /// The identificador, code or number of the object in the response, if there is one.
    pub generated: Option<String>,
    pub response: Response,
}

impl App {
    pub fn execute(
        &self,
        client: &str,
        api: Api,
        operation: &Operation,
        mode: Mode<'_>,
    ) -> Outcome {
        match api {
            Api::Rest => from_rest(operation, operation.request_rest(self, client, mode)),
            Api::Graphql => from_graphql(operation, operation.request_graphql(self, client, mode)),
        }
    }
}

impl Operation {
    pub fn new(mutation: &'static str, input: Value) -> Self {
        Self { mutation, input }
    }

    fn request_graphql(&self, app: &App, client: &str, mode: Mode<'_>) -> Response {
        let name = self.mutation;
        let type_name = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let result = match name {
            "cadastrarAdolescente" | "atualizarAdolescente" => {
                "adolescente { gerado: identificador }"
            }
            "registrarRascunho" => "rascunho { gerado: codigo }",
            "emitirGuia" | "baixarGuia" => "guia { gerado: numero }",
            _ => "processo { gerado: numero }",
        };
        let query = format!(
            "mutation($i: {type_name}!) {{ r: {name}(input: $i) {{ simulado {result} erros {{ codigo mensagem orientacao }} }} }}"
        );
        let mut input = self.input.clone();
        if let Some(key) = mode.key {
            input["chaveIdempotencia"] = key.into();
        }
        if mode.dry_run {
            input["simular"] = true.into();
        }
        app.graphql(client, &query, json!({ "i": input }))
    }

    fn request_rest(&self, app: &App, client: &str, mode: Mode<'_>) -> Response {
        let (method, path, body) = self.as_rest();
        let path = format!("/api/v1{path}{}", if mode.dry_run { "?simular=true" } else { "" });
        let bearer = app.bearer(client);
        let version = self.input.get("versaoEsperada").map(|version| format!("\"{version}\""));
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.extend((!body.is_empty()).then_some(("Content-Type", "application/json")));
        headers.extend(mode.key.map(|key| ("Idempotency-Key", key)));
        headers.extend(version.as_deref().map(|version| ("If-Match", version)));
        app.request(method, &path, &headers, body.as_bytes())
    }

    /// Returns the method, the path below `/api/v1`, and the body.
    fn as_rest(&self) -> (&'static str, String, Option<Value>) {
        let text = |field: &str| self.input[field].as_str().unwrap_or_default().to_owned();
        let vinculo = || {
            format!("/processos/{}/apuracao/adolescentes/{}", text("processo"), text("adolescente"))
        };
        match self.mutation {
            "cadastrarProcesso" => ("POST", "/processos".into(), Some(processo_body(&self.input))),
            "atualizarResponsaveis" => {
                ("PUT", "/processos".into(), Some(processo_body(&self.input)))
            }
            "alterarSituacao" => {
                let (numero, situacao) = (text("processo"), text("situacao"));
                ("PUT", format!("/processos/numero-processo/{numero}/situacao/{situacao}"), None)
            }
            "vincularAdolescente" => {
                ("POST", vinculo(), self.input.get("dados").map(adolescente_body))
            }
            "desvincularAdolescente" => ("DELETE", vinculo(), None),
            "cadastrarAdolescente" => {
                ("POST", "/adolescentes".into(), Some(adolescente_body(&self.input["dados"])))
            }
            "atualizarAdolescente" => {
                let mut body = adolescente_body(&self.input["dados"]);
                body["identificador"] = text("identificador").into();
                ("PUT", "/adolescentes".into(), Some(body))
            }
            "registrarRascunho" => {
                let mut body = self.input.clone();
                body["dados"] = serde_json::from_str(&text("dados")).unwrap_or(json!("x"));
                ("POST", "/processo-rascunho".into(), Some(body))
            }
            "emitirGuia" => {
                let (especie, body) = guia_body(&self.input);
                ("POST", format!("/guias/{especie}"), Some(body))
            }
            "baixarGuia" => {
                let motivo = self.input.get("motivo").map(|motivo| json!({ "motivo": motivo }));
                ("PUT", format!("/guias/{}/situacao/Baixada", text("numero")), motivo)
            }
            another => unreachable!("no such mutation: {another}"),
        }
    }
}

fn fields(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    object.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

/// Returns the body of a processo, which is flat and has the field names of the source document.
fn processo_body(input: &Value) -> Value {
    let mut body = Map::new();
    for (name, value) in fields(input) {
        let name = match name {
            "versaoEsperada" => continue,
            "magistrado" | "serventuario" => {
                for (part, value) in fields(value) {
                    let part = if part == "cpf" { "CPF" } else { "Nome" };
                    body.insert(format!("{name}{part}"), value.clone());
                }
                continue;
            }
            "numero" | "processo" => "numeroProcesso",
            "tipo" => "tipoProcesso",
            "adolescentes" => "identificadoresAdolescentes",
            "referencia" => "numeroProcessoReferencia",
            other => other,
        };
        body.insert(name.to_owned(), value.clone());
    }
    body.into()
}

/// Returns the body of an adolescente. The names are those of the input; dates, booleans and the
/// CPF have another form.
fn adolescente_body(dados: &Value) -> Value {
    let field = |(name, value): (&str, &Value)| {
        let value = match name {
            "cpf" => json!({ "numero": value }),
            _ => to_rest_format(value),
        };
        (name.to_owned(), value)
    };
    Value::Object(fields(dados).map(field).collect())
}

/// Returns the especie of a guia as the route names it, and the body.
fn guia_body(input: &Value) -> (&'static str, Value) {
    let mut body = Map::new();
    let (especie, details) = fields(&input["especie"]).next().expect("one kind");
    for (name, value) in fields(input).filter(|(name, _)| *name != "especie").chain(fields(details))
    {
        let name = match (especie, name) {
            (_, "magistrado" | "serventuario") => {
                for (part, value) in fields(value) {
                    let part = if part == "cpf" { "CPF" } else { "" };
                    body.insert(format!("{name}{part}"), value.clone());
                }
                continue;
            }
            (_, "adolescente") => "identificadorAdolescente",
            (_, "origem") => "origemGuia",
            (_, "apuracao") => "numeroProcessoConhecimento",
            (_, "execucao") => "numeroProcessoExecucao",
            ("internacaoSancao", "dataDecisao") => "dataDecisaoInternacaoSancao",
            (_, "dataDecisao") => "dataDecisaoUnifcacaoDeMedidas",
            (_, "medidaResultante") => "medidaResultanteUnificacao",
            (_, "definitivas") => "listaNumeroDaGuiaDefinitiva",
            (_, "documentos") => "documentosInstruirGuia",
            (_, other) => other,
        };
        body.insert(name.to_owned(), to_rest_format(value));
    }
    let especie = match especie {
        "provisoria" => "provisoria",
        "definitiva" => "definitiva",
        "internacaoSancao" => "internacao-sancao",
        _ => "unificadora",
    };
    (especie, body.into())
}

/// Writes `2010-02-01` as `01/02/2010`, and `true` as `S`.
fn to_rest_format(value: &Value) -> Value {
    match value {
        Value::Bool(value) => json!(if *value { "S" } else { "N" }),
        Value::String(text) => match text.split('-').collect::<Vec<_>>().as_slice() {
            &[year, month, day] if text.len() == 10 => json!(format!("{day}/{month}/{year}")),
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(to_rest_format).collect(),
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(name, value)| (name.clone(), to_rest_format(value))).collect(),
        ),
        _ => value.clone(),
    }
}

fn from_rest(operation: &Operation, response: Response) -> Outcome {
    let body = &response.body;
    let generated = match operation.mutation {
        "cadastrarAdolescente" | "atualizarAdolescente" => "identificador",
        "registrarRascunho" => "id",
        "emitirGuia" | "baixarGuia" => "numeroGuia",
        _ => "numeroProcesso",
    };
    let generated = body["dados"][generated].as_str().map(str::to_owned);
    let texts = body["erros"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let texts = texts.map(|error| error.split_once(": ").map_or(error, |(_, rest)| rest));
    let mut texts: Vec<_> = texts.map(normalised_message).collect();
    texts.sort();
    let code = body["mensagemDesenvolvedor"].as_str().map(str::to_owned);
    let (status, codes, malformed) = (response.status, Vec::new(), false);
    Outcome { status, code, codes, texts, malformed, generated, response }
}

/// Returns the message without its capital and its final period. Only one of the two APIs writes
/// both.
fn normalised_message(message: &str) -> String {
    let message = message.strip_suffix('.').unwrap_or(message);
    let mut letters = message.chars();
    let first = letters.next().map(char::to_lowercase);
    first.into_iter().flatten().chain(letters.as_str().chars()).collect()
}

#[track_caller]
fn from_graphql(operation: &Operation, response: Response) -> Outcome {
    if let Some(error) = response.body["errors"].get(0) {
        let code = error["extensions"]["code"].as_str().map(str::to_owned);
        let malformed = matches!(
            code.as_deref(),
            Some("CAMPO_INVALIDO" | "BAD_USER_INPUT" | "GRAPHQL_VALIDATION_FAILED")
        );
        let status = error["extensions"]["status"].as_u64().and_then(|n| n.try_into().ok());
        let status = status.unwrap_or(response.status);
        let (codes, texts, generated) = (Vec::new(), Vec::new(), None);
        return Outcome { status, code, codes, texts, malformed, generated, response };
    }
    let payload = &response.body["data"]["r"];
    let errors = payload["erros"].as_array().expect(&response.text);
    let of = |error: &Value, field: &str| error[field].as_str().unwrap_or_default().to_owned();
    let text = |error: &Value| match error["orientacao"].as_str() {
        Some(orientacao) => {
            format!("{} ({orientacao})", normalised_message(&of(error, "mensagem")))
        }
        None => normalised_message(&of(error, "mensagem")),
    };
    let status_of =
        |error: &&Value| status(operation, &of(error, "codigo"), &of(error, "mensagem"));
    let decisive = errors.iter().min_by_key(status_of);
    let (mut codes, mut texts): (Vec<_>, Vec<_>) =
        errors.iter().map(|error| (of(error, "codigo"), text(error))).unzip();
    codes.sort();
    texts.sort();
    let generated = ["processo", "adolescente", "rascunho", "guia"];
    let generated = generated.iter().find_map(|object| payload[object]["gerado"].as_str());
    Outcome {
        status: decisive.as_ref().map_or(200, status_of),
        code: decisive.map(|error| of(error, "codigo")),
        codes,
        texts,
        malformed: false,
        generated: generated.map(str::to_owned),
        response,
    }
}

/// Returns the status that the façade gives to a code. It is the own status of the code, with two
/// exceptions: an object that a body names is 400 instead of 404, and a consumed rascunho is 409.
pub fn status(operation: &Operation, code: &str, message: &str) -> u16 {
    let of_body = matches!(operation.mutation, "cadastrarProcesso" | "emitirGuia");
    match code {
        "RASCUNHO_INVALIDO" if message.contains("já se transformou") => 409,
        _ => {
            let all = CodigoErro::ALL.into_iter();
            let own = all.filter(|c| c.name() == code).map(CodigoErro::status).next();
            own.filter(|status| !(of_body && *status == 404)).unwrap_or(400)
        }
    }
}
