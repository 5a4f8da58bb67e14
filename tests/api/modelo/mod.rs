//! The server against a model of its rules: random sequences of writes get the
//! same verdicts from both, and leave the same behind.
//!
//! `ELOS_SEQUENCIAS` says how many sequences; a failure is told by its shortest.

mod acoes;
mod regras;

use crate::support::{App, Banco, Desfecho, Modo, Operacao, Porta};
use acoes::{Nomes, PESSOAS, Passo, nome, sequencia};
use diesel::PgConnection;
use diesel::prelude::*;
use elos::db::Sql;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use regras::{Mundo, NUMEROS, Recusa};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

const SEQUENCIAS: u32 = 120;
/// So many see every refusal.
const BASTANTES: u32 = 1000;
const FIOS: u8 = 4;

/// Each refusal seen, and under "" what was done.
type Vistos = BTreeMap<(&'static str, &'static str), u32>;

fn descrever(desfecho: &Desfecho) -> String {
    format!("{} {:?} {:?}", desfecho.status, desfecho.codigo, desfecho.textos)
}

/// What came of it is what the model says.
fn conferir(desfecho: &Desfecho, porta: Porta, recusas: &[Recusa]) -> Result<(), String> {
    let status = recusas.iter().map(|(_, status)| *status).min().unwrap_or(200);
    let decisivos = recusas.iter().filter(|recusa| recusa.1 == status).map(|recusa| recusa.0);
    let mut codigos: Vec<_> = recusas.iter().map(|(codigo, _)| *codigo).collect();
    codigos.sort_unstable();
    let decidiu = match &desfecho.codigo {
        None => recusas.is_empty(),
        Some(codigo) => decisivos.into_iter().any(|decisivo| decisivo == codigo),
    };
    let todos = porta == Porta::Rest || desfecho.codigos == codigos;
    match desfecho.status == status && decidiu && todos && desfecho.textos.len() == recusas.len() {
        true => Ok(()),
        false => Err(format!("the model says {status} {codigos:?}")),
    }
}

/// What the model would have in the database, a line each.
fn esperado(mundo: &Mundo, nomes: &Nomes) -> String {
    let digitos = |n: usize| nomes.numero(n).replace(['.', '-'], "");
    let numero = |n: &Option<usize>| n.map(digitos).unwrap_or_default();
    let cpf = |n: Option<usize>| n.map(|n| nomes.cpf(n)).unwrap_or_default();
    let nome = |n: Option<u8>| n.map(nome).unwrap_or_default();
    let mut linhas = Vec::new();
    for (n, p) in &mundo.processos {
        let tipo = if p.execucao { 'E' } else { 'P' };
        let situacao = if p.arquivado { "ARQUIVADO" } else { "ATIVO" };
        let vinculo = |(quem, ativo): &(usize, bool)| {
            format!("{}{}", nomes.identificador(*quem), if *ativo { '+' } else { '-' })
        };
        let vinculos: Vec<_> = p.vinculos.iter().map(vinculo).collect();
        // One evento for each version, and one for each execução that came of it.
        let execucoes = mundo.processos.values().filter(|e| e.execucao && e.origem == Some(*n));
        let eventos = usize::try_from(p.versao).unwrap() + execucoes.count();
        let (versao, origem, magistrado) = (p.versao, numero(&p.origem), p.magistrado);
        linhas.push(format!(
            "{}|{tipo}|{situacao}|{versao}|{origem}|{}|{}|{}|{eventos}",
            digitos(*n),
            nome(magistrado.0),
            cpf(magistrado.1),
            vinculos.join(",")
        ));
    }
    for (quem, p) in &mundo.pessoas {
        let (quem, pendente) = (nomes.identificador(*quem), if p.pendente { 't' } else { 'f' });
        linhas.push(format!("{quem}|{}|{pendente}|{}|{}", p.versao, nome(p.nome), cpf(p.cpf)));
    }
    for (codigo, consumido) in nomes.rascunhos.iter().zip(&mundo.rascunhos) {
        linhas.push(format!("{codigo}|{}", if *consumido { 't' } else { 'f' }));
    }
    linhas.sort();
    linhas.join("\n")
}

/// The same, from the database.
fn achado(conn: &mut PgConnection, nomes: &Nomes) -> String {
    #[derive(diesel::QueryableByName)]
    struct Texto {
        #[diesel(sql_type = diesel::sql_types::Text)]
        t: String,
    }
    let numeros: Vec<_> = (0..NUMEROS).map(|n| nomes.numero(n).replace(['.', '-'], "")).collect();
    let pessoas: Vec<_> = (0..PESSOAS).map(|quem| nomes.identificador(quem)).collect();
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
    let sql = sql.bind(pessoas).push(
        ") UNION ALL SELECT concat(codigo, '|', consumido_em IS NOT NULL) FROM rascunho WHERE codigo = ANY(",
    );
    sql.bind(nomes.rascunhos.clone()).push(")) x").get_result::<Texto>(conn).unwrap().t
}

/// One sequence in a world of its own.
fn percorrer(
    app: &App,
    conn: &mut PgConnection,
    passos: &[Passo],
    vistos: &Mutex<Vistos>,
) -> Result<(), TestCaseError> {
    static MUNDO: AtomicU32 = AtomicU32::new(0);
    let (mut mundo, mut nomes) =
        (Mundo::novo(), Nomes::novos(MUNDO.fetch_add(1, Ordering::Relaxed)));
    let registrados = (0..3).map(|quem| nomes.identificador(quem)).collect::<Vec<_>>();
    Sql::new(
        "INSERT INTO adolescente (tribunal_codigo, identificador, nome, sobrenome, data_nascimento, sexo_biologico, criado_em, atualizado_em)
         SELECT 820, identificador, 'Ana', 'Fictícia', '2010-02-01', 'FEMININO', now(), now() FROM unnest(",
    )
    .bind(registrados)
    .push(") AS identificador")
    .execute(conn)
    .unwrap();
    for (n, Passo { acao, porta }) in passos.iter().enumerate() {
        let operacao = nomes.operacao(acao, &mundo);
        let desfecho = app.executar("tjrn", *porta, &operacao, Modo::default());
        let recusas = mundo.julgar(acao, *porta);
        let falha =
            |erro| TestCaseError::fail(format!("step {n}: {}, {erro}", descrever(&desfecho)));
        conferir(&desfecho, *porta, &recusas).map_err(falha)?;
        if let ("registrarRascunho", Some(codigo)) = (operacao.mutation, desfecho.gerado) {
            nomes.rascunhos.push(codigo);
        }
        let mut vistos = vistos.lock().unwrap();
        let codigos = recusas.iter().map(|(codigo, _)| *codigo);
        for codigo in codigos.chain(recusas.is_empty().then_some("")) {
            *vistos.entry((operacao.mutation, codigo)).or_default() += 1;
        }
    }
    let (esperado, achado) = (esperado(&mundo, &nomes), achado(conn, &nomes));
    match esperado == achado {
        true => Ok(()),
        false => Err(TestCaseError::fail(format!("expected\n{esperado}\nand found\n{achado}"))),
    }
}

#[test]
fn o_servidor_e_o_modelo_dao_os_mesmos_verditos_e_o_mesmo_estado() {
    let sequencias = std::env::var("ELOS_SEQUENCIAS").map_or(SEQUENCIAS, |n| n.parse().unwrap());
    let app = App::vazio();
    let deles = app.adolescente("tjpe");
    let alheio = json!({ "numero": Nomes::alheio().to_string(), "tipo": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
        "adolescentes": [deles], "idOrgao": 1, "appNameSistemaTribunal": "t" });
    let alheio = Operacao::nova("cadastrarProcesso", alheio);
    assert_eq!(app.executar("tjpe", Porta::Rest, &alheio, Modo::default()).status, 200);

    let vistos = Mutex::new(Vistos::new());
    let correr = |fio: u8| {
        let mut config = Config::with_cases(sequencias.div_ceil(u32::from(FIOS)));
        config.failure_persistence = None;
        config.max_shrink_iters = 300;
        let sorte = TestRng::from_seed(RngAlgorithm::ChaCha, &[fio; 32]);
        let mut conn = Banco::conn(&app.banco);
        let conn = std::cell::RefCell::new(&mut conn);
        TestRunner::new_with_rng(config, sorte)
            .run(&sequencia(), |passos| percorrer(&app, &mut conn.borrow_mut(), &passos, &vistos))
            .map_err(|falha| falha.to_string())
    };
    let falhas: Vec<String> = std::thread::scope(|escopo| {
        let correm: Vec<_> = (0..FIOS).map(|fio| escopo.spawn(move || correr(fio))).collect();
        correm.into_iter().filter_map(|corre| corre.join().unwrap().err()).collect()
    });
    assert!(falhas.is_empty(), "{}", falhas.join("\n"));

    let vistos = vistos.into_inner().unwrap();
    let total: u32 = vistos.values().sum();
    let feitas: u32 = vistos.iter().filter(|((_, codigo), _)| codigo.is_empty()).map(|v| v.1).sum();
    eprintln!("{feitas} done and {} refusals: {vistos:?}", total - feitas);
    // The sequences went everywhere: each refusal that the model knows, in each operation.
    assert!(sequencias < BASTANTES || vistos.len() == 47, "{}: {vistos:?}", vistos.len());
}
