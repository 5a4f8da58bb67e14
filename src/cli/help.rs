//! The command line's definition, with a `--help` that lists the settings only for the commands
//! that use most of them; and what is made of the definition: completions and manual pages.

use super::Cli;
use anyhow::Context;
use clap::{Arg, Command, CommandFactory};
use clap_complete::Shell;
use std::path::Path;

/// The commands whose `--help` lists the settings, because they use most of them.
const WITH_SETTINGS: [&str; 4] = ["demo", "serve", "check-config", "doctor"];
const ABOUT_SETTINGS: &str = "Os ajustes que `elos --help` lista valem também aqui.";

/// Returns the definition. Every command accepts every setting, but few list them.
pub fn command() -> Command {
    let command = Cli::command();
    let settings = command.get_arguments().filter(|arg| arg.is_global_set());
    let hidden: Vec<Arg> = settings.cloned().map(|arg| arg.hide(true)).collect();
    command.mut_subcommands(|command| match WITH_SETTINGS.contains(&command.get_name()) {
        true => command,
        // clap adds a global argument only to the commands that have none of its name.
        false => with_note(command.args(&hidden)),
    })
}

fn with_note(command: Command) -> Command {
    command.after_help(ABOUT_SETTINGS).mut_subcommands(with_note)
}

/// Prints the completions for a shell.
pub fn completions(shell: Shell) {
    clap_complete::generate(shell, &mut command(), "elos", &mut std::io::stdout());
}

/// Writes one manual page for each command.
pub fn manual(folder: &Path) -> anyhow::Result<()> {
    let failed = || format!("não foi possível gravar em {}", folder.display());
    std::fs::create_dir_all(folder).with_context(failed)?;
    clap_mangen::generate_to(command(), folder).with_context(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what `--help` of the command says.
    fn help(path: &[&str]) -> String {
        let args = ["elos"].iter().chain(path).chain(&["--help"]);
        command().try_get_matches_from(args).unwrap_err().to_string()
    }

    #[test]
    fn a_command_shows_its_own_options_and_few_the_settings() {
        command().debug_assert();
        for path in [&["migrate", "run"][..], &["seed"], &["auditoria", "verify"], &["schema"]] {
            let text = help(path);
            assert!(!text.contains("--pool-max") && text.contains("elos --help"), "{text}");
        }
        assert!(help(&["auditoria", "verify"]).contains("--exigir-arquivos"));
        for path in [&[][..], &["serve"], &["check-config"]] {
            let text = help(path);
            let (own, settings) = text.split_once("Ajustes").expect(&text);
            assert!(settings.contains("--pool-max") && !own.contains("--pool-max"), "{text}");
            assert!(own.contains("--help"), "{text}");
        }
    }

    #[test]
    fn a_setting_is_accepted_before_and_after_every_command() {
        for args in [
            &["elos", "--pool-max", "3", "migrate", "run"][..],
            &["elos", "migrate", "--pool-max", "3", "run"],
            &["elos", "migrate", "run", "--pool-max", "3"],
            &["elos", "serve", "--pool-max", "3"],
        ] {
            let matches = command().try_get_matches_from(args).unwrap();
            assert_eq!(matches.get_one::<u32>("pool_max"), Some(&3), "{args:?}");
        }
    }
}
