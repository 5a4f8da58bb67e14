//! `elos auditoria verify`.

use super::verificacao::{self, Ancora, Cadeia, hexadecimal};
use anyhow::{Context, bail};
use chrono::SecondsFormat;
use diesel::PgConnection;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::Path;

/// What a line begins with that says how a chain ends.
const CABECA: &str = "cabeça";

/// Holds every chain, tells of each and of what was found; fails when anything was.
#[expect(clippy::print_stdout, reason = "a command answers on stdout")]
pub fn verificar(conn: &mut PgConnection, ancora: Option<&Path>) -> anyhow::Result<()> {
    let ancoras = match ancora {
        None => Vec::new(),
        Some(arquivo) => {
            let texto = std::fs::read_to_string(arquivo);
            let texto =
                texto.with_context(|| format!("não foi possível ler {}", arquivo.display()))?;
            ancoras(&texto)?
        }
    };
    // One state of the data: what is sealed meanwhile is not half seen.
    let (cadeias, achados, (aside, since)) =
        conn.build_transaction().read_only().repeatable_read().run(|conn| {
            let selos = verificacao::selos(conn)?;
            let barra = barra(u64::try_from(selos).unwrap_or_default());
            let (cadeias, achados) = verificacao::verificar(conn, &ancoras, || barra.inc(1))?;
            barra.finish_and_clear();
            diesel::QueryResult::Ok((cadeias, achados, verificacao::set_aside(conn)?))
        })?;
    for cadeia in &cadeias {
        println!("{}", dizer(cadeia));
    }
    for achado in &achados {
        println!("ACHADO  {achado}");
    }
    if aside > 0 {
        let since = since.map(|since| since.to_rfc3339_opts(SecondsFormat::Secs, true));
        println!(
            "ACHADO  {aside} registro(s) à parte desde {}: o banco não os aceitou; veja motivo e registro em \
             auditoria_recusada, guarde-os e apague-os de lá",
            since.unwrap_or_default()
        );
    }
    match achados.len() + usize::from(aside > 0) {
        0 => {
            println!("a trilha confere com a cadeia");
            Ok(())
        }
        quantos => bail!("a trilha não confere com a cadeia: {quantos} achado(s)"),
    }
}

fn barra(selos: u64) -> ProgressBar {
    let estilo = ProgressStyle::with_template("conferindo {bar:40} {pos}/{len} selos {eta}");
    let barra = ProgressBar::new(selos);
    match estilo {
        Ok(estilo) => barra.with_style(estilo),
        Err(_) => barra,
    }
}

fn dizer(cadeia: &Cadeia) -> String {
    let Cadeia { tribunal, selos, registros, hash, cauda, desde } = cadeia;
    let espera = match desde {
        None => "nenhum registro por selar".to_owned(),
        Some(desde) => {
            let desde = desde.to_rfc3339_opts(SecondsFormat::Secs, true);
            format!("{cauda} registro(s) por selar, o mais antigo de {desde}")
        }
    };
    let hash = hexadecimal(hash);
    format!(
        "tribunal {tribunal}: {registros} registro(s) em {selos} selo(s); {espera}\n{CABECA} {tribunal} {selos} {hash}"
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
        let cadeia =
            Cadeia { tribunal: 820, selos: 3, registros: 9, hash: [7; 32], cauda: 0, desde: None };
        let vazia = Cadeia { tribunal: 817, selos: 0, ..cadeia.clone() };
        let texto = format!("{}\nblá\n{}\n", dizer(&cadeia), dizer(&vazia));
        let hash = hexadecimal(&[7; 32]);
        assert_eq!(ancoras(&texto).unwrap(), [Ancora { tribunal: 820, ordem: 3, hash }]);
        assert!(ancoras("cabeça 820 x").is_err());
    }
}
