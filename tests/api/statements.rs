//! The number of SQL statements of a query does not grow with the number of rows.

use crate::support::{App, Settings, Template};
use elos::config::DocumentSettings;
use elos::processo::NumeroProcesso;
use serde_json::{Value, json};

/// Relations: a name, the number of statements, and a query that reads a page of `$n` parents with
/// `$n` children each.
pub const RELATIONS: [(&str, u64, &str); 24] = [
    ("processos", 1, "query($n: Int!) { processos(first: $n) { nodes { numero } } }"),
    ("processos com total", 2, "query($n: Int!) { processos(first: $n) { totalCount nodes { numero } } }"),
    ("adolescentes", 1, "query($n: Int!) { adolescentes(first: $n) { nodes { identificador } } }"),
    (
        "Processo.adolescentes",
        2,
        "query($n: Int!) { processos(first: $n) { nodes { adolescentes(first: $n) { nodes { nome } } } } }",
    ),
    (
        "Processo.adolescentes com total",
        3,
        "query($n: Int!) { processos(first: $n) { nodes { adolescentes(first: $n) { totalCount nodes { nome } } } } }",
    ),
    (
        "Processo.eventos",
        2,
        "query($n: Int!) { processos(first: $n) { nodes { eventos(first: $n) { nodes { tipo } } } } }",
    ),
    (
        "Evento.processo",
        3,
        "query($n: Int!) { processos(first: $n) { nodes { eventos(first: $n) { nodes { processo { numero } } } } } }",
    ),
    (
        "ProcessoApuracao.execucoes",
        2,
        "query($n: Int!) { processos(first: $n, filtro: {tipo: [PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL]})
         { nodes { ... on ProcessoApuracao { execucoes(first: $n) { nodes { numero } } } } } }",
    ),
    (
        "ProcessoExecucao.apuracao",
        2,
        "query($n: Int!) { processos(first: $n, filtro: {tipo: [EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS]})
         { nodes { ... on ProcessoExecucao { apuracao { numero } } } } }",
    ),
    (
        "Adolescente.processos",
        2,
        "query($n: Int!) { adolescentes(first: $n) { nodes { processos(first: $n, vinculo: null) { nodes { numero } } } } }",
    ),
    (
        "Adolescente.eventos",
        2,
        "query($n: Int!) { adolescentes(first: $n) { nodes { eventos(first: $n) { nodes { tipo } } } } }",
    ),
    (
        "Evento.adolescente",
        3,
        "query($n: Int!) { adolescentes(first: $n) { nodes { eventos(first: $n) { nodes { adolescente { nome } } } } } }",
    ),
    (
        "Processo.guias",
        2,
        "query($n: Int!) { processos(first: $n) { nodes { guias(first: $n) { nodes { numero vencida } } } } }",
    ),
    (
        "Adolescente.guias",
        2,
        "query($n: Int!) { adolescentes(first: $n) { nodes { guias(first: $n, situacao: ATIVO) { nodes { numero venceEm } } } } }",
    ),
    (
        "Guia.adolescente e Guia.apuracao",
        4,
        "query($n: Int!) { processos(first: $n) { nodes { guias(first: $n) { nodes { adolescente { nome } apuracao { numero } } } } } }",
    ),
    (
        "Guia.atosInfracionais, documentos e definitivasUnificadas",
        4,
        "query($n: Int!) { processos(first: $n) { nodes { guias(first: $n) { nodes {
           atosInfracionais { codigoTpu } documentos { tipoDocumento } definitivasUnificadas { numero } } } } } }",
    ),
    (
        "Evento.guia",
        3,
        "query($n: Int!) { processos(first: $n) { nodes { eventos(last: $n) { nodes { guia { numero } } } } } }",
    ),
    ("guias", 1, "query($n: Int!) { guias(first: $n) { nodes { numero vencida } } }"),
    (
        "vinculos e os seus dois lados",
        3,
        "query($n: Int!) { vinculos(first: $n) { nodes { processo { numero } adolescente { nome } } } }",
    ),
    (
        "Processo.adolescentes com o vínculo",
        3,
        "query($n: Int!) { processos(first: $n) { nodes { adolescentes(first: $n) { edges { vinculo { id } } } } } }",
    ),
    (
        "ProcessoExecucao.guiasDaMedida",
        2,
        "query($n: Int!) { processos(first: $n, filtro: {tipo: [EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS]})
         { nodes { ... on ProcessoExecucao { guiasDaMedida(first: $n) { nodes { numero } } } } } }",
    ),
    (
        "Processo.linhaDoTempo",
        2,
        "query($n: Int!) { processos(first: $n) { nodes { linhaDoTempo(first: $n) { nodes { tipo ocorridoEm } } } } }",
    ),
    (
        "Adolescente.linhaDoTempo",
        2,
        "query($n: Int!) { adolescentes(first: $n) { nodes { linhaDoTempo(first: $n) { nodes { tipo } } } } }",
    ),
    (
        "quatro níveis",
        5,
        "query($n: Int!) { processos(first: $n) { nodes { adolescentes(first: $n) { nodes {
           processos(first: $n, vinculo: null) { nodes { adolescentes(first: $n, situacao: null) { nodes {
             processos(first: $n) { nodes { numero } } } } } } } } } } }",
    ),
];

#[test]
fn statements_do_not_grow_with_the_rows() {
    // The cost limit would refuse five levels of a hundred each.
    let documents = DocumentSettings { max_cost: u64::MAX, ..DocumentSettings::default() };
    let app = App::with(Template::Large, Settings { documents, ..Settings::default() });
    app.gql("cnj", "{ processos(first: 1) { nodes { numero } } }");
    let mut counted = Vec::new();
    let mut expected = Vec::new();
    for (relation, statements, query) in RELATIONS {
        for n in [1, 10, 100] {
            let (count, data) = app.statements(|| app.gql_with("cnj", query, json!({ "n": n })));
            assert!(n < 100 || leaf_count(&data) >= 100, "{relation}: too few rows to tell");
            counted.push((relation, n, count));
            expected.push((relation, n, statements));
        }
    }
    assert_eq!(counted, expected);
}

/// Returns the number of list items in a response.
fn leaf_count(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.len() + items.iter().map(leaf_count).sum::<usize>(),
        Value::Object(fields) => fields.values().map(leaf_count).sum(),
        _ => 0,
    }
}

#[test]
fn nodes_loads_each_type_at_once() {
    let app = App::new();
    let data = app.gql(
        "tjrn",
        "{ processos(first: 10) { nodes { id } } adolescentes(first: 6) { nodes { id } } }",
    );
    let ids: Vec<&Value> = ["processos", "adolescentes"]
        .iter()
        .flat_map(|list| data[list]["nodes"].as_array().unwrap())
        .map(|node| &node["id"])
        .collect();
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }";
    let (statements, data) = app.statements(|| app.gql_with("tjrn", query, json!({ "ids": ids })));
    assert_eq!(statements, 2);
    let answered: Vec<&Value> =
        data["nodes"].as_array().unwrap().iter().map(|node| &node["id"]).collect();
    assert_eq!(answered, ids);
}

#[test]
fn aliases_of_a_relation_cost_one_statement_per_argument() {
    let app = App::new();
    app.gql("tjrn", "{ eu { sub } processos { nodes { id } } }");
    let query =
        "{ processos { nodes { a: adolescentes { nodes { nome } } b: adolescentes { nodes { sobrenome } }
                   c: adolescentes(situacao: ENCERRADO) { nodes { nome } } } } }";
    assert_eq!(app.statements(|| app.gql("tjrn", query)).0, 3);
}

/// The server reads sensitive columns only if a client with the papel asks for them, and then in
/// one statement.
#[test]
fn sensitive_columns_are_read_only_on_request_and_with_the_papel() {
    let app = App::new();
    app.gql("tjrn", "{ eu { sub } processos { nodes { id } } }");
    app.gql("tjrn-leitura", "{ eu { sub } processos { nodes { id } } }");
    let query =
        "{ processos { nodes { adolescentes { nodes { nome cpf nomeMae rg { numero } } } } } }";
    let (statements, of_who_sees) = app.statements(|| app.gql("tjrn", query));
    assert_eq!(statements, 3);
    let (statements, of_who_does_not_see) = app.statements(|| app.gql("tjrn-leitura", query));
    assert_eq!(statements, 2);
    let adolescentes = |data: &Value| {
        let processos = data["processos"]["nodes"].as_array().unwrap().clone();
        let nodes = processos
            .iter()
            .flat_map(|one| one["adolescentes"]["nodes"].as_array().unwrap().clone());
        nodes.collect::<Vec<_>>()
    };
    assert!(adolescentes(&of_who_sees).iter().any(|one| one["cpf"].is_string()));
    assert!(
        adolescentes(&of_who_does_not_see)
            .iter()
            .all(|one| one["cpf"].is_null() && one["nomeMae"].is_null())
    );
    assert!(adolescentes(&of_who_does_not_see).iter().any(|one| one["nome"].is_string()));
}

/// The requests of the benchmark (`bench/peers/documents.mjs`), with the largest number of
/// statements that each may take.
#[test]
fn each_request_of_the_benchmark_takes_its_statements() {
    let app = App::with(Template::Large, Settings::default());
    let data = app.gql("tjrn", "{ processos(first: 1) { nodes { numero } } adolescentes(first: 2) { nodes { identificador } } }");
    let numero = &data["processos"]["nodes"][0]["numero"];
    let adolescentes = &data["adolescentes"]["nodes"];
    let new = NumeroProcesso::synthetic(7, 2025, 820, 999).to_string();
    let requests = [
        ("Q1", 1, "query($numero: NumeroProcesso!) { processo(numero: $numero) { numero tipo situacao idOrgao criadoEm versao } }", json!({ "numero": numero })),
        ("Q2", 3, "{ processos(first: 20) { nodes { numero tipo situacao ... on ProcessoExecucao { apuracao { numero situacao } }
            adolescentes(first: 5) { edges { iniciadoEm node { identificador nome sobrenome dataNascimento } } } } } }", json!({})),
        ("Q3", 5, "query($identificador: IdentificadorAdolescente!) { adolescente(identificador: $identificador) { identificador nome
            processos(first: 10) { edges { iniciadoEm node { numero tipo situacao
              ... on ProcessoExecucao { apuracao { numero situacao adolescentes(first: 10) { edges { iniciadoEm node { identificador nome } } } } }
              ... on ProcessoApuracao { execucoes(first: 10) { nodes { numero situacao } } } } } } } }", json!({ "identificador": adolescentes[0]["identificador"] })),
        ("Q4", 2, "{ processos(first: 100) { totalCount nodes { numero tipo situacao idOrgao criadoEm versao } } }", json!({})),
        ("M1", 6, "mutation($numero: NumeroProcesso!, $adolescentes: [IdentificadorAdolescente!]!) { cadastrarProcesso(input: { numero: $numero,
            tipo: PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL, adolescentes: $adolescentes, idOrgao: 1001, appNameSistemaTribunal: \"pje-tjrn-1g\" })
            { processo { numero tipo situacao versao } erros { codigo } } }", json!({ "numero": new, "adolescentes": [adolescentes[0]["identificador"], adolescentes[1]["identificador"]] })),
        ("M1 com chave", 9, "mutation($numero: NumeroProcesso!, $adolescentes: [IdentificadorAdolescente!]!) { cadastrarProcesso(input: { numero: $numero,
            tipo: PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL, adolescentes: $adolescentes, idOrgao: 1001, appNameSistemaTribunal: \"pje-tjrn-1g\",
            chaveIdempotencia: \"m1\" })
            { processo { numero tipo situacao versao } erros { codigo } } }", json!({ "numero": NumeroProcesso::synthetic(8, 2025, 820, 999).to_string(), "adolescentes": [adolescentes[0]["identificador"], adolescentes[1]["identificador"]] })),
    ];
    for (nome, max, query, variables) in requests {
        let (statements, data) = app.statements(|| app.gql_with("tjrn", query, &variables));
        assert!(statements <= max, "{nome}: {statements} statements");
        assert!(data["cadastrarProcesso"]["erros"].as_array().is_none_or(Vec::is_empty), "{data}");
    }
}
