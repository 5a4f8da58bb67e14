//! Who is let in.

use crate::support::App;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64};
use serde_json::{Value, json};

const TOKEN: &str = "/auth/realms/pje/protocol/openid-connect/token";

fn entrar(app: &App, authorization: &str) -> u16 {
    let headers = [("Authorization", authorization), ("Content-Type", "application/json")];
    app.pedir("POST", "/graphql", &headers, br#"{"query":"{eu{azp}}"}"#).status
}

fn claims(app: &App) -> Value {
    let agora = chrono::Local::now().timestamp();
    json!({ "iss": format!("{}/auth/realms/pje", app.base), "sub": "s", "azp": "x", "aud": "elos", "exp": agora + 300,
        "tribunal": "8.20", "realm_access": { "roles": ["pse-consulta"] } })
}

fn assinado(app: &App, mudar: impl FnOnce(&mut Value)) -> String {
    let mut claims = claims(app);
    mudar(&mut claims);
    format!("Bearer {}", app.emissor.assinar(&claims).unwrap())
}

#[test]
fn sem_token_ou_com_token_ruim_e_401_com_desafio() {
    let app = App::vazio();
    let bom = app.token("tjrn");
    let (cabeca, resto) = bom.split_once('.').unwrap();
    let (corpo, assinatura) = resto.split_once('.').unwrap();
    let sem_assinatura = format!("{}.{corpo}.", BASE64.encode(r#"{"alg":"none","typ":"JWT"}"#));
    let hs256 = format!(
        "{}.{corpo}.{assinatura}",
        BASE64.encode(r#"{"alg":"HS256","typ":"JWT","kid":"x"}"#)
    );
    let kid = format!(
        "{}.{corpo}.{assinatura}",
        BASE64.encode(r#"{"alg":"RS256","typ":"JWT","kid":"desconhecido"}"#)
    );
    let trocado = format!("{cabeca}.{}.{assinatura}", BASE64.encode(r#"{"sub":"eu"}"#));
    for token in [
        String::new(),
        "x".into(),
        "..".into(),
        "a.b.c".into(),
        bom[..bom.len() - 4].into(),
        format!("{bom}x"),
        sem_assinatura,
        hs256,
        kid,
        trocado,
        "x".repeat(1_000),
    ] {
        let headers = [("Authorization", format!("Bearer {token}"))];
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        for (metodo, rota) in [
            ("POST", "/graphql"),
            ("GET", "/graphql?query=%7Beu%7Bazp%7D%7D"),
            ("POST", "/api/v1/processos"),
        ] {
            let resposta = app.pedir(metodo, rota, &headers, b"");
            assert_eq!(resposta.status, 401, "{token:.40} {rota}: {}", resposta.texto);
            assert!(resposta.headers["www-authenticate"].starts_with("Bearer"), "{rota}");
            let codigo = resposta
                .corpo
                .pointer("/errors/0/extensions/code")
                .or(resposta.corpo.get("mensagemDesenvolvedor"));
            assert_eq!(codigo, Some(&json!("NAO_AUTENTICADO")), "{rota}: {}", resposta.texto);
        }
    }
    assert_eq!(entrar(&app, &format!("Basic {}", BASE64_STANDARD.encode("tjrn:demo"))), 401);
    assert_eq!(entrar(&app, &format!("bearer {bom}")), 200);
}

/// Every part of a token that could lead a server astray is only what is signed, and
/// nobody is asked for keys that the token names.
#[test]
fn nada_que_o_token_diz_de_si_mesmo_e_crido() {
    let app = App::vazio();
    let bom = app.token("tjrn");
    let corpo = bom.split('.').nth(1).unwrap();
    let certs = format!("{}/protocol/openid-connect/certs", elos::auth::issuer::CAMINHO);
    let publica = app.pedir("GET", &certs, &[], b"").corpo["keys"][0].clone();
    let n = BASE64.decode(publica["n"].as_str().unwrap()).unwrap();

    // A key of one's own, told in every way that the standards have.
    let intrusa = crate::support::assinante();
    let isca = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    isca.set_nonblocking(true).unwrap();
    let url = format!("http://{}/keys", isca.local_addr().unwrap());
    let forjar = |cabeca: Value| {
        let texto = format!("{}.{corpo}", BASE64.encode(cabeca.to_string()));
        let assinatura = BASE64_STANDARD.decode(intrusa.assinar(&texto).unwrap()).unwrap();
        format!("{texto}.{}", BASE64.encode(assinatura))
    };
    let kid = &publica["kid"];
    let jwk = json!(intrusa.chave_publica());
    let mut forjados: Vec<String> = [
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
    .map(forjar)
    .to_vec();
    // The public key is known to all: as the secret of an HMAC it signs nothing.
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        BASE64_STANDARD.encode(&n)
    );
    for segredo in [n.as_slice(), publica["n"].as_str().unwrap().as_bytes(), pem.as_bytes()] {
        for alg in [jsonwebtoken::Algorithm::HS256, jsonwebtoken::Algorithm::HS512] {
            let mut cabeca = jsonwebtoken::Header::new(alg);
            cabeca.kid = kid.as_str().map(str::to_owned);
            let claims: Value = serde_json::from_slice(&BASE64.decode(corpo).unwrap()).unwrap();
            let chave = jsonwebtoken::EncodingKey::from_secret(segredo);
            forjados.push(jsonwebtoken::encode(&cabeca, &claims, &chave).unwrap());
        }
    }
    // Cut at every place that a reader could trip on.
    forjados.extend((0..bom.len()).step_by(17).map(|n| bom[..n].to_owned()));
    forjados.extend([
        ".".into(),
        "...".into(),
        format!("{bom}."),
        format!(".{bom}"),
        "x".repeat(100_000),
    ]);
    for token in &forjados {
        assert_eq!(entrar(&app, &format!("Bearer {token}")), 401, "{token:.80}");
    }
    assert!(isca.accept().is_err(), "somebody asked for the forger's keys");
    assert_eq!(entrar(&app, &format!("Bearer {bom}")), 200);
}

/// Larger than any header may be: refused before it is a token, and nothing breaks.
#[test]
fn um_token_de_um_megabyte_nao_entra() {
    use std::io::{Read, Write};
    let app = App::vazio();
    let mut conexao = std::net::TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    let pedido = format!(
        "GET /graphql?query=%7Beu%7Bsub%7D%7D HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
        "x".repeat(1 << 20)
    );
    // The server may close while we still write.
    let _ = conexao.write_all(pedido.as_bytes());
    let mut resposta = Vec::new();
    let _ = conexao.read_to_end(&mut resposta);
    let resposta = String::from_utf8_lossy(&resposta);
    assert!(resposta.starts_with("HTTP/1.1 431"), "{resposta:.200}");
    assert_eq!(entrar(&app, &format!("Bearer {}", app.token("tjrn"))), 200);
}

#[test]
fn cada_claim_e_conferida() {
    let app = App::vazio();
    let agora = chrono::Local::now().timestamp();
    assert_eq!(entrar(&app, &assinado(&app, |_| {})), 200);
    type Mudanca = Box<dyn Fn(&mut Value)>;
    let falsos: [(&str, Mudanca); 8] = [
        ("expirado", Box::new(move |c| c["exp"] = json!(agora - 60))),
        (
            "sem exp",
            Box::new(|c| {
                c.as_object_mut().unwrap().remove("exp");
            }),
        ),
        ("ainda não vale", Box::new(move |c| c["nbf"] = json!(agora + 120))),
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
    for (nome, mudar) in falsos {
        assert_eq!(entrar(&app, &assinado(&app, mudar)), 401, "{nome}");
    }
    let texto = |mudar: Mudanca| {
        let token = assinado(&app, mudar);
        app.pedir("GET", "/graphql?query=%7Beu%7Bsub%7D%7D", &[("Authorization", &token)], b"")
            .texto
    };
    let (velho, novo) = (
        texto(Box::new(move |c| c["exp"] = json!(agora - 60))),
        texto(Box::new(move |c| c["nbf"] = json!(agora + 120))),
    );
    assert!(velho.contains("o token expirou"), "{velho}");
    assert!(novo.contains("o token ainda não vale"), "{novo}");
    // A clock half a minute apart is forgiven.
    assert_eq!(entrar(&app, &assinado(&app, |c| c["exp"] = json!(agora - 10))), 200);
    assert_eq!(entrar(&app, &assinado(&app, |c| c["aud"] = json!(["outra", "elos"]))), 200);
}

#[test]
fn sem_tribunal_e_sem_ser_nacional_e_403() {
    let app = App::vazio();
    for tribunal in [Value::Null, json!("9.99"), json!("")] {
        let token = assinado(&app, |c| c["tribunal"] = tribunal.clone());
        assert_eq!(entrar(&app, &token), 403, "{tribunal}");
    }
    let nacional = assinado(&app, |c| {
        c["tribunal"] = Value::Null;
        c["realm_access"]["roles"] = json!(["pse-nacional", "pse-consulta"]);
    });
    assert_eq!(entrar(&app, &nacional), 200);
}

#[test]
fn papeis_vem_do_realm_e_do_cliente_e_sem_consulta_nada_se_le() {
    let app = App::vazio();
    let perguntar = |authorization: &str, query: &str| {
        let headers = [("Authorization", authorization), ("Content-Type", "application/json")];
        app.pedir("POST", "/graphql", &headers, json!({ "query": query }).to_string().as_bytes())
            .corpo
    };
    let cliente = assinado(&app, |c| {
        c["realm_access"] = json!({ "roles": ["offline_access"] });
        c["resource_access"] = json!({ "pse": { "roles": ["pse-consulta", "pse-auditoria"] } });
    });
    // What is wide is not taken from there: see `emissor.rs`.
    assert_eq!(
        perguntar(&cliente, "{ eu { papeis } }")["data"]["eu"]["papeis"],
        json!(["pse-consulta"])
    );

    let sem_papel = assinado(&app, |c| c["realm_access"] = json!({}));
    for query in [
        "{ processos { nodes { id } } }",
        "{ adolescentes { nodes { id } } }",
        "{ tribunais { tr } }",
        r#"{ node(id: "x") { id } }"#,
        r#"{ processo(numero: "90007416220218200083") { id } }"#,
        r#"{ apuracao(numero: "90007416220218200083") { id } }"#,
        r#"{ adolescente(identificador: "202600000001") { id } }"#,
    ] {
        let resposta = perguntar(&sem_papel, query);
        assert_eq!(
            resposta["errors"][0]["extensions"]["code"], "SEM_PERMISSAO",
            "{query}: {resposta}"
        );
    }
    let resposta = perguntar(&sem_papel, r#"{ nodes(ids: ["x"]) { id } }"#);
    assert_eq!(resposta["data"]["nodes"], json!([null]));
}

#[test]
fn o_emissor_de_demonstracao_confere_o_segredo() {
    let app = App::vazio();
    let pedir = |basic: &str, corpo: &str| {
        let basic = format!("Basic {}", BASE64_STANDARD.encode(basic));
        let headers = [
            ("Authorization", basic.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        app.pedir("POST", TOKEN, &headers, corpo.as_bytes())
    };
    let bom = pedir("tjrn:demo", "grant_type=client_credentials&scope=x");
    assert_eq!((bom.status, &bom.corpo["token_type"]), (200, &json!("Bearer")));
    assert!(bom.corpo["expires_in"].as_i64().unwrap() >= 300);
    assert_eq!(bom.headers["x-dev-issuer"], "1");
    for credencial in ["tjrn:errado", "ninguem:demo", "tjrn", ":"] {
        let resposta = pedir(credencial, "grant_type=client_credentials");
        assert_eq!(
            (resposta.status, &resposta.corpo["error"]),
            (401, &json!("invalid_client")),
            "{credencial}"
        );
    }
    assert_eq!(pedir("tjrn:demo", "grant_type=password").status, 400);
    assert_eq!(app.pedir("POST", TOKEN, &[], b"").status / 100, 4);

    let descoberta = app.pedir(
        "GET",
        "/auth/realms/pje/.well-known/openid-configuration",
        &[("Host", "outro.example")],
        b"",
    );
    assert_eq!(descoberta.corpo["issuer"], format!("{}/auth/realms/pje", app.base));
    let clientes = app.pedir("GET", "/auth/realms/pje/demo-clients", &[], b"");
    assert_eq!(clientes.corpo.as_array().unwrap().len(), 6);
}

/// An issuer that is down is asked once for all who wait, and not by each.
#[test]
fn emissor_fora_do_ar_e_503_e_nao_e_martelado() {
    use std::io::{Read, Write};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    let emissor = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let iss = format!("http://{}/x", emissor.local_addr().unwrap());
    let buscas = Arc::new(AtomicU32::new(0));
    let contadas = Arc::clone(&buscas);
    std::thread::spawn(move || {
        for conexao in emissor.incoming() {
            let mut conexao = conexao.unwrap();
            contadas.fetch_add(1, Ordering::SeqCst);
            let _ = conexao.read(&mut [0; 1024]);
            let _ = conexao
                .write_all(b"HTTP/1.1 503 Fora\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    let app = App::com_emissor(&iss);
    let token = format!("Bearer {}", app.emissor.assinar(&claims(&app)).unwrap());
    let inicio = std::time::Instant::now();
    std::thread::scope(|escopo| {
        for _ in 0..16 {
            escopo.spawn(|| assert_eq!(entrar(&app, &token), 503));
        }
    });
    // At most one a second, plus the first.
    let maximo = u32::try_from(inicio.elapsed().as_secs()).unwrap() + 2;
    assert!(buscas.load(Ordering::SeqCst) <= maximo, "{} fetches", buscas.load(Ordering::SeqCst));
}

#[test]
fn quem_nao_pode_escrever_sabe_disso_antes_de_saber_do_corpo() {
    let app = App::vazio();
    let bearer = format!("Bearer {}", app.token("tjrn-leitura"));
    let numero = "9000741-62.2021.8.20.0083";
    for (metodo, rota) in [
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
        let resposta = app.pedir(metodo, &format!("/api/v1{rota}"), &headers, b"{}");
        assert_eq!(resposta.status, 403, "{metodo} {rota}: {}", resposta.texto);
    }
}
