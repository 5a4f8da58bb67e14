//! HTTP Basic on the façade: the issuer checks the secret. Everything else is as for a token.

use super::issuer::{Behaviour, Issuer};
use super::{LIST, ask, header};
use crate::credentials::created;
use crate::outage::program::Program;
use crate::support::{App, MAX_WAIT, until};
use crate::tramita::code;

#[test]
fn basic_authentication_opens_the_facade_and_no_other_api() {
    let issuer = Issuer::new();
    let app = App::with_auth(issuer.options());
    for path in ["/tramites", LIST, "/tramites/pendentes"] {
        let basic = header("sei:certosei");
        let answer = app.request("GET", path, &[("Authorization", &basic)], b"");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    assert_eq!(issuer.asked("sei"), 1, "its token is kept");
    // The server checks the papéis as for a token. This client only reads.
    let cancel = [("Authorization", &*header("sei:certosei"))];
    assert_eq!(code(&app.request("DELETE", "/tramites/1", &cancel, b"")), (403, "9005"));

    for (method, path) in [("GET", "/api/v1/processos"), ("POST", "/graphql")] {
        let basic = header("sei:certosei");
        let headers = [("Authorization", &*basic), ("Content-Type", "application/json")];
        let answer = app.request(method, path, &headers, br#"{"query":"{eu{sub}}"}"#);
        assert_eq!(answer.status, 401, "{path}: {}", answer.text);
        assert!(answer.text.contains("grant_type=client_credentials"), "{}", answer.text);
        assert!(answer.headers["www-authenticate"].starts_with("Bearer"), "{path}");
    }
    assert_eq!(issuer.asked("sei"), 1);
}

#[test]
fn a_wrong_secret_is_refused_and_checked_once() {
    let issuer = Issuer::new();
    let app = App::with_auth(issuer.options());
    for _ in 0..3 {
        let answer = ask(&app, "sei", "errado");
        assert_eq!(code(&answer), (401, "9401"), "{}", answer.text);
        assert!(answer.headers["www-authenticate"].starts_with("Basic"), "{:?}", answer.headers);
        assert!(!answer.text.contains("errado"), "{}", answer.text);
    }
    assert_eq!(issuer.asked("sei"), 1);
    assert_eq!(ask(&app, "sei", "certosei").status, 200);
    assert_eq!(ask(&app, "sei", "errado").status, 401);
}

#[test]
fn malformed_basic_is_refused_without_the_issuer() {
    let issuer = Issuer::new();
    let app = App::with_auth(issuer.options());
    for (header, part) in [
        ("Basic".to_owned(), "faltam"),
        ("Basic %%%".into(), "base64"),
        (header("sei"), "`:`"),
        (header(b"sei:\xff"), "UTF-8"),
        (header("sei:"), "segredo"),
        (header(":certo"), "255"),
        (header("s".repeat(5_000)), "longo"),
    ] {
        let answer = app.request("GET", LIST, &[("Authorization", &header)], b"");
        assert_eq!(code(&answer), (401, "9401"), "{part}: {}", answer.text);
        let message = answer.body["mensagem"].as_str().unwrap();
        assert!(message.contains(part), "{part}: {message}");
    }
    assert_eq!(issuer.read(|state| state.asked.len()), 0);
}

#[test]
fn a_revoked_client_is_refused_though_its_token_is_kept() {
    let issuer = Issuer::new();
    let app = App::with_auth(issuer.options());
    assert_eq!(ask(&app, "sei", "certosei").status, 200);
    let until_status_is = |status| {
        until(MAX_WAIT, "the status changes", || ask(&app, "sei", "certosei").status == status);
    };
    created(&app.database, &["add", "sei", "--tribunal", "8.17", "--papel", "pse-auditoria"]);
    until_status_is(403);
    created(&app.database, &["add", "sei", "--tribunal", "8.17", "--papel", "pse-consulta"]);
    until_status_is(200);
    created(&app.database, &["revoke", "sei"]);
    until_status_is(403);
    assert!(ask(&app, "sei", "certosei").text.contains("revogada"));
    assert_eq!(issuer.asked("sei"), 1);
}

#[test]
fn an_issuer_that_is_down_is_503_and_cached_clients_are_served() {
    let issuer = Issuer::new();
    let app = App::with_auth(issuer.options());
    assert_eq!(ask(&app, "sei", "certosei").status, 200);
    issuer.change(|state| state.behaviour = Behaviour::Down);
    for _ in 0..20 {
        let answer = ask(&app, "outro", "certooutro");
        assert_eq!(code(&answer), (503, "9503"), "{}", answer.text);
        assert!(answer.headers.contains_key("retry-after"));
        assert_eq!(ask(&app, "sei", "certosei").status, 200);
    }
    // The server asks the issuer again at most every two seconds.
    assert!(issuer.asked("outro") <= 10, "{}", issuer.asked("outro"));
    issuer.change(|state| state.behaviour = Behaviour::Up);
    until(MAX_WAIT, "the issuer is up again", || ask(&app, "outro", "certooutro").status == 200);
}

#[test]
fn an_expired_token_is_requested_again() {
    let issuer = Issuer::new();
    issuer.change(|state| state.lifetime = 0.0);
    let app = App::with_auth(issuer.options());
    // The server never limits a right secret, even far beyond the limit on guesses.
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
    issuer.change(|state| state.token_client = Some("outro"));
    let app = App::with_auth(issuer.options());
    for _ in 0..5 {
        let answer = ask(&app, "sei", "certosei");
        assert_eq!(answer.status, 401, "{}", answer.text);
        assert!(answer.text.contains("ELOS_OIDC_AUDIENCE"), "{}", answer.text);
    }
    assert_eq!(issuer.asked("sei"), 1, "it is not asked for again at every call");
}

#[test]
fn without_the_setting_the_facade_takes_tokens_only() {
    let issuer = Issuer::new();
    let mut options = issuer.options();
    options.tramita.basic = None;
    let app = App::with_auth(options);
    let answer = ask(&app, "sei", "certosei");
    assert_eq!(code(&answer), (401, "9401"), "{}", answer.text);
    assert!(answer.text.contains("ELOS_TRAMITA_BASIC"), "{}", answer.text);
    assert_eq!(issuer.asked("sei"), 0);
}

/// Runs the program with its most detailed log and looks for the secrets in it.
#[test]
fn no_log_contains_a_secret() {
    let (issuer, other) = (Issuer::new(), App::empty());
    let program = Program::serve_with(&other, &other.database.app_url(), "0", |command| {
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
