//! `elos migrate`: applies, lists and reverts migrations, and repairs what differs from them.

use super::{ensure_disposable, migrate_url};
use crate::config::Config;
use crate::db::catalog::{DisplayDifferences, Repair, Uncorrected};
use crate::db::migrations::Migrator;
use anyhow::ensure;
use clap::Subcommand;

#[derive(Subcommand)]
pub enum MigrateCmd {
    /// Aplica as migrações que faltam.
    Run,
    /// Desfaz a última migração, num banco vazio.
    Revert {
        /// Faz sem perguntar.
        #[arg(long)]
        yes: bool,
    },
    /// Lista as migrações e quais o banco tem.
    Status,
    /// Refaz papéis, políticas, direitos e funções que não estão como as migrações os fazem.
    Repair,
}

#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
pub fn run(config: &Config, command: &MigrateCmd) -> anyhow::Result<()> {
    let mut migrator = Migrator::connect(migrate_url(config)?)?;
    match command {
        MigrateCmd::Run => {
            match migrator.apply()?.as_slice() {
                [] => println!("nada a aplicar"),
                done => done.iter().for_each(|name| println!("aplicada {name}")),
            }
            let faults = migrator.faults()?;
            ensure!(
                faults.is_empty(),
                "o banco tem as migrações, mas não está como elas o fazem:{}\nrode `elos migrate repair`",
                DisplayDifferences(&faults)
            );
        }
        MigrateCmd::Repair => return repair(&mut migrator),
        MigrateCmd::Revert { yes } => {
            ensure_disposable(config, &mut migrator, "desfazer a última migração", *yes)?;
            println!("desfeita {}", migrator.revert()?);
        }
        MigrateCmd::Status => {
            for migration in migrator.status()? {
                println!("[{}] {}", if migration.applied { 'x' } else { ' ' }, migration.nome);
            }
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
fn repair(migrator: &mut Migrator) -> anyhow::Result<()> {
    let Repair { corrected, uncorrected } = migrator.repair()?;
    for difference in &corrected {
        println!("reparado   {difference}");
    }
    for Uncorrected { difference, statements, reason } in &uncorrected {
        println!("por fazer  {difference}");
        if let Some(reason) = reason {
            println!("           o banco disse: {reason}");
        }
        match statements.as_str() {
            "" => println!("           nenhum comando o refaz: restaure-o de uma cópia"),
            _ => println!("           como superusuário, se for o que quer: {statements};"),
        }
    }
    if corrected.is_empty() && uncorrected.is_empty() {
        println!("nada a reparar");
    }
    ensure!(
        uncorrected.is_empty(),
        "nem tudo pôde ser refeito por este login: peça o que falta a quem administra o banco"
    );
    ensure!(
        !migrator.behind()?,
        "faltam migrações: rode `elos migrate run` e depois `elos migrate repair`"
    );
    if let Some(epoch) = migrator.begin_epoch()? {
        println!(
            "época {epoch}: os dados vieram de outro PostgreSQL; o fluxo e a trilha seguem depois do que já têm"
        );
    }
    Ok(())
}
