//! `elos auditoria verify`: verifies the audit trail and its archives.

use crate::audit::archive::{self, Comparison, PublicKey};
use crate::audit::progress;
use crate::audit::verify::{self, Anchor, ChainSummary};
use crate::value::hexadecimal;
use anyhow::{Context, bail};
use chrono::SecondsFormat;
use diesel::{PgConnection, QueryResult};
use std::path::{Path, PathBuf};

/// The first word of the output lines that state the last seal of a chain.
const HEAD_WORD: &str = "cabeça";

/// The options of a verification.
pub struct Verification<'a> {
    pub anchor: Option<&'a Path>,
    /// Archive files, or folders of them.
    pub archives: &'a [PathBuf],
    /// Each archive must be signed with one of these keys. If there are none, an archive is only
    /// verified with the key that it states itself.
    pub keys: Vec<PublicKey>,
    /// Whether a month without its archive is a finding.
    pub require_archives: bool,
}

/// The result of the verification.
struct CheckResult {
    chains: Vec<ChainSummary>,
    findings: Vec<String>,
    /// Parts that could not be verified. They are not findings.
    notes: Vec<String>,
}

/// Verifies every chain and every archive, and prints a summary and the findings. Without a
/// connection only the archives are verified.
///
/// # Errors
/// There is a finding, or something could not be read.
#[expect(clippy::print_stdout, reason = "a command answers on stdout")]
pub fn verify(conn: Option<&mut PgConnection>, check: &Verification<'_>) -> anyhow::Result<()> {
    let anchors = match check.anchor {
        None => Vec::new(),
        Some(file) => {
            let text = std::fs::read_to_string(file);
            let text = text.with_context(|| format!("não foi possível ler {}", file.display()))?;
            anchors(&text)?
        }
    };
    let archives = read_archives(check, &anchors)?;
    let require_archives = check.require_archives;
    let result = match conn {
        Some(conn) => {
            archive::as_owner(conn)?;
            verify_database(conn, &anchors, &archives, require_archives)?
        }
        None => {
            let Comparison { findings, notes } =
                archive::compare_archives(&archives, require_archives);
            let findings = findings.iter().map(ToString::to_string).collect();
            CheckResult { chains: archive::chains(&archives), findings, notes }
        }
    };
    for file in &archives {
        println!("{}", describe_archive(file));
        if check.keys.is_empty() && file.key.is_some() {
            println!(
                "  a chave é a que o próprio arquivo diz; confira-a, ou dê a certa com --chave"
            );
        }
    }
    for chain in &result.chains {
        println!("{}", describe(chain));
    }
    for note in &result.notes {
        println!("{note}");
    }
    let in_archives = archives.iter().flat_map(|file| &file.findings);
    let findings: Vec<String> =
        in_archives.map(ToString::to_string).chain(result.findings).collect();
    for finding in &findings {
        println!("ACHADO  {finding}");
    }
    match findings.len() {
        0 => {
            println!("a trilha confere com a cadeia");
            Ok(())
        }
        count => bail!("a trilha não confere com a cadeia: {count} achado(s)"),
    }
}

/// Verifies the chains of the database, compares the archives with them, and counts the records
/// that the database did not accept. All reads use one snapshot, so that seals added meanwhile are
/// not seen in part.
fn verify_database(
    conn: &mut PgConnection,
    anchors: &[Anchor],
    archives: &[archive::Report],
    require_archives: bool,
) -> QueryResult<CheckResult> {
    conn.build_transaction().read_only().repeatable_read().run(|conn| {
        let seals = u64::try_from(verify::count_seals(conn)?).unwrap_or_default();
        let bar = progress::bar(seals, "conferindo", "selos");
        let archived = archive::archived(conn)?;
        let (chains, chain_findings) =
            verify::verify(conn, anchors, &archived, || bar.inc(1))?;
        bar.finish_and_clear();
        let Comparison { findings: archive_findings, mut notes } =
            archive::with_database(conn, archives, &archived, require_archives)?;
        notes.extend(archive::out_of_reach(anchors, archives, &archived));
        let mut findings: Vec<String> = archive_findings.iter().map(ToString::to_string).collect();
        findings.extend(chain_findings.iter().map(ToString::to_string));
        let (set_aside, since) = verify::count_set_aside(conn)?;
        if set_aside > 0 {
            let since = since.map(|since| since.to_rfc3339_opts(SecondsFormat::Secs, true));
            findings.push(format!(
                "{set_aside} registro(s) à parte desde {}: o banco não os aceitou; veja motivo e registro em \
                 auditoria_recusada, guarde-os e apague-os de lá",
                since.unwrap_or_default()
            ));
        }
        Ok(CheckResult { chains, findings, notes })
    })
}

fn read_archives(
    check: &Verification<'_>,
    anchors: &[Anchor],
) -> anyhow::Result<Vec<archive::Report>> {
    let archives = archive::files(check.archives)?;
    let size = |file: &PathBuf| std::fs::metadata(file).map_or(0, |file| file.len());
    let bar = progress::bar(archives.iter().map(size).sum(), "conferindo arquivos", "bytes");
    let checks = archive::Checks { anchors, keys: &check.keys };
    let read = |file: &PathBuf| {
        archive::verify(file, checks, |bytes| bar.inc(bytes))
            .with_context(|| format!("não foi possível ler {}", file.display()))
    };
    let reports = archives.iter().map(read).collect();
    bar.finish_and_clear();
    reports
}

fn describe_archive(file: &archive::Report) -> String {
    let archive::Report { path, header, seals, records, bytes, key, .. } = file;
    let until = header.as_ref().map_or_else(|| "?".to_owned(), |header| header.ate.to_string());
    let key = key.as_deref().unwrap_or("nenhuma");
    format!(
        "{}: {records} registro(s) em {seals} selo(s), de antes de {until}; {bytes} bytes; chave {key}",
        path.display()
    )
}

fn describe(chain: &ChainSummary) -> String {
    let ChainSummary { tribunal, seals, records, archived, hash, unsealed, since } = chain;
    let unsealed = match since {
        None => "nenhum registro por selar".to_owned(),
        Some(since) => {
            let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
            format!("{unsealed} registro(s) por selar, o mais antigo de {since}")
        }
    };
    let archived = match archived {
        0 => String::new(),
        count => format!(", {count} dos registros em arquivo"),
    };
    let hash = hexadecimal::encode(hash);
    format!(
        "tribunal {tribunal}: {records} registro(s) em {seals} selo(s){archived}; {unsealed}\n{HEAD_WORD} {tribunal} {seals} {hash}"
    )
}

/// Reads the lines of an earlier run that state the last seal of a chain, and ignores the other
/// lines.
fn anchors(text: &str) -> anyhow::Result<Vec<Anchor>> {
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix(HEAD_WORD));
    let parse = |line: &str| {
        let [tribunal, order, hash] = *line.split_whitespace().collect::<Vec<_>>() else {
            return None;
        };
        Some(Anchor {
            tribunal: tribunal.parse().ok()?,
            order: order.parse().ok()?,
            hash: hash.to_owned(),
        })
    };
    let anchors =
        lines.map(|line| parse(line).with_context(|| format!("linha ilegível: {HEAD_WORD}{line}")));
    let anchors = anchors.collect::<anyhow::Result<Vec<_>>>()?;
    // A chain without a seal has no hash to compare with.
    Ok(anchors.into_iter().filter(|anchor| anchor.order > 0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_back() {
        let chain = ChainSummary {
            tribunal: 820,
            seals: 3,
            records: 9,
            archived: 4,
            hash: [7; 32],
            unsealed: 0,
            since: None,
        };
        let empty = ChainSummary { tribunal: 817, seals: 0, ..chain.clone() };
        let text = format!("{}\nblá\n{}\n", describe(&chain), describe(&empty));
        let hash = hexadecimal::encode(&[7; 32]);
        assert_eq!(anchors(&text).unwrap(), [Anchor { tribunal: 820, order: 3, hash }]);
        assert!(anchors("cabeça 820 x").is_err());
    }
}
