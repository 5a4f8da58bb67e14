//! How many instructions a request takes of the server: a guard that no neighbour disturbs.
//!
//! `script/bench instrucoes` counts them under callgrind, in this process and without HTTP, one
//! request after another, and holds them against `instrucoes.txt`: more than a tenth more fails.
//! What PostgreSQL does is not counted, and the trail, which writes when it likes, is off. Counts
//! of another compiler are not compared.

mod callgrind;

use actix_web::web::Bytes;
use callgrind::{contar_ate_aqui, contar_daqui};
use elos::auth::{Ator, Papel};
use elos::config::{Assinaturas, Documentos as DeDocumentos};
use elos::value::regras::Regras;
use elos::db::migrations::Migrador;
use elos::db::{Db, DbOptions};
use elos::embedded::{Embedded, Options};
use elos::graphql::protocol::http::parameters::Parameters;
use elos::graphql;
use elos::graphql::execution::Servico;
use elos::graphql::execution::coalesce::Carona;
use elos::graphql::execution::documents::Documentos;
use elos::graphql::execution::executor::Executor;
use elos::graphql::protocol::session_registry::Sessoes;
use elos::processo::NumeroProcesso;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

const GUARDADAS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/instrucoes.txt");
/// Of the seed; a tribunal has a twenty-seventh of it.
const PROCESSOS: u32 = 5_400;
/// Requests of a kind that are counted, after a few that fill the caches.
const CONTADOS: u32 = 50;
const AQUECIDOS: u32 = 5;
const TOLERANCIA: f64 = 1.10;

/// As in `peers/documents.mjs`.
const PEDIDOS: [(&str, &str); 5] = [
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
        ["pedir", url] => pedir(url),
        ["--write"] => conferir(true),
        [] => conferir(false),
        _ => anyhow::bail!("--write keeps what is counted now; nothing else is understood"),
    }
}

fn agora() -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(1_780_000_000, 0).unwrap_or_default()
}

/// The requests, kind by kind.
fn pedir(url: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()?;
    runtime.block_on(async {
        let db = Db::conectar(&DbOptions::nova(url))?;
        let app = elos::App::novo(db, Regras::default(), agora).com_ausencias_por_minuto(0).sem_auditoria();
        let carona = Arc::new(Carona::default());
        let servico = Servico {
            executor: Arc::new(Executor::novo(graphql::schema())),
            documentos: Arc::new(Documentos::novos(&graphql::sdl(), &DeDocumentos::default())?),
            app: Arc::new(app),
            sessoes: Arc::new(Sessoes::novas(Assinaturas::default())),
            carona,
        };
        let papeis = vec![Papel::Consulta, Papel::Integracao, Papel::DadosSensiveis];
        let ator = Ator::novo("instrucoes".into(), None, Some(820), papeis)
            .map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let primeiros = "{ processos(first: 1) { nodes { numero } } adolescentes(first: 2) { nodes { identificador } } }";
        let dados: Value = serde_json::from_slice(&responder(&servico, &ator, primeiros, &json!({})).await?)?;
        let adolescentes = [0, 1].map(|n| dados["data"]["adolescentes"]["nodes"][n]["identificador"].clone());
        for (nome, query) in PEDIDOS {
            for n in 0..AQUECIDOS + CONTADOS {
                if n == AQUECIDOS {
                    contar_daqui();
                }
                let variaveis = json!({
                    "numero": dados["data"]["processos"]["nodes"][0]["numero"],
                    "identificador": adolescentes[0],
                    "adolescentes": adolescentes,
                    "novo": NumeroProcesso::sintetico(n, 2025, 820, 999).to_string(),
                });
                let usadas = ["numero", "identificador", "adolescentes", "novo"];
                let usadas = usadas.into_iter().filter(|nome| query.contains(&format!("${nome}:")));
                let usadas: Value = usadas.map(|nome| (nome.to_owned(), variaveis[nome].clone())).collect();
                let resposta = responder(&servico, &ator, query, &usadas).await?;
                let resposta = String::from_utf8_lossy(&resposta);
                let recusada = resposta.contains("\"errors\":") || resposta.contains("\"erros\":[{");
                anyhow::ensure!(!recusada, "{nome}: {resposta}");
            }
            contar_ate_aqui();
        }
        Ok(())
    })
}

/// What a door does with a body, and the bytes that it answers.
async fn responder(
    servico: &Servico,
    ator: &Ator,
    query: &str,
    variables: &Value,
) -> anyhow::Result<Vec<u8>> {
    let corpo = json!({ "query": query, "variables": variables }).to_string();
    let corpo = Bytes::from(corpo);
    let parameters: Parameters<'_> = serde_json::from_slice(&corpo)?;
    let chamada = servico.entrar(ator.clone(), "instrucoes".into());
    let lido = parameters.check(&corpo).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let pronta = lido.preparar(servico, ator.credencial()).await;
    let pronta = pronta.map_err(|recusa| anyhow::anyhow!("{recusa:?}"))?;
    let desfecho = servico.executar(chamada, &pronta).await;
    Ok(serde_json::to_vec(&desfecho)?)
}

#[expect(clippy::print_stdout, reason = "what a benchmark is for")]
fn conferir(guardar: bool) -> anyhow::Result<()> {
    if !callgrind::ha() {
        println!("skipped: valgrind is not here");
        return Ok(());
    }
    let rustc = String::from_utf8(Command::new("rustc").arg("--version").output()?.stdout)?;
    let guardadas = std::fs::read_to_string(GUARDADAS).unwrap_or_default();
    let (de, guardadas) = guardadas.split_once('\n').unwrap_or_default();
    if !guardar && de != rustc.trim() {
        println!("skipped: the counts that are kept are of {de}, this is {}", rustc.trim());
        return Ok(());
    }
    let contadas = contar()?;
    let antes: BTreeMap<&str, f64> = guardadas
        .lines()
        .filter_map(|linha| linha.split_once(' '))
        .filter_map(|(nome, quantas)| Some((nome, quantas.parse().ok()?)))
        .collect();
    let (mut texto, mut piores) = (format!("{}\n", rustc.trim()), Vec::new());
    for (nome, quantas) in &contadas {
        writeln!(texto, "{nome} {quantas:.0}")?;
        let antes = antes.get(nome).copied().filter(|_| !guardar);
        let razao = antes
            .map_or_else(String::new, |antes| format!(", {:.3} of {antes:.0}", quantas / antes));
        println!("{nome}: {quantas:.0} instructions a request{razao}");
        if antes.is_some_and(|antes| *quantas > antes * TOLERANCIA) {
            piores.push(*nome);
        }
    }
    if guardar {
        std::fs::write(GUARDADAS, texto)?;
    }
    anyhow::ensure!(
        piores.is_empty(),
        "{} took more than a tenth more; if that is as it should be: script/bench instrucoes --write",
        piores.join(", ")
    );
    Ok(())
}

/// Of each kind, on a database of its own.
fn contar() -> anyhow::Result<Vec<(&'static str, f64)>> {
    let pasta = PathBuf::from(format!("/var/tmp/elos-instrucoes-{}", std::process::id()));
    let postgres = Embedded::start(Options::new(&pasta))?;
    let contadas = contar_em(&postgres, &pasta);
    postgres.stop();
    let _ = std::fs::remove_dir_all(&pasta);
    contadas
}

fn contar_em(postgres: &Embedded, pasta: &Path) -> anyhow::Result<Vec<(&'static str, f64)>> {
    use diesel::{Connection, PgConnection, connection::SimpleConnection};
    let mut admin = PgConnection::establish(&postgres.url("postgres", "postgres"))?;
    admin.batch_execute("CREATE DATABASE contado")?;
    let mut migrador = Migrador::conectar(&postgres.url("postgres", "contado"))?;
    migrador.aplicar()?;
    elos::seed::semear(migrador.conn(), PROCESSOS)?;
    migrador.conn().batch_execute("VACUUM ANALYZE")?;
    elos::db::login::admit(&mut admin, "medido")?;
    let saida = pasta.join("callgrind");
    let feito = Command::new("valgrind")
        .args(callgrind::OPCOES)
        .arg(format!("--callgrind-out-file={}", saida.display()))
        .arg(std::env::current_exe()?)
        .args(["pedir", &postgres.url("medido", "contado")])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()?;
    anyhow::ensure!(feito.status.success(), "{}", String::from_utf8_lossy(&feito.stderr));
    let contada = |(n, (nome, _)): (usize, &(&'static str, &str))| {
        Ok((*nome, callgrind::total(&saida, n + 1)? / f64::from(CONTADOS)))
    };
    PEDIDOS.iter().enumerate().map(contada).collect()
}
