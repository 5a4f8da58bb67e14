//! `elos auditoria`: verifies and archives the audit trail.

mod archive;
mod verify;

use super::migrate_url;
use crate::audit::archive::PublicKey;
use crate::config::Config;
use anyhow::Context;
use chrono::NaiveDate;
use clap::Subcommand;
use diesel::{Connection, PgConnection};
use std::path::{Path, PathBuf};
use verify::Verification;

#[derive(Subcommand)]
pub enum AuditoriaCmd {
    /// Confere a trilha com a cadeia de hashes; sai com 1 se achar registro alterado, removido, inserido ou fora de ordem.
    Verify {
        /// Linhas `cabeça …` de uma conferência anterior, guardadas noutro lugar: acha também o fim que foi cortado.
        #[arg(long, value_name = "ARQUIVO")]
        ancora: Option<PathBuf>,
        /// Mês arquivado, ou pasta deles, a conferir também; repita para cada um.
        #[arg(long = "arquivo", value_name = "ARQUIVO|PASTA")]
        arquivos: Vec<PathBuf>,
        /// Chave RSA pública (PEM ou JWK) com que os arquivos têm de estar assinados; repita se houve mais de uma
        /// [padrão: a de --chave-dos-recibos].
        #[arg(long = "chave", value_name = "ARQUIVO")]
        chaves: Vec<PathBuf>,
        /// Conta como achado a falta do arquivo de um mês.
        #[arg(long)]
        exigir_arquivos: bool,
        /// Confere só os arquivos, sem o banco.
        #[arg(long, requires = "arquivos")]
        sem_banco: bool,
    },
    /// Grava em arquivos assinados os meses até --ate, confere cada um e o retira do banco; assina
    /// com --chave-dos-recibos.
    Archive {
        /// O último mês a arquivar, AAAA-MM; o corrente não se arquiva.
        #[arg(long, value_name = "AAAA-MM", value_parser = parse_month)]
        ate: NaiveDate,
        /// Pasta dos arquivos.
        #[arg(long, value_name = "PASTA")]
        para: PathBuf,
    },
}

pub fn run(config: &Config, command: AuditoriaCmd) -> anyhow::Result<()> {
    match command {
        AuditoriaCmd::Verify {
            ancora: anchor,
            arquivos: archives,
            chaves: keys,
            exigir_arquivos,
            sem_banco,
        } => {
            let sem_banco = sem_banco || (!archives.is_empty() && config.migrate_url.is_none());
            let mut conn = match sem_banco {
                true => None,
                false => Some(PgConnection::establish(migrate_url(config)?)?),
            };
            let check = Verification {
                anchor: anchor.as_deref(),
                archives: &archives,
                keys: match keys.as_slice() {
                    [] => config
                        .signer()?
                        .and_then(|signer| PublicKey::from_jwk(signer.public_key()))
                        .into_iter()
                        .collect(),
                    given => given
                        .iter()
                        .map(|given| read_public_key(given))
                        .collect::<Result<_, _>>()?,
                },
                require_archives: exigir_arquivos,
            };
            verify::verify(conn.as_mut(), &check)
        }
        AuditoriaCmd::Archive { ate: until, para } => {
            let signer = config.signer()?.context(
                "falta a chave que assina os arquivos: diga --chave-dos-recibos, ou ELOS_CHAVE_DOS_RECIBOS, com uma chave RSA \
                 privada em PEM",
            )?;
            let mut conn = PgConnection::establish(migrate_url(config)?)?;
            archive::archive(&mut conn, until, &para, &signer)
        }
    }
}

fn parse_month(text: &str) -> Result<NaiveDate, String> {
    let day = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok();
    day.filter(|_| text.len() == 7)
        .ok_or_else(|| "diga o mês como AAAA-MM; por exemplo, 2026-11".into())
}

fn read_public_key(file: &Path) -> anyhow::Result<PublicKey> {
    let text = std::fs::read_to_string(file);
    let text = text.with_context(|| format!("não foi possível ler {}", file.display()))?;
    PublicKey::from_text(&text).with_context(|| file.display().to_string())
}
