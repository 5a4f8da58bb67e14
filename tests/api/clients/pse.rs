//! Look-ups of adolescentes by CPF, through both APIs.

use super::send_as;
use crate::support::{App, Settings, Template, code};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const CPF: &str = "529.982.247-25";

fn by_rest(app: &App, who: &str, cpf: &str) -> crate::support::Response {
    app.get(who, &format!("/api/v1/adolescentes/cpf/{cpf}"))
}

/// Starts a server where TJRN has an adolescente with [`CPF`], and returns its identificador too.
fn world() -> (App, String) {
    let app =
        App::with(Template::Empty, Settings { absences_per_minute: 10_000, ..Settings::default() });
    let body = json!({ "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010",
        "sexoBiologico": "FEMININO", "cpf": { "numero": CPF } });
    let answer = app.post("tjrn", "/api/v1/adolescentes", &body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let identificador = answer.body["dados"]["identificador"].as_str().unwrap().to_owned();
    (app, identificador)
}

fn counted(app: &App, who: &str) -> u64 {
    let name = format!("elos_ausencias_total{{credencial=\"{who}\"}} ");
    let metrics = app.metrics();
    metrics.lines().find_map(|line| line.strip_prefix(&name)).map_or(0, |n| n.parse().unwrap())
}

#[test]
fn a_client_that_may_see_cpfs_finds_an_adolescente_by_cpf() {
    let (app, identificador) = world();
    let known = app.get("tjrn", &format!("/api/v1/adolescentes/identificador/{identificador}"));
    for cpf in ["52998224725", CPF, "%C2%A0529.982.247%E2%80%9325%20", "529.982.247%E2%88%9225"] {
        let found = by_rest(&app, "tjrn", cpf);
        assert_eq!(found.status, 200, "{cpf}: {}", found.text);
        assert_eq!(found.body["dados"], known.body["dados"], "{cpf}");
        assert_eq!(found.headers["etag"], known.headers["etag"]);
    }
    let path = format!("/api/v1/adolescentes/cpf/{CPF}");
    let same =
        send_as(&app, "tjrn", "GET", &path, &[("If-None-Match", &known.headers["etag"])], b"");
    assert_eq!(same.status, 304);
    assert_eq!(send_as(&app, "tjrn", "HEAD", &path, &[], b"").status, 200);
    assert_eq!(counted(&app, "tjrn"), 0);

    for (cpf, says) in [
        ("52998224724", "CPF inválido"),
        ("529982247", "11 dígitos"),
        ("529.982.247%E2%80%8B-25", "U+200B"),
        ("529-982-247.25", "11 dígitos"),
    ] {
        let refused = by_rest(&app, "tjrn", cpf);
        assert_eq!(refused.status, 400, "{cpf}: {}", refused.text);
        let told = refused.body["erros"][0].as_str().unwrap();
        assert!(told.starts_with("cpf: ") && told.contains(says), "{told}");
        assert!(!refused.text.contains(cpf), "{}", refused.text);
    }
    assert_eq!(counted(&app, "tjrn"), 0);

    // An unknown CPF and a CPF of another tribunal have the same response, and the server counts
    // both.
    let absent = by_rest(&app, "tjrn", "11144477735");
    assert_eq!(code(&absent), (404, "ADOLESCENTE_NAO_ENCONTRADO"));
    assert!(!absent.text.contains("11144477735"), "{}", absent.text);
    let foreign = by_rest(&app, "tjpe", CPF);
    assert_eq!((foreign.status, &foreign.body["erros"]), (404, &absent.body["erros"]));
    assert_eq!((counted(&app, "tjrn"), counted(&app, "tjpe")), (1, 1));

    // A client that may not see CPFs does not learn whether one exists.
    for cpf in [CPF, "11144477735", "nada"] {
        let refused = by_rest(&app, "tjrn-leitura", cpf);
        assert_eq!(refused.status, 403, "{cpf}: {}", refused.text);
        assert!(refused.text.contains("pse-dados-sensiveis"), "{}", refused.text);
    }
    assert_eq!(counted(&app, "tjrn-leitura"), 0);
}

#[test]
fn graphql_looks_up_by_exactly_one_of_two_arguments() {
    let (app, identificador) = world();
    let query = "query($i: IdentificadorAdolescente, $c: CPF) { adolescente(identificador: $i, cpf: $c) { identificador } }";
    let ask = |who: &str, variables: Value| app.graphql(who, query, variables).body;
    for cpf in [CPF, "52998224725", "\u{a0}529.982.247\u{2013}25 "] {
        let found = ask("tjrn", json!({ "c": cpf }));
        assert_eq!(
            found["data"]["adolescente"]["identificador"],
            identificador.as_str(),
            "{found}"
        );
    }
    let literal =
        app.gql("tjrn", &format!("{{ adolescente(cpf: \"{CPF}\") {{ identificador }} }}"));
    assert_eq!(literal["adolescente"]["identificador"], identificador.as_str());
    let code =
        |answer: &Value| answer["errors"][0]["extensions"]["code"].as_str().map(str::to_owned);
    for both in [json!({}), json!({ "i": identificador, "c": CPF })] {
        let refused = ask("tjrn", both);
        assert_eq!(code(&refused).as_deref(), Some("BAD_USER_INPUT"), "{refused}");
        let message = refused["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("`identificador` ou `cpf`"), "{message}");
    }
    let refused = ask("tjrn-leitura", json!({ "c": CPF }));
    assert_eq!(
        (code(&refused).as_deref(), &refused["data"]["adolescente"]),
        (Some("SEM_PERMISSAO"), &Value::Null)
    );
    assert_eq!(code(&ask("tjrn", json!({ "c": "529" }))).as_deref(), Some("CAMPO_INVALIDO"));
    assert_eq!((counted(&app, "tjrn"), counted(&app, "tjrn-leitura")), (0, 0));
    for (who, cpf) in [("tjrn", "11144477735"), ("tjrn", "52998224724"), ("tjpe", CPF)] {
        let before = counted(&app, who);
        assert_eq!(ask(who, json!({ "c": cpf })), json!({ "data": { "adolescente": null } }));
        assert_eq!(counted(&app, who) - before, 1, "{who} {cpf}");
    }

    // A national client finds the CPF in each tribunal that has it. The argument `tribunal` chooses
    // one.
    let body = json!({ "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010",
        "sexoBiologico": "FEMININO", "cpf": { "numero": CPF } });
    assert_eq!(app.post("tjpe", "/api/v1/adolescentes", &body).status, 200);
    app.credential("nacional", "cnj", |claims| {
        claims["realm_access"]["roles"].as_array_mut().unwrap().push(json!("pse-dados-sensiveis"));
    });
    let national = |tribunal: &str| {
        let query =
            format!("{{ adolescente(cpf: \"{CPF}\"{tribunal}) {{ tribunal {{ codigo }} }} }}");
        app.gql("nacional", &query)["adolescente"]["tribunal"]["codigo"].clone()
    };
    assert_eq!((national(""), national(", tribunal: \"8.20\"")), (json!(817), json!(820)));
}

/// Returns the kinds of the objects that a record of the trail names.
pub fn kinds(record: &Value) -> String {
    let kind = |id: &Value| {
        let id = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(id.as_str().unwrap()).unwrap())
            .unwrap();
        id.split(':').next().unwrap().to_owned()
    };
    let mut kinds: Vec<_> = record["recursos"].as_array().unwrap().iter().map(kind).collect();
    kinds.sort();
    kinds.dedup();
    kinds.join(",")
}

#[test]
fn the_trail_names_the_record_and_never_the_cpf() {
    let (app, _) = world();
    assert_eq!(by_rest(&app, "tjrn", CPF).status, 200);
    app.gql("tjrn", &format!("{{ adolescente(cpf: \"{CPF}\") {{ nome }} }}"));
    app.wait_until_audited();
    let query = "{ auditoria(first: 100, ator: \"tjrn\") { nodes { operacao status camposSensiveis recursos } } }";
    let trail = app.gql("cnj", query);
    let nodes = trail["auditoria"]["nodes"].as_array().unwrap();
    for operation in ["GET /api/v1/adolescentes/cpf/{cpf}", "adolescente"] {
        let record = nodes.iter().find(|node| node["operacao"] == operation).expect(operation);
        assert_eq!((&record["status"], kinds(record)), (&json!(200), "Adolescente".to_owned()));
        assert!(record["camposSensiveis"].to_string().contains("Adolescente.cpf"), "{record}");
    }
    let all = app.database.count("SELECT count(*) AS n FROM auditoria a WHERE a::text LIKE '%52998224725%' OR a::text LIKE '%529.982%'");
    assert_eq!(all, 0);
}
