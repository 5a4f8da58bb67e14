//! `busca`: one box that finds numbers and names.

use crate::support::{App, NewProcesso, Settings, Template, new_adolescente, numero, numero_of};
use serde_json::{Value, json};

const QUERY: &str =
    "query($t: String!, $e: [AlvoDaBusca!], $f: Int) { busca(texto: $t, em: $e, first: $f) {
    alvo score processo { numero } adolescente { nome nomeSocial } guia { numero } } }";

fn found(app: &App, client: &str, text: &str) -> Vec<Value> {
    let data = app.gql_with(client, QUERY, json!({ "t": text }));
    data["busca"].as_array().unwrap().clone()
}

fn names(app: &App, client: &str, text: &str) -> Vec<String> {
    let hits = found(app, client, text).into_iter();
    hits.filter(|hit| hit["alvo"] == "ADOLESCENTES")
        .map(|hit| {
            hit["adolescente"]["nomeSocial"]
                .as_str()
                .or(hit["adolescente"]["nome"].as_str())
                .unwrap()
                .to_owned()
        })
        .collect()
}

fn with(fields: &Value) -> Value {
    let mut adolescente = new_adolescente();
    for (name, value) in fields.as_object().unwrap() {
        adolescente[name] = value.clone();
    }
    adolescente
}

fn register(app: &App, client: &str, fields: &Value) -> String {
    let response = app.post(client, "/api/v1/adolescentes", &with(fields));
    assert_eq!(response.status, 200, "{}", response.text);
    response.body["dados"]["identificador"].as_str().unwrap().to_owned()
}

#[test]
fn parte_de_um_numero_em_qualquer_mascara() {
    let app = App::empty();
    let adolescente = app.adolescente("tjrn");
    for n in [1, 2] {
        app.cadastrado("tjrn", &NewProcesso::apuracao(&numero(n), &[&adolescente]));
    }
    let foreign = app.adolescente("tjpe");
    app.cadastrado("tjpe", &NewProcesso::apuracao(&numero_of(817, 1), &[&foreign]));
    let whole = numero(1);
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    for text in [&*whole, &*digits, &whole[..10], &digits[..9], &digits[2..9], &whole[3..15]] {
        let hits = found(&app, "tjrn", text);
        assert_eq!(hits[0]["processo"]["numero"], whole, "{text}: {hits:?}");
        assert!(hits.iter().all(|hit| hit["alvo"] == "PROCESSOS"), "{hits:?}");
    }
    // The beginning of a number is a better match than its middle.
    assert!(
        found(&app, "tjrn", &digits[..9])[0]["score"].as_f64()
            > found(&app, "tjrn", &digits[2..9])[0]["score"].as_f64()
    );
}

#[test]
fn nomes_sem_acento_nem_caixa_e_o_nome_social_primeiro() {
    let app = App::empty();
    register(&app, "tjrn", &json!({ "nome": "Zoé", "sobrenome": "Fictícia Ávila" }));
    register(
        &app,
        "tjrn",
        &json!({ "nome": "Hermenegildo", "nomeSocial": "Zoraide", "sobrenome": "Fictícia" }),
    );
    register(&app, "tjpe", &json!({ "nome": "Zoé", "sobrenome": "Fictícia Ávila" }));
    for text in ["zoe", "ZOÉ", "avila zoé", "fict zoe"] {
        assert_eq!(names(&app, "tjrn", text), ["Zoé"], "{text}");
    }
    assert_eq!(names(&app, "tjrn", "zoraide"), ["Zoraide"]);
    assert_eq!(names(&app, "tjrn-leitura", "zoraide"), ["Zoraide"]);
    // The civil name of a person who has a social name is sensitive: it finds nothing without the
    // papel.
    assert_eq!(names(&app, "tjrn", "hermenegildo"), ["Zoraide"]);
    assert_eq!(
        found(&app, "tjrn-leitura", "hermenegildo"),
        found(&app, "tjrn-leitura", "ninguem assim")
    );
    assert_eq!(names(&app, "tjrn", "zoe silva"), [""; 0]);
    // A character with a meaning in LIKE only separates words.
    for text in ["%%%zoe", "zoe_", "zoe%"] {
        assert_eq!(names(&app, "tjrn", text), ["Zoé"], "{text}");
    }
}

#[test]
fn magistrado_e_so_os_alvos_pedidos() {
    let app = App::empty();
    let adolescente =
        register(&app, "tjrn", &json!({ "nome": "Jacinta", "sobrenome": "Fictícia" }));
    for (n, magistrado) in
        [(1, "Dra. Jacinta Fictícia"), (2, "Dr. Outro Fictício"), (3, "Dra. Jacinta Fictícia")]
    {
        let processo =
            NewProcesso::apuracao(&numero(n), &[&adolescente]).with("magistradoNome", magistrado);
        app.cadastrado("tjrn", &processo);
    }
    let targets = |em: Value| {
        let data = app.gql_with("tjrn", QUERY, json!({ "t": "jacinta", "e": em }));
        let hits = data["busca"].as_array().unwrap().clone();
        hits.iter().map(|hit| hit["alvo"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(targets(json!(null)), ["ADOLESCENTES", "MAGISTRADOS", "MAGISTRADOS"]);
    assert_eq!(targets(json!(["MAGISTRADOS"])), ["MAGISTRADOS", "MAGISTRADOS"]);
    assert_eq!(targets(json!(["PROCESSOS", "GUIAS"])), [""; 0]);
    let first = app.gql_with("tjrn", QUERY, json!({ "t": "jacinta", "f": 1 }));
    assert_eq!(first["busca"].as_array().unwrap().len(), 1);
    assert_eq!(app.code("cnj", "{ busca(texto: \"jacinta\") { score } }"), "SEM_PERMISSAO");
    for text in ["", "ab", "1234", "%%%", "....."] {
        let response = app.graphql("tjrn", QUERY, json!({ "t": text }));
        assert_eq!(response.body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{text}");
    }
}

/// A caller cannot learn by many searches which numbers exist: each that finds nothing counts.
#[test]
fn searches_that_find_nothing_count_as_attempts() {
    let app =
        App::with(Template::Empty, Settings { absences_per_minute: 3, ..Settings::default() });
    let refused = (0..8).any(|n| {
        let query = format!("{{ busca(texto: \"900074{n}\") {{ score }} }}");
        let response = app.graphql("tjrn", &query, json!({}));
        response.body["errors"][0]["extensions"]["code"] == "LIMITE_DE_REQUISICOES"
    });
    assert!(refused);
}
