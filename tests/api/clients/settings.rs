//! `elos check-config` refuses a number outside its range and states the range, whether the number
//! comes from a file, from an option or from the environment.

use elos::config::ranges::{NUMBERS, NumericSetting};
use std::process::Command;

fn check(args: &[String], variable: Option<(String, String)>) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elos"));
    command.args(args).env_clear();
    command.env("DATABASE_URL", "postgres:///elos?host=/tmp");
    command.env("ELOS_OIDC_ISSUER", "https://sso.example");
    if let Some((name, value)) = variable {
        command.env(name, value);
    }
    let said = command.output().unwrap();
    (said.status.success(), String::from_utf8([said.stdout, said.stderr].concat()).unwrap())
}

fn in_a_file(text: &str) -> (bool, String) {
    let name = format!("elos-{}-{:?}.toml", std::process::id(), std::thread::current().id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, text).unwrap();
    let path_text = path.to_str().unwrap().to_owned();
    let said = check(&["check-config".into(), "--config".into(), path_text], None);
    std::fs::remove_file(&path).unwrap();
    said
}

fn line(NumericSetting { section, name, .. }: &NumericSetting, value: i64) -> String {
    let header = if section.is_empty() { String::new() } else { format!("[{section}]\n") };
    format!("{header}{name} = {value}\n")
}

#[test]
fn check_config_states_the_range_of_every_number() {
    for number in &NUMBERS {
        let &NumericSetting { section, name, min, max } = number;
        let range = format!("{name} vai de {min} a {max}");
        for value in [min - 1, max + 1] {
            let mut ways = vec![in_a_file(&line(number, value))];
            if section.is_empty() {
                let flag = format!("--{}={value}", name.replace('_', "-"));
                ways.push(check(&["check-config".into(), flag], None));
                let variable = format!("ELOS_{}", name.to_uppercase());
                ways.push(check(&["check-config".into()], Some((variable, value.to_string()))));
            }
            for (accepted, said) in ways {
                assert!(!accepted && said.contains(&range), "{name} = {value}: {said}");
            }
        }
    }
    type Edge = fn(&NumericSetting) -> i64;
    let edges: [Edge; 2] = [|number| number.min, |number| number.max];
    for edge in edges {
        let flags = NUMBERS.iter().filter(|number| number.section.is_empty());
        let mut text: String = flags.map(|number| line(number, edge(number))).collect();
        for section in ["regras", "assinaturas"] {
            text.extend(["[", section, "]\n"]);
            let of = NUMBERS.iter().filter(|number| number.section == section);
            text.extend(of.map(|number| format!("{} = {}\n", number.name, edge(number))));
        }
        let (accepted, said) = in_a_file(&text);
        assert!(accepted, "{text}: {said}");
        for number in &NUMBERS {
            let told = |line: &str| {
                line.split_once('=').is_some_and(|(name, value)| {
                    name.trim() == number.name && value.trim() == edge(number).to_string()
                })
            };
            assert!(said.lines().any(told), "{} is told: {said}", number.name);
        }
    }
}
