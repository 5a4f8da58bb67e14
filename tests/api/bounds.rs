//! The server limits everything that a caller can make large.

use crate::subscriptions::ws_client::Ws;
use crate::support::{App, MAX_WAIT, Response, Settings, Template, code, until};
use crate::tramita::envio;
use elos::config::Http;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Instant;

/// A document with one variable: a list of numbers of processos.
const WITH_VARIABLE: &str =
    "query($x: [NumeroProcesso!]) { processos(first: 1, filtro: { numero: $x }) { totalCount } }";
const WITHOUT: &str = "{ eu { azp } }";

#[track_caller]
fn refused(answer: &Response, code: &str) {
    let found = &answer.body["errors"][0]["extensions"]["code"];
    assert_eq!(found, code, "{:.300}", answer.text);
}

/// The server skips variables that the document does not declare, whatever their size. It counts
/// the values of declared variables while it reads them. This holds for every transport.
#[test]
fn variables_are_counted_and_undeclared_ones_are_skipped() {
    let http = Http { max_batch: 5, ..Http::default() };
    let app = App::with(Template::Empty, Settings { http, ..Settings::default() });
    let many = json!(vec!["0"; 100_000]);
    let body =
        |query: &str| json!({ "query": query, "variables": { "x": many, "y": { "z": [1] } } });

    let answer = app.post("tjrn", "/graphql", &body(WITHOUT));
    assert_eq!((answer.status, answer.body["data"].is_object()), (200, true), "{}", answer.text);
    let answer = app.post("tjrn", "/graphql", &body(WITH_VARIABLE));
    refused(&answer, "DOCUMENTO_EXCEDE_LIMITE");
    assert!(answer.text.contains("20000 valores"), "{}", answer.text);

    let list = app.post("tjrn", "/graphql", &json!([body(WITHOUT), body(WITHOUT)]));
    assert_eq!(list.body[1]["data"]["eu"]["azp"], "tjrn", "{:.300}", list.text);
    let mut socket = Ws::of(&app, "tjrn");
    socket.send(&json!({ "id": "1", "type": "subscribe", "payload": body(WITH_VARIABLE) }));
    let refusal = socket.message();
    assert_eq!(refusal["type"], "error", "{refusal}");
    assert_eq!(refusal["payload"][0]["extensions"]["code"], "DOCUMENTO_EXCEDE_LIMITE");
    socket.send(&json!({ "id": "2", "type": "subscribe", "payload": body(WITHOUT) }));
    assert_eq!(socket.message()["payload"]["data"]["eu"]["azp"], "tjrn");

    let in_url = |variables: &str| {
        let token = app.bearer("tjrn");
        let query = "query($x:[NumeroProcesso!]){processos(filtro:{numero:$x}){totalCount}}";
        let encoded = |text: &str| -> String {
            let escaped = |byte: u8| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                byte => format!("%{byte:02X}"),
            };
            text.bytes().map(escaped).collect()
        };
        let path = format!("/graphql?query={}&variables={}", encoded(query), encoded(variables));
        app.request("GET", &path, &[("Authorization", &token)], b"")
    };
    let nested = |n: usize| format!("{{\"x\":{}{}}}", "[".repeat(n), "]".repeat(n));
    refused(&in_url(&nested(65)), "DOCUMENTO_EXCEDE_LIMITE");
    refused(&in_url(&nested(64)), "CAMPO_INVALIDO");
}

/// The server skips other JSON in place of a text or an object. It also skips extensions, unknown
/// members, and the items of a batch that is too large.
#[test]
fn other_json_and_extensions_are_skipped_too() {
    let http = Http { max_batch: 5, ..Http::default() };
    let app = App::with(Template::Empty, Settings { http, ..Settings::default() });
    let deep: Value = (0..100).fold(json!(1), |inside, _| json!([inside]));
    let many = json!([vec![0; 200_000], deep]);
    for (body, message) in [
        (json!({ "query": many }), "`query` é um texto"),
        (json!({ "query": WITHOUT, "operationName": many }), "`operationName` é um texto"),
        (json!({ "documentId": many }), "`documentId` é um texto"),
        (json!({ "query": WITHOUT, "extensions": many }), "`extensions` é um objeto"),
        (json!({ "query": WITHOUT, "variables": many }), "`variables` é um objeto"),
        (json!(vec![0; 200_000]), "um pedido tem no máximo 5 operações; este tem 200000"),
    ] {
        let answer = app.post("tjrn", "/graphql", &body);
        assert_eq!(answer.body["errors"][0]["message"], message, "{:.300}", answer.text);
    }
    let extensions = json!({ "persistedQuery": null, "others": many });
    let answer = app.post(
        "tjrn",
        "/graphql",
        &json!({ "query": WITHOUT, "extensions": extensions, "x": many }),
    );
    assert_eq!(answer.body["data"]["eu"]["azp"], "tjrn", "{:.300}", answer.text);
}

/// Bodies of the façade and of the Tramita have a limit on values and levels. A send with 6,000
/// steps of history and 1,500 documents fits.
#[test]
fn bodies_have_a_limit_of_values_and_levels() {
    let app = App::empty();
    let deep: Value = (0..70).fold(json!(1), |inside, _| json!([inside]));
    let refused = |path: &str, body: &Value| {
        let answer = app.post("tjrn", path, body);
        assert_eq!(answer.status, 413, "{path}: {:.300}", answer.text);
        assert!(answer.text.contains("níveis"), "{:.300}", answer.text);
    };
    for body in [json!({ "nome": vec![0; 20_001] }), json!({ "nome": deep })] {
        refused("/api/v1/adolescentes", &body);
    }
    let mut send = envio("tjrn", "tjpe", "99990.000001/2026-53", None);
    send["processo"]["documentos"] = json!(vec![0; 150_001]);
    refused("/tramites/processo", &send);

    let item = |n: usize| json!({ "operacao": "RECEBIMENTO", "dataHora": "2026-01-01T00:00:00Z", "descricao": format!("passo {n} {}", "x".repeat(100)) });
    let history: Vec<_> = (0..6_000).map(item).collect();
    let documents: Vec<_> = (0..1_500)
        .map(|n| {
            let hash = json!({ "algoritmo": "SHA256", "conteudo": format!("{n:043}=") });
            let file = json!({
                "ordem": 1, "nome": format!("{n}.pdf"), "hash": hash, "mimeType": "application/pdf",
                "tipoDeConteudo": "txt", "tamanhoEmBytes": 1000, "dadosComplementaresDoTipoDeArquivo": ""
            });
            json!({
                "ordem": n + 1, "descricao": format!("Documento fictício número {n} {}", "x".repeat(250)), "nivelDeSigilo": 1,
                "dataHoraDeProducao": "2026-01-01T00:00:00Z", "dataHoraDeRegistro": "2026-01-01T00:00:00Z",
                "produtor": { "nome": "Pessoa Fictícia", "unidade": { "identificacao": n, "nome": "Unidade Fictícia" } },
                "especie": { "codigo": 1, "nomeNoProdutor": "Petição" },
                "componentesDigitais": [file],
            })
        })
        .collect();
    send["processo"]["itensHistorico"] = json!(history);
    send["processo"]["documentos"] = json!(documents);
    let text = send.to_string();
    assert!(text.len() > 2_300_000, "{}", text.len());
    let answer = app.post_text("tjrn", "/tramites/processo?simular=true", &text);
    // The server reads the whole body, so only rules may refuse it.
    assert_ne!(answer.status, 413, "{:.500}", answer.text);
    assert!(answer.status < 500, "{:.500}", answer.text);
}

#[test]
fn a_query_string_has_a_limit_of_parameters() {
    let app = App::empty();
    let answer = app.get("tjrn", &format!("/api/v1/processos?{}", "a&".repeat(10_000)));
    assert_eq!(answer.status, 400, "{:.300}", answer.text);
    assert!(answer.text.contains("no máximo 100 parâmetros"), "{:.300}", answer.text);
}

/// Sends the head of a request that announces a body, and nothing of the body.
fn begin_body(app: &App, client: &str, length: usize) -> TcpStream {
    let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(MAX_WAIT)).unwrap();
    let token = app.token(client);
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// The server limits the memory for request bodies before it allocates it. A request of a
/// credential that has announced as much as its share gets a 503 with `Retry-After`. Small requests
/// and other credentials go on.
#[test]
fn the_memory_of_bodies_is_limited_by_credential() {
    const MIB: usize = 1024 * 1024;
    let http = Http { body_memory_mib: 32, ..Http::default() };
    let app = App::with(Template::Empty, Settings { http, ..Settings::default() });
    // A credential may hold a quarter of three quarters of 32 MiB.
    let held: Vec<_> = (0..6).map(|_| begin_body(&app, "tjrn", MIB)).collect();
    let large = json!({ "query": WITHOUT, "variables": { "x": "x".repeat(10_000) } });
    let begun = Instant::now();
    let full = loop {
        // Repeat until the server has read the heads of the six requests.
        let answer = app.post("tjrn", "/graphql", &large);
        if answer.status != 200 {
            break answer;
        }
        assert!(begun.elapsed() < MAX_WAIT, "bodies are not bounded");
    };
    assert_eq!(full.status, 503, "{}", full.text);
    refused(&full, "SOBRECARREGADO");
    assert!(full.headers.contains_key("retry-after"), "{:?}", full.headers);
    let rest = json!({ "nome": "x".repeat(10_000) });
    let rest = app.post("tjrn", "/api/v1/adolescentes", &rest);
    assert_eq!(code(&rest), (503, "SOBRECARREGADO"));
    assert_eq!(app.post("tjrn", "/graphql", &json!({ "query": WITHOUT })).status, 200);
    assert_eq!(app.post("tjpe", "/graphql", &large).status, 200);
    drop(held);
    until(MAX_WAIT, "the memory is released", || {
        app.post("tjrn", "/graphql", &large).status == 200
    });
}

/// The server refuses a body by its announced length, before any byte of it arrives. It closes a
/// socket whose message is too long before it authenticates the client.
#[test]
fn a_body_that_is_too_long_is_refused_by_its_announced_length() {
    let app = App::empty();
    let mut stream = begin_body(&app, "tjrn", 2_000_000);
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    let mut socket = Ws::open(&app);
    let payload = json!({ "x": "x".repeat(20_000) });
    socket.send(&json!({ "type": "connection_init", "payload": payload }));
    assert_eq!(socket.close_frame().0, 1009);
}

/// A frame that is not complete would wait in memory, so a socket that is not acknowledged may not
/// send a large one.
#[test]
fn a_socket_that_is_not_acknowledged_may_not_fill_a_frame() {
    let app = App::empty();
    let mut socket = Ws::open(&app);
    // The head of a text frame of 1,000,000 bytes, masked with zeros.
    let mut frame = vec![0x81, 0xff];
    frame.extend(1_000_000_u64.to_be_bytes());
    frame.extend([0; 4]);
    frame.resize(frame.len() + 24 * 1024, b'x');
    socket.0.get_mut().write_all(&frame).unwrap();
    assert_eq!(socket.close_frame().0, 1009);
    // An acknowledged socket may send a large frame.
    let mut socket = Ws::of(&app, "tjrn");
    socket.request("1", "{ __typename }", &json!({ "x": "x".repeat(900_000) }));
    assert_eq!(socket.message()["type"], "next");
}

/// The server parses a large body on another thread, so that the worker stays free. It parses a
/// small body on the worker.
#[actix_web::test]
async fn large_bodies_are_read_on_another_thread() {
    use actix_web::test::TestRequest;
    use actix_web::{FromRequest, web};
    let app = actix_web::web::block(|| Arc::new(App::empty())).await.unwrap();
    let here = std::thread::current().id();
    for (length, elsewhere) in
        [(100, false), (16 * 1024, false), (16 * 1024 + 1, true), (1 << 20, true)]
    {
        let (request, mut payload) = TestRequest::post()
            .app_data(web::Data::new(app.served.clone()))
            .insert_header(("content-type", "application/json"))
            .insert_header(("content-length", length))
            .set_payload(vec![b' '; length])
            .to_http_parts();
        let payload = web::Payload::from_request(&request, &mut payload).await.unwrap();
        let read = |_| std::thread::current().id();
        let read = elos::http::body::read_json(&request, payload, 1 << 20, read).await;
        let (thread, _) = read.unwrap_or_else(|_| panic!("{length}"));
        assert_eq!(thread != here, elsewhere, "{length}");
    }
    actix_web::web::block(move || drop(app)).await.unwrap();
}

/// `/readyz` also answers on the thread of the metrics, where no request of a client can delay it.
#[test]
fn readiness_has_a_thread_of_its_own_beside_the_metrics() {
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
    let address = listener.local_addr().unwrap();
    let app =
        App::with(Template::Empty, Settings { metrics: Some(listener), ..Settings::default() });
    app.ready();
    for path in ["/readyz", "/healthz", "/metrics"] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(MAX_WAIT)).unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
}

/// While the work of a request runs on another thread, its only worker serves other requests.
#[actix_web::test]
async fn requests_on_a_worker_go_on_during_other_work() {
    let work = elos::work::CpuPool::default();
    let (served, wait) = std::sync::mpsc::channel();
    let long = work.run("a", move || wait.recv_timeout(MAX_WAIT));
    let neighbour = async move { served.send("served").unwrap() };
    let (long, ()) = futures_util::future::join(long, neighbour).await;
    assert_eq!(long.ok(), Some(Ok("served")));
}
