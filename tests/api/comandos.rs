//! The number of SQL statements of a query does not grow with the rows it answers.

use crate::support::{Ajustes, App, Modelo};
use elos::config::Documentos;
use elos::processo::NumeroProcesso;
use serde_json::{Value, json};

/// Every relation, reached from a page of `$n` parents that each ask for `$n` children.
pub const RELACOES: [(&str, u64, &str); 24] = [
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
fn os_comandos_nao_crescem_com_as_linhas() {
    // Five levels of a hundred each would be refused for what they could cost.
    let documentos = Documentos { custo_maximo: u64::MAX, ..Documentos::default() };
    let app = App::com(Modelo::Grande, Ajustes { documentos, ..Ajustes::default() });
    app.gql("cnj", "{ processos(first: 1) { nodes { numero } } }");
    let mut contados = Vec::new();
    let mut esperados = Vec::new();
    for (relacao, comandos, query) in RELACOES {
        for n in [1, 10, 100] {
            let (contagem, dados) = app.comandos(|| app.gql_com("cnj", query, json!({ "n": n })));
            assert!(n < 100 || linhas(&dados) >= 100, "{relacao}: too few rows to tell");
            contados.push((relacao, n, contagem));
            esperados.push((relacao, n, comandos));
        }
    }
    assert_eq!(contados, esperados);
}

/// Objects in an answer.
fn linhas(valor: &Value) -> usize {
    match valor {
        Value::Array(itens) => itens.len() + itens.iter().map(linhas).sum::<usize>(),
        Value::Object(campos) => campos.values().map(linhas).sum(),
        _ => 0,
    }
}

#[test]
fn nodes_busca_cada_tipo_de_uma_vez() {
    let app = App::novo();
    let dados = app.gql(
        "tjrn",
        "{ processos(first: 10) { nodes { id } } adolescentes(first: 6) { nodes { id } } }",
    );
    let ids: Vec<&Value> = ["processos", "adolescentes"]
        .iter()
        .flat_map(|lista| dados[lista]["nodes"].as_array().unwrap())
        .map(|node| &node["id"])
        .collect();
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }";
    let (comandos, dados) = app.comandos(|| app.gql_com("tjrn", query, json!({ "ids": ids })));
    assert_eq!(comandos, 2);
    let respondidos: Vec<&Value> =
        dados["nodes"].as_array().unwrap().iter().map(|node| &node["id"]).collect();
    assert_eq!(respondidos, ids);
}

#[test]
fn aliases_de_uma_relacao_custam_um_comando_por_argumento() {
    let app = App::novo();
    app.gql("tjrn", "{ eu { sub } processos { nodes { id } } }");
    let query =
        "{ processos { nodes { a: adolescentes { nodes { nome } } b: adolescentes { nodes { sobrenome } }
                   c: adolescentes(situacao: ENCERRADO) { nodes { nome } } } } }";
    assert_eq!(app.comandos(|| app.gql("tjrn", query)).0, 3);
}

/// What only some may see is read when one of them asks for it: once, however much of it.
#[test]
fn o_que_e_sensivel_so_se_le_para_quem_o_pede_e_pode_ver() {
    let app = App::novo();
    app.gql("tjrn", "{ eu { sub } processos { nodes { id } } }");
    app.gql("tjrn-leitura", "{ eu { sub } processos { nodes { id } } }");
    let query =
        "{ processos { nodes { adolescentes { nodes { nome cpf nomeMae rg { numero } } } } } }";
    let (comandos, de_quem_ve) = app.comandos(|| app.gql("tjrn", query));
    assert_eq!(comandos, 3);
    let (comandos, de_quem_nao_ve) = app.comandos(|| app.gql("tjrn-leitura", query));
    assert_eq!(comandos, 2);
    let adolescentes = |dados: &Value| {
        let processos = dados["processos"]["nodes"].as_array().unwrap().clone();
        let nodes =
            processos.iter().flat_map(|um| um["adolescentes"]["nodes"].as_array().unwrap().clone());
        nodes.collect::<Vec<_>>()
    };
    assert!(adolescentes(&de_quem_ve).iter().any(|um| um["cpf"].is_string()));
    assert!(
        adolescentes(&de_quem_nao_ve)
            .iter()
            .all(|um| um["cpf"].is_null() && um["nomeMae"].is_null())
    );
    assert!(adolescentes(&de_quem_nao_ve).iter().any(|um| um["nome"].is_string()));
}

/// The requests of the benchmark (`bench/peers/documents.mjs`), and what each may take.
#[test]
fn os_pedidos_do_banco_de_prova_por_nome() {
    let app = App::com(Modelo::Grande, Ajustes::default());
    let dados = app.gql("tjrn", "{ processos(first: 1) { nodes { numero } } adolescentes(first: 2) { nodes { identificador } } }");
    let numero = &dados["processos"]["nodes"][0]["numero"];
    let quem = &dados["adolescentes"]["nodes"];
    let novo = NumeroProcesso::sintetico(7, 2025, 820, 999).to_string();
    let pedidos = [
        ("Q1", 1, "query($numero: NumeroProcesso!) { processo(numero: $numero) { numero tipo situacao idOrgao criadoEm versao } }", json!({ "numero": numero })),
        ("Q2", 3, "{ processos(first: 20) { nodes { numero tipo situacao ... on ProcessoExecucao { apuracao { numero situacao } }
            adolescentes(first: 5) { edges { iniciadoEm node { identificador nome sobrenome dataNascimento } } } } } }", json!({})),
        ("Q3", 5, "query($identificador: IdentificadorAdolescente!) { adolescente(identificador: $identificador) { identificador nome
            processos(first: 10) { edges { iniciadoEm node { numero tipo situacao
              ... on ProcessoExecucao { apuracao { numero situacao adolescentes(first: 10) { edges { iniciadoEm node { identificador nome } } } } }
              ... on ProcessoApuracao { execucoes(first: 10) { nodes { numero situacao } } } } } } } }", json!({ "identificador": quem[0]["identificador"] })),
        ("Q4", 2, "{ processos(first: 100) { totalCount nodes { numero tipo situacao idOrgao criadoEm versao } } }", json!({})),
        ("M1", 6, "mutation($numero: NumeroProcesso!, $adolescentes: [IdentificadorAdolescente!]!) { cadastrarProcesso(input: { numero: $numero,
            tipo: PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL, adolescentes: $adolescentes, idOrgao: 1001, appNameSistemaTribunal: \"pje-tjrn-1g\" })
            { processo { numero tipo situacao versao } erros { codigo } } }", json!({ "numero": novo, "adolescentes": [quem[0]["identificador"], quem[1]["identificador"]] })),
    ];
    for (nome, maximo, query, variaveis) in pedidos {
        let (comandos, dados) = app.comandos(|| app.gql_com("tjrn", query, &variaveis));
        assert!(comandos <= maximo, "{nome}: {comandos} statements");
        assert!(
            dados["cadastrarProcesso"]["erros"].as_array().is_none_or(Vec::is_empty),
            "{dados}"
        );
    }
}
