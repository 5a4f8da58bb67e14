//! Two walls between tribunals: the queries filter, and row-level security enforces it again.

use crate::support::{Ajustes, App, Modelo};
use serde_json::{Value, json};

/// What TJRN can name of its own: a processo, an adolescente, an evento.
struct Alheio {
    numero: Value,
    identificador: Value,
    ids: Vec<Value>,
}

fn de_tjrn(app: &App) -> Alheio {
    let dados = app.gql(
        "tjrn",
        "{ processos(first: 1) { nodes { id numero eventos(first: 1) { nodes { id } } adolescentes(first: 1) { nodes { id identificador } } } } }",
    );
    let processo = &dados["processos"]["nodes"][0];
    let adolescente = &processo["adolescentes"]["nodes"][0];
    let evento = &processo["eventos"]["nodes"][0];
    let ids = [processo, adolescente, evento].map(|node| node["id"].clone());
    assert!(ids.iter().all(Value::is_string), "{dados}");
    Alheio {
        numero: processo["numero"].clone(),
        identificador: adolescente["identificador"].clone(),
        ids: ids.to_vec(),
    }
}

const TUDO: &str =
    "query($n: NumeroProcesso!, $a: IdentificadorAdolescente!, $id: ID!, $ids: [ID!]!) {
    processo(numero: $n) { id } apuracao(numero: $n) { id } adolescente(identificador: $a) { id }
    porTribunal: adolescente(identificador: $a, tribunal: \"8.20\") { id }
    node(id: $id) { id } nodes(ids: $ids) { id }
    processos(filtro: {numero: [$n]}) { totalCount nodes { id } }
    doTribunal: processos(filtro: {tribunal: \"8.20\"}) { totalCount nodes { id } }
    doAdolescente: processos(filtro: {adolescente: $a}) { totalCount nodes { id } }
    adolescentes(filtro: {identificador: [$a]}) { totalCount nodes { id } } }";

#[track_caller]
fn nao_ve(app: &App, cliente: &str, alheio: &Alheio) {
    let variaveis = json!({ "n": alheio.numero, "a": alheio.identificador, "id": alheio.ids[0], "ids": alheio.ids });
    let nenhum = json!({ "totalCount": 0, "nodes": [] });
    assert_eq!(
        app.gql_com(cliente, TUDO, variaveis),
        json!({
            "processo": null, "apuracao": null, "adolescente": null, "porTribunal": null, "node": null,
            "nodes": [null, null, null], "processos": nenhum, "doTribunal": nenhum, "doAdolescente": nenhum,
            "adolescentes": nenhum,
        })
    );
}

#[test]
fn o_que_e_de_outro_tribunal_parece_ausente() {
    let app = App::novo();
    let alheio = de_tjrn(&app);
    nao_ve(&app, "tjpe", &alheio);
    nao_ve(&app, "tjce", &alheio);
}

/// The second wall alone: no query of ours filters by tribunal here.
#[test]
fn sem_o_filtro_das_consultas_a_seguranca_de_linha_ainda_esconde() {
    let app = App::com(Modelo::Semeado, Ajustes { sem_filtro: true, ..Ajustes::default() });
    let alheio = de_tjrn(&app);
    nao_ve(&app, "tjpe", &alheio);

    // And every list, down to its leaves, shows rows of the caller's tribunal only.
    let dados = app.gql(
        "tjpe",
        "{ processos(first: 100) { totalCount nodes { tribunal { codigo } eventos { totalCount nodes { processo { tribunal { codigo } } } }
             adolescentes(situacao: null) { totalCount nodes { tribunal { codigo } processos(vinculo: null) { totalCount nodes { tribunal { codigo } } } } }
             ... on ProcessoApuracao { execucoes { totalCount nodes { tribunal { codigo } } } }
             ... on ProcessoExecucao { apuracao { tribunal { codigo } } } } }
           adolescentes(first: 100) { totalCount nodes { tribunal { codigo } eventos { nodes { adolescente { tribunal { codigo } } } } } } }",
    );
    let mut codigos = Vec::new();
    juntar(&dados, &mut codigos);
    assert_eq!(dados["processos"]["totalCount"], 10);
    assert!(codigos.len() > 60 && codigos.iter().all(|codigo| *codigo == 817), "{codigos:?}");
}

fn juntar(valor: &Value, codigos: &mut Vec<u64>) {
    match valor {
        Value::Object(campos) => {
            codigos.extend(campos.get("codigo").and_then(Value::as_u64));
            campos.values().for_each(|campo| juntar(campo, codigos));
        }
        Value::Array(itens) => itens.iter().for_each(|item| juntar(item, codigos)),
        _ => {}
    }
}

#[test]
fn uma_conexao_que_muda_de_tribunal_nao_leva_nada_consigo() {
    let app = App::novo();
    std::thread::scope(|escopo| {
        for (cliente, codigo) in [("tjrn", 820), ("tjpe", 817), ("tjce", 806)] {
            let app = &app;
            escopo.spawn(move || {
                for _ in 0..60 {
                    let dados = app.gql(
                        cliente,
                        "{ processos(first: 100) { nodes { tribunal { codigo } } } }",
                    );
                    let mut codigos = Vec::new();
                    juntar(&dados, &mut codigos);
                    assert_eq!(codigos, vec![codigo; 10], "{cliente}");
                }
            });
        }
    });
}

#[test]
fn a_credencial_nacional_ve_todos_e_nao_escreve() {
    let app = App::novo();
    let dados = app.gql(
        "cnj",
        r#"{ processos { totalCount } rn: processos(filtro: {tribunal: "20"}) { totalCount } }"#,
    );
    assert_eq!(dados, json!({ "processos": { "totalCount": 270 }, "rn": { "totalCount": 10 } }));
    let alheio = de_tjrn(&app);
    let query = "query($n: NumeroProcesso!) { processo(numero: $n) { tribunal { sigla } } }";
    assert_eq!(
        app.gql_com("cnj", query, json!({ "n": alheio.numero }))["processo"]["tribunal"]["sigla"],
        "TJRN"
    );
    let resposta = app.post("cnj", "/api/v1/adolescentes", &json!({}));
    assert_eq!(
        (resposta.status, &resposta.corpo["mensagemDesenvolvedor"]),
        (403, &json!("SEM_PERMISSAO"))
    );
}

#[test]
fn quem_so_le_nao_escreve_por_nenhuma_porta() {
    let app = App::vazio();
    for rota in ["/api/v1/processos", "/api/v1/adolescentes"] {
        let resposta = app.post("tjrn-leitura", rota, &json!({}));
        assert_eq!(resposta.status, 403, "{}", resposta.texto);
    }
    let mutation = r#"mutation { cadastrarAdolescente(input: {dados: {nome: "A", sobrenome: "F", dataNascimento: "2010-01-01", sexoBiologico: FEMININO}}) { erros { codigo } } }"#;
    assert_eq!(app.codigo("tjrn-leitura", mutation), "SEM_PERMISSAO");
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM adolescente"), 0);
}

/// The same number, referenced from another tribunal, is a yes or a no (R10, R22).
#[test]
fn r10_referencia_de_outro_tribunal_vale_e_nao_mostra_nada() {
    let app = App::novo();
    let alheio = de_tjrn(&app);
    let adolescente = app.adolescente("tjpe");
    let execucao = |referencia: &Value| {
        json!({ "numeroProcesso": "9000630-14.2023.8.17.0044", "tipoProcesso": "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS",
            "idOrgao": 7, "appNameSistemaTribunal": "pje-tjpe-1g", "numeroProcessoReferencia": referencia,
            "identificadoresAdolescentes": [adolescente] })
    };
    let resposta =
        app.post("tjpe", "/api/v1/processos", &execucao(&json!("9000501-26.2024.8.20.0000")));
    assert_eq!(
        (resposta.status, &resposta.corpo["mensagemDesenvolvedor"]),
        (400, &json!("REFERENCIA_INVALIDA"))
    );

    let resposta = app.post("tjpe", "/api/v1/processos", &execucao(&alheio.numero));
    assert_eq!(resposta.status, 200, "{}", resposta.texto);
    let query = r#"{ processo(numero: "9000630-14.2023.8.17.0044") { numeroReferencia ... on ProcessoExecucao { apuracao { id } } }
                     apuracao(numero: "9000630-14.2023.8.17.0044") { id } }"#;
    let dados = app.gql("tjpe", query);
    assert_eq!(dados["processo"], json!({ "numeroReferencia": alheio.numero, "apuracao": null }));
    assert_eq!(dados["apuracao"], Value::Null);
    // Nor does the apuração's tribunal see the execução.
    let query =
        "query($n: NumeroProcesso!) { apuracao(numero: $n) { execucoes { nodes { numero } } } }";
    let dados = app.gql_com("tjrn", query, json!({ "n": alheio.numero }));
    assert!(!dados.to_string().contains("8.17"), "{dados}");
}

/// Every relation and every list of the stores, by the name of its type, and a question that
/// reaches it. One that is new and not here fails below.
const RELACOES: [(&str, &str); 21] = [
    ("AdolescentePorCpf", "{ adolescente(cpf: $cpf) { id tribunal { codigo } } }"),
    ("AdolescentePorId", "{ node(id: $adolescente) { id } }"),
    (
        "AdolescentePorIdentificador",
        "{ adolescente(identificador: $identificador) { id tribunal { codigo } } }",
    ),
    ("Adolescentes", "{ adolescentes(first: 100) { totalCount nodes { tribunal { codigo } } } }"),
    (
        "AdolescentesDoProcesso",
        "{ processos(first: 100) { nodes { adolescentes(situacao: null) { totalCount nodes { tribunal { codigo } } } } } }",
    ),
    (
        "AtosDe",
        "{ processos(first: 100) { nodes { guias { nodes { atosInfracionais { codigoTpu } apuracao { tribunal { codigo } } } } } } }",
    ),
    ("ComQuemPergunta", "{ tramites(first: 100) { nodes { registro { bloqueado } } } }"),
    (
        "DocumentosDe",
        "{ processos(first: 100) { nodes { guias { nodes { documentos { tipoDocumento } adolescente { tribunal { codigo } } } } } } }",
    ),
    ("EmAndamento", "{ tramites(first: 100) { nodes { registro { emAndamento { id } } } } }"),
    ("EventoPorId", "{ node(id: $evento) { id } }"),
    (
        "EventosDe",
        "{ processos(first: 100) { nodes { eventos { totalCount nodes { processo { tribunal { codigo } } } } } } }",
    ),
    (
        "ExecucoesDaApuracao",
        "{ processos(first: 100) { nodes { ... on ProcessoApuracao { execucoes { nodes { tribunal { codigo } } } } } } }",
    ),
    ("GuiaPorId", "{ node(id: $guia) { id } }"),
    ("GuiaPorNumero", "{ guia(numero: $numeroDaGuia) { id } }"),
    (
        "GuiasDe",
        "{ adolescentes(first: 100) { nodes { guias { totalCount nodes { adolescente { tribunal { codigo } } } } } } }",
    ),
    ("HistoricoDe", "{ tramites(first: 100) { nodes { historico { situacao } } } }"),
    ("ProcessoPorId", "{ node(id: $processo) { id } }"),
    ("ProcessoPorNumero", "{ processo(numero: $numero) { tribunal { codigo } } }"),
    ("Processos", "{ processos(first: 100) { totalCount nodes { tribunal { codigo } } } }"),
    (
        "ProcessosDoAdolescente",
        "{ adolescentes(first: 100) { nodes { processos(vinculo: null) { totalCount nodes { tribunal { codigo } } } } } }",
    ),
    (
        "UnificadasPor",
        "{ processos(first: 100) { nodes { guias { nodes { definitivasUnificadas { adolescente { tribunal { codigo } } } } } } } }",
    ),
];
/// Those that a test beside this one looks at: of the Tramita (`tramita::isolamento`), of the
/// trail (`auditoria`), of similarity (`semelhantes`), of catalogues, which are everybody's
/// (`tramita::catalogos`), and what wraps every list.
const NOUTRO_TESTE: [&str; 15] = [
    "ComponentesDe",
    "EstruturaPorEndereco",
    "Estruturas",
    "Guias",
    "HierarquiaDe",
    "Itens",
    "PaginaDe",
    "RascunhoPorId",
    "RegistroDe",
    "RegistroPorId",
    "Semelhantes",
    "TotalDe",
    "TramitePorIdt",
    "Tramites",
    "Trilha",
];

#[test]
fn toda_relacao_e_posta_a_prova_sem_o_filtro() {
    let mut declaradas = Vec::new();
    for fonte in
        crate::arquitetura::fontes(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
    {
        let texto = std::fs::read_to_string(fonte).unwrap();
        for (antes, depois) in texto.lines().filter_map(|linha| linha.split_once(" for ")) {
            if antes.starts_with("impl")
                && (antes.ends_with(" Relation") || antes.ends_with(" Lista"))
            {
                let nome = depois.split(|c: char| !c.is_alphanumeric()).next().unwrap();
                declaradas.push(nome.to_owned());
            }
        }
    }
    declaradas.sort();
    let mut provadas: Vec<_> = RELACOES.iter().map(|(nome, _)| (*nome).to_owned()).collect();
    provadas.extend(NOUTRO_TESTE.map(str::to_owned));
    provadas.sort();
    assert_eq!(declaradas, provadas);

    let app = App::com(Modelo::Semeado, Ajustes { sem_filtro: true, ..Ajustes::default() });
    let alheio = de_tjrn(&app);
    let guia = app.gql("tjrn", "{ processos(filtro: {situacaoGuia: ATIVO}) { nodes { guias(first: 1) { nodes { id numero } } } } }");
    let guia = &guia["processos"]["nodes"][0]["guias"]["nodes"][0];
    assert!(guia["id"].is_string(), "{guia}");
    let cpf = "query($i: IdentificadorAdolescente!) { adolescente(identificador: $i) { cpf } }";
    let cpf = app.gql_com("tjrn", cpf, json!({ "i": alheio.identificador }))["adolescente"]["cpf"]
        .clone();
    assert!(cpf.is_string(), "{cpf}");
    let nomes = [
        ("$cpf", &cpf),
        ("$processo", &alheio.ids[0]),
        ("$adolescente", &alheio.ids[1]),
        ("$evento", &alheio.ids[2]),
        ("$guia", &guia["id"]),
        ("$numeroDaGuia", &guia["numero"]),
        ("$numero", &alheio.numero),
        ("$identificador", &alheio.identificador),
    ];
    for (relacao, query) in RELACOES {
        let query = nomes.iter().fold(query.to_owned(), |query, (nome, valor)| {
            query.replace(&format!("{nome})"), &format!("{valor})"))
        });
        assert!(!query.contains('$'), "{query}");
        let dados = app.gql("tjpe", &query);
        let mut codigos = Vec::new();
        juntar(&dados, &mut codigos);
        assert!(codigos.iter().all(|codigo| *codigo == 817), "{relacao}: {dados}");
        let por_nome = dados.as_object().unwrap().values().next().unwrap();
        assert!(query.contains("(first") || por_nome.is_null(), "{relacao}: {dados}");
        // The question is a good one: its own are shown to who asks.
        let propria = app.gql("tjrn", &query);
        assert!(
            query.contains("tramites")
                || !propria.as_object().unwrap().values().any(Value::is_null),
            "{relacao}: {propria}"
        );
    }
}

/// Two tribunais on one pool, reading and writing at once: 800 requests, or as many as
/// `ELOS_PEDIDOS` says.
#[test]
fn pedidos_de_dois_tribunais_ao_mesmo_tempo_e_nenhuma_linha_alheia() {
    let total: usize = std::env::var("ELOS_PEDIDOS").map_or(800, |n| n.parse().unwrap());
    let app = App::novo();
    let alheio = de_tjrn(&app);
    let feitos = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|escopo| {
        for n in 0..8_usize {
            let (cliente, codigo) = [("tjrn", 820), ("tjpe", 817)][n % 2];
            let (app, alheio, feitos) = (&app, &alheio, &feitos);
            escopo.spawn(move || {
                for i in 0..total / 8 {
                    let resposta = match (i + n) % 10 {
                        0 => app.get(cliente, "/api/v1/processos?size=3"),
                        1 => app.get(cliente, "/api/v1/adolescentes?size=3"),
                        2 => app.get(cliente, "/api/v1/guias?size=3"),
                        3 => app.graphql(cliente, "{ adolescentes(first: 3) { totalCount nodes { tribunal { codigo } processos { nodes { tribunal { codigo } } } } } }", json!({})),
                        4 => app.graphql(cliente, "query($n: NumeroProcesso!) { processo(numero: $n) { tribunal { codigo } } }", json!({ "n": alheio.numero })),
                        5 => app.graphql(cliente, "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Processo { tribunal { codigo } } ... on Adolescente { tribunal { codigo } } } }", json!({ "ids": alheio.ids })),
                        6 if i % 100 < 10 => app.post(cliente, "/api/v1/adolescentes", &json!({ "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO" })),
                        _ => app.graphql(cliente, "{ processos(first: 3) { totalCount nodes { tribunal { codigo } } } }", json!({})),
                    };
                    assert!(resposta.status == 200, "{}", resposta.texto);
                    let mut codigos = Vec::new();
                    juntar(&resposta.corpo, &mut codigos);
                    tribunais(&resposta.corpo, &mut codigos);
                    assert!(codigos.iter().all(|visto| *visto == codigo), "{cliente}: {}", resposta.texto);
                    if cliente == "tjpe" {
                        let numero = alheio.numero.as_str().unwrap();
                        assert!(!resposta.texto.contains(numero) && !resposta.texto.contains(&numero.replace(['-', '.'], "")));
                    }
                    feitos.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(feitos.into_inner(), total / 8 * 8);
}

/// The tribunais that the façade names.
fn tribunais(valor: &Value, codigos: &mut Vec<u64>) {
    match valor {
        Value::Object(campos) => {
            codigos.extend(campos.get("tribunal").and_then(|t| t["id"].as_u64()));
            campos.values().for_each(|campo| tribunais(campo, codigos));
        }
        Value::Array(itens) => itens.iter().for_each(|item| tribunais(item, codigos)),
        _ => {}
    }
}
