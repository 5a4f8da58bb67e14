//! The restrictions of the development issuer, whose secrets everybody knows: only `elos demo` has
//! it, it listens only on this machine, and it logs a warning.

use crate::support::{Database, MAX_WAIT, Template, signer, until};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

fn elos(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elos"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ELOS_")) {
        command.env_remove(name);
    }
    command.args(args).env_remove("DATABASE_URL").stdin(Stdio::null());
    command
}

/// Returns the output of a program that refused to start.
#[track_caller]
fn refusal(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(!output.status.success(), "{text}");
    text
}

#[test]
fn the_demo_refuses_what_looks_like_production() {
    let dir = std::env::temp_dir().join("elos-nunca-criada");
    let demo = || {
        let mut command = elos(&["demo", "--data-dir"]);
        command.arg(&dir);
        command
    };
    for (name, value, hint) in [
        ("ELOS_ENV", "production", "ELOS_ENV=production"),
        ("DATABASE_URL", "postgres://u@h/d", "DATABASE_URL"),
        ("ELOS_OIDC_ISSUER", "https://sso.example", "ELOS_OIDC_"),
        ("ELOS_OIDC_JWKS_FILE", "x.json", "ELOS_OIDC_"),
        ("ELOS_OIDC_JWKS_URL", "https://sso.example/keys", "ELOS_OIDC_"),
        ("ELOS_BIND", "0.0.0.0:0", "127.0.0.1"),
        ("ELOS_BIND", "[::]:0", "127.0.0.1"),
    ] {
        let text = refusal(demo().env(name, value));
        assert!(text.contains(hint) && text.contains("elos serve"), "{name}: {text}");
    }
    assert!(!dir.exists());
}

#[test]
fn in_production_an_http_issuer_must_be_local() {
    let database = Database::new(Template::Empty);
    let serve = || {
        let mut command = elos(&["serve", "--bind", "127.0.0.1:0"]);
        command.env("DATABASE_URL", database.app_url());
        command
    };
    for url in
        ["http://sso.example/realms/pje", "http://127.0.0.1.evil.example/", "http://10.0.0.1/x"]
    {
        let text = refusal(serve().env("ELOS_OIDC_ISSUER", url));
        assert!(text.contains("https"), "{url}: {text}");
        let text = refusal(
            serve().env("ELOS_OIDC_ISSUER", "https://sso.example").env("ELOS_OIDC_JWKS_URL", url),
        );
        assert!(text.contains("ELOS_OIDC_JWKS_URL"), "{url}: {text}");
    }
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends a request. Returns the head of the response and the body, or `None` without a response.
fn send_request(address: &str, request: &str) -> Option<(String, String)> {
    let mut connection = TcpStream::connect(address).ok()?;
    connection.set_read_timeout(Some(MAX_WAIT)).unwrap();
    write!(
        connection,
        "{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )
    .ok()?;
    let mut text = String::new();
    connection.read_to_string(&mut text).ok()?;
    text.split_once("\r\n\r\n").map(|(head, body)| (head.to_owned(), body.to_owned()))
}

/// `elos serve` has no development issuer, even with `ELOS_ENV=development` and its own address as
/// the issuer.
#[test]
fn elos_serve_has_no_issuer() {
    let database = Database::new(Template::Empty);
    let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (address, metrics) = (free(), free());
    let keys = format!("/var/tmp/elos-fechadura-{}.json", std::process::id());
    let mut public_key = serde_json::json!(signer().public_key());
    public_key["kid"] = "uma".into();
    std::fs::write(&keys, serde_json::json!({ "keys": [public_key] }).to_string()).unwrap();
    let mut command = elos(&["serve", "--bind", &address, "--metrics-bind", &metrics]);
    command
        .env("ELOS_OIDC_JWKS_FILE", &keys)
        .env("DATABASE_URL", database.app_url())
        .env("ELOS_OIDC_ISSUER", format!("http://{address}/auth/realms/pje"))
        .env("ELOS_ENV", "development")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let _server = Server(command.spawn().unwrap());
    until(MAX_WAIT, "the server is ready", || {
        send_request(&address, "GET /readyz")
            .is_some_and(|(head, _)| head.starts_with("HTTP/1.1 200"))
    });
    std::fs::remove_file(&keys).unwrap();
    for request in [
        "POST /auth/realms/pje/protocol/openid-connect/token",
        "GET /auth/realms/pje/protocol/openid-connect/certs",
        "GET /auth/realms/pje/.well-known/openid-configuration",
        "GET /auth/realms/pje/demo-clients",
        "GET /graphiql",
        "GET /metrics",
    ] {
        let (head, _) = send_request(&address, request).unwrap();
        assert!(head.starts_with("HTTP/1.1 404"), "{request}: {head}");
    }
    // The labels of the metrics are route templates.
    let (head, body) = send_request(&metrics, "GET /metrics").unwrap();
    assert!(head.contains("text/plain; version=0.0.4"), "{head}");
    assert!(
        body.contains(r#"rota="/readyz",status="200""#) && body.contains("elos_build_info"),
        "{body}"
    );
    assert!(send_request(&metrics, "GET /graphql").unwrap().0.starts_with("HTTP/1.1 404"));
}

#[test]
fn the_demo_announces_itself() {
    let text = String::from_utf8(elos(&["check-config"]).output().unwrap().stdout).unwrap();
    assert!(text.contains("emissor_de_desenvolvimento = só em `elos demo`"), "{text}");
    let dir = std::path::PathBuf::from(format!("/var/tmp/elos-fechadura-{}", std::process::id()));
    let mut command = elos(&["demo", "--bind", "127.0.0.1:0", "--processos", "27", "--data-dir"]);
    command.arg(&dir).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut server = Server(command.spawn().unwrap());
    let errors = BufReader::new(server.0.stderr.take().unwrap());
    let warning =
        errors.lines().map_while(Result::ok).find(|line| line.contains("development issuer"));
    assert!(warning.is_some_and(|line| line.contains("WARN")), "nobody was warned");
    drop(server);
    let _ = std::fs::remove_dir_all(dir);
}
