//! Nothing lost, nothing twice: cut sockets, servers that restart, late commits, a
//! listener that loses its connection.

use super::cliente_ws::{Recebido, SUBPROTOCOLO, Ws};
use super::{ALTERADO, NO_MAXIMO, alterar, processo};
use crate::quedas::{Demo, Pasta};
use crate::support::{Ajustes, App, Banco};
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use elos::db::Sql;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const DESDE: &str = "subscription($d: String) { processoAlterado(desde: $d) { cursor } }";
const MUDANCAS: usize = 1000;
/// Of them, what is written through a server.
const PELA_PORTA: usize = 500;
const ENTRE_ESCRITAS: Duration = Duration::from_millis(20);
const CORTES: usize = 20;

/// The feed of tjrn, by the table.
fn fluxo(banco: &Banco) -> Vec<String> {
    #[derive(diesel::QueryableByName)]
    struct Linha {
        #[diesel(sql_type = diesel::sql_types::Text)]
        cursor: String,
    }
    let linhas: Vec<Linha> = Sql::new(
        "SELECT xid::text || '-' || id AS cursor FROM evento WHERE tribunal_codigo = 820 AND processo_id IS NOT NULL ORDER BY xid, id",
    )
    .load(&mut banco.conn())
    .unwrap();
    linhas.into_iter().map(|linha| linha.cursor).collect()
}

const INSERIR: &str = "INSERT INTO evento (tribunal_codigo, tipo, processo_id, ocorrido_em, ator_sub)
    SELECT 820, 'SITUACAO_ALTERADA', min(id), now(), 'teste' FROM processo WHERE tribunal_codigo = 820";

/// Transactions that write in one order and are committed in the other, each held open
/// while others are committed and told of.
fn fora_de_ordem(banco: &Banco, rodadas: usize, feitas: &AtomicUsize) {
    let mut conns: Vec<_> = (0..5).map(|_| banco.conn()).collect();
    for rodada in 0..rodadas {
        for conn in &mut conns {
            conn.batch_execute("BEGIN").unwrap();
            conn.batch_execute(INSERIR).unwrap();
        }
        let ate = (feitas.load(Ordering::SeqCst) + 15).min(PELA_PORTA);
        while feitas.load(Ordering::SeqCst) < ate {
            std::thread::sleep(Duration::from_millis(1));
        }
        conns.rotate_left(rodada % 5);
        for conn in conns.iter_mut().rev() {
            conn.batch_execute("COMMIT").unwrap();
        }
    }
}

#[test]
fn mil_mudancas_vinte_cortes_e_dois_reinicios() {
    let escritor = App::novo();
    let banco = Arc::clone(&escritor.banco);
    let antes = fluxo(&banco).len();
    let numeros: Vec<Value> = (0..4).map(|n| processo(&escritor, "tjrn", n)).collect();
    let mut servidor = Some(App::no_banco(&banco, Ajustes::default()));
    let ligar = |servidor: &Option<App>| Ws::de(servidor.as_ref().unwrap(), "tjrn");
    let mut ws = ligar(&servidor);
    ws.assinar("1", DESDE, &json!({}));

    let inicio = Instant::now();
    let mut recebidos: Vec<String> = Vec::new();
    let feitas = AtomicUsize::new(0);
    std::thread::scope(|escopo| {
        // 4 × 125 by the other server, 4 × 25 × 5 out of order.
        for numero in &numeros {
            let (escritor, feitas) = (&escritor, &feitas);
            escopo.spawn(move || {
                for n in 0..125 {
                    alterar(escritor, "tjrn", numero, &format!("Nome {n}"));
                    feitas.fetch_add(1, Ordering::SeqCst);
                    // A reader that lags behind would find every transaction over.
                    std::thread::sleep(ENTRE_ESCRITAS);
                }
            });
        }
        for _ in 0..4 {
            escopo.spawn(|| fora_de_ordem(&banco, 25, &feitas));
        }
        let (mut cortes, mut reinicios) = (0, 0);
        while recebidos.len() < MUDANCAS {
            assert!(inicio.elapsed() < 4 * NO_MAXIMO, "{} of {MUDANCAS}", recebidos.len());
            match ws.receber() {
                Recebido::Mensagem(mensagem) => {
                    let cursor = &mensagem["payload"]["data"]["processoAlterado"]["cursor"];
                    recebidos
                        .push(cursor.as_str().unwrap_or_else(|| panic!("{mensagem}")).to_owned());
                }
                fim => panic!("{fim:?}"),
            }
            let reiniciar = recebidos.len() * 3 >= MUDANCAS * (reinicios + 1) && reinicios < 2;
            let cortar =
                recebidos.len() * (CORTES + 1) >= MUDANCAS * (cortes + 1) && cortes < CORTES;
            if reiniciar {
                drop(servidor.take());
                servidor = Some(App::no_banco(&banco, Ajustes::default()));
                reinicios += 1;
            }
            if reiniciar || cortar {
                cortes += usize::from(cortar);
                ws = ligar(&servidor);
                ws.pedir("1", DESDE, &json!({ "d": recebidos.last() }));
            }
        }
        assert_eq!((cortes, reinicios), (CORTES, 2));
    });
    eprintln!("{MUDANCAS} changes, {CORTES} cuts and 2 restarts in {:?}", inicio.elapsed());
    assert_eq!(recebidos, fluxo(&banco)[antes..]);
}

#[test]
fn a_escuta_que_cai_se_refaz_e_nada_se_perde() {
    let app = App::novo();
    let numero = processo(&app, "tjrn", 0);
    let mut ws = Ws::de(&app, "tjrn");
    ws.assinar("1", ALTERADO, &json!({}));
    let escutas = "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'elos-fluxo' AND datname = current_database()";
    for nome in ["Um", "Dois", "Três"] {
        let inicio = Instant::now();
        while app.banco.contar(escutas) != 1 {
            assert!(inicio.elapsed() < NO_MAXIMO, "nobody listens");
        }
        app.banco
            .conn()
            .batch_execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'elos-fluxo' AND datname = current_database()")
            .unwrap();
        alterar(&app, "tjrn", &numero, nome);
        ws.dados("1");
        eprintln!("told {:?} after the listener was cut", inicio.elapsed());
    }
}

/// What writes without the server notifies nobody; it is seen all the same.
#[test]
fn o_que_ninguem_anuncia_se_ve_em_um_segundo() {
    let app = App::novo();
    let mut ws = Ws::de(&app, "tjrn");
    ws.assinar("1", ALTERADO, &json!({}));
    app.banco.conn().batch_execute(INSERIR).unwrap();
    let inicio = Instant::now();
    ws.dados("1");
    eprintln!("seen after {:?}", inicio.elapsed());
}

/// Changes, one after the other: by looks alone each would take the second between two. Not all
/// are quick, because other tests leave transactions open, and other programs take the processor.
#[test]
fn o_anuncio_chega_antes_do_olhar() {
    let app = App::novo();
    let numero = processo(&app, "tjrn", 0);
    let mut ws = Ws::de(&app, "tjrn");
    ws.assinar("1", ALTERADO, &json!({}));
    let (begun, mut quick) = (Instant::now(), 0);
    for n in 0.. {
        alterar(&app, "tjrn", &numero, &format!("Nome {n}"));
        let inicio = Instant::now();
        ws.dados("1");
        quick += usize::from(inicio.elapsed() < Duration::from_millis(400));
        if quick == 3 {
            break;
        }
        assert!(begun.elapsed() < NO_MAXIMO, "{quick} of {n} were quick");
    }
}

const DA_DEMO: &str =
    "subscription($d: String) { processoAlterado(desde: $d) { cursor tipo processo { numero } } }";

/// A socket of a demo, subscribed.
fn na_demo(demo: &Demo, desde: Option<&str>) -> Ws {
    let bearer = demo.token();
    let headers = [("sec-websocket-protocol", SUBPROTOCOLO), ("authorization", &bearer)];
    let mut ws = Ws::ligar(&demo.base, &headers);
    ws.mandar(&json!({ "type": "connection_init" }));
    assert!(ws.foi_aceito());
    match desde {
        // What it goes on after may come before the answer to a ping does.
        Some(_) => ws.pedir("1", DA_DEMO, &json!({ "d": desde })),
        None => ws.assinar("1", DA_DEMO, &json!({})),
    }
    ws
}

/// Registers a processo, once the demo can.
fn cadastrar(demo: &Demo, numero: &str, adolescente: &str) {
    let inicio = Instant::now();
    let corpo = json!({ "appNameSistemaTribunal": "pje", "idOrgao": 1, "numeroProcesso": numero,
        "identificadoresAdolescentes": [adolescente], "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL" });
    loop {
        let resposta = demo.post("/api/v1/processos", &corpo);
        match resposta["mensagemDesenvolvedor"].as_str() {
            Some("INDISPONIVEL") => assert!(inicio.elapsed() < NO_MAXIMO, "{resposta}"),
            _ => {
                assert_eq!(resposta["categoria"], "CONFIRMACAO", "{resposta}");
                return;
            }
        }
    }
}

/// What credentials were read so long ago is not enough to keep a socket open.
const NOT_KNOWN: Duration = Duration::from_secs(3);

/// The database goes, and with it every connection; the socket does not, unless a busy machine
/// takes so long to bring it back that callers cannot be told from revoked ones. Then the client
/// comes back, as it is told to, and nothing is lost.
#[test]
fn kill_9_do_postmaster_e_a_assinatura_continua() {
    let pasta = Pasta::nova("assinatura");
    let demo = Demo::subir(&pasta.0);
    let mut ws = na_demo(&demo, None);
    let adolescente = demo.cadastrar();
    cadastrar(&demo, "9000742-47.2021.8.20.0083", &adolescente);
    let antes = ws.dados("1")["processoAlterado"]["cursor"].as_str().unwrap().to_owned();
    let velho = pasta.postmaster().unwrap();
    kill(velho, Signal::SIGKILL).unwrap();
    let inicio = Instant::now();
    demo.esperar_outro(&pasta, velho);
    let numero = "9000741-62.2021.8.20.0083";
    cadastrar(&demo, numero, &adolescente);
    let away = inicio.elapsed();
    let dados = match ws.receber() {
        Recebido::Mensagem(mensagem) => mensagem["payload"]["data"].clone(),
        Recebido::Fechado(1013, _) if away > NOT_KNOWN => na_demo(&demo, Some(&antes)).dados("1"),
        fim => panic!("{fim:?} after {away:?}"),
    };
    let evento = &dados["processoAlterado"];
    assert_eq!(evento["tipo"], "PROCESSO_CADASTRADO", "{dados}");
    assert_eq!(evento["processo"]["numero"], numero);
}

/// Whoever stops the program, its sockets are told to come back.
#[test]
fn o_servidor_que_encerra_fecha_com_1001() {
    for sinal in [Signal::SIGTERM, Signal::SIGINT] {
        let pasta = Pasta::nova(sinal.as_str());
        let mut demo = Demo::subir(&pasta.0);
        let mut ws = na_demo(&demo, None);
        let inicio = Instant::now();
        kill(Pid::from_raw(demo.processo.id().try_into().unwrap()), sinal).unwrap();
        assert_eq!(ws.fechamento().0, 1001, "{sinal}");
        assert!(demo.processo.wait().unwrap().success(), "{sinal}");
        eprintln!("{sinal}: it ended in {:?}", inicio.elapsed());
    }
}
