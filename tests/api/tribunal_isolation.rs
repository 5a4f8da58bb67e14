//! The isolation of tribunais has two layers: the queries filter, and row-level security enforces
//! it again.

use crate::architecture::SOURCES;
use crate::support::{App, NewProcesso, Settings, Template, code, new_adolescente};
use serde_json::{Value, json};

/// Objects of TJRN: a processo, an adolescente, an evento.
struct Foreign {
    numero: Value,
    identificador: Value,
    ids: Vec<Value>,
}

fn of_tjrn(app: &App) -> Foreign {
    let data = app.gql(
        "tjrn",
        "{ processos(first: 1) { nodes { id numero eventos(first: 1) { nodes { id } } adolescentes(first: 1) { nodes { id identificador } } } } }",
    );
    let processo = &data["processos"]["nodes"][0];
    let adolescente = &processo["adolescentes"]["nodes"][0];
    let evento = &processo["eventos"]["nodes"][0];
    let ids = [processo, adolescente, evento].map(|node| node["id"].clone());
    assert!(ids.iter().all(Value::is_string), "{data}");
    Foreign {
        numero: processo["numero"].clone(),
        identificador: adolescente["identificador"].clone(),
        ids: ids.to_vec(),
    }
}

const EVERYTHING: &str =
    "query($n: NumeroProcesso!, $a: IdentificadorAdolescente!, $id: ID!, $ids: [ID!]!) {
    processo(numero: $n) { id } apuracao(numero: $n) { id } adolescente(identificador: $a) { id }
    porTribunal: adolescente(identificador: $a, tribunal: \"8.20\") { id }
    node(id: $id) { id } nodes(ids: $ids) { id }
    processos(filtro: {numero: [$n]}) { totalCount nodes { id } }
    doTribunal: processos(filtro: {tribunal: \"8.20\"}) { totalCount nodes { id } }
    doAdolescente: processos(filtro: {adolescente: $a}) { totalCount nodes { id } }
    adolescentes(filtro: {identificador: [$a]}) { totalCount nodes { id } } }";

#[track_caller]
fn does_not_see(app: &App, client: &str, foreign: &Foreign) {
    let variables = json!({ "n": foreign.numero, "a": foreign.identificador, "id": foreign.ids[0], "ids": foreign.ids });
    let none = json!({ "totalCount": 0, "nodes": [] });
    assert_eq!(
        app.gql_with(client, EVERYTHING, variables),
        json!({
            "processo": null, "apuracao": null, "adolescente": null, "porTribunal": null, "node": null,
            "nodes": [null, null, null], "processos": none, "doTribunal": none, "doAdolescente": none,
            "adolescentes": none,
        })
    );
}

#[test]
fn o_que_e_de_outro_tribunal_parece_ausente() {
    let app = App::new();
    let foreign = of_tjrn(&app);
    does_not_see(&app, "tjpe", &foreign);
    does_not_see(&app, "tjce", &foreign);
}

/// Row-level security works alone here, because the queries do not filter by tribunal.
#[test]
fn row_level_security_hides_rows_without_the_filters() {
    let app =
        App::with(Template::Seeded, Settings { skip_tribunal_filter: true, ..Settings::default() });
    let foreign = of_tjrn(&app);
    does_not_see(&app, "tjpe", &foreign);

    // Every list, down to its leaves, shows only rows of the tribunal of the caller.
    let data = app.gql(
        "tjpe",
        "{ processos(first: 100) { totalCount nodes { tribunal { codigo } eventos { totalCount nodes { processo { tribunal { codigo } } } }
             adolescentes(situacao: null) { totalCount nodes { tribunal { codigo } processos(vinculo: null) { totalCount nodes { tribunal { codigo } } } } }
             ... on ProcessoApuracao { execucoes { totalCount nodes { tribunal { codigo } } } }
             ... on ProcessoExecucao { apuracao { tribunal { codigo } } } } }
           adolescentes(first: 100) { totalCount nodes { tribunal { codigo } eventos { nodes { adolescente { tribunal { codigo } } } } } } }",
    );
    let mut codes = Vec::new();
    merge(&data, &mut codes);
    assert_eq!(data["processos"]["totalCount"], 10);
    assert!(codes.len() > 60 && codes.iter().all(|code| *code == 817), "{codes:?}");
}

fn merge(value: &Value, codes: &mut Vec<u64>) {
    match value {
        Value::Object(fields) => {
            codes.extend(fields.get("codigo").and_then(Value::as_u64));
            fields.values().for_each(|field| merge(field, codes));
        }
        Value::Array(items) => items.iter().for_each(|item| merge(item, codes)),
        _ => {}
    }
}

#[test]
fn a_connection_that_changes_tribunal_carries_nothing_over() {
    let app = App::new();
    std::thread::scope(|scope| {
        for (client, code) in [("tjrn", 820), ("tjpe", 817), ("tjce", 806)] {
            let app = &app;
            scope.spawn(move || {
                for _ in 0..60 {
                    let data = app
                        .gql(client, "{ processos(first: 100) { nodes { tribunal { codigo } } } }");
                    let mut codes = Vec::new();
                    merge(&data, &mut codes);
                    assert_eq!(codes, vec![code; 10], "{client}");
                }
            });
        }
    });
}

#[test]
fn a_credencial_nacional_ve_todos_e_nao_escreve() {
    let app = App::new();
    let data = app.gql(
        "cnj",
        r#"{ processos { totalCount } rn: processos(filtro: {tribunal: "20"}) { totalCount } }"#,
    );
    assert_eq!(data, json!({ "processos": { "totalCount": 270 }, "rn": { "totalCount": 10 } }));
    let foreign = of_tjrn(&app);
    let query = "query($n: NumeroProcesso!) { processo(numero: $n) { tribunal { sigla } } }";
    assert_eq!(
        app.gql_with("cnj", query, json!({ "n": foreign.numero }))["processo"]["tribunal"]["sigla"],
        "TJRN"
    );
    let response = app.post("cnj", "/api/v1/adolescentes", &json!({}));
    assert_eq!(code(&response), (403, "SEM_PERMISSAO"));
}

#[test]
fn quem_so_le_nao_escreve_por_nenhuma_porta() {
    let app = App::empty();
    for route in ["/api/v1/processos", "/api/v1/adolescentes"] {
        let response = app.post("tjrn-leitura", route, &json!({}));
        assert_eq!(response.status, 403, "{}", response.text);
    }
    let mutation = r#"mutation { cadastrarAdolescente(input: {dados: {nome: "A", sobrenome: "F", dataNascimento: "2010-01-01", sexoBiologico: FEMININO}}) { erros { codigo } } }"#;
    assert_eq!(app.code("tjrn-leitura", mutation), "SEM_PERMISSAO");
    assert_eq!(app.database.count("SELECT count(*) AS n FROM adolescente"), 0);
}

/// R10 and R22: the server only accepts or refuses a reference to a processo of another tribunal,
/// and shows nothing of it.
#[test]
fn r10_referencia_de_outro_tribunal_vale_e_nao_mostra_nada() {
    let app = App::new();
    let foreign = of_tjrn(&app);
    let adolescente = app.adolescente("tjpe");
    let execucao = |referencia: &str| {
        NewProcesso::execucao("9000630-14.2023.8.17.0044", &[&adolescente], referencia)
    };
    let response = app.cadastrar("tjpe", &execucao("9000501-26.2024.8.20.0000"));
    assert_eq!(code(&response), (400, "REFERENCIA_INVALIDA"));

    app.cadastrado("tjpe", &execucao(foreign.numero.as_str().unwrap()));
    let query = r#"{ processo(numero: "9000630-14.2023.8.17.0044") { numeroReferencia ... on ProcessoExecucao { apuracao { id } } }
                     apuracao(numero: "9000630-14.2023.8.17.0044") { id } }"#;
    let data = app.gql("tjpe", query);
    assert_eq!(data["processo"], json!({ "numeroReferencia": foreign.numero, "apuracao": null }));
    assert_eq!(data["apuracao"], Value::Null);
    // The tribunal of the apuração does not see the execução either.
    let query =
        "query($n: NumeroProcesso!) { apuracao(numero: $n) { execucoes { nodes { numero } } } }";
    let data = app.gql_with("tjrn", query, json!({ "n": foreign.numero }));
    assert!(!data.to_string().contains("8.17"), "{data}");
}

/// Every relation and every list of the stores, by the name of its type, with a query that reaches
/// it. The test fails for a new one that is missing here.
const RELATIONS: [(&str, &str); 25] = [
    ("AdolescenteByCpf", "{ adolescente(cpf: $cpf) { id tribunal { codigo } } }"),
    ("AdolescenteById", "{ node(id: $adolescente) { id } }"),
    (
        "AdolescenteByIdentificador",
        "{ adolescente(identificador: $identificador) { id tribunal { codigo } } }",
    ),
    ("Adolescentes", "{ adolescentes(first: 100) { totalCount nodes { tribunal { codigo } } } }"),
    (
        "AdolescentesOfProcesso",
        "{ processos(first: 100) { nodes { adolescentes(situacao: null) { totalCount nodes { tribunal { codigo } } } } } }",
    ),
    (
        "AtosOf",
        "{ processos(first: 100) { nodes { guias { nodes { atosInfracionais { codigoTpu } apuracao { tribunal { codigo } } } } } } }",
    ),
    (
        "Busca",
        "{ busca(first: 50, texto: \"ficticio\") { processo { tribunal { codigo } } adolescente { tribunal { codigo } } guia { tribunal { codigo } } } }",
    ),
    ("HeldByCaller", "{ tramites(first: 100) { nodes { registro { bloqueado } } } }"),
    (
        "DocumentosOf",
        "{ processos(first: 100) { nodes { guias { nodes { documentos { tipoDocumento } adolescente { tribunal { codigo } } } } } } }",
    ),
    ("InProgress", "{ tramites(first: 100) { nodes { registro { emAndamento { id } } } } }"),
    ("EventoById", "{ node(id: $evento) { id } }"),
    (
        "EventosOf",
        "{ processos(first: 100) { nodes { eventos { totalCount nodes { processo { tribunal { codigo } } } } } } }",
    ),
    (
        "ExecucoesOfApuracao",
        "{ processos(first: 100) { nodes { ... on ProcessoApuracao { execucoes { nodes { tribunal { codigo } } } } } } }",
    ),
    ("GuiaById", "{ node(id: $guia) { id } }"),
    ("GuiaByNumero", "{ guia(numero: $numeroDaGuia) { id } }"),
    (
        "GuiasOf",
        "{ adolescentes(first: 100) { nodes { guias { totalCount nodes { adolescente { tribunal { codigo } } } } } } }",
    ),
    ("HistoricoOf", "{ tramites(first: 100) { nodes { historico { situacao } } } }"),
    (
        "LinhaDoTempo",
        "{ processos(first: 100) { nodes { linhaDoTempo { totalCount nodes { frase processo { tribunal { codigo } } adolescente { tribunal { codigo } } guia { tribunal { codigo } } } } } } }",
    ),
    ("ProcessoById", "{ node(id: $processo) { id } }"),
    ("ProcessoByNumero", "{ processo(numero: $numero) { tribunal { codigo } } }"),
    ("Processos", "{ processos(first: 100) { totalCount nodes { tribunal { codigo } } } }"),
    (
        "ProcessosOfAdolescente",
        "{ adolescentes(first: 100) { nodes { processos(vinculo: null) { totalCount nodes { tribunal { codigo } } } } } }",
    ),
    (
        "UnificadasBy",
        "{ processos(first: 100) { nodes { guias { nodes { definitivasUnificadas { adolescente { tribunal { codigo } } } } } } } }",
    ),
    ("VinculoById", "{ node(id: $vinculo) { id } }"),
    (
        "Vinculos",
        "{ vinculos(first: 100) { totalCount nodes { tribunal { codigo } processo { tribunal { codigo } } adolescente { tribunal { codigo } } } } }",
    ),
];
/// Relations that other tests cover: those of the Tramita (`tramita::row_security`), of the trail
/// (`audit`), of similarity (`semelhantes`), of catalogues, which every tribunal reads
/// (`tramita::catalogos`), and of figures (`estatisticas`); and the types that wrap every list.
const TESTED_ELSEWHERE: [&str; 15] = [
    "ComponentesOf",
    "EstruturaByAddress",
    "Estatisticas",
    "Estruturas",
    "HierarquiaOf",
    "Items",
    "PageOf",
    "RascunhoById",
    "RegistroOf",
    "RecordById",
    "Semelhantes",
    "TotalOf",
    "TramiteByIdt",
    "Tramites",
    "TrailQuery",
];

#[test]
fn every_relation_is_tested_without_the_filter() {
    let mut declared = Vec::new();
    for text in SOURCES.values() {
        for (before, after) in text.lines().filter_map(|line| line.split_once(" for ")) {
            if before.starts_with("impl")
                && (before.ends_with(" BatchKey") || before.ends_with(" List"))
            {
                let name = after.split(|c: char| !c.is_alphanumeric()).next().unwrap();
                declared.push(name.to_owned());
            }
        }
    }
    declared.sort();
    let mut proven: Vec<_> = RELATIONS.iter().map(|(name, _)| (*name).to_owned()).collect();
    proven.extend(TESTED_ELSEWHERE.map(str::to_owned));
    proven.sort();
    assert_eq!(declared, proven);

    let app =
        App::with(Template::Seeded, Settings { skip_tribunal_filter: true, ..Settings::default() });
    let foreign = of_tjrn(&app);
    let guia = app.gql("tjrn", "{ processos(filtro: {situacaoGuia: ATIVO}) { nodes { guias(first: 1) { nodes { id numero } } } } }");
    let guia = &guia["processos"]["nodes"][0]["guias"]["nodes"][0];
    assert!(guia["id"].is_string(), "{guia}");
    let cpf = "query($i: IdentificadorAdolescente!) { adolescente(identificador: $i) { cpf } }";
    let cpf =
        app.gql_with("tjrn", cpf, json!({ "i": foreign.identificador }))["adolescente"]["cpf"]
            .clone();
    assert!(cpf.is_string(), "{cpf}");
    let vinculo = app.gql("tjrn", "{ vinculos(first: 1) { nodes { id } } }");
    let names = [
        ("$cpf", &cpf),
        ("$vinculo", &vinculo["vinculos"]["nodes"][0]["id"]),
        ("$processo", &foreign.ids[0]),
        ("$adolescente", &foreign.ids[1]),
        ("$evento", &foreign.ids[2]),
        ("$guia", &guia["id"]),
        ("$numeroDaGuia", &guia["numero"]),
        ("$numero", &foreign.numero),
        ("$identificador", &foreign.identificador),
    ];
    for (relation, query) in RELATIONS {
        let query = names.iter().fold(query.to_owned(), |query, (name, value)| {
            query.replace(&format!("{name})"), &format!("{value})"))
        });
        assert!(!query.contains('$'), "{query}");
        let data = app.gql("tjpe", &query);
        let mut codes = Vec::new();
        merge(&data, &mut codes);
        assert!(codes.iter().all(|code| *code == 817), "{relation}: {data}");
        let by_name = data.as_object().unwrap().values().next().unwrap();
        assert!(query.contains("(first") || by_name.is_null(), "{relation}: {data}");
        // The query is valid: it shows the caller its own objects.
        let own = app.gql("tjrn", &query);
        assert!(
            query.contains("tramites") || !own.as_object().unwrap().values().any(Value::is_null),
            "{relation}: {own}"
        );
    }
}

/// Two tribunais read and write on one pool at once, with 800 requests or the number in
/// `ELOS_PEDIDOS`.
#[test]
fn requests_of_two_tribunais_at_once_show_no_foreign_row() {
    let total: usize = std::env::var("ELOS_PEDIDOS").map_or(800, |n| n.parse().unwrap());
    let app = App::new();
    let foreign = of_tjrn(&app);
    let sent = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for n in 0..8_usize {
            let (client, code) = [("tjrn", 820), ("tjpe", 817)][n % 2];
            let (app, foreign, sent) = (&app, &foreign, &sent);
            scope.spawn(move || {
                for i in 0..total / 8 {
                    let response = match (i + n) % 10 {
                        0 => app.get(client, "/api/v1/processos?size=3"),
                        1 => app.get(client, "/api/v1/adolescentes?size=3"),
                        2 => app.get(client, "/api/v1/guias?size=3"),
                        3 => app.graphql(client, "{ adolescentes(first: 3) { totalCount nodes { tribunal { codigo } processos { nodes { tribunal { codigo } } } } } }", json!({})),
                        4 => app.graphql(client, "query($n: NumeroProcesso!) { processo(numero: $n) { tribunal { codigo } } }", json!({ "n": foreign.numero })),
                        5 => app.graphql(client, "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Processo { tribunal { codigo } } ... on Adolescente { tribunal { codigo } } } }", json!({ "ids": foreign.ids })),
                        6 if i % 100 < 10 => app.post(client, "/api/v1/adolescentes", &new_adolescente()),
                        _ => app.graphql(client, "{ processos(first: 3) { totalCount nodes { tribunal { codigo } } } }", json!({})),
                    };
                    assert!(response.status == 200, "{}", response.text);
                    let mut codes = Vec::new();
                    merge(&response.body, &mut codes);
                    tribunais(&response.body, &mut codes);
                    assert!(codes.iter().all(|seen| *seen == code), "{client}: {}", response.text);
                    if client == "tjpe" {
                        let numero = foreign.numero.as_str().unwrap();
                        assert!(!response.text.contains(numero) && !response.text.contains(&numero.replace(['-', '.'], "")));
                    }
                    sent.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(sent.into_inner(), total / 8 * 8);
}

/// Collects the codes of the tribunais in a REST response.
fn tribunais(value: &Value, codes: &mut Vec<u64>) {
    match value {
        Value::Object(fields) => {
            codes.extend(fields.get("tribunal").and_then(|t| t["id"].as_u64()));
            fields.values().for_each(|field| tribunais(field, codes));
        }
        Value::Array(items) => items.iter().for_each(|item| tribunais(item, codes)),
        _ => {}
    }
}
