//! `elos demo` as a program, killed in every way: what was answered 200 is there afterwards.

use crate::support::PATIENCE as NO_MAXIMO;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl};
use elos::db::Sql;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Between two questions whether it is ready: asking without pause would starve what is asked.
const ENTRE_PERGUNTAS: Duration = Duration::from_millis(20);

pub struct Pasta(pub PathBuf);

impl Pasta {
    pub fn nova(nome: &str) -> Self {
        let pasta = PathBuf::from(format!("/var/tmp/elos-queda-{}-{nome}", std::process::id()));
        let _ = std::fs::remove_dir_all(&pasta);
        Self(pasta)
    }

    /// The postmaster of this folder, by PostgreSQL's own file.
    pub fn postmaster(&self) -> Option<Pid> {
        let texto = std::fs::read_to_string(self.0.join("data/postmaster.pid")).ok()?;
        Some(Pid::from_raw(texto.lines().next()?.trim().parse().ok()?))
    }

    /// The demo's database, as its superuser.
    pub fn conn(&self) -> PgConnection {
        let host = self.0.join("socket").to_string_lossy().replace('/', "%2F");
        PgConnection::establish(&format!("postgres://postgres@/elos?host={host}&port=5432"))
            .unwrap()
    }

    /// Tables that have rows and were never analysed.
    fn sem_estatisticas(&self) -> String {
        #[derive(diesel::QueryableByName)]
        struct Tabelas {
            #[diesel(sql_type = diesel::sql_types::Text)]
            tabelas: String,
        }
        let sql = Sql::new(
            "SELECT coalesce(string_agg(relname, ','), '') AS tabelas FROM pg_class WHERE relkind = 'r' \
               AND relnamespace = 'public'::regnamespace AND reltuples < 0 AND pg_relation_size(oid) > 0",
        );
        sql.get_result::<Tabelas>(&mut self.conn()).unwrap().tabelas
    }

    /// Whether another postmaster than this one takes connections.
    pub fn aceita(&self, velho: Pid) -> bool {
        let texto = std::fs::read_to_string(self.0.join("data/postmaster.pid")).unwrap_or_default();
        let pronto = texto.lines().nth(7).is_some_and(|estado| estado.trim() == "ready");
        pronto && self.postmaster().is_some_and(|novo| novo != velho)
    }
}

impl Drop for Pasta {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub struct Demo {
    pub processo: Child,
    pub base: String,
    agente: ureq::Agent,
}

impl Demo {
    pub fn subir(pasta: &Path) -> Self {
        let mut processo = Command::new(env!("CARGO_BIN_EXE_elos"))
            .args(["demo", "--bind", "127.0.0.1:0", "--processos", "27", "--data-dir"])
            .arg(pasta)
            .env_remove("DATABASE_URL")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let linhas = BufReader::new(processo.stdout.take().unwrap()).lines().map_while(Result::ok);
        let base = linhas.into_iter().find_map(|linha| {
            let url = linha.split_whitespace().find(|palavra| palavra.ends_with("/graphiql"))?;
            Some(url.trim_end_matches("/graphiql").to_owned())
        });
        let base = base.expect("the program prints its address");
        let agente = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(NO_MAXIMO))
            .build()
            .into();
        let demo = Self { processo, base, agente };
        demo.esperar();
        demo
    }

    pub fn pronto(&self) -> bool {
        self.agente.get(format!("{}/readyz", self.base)).call().is_ok_and(|r| r.status() == 200)
    }

    /// Until it is ready; how long that took.
    fn esperar(&self) -> Duration {
        let inicio = Instant::now();
        while !self.pronto() {
            assert!(inicio.elapsed() < NO_MAXIMO, "not ready after {NO_MAXIMO:?}");
            std::thread::sleep(ENTRE_PERGUNTAS);
        }
        inicio.elapsed()
    }

    /// Until another PostgreSQL than this one is there, and a caller that it knows is answered.
    pub fn esperar_outro(&self, pasta: &Pasta, velho: Pid) {
        let (begun, token) = (Instant::now(), self.token());
        let known = || self.enviar("/graphql", &token, &[], &json!({ "query": "{ eu { azp } }" }));
        while !pasta.aceita(velho) || !self.pronto() || known() != 200 {
            assert!(begun.elapsed() < NO_MAXIMO, "it is not back");
            std::thread::sleep(ENTRE_PERGUNTAS);
        }
    }

    pub fn token(&self) -> String {
        use base64::Engine;
        use base64::prelude::BASE64_STANDARD;
        let url = format!("{}/auth/realms/pje/protocol/openid-connect/token", self.base);
        let basic = format!("Basic {}", BASE64_STANDARD.encode("tjrn:demo"));
        let mut resposta = self
            .agente
            .post(url)
            .header("Authorization", basic)
            .send_form([("grant_type", "client_credentials")])
            .unwrap();
        let corpo: Value =
            serde_json::from_str(&resposta.body_mut().read_to_string().unwrap()).unwrap();
        format!("Bearer {}", corpo["access_token"].as_str().unwrap())
    }

    pub fn post(&self, caminho: &str, corpo: &Value) -> Value {
        let pedido = self
            .agente
            .post(format!("{}{caminho}", self.base))
            .header("Authorization", self.token());
        let mut resposta =
            pedido.header("Content-Type", "application/json").send(corpo.to_string()).unwrap();
        serde_json::from_str(&resposta.body_mut().read_to_string().unwrap()).unwrap()
    }

    pub fn cadastrar(&self) -> String {
        let corpo = json!({ "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO" });
        let resposta = self.post("/api/v1/adolescentes", &corpo);
        resposta["dados"]["identificador"]
            .as_str()
            .unwrap_or_else(|| panic!("{resposta}"))
            .to_owned()
    }

    #[track_caller]
    fn confere(&self, identificadores: &[String]) {
        let query = "query($ids: [IdentificadorAdolescente!]) { adolescentes(first: 100, filtro: {identificador: $ids}) { totalCount } }";
        let resposta = self
            .post("/graphql", &json!({ "query": query, "variables": { "ids": identificadores } }));
        assert_eq!(
            resposta["data"]["adolescentes"]["totalCount"],
            identificadores.len(),
            "{resposta}"
        );
    }

    fn matar(mut self) {
        self.processo.kill().unwrap();
        self.processo.wait().unwrap();
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.processo.kill();
        let _ = self.processo.wait();
    }
}

#[test]
fn kill_9_do_programa_e_nada_se_perde() {
    let pasta = Pasta::nova("programa");
    let demo = Demo::subir(&pasta.0);
    let feitos: Vec<_> = (0..5).map(|_| demo.cadastrar()).collect();
    demo.matar();
    let inicio = Instant::now();
    let demo = Demo::subir(&pasta.0);
    eprintln!("started again after kill -9 of the program in {:?}", inicio.elapsed());
    assert!(inicio.elapsed() < NO_MAXIMO);
    demo.confere(&feitos);
}

#[test]
fn kill_9_do_postmaster_e_o_servidor_se_refaz_sozinho() {
    let pasta = Pasta::nova("postmaster");
    let demo = Demo::subir(&pasta.0);
    let feitos: Vec<_> = (0..5).map(|_| demo.cadastrar()).collect();
    // Several connections wait in the pool; each is dead afterwards.
    std::thread::scope(|escopo| {
        for _ in 0..8 {
            escopo.spawn(|| demo.confere(&feitos));
        }
    });
    let velho = pasta.postmaster().unwrap();
    kill(velho, Signal::SIGKILL).unwrap();
    let inicio = Instant::now();
    demo.esperar_outro(&pasta, velho);
    eprintln!("answers again after kill -9 of the postmaster in {:?}", inicio.elapsed());
    std::thread::scope(|escopo| {
        for _ in 0..8 {
            escopo.spawn(|| demo.confere(&feitos));
        }
    });
    demo.cadastrar();
}

#[test]
fn kill_9_dos_dois_e_nada_se_perde() {
    let pasta = Pasta::nova("dois");
    let demo = Demo::subir(&pasta.0);
    let feitos: Vec<_> = (0..5).map(|_| demo.cadastrar()).collect();
    // Rows that nothing has analysed, whose counts a crash forgets.
    let rascunho = "INSERT INTO rascunho (tribunal_codigo, app_name_sistema_tribunal, dados, criado_em) VALUES (820, 'teste', '{}', now())";
    pasta.conn().batch_execute(rascunho).unwrap();
    assert!(pasta.sem_estatisticas().contains("rascunho"));
    let postmaster = pasta.postmaster().unwrap();
    kill(postmaster, Signal::SIGKILL).unwrap();
    demo.matar();
    let inicio = Instant::now();
    let demo = Demo::subir(&pasta.0);
    eprintln!("started again after kill -9 of both in {:?}", inicio.elapsed());
    assert!(inicio.elapsed() < NO_MAXIMO);
    demo.confere(&feitos);
    assert!(!pasta.sem_estatisticas().contains("rascunho"), "{}", pasta.sem_estatisticas());
}

#[test]
fn dois_na_mesma_pasta_o_segundo_diz_por_que_nao() {
    let pasta = Pasta::nova("segundo");
    let _demo = Demo::subir(&pasta.0);
    let saida = Command::new(env!("CARGO_BIN_EXE_elos"))
        .args(["demo", "--bind", "127.0.0.1:0", "--data-dir"])
        .arg(&pasta.0)
        .env_remove("DATABASE_URL")
        .output()
        .unwrap();
    let texto = String::from_utf8(saida.stderr).unwrap();
    assert!(!saida.status.success() && texto.contains("outro servidor"), "{texto}");
}

#[test]
fn sigterm_encerra_em_ordem() {
    let pasta = Pasta::nova("ordem");
    let mut demo = Demo::subir(&pasta.0);
    let feito = demo.cadastrar();
    kill(Pid::from_raw(demo.processo.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    assert!(demo.processo.wait().unwrap().success());
    assert!(!pasta.0.join("data/postmaster.pid").exists());
    Demo::subir(&pasta.0).confere(&[feito]);
}

/// What one registration came to, however often it was sent.
struct Pedido {
    chave: String,
    feito: bool,
}

impl Demo {
    /// A registration under a key; false when the client cannot know what came of it.
    fn cadastrar_com(&self, token: &str, chave: &str) -> bool {
        let corpo = json!({ "nome": "Ana", "sobrenome": chave, "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO" });
        self.enviar("/api/v1/adolescentes", token, &[("Idempotency-Key", chave)], &corpo) == 200
    }

    /// The status; zero when there was no answer.
    fn enviar(&self, caminho: &str, token: &str, headers: &[(&str, &str)], corpo: &Value) -> u16 {
        let pedido = self.agente.post(format!("{}{caminho}", self.base));
        let pedido =
            pedido.header("Authorization", token).header("Content-Type", "application/json");
        let pedido =
            headers.iter().fold(pedido, |pedido, (nome, valor)| pedido.header(*nome, *valor));
        pedido.send(corpo.to_string()).map_or(0, |resposta| resposta.status().as_u16())
    }
}

/// Readers and writers go on while PostgreSQL is stopped and started: whoever was told that it
/// was done finds it done, once; whoever was not sends it again, and it is done once too.
#[test]
fn o_postgresql_reinicia_sob_carga() {
    let pasta = Pasta::nova("reinicio");
    let demo = Demo::subir(&pasta.0);
    let token = demo.token();
    let ler = |query: &str| demo.enviar("/graphql", &token, &[], &json!({ "query": query }));
    let total = || {
        let query = "{ adolescentes(first: 1) { totalCount } }";
        demo.post("/graphql", &json!({ "query": query }))["data"]["adolescentes"]["totalCount"]
            .as_u64()
            .unwrap()
    };
    let antes = total();
    let parar = AtomicBool::new(false);
    // Of each reader and writer: how often it was answered since the last time that it was not.
    let in_a_row: [AtomicU32; 8] = Default::default();
    let (mut pedidos, mut falhas) = (Vec::new(), 0);
    std::thread::scope(|escopo| {
        let conferir = |who: usize, bem: bool| {
            match bem {
                true => drop(in_a_row[who].fetch_add(1, Ordering::SeqCst)),
                false => in_a_row[who].store(0, Ordering::SeqCst),
            }
            u32::from(!bem)
        };
        let leitores: Vec<_> = (0..5)
            .map(|n| {
                let (ler, parar) = (&ler, &parar);
                escopo.spawn(move || {
                    let query = [
                        "{ processos(first: 3) { totalCount nodes { numero adolescentes { nodes { nome } } } } }",
                        "{ adolescentes(first: 5) { nodes { nome processos { nodes { numero } } } } }",
                    ][n % 2];
                    let mut falhas = 0;
                    while !parar.load(Ordering::Relaxed) {
                        falhas += conferir(n, ler(query) == 200);
                    }
                    falhas
                })
            })
            .collect();
        let escritores: Vec<_> = (0..3)
            .map(|quem| {
                let (demo, token, parar) = (&demo, &token, &parar);
                escopo.spawn(move || {
                    let mut feitos = Vec::new();
                    while !parar.load(Ordering::Relaxed) {
                        let chave = format!("reinicio-{quem}-{}", feitos.len());
                        let feito = demo.cadastrar_com(token, &chave);
                        conferir(5 + quem, feito);
                        feitos.push(Pedido { chave, feito });
                    }
                    feitos
                })
            })
            .collect();
        for _ in 0..2 {
            let velho = pasta.postmaster().unwrap();
            kill(velho, Signal::SIGINT).unwrap();
            let inicio = Instant::now();
            while !pasta.aceita(velho) {
                assert!(inicio.elapsed() < NO_MAXIMO);
                std::thread::sleep(ENTRE_PERGUNTAS);
            }
            // Once it is back everybody is answered again, and again.
            let back = Instant::now();
            for answered in &in_a_row {
                answered.store(0, Ordering::SeqCst);
            }
            while in_a_row.iter().any(|answered| answered.load(Ordering::SeqCst) < 3) {
                assert!(back.elapsed() < NO_MAXIMO, "errors go on: {in_a_row:?}");
                std::thread::sleep(ENTRE_PERGUNTAS);
            }
            eprintln!("everybody was answered three times {:?} after it was back", back.elapsed());
        }
        parar.store(true, Ordering::Relaxed);
        falhas = leitores.into_iter().map(|leitor| leitor.join().unwrap()).sum();
        pedidos = escritores.into_iter().flat_map(|escritor| escritor.join().unwrap()).collect();
    });
    let sem_resposta = pedidos.iter().filter(|pedido| !pedido.feito).count();
    eprintln!("{} writes, {sem_resposta} not answered, {falhas} failed reads", pedidos.len());
    assert!(pedidos.len() > 20, "there was no load");
    for Pedido { chave, .. } in pedidos.iter().filter(|pedido| !pedido.feito) {
        assert!(demo.cadastrar_com(&token, chave), "{chave}");
    }
    assert_eq!(total(), antes + pedidos.len() as u64);
    // No connection of before is left to be found dead.
    std::thread::scope(|escopo| {
        let todos: Vec<_> =
            (0..32).map(|_| escopo.spawn(|| ler("{ processos { nodes { numero } } }"))).collect();
        assert!(todos.into_iter().all(|um| um.join().unwrap() == 200));
    });
}
