//! The doors themselves: methods, media types, limits, errors that always have a code.

use crate::support::{Ajustes, App, Modelo};
use elos::config::Documentos;
use serde_json::{Value, json};

fn headers<'a>(bearer: &'a str, tipo: &'a str, aceita: &'a str) -> Vec<(&'a str, &'a str)> {
    [("Authorization", bearer), ("Content-Type", tipo), ("Accept", aceita)]
        .into_iter()
        .filter(|(_, v)| !v.is_empty())
        .collect()
}

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

#[test]
fn get_so_consulta_e_respeita_operation_name() {
    let app = App::vazio();
    let bearer = format!("Bearer {}", app.token("tjrn"));
    let get = |query: &str| {
        app.pedir("GET", &format!("/graphql?{query}"), &headers(&bearer, "", GRAPHQL), b"")
    };
    let resposta = get("query=%7Beu%7Bazp%7D%7D");
    assert_eq!(
        (resposta.status, &resposta.corpo),
        (200, &json!({ "data": { "eu": { "azp": "tjrn" } } }))
    );
    let resposta =
        get("query=query%20A%7Beu%7Bazp%7D%7D%20query%20B%7Beu%7Bnacional%7D%7D&operationName=B");
    assert_eq!(resposta.corpo, json!({ "data": { "eu": { "nacional": false } } }));
    assert_eq!(get("query=query%20A%7Beu%7Bazp%7D%7D%20query%20B%7Beu%7Bazp%7D%7D").status, 400);
    assert_eq!(get("query=query%20A%7Beu%7Bazp%7D%7D&operationName=C").status, 400);
    let mutation = "query=mutation%7BcadastrarAdolescente(input:%7Bdados:%7Bnome:%22A%22,sobrenome:%22B%22,dataNascimento:%222010-01-01%22,sexoBiologico:FEMININO%7D%7D)%7Bavisos%7D%7D";
    let resposta = get(mutation);
    assert_eq!((resposta.status, resposta.headers["allow"].as_str()), (405, "POST, OPTIONS"));
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM adolescente"), 0);
    assert_eq!(get("").status, 400);
    assert_eq!(get("query=%7Beu%7Bazp%7D%7D&variables=x").status, 400);
}

#[test]
fn cada_recusa_do_graphql_tem_codigo_e_status() {
    let app = App::vazio();
    let bearer = format!("Bearer {}", app.token("tjrn"));
    let fundo = "{a:".repeat(2000);
    let colchetes = format!("{{__type(name:{}{}){{name}}}}", "[".repeat(3000), "]".repeat(3000));
    let corpo = |query: &str| json!({ "query": query }).to_string();
    let fragmento = |usos: &str, i: u32| {
        format!("fragment f{i} on Query {{ {} }} ", usos.replace('N', &(i + 1).to_string()))
    };
    let dobro: Vec<_> = (0..25).map(|i| fragmento("...fN ...fN", i)).collect();
    let bomba = format!("{{ ...f0 }} {} fragment f25 on Query {{ eu {{ azp }} }}", dobro.concat());
    let simples: Vec<_> = (0..900).map(|i| fragmento("...fN", i)).collect();
    let corrente =
        format!("{{ ...f0 }} {} fragment f900 on Query {{ eu {{ azp }} }}", simples.concat());
    for (descricao, tipo, corpo, status, codigo) in [
        ("sintaxe", JSON, corpo("{"), 400, "GRAPHQL_PARSE_FAILED"),
        ("validação", JSON, corpo("{ naoHa }"), 400, "GRAPHQL_VALIDATION_FAILED"),
        ("chaves", JSON, corpo(&fundo), 400, "DOCUMENTO_EXCEDE_LIMITE"),
        ("colchetes", JSON, corpo(&colchetes), 400, "DOCUMENTO_EXCEDE_LIMITE"),
        ("fragmentos que dobram", JSON, corpo(&bomba), 400, "DOCUMENTO_EXCEDE_LIMITE"),
        (
            "fragmento em ciclo",
            JSON,
            corpo("{ ...a } fragment a on Query { ...a }"),
            400,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("corrente de fragmentos", JSON, corpo(&corrente), 400, "DOCUMENTO_EXCEDE_LIMITE"),
        (
            "subscription",
            JSON,
            corpo("subscription { processoAlterado { id } }"),
            406,
            "NAO_ACEITAVEL",
        ),
        ("tokens", JSON, corpo(&"a ".repeat(10_001)), 400, "DOCUMENTO_EXCEDE_LIMITE"),
        ("bytes", JSON, corpo(&" ".repeat(262_145)), 400, "DOCUMENTO_EXCEDE_LIMITE"),
        ("não é JSON", JSON, "{".into(), 400, "BAD_USER_INPUT"),
        ("lote", JSON, "[{\"query\":\"{eu{azp}}\"}]".into(), 400, "BAD_USER_INPUT"),
        ("sem query", JSON, "{}".into(), 400, "BAD_USER_INPUT"),
        ("query que não é texto", JSON, "{\"query\":1}".into(), 400, "BAD_USER_INPUT"),
        (
            "variáveis que não são objeto",
            JSON,
            "{\"query\":\"{eu{azp}}\",\"variables\":[]}".into(),
            400,
            "BAD_USER_INPUT",
        ),
        (
            "extensões que não são objeto",
            JSON,
            "{\"query\":\"{eu{azp}}\",\"extensions\":1}".into(),
            400,
            "BAD_USER_INPUT",
        ),
        (
            "formulário",
            "application/x-www-form-urlencoded",
            "query={eu{azp}}".into(),
            415,
            "MIDIA_NAO_SUPORTADA",
        ),
        ("texto", "text/plain", corpo("{eu{azp}}"), 415, "MIDIA_NAO_SUPORTADA"),
        ("sem tipo", "", corpo("{eu{azp}}"), 415, "MIDIA_NAO_SUPORTADA"),
    ] {
        let resposta =
            app.pedir("POST", "/graphql", &headers(&bearer, tipo, GRAPHQL), corpo.as_bytes());
        assert_eq!(resposta.status, status, "{descricao}: {:.200}", resposta.texto);
        assert_eq!(
            resposta.corpo["errors"][0]["extensions"]["code"], codigo,
            "{descricao}: {:.300}",
            resposta.texto
        );
        assert_eq!(resposta.corpo["errors"][0]["extensions"]["status"], status, "{descricao}");
        assert_eq!(resposta.corpo.get("data"), None, "{descricao}");
        assert!(resposta.headers["content-type"].starts_with(GRAPHQL));
    }
    assert_eq!(app.pedir("GET", "/healthz", &[], b"").status, 200);
}

#[test]
fn quem_so_sabe_json_recebe_200_nos_erros_de_documento() {
    let app = App::vazio();
    let bearer = format!("Bearer {}", app.token("tjrn"));
    for (corpo, status) in
        [("{\"query\":\"{\"}", 200), ("{\"query\":\"{naoHa}\"}", 200), ("{}", 400)]
    {
        let resposta =
            app.pedir("POST", "/graphql", &headers(&bearer, JSON, JSON), corpo.as_bytes());
        assert_eq!(resposta.status, status, "{}", resposta.texto);
        assert!(resposta.headers["content-type"].starts_with(JSON));
    }
    let resposta = app.pedir("POST", "/graphql", &headers(&bearer, JSON, "text/html"), b"{}");
    assert_eq!(resposta.status, 406);
}

#[test]
fn um_campo_que_falha_nao_leva_os_irmaos() {
    let app = App::novo();
    let resposta = app.graphql(
        "tjrn",
        "{ eu { azp } processos(first: 0) { nodes { id } } tribunais { tr } }",
        json!({}),
    );
    assert_eq!(resposta.status, 200);
    assert_eq!(resposta.corpo["data"]["eu"]["azp"], "tjrn");
    assert_eq!(resposta.corpo["data"]["processos"], Value::Null);
    assert_eq!(resposta.corpo["data"]["tribunais"].as_array().unwrap().len(), 27);
    assert_eq!(resposta.corpo["errors"][0]["path"], json!(["processos"]));
}

#[test]
fn o_erro_diz_onde_na_resposta() {
    let app = App::novo();
    let ruim =
        "{ processos(first: 2) { nodes { numero adolescentes(first: 500) { nodes { id } } } } }";
    let resposta = app.graphql("tjrn", ruim, json!({}));
    assert_eq!(
        resposta.corpo["errors"][0]["path"],
        json!(["processos", "nodes", 0, "adolescentes"]),
        "{}",
        resposta.texto
    );
    let numero = &app.gql("tjrn", "{ processos(first: 1) { nodes { numero } } }")["processos"]["nodes"]
        [0]["numero"];
    let ruim = "query($n: NumeroProcesso!) { processo(numero: $n) { eventos(first: 500) { nodes { id } } } }";
    let resposta = app.graphql("tjrn", ruim, json!({ "n": numero }));
    assert_eq!(
        resposta.corpo["errors"][0]["path"],
        json!(["processo", "eventos"]),
        "{}",
        resposta.texto
    );
    assert_eq!(resposta.corpo["data"], json!({ "processo": null }));
}

/// Nested pages multiply: an answer of gigabytes is refused before it is built.
#[test]
fn resposta_grande_demais_e_recusada() {
    // The second wall, for what the cost did not foresee.
    let documentos = Documentos { custo_maximo: u64::MAX, ..Documentos::default() };
    let app = App::com(Modelo::Grande, Ajustes { documentos, ..Ajustes::default() });
    let query = |niveis: usize| {
        let (abre, fecha) =
            ("nodes { adolescentes(first: 100) { nodes { processos(first: 100) {", "} } } }");
        format!(
            "{{ processos(first: 100) {{ {} nodes {{ numero }} {} }} }}",
            abre.repeat(niveis),
            fecha.repeat(niveis)
        )
    };
    app.gql("cnj", &query(2));
    let resposta = app.graphql("cnj", &query(6), json!({}));
    assert_eq!(
        resposta.corpo["errors"][0]["extensions"]["code"], "CUSTO_EXCEDE_LIMITE",
        "{:.300}",
        resposta.texto
    );
    assert!(resposta.texto.len() < 100_000);
}

#[test]
fn rotas_e_metodos_da_fachada() {
    let app = App::vazio();
    let bearer = format!("Bearer {}", app.token("tjrn"));
    let resposta = app.pedir("GET", "/api/v1/nada", &headers(&bearer, "", ""), b"");
    assert_eq!(
        (resposta.status, &resposta.corpo["mensagemDesenvolvedor"]),
        (404, &json!("NAO_ENCONTRADO"))
    );
    let resposta = app.pedir("PATCH", "/api/v1/processos", &headers(&bearer, JSON, ""), b"{}");
    assert_eq!(
        (resposta.status, resposta.headers["allow"].as_str()),
        (405, "GET, POST, PUT, HEAD, OPTIONS")
    );
    assert_eq!(resposta.corpo["mensagemDesenvolvedor"], "METODO_NAO_PERMITIDO");
    let resposta = app.pedir("DELETE", "/graphql", &headers(&bearer, "", ""), b"");
    assert_eq!(
        (resposta.status, resposta.headers["allow"].as_str()),
        (405, "GET, POST, HEAD, OPTIONS")
    );
    let resposta =
        app.pedir("POST", "/api/v1/processos", &headers(&bearer, "text/plain", ""), b"{}");
    assert_eq!(
        (resposta.status, &resposta.corpo["mensagemDesenvolvedor"]),
        (415, &json!("MIDIA_NAO_SUPORTADA"))
    );
    let grande = format!("{{\"a\":\"{}\"}}", "x".repeat(300_000));
    let resposta =
        app.pedir("POST", "/api/v1/processos", &headers(&bearer, JSON, ""), grande.as_bytes());
    assert_eq!(
        (resposta.status, &resposta.corpo["mensagemDesenvolvedor"]),
        (413, &json!("CORPO_EXCEDE_LIMITE"))
    );
    let resposta =
        app.pedir("POST", "/api/v1/processos?simlar=true", &headers(&bearer, JSON, ""), b"{}");
    assert_eq!(resposta.status, 400);
    assert!(resposta.corpo["erros"][0].as_str().unwrap().contains("simlar"), "{}", resposta.texto);
    let enorme = vec![b'x'; 2_000_000];
    let resposta = app.pedir("POST", "/graphql", &headers(&bearer, JSON, GRAPHQL), &enorme);
    assert_eq!(
        (resposta.status, &resposta.corpo["errors"][0]["extensions"]["code"]),
        (413, &json!("CORPO_EXCEDE_LIMITE"))
    );
}

#[test]
fn graphiql_vem_do_programa_comprimido_e_com_csp() {
    let app = App::vazio();
    let pagina = app.pedir("GET", "/graphiql", &[("Accept-Encoding", "identity")], b"");
    assert_eq!(pagina.status, 200);
    assert!(pagina.headers["content-security-policy"].contains("default-src 'self'"));
    assert!(
        pagina.texto.contains("<div id=\"graphiql\"") || pagina.texto.contains("graphiql"),
        "{}",
        pagina.texto
    );
    assert!(!pagina.texto.contains("https://"), "{}", pagina.texto);
    let inicio = pagina.texto.find("/graphiql/assets/").unwrap() + 1;
    let fim = inicio + pagina.texto[inicio..].find('"').unwrap();
    let script = app.pedir(
        "GET",
        &format!("/{}", &pagina.texto[inicio..fim]),
        &[("Accept-Encoding", "identity")],
        b"",
    );
    assert_eq!(script.status, 200);
    assert!(script.headers["cache-control"].contains("immutable"));
    for caminho in ["/graphiql/../Cargo.toml", "/graphiql/nada.js", "/graphiql/%2e%2e/package.json"]
    {
        assert_eq!(app.pedir("GET", caminho, &[], b"").status, 404, "{caminho}");
    }
    let raiz = app.pedir("GET", "/", &[], b"");
    assert_eq!((raiz.status, raiz.headers["location"].as_str()), (303, "/graphiql"));
}

/// Answered or refused, nobody on the way keeps it; and no page of another origin reads it.
#[test]
fn todo_cabecalho_de_segredo_vai_em_toda_resposta() {
    let app = App::vazio();
    let bearer = format!("Bearer {}", app.token("tjrn"));
    for (metodo, caminho, status) in [
        ("GET", "/graphql?query=%7Beu%7Bsub%7D%7D", 200),
        ("PUT", "/graphql", 405),
        ("GET", "/api/v1/processos", 200),
        ("GET", "/api/v1/nada", 404),
        ("PATCH", "/api/v1/processos", 405),
        ("GET", "/tramites", 200),
        ("GET", "/tramites/1", 404),
        ("GET", "/nada", 404),
        ("GET", "/schema.graphql", 200),
        ("GET", "/healthz", 200),
        ("GET", "/auth/realms/pje/protocol/openid-connect/certs", 200),
        ("GET", "/graphiql", 200),
        ("GET", "/docs/", 200),
    ] {
        let headers = [("Authorization", bearer.as_str()), ("Origin", "https://outra.example")];
        let resposta = app.pedir(metodo, caminho, &headers, b"");
        assert_eq!(resposta.status, status, "{caminho}");
        let header = |nome: &str| resposta.headers.get(nome).map(String::as_str);
        // The pages are the same for all, and say so themselves.
        let guardar = if caminho.ends_with("/docs/") || caminho == "/graphiql" {
            "no-cache"
        } else {
            "no-store"
        };
        assert_eq!(header("cache-control"), Some(guardar), "{caminho}");
        assert_eq!(header("x-content-type-options"), Some("nosniff"), "{caminho}");
        assert_eq!(header("referrer-policy"), Some("no-referrer"), "{caminho}");
        assert_eq!(header("access-control-allow-origin"), None, "{caminho}");
    }
    let sem_token = app.pedir("GET", "/tramites", &[], b"");
    assert_eq!(sem_token.headers["cache-control"], "no-store");
}

#[test]
fn saude() {
    let app = App::vazio();
    assert_eq!(app.pedir("GET", "/healthz", &[], b"").status, 200);
    app.ready();
}

/// Pages of the origins that are configured may call, and of no other; what they may read
/// besides the body is what a retry needs.
#[test]
fn so_paginas_das_origens_configuradas_chamam() {
    let app = App::vazio();
    let de = |origem: &str, metodo: &str| {
        let pedido = [
            ("Origin", origem),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization,content-type"),
        ];
        app.pedir(metodo, "/graphql", &pedido, b"").headers
    };
    let nossa = de(crate::support::ORIGEM, "OPTIONS");
    assert_eq!(nossa["access-control-allow-origin"], crate::support::ORIGEM);
    assert!(nossa["access-control-allow-headers"].contains("authorization"), "{nossa:?}");
    assert!(!nossa.contains_key("access-control-allow-credentials"), "{nossa:?}");
    let lida = de(crate::support::ORIGEM, "POST");
    assert_eq!(lida["access-control-allow-origin"], crate::support::ORIGEM);
    assert!(lida["access-control-expose-headers"].contains("x-request-id"), "{lida:?}");
    for alheia in ["https://outra.example", "https://painel.example.evil", "null"] {
        for metodo in ["OPTIONS", "POST"] {
            let headers = de(alheia, metodo);
            assert!(!headers.contains_key("access-control-allow-origin"), "{alheia}: {headers:?}");
        }
    }
}

/// The id of a request is the server's: what a client sends gets into the trail by no way, and
/// covers no other request.
#[test]
fn cada_pedido_tem_um_id_que_nada_diz() {
    let app = App::vazio();
    let id = |dado: &str| {
        let resposta = app.pedir("GET", "/healthz", &[("X-Request-Id", dado)], b"");
        resposta.headers["x-request-id"].clone()
    };
    let uuid = "6c1d2f0e-1111-4222-8333-444455556666";
    let mut vistos = std::collections::HashSet::new();
    for texto in [uuid, uuid, "52998224725", "x\u{e9}", "", "../../etc"] {
        let dado = id(texto);
        assert!(
            dado.len() == 36 && dado != uuid && dado.matches('-').count() == 4,
            "{texto}: {dado}"
        );
        assert!(vistos.insert(dado));
    }
    // A preflight has one as well, and an unknown method is no label of a metric.
    let headers = app
        .pedir(
            "OPTIONS",
            "/graphql",
            &[("Origin", crate::support::ORIGEM), ("Access-Control-Request-Method", "POST")],
            b"",
        )
        .headers;
    assert!(headers.contains_key("x-request-id"));
    use std::io::{Read, Write};
    let mut conexao = std::net::TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    conexao
        .write_all(
            b"INVENTADO /x HTTP/1.1
Host: x
Connection: close

",
        )
        .unwrap();
    let _ = conexao.read_to_end(&mut Vec::new());
    assert!(app.metricas().contains(r#"metodo="OUTRO""#) && !app.metricas().contains("INVENTADO"));
}
