//! An issuer of tokens that is not ours: found, believed as far as it may be, and rotated.

use crate::support::{App, PATIENCE, assinante};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64};
use elos::auth::signer::Assinante;
use elos::auth::{AuthOptions, Fonte, QuemE};
use elos::value::tribunal::Tribunal;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Answers by path; what is not there is a 404.
struct Emissor {
    iss: String,
    respostas: Arc<Mutex<HashMap<&'static str, (u16, Value)>>>,
    perguntas: Arc<AtomicUsize>,
}

const DESCOBERTA: &str = "/.well-known/openid-configuration";

impl Emissor {
    fn novo() -> Self {
        let escuta = TcpListener::bind("127.0.0.1:0").unwrap();
        let iss = format!("http://{}", escuta.local_addr().unwrap());
        let respostas = Arc::<Mutex<HashMap<&'static str, (u16, Value)>>>::default();
        let perguntas = Arc::<AtomicUsize>::default();
        let (do_servidor, contadas) = (Arc::clone(&respostas), Arc::clone(&perguntas));
        std::thread::spawn(move || {
            for conexao in escuta.incoming().map(Result::unwrap) {
                let mut linhas = BufReader::new(&conexao).lines().map_while(Result::ok);
                let pedido = linhas.next().unwrap_or_default();
                let _ = linhas.find(String::is_empty);
                contadas.fetch_add(1, Ordering::SeqCst);
                let caminho = pedido.split(' ').nth(1).unwrap_or_default().to_owned();
                let achada = do_servidor.lock().unwrap().get(caminho.as_str()).cloned();
                let (status, corpo) = achada.unwrap_or((404, Value::Null));
                let corpo = corpo.to_string();
                let _ = write!(
                    &conexao,
                    "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nLocation: /keys\r\nConnection: close\r\n\r\n{corpo}",
                    corpo.len()
                );
            }
        });
        let emissor = Self { iss, respostas, perguntas };
        emissor.responder(DESCOBERTA, 200, emissor.configuracao("/keys"));
        emissor
    }

    fn configuracao(&self, chaves: &str) -> Value {
        json!({ "issuer": self.iss, "jwks_uri": format!("{}{chaves}", self.iss) })
    }

    fn responder(&self, caminho: &'static str, status: u16, corpo: Value) {
        self.respostas.lock().unwrap().insert(caminho, (status, corpo));
    }

    /// These keys, by these names, from now on.
    fn tem(&self, chaves: &[(&str, &Assinante)]) {
        let publicas: Vec<Value> = chaves
            .iter()
            .map(|(kid, chave)| {
                let mut jwk = json!(chave.chave_publica());
                jwk["kid"] = json!(kid);
                jwk
            })
            .collect();
        self.responder("/keys", 200, json!({ "keys": publicas }));
    }

    fn opcoes(&self) -> AuthOptions {
        AuthOptions::novas(self.iss.clone(), vec!["elos".into()])
    }

    fn claims(&self) -> Value {
        let agora = chrono::Local::now().timestamp();
        json!({ "iss": self.iss, "sub": "s", "azp": "x", "aud": "elos", "exp": agora + 300, "tribunal": "8.20",
            "realm_access": { "roles": ["pse-consulta"] } })
    }
}

pub fn token(kid: &str, chave: &Assinante, cabecalho: &Value, claims: &Value) -> String {
    let mut cabeca = json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid });
    cabeca.as_object_mut().unwrap().extend(cabecalho.as_object().unwrap().clone());
    let texto =
        format!("{}.{}", BASE64.encode(cabeca.to_string()), BASE64.encode(claims.to_string()));
    let assinatura = BASE64_STANDARD.decode(chave.assinar(&texto).unwrap()).unwrap();
    format!("{texto}.{}", BASE64.encode(assinatura))
}

fn entrar_com(app: &App, token: &str, mais: &[(&str, &str)]) -> (u16, Value) {
    let bearer = format!("Bearer {token}");
    let mut headers =
        vec![("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    headers.extend(mais);
    let resposta =
        app.pedir("POST", "/graphql", &headers, br#"{"query":"{eu{tribunal{codigo} papeis}}"}"#);
    (resposta.status, resposta.corpo["data"]["eu"].clone())
}

fn outra_chave() -> Assinante {
    let chave = rsa::RsaPrivateKey::new(&mut rand::rngs::OsRng, 2048).unwrap();
    Assinante::de_pem(chave.to_pkcs8_pem(LineEnding::LF).unwrap().as_bytes()).unwrap()
}

#[test]
fn chaves_se_acham_entram_de_imediato_e_saem() {
    let (emissor, a, b) = (Emissor::novo(), assinante(), outra_chave());
    emissor.tem(&[("a", &a)]);
    let app = App::com_auth(emissor.opcoes());
    let (de_a, de_b) = (
        token("a", &a, &json!({}), &emissor.claims()),
        token("b", &b, &json!({}), &emissor.claims()),
    );
    assert_eq!(entrar_com(&app, &de_a, &[]).0, 200);
    let perguntas = emissor.perguntas.load(Ordering::SeqCst);
    assert_eq!(perguntas, 2, "the configuration and the keys, once each");
    // What was verified is not verified again, and nobody is asked.
    assert_eq!(entrar_com(&app, &de_a, &[]).0, 200);
    assert_eq!(emissor.perguntas.load(Ordering::SeqCst), perguntas);

    // A new key is let in at once; one that nobody has costs no more than that one asking.
    emissor.tem(&[("a", &a), ("b", &b)]);
    assert_eq!(entrar_com(&app, &de_b, &[]).0, 200);
    for n in 0..20 {
        let forjado = token(&format!("c{n}"), &b, &json!({}), &emissor.claims());
        assert_eq!(entrar_com(&app, &forjado, &[]).0, 401);
    }
    assert_eq!(emissor.perguntas.load(Ordering::SeqCst), perguntas + 2);

    // The issuer falls: the keys that are known stay.
    emissor.responder(DESCOBERTA, 500, Value::Null);
    assert_eq!((entrar_com(&app, &de_a, &[]).0, entrar_com(&app, &de_b, &[]).0), (200, 200));

    // A key that the issuer withdrew is trusted no longer than until the set is read again,
    // not even for a token that was verified while it was there.
    emissor.responder(DESCOBERTA, 200, emissor.configuracao("/keys"));
    emissor.tem(&[("b", &b)]);
    let inicio = Instant::now();
    while entrar_com(&app, &de_a, &[]).0 == 200 {
        let outro = token("z", &b, &json!({}), &emissor.claims());
        assert_eq!(entrar_com(&app, &outro, &[]).0, 401);
        assert!(inicio.elapsed() < PATIENCE, "the old key is still trusted");
    }
    assert_eq!((entrar_com(&app, &de_a, &[]).0, entrar_com(&app, &de_b, &[]).0), (401, 200));
}

#[test]
fn uma_configuracao_que_nao_e_a_do_emissor_nao_vale() {
    let chave = assinante();
    for (configuracao, status) in [
        (json!({ "issuer": "https://outro.example", "jwks_uri": "IGUAL" }), 200),
        (json!({ "issuer": "IGUAL", "jwks_uri": "http://10.0.0.1/keys" }), 200),
        (json!({ "issuer": "IGUAL", "jwks_uri": "file:///etc/passwd" }), 200),
        (json!({ "issuer": "IGUAL" }), 200),
        (json!({}), 302),
    ] {
        let emissor = Emissor::novo();
        emissor.tem(&[("a", &chave)]);
        let texto = configuracao
            .to_string()
            .replace("\"issuer\":\"IGUAL\"", &format!("\"issuer\":\"{}\"", emissor.iss));
        let texto = texto.replace("IGUAL", &format!("{}/keys", emissor.iss));
        emissor.responder(DESCOBERTA, status, serde_json::from_str(&texto).unwrap());
        let app = App::com_auth(emissor.opcoes());
        let bom = token("a", &chave, &json!({}), &emissor.claims());
        assert_eq!(entrar_com(&app, &bom, &[]).0, 503, "{configuracao}");
    }
}

#[test]
fn um_arquivo_ou_um_endereco_serve_no_lugar_da_descoberta() {
    let (emissor, chave) = (Emissor::novo(), assinante());
    emissor.tem(&[("a", &chave)]);
    let arquivo = std::env::temp_dir().join(format!("elos-jwks-{}.json", std::process::id()));
    let conjunto = emissor.respostas.lock().unwrap()["/keys"].1.to_string();
    std::fs::write(&arquivo, conjunto).unwrap();
    for fonte in [Fonte::Arquivo(arquivo.clone()), Fonte::Url(format!("{}/keys", emissor.iss))] {
        let app = App::com_auth(AuthOptions { fonte, ..emissor.opcoes() });
        let bom = token("a", &chave, &json!({}), &emissor.claims());
        assert_eq!(entrar_com(&app, &bom, &[]).0, 200);
    }
    let _ = std::fs::remove_file(arquivo);
}

#[test]
fn uma_chave_so_serve_ao_algoritmo_que_diz() {
    let (emissor, chave) = (Emissor::novo(), assinante());
    emissor.tem(&[("a", &chave)]);
    let mut opcoes = emissor.opcoes();
    opcoes.algoritmos.push(jsonwebtoken::Algorithm::PS256);
    let bom = token("a", &chave, &json!({}), &emissor.claims());
    let app = App::com_auth(opcoes.clone());
    assert_eq!(entrar_com(&app, &bom, &[]).0, 200);
    let mut jwk = json!(chave.chave_publica());
    (jwk["kid"], jwk["alg"]) = (json!("a"), json!("PS256"));
    emissor.responder("/keys", 200, json!({ "keys": [jwk] }));
    assert_eq!(entrar_com(&App::com_auth(opcoes), &bom, &[]).0, 401);
}

/// Who a token is for, by `aud`; or, where it is for another, by the client that is listed.
#[test]
fn a_audiencia_ou_o_cliente() {
    let (emissor, chave) = (Emissor::novo(), assinante());
    emissor.tem(&[("a", &chave)]);
    let app = App::com_auth(AuthOptions { clientes: vec!["pje-tjrn".into()], ..emissor.opcoes() });
    let entra = |mudar: &dyn Fn(&mut Value)| {
        let mut claims = emissor.claims();
        mudar(&mut claims);
        entrar_com(&app, &token("a", &chave, &json!({}), &claims), &[]).0
    };
    assert_eq!(entra(&|c| c["aud"] = json!(["account", "elos"])), 200);
    assert_eq!(entra(&|c| c["aud"] = json!("account")), 401);
    assert_eq!(entra(&|c| (c["aud"], c["azp"]) = (json!("account"), json!("pje-tjrn"))), 200);
    assert_eq!(entra(&|c| (c["aud"], c["azp"]) = (Value::Null, json!("pje-tjrn-2"))), 401);
    // What no log and no database would take is nobody's name.
    assert_eq!(entra(&|c| c["sub"] = json!("a\u{0}b")), 401);
    assert_eq!(entra(&|c| c["sub"] = json!("x".repeat(256))), 401);
    assert_eq!(entra(&|c| c["azp"] = json!(7)), 401);
}

#[test]
fn de_varios_tribunais_so_um_que_o_token_diga() {
    let (emissor, chave) = (Emissor::novo(), assinante());
    emissor.tem(&[("a", &chave)]);
    let do_codigo = |codigo: &str| Tribunal::de_texto(codigo).unwrap();
    let sequencias = [("6".to_owned(), do_codigo("8.17")), ("7".to_owned(), do_codigo("8.20"))];
    let quem = QuemE { sequencias: sequencias.into(), ..QuemE::default() };
    let app = App::com_auth(AuthOptions { quem, ..emissor.opcoes() });
    let de = |tribunal: Value, corporativo: Value| {
        let mut claims = emissor.claims();
        (claims["tribunal"], claims["corporativo"]) = (tribunal, corporativo);
        token("a", &chave, &json!({}), &claims)
    };
    let tribunal = |token: &str, pedido: Option<&str>| {
        let header = pedido.map(|pedido| ("X-Tribunal", pedido));
        let (status, eu) = entrar_com(&app, token, header.as_slice());
        (status, eu["tribunal"]["codigo"].as_u64())
    };
    let varios = de(json!(["8.20", "817"]), Value::Null);
    assert_eq!(tribunal(&varios, None), (403, None));
    assert_eq!(tribunal(&varios, Some("20")), (200, Some(820)));
    assert_eq!(tribunal(&varios, Some("8.17")), (200, Some(817)));
    assert_eq!(tribunal(&varios, Some("8.06")), (403, None));
    assert_eq!(tribunal(&varios, Some("nenhum")), (403, None));
    let um = de(json!("8.20"), json!([{ "seq_tribunal_pai": 6 }]));
    assert_eq!(tribunal(&um, None), (200, Some(820)));
    assert_eq!(tribunal(&um, Some("8.17")), (403, None));
    // A number of the CNJ Corporativo is no code: it is translated, or it says nothing.
    let seq = |numeros: &[u64]| {
        de(Value::Null, numeros.iter().map(|n| json!({ "seq_tribunal_pai": n })).collect())
    };
    assert_eq!(tribunal(&seq(&[6]), None), (200, Some(817)));
    assert_eq!(tribunal(&seq(&[20]), None), (403, None));
    assert_eq!(tribunal(&seq(&[6, 6]), None), (200, Some(817)));
    assert_eq!(tribunal(&seq(&[6, 7]), None), (403, None));
    assert_eq!(tribunal(&seq(&[6, 7]), Some("820")), (200, Some(820)));
    assert_eq!(tribunal(&seq(&[6, 20]), None), (403, None));
    // With another table, no table, or claims somewhere else.
    let sem_tabela = App::com_auth(emissor.opcoes());
    assert_eq!(entrar_com(&sem_tabela, &seq(&[6]), &[]).0, 403);
    let quem = QuemE {
        papeis: vec!["x.papeis".parse().unwrap()],
        tribunal: vec![r"https://x\.y/tr".parse().unwrap()],
        ..QuemE::default()
    };
    let outra = App::com_auth(AuthOptions { quem, ..emissor.opcoes() });
    let mut claims = emissor.claims();
    (claims["https://x.y/tr"], claims["x"]) = (json!(6), json!({ "papeis": ["pse-auditoria"] }));
    let (status, eu) = entrar_com(&outra, &token("a", &chave, &json!({}), &claims), &[]);
    assert_eq!(
        (status, eu),
        (200, json!({ "tribunal": { "codigo": 806 }, "papeis": ["pse-auditoria"] }))
    );
}

/// Whoever runs any client of the realm writes what a path with a `*` leads to.
#[test]
fn wide_roles_are_not_taken_from_whoever_runs_a_client() {
    let (emissor, chave) = (Emissor::novo(), assinante());
    emissor.tem(&[("a", &chave)]);
    let todos = ["auditoria", "consulta", "dados-sensiveis", "integracao", "nacional"];
    let todos = todos.map(|nome| format!("pse-{nome}"));
    let no_realm = json!({ "realm_access": { "roles": todos } });
    let de_cliente = json!({ "realm_access": {}, "resource_access": { "x": { "roles": todos } } });
    let papeis = |quem: QuemE, onde: &Value| {
        let app = App::com_auth(AuthOptions { quem, ..emissor.opcoes() });
        let mut claims = emissor.claims();
        claims.as_object_mut().unwrap().extend(onde.as_object().unwrap().clone());
        let (status, eu) = entrar_com(&app, &token("a", &chave, &json!({}), &claims), &[]);
        assert_eq!(status, 200);
        eu["papeis"].clone()
    };
    assert_eq!(papeis(QuemE::default(), &no_realm), json!(todos));
    let estreitos = json!(["pse-consulta", "pse-integracao"]);
    assert_eq!(papeis(QuemE::default(), &de_cliente), estreitos);

    // A path that names the client is in the hands of whoever runs that one.
    let nomeado = vec!["resource_access.x.roles".parse().unwrap()];
    assert_eq!(papeis(QuemE { papeis: nomeado, ..QuemE::default() }, &de_cliente), json!(todos));
    // And who is told so takes those that are named, and no other.
    let ditos = vec![elos::auth::Papel::DadosSensiveis];
    let quem = QuemE { from_any_client: ditos, ..QuemE::default() };
    let esperados = json!(["pse-consulta", "pse-dados-sensiveis", "pse-integracao"]);
    assert_eq!(papeis(quem, &de_cliente), esperados);
}
