//! A copy of the database (pg_dump, psql) on another PostgreSQL continues by itself: the feed, the
//! trail and its seals stay in order.

use crate::subscriptions::alterar;
use crate::subscriptions::sse_client::Sse;
use crate::support::{App, MAX_WAIT, Settings, TempDir, until};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl};
use elos::db::migrations::Migrator;
use elos::db::{Sql, login};
use elos::embedded::{Embedded, Options};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

const FEED: &str = "subscription($d: String) { processoAlterado(desde: $d) { cursor } }";

/// Returns a program of the newest installed version of PostgreSQL.
fn program(name: &str) -> Command {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|version| version.path().join("bin").join(name));
    let newest = found.filter(|path| path.exists()).max();
    Command::new(newest.unwrap_or_else(|| PathBuf::from(name)))
}

/// Copies a database as an operator would: pg_dump writes it to a database where the roles exist.
fn copy(from: &str, to: &str) {
    let mut dump = program("pg_dump").arg(from).stdout(Stdio::piped()).spawn().unwrap();
    let restored = program("psql")
        .args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", to])
        .stdin(dump.stdout.take().unwrap())
        .output()
        .unwrap();
    assert!(dump.wait().unwrap().success());
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
}

/// Starts another PostgreSQL with the roles and an empty database `copy`.
fn start_second_server(folder: &TempDir) -> Embedded {
    let options = Options { durable: false, ..Options::new(folder.0.clone()) };
    let server = Embedded::start(options).unwrap();
    let mut admin = PgConnection::establish(&server.url("postgres", "postgres")).unwrap();
    admin.batch_execute("CREATE DATABASE roles").unwrap();
    admin.batch_execute("CREATE DATABASE copy").unwrap();
    Migrator::connect(&server.url("postgres", "roles")).unwrap().apply().unwrap();
    login::create_login(&mut admin, "elos_teste").unwrap();
    server
}

fn number(conn: &mut PgConnection, sql: &'static str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Number {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    Sql::new(sql).get_result::<Number>(conn).unwrap().n
}

fn verify(url: &str, arguments: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_elos"))
        .args(["auditoria", "verify"])
        .args(arguments)
        .env("ELOS_MIGRATE_URL", url)
        .output()
        .unwrap();
    let text = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    assert_eq!(out.status.code(), Some(0), "{text}");
    text
}

/// Reads the next event and returns its cursor.
fn cursor(feed: &mut Sse) -> String {
    let result = feed.result();
    result["data"]["processoAlterado"]["cursor"].as_str().unwrap().to_owned()
}

fn feed(app: &App, since: Option<&str>) -> Sse {
    let body = json!({ "query": FEED, "variables": { "d": since } });
    Sse::request(app, "tjrn", "text/event-stream", &body)
}

/// Waits until every record is in the trail and a seal covers it.
fn settle(app: &App, conn: &mut PgConnection) {
    let written = app.served.audit.flush();
    assert!(actix_web::rt::System::new().block_on(written), "the trail was not written");
    let open = "SELECT count(*) AS n FROM auditoria a WHERE NOT EXISTS \
                (SELECT FROM selo s WHERE a.id = ANY(s.ids) AND s.tribunal_codigo = a.tribunal_codigo)";
    until(MAX_WAIT, "every record is sealed", || {
        app.seal_pending();
        number(conn, open) == 0
    });
}

/// Moves the transaction ids of the first PostgreSQL beyond those of the second one.
const BURN: &str =
    "DO $$ BEGIN FOR i IN 1..3000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$";

fn repair(url: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elos"));
    let out = command.args(["migrate", "repair"]).env("ELOS_MIGRATE_URL", url).output().unwrap();
    let text = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    assert!(out.status.success(), "{text}");
    text
}

/// The order of the operator's guide: nobody has served the copy when its trail is verified.
#[test]
fn a_repaired_copy_can_be_verified_before_it_is_served() {
    let folder = TempDir::new("epoca-reparo");
    let app = App::new();
    let mut source = app.database.conn();
    source.batch_execute(BURN).unwrap();
    app.gql("tjrn", "{ processos(first: 1) { nodes { numero } } }");
    settle(&app, &mut source);
    let noted = folder.0.with_extension("ancora");
    std::fs::write(&noted, verify(&app.database.url("postgres"), &[])).unwrap();
    let database = Arc::clone(&app.database);
    app.stop();

    let server = start_second_server(&folder);
    let url = server.url("postgres", "copy");
    copy(&database.url("postgres"), &url);
    assert!(repair(&url).contains("época 2: "));
    verify(&url, &["--ancora", noted.to_str().unwrap()]);
    assert!(!repair(&url).contains("época"), "only one begins");
    let _ = std::fs::remove_file(noted);
    server.stop();
}

#[test]
fn a_copy_in_another_postgresql_continues() {
    let folder = TempDir::new("epoca");
    let app = App::new();
    let mut source = app.database.conn();
    source.batch_execute(BURN).unwrap();
    let numero = app.gql("tjrn", "{ processos(first: 1) { nodes { numero } } }")["processos"]
        ["nodes"][0]["numero"]
        .clone();
    let mut events = feed(&app, None);
    alterar(&app, "tjrn", &numero, "Primeira Fictícia");
    let first = cursor(&mut events);
    alterar(&app, "tjrn", &numero, "Segunda Fictícia");
    let second = cursor(&mut events);
    drop(events);
    settle(&app, &mut source);
    let noted = folder.0.with_extension("ancora");
    std::fs::write(&noted, verify(&app.database.url("postgres"), &[])).unwrap();
    let database = Arc::clone(&app.database);
    app.stop();

    let server = start_second_server(&folder);
    let url = server.url("postgres", "copy");
    copy(&database.url("postgres"), &url);
    let mut conn = PgConnection::establish(&url).unwrap();
    let behind = "SELECT (pg_snapshot_xmax(pg_current_snapshot()) < (SELECT xid FROM evento ORDER BY xid DESC LIMIT 1))::int::bigint AS n";
    assert_eq!(number(&mut conn, behind), 1, "the copy is not behind its own end");

    let start_on_copy = || {
        let settings =
            Settings { url: Some(server.url("elos_teste", "copy")), ..Settings::default() };
        App::on_database(&database, settings)
    };
    let app = start_on_copy();
    // A client that resumes after the first event gets the second one, and then new events, with
    // its old cursor.
    let mut events = feed(&app, Some(&first));
    assert_eq!(cursor(&mut events), second);
    alterar(&app, "tjrn", &numero, "Terceira Fictícia");
    let third = cursor(&mut events);
    let position = |cursor: &str| cursor.split_once('-').unwrap().0.parse::<u64>().unwrap();
    assert!(position(&third) > position(&second));
    // A cursor at the end of the copied events or beyond them works too.
    let beyond = format!("{}-1", position(&second) + 1_000_000);
    for since in [&second, &beyond] {
        assert_eq!(cursor(&mut feed(&app, Some(since))), third, "{since}");
    }
    // The eventos of a processo stay in order.
    let query = "query($n: NumeroProcesso!) { processo(numero: $n) { eventos(last: 3) { nodes { cursor } } } }";
    let shown: Value = app.gql_with("tjrn", query, json!({ "n": numero }));
    let shown = &shown["processo"]["eventos"]["nodes"];
    assert_eq!(shown[2]["cursor"], third, "{shown}");
    assert_eq!(shown[1]["cursor"], second, "{shown}");
    drop(events);
    settle(&app, &mut conn);
    let last = "SELECT (SELECT count(*) FROM selo WHERE ate_xid > '1099511627776') AS n";
    assert!(number(&mut conn, last) > 0, "nothing was sealed in the new epoch");
    verify(&url, &["--ancora", noted.to_str().unwrap()]);
    app.stop();
    // A restart stays in the same epoch.
    start_on_copy().stop();
    assert_eq!(number(&mut conn, "SELECT max(numero)::bigint AS n FROM epoca"), 2);
    drop(conn);
    server.stop();
    let _ = std::fs::remove_file(noted);
    let _ = std::fs::remove_dir_all(&folder.0);
}
