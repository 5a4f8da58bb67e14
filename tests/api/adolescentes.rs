//! Reads and changes of adolescentes, through both APIs.

use crate::support::{App, NewProcesso, Response, code, numero};
use serde_json::{Value, json};

fn request(
    app: &App,
    client: &str,
    method: &str,
    path: &str,
    body: &Value,
    extra: &[(&str, &str)],
) -> Response {
    app.rest(client, method, &format!("/api/v1/adolescentes{path}"), extra, body)
}

fn put(app: &App, body: &Value) -> Response {
    request(app, "tjrn", "PUT", "", body, &[])
}

#[test]
fn le_por_identificador_e_em_paginas_so_as_do_tribunal() {
    let app = App::new();
    let page =
        request(&app, "tjrn", "GET", "?size=4&page=1", &Value::Null, &[]).body["dados"].clone();
    assert_eq!(
        (&page["totalElements"], &page["numberOfElements"], &page["last"]),
        (&json!(6), &json!(2), &json!(true))
    );
    let first = &page["content"][0];
    let path = format!("/identificador/{}", first["identificador"].as_str().unwrap());
    let read = request(&app, "tjrn", "GET", &path, &Value::Null, &[]);
    assert_eq!((&read.body["dados"], read.headers["etag"].as_str()), (first, "\"1\""));
    let without_papel =
        request(&app, "tjrn-leitura", "GET", &path, &Value::Null, &[]).body["dados"].clone();
    assert!(
        first["cpf"].is_object()
            && without_papel.get("cpf").is_none()
            && without_papel.get("racaCor").is_none(),
        "{without_papel}"
    );
    let foreign = request(&app, "tjpe", "GET", &path, &Value::Null, &[]);
    assert_eq!(code(&foreign), (404, "ADOLESCENTE_NAO_ENCONTRADO"));
    assert_eq!(request(&app, "tjrn", "GET", "/identificador/1", &Value::Null, &[]).status, 400);
    assert_eq!(request(&app, "tjrn", "GET", "?nome=x", &Value::Null, &[]).status, 400);
}

#[test]
fn put_muda_o_que_vem_e_o_igual_nao_e_mudanca() {
    let app = App::empty();
    let ana = app.adolescente("tjrn");
    let change = json!({ "identificador": ana, "nomeMae": "Mãe Fictícia", "racaCor": "PARDA", "cpf": { "numero": "52998224725" },
        "possuiNomeSocial": "S", "nomeSocial": "Lua", "dataObito": "01/01/2026", "rg": { "numero": "7", "estadoRg": "RN" } });
    let done = put(&app, &change);
    assert_eq!(done.status, 200, "{}", done.text);
    let dados = &done.body["dados"];
    assert_eq!(
        (&dados["nome"], &dados["nomeSocial"], &dados["versao"]),
        (&json!("Ana"), &json!("Lua"), &json!(2))
    );
    assert_eq!(
        (&dados["dataObito"], &dados["rg"]["estadoRg"]),
        (&json!("01/01/2026"), &json!("RN"))
    );
    assert_eq!(&put(&app, &change).body["dados"], dados);
    let without_social = put(&app, &json!({ "identificador": ana, "possuiNomeSocial": "N" }));
    assert_eq!(without_social.body["dados"]["possuiNomeSocial"], "Não", "{}", without_social.text);
    let fields = app.database.text(elos::db::Sql::new(
        "SELECT string_agg(array_to_string(campos, '+'), ',' ORDER BY id) AS t FROM evento WHERE tipo = 'ADOLESCENTE_ATUALIZADO'",
    ));
    assert_eq!(fields, "nomeSocial+dataObito+racaCor+nomeMae+cpf+rg,nomeSocial");

    for (body, status, field) in [
        (json!({ "identificador": ana, "nome": null }), 400, "nome"),
        (json!({ "identificador": ana, "cadastroPendente": true }), 400, "cadastroPendente"),
        (
            json!({ "identificador": ana, "possuiNomeSocial": "N", "nomeSocial": "X" }),
            400,
            "possuiNomeSocial",
        ),
        (json!({ "identificador": ana, "dataNascimento": "01/01/2999" }), 400, "dataNascimento"),
        (json!({ "identificador": ana, "dataObito": "01/01/2001" }), 400, "dataObito"),
        (json!({ "identificador": ana, "cpf": { "numero": "52998224726" } }), 400, "cpf.numero"),
        (json!({ "nome": "x" }), 400, "identificador"),
        (json!({ "identificador": "x" }), 400, "identificador"),
        (json!({ "identificador": "203000000009" }), 404, "identificador"),
    ] {
        let response = put(&app, &body);
        assert_eq!(response.status, status, "{field}: {}", response.text);
        assert!(
            response.body["erros"][0].as_str().unwrap().starts_with(field),
            "{}",
            response.text
        );
    }
    assert_eq!(
        request(&app, "tjpe", "PUT", "", &json!({ "identificador": ana, "nome": "X" }), &[]).status,
        404
    );
    let old = request(
        &app,
        "tjrn",
        "PUT",
        "",
        &json!({ "identificador": ana, "nome": "X" }),
        &[("If-Match", "\"1\"")],
    );
    assert_eq!(code(&old), (412, "CONFLITO_DE_VERSAO"));
}

#[test]
fn r25_cpf_de_outro_registro() {
    let app = App::empty();
    let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
    let with_cpf = |identificador: &str| json!({ "identificador": identificador, "cpf": { "numero": "52998224725" } });
    assert_eq!(put(&app, &with_cpf(&ana)).status, 200);
    let taken = put(&app, &with_cpf(&rui));
    assert_eq!(code(&taken), (409, "ADOLESCENTE_JA_EXISTE"));
    assert!(taken.text.contains(&ana), "{}", taken.text);

    // Exactly one of many simultaneous changes to one CPF succeeds.
    let identificadores: Vec<String> = (0..16).map(|_| app.adolescente("tjrn")).collect();
    let mut status: Vec<u16> = std::thread::scope(|scope| {
        let handles: Vec<_> = identificadores
            .iter()
            .map(|identificador| {
                let (app, body) = (
                    &app,
                    json!({ "identificador": identificador, "cpf": { "numero": "00000000191" } }),
                );
                scope.spawn(move || put(app, &body).status)
            })
            .collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    status.sort_unstable();
    assert_eq!((status[0], &status[1..]), (200, &[409; 15][..]));
}

#[test]
fn r24_o_pendente_se_completa_e_o_minimo_nao_se_apaga() {
    let app = App::empty();
    let ana = app.adolescente("tjrn");
    let numero = numero(0);
    app.cadastrado("tjrn", &NewProcesso::apuracao(&numero, &[&ana]));
    let path = format!("/api/v1/processos/{numero}/apuracao/adolescentes/203000000001");
    assert_eq!(app.post_text("tjrn", &path, "").status, 200);

    let mutation = "mutation($i: AtualizarAdolescenteInput!) { atualizarAdolescente(input: $i) { alterado adolescente { cadastroPendente nome versao } erros { codigo campo } } }";
    let change = |identificador: &str, dados: Value| {
        app.gql_with(
            "tjrn",
            mutation,
            json!({ "i": { "identificador": identificador, "dados": dados } }),
        )["atualizarAdolescente"]
            .clone()
    };
    let part = change("203000000001", json!({ "nome": "Eva" }));
    assert_eq!(
        part["adolescente"],
        json!({ "cadastroPendente": true, "nome": "Eva", "versao": 2 })
    );
    let delete = change("203000000001", json!({ "nome": null }));
    assert_eq!(
        delete["erros"],
        json!([{ "codigo": "CAMPO_OBRIGATORIO", "campo": ["input", "dados", "nome"] }])
    );
    let integer = json!({ "sobrenome": "Fictícia", "dataNascimento": "2010-01-01", "sexoBiologico": "FEMININO" });
    assert_eq!(change("203000000001", integer)["adolescente"]["cadastroPendente"], false);
    let delete = change("203000000001", json!({ "sexoBiologico": null, "sobrenome": " " }));
    assert_eq!(
        delete["erros"],
        json!([{ "codigo": "CAMPO_INVALIDO", "campo": ["input", "dados", "sobrenome"] },
               { "codigo": "CAMPO_OBRIGATORIO", "campo": ["input", "dados", "sexoBiologico"] }])
    );
    assert_eq!(change("203000000001", json!({}))["alterado"], false);
    assert_eq!(
        change("203000000009", json!({}))["erros"][0]["codigo"],
        "ADOLESCENTE_NAO_ENCONTRADO"
    );
    let after_null = change(&ana, json!({ "naturalidade": "Natal" }));
    assert_eq!(after_null["alterado"], true);
    assert_eq!(change(&ana, json!({ "naturalidade": null }))["alterado"], true);
}

/// An input that can never succeed is a 400 in every state. Otherwise the two APIs would differ.
#[test]
fn campo_ilegivel_e_400_ainda_que_o_registro_falte_ou_a_versao_seja_velha() {
    let app = App::empty();
    let ana = app.adolescente("tjrn");
    let absent = put(&app, &json!({ "identificador": "203000000009", "dataNascimento": "x" }));
    let old = json!({ "identificador": ana, "sexoBiologico": "X" });
    let old = request(&app, "tjrn", "PUT", "", &old, &[("If-Match", "\"7\"")]);
    for (response, second) in [(absent, "identificador: "), (old, "If-Match: ")] {
        assert_eq!(response.status, 400, "{}", response.text);
        assert_eq!(response.body["mensagemDesenvolvedor"], "CAMPO_INVALIDO");
        let errors = response.body["erros"].as_array().unwrap();
        assert!(errors.len() == 2 && errors[1].as_str().unwrap().starts_with(second), "{errors:?}");
    }
}

#[test]
fn texto_em_branco_num_documento_nao_o_apaga() {
    let app = App::empty();
    let ana = app.adolescente("tjrn");
    let rg = json!({ "identificador": ana, "rg": { "numero": "7" } });
    assert_eq!(put(&app, &rg).status, 200);
    let mutation = "mutation($i: AtualizarAdolescenteInput!) { atualizarAdolescente(input: $i) { alterado erros { codigo campo } } }";
    let dados =
        json!({ "rg": { "numero": " " }, "certidaoNascimento": { "folha": "", "livro": "1" } });
    let refused =
        app.gql_with("tjrn", mutation, json!({ "i": { "identificador": ana, "dados": dados } }));
    assert_eq!(
        refused["atualizarAdolescente"]["erros"],
        json!([{ "codigo": "CAMPO_INVALIDO", "campo": ["input", "dados", "rg", "numero"] },
               { "codigo": "CAMPO_INVALIDO", "campo": ["input", "dados", "certidaoNascimento", "folha"] }])
    );
    let read = app.gql(
        "tjrn",
        &format!(r#"{{ adolescente(identificador: "{ana}") {{ rg {{ numero }} certidaoNascimento {{ livro }} }} }}"#),
    );
    assert_eq!(read["adolescente"]["rg"]["numero"], "7", "{read}");
}
