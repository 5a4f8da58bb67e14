//! The development issuer: tokens for `elos demo`, and nothing else.
//!
//! Its key is made at each start and lives in memory, so its tokens verify
//! nowhere else; what verifies them fetches its keys over HTTP, as in production.

use super::Papel;
use actix_web::error::InternalError;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64};
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::traits::PublicKeyParts;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

pub const CAMINHO: &str = "/auth/realms/pje";
const SEGREDO: &str = "demo";
const VALIDADE_EM_SEGUNDOS: i64 = 900;
const BITS: usize = 2048;

/// A client that may ask for tokens.
pub struct Cliente {
    pub id: &'static str,
    pub nome: &'static str,
    tribunal: Option<&'static str>,
    papeis: &'static [Papel],
}

use Papel::{Auditoria, Catalogo, Consulta, DadosSensiveis, Integracao, Nacional};
const PLENO: &[Papel] = &[Consulta, Integracao, DadosSensiveis];

pub const CLIENTES: [Cliente; 6] = [
    Cliente {
        id: "tjrn",
        nome: "TJRN: consulta, integração e dados sensíveis",
        tribunal: Some("8.20"),
        papeis: PLENO,
    },
    Cliente {
        id: "tjpe",
        nome: "TJPE: consulta, integração e dados sensíveis",
        tribunal: Some("8.17"),
        papeis: PLENO,
    },
    Cliente {
        id: "tjce",
        nome: "TJCE: consulta, integração e dados sensíveis",
        tribunal: Some("8.06"),
        papeis: PLENO,
    },
    Cliente {
        id: "tjrn-leitura",
        nome: "TJRN: só consulta",
        tribunal: Some("8.20"),
        papeis: &[Consulta],
    },
    Cliente {
        id: "tjrn-catalogo",
        nome: "TJRN: consulta e catálogos do Tramita",
        tribunal: Some("8.20"),
        papeis: &[Consulta, Catalogo],
    },
    Cliente {
        id: "cnj",
        nome: "CNJ: consulta nacional e auditoria",
        tribunal: None,
        papeis: &[Nacional, Consulta, Auditoria],
    },
];

struct Par {
    assina: EncodingKey,
    publica: Value,
    kid: String,
}

/// Issues tokens in the name of `iss`, which comes from configuration and
/// never from a request's `Host`.
pub struct Emissor {
    iss: String,
    audiencia: String,
    par: Arc<OnceLock<Par>>,
    agora: fn() -> DateTime<Utc>,
}

impl Emissor {
    /// Starts making the key; who asks for a token before it is there waits.
    pub fn novo(iss: String, audiencia: String, agora: fn() -> DateTime<Utc>) -> Self {
        let par = Arc::new(OnceLock::new());
        let feito = Arc::clone(&par);
        std::thread::spawn(move || {
            feito.get_or_init(gerar);
        });
        Self { iss, audiencia, par, agora }
    }

    /// The same key under another name: a test that starts many servers makes one key.
    #[must_use]
    pub fn em(&self, iss: String) -> Self {
        let (audiencia, par) = (self.audiencia.clone(), Arc::clone(&self.par));
        Self { iss, audiencia, par, agora: self.agora }
    }

    fn par(&self) -> &Par {
        self.par.get_or_init(gerar)
    }

    /// A signed token of `cliente`.
    pub fn token(&self, cliente: &Cliente) -> jsonwebtoken::errors::Result<String> {
        let agora = (self.agora)().timestamp();
        let roles: Vec<_> = cliente.papeis.iter().map(|papel| papel.nome()).collect();
        let mut claims = json!({
            "iss": self.iss,
            "sub": format!("service-account-{}", cliente.id),
            "azp": cliente.id,
            "aud": self.audiencia,
            "iat": agora,
            "exp": agora + VALIDADE_EM_SEGUNDOS,
            "jti": format!("{:032x}", rand::random::<u128>()),
            "realm_access": { "roles": roles },
        });
        if let Some(tribunal) = cliente.tribunal {
            claims["tribunal"] = tribunal.into();
        }
        self.assinar(&claims)
    }

    /// Any claims, signed: what tests forge.
    pub fn assinar(&self, claims: &Value) -> jsonwebtoken::errors::Result<String> {
        let par = self.par();
        let mut cabecalho = Header::new(Algorithm::RS256);
        cabecalho.kid = Some(par.kid.clone());
        jsonwebtoken::encode(&cabecalho, claims, &par.assina)
    }
}

#[expect(
    clippy::expect_used,
    reason = "a fresh key that does not encode is a defect of the library"
)]
fn gerar() -> Par {
    let chave = rsa::RsaPrivateKey::new(&mut rand::rngs::OsRng, BITS).expect("an RSA key");
    let der = chave.to_pkcs1_der().expect("the key as DER");
    let kid = format!("{:016x}", rand::random::<u64>());
    let (n, e) = (chave.n().to_bytes_be(), chave.e().to_bytes_be());
    let publica = json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": BASE64.encode(n), "e": BASE64.encode(e),
    });
    Par { assina: EncodingKey::from_rsa_der(der.as_bytes()), publica, kid }
}

pub fn rotas(config: &mut web::ServiceConfig) {
    config.service(
        web::scope(CAMINHO)
            .wrap(actix_web::middleware::DefaultHeaders::new().add(("X-Dev-Issuer", "1")))
            .app_data(web::FormConfig::default().error_handler(|erro, _| {
                let corpo = json!({ "error": "invalid_request" });
                InternalError::from_response(erro, HttpResponse::BadRequest().json(corpo)).into()
            }))
            .service(web::resource("/protocol/openid-connect/token").post(emitir))
            .service(web::resource("/protocol/openid-connect/certs").get(certs))
            .service(web::resource("/.well-known/openid-configuration").get(descoberta))
            .service(web::resource("/demo-clients").get(clientes)),
    );
}

#[derive(Deserialize)]
struct Formulario {
    grant_type: String,
}

async fn emitir(
    req: HttpRequest,
    form: web::Form<Formulario>,
    emissor: web::Data<Emissor>,
) -> HttpResponse {
    let Some(cliente) = autenticado(&req) else {
        return HttpResponse::Unauthorized()
            .insert_header((header::WWW_AUTHENTICATE, r#"Basic realm="elos""#))
            .json(json!({ "error": "invalid_client" }));
    };
    if form.grant_type != "client_credentials" {
        return HttpResponse::BadRequest().json(json!({ "error": "unsupported_grant_type" }));
    }
    // The first token may wait for the key.
    let token = web::block(move || emissor.token(cliente)).await;
    match token {
        Ok(Ok(token)) => HttpResponse::Ok()
            .json(json!({ "access_token": token, "token_type": "Bearer", "expires_in": VALIDADE_EM_SEGUNDOS })),
        _ => HttpResponse::InternalServerError().json(json!({ "error": "server_error" })),
    }
}

/// HTTP Basic, as the source document asks of its clients.
fn autenticado(req: &HttpRequest) -> Option<&'static Cliente> {
    let valor = req.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (esquema, credencial) = valor.split_once(' ')?;
    if !esquema.eq_ignore_ascii_case("basic") {
        return None;
    }
    let credencial = String::from_utf8(BASE64_STANDARD.decode(credencial.trim()).ok()?).ok()?;
    let (id, segredo) = credencial.split_once(':')?;
    CLIENTES.iter().find(|cliente| cliente.id == id && segredo == SEGREDO)
}

async fn certs(emissor: web::Data<Emissor>) -> HttpResponse {
    match web::block(move || emissor.par().publica.clone()).await {
        Ok(chave) => HttpResponse::Ok().json(json!({ "keys": [chave] })),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

async fn descoberta(emissor: web::Data<Emissor>) -> HttpResponse {
    let iss = &emissor.iss;
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

/// For the page that signs in by a click.
async fn clientes() -> HttpResponse {
    let lista: Vec<_> =
        CLIENTES.iter().map(|c| json!({ "clientId": c.id, "nome": c.nome })).collect();
    HttpResponse::Ok().json(lista)
}
