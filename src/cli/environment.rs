//! Refuses environment variables that look like settings and are none. A misspelt variable would
//! otherwise leave its setting at the default, and nobody would learn of it.

use crate::config::Settings;
use anyhow::ensure;
use clap::{Args, Command};
use std::collections::BTreeSet;

const PREFIX: &str = "ELOS_";
/// Variables of the scripts and of the tests, which start the program with them in its environment.
const OF_SCRIPTS: [&str; 17] = [
    "ELOS_ACEITAR",
    "ELOS_BENCH_DIR",
    "ELOS_BENCH_FLOOR",
    "ELOS_BENCH_PROGRAM",
    "ELOS_DOCUMENTOS",
    "ELOS_EMBEDDED_TEST_DIR",
    "ELOS_FAILOVER_KEEP",
    "ELOS_FAILOVER_PROGRAM",
    "ELOS_HISTORIAS",
    "ELOS_KILLS_PROGRAM",
    "ELOS_MUITAS",
    "ELOS_NEIGHBOURS_PROGRAM",
    "ELOS_PEDIDOS",
    "ELOS_PG_BINDIR",
    "ELOS_PROCESSOS",
    "ELOS_ROLLING_PROGRAM",
    "ELOS_SEQUENCIAS",
];
/// Kubernetes describes the Service `elos-x` of a namespace to its containers as
/// `ELOS_X_SERVICE_HOST`, `ELOS_X_SERVICE_PORT…` and `ELOS_X_PORT…`.
const SERVICE_HOST: &str = "_SERVICE_HOST";
/// A name with more differences than this is no misspelling of a setting.
const MAX_DISTANCE: usize = 5;

/// Checks the names of this process's environment.
pub fn check() -> anyhow::Result<()> {
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let complaints = complaints(&names.collect());
    ensure!(complaints.is_empty(), "{}", complaints.join("\n      "));
    Ok(())
}

/// Returns the variables that are settings.
fn settings() -> Vec<String> {
    let command = Settings::augment_args(Command::new("elos"));
    let named = command.get_arguments().filter_map(clap::Arg::get_env);
    named.map(|name| name.to_string_lossy().into_owned()).collect()
}

/// Returns one line for each name that is unknown. A line never contains a value.
fn complaints(names: &BTreeSet<String>) -> Vec<String> {
    let settings = settings();
    let services: Vec<_> =
        names.iter().filter_map(|name| name.strip_suffix(SERVICE_HOST)).collect();
    let of_service = |name: &str| {
        let rest = |service: &&str| name.strip_prefix(*service);
        services.iter().filter_map(rest).any(|rest| {
            rest == "_PORT" || rest.starts_with("_PORT_") || rest.starts_with("_SERVICE_")
        })
    };
    let unknown = names.iter().filter(|name| {
        name.starts_with(PREFIX)
            && !settings.contains(name)
            && !OF_SCRIPTS.contains(&name.as_str())
            && !of_service(name)
    });
    unknown
        .map(|name| match nearest(name, &settings) {
            Some(setting) => {
                format!("a variável {name} não é um ajuste; o nome mais próximo é {setting}")
            }
            None => format!(
                "a variável {name} não é um ajuste (`elos --help` diz quais há; os das seções só existem no arquivo)"
            ),
        })
        .collect()
}

fn nearest<'a>(name: &str, settings: &'a [String]) -> Option<&'a str> {
    let distance = |setting: &String| strsim::damerau_levenshtein(name, setting);
    let nearest = settings.iter().map(|setting| (distance(setting), setting)).min()?;
    (nearest.0 <= MAX_DISTANCE).then_some(nearest.1.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::{Path, PathBuf};

    fn of(names: &[&str]) -> Vec<String> {
        complaints(&names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn a_misspelt_variable_is_told_its_nearest_setting() {
        for (wrong, right) in [
            ("ELOS_OIDC_ISUER", "ELOS_OIDC_ISSUER"),
            ("ELOS_POOLMAX", "ELOS_POOL_MAX"),
            ("ELOS_BIDN", "ELOS_BIND"),
            ("ELOS_METRICS_BIND_", "ELOS_METRICS_BIND"),
        ] {
            let told = of(&[wrong]);
            assert!(told.len() == 1 && told[0].contains(wrong), "{told:?}");
            assert!(told[0].ends_with(right), "{told:?}");
        }
        let far = of(&["ELOS_REGRAS_VERIFICAR_DIGITO"]);
        assert!(far[0].contains("elos --help"), "{far:?}");
    }

    #[test]
    fn settings_scripts_and_kubernetes_are_admitted() {
        assert!(of(&["ELOS_BIND", "ELOS_CONFIG", "DATABASE_URL", "ELOSX", "PATH"]).is_empty());
        assert!(of(&["ELOS_PG_BIN", "ELOS_ACEITAR", "ELOS_PG_BINDIR"]).is_empty());
        let links = [
            "ELOS_SERVICE_HOST",
            "ELOS_SERVICE_PORT",
            "ELOS_SERVICE_PORT_HTTP",
            "ELOS_PORT",
            "ELOS_PORT_8080_TCP_ADDR",
            "ELOS_METRICAS_SERVICE_HOST",
            "ELOS_METRICAS_PORT_9090_TCP",
        ];
        assert!(of(&links).is_empty());
        assert_eq!(of(&["ELOS_PORT", "ELOS_SERVICE_PORT"]).len(), 2, "without the service's host");
    }

    /// Returns the files of a folder of the repository.
    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }

    /// A script or a manifest that sets an unknown variable could not start the program.
    #[test]
    fn every_variable_that_the_repository_names_is_known() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut named = BTreeSet::new();
        for file in ["script", "deploy", "docs"].map(|folder| files(&root.join(folder))).concat() {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            for (at, _) in text.match_indices(PREFIX) {
                let rest = &text[at..];
                let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                // `ELOS_OIDC_*` and `ELOS_<NOME>` are patterns.
                if !rest[..end].ends_with('_') && !text[..at].ends_with(is_part) {
                    named.insert(rest[..end].to_owned());
                }
            }
        }
        assert!(named.len() > 20, "{named:?}");
        assert_eq!(complaints(&named), Vec::<String>::new());
    }
}
