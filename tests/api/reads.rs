//! Reads that a front end needs.

use crate::support::App;
use serde_json::{Value, json};

#[test]
fn a_nested_processo_is_read_completely() {
    let app = App::new();
    let data = app.gql(
        "tjrn",
        "{ processos(first: 1, filtro: {tipo: [PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL]}) { nodes {
             __typename numero tipo situacao tribunal { sigla codigo tr } versao
             adolescentes { edges { situacao encerradoEm node { identificador processos(vinculo: null) { nodes { numero } } } } }
             ... on ProcessoApuracao { execucoes { nodes { numero numeroReferencia apuracao { numero } } } } } } }",
    );
    let processo = &data["processos"]["nodes"][0];
    assert_eq!(processo["__typename"], "ProcessoApuracao");
    assert_eq!(processo["tribunal"], json!({ "sigla": "TJRN", "codigo": 820, "tr": "20" }));
    let edges = processo["adolescentes"]["edges"].as_array().unwrap();
    assert_eq!(edges.len(), 2);
    for edge in edges {
        assert_eq!((&edge["situacao"], &edge["encerradoEm"]), (&json!("ATIVO"), &Value::Null));
        let own = edge["node"]["processos"]["nodes"].as_array().unwrap();
        assert!(own.iter().any(|other| other["numero"] == processo["numero"]));
    }
    let execucao = &processo["execucoes"]["nodes"][0];
    assert_eq!(execucao["numeroReferencia"], processo["numero"]);
    assert_eq!(execucao["apuracao"]["numero"], processo["numero"]);
}

#[test]
fn keys_come_in_the_order_asked() {
    let app = App::new();
    let response =
        app.graphql("tjrn", "{ tribunais { tr sigla codigo } eu { sub azp } }", json!({}));
    assert!(
        response
            .text
            .starts_with(r#"{"data":{"tribunais":[{"tr":"01","sigla":"TJAC","codigo":801}"#),
        "{}",
        response.text
    );
}

#[test]
fn processo_pelo_numero_com_e_sem_mascara() {
    let app = App::new();
    let data = app.gql("tjrn", "{ processos(first: 1) { nodes { id numero } } }");
    let processo = &data["processos"]["nodes"][0];
    let mask = processo["numero"].as_str().unwrap();
    for numero in [mask.to_owned(), mask.replace(['-', '.'], "")] {
        let data = app.gql_with(
            "tjrn",
            "query($n: NumeroProcesso!) { processo(numero: $n) { id numero } }",
            json!({ "n": numero }),
        );
        assert_eq!(&data["processo"], processo);
    }
    assert_eq!(
        app.gql("tjrn", r#"{ processo(numero: "00000000000000000000") { id } }"#),
        json!({ "processo": null })
    );
}

#[test]
fn a_malformed_numero_is_a_top_level_error_with_a_code() {
    let app = App::empty();
    for numero in ["123", "9000741.62.2021.8.20.0083", ""] {
        let response = app.graphql(
            "tjrn",
            &format!(r#"{{ processo(numero: "{numero}") {{ id }} }}"#),
            json!({}),
        );
        assert_eq!(response.status, 400, "{}", response.text);
        assert_eq!(response.body["errors"][0]["extensions"]["code"], "CAMPO_INVALIDO");
        assert_eq!(response.body.get("data"), None);
    }
}

/// R22: the number of an execução finds its apuração.
#[test]
fn r22_apuracao_pelo_numero_dela_ou_de_uma_execucao() {
    let app = App::new();
    let data = app.gql(
        "tjrn",
        "{ processos(first: 1, filtro: {tipo: [EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS]}) { nodes { numero numeroReferencia } } }",
    );
    let execucao = &data["processos"]["nodes"][0];
    for numero in [&execucao["numero"], &execucao["numeroReferencia"]] {
        let query = "query($n: NumeroProcesso!) { apuracao(numero: $n) { numero tipo } }";
        let found = &app.gql_with("tjrn", query, json!({ "n": numero }))["apuracao"];
        assert_eq!(found["numero"], execucao["numeroReferencia"]);
        assert_eq!(found["tipo"], "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL");
    }
}

fn count(app: &App, filter: &str) -> u64 {
    let data = app
        .gql("tjrn", &format!("{{ processos(filtro: {filter}) {{ totalCount nodes {{ id }} }} }}"));
    let total = data["processos"]["totalCount"].as_u64().unwrap();
    assert_eq!(data["processos"]["nodes"].as_array().unwrap().len() as u64, total);
    total
}

#[test]
fn filters_are_combined_with_and_or_and_not() {
    let app = App::new();
    let data = app.gql(
        "tjrn",
        "{ processos(first: 3) { nodes { numero criadoEm } } adolescentes(first: 1) { nodes { identificador processos(vinculo: null) { totalCount } } } }",
    );
    let numero = |i: usize| data["processos"]["nodes"][i]["numero"].as_str().unwrap();
    let adolescente = &data["adolescentes"]["nodes"][0];
    let created = &data["processos"]["nodes"][1]["criadoEm"];
    let execucao = "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS";

    assert_eq!(count(&app, "{}"), 10);
    assert_eq!(count(&app, &format!("{{tipo: [{execucao}]}}")), 4);
    assert_eq!(count(&app, &format!("{{nao: {{tipo: [{execucao}]}}}}")), 6);
    assert_eq!(count(&app, "{tipo: []}"), 0);
    assert_eq!(count(&app, "{situacao: [ATIVO]}"), 10);
    assert_eq!(count(&app, &format!(r#"{{numero: ["{}", "{}"]}}"#, numero(0), numero(1))), 2);
    assert_eq!(count(&app, &format!("{{criadoDe: {created}}}")), 9);
    assert_eq!(count(&app, &format!("{{criadoAte: {created}}}")), 1);
    assert_eq!(count(&app, &format!("{{criadoDe: {created}, criadoAte: {created}}}")), 0);
    assert_eq!(
        count(&app, &format!("{{adolescente: {}}}", adolescente["identificador"])),
        adolescente["processos"]["totalCount"].as_u64().unwrap()
    );
    for (tribunal, total) in [("20", 10), ("820", 10), ("8.20", 10), ("17", 0)] {
        assert_eq!(count(&app, &format!(r#"{{tribunal: "{tribunal}"}}"#)), total, "{tribunal}");
    }
    // AND combines sibling fields, and OR combines the values of a list. An empty `ou` matches
    // nothing.
    let (a, b) =
        (format!(r#"{{numero: ["{}"]}}"#, numero(0)), format!(r#"{{numero: ["{}"]}}"#, numero(1)));
    assert_eq!(count(&app, &format!("{{ou: [{a}, {b}]}}")), 2);
    assert_eq!(count(&app, &format!("{{e: [{a}, {b}]}}")), 0);
    assert_eq!(count(&app, &format!("{{ou: [{a}, {b}], nao: {a}}}")), 1);
    assert_eq!(count(&app, &format!("{{nao: {{ou: [{a}, {b}]}}}}")), 8);
    assert_eq!(count(&app, "{ou: []}"), 0);
    assert_eq!(count(&app, "{e: []}"), 10);
    assert_eq!(count(&app, "{nao: null, ou: null, tipo: null}"), 10);
}

#[test]
fn a_filter_that_is_too_large_is_refused() {
    let app = App::empty();
    let many = vec!["{idOrgao: 1}"; 100].join(",");
    let query = format!("{{ processos(filtro: {{ou: [{many}]}}) {{ nodes {{ id }} }} }}");
    assert_eq!(app.code("tjrn", &query), "BAD_USER_INPUT");
}

#[test]
fn adolescentes_por_nome_sem_acento_nem_maiuscula() {
    let app = App::new();
    let body = json!({ "nome": "Úrsula", "sobrenome": "Conceição", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO" });
    assert_eq!(app.post("tjrn", "/api/v1/adolescentes", &body).status, 200);
    for nome in ["ursula conceicao", "ÚRSULA", "conceiçã"] {
        let query = "query($nome: String) { adolescentes(filtro: {nome: $nome}) { nodes { nomeExibicao } } }";
        let data = app.gql_with("tjrn", query, json!({ "nome": nome }));
        let names = data["adolescentes"]["nodes"].as_array().unwrap();
        assert!(
            names.contains(&json!({ "nomeExibicao": "Úrsula Conceição" })),
            "{nome}: {names:?}"
        );
    }
    assert_eq!(
        app.code("tjrn", r#"{ adolescentes(filtro: {nome: "ab"}) { nodes { id } } }"#),
        "BAD_USER_INPUT"
    );
    let response = app.graphql(
        "tjrn",
        "query($nome: String) { adolescentes(filtro: {nome: $nome}) { nodes { id } } }",
        json!({ "nome": "a\u{0}bc" }),
    );
    assert_eq!(
        response.body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
        "{}",
        response.text
    );
}

#[test]
fn vinculos_encerrados_so_quando_pedidos() {
    let app = App::new();
    use diesel::connection::SimpleConnection;
    app.database
        .conn()
        .batch_execute("UPDATE vinculo SET encerrado_em = iniciado_em + interval '1 day', motivo = 'fim' WHERE id = (SELECT min(id) FROM vinculo WHERE tribunal_codigo = 820)")
        .unwrap();
    let query = "{ processos(first: 1) { nodes {
        ativos: adolescentes { totalCount } encerrados: adolescentes(situacao: ENCERRADO) { edges { situacao motivo encerradoEm } }
        todos: adolescentes(situacao: null) { totalCount } } } }";
    let processo = &app.gql("tjrn", query)["processos"]["nodes"][0];
    assert_eq!(processo["ativos"]["totalCount"], 1);
    assert_eq!(processo["todos"]["totalCount"], 2);
    let encerrado = &processo["encerrados"]["edges"][0];
    assert_eq!(
        (&encerrado["situacao"], &encerrado["motivo"]),
        (&json!("ENCERRADO"), &json!("fim"))
    );
    assert!(encerrado["encerradoEm"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn node_finds_a_global_id_and_is_null_for_the_rest() {
    let app = App::new();
    let data = app.gql(
        "tjrn",
        "{ processos(first: 1) { nodes { id eventos { nodes { id } } adolescentes { nodes { id } } tribunal { id } } } }",
    );
    let processo = &data["processos"]["nodes"][0];
    let evento = &processo["eventos"]["nodes"][0]["id"];
    for (id, tipo) in [
        (&processo["id"], "ProcessoApuracao"),
        (&processo["adolescentes"]["nodes"][0]["id"], "Adolescente"),
        (&processo["tribunal"]["id"], "Tribunal"),
        (evento, "Evento"),
    ] {
        let query =
            "query($id: ID!) { node(id: $id) { __typename id ... on Processo { numero } } }";
        let node = &app.gql_with("tjrn", query, json!({ "id": id }))["node"];
        assert_eq!((&node["__typename"], &node["id"]), (&json!(tipo), id));
    }
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
    for id in [
        "",
        "lixo",
        "é",
        &BASE64.encode("Processo:999999"),
        &BASE64.encode("Processo:+1"),
        &BASE64.encode("Outro:1"),
    ] {
        let data = app.gql_with(
            "tjrn",
            "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }",
            json!({ "id": id }),
        );
        assert_eq!(data, json!({ "node": null, "nodes": [null] }), "{id}");
    }
}

#[test]
fn nodes_takes_at_most_a_hundred() {
    let app = App::empty();
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let response = app.graphql("tjrn", query, json!({ "ids": vec!["x"; 101] }));
    assert_eq!(response.body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    assert_eq!(response.body["data"], json!({ "nodes": null }));
}

#[test]
fn campos_sensiveis_vem_nulos_sem_o_papel() {
    let app = App::new();
    let query = "{ adolescentes(first: 1) { nodes { nome sobrenome dataNascimento
        cpf racaCor sexoBiologico nomeMae identidadeGenero orientacaoSexual rg { numero } certidaoNascimento { numero } } }
        processos(first: 1) { nodes { magistrado { nome cpf } } } }";
    let with = app.gql("tjrn", query);
    let without = app.gql("tjrn-leitura", query);
    let (full, empty) = (&with["adolescentes"]["nodes"][0], &without["adolescentes"]["nodes"][0]);
    for field in ["cpf", "racaCor", "sexoBiologico", "nomeMae"] {
        assert!(full[field].is_string(), "{field}");
        assert!(empty[field].is_null(), "{field}");
    }
    assert_eq!(full["nome"], empty["nome"]);
    let magistrado = |data: &Value| data["processos"]["nodes"][0]["magistrado"].clone();
    assert!(magistrado(&with)["cpf"].is_string());
    assert!(magistrado(&without)["cpf"].is_null() && magistrado(&without)["nome"].is_string());
}

/// The civil name of a person with a social name is sensitive.
#[test]
fn nome_civil_some_atras_do_social() {
    let app = App::empty();
    let body = json!({ "nome": "Civil", "sobrenome": "Fictícia", "possuiNomeSocial": "S", "nomeSocial": "Social",
        "dataNascimento": "01/02/2010", "sexoBiologico": "INTERSEXO" });
    assert_eq!(app.post("tjrn", "/api/v1/adolescentes", &body).status, 200);
    let query = "{ adolescentes { nodes { nome nomeSocial nomeExibicao possuiNomeSocial } } }";
    let node = |client: &str| app.gql(client, query)["adolescentes"]["nodes"][0].clone();
    assert_eq!(node("tjrn")["nome"], "Civil");
    assert_eq!(
        node("tjrn-leitura"),
        json!({ "nome": null, "nomeSocial": "Social", "nomeExibicao": "Social Fictícia", "possuiNomeSocial": true })
    );
}

#[test]
fn eu_and_tribunais_are_read() {
    let app = App::empty();
    let data = app.gql(
        "tjrn-leitura",
        "{ eu { azp nacional papeis tribunal { sigla } } tribunais { codigo } }",
    );
    assert_eq!(
        data["eu"],
        json!({ "azp": "tjrn-leitura", "nacional": false, "papeis": ["pse-consulta"], "tribunal": { "sigla": "TJRN" } })
    );
    assert_eq!(data["tribunais"].as_array().unwrap().len(), 27);
    let cnj = app.gql("cnj", "{ eu { nacional tribunal { sigla } } }");
    assert_eq!(cnj["eu"], json!({ "nacional": true, "tribunal": null }));
}
