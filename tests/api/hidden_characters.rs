//! The server refuses names with invisible characters, or with characters that change how others
//! are read.

use crate::subscriptions::ws_client::Ws;
use crate::support::App;
use serde_json::{Value, json};

/// The character, and the name that the error gives it.
const HIDDEN: [(&str, &str); 5] = [
    ("\u{ad}", "U+00AD"),
    ("\u{200d}", "U+200D"),
    ("\u{202e}", "U+202E"),
    ("\u{fe0f}", "U+FE0F"),
    ("\u{e0041}", "U+E0041"),
];

#[track_caller]
fn refused(what: &str, status: u16, text: &str, code_point: &str) {
    assert_eq!(status, 400, "{what}: {text}");
    assert!(text.contains("CAMPO_INVALIDO") && text.contains(code_point), "{what}: {text}");
}

#[test]
fn a_hidden_character_is_refused_in_every_name() {
    let app = App::empty();
    let adolescente = app.adolescente("tjrn");
    let person = json!({ "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010",
        "sexoBiologico": "FEMININO" });
    let processo = json!({ "appNameSistemaTribunal": "pje-tjrn-1g", "idOrgao": 1234,
        "identificadoresAdolescentes": [adolescente], "magistradoNome": "Magistrada Fictícia",
        "serventuarioNome": "Serventuário Fictício", "numeroProcesso": "9000741-62.2021.8.20.0083",
        "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL" });
    let rascunho = json!({ "appNameSistemaTribunal": "pje", "dados": {} });
    for (hidden, code_point) in HIDDEN {
        for (route, body, field) in [
            ("adolescentes", &person, "nome"),
            ("adolescentes", &person, "sobrenome"),
            ("adolescentes", &person, "nomeSocial"),
            ("adolescentes", &person, "nomeMae"),
            ("adolescentes", &person, "nomePai"),
            ("adolescentes", &person, "naturalidade"),
            ("processos", &processo, "magistradoNome"),
            ("processos", &processo, "serventuarioNome"),
            ("processos", &processo, "appNameSistemaTribunal"),
            ("processo-rascunho", &rascunho, "appNameSistemaTribunal"),
        ] {
            let mut body = body.clone();
            body[field] = json!(format!("Ma{hidden}ria"));
            let answer = app.post("tjrn", &format!("/api/v1/{route}"), &body);
            refused(field, answer.status, &answer.text, code_point);
            assert!(answer.text.contains(field), "{field}: {}", answer.text);
        }
    }
    // GraphQL refuses them too, also in changes.
    let mutation = "mutation($i: CadastrarAdolescenteInput!) { cadastrarAdolescente(input: $i) { erros { codigo campo mensagem } } }";
    let input = json!({ "dados": { "nome": "A\u{202e}na", "sobrenome": "Fictícia",
        "dataNascimento": "2010-02-01", "sexoBiologico": "FEMININO" } });
    let data = app.gql_with("tjrn", mutation, json!({ "i": input }));
    let error = &data["cadastrarAdolescente"]["erros"][0];
    assert_eq!(error["campo"], json!(["input", "dados", "nome"]), "{data}");
    assert!(error["mensagem"].as_str().unwrap().contains("U+202E"), "{data}");
    let mutation = "mutation($i: AtualizarAdolescenteInput!) { atualizarAdolescente(input: $i) { erros { campo mensagem } } }";
    let input = json!({ "identificador": adolescente, "dados": { "nomeSocial": "A\u{200b}" } });
    let data = app.gql_with("tjrn", mutation, json!({ "i": input }));
    let error = &data["atualizarAdolescente"]["erros"][0];
    assert!(error["mensagem"].as_str().unwrap().contains("U+200B"), "{data}");
}

#[test]
fn names_of_people_are_kept_unchanged() {
    let app = App::empty();
    // The server accepts composed and decomposed letters, marks, apostrophes and other scripts.
    for name in
        ["José D’Ávila", "Jose\u{301} Gonc\u{327}alves", "Nguyễn Thị", "محمد", "Юлия", "Ana  Lúcia"]
    {
        let body = json!({ "nome": name, "sobrenome": "Fictícia", "nomeMae": name,
            "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO" });
        let answer = app.post("tjrn", "/api/v1/adolescentes", &body);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text);
        let identificador = &answer.body["dados"]["identificador"];
        let data = app.gql_with(
            "tjrn",
            "query($i: IdentificadorAdolescente!) { adolescente(identificador: $i) { nome } }",
            json!({ "i": identificador }),
        );
        assert_eq!(data["adolescente"]["nome"], name);
    }
}

/// The trail identifies a client by its `sub` and `azp`, so each must have only one spelling.
#[test]
fn a_token_with_a_look_alike_name_is_refused_by_every_api() {
    let app = App::empty();
    let mut names = HIDDEN.to_vec();
    names.extend([
        (" ", "U+0020"),
        ("\u{a0}", "U+00A0"),
        ("\u{3000}", "U+3000"),
        ("\u{301}", "U+0301"),
        ("\u{3164}", "U+3164"),
        ("\u{0}", "U+0000"),
    ]);
    for (i, (hidden, code_point)) in names.into_iter().enumerate() {
        for claim in ["sub", "azp"] {
            let client = format!("{claim}-{i}");
            app.credential(&client, "tjrn", |claims| {
                claims[claim] = json!(format!("tj{hidden}rn"));
            });
            let eu = app.graphql(&client, "{ eu { sub } }", json!({}));
            assert_eq!(eu.status, 401, "{claim} {code_point}: {}", eu.text);
            assert!(eu.text.contains(code_point) && eu.text.contains(claim), "{}", eu.text);
            assert!(eu.headers["www-authenticate"].starts_with("Bearer"));
            for route in ["/api/v1/adolescentes/identificador/202600000001", "/tramites/1"] {
                let answer = app.get(&client, route);
                assert_eq!(answer.status, 401, "{route} {code_point}: {}", answer.text);
                assert!(answer.text.contains(code_point), "{route}: {}", answer.text);
            }
            let mut ws = Ws::open(&app);
            ws.init(&app.token(&client));
            assert_eq!(ws.close_frame().0, 4403, "{claim} {code_point}");
        }
    }
    app.credential("certo", "tjrn", |claims| claims["sub"] = json!("f:9:joão@tjrn"));
    assert_eq!(app.gql("certo", "{ eu { sub } }")["eu"]["sub"], Value::from("f:9:joão@tjrn"));
}
