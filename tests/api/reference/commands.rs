//! The command line and the settings, as clap knows them.

use super::{check_printed, read, rows};
use clap::{Arg, Command, CommandFactory};
use elos::cli::Cli;
use elos::config::ranges::NUMBERS;
use elos::config::{Config, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Writes the help of a command and of those below it, without the settings that every command
/// takes.
fn write_command(command: &Command, path: &str, printed: &mut String) {
    let mut alone = command
        .clone()
        .bin_name(path)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .term_width(100);
    let help = alone.render_long_help().to_string();
    let help: Vec<_> = help.trim_end().lines().map(str::trim_end).collect();
    writeln!(printed, "## {path}\n\n```text\n{}\n```\n", help.join("\n")).unwrap();
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write_command(below, &format!("{path} {}", below.get_name()), printed);
    }
}

#[test]
fn the_command_line_is_that_of_the_program() {
    let mut printed = String::from("\n");
    for command in Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
        write_command(command, &format!("elos {}", command.get_name()), &mut printed);
    }
    check_printed("linha-de-comando", "comandos", &printed);
}

/// The range of a number, or the words of a closed list.
fn range(section: &str, name: &str, words: &[String]) -> String {
    match NUMBERS.iter().find(|number| number.section == section && number.name == name) {
        Some(number) => format!("{} a {}", number.min, number.max),
        None => words.join(", "),
    }
}

/// Splits a help text into what it says and the default in its brackets.
fn split_default(help: &str) -> (&str, &str) {
    match help.split_once(" [padrão: ") {
        Some((text, default)) => (text, default.trim_end_matches(['.', ']'])),
        None => (help, ""),
    }
}

fn write_setting(arg: &Arg, printed: &mut String) {
    let long = arg.get_long().unwrap();
    let env = arg.get_env().unwrap().to_str().unwrap();
    let key = long.replace('-', "_");
    let names = match long {
        "config" => format!("`{env}`"),
        _ => format!("`{key}`<br>`{env}`"),
    };
    let help = arg.get_help().unwrap().to_string().replace('|', "\\|").replace('\n', " ");
    let (text, default) = split_default(&help);
    let words: Vec<_> =
        arg.get_possible_values().iter().map(|word| word.get_name().to_owned()).collect();
    let range = range("", &key, &words);
    let separator = if default.is_empty() || range.is_empty() { "" } else { "<br>" };
    writeln!(printed, "| {names} | {default}{separator}{range} | {text} |").unwrap();
}

#[test]
fn settings_are_those_of_the_program() {
    let mut printed = String::from(
        "| chave do arquivo, e variável | padrão, e faixa | o que é |\n|---|---|---|\n",
    );
    for arg in Cli::command().get_arguments() {
        write_setting(arg, &mut printed);
    }
    check_printed("ajustes", "ajustes", &printed);
}

/// The defaults of a section of the file, as `elos check-config` prints them, in small letters.
fn defaults(section: &str) -> BTreeMap<String, String> {
    let printed = Config::resolve(Settings::default()).unwrap().to_string();
    let (_, rest) = printed.split_once(&format!("[{section}]\n")).unwrap();
    let lines = rest.lines().take_while(|line| !line.starts_with('['));
    let pair = |line: &str| {
        let (name, value) = line.split_once('=').unwrap();
        (name.trim().to_owned(), value.trim().to_lowercase())
    };
    lines.map(pair).collect()
}

#[test]
fn switches_of_the_rules_are_those_of_the_program() {
    let source = read("src/value/rules.rs");
    let fields =
        source.split_once("pub struct RuleSwitches {\n").unwrap().1.split("\n}").next().unwrap();
    let defaults = defaults("regras");
    let mut printed = String::from("| chave | padrão | faixa | o que é |\n|---|---|---|---|\n");
    let mut text = "";
    for line in fields.lines().map(str::trim) {
        if let Some(doc) = line.strip_prefix("/// ") {
            text = doc;
        } else if let Some(name) = line.strip_prefix("pub ").and_then(|l| l.split(':').next()) {
            let range = range("regras", name, &[]);
            writeln!(printed, "| `{name}` | {} | {range} | {text} |", defaults[name]).unwrap();
        }
    }
    check_printed("ajustes", "regras", &printed);
}

#[test]
fn limits_of_subscriptions_are_those_of_the_program() {
    let written: BTreeSet<_> = rows("ajustes", "A seção `[assinaturas]`")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone(), row[2].clone()))
        .collect();
    let settings = defaults("assinaturas").into_iter();
    let settings = settings.map(|(name, default)| {
        let range = range("assinaturas", &name, &[]);
        (name, default, range)
    });
    assert_eq!(written, settings.collect::<BTreeSet<_>>());
}
