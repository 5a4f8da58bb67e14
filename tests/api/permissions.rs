//! Compares with a snapshot who may use each query, mutation, subscription and route: every client
//! of the demo, and a caller without a token. The operations come from the schema and the OpenAPI
//! document, so a new one shows up in the snapshot, and so does a change of a permission.

use crate::subscriptions::sse_client::Sse;
use crate::support::App;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const CLIENTS: [&str; 7] =
    ["tjrn", "tjpe", "tjce", "tjrn-leitura", "tjrn-catalogo", "cnj", "pesquisa"];

/// The argument to use where one of several is required.
const ONE_OF: [(&str, &str); 2] = [("adolescente", "identificador"), ("registroEletronico", "nre")];

const INTROSPECTION: &str = "{ __schema { queryType { name } mutationType { name } types { kind name isOneOf: name
    fields { name type { ...T } args { name defaultValue type { ...T } } } inputFields { name defaultValue type { ...T } } enumValues { name } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// The types by name, from introspection.
struct Schema(BTreeMap<String, Value>);

impl Schema {
    fn read(app: &App) -> Self {
        let data = app.gql("tjrn", INTROSPECTION);
        let types = data["__schema"]["types"].as_array().unwrap().iter();
        Self(types.map(|ty| (ty["name"].as_str().unwrap().to_owned(), ty.clone())).collect())
    }

    /// Returns a value of the type, as a GraphQL literal.
    fn value(&self, ty: &Value) -> String {
        match ty["kind"].as_str().unwrap() {
            "NON_NULL" => self.value(&ty["ofType"]),
            "LIST" => format!("[{}]", self.value(&ty["ofType"])),
            _ => {
                let name = ty["name"].as_str().unwrap();
                match (&self.0[name]["kind"], name) {
                    (kind, _) if kind == "ENUM" => {
                        self.0[name]["enumValues"][0]["name"].as_str().unwrap().to_owned()
                    }
                    (kind, _) if kind == "INPUT_OBJECT" => self.input(name),
                    (_, "Int" | "Float") => "1".to_owned(),
                    (_, "Boolean") => "true".to_owned(),
                    (_, "NumeroProcesso") => "\"9000741-62.2021.8.20.0083\"".to_owned(),
                    (_, "IdentificadorAdolescente") => "\"209900000001\"".to_owned(),
                    (_, "CPF") => "\"529.982.247-25\"".to_owned(),
                    (_, "NRE") => "\"0000000001522026\"".to_owned(),
                    (_, "Date") => "\"2010-01-01\"".to_owned(),
                    (_, "DateTime") => "\"2026-01-01T00:00:00Z\"".to_owned(),
                    _ => "\"1\"".to_owned(),
                }
            }
        }
    }

    /// Returns an input with the required fields only, or with the first field if the input is
    /// `oneOf`.
    fn input(&self, name: &str) -> String {
        let fields = self.0[name]["inputFields"].as_array().unwrap();
        let required: Vec<_> = fields.iter().filter(|field| is_required(field)).collect();
        let given: Vec<_> = match required.is_empty()
            && (name.starts_with("Especie") || name.starts_with("Operacao"))
        {
            true => fields.iter().take(1).collect(),
            false => required,
        };
        let given: Vec<_> = given
            .iter()
            .map(|field| {
                format!("{}: {}", field["name"].as_str().unwrap(), self.value(&field["type"]))
            })
            .collect();
        format!("{{{}}}", given.join(", "))
    }

    /// Returns the smallest operation for each root field, with its name in the matrix.
    fn operations(&self, root: &str, word: &str) -> Vec<(String, String)> {
        let fields = self.0[root]["fields"].as_array().unwrap().iter();
        fields
            .map(|field| {
                let name = field["name"].as_str().unwrap();
                let arguments = field["args"].as_array().unwrap().iter();
                let arguments: Vec<_> = arguments
                    .filter(|argument| {
                        is_required(argument)
                            || ONE_OF.contains(&(name, argument["name"].as_str().unwrap()))
                    })
                    .map(|argument| {
                        let argument_name = argument["name"].as_str().unwrap();
                        match (name, argument_name) {
                            ("busca", "texto") => "texto: \"9000741-62\"".to_owned(),
                            _ => format!("{argument_name}: {}", self.value(&argument["type"])),
                        }
                    })
                    .collect();
                let arguments = match arguments.as_slice() {
                    [] => String::new(),
                    data => format!("({})", data.join(", ")),
                };
                (
                    format!("{word} {name}"),
                    format!("{word} {{ {name}{arguments} {{ __typename }} }}"),
                )
            })
            .collect()
    }
}

fn is_required(field: &Value) -> bool {
    field["type"]["kind"] == "NON_NULL" && field["defaultValue"].is_null()
}

/// Sends a GraphQL request and returns the status of its first error, or that of the response if it
/// has no error.
fn status(app: &App, client: Option<&str>, query: &str) -> u64 {
    let response = match client {
        Some(client) if query.starts_with("subscription") => {
            return subscription_status(app, client, query);
        }
        Some(client) => app.graphql(client, query, json!({})),
        None => app.request(
            "POST",
            "/graphql",
            &[("Content-Type", "application/json")],
            json!({ "query": query }).to_string().as_bytes(),
        ),
    };
    let error = &response.body["errors"][0]["extensions"]["status"];
    assert!(
        response.body["errors"][0]["extensions"]["code"] != "GRAPHQL_VALIDATION_FAILED",
        "{query}: {}",
        response.text
    );
    error.as_u64().unwrap_or_else(|| response.status.into())
}

/// Returns the status of a subscription. An accepted one has sent nothing yet; a refused one has
/// ended.
fn subscription_status(app: &App, client: &str, query: &str) -> u64 {
    let mut sse = Sse::request(app, client, "text/event-stream", &json!({ "query": query }));
    match sse.headers.iter().any(|header| header == "transfer-encoding: chunked") {
        true => sse.status.into(),
        false => sse.result()["errors"][0]["extensions"]["status"].as_u64().unwrap(),
    }
}

/// Sends a small request of a route: names of the right form, of which most do not exist, and an
/// empty object as the body.
fn route(app: &App, client: Option<&str>, method: &str, path: &str) -> u16 {
    let path = [
        ("{id}", "2000000000"),
        ("{numeroProcesso}", "90007416220218200083"),
        ("{numeroGuia}", "202601019999"),
        ("{numero}", "820"),
        ("{identificador}", "209900000001"),
        ("{identificadorAdolescente}", "209900000001"),
        ("{cpf}", "52998224725"),
        ("{especie}", "provisoria"),
        ("{situacao}", if path.contains("/guias/") { "Baixada" } else { "Arquivado" }),
        ("{idt}", "999999"),
        ("{ticket}", "999999"),
        ("{nre}", "0000000001522026"),
        ("{protocolo}", "99990.000001%2F2026-53"),
        ("{repositorio}", "1"),
        ("{inicio}", "0"),
        ("{fim}", "1"),
        ("/estatisticas", "/estatisticas?de=PROCESSOS&por=TRIBUNAL"),
        // A valid request would wait until there is a pendência.
        ("/pendencias", "/pendencias?idTramiteDaPendenciaRecebida=x"),
    ]
    .iter()
    .fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
    assert!(!path.contains('{'), "{path}");
    let bearer = client.map(|client| app.bearer(client));
    let mut headers = vec![("Content-Type", "application/json")];
    headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
    let body: &[u8] = if method == "GET" { b"" } else { b"{}" };
    app.request(&method.to_uppercase(), &path, &headers, body).status
}

#[test]
fn quem_pode_o_que() {
    let app = App::new();
    let mut matrix = format!("{:72} nada", "");
    for client in CLIENTS {
        write!(matrix, " {client:>5.12}").unwrap();
    }
    let mut row = |name: &str, status: &dyn Fn(Option<&str>) -> u64| {
        write!(matrix, "\n{name:72} {:>4}", status(None)).unwrap();
        for client in CLIENTS {
            write!(matrix, " {:>width$}", status(Some(client)), width = client.len().max(5))
                .unwrap();
        }
    };
    let schema = Schema::read(&app);
    let operations = schema
        .operations("Query", "query")
        .into_iter()
        .chain(schema.operations("Mutation", "mutation"))
        .chain(schema.operations("Subscription", "subscription"));
    for (name, query) in operations {
        row(&name, &|client| status(&app, client, &query));
    }
    let openapi: Value = serde_json::from_str(include_str!("../../openapi.json")).unwrap();
    for (path, methods) in openapi["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "delete"] {
            if methods.get(method).is_some() {
                row(&format!("{} {path}", method.to_uppercase()), &|client| {
                    route(&app, client, method, path).into()
                });
            }
        }
    }
    matrix.push('\n');
    if std::env::var_os("ELOS_ACEITAR").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/permissions.txt"), &matrix)
            .unwrap();
    }
    let accepted = include_str!("permissions.txt");
    let different: Vec<_> =
        matrix.lines().filter(|row| !accepted.lines().any(|a| a == *row)).collect();
    assert!(
        matrix == accepted,
        "not as in permissions.txt (if it is right: ELOS_ACEITAR=1 script/test permissions): {different:#?}"
    );
}
