//! The Tramita's calls wait where others are told to come back: whoever receives by the
//! platform's client would refuse the processo.

use super::relay::Relay;
use super::silence::through;
use super::until;
use crate::support::{Ajustes, App, Modelo, PATIENCE as SOON, Resposta};
use crate::tramita::componentes::{documento, hash};
use crate::tramita::{NUP, PE, RN, Tramita, envio};
use diesel::Connection;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use std::sync::mpsc;
use std::time::Duration;

/// Asks on a thread of its own; the answer comes by the channel.
fn ask<'s>(
    scope: &'s std::thread::Scope<'s, '_>,
    ask: impl FnOnce() -> Resposta + Send + 's,
) -> mpsc::Receiver<Resposta> {
    let (tell, told) = mpsc::channel();
    scope.spawn(move || tell.send(ask()).expect("somebody waits for the answer"));
    told
}

fn is_refused_elsewhere(app: &App) -> bool {
    app.get("tjrn", "/api/v1/processos").status == 503
}

#[track_caller]
fn assert_waits(told: &mpsc::Receiver<Resposta>) {
    assert!(matches!(told.try_recv(), Err(mpsc::TryRecvError::Empty)), "it was answered");
}

/// A file is on its way both ways while the database is away.
#[test]
fn calls_wait_for_a_database_that_is_away() {
    let relay = Relay::new();
    let t = Tramita(through(&[&relay]));
    t.0.ready();
    let mut body = envio(RN, PE, NUP, None);
    body["processo"]["documentos"] = json!([documento(1, &[b"um", b"dois"])]);
    let idt = t.pedir(RN, "POST", "/tramites/processo", &body).corpo["IDT"].as_i64().unwrap();
    assert_eq!(t.mandar(RN, idt, NUP, b"um").status, 200);

    relay.shut();
    std::thread::scope(|scope| {
        until(SOON, "others are refused", || is_refused_elsewhere(&t.0));
        let read = ask(scope, || t.passo(RN, idt, "ler"));
        let sent = ask(scope, || t.mandar(RN, idt, NUP, b"dois"));
        // The others have waited and been told so once more, all the while.
        assert!(is_refused_elsewhere(&t.0));
        assert_waits(&read);
        assert_waits(&sent);
        relay.open();
        let read = read.recv().unwrap();
        assert_eq!((read.status, &read.corpo["IDT"]), (200, &json!(idt)), "{}", read.texto);
        let sent = sent.recv().unwrap();
        assert_eq!((sent.status, &sent.corpo["situacaoAtual"]), (200, &json!(2)), "{}", sent.texto);
    });
    // The reception, with a cut before each of its steps.
    let cut = |step: &(dyn Fn() -> Resposta + Sync)| {
        relay.shut();
        std::thread::scope(|scope| {
            let told = ask(scope, step);
            until(SOON, "not ready", || t.0.pedir("GET", "/readyz", &[], b"").status == 503);
            relay.open();
            let answer = told.recv().unwrap();
            assert_eq!(answer.status, 200, "{}", answer.texto);
        });
    };
    cut(&|| t.passo(PE, idt, "ler"));
    for bytes in [b"um".as_slice(), b"dois"] {
        cut(&|| t.baixar(PE, idt, NUP, &hash(bytes)));
    }
    cut(&|| t.passo(PE, idt, "recibo"));
    assert_eq!(t.situacao(RN, idt), 5);
}

/// What cannot be recorded is not shown: it waits until it can.
#[test]
fn calls_wait_for_a_trail_that_cannot_be_written() {
    let t = Tramita::novo();
    t.0.ready();
    let (idt, _) = t.enviado(RN, PE, NUP, None);
    t.0.auditado();
    let mut conn = t.0.banco.conn();
    std::thread::scope(|scope| {
        let told = conn
            .transaction(|conn| {
                conn.batch_execute("LOCK TABLE auditoria IN SHARE MODE")?;
                let told = ask(scope, || t.passo(RN, idt, "ler"));
                until(SOON, "others are refused", || is_refused_elsewhere(&t.0));
                // Whoever balances must still send it those who wait.
                until(SOON, "not ready", || t.0.pedir("GET", "/readyz", &[], b"").status == 503);
                assert_eq!(t.0.pedir("GET", "/readyz/tramita", &[], b"").status, 200);
                assert_waits(&told);
                Ok::<_, diesel::result::Error>(told)
            })
            .unwrap();
        let answer = told.recv().unwrap();
        assert_eq!(answer.status, 200, "{}", answer.texto);
    });
}

/// A step whose record waits for a lock runs out of time before anybody knows that the trail cannot
/// be written: it is taken again.
#[test]
fn a_step_that_ran_out_of_time_is_taken_again() {
    let tempo = Some(Duration::from_secs(1));
    let t = Tramita(App::com(Modelo::Vazio, Ajustes { tempo, ..Ajustes::default() }));
    t.0.ready();
    let (idt, _) = t.enviado(RN, PE, NUP, None);
    t.passos(idt, &[(PE, "ler")]);
    t.0.auditado();
    let person = json!({ "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO" });
    let register = || t.pedir(RN, "POST", "/api/v1/adolescentes", &person).status;
    let mut conn = t.0.banco.conn();
    std::thread::scope(|scope| {
        let told = conn
            .transaction(|conn| {
                conn.batch_execute("LOCK TABLE auditoria IN SHARE MODE")?;
                let told = ask(scope, || t.passo(PE, idt, "recibo"));
                // Others run out of it, or are told to come back, one after another.
                for _ in 0..3 {
                    until(SOON, "others are refused", || matches!(register(), 503 | 504));
                }
                assert_waits(&told);
                Ok::<_, diesel::result::Error>(told)
            })
            .unwrap();
        let answer = told.recv().unwrap();
        assert_eq!(answer.status, 200, "{}", answer.texto);
    });
    assert_eq!(t.situacao(RN, idt), 5);
}

/// A credential that has guessed too much waits for its measure; it is not refused.
#[test]
fn calls_wait_for_the_limit_on_guessing() {
    let ajustes = Ajustes { ausencias_por_minuto: 60, ..Ajustes::default() };
    let t = Tramita(App::com(Modelo::Vazio, ajustes));
    let (idt, _) = t.enviado(RN, PE, NUP, None);
    let guess = |n: u32| t.0.get(PE, &format!("/api/v1/adolescentes/identificador/2026{n:08}"));
    let limited = (0..200).find(|n| guess(*n).status == 429);
    assert!(limited.is_some(), "nobody was stopped");
    // As every step of a reception names a trâmite.
    let received = t.passo(PE, idt, "ler");
    assert_eq!(
        (received.status, &received.corpo["situacaoAtual"]),
        (200, &json!(4)),
        "{}",
        received.texto
    );
    let missing = t.pedir(PE, "GET", "/tramites/999999", &Value::Null);
    assert_eq!(missing.status, 404, "{}", missing.texto);
}
