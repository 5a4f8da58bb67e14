//! `elos demo` as a program, killed in every way: what was answered 200 is there afterwards.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const NO_MAXIMO: Duration = Duration::from_secs(15);
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

    /// Until it is ready, at most fifteen seconds; how long that took.
    fn esperar(&self) -> Duration {
        let inicio = Instant::now();
        while !self.pronto() {
            assert!(inicio.elapsed() < NO_MAXIMO, "not ready after {NO_MAXIMO:?}");
            std::thread::sleep(ENTRE_PERGUNTAS);
        }
        inicio.elapsed()
    }

    pub fn token(&self) -> String {
        use base64::{Engine, prelude::BASE64_STANDARD};
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
    while pasta.postmaster() == Some(velho) || !demo.pronto() {
        assert!(inicio.elapsed() < NO_MAXIMO);
        std::thread::sleep(ENTRE_PERGUNTAS);
    }
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
    let postmaster = pasta.postmaster().unwrap();
    kill(postmaster, Signal::SIGKILL).unwrap();
    demo.matar();
    let inicio = Instant::now();
    let demo = Demo::subir(&pasta.0);
    eprintln!("started again after kill -9 of both in {:?}", inicio.elapsed());
    assert!(inicio.elapsed() < NO_MAXIMO);
    demo.confere(&feitos);
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
