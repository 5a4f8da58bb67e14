//! The HTTP of the platform's client: it sends its whole body before it reads, uses `Expect:
//! 100-continue`, and cannot handle a connection that the server closes.

use super::{NUP, PE, RN, Tramita};
use crate::support::MAX_WAIT;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

/// More than the socket buffers hold.
const LONG: usize = 30 * 1024 * 1024;

impl Tramita {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.0.base.trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(MAX_WAIT)).unwrap();
        stream
    }

    /// Sends a long body completely and only then reads. Returns the response.
    fn send_all(&self, method: &str, path: &str, headers: &str) -> String {
        let mut stream = self.connect();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: elos\r\nConnection: close\r\nContent-Length: {LONG}\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let block = vec![b'x'; 64 * 1024];
        for _ in 0..LONG / block.len() {
            stream.write_all(&block).expect("the server reads to the end");
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer, and no reset");
        answer
    }
}

#[test]
fn a_body_is_read_before_it_is_refused() {
    let t = Tramita::new();
    let bearer = |caller: &str| format!("Authorization: Bearer {}\r\n", t.0.token(caller));
    let form = "Content-Type: multipart/form-data; boundary=limite\r\n";
    let json_header = "Content-Type: application/json\r\n";
    let (idt, _) = t.enviado(RN, PE, NUP, None);
    let ticket = |idt: i64| {
        format!("/tickets-de-envio-de-componente/{idt}/protocolos/componentes-a-enviar/partes/0-9")
    };
    for (method, path, headers, status) in [
        ("PUT", ticket(idt), form.to_owned(), 401),
        ("PUT", ticket(idt), format!("{form}{}", bearer(PE)), 403),
        ("PUT", ticket(4242), format!("{form}{}", bearer(RN)), 404),
        ("PUT", ticket(idt), format!("{form}{}", bearer(RN)), 400),
        ("PUT", ticket(idt), format!("{json_header}{}", bearer(RN)), 415),
        ("POST", "/tramites/processo".to_owned(), format!("{json_header}{}", bearer(RN)), 413),
        ("POST", format!("/tramites/{idt}/recusa"), format!("{json_header}{}", bearer(PE)), 413),
        ("POST", "/interoperabilidade/rest/v3/nada".to_owned(), bearer(RN), 404),
    ] {
        let answer = t.send_all(method, &path, &headers);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {status}: {answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        assert!(body["codigoErro"].is_string() && body["mensagem"].is_string(), "{body}");
    }
}

#[test]
fn expect_100_continue_is_answered() {
    let t = Tramita::new();
    let (idt, _) = t.enviado(RN, PE, NUP, None);
    let body = json!({ "motivo": "99", "justificativa": "x".repeat(900) }).to_string();
    let mut stream = t.connect();
    let head = format!(
        "POST /interoperabilidade/rest/v3/tramites/{idt}/recusa HTTP/1.1\r\nHost: elos\r\nConnection: close\r\n\
         Authorization: Bearer {}\r\nContent-Type: application/json\r\nExpect: 100-Continue\r\nContent-Length: {}\r\n\r\n",
        t.0.token(PE),
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

/// A long poll answers as soon as there is a pendência.
#[test]
fn the_long_poll_is_answered_by_the_next_send() {
    let t = Tramita::new();
    let poll = |received: i64| {
        let path = format!(
            "/interoperabilidade/rest/v3/pendencias/?idTramiteDaPendenciaRecebida={received}"
        );
        t.request(PE, "GET", &path, &Value::Null).body
    };
    let (first, _) = t.enviado(RN, PE, NUP, None);
    assert_eq!(poll(0), json!({ "encontrou": true, "IDT": first, "status": 2 }));
    std::thread::scope(|scope| {
        let held = scope.spawn(|| poll(first));
        let (second, _) = t.enviado(RN, PE, "OUTRO", None);
        assert_eq!(held.join().unwrap(), json!({ "encontrou": true, "IDT": second, "status": 2 }));
    });
    let wrong = t.request(PE, "GET", "/pendencias?idTramiteDaPendenciaRecebida=x", &json!(null));
    assert_eq!(wrong.status, 400, "{}", wrong.text);
}
