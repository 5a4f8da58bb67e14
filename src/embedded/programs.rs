//! Finds the PostgreSQL programs on this machine and chooses a version.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use super::StartError;

/// The oldest supported major version. Older ones are out of support and lack settings that the
/// server is started with.
pub(super) const OLDEST: u32 = 14;

/// Folders in which packages install one folder for each version: the parent, the prefix of the
/// folder's name, and the path from there to the programs.
const INSTALL_DIRS: [(&str, &str, &str); 7] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr/local/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// The programs of one PostgreSQL installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs {
    pub bin: PathBuf,
    /// The version as PostgreSQL prints it: `15.20`, `18beta1`.
    pub version: String,
    pub major: u32,
}

impl Programs {
    /// The programs for this folder. `data` is the major version of its data, if it has any.
    pub fn find(
        explicit: Option<&Path>,
        data: Option<u32>,
        folder: &Path,
    ) -> Result<Self, StartError> {
        let installed = match explicit {
            Some(bin) => vec![Self::at(bin)?],
            None => candidates().iter().filter_map(|bin| Self::at(bin).ok()).collect(),
        };
        choose(installed, data, folder)
    }

    pub fn initdb(&self) -> PathBuf {
        self.bin.join("initdb")
    }

    pub fn postgres(&self) -> PathBuf {
        self.bin.join("postgres")
    }

    fn at(bin: &Path) -> Result<Self, StartError> {
        let unusable = |reason: String| StartError::UnusablePrograms { bin: bin.into(), reason };
        let bin = std::path::absolute(bin).map_err(|error| unusable(error.to_string()))?;
        for program in ["initdb", "postgres"] {
            if !bin.join(program).is_file() {
                return Err(unusable(format!("{program} não está lá")));
            }
        }
        let answer = Command::new(bin.join("postgres"))
            .arg("-V")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| unusable(format!("postgres não executa: {error}")))?;
        let answer = String::from_utf8_lossy(&answer.stdout).into_owned();
        let (version, major) =
            parse_version(&answer).ok_or_else(|| unusable(format!("postgres -V: {answer:?}")))?;
        Ok(Self { bin, version, major })
    }
}

/// Prefers the version of the data, then the newest version. Among equal versions the first wins,
/// so that the known folders come before PATH.
fn choose(
    installed: Vec<Programs>,
    data: Option<u32>,
    folder: &Path,
) -> Result<Programs, StartError> {
    let best = installed
        .into_iter()
        .rev()
        .max_by_key(|programs| (Some(programs.major) == data, programs.major))
        .ok_or(StartError::NoPrograms)?;
    match data {
        Some(data) if data != best.major => Err(StartError::OtherMajor {
            folder: folder.into(),
            data,
            programs: best.major,
            bin: best.bin,
        }),
        _ if best.major < OLDEST => {
            Err(StartError::TooOld { version: best.version, bin: best.bin })
        }
        _ => Ok(best),
    }
}

fn candidates() -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("/usr/local/pgsql/bin")];
    for (parent, start, down) in INSTALL_DIRS {
        let versions = fs::read_dir(parent).into_iter().flatten().flatten();
        found.extend(
            versions
                .filter(|entry| entry.file_name().to_string_lossy().starts_with(start))
                .map(|entry| entry.path().join(down)),
        );
    }
    found.extend(env::var_os("PATH").iter().flat_map(env::split_paths));
    found
}

/// Parses the version in `postgres -V`: `postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)`.
fn parse_version(answer: &str) -> Option<(String, u32)> {
    let (_, rest) = answer.split_once("(PostgreSQL) ")?;
    let version = rest.split_whitespace().next()?;
    Some((version.to_owned(), parse_major(version)?))
}

/// Parses the major version in `15.20`, `18beta1`, or the contents of the file `PG_VERSION`.
pub(super) fn parse_major(version: &str) -> Option<u32> {
    let digits = version.trim_start().split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(major: u32) -> Programs {
        let bin = format!("/pg/{major}/bin").into();
        Programs { bin, version: format!("{major}.1"), major }
    }

    #[test]
    fn the_version_is_read_as_packagers_print_it() {
        for (answer, version, major) in [
            ("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n", "15.20", 15),
            ("postgres (PostgreSQL) 18.4\n", "18.4", 18),
            ("postgres (PostgreSQL) 19beta2\n", "19beta2", 19),
            ("postgres (PostgreSQL) 9.6.24\n", "9.6.24", 9),
        ] {
            assert_eq!(parse_version(answer), Some((version.to_owned(), major)), "{answer}");
        }
        assert_eq!(parse_version("postgres: command not found"), None);
        assert_eq!(parse_version("postgres (PostgreSQL) devel"), None);
        assert_eq!(parse_major("15\n"), Some(15));
    }

    #[test]
    fn new_data_use_the_newest_programs_and_old_data_those_of_their_version() {
        let installed = || vec![programs(15), programs(17), programs(16)];
        let choose = |data| choose(installed(), data, Path::new("/dados"));
        assert_eq!(choose(None).ok(), Some(programs(17)));
        assert_eq!(choose(Some(15)).ok(), Some(programs(15)));

        let refusal = choose(Some(18)).expect_err("no 18 there").to_string();
        assert!(
            refusal.contains("PostgreSQL 18") && refusal.contains("PostgreSQL 17"),
            "{refusal}"
        );
    }

    #[test]
    fn programs_out_of_support_are_refused() {
        let old = choose(vec![programs(13)], None, Path::new("/dados"));
        assert!(matches!(old, Err(StartError::TooOld { .. })), "{old:?}");
        let none = choose(vec![], None, Path::new("/dados"));
        assert!(matches!(none, Err(StartError::NoPrograms)), "{none:?}");
    }
}
