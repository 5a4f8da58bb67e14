//! An external issuer of tokens: discovery, the claims that the server accepts, and the rotation of
//! keys.

use crate::support::{App, MAX_WAIT, signer};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64};
use elos::auth::signer::Signer;
use elos::auth::{AuthOptions, ClaimMapping, KeySource};
use elos::value::tribunal::Tribunal;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// An HTTP server that answers by path. Other paths are a 404.
struct Issuer {
    iss: String,
    responses: Arc<Mutex<HashMap<&'static str, (u16, Value)>>>,
    requests: Arc<AtomicUsize>,
    /// The header fields of each request.
    heads: Arc<Mutex<Vec<String>>>,
}

const DISCOVERY: &str = "/.well-known/openid-configuration";

impl Issuer {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let iss = format!("http://{}", listener.local_addr().unwrap());
        let responses = Arc::<Mutex<HashMap<&'static str, (u16, Value)>>>::default();
        let requests = Arc::<AtomicUsize>::default();
        let (of_server, counted) = (Arc::clone(&responses), Arc::clone(&requests));
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&heads);
        std::thread::spawn(move || {
            for connection in listener.incoming().map(Result::unwrap) {
                let mut lines = BufReader::new(&connection).lines().map_while(Result::ok);
                let request = lines.next().unwrap_or_default();
                let head: Vec<_> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
                seen.lock().unwrap().push(head.join("\n").to_lowercase());
                counted.fetch_add(1, Ordering::SeqCst);
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                let found = of_server.lock().unwrap().get(path.as_str()).cloned();
                let (status, body) = found.unwrap_or((404, Value::Null));
                let body = body.to_string();
                let _ = write!(
                    &connection,
                    "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nLocation: /keys\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        let issuer = Self { iss, responses, requests, heads };
        issuer.respond(DISCOVERY, 200, issuer.configuration("/keys"));
        issuer
    }

    fn configuration(&self, keys: &str) -> Value {
        json!({ "issuer": self.iss, "jwks_uri": format!("{}{keys}", self.iss) })
    }

    fn respond(&self, path: &'static str, status: u16, body: Value) {
        self.responses.lock().unwrap().insert(path, (status, body));
    }

    /// Replaces the keys of the issuer.
    fn set_keys(&self, keys: &[(&str, &Signer)]) {
        let public_keys: Vec<Value> = keys
            .iter()
            .map(|(kid, key)| {
                let mut jwk = json!(key.public_key());
                jwk["kid"] = json!(kid);
                jwk
            })
            .collect();
        self.respond("/keys", 200, json!({ "keys": public_keys }));
    }

    fn options(&self) -> AuthOptions {
        AuthOptions::new(self.iss.clone(), vec!["elos".into()])
    }

    fn claims(&self) -> Value {
        let now = chrono::Local::now().timestamp();
        json!({ "iss": self.iss, "sub": "s", "azp": "x", "aud": "elos", "exp": now + 300, "tribunal": "8.20",
            "realm_access": { "roles": ["pse-consulta"] } })
    }
}

pub fn token(kid: &str, key: &Signer, header: &Value, claims: &Value) -> String {
    let mut jose_header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid });
    jose_header.as_object_mut().unwrap().extend(header.as_object().unwrap().clone());
    let text =
        format!("{}.{}", BASE64.encode(jose_header.to_string()), BASE64.encode(claims.to_string()));
    let signature = BASE64_STANDARD.decode(key.sign(&text).unwrap()).unwrap();
    format!("{text}.{}", BASE64.encode(signature))
}

fn log_in_with(app: &App, token: &str, extra: &[(&str, &str)]) -> (u16, Value) {
    let bearer = format!("Bearer {token}");
    let mut headers =
        vec![("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    headers.extend(extra);
    let response =
        app.request("POST", "/graphql", &headers, br#"{"query":"{eu{tribunal{codigo} papeis}}"}"#);
    (response.status, response.body["data"]["eu"].clone())
}

fn other_key() -> Signer {
    let key = rsa::RsaPrivateKey::new(&mut rand::rngs::OsRng, 2048).unwrap();
    Signer::from_pem(key.to_pkcs8_pem(LineEnding::LF).unwrap().as_bytes()).unwrap()
}

#[test]
fn new_keys_are_found_at_once_and_withdrawn_ones_expire() {
    let (issuer, a, b) = (Issuer::new(), signer(), other_key());
    issuer.set_keys(&[("a", &a)]);
    let app = App::with_auth(issuer.options());
    let (from_a, from_b) = (
        token("a", &a, &json!({}), &issuer.claims()),
        token("b", &b, &json!({}), &issuer.claims()),
    );
    assert_eq!(log_in_with(&app, &from_a, &[]).0, 200);
    let requests = issuer.requests.load(Ordering::SeqCst);
    assert_eq!(requests, 2, "the configuration and the keys, once each");
    // The server caches a verified token, and does not ask the issuer again.
    assert_eq!(log_in_with(&app, &from_a, &[]).0, 200);
    assert_eq!(issuer.requests.load(Ordering::SeqCst), requests);

    // The server accepts a new key at once. Twenty tokens with unknown keys right after it cause no
    // request.
    issuer.set_keys(&[("a", &a), ("b", &b)]);
    assert_eq!(log_in_with(&app, &from_b, &[]).0, 200);
    for n in 0..20 {
        let forged = token(&format!("c{n}"), &b, &json!({}), &issuer.claims());
        assert_eq!(log_in_with(&app, &forged, &[]).0, 401);
    }
    assert_eq!(issuer.requests.load(Ordering::SeqCst), requests + 2);

    // While the issuer is down, the known keys stay valid.
    issuer.respond(DISCOVERY, 500, Value::Null);
    assert_eq!((log_in_with(&app, &from_a, &[]).0, log_in_with(&app, &from_b, &[]).0), (200, 200));

    // The server trusts a withdrawn key only until it reads the keys again, also for a token that
    // it verified before.
    issuer.respond(DISCOVERY, 200, issuer.configuration("/keys"));
    issuer.set_keys(&[("b", &b)]);
    let start = Instant::now();
    while log_in_with(&app, &from_a, &[]).0 == 200 {
        let other = token("z", &b, &json!({}), &issuer.claims());
        assert_eq!(log_in_with(&app, &other, &[]).0, 401);
        assert!(start.elapsed() < MAX_WAIT, "the old key is still trusted");
    }
    assert_eq!((log_in_with(&app, &from_a, &[]).0, log_in_with(&app, &from_b, &[]).0), (401, 200));
}

/// A token with an unknown key makes the server ask the issuer, as a part of that request's trace.
#[test]
fn a_request_to_the_issuer_continues_the_trace_of_its_cause() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let (issuer, a, b) = (Issuer::new(), signer(), other_key());
    issuer.set_keys(&[("a", &a)]);
    let app = App::with_auth(issuer.options());
    assert_eq!(log_in_with(&app, &token("a", &a, &json!({}), &issuer.claims()), &[]).0, 200);
    assert!(issuer.heads.lock().unwrap().iter().all(|head| !head.contains("traceparent")));
    issuer.set_keys(&[("a", &a), ("b", &b)]);
    let bearer = format!("Bearer {}", token("b", &b, &json!({}), &issuer.claims()));
    let caller = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("traceparent", &caller),
        ("tracestate", "a=1,b=2"),
    ];
    let answer = app.request("POST", "/graphql", &headers, br#"{"query":"{eu{sub}}"}"#);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let own = &answer.headers["traceresponse"];
    assert!(own.starts_with(&format!("00-{TRACE}-")) && *own != caller, "{own}");
    let heads = issuer.heads.lock().unwrap();
    let traced = format!("traceparent: {own}\ntracestate: a=1,b=2");
    let of_trace = heads.iter().filter(|head| head.contains(&traced));
    assert_eq!(of_trace.count(), 2, "the configuration and the keys: {heads:#?}");
}

#[test]
fn a_configuration_of_another_issuer_is_refused() {
    let key = signer();
    for (configuration, status) in [
        (json!({ "issuer": "https://outro.example", "jwks_uri": "IGUAL" }), 200),
        (json!({ "issuer": "IGUAL", "jwks_uri": "http://10.0.0.1/keys" }), 200),
        (json!({ "issuer": "IGUAL", "jwks_uri": "file:///etc/passwd" }), 200),
        (json!({ "issuer": "IGUAL" }), 200),
        (json!({}), 302),
    ] {
        let issuer = Issuer::new();
        issuer.set_keys(&[("a", &key)]);
        let text = configuration
            .to_string()
            .replace("\"issuer\":\"IGUAL\"", &format!("\"issuer\":\"{}\"", issuer.iss));
        let text = text.replace("IGUAL", &format!("{}/keys", issuer.iss));
        issuer.respond(DISCOVERY, status, serde_json::from_str(&text).unwrap());
        let app = App::with_auth(issuer.options());
        let good = token("a", &key, &json!({}), &issuer.claims());
        assert_eq!(log_in_with(&app, &good, &[]).0, 503, "{configuration}");
    }
}

#[test]
fn a_file_or_an_address_replaces_discovery() {
    let (issuer, key) = (Issuer::new(), signer());
    issuer.set_keys(&[("a", &key)]);
    let file = std::env::temp_dir().join(format!("elos-jwks-{}.json", std::process::id()));
    let set = issuer.responses.lock().unwrap()["/keys"].1.to_string();
    std::fs::write(&file, set).unwrap();
    for source in [KeySource::File(file.clone()), KeySource::Url(format!("{}/keys", issuer.iss))] {
        let app = App::with_auth(AuthOptions { source, ..issuer.options() });
        let good = token("a", &key, &json!({}), &issuer.claims());
        assert_eq!(log_in_with(&app, &good, &[]).0, 200);
    }
    let _ = std::fs::remove_file(file);
}

#[test]
fn a_key_serves_only_the_algorithm_it_names() {
    let (issuer, key) = (Issuer::new(), signer());
    issuer.set_keys(&[("a", &key)]);
    let mut options = issuer.options();
    options.algorithms.push(jsonwebtoken::Algorithm::PS256);
    let good = token("a", &key, &json!({}), &issuer.claims());
    let app = App::with_auth(options.clone());
    assert_eq!(log_in_with(&app, &good, &[]).0, 200);
    let mut jwk = json!(key.public_key());
    (jwk["kid"], jwk["alg"]) = (json!("a"), json!("PS256"));
    issuer.respond("/keys", 200, json!({ "keys": [jwk] }));
    assert_eq!(log_in_with(&App::with_auth(options), &good, &[]).0, 401);
}

/// The server accepts a token by its `aud`, or by a listed client for tokens with another audience.
#[test]
fn a_token_is_accepted_by_audience_or_by_client() {
    let (issuer, key) = (Issuer::new(), signer());
    issuer.set_keys(&[("a", &key)]);
    let app = App::with_auth(AuthOptions { clients: vec!["pje-tjrn".into()], ..issuer.options() });
    let accepts = |change: &dyn Fn(&mut Value)| {
        let mut claims = issuer.claims();
        change(&mut claims);
        log_in_with(&app, &token("a", &key, &json!({}), &claims), &[]).0
    };
    assert_eq!(accepts(&|c| c["aud"] = json!(["account", "elos"])), 200);
    assert_eq!(accepts(&|c| c["aud"] = json!("account")), 401);
    assert_eq!(accepts(&|c| (c["aud"], c["azp"]) = (json!("account"), json!("pje-tjrn"))), 200);
    assert_eq!(accepts(&|c| (c["aud"], c["azp"]) = (Value::Null, json!("pje-tjrn-2"))), 401);
    // The server refuses a `sub` with a NUL or with 256 characters, and an `azp` that is no text.
    assert_eq!(accepts(&|c| c["sub"] = json!("a\u{0}b")), 401);
    assert_eq!(accepts(&|c| c["sub"] = json!("x".repeat(256))), 401);
    assert_eq!(accepts(&|c| c["azp"] = json!(7)), 401);
}

#[test]
fn only_the_tribunal_that_the_token_names_counts() {
    let (issuer, key) = (Issuer::new(), signer());
    issuer.set_keys(&[("a", &key)]);
    let from_code = |code: &str| Tribunal::from_text(code).unwrap();
    let sequences = [("6".to_owned(), from_code("8.17")), ("7".to_owned(), from_code("8.20"))];
    let mapping = ClaimMapping { sequences: sequences.into(), ..ClaimMapping::default() };
    let app = App::with_auth(AuthOptions { who: mapping, ..issuer.options() });
    let of = |tribunal: Value, corporativo: Value| {
        let mut claims = issuer.claims();
        (claims["tribunal"], claims["corporativo"]) = (tribunal, corporativo);
        token("a", &key, &json!({}), &claims)
    };
    let tribunal = |token: &str, request: Option<&str>| {
        let header = request.map(|request| ("X-Tribunal", request));
        let (status, eu) = log_in_with(&app, token, header.as_slice());
        (status, eu["tribunal"]["codigo"].as_u64())
    };
    let many = of(json!(["8.20", "817"]), Value::Null);
    assert_eq!(tribunal(&many, None), (403, None));
    assert_eq!(tribunal(&many, Some("20")), (200, Some(820)));
    assert_eq!(tribunal(&many, Some("8.17")), (200, Some(817)));
    assert_eq!(tribunal(&many, Some("8.06")), (403, None));
    assert_eq!(tribunal(&many, Some("nenhum")), (403, None));
    let single = of(json!("8.20"), json!([{ "seq_tribunal_pai": 6 }]));
    assert_eq!(tribunal(&single, None), (200, Some(820)));
    assert_eq!(tribunal(&single, Some("8.17")), (403, None));
    // A number of the CNJ Corporativo is no code of a tribunal. A table translates it, and the
    // server refuses a credential with a number that has no entry.
    let seq = |numeros: &[u64]| {
        of(Value::Null, numeros.iter().map(|n| json!({ "seq_tribunal_pai": n })).collect())
    };
    assert_eq!(tribunal(&seq(&[6]), None), (200, Some(817)));
    assert_eq!(tribunal(&seq(&[20]), None), (403, None));
    assert_eq!(tribunal(&seq(&[6, 6]), None), (200, Some(817)));
    assert_eq!(tribunal(&seq(&[6, 7]), None), (403, None));
    assert_eq!(tribunal(&seq(&[6, 7]), Some("820")), (200, Some(820)));
    assert_eq!(tribunal(&seq(&[6, 20]), None), (403, None));
    // Try no table, and then other names of claims.
    let without_table = App::with_auth(issuer.options());
    assert_eq!(log_in_with(&without_table, &seq(&[6]), &[]).0, 403);
    let mapping = ClaimMapping {
        papeis: vec!["x.papeis".parse().unwrap()],
        tribunal: vec![r"https://x\.y/tr".parse().unwrap()],
        ..ClaimMapping::default()
    };
    let another = App::with_auth(AuthOptions { who: mapping, ..issuer.options() });
    let mut claims = issuer.claims();
    (claims["https://x.y/tr"], claims["x"]) = (json!(6), json!({ "papeis": ["pse-auditoria"] }));
    let (status, eu) = log_in_with(&another, &token("a", &key, &json!({}), &claims), &[]);
    assert_eq!(
        (status, eu),
        (200, json!({ "tribunal": { "codigo": 806 }, "papeis": ["pse-auditoria"] }))
    );
}

/// A path with a `*` matches the roles of every client of the realm, so the owner of any client
/// controls them.
#[test]
fn roles_of_any_client_are_not_taken_by_a_wildcard() {
    let (issuer, key) = (Issuer::new(), signer());
    issuer.set_keys(&[("a", &key)]);
    let all = ["auditoria", "consulta", "dados-sensiveis", "integracao", "nacional"];
    let all = all.map(|name| format!("pse-{name}"));
    let in_realm = json!({ "realm_access": { "roles": all } });
    let of_client = json!({ "realm_access": {}, "resource_access": { "x": { "roles": all } } });
    let papeis = |mapping: ClaimMapping, at: &Value| {
        let app = App::with_auth(AuthOptions { who: mapping, ..issuer.options() });
        let mut claims = issuer.claims();
        claims.as_object_mut().unwrap().extend(at.as_object().unwrap().clone());
        let (status, eu) = log_in_with(&app, &token("a", &key, &json!({}), &claims), &[]);
        assert_eq!(status, 200);
        eu["papeis"].clone()
    };
    assert_eq!(papeis(ClaimMapping::default(), &in_realm), json!(all));
    let narrow = json!(["pse-consulta", "pse-integracao"]);
    assert_eq!(papeis(ClaimMapping::default(), &of_client), narrow);

    // The owner of a named client controls a path that names the client.
    let named_file = vec!["resource_access.x.roles".parse().unwrap()];
    assert_eq!(
        papeis(ClaimMapping { papeis: named_file, ..ClaimMapping::default() }, &of_client),
        json!(all)
    );
    // The operator may allow more roles from any client.
    let roles = vec![elos::auth::Papel::DadosSensiveis];
    let mapping = ClaimMapping { from_any_client: roles, ..ClaimMapping::default() };
    let expected = json!(["pse-consulta", "pse-dados-sensiveis", "pse-integracao"]);
    assert_eq!(papeis(mapping, &of_client), expected);
}
