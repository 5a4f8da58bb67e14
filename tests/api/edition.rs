//! What the specification's edition of September 2025 asks for, as a client sees it.

use crate::subscriptions::ws_client::Ws;
use crate::support::{App, Response};
use serde_json::{Value, json};

fn error(response: &Response) -> &Value {
    let errors = response.body["errors"].as_array().unwrap_or_else(|| panic!("{}", response.text));
    assert_eq!(errors.len(), 1, "{}", response.text);
    &errors[0]
}

#[test]
fn introspection_has_the_fields_of_the_edition_and_comes_from_the_sdl() {
    let app = App::empty();
    let data = app.gql(
        "tjrn",
        r#"query($d: Boolean = true, $n: String! = "EspecieGuiaInput") {
           esquema: __schema { queryType { ...N } mutationType { name } description }
           um: __type(name: $n) { ...N isOneOf inputFields(includeDeprecated: $d) { name type { kind ofType { name } } } }
           processo: __type(name: "Processo") { kind interfaces { name } possibleTypes { name } fields { name } }
           node: __type(name: "Node") { interfaces { name } }
           data: __type(name: "Date") { specifiedByURL isOneOf fields { name } }
           nada: __type(name: "Nada") { name }
           __typename } fragment N on __Type { __typename nome: name }"#,
    );
    assert_eq!(data["esquema"]["queryType"], json!({ "__typename": "__Type", "nome": "Query" }));
    assert_eq!(data["esquema"]["mutationType"]["name"], "Mutation");
    assert_eq!(
        (&data["um"]["nome"], &data["um"]["isOneOf"]),
        (&json!("EspecieGuiaInput"), &json!(true))
    );
    assert_eq!(data["node"]["interfaces"], json!([]));
    assert_eq!(data["processo"]["possibleTypes"].as_array().unwrap().len(), 2);
    assert_eq!(data["data"]["fields"], Value::Null);
    assert_eq!(data["data"]["isOneOf"], Value::Null);
    assert!(data["data"]["specifiedByURL"].as_str().unwrap().starts_with("https://"));
    assert_eq!((&data["nada"], &data["__typename"]), (&Value::Null, &json!("Query")));
    // Introspection may stand beside fields that read, and the response keeps the order of the
    // query.
    let both = app.graphql("tjrn", r#"{ eu { azp } __type(name: "Ator") { name } }"#, json!({}));
    assert_eq!(both.text, r#"{"data":{"eu":{"azp":"tjrn"},"__type":{"name":"Ator"}}}"#);
}

/// The names of types, fields, input fields and values in the answer are those of the SDL, and no
/// others.
#[test]
fn introspection_names_what_the_sdl_names() {
    let app = App::empty();
    let data = app.gql(
        "tjrn",
        "{ __schema { types { name fields(includeDeprecated: true) { name args(includeDeprecated: true) { name } }
           inputFields(includeDeprecated: true) { name } enumValues(includeDeprecated: true) { name } } directives { name } } }",
    );
    let schema = apollo_compiler::Schema::parse(elos::graphql::sdl(), "sdl").unwrap();
    let mut seen = 0;
    for ty in data["__schema"]["types"].as_array().unwrap() {
        let name = ty["name"].as_str().unwrap();
        if name.starts_with("__") {
            continue;
        }
        let defined = &schema.types[name];
        let names = |key: &str| -> Vec<&str> {
            let items = ty[key].as_array().into_iter().flatten();
            items.map(|item| item["name"].as_str().unwrap()).collect()
        };
        let fields: Vec<&str> = match defined {
            apollo_compiler::schema::ExtendedType::Object(o) => {
                o.fields.keys().map(apollo_compiler::Name::as_str).collect()
            }
            apollo_compiler::schema::ExtendedType::Interface(i) => {
                i.fields.keys().map(apollo_compiler::Name::as_str).collect()
            }
            _ => Vec::new(),
        };
        let inputs: Vec<&str> = defined
            .as_input_object()
            .into_iter()
            .flat_map(|i| i.fields.keys())
            .map(apollo_compiler::Name::as_str)
            .collect();
        let values: Vec<&str> = defined
            .as_enum()
            .into_iter()
            .flat_map(|e| e.values.keys())
            .map(apollo_compiler::Name::as_str)
            .collect();
        assert_eq!(
            (names("fields"), names("inputFields"), names("enumValues")),
            (fields, inputs, values),
            "{name}"
        );
        seen += 1;
    }
    assert_eq!(seen, schema.types.keys().filter(|name| !name.starts_with("__")).count());
}

#[test]
fn descriptions_of_executable_definitions_are_accepted_and_ignored() {
    let app = App::empty();
    let text = r#"""" o que
é { """ query Q("quantos" $n: Int = 1) { eu { ...F } tribunais { sigla } __type(name: "Int") { name } processos(first: $n) { totalCount } }
"partes" fragment F on Ator { azp }"#;
    assert_eq!(app.gql("tjrn", text)["eu"]["azp"], "tjrn");
    let refused = app.graphql("tjrn", "\"x\" { eu { azp } }", json!({}));
    assert_eq!(error(&refused)["locations"], json!([{ "line": 1, "column": 1 }]));
    assert_eq!(error(&refused)["extensions"]["code"], "GRAPHQL_PARSE_FAILED");
}

#[test]
fn a_variable_without_a_value_leaves_the_default_and_the_siblings() {
    let app = App::empty();
    let text = "query($d: SentidoOrdem) { processos(ordem: {campo: NUMERO, sentido: $d}) { totalCount } eu { azp } }";
    let absent = app.graphql("tjrn", text, json!({}));
    assert_eq!(absent.body["data"]["processos"]["totalCount"], 0, "{}", absent.text);
    assert_eq!(absent.body.get("errors"), None);
    let null = app.graphql("tjrn", text, json!({ "d": null }));
    assert_eq!(null.status, 200, "{}", null.text);
    assert_eq!(null.body["data"], json!({ "processos": null, "eu": { "azp": "tjrn" } }));
    let refused = error(&null);
    assert_eq!(refused["path"], json!(["processos"]));
    assert_eq!(refused["locations"], json!([{ "line": 1, "column": 69 }]));
    assert_eq!(
        refused["message"],
        "`ordem.sentido` pede um `SentidoOrdem!`, e a variável `$d` é nula"
    );
    let extensions = json!({ "code": "BAD_USER_INPUT", "status": 400, "campo": "ordem.sentido", "coordinate": "ProcessoOrdem.sentido" });
    assert_eq!(refused["extensions"], extensions);
    // A condition may be absent or null, and `20.0` is an `Int`.
    let filtered = "query($s: Int, $n: Int) { processos(first: $n, filtro: {idOrgao: $s, numero: [\"9000741-62.2021.8.20.0083\"]}) { totalCount } }";
    for variables in [json!({}), json!({ "s": null }), json!({ "s": 7, "n": 20.0 })] {
        assert_eq!(
            app.graphql("tjrn", filtered, &variables).body["data"]["processos"]["totalCount"],
            0,
            "{variables}"
        );
    }
    let list = "query($n: NumeroProcesso) { processos(filtro: {numero: [$n]}) { totalCount } }";
    let refused = app.graphql("tjrn", list, json!({ "n": "1" }));
    assert_eq!(error(&refused)["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
}

#[test]
fn a_mutation_whose_argument_has_no_value_answers_null_there_and_runs_the_others() {
    let app = App::empty();
    let text = "mutation($s: Boolean, $o: SentidoOrdem) {
        a: cadastrarAdolescente(input: {simular: $s, dados: {nome: \"A\", sobrenome: \"B\", dataNascimento: \"2010-01-01\", sexoBiologico: FEMININO}}) { simulado adolescente { eventos(sentido: $o) { totalCount } } } }";
    let absent = app.graphql("tjrn", text, json!({}));
    assert_eq!(absent.body["data"]["a"]["simulado"], false, "{}", absent.text);
    let refused = app.graphql("tjrn", text, json!({ "o": null }));
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert_eq!(error(&refused)["extensions"]["campo"], "sentido");
    assert_eq!(app.database.count("SELECT count(*) AS n FROM adolescente"), 1);
}

#[test]
fn errors_of_scalars_have_their_place_their_path_and_their_sentence() {
    let app = App::empty();
    for (text, variables, column, field, coordinate) in [
        (
            r#"{ adolescente(identificador: "x") { id } }"#,
            json!({}),
            30,
            "identificador",
            Some("Query.adolescente(identificador:)"),
        ),
        (
            r#"{ processos(filtro: {e: [{numero: ["1"]}]}) { totalCount } }"#,
            json!({}),
            36,
            "filtro.e.0.numero.0",
            Some("ProcessoFiltro.numero"),
        ),
        (
            "query($f: ProcessoFiltro) { processos(filtro: $f) { totalCount } }",
            json!({ "f": { "numero": "1" } }),
            7,
            "f.numero",
            Some("ProcessoFiltro.numero"),
        ),
        (
            "query($n: NumeroProcesso!) { processo(numero: $n) { id } }",
            json!({ "n": "1" }),
            7,
            "n",
            None,
        ),
    ] {
        let response = app.graphql("tjrn", text, &variables);
        let refused = error(&response);
        assert_eq!(
            refused["locations"],
            json!([{ "line": 1, "column": column }]),
            "{}",
            response.text
        );
        assert_eq!(refused["extensions"]["code"], "CAMPO_INVALIDO");
        assert_eq!(refused["extensions"]["campo"], field);
        assert_eq!(refused["extensions"].get("coordinate").and_then(Value::as_str), coordinate);
    }
    let message = |text: &str| error(&app.graphql("tjrn", text, json!({})))["message"].to_string();
    assert!(message(r#"{ processo(numero: "1") { id } }"#).contains("NNNNNNN-DD"));
    assert!(
        message(r#"{ processos(filtro: {criadoDe: "ontem"}) { totalCount } }"#)
            .contains("AAAA-MM-DD")
    );
}

#[test]
fn messages_come_in_english_for_a_client_that_prefers_it_and_codes_stay() {
    let app = App::empty();
    let bearer = app.bearer("tjrn");
    let ask = |language: &str, query: &str| {
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Accept-Language", language),
        ];
        let body = json!({ "query": query }).to_string();
        let response = app.request("POST", "/graphql", &headers, body.as_bytes());
        let refused = error(&response).clone();
        (refused["message"].as_str().unwrap().to_owned(), refused["extensions"]["code"].clone())
    };
    for (query, portuguese, english) in [
        (
            "{ eu {",
            "erro de sintaxe: esperava-se um nome, e não <EOF>",
            "syntax error: expected a name, found <EOF>",
        ),
        (
            "{ eu { nada } }",
            "o tipo `Ator` não tem o campo `nada`",
            "the type `Ator` does not have the field `nada`",
        ),
        (
            "query($n: Int!) { processos(first: $n) { totalCount } }",
            "falta a variável `$n`",
            "the variable `$n` is missing",
        ),
        (
            "query($d: SentidoOrdem! = ASC, $e: SentidoOrdem) { processos(ordem: {campo: NUMERO, sentido: $d}) { totalCount } }",
            "a variável `$e` não é usada",
            "the variable `$e` is not used",
        ),
    ] {
        let (in_portuguese, in_english) =
            (ask("pt-BR, en;q=0.5", query), ask("en-US, pt;q=0.5", query));
        assert_eq!((in_portuguese.0.as_str(), in_english.0.as_str()), (portuguese, english));
        assert_eq!(in_portuguese.1, in_english.1);
    }
}

#[test]
fn what_is_wrong_is_said_as_it_is() {
    let app = App::empty();
    let null = app.graphql(
        "tjrn",
        "query($n: Int!) { processos(first: $n) { totalCount } }",
        json!({ "n": null }),
    );
    assert_eq!(error(&null)["message"], "a variável `$n` não pode ser nula");
    let bearer = app.bearer("tjrn");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let deep = format!(
        "{{\"query\":\"{{ __typename }}\",\"variables\":{{\"a\":{}{}}}}}",
        "[".repeat(200),
        "]".repeat(200)
    );
    let refused = app.request("POST", "/graphql", &headers, deep.as_bytes());
    assert_eq!(refused.status, 400);
    assert!(error(&refused)["message"].as_str().unwrap().contains("níveis"), "{}", refused.text);
    let url = format!(
        "/graphql?query={{__typename}}&variables={{\"a\":{}{}}}",
        "[".repeat(200),
        "]".repeat(200)
    );
    let refused = app.request(
        "GET",
        &url.replace('"', "%22")
            .replace('{', "%7B")
            .replace('}', "%7D")
            .replace('[', "%5B")
            .replace(']', "%5D"),
        &headers,
        b"",
    );
    assert!(error(&refused)["message"].as_str().unwrap().contains("níveis"), "{}", refused.text);
    // Extensions that the server does not know mean nothing.
    let body = json!({ "query": "{ eu { azp } }", "extensions": { "cliente": { "versao": [1] } } });
    let response = app.request("POST", "/graphql", &headers, body.to_string().as_bytes());
    assert_eq!(response.body, json!({ "data": { "eu": { "azp": "tjrn" } } }));
}

#[test]
fn a_hidden_field_is_null_and_is_said_to_be_hidden() {
    let app = App::new();
    let query = "{ lista: adolescentes(first: 2) { nodes { identificador cpf mae: nomeMae processos(first: 1) { nodes { magistrado { nome cpf } } } } } }";
    let hidden = app.graphql("cnj", query, json!({}));
    let sees = app.graphql("tjrn", query, json!({}));
    let ocultos = json!([["lista", "nodes", "cpf"], ["lista", "nodes", "mae"]]);
    let told = hidden.body["extensions"]["ocultos"]
        .as_array()
        .unwrap_or_else(|| panic!("{}", hidden.text));
    for path in ocultos.as_array().unwrap() {
        assert!(told.contains(path), "{}", hidden.text);
    }
    assert_eq!(hidden.body["data"]["lista"]["nodes"][0]["cpf"], Value::Null);
    assert_eq!(sees.body.get("extensions"), None, "{}", sees.text);
    let nothing =
        app.graphql("cnj", "{ adolescentes(first: 1) { nodes { identificador } } }", json!({}));
    assert_eq!(nothing.body.get("extensions"), None);
}

#[test]
fn a_websocket_tells_the_same_errors() {
    let app = App::empty();
    let mut ws = Ws::of(&app, "tjrn");
    ws.request("1", "query($d: SentidoOrdem) { processos(ordem: {campo: NUMERO, sentido: $d}) { totalCount } eu { azp } }", &json!({ "d": null }));
    let message = ws.message();
    assert_eq!(message["payload"]["data"], json!({ "processos": null, "eu": { "azp": "tjrn" } }));
    assert_eq!(message["payload"]["errors"][0]["path"], json!(["processos"]));
    ws.request(
        "2",
        "subscription($d: String!) { processoAlterado(desde: $d) { id } }",
        &json!({ "d": null }),
    );
    let mut message = ws.message();
    if message["type"] == "complete" {
        message = ws.message();
    }
    assert_eq!(message["payload"][0]["message"], "a variável `$d` não pode ser nula", "{message}");
}
