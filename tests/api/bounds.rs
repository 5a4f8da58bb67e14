//! What a caller can make large, and where it ends.

use crate::assinaturas::cliente_ws::Ws;
use crate::support::{Ajustes, App, Modelo, PATIENCE as AT_MOST, Resposta};
use crate::tramita::envio;
use elos::config::Http;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Instant;

/// A declared variable, of a type that a list of texts is.
const WITH_VARIABLE: &str =
    "query($x: [NumeroProcesso!]) { processos(first: 1, filtro: { numero: $x }) { totalCount } }";
const WITHOUT: &str = "{ eu { azp } }";

#[track_caller]
fn refused(answer: &Resposta, code: &str) {
    let found = &answer.corpo["errors"][0]["extensions"]["code"];
    assert_eq!(found, code, "{:.300}", answer.texto);
}

/// What the document does not declare is not kept, however much it is; what it declares is
/// counted while it is read. Wherever a request comes from.
#[test]
fn variables_are_counted_and_those_that_nothing_declares_are_skipped() {
    let http = Http { lote_maximo: 5, ..Http::default() };
    let app = App::com(Modelo::Vazio, Ajustes { http, ..Ajustes::default() });
    let many = json!(vec!["0"; 100_000]);
    let body =
        |query: &str| json!({ "query": query, "variables": { "x": many, "y": { "z": [1] } } });

    let answer = app.post("tjrn", "/graphql", &body(WITHOUT));
    assert_eq!((answer.status, answer.corpo["data"].is_object()), (200, true), "{}", answer.texto);
    let answer = app.post("tjrn", "/graphql", &body(WITH_VARIABLE));
    refused(&answer, "DOCUMENTO_EXCEDE_LIMITE");
    assert!(answer.texto.contains("20000 valores"), "{}", answer.texto);

    let list = app.post("tjrn", "/graphql", &json!([body(WITHOUT), body(WITHOUT)]));
    assert_eq!(list.corpo[1]["data"]["eu"]["azp"], "tjrn", "{:.300}", list.texto);
    let mut socket = Ws::de(&app, "tjrn");
    socket.mandar(&json!({ "id": "1", "type": "subscribe", "payload": body(WITH_VARIABLE) }));
    let refusal = socket.mensagem();
    assert_eq!(refusal["type"], "error", "{refusal}");
    assert_eq!(refusal["payload"][0]["extensions"]["code"], "DOCUMENTO_EXCEDE_LIMITE");
    socket.mandar(&json!({ "id": "2", "type": "subscribe", "payload": body(WITHOUT) }));
    assert_eq!(socket.mensagem()["payload"]["data"]["eu"]["azp"], "tjrn");

    let in_url = |variables: &str| {
        let token = format!("Bearer {}", app.token("tjrn"));
        let query = "query($x:[NumeroProcesso!]){processos(filtro:{numero:$x}){totalCount}}";
        let encoded = |text: &str| -> String {
            let escaped = |byte: u8| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                byte => format!("%{byte:02X}"),
            };
            text.bytes().map(escaped).collect()
        };
        let path = format!("/graphql?query={}&variables={}", encoded(query), encoded(variables));
        app.pedir("GET", &path, &[("Authorization", &token)], b"")
    };
    let nested = |n: usize| format!("{{\"x\":{}{}}}", "[".repeat(n), "]".repeat(n));
    refused(&in_url(&nested(65)), "DOCUMENTO_EXCEDE_LIMITE");
    refused(&in_url(&nested(64)), "CAMPO_INVALIDO");
}

/// What stands where a text should is skipped, and extensions and a list's items too.
#[test]
fn what_is_no_variable_is_not_built_either() {
    let http = Http { lote_maximo: 5, ..Http::default() };
    let app = App::com(Modelo::Vazio, Ajustes { http, ..Ajustes::default() });
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
        assert_eq!(answer.corpo["errors"][0]["message"], message, "{:.300}", answer.texto);
    }
    let extensions = json!({ "persistedQuery": null, "others": many });
    let answer = app.post(
        "tjrn",
        "/graphql",
        &json!({ "query": WITHOUT, "extensions": extensions, "x": many }),
    );
    assert_eq!(answer.corpo["data"]["eu"]["azp"], "tjrn", "{:.300}", answer.texto);
}

/// Bodies of the façade and of the Tramita are counted too; what the largest sends need fits.
#[test]
fn bodies_have_so_many_values_and_levels() {
    let app = App::vazio();
    let deep: Value = (0..70).fold(json!(1), |inside, _| json!([inside]));
    let refused = |path: &str, body: &Value| {
        let answer = app.post("tjrn", path, body);
        assert_eq!(answer.status, 413, "{path}: {:.300}", answer.texto);
        assert!(answer.texto.contains("níveis"), "{:.300}", answer.texto);
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
    let answer = app.post_texto("tjrn", "/tramites/processo?simular=true", &text);
    // It is read whole: what is said of it are rules.
    assert_ne!(answer.status, 413, "{:.500}", answer.texto);
    assert!(answer.status < 500, "{:.500}", answer.texto);
}

#[test]
fn a_query_string_has_so_many_parameters() {
    let app = App::vazio();
    let answer = app.get("tjrn", &format!("/api/v1/processos?{}", "a&".repeat(10_000)));
    assert_eq!(answer.status, 400, "{:.300}", answer.texto);
    assert!(answer.texto.contains("no máximo 100 parâmetros"), "{:.300}", answer.texto);
}

/// A head that tells of a body, and nothing of the body.
fn begin_body(app: &App, client: &str, length: usize) -> TcpStream {
    let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(AT_MOST)).unwrap();
    let token = app.token(client);
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// Memory for bodies is bounded, before it is taken: who has announced as much as it may have
/// waits, and is told when to come back. Small requests and other callers go on.
#[test]
fn bodies_under_way_are_bounded_by_credential() {
    const MIB: usize = 1024 * 1024;
    let http = Http { corpos_maximo: 32, ..Http::default() };
    let app = App::com(Modelo::Vazio, Ajustes { http, ..Ajustes::default() });
    // A quarter of three quarters of 32 MiB.
    let held: Vec<_> = (0..6).map(|_| begin_body(&app, "tjrn", MIB)).collect();
    let large = json!({ "query": WITHOUT, "variables": { "x": "x".repeat(10_000) } });
    let begun = Instant::now();
    let full = loop {
        // Until the server has seen the six.
        let answer = app.post("tjrn", "/graphql", &large);
        if answer.status != 200 {
            break answer;
        }
        assert!(begun.elapsed() < AT_MOST, "bodies are not bounded");
    };
    assert_eq!(full.status, 503, "{}", full.texto);
    refused(&full, "SOBRECARREGADO");
    assert!(full.headers.contains_key("retry-after"), "{:?}", full.headers);
    let rest = json!({ "nome": "x".repeat(10_000) });
    let rest = app.post("tjrn", "/api/v1/adolescentes", &rest);
    assert_eq!(
        (rest.status, &rest.corpo["mensagemDesenvolvedor"]),
        (503, &json!("SOBRECARREGADO"))
    );
    assert_eq!(app.post("tjrn", "/graphql", &json!({ "query": WITHOUT })).status, 200);
    assert_eq!(app.post("tjpe", "/graphql", &large).status, 200);
    drop(held);
    let begun = Instant::now();
    while app.post("tjrn", "/graphql", &large).status != 200 {
        assert!(begun.elapsed() < AT_MOST, "the places are not given back");
    }
}

/// Before anything of it comes, and of a socket before it says who it is.
#[test]
fn what_is_too_long_is_refused_by_what_it_says_of_itself() {
    let app = App::vazio();
    let mut stream = begin_body(&app, "tjrn", 2_000_000);
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    let mut socket = Ws::aberto(&app);
    let payload = json!({ "x": "x".repeat(20_000) });
    socket.mandar(&json!({ "type": "connection_init", "payload": payload }));
    assert_eq!(socket.fechamento().0, 1009);
}

/// A frame that is not whole waits in memory for the rest of it.
#[test]
fn a_socket_that_is_not_acknowledged_may_not_fill_a_frame() {
    let app = App::vazio();
    let mut socket = Ws::aberto(&app);
    // A text of 1,000,000 bytes, masked with zeros.
    let mut frame = vec![0x81, 0xff];
    frame.extend(1_000_000_u64.to_be_bytes());
    frame.extend([0; 4]);
    frame.resize(frame.len() + 24 * 1024, b'x');
    socket.0.get_mut().write_all(&frame).unwrap();
    assert_eq!(socket.fechamento().0, 1009);
    // Once it is known, it may.
    let mut socket = Ws::de(&app, "tjrn");
    socket.pedir("1", "{ __typename }", &json!({ "x": "x".repeat(900_000) }));
    assert_eq!(socket.mensagem()["type"], "next");
}

/// The worker is not held while a large body is read: that is done on another thread. A small
/// one is read where it is.
#[actix_web::test]
async fn large_bodies_are_read_on_another_thread() {
    use actix_web::test::TestRequest;
    use actix_web::{FromRequest, web};
    let app = actix_web::web::block(|| Arc::new(App::vazio())).await.unwrap();
    let here = std::thread::current().id();
    for (length, elsewhere) in
        [(100, false), (16 * 1024, false), (16 * 1024 + 1, true), (1 << 20, true)]
    {
        let (request, mut payload) = TestRequest::post()
            .app_data(web::Data::new(app.servido.clone()))
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

/// Whether it is ready is also told where no client's request is in the way.
#[test]
fn readiness_has_a_thread_of_its_own_beside_the_metrics() {
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
    let address = listener.local_addr().unwrap();
    let app = App::com(Modelo::Vazio, Ajustes { metrics: Some(listener), ..Ajustes::default() });
    app.ready();
    for path in ["/readyz", "/healthz", "/metrics"] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(AT_MOST)).unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
}

/// On one thread: what is on its way elsewhere waits until somebody else was served here.
#[actix_web::test]
async fn who_shares_a_worker_goes_on_meanwhile() {
    let work = elos::work::Work::default();
    let (served, wait) = std::sync::mpsc::channel();
    let long = work.run("a", move || wait.recv_timeout(AT_MOST));
    let neighbour = async move { served.send("served").unwrap() };
    let (long, ()) = futures_util::future::join(long, neighbour).await;
    assert_eq!(long.ok(), Some(Ok("served")));
}
