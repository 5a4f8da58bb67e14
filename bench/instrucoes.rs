//! The number of instructions that a request takes in the server. Other programs do not disturb it.
//!
//! `script/bench instrucoes` counts them under callgrind, in this process and without HTTP, one
//! request after another, and compares them with `instrucoes.txt`. An increase above a tenth fails.
//! PostgreSQL is not counted. The trail is off, because it writes at its own times. Counts of
//! another compiler are not compared.

mod callgrind;

use actix_web::web::Bytes;
use callgrind::{count_from_here, count_until_here};
use elos::auth::{Actor, Papel};
use elos::config::DocumentSettings;
use elos::db::migrations::Migrator;
use elos::db::{Db, DbOptions};
use elos::embedded::{Embedded, Options};
use elos::graphql;
use elos::graphql::execution::GraphqlService;
use elos::graphql::execution::documents::Documents;
use elos::graphql::execution::executor::Executor;
use elos::graphql::protocol::http::parameters::Parameters;
use elos::processo::NumeroProcesso;
use elos::value::rules::RuleSwitches;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

const STORED_COUNTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/instrucoes.txt");
/// Processos of the synthetic data. A tribunal has a twenty-seventh of them.
const PROCESSOS: u32 = 5_400;
/// Counted requests of each kind, after a few that fill the caches.
const COUNTED: u32 = 50;
const WARM_UP: u32 = 5;
const TOLERANCE: f64 = 1.10;

/// The requests of `peers/documents.mjs`, without cursors and idempotency keys.
const REQUESTS: [(&str, &str); 5] = [
    (
        "Q1",
        "query Q1($numero: NumeroProcesso!) { processo(numero: $numero) { numero tipo situacao idOrgao criadoEm versao } }",
    ),
    (
        "Q2",
        "query Q2 { processos(first: 20) { nodes { numero tipo situacao ... on ProcessoExecucao { apuracao { numero situacao } }
          adolescentes(first: 5) { edges { iniciadoEm node { identificador nome sobrenome dataNascimento } } } } } }",
    ),
    (
        "Q3",
        "query Q3($identificador: IdentificadorAdolescente!) { adolescente(identificador: $identificador) { identificador nome
          processos(first: 10) { edges { iniciadoEm node { numero tipo situacao
            ... on ProcessoExecucao { apuracao { numero situacao adolescentes(first: 10) { edges { iniciadoEm node { identificador nome } } } } }
            ... on ProcessoApuracao { execucoes(first: 10) { nodes { numero situacao } } } } } } } }",
    ),
    (
        "Q4",
        "query Q4 { processos(first: 100) { totalCount nodes { numero tipo situacao idOrgao criadoEm versao } } }",
    ),
    (
        "M1",
        "mutation M1($novo: NumeroProcesso!, $adolescentes: [IdentificadorAdolescente!]!) { cadastrarProcesso(input: { numero: $novo,
          tipo: PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL, adolescentes: $adolescentes, idOrgao: 1001, appNameSistemaTribunal: \"pje-tjrn-1g\" })
          { processo { numero tipo situacao versao } erros { codigo } } }",
    ),
];

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["pedir", url] => request(url),
        ["--write"] => check(true),
        [] => check(false),
        _ => anyhow::bail!("--write keeps what is counted now; nothing else is understood"),
    }
}

fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(1_780_000_000, 0).unwrap_or_default()
}

/// Runs the requests of each kind.
fn request(url: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()?;
    runtime.block_on(async {
        let db = Db::connect(&DbOptions::new(url))?;
        let app = elos::App::new(db, RuleSwitches::default(), now).with_absences_per_minute(0).without_audit();
        let documents = Documents::new(&graphql::sdl(), &DocumentSettings::default())?;
        let service = GraphqlService::new(Executor::new(graphql::schema()), documents, Arc::new(app));
        let papeis = vec![Papel::Consulta, Papel::Integracao, Papel::DadosSensiveis];
        let actor = Actor::new("instrucoes".into(), None, Some(820), papeis)
            .map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let first_objects = "{ processos(first: 1) { nodes { numero } } adolescentes(first: 2) { nodes { identificador } } }";
        let data: Value = serde_json::from_slice(&respond(&service, &actor, first_objects, &json!({})).await?)?;
        let adolescentes = [0, 1].map(|n| data["data"]["adolescentes"]["nodes"][n]["identificador"].clone());
        for (name, query) in REQUESTS {
            for n in 0..WARM_UP + COUNTED {
                if n == WARM_UP {
                    count_from_here();
                }
                let variables = json!({
                    "numero": data["data"]["processos"]["nodes"][0]["numero"],
                    "identificador": adolescentes[0],
                    "adolescentes": adolescentes,
                    "novo": NumeroProcesso::synthetic(n, 2025, 820, 999).to_string(),
                });
                let used = ["numero", "identificador", "adolescentes", "novo"];
                let used = used.into_iter().filter(|name| query.contains(&format!("${name}:")));
                let used: Value = used.map(|name| (name.to_owned(), variables[name].clone())).collect();
                let response = respond(&service, &actor, query, &used).await?;
                let response = String::from_utf8_lossy(&response);
                let refused = response.contains("\"errors\":") || response.contains("\"erros\":[{");
                anyhow::ensure!(!refused, "{name}: {response}");
            }
            count_until_here();
        }
        Ok(())
    })
}

/// Handles a body like the GraphQL API, and returns the bytes of the response.
async fn respond(
    service: &GraphqlService,
    actor: &Actor,
    query: &str,
    variables: &Value,
) -> anyhow::Result<Vec<u8>> {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let body = Bytes::from(body);
    let parameters: Parameters<'_> = serde_json::from_slice(&body)?;
    let call = service.begin(actor.clone(), "instrucoes".into());
    let parsed = parameters.into_request(&body).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let ready = parsed.prepare(service, actor.credential()).await;
    let ready = ready.map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
    let outcome = service.execute(call, &ready).await;
    Ok(serde_json::to_vec(&outcome)?)
}

#[expect(clippy::print_stdout, reason = "what a benchmark is for")]
fn check(store: bool) -> anyhow::Result<()> {
    if !callgrind::present() {
        println!("skipped: valgrind is not here");
        return Ok(());
    }
    let rustc = String::from_utf8(Command::new("rustc").arg("--version").output()?.stdout)?;
    let stored = std::fs::read_to_string(STORED_COUNTS).unwrap_or_default();
    let (of, stored) = stored.split_once('\n').unwrap_or_default();
    if !store && of != rustc.trim() {
        println!("skipped: the counts that are kept are of {of}, this is {}", rustc.trim());
        return Ok(());
    }
    let counted = count()?;
    let before: BTreeMap<&str, f64> = stored
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, count)| Some((name, count.parse().ok()?)))
        .collect();
    let (mut text, mut worse) = (format!("{}\n", rustc.trim()), Vec::new());
    for (name, count) in &counted {
        writeln!(text, "{name} {count:.0}")?;
        let before = before.get(name).copied().filter(|_| !store);
        let ratio = before
            .map_or_else(String::new, |before| format!(", {:.3} of {before:.0}", count / before));
        println!("{name}: {count:.0} instructions a request{ratio}");
        if before.is_some_and(|before| *count > before * TOLERANCE) {
            worse.push(*name);
        }
    }
    if store {
        std::fs::write(STORED_COUNTS, text)?;
    }
    anyhow::ensure!(
        worse.is_empty(),
        "{} took more than a tenth more; if that is as it should be: script/bench instrucoes --write",
        worse.join(", ")
    );
    Ok(())
}

/// Returns the instructions of each kind, on a new database.
fn count() -> anyhow::Result<Vec<(&'static str, f64)>> {
    let dir = PathBuf::from(format!("/var/tmp/elos-instrucoes-{}", std::process::id()));
    let postgres = Embedded::start(Options::new(&dir))?;
    let counted = count_on(&postgres, &dir);
    postgres.stop();
    let _ = std::fs::remove_dir_all(&dir);
    counted
}

fn count_on(postgres: &Embedded, dir: &Path) -> anyhow::Result<Vec<(&'static str, f64)>> {
    use diesel::{Connection, PgConnection, connection::SimpleConnection};
    let mut admin = PgConnection::establish(&postgres.url("postgres", "postgres"))?;
    admin.batch_execute("CREATE DATABASE contado")?;
    let mut migrator = Migrator::connect(&postgres.url("postgres", "contado"))?;
    migrator.apply()?;
    elos::seed::seed(migrator.conn(), PROCESSOS)?;
    migrator.conn().batch_execute("VACUUM ANALYZE")?;
    elos::db::login::create_login(&mut admin, "medido")?;
    let output = dir.join("callgrind");
    let done = Command::new("valgrind")
        .args(callgrind::OPTIONS)
        .arg(format!("--callgrind-out-file={}", output.display()))
        .arg(std::env::current_exe()?)
        .args(["pedir", &postgres.url("medido", "contado")])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()?;
    anyhow::ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let count_cost = |(n, (name, _)): (usize, &(&'static str, &str))| {
        Ok((*name, callgrind::total(&output, n + 1)? / f64::from(COUNTED)))
    };
    REQUESTS.iter().enumerate().map(count_cost).collect()
}
