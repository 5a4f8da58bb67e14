//! The import rules of the README, held against the sources.

use std::fs;
use std::path::{Path, PathBuf};

pub fn fontes(pasta: &Path) -> Vec<PathBuf> {
    let mut achadas = Vec::new();
    for entrada in fs::read_dir(pasta).unwrap().map(Result::unwrap) {
        match entrada.path() {
            pasta if pasta.is_dir() => achadas.extend(fontes(&pasta)),
            arquivo if arquivo.extension().is_some_and(|e| e == "rs") => achadas.push(arquivo),
            _ => {}
        }
    }
    achadas
}

/// Every source whose path below `src` satisfies `quais` is free of these words.
fn nao_conhecem(quais: impl Fn(&str) -> bool, proibidos: &[&str]) -> Vec<String> {
    let raiz = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut faltas = Vec::new();
    for fonte in fontes(&raiz) {
        let nome = fonte.strip_prefix(&raiz).unwrap().display().to_string();
        let texto = fs::read_to_string(&fonte).unwrap();
        let achados = proibidos.iter().filter(|termo| quais(&nome) && texto.contains(**termo));
        faltas.extend(achados.map(|termo| format!("{nome}: {termo}")));
    }
    faltas
}

const NADA: Vec<String> = Vec::new();

#[test]
fn regras_sao_puras() {
    let proibidos = [
        "crate::graphql",
        "crate::rest",
        "actix_web",
        "PgConnection",
        "Sessao",
        "async fn",
        "Utc::now",
    ];
    assert_eq!(nao_conhecem(|nome| nome.contains("/rules"), &proibidos), NADA);
}

#[test]
fn modelos_nao_conhecem_transporte_nem_conexao() {
    let proibidos = ["crate::graphql", "crate::rest", "actix_web", "PgConnection", "Sessao"];
    assert_eq!(nao_conhecem(|nome| nome.ends_with("model.rs"), &proibidos), NADA);
}

#[test]
fn stores_e_services_nao_conhecem_portas() {
    let quais = |nome: &str| nome.contains("/store") || nome.contains("/service");
    assert_eq!(nao_conhecem(quais, &["crate::graphql", "crate::rest", "actix_web"]), NADA);
}

#[test]
fn a_fachada_nao_conhece_o_graphql_nem_sql() {
    let proibidos = ["crate::graphql", "diesel::", "Sql::"];
    assert_eq!(nao_conhecem(|nome| nome.starts_with("rest/"), &proibidos), NADA);
}

#[test]
fn so_db_abre_conexoes_e_so_ele_conhece_o_pool() {
    let fora = |nome: &str| {
        !nome.starts_with("db/")
            && !nome.starts_with("seed/")
            && !matches!(nome, "demo.rs" | "cli.rs")
    };
    assert_eq!(nao_conhecem(fora, &["PgConnection::establish", "Pool<", "r2d2"]), NADA);
}
