//! A send that would be refused tells whether another órgão has a processo (A2, B5). Through every
//! API, the server counts such answers, so that a client cannot try many numbers.

use super::send_as;
use crate::subscriptions::ws_client::Ws;
use crate::support::{App, NewProcesso, Settings, Template, numero_of};
use crate::tramita::{CE, NUP, PE, RN, Tramita, envio, numero_da_estrutura};
use elos::config::Http;
use elos::value::rules::RuleSwitches;
use serde_json::{Value, json};

/// Starts a server where CE has a processo, and returns its number too. No órgão has a registro of
/// it.
fn world(absences_per_minute: u32, rules: RuleSwitches) -> (Tramita, String) {
    let http = Http { max_batch: 5, ..Http::default() };
    let settings = Settings { rules, http, absences_per_minute, ..Settings::default() };
    let t = Tramita(App::with(Template::Empty, settings));
    let ana = t.0.adolescente(CE);
    let number = numero_of(806, 0);
    t.0.cadastrado(CE, &NewProcesso::apuracao(&number, &[&ana]));
    (t, number)
}

/// Returns the number of absences that the server counted for a credential.
fn counted(app: &App, who: &str) -> u64 {
    let metrics = app.metrics();
    let name = format!("elos_ausencias_total{{credencial=\"{who}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&name)).map_or(0, |n| n.parse().unwrap())
}

fn verify(from: &str, to: &str, protocolo: &str, nre: Option<&str>) -> String {
    let nre = nre.map_or(String::new(), |nre| format!(", nre: \"{nre}\""));
    let (from, to) = (numero_da_estrutura(from), numero_da_estrutura(to));
    format!(
        "{{ verificarEnvio(input: {{ remetente: {{ repositorio: 1, numero: \"{from}\" }}, \
           destinatario: {{ repositorio: 1, numero: \"{to}\" }}, protocolo: \"{protocolo}\"{nre} }}) {{ linha }} }}"
    )
}

const SEND: &str =
    "mutation($i: EnviarTramiteInput!) { enviarTramite(input: $i) { erros { codigo } } }";

fn input(protocolo: &str, dry_run: bool) -> Value {
    json!({ "i": { "remetente": { "repositorio": 1, "numero": "820" }, "destinatario": { "repositorio": 1, "numero": "806" },
        "protocolo": protocolo, "descricao": "Pedido fictício", "simular": dry_run } })
}

#[test]
fn look_ups_of_processos_of_another_orgao_are_counted_by_every_api() {
    let (t, number) = world(10_000, RuleSwitches::default());
    let app = &t.0;
    let before = std::cell::Cell::new(counted(app, RN));
    let grows = |by: u64, api: &str| {
        let now = counted(app, RN);
        assert_eq!(now - before.replace(now), by, "{api}");
    };
    let row = |answer: &Value, row: &str| {
        assert_eq!(answer["verificarEnvio"]["linha"], row, "{answer}");
    };
    let a2 = verify(RN, CE, &number, None);
    row(&app.gql(RN, &a2), "A2");
    grows(1, "verificarEnvio");
    for dry_run in [true, false] {
        let sent = app.gql_with(RN, SEND, input(&number, dry_run));
        assert_eq!(sent["enviarTramite"]["erros"][0]["codigo"], "NUP_JA_CADASTRADO", "{sent}");
        grows(1, "enviarTramite");
    }
    for path in ["/tramites/processo", "/tramites/processo?simular=true"] {
        let sent = t.request(RN, "POST", path, &envio(RN, CE, &number, None));
        assert_eq!(sent.status, 409, "{}", sent.text);
        grows(1, path);
    }
    let one = json!({ "query": a2 });
    let list = app.post(RN, "/graphql", &json!([one, one, one]));
    row(&list.body[2]["data"], "A2");
    grows(3, "list");
    let sse = [("Accept", "text/event-stream")];
    let streamed = send_as(app, RN, "POST", "/graphql", &sse, one.to_string().as_bytes());
    assert!(streamed.text.contains("\"A2\""), "{}", streamed.text);
    grows(1, "stream of events");
    let mut ws = Ws::of(app, RN);
    ws.request("1", &a2, &json!({}));
    row(&ws.message()["payload"]["data"], "A2");
    assert_eq!(ws.message()["type"], "complete");
    grows(1, "socket");

    // A processo of the caller, or of nobody, tells nothing about others, so the server does not
    // count it.
    row(&app.gql(RN, &verify(RN, PE, NUP, None)), "A4");
    let (_, nre) = t.realizado(RN, PE, &number, None);
    row(&app.gql(RN, &verify(RN, PE, &number, None)), "A1");
    assert_eq!(t.enviar(RN, PE, &number, None).status, 409);
    grows(0, "A1, A4");
    // An NRE that does not exist counts as an absence too.
    row(&app.gql(RN, &verify(RN, PE, &number, Some("0000009999992026"))), "B1");
    grows(1, "B1");

    let of_pe = counted(app, PE);
    row(&app.gql(PE, &verify(PE, CE, &number, Some(&nre))), "B5");
    assert_eq!(t.enviar(PE, CE, &number, Some(&nre)).status, 409);
    assert_eq!(counted(app, PE) - of_pe, 2);
}

#[test]
fn guesses_through_sends_are_limited() {
    let (t, number) = world(30, RuleSwitches::default());
    let app = &t.0;
    let a2 = verify(RN, CE, &number, None);
    let stopped = (0..60).find_map(|n| {
        let answer = app.graphql(RN, &a2, json!({}));
        (answer.status == 429).then_some((n, answer))
    });
    let (after, stopped) = stopped.expect("nobody was stopped");
    assert!((30..50).contains(&after), "{after}");
    assert_eq!(stopped.body["errors"][0]["extensions"]["code"], "LIMITE_DE_REQUISICOES");
    let limited = |answer: &Value| {
        answer["errors"][0]["extensions"]["code"] == "LIMITE_DE_REQUISICOES"
            || answer[0]["extensions"]["code"] == "LIMITE_DE_REQUISICOES"
    };
    let one = json!({ "query": a2 });
    let listed = |_| app.post(RN, "/graphql", &json!([one, one])).body;
    assert!((0..40).map(listed).any(|list| limited(&list[0]) || limited(&list[1])));
    let mut ws = Ws::of(app, RN);
    let over_socket = |n: u32| {
        ws.request(&n.to_string(), &a2, &json!({}));
        let told = ws.message();
        if told["type"] == "next" {
            assert_eq!(ws.message()["type"], "complete");
        }
        told["payload"].clone()
    };
    assert!((0..40).map(over_socket).any(|told| limited(&told)));
    // The server limits a mutation too. It serves a credential that has not guessed.
    let sent = |_| app.graphql(RN, SEND, input(&number, true)).status;
    assert!((0..40).map(sent).any(|status| status == 429));
    assert_eq!(app.graphql(PE, &verify(PE, CE, NUP, None), json!({})).status, 200);
}

/// With `recusa_no_envio: false`, as on the real platform, the server accepts the send and the
/// destination refuses it. The sender learns of the refusal, so the server counts it too.
#[test]
fn a_send_that_the_destination_refuses_is_counted_too() {
    let (t, number) =
        world(10_000, RuleSwitches { recusa_no_envio: false, ..RuleSwitches::default() });
    let before = counted(&t.0, RN);
    let rehearsed = t.0.gql(RN, &verify(RN, CE, &number, None));
    assert_eq!(rehearsed["verificarEnvio"]["linha"], "A2");
    assert_eq!(counted(&t.0, RN) - before, 1);
    let key = [("Idempotency-Key", "one")];
    let send = || {
        let body = envio(RN, CE, &number, None);
        t.with_headers(RN, "POST", "/tramites/processo", &body, &key)
    };
    let sent = send();
    assert_eq!(sent.status, 200, "{}", sent.text);
    assert_eq!(counted(&t.0, RN) - before, 2);
    assert_eq!(
        (send().body["IDT"].clone(), counted(&t.0, RN) - before),
        (sent.body["IDT"].clone(), 2)
    );
}
