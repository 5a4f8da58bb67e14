//! Characters that are not seen, or that change how others are read, name nobody.

use crate::assinaturas::cliente_ws::Ws;
use crate::support::App;
use serde_json::{Value, json};

/// Each as it is sent, and as it is told.
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
fn every_name_that_is_written_is_refused_by_its_field() {
    let app = App::vazio();
    let adolescente = app.adolescente("tjrn");
    let pessoa = json!({ "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010",
        "sexoBiologico": "FEMININO" });
    let processo = json!({ "appNameSistemaTribunal": "pje-tjrn-1g", "idOrgao": 1234,
        "identificadoresAdolescentes": [adolescente], "magistradoNome": "Magistrada Fictícia",
        "serventuarioNome": "Serventuário Fictício", "numeroProcesso": "9000741-62.2021.8.20.0083",
        "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL" });
    let rascunho = json!({ "appNameSistemaTribunal": "pje", "dados": {} });
    for (hidden, code_point) in HIDDEN {
        for (route, body, field) in [
            ("adolescentes", &pessoa, "nome"),
            ("adolescentes", &pessoa, "sobrenome"),
            ("adolescentes", &pessoa, "nomeSocial"),
            ("adolescentes", &pessoa, "nomeMae"),
            ("adolescentes", &pessoa, "nomePai"),
            ("adolescentes", &pessoa, "naturalidade"),
            ("processos", &processo, "magistradoNome"),
            ("processos", &processo, "serventuarioNome"),
            ("processos", &processo, "appNameSistemaTribunal"),
            ("processo-rascunho", &rascunho, "appNameSistemaTribunal"),
        ] {
            let mut body = body.clone();
            body[field] = json!(format!("Ma{hidden}ria"));
            let answer = app.post("tjrn", &format!("/api/v1/{route}"), &body);
            refused(field, answer.status, &answer.texto, code_point);
            assert!(answer.texto.contains(field), "{field}: {}", answer.texto);
        }
    }
    // The other door, and changes.
    let mutation = "mutation($i: CadastrarAdolescenteInput!) { cadastrarAdolescente(input: $i) { erros { codigo campo mensagem } } }";
    let input = json!({ "dados": { "nome": "A\u{202e}na", "sobrenome": "Fictícia",
        "dataNascimento": "2010-02-01", "sexoBiologico": "FEMININO" } });
    let data = app.gql_com("tjrn", mutation, json!({ "i": input }));
    let erro = &data["cadastrarAdolescente"]["erros"][0];
    assert_eq!(erro["campo"], json!(["input", "dados", "nome"]), "{data}");
    assert!(erro["mensagem"].as_str().unwrap().contains("U+202E"), "{data}");
    let mutation = "mutation($i: AtualizarAdolescenteInput!) { atualizarAdolescente(input: $i) { erros { campo mensagem } } }";
    let input = json!({ "identificador": adolescente, "dados": { "nomeSocial": "A\u{200b}" } });
    let data = app.gql_com("tjrn", mutation, json!({ "i": input }));
    let erro = &data["atualizarAdolescente"]["erros"][0];
    assert!(erro["mensagem"].as_str().unwrap().contains("U+200B"), "{data}");
}

#[test]
fn names_as_people_have_them_are_kept_as_they_come() {
    let app = App::vazio();
    // Composed and decomposed, with marks, apostrophes, and other scripts.
    for name in
        ["José D’Ávila", "Jose\u{301} Gonc\u{327}alves", "Nguyễn Thị", "محمد", "Юлия", "Ana  Lúcia"]
    {
        let body = json!({ "nome": name, "sobrenome": "Fictícia", "nomeMae": name,
            "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO" });
        let answer = app.post("tjrn", "/api/v1/adolescentes", &body);
        assert_eq!(answer.status, 200, "{name}: {}", answer.texto);
        let identificador = &answer.corpo["dados"]["identificador"];
        let data = app.gql_com(
            "tjrn",
            "query($i: IdentificadorAdolescente!) { adolescente(identificador: $i) { nome } }",
            json!({ "i": identificador }),
        );
        assert_eq!(data["adolescente"]["nome"], name);
    }
}

/// In the trail a client is its `sub` and its `azp`: there must be one way to write each.
#[test]
fn a_token_with_a_look_alike_name_is_let_in_by_no_door() {
    let app = App::vazio();
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
            app.credencial(&client, "tjrn", |claims| {
                claims[claim] = json!(format!("tj{hidden}rn"));
            });
            let eu = app.graphql(&client, "{ eu { sub } }", json!({}));
            assert_eq!(eu.status, 401, "{claim} {code_point}: {}", eu.texto);
            assert!(eu.texto.contains(code_point) && eu.texto.contains(claim), "{}", eu.texto);
            assert!(eu.headers["www-authenticate"].starts_with("Bearer"));
            for route in ["/api/v1/adolescentes/identificador/202600000001", "/tramites/1"] {
                let answer = app.get(&client, route);
                assert_eq!(answer.status, 401, "{route} {code_point}: {}", answer.texto);
                assert!(answer.texto.contains(code_point), "{route}: {}", answer.texto);
            }
            let mut ws = Ws::aberto(&app);
            ws.iniciar(&app.token(&client));
            assert_eq!(ws.fechamento().0, 4403, "{claim} {code_point}");
        }
    }
    app.credencial("certo", "tjrn", |claims| claims["sub"] = json!("f:9:joão@tjrn"));
    assert_eq!(app.gql("certo", "{ eu { sub } }")["eu"]["sub"], Value::from("f:9:joão@tjrn"));
}
