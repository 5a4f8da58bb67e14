//! Bodies of requests: duplicate members, other encodings, byte order marks, blank texts and nulls.

use super::{a_number, send};
use crate::subscriptions::ws_client::Ws;
use crate::support::{App, Response, Settings, Template};
use elos::config::Http;
use serde_json::json;

fn says(answer: &Response, status: u16, text: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert!(answer.text.contains(text), "{text}: {}", answer.text);
}

#[test]
fn a_duplicate_member_is_refused_by_every_api() {
    let http = Http { max_batch: 5, ..Http::default() };
    let app = App::with(Template::Empty, Settings { http, ..Settings::default() });
    let accept = [("Accept", "application/graphql-response+json")];
    let post = |path: &str, body: &str| send(&app, "POST", path, &accept, body.as_bytes());
    let guia = r#"{"atosInfracionais":[{"codigoTpu":"1"},{"localFato":"a","localFato":"b"}]}"#;
    for (path, body, place) in [
        ("/api/v1/processos", r#"{"idOrgao":1,"idOrgao":2}"#, "idOrgao"),
        ("/api/v1/processos", r#"{"nada":{"x":1,"x":1}}"#, "nada.x"),
        ("/api/v1/processo-rascunho", r#"{"dados":{"a":[{"b":1,"\u0062":2}]}}"#, "dados.a.0.b"),
        ("/api/v1/guias/provisoria", guia, "atosInfracionais.1.localFato"),
        (
            "/tramites/processo",
            r#"{"processo":{"descricao":"a","descricao":"b"}}"#,
            "processo.descricao",
        ),
        ("/tramites/1/recusa", r#"{"motivo":"01","motivo":"99"}"#, "motivo"),
        ("/graphql", r#"{"query":"{eu{sub}}","query":"{eu{azp}}"}"#, "query"),
        ("/graphql", r#"{"query":"{eu{sub}}","x":{"y":1,"y":1}}"#, "x.y"),
        (
            "/graphql",
            r#"{"query":"query($a:String){eu{sub}}","variables":{"a":"1","a":"2"}}"#,
            "variables.a",
        ),
        ("/graphql", r#"{"query":"{eu{sub}}","variables":{"z":{"a":1,"a":2}}}"#, "variables.z.a"),
        ("/graphql", r#"{"query":"{eu{sub}}","extensions":{"a":1,"a":2}}"#, "extensions.a"),
    ] {
        says(&post(path, body), 400, &format!("{place}: o membro vem duas vezes"));
    }
    // The same rule holds for server-sent events.
    let body = r#"{"query":"subscription{eventos{id}}","variables":{"a":1,"a":2}}"#;
    let sse = [("Accept", "text/event-stream")];
    let answer = send(&app, "POST", "/graphql", &sse, body.as_bytes());
    assert!(answer.text.contains("variables.a: o membro vem duas vezes"), "{}", answer.text);

    // Each item of a batch has its own response.
    let list = r#"[{"query":"{eu{azp}}"},{"query":"{eu{azp}}","variables":{"a":1,"a":2}}]"#;
    let answer = post("/graphql", list);
    assert_eq!(answer.body[0]["data"]["eu"]["azp"], "tjrn", "{}", answer.text);
    let message = answer.body[1]["errors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("variables.a: "), "{message}");

    // The same rule holds for the query string.
    for (name, value) in
        [("variables", "%7B%22a%22:1,%22a%22:2%7D"), ("extensions", "%7B%22a%22:1,%22a%22:2%7D")]
    {
        let query = "%7Beu%7Bsub%7D%7D";
        let path = format!("/graphql?query={query}&{name}={value}");
        says(&send(&app, "GET", &path, &accept, b""), 400, "a: o membro vem duas vezes");
    }
}

#[test]
fn a_socket_names_a_duplicate_member_and_stays_open() {
    let app = App::empty();
    let mut ws = Ws::of(&app, "tjrn");
    ws.text(r#"{"id":"1","type":"subscribe","payload":{"query":"{eu{sub}}","variables":{"a":{"b":1,"b":2}}}}"#);
    let refused = ws.message();
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("1")), "{refused}");
    let message = refused["payload"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("variables.a.b: o membro vem duas vezes"), "{message}");
    ws.request("2", "{ eu { azp } }", &json!({}));
    assert_eq!(ws.message()["payload"]["data"]["eu"]["azp"], "tjrn");
}

#[test]
fn an_operation_name_that_is_empty_is_absent() {
    let http = Http { max_batch: 5, ..Http::default() };
    let app = App::with(Template::Empty, Settings { http, ..Settings::default() });
    let body = json!({ "query": "query A { eu { azp } }", "operationName": "" });
    let one = app.post("tjrn", "/graphql", &body);
    let list = app.post("tjrn", "/graphql", &json!([body]));
    for answer in [&one.body, &list.body[0]] {
        assert_eq!(answer["data"]["eu"]["azp"], "tjrn", "{answer}");
    }
    let path = "/graphql?query=%7Beu%7Bazp%7D%7D&operationName=";
    assert_eq!(app.get("tjrn", path).body["data"]["eu"]["azp"], "tjrn");
    let sse = [("Accept", "text/event-stream")];
    let answer = send(&app, "POST", "/graphql", &sse, body.to_string().as_bytes());
    assert!(answer.text.contains(r#""azp":"tjrn""#), "{}", answer.text);
    let mut ws = Ws::of(&app, "tjrn");
    ws.send(&json!({ "id": "1", "type": "subscribe", "payload": body }));
    assert_eq!(ws.message()["payload"]["data"]["eu"]["azp"], "tjrn");
}

#[test]
fn bodies_are_utf_8_and_not_compressed() {
    let app = App::empty();
    let good = r#"{"query":"{eu{azp}}"}"#;
    let typed = |content_type: &str, body: &[u8]| {
        send(&app, "POST", "/graphql", &[("Content-Type", content_type)], body)
    };
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON;Charset=\"UTF-8\"",
    ] {
        let answer = typed(content_type, good.as_bytes());
        assert_eq!(answer.body["data"]["eu"]["azp"], "tjrn", "{content_type}: {}", answer.text);
    }
    let marked = format!("\u{feff}{good}");
    assert_eq!(typed("application/json", marked.as_bytes()).body["data"]["eu"]["azp"], "tjrn");
    for (path, field) in [
        ("/graphql", "query"),
        ("/api/v1/processos", "magistradoNome"),
        ("/tramites/processo", "x"),
    ] {
        let latin: Vec<u8> = [b"{\"", field.as_bytes(), b"\":\"Jo\xe3o\"}"].concat();
        let at = field.len() + 7;
        let answer = send(&app, "POST", path, &[], &latin);
        says(&answer, 415, &format!("o byte {at}, a contar de 0, é 0xE3"));
        let content_type = [("Content-Type", "application/json; charset=iso-8859-1")];
        says(&send(&app, "POST", path, &content_type, b"{}"), 415, "charset=utf-8");
        let gzip = [("Content-Encoding", "gzip")];
        says(&send(&app, "POST", path, &gzip, b"{}"), 415, "Content-Encoding");
        let marked = send(&app, "POST", path, &[], "\u{feff}{}".as_bytes());
        assert_eq!(marked.status, 400, "{}", marked.text);
        assert!(!marked.text.contains("JSON"), "{}", marked.text);
    }
    let ticket = "/tickets-de-envio-de-componente/1/protocolos/componentes-a-enviar";
    let form = [("Content-Type", "multipart/form-data; boundary=x"), ("Content-Encoding", "gzip")];
    assert!([404, 415].contains(&send(&app, "PUT", ticket, &form, b"--x--").status));
}

#[test]
fn an_address_is_utf_8() {
    let app = App::empty();
    for path in [
        "/api/v1/adolescentes/similaridade?nome=Jo%E3o",
        "/api/v1/processos?sort=%ED",
        "/api/v1/processos/numero-processo/%ED",
        "/api/v1/adolescentes/cpf/529%ED",
        "/tramites/%ED",
        "/tramites/protocolo/JO%C3O",
        "/NREs/%ED",
        "/tramites?protocolo=%ED",
        "/graphql?query=%7Beu%7Bazp%7D%7D&operationName=%ED",
    ] {
        let answer =
            send(&app, "GET", path, &[("Accept", "application/graphql-response+json")], b"");
        says(&answer, 400, "não é UTF-8");
    }
}

#[test]
fn in_a_put_blank_keeps_and_null_erases() {
    let app = App::new();
    let number = a_number(&app);
    let put = |body: &serde_json::Value| {
        let answer = send(&app, "PUT", "/api/v1/processos", &[], body.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.body["dados"].clone()
    };
    put(
        &json!({ "numeroProcesso": number, "magistradoNome": "Fulana", "magistradoCPF": "52998224725" }),
    );
    let kept =
        put(&json!({ "numeroProcesso": number, "magistradoNome": " ", "magistradoCPF": "" }));
    assert_eq!(kept["magistradoNome"], "Fulana");
    let erased = put(&json!({ "numeroProcesso": number, "magistradoNome": null }));
    assert_eq!(erased.get("magistradoNome"), None, "{erased}");

    let identificador = app.adolescente("tjrn");
    let full = json!({
        "identificador": identificador, "nomeMae": "Mãe", "naturalidade": "Natal\nRN", "racaCor": "PARDA",
        "cpf": { "numero": "52998224725" }, "rg": { "numero": "1" }, "dataObito": "01/02/2020",
    });
    let put = |body: &serde_json::Value| {
        send(&app, "PUT", "/api/v1/adolescentes", &[], body.to_string().as_bytes())
    };
    let written = put(&full);
    assert_eq!(written.status, 200, "{}", written.text);
    assert_eq!(written.body["dados"]["naturalidade"], "Natal\nRN");
    let blank = json!({
        "identificador": identificador, "nomeMae": "", "naturalidade": " ", "racaCor": "", "dataObito": "",
        "cpf": { "numero": "" }, "nome": "",
    });
    let dados = put(&blank).body["dados"].clone();
    for field in ["nomeMae", "naturalidade", "racaCor", "cpf", "rg", "dataObito", "nome"] {
        assert!(dados.get(field).is_some(), "{field}: {dados}");
    }
    let null = json!({
        "identificador": identificador, "nomeMae": null, "naturalidade": null, "racaCor": null,
        "dataObito": null, "cpf": { "numero": null }, "rg": null,
    });
    let dados = put(&null).body["dados"].clone();
    for field in ["nomeMae", "naturalidade", "racaCor", "cpf", "rg", "dataObito"] {
        assert_eq!(dados.get(field), None, "{field}: {dados}");
    }
    let minimum = put(&json!({ "identificador": identificador, "nome": null }));
    assert_eq!(minimum.status, 400, "{}", minimum.text);
    assert!(minimum.text.contains("CAMPO_OBRIGATORIO"), "{}", minimum.text);
}
