//! Pages never skip and never repeat, whatever arrives between them.

use crate::support::App;
use serde_json::{Value, json};

const PAGINA: &str = "query($first: Int, $after: String, $last: Int, $before: String, $ordem: ProcessoOrdem) {
    processos(first: $first, after: $after, last: $last, before: $before, ordem: $ordem) {
      totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { numero } } } }";

fn numeros(pagina: &Value) -> Vec<String> {
    let edges = pagina["processos"]["edges"].as_array().unwrap();
    edges.iter().map(|edge| edge["node"]["numero"].as_str().unwrap().to_owned()).collect()
}

fn todos(app: &App, ordem: &Value) -> Vec<String> {
    numeros(&app.gql_com("tjrn", PAGINA, json!({ "first": 100, "ordem": ordem })))
}

/// Walks the whole list by pages of `n`; `entre` runs between two pages.
fn andar(app: &App, n: usize, ordem: &Value, do_fim: bool, mut entre: impl FnMut()) -> Vec<String> {
    let (tamanho, alem, info, cursor) = match do_fim {
        false => ("first", "after", "hasNextPage", "endCursor"),
        true => ("last", "before", "hasPreviousPage", "startCursor"),
    };
    let (mut vistos, mut onde) = (Vec::new(), Value::Null);
    loop {
        let pagina = app.gql_com("tjrn", PAGINA, json!({ tamanho: n, alem: onde, "ordem": ordem }));
        let novos = numeros(&pagina);
        assert!(novos.len() <= n);
        match do_fim {
            false => vistos.extend(novos),
            true => vistos.splice(0..0, novos).for_each(drop),
        }
        let page_info = &pagina["processos"]["pageInfo"];
        if page_info[info] == false {
            return vistos;
        }
        onde = page_info[cursor].clone();
        entre();
    }
}

#[test]
fn as_paginas_somadas_sao_a_lista_nos_dois_sentidos_e_em_cada_ordem() {
    let app = App::novo();
    for campo in ["NUMERO", "CRIADO_EM", "ATUALIZADO_EM", "ID_ORGAO", "MAGISTRADO"] {
        for sentido in ["ASC", "DESC"] {
            let ordem = json!({ "campo": campo, "sentido": sentido });
            let lista = todos(&app, &ordem);
            assert_eq!(lista.len(), 10);
            for n in [1, 3, 10] {
                assert_eq!(
                    andar(&app, n, &ordem, false, || {}),
                    lista,
                    "{campo} {sentido} first {n}"
                );
                assert_eq!(
                    andar(&app, n, &ordem, true, || {}),
                    lista,
                    "{campo} {sentido} last {n}"
                );
            }
        }
    }
}

/// Of pages that one answer asks for, each from a place of its own, each is as if read alone.
#[test]
fn paginas_que_se_leem_juntas_sao_as_que_se_leem_sozinhas() {
    const JUNTAS: &str = "query($n: Int, $a: String, $b: String, $c: String, $ordem: ProcessoOrdem) {
        a: processos(first: $n, after: $a, ordem: $ordem) { ...pagina } b: processos(first: $n, after: $b, ordem: $ordem) { ...pagina }
        c: processos(first: $n, after: $c, ordem: $ordem) { ...pagina } d: processos(last: $n, after: $a, ordem: $ordem) { ...pagina }
        e: processos(last: $n, after: $b, before: $c, ordem: $ordem) { ...pagina } f: processos(first: $n, ordem: $ordem) { ...pagina } }
        fragment pagina on ProcessoConnection { pageInfo { hasNextPage hasPreviousPage } edges { cursor node { numero } } }";
    let app = App::novo();
    for campo in ["NUMERO", "CRIADO_EM", "ATUALIZADO_EM", "ID_ORGAO", "MAGISTRADO"] {
        for sentido in ["ASC", "DESC"] {
            let ordem = json!({ "campo": campo, "sentido": sentido });
            let lista = app.gql_com("tjrn", PAGINA, json!({ "first": 100, "ordem": ordem }));
            let cursor = |n: usize| lista["processos"]["edges"][n]["cursor"].clone();
            let (a, b, c) = (cursor(0), cursor(4), cursor(8));
            let juntas = app.gql_com(
                "tjrn",
                JUNTAS,
                json!({ "n": 3, "a": a, "b": b, "c": c, "ordem": ordem }),
            );
            let sozinhas = [
                ("a", json!({ "first": 3, "after": a })),
                ("b", json!({ "first": 3, "after": b })),
                ("c", json!({ "first": 3, "after": c })),
                ("d", json!({ "last": 3, "after": a })),
                ("e", json!({ "last": 3, "after": b, "before": c })),
                ("f", json!({ "first": 3 })),
            ];
            for (nome, mut variaveis) in sozinhas {
                variaveis["ordem"] = ordem.clone();
                let sozinha = app.gql_com("tjrn", PAGINA, variaveis);
                assert_eq!(
                    juntas[nome]["edges"], sozinha["processos"]["edges"],
                    "{nome} {campo} {sentido}"
                );
                for ha in ["hasNextPage", "hasPreviousPage"] {
                    assert_eq!(
                        juntas[nome]["pageInfo"][ha], sozinha["processos"]["pageInfo"][ha],
                        "{nome} {ha}"
                    );
                }
            }
        }
    }
}

/// Of lists that hang from a parent too: by the id alone, and by a transaction.
#[test]
fn paginas_de_pais_diferentes_comecam_cada_uma_no_seu_lugar() {
    let app = App::novo();
    let processos = todos(&app, &json!({ "campo": "NUMERO" }));
    let lista = |campo: &str, numero: &str, after: &Value| {
        let query = format!(
            "query($p: NumeroProcesso!, $a: String) {{ processo(numero: $p) {{ {campo}, after: $a) {{ edges {{ cursor }} }} }} }}"
        );
        let dados = app.gql_com("tjrn", &query, json!({ "p": numero, "a": after }));
        dados["processo"].as_object().unwrap().values().next().unwrap()["edges"].clone()
    };
    for campo in ["adolescentes(first: 2, situacao: null", "eventos(first: 2"] {
        let cursores: Vec<(&str, Value)> = processos
            .iter()
            .filter_map(|numero| {
                Some((&**numero, lista(campo, numero, &Value::Null).get(0)?["cursor"].clone()))
            })
            .collect();
        let partes = cursores.iter().enumerate().map(|(n, (numero, cursor))| {
            format!("p{n}: processo(numero: \"{numero}\") {{ l: {campo}, after: {cursor}) {{ edges {{ cursor }} }} }}")
        });
        let juntas = app.gql("tjrn", &format!("{{ {} }}", partes.collect::<Vec<_>>().join(" ")));
        let mut vistas = 0;
        for (n, (numero, cursor)) in cursores.iter().enumerate() {
            let sozinha = lista(campo, numero, cursor);
            assert_eq!(juntas[format!("p{n}")]["l"]["edges"], sozinha, "{campo} {n}");
            vistas += sozinha.as_array().unwrap().len();
        }
        assert_ne!(vistas, 0, "{campo}");
    }
}

#[test]
fn desc_e_o_avesso_de_asc() {
    let app = App::novo();
    let crescente = todos(&app, &json!({ "campo": "CRIADO_EM" }));
    let mut decrescente = todos(&app, &json!({ "campo": "CRIADO_EM", "sentido": "DESC" }));
    decrescente.reverse();
    assert_eq!(crescente, decrescente);
}

#[test]
fn linhas_que_chegam_entre_paginas_nao_escondem_nem_repetem() {
    let app = App::novo();
    let adolescente = app.adolescente("tjrn");
    for (sentido, campo) in [("ASC", "NUMERO"), ("DESC", "CRIADO_EM")] {
        let ordem = json!({ "campo": campo, "sentido": sentido });
        let antes = todos(&app, &ordem);
        let mut sequencia = 100 + u32::try_from(antes.len()).unwrap();
        let vistos = andar(&app, 2, &ordem, false, || {
            sequencia += 1;
            let numero =
                elos::processo::NumeroProcesso::sintetico(sequencia, 2020, 820, 1).to_string();
            let corpo = json!({ "numeroProcesso": numero, "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
                "idOrgao": 1, "appNameSistemaTribunal": "t", "identificadoresAdolescentes": [adolescente] });
            assert_eq!(app.post("tjrn", "/api/v1/processos", &corpo).status, 200);
        });
        // Numbers that arrive sort before all others, newer ones first in DESC: behind the reader.
        assert_eq!(vistos, antes, "{campo} {sentido}");
    }
}

#[test]
fn empate_na_ordem_se_desfaz_pelo_id() {
    let app = App::novo();
    use diesel::connection::SimpleConnection;
    app.banco.conn().batch_execute("UPDATE processo SET atualizado_em = '2026-01-01'").unwrap();
    let ordem = json!({ "campo": "ATUALIZADO_EM" });
    assert_eq!(andar(&app, 1, &ordem, false, || {}), todos(&app, &ordem));
}

#[test]
fn page_info_e_total() {
    let app = App::novo();
    let pagina = &app.gql_com("tjrn", PAGINA, json!({ "first": 4 }))["processos"];
    assert_eq!(pagina["totalCount"], 10);
    assert_eq!(pagina["pageInfo"]["hasNextPage"], true);
    assert_eq!(pagina["pageInfo"]["hasPreviousPage"], false);
    assert_eq!(pagina["pageInfo"]["startCursor"], pagina["edges"][0]["cursor"]);
    assert_eq!(pagina["pageInfo"]["endCursor"], pagina["edges"][3]["cursor"]);

    let meio = json!({ "first": 4, "after": pagina["edges"][1]["cursor"], "before": pagina["edges"][3]["cursor"] });
    let meio = &app.gql_com("tjrn", PAGINA, meio)["processos"];
    assert_eq!(meio["edges"].as_array().unwrap().len(), 1);
    // Cursors on both sides: something lies beyond each.
    assert_eq!(meio["pageInfo"]["hasNextPage"], true);
    assert_eq!(meio["pageInfo"]["hasPreviousPage"], true);
    let fim =
        app.gql_com("tjrn", PAGINA, json!({ "last": 4, "after": pagina["edges"][3]["cursor"] }));
    assert_eq!(fim["processos"]["pageInfo"]["hasNextPage"], false);
    assert_eq!(fim["processos"]["pageInfo"]["hasPreviousPage"], true);
}

/// The right hash around a key that PostgreSQL would choke on.
#[test]
fn cursor_forjado_e_recusado_nunca_um_erro_interno() {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
    let app = App::novo();
    for (ordem, chaves) in [
        ("CRIADO_EM", ["-300000000000000000", "999999999999999999", "x", ""]),
        ("NUMERO", ["\0", "a\0b", "\0\0", "\u{0}1"]),
    ] {
        let query = format!(
            "{{ processos(first: 1, ordem: {{campo: {ordem}}}) {{ edges {{ cursor }} }} }}"
        );
        let cursor =
            app.gql("tjrn", &query)["processos"]["edges"][0]["cursor"].as_str().unwrap().to_owned();
        let claro = String::from_utf8(BASE64.decode(cursor).unwrap()).unwrap();
        let hash = claro.split('.').next().unwrap();
        for chave in chaves {
            let forjado = BASE64.encode(format!("{hash}.1.{chave}"));
            let query = format!(
                r#"{{ processos(after: "{forjado}", ordem: {{campo: {ordem}}}) {{ nodes {{ id }} }} }}"#
            );
            assert_eq!(app.codigo("tjrn", &query), "BAD_USER_INPUT", "{ordem} {chave:?}");
        }
    }
}

#[test]
fn cursor_de_outra_consulta_e_recusado() {
    let app = App::novo();
    let dados = app.gql(
        "tjrn",
        "{ processos(first: 2) { edges { cursor node { adolescentes(first: 1) { edges { cursor } } } } } }",
    );
    let cursor = dados["processos"]["edges"][0]["cursor"].as_str().unwrap();
    let filho = dados["processos"]["edges"][0]["node"]["adolescentes"]["edges"][0]["cursor"]
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
        format!(r#"{{ processos(before: "{filho}") {{ nodes {{ id }} }} }}"#),
        r#"{ processos(after: "lixo") { nodes { id } } }"#.to_owned(),
        r#"{ processos(after: "") { nodes { id } } }"#.to_owned(),
    ] {
        assert_eq!(app.codigo("tjrn", &query), "BAD_USER_INPUT", "{query}");
    }
    // Another parent of the same relation.
    let outro = format!(
        r#"{{ processos(first: 2) {{ nodes {{ adolescentes(after: "{filho}") {{ nodes {{ id }} }} }} }} }}"#
    );
    let resposta = app.graphql("tjrn", &outro, json!({}));
    assert_eq!(
        resposta.corpo["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
        "{}",
        resposta.texto
    );
}

#[test]
fn limites_de_first_e_last() {
    let app = App::novo();
    for argumentos in ["first: 0", "first: 101", "last: 0", "first: -1", "first: 1, last: 1"] {
        let query = format!("{{ processos({argumentos}) {{ nodes {{ id }} }} }}");
        assert_eq!(app.codigo("tjrn", &query), "BAD_USER_INPUT", "{argumentos}");
    }
    let padrao = app.gql("cnj", "{ processos { nodes { id } } }");
    assert_eq!(padrao["processos"]["nodes"].as_array().unwrap().len(), 20);
}
