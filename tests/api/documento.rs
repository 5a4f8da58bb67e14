//! Documents that would be dear to run, and what is told of those that may not.

use crate::assinaturas::cliente_ws::Ws;
use crate::support::{Ajustes, App, Modelo};
use elos::config::Documentos;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// In an unoptimised build, on a busy machine; what is refused is refused in far less.
const NO_MAXIMO: Duration = Duration::from_secs(30);

fn bombas() -> Vec<(&'static str, String, &'static str)> {
    let vezes = |n: usize, f: &dyn Fn(usize) -> String| (0..n).map(f).collect::<String>();
    let dobra =
        vezes(25, &|i| format!("fragment f{i} on Query {{ ...f{} ...f{} }} ", i + 1, i + 1));
    vec![
        (
            "6 KB of brackets",
            format!("{{__type(name:{}{}){{name}}}}", "[".repeat(3000), "]".repeat(3000)),
            "DOCUMENTO_EXCEDE_LIMITE",
        ),
        ("2,000 selections deep", "{a:".repeat(2000), "DOCUMENTO_EXCEDE_LIMITE"),
        (
            "25 levels that double",
            format!("{{ ...f0 }} {dobra} fragment f25 on Query {{ eu {{ sub }} }}"),
            "DOCUMENTO_EXCEDE_LIMITE",
        ),
        (
            "10,000 aliases",
            format!("{{ eu {{ {} }} }}", vezes(10_000, &|i| format!("a{i}:sub "))),
            "DOCUMENTO_EXCEDE_LIMITE",
        ),
        (
            "3,000 aliases",
            format!("{{ eu {{ {} }} }}", vezes(3_000, &|i| format!("a{i}:sub "))),
            "DOCUMENTO_EXCEDE_LIMITE",
        ),
        (
            "5,000 equal fields",
            format!("{{ eu {{ {} }} }}", "azp ".repeat(5_000)),
            "DOCUMENTO_EXCEDE_LIMITE",
        ),
        (
            "fragments in a circle",
            "{...a} fragment a on Query {...b} fragment b on Query {...a}".to_owned(),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "introspection that multiplies",
            "{__schema{types{fields{type{fields{type{fields{type{name}}}}}}}}}".to_owned(),
            "DOCUMENTO_EXCEDE_LIMITE",
        ),
        (
            "pages of pages",
            "{ processos(first: 100) { nodes { adolescentes(first: 100) { nodes { processos(first: 100) { nodes { numero } } } } } } }".to_owned(),
            "CUSTO_EXCEDE_LIMITE",
        ),
    ]
}

#[test]
fn bombas_sao_recusadas_por_http_e_por_socket_e_o_servidor_continua() {
    let app = App::vazio();
    let mut ws = Ws::de(&app, "tjrn");
    for (nome, documento, codigo) in bombas() {
        let inicio = Instant::now();
        let resposta = app.graphql("tjrn", &documento, json!({}));
        assert_eq!(resposta.status, 400, "{nome}: {:.200}", resposta.texto);
        assert_eq!(resposta.corpo["errors"][0]["extensions"]["code"], codigo, "{nome}");
        assert_eq!(resposta.corpo.get("data"), None, "{nome}");
        ws.pedir(nome, &documento, &json!({}));
        let mensagem = ws.mensagem();
        assert_eq!((&mensagem["type"], &mensagem["id"]), (&json!("error"), &json!(nome)));
        assert_eq!(mensagem["payload"][0]["extensions"]["code"], codigo, "{nome}");
        assert!(inicio.elapsed() < NO_MAXIMO, "{nome}: {:?}", inicio.elapsed());
        assert_eq!(app.pedir("GET", "/healthz", &[], b"").status, 200, "{nome}");
    }
    // Many, but one.
    let iguais = format!("{{ eu {{ {} }} }}", "azp ".repeat(3_000));
    assert_eq!(app.gql("tjrn", &iguais), json!({ "eu": { "azp": "tjrn" } }));
}

#[test]
fn a_mesma_chave_numa_mutation_roda_uma_vez() {
    let app = App::vazio();
    let bom = r#"a: cadastrarAdolescente(input: {dados: {nome: "A", sobrenome: "F", dataNascimento: "2010-01-01", sexoBiologico: FEMININO}})"#;
    let mutation = format!(
        "mutation {{ {bom} {{ avisos }} ...F {bom} {{ simulado }} }} fragment F on Mutation {{ {bom} {{ erros {{ codigo }} }} }}"
    );
    let dados = app.gql("tjrn", &mutation);
    assert_eq!(dados.to_string(), r#"{"a":{"avisos":[],"erros":[],"simulado":false}}"#);
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM adolescente"), 1);
}

#[test]
fn quem_custa_demais_sabe_o_que_caberia_e_quem_pergunta_o_que_custou() {
    let documentos = Documentos { custo_maximo: 500, ..Documentos::default() };
    let app = App::com(Modelo::Vazio, Ajustes { documentos, ..Ajustes::default() });
    let query = |n: u32| {
        format!(
            "{{ processos(first: {n}) {{ nodes {{ adolescentes(first: 10) {{ nodes {{ nome }} }} }} }} }}"
        )
    };
    let recusada = app.graphql("tjrn", &query(100), json!({}));
    assert_eq!(recusada.status, 400);
    let erro = &recusada.corpo["errors"][0];
    assert_eq!(erro["extensions"]["code"], "CUSTO_EXCEDE_LIMITE");
    let mensagem = erro["message"].as_str().unwrap();
    assert!(mensagem.starts_with("a operação custa "), "{mensagem}");
    let (_, cabe) = mensagem.rsplit_once("com `first: ").expect(mensagem);
    let cabe: u32 = cabe.split_once('`').unwrap().0.parse().unwrap();
    let em = if mensagem.contains("` em `") || mensagem.contains("`processos` custa") {
        query(cabe)
    } else {
        query(100).replace("first: 10)", &format!("first: {cabe})"))
    };
    app.gql("tjrn", &em);

    let bearer = format!("Bearer {}", app.token("tjrn"));
    let pedir = |custo: &str| {
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("X-Cost", custo),
        ];
        let corpo = json!({ "query": "{ tribunais { sigla } }" }).to_string();
        app.pedir("POST", "/graphql", &headers, corpo.as_bytes()).corpo["extensions"].take()
    };
    assert_eq!(pedir("1"), json!({ "cost": { "requested": 177, "limit": 500 } }));
    assert_eq!(pedir("0"), Value::Null);
}

#[test]
fn sem_introspeccao_o_esquema_nao_se_pergunta_nem_se_sugere() {
    let documentos = Documentos { introspeccao: false, ..Documentos::default() };
    let fechado = App::com(Modelo::Vazio, Ajustes { documentos, ..Ajustes::default() });
    let aberto = App::vazio();
    for query in ["{ __schema { queryType { name } } }", r#"{ __type(name: "Ator") { name } }"#] {
        assert_eq!(fechado.codigo("tjrn", query), "GRAPHQL_VALIDATION_FAILED");
        aberto.gql("tjrn", query);
    }
    assert_eq!(fechado.gql("tjrn", "{ __typename }"), json!({ "__typename": "Query" }));
    let mensagem = |app: &App| {
        let resposta = app.graphql("tjrn", "{ eu { subs } }", json!({}));
        assert_eq!(resposta.corpo["errors"][0]["locations"], json!([{ "line": 1, "column": 8 }]));
        resposta.corpo["errors"][0]["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(mensagem(&fechado), "o tipo `Ator` não tem o campo `subs`");
    assert_eq!(mensagem(&aberto), "o tipo `Ator` não tem o campo `subs`; você quis dizer `sub`?");
}

#[test]
fn cada_defeito_do_documento_vem_com_o_seu_lugar_e_as_chaves_na_ordem_pedida() {
    let app = App::vazio();
    let resposta = app.graphql("tjrn", "{ eu { nada sub outro } }", json!({}));
    let lugares: Vec<_> = resposta.corpo["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["locations"][0]["column"])
        .collect();
    assert_eq!(lugares, [&json!(8), &json!(17)], "{}", resposta.texto);
    let ordem = app.graphql(
        "tjrn",
        "query($s: Boolean!) { z: eu { sub @skip(if: $s) nacional azp ...F } } fragment F on Ator { papeis nacional }",
        json!({ "s": true }),
    );
    let chaves = r#"{"data":{"z":{"nacional":false,"azp":"tjrn","papeis":"#;
    assert!(ordem.texto.starts_with(chaves), "{}", ordem.texto);
    assert_eq!(
        app.graphql("tjrn", "{ eu @skip(if: true) { sub } }", json!({})).texto,
        r#"{"data":{}}"#
    );
}

#[test]
fn a_raiz_de_uma_subscription_nao_leva_condicao_e_pode_vir_num_fragmento() {
    let app = App::vazio();
    let mut ws = Ws::de(&app, "tjrn");
    ws.assinar(
        "0",
        "subscription { ...F } fragment F on Subscription { ... { tramiteRecebido { idt } } }",
        &json!({}),
    );
    for (query, variaveis) in [
        (
            "subscription($s: Boolean!) { processoAlterado @skip(if: $s) { id } }",
            json!({ "s": true }),
        ),
        ("subscription { processoAlterado @include(if: true) { id } }", json!({})),
        ("subscription { __typename }", json!({})),
        ("subscription { a: processoAlterado { id } b: processoAlterado { id } }", json!({})),
    ] {
        ws.pedir("1", query, &variaveis);
        let mensagem = ws.mensagem();
        let erro = &mensagem["payload"][0];
        assert_eq!(erro["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{query}: {mensagem}");
        assert!(
            erro["message"].as_str().unwrap().contains("raiz")
                || erro["message"].as_str().unwrap().contains("só campo"),
            "{mensagem}"
        );
    }
}
