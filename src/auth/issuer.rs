//! The development issuer: tokens for `elos demo` and for tests only.
//!
//! Its key is generated at each start and stays in memory, so its tokens are valid nowhere else.
//! The server fetches the public key over HTTP, as in production.

use super::Papel;
use super::basic::{self, ClientSecret};
use super::signer::Signer;
use actix_web::error::InternalError;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use chrono::{DateTime, Utc};
use ring::error::Unspecified;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::traits::PublicKeyParts;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

pub const PATH: &str = "/auth/realms/pje";
const SECRET: &str = "demo";
const TOKEN_TTL_SECONDS: i64 = 900;
const BITS: usize = 2048;

/// A client that can get tokens.
pub struct Client {
    pub id: &'static str,
    pub name: &'static str,
    tribunal: Option<&'static str>,
    papeis: &'static [Papel],
}

use Papel::{Auditoria, Catalogo, Consulta, DadosSensiveis, Estatistica, Integracao, Nacional};
const FULL_ACCESS: &[Papel] = &[Consulta, Integracao, DadosSensiveis];

pub const CLIENTS: [Client; 7] = [
    Client {
        id: "tjrn",
        name: "TJRN: consulta, integração e dados sensíveis",
        tribunal: Some("8.20"),
        papeis: FULL_ACCESS,
    },
    Client {
        id: "tjpe",
        name: "TJPE: consulta, integração e dados sensíveis",
        tribunal: Some("8.17"),
        papeis: FULL_ACCESS,
    },
    Client {
        id: "tjce",
        name: "TJCE: consulta, integração e dados sensíveis",
        tribunal: Some("8.06"),
        papeis: FULL_ACCESS,
    },
    Client {
        id: "tjrn-leitura",
        name: "TJRN: só consulta",
        tribunal: Some("8.20"),
        papeis: &[Consulta],
    },
    Client {
        id: "tjrn-catalogo",
        name: "TJRN: consulta e catálogos do Tramita",
        tribunal: Some("8.20"),
        papeis: &[Consulta, Catalogo],
    },
    Client {
        id: "cnj",
        name: "CNJ: consulta nacional e auditoria",
        tribunal: None,
        papeis: &[Nacional, Consulta, Auditoria],
    },
    Client {
        id: "pesquisa",
        name: "Pesquisa: estatísticas de todos os tribunais, e nenhuma linha",
        tribunal: None,
        papeis: &[Estatistica],
    },
];

struct KeyPair {
    signer: Signer,
    public_key: Value,
    kid: String,
}

/// Issues tokens whose issuer is `iss`. That name comes from the configuration, never from the
/// `Host` of a request.
pub struct Issuer {
    iss: String,
    audience: String,
    pair: Arc<OnceLock<KeyPair>>,
    now: fn() -> DateTime<Utc>,
}

impl Issuer {
    /// Starts to generate the key. A request for a token waits until the key is ready.
    pub fn new(iss: String, audience: String, now: fn() -> DateTime<Utc>) -> Self {
        let pair = Arc::new(OnceLock::new());
        let cell = Arc::clone(&pair);
        std::thread::spawn(move || {
            cell.get_or_init(generate);
        });
        Self { iss, audience, pair, now }
    }

    /// An issuer with the same key and another name, so that a test that starts many servers
    /// generates only one key.
    #[must_use]
    pub fn with_iss(&self, iss: String) -> Self {
        let (audience, pair) = (self.audience.clone(), Arc::clone(&self.pair));
        Self { iss, audience, pair, now: self.now }
    }

    fn pair(&self) -> &KeyPair {
        self.pair.get_or_init(generate)
    }

    /// A signed token for `client`.
    pub fn token(&self, client: &Client) -> Result<String, Unspecified> {
        let now = (self.now)().timestamp();
        let roles: Vec<_> = client.papeis.iter().map(|papel| papel.name()).collect();
        let mut claims = json!({
            "iss": self.iss,
            "sub": format!("service-account-{}", client.id),
            "azp": client.id,
            "aud": self.audience,
            "iat": now,
            "exp": now + TOKEN_TTL_SECONDS,
            "jti": format!("{:032x}", rand::random::<u128>()),
            "realm_access": { "roles": roles },
        });
        if let Some(tribunal) = client.tribunal {
            claims["tribunal"] = tribunal.into();
        }
        self.sign(&claims)
    }

    /// Signs any claims. Tests use it to forge tokens.
    pub fn sign(&self, claims: &Value) -> Result<String, Unspecified> {
        let KeyPair { signer, kid, .. } = self.pair();
        signer.jws(&json!({ "typ": "JWT", "alg": "RS256", "kid": kid }), claims)
    }
}

#[expect(
    clippy::expect_used,
    reason = "a fresh key that does not encode is a defect of the library"
)]
fn generate() -> KeyPair {
    let key = rsa::RsaPrivateKey::new(&mut rand::rngs::OsRng, BITS).expect("an RSA key");
    let der = key.to_pkcs1_der().expect("the key as DER");
    let kid = format!("{:016x}", rand::random::<u64>());
    let (n, e) = (key.n().to_bytes_be(), key.e().to_bytes_be());
    let public_key = json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": BASE64.encode(n), "e": BASE64.encode(e),
    });
    let signer = Signer::from_pkcs1(der.as_bytes()).expect("a key that can sign");
    KeyPair { signer, public_key, kid }
}

pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope(PATH)
            .wrap(actix_web::middleware::DefaultHeaders::new().add(("X-Dev-Issuer", "1")))
            .app_data(web::FormConfig::default().error_handler(|error, _| {
                let body = json!({ "error": "invalid_request" });
                InternalError::from_response(error, HttpResponse::BadRequest().json(body)).into()
            }))
            .service(web::resource("/protocol/openid-connect/token").post(issue))
            .service(web::resource("/protocol/openid-connect/certs").get(certs))
            .service(web::resource("/.well-known/openid-configuration").get(discovery))
            .service(web::resource("/demo-clients").get(clients)),
    );
}

#[derive(Deserialize)]
struct TokenRequest {
    grant_type: String,
}

async fn issue(
    req: HttpRequest,
    form: web::Form<TokenRequest>,
    issuer: web::Data<Issuer>,
) -> HttpResponse {
    let Some(client) = authenticated(&req) else {
        return HttpResponse::Unauthorized()
            .insert_header((header::WWW_AUTHENTICATE, r#"Basic realm="elos""#))
            .json(json!({ "error": "invalid_client" }));
    };
    if form.grant_type != "client_credentials" {
        return HttpResponse::BadRequest().json(json!({ "error": "unsupported_grant_type" }));
    }
    // The first token may have to wait for the key.
    let token = web::block(move || issuer.token(client)).await;
    match token {
        Ok(Ok(token)) => HttpResponse::Ok()
            .json(json!({ "access_token": token, "token_type": "Bearer", "expires_in": TOKEN_TTL_SECONDS })),
        _ => HttpResponse::InternalServerError().json(json!({ "error": "server_error" })),
    }
}

/// Authenticates a client by HTTP Basic, as the source document requires.
fn authenticated(req: &HttpRequest) -> Option<&'static Client> {
    let encoded = basic::encoded_credentials(req.headers())?;
    let ClientSecret { id, secret } = basic::read(encoded).ok()?;
    CLIENTS.iter().find(|client| client.id == id && secret == SECRET)
}

async fn certs(issuer: web::Data<Issuer>) -> HttpResponse {
    match web::block(move || issuer.pair().public_key.clone()).await {
        Ok(key) => HttpResponse::Ok().json(json!({ "keys": [key] })),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

async fn discovery(issuer: web::Data<Issuer>) -> HttpResponse {
    let iss = &issuer.iss;
    HttpResponse::Ok().json(json!({
        "issuer": iss,
        "token_endpoint": format!("{iss}/protocol/openid-connect/token"),
        "jwks_uri": format!("{iss}/protocol/openid-connect/certs"),
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }))
}

/// The clients that the sign-in page of the demo offers.
async fn clients() -> HttpResponse {
    let list: Vec<_> =
        CLIENTS.iter().map(|c| json!({ "clientId": c.id, "nome": c.name })).collect();
    HttpResponse::Ok().json(list)
}
