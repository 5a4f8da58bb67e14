//! Request coalescing: the server reads queries with the same document that wait at the same time
//! together. Each keeps its own response, its own rights and its own record in the trail.

use crate::support::{App, Settings, Template};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

const PROCESSO: &str = "query Ponto($n: NumeroProcesso!) { processo(numero: $n) { numero situacao adolescentes { nodes { nome } } } }";

/// Sends one query for each item of `numeros`, from 32 clients at once, and returns the responses.
/// `variable` makes the variables of the query with this index.
fn send_queries(
    app: &App,
    numeros: &[String],
    caller: &str,
    variable: impl Fn(usize) -> Value + Sync,
) -> Vec<Value> {
    let responses = |client: usize| -> Vec<Value> {
        let own = (0..numeros.len()).filter(|n| n % 32 == client);
        own.map(|n| app.gql_with(caller, PROCESSO, variable(n))).collect()
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..32)
            .map(|n| {
                let responses = &responses;
                scope.spawn(move || responses(n))
            })
            .collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

fn numeros(app: &App) -> Vec<String> {
    let data = app.gql("tjrn", "{ processos(first: 100) { nodes { numero } } }");
    let nodes = data["processos"]["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node["numero"].as_str().unwrap().to_owned()).cycle().take(320).collect()
}

/// While a lock blocks every read, more queries arrive than may run at once.
#[test]
fn coalesced_queries_keep_their_responses_and_read_less() {
    let app = App::with(Template::Large, Settings::default());
    let numeros = numeros(&app);
    let alone = app.statements(|| app.gql_with("tjrn", PROCESSO, json!({ "n": numeros[0] }))).0;
    // One credential may hold three of the six connections.
    let permits = 3;
    let count = 16 * (permits + 1);
    let mut owner = app.database.conn();
    owner.batch_execute("BEGIN; LOCK TABLE processo IN ACCESS EXCLUSIVE MODE").unwrap();
    let (statements, ()) = app.statements(|| {
        std::thread::scope(|scope| {
            for numero in &numeros[..count] {
                let app = &app;
                scope.spawn(move || {
                    let data = app.gql_with("tjrn", PROCESSO, json!({ "n": numero }));
                    assert_eq!(data["processo"]["numero"], **numero);
                });
            }
            app.database.wait_for_lock_waiters(i64::try_from(permits).unwrap());
            owner.batch_execute("COMMIT").unwrap();
        });
    });
    let uncoalesced = alone * u64::try_from(count).unwrap();
    assert!(statements < uncoalesced / 2, "{statements} statements for {count} queries of {alone}");
}

#[test]
fn each_record_names_only_the_objects_of_its_query() {
    let app = App::with(Template::Large, Settings::default());
    let numeros = numeros(&app);
    send_queries(&app, &numeros, "tjrn", |n| json!({ "n": numeros[n] }));
    app.wait_until_audited();
    // Each record names exactly one processo. `r % 8` is the kind of an object, and 0 is a
    // processo.
    let too_many = "SELECT count(*) AS n FROM auditoria WHERE operacao = 'Ponto' AND \
         (SELECT count(*) FROM unnest(recursos) AS r WHERE r % 8 = 0) <> 1";
    assert_eq!(
        app.database.count("SELECT count(*) AS n FROM auditoria WHERE operacao = 'Ponto'"),
        320
    );
    assert_eq!(app.database.count(too_many), 0);
}

#[test]
fn a_client_with_other_rights_does_not_share_a_read() {
    let app = App::with(Template::Large, Settings::default());
    let numeros = numeros(&app);
    let send_queries_as =
        |caller: &str| send_queries(&app, &numeros[..64], caller, |n| json!({ "n": numeros[n] }));
    std::thread::scope(|scope| {
        let other = scope.spawn(|| send_queries_as("tjce"));
        assert!(send_queries_as("tjrn").iter().all(|data| data["processo"]["numero"].is_string()));
        assert!(other.join().unwrap().iter().all(|data| data["processo"].is_null()));
    });
}

#[test]
fn a_refused_query_does_not_affect_the_others() {
    let app = App::with(Template::Large, Settings::default());
    let numeros = numeros(&app);
    // One query in four asks for a processo that does not exist.
    let variable = |n: usize| match n % 4 {
        0 => json!({ "n": "99999996920258200001" }),
        _ => json!({ "n": numeros[n] }),
    };
    let responses = send_queries(&app, &numeros[..128], "tjrn", variable);
    assert_eq!(responses.iter().filter(|data| data["processo"].is_null()).count(), 32);
}

/// The national credential has two connections, and 48 clients send it queries of twelve documents
/// all the time. A read of the façade cannot join their batches, and in the median fewer than 72 of
/// their queries pass it.
#[test]
fn a_query_that_cannot_be_coalesced_gets_a_connection_too() {
    use std::sync::atomic::Ordering::Relaxed;
    use std::sync::atomic::{AtomicBool, AtomicUsize};
    const QUEUED: usize = 48;
    let app = App::with(Template::Seeded, Settings::default());
    let (enough, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..QUEUED)
            .map(|n| {
                let (app, enough, answered) = (&app, &enough, &answered);
                scope.spawn(move || {
                    let query = format!("query Q{} {{ processos(first: 50) {{ nodes {{ numero adolescentes {{ nodes {{ nome }} }} }} }} }}", n % 12);
                    while !enough.load(Relaxed) {
                        assert_ne!(app.gql("cnj", &query)["processos"], Value::Null);
                        answered.fetch_add(1, Relaxed);
                    }
                })
            })
            .collect();
        let mut passed: Vec<usize> = (0..11)
            .map(|_| {
                let before = answered.load(Relaxed);
                let read = app.get("cnj", "/api/v1/processos");
                assert_eq!(read.status, 200, "{}", read.text);
                answered.load(Relaxed) - before
            })
            .collect();
        enough.store(true, Relaxed);
        for client in clients {
            client.join().unwrap();
        }
        passed.sort_unstable();
        assert!(passed[5] < QUEUED * 3 / 2, "passed over by {passed:?}");
    });
}
