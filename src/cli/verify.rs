//! `elos auditoria verify`.

use crate::audit::archive::{self, Comparison, PublicKey};
use crate::audit::progress;
use crate::audit::verify::{self, Ancora, Cadeia, hexadecimal};
use anyhow::{Context, bail};
use chrono::SecondsFormat;
use diesel::{PgConnection, QueryResult};
use std::path::{Path, PathBuf};

/// What a line begins with that says how a chain ends.
const CABECA: &str = "cabeça";

/// What the trail is held against.
pub struct Conferencia<'a> {
    pub ancora: Option<&'a Path>,
    /// Archives, and folders of them.
    pub arquivos: &'a [PathBuf],
    /// What they have to be signed with, each with one of these.
    pub chaves: Vec<PublicKey>,
    /// A month whose archive is not among them is a finding.
    pub exigir_arquivos: bool,
}

/// What was seen.
struct Visto {
    cadeias: Vec<Cadeia>,
    achados: Vec<String>,
    /// What could not be told, and is no finding.
    notas: Vec<String>,
}

/// Holds every chain and every archive, tells of each and of what was found; fails when anything
/// was. Without a connection only the archives are held.
#[expect(clippy::print_stdout, reason = "a command answers on stdout")]
pub fn verificar(
    conn: Option<&mut PgConnection>,
    conferencia: &Conferencia<'_>,
) -> anyhow::Result<()> {
    let ancoras = match conferencia.ancora {
        None => Vec::new(),
        Some(arquivo) => {
            let texto = std::fs::read_to_string(arquivo);
            let texto =
                texto.with_context(|| format!("não foi possível ler {}", arquivo.display()))?;
            ancoras(&texto)?
        }
    };
    let arquivos = ler_arquivos(conferencia, &ancoras)?;
    let todos = conferencia.exigir_arquivos;
    let visto = match conn {
        Some(conn) => {
            archive::as_owner(conn)?;
            com_banco(conn, &ancoras, &arquivos, todos)?
        }
        None => {
            let Comparison { findings, notes } = archive::among(&arquivos, todos);
            let achados = findings.iter().map(ToString::to_string).collect();
            Visto { cadeias: archive::chains(&arquivos), achados, notas: notes }
        }
    };
    for arquivo in &arquivos {
        println!("{}", dizer_arquivo(arquivo));
        if conferencia.chaves.is_empty() && arquivo.key.is_some() {
            println!(
                "  a chave é a que o próprio arquivo diz; confira-a, ou dê a certa com --chave"
            );
        }
    }
    for cadeia in &visto.cadeias {
        println!("{}", dizer(cadeia));
    }
    for nota in &visto.notas {
        println!("{nota}");
    }
    let nos_arquivos = arquivos.iter().flat_map(|arquivo| &arquivo.findings);
    let achados: Vec<String> = nos_arquivos.map(ToString::to_string).chain(visto.achados).collect();
    for achado in &achados {
        println!("ACHADO  {achado}");
    }
    match achados.len() {
        0 => {
            println!("a trilha confere com a cadeia");
            Ok(())
        }
        quantos => bail!("a trilha não confere com a cadeia: {quantos} achado(s)"),
    }
}

/// The chains of the database, and the archives against it: of one state of the data, so that what
/// is sealed meanwhile is not half seen.
fn com_banco(
    conn: &mut PgConnection,
    ancoras: &[Ancora],
    arquivos: &[archive::Report],
    todos: bool,
) -> QueryResult<Visto> {
    conn.build_transaction().read_only().repeatable_read().run(|conn| {
        let selos = u64::try_from(verify::selos(conn)?).unwrap_or_default();
        let barra = progress::bar(selos, "conferindo", "selos");
        let arquivados = archive::archived(conn)?;
        let (cadeias, achados) =
            verify::verificar(conn, ancoras, &arquivados, || barra.inc(1))?;
        barra.finish_and_clear();
        let Comparison { findings, mut notes } =
            archive::with_database(conn, arquivos, &arquivados, todos)?;
        notes.extend(archive::out_of_reach(ancoras, arquivos, &arquivados));
        let mut ditos: Vec<String> = findings.iter().map(ToString::to_string).collect();
        ditos.extend(achados.iter().map(ToString::to_string));
        let (aside, since) = verify::set_aside(conn)?;
        if aside > 0 {
            let since = since.map(|since| since.to_rfc3339_opts(SecondsFormat::Secs, true));
            ditos.push(format!(
                "{aside} registro(s) à parte desde {}: o banco não os aceitou; veja motivo e registro em \
                 auditoria_recusada, guarde-os e apague-os de lá",
                since.unwrap_or_default()
            ));
        }
        Ok(Visto { cadeias, achados: ditos, notas: notes })
    })
}

fn ler_arquivos(
    conferencia: &Conferencia<'_>,
    ancoras: &[Ancora],
) -> anyhow::Result<Vec<archive::Report>> {
    let arquivos = archive::files(conferencia.arquivos)?;
    let tamanho = |arquivo: &PathBuf| std::fs::metadata(arquivo).map_or(0, |arquivo| arquivo.len());
    let barra = progress::bar(arquivos.iter().map(tamanho).sum(), "conferindo arquivos", "bytes");
    let checks = archive::Checks { anchors: ancoras, keys: &conferencia.chaves };
    let ler = |arquivo: &PathBuf| {
        archive::verify(arquivo, checks, |bytes| barra.inc(bytes))
            .with_context(|| format!("não foi possível ler {}", arquivo.display()))
    };
    let lidos = arquivos.iter().map(ler).collect();
    barra.finish_and_clear();
    lidos
}

fn dizer_arquivo(arquivo: &archive::Report) -> String {
    let archive::Report { path, header, seals, records, bytes, key, .. } = arquivo;
    let ate = header.as_ref().map_or_else(|| "?".to_owned(), |header| header.ate.to_string());
    let chave = key.as_deref().unwrap_or("nenhuma");
    format!(
        "{}: {records} registro(s) em {seals} selo(s), de antes de {ate}; {bytes} bytes; chave {chave}",
        path.display()
    )
}

fn dizer(cadeia: &Cadeia) -> String {
    let Cadeia { tribunal, selos, registros, arquivados, hash, cauda, desde } = cadeia;
    let espera = match desde {
        None => "nenhum registro por selar".to_owned(),
        Some(desde) => {
            let desde = desde.to_rfc3339_opts(SecondsFormat::Secs, true);
            format!("{cauda} registro(s) por selar, o mais antigo de {desde}")
        }
    };
    let arquivados = match arquivados {
        0 => String::new(),
        quantos => format!(", {quantos} dos registros em arquivo"),
    };
    let hash = hexadecimal(hash);
    format!(
        "tribunal {tribunal}: {registros} registro(s) em {selos} selo(s){arquivados}; {espera}\n{CABECA} {tribunal} {selos} {hash}"
    )
}

/// The lines that an earlier run printed, whatever else stands between them.
fn ancoras(texto: &str) -> anyhow::Result<Vec<Ancora>> {
    let linhas = texto.lines().filter_map(|linha| linha.trim().strip_prefix(CABECA));
    let ler = |linha: &str| {
        let [tribunal, ordem, hash] = *linha.split_whitespace().collect::<Vec<_>>() else {
            return None;
        };
        Some(Ancora {
            tribunal: tribunal.parse().ok()?,
            ordem: ordem.parse().ok()?,
            hash: hash.to_owned(),
        })
    };
    let lidas =
        linhas.map(|linha| ler(linha).with_context(|| format!("linha ilegível: {CABECA}{linha}")));
    let lidas = lidas.collect::<anyhow::Result<Vec<_>>>()?;
    // A chain without a seal has nothing to hold on to.
    Ok(lidas.into_iter().filter(|ancora| ancora.ordem > 0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_cabecas_se_leem_de_volta() {
        let cadeia = Cadeia {
            tribunal: 820,
            selos: 3,
            registros: 9,
            arquivados: 4,
            hash: [7; 32],
            cauda: 0,
            desde: None,
        };
        let vazia = Cadeia { tribunal: 817, selos: 0, ..cadeia.clone() };
        let texto = format!("{}\nblá\n{}\n", dizer(&cadeia), dizer(&vazia));
        let hash = hexadecimal(&[7; 32]);
        assert_eq!(ancoras(&texto).unwrap(), [Ancora { tribunal: 820, ordem: 3, hash }]);
        assert!(ancoras("cabeça 820 x").is_err());
    }
}
