//! Lists in several orders at once.

use crate::support::{App, Database, Settings, Template};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use std::sync::Arc;

fn fixture() -> App {
    let database = Arc::new(Database::new(Template::Large));
    // The columns get few values, so that the later orders decide.
    database
        .conn()
        .batch_execute(
            "UPDATE processo SET id_orgao = 1 + id % 3, magistrado_nome = CASE WHEN id % 4 > 0 THEN 'M' || id % 2 END;
             UPDATE adolescente SET data_nascimento = date '2010-01-01' + (id % 2)::int;",
        )
        .unwrap();
    App::on_database(&database, Settings::default())
}

/// Reads the whole list in pages of `size`, from the beginning or from the end.
fn pages(
    app: &App,
    root: &str,
    orders: &str,
    fields: &str,
    size: usize,
    forwards: bool,
) -> Vec<Value> {
    let [size_name, cursor_name, more, next] = match forwards {
        true => ["first", "after", "hasNextPage", "endCursor"],
        false => ["last", "before", "hasPreviousPage", "startCursor"],
    };
    let (mut all, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let query = format!(
            "query($c: String) {{ list: {root}(ordens: [{orders}], {size_name}: {size}, {cursor_name}: $c) {{ nodes {{ {fields} }}
             pageInfo {{ startCursor endCursor hasNextPage hasPreviousPage }} }} }}"
        );
        let data = app.gql_with("tjrn", &query, json!({ "c": cursor }));
        let (list, info) =
            (data["list"]["nodes"].as_array().unwrap().clone(), &data["list"]["pageInfo"]);
        match forwards {
            true => all.extend(list),
            false => all.splice(0..0, list).for_each(drop),
        }
        if info[more] == json!(false) {
            return all;
        }
        cursor = info[next].clone();
    }
}

#[test]
fn as_paginas_de_varias_ordens_se_somam_na_ordem_certa() {
    let app = fixture();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let orders =
        "{campo: ID_ORGAO, sentido: DESC}, {campo: MAGISTRADO}, {campo: NUMERO, sentido: DESC}";
    let fields = "idOrgao numero magistrado { nome }";
    let all = pages(&app, "processos", orders, fields, 100, true);
    let mut expected = all.clone();
    expected.sort_by(|one, other| {
        let key = |p: &Value| {
            (p["idOrgao"].as_i64().unwrap(), text(&p["magistrado"]["nome"]), text(&p["numero"]))
        };
        let (one, other) = (key(one), key(other));
        other.0.cmp(&one.0).then(one.1.cmp(&other.1)).then(other.2.cmp(&one.2))
    });
    assert!(all.len() > 20, "{}", all.len());
    assert_eq!(all, expected);
    for (size, forwards) in [(7, true), (7, false)] {
        assert_eq!(
            pages(&app, "processos", orders, fields, size, forwards),
            all,
            "{size} {forwards}"
        );
    }
}

#[test]
fn por_nome_e_por_data_nos_outros_tipos() {
    let app = fixture();
    for (root, orders, fields) in [
        ("adolescentes", "{campo: DATA_NASCIMENTO, sentido: DESC}, {campo: NOME}", "identificador"),
        ("guias", "{campo: VENCE_EM}, {campo: NUMERO, sentido: DESC}", "numero"),
        ("vinculos", "{campo: ENCERRADO_EM}, {campo: INICIADO_EM, sentido: DESC}", "id"),
    ] {
        let all = pages(&app, root, orders, fields, 100, true);
        assert!(all.len() > 6, "{root}");
        assert_eq!(pages(&app, root, orders, fields, 6, true), all, "{root}");
        assert_eq!(pages(&app, root, orders, fields, 6, false), all, "{root}");
    }
    let orders = "{campo: DATA_NASCIMENTO}, {campo: NOME}";
    let all = pages(&app, "adolescentes", orders, "dataNascimento", 100, true);
    assert_eq!(all.first().unwrap()["dataNascimento"], "2010-01-01");
    assert_eq!(all.last().unwrap()["dataNascimento"], "2010-01-02");
}

#[test]
fn ordens_sem_sentido_sao_recusadas() {
    let app = App::empty();
    for arguments in [
        "ordens: []",
        "ordens: [{campo: NUMERO}, {campo: NUMERO, sentido: DESC}]",
        "ordem: {campo: NUMERO}, ordens: [{campo: CRIADO_EM}]",
        "ordens: [{campo: NUMERO}, {campo: CRIADO_EM}, {campo: ATUALIZADO_EM}, {campo: ID_ORGAO}, {campo: MAGISTRADO}]",
    ] {
        let query = format!("{{ processos({arguments}) {{ totalCount }} }}");
        assert_eq!(app.code("tjrn", &query), "BAD_USER_INPUT", "{arguments}");
    }
}
