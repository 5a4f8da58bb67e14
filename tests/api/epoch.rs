//! A copy of the data (pg_dump, psql) in another PostgreSQL goes on by itself: the feed, the trail
//! and its seals, in order.

use crate::assinaturas::alterar;
use crate::assinaturas::cliente_sse::Sse;
use crate::quedas::Pasta;
use crate::support::{Ajustes, App, PATIENCE};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl};
use elos::db::migrations::Migrador;
use elos::db::{Sql, login};
use elos::embedded::{Embedded, Options};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

const FEED: &str = "subscription($d: String) { processoAlterado(desde: $d) { cursor } }";

/// A program of PostgreSQL's, of the newest version that is installed.
fn program(name: &str) -> Command {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|version| version.path().join("bin").join(name));
    let newest = found.filter(|path| path.exists()).max();
    Command::new(newest.unwrap_or_else(|| PathBuf::from(name)))
}

/// Copies a database as an operator would: its text, into one that has the roles.
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

/// Another PostgreSQL, with the roles and an empty database.
fn another(folder: &Pasta) -> Embedded {
    let options = Options { durable: false, ..Options::new(folder.0.clone()) };
    let server = Embedded::start(options).unwrap();
    let mut admin = PgConnection::establish(&server.url("postgres", "postgres")).unwrap();
    admin.batch_execute("CREATE DATABASE roles").unwrap();
    admin.batch_execute("CREATE DATABASE copy").unwrap();
    Migrador::conectar(&server.url("postgres", "roles")).unwrap().aplicar().unwrap();
    login::admit(&mut admin, "elos_teste").unwrap();
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

/// The cursor of the next event.
fn cursor(feed: &mut Sse) -> String {
    let result = feed.resultado();
    result["data"]["processoAlterado"]["cursor"].as_str().unwrap().to_owned()
}

fn feed(app: &App, since: Option<&str>) -> Sse {
    let body = json!({ "query": FEED, "variables": { "d": since } });
    Sse::pedir(app, "tjrn", "text/event-stream", &body)
}

/// Until everything that was written is shown and sealed.
fn settle(app: &App, conn: &mut PgConnection) {
    let written = app.servido.auditoria.esvaziar();
    assert!(actix_web::rt::System::new().block_on(written), "the trail was not written");
    let open = "SELECT count(*) AS n FROM auditoria a WHERE NOT EXISTS \
                (SELECT FROM selo s WHERE a.id = ANY(s.ids) AND s.tribunal_codigo = a.tribunal_codigo)";
    let begun = std::time::Instant::now();
    while number(conn, open) > 0 {
        app.selar();
        assert!(begun.elapsed() < PATIENCE, "records are not sealed");
    }
}

#[test]
fn a_copy_in_another_postgresql_goes_on() {
    let folder = Pasta::nova("epoca");
    let app = App::novo();
    let mut source = app.banco.conn();
    // This PostgreSQL is further on than the next will be.
    let burn =
        "DO $$ BEGIN FOR i IN 1..3000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$";
    source.batch_execute(burn).unwrap();
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
    std::fs::write(&noted, verify(&app.banco.url("postgres"), &[])).unwrap();
    let banco = Arc::clone(&app.banco);
    app.parar();

    let server = another(&folder);
    let url = server.url("postgres", "copy");
    copy(&banco.url("postgres"), &url);
    let mut conn = PgConnection::establish(&url).unwrap();
    let behind = "SELECT (pg_snapshot_xmax(pg_current_snapshot()) < (SELECT xid FROM evento ORDER BY xid DESC LIMIT 1))::int::bigint AS n";
    assert_eq!(number(&mut conn, behind), 1, "the copy is not behind its own end");

    let served = || {
        let ajustes = Ajustes { url: Some(server.url("elos_teste", "copy")), ..Ajustes::default() };
        App::no_banco(&banco, ajustes)
    };
    let app = served();
    // Who had seen the first is told of the second and, without a new cursor, of what follows.
    let mut events = feed(&app, Some(&first));
    assert_eq!(cursor(&mut events), second);
    alterar(&app, "tjrn", &numero, "Terceira Fictícia");
    let third = cursor(&mut events);
    let position = |cursor: &str| cursor.split_once('-').unwrap().0.parse::<u64>().unwrap();
    assert!(position(&third) > position(&second));
    // So is who lost its server at the end of what is here, or beyond it.
    let beyond = format!("{}-1", position(&second) + 1_000_000);
    for since in [&second, &beyond] {
        assert_eq!(cursor(&mut feed(&app, Some(since))), third, "{since}");
    }
    // What a processo went through stands in its order, to the end.
    let query = "query($n: NumeroProcesso!) { processo(numero: $n) { eventos(last: 3) { nodes { cursor } } } }";
    let shown: Value = app.gql_com("tjrn", query, json!({ "n": numero }));
    let shown = &shown["processo"]["eventos"]["nodes"];
    assert_eq!(shown[2]["cursor"], third, "{shown}");
    assert_eq!(shown[1]["cursor"], second, "{shown}");
    drop(events);
    settle(&app, &mut conn);
    let last = "SELECT (SELECT count(*) FROM selo WHERE ate_xid > '1099511627776') AS n";
    assert!(number(&mut conn, last) > 0, "nothing was sealed in the new epoch");
    verify(&url, &["--ancora", noted.to_str().unwrap()]);
    app.parar();
    // Another start is in the same epoch.
    served().parar();
    assert_eq!(number(&mut conn, "SELECT max(numero)::bigint AS n FROM epoca"), 2);
    drop(conn);
    server.stop();
    let _ = std::fs::remove_file(noted);
    let _ = std::fs::remove_dir_all(&folder.0);
}
