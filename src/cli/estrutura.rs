//! `elos estrutura set-key`: registers the public key of an estrutura's system.

use super::{migrate_url, read_file};
use crate::catalogo::key;
use crate::config::Config;
use crate::db::Sql;
use crate::db::migrations::Migrator;
use anyhow::{Context, ensure};
use clap::Subcommand;
use diesel::RunQueryDsl;
use std::path::PathBuf;

/// Maximum size of a key file.
const MAX_BYTES: u64 = 1024 * 1024;

#[derive(Subcommand)]
pub enum EstruturaCmd {
    /// Registra a chave com que o sistema de uma estrutura assina recibos; desde então só valem os que ela assina.
    SetKey {
        /// A estrutura, por exemplo 1/820.
        #[arg(value_parser = super::parse_estrutura, value_name = "REPOSITÓRIO/NÚMERO")]
        estrutura: (i32, String),
        /// Chave RSA pública ou certificado (PEM), ou JWK.
        #[arg(value_name = "ARQUIVO")]
        chave: PathBuf,
    },
}

#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
pub fn run(config: &Config, command: EstruturaCmd) -> anyhow::Result<()> {
    let EstruturaCmd::SetKey { estrutura: (repositorio, numero), chave: file } = command;
    let mut migrator = Migrator::connect(migrate_url(config)?)?;
    let text = read_file(&file, MAX_BYTES)?;
    let text = String::from_utf8(text).map_err(|_| key::NoKey::Unreadable);
    let jwk = text.and_then(|text| key::read(&text));
    let jwk = jwk.with_context(|| file.display().to_string())?;
    let set = Sql::new(
        "UPDATE estrutura SET versao = versao + 1, atualizado_em = now(), chave_publica = ",
    )
    .bind(jwk.to_string())
    .push("::jsonb WHERE repositorio = ")
    .bind(repositorio)
    .push(" AND numero = ")
    .bind(numero.clone())
    .execute(migrator.conn())?;
    ensure!(set == 1, "não há estrutura {repositorio}/{numero}");
    println!("registrada a chave de {repositorio}/{numero}");
    Ok(())
}
