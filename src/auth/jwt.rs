//! From the `Authorization` header to an [`Ator`].

use super::claims::Caminho;
use super::facade::{Facade, FacadeOptions};
use super::jwks::{Chave, Chaves, Fonte};
use super::refused::{
    Recusado, ausente, basic_elsewhere, expirado, illegible, invalido, prematuro, sem_credenciais,
    sem_issuer,
};
use super::{Ator, Credenciais, Credencial, Papel, basic};
use crate::error::{Error, Falha};
use crate::value::characters;
use crate::value::tribunal::Tribunal;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use chrono::{DateTime, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation};
use quick_cache::sync::Cache;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const TOKEN_MAXIMO: usize = 16 * 1024;
const NOME_MAXIMO: usize = 255;
const FOLGA_EM_SEGUNDOS: u64 = 30;
/// Tokens whose signature was verified; a few kilobytes each.
const VERIFICADOS: usize = 2_000;

/// Of several tribunais that a token gives, the one that the call is for.
pub const TRIBUNAL: HeaderName = HeaderName::from_static("x-tribunal");

/// How tokens are checked. Algorithms come from here, never from the token.
#[derive(Debug, Clone)]
pub struct AuthOptions {
    pub issuer: String,
    /// A token must be for one of these…
    pub audiencia: Vec<String>,
    /// …or come from one of these clients (`azp`).
    pub clientes: Vec<String>,
    pub fonte: Fonte,
    pub algoritmos: Vec<Algorithm>,
    pub quem: QuemE,
    /// What the façade of the Tramita takes instead of a token.
    pub facade: FacadeOptions,
    /// Where clients are told to get tokens; else where Keycloak has it.
    pub token_url: Option<String>,
}

/// Where a token says who the client is.
#[derive(Debug, Clone)]
pub struct QuemE {
    pub papeis: Vec<Caminho>,
    /// Wide papéis (see [`Papel::is_wide`]) that are taken even from a path through a `*`.
    pub from_any_client: Vec<Papel>,
    /// Codes of tribunais.
    pub tribunal: Vec<Caminho>,
    /// Where nothing says the code: numbers of another list, that `sequencias` translates.
    pub sequencia: Vec<Caminho>,
    pub sequencias: BTreeMap<String, Tribunal>,
}

impl Default for QuemE {
    fn default() -> Self {
        let ler = |caminhos: &[&str]| caminhos.iter().filter_map(|c| c.parse().ok()).collect();
        Self {
            papeis: ler(&["realm_access.roles", "resource_access.*.roles"]),
            from_any_client: Vec::new(),
            tribunal: ler(&["tribunal"]),
            sequencia: ler(&["corporativo[].seq_tribunal_pai"]),
            sequencias: BTreeMap::new(),
        }
    }
}

impl QuemE {
    fn papeis(&self, claims: &Value) -> Vec<Papel> {
        // A path through a `*` is in the hands of whoever runs any client of the issuer, who may
        // give it no more than work within the tribunal.
        let de = |caminho: &Caminho| {
            let nomes = caminho.textos(claims).into_iter();
            let papeis = nomes.filter_map(|nome| Papel::de_nome(&nome));
            let de_todos = caminho.de_todos();
            let serve = |papel: &Papel| {
                !de_todos || !papel.is_wide() || self.from_any_client.contains(papel)
            };
            papeis.filter(serve).collect::<Vec<_>>()
        };
        self.papeis.iter().flat_map(de).collect()
    }

    fn tribunais(&self, claims: &Value) -> BTreeSet<Option<i16>> {
        let em = |caminhos: &[Caminho]| -> Vec<String> {
            caminhos.iter().flat_map(|caminho| caminho.textos(claims)).collect()
        };
        let codigo = |tribunal: Tribunal| tribunal.codigo;
        match em(&self.tribunal).as_slice() {
            // A number of another list is never taken for a code by chance.
            [] => em(&self.sequencia)
                .iter()
                .map(|numero| self.sequencias.get(numero).copied().map(codigo))
                .collect(),
            ditos => ditos.iter().map(|dito| Tribunal::de_texto(dito).map(codigo)).collect(),
        }
    }
}

impl AuthOptions {
    /// RS256, keys by discovery, claims as Keycloak has them.
    pub fn novas(issuer: String, audiencia: Vec<String>) -> Self {
        let fonte = Fonte::Descoberta { issuer: issuer.clone(), aceita_http: false };
        let (clientes, quem, facade) = Default::default();
        Self {
            issuer,
            audiencia,
            clientes,
            fonte,
            algoritmos: vec![Algorithm::RS256],
            quem,
            facade,
            token_url: None,
        }
    }
}

pub struct Auth {
    chaves: Chaves,
    opcoes: AuthOptions,
    token_url: String,
    pub(super) facade: Facade,
    validacao: Validation,
    credenciais: Credenciais,
    /// By the whole token: what is the same was verified.
    verificados: Cache<String, Arc<Verificado>>,
}

/// A token whose signature and claims are good, as long as its key is.
pub struct Verificado {
    sub: String,
    azp: Option<String>,
    /// Seconds since 1970.
    exp: i64,
    papeis: Vec<Papel>,
    /// None stands for those that are said and not known here.
    tribunais: BTreeSet<Option<i16>>,
    /// Of somebody who signed in, not of a client itself.
    of_person: bool,
    kid: String,
    chave: Arc<Chave>,
}

impl Verificado {
    pub(super) fn azp(&self) -> Option<&str> {
        self.azp.as_deref()
    }
}

impl Auth {
    pub fn novo(opcoes: AuthOptions, credenciais: Credenciais) -> Self {
        let mut validacao = Validation::new(Algorithm::RS256);
        validacao.algorithms.clone_from(&opcoes.algoritmos);
        validacao.leeway = FOLGA_EM_SEGUNDOS;
        validacao.validate_nbf = true;
        // Held below, because a client may be listed instead.
        validacao.validate_aud = false;
        validacao.set_issuer(&[&opcoes.issuer]);
        validacao.set_required_spec_claims(&["exp", "iss", "sub"]);
        let chaves = Chaves::novas(opcoes.fonte.clone());
        let verificados = Cache::new(VERIFICADOS);
        let facade = Facade::new(&opcoes.issuer, opcoes.facade.clone());
        let of_keycloak = || format!("{}/protocol/openid-connect/token", opcoes.issuer);
        let token_url = opcoes.token_url.clone().unwrap_or_else(of_keycloak);
        Self { chaves, opcoes, token_url, facade, validacao, credenciais, verificados }
    }

    /// Where clients get tokens, as they are told.
    pub fn token_url(&self) -> &str {
        &self.token_url
    }

    /// What the server itself says of clients.
    pub const fn credenciais(&self) -> &Credenciais {
        &self.credenciais
    }

    pub const fn chaves(&self) -> &Chaves {
        &self.chaves
    }

    /// Who calls, by a signed token that is still good.
    pub async fn autenticar(&self, headers: &HeaderMap) -> Result<Ator, Recusado> {
        self.autenticar_ate(headers).await.map(|(ator, _)| ator)
    }

    /// And until when it is, with the same leeway: whoever is let in by it stays as long.
    pub async fn autenticar_ate(
        &self,
        headers: &HeaderMap,
    ) -> Result<(Ator, DateTime<Utc>), Recusado> {
        let token = bearer(headers).ok_or_else(|| match basic::given(headers) {
            Some(_) => basic_elsewhere(),
            None => ausente(),
        })?;
        let verificado = self.verificar(token).await?;
        let ator = self.recognise(&verificado, headers)?;
        Ok((ator, instante(verificado.exp.saturating_add(FOLGA_EM_SEGUNDOS.cast_signed()))))
    }

    /// Whom a verified token stands for: as the server says or, where it says nothing, the token.
    pub(super) fn recognise(
        &self,
        verificado: &Verificado,
        headers: &HeaderMap,
    ) -> Result<Ator, Recusado> {
        let azp = verificado.azp.as_deref();
        let credencial = azp.map(|azp| self.credenciais.de(azp)).transpose();
        let credencial = credencial.map_err(|_| sem_credenciais())?.flatten();
        let ator = requested_tribunal(headers).and_then(|pedido| match credencial {
            Some(credencial) => {
                let quem = (verificado.sub.clone(), verificado.azp.clone());
                por_credencial(quem, credencial, pedido)
            }
            None => reconhecer(verificado, pedido),
        });
        let ator = ator.map(|ator| if verificado.of_person { ator.of_person() } else { ator });
        ator.map_err(Recusado::known)
    }

    /// Signature and claims; remembered until the token expires or its key is gone.
    pub(super) async fn verificar(&self, token: &str) -> Result<Arc<Verificado>, Recusado> {
        if token.len() > TOKEN_MAXIMO {
            return Err(invalido());
        }
        if let Some(verificado) = self.verificados.get(token) {
            let chave = self.chaves.guardada(&verificado.kid);
            let da_mesma_chave = chave.is_some_and(|chave| Arc::ptr_eq(&chave, &verificado.chave));
            if da_mesma_chave && !vencido(verificado.exp) {
                return Ok(verificado);
            }
            self.verificados.remove(token);
        }
        let cabecalho = jsonwebtoken::decode_header(token).map_err(|_| invalido())?;
        let tipo_serve = cabecalho.typ.as_deref().is_none_or(|typ| {
            typ.eq_ignore_ascii_case("JWT") || typ.eq_ignore_ascii_case("at+jwt")
        });
        let aceito = self.opcoes.algoritmos.contains(&cabecalho.alg);
        if !tipo_serve || !aceito || exige_extensao(token) {
            return Err(invalido());
        }
        let kid = cabecalho.kid.ok_or_else(invalido)?;
        let chave =
            self.chaves.chave(&kid).await.map_err(|_| sem_issuer())?.ok_or_else(invalido)?;
        if !chave.serve_a(cabecalho.alg) {
            return Err(invalido());
        }
        let decoded = jsonwebtoken::decode::<Value>(token, &chave.chave, &self.validacao);
        // Times are looked at when the signature is known to be good.
        let claims = decoded.map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => expirado(),
            ErrorKind::ImmatureSignature => prematuro(),
            _ => invalido(),
        })?;
        let claims = claims.claims;
        let verificado = Arc::new(self.ler(&claims, kid, chave)?);
        self.verificados.insert(token.to_owned(), Arc::clone(&verificado));
        Ok(verificado)
    }

    /// Refuses claims that are not those of a token for this server.
    fn ler(&self, claims: &Value, kid: String, chave: Arc<Chave>) -> Result<Verificado, Recusado> {
        // The library takes a list of issuers that has ours in it; ours is one, and exact.
        claims.get("iss").filter(|iss| iss.is_string()).ok_or_else(invalido)?;
        let sub = identifier(claims, "sub")?.ok_or_else(invalido)?;
        // Where there is no `azp`, RFC 9068 names the client so.
        let azp = identifier(claims, "azp")?.or(identifier(claims, "client_id")?);
        let de_publico = match claims.get("aud") {
            Some(Value::String(aud)) => self.opcoes.audiencia.contains(aud),
            Some(Value::Array(auds)) => auds
                .iter()
                .filter_map(Value::as_str)
                .any(|aud| self.opcoes.audiencia.iter().any(|nossa| nossa == aud)),
            _ => false,
        };
        let de_cliente = azp.as_ref().is_some_and(|azp| self.opcoes.clientes.contains(azp));
        if !de_publico && !de_cliente {
            return Err(invalido());
        }
        let papeis = self.opcoes.quem.papeis(claims);
        let tribunais = self.opcoes.quem.tribunais(claims);
        let exp = claims.get("exp").and_then(Value::as_f64).ok_or_else(invalido)?;
        #[expect(clippy::cast_possible_truncation, reason = "whole seconds are enough")]
        let exp = exp as i64;
        let of_person = is_of_person(claims, &sub, azp.as_deref());
        Ok(Verificado { sub, azp, exp, papeis, tribunais, of_person, kid, chave })
    }
}

/// The name that a claim gives. One that no log and no database would take, or that another could
/// be mistaken for in the trail, is nobody's.
fn identifier(claims: &Value, claim: &'static str) -> Result<Option<String>, Recusado> {
    match claims.get(claim) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(texto)) if (1..=NOME_MAXIMO).contains(&texto.chars().count()) => {
            match characters::unfit_for_identifier(texto) {
                None => Ok(Some(texto.clone())),
                Some(letra) => Err(illegible(claim, letra)),
            }
        }
        Some(_) => Err(invalido()),
    }
}

/// Whether a token is of somebody who signed in. A client's own has its name as `sub` (RFC 9068),
/// or as that of a user made for it (Keycloak); what tells of a session is not a client's.
fn is_of_person(claims: &Value, sub: &str, azp: Option<&str>) -> bool {
    const OF_CLIENT: &str = "service-account-";
    let is_client = |name: &str| {
        name.starts_with(OF_CLIENT) || azp.is_some_and(|azp| name.eq_ignore_ascii_case(azp))
    };
    let has = |claim: &str| claims.get(claim).is_some_and(|value| !value.is_null());
    match claims.get("preferred_username").and_then(Value::as_str) {
        _ if is_client(sub) => false,
        Some(name) => !is_client(name),
        None => ["sid", "session_state", "auth_time"].into_iter().any(has),
    }
}

/// Whether the header asks for something that must be understood (RFC 7515, `crit`): we know
/// of nothing such, and the library looks past it.
fn exige_extensao(token: &str) -> bool {
    let cabeca = token.split('.').next().unwrap_or_default();
    let lida =
        BASE64.decode(cabeca).ok().and_then(|json| serde_json::from_slice::<Value>(&json).ok());
    lida.is_none_or(|cabeca| cabeca.get("crit").is_some() || cabeca.get("b64").is_some())
}

fn vencido(exp: i64) -> bool {
    #[expect(clippy::disallowed_methods, reason = "as the library does when it verifies")]
    let agora = chrono::Utc::now().timestamp();
    exp.saturating_add(FOLGA_EM_SEGUNDOS.cast_signed()) < agora
}

/// Whom the server recognises by itself is what it says, not what the token says.
pub(super) fn por_credencial(
    (sub, azp): (String, Option<String>),
    credencial: Credencial,
    pedido: Option<RequestedTribunal>,
) -> Result<Ator, Error> {
    let recusa = |mensagem| Err(Error::falha(Falha::SemPermissao, mensagem));
    if credencial.revogada {
        return recusa("a credencial foi revogada; fale com quem opera o servidor");
    }
    if pedido
        .is_some_and(|RequestedTribunal(codigo)| codigo.is_none() || codigo != credencial.tribunal)
    {
        return recusa("a credencial não é do tribunal de `X-Tribunal`; omita-o, ou diga o dela");
    }
    let ator = Ator::novo(sub, azp, credencial.tribunal, credencial.papeis)?;
    Ok(ator.agindo_por(credencial.estruturas))
}

/// Whole seconds since 1970; what is beyond what can be told is for ever.
fn instante(segundos: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(segundos, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The papéis and the tribunal that the claims give. Of several, the one that the call
/// names, and none that the token does not.
fn reconhecer(verificado: &Verificado, pedido: Option<RequestedTribunal>) -> Result<Ator, Error> {
    let recusa = |mensagem| Err(Error::falha(Falha::SemPermissao, mensagem));
    let tribunais = &verificado.tribunais;
    let tribunal = match pedido {
        Some(RequestedTribunal(Some(codigo))) if tribunais.contains(&Some(codigo)) => Some(codigo),
        Some(_) => return recusa("o token não é do tribunal de `X-Tribunal`"),
        None if tribunais.len() > 1 => {
            return recusa("o token é de vários tribunais: diga de qual se trata em `X-Tribunal`");
        }
        None => tribunais.first().copied().flatten(),
    };
    let (sub, azp) = (verificado.sub.clone(), verificado.azp.clone());
    Ator::novo(sub, azp, tribunal, verificado.papeis.clone())
}

/// The tribunal that `X-Tribunal` names; none when it names no tribunal.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestedTribunal(Option<i16>);

/// Said twice it is refused: what is in front of the server may have read the other one.
pub(super) fn requested_tribunal(headers: &HeaderMap) -> Result<Option<RequestedTribunal>, Error> {
    let mut ditos = headers.get_all(TRIBUNAL);
    let Some(dito) = ditos.next() else { return Ok(None) };
    if ditos.next().is_some() {
        let mensagem = "o cabeçalho `X-Tribunal` veio mais de uma vez; mande um só";
        return Err(Error::falha(Falha::EntradaInvalida, mensagem));
    }
    let lido = dito.to_str().ok().and_then(Tribunal::de_texto);
    Ok(Some(RequestedTribunal(lido.map(|tribunal| tribunal.codigo))))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (esquema, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (esquema.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
