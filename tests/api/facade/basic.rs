//! HTTP Basic on the façade: the issuer checks it, and the rest is as for a token.

use super::issuer::{Issuer, Mood};
use super::{LIST, ask, header};
use crate::outage::program::Program;
use crate::support::{App, PATIENCE};
use crate::tramita::codigo;
use std::process::Command;
use std::time::Instant;

#[test]
fn a_client_and_its_secret_get_in_to_the_facade_and_nowhere_else() {
    let issuer = Issuer::new();
    let app = App::com_auth(issuer.options());
    for path in ["/tramites", LIST, "/tramites/pendentes"] {
        let basic = header("sei:certosei");
        let answer = app.pedir("GET", path, &[("Authorization", &basic)], b"");
        assert_eq!(answer.status, 200, "{path}: {}", answer.texto);
    }
    assert_eq!(issuer.asked("sei"), 1, "its token is kept");
    // The papel counts, as for a token: this one only reads.
    let cancel = [("Authorization", &*header("sei:certosei"))];
    assert_eq!(codigo(&app.pedir("DELETE", "/tramites/1", &cancel, b"")), (403, "9005"));

    for (method, path) in [("GET", "/api/v1/processos"), ("POST", "/graphql")] {
        let basic = header("sei:certosei");
        let headers = [("Authorization", &*basic), ("Content-Type", "application/json")];
        let answer = app.pedir(method, path, &headers, br#"{"query":"{eu{sub}}"}"#);
        assert_eq!(answer.status, 401, "{path}: {}", answer.texto);
        assert!(answer.texto.contains("grant_type=client_credentials"), "{}", answer.texto);
        assert!(answer.headers["www-authenticate"].starts_with("Bearer"), "{path}");
    }
    assert_eq!(issuer.asked("sei"), 1);
}

#[test]
fn a_wrong_secret_is_refused_and_asked_about_once() {
    let issuer = Issuer::new();
    let app = App::com_auth(issuer.options());
    for _ in 0..3 {
        let answer = ask(&app, "sei", "errado");
        assert_eq!(codigo(&answer), (401, "9401"), "{}", answer.texto);
        assert!(answer.headers["www-authenticate"].starts_with("Basic"), "{:?}", answer.headers);
        assert!(!answer.texto.contains("errado"), "{}", answer.texto);
    }
    assert_eq!(issuer.asked("sei"), 1);
    assert_eq!(ask(&app, "sei", "certosei").status, 200);
    assert_eq!(ask(&app, "sei", "errado").status, 401);
}

#[test]
fn malformed_basic_is_told_apart_and_nobody_is_asked() {
    let issuer = Issuer::new();
    let app = App::com_auth(issuer.options());
    for (header, part) in [
        ("Basic".to_owned(), "faltam"),
        ("Basic %%%".into(), "base64"),
        (header("sei"), "`:`"),
        (header(b"sei:\xff"), "UTF-8"),
        (header("sei:"), "segredo"),
        (header(":certo"), "255"),
        (header("s".repeat(5_000)), "longo"),
    ] {
        let answer = app.pedir("GET", LIST, &[("Authorization", &header)], b"");
        assert_eq!(codigo(&answer), (401, "9401"), "{part}: {}", answer.texto);
        let message = answer.corpo["mensagem"].as_str().unwrap();
        assert!(message.contains(part), "{part}: {message}");
    }
    assert_eq!(issuer.read(|state| state.asked.len()), 0);
}

#[test]
fn a_revoked_client_is_refused_though_its_token_is_kept() {
    let issuer = Issuer::new();
    let app = App::com_auth(issuer.options());
    assert_eq!(ask(&app, "sei", "certosei").status, 200);
    let credencial = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_elos"));
        command.arg("credencial").args(args).env("ELOS_MIGRATE_URL", app.banco.url("postgres"));
        assert!(command.output().unwrap().status.success(), "{args:?}");
    };
    let until = |status| {
        let begun = Instant::now();
        while ask(&app, "sei", "certosei").status != status {
            assert!(begun.elapsed() < PATIENCE, "it is not {status} yet");
        }
    };
    credencial(&["add", "sei", "--tribunal", "8.17", "--papel", "pse-auditoria"]);
    until(403);
    credencial(&["add", "sei", "--tribunal", "8.17", "--papel", "pse-consulta"]);
    until(200);
    credencial(&["revoke", "sei"]);
    until(403);
    assert!(ask(&app, "sei", "certosei").texto.contains("revogada"));
    assert_eq!(issuer.asked("sei"), 1);
}

#[test]
fn an_issuer_that_is_down_is_503_and_whoever_is_known_goes_on() {
    let issuer = Issuer::new();
    let app = App::com_auth(issuer.options());
    assert_eq!(ask(&app, "sei", "certosei").status, 200);
    issuer.change(|state| state.mood = Mood::Down);
    for _ in 0..20 {
        let answer = ask(&app, "outro", "certooutro");
        assert_eq!(codigo(&answer), (503, "9503"), "{}", answer.texto);
        assert!(answer.headers.contains_key("retry-after"));
        assert_eq!(ask(&app, "sei", "certosei").status, 200);
    }
    // Asked about anew every two seconds at most.
    assert!(issuer.asked("outro") <= 10, "{}", issuer.asked("outro"));
    issuer.change(|state| state.mood = Mood::Up);
    let begun = Instant::now();
    while ask(&app, "outro", "certooutro").status != 200 {
        assert!(begun.elapsed() < PATIENCE, "the issuer is up again");
    }
}

#[test]
fn a_token_that_expired_is_asked_for_anew() {
    let issuer = Issuer::new();
    issuer.change(|state| state.lifetime = 0.0);
    let app = App::com_auth(issuer.options());
    // As often as it is asked, far beyond what guesses may be: the secret was right.
    for _ in 0..30 {
        assert_eq!(ask(&app, "sei", "certosei").status, 200);
    }
    assert_eq!(issuer.asked("sei"), 30);
    issuer.change(|state| state.lifetime = 300.0);
    assert_eq!((ask(&app, "sei", "certosei").status, issuer.asked("sei")), (200, 31));
    assert_eq!((ask(&app, "sei", "certosei").status, issuer.asked("sei")), (200, 31));
}

#[test]
fn a_token_of_another_client_says_nothing_of_this_one() {
    let issuer = Issuer::new();
    issuer.change(|state| state.in_the_name_of = Some("outro"));
    let app = App::com_auth(issuer.options());
    for _ in 0..5 {
        let answer = ask(&app, "sei", "certosei");
        assert_eq!(answer.status, 401, "{}", answer.texto);
        assert!(answer.texto.contains("ELOS_OIDC_AUDIENCE"), "{}", answer.texto);
    }
    assert_eq!(issuer.asked("sei"), 1, "it is not asked for again at every call");
}

#[test]
fn without_the_setting_the_facade_takes_tokens_only() {
    let issuer = Issuer::new();
    let mut options = issuer.options();
    options.facade.basic = None;
    let app = App::com_auth(options);
    let answer = ask(&app, "sei", "certosei");
    assert_eq!(codigo(&answer), (401, "9401"), "{}", answer.texto);
    assert!(answer.texto.contains("ELOS_TRAMITA_BASIC"), "{}", answer.texto);
    assert_eq!(issuer.asked("sei"), 0);
}

/// The program, as chatty as it can be made.
#[test]
fn no_log_tells_a_secret() {
    let (issuer, other) = (Issuer::new(), App::vazio());
    let program = Program::serve_with(&other, &other.banco.url_do_app(), "0", |command| {
        command
            .env("ELOS_OIDC_ISSUER", &issuer.iss)
            .env("ELOS_OIDC_JWKS_URL", format!("{}/keys", issuer.iss))
            .env("ELOS_TRAMITA_BASIC", "on")
            .env("ELOS_LOG", "trace");
    });
    let secrets = ["certosei", "segredo-errado"];
    let encoded: Vec<_> = secrets.iter().map(|secret| header(format!("sei:{secret}"))).collect();
    for (basic, status) in encoded.iter().zip(["200", "401"]) {
        let request = format!("GET {LIST} HTTP/1.1\r\nAuthorization: {basic}\r\nX-Rest: x");
        let answer = program.ask(&request, None).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
    assert_eq!(issuer.asked("sei"), 2);
    let log = program.log().join("\n");
    assert!(log.contains("TRACE"), "it logs all that it can");
    for secret in secrets.into_iter().chain(encoded.iter().map(|basic| &basic["Basic ".len()..])) {
        assert!(!log.contains(secret), "a secret is in the log");
    }
    assert!(!log.contains("eyJ"), "a token is in the log");
}
