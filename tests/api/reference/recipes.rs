//! Places that a person who adds a field, a route or a setting may forget. The compiler does not
//! find them.

use super::read;
use crate::examples::document;
use clap::CommandFactory;
use elos::config::{Config, Settings};
use std::collections::BTreeMap;

/// The fields of a type of the SDL, each with its type, without arguments and directives.
fn fields(sdl: &str, start: &str) -> BTreeMap<String, String> {
    let body = sdl.split_once(start).unwrap_or_else(|| panic!("no {start}")).1;
    let body = body.split_once("{\n").unwrap().1.split("\n}").next().unwrap();
    let mut found = BTreeMap::new();
    let mut name = None;
    for line in body.lines() {
        let depth = line.len() - line.trim_start().len();
        let line = line.trim();
        if depth > 2 || line.starts_with('"') {
            continue;
        }
        // A field with arguments ends on a line of its own, with its type.
        let (before, after) = line.split_once(':').unwrap_or((line, ""));
        let opened = before.trim_end_matches('(');
        let field = name.take().unwrap_or_else(|| opened.to_owned());
        match after.split_whitespace().next() {
            Some(ty) => drop(found.insert(field, ty.to_owned())),
            None => name = Some(field),
        }
    }
    found
}

/// A field that both kinds of processo have with the same type is also a field of the interface.
#[test]
fn the_interface_has_what_both_kinds_of_processo_have() {
    let sdl = elos::graphql::sdl();
    let interface = fields(&sdl, "\ninterface Processo ");
    let (one, other) =
        (fields(&sdl, "\ntype ProcessoApuracao "), fields(&sdl, "\ntype ProcessoExecucao "));
    let common: Vec<_> = one.iter().filter(|(name, ty)| other.get(*name) == Some(ty)).collect();
    assert!(common.len() > 15, "{common:?}");
    let missing: Vec<_> =
        common.iter().filter(|(name, _)| !interface.contains_key(*name)).collect();
    assert!(missing.is_empty(), "not in the interface: {missing:?}");
}

/// The columns of a table, from the schema of Diesel, in camel case.
fn columns(table: &str) -> Vec<String> {
    let schema = read("src/db/schema.rs");
    let columns =
        schema.split_once(&format!("    {table} (")).unwrap().1.split("    }").next().unwrap();
    let names =
        columns.lines().filter_map(|line| line.split_once(" -> ")).map(|found| found.0.trim());
    let camel_case = |name: &str| {
        let mut words = name.split('_');
        let first = words.next().unwrap().to_owned();
        words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
    };
    names.map(camel_case).collect()
}

/// Both APIs show every column of a processo, most by its name.
#[test]
fn both_apis_show_every_column_of_a_processo() {
    let of_rest = [
        ("tribunalCodigo", "tribunal"),
        ("numero", "numeroProcesso"),
        ("tipo", "tipoProcesso"),
        ("situacao", "situacaoProcesso"),
        ("numeroReferencia", "numeroProcessoReferencia"),
        ("magistradoCpf", "magistradoCPF"),
        ("serventuarioCpf", "serventuarioCPF"),
        ("criadoEm", "dataCadastro"),
        ("atualizadoEm", "dataAtualizacao"),
    ];
    let of_graphql = [
        ("tribunalCodigo", "tribunal"),
        ("magistradoNome", "magistrado"),
        ("magistradoCpf", "magistrado"),
        ("serventuarioNome", "serventuario"),
        ("serventuarioCpf", "serventuario"),
    ];
    let document = document();
    let properties = document["components"]["schemas"]["Processo"]["properties"].clone();
    let interface = fields(&elos::graphql::sdl(), "\ninterface Processo ");
    let columns = columns("processo");
    assert!(columns.len() > 15, "{columns:?}");
    for column in &columns {
        let named = |renamed: &[(&str, &'static str)]| {
            renamed.iter().find(|(name, _)| name == column).map(|found| found.1)
        };
        let rest = named(&of_rest).unwrap_or(column);
        assert!(properties.get(rest).is_some(), "{rest} is not in the answer of REST");
        let graphql = named(&of_graphql).unwrap_or(column);
        assert!(interface.contains_key(graphql), "{graphql} is not in the interface");
    }
}

/// Every path of the façade is in the document.
#[test]
fn every_path_of_the_facade_is_in_the_document() {
    let document = document();
    let source = read("src/rest/mod.rs");
    let routes = source.split_once("pub fn routes(").unwrap().1.split("\n}\n").next().unwrap();
    let literals = routes.split('"').skip(1).step_by(2).filter(|text| text.starts_with('/'));
    let mut found = 0;
    for path in literals {
        let path = format!("/api/v1{path}");
        assert!(document["paths"].get(&path).is_some(), "{path} is not in the document");
        found += 1;
    }
    assert!(found > 15, "only {found}");
}

/// `elos check-config` prints every setting. The two files of TLS are printed with its address.
#[test]
fn check_config_prints_every_setting() {
    let given = Settings {
        tls_bind: Some(([127, 0, 0, 1], 8443).into()),
        tls_certificado: Some("a.pem".into()),
        tls_chave: Some("b.pem".into()),
        ..Settings::default()
    };
    let printed = Config::resolve(given).unwrap().to_string();
    let command = elos::cli::Cli::command();
    let names = command.get_arguments().filter_map(|arg| arg.get_long());
    let names = names.map(|name| name.replace('-', "_")).filter(|name| name != "config");
    let missing: Vec<_> = names.filter(|name| !printed.contains(&format!("{name} "))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
