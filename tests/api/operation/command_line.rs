//! The program on its command line: what it refuses, and how its output ends.

use crate::facade::certificates::Folder;
use crate::outage::program::Program;
use crate::support::{App, Database, TempDir, Template};
use std::net::TcpListener;
use std::process::{Command, Stdio};

/// Runs the program with this environment and no other. Returns whether it succeeded, and what it
/// wrote.
fn elos(args: &[&str], env: &[(&str, &str)]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elos"));
    let output = command.args(args).env_clear().envs(env.iter().copied()).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.success(), text)
}

const DATABASE: (&str, &str) =
    ("DATABASE_URL", "postgres:///elos?host=/tmp&password=um-segredo-77");
const ISSUER: (&str, &str) = ("ELOS_OIDC_ISSUER", "https://sso.example");

#[test]
fn a_misspelt_variable_is_refused_by_every_command() {
    for args in [&["schema"][..], &["version"], &["serve"], &["check-config"]] {
        let (ok, text) = elos(args, &[DATABASE, ISSUER, ("ELOS_POOLMAX", "um-segredo-88")]);
        let told = text.contains("ELOS_POOLMAX") && text.contains("mais próximo é ELOS_POOL_MAX");
        assert!(!ok && told && !text.contains("segredo"), "{args:?}: {text}");
    }
    assert!(elos(&["version"], &[("ELOS_PG_BIN", "/x"), ("ELOS_ACEITAR", "1")]).0);
}

#[test]
fn check_config_fails_where_serve_would_and_says_all_of_it() {
    let free = ["check-config", "--bind", "127.0.0.1:0"];
    assert!(elos(&free, &[DATABASE, ISSUER]).0);
    let folder = Folder::new();
    let key = folder.path("recibos.pem");
    std::fs::write(&key, "não é uma chave").unwrap();
    let missing = folder.path("nao-ha.pem");
    let keys = folder.path("jwks.json");
    std::fs::write(&keys, r#"{"keys": []}"#).unwrap();
    let env = [
        ("ELOS_CHAVE_DOS_RECIBOS", key.as_str()),
        ("ELOS_OIDC_TOKEN_URL", "http://sso.example/token"),
        ("ELOS_OIDC_JWKS_FILE", &keys),
        ("ELOS_DOCUMENTOS_CONFIAVEIS", &missing),
        ("ELOS_TLS_BIND", "192.0.2.1:8443"),
        ("ELOS_TLS_CERTIFICADO", &missing),
        ("ELOS_TLS_CHAVE", &missing),
        ("ELOS_BIND", "127.0.0.1:39999"),
        ("ELOS_METRICS_BIND", "127.0.0.1:39999"),
    ];
    let (ok, text) = elos(&["check-config"], &env);
    let errors: Vec<_> = text.lines().filter(|line| line.starts_with("erro: ")).collect();
    let reasons = [
        "falta DATABASE_URL",
        "falta ELOS_OIDC_ISSUER",
        "ELOS_OIDC_TOKEN_URL tem de ser https",
        "jwks.json: não há nele chaves",
        "recibos.pem: não é uma chave RSA",
        "nao-ha.pem",
        "não foi possível ler",
        "bind e metrics_bind são o mesmo endereço",
        "tls_bind: não foi possível escutar em 192.0.2.1:8443",
    ];
    for reason in reasons {
        assert!(!ok && errors.iter().any(|line| line.contains(reason)), "{reason}: {text}");
    }
    // `elos serve` says the same, except that it cannot listen on an address, which it tries later.
    let (ok, said) = elos(&["serve"], &env);
    for reason in &reasons[..8] {
        assert!(!ok && said.contains(reason), "{reason}: {said}");
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (ok, text) = elos(&["check-config", "--bind", &address], &[DATABASE, ISSUER]);
    assert!(ok && text.contains("nota: bind:") && !text.contains("segredo"), "{text}");
}

/// The pipe is closed before the program writes, as `elos schema | head -0` closes it.
#[test]
fn output_into_a_closed_pipe_ends_quietly() {
    let database = Database::new(Template::Empty);
    for args in [
        &["schema"][..],
        &["openapi"],
        &["version"],
        &["--help"],
        &["check-config"],
        &["completions", "bash"],
        &["migrate", "status"],
        &["credencial", "list"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_elos"));
        command.args(args).env("ELOS_MIGRATE_URL", database.url("postgres"));
        command.env("DATABASE_URL", database.app_url()).env(ISSUER.0, ISSUER.1);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(told, "", "{args:?}");
        assert_ne!(output.status.code(), Some(101), "{args:?}");
    }
}

#[test]
fn completions_and_manual_pages_are_those_of_the_commands() {
    for (shell, part) in
        [("bash", "_elos()"), ("zsh", "#compdef elos"), ("fish", "complete -c elos")]
    {
        let (ok, text) = elos(&["completions", shell], &[]);
        assert!(ok && text.contains(part) && text.contains("check-config"), "{shell}: {text}");
    }
    let folder = TempDir::created();
    assert!(elos(&["man", folder.text()], &[]).0);
    let page = |name: &str| std::fs::read_to_string(folder.0.join(name)).unwrap();
    assert!(page("elos.1").contains("pool\\-max"));
    let verify = page("elos-auditoria-verify.1");
    assert!(verify.contains("exigir\\-arquivos") && !verify.contains("pool\\-max"), "{verify}");
}

/// `elos healthcheck` asks the server at its addresses, whatever their family, and over TLS too.
#[test]
fn the_health_check_asks_every_address_that_is_listened_on() {
    let app = App::new();
    let folder = Folder::new();
    folder.certificate("servidor", (-1, 30));
    let (certificate, key) = (folder.path("servidor.pem"), folder.path("servidor.key"));
    let free = |ip: &str| TcpListener::bind((ip, 0)).unwrap().local_addr().unwrap();
    let (plain, tls, nobody) = (free("::1"), free("127.0.0.1"), free("127.0.0.1"));
    let issuer = format!("{}{}", app.base, elos::auth::issuer::PATH);
    let mut command = Command::new(env!("CARGO_BIN_EXE_elos"));
    command
        .args(["serve", "--bind", &format!("[::]:{}", plain.port()), "--pausa-ao-encerrar", "0"])
        .args(["--tls-bind", &tls.to_string(), "--tls-certificado", &certificate])
        .args(["--tls-chave", &key])
        .env("DATABASE_URL", app.database.app_url())
        .env("ELOS_OIDC_ISSUER", &issuer)
        .env("ELOS_OIDC_JWKS_URL", format!("{issuer}/protocol/openid-connect/certs"))
        .stderr(Stdio::piped());
    let mut program = Program::of(command.spawn().unwrap());
    program.address = plain.to_string();
    program.ready();
    let check = |bind: &str, tls: &str| {
        let files = ["--tls-certificado", &certificate, "--tls-chave", &key];
        elos(&[&["healthcheck", "--bind", bind, "--tls-bind", tls][..], &files].concat(), &[])
    };
    let (any, tls) = (format!("[::]:{}", plain.port()), tls.to_string());
    assert_eq!(check(&any, &tls), (true, String::new()));
    let of_ipv6 = program.address.clone();
    assert!(elos(&["healthcheck", "--bind", &of_ipv6], &[]).0);
    let (ok, text) = check(&any, &nobody.to_string());
    assert!(!ok && text.contains("ninguém escuta"), "{text}");
    // A server without TLS on that address does not answer the handshake.
    let (ok, text) = check(&any, &of_ipv6);
    assert!(!ok && text.contains("por TLS"), "{text}");
    program.signal(nix::sys::signal::Signal::SIGTERM);
    program.wait(crate::support::MAX_WAIT);
    assert!(!check(&any, &tls).0);
}
