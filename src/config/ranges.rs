//! Settings that are numbers, and what each may be. Zero of what must be there is no way to say that
//! there is no limit, and what no machine has is a slip: both are refused, with the range, whether
//! the number comes by flag, by environment or by the file.

use super::ConfigInvalida;
use toml::{Table, Value};

/// A setting that is a number.
pub struct Number {
    /// The section of the file; empty for settings that are flags too.
    pub section: &'static str,
    pub name: &'static str,
    pub least: i64,
    pub most: i64,
}

const fn flag(name: &'static str, least: i64, most: i64) -> Number {
    Number { section: "", name, least, most }
}

const fn of(section: &'static str, name: &'static str, least: i64, most: i64) -> Number {
    Number { section, name, least, most }
}

/// Every one of them: a test compares this list with the settings that there are.
pub const NUMBERS: [Number; 15] = [
    flag("pool_max", 1, 500),
    flag("tempo_maximo", 1, 600),
    // None: no request is served after SIGTERM.
    flag("pausa_ao_encerrar", 0, 120),
    // An empty query costs 100.
    flag("custo_maximo", 100, 100_000_000),
    // None: arrays of operations are refused.
    flag("lote_maximo", 0, 100),
    // A part of them holds the largest body.
    flag("corpos_maximo", 32, 65_536),
    flag("conexoes_maximo", 1, 1_000_000),
    flag("conexoes_por_endereco", 1, 1_000_000),
    // None: there is no limit.
    flag("ausencias_por_minuto", 0, 1_000_000),
    of("regras", "componente_maximo", 1, 10_240),
    of("regras", "prazo_do_tramite", 1, 365),
    of("assinaturas", "espera_init", 1, 300),
    of("assinaturas", "operacoes_por_conexao", 1, 10_000),
    of("assinaturas", "conexoes_por_credencial", 1, 100_000),
    of("assinaturas", "envio_parado", 1, 300),
];

/// Processos of a synthetic world: an argument of commands, and no setting.
pub const PROCESSOS: Number = flag("processos", 1, 50_000_000);

impl Number {
    fn check(&self, value: i64) -> Result<i64, ConfigInvalida> {
        match (self.least..=self.most).contains(&value) {
            true => Ok(value),
            false => Err(ConfigInvalida::ForaDaFaixa(self.name, self.least, self.most)),
        }
    }

    /// As a flag or a variable says it.
    pub fn read<T: TryFrom<i64>>(&self, text: &str) -> Result<T, String> {
        let outside = || ConfigInvalida::ForaDaFaixa(self.name, self.least, self.most).to_string();
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("não é um número inteiro; {}", outside()));
        }
        // More digits than any number has are more than the most.
        let value = text.parse().map_err(|_| outside())?;
        let value = self.check(value).map_err(|refused| refused.to_string())?;
        T::try_from(value).map_err(|_| outside())
    }
}

/// Reads the setting of this name, for clap.
pub fn number<T>(name: &'static str) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync
where
    T: TryFrom<i64>,
{
    let known = NUMBERS.iter().chain([&PROCESSOS]).find(|number| number.name == name);
    move |text| {
        known.map_or_else(|| Err("falta a faixa deste ajuste".into()), |known| known.read(text))
    }
}

/// That the numbers of a file are in their ranges.
pub fn check(file: &Table) -> Result<(), ConfigInvalida> {
    for number in &NUMBERS {
        let within = match number.section {
            "" => Some(file),
            section => file.get(section).and_then(Value::as_table),
        };
        // What is no number is told by whoever reads it.
        if let Some(value) = within.and_then(|table| table.get(number.name)?.as_integer()) {
            number.check(value)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Opcoes};
    use super::*;
    use clap::{Args, Command};
    use std::any::TypeId;
    use std::collections::BTreeSet;
    use std::path::Path;

    type Door = fn(&Number, i128) -> Result<(), String>;

    fn by_file(number: &Number, value: i128) -> Result<(), String> {
        let Number { section, name, .. } = number;
        let section = if section.is_empty() { String::new() } else { format!("[{section}]\n") };
        let text = format!("{section}{name} = {value}");
        let read = Opcoes::read(Path::new("elos.toml"), &text).map_err(|e| e.to_string())?;
        Config::resolver(read).map(drop).map_err(|e| e.to_string())
    }

    fn command() -> Command {
        Opcoes::augment_args(Command::new("elos"))
    }

    fn by_flag(number: &Number, value: i128) -> Result<(), String> {
        let flag = format!("--{}={value}", number.name.replace('_', "-"));
        command().try_get_matches_from(["elos", &flag]).map(drop).map_err(|e| e.to_string())
    }

    #[test]
    fn every_number_has_its_range_by_flag_and_by_file() {
        for number in &NUMBERS {
            let &Number { section, name, least, most } = number;
            let doors: &[Door] = if section.is_empty() { &[by_flag, by_file] } else { &[by_file] };
            let range = format!("{name} vai de {least} a {most}");
            for door in doors {
                for fits in [least, most] {
                    assert_eq!(door(number, fits.into()), Ok(()), "{name} = {fits}");
                }
                let beyond = [
                    -1,
                    i128::from(least) - 1,
                    i128::from(most) + 1,
                    u16::MAX.into(),
                    u32::MAX.into(),
                    i64::MAX.into(),
                ];
                let beyond =
                    beyond.into_iter().filter(|n| !(least.into()..=most.into()).contains(n));
                for n in beyond {
                    let refused = door(number, n).expect_err(&format!("{name} = {n}"));
                    assert!(refused.contains(&range), "{name} = {n}: {refused}");
                }
            }
            if section.is_empty() {
                let refused = by_flag(number, u128::MAX.cast_signed() >> 1).unwrap_err();
                assert!(refused.contains("inteiro") || refused.contains(&range), "{refused}");
                let refused = by_flag(number, u64::MAX.into()).unwrap_err();
                assert!(refused.contains(&range), "{refused}");
            }
        }
    }

    /// The settings that a section of the file has, by what it says of one that it does not know.
    fn named(section: &str) -> Vec<String> {
        let refused = toml::from_str::<Opcoes>(&format!("{section}nada = 1")).unwrap_err();
        let text = refused.message().to_owned();
        let (_, names) = text.split_once("expected one of ").expect(&text);
        names.split(", ").map(|name| name.trim_matches('`').to_owned()).collect()
    }

    #[test]
    fn no_number_is_without_a_range() {
        let listed: BTreeSet<_> = NUMBERS
            .iter()
            .map(|number| (number.section.to_owned(), number.name.to_owned()))
            .collect();
        let mut found = BTreeSet::new();
        for section in ["", "regras", "assinaturas"] {
            let header = if section.is_empty() { String::new() } else { format!("[{section}]\n") };
            for name in named(&header) {
                let text = format!("{header}{name} = \"x\"");
                let told =
                    toml::from_str::<Opcoes>(&text).map(drop).map_err(|e| e.message().to_owned());
                let number = ["u8", "u16", "u32", "u64", "usize", "i32", "i64", "f64"];
                if told.is_err_and(|told| {
                    number.iter().any(|n| told.ends_with(&format!("expected {n}")))
                }) {
                    found.insert((section.to_owned(), name));
                }
            }
        }
        assert_eq!(found, listed);
        let numbers =
            [TypeId::of::<u16>(), TypeId::of::<u32>(), TypeId::of::<u64>(), TypeId::of::<usize>()];
        let flags: BTreeSet<_> = command()
            .get_arguments()
            .filter(|arg| numbers.iter().any(|n| arg.get_value_parser().type_id() == *n))
            .map(|arg| (String::new(), arg.get_id().to_string()))
            .collect();
        let listed: BTreeSet<_> =
            listed.into_iter().filter(|(section, _)| section.is_empty()).collect();
        assert_eq!(flags, listed);
    }
}
