//! Absent and foreign are one answer, to the byte and by the same statements; and who tries
//! names out has to wait.

use crate::support::{Ajustes, App, Modelo, Resposta};
use elos::processo::NumeroProcesso;
use serde_json::{Value, json};

/// What TJRN has, and a name of the same shape that nobody has.
struct Par {
    alheio: String,
    ausente: String,
}

struct Nomes {
    numero: Par,
    identificador: Par,
    codigo: Par,
    guia: Par,
    idt: Par,
    nre: Par,
    protocolo: Par,
    ids: Vec<Par>,
}

const TRAMITE: &str = "mutation($p: String!) { enviarTramite(input: {remetente: {repositorio: 1, numero: \"820\"},
    destinatario: {repositorio: 1, numero: \"806\"}, protocolo: $p, descricao: \"x\"}) { tramite { id idt nre registro { id } } erros { mensagem } } }";

fn nomes(app: &App) -> Nomes {
    let dados = app.gql(
        "tjrn",
        "{ processos(first: 1, filtro: {situacaoGuia: ATIVO}) { nodes { id numero codigo guias(first: 1) { nodes { id numero } } adolescentes(first: 1) { nodes { id identificador } } } } }",
    );
    let protocolo = "99990.000001/2026-53";
    let tramite = app.gql_com("tjrn", TRAMITE, json!({ "p": protocolo }));
    let tramite = &tramite["enviarTramite"]["tramite"];
    let processo = &dados["processos"]["nodes"][0];
    let (guia, adolescente) =
        (&processo["guias"]["nodes"][0], &processo["adolescentes"]["nodes"][0]);
    let texto = |valor: &Value| valor.as_str().map_or_else(|| valor.to_string(), str::to_owned);
    let par = |alheio: &Value, ausente: &str| {
        assert!(!alheio.is_null(), "{dados} {tramite}");
        Par { alheio: texto(alheio), ausente: ausente.to_owned() }
    };
    let id = |texto: &str| {
        use base64::Engine;
        use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
        BASE64.encode(texto)
    };
    Nomes {
        numero: par(&processo["numero"], "9000741-62.2021.8.20.0083"),
        identificador: par(&adolescente["identificador"], "209900000001"),
        codigo: par(&processo["codigo"], "2000000000"),
        guia: par(&guia["numero"], "202601019999"),
        idt: par(&tramite["idt"], "999999"),
        nre: par(&tramite["nre"], "9999999999852026"),
        protocolo: par(&json!(protocolo), "99990.000002/2026-06"),
        ids: vec![
            par(&processo["id"], &id("Processo:999999")),
            par(&adolescente["id"], &id("Adolescente:999999")),
            par(&guia["id"], &id("Guia:999999")),
            par(&tramite["id"], &id("Tramite:999999")),
            par(&tramite["registro"]["id"], &id("RegistroEletronico:999999")),
        ],
    }
}

/// Status, headers and body, but for what tells one request from another.
fn essencia(resposta: &Resposta, nome: &str) -> String {
    let mut headers: Vec<_> = resposta
        .headers
        .iter()
        .filter(|(nome, _)| !matches!(nome.as_str(), "date" | "x-request-id"))
        .map(|(nome, valor)| format!("{nome}: {valor}"))
        .collect();
    headers.sort();
    let mut corpo = resposta.texto.clone();
    if let Some(hora) = resposta.corpo["dataHora"].as_str() {
        corpo = corpo.replace(hora, "(agora)");
    }
    // What the client asked with is its own.
    let corpo = corpo.replace(nome, "(nome)");
    format!("{} {headers:?} {corpo}", resposta.status)
}

/// Everything of GraphQL that takes a name (`$x`), and which one.
const OPERACOES: [(&str, &str); 14] = [
    (
        "query($x: NumeroProcesso!) { processo(numero: $x) { id adolescentes { totalCount } } }",
        "numero",
    ),
    ("query($x: NumeroProcesso!) { apuracao(numero: $x) { id } }", "numero"),
    (
        "query($xs: [NumeroProcesso!]) { processos(filtro: {numero: $xs}) { totalCount nodes { id } } }",
        "numero",
    ),
    (
        "query($x: IdentificadorAdolescente!) { adolescente(identificador: $x) { id } }",
        "identificador",
    ),
    (
        "query($x: IdentificadorAdolescente!) { adolescente(identificador: $x, tribunal: \"8.20\") { id } }",
        "identificador",
    ),
    (
        "query($x: IdentificadorAdolescente!) { processos(filtro: {adolescente: $x}) { totalCount nodes { id } } }",
        "identificador",
    ),
    ("query($x: String!) { guia(numero: $x) { id } }", "guia"),
    ("query($x: ID!) { tramite(idt: $x) { id } }", "idt"),
    ("query($x: NRE) { registroEletronico(nre: $x) { id } }", "nre"),
    ("query($x: String) { registroEletronico(protocolo: $x) { id } }", "protocolo"),
    (
        "mutation($x: NumeroProcesso!) { alterarSituacao(input: {processo: $x, situacao: ARQUIVADO}) { alterado erros { codigo mensagem orientacao campo } } }",
        "numero",
    ),
    (
        "mutation($x: String!) { baixarGuia(input: {numero: $x}) { erros { codigo mensagem } } }",
        "guia",
    ),
    ("mutation($x: ID!) { receberTramite(input: {idt: $x}) { erros { codigo mensagem } } }", "idt"),
    (
        "mutation($x: NRE) { enviarTramite(input: {remetente: {repositorio: 1, numero: \"817\"}, destinatario: {repositorio: 1, numero: \"806\"}, protocolo: \"99990.000003/2026-42\", descricao: \"x\", nre: $x}) { erros { codigo mensagem } } }",
        "nre",
    ),
];

/// Every route that takes one.
const ROTAS: [(&str, &str, &str); 14] = [
    ("GET", "/api/v1/processos/{}", "codigo"),
    ("GET", "/api/v1/processos/numero-processo/{}", "numero"),
    ("GET", "/api/v1/processos/apuracao/numero-processo/{}", "numero"),
    ("GET", "/api/v1/processos?identificadorAdolescente={}", "identificador"),
    ("PUT", "/api/v1/processos/numero-processo/{}/situacao/Arquivado", "numero"),
    ("GET", "/api/v1/adolescentes/identificador/{}", "identificador"),
    ("GET", "/api/v1/guias?numeroGuia={}", "guia"),
    ("PUT", "/api/v1/guias/{}/situacao/Baixada", "guia"),
    ("GET", "/tramites/{}", "idt"),
    ("GET", "/tramites/{}/recibo", "idt"),
    ("POST", "/tramites/{}/recebimento", "idt"),
    ("DELETE", "/tramites/{}", "idt"),
    ("GET", "/NREs/{}", "nre"),
    ("GET", "/tramites/protocolo/{}", "protocolo"),
];

impl Nomes {
    fn por_nome(&self, nome: &str) -> &Par {
        match nome {
            "numero" => &self.numero,
            "identificador" => &self.identificador,
            "codigo" => &self.codigo,
            "guia" => &self.guia,
            "idt" => &self.idt,
            "nre" => &self.nre,
            "protocolo" => &self.protocolo,
            outro => unreachable!("{outro}"),
        }
    }
}

#[test]
fn alheio_e_ausente_sao_uma_resposta() {
    let app = App::novo();
    let nomes = nomes(&app);
    let mut vistos = 0;
    let mut comparar = |o_que: &str, par: &Par, pedir: &dyn Fn(&str) -> Resposta| {
        // Once before, so that no connection has to be opened or set for either.
        pedir(&par.ausente);
        let (do_ausente, ausente) = app.comandos(|| pedir(&par.ausente));
        let (do_alheio, alheio) = app.comandos(|| pedir(&par.alheio));
        let (ausente, alheio) = (essencia(&ausente, &par.ausente), essencia(&alheio, &par.alheio));
        assert_eq!(alheio, ausente, "{o_que}");
        assert_eq!(do_alheio, do_ausente, "{o_que}");
        vistos += 1;
    };
    for (query, nome) in OPERACOES {
        let par = nomes.por_nome(nome);
        comparar(query, par, &|nome| {
            app.graphql("tjpe", query, json!({ "x": nome, "xs": [nome] }))
        });
    }
    for par in &nomes.ids {
        comparar("node", par, &|nome| {
            app.graphql(
                "tjpe",
                "query($x: ID!) { node(id: $x) { id } nodes(ids: [$x]) { id } }",
                json!({ "x": nome }),
            )
        });
    }
    let percento = |nome: &str| nome.replace('/', "%2F");
    for (metodo, rota, nome) in ROTAS {
        let par = nomes.por_nome(nome);
        comparar(&format!("{metodo} {rota}"), par, &|nome| {
            let bearer = format!("Bearer {}", app.token("tjpe"));
            app.pedir(
                metodo,
                &rota.replace("{}", &percento(nome)),
                &[("Authorization", &bearer)],
                b"",
            )
        });
    }
    assert_eq!(vistos, 33);
}

#[test]
fn quem_experimenta_nomes_em_sequencia_espera() {
    let app = App::com(Modelo::Semeado, Ajustes { ausencias_por_minuto: 60, ..Ajustes::default() });
    let procurar =
        |n: u32| app.get("tjrn", &format!("/api/v1/adolescentes/identificador/2099{n:08}"));
    let mut recusado = None;
    for n in 0..100 {
        let resposta = procurar(n);
        if resposta.status == 429 {
            recusado = Some((n, resposta));
            break;
        }
        assert_eq!(resposta.status, 404, "{}", resposta.texto);
    }
    let (depois_de, recusado) = recusado.expect("nobody was stopped");
    // A bucket of sixty, and what trickled in meanwhile.
    assert!((60..80).contains(&depois_de), "{depois_de}");
    assert!((1..=3).contains(&recusado.headers["retry-after"].parse::<u32>().unwrap()));
    assert_eq!(recusado.corpo["mensagemDesenvolvedor"], "LIMITE_DE_REQUISICOES");

    // Many names in one request are so many, and owed.
    let muitos = json!({ "ids": (0..100).map(|n| n.to_string()).collect::<Vec<_>>() });
    let query = "query($ids: [ID!]!) { a: nodes(ids: $ids) { id } b: nodes(ids: $ids) { id } }";
    assert_eq!(app.graphql("tjpe", query, &muitos).status, 200);
    let devedor = (0..3)
        .map(|_| app.graphql("tjpe", query, &muitos))
        .find(|resposta| resposta.status == 429)
        .expect("nobody was stopped");
    assert_eq!(devedor.corpo["errors"][0]["extensions"]["code"], "LIMITE_DE_REQUISICOES");
    // Not for longer than a minute, however many they were.
    assert!((1..=61).contains(&devedor.headers["retry-after"].parse::<u32>().unwrap()));
    // Those that a refusal names count as well, and the Tramita's.
    let vincular = |n: u32| {
        app.graphql("tjce", "mutation($n: NumeroProcesso!) { alterarSituacao(input: {processo: $n, situacao: ATIVO}) { erros { codigo } } }",
        json!({ "n": format!("{:07}6220218060083", n) })).status
    };
    assert!((0..100).any(|n| vincular(n) == 429
        || app.get("tjce", &format!("/tramites/{}", 90_000 + n)).status == 429));

    // Others, and what is there, go on; and it shows.
    assert_eq!(app.get("cnj", "/api/v1/processos").status, 200);
    let metricas = app.metricas();
    for linha in [
        r#"elos_ausencias_total{credencial="tjpe"} "#,
        r#"elos_limite_de_requisicoes_total{credencial="tjrn"} 1"#,
    ] {
        assert!(metricas.contains(linha), "{linha}: {metricas}");
    }
}

/// R10 asks for the apurações of all tribunais: who tries numbers out by it is counted, whether
/// it is only tried or meant.
#[test]
fn who_tries_references_out_has_to_wait() {
    let app = App::com(Modelo::Semeado, Ajustes { ausencias_por_minuto: 30, ..Ajustes::default() });
    let adolescente = app.adolescente("tjrn");
    let referencia = |n: u32| NumeroProcesso::sintetico(n, 2001, 817, 1).to_string();
    let rest = |cliente: &str, simular: &str, n: u32| {
        let corpo = json!({ "appNameSistemaTribunal": "pje", "idOrgao": 1,
            "identificadoresAdolescentes": [adolescente], "magistradoNome": "",
            "numeroProcesso": NumeroProcesso::sintetico(n, 2025, 820, 7).to_string(),
            "numeroProcessoReferencia": referencia(n), "tipoProcesso": "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS" });
        app.post(cliente, &format!("/api/v1/processos{simular}"), &corpo).status
    };
    let graphql = |cliente: &str, n: u32| {
        let query = "mutation($i: CadastrarProcessoInput!) { cadastrarProcesso(input: $i) { erros { codigo } } }";
        let input = json!({ "numero": NumeroProcesso::sintetico(n, 2025, 820, 7).to_string(), "simular": true,
            "tipo": "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS", "referencia": referencia(n),
            "adolescentes": [adolescente], "idOrgao": 1, "appNameSistemaTribunal": "pje" });
        app.graphql(cliente, query, json!({ "i": input })).status
    };
    for nome in ["seca", "a-serio", "outra-porta"] {
        app.credencial(nome, "tjrn", |claims| claims["azp"] = json!(nome));
    }
    let stopped = |tentar: &dyn Fn(u32) -> u16| (0..60).position(|n| tentar(n) == 429);
    let quando = [
        stopped(&|n| rest("seca", "?simular=true", n)),
        stopped(&|n| rest("a-serio", "", n)),
        stopped(&|n| graphql("outra-porta", n)),
    ];
    for depois_de in quando {
        assert!(depois_de.is_some_and(|n| (30..50).contains(&n)), "{quando:?}");
    }
}

/// How many absences an answer tells, and how many it keeps to itself.
fn told(resposta: &Resposta) -> (usize, usize) {
    let nodes = resposta.corpo["data"].as_object().into_iter().flatten();
    let ausentes = nodes.flat_map(|(_, nodes)| nodes.as_array().into_iter().flatten()).count();
    let calados = resposta.corpo["errors"].as_array().map_or(0, Vec::len);
    (ausentes.saturating_sub(calados), calados)
}

/// Five thousand names in one request are as many as a minute's, and no more of them is told.
#[test]
fn one_request_owes_a_minute_and_stops_only_what_names_something() {
    let app = App::com(Modelo::Semeado, Ajustes { ausencias_por_minuto: 60, ..Ajustes::default() });
    let campos = (0..50).map(|n| format!("f{n}: nodes(ids: $ids) {{ id }}"));
    let campos = campos.collect::<Vec<_>>().join(" ");
    let query = format!("query($ids: [ID!]!) {{ {campos} }}");
    let ids = json!({ "ids": (0..100).map(|n| format!("x{n}")).collect::<Vec<_>>() });
    let resposta = app.graphql("tjrn", &query, &ids);
    assert_eq!(resposta.status, 200, "{:.300}", resposta.texto);
    assert_eq!(told(&resposta), (60, 4_940));

    let processo = r#"{ processo(numero: "9000741-62.2021.8.20.0083") { id } }"#;
    let recusado =
        (0..200).map(|_| app.graphql("tjrn", processo, json!({}))).find(|r| r.status == 429);
    let recusado = recusado.expect("it looks up as if nothing was");
    assert!((1..=61).contains(&recusado.headers["retry-after"].parse::<u32>().unwrap()));
    let numero = "/api/v1/processos/numero-processo/9000741-62.2021.8.20.0083";
    let mutation = "mutation($n: NumeroProcesso!) { alterarSituacao(input: {processo: $n, situacao: ATIVO}) { erros { codigo } } }";
    assert!((0..200).any(|_| app.get("tjrn", numero).status == 429));
    let escrita =
        |_| app.graphql("tjrn", mutation, json!({ "n": "9000741-62.2021.8.20.0083" })).status;
    assert!((0..200).map(escrita).any(|status| status == 429));

    // What names nothing goes on: who one is, lists, a registration.
    assert_eq!(app.gql("tjrn", "{ eu { azp } }")["eu"]["azp"], "tjrn");
    let lista =
        app.gql("tjrn", "{ processos(first: 3) { nodes { adolescentes { nodes { nome } } } } }");
    assert_eq!(lista["processos"]["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(app.get("tjrn", "/api/v1/processos").status, 200);
    let rascunho = json!({ "appNameSistemaTribunal": "pje", "dados": {} });
    assert_eq!(app.post("tjrn", "/api/v1/processo-rascunho", &rascunho).status, 200);
}

/// Requests that run side by side are counted before any of them is answered.
#[test]
fn a_burst_is_told_no_more_than_one_after_the_other() {
    let app = App::com(Modelo::Semeado, Ajustes { ausencias_por_minuto: 60, ..Ajustes::default() });
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let ids = json!({ "ids": (0..60).map(|n| format!("x{n}")).collect::<Vec<_>>() });
    app.token("tjrn");
    let inicio = std::time::Instant::now();
    let respostas: Vec<Resposta> = std::thread::scope(|escopo| {
        let burst: Vec<_> =
            (0..16).map(|_| escopo.spawn(|| app.graphql("tjrn", query, &ids))).collect();
        burst.into_iter().map(|um| um.join().unwrap()).collect()
    });
    let contadas = respostas.iter().filter(|r| r.status == 200).map(|r| told(r).0).sum::<usize>();
    // A bucket of sixty, the debt of a minute, and what trickled in meanwhile.
    let segundos = usize::try_from(inicio.elapsed().as_secs()).unwrap();
    assert!((60..=120 + segundos).contains(&contadas), "{contadas} absences were told");
    assert!(respostas.iter().any(|r| r.status == 429));

    // What is there is given back, so that who asks for it is never stopped.
    let numeros = app.gql("tjpe", "{ processos(first: 20) { nodes { id } } }");
    let numeros = numeros["processos"]["nodes"].as_array().unwrap();
    let existentes: Vec<&Value> = numeros.iter().map(|node| &node["id"]).collect();
    for _ in 0..20 {
        let resposta = app.graphql("tjpe", query, json!({ "ids": existentes }));
        assert_eq!((resposta.status, told(&resposta).1), (200, 0), "{:.300}", resposta.texto);
    }
}

/// Somebody who signs in to a panel does not stop the others who do.
#[test]
fn people_are_counted_one_by_one() {
    let app = App::com(Modelo::Vazio, Ajustes { ausencias_por_minuto: 5, ..Ajustes::default() });
    for nome in ["maria", "joao"] {
        app.credencial(nome, "tjrn", |claims| {
            (claims["sub"], claims["azp"]) = (json!(nome), json!("painel"));
            claims["preferred_username"] = json!(format!("{nome}@tjrn"));
        });
    }
    app.credencial("painel", "tjrn", |claims| {
        (claims["sub"], claims["azp"]) = (json!("0f7a"), json!("painel"));
        claims["preferred_username"] = json!("service-account-painel");
    });
    app.credencial("outro-uso", "tjrn", |claims| {
        (claims["sub"], claims["azp"]) = (json!("0f7b"), json!("painel"));
        claims["preferred_username"] = json!("service-account-painel");
    });
    let stopped = |quem: &str| {
        (0..60).any(|n| {
            app.get(quem, &format!("/api/v1/adolescentes/identificador/2099{n:08}")).status == 429
        })
    };
    let uma = |quem: &str| app.get(quem, "/api/v1/adolescentes/identificador/209900000001").status;
    assert!(stopped("maria"));
    assert_eq!((uma("joao"), uma("painel")), (404, 404));
    // A client is one, however many tokens it has.
    assert!(stopped("painel"));
    assert_eq!((uma("outro-uso"), uma("joao")), (429, 404));
}
