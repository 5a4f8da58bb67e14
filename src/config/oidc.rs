//! The settings of who is let in.

use super::{Chave, ConfigInvalida, Opcoes};
use crate::auth::{AuthOptions, Basic, Caminho, FacadeOptions, Fonte, Papel, QuemE};
use crate::value::tribunal::Tribunal;
use jsonwebtoken::Algorithm;
use std::path::PathBuf;

/// How tokens are checked, but for who issues them.
#[derive(Debug, Clone)]
pub struct Oidc {
    pub issuer: Option<String>,
    pub audience: Vec<String>,
    pub clients: Vec<String>,
    pub jwks_url: Option<String>,
    pub jwks_file: Option<PathBuf>,
    pub algorithms: Vec<Algorithm>,
    pub allow_http: bool,
    pub quem: QuemE,
    pub token_url: Option<String>,
    /// HTTP Basic on the façade of the Tramita; by the command, unless it is set.
    pub tramita_basic: Option<bool>,
}

impl Oidc {
    pub fn resolver(dadas: &Opcoes, arquivo: &Opcoes) -> Result<Self, ConfigInvalida> {
        let lista = |dada: &Option<Vec<String>>, do_arquivo: &Option<Vec<String>>| {
            dada.clone().or_else(|| do_arquivo.clone())
        };
        let padrao = QuemE::default();
        let caminhos = |textos: Option<Vec<String>>, padrao: Vec<Caminho>| match textos {
            None => Ok(padrao),
            Some(textos) => textos.into_iter().map(caminho).collect(),
        };
        let algorithms = lista(&dadas.oidc_algorithms, &arquivo.oidc_algorithms);
        let algorithms = algorithms.unwrap_or_else(|| vec!["RS256".into()]);
        let sequencias = arquivo.corporativo.iter().map(|(numero, tribunal)| {
            let lido = Tribunal::de_texto(tribunal);
            let erro = || ConfigInvalida::Corporativo(numero.clone(), tribunal.clone());
            Ok((numero.clone(), lido.ok_or_else(erro)?))
        });
        let from_any_client =
            lista(&dadas.oidc_papeis_de_qualquer_cliente, &arquivo.oidc_papeis_de_qualquer_cliente);
        let from_any_client = from_any_client.unwrap_or_default().into_iter();
        let quem = QuemE {
            from_any_client: from_any_client.map(papel).collect::<Result<_, _>>()?,
            papeis: caminhos(
                lista(&dadas.oidc_claim_papeis, &arquivo.oidc_claim_papeis),
                padrao.papeis,
            )?,
            tribunal: caminhos(
                lista(&dadas.oidc_claim_tribunal, &arquivo.oidc_claim_tribunal),
                padrao.tribunal,
            )?,
            sequencia: caminhos(
                lista(&dadas.oidc_claim_sequencia, &arquivo.oidc_claim_sequencia),
                padrao.sequencia,
            )?,
            sequencias: sequencias.collect::<Result<_, _>>()?,
        };
        Ok(Self {
            issuer: dadas.oidc_issuer.clone().or_else(|| arquivo.oidc_issuer.clone()),
            audience: lista(&dadas.oidc_audience, &arquivo.oidc_audience)
                .unwrap_or_else(|| vec!["elos".into()]),
            clients: lista(&dadas.oidc_clients, &arquivo.oidc_clients).unwrap_or_default(),
            jwks_url: dadas.oidc_jwks_url.clone().or_else(|| arquivo.oidc_jwks_url.clone()),
            jwks_file: dadas.oidc_jwks_file.clone().or_else(|| arquivo.oidc_jwks_file.clone()),
            algorithms: algorithms.into_iter().map(algoritmo).collect::<Result<_, _>>()?,
            allow_http: dadas.oidc_allow_http.or(arquivo.oidc_allow_http) == Some(Chave::On),
            quem,
            token_url: dadas.oidc_token_url.clone().or_else(|| arquivo.oidc_token_url.clone()),
            tramita_basic: dadas
                .tramita_basic
                .or(arquivo.tramita_basic)
                .map(|chave| chave == Chave::On),
        })
    }

    /// HTTP Basic on the façade of the Tramita, as this command has it, unless it is set.
    pub fn basic(&self, by_default: bool) -> Option<Basic> {
        let basic = Basic { token_url: self.token_url.clone(), allow_http: self.allow_http };
        self.tramita_basic.unwrap_or(by_default).then_some(basic)
    }

    /// For tokens of `issuer`.
    pub fn opcoes(&self, issuer: String, facade: FacadeOptions) -> AuthOptions {
        let fonte = match (&self.jwks_file, &self.jwks_url) {
            (Some(arquivo), _) => Fonte::Arquivo(arquivo.clone()),
            (None, Some(url)) => Fonte::Url(url.clone()),
            (None, None) => {
                Fonte::Descoberta { issuer: issuer.clone(), aceita_http: self.allow_http }
            }
        };
        AuthOptions {
            issuer,
            audiencia: self.audience.clone(),
            clientes: self.clients.clone(),
            fonte,
            algoritmos: self.algorithms.clone(),
            quem: self.quem.clone(),
            facade,
            token_url: self.token_url.clone(),
        }
    }
}

fn caminho(texto: String) -> Result<Caminho, ConfigInvalida> {
    texto.trim().parse().map_err(|erro| ConfigInvalida::Claim(texto, erro))
}

fn papel(nome: String) -> Result<Papel, ConfigInvalida> {
    Papel::de_nome(nome.trim()).ok_or(ConfigInvalida::Papel(nome))
}

/// Only those of which the server knows no secret: who can verify cannot sign.
fn algoritmo(nome: String) -> Result<Algorithm, ConfigInvalida> {
    let lido = nome.trim().parse().ok();
    let assimetrico = lido.filter(|algoritmo| {
        !matches!(algoritmo, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512)
    });
    assimetrico.ok_or(ConfigInvalida::Algoritmo(nome))
}
