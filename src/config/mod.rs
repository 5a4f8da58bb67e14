//! Every setting, documented once: flag, else environment, else the file of
//! `--config`, else the default.

mod subscriptions;
mod trusted;
mod connections;
mod documents;
mod http;
mod oidc;
mod options;
pub mod ranges;
mod text;

pub use crate::value::regras::{CamposDesconhecidos, Regras};
pub use connections::Connections;
pub use documents::Documentos;
pub use http::{Http, PerfilHttp};
pub use options::{Chave, FormatoDoLog, Opcoes};
pub use subscriptions::Assinaturas;
pub use trusted::Confiavel;

use crate::auth::FacadeOptions;
use crate::auth::signer::Assinante;
use crate::call::enumeration_limit;
use crate::db;
use crate::http::tls;
use actix_web::http::header::HeaderName;
use oidc::Oidc;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum ConfigInvalida {
    #[error("não foi possível ler {0}: {1}")]
    Leitura(PathBuf, std::io::Error),
    #[error("{0}: não é um algoritmo de assinatura assimétrico; use, por exemplo, RS256 ou ES256")]
    Algoritmo(String),
    #[error("{0}: {1}")]
    Claim(String, crate::auth::CaminhoMalformado),
    #[error(
        "oidc_papeis_de_qualquer_cliente: {0} não é um papel; use, por exemplo, pse-dados-sensiveis"
    )]
    Papel(String),
    #[error("[corporativo] {0} = {1}: tribunal desconhecido; use, por exemplo, 8.20")]
    Corporativo(String, String),
    #[error("{0}: não é uma origem; use, por exemplo, https://painel.exemplo.jus.br")]
    Origem(String),
    #[error("{0}: não é um nome de cabeçalho; use, por exemplo, X-Certificado-Cliente")]
    Cabecalho(String),
    #[error(
        "certificado_cabecalho sem proxies seria recusado de todos: diga os endereços do proxy em ELOS_PROXIES"
    )]
    SemProxies,
    #[error("tls_bind, tls_certificado e tls_chave vão juntos: diga os três")]
    TlsIncompleto,
    #[error("{0}: não é uma chave RSA privada em PEM")]
    ChaveDosRecibos(PathBuf),
    #[error("{0}: {1}")]
    Confiaveis(PathBuf, String),
    #[error(
        "documentos_so_confiaveis sem documentos_confiaveis recusaria tudo: diga qual é o arquivo"
    )]
    SemConfiaveis,
    #[error("{0}: {1}")]
    Sintaxe(PathBuf, toml::de::Error),
    #[error("{0} vai de {1} a {2}")]
    ForaDaFaixa(&'static str, i64, i64),
}

/// The settings in force.
#[derive(Clone)]
pub struct Config {
    pub bind: SocketAddr,
    pub database_url: Option<String>,
    pub nacional_url: Option<String>,
    pub auditor_url: Option<String>,
    pub migrate_url: Option<String>,
    /// PostgreSQL of another machine may be reached without TLS.
    pub pg_sem_tls: bool,
    pub data_dir: PathBuf,
    pub pg_bin: Option<PathBuf>,
    pub pool_max: u32,
    pub tempo_maximo: Duration,
    /// After SIGTERM; by the command, unless it is set.
    pub pause: Option<Duration>,
    pub oidc: Oidc,
    pub chave_dos_recibos: Option<PathBuf>,
    pub graphiql: Option<bool>,
    pub introspeccao: Option<bool>,
    pub custo_maximo: u64,
    pub documentos_confiaveis: Option<PathBuf>,
    pub documentos_so_confiaveis: bool,
    pub relaxed_trail: bool,
    pub http: Http,
    pub cors_origins: Vec<String>,
    pub connections: Connections,
    pub certificate_header: Option<HeaderName>,
    /// Where TLS is served, and with what.
    pub tls: Option<(SocketAddr, tls::Files)>,
    pub metrics_bind: Option<SocketAddr>,
    pub ausencias_por_minuto: u32,
    pub ambiente: Option<String>,
    pub log: String,
    pub log_format: FormatoDoLog,
    pub regras: Regras,
    pub assinaturas: Assinaturas,
}

/// Where TLS is listened for, and with what; all of it or nothing.
fn tls_files(
    bind: Option<SocketAddr>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
) -> Result<Option<(SocketAddr, tls::Files)>, ConfigInvalida> {
    match (bind, certificate, key) {
        (None, None, None) => Ok(None),
        (Some(bind), Some(certificate), Some(key)) => {
            Ok(Some((bind, tls::Files { certificate, key })))
        }
        _ => Err(ConfigInvalida::TlsIncompleto),
    }
}

impl Config {
    pub fn resolver(dadas: Opcoes) -> Result<Self, ConfigInvalida> {
        let arquivo = dadas.arquivo.as_deref().map(Opcoes::ler).transpose()?.unwrap_or_default();
        let oidc = Oidc::resolver(&dadas, &arquivo)?;
        let (regras, assinaturas) = (arquivo.regras, arquivo.assinaturas);
        let cors_origins = dadas.cors_origins.or(arquivo.cors_origins).unwrap_or_default();
        if let Some(estranha) = cors_origins.iter().find(|origem| !e_origem(origem)) {
            return Err(ConfigInvalida::Origem(estranha.clone()));
        }
        let documentos_confiaveis = dadas.documentos_confiaveis.or(arquivo.documentos_confiaveis);
        let so_confiaveis = dadas.documentos_so_confiaveis.or(arquivo.documentos_so_confiaveis);
        let documentos_so_confiaveis = so_confiaveis == Some(Chave::On);
        if documentos_so_confiaveis && documentos_confiaveis.is_none() {
            return Err(ConfigInvalida::SemConfiaveis);
        }
        let proxies = dadas.proxies.or(arquivo.proxies).unwrap_or_default();
        let certificate_header = dadas.certificado_cabecalho.or(arquivo.certificado_cabecalho);
        let certificate_header = certificate_header
            .map(|nome| nome.parse().map_err(|_| ConfigInvalida::Cabecalho(nome)))
            .transpose()?;
        if certificate_header.is_some() && proxies.is_empty() {
            return Err(ConfigInvalida::SemProxies);
        }
        let tls = tls_files(
            dadas.tls_bind.or(arquivo.tls_bind),
            dadas.tls_certificado.or(arquivo.tls_certificado),
            dadas.tls_chave.or(arquivo.tls_chave),
        )?;
        Ok(Self {
            certificate_header,
            tls,
            bind: dadas.bind.or(arquivo.bind).unwrap_or((Ipv4Addr::LOCALHOST, 8080).into()),
            database_url: dadas.database_url.or(arquivo.database_url),
            nacional_url: dadas.nacional_url.or(arquivo.nacional_url),
            auditor_url: dadas.auditor_url.or(arquivo.auditor_url),
            migrate_url: dadas.migrate_url.or(arquivo.migrate_url),
            pg_sem_tls: dadas.pg_sem_tls.or(arquivo.pg_sem_tls) == Some(Chave::On),
            data_dir: dadas
                .data_dir
                .or(arquivo.data_dir)
                .unwrap_or_else(crate::embedded::default_dir),
            pg_bin: dadas.pg_bin.or(arquivo.pg_bin),
            pool_max: dadas.pool_max.or(arquivo.pool_max).unwrap_or(8),
            tempo_maximo: dadas
                .tempo_maximo
                .or(arquivo.tempo_maximo)
                .map_or(db::TEMPO, |segundos| Duration::from_secs(segundos.into())),
            pause: dadas
                .pausa_ao_encerrar
                .or(arquivo.pausa_ao_encerrar)
                .map(|segundos| Duration::from_secs(segundos.into())),
            oidc,
            chave_dos_recibos: dadas.chave_dos_recibos.or(arquivo.chave_dos_recibos),
            cors_origins,
            connections: Connections {
                at_most: dadas
                    .conexoes_maximo
                    .or(arquivo.conexoes_maximo)
                    .map_or(Connections::default().at_most, |n| n as usize),
                per_address: dadas
                    .conexoes_por_endereco
                    .or(arquivo.conexoes_por_endereco)
                    .map_or(Connections::default().per_address, |n| n as usize),
                proxies: proxies.into_iter().collect(),
            },
            metrics_bind: dadas.metrics_bind.or(arquivo.metrics_bind),
            ausencias_por_minuto: dadas
                .ausencias_por_minuto
                .or(arquivo.ausencias_por_minuto)
                .unwrap_or(enumeration_limit::POR_MINUTO),
            ambiente: dadas.ambiente.or(arquivo.ambiente),
            graphiql: dadas.graphiql.or(arquivo.graphiql).map(|chave| chave == Chave::On),
            introspeccao: dadas
                .introspeccao
                .or(arquivo.introspeccao)
                .map(|chave| chave == Chave::On),
            custo_maximo: dadas
                .custo_maximo
                .or(arquivo.custo_maximo)
                .unwrap_or(Documentos::default().custo_maximo),
            documentos_confiaveis,
            documentos_so_confiaveis,
            relaxed_trail: dadas.trilha_relaxada.or(arquivo.trilha_relaxada) == Some(Chave::On),
            http: Http {
                perfil: dadas.http_profile.or(arquivo.http_profile).unwrap_or_default(),
                lote_maximo: dadas.lote_maximo.or(arquivo.lote_maximo).unwrap_or(0),
                corpos_maximo: dadas
                    .corpos_maximo
                    .or(arquivo.corpos_maximo)
                    .unwrap_or(Http::default().corpos_maximo),
            },
            log: dadas.log.or(arquivo.log).unwrap_or_else(|| "info".into()),
            log_format: dadas.log_format.or(arquivo.log_format).unwrap_or_default(),
            regras,
            assinaturas,
        })
    }

    /// What the façade of the Tramita takes besides tokens, with Basic as this command has it.
    pub fn facade(&self, basic: bool) -> FacadeOptions {
        let proxies = self.connections.proxies.clone();
        let certificate_header = self.certificate_header.clone();
        FacadeOptions { basic: self.oidc.basic(basic), certificate_header, proxies }
    }

    /// With `introspeccao` as this command has it, unless it is set. Reads the trusted ones.
    pub fn documentos(&self, introspeccao: bool) -> Result<Documentos, ConfigInvalida> {
        let confiaveis = match &self.documentos_confiaveis {
            None => Vec::new(),
            Some(caminho) => {
                let json = std::fs::read(caminho)
                    .map_err(|erro| ConfigInvalida::Leitura(caminho.clone(), erro))?;
                trusted::ler(&json)
                    .map_err(|erro| ConfigInvalida::Confiaveis(caminho.clone(), erro))?
            }
        };
        Ok(Documentos {
            custo_maximo: self.custo_maximo,
            introspeccao: self.introspeccao.unwrap_or(introspeccao),
            confiaveis: confiaveis.into(),
            so_confiaveis: self.documentos_so_confiaveis,
        })
    }

    /// Reads the key of the recibos, if one is set.
    pub fn assinante(&self) -> Result<Option<Assinante>, ConfigInvalida> {
        let Some(caminho) = &self.chave_dos_recibos else { return Ok(None) };
        let pem = std::fs::read(caminho)
            .map_err(|erro| ConfigInvalida::Leitura(caminho.clone(), erro))?;
        let assinante = Assinante::de_pem(&pem);
        assinante.map(Some).map_err(|_| ConfigInvalida::ChaveDosRecibos(caminho.clone()))
    }
}

/// As browsers write it in `Origin`: no path, and nothing for everybody.
fn e_origem(texto: &str) -> bool {
    let autoridade = texto.strip_prefix("https://").or_else(|| texto.strip_prefix("http://"));
    autoridade.is_some_and(|resto| {
        !resto.is_empty() && !resto.contains(['/', '*', '?', '#', '@', ' ']) && resto.is_ascii()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chave_desconhecida_no_arquivo_e_erro() {
        assert!(
            toml::from_str::<Opcoes>("pool_max = 3\n[regras]\nverificar_digito = false").is_ok()
        );
        assert!(toml::from_str::<Opcoes>("poool_max = 3").is_err());
        assert!(toml::from_str::<Opcoes>("[regras]\nverificar = false").is_err());
    }

    #[test]
    fn o_que_um_token_diz_se_configura_e_se_confere_ao_iniciar() {
        let resolver = |toml: &str| Config::resolver(toml::from_str::<Opcoes>(toml).unwrap());
        let com = |dadas: Opcoes| Config::resolver(dadas).is_ok();
        assert!(resolver("").is_ok());
        let lista = |texto: &str| Some(vec![texto.to_owned()]);
        for (algoritmo, serve) in
            [("RS256", true), ("ES384", true), ("EdDSA", true), ("HS256", false), ("none", false)]
        {
            assert_eq!(
                com(Opcoes { oidc_algorithms: lista(algoritmo), ..Opcoes::default() }),
                serve,
                "{algoritmo}"
            );
        }
        assert!(!com(Opcoes { oidc_claim_papeis: lista("a..b"), ..Opcoes::default() }));
        for (origem, serve) in [
            ("https://a.b", true),
            ("http://localhost:3000", true),
            ("*", false),
            ("https://*.b", false),
            ("https://a/b", false),
            ("null", false),
        ] {
            assert_eq!(
                com(Opcoes { cors_origins: lista(origem), ..Opcoes::default() }),
                serve,
                "{origem}"
            );
        }
        let corporativo = |tribunal: &str| Opcoes {
            corporativo: [("6".to_owned(), tribunal.to_owned())].into(),
            ..Opcoes::default()
        };
        assert!(Oidc::resolver(&Opcoes::default(), &corporativo("8.06")).is_ok());
        assert!(Oidc::resolver(&Opcoes::default(), &corporativo("9.99")).is_err());
    }

    #[test]
    fn a_senha_nao_se_imprime() {
        let url = || Some("postgres://u:segredo@h/d".to_owned());
        let dadas = Opcoes {
            database_url: url(),
            nacional_url: url(),
            auditor_url: url(),
            migrate_url: url(),
            ..Opcoes::default()
        };
        assert!(!Config::resolver(dadas).unwrap().to_string().contains("segredo"));
    }
}
