//! `elos credencial`: registers, lists and revokes the OIDC clients that the server recognizes.

use super::{migrate_url, now};
use crate::auth::{Certificate, Papel};
use crate::config::Config;
use crate::db::credentials::{self, ForeignItem};
use crate::db::migrations::Migrator;
use crate::value::characters;
use crate::value::tribunal::Tribunal;
use anyhow::{Context, bail, ensure};
use clap::Subcommand;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub enum CredencialCmd {
    /// Reconhece um cliente. Se já existe, mesmo revogado, os dados daqui substituem os dele.
    Add {
        /// Cliente OIDC, como em `azp`.
        #[arg(value_parser = parse_client_name)]
        azp: String,
        /// De que tribunal é: 8.20, 820 ou 20. Dispensa-se com --nacional ou --estatistica.
        #[arg(long, value_parser = super::parse_tribunal, required_unless_present_any = ["nacional", "estatistica"], value_name = "CÓDIGO")]
        tribunal: Option<Tribunal>,
        /// Vê todos os tribunais (papel pse-nacional), e em nenhum escreve.
        #[arg(long)]
        nacional: bool,
        /// Vê só estatísticas de todos os tribunais (papel pse-estatistica), e linha nenhuma.
        #[arg(long, conflicts_with_all = ["nacional", "tribunal", "papeis"])]
        estatistica: bool,
        /// Um papel; repita para cada um.
        #[arg(long = "papel", value_parser = parse_papel, required_unless_present = "estatistica", value_name = "PAPEL")]
        papeis: Vec<Papel>,
        /// Estrutura do tribunal pela qual age no Tramita, por exemplo 1/820; repita para cada uma.
        /// Sem nenhuma, age por todas.
        #[arg(
            long = "estrutura",
            value_parser = super::parse_estrutura,
            conflicts_with = "nacional",
            value_name = "REPOSITÓRIO/NÚMERO"
        )]
        estruturas: Vec<(i32, String)>,
        /// Certificado de cliente (PEM) pelo qual também é reconhecida, nas rotas do Tramita; repita para cada um.
        #[arg(long = "certificado", value_name = "ARQUIVO")]
        certificados: Vec<PathBuf>,
    },
    /// Lista os clientes reconhecidos e os revogados.
    List,
    /// Recusa, de agora em diante, os tokens de um cliente.
    Revoke {
        /// Cliente OIDC, como em `azp`.
        azp: String,
    },
}

#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
pub fn run(config: &Config, command: CredencialCmd) -> anyhow::Result<()> {
    let mut migrator = Migrator::connect(migrate_url(config)?)?;
    let conn = migrator.conn();
    match command {
        CredencialCmd::Add {
            azp,
            tribunal,
            nacional,
            estatistica,
            mut papeis,
            estruturas,
            certificados: certificates,
        } => {
            let certificates = certificates.iter().map(|file| read_certificate(file));
            let certificates = certificates.collect::<anyhow::Result<Vec<_>>>()?;
            papeis.extend(nacional.then_some(Papel::Nacional));
            papeis.extend(estatistica.then_some(Papel::Estatistica));
            ensure!(
                papeis == [Papel::Estatistica] || !papeis.contains(&Papel::Estatistica),
                "pse-estatistica não se junta a outro papel: quem o tem não vê linha nenhuma"
            );
            ensure!(
                tribunal.is_some()
                    || papeis.contains(&Papel::Nacional)
                    || papeis == [Papel::Estatistica],
                "diga o tribunal, com --tribunal"
            );
            let client = credentials::NewClient {
                azp: &azp,
                tribunal,
                papeis: &papeis,
                estruturas: &estruturas,
                certificates: &certificates,
            };
            match credentials::add(conn, &client)? {
                Some(ForeignItem::Estrutura(repositorio, numero)) => {
                    bail!("a estrutura {repositorio}/{numero} não é do tribunal da credencial");
                }
                Some(ForeignItem::ClientCertificate(fingerprint)) => {
                    bail!("o certificado {fingerprint} já é de outra credencial");
                }
                None => {}
            }
            println!("reconhecida {azp}");
        }
        CredencialCmd::List => {
            for row in credentials::list(conn)? {
                let credentials::Row {
                    azp,
                    tribunal,
                    papeis,
                    estruturas,
                    revogada: revoked,
                    certificados: certificates,
                } = row;
                let tribunal = tribunal.map_or_else(|| "-".into(), |code| code.to_string());
                let estruturas = match estruturas.as_slice() {
                    [] => String::new(),
                    own => format!("  {}", own.join(",")),
                };
                let certificates = match certificates {
                    0 => String::new(),
                    count => format!("  certificados: {count}"),
                };
                let revoked = if revoked { "  (revogada)" } else { "" };
                println!(
                    "{azp}  {tribunal}  {}{estruturas}{certificates}{revoked}",
                    papeis.join(",")
                );
            }
        }
        CredencialCmd::Revoke { azp } => {
            ensure!(
                credentials::revoke(conn, &azp)?,
                "não há credencial de {azp}; veja `elos credencial list`"
            );
            println!("revogada {azp}");
        }
    }
    Ok(())
}

fn parse_client_name(text: &str) -> Result<String, String> {
    if !(1..=255).contains(&text.chars().count()) {
        return Err("tem de 1 a 255 caracteres".into());
    }
    match characters::unfit_for_identifier(text) {
        None => Ok(text.to_owned()),
        Some(character) => Err(format!(
            "tem o caractere {character}: nele não há brancos, acentos soltos nem o que não se vê"
        )),
    }
}

fn parse_papel(text: &str) -> Result<Papel, String> {
    Papel::from_name(text).ok_or_else(|| {
        let names: Vec<_> = Papel::ALL.iter().map(|papel| papel.name()).collect();
        format!("papel desconhecido; use um de {}", names.join(", "))
    })
}

fn read_certificate(file: &Path) -> anyhow::Result<Certificate> {
    let text = std::fs::read(file);
    let text = text.with_context(|| format!("não foi possível ler {}", file.display()))?;
    let certificate = Certificate::from_pem(&text);
    let certificate =
        certificate.with_context(|| format!("{}: não é um certificado em PEM", file.display()))?;
    let within = certificate.validity.until > now();
    ensure!(within, "{}: o certificado está fora da validade", file.display());
    Ok(certificate)
}
