//! Registrations with an idempotency key join a group too, and each key keeps its promise there.

use super::{FAULT, NEW, body};
use crate::support::{App, Response, Settings, Template, numero, until};
use diesel::connection::SimpleConnection;
use elos::db::Sql;
use serde_json::{Value, json};
use std::sync::Barrier;
use std::time::Duration;

/// Transactions that registered the processos of `NEW`.
const TRANSACTIONS: &str = "SELECT count(DISTINCT e.xid) AS n FROM evento e JOIN processo p ON p.id = e.processo_id \
    WHERE p.numero LIKE '9%20248200001'";
const KEYS: &str = "SELECT count(*) AS n FROM chave_idempotencia";
const REMEMBERED_REFUSALS: &str =
    "SELECT count(*) AS n FROM chave_idempotencia WHERE desfecho ? 'recusado'";

/// Most permits that a credential holds of the six of a test's server.
const PERMITS: i64 = 3;
const MAX_WAIT: Duration = Duration::from_secs(4);

/// A registration, and its key.
type Request = (Option<String>, Value);

fn keyed(key: &impl ToString, body: Value) -> Request {
    (Some(key.to_string()), body)
}

fn cadastrar(app: &App, (key, body): &Request) -> Response {
    let headers: Vec<(&str, &str)> =
        key.iter().map(|key| ("Idempotency-Key", key.as_str())).collect();
    app.rest("tjrn", "POST", "/api/v1/processos", &headers, body)
}

fn replayed(response: &Response) -> bool {
    response.headers.get("idempotent-replayed").is_some_and(|value| value == "true")
}

fn id(response: &Response) -> &Value {
    assert_eq!(response.status, 200, "{}", response.text);
    &response.body["dados"]["id"]
}

/// Registers the processos in one group.
fn in_one_group(app: &App, requests: &[Request]) -> Vec<Response> {
    while_permits_are_held(app, requests, |request| cadastrar(app, request))
}

/// Sends the requests while the credential holds all permits that it may, so that they wait
/// together. Returns the responses in the order of the requests.
fn while_permits_are_held<R: Sync>(
    app: &App,
    requests: &[R],
    send: impl Fn(&R) -> Response + Sync,
) -> Vec<Response> {
    let send = &send;
    let locked = app.database.text(Sql::new(
        "SELECT min(numero) AS t FROM processo WHERE tribunal_codigo = 820 AND numero NOT LIKE '9%'",
    ));
    let mut rival = app.database.conn();
    let lock = format!("BEGIN; SELECT FROM processo WHERE numero = '{locked}' FOR UPDATE");
    rival.batch_execute(&lock).unwrap();
    let path = format!("/api/v1/processos/numero-processo/{locked}/situacao/Arquivado");
    std::thread::scope(|scope| {
        for _ in 0..PERMITS {
            scope.spawn(|| app.rest("tjrn", "PUT", &path, &[], &Value::Null));
        }
        app.database.wait_for_lock_waiters(PERMITS);
        let handles: Vec<_> =
            requests.iter().map(|request| scope.spawn(move || send(request))).collect();
        until(MAX_WAIT, "all requests wait", || {
            app.served.db.loads()[0].queue.is_some_and(|load| load.waiting == requests.len())
        });
        rival.batch_execute("ROLLBACK").unwrap();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    })
}

#[test]
fn of_equal_keys_in_one_group_one_is_executed() {
    let app = App::with(Template::Seeded, Settings::default());
    let adolescente = app.adolescente("tjrn");
    let requests: Vec<_> =
        (0..16).map(|n| keyed(&(n / 2), body(&numero(n / 2), &adolescente))).collect();
    let responses = in_one_group(&app, &requests);
    for pair in responses.chunks(2) {
        assert_eq!(id(&pair[0]), id(&pair[1]));
        assert_ne!(replayed(&pair[0]), replayed(&pair[1]));
    }
    assert_eq!((app.database.count(NEW), app.database.count(KEYS)), (8, 8));
    assert_eq!(app.database.count(TRANSACTIONS), 1);
}

#[test]
fn a_refusal_touches_no_other_write_of_its_group_and_is_remembered() {
    let app = App::with(Template::Seeded, Settings::default());
    let adolescente = app.adolescente("tjrn");
    let mut requests: Vec<_> = (0..12).map(|n| keyed(&n, body(&numero(n), &adolescente))).collect();
    requests[0].1 = body(&numero(0), "999999999999");
    requests[1].1["idOrgao"] = Value::Null;
    requests[3].1 = body(&numero(2), &adolescente);
    requests[4].0 = None;
    let responses = in_one_group(&app, &requests);
    let statuses: Vec<_> = responses.iter().map(|response| response.status).collect();
    assert_eq!(statuses[..2], [400, 400]);
    let mut rivals = statuses[2..4].to_vec();
    rivals.sort_unstable();
    assert_eq!(rivals, [200, 409], "of two registrations of one number, one is stored");
    assert_eq!(statuses[4..], [200; 8]);
    assert_eq!((app.database.count(NEW), app.database.count(TRANSACTIONS)), (9, 1));
    assert_eq!((app.database.count(KEYS), app.database.count(REMEMBERED_REFUSALS)), (11, 3));

    requests.remove(4);
    let mut before = responses;
    before.remove(4);
    for (request, before) in requests.iter().zip(&before) {
        let again = cadastrar(&app, request);
        assert_eq!(again.status, before.status, "{}", again.text);
        assert_eq!(again.body["dados"]["id"], before.body["dados"]["id"]);
        assert_eq!(again.body["mensagemDesenvolvedor"], before.body["mensagemDesenvolvedor"]);
        assert!(again.status != 200 || replayed(&again));
    }
    assert_eq!((app.database.count(NEW), app.database.count(KEYS)), (9, 11));
}

#[test]
fn a_key_with_another_input_is_refused_in_its_group() {
    let app = App::with(Template::Seeded, Settings::default());
    let adolescente = app.adolescente("tjrn");
    let known = keyed(&"antes", body(&numero(100), &adolescente));
    assert_eq!(cadastrar(&app, &known).status, 200);
    // Four keys come twice with different inputs, one is known with another input, one is a retry.
    let mut requests: Vec<_> =
        (0..8).map(|n| keyed(&(n / 2), body(&numero(n), &adolescente))).collect();
    requests.push(keyed(&"antes", body(&numero(101), &adolescente)));
    requests.push(known);
    requests.push(keyed(&"depois", body(&numero(102), &adolescente)));
    let responses = in_one_group(&app, &requests);
    for pair in responses[..8].chunks(2) {
        let mut statuses = [pair[0].status, pair[1].status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422]);
    }
    let reused = responses.iter().filter(|response| response.status == 422);
    let codes: Vec<_> = reused.map(|response| &response.body["mensagemDesenvolvedor"]).collect();
    assert_eq!(codes.len(), 5);
    assert!(codes.iter().all(|code| code.to_string().contains("CHAVE_IDEMPOTENCIA_REUTILIZADA")));
    assert!(replayed(&responses[9]) && !replayed(&responses[10]));
    id(&responses[10]);
    assert_eq!((app.database.count(NEW), app.database.count(KEYS)), (6, 6));
    assert_eq!(app.database.count(TRANSACTIONS), 2, "the one before, and the group");
}

/// What a group has not committed leaves no key either, so that a retry is executed.
#[test]
fn a_write_that_fails_its_group_leaves_no_key() {
    let app = App::with(Template::Seeded, Settings::default());
    let adolescente = app.adolescente("tjrn");
    app.database.conn().batch_execute(FAULT).unwrap();
    let mut requests: Vec<_> = (0..8).map(|n| keyed(&n, body(&numero(n), &adolescente))).collect();
    requests[3].1["appNameSistemaTribunal"] = "quebra".into();
    let responses = in_one_group(&app, &requests);
    for (n, response) in responses.iter().enumerate() {
        assert_eq!(response.status, if n == 3 { 500 } else { 200 }, "{}", response.text);
    }
    assert_eq!((app.database.count(NEW), app.database.count(KEYS)), (7, 7));

    app.database.conn().batch_execute("DROP TRIGGER quebra ON processo").unwrap();
    for (n, (request, before)) in requests.iter().zip(&responses).enumerate() {
        let again = cadastrar(&app, request);
        assert_eq!(replayed(&again), n != 3, "{}", again.text);
        assert!(n == 3 || id(&again) == id(before));
    }
    assert_eq!((app.database.count(NEW), app.database.count(KEYS)), (8, 8));
}

#[test]
fn of_64_simultaneous_writes_with_keys_all_are_stored_in_fewer_transactions() {
    let app = App::with(Template::Seeded, Settings::default());
    let adolescente = app.adolescente("tjrn");
    let requests: Vec<_> = (0..64).map(|n| keyed(&n, body(&numero(n), &adolescente))).collect();
    let barrier = Barrier::new(requests.len());
    let all = || -> Vec<Response> {
        let send = |request: &Request| {
            barrier.wait();
            cadastrar(&app, request)
        };
        let send = &send;
        std::thread::scope(|scope| {
            let handles: Vec<_> =
                requests.iter().map(|request| scope.spawn(move || send(request))).collect();
            handles.into_iter().map(|handle| handle.join().unwrap()).collect()
        })
    };
    let first = all();
    assert!(!first.iter().any(replayed));
    assert_eq!((app.database.count(NEW), app.database.count(KEYS)), (64, 64));
    let transactions = app.database.count(TRANSACTIONS);
    assert!(transactions < 64, "{transactions} transactions");
    // The same requests again are all retries, also those that wait in groups.
    for (again, first) in all().iter().zip(&first) {
        assert!(replayed(again), "{}", again.text);
        assert_eq!(id(again), id(first));
    }
    assert_eq!((app.database.count(NEW), app.database.count(KEYS)), (64, 64));
}

/// Writes with the version that their sender has read lock the rows of others, and run in turn.
#[test]
fn of_writes_with_one_version_in_one_group_the_first_is_executed() {
    let app = App::with(Template::Seeded, Settings::default());
    let adolescente = app.adolescente("tjrn");
    for n in 0..8 {
        assert_eq!(cadastrar(&app, &(None, body(&numero(n), &adolescente))).status, 200);
    }
    // Two magistrados for each of seven processos, and a version that was never read.
    let requests: Vec<(u32, u32)> = (0..14).map(|n| (n / 2, n)).chain([(7, 14)]).collect();
    let send = |&(processo, n): &(u32, u32)| {
        let version = if processo == 7 { "\"9\"" } else { "\"1\"" };
        let key = format!("k{n}");
        let headers = [("Idempotency-Key", key.as_str()), ("If-Match", version)];
        let body =
            json!({ "numeroProcesso": numero(processo), "magistradoNome": format!("Juíza {n}") });
        app.rest("tjrn", "PUT", "/api/v1/processos", &headers, &body)
    };
    let responses = while_permits_are_held(&app, &requests, send);
    for pair in responses[..14].chunks(2) {
        let mut statuses = [pair[0].status, pair[1].status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "{} {}", pair[0].text, pair[1].text);
    }
    assert_eq!(responses[14].status, 412);
    let changed =
        "SELECT count(*) AS n FROM processo WHERE numero LIKE '9%20248200001' AND versao = 2";
    let transactions = "SELECT count(DISTINCT xid) AS n FROM evento WHERE tipo = 'RESPONSAVEIS_ATUALIZADOS' \
         AND processo_id IN (SELECT id FROM processo WHERE numero LIKE '9%20248200001')";
    assert_eq!((app.database.count(changed), app.database.count(transactions)), (7, 1));
    assert_eq!((app.database.count(KEYS), app.database.count(REMEMBERED_REFUSALS)), (15, 8));
    // A retry has the old version, and the old answer.
    for (request, before) in requests.iter().zip(&responses) {
        let again = send(request);
        assert_eq!(again.status, before.status, "{}", again.text);
        assert!(again.status != 200 || replayed(&again));
    }
    assert_eq!(app.database.count(changed), 7);
}
