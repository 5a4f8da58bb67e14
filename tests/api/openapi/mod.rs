//! Compares the OpenAPI document with the server, for requests and for responses.

mod document;
mod tramita;
mod walk;

use crate::architecture::SOURCES;
use crate::support::App;
pub use document::OpenApiDocument;
use elos::processo::NumeroProcesso;
use elos::rest::openapi::render as printed;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use walk::Walk;

#[test]
fn openapi_json_is_up_to_date() {
    let stored =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json")).unwrap();
    assert!(stored == printed(), "run `cargo run -- openapi > openapi.json` and look at the diff");
}

#[test]
fn the_document_and_its_page_need_no_token_and_no_other_server() {
    let app = App::empty();
    let response = app.request("GET", "/openapi.json", &[], b"");
    assert_eq!(response.status, 200);
    // Only the addresses differ: they are those of this server.
    assert_eq!(response.text.replace(&app.base, "http://127.0.0.1:8080"), printed());
    for path in ["/docs", "/docs/"] {
        let page = app.request("GET", path, &[], b"");
        assert_eq!(page.status, 200);
        assert!(!page.text.contains("http"), "{}", page.text);
        let csp = &page.headers["content-security-policy"];
        assert!(csp.contains("default-src 'self'") && !csp.contains("script"), "{csp}");
        let files = page.text.split('"').filter(|part| part.starts_with("/docs/swagger"));
        for file in files {
            assert_eq!(app.request("GET", file, &[], b"").status, 200, "{file}");
        }
    }
    let settings = app.request("GET", "/docs/swagger-initializer.js", &[], b"").text;
    assert!(settings.contains("\"/openapi.json\"") && settings.contains("\"none\""), "{settings}");
    let methods = settings.split_once("supportedSubmitMethods").unwrap().1;
    assert!(methods.split_once(']').unwrap().0.ends_with("\"get\"\n  "), "{settings}");
    assert_eq!(app.request("GET", "/docs/nada", &[], b"").status, 404);
}

/// A refusal names what the caller sent, as the document names it.
#[test]
fn a_refusal_names_the_parameter_that_was_sent() {
    let app = App::new();
    let number = NumeroProcesso::synthetic(9_000_099, 2021, 820, 83).to_string();
    let bearer = app.bearer("tjrn");
    let ask = |method: &str, path: &str| {
        app.request(method, path, &[("Authorization", &bearer)], b"").body
    };
    for (method, path, name) in [
        ("GET", "/processos/2000000000".to_owned(), "id"),
        ("GET", "/processos/x".to_owned(), "id"),
        ("GET", "/processos?size=0".to_owned(), "size"),
        ("GET", "/processos?situacaoProcesso=X".to_owned(), "situacaoProcesso"),
        ("GET", format!("/processos/numero-processo/{number}"), "numeroProcesso"),
        ("GET", "/processos/apuracao/numero-processo/1".to_owned(), "numeroProcesso"),
        ("PUT", format!("/processos/numero-processo/{number}/situacao/ATIVO"), "numeroProcesso"),
        (
            "PUT",
            "/processos/numero-processo/80000967220228200001/situacao/X".to_owned(),
            "situacao",
        ),
        (
            "DELETE",
            "/processos/80000967220228200001/apuracao/adolescentes/1".to_owned(),
            "identificadorAdolescente",
        ),
        ("GET", "/adolescentes/identificador/209900000001".to_owned(), "identificador"),
        ("GET", "/adolescentes/identificador/1".to_owned(), "identificador"),
        ("PUT", "/guias/1/situacao/BAIXADA".to_owned(), "numeroGuia"),
        ("PUT", "/guias/209901010001/situacao/BAIXADA".to_owned(), "numeroGuia"),
        ("PUT", "/guias/202501010059/situacao/X".to_owned(), "situacao"),
    ] {
        let answer = ask(method, &format!("/api/v1{path}"));
        let message = answer["erros"][0].as_str().unwrap_or_else(|| panic!("{path}: {answer}"));
        assert!(message.starts_with(&format!("{name}: ")), "{method} {path}: {message}");
    }
    for (path, name) in [
        ("/NREs/1", "nre"),
        ("/NREs/0000000001522026", "nre"),
        ("/tramites/protocolo/P-9", "protocolo"),
        ("/tramites/99999", "idt"),
        ("/repositorios-de-estruturas/1/estruturas-organizacionais/999", "numero"),
    ] {
        let answer = ask("GET", path);
        assert_eq!(answer["parametro"][0]["chave"], name, "{path}: {answer}");
    }
}

/// A tool can use the document unchanged.
#[test]
fn the_document_has_the_address_of_its_request() {
    let app = App::empty();
    let ask = |headers: &[(&str, &str)]| app.request("GET", "/openapi.json", headers, b"");
    let server = |headers: &[(&str, &str)]| ask(headers).body["servers"][0]["url"].clone();
    assert_eq!(server(&[]), app.base.as_str());
    assert_eq!(server(&[("Host", "elos.tjrn.example")]), "http://elos.tjrn.example");
    let by_proxy = [("Host", "elos.tjrn.example"), ("X-Forwarded-Proto", "https")];
    assert_eq!(server(&by_proxy), "https://elos.tjrn.example");
    // The page of the document calls its own origin, whatever scheme a proxy reports.
    assert_eq!(server(&[("Sec-Fetch-Site", "same-origin")]), "/");
    // The document does not repeat an invalid host name.
    assert_eq!(server(&[("Host", "a\"b/@c")]), "/");
    let token_url = "/components/securitySchemes/oidc/flows/clientCredentials/tokenUrl";
    let shown_url = ask(&[]).body.pointer(token_url).unwrap().clone();
    let issuer = format!("{}/auth/realms/pje/protocol/openid-connect/token", app.base);
    assert_eq!(shown_url, issuer);
    let etag = ask(&[]).headers["etag"].clone();
    assert_eq!(ask(&[("If-None-Match", &etag)]).status, 304);
    assert_eq!(ask(&[("If-None-Match", &etag), ("Host", "outro.example")]).status, 200);
}

/// Every operation, parameter, response and schema has a description.
#[test]
fn everything_has_a_description() {
    let document = OpenApiDocument::new();
    let mut faults = Vec::new();
    let mut check = |value: &Value, at: String| {
        if value["$ref"].is_null() && value["description"].as_str().is_none_or(str::is_empty) {
            faults.push(at);
        }
    };
    for (path, method, operation) in document.operations() {
        let at = format!("{method} {path}");
        assert!(operation["operationId"].is_string() && operation["summary"].is_string(), "{at}");
        check(operation, at.clone());
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            check(parameter, format!("{at} {}", parameter["name"]));
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            check(response, format!("{at} {status}"));
        }
    }
    for (name, schema) in document.0["components"]["schemas"].as_object().unwrap() {
        check(schema, name.clone());
    }
    assert_eq!(faults, Vec::<String>::new());
}

/// A client generator fails at a reference without a target.
#[test]
fn every_reference_is_to_something() {
    fn gather<'a>(value: &'a Value, to: &mut BTreeSet<&'a str>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| gather(item, to)),
            Value::Object(fields) => {
                to.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|field| gather(field, to));
            }
            _ => {}
        }
    }
    let document = OpenApiDocument::new();
    let mut to = BTreeSet::new();
    gather(&document.0, &mut to);
    assert!(to.len() > 80, "only {}", to.len());
    to.retain(|name| document.0.pointer(name.trim_start_matches('#')).is_none());
    assert_eq!(to, BTreeSet::new());
}

/// For each path of the document, the server has the methods of the document and no others.
#[test]
fn every_route_is_in_the_document() {
    let app = App::empty();
    for (path, item) in OpenApiDocument::new().0["paths"].as_object().unwrap() {
        let concrete = path.replace(['{', '}'], "");
        let response = app.request("PATCH", &concrete, &[], b"");
        assert_eq!(response.status, 405, "{path}");
        // HEAD exists with every GET, and OPTIONS exists everywhere.
        let of_http = |method: &String| method == "head" || method == "options";
        let allowed = response.headers["allow"].split(", ").map(str::to_lowercase);
        let allowed: BTreeSet<_> = allowed.filter(|method| !of_http(method)).collect();
        let given: BTreeSet<_> = item.as_object().unwrap().keys().cloned().collect();
        assert_eq!(allowed, given, "{path}");
    }
}

/// Every field that a handler reads from a body or a query by hand is in the document. Those of the
/// bodies that `body!` declares are in it by that declaration.
#[test]
fn every_field_that_is_read_is_in_the_document() {
    let reads = [
        ".text(",
        ".parse(",
        ".word(",
        ".list(",
        ".items(",
        ".integer(",
        ".date(",
        ".integer_or_text(",
        ".yes_or_no(",
        ".change(",
        ".object(",
        ".nested(",
        ".take(",
    ];
    let document = printed();
    let mut read = 0;
    for (_, text) in SOURCES.iter().filter(|(path, _)| path.starts_with("rest/")) {
        for after in reads.iter().flat_map(|read_call| text.split(read_call).skip(1)) {
            let Some((name, _)) =
                after.trim_start().strip_prefix('"').and_then(|d| d.split_once('"'))
            else {
                continue;
            };
            read += 1;
            let (field, parameter) = (format!("\"{name}\": {{"), format!("\"name\": \"{name}\""));
            assert!(document.contains(&field) || document.contains(&parameter), "{name}");
        }
    }
    assert!(read > 40, "only {read} found: do handlers read in another way?");
}

/// The server reads a body with every documented field, and every response fits the document. The
/// test covers the life of two processos, their adolescentes and guias.
#[test]
fn bodies_and_responses_are_as_the_document_says() {
    let app = App::empty();
    let mut walk = Walk::new(&app);
    let numero = |sequence| NumeroProcesso::synthetic(sequence, 2021, 820, 83).to_string();
    let (apuracao, execucao) = (numero(9_000_741), numero(9_000_742));

    let rascunho = walk.request("POST", "/processo-rascunho", &[], json!({}));
    let ana = walk.request("POST", "/adolescentes", &[], json!({}));
    let ana = ana["identificador"].as_str().unwrap();
    walk.request("PUT", "/adolescentes", &[], json!({ "identificador": ana }));
    let of_ana = [("{identificador}", ana)];
    walk.request("GET", "/adolescentes/identificador/{identificador}", &of_ana, json!({}));
    let cpf = [("{cpf}", "52998224725")];
    walk.request("GET", "/adolescentes/cpf/{cpf}", &cpf, json!({}));
    walk.request("GET", "/adolescentes", &[], json!({}));
    walk.request("GET", "/adolescentes/similaridade", &[("", "?nome=Ana")], json!({}));
    walk.request("POST", "/adolescentes/similaridade", &[], json!({}));

    let body = json!({
        "identificadoresAdolescentes": [ana], "numeroProcesso": apuracao,
        "idProcessoSistemaExterno": rascunho["id"],
    });
    let processo = walk.request("POST", "/processos", &[], body);
    walk.request("PUT", "/processos", &[], json!({ "numeroProcesso": apuracao }));
    let id = processo["id"].to_string();
    walk.request("GET", "/processos/{id}", &[("{id}", &id)], json!({}));
    let by_numero = [("{numeroProcesso}", apuracao.as_str())];
    walk.request("GET", "/processos/numero-processo/{numeroProcesso}", &by_numero, json!({}));
    let body = json!({
        "identificadoresAdolescentes": [ana], "numeroProcesso": execucao,
        "tipoProcesso": "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS",
        "numeroProcessoReferencia": apuracao, "idProcessoSistemaExterno": null,
    });
    walk.request("POST", "/processos", &[], body);
    let of_execucao = [("{numeroProcesso}", execucao.as_str())];
    walk.request(
        "GET",
        "/processos/apuracao/numero-processo/{numeroProcesso}",
        &of_execucao,
        json!({}),
    );
    walk.request("GET", "/processos", &[], json!({}));
    walk.request("GET", "/estatisticas", &[("", "?de=PROCESSOS&por=TIPO")], json!({}));

    let vinculo = "/processos/{numeroProcesso}/apuracao/adolescentes/{identificadorAdolescente}";
    let of_rui =
        [("{numeroProcesso}", apuracao.as_str()), ("{identificadorAdolescente}", "202500000099")];
    walk.request("POST", vinculo, &of_rui, json!({ "cpf": { "numero": "00000000191" } }));
    walk.request("DELETE", vinculo, &of_rui, json!({}));

    let processos = json!({
        "identificadorAdolescente": ana, "numeroProcessoConhecimento": apuracao,
        "numeroProcessoExecucao": execucao,
    });
    walk.request("POST", "/guias/provisoria", &[], processos.clone());
    let guia = walk.request("POST", "/guias/definitiva", &[], processos.clone());
    walk.request("POST", "/guias/internacao-sancao", &[], processos.clone());
    let mut unificacao = processos;
    unificacao["listaNumeroDaGuiaDefinitiva"] = json!([guia["numeroGuia"]]);
    let guia = walk.request("POST", "/guias/unificadora", &[], unificacao);
    let printed =
        [("{especie}", "unificadora"), ("{numeroGuia}", guia["numeroGuia"].as_str().unwrap())];
    walk.request("GET", "/guias/{especie}/numero-guia/{numeroGuia}/pdf", &printed, json!({}));
    let guia_path =
        [("{numeroGuia}", guia["numeroGuia"].as_str().unwrap()), ("{situacao}", "BAIXADA")];
    walk.request("PUT", "/guias/{numeroGuia}/situacao/{situacao}", &guia_path, json!({}));
    walk.request("GET", "/guias", &[], json!({}));
    let arquivar = [("{numeroProcesso}", execucao.as_str()), ("{situacao}", "Arquivado")];
    let situacao = "/processos/numero-processo/{numeroProcesso}/situacao/{situacao}";
    walk.request("PUT", situacao, &arquivar, json!({}));

    assert_eq!(walk.forgotten(|tag| tag != "Tramita"), Vec::<String>::new());
}
