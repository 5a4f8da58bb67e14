//! Compares the server with a model of its rules. Random sequences of writes must get the same
//! verdicts from both and leave the same data.
//!
//! `ELOS_SEQUENCIAS` sets the number of sequences. A failure is shown with its shortest sequence.

mod actions;
mod rules;

use crate::support::{Api, App, Database, Mode, Operation, Outcome};
use actions::{Names, PEOPLE, Step, nome, sequence};
use diesel::PgConnection;
use diesel::prelude::*;
use elos::db::Sql;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use rules::{NUMEROS, Refusal, World};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

const SEQUENCES: u32 = 120;
/// This many sequences reach every refusal.
const ENOUGH: u32 = 1000;
const THREADS: u8 = 4;

/// How often each outcome occurred, by mutation and error code. An accepted operation has an empty
/// code.
type Seen = BTreeMap<(&'static str, &'static str), u32>;

fn describe(outcome: &Outcome) -> String {
    format!("{} {:?} {:?}", outcome.status, outcome.code, outcome.texts)
}

/// Compares the outcome with the one of the model.
fn check(outcome: &Outcome, api: Api, refusals: &[Refusal]) -> Result<(), String> {
    let status = refusals.iter().map(|(_, status)| *status).min().unwrap_or(200);
    let deciding = refusals.iter().filter(|refusal| refusal.1 == status).map(|refusal| refusal.0);
    let mut codes: Vec<_> = refusals.iter().map(|(code, _)| *code).collect();
    codes.sort_unstable();
    let decided = match &outcome.code {
        None => refusals.is_empty(),
        Some(code) => deciding.into_iter().any(|decisive| decisive == code),
    };
    let all = api == Api::Rest || outcome.codes == codes;
    match outcome.status == status && decided && all && outcome.texts.len() == refusals.len() {
        true => Ok(()),
        false => Err(format!("the model says {status} {codes:?}")),
    }
}

/// Returns the data that the model expects in the database, one line for each object.
fn expected(world: &World, names: &Names) -> String {
    let digits = |n: usize| names.numero(n).replace(['.', '-'], "");
    let numero = |n: &Option<usize>| n.map(digits).unwrap_or_default();
    let cpf = |n: Option<usize>| n.map(|n| names.cpf(n)).unwrap_or_default();
    let nome = |n: Option<u8>| n.map(nome).unwrap_or_default();
    let mut lines = Vec::new();
    for (n, p) in &world.processos {
        let tipo = if p.execucao { 'E' } else { 'P' };
        let situacao = if p.arquivado { "ARQUIVADO" } else { "ATIVO" };
        let vinculo = |(who, ativo): &(usize, bool)| {
            format!("{}{}", names.identificador(*who), if *ativo { '+' } else { '-' })
        };
        let vinculos: Vec<_> = p.vinculos.iter().map(vinculo).collect();
        // One evento for each version, and one for each execução of the apuração.
        let execucoes = world.processos.values().filter(|e| e.execucao && e.origem == Some(*n));
        let eventos = usize::try_from(p.version).unwrap() + execucoes.count();
        let (version, origem, magistrado) = (p.version, numero(&p.origem), p.magistrado);
        lines.push(format!(
            "{}|{tipo}|{situacao}|{version}|{origem}|{}|{}|{}|{eventos}",
            digits(*n),
            nome(magistrado.0),
            cpf(magistrado.1),
            vinculos.join(",")
        ));
    }
    for (who, p) in &world.people {
        let (who, pending) = (names.identificador(*who), if p.pending { 't' } else { 'f' });
        lines.push(format!("{who}|{}|{pending}|{}|{}", p.version, nome(p.nome), cpf(p.cpf)));
    }
    for (code, consumido) in names.rascunhos.iter().zip(&world.rascunhos) {
        lines.push(format!("{code}|{}", if *consumido { 't' } else { 'f' }));
    }
    lines.sort();
    lines.join("\n")
}

/// Reads the same lines from the database.
fn found(conn: &mut PgConnection, names: &Names) -> String {
    #[derive(diesel::QueryableByName)]
    struct TextRow {
        #[diesel(sql_type = diesel::sql_types::Text)]
        t: String,
    }
    let numeros: Vec<_> = (0..NUMEROS).map(|n| names.numero(n).replace(['.', '-'], "")).collect();
    let people: Vec<_> = (0..PEOPLE).map(|who| names.identificador(who)).collect();
    let sql = Sql::new(
        "SELECT coalesce(string_agg(l, E'\\n' ORDER BY l COLLATE \"C\"), '') AS t FROM (
           SELECT concat(p.numero, '|', left(p.tipo, 1), '|', p.situacao, '|', p.versao, '|', p.numero_referencia, '|', p.magistrado_nome, '|', p.magistrado_cpf, '|',
             (SELECT string_agg(concat(a.identificador, CASE WHEN v.encerrado_em IS NULL THEN '+' ELSE '-' END), ',' ORDER BY v.id)
                FROM vinculo v JOIN adolescente a ON a.id = v.adolescente_id WHERE v.processo_id = p.id), '|',
             (SELECT count(*) FROM evento e WHERE e.processo_id = p.id)) AS l
           FROM processo p WHERE p.numero = ANY(",
    );
    let sql = sql.bind(numeros).push(
        ") UNION ALL SELECT concat(identificador, '|', versao, '|', cadastro_pendente, '|', nome, '|', cpf)
           FROM adolescente WHERE identificador = ANY(",
    );
    let sql = sql.bind(people).push(
        ") UNION ALL SELECT concat(codigo, '|', consumido_em IS NOT NULL) FROM rascunho WHERE codigo = ANY(",
    );
    sql.bind(names.rascunhos.clone()).push(")) x").get_result::<TextRow>(conn).unwrap().t
}

/// Runs one sequence in a world of its own.
fn walk(
    app: &App,
    conn: &mut PgConnection,
    steps: &[Step],
    seen: &Mutex<Seen>,
) -> Result<(), TestCaseError> {
    static WORLD: AtomicU32 = AtomicU32::new(0);
    let (mut world, mut names) = (World::new(), Names::new(WORLD.fetch_add(1, Ordering::Relaxed)));
    let registered = (0..3).map(|who| names.identificador(who)).collect::<Vec<_>>();
    Sql::new(
        "INSERT INTO adolescente (tribunal_codigo, identificador, nome, sobrenome, data_nascimento, sexo_biologico, criado_em, atualizado_em)
         SELECT 820, identificador, 'Ana', 'Fictícia', '2010-02-01', 'FEMININO', now(), now() FROM unnest(",
    )
    .bind(registered)
    .push(") AS identificador")
    .execute(conn)
    .unwrap();
    for (n, Step { action, api }) in steps.iter().enumerate() {
        let operation = names.operation(action, &world);
        let outcome = app.execute("tjrn", *api, &operation, Mode::default());
        let refusals = world.evaluate(action, *api);
        let failure =
            |error| TestCaseError::fail(format!("step {n}: {}, {error}", describe(&outcome)));
        check(&outcome, *api, &refusals).map_err(failure)?;
        if let ("registrarRascunho", Some(code)) = (operation.mutation, outcome.generated) {
            names.rascunhos.push(code);
        }
        let mut seen = seen.lock().unwrap();
        let codes = refusals.iter().map(|(code, _)| *code);
        for code in codes.chain(refusals.is_empty().then_some("")) {
            *seen.entry((operation.mutation, code)).or_default() += 1;
        }
    }
    let (expected, found) = (expected(&world, &names), found(conn, &names));
    match expected == found {
        true => Ok(()),
        false => Err(TestCaseError::fail(format!("expected\n{expected}\nand found\n{found}"))),
    }
}

#[test]
fn the_server_and_the_model_give_the_same_verdicts_and_state() {
    let sequences = std::env::var("ELOS_SEQUENCIAS").map_or(SEQUENCES, |n| n.parse().unwrap());
    let app = App::empty();
    let theirs = app.adolescente("tjpe");
    let foreign = json!({ "numero": Names::foreign().to_string(), "tipo": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
        "adolescentes": [theirs], "idOrgao": 1, "appNameSistemaTribunal": "t" });
    let foreign = Operation::new("cadastrarProcesso", foreign);
    assert_eq!(app.execute("tjpe", Api::Rest, &foreign, Mode::default()).status, 200);

    let seen = Mutex::new(Seen::new());
    let run = |thread: u8| {
        let mut config = Config::with_cases(sequences.div_ceil(u32::from(THREADS)));
        config.failure_persistence = None;
        config.max_shrink_iters = 300;
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[thread; 32]);
        let mut conn = Database::conn(&app.database);
        let conn = std::cell::RefCell::new(&mut conn);
        TestRunner::new_with_rng(config, rng)
            .run(&sequence(), |steps| walk(&app, &mut conn.borrow_mut(), &steps, &seen))
            .map_err(|failure| failure.to_string())
    };
    let failures: Vec<String> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || run(thread))).collect();
        handles.into_iter().filter_map(|handle| handle.join().unwrap().err()).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));

    let seen = seen.into_inner().unwrap();
    let total: u32 = seen.values().sum();
    let done: u32 = seen.iter().filter(|((_, code), _)| code.is_empty()).map(|v| v.1).sum();
    eprintln!("{done} done and {} refusals: {seen:?}", total - done);
    // Enough sequences reach every pair of a mutation and a code that the model has.
    assert!(sequences < ENOUGH || seen.len() == 47, "{}: {seen:?}", seen.len());
}
