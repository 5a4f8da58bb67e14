//! Whether another órgão has a processo is told by a send that it would refuse (A2, B5). Who tries
//! numbers out by that is counted, by whichever door.

use super::send_as;
use crate::assinaturas::cliente_ws::Ws;
use crate::support::{Ajustes, App, Modelo};
use crate::tramita::{CE, NUP, PE, RN, Tramita, envio};
use elos::config::Http;
use elos::processo::NumeroProcesso;
use elos::value::regras::Regras;
use serde_json::{Value, json};

/// A world in which CE has a processo of this number, and RN and PE a registro of it.
fn world(ausencias_por_minuto: u32, regras: Regras) -> (Tramita, String) {
    let http = Http { lote_maximo: 5, ..Http::default() };
    let ajustes = Ajustes { regras, http, ausencias_por_minuto, ..Ajustes::default() };
    let t = Tramita(App::com(Modelo::Vazio, ajustes));
    let ana = t.0.adolescente(CE);
    let number = NumeroProcesso::sintetico(9_600_000, 2024, 806, 1).to_string();
    let body = json!({ "numeroProcesso": number, "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
        "idOrgao": 1, "appNameSistemaTribunal": "t", "identificadoresAdolescentes": [ana] });
    let registered = t.0.post(CE, "/api/v1/processos", &body);
    assert_eq!(registered.status, 200, "{}", registered.texto);
    (t, number)
}

/// How many absences a credential was counted for.
fn counted(app: &App, who: &str) -> u64 {
    let metrics = app.metricas();
    let name = format!("elos_ausencias_total{{credencial=\"{who}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&name)).map_or(0, |n| n.parse().unwrap())
}

fn numero(who: &str) -> &str {
    match who {
        RN => "820",
        PE => "817",
        _ => "806",
    }
}

fn verify(from: &str, to: &str, protocolo: &str, nre: Option<&str>) -> String {
    let nre = nre.map_or(String::new(), |nre| format!(", nre: \"{nre}\""));
    let (from, to) = (numero(from), numero(to));
    format!(
        "{{ verificarEnvio(input: {{ remetente: {{ repositorio: 1, numero: \"{from}\" }}, \
           destinatario: {{ repositorio: 1, numero: \"{to}\" }}, protocolo: \"{protocolo}\"{nre} }}) {{ linha }} }}"
    )
}

const SEND: &str =
    "mutation($i: EnviarTramiteInput!) { enviarTramite(input: $i) { erros { codigo } } }";

fn input(protocolo: &str, simular: bool) -> Value {
    json!({ "i": { "remetente": { "repositorio": 1, "numero": "820" }, "destinatario": { "repositorio": 1, "numero": "806" },
        "protocolo": protocolo, "descricao": "Pedido fictício", "simular": simular } })
}

#[test]
fn who_asks_whether_another_orgao_has_a_processo_is_counted_at_every_door() {
    let (t, number) = world(10_000, Regras::default());
    let app = &t.0;
    let before = std::cell::Cell::new(counted(app, RN));
    let grows = |by: u64, door: &str| {
        let now = counted(app, RN);
        assert_eq!(now - before.replace(now), by, "{door}");
    };
    let row = |answer: &Value, row: &str| {
        assert_eq!(answer["verificarEnvio"]["linha"], row, "{answer}");
    };
    let a2 = verify(RN, CE, &number, None);
    row(&app.gql(RN, &a2), "A2");
    grows(1, "verificarEnvio");
    for simular in [true, false] {
        let sent = app.gql_com(RN, SEND, input(&number, simular));
        assert_eq!(sent["enviarTramite"]["erros"][0]["codigo"], "NUP_JA_CADASTRADO", "{sent}");
        grows(1, "enviarTramite");
    }
    for path in ["/tramites/processo", "/tramites/processo?simular=true"] {
        let sent = t.pedir(RN, "POST", path, &envio(RN, CE, &number, None));
        assert_eq!(sent.status, 409, "{}", sent.texto);
        grows(1, path);
    }
    let one = json!({ "query": a2 });
    let list = app.post(RN, "/graphql", &json!([one, one, one]));
    row(&list.corpo[2]["data"], "A2");
    grows(3, "list");
    let sse = [("Accept", "text/event-stream")];
    let streamed = send_as(app, RN, "POST", "/graphql", &sse, one.to_string().as_bytes());
    assert!(streamed.texto.contains("\"A2\""), "{}", streamed.texto);
    grows(1, "stream of events");
    let mut ws = Ws::de(app, RN);
    ws.pedir("1", &a2, &json!({}));
    row(&ws.mensagem()["payload"]["data"], "A2");
    assert_eq!(ws.mensagem()["type"], "complete");
    grows(1, "socket");

    // What is one's own, and what nobody has, tells nothing of others.
    row(&app.gql(RN, &verify(RN, PE, NUP, None)), "A4");
    let (_, nre) = t.realizado(RN, PE, &number, None);
    row(&app.gql(RN, &verify(RN, PE, &number, None)), "A1");
    assert_eq!(t.enviar(RN, PE, &number, None).status, 409);
    grows(0, "A1, A4");
    // An NRE that is not there is one, to whoever asks.
    row(&app.gql(RN, &verify(RN, PE, &number, Some("0000009999992026"))), "B1");
    grows(1, "B1");

    let of_pe = counted(app, PE);
    row(&app.gql(PE, &verify(PE, CE, &number, Some(&nre))), "B5");
    assert_eq!(t.enviar(PE, CE, &number, Some(&nre)).status, 409);
    assert_eq!(counted(app, PE) - of_pe, 2);
}

#[test]
fn who_guesses_by_sends_has_to_wait() {
    let (t, number) = world(30, Regras::default());
    let app = &t.0;
    let a2 = verify(RN, CE, &number, None);
    let stopped = (0..60).find_map(|n| {
        let answer = app.graphql(RN, &a2, json!({}));
        (answer.status == 429).then_some((n, answer))
    });
    let (after, stopped) = stopped.expect("nobody was stopped");
    assert!((30..50).contains(&after), "{after}");
    assert_eq!(stopped.corpo["errors"][0]["extensions"]["code"], "LIMITE_DE_REQUISICOES");
    let limited = |answer: &Value| {
        answer["errors"][0]["extensions"]["code"] == "LIMITE_DE_REQUISICOES"
            || answer[0]["extensions"]["code"] == "LIMITE_DE_REQUISICOES"
    };
    let one = json!({ "query": a2 });
    let listed = |_| app.post(RN, "/graphql", &json!([one, one])).corpo;
    assert!((0..40).map(listed).any(|list| limited(&list[0]) || limited(&list[1])));
    let mut ws = Ws::de(app, RN);
    let over_socket = |n: u32| {
        ws.pedir(&n.to_string(), &a2, &json!({}));
        let told = ws.mensagem();
        if told["type"] == "next" {
            assert_eq!(ws.mensagem()["type"], "complete");
        }
        told["payload"].clone()
    };
    assert!((0..40).map(over_socket).any(|told| limited(&told)));
    // A mutation too; and who has not guessed goes on.
    let sent = |_| app.graphql(RN, SEND, input(&number, true)).status;
    assert!((0..40).map(sent).any(|status| status == 429));
    assert_eq!(app.graphql(PE, &verify(PE, CE, NUP, None), json!({})).status, 200);
}

/// As the real platform does it: the send sets out, and the destination's refusal tells its sender.
#[test]
fn a_send_that_sets_out_to_be_refused_is_counted_too() {
    let (t, number) = world(10_000, Regras { recusa_no_envio: false, ..Regras::default() });
    let before = counted(&t.0, RN);
    let rehearsed = t.0.gql(RN, &verify(RN, CE, &number, None));
    assert_eq!(rehearsed["verificarEnvio"]["linha"], "A2");
    assert_eq!(counted(&t.0, RN) - before, 1);
    let key = [("Idempotency-Key", "one")];
    let send = || {
        let body = envio(RN, CE, &number, None);
        t.com_headers(RN, "POST", "/tramites/processo", &body, &key)
    };
    let sent = send();
    assert_eq!(sent.status, 200, "{}", sent.texto);
    assert_eq!(counted(&t.0, RN) - before, 2);
    assert_eq!(
        (send().corpo["IDT"].clone(), counted(&t.0, RN) - before),
        (sent.corpo["IDT"].clone(), 2)
    );
}
