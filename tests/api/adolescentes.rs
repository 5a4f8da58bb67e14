//! Reading and changing records of adolescentes, through both doors.

use crate::support::{App, Resposta};
use serde_json::{Value, json};

fn pedir(
    app: &App,
    cliente: &str,
    metodo: &str,
    caminho: &str,
    corpo: &Value,
    mais: &[(&str, &str)],
) -> Resposta {
    let bearer = format!("Bearer {}", app.token(cliente));
    let mut headers =
        vec![("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    headers.extend(mais);
    let corpo = if corpo.is_null() { String::new() } else { corpo.to_string() };
    app.pedir(metodo, &format!("/api/v1/adolescentes{caminho}"), &headers, corpo.as_bytes())
}

fn put(app: &App, corpo: &Value) -> Resposta {
    pedir(app, "tjrn", "PUT", "", corpo, &[])
}

#[test]
fn le_por_identificador_e_em_paginas_so_as_do_tribunal() {
    let app = App::novo();
    let pagina =
        pedir(&app, "tjrn", "GET", "?size=4&page=1", &Value::Null, &[]).corpo["dados"].clone();
    assert_eq!(
        (&pagina["totalElements"], &pagina["numberOfElements"], &pagina["last"]),
        (&json!(6), &json!(2), &json!(true))
    );
    let um = &pagina["content"][0];
    let caminho = format!("/identificador/{}", um["identificador"].as_str().unwrap());
    let lido = pedir(&app, "tjrn", "GET", &caminho, &Value::Null, &[]);
    assert_eq!((&lido.corpo["dados"], lido.headers["etag"].as_str()), (um, "\"1\""));
    let sem_papel =
        pedir(&app, "tjrn-leitura", "GET", &caminho, &Value::Null, &[]).corpo["dados"].clone();
    assert!(
        um["cpf"].is_object()
            && sem_papel.get("cpf").is_none()
            && sem_papel.get("racaCor").is_none(),
        "{sem_papel}"
    );
    let alheio = pedir(&app, "tjpe", "GET", &caminho, &Value::Null, &[]);
    assert_eq!(
        (alheio.status, &alheio.corpo["mensagemDesenvolvedor"]),
        (404, &json!("ADOLESCENTE_NAO_ENCONTRADO"))
    );
    assert_eq!(pedir(&app, "tjrn", "GET", "/identificador/1", &Value::Null, &[]).status, 400);
    assert_eq!(pedir(&app, "tjrn", "GET", "?nome=x", &Value::Null, &[]).status, 400);
}

#[test]
fn put_muda_o_que_vem_e_o_igual_nao_e_mudanca() {
    let app = App::vazio();
    let ana = app.adolescente("tjrn");
    let mudanca = json!({ "identificador": ana, "nomeMae": "Mãe Fictícia", "racaCor": "PARDA", "cpf": { "numero": "52998224725" },
        "possuiNomeSocial": "S", "nomeSocial": "Lua", "dataObito": "01/01/2026", "rg": { "numero": "7", "estadoRg": "RN" } });
    let feito = put(&app, &mudanca);
    assert_eq!(feito.status, 200, "{}", feito.texto);
    let dados = &feito.corpo["dados"];
    assert_eq!(
        (&dados["nome"], &dados["nomeSocial"], &dados["versao"]),
        (&json!("Ana"), &json!("Lua"), &json!(2))
    );
    assert_eq!(
        (&dados["dataObito"], &dados["rg"]["estadoRg"]),
        (&json!("01/01/2026"), &json!("RN"))
    );
    assert_eq!(&put(&app, &mudanca).corpo["dados"], dados);
    let sem_social = put(&app, &json!({ "identificador": ana, "possuiNomeSocial": "N" }));
    assert_eq!(sem_social.corpo["dados"]["possuiNomeSocial"], "Não", "{}", sem_social.texto);
    let campos = app.banco.texto(elos::db::Sql::new(
        "SELECT string_agg(array_to_string(campos, '+'), ',' ORDER BY id) AS t FROM evento WHERE tipo = 'ADOLESCENTE_ATUALIZADO'",
    ));
    assert_eq!(campos, "nomeSocial+dataObito+racaCor+nomeMae+cpf+rg,nomeSocial");

    for (corpo, status, campo) in [
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
        let resposta = put(&app, &corpo);
        assert_eq!(resposta.status, status, "{campo}: {}", resposta.texto);
        assert!(
            resposta.corpo["erros"][0].as_str().unwrap().starts_with(campo),
            "{}",
            resposta.texto
        );
    }
    assert_eq!(
        pedir(&app, "tjpe", "PUT", "", &json!({ "identificador": ana, "nome": "X" }), &[]).status,
        404
    );
    let velho = pedir(
        &app,
        "tjrn",
        "PUT",
        "",
        &json!({ "identificador": ana, "nome": "X" }),
        &[("If-Match", "\"1\"")],
    );
    assert_eq!(
        (velho.status, &velho.corpo["mensagemDesenvolvedor"]),
        (412, &json!("CONFLITO_DE_VERSAO"))
    );
}

#[test]
fn r25_cpf_de_outro_registro() {
    let app = App::vazio();
    let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
    let com_cpf = |quem: &str| json!({ "identificador": quem, "cpf": { "numero": "52998224725" } });
    assert_eq!(put(&app, &com_cpf(&ana)).status, 200);
    let tomado = put(&app, &com_cpf(&rui));
    assert_eq!(
        (tomado.status, &tomado.corpo["mensagemDesenvolvedor"]),
        (409, &json!("ADOLESCENTE_JA_EXISTE"))
    );
    assert!(tomado.texto.contains(&ana), "{}", tomado.texto);

    // Of many that take one CPF at once, one does.
    let quem: Vec<String> = (0..16).map(|_| app.adolescente("tjrn")).collect();
    let mut status: Vec<u16> = std::thread::scope(|escopo| {
        let correm: Vec<_> = quem
            .iter()
            .map(|quem| {
                let (app, corpo) =
                    (&app, json!({ "identificador": quem, "cpf": { "numero": "00000000191" } }));
                escopo.spawn(move || put(app, &corpo).status)
            })
            .collect();
        correm.into_iter().map(|corre| corre.join().unwrap()).collect()
    });
    status.sort_unstable();
    assert_eq!((status[0], &status[1..]), (200, &[409; 15][..]));
}

#[test]
fn r24_o_pendente_se_completa_e_o_minimo_nao_se_apaga() {
    let app = App::vazio();
    let ana = app.adolescente("tjrn");
    let numero = elos::processo::NumeroProcesso::sintetico(9_300_000, 2024, 820, 1).to_string();
    let processo = json!({ "numeroProcesso": numero, "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL", "idOrgao": 1,
        "appNameSistemaTribunal": "t", "identificadoresAdolescentes": [ana] });
    assert_eq!(app.post("tjrn", "/api/v1/processos", &processo).status, 200);
    let caminho = format!("/api/v1/processos/{numero}/apuracao/adolescentes/203000000001");
    assert_eq!(app.post_texto("tjrn", &caminho, "").status, 200);

    let mutation = "mutation($i: AtualizarAdolescenteInput!) { atualizarAdolescente(input: $i) { alterado adolescente { cadastroPendente nome versao } erros { codigo campo } } }";
    let mudar = |quem: &str, dados: Value| {
        app.gql_com("tjrn", mutation, json!({ "i": { "identificador": quem, "dados": dados } }))["atualizarAdolescente"].clone()
    };
    let parte = mudar("203000000001", json!({ "nome": "Eva" }));
    assert_eq!(
        parte["adolescente"],
        json!({ "cadastroPendente": true, "nome": "Eva", "versao": 2 })
    );
    let apagar = mudar("203000000001", json!({ "nome": null }));
    assert_eq!(
        apagar["erros"],
        json!([{ "codigo": "CAMPO_OBRIGATORIO", "campo": ["input", "dados", "nome"] }])
    );
    let inteiro = json!({ "sobrenome": "Fictícia", "dataNascimento": "2010-01-01", "sexoBiologico": "FEMININO" });
    assert_eq!(mudar("203000000001", inteiro)["adolescente"]["cadastroPendente"], false);
    let apagar = mudar("203000000001", json!({ "sexoBiologico": null, "sobrenome": " " }));
    assert_eq!(
        apagar["erros"],
        json!([{ "codigo": "CAMPO_INVALIDO", "campo": ["input", "dados", "sobrenome"] },
               { "codigo": "CAMPO_OBRIGATORIO", "campo": ["input", "dados", "sexoBiologico"] }])
    );
    assert_eq!(mudar("203000000001", json!({}))["alterado"], false);
    assert_eq!(
        mudar("203000000009", json!({}))["erros"][0]["codigo"],
        "ADOLESCENTE_NAO_ENCONTRADO"
    );
    let nulo = mudar(&ana, json!({ "naturalidade": "Natal" }));
    assert_eq!(nulo["alterado"], true);
    assert_eq!(mudar(&ana, json!({ "naturalidade": null }))["alterado"], true);
}

/// What can never succeed is a 400, whatever the state: the doors would differ otherwise.
#[test]
fn campo_ilegivel_e_400_ainda_que_o_registro_falte_ou_a_versao_seja_velha() {
    let app = App::vazio();
    let ana = app.adolescente("tjrn");
    let ausente = put(&app, &json!({ "identificador": "203000000009", "dataNascimento": "x" }));
    let velha = json!({ "identificador": ana, "sexoBiologico": "X" });
    let velha = pedir(&app, "tjrn", "PUT", "", &velha, &[("If-Match", "\"7\"")]);
    for (resposta, segundo) in [(ausente, "identificador: "), (velha, "If-Match: ")] {
        assert_eq!(resposta.status, 400, "{}", resposta.texto);
        assert_eq!(resposta.corpo["mensagemDesenvolvedor"], "CAMPO_INVALIDO");
        let erros = resposta.corpo["erros"].as_array().unwrap();
        assert!(erros.len() == 2 && erros[1].as_str().unwrap().starts_with(segundo), "{erros:?}");
    }
}

#[test]
fn texto_em_branco_num_documento_nao_o_apaga() {
    let app = App::vazio();
    let ana = app.adolescente("tjrn");
    let rg = json!({ "identificador": ana, "rg": { "numero": "7" } });
    assert_eq!(put(&app, &rg).status, 200);
    let mutation = "mutation($i: AtualizarAdolescenteInput!) { atualizarAdolescente(input: $i) { alterado erros { codigo campo } } }";
    let dados =
        json!({ "rg": { "numero": " " }, "certidaoNascimento": { "folha": "", "livro": "1" } });
    let recusado =
        app.gql_com("tjrn", mutation, json!({ "i": { "identificador": ana, "dados": dados } }));
    assert_eq!(
        recusado["atualizarAdolescente"]["erros"],
        json!([{ "codigo": "CAMPO_INVALIDO", "campo": ["input", "dados", "rg", "numero"] },
               { "codigo": "CAMPO_INVALIDO", "campo": ["input", "dados", "certidaoNascimento", "folha"] }])
    );
    let lido = app.gql(
        "tjrn",
        &format!(r#"{{ adolescente(identificador: "{ana}") {{ rg {{ numero }} certidaoNascimento {{ livro }} }} }}"#),
    );
    assert_eq!(lido["adolescente"]["rg"]["numero"], "7", "{lido}");
}
