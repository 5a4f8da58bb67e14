//! The settings that are numbers, and the range of each.
//!
//! For a limit that must exist, zero would mean "no limit", and a number far beyond any machine is
//! a typing error. `elos` refuses both with a message that names the range, whether the number
//! comes from a flag, the environment or the file.

use super::ConfigError;
use toml::{Table, Value};

/// A numeric setting and its range, both ends included.
pub struct NumericSetting {
    /// The section of the file. Empty for a setting that is also a flag.
    pub section: &'static str,
    pub name: &'static str,
    pub min: i64,
    pub max: i64,
}

const fn flag(name: &'static str, min: i64, max: i64) -> NumericSetting {
    NumericSetting { section: "", name, min, max }
}

const fn of(section: &'static str, name: &'static str, min: i64, max: i64) -> NumericSetting {
    NumericSetting { section, name, min, max }
}

/// All numeric settings. A test compares this list with the settings that exist.
pub const NUMBERS: [NumericSetting; 17] = [
    flag("pool_max", 1, 500),
    // With 0 no connection is kept for the next user of its tribunal.
    flag("pool_idle", 0, 500),
    flag("tempo_maximo", 1, 600),
    // With 0 the server does not wait for the load balancer after SIGTERM.
    flag("pausa_ao_encerrar", 0, 120),
    // An empty query costs 100.
    flag("custo_maximo", 100, 100_000_000),
    // With 0 the server refuses arrays of operations.
    flag("lote_maximo", 0, 100),
    // One caller's share of this memory must hold the largest body.
    flag("corpos_maximo", 32, 65_536),
    flag("conexoes_maximo", 1, 1_000_000),
    flag("conexoes_por_endereco", 1, 1_000_000),
    // With 0 a request is traced only if its `traceparent` asks for it.
    flag("otlp_amostra", 0, 1000),
    // With 0 there is no limit.
    flag("ausencias_por_minuto", 0, 1_000_000),
    of("regras", "componente_maximo", 1, 10_240),
    of("regras", "prazo_do_tramite", 1, 365),
    of("assinaturas", "espera_init", 1, 300),
    of("assinaturas", "operacoes_por_conexao", 1, 10_000),
    of("assinaturas", "conexoes_por_credencial", 1, 100_000),
    of("assinaturas", "envio_parado", 1, 300),
];

/// The range of the number of synthetic processos. It is an argument of commands, not a setting.
pub const PROCESSOS: NumericSetting = flag("processos", 1, 50_000_000);

impl NumericSetting {
    fn check(&self, value: i64) -> Result<i64, ConfigError> {
        match (self.min..=self.max).contains(&value) {
            true => Ok(value),
            false => Err(ConfigError::OutOfRange(self.name, self.min, self.max)),
        }
    }

    /// Parses the text of a flag or of an environment variable.
    pub fn read<T: TryFrom<i64>>(&self, text: &str) -> Result<T, String> {
        let outside = || ConfigError::OutOfRange(self.name, self.min, self.max).to_string();
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("não é um número inteiro; {}", outside()));
        }
        // Too many digits for an `i64` are out of range as well.
        let value = text.parse().map_err(|_| outside())?;
        let value = self.check(value).map_err(|refused| refused.to_string())?;
        T::try_from(value).map_err(|_| outside())
    }
}

/// Returns the clap parser for the setting with this name.
pub fn number<T>(name: &'static str) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync
where
    T: TryFrom<i64>,
{
    let known = NUMBERS.iter().chain([&PROCESSOS]).find(|number| number.name == name);
    move |text| {
        known.map_or_else(|| Err("falta a faixa deste ajuste".into()), |known| known.read(text))
    }
}

/// Checks that the numbers of a file are in their ranges.
pub fn check(file: &Table) -> Result<(), ConfigError> {
    for number in &NUMBERS {
        let within = match number.section {
            "" => Some(file),
            section => file.get(section).and_then(Value::as_table),
        };
        // A value that is not an integer is refused later, when the file is deserialized.
        if let Some(value) = within.and_then(|table| table.get(number.name)?.as_integer()) {
            number.check(value)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Settings};
    use super::*;
    use clap::{Args, Command};
    use std::any::TypeId;
    use std::collections::BTreeSet;
    use std::path::Path;

    type Source = fn(&NumericSetting, i128) -> Result<(), String>;

    fn by_file(number: &NumericSetting, value: i128) -> Result<(), String> {
        let NumericSetting { section, name, .. } = number;
        let section = if section.is_empty() { String::new() } else { format!("[{section}]\n") };
        let text = format!("{section}{name} = {value}");
        let read = Settings::read(Path::new("elos.toml"), &text).map_err(|e| e.to_string())?;
        Config::resolve(read).map(drop).map_err(|e| e.to_string())
    }

    fn command() -> Command {
        Settings::augment_args(Command::new("elos"))
    }

    fn by_flag(number: &NumericSetting, value: i128) -> Result<(), String> {
        let flag = format!("--{}={value}", number.name.replace('_', "-"));
        command().try_get_matches_from(["elos", &flag]).map(drop).map_err(|e| e.to_string())
    }

    #[test]
    fn every_number_has_its_range_by_flag_and_by_file() {
        for number in &NUMBERS {
            let &NumericSetting { section, name, min, max } = number;
            let sources: &[Source] =
                if section.is_empty() { &[by_flag, by_file] } else { &[by_file] };
            let range = format!("{name} vai de {min} a {max}");
            for source in sources {
                for fits in [min, max] {
                    assert_eq!(source(number, fits.into()), Ok(()), "{name} = {fits}");
                }
                let beyond = [
                    -1,
                    i128::from(min) - 1,
                    i128::from(max) + 1,
                    u16::MAX.into(),
                    u32::MAX.into(),
                    i64::MAX.into(),
                ];
                let beyond = beyond.into_iter().filter(|n| !(min.into()..=max.into()).contains(n));
                for n in beyond {
                    let refused = source(number, n).expect_err(&format!("{name} = {n}"));
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

    /// Returns the names of the settings of a section, as the error message about an unknown
    /// setting lists them.
    fn named(section: &str) -> Vec<String> {
        let refused = toml::from_str::<Settings>(&format!("{section}nada = 1")).unwrap_err();
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
                    toml::from_str::<Settings>(&text).map(drop).map_err(|e| e.message().to_owned());
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
