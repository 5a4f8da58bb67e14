//! What a front-end team reads.

use crate::support::App;
use serde_json::{Value, json};

#[test]
fn o_processo_aninhado_de_ponta_a_ponta() {
    let app = App::novo();
    let dados = app.gql(
        "tjrn",
        "{ processos(first: 1, filtro: {tipo: [PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL]}) { nodes {
             __typename numero tipo situacao tribunal { sigla codigo tr } versao
             adolescentes { edges { situacao encerradoEm node { identificador processos(vinculo: null) { nodes { numero } } } } }
             ... on ProcessoApuracao { execucoes { nodes { numero numeroReferencia apuracao { numero } } } } } } }",
    );
    let processo = &dados["processos"]["nodes"][0];
    assert_eq!(processo["__typename"], "ProcessoApuracao");
    assert_eq!(processo["tribunal"], json!({ "sigla": "TJRN", "codigo": 820, "tr": "20" }));
    let arestas = processo["adolescentes"]["edges"].as_array().unwrap();
    assert_eq!(arestas.len(), 2);
    for aresta in arestas {
        assert_eq!((&aresta["situacao"], &aresta["encerradoEm"]), (&json!("ATIVO"), &Value::Null));
        let dele = aresta["node"]["processos"]["nodes"].as_array().unwrap();
        assert!(dele.iter().any(|outro| outro["numero"] == processo["numero"]));
    }
    let execucao = &processo["execucoes"]["nodes"][0];
    assert_eq!(execucao["numeroReferencia"], processo["numero"]);
    assert_eq!(execucao["apuracao"]["numero"], processo["numero"]);
}

#[test]
fn as_chaves_saem_na_ordem_pedida() {
    let app = App::novo();
    let resposta =
        app.graphql("tjrn", "{ tribunais { tr sigla codigo } eu { sub azp } }", json!({}));
    assert!(
        resposta
            .texto
            .starts_with(r#"{"data":{"tribunais":[{"tr":"01","sigla":"TJAC","codigo":801}"#),
        "{}",
        resposta.texto
    );
}

#[test]
fn processo_pelo_numero_com_e_sem_mascara() {
    let app = App::novo();
    let dados = app.gql("tjrn", "{ processos(first: 1) { nodes { id numero } } }");
    let processo = &dados["processos"]["nodes"][0];
    let mascara = processo["numero"].as_str().unwrap();
    for numero in [mascara.to_owned(), mascara.replace(['-', '.'], "")] {
        let dados = app.gql_com(
            "tjrn",
            "query($n: NumeroProcesso!) { processo(numero: $n) { id numero } }",
            json!({ "n": numero }),
        );
        assert_eq!(&dados["processo"], processo);
    }
    assert_eq!(
        app.gql("tjrn", r#"{ processo(numero: "00000000000000000000") { id } }"#),
        json!({ "processo": null })
    );
}

#[test]
fn numero_malformado_e_erro_de_topo_com_codigo() {
    let app = App::vazio();
    for numero in ["123", "9000741.62.2021.8.20.0083", ""] {
        let resposta = app.graphql(
            "tjrn",
            &format!(r#"{{ processo(numero: "{numero}") {{ id }} }}"#),
            json!({}),
        );
        assert_eq!(resposta.status, 400, "{}", resposta.texto);
        assert_eq!(resposta.corpo["errors"][0]["extensions"]["code"], "CAMPO_INVALIDO");
        assert_eq!(resposta.corpo.get("data"), None);
    }
}

/// R22: an execução's number answers with its apuração.
#[test]
fn r22_apuracao_pelo_numero_dela_ou_de_uma_execucao() {
    let app = App::novo();
    let dados = app.gql(
        "tjrn",
        "{ processos(first: 1, filtro: {tipo: [EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS]}) { nodes { numero numeroReferencia } } }",
    );
    let execucao = &dados["processos"]["nodes"][0];
    for numero in [&execucao["numero"], &execucao["numeroReferencia"]] {
        let query = "query($n: NumeroProcesso!) { apuracao(numero: $n) { numero tipo } }";
        let achada = &app.gql_com("tjrn", query, json!({ "n": numero }))["apuracao"];
        assert_eq!(achada["numero"], execucao["numeroReferencia"]);
        assert_eq!(achada["tipo"], "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL");
    }
}

fn quantos(app: &App, filtro: &str) -> u64 {
    let dados = app
        .gql("tjrn", &format!("{{ processos(filtro: {filtro}) {{ totalCount nodes {{ id }} }} }}"));
    let total = dados["processos"]["totalCount"].as_u64().unwrap();
    assert_eq!(dados["processos"]["nodes"].as_array().unwrap().len() as u64, total);
    total
}

#[test]
fn filtros_e_os_seus_conectivos() {
    let app = App::novo();
    let dados = app.gql(
        "tjrn",
        "{ processos(first: 3) { nodes { numero criadoEm } } adolescentes(first: 1) { nodes { identificador processos(vinculo: null) { totalCount } } } }",
    );
    let numero = |i: usize| dados["processos"]["nodes"][i]["numero"].as_str().unwrap();
    let adolescente = &dados["adolescentes"]["nodes"][0];
    let criado = &dados["processos"]["nodes"][1]["criadoEm"];
    let execucao = "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS";

    assert_eq!(quantos(&app, "{}"), 10);
    assert_eq!(quantos(&app, &format!("{{tipo: [{execucao}]}}")), 4);
    assert_eq!(quantos(&app, &format!("{{nao: {{tipo: [{execucao}]}}}}")), 6);
    assert_eq!(quantos(&app, "{tipo: []}"), 0);
    assert_eq!(quantos(&app, "{situacao: [ATIVO]}"), 10);
    assert_eq!(quantos(&app, &format!(r#"{{numero: ["{}", "{}"]}}"#, numero(0), numero(1))), 2);
    assert_eq!(quantos(&app, &format!("{{criadoDe: {criado}}}")), 9);
    assert_eq!(quantos(&app, &format!("{{criadoAte: {criado}}}")), 1);
    assert_eq!(quantos(&app, &format!("{{criadoDe: {criado}, criadoAte: {criado}}}")), 0);
    assert_eq!(
        quantos(&app, &format!("{{adolescente: {}}}", adolescente["identificador"])),
        adolescente["processos"]["totalCount"].as_u64().unwrap()
    );
    for (tribunal, total) in [("20", 10), ("820", 10), ("8.20", 10), ("17", 0)] {
        assert_eq!(quantos(&app, &format!(r#"{{tribunal: "{tribunal}"}}"#)), total, "{tribunal}");
    }
    // Siblings add up with AND, values of a list with OR; an empty `ou` matches nothing.
    let (a, b) =
        (format!(r#"{{numero: ["{}"]}}"#, numero(0)), format!(r#"{{numero: ["{}"]}}"#, numero(1)));
    assert_eq!(quantos(&app, &format!("{{ou: [{a}, {b}]}}")), 2);
    assert_eq!(quantos(&app, &format!("{{e: [{a}, {b}]}}")), 0);
    assert_eq!(quantos(&app, &format!("{{ou: [{a}, {b}], nao: {a}}}")), 1);
    assert_eq!(quantos(&app, &format!("{{nao: {{ou: [{a}, {b}]}}}}")), 8);
    assert_eq!(quantos(&app, "{ou: []}"), 0);
    assert_eq!(quantos(&app, "{e: []}"), 10);
    assert_eq!(quantos(&app, "{nao: null, ou: null, tipo: null}"), 10);
}

#[test]
fn filtro_grande_demais_e_recusado() {
    let app = App::vazio();
    let muitos = vec!["{idOrgao: 1}"; 100].join(",");
    let query = format!("{{ processos(filtro: {{ou: [{muitos}]}}) {{ nodes {{ id }} }} }}");
    assert_eq!(app.codigo("tjrn", &query), "BAD_USER_INPUT");
}

#[test]
fn adolescentes_por_nome_sem_acento_nem_maiuscula() {
    let app = App::novo();
    let corpo = json!({ "nome": "Úrsula", "sobrenome": "Conceição", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO" });
    assert_eq!(app.post("tjrn", "/api/v1/adolescentes", &corpo).status, 200);
    for nome in ["ursula conceicao", "ÚRSULA", "conceiçã"] {
        let query = "query($nome: String) { adolescentes(filtro: {nome: $nome}) { nodes { nomeExibicao } } }";
        let dados = app.gql_com("tjrn", query, json!({ "nome": nome }));
        let nomes = dados["adolescentes"]["nodes"].as_array().unwrap();
        assert!(
            nomes.contains(&json!({ "nomeExibicao": "Úrsula Conceição" })),
            "{nome}: {nomes:?}"
        );
    }
    assert_eq!(
        app.codigo("tjrn", r#"{ adolescentes(filtro: {nome: "ab"}) { nodes { id } } }"#),
        "BAD_USER_INPUT"
    );
    let resposta = app.graphql(
        "tjrn",
        "query($nome: String) { adolescentes(filtro: {nome: $nome}) { nodes { id } } }",
        json!({ "nome": "a\u{0}bc" }),
    );
    assert_eq!(
        resposta.corpo["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
        "{}",
        resposta.texto
    );
}

#[test]
fn vinculos_encerrados_so_quando_pedidos() {
    let app = App::novo();
    use diesel::connection::SimpleConnection;
    app.banco
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
fn node_por_id_global_e_nulo_para_o_resto() {
    let app = App::novo();
    let dados = app.gql(
        "tjrn",
        "{ processos(first: 1) { nodes { id eventos { nodes { id } } adolescentes { nodes { id } } tribunal { id } } } }",
    );
    let processo = &dados["processos"]["nodes"][0];
    let evento = &processo["eventos"]["nodes"][0]["id"];
    for (id, tipo) in [
        (&processo["id"], "ProcessoApuracao"),
        (&processo["adolescentes"]["nodes"][0]["id"], "Adolescente"),
        (&processo["tribunal"]["id"], "Tribunal"),
        (evento, "Evento"),
    ] {
        let query =
            "query($id: ID!) { node(id: $id) { __typename id ... on Processo { numero } } }";
        let node = &app.gql_com("tjrn", query, json!({ "id": id }))["node"];
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
        let dados = app.gql_com(
            "tjrn",
            "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }",
            json!({ "id": id }),
        );
        assert_eq!(dados, json!({ "node": null, "nodes": [null] }), "{id}");
    }
}

#[test]
fn nodes_aceita_ate_cem() {
    let app = App::vazio();
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let resposta = app.graphql("tjrn", query, json!({ "ids": vec!["x"; 101] }));
    assert_eq!(resposta.corpo["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    assert_eq!(resposta.corpo["data"], json!({ "nodes": null }));
}

#[test]
fn campos_sensiveis_vem_nulos_sem_o_papel() {
    let app = App::novo();
    let query = "{ adolescentes(first: 1) { nodes { nome sobrenome dataNascimento
        cpf racaCor sexoBiologico nomeMae identidadeGenero orientacaoSexual rg { numero } certidaoNascimento { numero } } }
        processos(first: 1) { nodes { magistrado { nome cpf } } } }";
    let com = app.gql("tjrn", query);
    let sem = app.gql("tjrn-leitura", query);
    let (cheio, vazio) = (&com["adolescentes"]["nodes"][0], &sem["adolescentes"]["nodes"][0]);
    for campo in ["cpf", "racaCor", "sexoBiologico", "nomeMae"] {
        assert!(cheio[campo].is_string(), "{campo}");
        assert!(vazio[campo].is_null(), "{campo}");
    }
    assert_eq!(cheio["nome"], vazio["nome"]);
    let magistrado = |dados: &Value| dados["processos"]["nodes"][0]["magistrado"].clone();
    assert!(magistrado(&com)["cpf"].is_string());
    assert!(magistrado(&sem)["cpf"].is_null() && magistrado(&sem)["nome"].is_string());
}

/// The civil name of who has a social one is sensitive.
#[test]
fn nome_civil_some_atras_do_social() {
    let app = App::vazio();
    let corpo = json!({ "nome": "Civil", "sobrenome": "Fictícia", "possuiNomeSocial": "S", "nomeSocial": "Social",
        "dataNascimento": "01/02/2010", "sexoBiologico": "INTERSEXO" });
    assert_eq!(app.post("tjrn", "/api/v1/adolescentes", &corpo).status, 200);
    let query = "{ adolescentes { nodes { nome nomeSocial nomeExibicao possuiNomeSocial } } }";
    let node = |cliente: &str| app.gql(cliente, query)["adolescentes"]["nodes"][0].clone();
    assert_eq!(node("tjrn")["nome"], "Civil");
    assert_eq!(
        node("tjrn-leitura"),
        json!({ "nome": null, "nomeSocial": "Social", "nomeExibicao": "Social Fictícia", "possuiNomeSocial": true })
    );
}

#[test]
fn eu_e_tribunais() {
    let app = App::vazio();
    let dados = app.gql(
        "tjrn-leitura",
        "{ eu { azp nacional papeis tribunal { sigla } } tribunais { codigo } }",
    );
    assert_eq!(
        dados["eu"],
        json!({ "azp": "tjrn-leitura", "nacional": false, "papeis": ["pse-consulta"], "tribunal": { "sigla": "TJRN" } })
    );
    assert_eq!(dados["tribunais"].as_array().unwrap().len(), 27);
    let cnj = app.gql("cnj", "{ eu { nacional tribunal { sigla } } }");
    assert_eq!(cnj["eu"], json!({ "nacional": true, "tribunal": null }));
}
