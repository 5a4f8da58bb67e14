//! A client must not use the server as an oracle that tells whether an object of another tribunal
//! exists. An absent object and a foreign one have the same response, apart from the name that the
//! client sent, the time and the id of the request. They cost the same number of statements. For a
//! time, the server refuses a client that tries many names.

use crate::support::{App, EXECUCAO, NewProcesso, Response, Settings, Template, numero, numero_of};
use serde_json::{Value, json};

/// A name of TJRN, and a name of the same form that does not exist.
struct Pair {
    foreign: String,
    absent: String,
}

struct Names {
    numero: Pair,
    identificador: Pair,
    code: Pair,
    guia: Pair,
    idt: Pair,
    nre: Pair,
    protocolo: Pair,
    ids: Vec<Pair>,
}

const TRAMITE: &str = "mutation($p: String!) { enviarTramite(input: {remetente: {repositorio: 1, numero: \"820\"},
    destinatario: {repositorio: 1, numero: \"806\"}, protocolo: $p, descricao: \"x\"}) { tramite { id idt nre registro { id } } erros { mensagem } } }";

fn names(app: &App) -> Names {
    let data = app.gql(
        "tjrn",
        "{ processos(first: 1, filtro: {situacaoGuia: ATIVO}) { nodes { id numero codigo guias(first: 1) { nodes { id numero } } adolescentes(first: 1) { nodes { id identificador } } } } }",
    );
    let protocolo = "99990.000001/2026-53";
    let tramite = app.gql_with("tjrn", TRAMITE, json!({ "p": protocolo }));
    let tramite = &tramite["enviarTramite"]["tramite"];
    let processo = &data["processos"]["nodes"][0];
    let (guia, adolescente) =
        (&processo["guias"]["nodes"][0], &processo["adolescentes"]["nodes"][0]);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pair = |foreign: &Value, absent: &str| {
        assert!(!foreign.is_null(), "{data} {tramite}");
        Pair { foreign: text(foreign), absent: absent.to_owned() }
    };
    let id = |text: &str| {
        use base64::Engine;
        use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
        BASE64.encode(text)
    };
    Names {
        numero: pair(&processo["numero"], "9000741-62.2021.8.20.0083"),
        identificador: pair(&adolescente["identificador"], "209900000001"),
        code: pair(&processo["codigo"], "2000000000"),
        guia: pair(&guia["numero"], "202601019999"),
        idt: pair(&tramite["idt"], "999999"),
        nre: pair(&tramite["nre"], "9999999999852026"),
        protocolo: pair(&json!(protocolo), "99990.000002/2026-06"),
        ids: vec![
            pair(&processo["id"], &id("Processo:999999")),
            pair(&adolescente["id"], &id("Adolescente:999999")),
            pair(&guia["id"], &id("Guia:999999")),
            pair(&tramite["id"], &id("Tramite:999999")),
            pair(&tramite["registro"]["id"], &id("RegistroEletronico:999999")),
        ],
    }
}

/// Returns the status, headers and body, without the name and the parts that differ between any two
/// requests.
fn essence(response: &Response, name: &str) -> String {
    let mut headers: Vec<_> = response
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    headers.sort();
    let mut body = response.text.clone();
    if let Some(time) = response.body["dataHora"].as_str() {
        body = body.replace(time, "(agora)");
    }
    // The client knows the name that it sent.
    let body = body.replace(name, "(nome)");
    format!("{} {headers:?} {body}", response.status)
}

/// GraphQL operations that take a name (`$x`), and the kind of the name.
const OPERATIONS: [(&str, &str); 14] = [
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

/// Routes that take a name: the method, the path and the kind of the name.
const ROUTES: [(&str, &str, &str); 14] = [
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

impl Names {
    fn by_name(&self, name: &str) -> &Pair {
        match name {
            "numero" => &self.numero,
            "identificador" => &self.identificador,
            "codigo" => &self.code,
            "guia" => &self.guia,
            "idt" => &self.idt,
            "nre" => &self.nre,
            "protocolo" => &self.protocolo,
            other => unreachable!("{other}"),
        }
    }
}

#[test]
fn alheio_e_ausente_sao_uma_resposta() {
    let app = App::new();
    let names = names(&app);
    let mut seen = 0;
    let mut compare = |what: &str, pair: &Pair, request: &dyn Fn(&str) -> Response| {
        // The first request opens the connections, so that the counted ones do not.
        request(&pair.absent);
        let (of_absent, absent) = app.statements(|| request(&pair.absent));
        let (of_foreign, foreign) = app.statements(|| request(&pair.foreign));
        let (absent, foreign) = (essence(&absent, &pair.absent), essence(&foreign, &pair.foreign));
        assert_eq!(foreign, absent, "{what}");
        assert_eq!(of_foreign, of_absent, "{what}");
        seen += 1;
    };
    for (query, name) in OPERATIONS {
        let pair = names.by_name(name);
        compare(query, pair, &|name| {
            app.graphql("tjpe", query, json!({ "x": name, "xs": [name] }))
        });
    }
    for pair in &names.ids {
        compare("node", pair, &|name| {
            app.graphql(
                "tjpe",
                "query($x: ID!) { node(id: $x) { id } nodes(ids: [$x]) { id } }",
                json!({ "x": name }),
            )
        });
    }
    let percent_encode = |name: &str| name.replace('/', "%2F");
    for (method, route, name) in ROUTES {
        let pair = names.by_name(name);
        compare(&format!("{method} {route}"), pair, &|name| {
            let bearer = app.bearer("tjpe");
            app.request(
                method,
                &route.replace("{}", &percent_encode(name)),
                &[("Authorization", &bearer)],
                b"",
            )
        });
    }
    assert_eq!(seen, 33);
}

#[test]
fn look_ups_one_after_another_are_limited() {
    let app =
        App::with(Template::Seeded, Settings { absences_per_minute: 60, ..Settings::default() });
    let search =
        |n: u32| app.get("tjrn", &format!("/api/v1/adolescentes/identificador/2099{n:08}"));
    let mut refused = None;
    for n in 0..100 {
        let response = search(n);
        if response.status == 429 {
            refused = Some((n, response));
            break;
        }
        assert_eq!(response.status, 404, "{}", response.text);
    }
    let (after, refused) = refused.expect("nobody was stopped");
    // The bucket holds sixty tokens, and refills meanwhile.
    assert!((60..80).contains(&after), "{after}");
    assert!((1..=3).contains(&refused.headers["retry-after"].parse::<u32>().unwrap()));
    assert_eq!(refused.body["mensagemDesenvolvedor"], "LIMITE_DE_REQUISICOES");

    // Every name in a request counts, also above the limit, as a debt.
    let many = json!({ "ids": (0..100).map(|n| n.to_string()).collect::<Vec<_>>() });
    let query = "query($ids: [ID!]!) { a: nodes(ids: $ids) { id } b: nodes(ids: $ids) { id } }";
    let passed = app.graphql("tjpe", query, &many);
    assert_eq!(passed.status, 200);
    // A call that passes the limit midway shows what it found before, and no more absences than the
    // limit.
    let errors = passed.body["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 200 - 60);
    let is_limit = |error: &Value| error["extensions"]["code"] == "LIMITE_DE_REQUISICOES";
    assert!(errors.iter().all(is_limit), "{}", passed.text);
    assert_eq!(passed.body["data"]["a"].as_array().unwrap().len(), 100);
    let debtor = (0..3)
        .map(|_| app.graphql("tjpe", query, &many))
        .find(|response| response.status == 429)
        .expect("nobody was stopped");
    assert_eq!(debtor.body["errors"][0]["extensions"]["code"], "LIMITE_DE_REQUISICOES");
    // No debt lasts longer than a minute.
    assert!((1..=61).contains(&debtor.headers["retry-after"].parse::<u32>().unwrap()));
    // Names in a refusal count too, and so do those of the Tramita.
    let vincular = |n: u32| {
        app.graphql("tjce", "mutation($n: NumeroProcesso!) { alterarSituacao(input: {processo: $n, situacao: ATIVO}) { erros { codigo } } }",
        json!({ "n": format!("{:07}6220218060083", n) })).status
    };
    assert!((0..100).any(|n| vincular(n) == 429
        || app.get("tjce", &format!("/tramites/{}", 90_000 + n)).status == 429));

    // The server still serves other credentials. The metrics show the absences.
    assert_eq!(app.get("cnj", "/api/v1/processos").status, 200);
    let metrics = app.metrics();
    for row in [
        r#"elos_ausencias_total{credencial="tjpe"} "#,
        r#"elos_limite_de_requisicoes_total{credencial="tjrn"} 1"#,
    ] {
        assert!(metrics.contains(row), "{row}: {metrics}");
    }
}

/// R10 looks up apurações of every tribunal. The server counts the attempts, with and without a dry
/// run.
#[test]
fn look_ups_through_references_are_limited() {
    let app =
        App::with(Template::Seeded, Settings { absences_per_minute: 30, ..Settings::default() });
    let adolescente = app.adolescente("tjrn");
    let referencia = |n: u32| numero_of(817, n);
    let rest = |client: &str, dry_run: &str, n: u32| {
        let processo = NewProcesso::execucao(&numero(n), &[&adolescente], &referencia(n));
        let body = processo.with("magistradoNome", "").body();
        app.post(client, &format!("/api/v1/processos{dry_run}"), &body).status
    };
    let graphql = |client: &str, n: u32| {
        let query = "mutation($i: CadastrarProcessoInput!) { cadastrarProcesso(input: $i) { erros { codigo } } }";
        let input = json!({ "numero": numero(n), "simular": true, "tipo": EXECUCAO, "referencia": referencia(n),
            "adolescentes": [adolescente], "idOrgao": 1, "appNameSistemaTribunal": "pje" });
        app.graphql(client, query, json!({ "i": input })).status
    };
    for name in ["seca", "a-serio", "outra-porta"] {
        app.credential(name, "tjrn", |claims| claims["azp"] = json!(name));
    }
    let stopped = |attempt: &dyn Fn(u32) -> u16| (0..60).position(|n| attempt(n) == 429);
    let when = [
        stopped(&|n| rest("seca", "?simular=true", n)),
        stopped(&|n| rest("a-serio", "", n)),
        stopped(&|n| graphql("outra-porta", n)),
    ];
    for after in when {
        assert!(after.is_some_and(|n| (30..50).contains(&n)), "{when:?}");
    }
}

/// Returns the number of absences that a response tells, and the number of names that it left
/// unanswered.
fn absences(response: &Response) -> (usize, usize) {
    let nodes = response.body["data"].as_object().into_iter().flatten();
    let absent = nodes.flat_map(|(_, nodes)| nodes.as_array().into_iter().flatten()).count();
    let silent = response.body["errors"].as_array().map_or(0, Vec::len);
    (absent.saturating_sub(silent), silent)
}

/// One request with five thousand names uses the limit of a minute, and tells no more absences than
/// that limit.
#[test]
fn one_request_may_use_up_a_minute_of_look_ups() {
    let app =
        App::with(Template::Seeded, Settings { absences_per_minute: 60, ..Settings::default() });
    let fields = (0..50).map(|n| format!("f{n}: nodes(ids: $ids) {{ id }}"));
    let fields = fields.collect::<Vec<_>>().join(" ");
    let query = format!("query($ids: [ID!]!) {{ {fields} }}");
    let ids = json!({ "ids": (0..100).map(|n| format!("x{n}")).collect::<Vec<_>>() });
    let response = app.graphql("tjrn", &query, &ids);
    assert_eq!(response.status, 200, "{:.300}", response.text);
    assert_eq!(absences(&response), (60, 4_940));

    let processo = r#"{ processo(numero: "9000741-62.2021.8.20.0083") { id } }"#;
    let refused =
        (0..200).map(|_| app.graphql("tjrn", processo, json!({}))).find(|r| r.status == 429);
    let refused = refused.expect("it looks up as if nothing was");
    assert!((1..=61).contains(&refused.headers["retry-after"].parse::<u32>().unwrap()));
    let numero = "/api/v1/processos/numero-processo/9000741-62.2021.8.20.0083";
    let mutation = "mutation($n: NumeroProcesso!) { alterarSituacao(input: {processo: $n, situacao: ATIVO}) { erros { codigo } } }";
    assert!((0..200).any(|_| app.get("tjrn", numero).status == 429));
    let write =
        |_| app.graphql("tjrn", mutation, json!({ "n": "9000741-62.2021.8.20.0083" })).status;
    assert!((0..200).map(write).any(|status| status == 429));

    // The server still serves requests that name no object: the caller itself, lists, a
    // registration.
    assert_eq!(app.gql("tjrn", "{ eu { azp } }")["eu"]["azp"], "tjrn");
    let list =
        app.gql("tjrn", "{ processos(first: 3) { nodes { adolescentes { nodes { nome } } } } }");
    assert_eq!(list["processos"]["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(app.get("tjrn", "/api/v1/processos").status, 200);
    let rascunho = json!({ "appNameSistemaTribunal": "pje", "dados": {} });
    assert_eq!(app.post("tjrn", "/api/v1/processo-rascunho", &rascunho).status, 200);
}

/// The server counts simultaneous requests before any of them gets its response.
#[test]
fn a_burst_tells_no_more_absences_than_a_sequence() {
    let app =
        App::with(Template::Seeded, Settings { absences_per_minute: 60, ..Settings::default() });
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let ids = json!({ "ids": (0..60).map(|n| format!("x{n}")).collect::<Vec<_>>() });
    app.token("tjrn");
    let start = std::time::Instant::now();
    let responses: Vec<Response> = std::thread::scope(|scope| {
        let burst: Vec<_> =
            (0..16).map(|_| scope.spawn(|| app.graphql("tjrn", query, &ids))).collect();
        burst.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let counted =
        responses.iter().filter(|r| r.status == 200).map(|r| absences(r).0).sum::<usize>();
    // The bucket holds sixty tokens, may owe those of one minute, and refills meanwhile.
    let seconds = usize::try_from(start.elapsed().as_secs()).unwrap();
    assert!((60..=120 + seconds).contains(&counted), "{counted} absences were told");
    assert!(responses.iter().any(|r| r.status == 429));

    // An existing object gives its token back, so that requests for existing objects are never
    // limited.
    let numeros = app.gql("tjpe", "{ processos(first: 20) { nodes { id } } }");
    let numeros = numeros["processos"]["nodes"].as_array().unwrap();
    let existing: Vec<&Value> = numeros.iter().map(|node| &node["id"]).collect();
    for _ in 0..20 {
        let response = app.graphql("tjpe", query, json!({ "ids": existing }));
        assert_eq!((response.status, absences(&response).1), (200, 0), "{:.300}", response.text);
    }
}

/// The limit counts each user of a panel separately.
#[test]
fn each_user_of_a_panel_is_counted_separately() {
    let app =
        App::with(Template::Empty, Settings { absences_per_minute: 5, ..Settings::default() });
    for name in ["maria", "joao"] {
        app.credential(name, "tjrn", |claims| {
            (claims["sub"], claims["azp"]) = (json!(name), json!("painel"));
            claims["preferred_username"] = json!(format!("{name}@tjrn"));
        });
    }
    app.credential("painel", "tjrn", |claims| {
        (claims["sub"], claims["azp"]) = (json!("0f7a"), json!("painel"));
        claims["preferred_username"] = json!("service-account-painel");
    });
    app.credential("outro-uso", "tjrn", |claims| {
        (claims["sub"], claims["azp"]) = (json!("0f7b"), json!("painel"));
        claims["preferred_username"] = json!("service-account-painel");
    });
    let stopped = |caller: &str| {
        (0..60).any(|n| {
            app.get(caller, &format!("/api/v1/adolescentes/identificador/2099{n:08}")).status == 429
        })
    };
    let one =
        |caller: &str| app.get(caller, "/api/v1/adolescentes/identificador/209900000001").status;
    assert!(stopped("maria"));
    assert_eq!((one("joao"), one("painel")), (404, 404));
    // A client is one, however many tokens it has.
    assert!(stopped("painel"));
    assert_eq!((one("outro-uso"), one("joao")), (429, 404));
}
