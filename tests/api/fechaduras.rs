//! The locks on the development issuer, which gives tokens to whoever asks: it is only in
//! `elos demo`, only on this machine, and says so.

use crate::support::{Banco, Modelo, PATIENCE, assinante};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

fn elos(args: &[&str]) -> Command {
    let mut comando = Command::new(env!("CARGO_BIN_EXE_elos"));
    for (nome, _) in std::env::vars().filter(|(nome, _)| nome.starts_with("ELOS_")) {
        comando.env_remove(nome);
    }
    comando.args(args).env_remove("DATABASE_URL").stdin(Stdio::null());
    comando
}

/// What it said when it refused to start.
#[track_caller]
fn recusa(comando: &mut Command) -> String {
    let saida = comando.output().unwrap();
    let texto = String::from_utf8([saida.stdout, saida.stderr].concat()).unwrap();
    assert!(!saida.status.success(), "{texto}");
    texto
}

#[test]
fn a_demonstracao_recusa_o_que_cheira_a_producao() {
    let pasta = std::env::temp_dir().join("elos-nunca-criada");
    let demo = || {
        let mut comando = elos(&["demo", "--data-dir"]);
        comando.arg(&pasta);
        comando
    };
    for (nome, valor, dica) in [
        ("ELOS_ENV", "production", "ELOS_ENV=production"),
        ("DATABASE_URL", "postgres://u@h/d", "DATABASE_URL"),
        ("ELOS_OIDC_ISSUER", "https://sso.example", "ELOS_OIDC_"),
        ("ELOS_OIDC_JWKS_FILE", "x.json", "ELOS_OIDC_"),
        ("ELOS_OIDC_JWKS_URL", "https://sso.example/keys", "ELOS_OIDC_"),
        ("ELOS_BIND", "0.0.0.0:0", "127.0.0.1"),
        ("ELOS_BIND", "[::]:0", "127.0.0.1"),
    ] {
        let texto = recusa(demo().env(nome, valor));
        assert!(texto.contains(dica) && texto.contains("elos serve"), "{nome}: {texto}");
    }
    assert!(!pasta.exists());
}

#[test]
fn em_producao_um_emissor_por_http_so_o_desta_maquina() {
    let banco = Banco::novo(Modelo::Vazio);
    let serve = || {
        let mut comando = elos(&["serve", "--bind", "127.0.0.1:0"]);
        comando.env("DATABASE_URL", banco.url_do_app());
        comando
    };
    for url in
        ["http://sso.example/realms/pje", "http://127.0.0.1.evil.example/", "http://10.0.0.1/x"]
    {
        let texto = recusa(serve().env("ELOS_OIDC_ISSUER", url));
        assert!(texto.contains("https"), "{url}: {texto}");
        let texto = recusa(
            serve().env("ELOS_OIDC_ISSUER", "https://sso.example").env("ELOS_OIDC_JWKS_URL", url),
        );
        assert!(texto.contains("ELOS_OIDC_JWKS_URL"), "{url}: {texto}");
    }
}

struct Servidor(Child);

impl Drop for Servidor {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An answer: its status line and headers, and its body.
fn pedir(endereco: &str, pedido: &str) -> Option<(String, String)> {
    let mut conexao = TcpStream::connect(endereco).ok()?;
    conexao.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        conexao,
        "{pedido} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )
    .ok()?;
    let mut texto = String::new();
    conexao.read_to_string(&mut texto).ok()?;
    texto.split_once("\r\n\r\n").map(|(cabeca, corpo)| (cabeca.to_owned(), corpo.to_owned()))
}

/// No setting of the environment brings it into `elos serve`.
#[test]
fn elos_serve_nao_tem_emissor() {
    let banco = Banco::novo(Modelo::Vazio);
    let livre = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (endereco, metricas) = (livre(), livre());
    let chaves = format!("/var/tmp/elos-fechadura-{}.json", std::process::id());
    let mut publica = serde_json::json!(assinante().chave_publica());
    publica["kid"] = "uma".into();
    std::fs::write(&chaves, serde_json::json!({ "keys": [publica] }).to_string()).unwrap();
    let mut comando = elos(&["serve", "--bind", &endereco, "--metrics-bind", &metricas]);
    comando
        .env("ELOS_OIDC_JWKS_FILE", &chaves)
        .env("DATABASE_URL", banco.url_do_app())
        .env("ELOS_OIDC_ISSUER", format!("http://{endereco}/auth/realms/pje"))
        .env("ELOS_ENV", "development")
        .env("ELOS_DEV_ISSUER", "on")
        .env("ELOS_DEMO", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let _servidor = Servidor(comando.spawn().unwrap());
    let inicio = Instant::now();
    while pedir(&endereco, "GET /readyz")
        .is_none_or(|(cabeca, _)| !cabeca.starts_with("HTTP/1.1 200"))
    {
        assert!(inicio.elapsed() < PATIENCE, "the server is not ready");
    }
    std::fs::remove_file(&chaves).unwrap();
    for pedido in [
        "POST /auth/realms/pje/protocol/openid-connect/token",
        "GET /auth/realms/pje/protocol/openid-connect/certs",
        "GET /auth/realms/pje/.well-known/openid-configuration",
        "GET /auth/realms/pje/demo-clients",
        "GET /graphiql",
        "GET /metrics",
    ] {
        let (cabeca, _) = pedir(&endereco, pedido).unwrap();
        assert!(cabeca.starts_with("HTTP/1.1 404"), "{pedido}: {cabeca}");
    }
    // What is counted is told apart, with route templates for labels.
    let (cabeca, corpo) = pedir(&metricas, "GET /metrics").unwrap();
    assert!(cabeca.contains("text/plain; version=0.0.4"), "{cabeca}");
    assert!(
        corpo.contains(r#"rota="/readyz",status="200""#) && corpo.contains("elos_build_info"),
        "{corpo}"
    );
    assert!(pedir(&metricas, "GET /graphql").unwrap().0.starts_with("HTTP/1.1 404"));
}

#[test]
fn a_demonstracao_se_anuncia() {
    let texto = String::from_utf8(elos(&["check-config"]).output().unwrap().stdout).unwrap();
    assert!(texto.contains("emissor_de_desenvolvimento = só em `elos demo`"), "{texto}");
    let pasta = std::path::PathBuf::from(format!("/var/tmp/elos-fechadura-{}", std::process::id()));
    let mut comando = elos(&["demo", "--bind", "127.0.0.1:0", "--processos", "27", "--data-dir"]);
    comando.arg(&pasta).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut servidor = Servidor(comando.spawn().unwrap());
    let erros = BufReader::new(servidor.0.stderr.take().unwrap());
    let aviso =
        erros.lines().map_while(Result::ok).find(|linha| linha.contains("development issuer"));
    assert!(aviso.is_some_and(|linha| linha.contains("WARN")), "nobody was warned");
    drop(servidor);
    let _ = std::fs::remove_dir_all(pasta);
}
