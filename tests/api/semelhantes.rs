//! R25: who may be registered already, asked before registering.

use crate::support::{App, Resposta};
use serde_json::{Value, json};

fn registrar(app: &App, cliente: &str, dados: &Value) -> String {
    let resposta = app.post(cliente, "/api/v1/adolescentes", dados);
    assert_eq!(resposta.status, 200, "{}", resposta.texto);
    resposta.corpo["dados"]["identificador"].as_str().unwrap().to_owned()
}

fn pessoa(nome: &str, sobrenome: &str, nascimento: &str, mae: &str) -> Value {
    json!({ "nome": nome, "sobrenome": sobrenome, "dataNascimento": nascimento, "sexoBiologico": "FEMININO", "nomeMae": mae })
}

fn achados(resposta: &Resposta) -> Vec<(String, f64)> {
    let dados = resposta.corpo["dados"].as_array().expect(&resposta.texto);
    let um = |dado: &Value| {
        let score = dado["scoreSimilaridade"].as_str().unwrap().parse().unwrap();
        (dado["identificador"].as_str().unwrap().to_owned(), score)
    };
    dados.iter().map(um).collect()
}

const SIMILARIDADE: &str = "/api/v1/adolescentes/similaridade";

#[test]
fn r25_nome_mae_e_nascimento_somam() {
    let app = App::vazio();
    let certa = registrar(
        &app,
        "tjrn",
        &pessoa("Inês", "Fictícia da Conceição", "10/03/2010", "Úrsula Fictícia"),
    );
    let outra = registrar(
        &app,
        "tjrn",
        &pessoa("Inez", "Fictícia Conceição", "11/05/2008", "Márcia Inventada"),
    );
    registrar(&app, "tjrn", &pessoa("Bruna", "Imaginária", "10/03/2010", "Úrsula Fictícia"));
    registrar(
        &app,
        "tjpe",
        &pessoa("Inês", "Fictícia da Conceição", "10/03/2010", "Úrsula Fictícia"),
    );

    let procura = json!({ "nome": "INES", "sobrenome": "FICTICIA DA CONCEICAO", "dataNascimento": "10/03/2010",
        "nomeMae": "ursula ficticia" });
    let resposta = app.post("tjrn", SIMILARIDADE, &procura);
    let lista = achados(&resposta);
    assert_eq!(lista.iter().map(|(quem, _)| quem.as_str()).collect::<Vec<_>>(), [&certa, &outra]);
    assert!((lista[0].1 - 1.0).abs() < 0.001 && lista[1].1 < 0.7, "{lista:?}");
    // Day and month right, year mistyped: still likely.
    let quase = json!({ "nome": "Inês", "sobrenome": "Fictícia da Conceição", "dataNascimento": "10/03/2011" });
    assert!((achados(&app.post("tjrn", SIMILARIDADE, &quase))[0].1 - 0.83).abs() < 0.02);
    // A first name alone, in the address.
    let bearer = format!("Bearer {}", app.token("tjrn"));
    let so_nome = app.pedir(
        "GET",
        &format!("{SIMILARIDADE}?nome=ines&limite=1"),
        &[("Authorization", &bearer)],
        b"",
    );
    assert_eq!(achados(&so_nome).len(), 1, "{}", so_nome.texto);
    assert_eq!(achados(&app.post("tjrn", SIMILARIDADE, &json!({ "nome": "Zulmira" }))), []);
    // The foreign record is not there; a national reader has no tribunal to search in.
    assert_eq!(app.post("cnj", SIMILARIDADE, &procura).status, 403);
}

#[test]
fn r25_no_grafo() {
    let app = App::vazio();
    let quem =
        registrar(&app, "tjrn", &pessoa("Inês", "Fictícia", "10/03/2010", "Úrsula Fictícia"));
    let dados = app.gql(
        "tjrn",
        r#"{ adolescentesSemelhantes(nome: "Ines", sobrenome: "Ficticia", dataNascimento: "2010-03-10") { score adolescente { identificador } } }"#,
    );
    assert_eq!(
        dados["adolescentesSemelhantes"],
        json!([{ "score": 1.0, "adolescente": { "identificador": quem } }])
    );
    for argumentos in [r#"nome: """#, r#"nome: "a", limite: 0"#, r#"nome: "a", limite: 51"#] {
        let query = format!("{{ adolescentesSemelhantes({argumentos}) {{ score }} }}");
        let resposta = app.graphql("tjrn", &query, json!({}));
        let error = &resposta.corpo["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{argumentos}");
        let campo = if argumentos.contains("limite") { "limite:" } else { "nome:" };
        assert!(error["message"].as_str().unwrap().starts_with(campo), "{}", resposta.texto);
    }
    let branca = r#"{ adolescentesSemelhantes(nome: "Ines", sobrenome: "Ficticia", nomeMae: " ") { score } }"#;
    assert_eq!(app.gql("tjrn", branca)["adolescentesSemelhantes"][0]["score"], 1.0);
    assert_eq!(
        app.codigo("cnj", r#"{ adolescentesSemelhantes(nome: "Ines") { score } }"#),
        "SEM_PERMISSAO"
    );
    // Found or not, a search is dear: one operation has fifty.
    let muitas: Vec<_> = (0..51)
        .map(|n| format!("a{n}: adolescentesSemelhantes(nome: \"Zulmira\") {{ score }}"))
        .collect();
    let resposta = app.graphql("tjrn", &format!("{{ {} }}", muitas.join(" ")), json!({}));
    assert_eq!(resposta.corpo["errors"].as_array().unwrap().len(), 1, "{}", resposta.texto);
    assert_eq!(resposta.corpo["errors"][0]["extensions"]["code"], "DOCUMENTO_EXCEDE_LIMITE");
}

/// What a caller may not read does not count for them either: neither the
/// mother, nor the civil name behind a social one.
#[test]
fn r25_o_sensivel_nao_se_descobre_pela_semelhanca() {
    let app = App::vazio();
    let social = json!({ "nome": "Antônio", "sobrenome": "Fictício", "possuiNomeSocial": "S", "nomeSocial": "Estela",
        "dataNascimento": "10/03/2010", "sexoBiologico": "MASCULINO", "nomeMae": "Úrsula Fictícia" });
    let quem = registrar(&app, "tjrn", &social);
    let civil = json!({ "nome": "Antonio Ficticio" });
    assert_eq!(achados(&app.post("tjrn", SIMILARIDADE, &civil))[0], (quem.clone(), 1.0));
    let sem = achados(&app.post("tjrn-leitura", SIMILARIDADE, &civil));
    assert!(sem.iter().all(|(_, score)| *score < 0.6), "{sem:?}");
    let score = |cliente, mae: &str| {
        let procura = json!({ "nome": "Estela", "sobrenome": "Fictício", "nomeMae": mae });
        achados(&app.post(cliente, SIMILARIDADE, &procura))[0].1
    };
    assert!(score("tjrn", "Úrsula Fictícia") > score("tjrn", "Zenaide"));
    assert!(
        (score("tjrn-leitura", "Úrsula Fictícia") - score("tjrn-leitura", "Zenaide")).abs() < 0.001
    );
}

#[test]
fn r25_procura_malformada_diz_o_campo() {
    let app = App::vazio();
    let bearer = format!("Bearer {}", app.token("tjrn"));
    for (consulta, campo) in [
        ("", "nome"),
        ("?nome=", "nome"),
        ("?nome=a&limite=0", "limite"),
        ("?nome=a&limite=x", "limite"),
        ("?nome=a&dataNascimento=2010-01-01", "dataNascimento"),
        ("?nome=a&mae=b", "mae"),
    ] {
        let resposta = app.pedir(
            "GET",
            &format!("{SIMILARIDADE}{consulta}"),
            &[("Authorization", &bearer)],
            b"",
        );
        assert_eq!(resposta.status, 400, "{consulta}: {}", resposta.texto);
        assert!(
            resposta.corpo["erros"][0].as_str().unwrap().starts_with(campo),
            "{}",
            resposta.texto
        );
    }
    assert_eq!(app.post("tjrn", SIMILARIDADE, &json!({ "sobrenome": "x" })).status, 400);
}
