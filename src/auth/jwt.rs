//! From the `Authorization` header to an [`Ator`].

use super::jwks::{Chaves, Fonte};
use super::{Ator, Credenciais, Credencial, Papel};
use crate::error::{Error, Falha};
use crate::tribunal::Tribunal;
use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

const TOKEN_MAXIMO: usize = 16 * 1024;
const FOLGA_EM_SEGUNDOS: u64 = 30;

/// How tokens are checked. Algorithms come from here, never from the token.
#[derive(Debug, Clone)]
pub struct AuthOptions {
    pub issuer: String,
    pub audiencia: Vec<String>,
    pub fonte: Fonte,
    pub algoritmos: Vec<Algorithm>,
}

impl AuthOptions {
    pub fn novas(
        issuer: String,
        audiencia: Vec<String>,
        jwks_file: Option<std::path::PathBuf>,
    ) -> Self {
        let raiz = issuer.trim_end_matches('/');
        let pela_rede = || Fonte::Url(format!("{raiz}/protocol/openid-connect/certs"));
        let fonte = jwks_file.map_or_else(pela_rede, Fonte::Arquivo);
        Self { issuer, audiencia, fonte, algoritmos: vec![Algorithm::RS256] }
    }
}

pub struct Auth {
    chaves: Chaves,
    algoritmos: Vec<Algorithm>,
    validacao: Validation,
    credenciais: Credenciais,
}

/// Why a call was not let in, and the challenge that goes with it (RFC 6750).
#[derive(Debug, Clone)]
pub struct Recusado {
    pub error: Error,
    desafio: Option<&'static str>,
}

impl Recusado {
    pub fn desafiar(&self, resposta: &mut HttpResponse) {
        if let Some(desafio) = self.desafio {
            let valor = HeaderValue::from_static(desafio);
            resposta.headers_mut().insert(header::WWW_AUTHENTICATE, valor);
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: f64,
    azp: Option<String>,
    /// `8.20`, `820` or `20`.
    #[serde(default)]
    tribunal: Value,
    #[serde(default)]
    realm_access: Roles,
    #[serde(default)]
    resource_access: std::collections::HashMap<String, Roles>,
}

#[derive(Deserialize, Default)]
struct Roles {
    #[serde(default)]
    roles: Vec<String>,
}

impl Auth {
    pub fn novo(opcoes: AuthOptions, credenciais: Credenciais) -> Self {
        let mut validacao = Validation::new(Algorithm::RS256);
        validacao.algorithms.clone_from(&opcoes.algoritmos);
        validacao.leeway = FOLGA_EM_SEGUNDOS;
        validacao.validate_nbf = true;
        validacao.set_issuer(&[opcoes.issuer]);
        validacao.set_audience(&opcoes.audiencia);
        validacao.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let chaves = Chaves::novas(opcoes.fonte);
        Self { chaves, algoritmos: opcoes.algoritmos, validacao, credenciais }
    }

    /// What the server itself says of clients.
    pub const fn credenciais(&self) -> &Credenciais {
        &self.credenciais
    }

    /// Who calls, by a signed token that is still good.
    pub async fn autenticar(&self, headers: &HeaderMap) -> Result<Ator, Recusado> {
        self.autenticar_ate(headers).await.map(|(ator, _)| ator)
    }

    /// And until when it is.
    pub async fn autenticar_ate(
        &self,
        headers: &HeaderMap,
    ) -> Result<(Ator, DateTime<Utc>), Recusado> {
        let token = bearer(headers).ok_or_else(ausente)?;
        if token.len() > TOKEN_MAXIMO {
            return Err(invalido());
        }
        let cabecalho = jsonwebtoken::decode_header(token).map_err(|_| invalido())?;
        let tipo_serve = cabecalho.typ.as_deref().is_none_or(|typ| {
            typ.eq_ignore_ascii_case("JWT") || typ.eq_ignore_ascii_case("at+jwt")
        });
        if !tipo_serve || !self.algoritmos.contains(&cabecalho.alg) {
            return Err(invalido());
        }
        let kid = cabecalho.kid.ok_or_else(invalido)?;
        let chave =
            self.chaves.chave(&kid).await.map_err(|_| sem_issuer())?.ok_or_else(invalido)?;
        let claims = jsonwebtoken::decode::<Claims>(token, &chave, &self.validacao)
            .map_err(|_| invalido())?
            .claims;
        let credencial = claims.azp.as_deref().map(|azp| self.credenciais.de(azp)).transpose();
        let credencial = credencial.map_err(|_| sem_credenciais())?.flatten();
        let expira = instante(claims.exp);
        let ator = match credencial {
            Some(credencial) => por_credencial(claims, credencial),
            None => reconhecer(claims),
        };
        ator.map(|ator| (ator, expira)).map_err(|error| Recusado { error, desafio: None })
    }
}

/// Whom the server recognises by itself is what it says, not what the token says.
fn por_credencial(claims: Claims, credencial: Credencial) -> Result<Ator, Error> {
    if credencial.revogada {
        let mensagem = "a credencial foi revogada; fale com quem opera o servidor";
        return Err(Error::falha(Falha::SemPermissao, mensagem));
    }
    Ator::novo(claims.sub, claims.azp, credencial.tribunal, credencial.papeis)
}

/// A NumericDate; one beyond what can be told is for ever.
fn instante(segundos: f64) -> DateTime<Utc> {
    let desde_1970 = Duration::try_from_secs_f64(segundos).unwrap_or(Duration::MAX);
    let instante = i64::try_from(desde_1970.as_secs()).ok();
    let instante = instante.and_then(|s| DateTime::from_timestamp(s, desde_1970.subsec_nanos()));
    instante.unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The papéis and the tribunal that the claims give.
fn reconhecer(claims: Claims) -> Result<Ator, Error> {
    let do_cliente = claims.resource_access.into_values().flat_map(|acesso| acesso.roles);
    let nomes: Vec<String> = claims.realm_access.roles.into_iter().chain(do_cliente).collect();
    let papeis = Papel::TODOS.into_iter().filter(|papel| nomes.iter().any(|n| n == papel.nome()));
    let tribunal = match &claims.tribunal {
        Value::String(texto) => Tribunal::de_texto(texto),
        Value::Number(numero) => Tribunal::de_texto(&numero.to_string()),
        _ => None,
    };
    let tribunal = tribunal.map(|tribunal| tribunal.codigo);
    Ator::novo(claims.sub, claims.azp, tribunal, papeis.collect())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (esquema, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (esquema.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn ausente() -> Recusado {
    let mensagem = "falta o cabeçalho Authorization: Bearer <token>";
    Recusado {
        error: Error::falha(Falha::NaoAutenticado, mensagem),
        desafio: Some(r#"Bearer realm="elos""#),
    }
}

/// One text for every defect: which one it was helps only who forges.
fn invalido() -> Recusado {
    let mensagem = "o token é inválido ou expirou; peça outro";
    Recusado {
        error: Error::falha(Falha::NaoAutenticado, mensagem),
        desafio: Some(r#"Bearer realm="elos", error="invalid_token""#),
    }
}

fn sem_credenciais() -> Recusado {
    let mensagem = "as credenciais não puderam ser lidas; tente de novo em instantes";
    Recusado { error: Error::falha(Falha::Indisponivel, mensagem), desafio: None }
}

fn sem_issuer() -> Recusado {
    let mensagem =
        "as chaves do emissor de tokens não puderam ser lidas; tente de novo em instantes";
    Recusado { error: Error::falha(Falha::Indisponivel, mensagem), desafio: None }
}
