//! Pages never skip and never repeat a row, whatever is inserted between them.

use crate::support::{App, NewProcesso};
use serde_json::{Value, json};

const PAGE: &str = "query($first: Int, $after: String, $last: Int, $before: String, $ordem: ProcessoOrdem) {
    processos(first: $first, after: $after, last: $last, before: $before, ordem: $ordem) {
      totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { numero } } } }";

fn numeros(page: &Value) -> Vec<String> {
    let edges = page["processos"]["edges"].as_array().unwrap();
    edges.iter().map(|edge| edge["node"]["numero"].as_str().unwrap().to_owned()).collect()
}

fn all(app: &App, order: &Value) -> Vec<String> {
    numeros(&app.gql_with("tjrn", PAGE, json!({ "first": 100, "ordem": order })))
}

/// Reads the whole list in pages of `n`. `between` runs between two pages.
fn walk(
    app: &App,
    n: usize,
    order: &Value,
    from_end: bool,
    mut between: impl FnMut(),
) -> Vec<String> {
    let (size, beyond, info, cursor) = match from_end {
        false => ("first", "after", "hasNextPage", "endCursor"),
        true => ("last", "before", "hasPreviousPage", "startCursor"),
    };
    let (mut seen, mut at) = (Vec::new(), Value::Null);
    loop {
        let page = app.gql_with("tjrn", PAGE, json!({ size: n, beyond: at, "ordem": order }));
        let new_ones = numeros(&page);
        assert!(new_ones.len() <= n);
        match from_end {
            false => seen.extend(new_ones),
            true => seen.splice(0..0, new_ones).for_each(drop),
        }
        let page_info = &page["processos"]["pageInfo"];
        if page_info[info] == false {
            return seen;
        }
        at = page_info[cursor].clone();
        between();
    }
}

#[test]
fn the_pages_make_up_the_list_in_both_directions_and_each_ordering() {
    let app = App::new();
    for field in ["NUMERO", "CRIADO_EM", "ATUALIZADO_EM", "ID_ORGAO", "MAGISTRADO"] {
        for direction in ["ASC", "DESC"] {
            let order = json!({ "campo": field, "sentido": direction });
            let list = all(&app, &order);
            assert_eq!(list.len(), 10);
            for n in [1, 3, 10] {
                assert_eq!(
                    walk(&app, n, &order, false, || {}),
                    list,
                    "{field} {direction} first {n}"
                );
                assert_eq!(
                    walk(&app, n, &order, true, || {}),
                    list,
                    "{field} {direction} last {n}"
                );
            }
        }
    }
}

/// Several pages in one request, each with its own cursor, equal the pages that are read alone.
#[test]
fn pages_read_together_are_those_read_alone() {
    const TOGETHER: &str = "query($n: Int, $a: String, $b: String, $c: String, $ordem: ProcessoOrdem) {
        a: processos(first: $n, after: $a, ordem: $ordem) { ...pagina } b: processos(first: $n, after: $b, ordem: $ordem) { ...pagina }
        c: processos(first: $n, after: $c, ordem: $ordem) { ...pagina } d: processos(last: $n, after: $a, ordem: $ordem) { ...pagina }
        e: processos(last: $n, after: $b, before: $c, ordem: $ordem) { ...pagina } f: processos(first: $n, ordem: $ordem) { ...pagina } }
        fragment pagina on ProcessoConnection { pageInfo { hasNextPage hasPreviousPage } edges { cursor node { numero } } }";
    let app = App::new();
    for field in ["NUMERO", "CRIADO_EM", "ATUALIZADO_EM", "ID_ORGAO", "MAGISTRADO"] {
        for direction in ["ASC", "DESC"] {
            let order = json!({ "campo": field, "sentido": direction });
            let list = app.gql_with("tjrn", PAGE, json!({ "first": 100, "ordem": order }));
            let cursor = |n: usize| list["processos"]["edges"][n]["cursor"].clone();
            let (a, b, c) = (cursor(0), cursor(4), cursor(8));
            let merged = app.gql_with(
                "tjrn",
                TOGETHER,
                json!({ "n": 3, "a": a, "b": b, "c": c, "ordem": order }),
            );
            let alone = [
                ("a", json!({ "first": 3, "after": a })),
                ("b", json!({ "first": 3, "after": b })),
                ("c", json!({ "first": 3, "after": c })),
                ("d", json!({ "last": 3, "after": a })),
                ("e", json!({ "last": 3, "after": b, "before": c })),
                ("f", json!({ "first": 3 })),
            ];
            for (name, mut variables) in alone {
                variables["ordem"] = order.clone();
                let single = app.gql_with("tjrn", PAGE, variables);
                assert_eq!(
                    merged[name]["edges"], single["processos"]["edges"],
                    "{name} {field} {direction}"
                );
                for flag in ["hasNextPage", "hasPreviousPage"] {
                    assert_eq!(
                        merged[name]["pageInfo"][flag], single["processos"]["pageInfo"][flag],
                        "{name} {flag}"
                    );
                }
            }
        }
    }
}

/// Each list of a parent starts at its own cursor, in the order of the id alone or of a
/// transaction.
#[test]
fn pages_of_different_parents_start_at_their_own_cursors() {
    let app = App::new();
    let processos = all(&app, &json!({ "campo": "NUMERO" }));
    let list = |field: &str, numero: &str, after: &Value| {
        let query = format!(
            "query($p: NumeroProcesso!, $a: String) {{ processo(numero: $p) {{ {field}, after: $a) {{ edges {{ cursor }} }} }} }}"
        );
        let data = app.gql_with("tjrn", &query, json!({ "p": numero, "a": after }));
        data["processo"].as_object().unwrap().values().next().unwrap()["edges"].clone()
    };
    for field in ["adolescentes(first: 2, situacao: null", "eventos(first: 2"] {
        let cursors: Vec<(&str, Value)> = processos
            .iter()
            .filter_map(|numero| {
                Some((&**numero, list(field, numero, &Value::Null).get(0)?["cursor"].clone()))
            })
            .collect();
        let parts = cursors.iter().enumerate().map(|(n, (numero, cursor))| {
            format!("p{n}: processo(numero: \"{numero}\") {{ l: {field}, after: {cursor}) {{ edges {{ cursor }} }} }}")
        });
        let merged = app.gql("tjrn", &format!("{{ {} }}", parts.collect::<Vec<_>>().join(" ")));
        let mut seen = 0;
        for (n, (numero, cursor)) in cursors.iter().enumerate() {
            let single = list(field, numero, cursor);
            assert_eq!(merged[format!("p{n}")]["l"]["edges"], single, "{field} {n}");
            seen += single.as_array().unwrap().len();
        }
        assert_ne!(seen, 0, "{field}");
    }
}

#[test]
fn desc_is_the_reverse_of_asc() {
    let app = App::new();
    let ascending = all(&app, &json!({ "campo": "CRIADO_EM" }));
    let mut descending = all(&app, &json!({ "campo": "CRIADO_EM", "sentido": "DESC" }));
    descending.reverse();
    assert_eq!(ascending, descending);
}

#[test]
fn rows_inserted_between_pages_neither_hide_nor_repeat_a_row() {
    let app = App::new();
    let adolescente = app.adolescente("tjrn");
    for (direction, field) in [("ASC", "NUMERO"), ("DESC", "CRIADO_EM")] {
        let order = json!({ "campo": field, "sentido": direction });
        let before = all(&app, &order);
        let mut sequence = 100 + u32::try_from(before.len()).unwrap();
        let seen = walk(&app, 2, &order, false, || {
            sequence += 1;
            let numero =
                elos::processo::NumeroProcesso::synthetic(sequence, 2020, 820, 1).to_string();
            app.cadastrado("tjrn", &NewProcesso::apuracao(&numero, &[&adolescente]));
        });
        // New numbers sort before all others, and in DESC newer ones come first. So they are always
        // behind the reader.
        assert_eq!(seen, before, "{field} {direction}");
    }
}

#[test]
fn the_id_breaks_a_tie_of_the_ordering() {
    let app = App::new();
    use diesel::connection::SimpleConnection;
    app.database.conn().batch_execute("UPDATE processo SET atualizado_em = '2026-01-01'").unwrap();
    let order = json!({ "campo": "ATUALIZADO_EM" });
    assert_eq!(walk(&app, 1, &order, false, || {}), all(&app, &order));
}

#[test]
fn page_info_and_total_are_exact() {
    let app = App::new();
    let page = &app.gql_with("tjrn", PAGE, json!({ "first": 4 }))["processos"];
    assert_eq!(page["totalCount"], 10);
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
    assert_eq!(page["pageInfo"]["hasPreviousPage"], false);
    assert_eq!(page["pageInfo"]["startCursor"], page["edges"][0]["cursor"]);
    assert_eq!(page["pageInfo"]["endCursor"], page["edges"][3]["cursor"]);

    let middle = json!({ "first": 4, "after": page["edges"][1]["cursor"], "before": page["edges"][3]["cursor"] });
    let middle = &app.gql_with("tjrn", PAGE, middle)["processos"];
    assert_eq!(middle["edges"].as_array().unwrap().len(), 1);
    // With cursors on both sides, rows lie beyond each.
    assert_eq!(middle["pageInfo"]["hasNextPage"], true);
    assert_eq!(middle["pageInfo"]["hasPreviousPage"], true);
    let end = app.gql_with("tjrn", PAGE, json!({ "last": 4, "after": page["edges"][3]["cursor"] }));
    assert_eq!(end["processos"]["pageInfo"]["hasNextPage"], false);
    assert_eq!(end["processos"]["pageInfo"]["hasPreviousPage"], true);
}

/// The server refuses a cursor with a valid hash and a key that PostgreSQL could not read.
#[test]
fn a_forged_cursor_is_refused_and_never_an_internal_error() {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
    let app = App::new();
    for (order, keys) in [
        ("CRIADO_EM", ["-300000000000000000", "999999999999999999", "x", ""]),
        ("NUMERO", ["\0", "a\0b", "\0\0", "\u{0}1"]),
    ] {
        let query = format!(
            "{{ processos(first: 1, ordem: {{campo: {order}}}) {{ edges {{ cursor }} }} }}"
        );
        let cursor =
            app.gql("tjrn", &query)["processos"]["edges"][0]["cursor"].as_str().unwrap().to_owned();
        let plain = String::from_utf8(BASE64.decode(cursor).unwrap()).unwrap();
        let hash = plain.split('.').next().unwrap();
        for key in keys {
            let forged = BASE64.encode(format!("{hash}.1.{key}"));
            let query = format!(
                r#"{{ processos(after: "{forged}", ordem: {{campo: {order}}}) {{ nodes {{ id }} }} }}"#
            );
            assert_eq!(app.code("tjrn", &query), "BAD_USER_INPUT", "{order} {key:?}");
        }
    }
}

#[test]
fn a_cursor_of_another_query_is_refused() {
    let app = App::new();
    let data = app.gql(
        "tjrn",
        "{ processos(first: 2) { edges { cursor node { adolescentes(first: 1) { edges { cursor } } } } } }",
    );
    let cursor = data["processos"]["edges"][0]["cursor"].as_str().unwrap();
    let child = data["processos"]["edges"][0]["node"]["adolescentes"]["edges"][0]["cursor"]
        .as_str()
        .unwrap();
    for query in [
        format!(
            r#"{{ processos(after: "{cursor}", filtro: {{idOrgao: 1}}) {{ nodes {{ id }} }} }}"#
        ),
        format!(
            r#"{{ processos(after: "{cursor}", ordem: {{campo: NUMERO}}) {{ nodes {{ id }} }} }}"#
        ),
        format!(
            r#"{{ processos(after: "{cursor}", ordem: {{campo: CRIADO_EM, sentido: DESC}}) {{ nodes {{ id }} }} }}"#
        ),
        format!(r#"{{ adolescentes(after: "{cursor}") {{ nodes {{ id }} }} }}"#),
        format!(r#"{{ processos(before: "{child}") {{ nodes {{ id }} }} }}"#),
        r#"{ processos(after: "lixo") { nodes { id } } }"#.to_owned(),
        r#"{ processos(after: "") { nodes { id } } }"#.to_owned(),
    ] {
        assert_eq!(app.code("tjrn", &query), "BAD_USER_INPUT", "{query}");
    }
    // This cursor is of another parent of the same relation.
    let other = format!(
        r#"{{ processos(first: 2) {{ nodes {{ adolescentes(after: "{child}") {{ nodes {{ id }} }} }} }} }}"#
    );
    let response = app.graphql("tjrn", &other, json!({}));
    assert_eq!(
        response.body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
        "{}",
        response.text
    );
}

#[test]
fn first_and_last_are_limited() {
    let app = App::new();
    for arguments in ["first: 0", "first: 101", "last: 0", "first: -1", "first: 1, last: 1"] {
        let query = format!("{{ processos({arguments}) {{ nodes {{ id }} }} }}");
        assert_eq!(app.code("tjrn", &query), "BAD_USER_INPUT", "{arguments}");
    }
    let default = app.gql("cnj", "{ processos { nodes { id } } }");
    assert_eq!(default["processos"]["nodes"].as_array().unwrap().len(), 20);
}
