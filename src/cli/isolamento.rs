//! `elos isolamento prove`: checks on a database that no tribunal reaches another's data.

use super::{check_server_transports, migrate_url, now};
use crate::config::Config;
use crate::db;
use crate::isolation::{self, Login};
use anyhow::{Context, ensure};
use clap::Subcommand;
use diesel::{Connection, PgConnection};

#[derive(Subcommand)]
pub enum IsolamentoCmd {
    /// Tenta passar de um tribunal a outro, por todos os meios, neste banco; sai com 1 se passar por algum.
    ///
    /// Faz linhas de prova de dois tribunais numa transação que nunca se confirma, e tenta lê-las, mudá-las e fazê-las
    /// como cada papel do servidor, como o login de DATABASE_URL e por cada operação GraphQL e REST: cada coluna, tabela,
    /// função e papel que o catálogo do banco tem. Imprime o que tentou e o que conteve; cada ACHADO diz a tabela e a
    /// coluna, a função ou a operação.
    ///
    /// Nada fica no banco: só as sequências (números de cadastro, de guia e da trilha) avançam algumas unidades. Dura
    /// segundos; enquanto dura, a trilha e os fluxos de eventos mostram só o que veio antes dela. Pode rodar com o servidor no ar.
    Prove,
}

#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
pub fn run(config: &Config, command: &IsolamentoCmd) -> anyhow::Result<()> {
    let IsolamentoCmd::Prove = command;
    let owner = migrate_url(config)?;
    check_server_transports(config)?;
    let owner = PgConnection::establish(owner)?;
    let url = config.database_url.as_ref().context("falta DATABASE_URL, o login que se prova")?;
    let urls = [
        (url, "elos_app"),
        (config.nacional_url.as_ref().unwrap_or(url), "elos_nacional"),
        (config.auditor_url.as_ref().unwrap_or(url), "elos_auditor"),
    ];
    let mut logins: Vec<(&String, Vec<&'static str>)> = Vec::new();
    for (url, role) in urls {
        match logins.iter_mut().find(|(known, _)| *known == url) {
            Some((_, may)) => may.push(role),
            None => logins.push((url, vec![role])),
        }
    }
    let login = |(url, may): (&String, Vec<&'static str>)| {
        let mixed_up = db::check_session_affinity(url).err().map(|refused| refused.to_string());
        Ok(Login { conn: PgConnection::establish(url)?, may, mixed_up })
    };
    let logins = logins.into_iter().map(login).collect::<anyhow::Result<Vec<_>>>()?;
    let report = isolation::prove(owner, logins, isolation::Options::all(now))?;
    print!("{report}");
    ensure!(report.holds(), "atravessou-se a muralha: {} achado(s)", report.findings.len());
    println!("contida: {} tentativas, nenhuma atravessou", report.tried());
    Ok(())
}
