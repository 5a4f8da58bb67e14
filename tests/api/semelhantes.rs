//! R25: a search for similar adolescentes before a registration.

use crate::support::{App, Response};
use serde_json::{Value, json};

fn registrar(app: &App, client: &str, dados: &Value) -> String {
    let response = app.post(client, "/api/v1/adolescentes", dados);
    assert_eq!(response.status, 200, "{}", response.text);
    response.body["dados"]["identificador"].as_str().unwrap().to_owned()
}

fn person(nome: &str, sobrenome: &str, nascimento: &str, mae: &str) -> Value {
    json!({ "nome": nome, "sobrenome": sobrenome, "dataNascimento": nascimento, "sexoBiologico": "FEMININO", "nomeMae": mae })
}

fn found(response: &Response) -> Vec<(String, f64)> {
    let dados = response.body["dados"].as_array().expect(&response.text);
    let one = |given: &Value| {
        let score = given["scoreSimilaridade"].as_str().unwrap().parse().unwrap();
        (given["identificador"].as_str().unwrap().to_owned(), score)
    };
    dados.iter().map(one).collect()
}

const SIMILARITY: &str = "/api/v1/adolescentes/similaridade";

#[test]
fn r25_nome_mae_e_nascimento_somam() {
    let app = App::empty();
    let right = registrar(
        &app,
        "tjrn",
        &person("Inês", "Fictícia da Conceição", "10/03/2010", "Úrsula Fictícia"),
    );
    let another = registrar(
        &app,
        "tjrn",
        &person("Inez", "Fictícia Conceição", "11/05/2008", "Márcia Inventada"),
    );
    registrar(&app, "tjrn", &person("Bruna", "Imaginária", "10/03/2010", "Úrsula Fictícia"));
    registrar(
        &app,
        "tjpe",
        &person("Inês", "Fictícia da Conceição", "10/03/2010", "Úrsula Fictícia"),
    );

    let search = json!({ "nome": "INES", "sobrenome": "FICTICIA DA CONCEICAO", "dataNascimento": "10/03/2010",
        "nomeMae": "ursula ficticia" });
    let response = app.post("tjrn", SIMILARITY, &search);
    let list = found(&response);
    assert_eq!(
        list.iter().map(|(identificador, _)| identificador.as_str()).collect::<Vec<_>>(),
        [&right, &another]
    );
    assert!((list[0].1 - 1.0).abs() < 0.001 && list[1].1 < 0.7, "{list:?}");
    // Day and month match and the year is mistyped, so the record is still likely.
    let almost = json!({ "nome": "Inês", "sobrenome": "Fictícia da Conceição", "dataNascimento": "10/03/2011" });
    assert!((found(&app.post("tjrn", SIMILARITY, &almost))[0].1 - 0.83).abs() < 0.02);
    // Search by a first name alone, in the query string.
    let bearer = app.bearer("tjrn");
    let only_name = app.request(
        "GET",
        &format!("{SIMILARITY}?nome=ines&limite=1"),
        &[("Authorization", &bearer)],
        b"",
    );
    assert_eq!(found(&only_name).len(), 1, "{}", only_name.text);
    assert_eq!(found(&app.post("tjrn", SIMILARITY, &json!({ "nome": "Zulmira" }))), []);
    // The record of another tribunal is not found. A national client has no tribunal to search in.
    assert_eq!(app.post("cnj", SIMILARITY, &search).status, 403);
}

#[test]
fn r25_por_graphql() {
    let app = App::empty();
    let identificador =
        registrar(&app, "tjrn", &person("Inês", "Fictícia", "10/03/2010", "Úrsula Fictícia"));
    let dados = app.gql(
        "tjrn",
        r#"{ adolescentesSemelhantes(nome: "Ines", sobrenome: "Ficticia", dataNascimento: "2010-03-10") { score adolescente { identificador } } }"#,
    );
    assert_eq!(
        dados["adolescentesSemelhantes"],
        json!([{ "score": 1.0, "adolescente": { "identificador": identificador } }])
    );
    for arguments in [r#"nome: """#, r#"nome: "a", limite: 0"#, r#"nome: "a", limite: 51"#] {
        let query = format!("{{ adolescentesSemelhantes({arguments}) {{ score }} }}");
        let response = app.graphql("tjrn", &query, json!({}));
        let error = &response.body["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{arguments}");
        let field = if arguments.contains("limite") { "limite:" } else { "nome:" };
        assert!(error["message"].as_str().unwrap().starts_with(field), "{}", response.text);
    }
    let blank = r#"{ adolescentesSemelhantes(nome: "Ines", sobrenome: "Ficticia", nomeMae: " ") { score } }"#;
    assert_eq!(app.gql("tjrn", blank)["adolescentesSemelhantes"][0]["score"], 1.0);
    assert_eq!(
        app.code("cnj", r#"{ adolescentesSemelhantes(nome: "Ines") { score } }"#),
        "SEM_PERMISSAO"
    );
    // One operation may have at most fifty searches.
    let many: Vec<_> = (0..51)
        .map(|n| format!("a{n}: adolescentesSemelhantes(nome: \"Zulmira\") {{ score }}"))
        .collect();
    let response = app.graphql("tjrn", &format!("{{ {} }}", many.join(" ")), json!({}));
    assert_eq!(response.body["errors"].as_array().unwrap().len(), 1, "{}", response.text);
    assert_eq!(response.body["errors"][0]["extensions"]["code"], "DOCUMENTO_EXCEDE_LIMITE");
}

/// A field that the caller may not read does not count for the similarity: neither the name of the
/// mother, nor the civil name of a person with a social name.
#[test]
fn r25_o_sensivel_nao_se_descobre_pela_semelhanca() {
    let app = App::empty();
    let social = json!({ "nome": "Antônio", "sobrenome": "Fictício", "possuiNomeSocial": "S", "nomeSocial": "Estela",
        "dataNascimento": "10/03/2010", "sexoBiologico": "MASCULINO", "nomeMae": "Úrsula Fictícia" });
    let identificador = registrar(&app, "tjrn", &social);
    let civil = json!({ "nome": "Antonio Ficticio" });
    assert_eq!(found(&app.post("tjrn", SIMILARITY, &civil))[0], (identificador.clone(), 1.0));
    let without = found(&app.post("tjrn-leitura", SIMILARITY, &civil));
    assert!(without.iter().all(|(_, score)| *score < 0.6), "{without:?}");
    let score = |client, mae: &str| {
        let search = json!({ "nome": "Estela", "sobrenome": "Fictício", "nomeMae": mae });
        found(&app.post(client, SIMILARITY, &search))[0].1
    };
    assert!(score("tjrn", "Úrsula Fictícia") > score("tjrn", "Zenaide"));
    assert!(
        (score("tjrn-leitura", "Úrsula Fictícia") - score("tjrn-leitura", "Zenaide")).abs() < 0.001
    );
}

#[test]
fn r25_a_malformed_search_names_the_field() {
    let app = App::empty();
    let bearer = app.bearer("tjrn");
    for (query, field) in [
        ("", "nome"),
        ("?nome=", "nome"),
        ("?nome=a&limite=0", "limite"),
        ("?nome=a&limite=x", "limite"),
        ("?nome=a&dataNascimento=2010-01-01", "dataNascimento"),
        ("?nome=a&mae=b", "mae"),
    ] {
        let response =
            app.request("GET", &format!("{SIMILARITY}{query}"), &[("Authorization", &bearer)], b"");
        assert_eq!(response.status, 400, "{query}: {}", response.text);
        assert!(
            response.body["erros"][0].as_str().unwrap().starts_with(field),
            "{}",
            response.text
        );
    }
    assert_eq!(app.post("tjrn", SIMILARITY, &json!({ "sobrenome": "x" })).status, 400);
}
