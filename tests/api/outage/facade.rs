//! During an outage, the calls of the Tramita wait where other calls get a 503. A receiver would
//! take a 503 as a reason to refuse the processo.

use super::relay::Relay;
use super::silence::through;
use crate::support::{App, MAX_WAIT, Response, Settings, Template, new_adolescente, until};
use crate::tramita::componentes::{documento, hash};
use crate::tramita::{NUP, PE, RN, Tramita, envio};
use diesel::Connection;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use std::sync::mpsc;
use std::time::Duration;

/// Sends the request on another thread. The response arrives on the channel.
fn ask<'s>(
    scope: &'s std::thread::Scope<'s, '_>,
    ask: impl FnOnce() -> Response + Send + 's,
) -> mpsc::Receiver<Response> {
    let (tell, pending) = mpsc::channel();
    scope.spawn(move || tell.send(ask()).expect("somebody waits for the answer"));
    pending
}

fn is_refused_elsewhere(app: &App) -> bool {
    app.get("tjrn", "/api/v1/processos").status == 503
}

#[track_caller]
fn assert_waits(pending: &mpsc::Receiver<Response>) {
    assert!(matches!(pending.try_recv(), Err(mpsc::TryRecvError::Empty)), "it was answered");
}

/// An upload and reads begin while the database is unreachable, or just before it becomes
/// reachable.
#[test]
fn calls_wait_during_an_outage_of_the_database() {
    let relay = Relay::new();
    let t = Tramita(through(&[&relay]));
    t.0.ready();
    let mut body = envio(RN, PE, NUP, None);
    body["processo"]["documentos"] = json!([documento(1, &[b"um", b"dois"])]);
    let idt = t.request(RN, "POST", "/tramites/processo", &body).body["IDT"].as_i64().unwrap();
    assert_eq!(t.upload(RN, idt, NUP, b"um").status, 200);

    relay.shut();
    std::thread::scope(|scope| {
        until(MAX_WAIT, "others are refused", || is_refused_elsewhere(&t.0));
        let read = ask(scope, || t.step(RN, idt, "ler"));
        let sent = ask(scope, || t.upload(RN, idt, NUP, b"dois"));
        // Meanwhile the other calls get 503 and these still wait.
        assert!(is_refused_elsewhere(&t.0));
        assert_waits(&read);
        assert_waits(&sent);
        relay.open();
        let read = read.recv().unwrap();
        assert_eq!((read.status, &read.body["IDT"]), (200, &json!(idt)), "{}", read.text);
        let sent = sent.recv().unwrap();
        assert_eq!((sent.status, &sent.body["situacaoAtual"]), (200, &json!(2)), "{}", sent.text);
    });
    // An outage begins before every step of a reception.
    let cut = |step: &(dyn Fn() -> Response + Sync)| {
        relay.shut();
        std::thread::scope(|scope| {
            let pending = ask(scope, step);
            until(MAX_WAIT, "not ready", || t.0.request("GET", "/readyz", &[], b"").status == 503);
            relay.open();
            let answer = pending.recv().unwrap();
            assert_eq!(answer.status, 200, "{}", answer.text);
        });
    };
    cut(&|| t.step(PE, idt, "ler"));
    for bytes in [b"um".as_slice(), b"dois"] {
        cut(&|| t.baixar(PE, idt, NUP, &hash(bytes)));
    }
    cut(&|| t.step(PE, idt, "recibo"));
    assert_eq!(t.situacao(RN, idt), 5);
}

/// A response waits until its record can be written.
#[test]
fn calls_wait_for_a_trail_that_cannot_be_written() {
    let t = Tramita::new();
    t.0.ready();
    let (idt, _) = t.enviado(RN, PE, NUP, None);
    t.0.wait_until_audited();
    let mut conn = t.0.database.conn();
    std::thread::scope(|scope| {
        let pending = conn
            .transaction(|conn| {
                conn.batch_execute("LOCK TABLE auditoria IN SHARE MODE")?;
                let pending = ask(scope, || t.step(RN, idt, "ler"));
                until(MAX_WAIT, "others are refused", || is_refused_elsewhere(&t.0));
                // A load balancer must still send the calls of the Tramita here.
                until(MAX_WAIT, "not ready", || {
                    t.0.request("GET", "/readyz", &[], b"").status == 503
                });
                assert_eq!(t.0.request("GET", "/readyz/tramita", &[], b"").status, 200);
                assert_waits(&pending);
                Ok::<_, diesel::result::Error>(pending)
            })
            .unwrap();
        let answer = pending.recv().unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
    });
}

/// A step whose record waits for a lock reaches its time limit before the server knows that it
/// cannot write the trail. The server then executes the step again.
#[test]
fn a_step_that_timed_out_is_executed_again() {
    let time = Some(Duration::from_secs(1));
    let t = Tramita(App::with(Template::Empty, Settings { time, ..Settings::default() }));
    t.0.ready();
    let (idt, _) = t.enviado(RN, PE, NUP, None);
    t.steps(idt, &[(PE, "ler")]);
    t.0.wait_until_audited();
    let person = new_adolescente();
    let register = || t.request(RN, "POST", "/api/v1/adolescentes", &person).status;
    let mut conn = t.0.database.conn();
    std::thread::scope(|scope| {
        let pending = conn
            .transaction(|conn| {
                conn.batch_execute("LOCK TABLE auditoria IN SHARE MODE")?;
                let pending = ask(scope, || t.step(PE, idt, "recibo"));
                // Other calls reach their time limit, or get a 503.
                for _ in 0..3 {
                    until(MAX_WAIT, "others are refused", || matches!(register(), 503 | 504));
                }
                assert_waits(&pending);
                Ok::<_, diesel::result::Error>(pending)
            })
            .unwrap();
        let answer = pending.recv().unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
    });
    assert_eq!(t.situacao(RN, idt), 5);
}

/// A credential that has guessed too often waits for its limit instead of a refusal.
#[test]
fn calls_wait_for_the_limit_on_guessing() {
    let settings = Settings { absences_per_minute: 60, ..Settings::default() };
    let t = Tramita(App::with(Template::Empty, settings));
    let (idt, _) = t.enviado(RN, PE, NUP, None);
    let guess = |n: u32| t.0.get(PE, &format!("/api/v1/adolescentes/identificador/2026{n:08}"));
    let limited = (0..200).find(|n| guess(*n).status == 429);
    assert!(limited.is_some(), "nobody was stopped");
    // Every step of a reception names a trâmite, so the limit applies to it too.
    let received = t.step(PE, idt, "ler");
    assert_eq!(
        (received.status, &received.body["situacaoAtual"]),
        (200, &json!(4)),
        "{}",
        received.text
    );
    let missing = t.request(PE, "GET", "/tramites/999999", &Value::Null);
    assert_eq!(missing.status, 404, "{}", missing.text);
}
