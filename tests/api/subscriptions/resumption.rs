//! Resumption without loss and without repetition: after cut sockets, restarts of servers, late
//! commits, and a lost connection of the listener.

use super::ws_client::{Received, SUBPROTOCOL, Ws};
use super::{ALTERADO, MAX_WAIT, alterar, processo};
use crate::crashes::Demo;
use crate::support::{App, Database, NewProcesso, Settings, TempDir, until};
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use elos::db::Sql;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const SINCE: &str = "subscription($d: String) { processoAlterado(desde: $d) { cursor } }";
const CHANGES: usize = 1000;
/// The number of changes that the writing server makes.
const BY_SERVER: usize = 500;
const WRITE_INTERVAL: Duration = Duration::from_millis(20);
const CUTS: usize = 20;

/// Returns the cursors of the events of tjrn on processos in their order, read from the table.
fn feed(database: &Database) -> Vec<String> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        cursor: String,
    }
    let rows: Vec<Row> = Sql::new(
        "SELECT xid::text || '-' || id AS cursor FROM evento WHERE tribunal_codigo = 820 AND processo_id IS NOT NULL ORDER BY xid, id",
    )
    .load(&mut database.conn())
    .unwrap();
    rows.into_iter().map(|row| row.cursor).collect()
}

const INSERT: &str = "INSERT INTO evento (tribunal_codigo, tipo, processo_id, ocorrido_em, ator_sub)
    SELECT 820, 'SITUACAO_ALTERADA', min(id), now(), 'teste' FROM processo WHERE tribunal_codigo = 820";

/// Writes in transactions that commit in another order than they began in. Each stays open while
/// others commit and notify.
fn out_of_order(database: &Database, round_count: usize, done: &AtomicUsize) {
    let mut conns: Vec<_> = (0..5).map(|_| database.conn()).collect();
    for round in 0..round_count {
        for conn in &mut conns {
            conn.batch_execute("BEGIN").unwrap();
            conn.batch_execute(INSERT).unwrap();
        }
        let until = (done.load(Ordering::SeqCst) + 15).min(BY_SERVER);
        while done.load(Ordering::SeqCst) < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        conns.rotate_left(round % 5);
        for conn in conns.iter_mut().rev() {
            conn.batch_execute("COMMIT").unwrap();
        }
    }
}

#[test]
fn a_thousand_changes_survive_twenty_cuts_and_two_restarts() {
    let writer = App::new();
    let database = Arc::clone(&writer.database);
    let before = feed(&database).len();
    let numeros: Vec<Value> = (0..4).map(|n| processo(&writer, "tjrn", n)).collect();
    let mut server = Some(App::on_database(&database, Settings::default()));
    let connect = |server: &Option<App>| Ws::of(server.as_ref().unwrap(), "tjrn");
    let mut ws = connect(&server);
    ws.subscribe("1", SINCE, &json!({}));

    let start = Instant::now();
    let mut received: Vec<String> = Vec::new();
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        // The other server makes 4 × 125 changes, and the transactions out of order make 4 × 25 ×
        // 5.
        for numero in &numeros {
            let (writer, done) = (&writer, &done);
            scope.spawn(move || {
                for n in 0..125 {
                    alterar(writer, "tjrn", numero, &format!("Nome {n}"));
                    done.fetch_add(1, Ordering::SeqCst);
                    // Without a pause, a slow reader would find every transaction finished.
                    std::thread::sleep(WRITE_INTERVAL);
                }
            });
        }
        for _ in 0..4 {
            scope.spawn(|| out_of_order(&database, 25, &done));
        }
        let (mut cuts, mut restarts) = (0, 0);
        while received.len() < CHANGES {
            assert!(start.elapsed() < 4 * MAX_WAIT, "{} of {CHANGES}", received.len());
            match ws.receive() {
                Received::Message(message) => {
                    let cursor = &message["payload"]["data"]["processoAlterado"]["cursor"];
                    received
                        .push(cursor.as_str().unwrap_or_else(|| panic!("{message}")).to_owned());
                }
                end => panic!("{end:?}"),
            }
            let restart = received.len() * 3 >= CHANGES * (restarts + 1) && restarts < 2;
            let cut = received.len() * (CUTS + 1) >= CHANGES * (cuts + 1) && cuts < CUTS;
            if restart {
                drop(server.take());
                server = Some(App::on_database(&database, Settings::default()));
                restarts += 1;
            }
            if restart || cut {
                cuts += usize::from(cut);
                ws = connect(&server);
                ws.request("1", SINCE, &json!({ "d": received.last() }));
            }
        }
        assert_eq!((cuts, restarts), (CUTS, 2));
    });
    eprintln!("{CHANGES} changes, {CUTS} cuts and 2 restarts in {:?}", start.elapsed());
    assert_eq!(received, feed(&database)[before..]);
}

#[test]
fn a_listener_that_fails_comes_back_and_nothing_is_lost() {
    let app = App::new();
    let numero = processo(&app, "tjrn", 0);
    let mut ws = Ws::of(&app, "tjrn");
    ws.subscribe("1", ALTERADO, &json!({}));
    let listeners = "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'elos-fluxo' AND datname = current_database()";
    for nome in ["Um", "Dois", "Três"] {
        until(MAX_WAIT, "somebody listens", || app.database.count(listeners) == 1);
        let start = Instant::now();
        app.database
            .conn()
            .batch_execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'elos-fluxo' AND datname = current_database()")
            .unwrap();
        alterar(&app, "tjrn", &numero, nome);
        ws.data("1");
        eprintln!("told {:?} after the listener was cut", start.elapsed());
    }
}

/// Another program writes without a notification. The server finds the event by polling.
#[test]
fn a_change_without_a_notification_is_seen_within_a_second() {
    let app = App::new();
    let mut ws = Ws::of(&app, "tjrn");
    ws.subscribe("1", ALTERADO, &json!({}));
    app.database.conn().batch_execute(INSERT).unwrap();
    let start = Instant::now();
    ws.data("1");
    eprintln!("seen after {:?}", start.elapsed());
}

/// The test makes changes one after another. By polling alone, each would wait for the next second.
/// Not all arrive quickly, because other tests keep transactions open and other programs use the
/// processors.
#[test]
fn a_notification_is_faster_than_polling() {
    let app = App::new();
    let numero = processo(&app, "tjrn", 0);
    let mut ws = Ws::of(&app, "tjrn");
    ws.subscribe("1", ALTERADO, &json!({}));
    let (begun, mut quick) = (Instant::now(), 0);
    for n in 0.. {
        alterar(&app, "tjrn", &numero, &format!("Nome {n}"));
        let start = Instant::now();
        ws.data("1");
        quick += usize::from(start.elapsed() < Duration::from_millis(400));
        if quick == 3 {
            break;
        }
        assert!(begun.elapsed() < MAX_WAIT, "{quick} of {n} were quick");
    }
}

const OF_DEMO: &str =
    "subscription($d: String) { processoAlterado(desde: $d) { cursor tipo processo { numero } } }";

/// Opens a subscribed socket of a demo.
fn on_demo(demo: &Demo, since: Option<&str>) -> Ws {
    let bearer = demo.token();
    let headers = [("sec-websocket-protocol", SUBPROTOCOL), ("authorization", &bearer)];
    let mut ws = Ws::connect(&demo.base, &headers);
    ws.send(&json!({ "type": "connection_init" }));
    assert!(ws.is_accepted());
    match since {
        // The events after `since` may arrive before the answer to the ping of `subscribe`.
        Some(_) => ws.request("1", OF_DEMO, &json!({ "d": since })),
        None => ws.subscribe("1", OF_DEMO, &json!({})),
    }
    ws
}

/// Registers a processo as soon as the demo can.
fn cadastrar(demo: &Demo, numero: &str, adolescente: &str) {
    let start = Instant::now();
    let body = NewProcesso::apuracao(numero, &[adolescente]).body();
    loop {
        let response = demo.post("/api/v1/processos", &body);
        match response["mensagemDesenvolvedor"].as_str() {
            Some("INDISPONIVEL") => assert!(start.elapsed() < MAX_WAIT, "{response}"),
            _ => {
                assert_eq!(response["categoria"], "CONFIRMACAO", "{response}");
                return;
            }
        }
    }
}

/// After this time without the database, the server cannot check its credentials and closes the
/// sockets.
const MAX_TIME_WITHOUT_DATABASE: Duration = Duration::from_secs(3);

/// An outage of the database ends its connections but not the socket. If a busy machine takes too
/// long to restart the database, the server can no longer tell a valid credential from a revoked
/// one and closes the socket. The client then resumes, and nothing is lost.
#[test]
fn a_killed_postmaster_does_not_end_the_subscription() {
    let dir = TempDir::new("assinatura");
    let demo = Demo::start(&dir.0);
    let mut ws = on_demo(&demo, None);
    let adolescente = demo.cadastrar();
    cadastrar(&demo, "9000742-47.2021.8.20.0083", &adolescente);
    let before = ws.data("1")["processoAlterado"]["cursor"].as_str().unwrap().to_owned();
    let old = dir.postmaster().unwrap();
    kill(old, Signal::SIGKILL).unwrap();
    let start = Instant::now();
    demo.wait_for_other(&dir, old);
    let numero = "9000741-62.2021.8.20.0083";
    cadastrar(&demo, numero, &adolescente);
    let away = start.elapsed();
    let data = match ws.receive() {
        Received::Message(message) => message["payload"]["data"].clone(),
        Received::Closed(1013, _) if away > MAX_TIME_WITHOUT_DATABASE => {
            on_demo(&demo, Some(&before)).data("1")
        }
        end => panic!("{end:?} after {away:?}"),
    };
    let evento = &data["processoAlterado"];
    assert_eq!(evento["tipo"], "PROCESSO_CADASTRADO", "{data}");
    assert_eq!(evento["processo"]["numero"], numero);
}

/// Each way of stopping the program closes the sockets with the code to reconnect.
#[test]
fn a_server_that_shuts_down_closes_with_1001() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let dir = TempDir::new(signal.as_str());
        let mut demo = Demo::start(&dir.0);
        let mut ws = on_demo(&demo, None);
        let start = Instant::now();
        kill(Pid::from_raw(demo.child.id().try_into().unwrap()), signal).unwrap();
        assert_eq!(ws.close_frame().0, 1001, "{signal}");
        assert!(demo.child.wait().unwrap().success(), "{signal}");
        eprintln!("{signal}: it ended in {:?}", start.elapsed());
    }
}
