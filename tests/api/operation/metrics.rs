//! The metrics: what each shows, that labels stay few, and that the board and the alerts ask for
//! metrics that exist.

use crate::subscriptions::ws_client::Ws;
use crate::subscriptions::{ALTERADO, alterar, processo};
use crate::support::{App, MAX_WAIT, Settings, Template, until};
use diesel::connection::SimpleConnection;
use elos::config::{DocumentSettings, TrustedDocument};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;

/// Returns the value of the first sample that begins with `start`.
fn value(app: &App, start: &str) -> Option<f64> {
    let text = app.metrics();
    let line = text.lines().find(|line| line.starts_with(start))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

#[track_caller]
fn assert_value(app: &App, start: &str, expected: f64) {
    assert_eq!(value(app, start), Some(expected), "{start}: {}", app.metrics());
}

fn operation(kind: &str, name: &str, code: &str) -> String {
    format!(
        "elos_operacao_duracao_segundos_count{{tipo=\"{kind}\",operacao=\"{name}\",codigo=\"{code}\"}}"
    )
}

#[test]
fn operations_are_counted_by_bounded_names_and_codes() {
    let trusted =
        TrustedDocument { id: "p".into(), text: "\"o painel\" query Painel { eu { sub } }".into() };
    let documents = DocumentSettings { trusted: vec![trusted].into(), ..Default::default() };
    let app = App::with(Template::Seeded, Settings { documents, ..Settings::default() });
    let ask = |query: &str| app.graphql("tjrn", query, json!({}));
    ask("query Painel { eu { sub } }");
    ask("query Escolhido93 { eu { sub } }");
    ask("{ a: processos(first: 1) { nodes { id } } b: processos(first: 2) { nodes { id } } }");
    ask("{ eu { sub } tribunais { codigo } }");
    ask("{ naoHa }");
    app.adolescente("tjrn");
    assert_value(&app, &operation("query", "Painel", "OK"), 1.0);
    assert_value(&app, &operation("query", "eu", "OK"), 1.0);
    assert_value(&app, &operation("query", "processos", "OK"), 1.0);
    assert_value(&app, &operation("query", "(vários campos)", "OK"), 1.0);
    assert_value(&app, &operation("", "(recusada)", "GRAPHQL_VALIDATION_FAILED"), 1.0);
    assert!(!app.metrics().contains("Escolhido93"), "{}", app.metrics());
    let refused = "mutation($n: NumeroProcesso!) { registrarProcesso(input: { numero: $n }) { erros { codigo } } }";
    app.graphql("tjrn", refused, json!({ "n": 1 }));
    // A code of a refusal is one of the API's codes.
    let text = app.metrics();
    let known = |code: &str| {
        code == "OK"
            || elos::error::Failure::ALL.iter().any(|failure| failure.name() == code)
            || elos::error::CodigoErro::ALL.iter().any(|known| known.name() == code)
    };
    for line in text.lines().filter(|line| line.starts_with("elos_operacao")) {
        let (_, code) = line.split_once("codigo=\"").unwrap();
        assert!(known(code.split('"').next().unwrap()), "{line}");
    }
}

#[test]
fn the_queue_the_connections_and_the_trail_can_be_seen() {
    let app = App::new();
    app.adolescente("tjrn");
    let mut rival = app.database.conn();
    rival.batch_execute("BEGIN; LOCK TABLE vinculo IN ACCESS EXCLUSIVE MODE").unwrap();
    let query = "{ processos(first: 1) { nodes { adolescentes { nodes { id } } } } }";
    std::thread::scope(|scope| {
        scope.spawn(|| app.gql("tjrn", query));
        app.database.wait_for_lock_waiters(1);
        assert_value(&app, "elos_vagas_em_uso{classe=\"tribunal\"}", 1.0);
        assert_value(&app, "elos_fila_tribunais{classe=\"tribunal\"}", 1.0);
        assert_value(&app, "elos_vagas_em_uso{classe=\"nacional\"}", 0.0);
        let used = value(&app, "elos_banco_conexoes{classe=\"tribunal\",estado=\"em_uso\"}");
        assert_eq!(used, Some(1.0));
        rival.batch_execute("ROLLBACK").unwrap();
    });
    until(MAX_WAIT, "the permit comes back", || {
        value(&app, "elos_vagas_em_uso{classe=\"tribunal\"}") == Some(0.0)
    });
    let positive = |start: &str| {
        assert!(value(&app, start).is_some_and(|value| value > 0.0), "{start}: {}", app.metrics());
    };
    for start in [
        "elos_vagas{classe=\"tribunal\"}",
        "elos_banco_duracao_segundos_count{classe=\"tribunal\"}",
        "elos_banco_duracao_segundos_sum{classe=\"trilha\"}",
        "elos_fila_espera_segundos_count{classe=\"tribunal\"}",
        "elos_auditoria_selagem_segundos",
        "elos_credenciais_idade_segundos",
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
        "process_open_fds",
        "process_max_fds",
        "process_start_time_seconds",
        "process_threads",
    ] {
        positive(start);
    }
    // While a lock stops writes to the trail, the age of its oldest queued record grows.
    rival.batch_execute("BEGIN; LOCK TABLE auditoria IN ACCESS EXCLUSIVE MODE").unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| app.gql("tjrn", "{ eu { sub } }"));
        until(MAX_WAIT, "the oldest record waits", || {
            value(&app, "elos_auditoria_fila_segundos").is_some_and(|age| age > 0.3)
        });
        rival.batch_execute("ROLLBACK").unwrap();
    });
}

#[test]
fn subscriptions_and_the_lag_of_their_deliveries_are_counted() {
    let app = App::new();
    let numero = processo(&app, "tjrn", 0);
    assert_value(&app, "elos_assinaturas_abertas", 0.0);
    let mut ws = Ws::of(&app, "tjrn");
    ws.request("1", ALTERADO, &json!({}));
    until(MAX_WAIT, "it is open", || value(&app, "elos_assinaturas_abertas") == Some(1.0));
    alterar(&app, "tjrn", &numero, "Outra Pessoa");
    ws.message();
    assert_value(&app, "elos_assinaturas_atraso_segundos_count", 1.0);
    drop(ws);
    until(MAX_WAIT, "it is closed", || value(&app, "elos_assinaturas_abertas") == Some(0.0));
}

/// A connection is closed while a query waits on it. The query runs again on another one.
#[test]
fn errors_of_the_database_and_repeated_reads_are_counted() {
    let app = App::new();
    assert_value(&app, "elos_banco_erros_total{tipo=\"unreachable\"}", 0.0);
    let mut rival = app.database.conn();
    rival.batch_execute("BEGIN; LOCK TABLE vinculo IN ACCESS EXCLUSIVE MODE").unwrap();
    let query = "{ processos(first: 1) { nodes { adolescentes { nodes { id } } } } }";
    std::thread::scope(|scope| {
        scope.spawn(|| app.gql("tjrn", query));
        app.database.wait_for_lock_waiters(1);
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE \
            application_name = 'elos' AND wait_event_type = 'Lock' AND datname = current_database()";
        app.database.conn().batch_execute(end).unwrap();
        until(MAX_WAIT, "the query begins again", || {
            value(&app, "elos_banco_repeticoes_total").is_some_and(|count| count > 0.0)
        });
        rival.batch_execute("ROLLBACK").unwrap();
    });
    let errors = value(&app, "elos_banco_erros_total{tipo=\"unreachable\"}");
    let internal = value(&app, "elos_banco_erros_total{tipo=\"internal\"}");
    assert!(errors.zip(internal).is_some_and(|(a, b)| a + b > 0.0), "{}", app.metrics());
    let refused = |class: &str| {
        value(&app, &format!("elos_banco_comandos_recusados_total{{sqlstate=\"{class}\"}}"))
            .unwrap()
    };
    assert!(refused("08") + refused("57") > 0.0, "{}", app.metrics());
    assert_eq!((refused("53"), refused("outra")), (0.0, 0.0));
}

/// While a transaction stays open, the newer records of the trail cannot be sealed.
#[test]
fn the_unsealed_tail_is_counted_and_grows_older() {
    let app = App::new();
    app.wait_until_audited();
    app.wait_until_sealed();
    let tail = || elos::audit::unsealed_tail(&app.served.db).unwrap();
    assert_eq!((tail().records, tail().oldest), (0, None));
    let mut rival = app.database.conn();
    rival.batch_execute("BEGIN; SELECT pg_current_xact_id()").unwrap();
    for client in ["tjrn", "tjpe"] {
        app.gql(client, "{ processos(first: 1) { nodes { id } } }");
    }
    app.seal_pending();
    let (records, first) = (tail().records, tail().oldest.unwrap());
    assert!(records >= 2, "{records}");
    until(MAX_WAIT, "the age grows", || tail().oldest.unwrap() > first);
    // The sealer looks every ten seconds.
    until(MAX_WAIT, "the metrics show it", || {
        value(&app, "elos_auditoria_por_selar_segundos").is_some_and(|age| age > 0.0)
    });
    assert!(value(&app, "elos_auditoria_por_selar").is_some_and(|count| count >= 2.0));
    rival.batch_execute("ROLLBACK").unwrap();
    app.wait_until_settled();
    app.wait_until_sealed();
    assert_eq!((tail().records, tail().oldest), (0, None));
}

/// Returns the words of a text that begin as the names of our metrics do.
fn named(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let words = text.split(|c| !is_part(c));
    words
        .filter(|word| word.starts_with("elos_") || word.starts_with("process_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_board_and_the_alerts_name_metrics_that_exist() {
    let settings = Settings { absences_per_minute: 1, ..Settings::default() };
    let app = App::with(Template::Seeded, settings);
    // A family without a sample has no line, so cause absences and a refusal by their limit.
    let absent = "{ processo(numero: \"9000741-62.2021.8.20.0083\") { id } }";
    for _ in 0..3 {
        app.graphql("tjrn", absent, json!({}));
    }
    let text = app.metrics();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let mut known = BTreeSet::new();
    for (family, kind) in types.filter_map(|line| line.split_once(' ')) {
        let endings: &[&str] = match kind {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_sum", "_count"],
            "info" => &["_info"],
            _ => &[""],
        };
        known.extend(endings.iter().map(|ending| format!("{family}{ending}")));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    for file in ["grafana/elos.json", "prometheus/alerts.yml", "prometheus/alerts.test.yml"] {
        let names = named(&std::fs::read_to_string(root.join(file)).unwrap());
        assert!(names.len() > 5, "{file}: {names:?}");
        let unknown: Vec<_> = names.difference(&known).collect();
        assert!(unknown.is_empty(), "{file}: {unknown:?}");
    }
    // The name of a metric has only lower-case letters and underscores.
    let valid = |name: &String| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    assert!(known.iter().all(valid), "{known:?}");
}
