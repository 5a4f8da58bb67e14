//! Equal queries that come together go together: each with its own answer, rights and record.

use crate::support::{Ajustes, App, Modelo};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

const PROCESSO: &str = "query Ponto($n: NumeroProcesso!) { processo(numero: $n) { numero situacao adolescentes { nodes { nome } } } }";

/// Thirty-two clients, each with questions of its own.
fn perguntar(
    app: &App,
    numeros: &[String],
    quem: &str,
    variavel: impl Fn(usize) -> Value + Sync,
) -> Vec<Value> {
    let respostas = |cliente: usize| -> Vec<Value> {
        let minhas = (0..numeros.len()).filter(|n| n % 32 == cliente);
        minhas.map(|n| app.gql_com(quem, PROCESSO, variavel(n))).collect()
    };
    std::thread::scope(|escopo| {
        let clientes: Vec<_> = (0..32)
            .map(|n| {
                let respostas = &respostas;
                escopo.spawn(move || respostas(n))
            })
            .collect();
        clientes.into_iter().flat_map(|cliente| cliente.join().unwrap()).collect()
    })
}

fn numeros(app: &App) -> Vec<String> {
    let dados = app.gql("tjrn", "{ processos(first: 100) { nodes { numero } } }");
    let nodes = dados["processos"]["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node["numero"].as_str().unwrap().to_owned()).cycle().take(320).collect()
}

/// While nobody can read, so many ask that they do not fit into the hops that may be under way.
#[test]
fn cada_um_tem_a_sua_resposta_e_todos_juntos_leem_menos() {
    let app = App::com(Modelo::Grande, Ajustes::default());
    let numeros = numeros(&app);
    let sozinho = app.comandos(|| app.gql_com("tjrn", PROCESSO, json!({ "n": numeros[0] }))).0;
    // What one credential may have of the six places.
    let hops = 3;
    let quantos = 16 * (hops + 1);
    let mut dono = app.banco.conn();
    dono.batch_execute("BEGIN; LOCK TABLE processo IN ACCESS EXCLUSIVE MODE").unwrap();
    let (comandos, ()) = app.comandos(|| {
        std::thread::scope(|escopo| {
            for numero in &numeros[..quantos] {
                let app = &app;
                escopo.spawn(move || {
                    let dados = app.gql_com("tjrn", PROCESSO, json!({ "n": numero }));
                    assert_eq!(dados["processo"]["numero"], **numero);
                });
            }
            while app.banco.esperam() < i64::try_from(hops).unwrap() {
                std::thread::yield_now();
            }
            dono.batch_execute("COMMIT").unwrap();
        });
    });
    let de_todos = sozinho * u64::try_from(quantos).unwrap();
    assert!(comandos < de_todos / 2, "{comandos} statements for {quantos} queries of {sozinho}");
}

#[test]
fn o_registro_de_cada_um_e_so_do_que_ele_viu() {
    let app = App::com(Modelo::Grande, Ajustes::default());
    let numeros = numeros(&app);
    perguntar(&app, &numeros, "tjrn", |n| json!({ "n": numeros[n] }));
    app.auditado();
    // A processo, and its adolescentes: at most as many as the widest of them has.
    let demais = "SELECT count(*) AS n FROM auditoria WHERE operacao = 'Ponto' AND \
         (SELECT count(*) FROM unnest(recursos) AS r WHERE r % 8 = 0) <> 1";
    assert_eq!(
        app.banco.contar("SELECT count(*) AS n FROM auditoria WHERE operacao = 'Ponto'"),
        320
    );
    assert_eq!(app.banco.contar(demais), 0);
}

#[test]
fn quem_nao_tem_o_direito_nao_ve_com_os_outros() {
    let app = App::com(Modelo::Grande, Ajustes::default());
    let numeros = numeros(&app);
    let de_quem =
        |quem: &str| perguntar(&app, &numeros[..64], quem, |n| json!({ "n": numeros[n] }));
    std::thread::scope(|escopo| {
        let outro = escopo.spawn(|| de_quem("tjce"));
        assert!(de_quem("tjrn").iter().all(|dados| dados["processo"]["numero"].is_string()));
        assert!(outro.join().unwrap().iter().all(|dados| dados["processo"].is_null()));
    });
}

#[test]
fn a_recusa_de_um_nao_e_dos_outros() {
    let app = App::com(Modelo::Grande, Ajustes::default());
    let numeros = numeros(&app);
    // One in four asks for what is not there.
    let variavel = |n: usize| match n % 4 {
        0 => json!({ "n": "99999996920258200001" }),
        _ => json!({ "n": numeros[n] }),
    };
    let respostas = perguntar(&app, &numeros[..128], "tjrn", variavel);
    assert_eq!(respostas.iter().filter(|dados| dados["processo"].is_null()).count(), 32);
}

/// The national credential has two connections, and a line that never ends. Who wants one of them
/// without waiting in line is not kept until the whole line has had its turn.
#[test]
fn quem_nao_esta_na_fila_tambem_tem_a_sua_vez() {
    use std::sync::atomic::Ordering::Relaxed;
    use std::sync::atomic::{AtomicBool, AtomicUsize};
    const NA_FILA: usize = 48;
    let app = App::com(Modelo::Semeado, Ajustes::default());
    let (basta, respondidas) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|escopo| {
        let clientes: Vec<_> = (0..NA_FILA)
            .map(|n| {
                let (app, basta, respondidas) = (&app, &basta, &respondidas);
                escopo.spawn(move || {
                    let query = format!("query Q{} {{ processos(first: 50) {{ nodes {{ numero adolescentes {{ nodes {{ nome }} }} }} }} }}", n % 12);
                    while !basta.load(Relaxed) {
                        assert_ne!(app.gql("cnj", &query)["processos"], Value::Null);
                        respondidas.fetch_add(1, Relaxed);
                    }
                })
            })
            .collect();
        let mut passaram: Vec<usize> = (0..11)
            .map(|_| {
                let antes = respondidas.load(Relaxed);
                let lida = app.get("cnj", "/api/v1/processos");
                assert_eq!(lida.status, 200, "{}", lida.texto);
                respondidas.load(Relaxed) - antes
            })
            .collect();
        basta.store(true, Relaxed);
        for cliente in clientes {
            cliente.join().unwrap();
        }
        passaram.sort_unstable();
        assert!(passaram[5] < NA_FILA * 3 / 2, "passed over by {passaram:?}");
    });
}
