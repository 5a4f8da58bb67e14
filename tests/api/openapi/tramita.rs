//! Compares the routes of the Tramita with the document: a trâmite with a file, a refused trâmite,
//! and the responses to a client that is no party.

use super::walk::Walk;
use crate::support::Response;
use crate::tramita::componentes::{documento, hash};
use crate::tramita::{CE, NUP, PE, RN, Tramita, envio};
use serde_json::{Value, json};

struct TramitaWalk<'a> {
    t: &'a Tramita,
    walk: Walk<'a>,
}

impl TramitaWalk<'_> {
    /// Sends a request to a route, given as its method and its template, and compares the response
    /// with the document. `value` is the parameter of the template, or is appended if it has none.
    #[track_caller]
    fn request(
        &mut self,
        caller: &str,
        route: (&str, &str),
        value: &str,
        body: &Value,
        status: u16,
    ) -> Response {
        let (method, template) = route;
        let path = match template.split_once('{') {
            None => format!("{template}{value}"),
            Some((before, rest)) => format!("{before}{value}{}", rest.split_once('}').unwrap().1),
        };
        let response = self.t.request(caller, method, &path, body);
        self.walk.view(method, template, status, &response);
        response
    }
}

const ENVIAR: (&str, &str) = ("POST", "/tramites/processo");
const GET_TRAMITE: (&str, &str) = ("GET", "/tramites/{idt}");
const CANCELAR: (&str, &str) = ("DELETE", "/tramites/{idt}");
const UPLOAD: (&str, &str) =
    ("PUT", "/tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar");
const RECIBO_DE_ENVIO: (&str, &str) = ("GET", "/tramites/{idt}/recibo-de-envio");
const RECEBER: (&str, &str) = ("POST", "/tramites/{idt}/recebimento");
const BAIXAR: (&str, &str) = ("POST", "/tramites/{idt}/protocolos/componentes-digitais");
const ENVIAR_RECIBO: (&str, &str) = ("POST", "/tramites/{idt}/recibo");
const RECIBO: (&str, &str) = ("GET", "/tramites/{idt}/recibo");
const RECUSAR: (&str, &str) = ("POST", "/tramites/{idt}/recusa");
const CIENCIA: (&str, &str) = ("POST", "/tramites/{idt}/ciencia");
const CIENCIA_BY_GET: (&str, &str) = ("GET", "/tramites/{idt}/ciencia");

fn complete() -> Value {
    let mut body = envio(RN, PE, NUP, None);
    body["cabecalho"].as_object_mut().unwrap().extend([
        ("urgente".to_owned(), json!(true)),
        ("motivoDaUrgencia".to_owned(), json!(2)),
        ("dataDeRetorno".to_owned(), json!("2030-01-01T00:00:00Z")),
        ("enviarApenasComponentesDigitaisPendentes".to_owned(), json!(false)),
        ("propriedadesAdicionais".to_owned(), json!([{ "chave": "a", "valor": "b" }])),
    ]);
    body["processo"].as_object_mut().unwrap().extend([
        ("nivelDeSigilo".to_owned(), json!(2)),
        ("hipoteseLegal".to_owned(), json!({ "baseLegal": "ECA, art. 143" })),
        ("processoDeNegocio".to_owned(), json!("Ofício")),
        ("documentos".to_owned(), json!([documento(1, &[b"um", b"dois"])])),
        ("interessados".to_owned(), json!([])),
    ]);
    body
}

const ESTRUTURAS: &str = "/repositorios-de-estruturas/{repositorio}/estruturas-organizacionais";

fn catalogos(p: &mut TramitaWalk<'_>) {
    let (t, nothing) = (p.t, &Value::Null);
    elos::seed::catalogos(&mut t.0.database.conn(), crate::support::now()).unwrap();
    t.0.ready();
    for template in ["/healthcheck", "/repositorios-de-estruturas", "/especies", "/motivosUrgencia"]
    {
        p.request(RN, ("GET", template), "", nothing, 200);
    }
    for (tail, status) in [("", 200), ("?ativos=false", 200), ("?ativos=2", 400)] {
        p.request(RN, ("GET", "/hipoteses"), tail, nothing, status);
    }
    for (tail, status) in [("?nome=vara", 200), ("?registroInicial=x", 400)] {
        let path = ESTRUTURAS.replace("{repositorio}", "1") + tail;
        p.walk.view("GET", ESTRUTURAS, status, &t.request(RN, "GET", &path, nothing));
    }
    for (numero, status) in [("82021", 200), ("820", 200), ("9", 404)] {
        let template = format!("{ESTRUTURAS}/{{numero}}");
        let path = format!("{}/{numero}", ESTRUTURAS.replace("{repositorio}", "1"));
        p.walk.view("GET", &template, status, &t.request(RN, "GET", &path, nothing));
    }
}

#[test]
fn the_routes_of_the_tramita_are_as_the_document_says() {
    let t = Tramita::new();
    let mut p = TramitaWalk { t: &t, walk: Walk::new(&t.0) };
    let nothing = &Value::Null;
    catalogos(&mut p);
    let body = complete();
    let dry_run = p.request(RN, ENVIAR, "?simular=true", &body, 200);
    assert_eq!(dry_run.body.get("IDT"), None);
    let enviado = p.request(RN, ENVIAR, "", &body, 200);
    let (idt, nre) = (&enviado.body["IDT"].to_string(), enviado.body["NRE"].as_str().unwrap());
    p.request(RN, ENVIAR, "", &body, 409);
    p.request(RN, ENVIAR, "", &json!({}), 400);
    p.request(RN, ENVIAR, "", &envio(RN, "999", "OUTRO", None), 422);
    p.request(PE, ENVIAR, "", &body, 403);
    p.request(CE, ENVIAR, "", &envio(CE, PE, "OUTRO", Some("0000009999992026")), 404);
    p.request(RN, RECIBO_DE_ENVIO, idt, nothing, 409);
    for (caller, status) in [(RN, 200), (PE, 200), (CE, 404)] {
        p.request(caller, GET_TRAMITE, idt, nothing, status);
    }
    p.request(RN, ("GET", "/tramites"), "?situacaoAtual=1&size=5", nothing, 200);
    p.request(RN, ("GET", "/tramites"), "?situacaoAtual=11", nothing, 400);
    p.request(RN, ("GET", "/tramites/pendentes"), "?todas=true", nothing, 200);

    p.request(PE, RECEBER, idt, nothing, 409);
    p.request(RN, UPLOAD, idt, &json!({}), 415);
    let uploaded = t.upload(RN, idt.parse().unwrap(), NUP, b"um");
    p.walk.view(UPLOAD.0, UPLOAD.1, 200, &uploaded);
    let (numero, two) = (idt.parse().unwrap(), hash(b"dois"));
    let part = t.upload_part(RN, numero, (0, 4), b"dois", &two);
    p.walk.view("PUT", &format!("{}/partes/{{inicio}}-{{fim}}", UPLOAD.1), 200, &part);
    let concluido = t.concluir_file(RN, numero, &two);
    let template = format!("{}/partes/sinalizacao-termino-envio", UPLOAD.1);
    p.walk.view("POST", &template, 200, &concluido);
    p.request(PE, ("GET", "/pendencias"), "?idTramiteDaPendenciaRecebida=0", nothing, 200);
    p.request(RN, RECIBO_DE_ENVIO, idt, nothing, 200);
    p.request(PE, RECIBO_DE_ENVIO, idt, nothing, 403);
    p.request(RN, RECEBER, idt, nothing, 403);
    p.request(PE, RECEBER, idt, nothing, 200);
    p.request(PE, GET_TRAMITE, idt, nothing, 200);
    let file = json!({ "protocolo": NUP, "hashDoComponenteDigital": hash(b"um") });
    p.request(PE, BAIXAR, idt, &json!({}), 400);
    p.request(PE, BAIXAR, idt, &file, 200);
    let part = t.baixar_parte(PE, numero, &two, "0-4");
    p.walk.view("POST", &format!("{}/partes/{{inicio}}-{{fim}}", BAIXAR.1), 200, &part);
    let recibo = json!({ "dataDeRecebimento": crate::support::now().to_rfc3339() });
    let other_recibo = json!({ "dataDeRecebimento": "2020-01-01T00:00:00Z" });
    p.request(RN, RECIBO, idt, nothing, 409);
    p.request(PE, ENVIAR_RECIBO, idt, &json!({}), 400);
    p.request(PE, ENVIAR_RECIBO, idt, &recibo, 200);
    p.request(PE, ENVIAR_RECIBO, idt, &recibo, 200);
    p.request(PE, ENVIAR_RECIBO, idt, &other_recibo, 409);
    p.request(RN, RECIBO, idt, nothing, 200);
    p.request(PE, ("GET", "/NREs/{nre}"), nre, nothing, 200);
    p.request(CE, ("GET", "/NREs/{nre}"), nre, nothing, 404);
    p.request(
        PE,
        ("GET", "/tramites/protocolo/{protocolo}"),
        &NUP.replace('/', "%2F"),
        nothing,
        200,
    );

    // Two trâmites are refused, and each is acknowledged by another method. A third is cancelled.
    for route in [CIENCIA, CIENCIA_BY_GET] {
        let other = &t.enviado(RN, PE, "OUTRO", None).0.to_string();
        p.request(RN, RECUSAR, other, &json!({ "motivo": "99", "justificativa": "x" }), 403);
        p.request(PE, RECUSAR, other, &json!({ "motivo": "98", "justificativa": "x" }), 400);
        p.request(RN, route, other, nothing, 409);
        p.request(PE, RECUSAR, other, &json!({ "motivo": "99", "justificativa": "x" }), 200);
        p.request(RN, GET_TRAMITE, other, nothing, 200);
        p.request(RN, route, other, nothing, 200);
    }
    let other = &t.enviado(RN, PE, "OUTRO", None).0.to_string();
    p.request(PE, CANCELAR, other, nothing, 403);
    p.request(RN, CANCELAR, other, nothing, 200);
    p.request(RN, CANCELAR, other, nothing, 409);
    assert_eq!(p.walk.forgotten(|tag| tag == "Tramita"), Vec::<String>::new());
}
