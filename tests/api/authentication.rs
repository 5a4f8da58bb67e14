//! The server accepts valid tokens of its issuer and refuses all others.

use crate::support::App;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64};
use ring::hmac;
use serde_json::{Value, json};

const TOKEN: &str = "/auth/realms/pje/protocol/openid-connect/token";

fn authenticate(app: &App, authorization: &str) -> u16 {
    let headers = [("Authorization", authorization), ("Content-Type", "application/json")];
    app.request("POST", "/graphql", &headers, br#"{"query":"{eu{azp}}"}"#).status
}

fn claims(app: &App) -> Value {
    let now = chrono::Local::now().timestamp();
    json!({ "iss": format!("{}/auth/realms/pje", app.base), "sub": "s", "azp": "x", "aud": "elos", "exp": now + 300,
        "tribunal": "8.20", "realm_access": { "roles": ["pse-consulta"] } })
}

fn signed(app: &App, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = claims(app);
    change(&mut claims);
    format!("Bearer {}", app.issuer.sign(&claims).unwrap())
}

#[test]
fn no_token_or_a_bad_one_is_401_with_a_challenge() {
    let app = App::empty();
    let good = app.token("tjrn");
    let (jose_header, rest) = good.split_once('.').unwrap();
    let (body, signature) = rest.split_once('.').unwrap();
    let unsigned = format!("{}.{body}.", BASE64.encode(r#"{"alg":"none","typ":"JWT"}"#));
    let hs256 =
        format!("{}.{body}.{signature}", BASE64.encode(r#"{"alg":"HS256","typ":"JWT","kid":"x"}"#));
    let kid = format!(
        "{}.{body}.{signature}",
        BASE64.encode(r#"{"alg":"RS256","typ":"JWT","kid":"desconhecido"}"#)
    );
    let changed = format!("{jose_header}.{}.{signature}", BASE64.encode(r#"{"sub":"eu"}"#));
    for token in [
        String::new(),
        "x".into(),
        "..".into(),
        "a.b.c".into(),
        good[..good.len() - 4].into(),
        format!("{good}x"),
        unsigned,
        hs256,
        kid,
        changed,
        "x".repeat(1_000),
    ] {
        let headers = [("Authorization", format!("Bearer {token}"))];
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        for (method, route) in [
            ("POST", "/graphql"),
            ("GET", "/graphql?query=%7Beu%7Bazp%7D%7D"),
            ("POST", "/api/v1/processos"),
        ] {
            let response = app.request(method, route, &headers, b"");
            assert_eq!(response.status, 401, "{token:.40} {route}: {}", response.text);
            assert!(response.headers["www-authenticate"].starts_with("Bearer"), "{route}");
            let code = response
                .body
                .pointer("/errors/0/extensions/code")
                .or(response.body.get("mensagemDesenvolvedor"));
            assert_eq!(code, Some(&json!("NAO_AUTENTICADO")), "{route}: {}", response.text);
        }
    }
    assert_eq!(authenticate(&app, &format!("Basic {}", BASE64_STANDARD.encode("tjrn:demo"))), 401);
    assert_eq!(authenticate(&app, &format!("bearer {good}")), 200);
}

/// A token header can name an algorithm, a key or a URL of keys. The server refuses each of these
/// forged tokens and fetches no key that a token names.
#[test]
fn token_headers_that_name_a_key_are_ignored() {
    let app = App::empty();
    let good = app.token("tjrn");
    let body = good.split('.').nth(1).unwrap();
    let certs = format!("{}/protocol/openid-connect/certs", elos::auth::issuer::PATH);
    let public_key = app.request("GET", &certs, &[], b"").body["keys"][0].clone();
    let n = BASE64.decode(public_key["n"].as_str().unwrap()).unwrap();

    // The attacker signs with its own key and names it in several headers.
    let intruder = crate::support::signer();
    let decoy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    decoy.set_nonblocking(true).unwrap();
    let url = format!("http://{}/keys", decoy.local_addr().unwrap());
    let forge = |jose_header: Value| {
        let text = format!("{}.{body}", BASE64.encode(jose_header.to_string()));
        let signature = BASE64_STANDARD.decode(intruder.sign(&text).unwrap()).unwrap();
        format!("{text}.{}", BASE64.encode(signature))
    };
    let kid = &public_key["kid"];
    let jwk = json!(intruder.public_key());
    let mut all_forged: Vec<String> = [
        json!({ "alg": "RS256", "typ": "JWT", "kid": kid }),
        json!({ "alg": "RS256", "typ": "JWT", "kid": "intrusa", "jwk": jwk }),
        json!({ "alg": "RS256", "typ": "JWT", "kid": kid, "jwk": jwk }),
        json!({ "alg": "RS256", "typ": "JWT", "kid": "intrusa", "jku": url }),
        json!({ "alg": "RS256", "typ": "JWT", "kid": kid, "jku": url, "x5u": url }),
        json!({ "alg": "RS256", "typ": "JWT", "jwk": jwk }),
        json!({ "alg": "RS256", "typ": "JWT", "kid": kid, "crit": ["b64"], "b64": false }),
        json!({ "alg": "RS256", "typ": "logout+jwt", "kid": kid }),
        json!({ "alg": "RS512", "typ": "JWT", "kid": kid }),
        json!({ "alg": ["RS256"], "typ": "JWT", "kid": kid }),
    ]
    .map(forge)
    .to_vec();
    // Everybody knows the public key. As the secret of an HMAC it must not sign a token.
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        BASE64_STANDARD.encode(&n)
    );
    for secret in [n.as_slice(), public_key["n"].as_str().unwrap().as_bytes(), pem.as_bytes()] {
        for (alg, hmac) in [("HS256", hmac::HMAC_SHA256), ("HS512", hmac::HMAC_SHA512)] {
            let header = json!({ "alg": alg, "typ": "JWT", "kid": kid });
            let text = format!("{}.{body}", BASE64.encode(header.to_string()));
            let signature = hmac::sign(&hmac::Key::new(hmac, secret), text.as_bytes());
            all_forged.push(format!("{text}.{}", BASE64.encode(signature)));
        }
    }
    // Cut the valid token at many lengths.
    all_forged.extend((0..good.len()).step_by(17).map(|n| good[..n].to_owned()));
    all_forged.extend([
        ".".into(),
        "...".into(),
        format!("{good}."),
        format!(".{good}"),
        "x".repeat(100_000),
    ]);
    for token in &all_forged {
        assert_eq!(authenticate(&app, &format!("Bearer {token}")), 401, "{token:.80}");
    }
    assert!(decoy.accept().is_err(), "somebody asked for the forger's keys");
    assert_eq!(authenticate(&app, &format!("Bearer {good}")), 200);
}

/// The server refuses a header above every limit before it reads the token.
#[test]
fn a_token_of_a_megabyte_is_refused() {
    use std::io::{Read, Write};
    let app = App::empty();
    let mut connection =
        std::net::TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    let request = format!(
        "GET /graphql?query=%7Beu%7Bsub%7D%7D HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
        "x".repeat(1 << 20)
    );
    // The server may close the connection while the client still writes.
    let _ = connection.write_all(request.as_bytes());
    let mut response = Vec::new();
    let _ = connection.read_to_end(&mut response);
    let response = String::from_utf8_lossy(&response);
    assert!(response.starts_with("HTTP/1.1 431"), "{response:.200}");
    assert_eq!(authenticate(&app, &app.bearer("tjrn")), 200);
}

#[test]
fn each_claim_is_checked() {
    let app = App::empty();
    let now = chrono::Local::now().timestamp();
    assert_eq!(authenticate(&app, &signed(&app, |_| {})), 200);
    type Change = Box<dyn Fn(&mut Value)>;
    let fakes: [(&str, Change); 8] = [
        ("expirado", Box::new(move |c| c["exp"] = json!(now - 60))),
        (
            "sem exp",
            Box::new(|c| {
                c.as_object_mut().unwrap().remove("exp");
            }),
        ),
        ("ainda não vale", Box::new(move |c| c["nbf"] = json!(now + 120))),
        ("outro emissor", Box::new(|c| c["iss"] = json!("http://127.0.0.1/outro"))),
        (
            "sem emissor",
            Box::new(|c| {
                c.as_object_mut().unwrap().remove("iss");
            }),
        ),
        ("outra audiência", Box::new(|c| c["aud"] = json!("outra"))),
        (
            "sem audiência",
            Box::new(|c| {
                c.as_object_mut().unwrap().remove("aud");
            }),
        ),
        (
            "sem sub",
            Box::new(|c| {
                c.as_object_mut().unwrap().remove("sub");
            }),
        ),
    ];
    for (name, change) in fakes {
        assert_eq!(authenticate(&app, &signed(&app, change)), 401, "{name}");
    }
    let text = |change: Change| {
        let token = signed(&app, change);
        app.request("GET", "/graphql?query=%7Beu%7Bsub%7D%7D", &[("Authorization", &token)], b"")
            .text
    };
    let (old, new) = (
        text(Box::new(move |c| c["exp"] = json!(now - 60))),
        text(Box::new(move |c| c["nbf"] = json!(now + 120))),
    );
    assert!(old.contains("o token expirou"), "{old}");
    assert!(new.contains("o token ainda não vale"), "{new}");
    // The server accepts a difference of clocks of up to half a minute.
    assert_eq!(authenticate(&app, &signed(&app, |c| c["exp"] = json!(now - 10))), 200);
    assert_eq!(authenticate(&app, &signed(&app, |c| c["aud"] = json!(["outra", "elos"]))), 200);
}

#[test]
fn a_credential_without_a_tribunal_is_403() {
    let app = App::empty();
    for tribunal in [Value::Null, json!("9.99"), json!("")] {
        let token = signed(&app, |c| c["tribunal"] = tribunal.clone());
        assert_eq!(authenticate(&app, &token), 403, "{tribunal}");
    }
    let nacional = signed(&app, |c| {
        c["tribunal"] = Value::Null;
        c["realm_access"]["roles"] = json!(["pse-nacional", "pse-consulta"]);
    });
    assert_eq!(authenticate(&app, &nacional), 200);
}

#[test]
fn papeis_are_of_realm_and_client_and_only_consulta_reads() {
    let app = App::empty();
    let ask = |authorization: &str, query: &str| {
        let headers = [("Authorization", authorization), ("Content-Type", "application/json")];
        app.request("POST", "/graphql", &headers, json!({ "query": query }).to_string().as_bytes())
            .body
    };
    let client = signed(&app, |c| {
        c["realm_access"] = json!({ "roles": ["offline_access"] });
        c["resource_access"] = json!({ "pse": { "roles": ["pse-consulta", "pse-auditoria"] } });
    });
    // From the roles of clients, the server takes only `pse-consulta` and `pse-integracao`; see
    // `issuer.rs`.
    assert_eq!(ask(&client, "{ eu { papeis } }")["data"]["eu"]["papeis"], json!(["pse-consulta"]));

    let without_papel = signed(&app, |c| c["realm_access"] = json!({}));
    for query in [
        "{ processos { nodes { id } } }",
        "{ adolescentes { nodes { id } } }",
        "{ tribunais { tr } }",
        r#"{ node(id: "x") { id } }"#,
        r#"{ processo(numero: "90007416220218200083") { id } }"#,
        r#"{ apuracao(numero: "90007416220218200083") { id } }"#,
        r#"{ adolescente(identificador: "202600000001") { id } }"#,
    ] {
        let response = ask(&without_papel, query);
        assert_eq!(
            response["errors"][0]["extensions"]["code"], "SEM_PERMISSAO",
            "{query}: {response}"
        );
    }
    let response = ask(&without_papel, r#"{ nodes(ids: ["x"]) { id } }"#);
    assert_eq!(response["data"]["nodes"], json!([null]));
}

#[test]
fn the_demo_issuer_checks_the_secret() {
    let app = App::empty();
    let request = |basic: &str, body: &str| {
        let basic = format!("Basic {}", BASE64_STANDARD.encode(basic));
        let headers = [
            ("Authorization", basic.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        app.request("POST", TOKEN, &headers, body.as_bytes())
    };
    let good = request("tjrn:demo", "grant_type=client_credentials&scope=x");
    assert_eq!((good.status, &good.body["token_type"]), (200, &json!("Bearer")));
    assert!(good.body["expires_in"].as_i64().unwrap() >= 300);
    assert_eq!(good.headers["x-dev-issuer"], "1");
    for credential in ["tjrn:errado", "ninguem:demo", "tjrn", ":"] {
        let response = request(credential, "grant_type=client_credentials");
        assert_eq!(
            (response.status, &response.body["error"]),
            (401, &json!("invalid_client")),
            "{credential}"
        );
    }
    assert_eq!(request("tjrn:demo", "grant_type=password").status, 400);
    assert_eq!(app.request("POST", TOKEN, &[], b"").status / 100, 4);

    let discovery = app.request(
        "GET",
        "/auth/realms/pje/.well-known/openid-configuration",
        &[("Host", "outro.example")],
        b"",
    );
    assert_eq!(discovery.body["issuer"], format!("{}/auth/realms/pje", app.base));
    let clients = app.request("GET", "/auth/realms/pje/demo-clients", &[], b"");
    assert_eq!(clients.body.as_array().unwrap().len(), 7);
}

/// When the issuer is down, the server asks it once for all waiting requests.
#[test]
fn an_issuer_that_is_down_is_503_and_gets_few_requests() {
    use std::io::{Read, Write};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    let issuer = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let iss = format!("http://{}/x", issuer.local_addr().unwrap());
    let fetches = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&fetches);
    std::thread::spawn(move || {
        for connection in issuer.incoming() {
            let mut connection = connection.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = connection.read(&mut [0; 1024]);
            let _ = connection
                .write_all(b"HTTP/1.1 503 Fora\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    let app = App::with_issuer(&iss);
    let token = format!("Bearer {}", app.issuer.sign(&claims(&app)).unwrap());
    let start = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| assert_eq!(authenticate(&app, &token), 503));
        }
    });
    // The server sends the first request at once, and then at most one each second.
    let max = u32::try_from(start.elapsed().as_secs()).unwrap() + 2;
    assert!(fetches.load(Ordering::SeqCst) <= max, "{} fetches", fetches.load(Ordering::SeqCst));
}

#[test]
fn a_client_that_may_not_write_is_refused_before_its_body_is_checked() {
    let app = App::empty();
    let bearer = app.bearer("tjrn-leitura");
    let numero = "9000741-62.2021.8.20.0083";
    for (method, route) in [
        ("POST", "/processos"),
        ("PUT", "/processos"),
        ("POST", "/adolescentes"),
        ("PUT", "/adolescentes"),
        ("POST", "/processo-rascunho"),
        ("POST", "/guias/definitiva"),
        ("PUT", "/guias/202601010001/situacao/X"),
        ("PUT", &format!("/processos/numero-processo/{numero}/situacao/X")),
        ("POST", &format!("/processos/{numero}/apuracao/adolescentes/x")),
        ("DELETE", &format!("/processos/{numero}/apuracao/adolescentes/x")),
    ] {
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let response = app.request(method, &format!("/api/v1{route}"), &headers, b"{}");
        assert_eq!(response.status, 403, "{method} {route}: {}", response.text);
    }
}
