//! The reads of the façade: E1, E4, E7, E8.

use crate::support::{App, Response, code};
use serde_json::{Value, json};

fn get(app: &App, client: &str, path: &str) -> Response {
    app.get(client, &format!("/api/v1/processos{path}"))
}

fn page(app: &App, params: &str) -> Value {
    let response = get(app, "tjrn", &format!("?{params}"));
    assert_eq!(response.status, 200, "{params}: {}", response.text);
    response.body["dados"].clone()
}

#[test]
fn e4_and_e8_by_code_and_by_numero_are_the_same() {
    let app = App::new();
    let processo = page(&app, "size=1")["content"][0].clone();
    let digits = processo["numeroProcesso"].as_str().unwrap();
    let numero: elos::processo::NumeroProcesso = digits.parse().unwrap();
    for path in [
        format!("/{}", processo["id"]),
        format!("/numero-processo/{digits}"),
        format!("/numero-processo/{numero}"),
    ] {
        let response = get(&app, "tjrn", &path);
        assert_eq!((response.status, &response.body["dados"]), (200, &processo), "{path}");
        assert_eq!(response.headers["etag"], "\"1\"");
        let foreign = get(&app, "tjpe", &path);
        assert_eq!(code(&foreign), (404, "PROCESSO_NAO_ENCONTRADO"));
    }
    for (path, status) in [
        ("/x", 400),
        ("/+1", 400),
        ("/99999999999999999999", 400),
        ("/999999", 404),
        ("/numero-processo/1", 400),
    ] {
        assert_eq!(get(&app, "tjrn", path).status, status, "{path}");
    }
}

#[test]
fn e7_a_apuracao_pelo_numero_dela_ou_da_execucao() {
    let app = App::new();
    let execucao =
        page(&app, "tipoProcesso=EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS&size=1")["content"][0].clone();
    for field in ["numeroProcesso", "numeroProcessoReferencia"] {
        let path = format!("/apuracao/numero-processo/{}", execucao[field].as_str().unwrap());
        let response = get(&app, "tjrn", &path);
        assert_eq!(
            response.body["dados"]["numeroProcesso"], execucao["numeroProcessoReferencia"],
            "{}",
            response.text
        );
        assert_eq!(get(&app, "tjpe", &path).status, 404);
    }
}

#[test]
fn e1_pages_have_the_form_of_spring() {
    let app = App::new();
    let all = page(&app, "");
    assert_eq!(
        (&all["totalElements"], &all["size"], &all["totalPages"]),
        (&json!(10), &json!(100), &json!(1))
    );
    assert_eq!(
        (&all["first"], &all["last"], &all["empty"], &all["numberOfElements"]),
        (&json!(true), &json!(true), &json!(false), &json!(10))
    );
    let second = page(&app, "page=1&size=4");
    assert_eq!(second["content"].as_array().unwrap()[..], all["content"].as_array().unwrap()[4..8]);
    assert_eq!(
        (&second["number"], &second["totalPages"], &second["last"], &second["pageable"]["offset"]),
        (&json!(1), &json!(3), &json!(false), &json!(4))
    );
    let outside = page(&app, "page=9&size=4");
    assert_eq!(
        (&outside["empty"], &outside["content"], &outside["totalElements"]),
        (&json!(true), &json!([]), &json!(10))
    );
    let reversed = page(&app, "sort=numeroProcesso,desc");
    let numeros: Vec<_> = reversed["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["numeroProcesso"].as_str().unwrap())
        .collect();
    assert!(numeros.windows(2).all(|pair| pair[0] > pair[1]), "{numeros:?}");
    assert!(all["content"][0]["adolescentes"].as_array().unwrap().len() == 2, "{all}");
}

#[test]
fn e1_filters_add_up_and_an_unknown_one_is_refused() {
    let app = App::new();
    let total = |params: &str| page(&app, params)["totalElements"].as_u64().unwrap();
    let adolescente =
        page(&app, "size=1")["content"][0]["adolescentes"][0]["identificador"].clone();
    let adolescente = adolescente.as_str().unwrap();
    assert_eq!(total("tipoProcesso=EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS"), 4);
    assert_eq!(total(&format!("identificadorAdolescente={adolescente}")), 3);
    assert_eq!(
        total(&format!(
            "identificadorAdolescente={adolescente}&tipoProcesso=EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS"
        )),
        1
    );
    assert_eq!(total("situacaoProcesso=Ativo"), 10);
    assert_eq!(total("situacaoProcesso=ARQUIVADO"), 0);
    assert_eq!((total("situacaoGuia=ATIVO"), total("situacaoGuia=BAIXADA")), (4, 2));
    assert_eq!(total("situacaoGuia=ATIVO&tipoProcesso=EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS"), 0);
    assert_eq!(total("situacaoProcesso="), 10);
    for tribunal in ["20", "820", "8.20"] {
        assert_eq!(total(&format!("codigoTribunal={tribunal}")), 10);
    }
    let foreign = get(&app, "tjrn", "?codigoTribunal=17");
    assert_eq!(code(&foreign), (403, "SEM_PERMISSAO"));
    assert_eq!(get(&app, "cnj", "?codigoTribunal=17").body["dados"]["totalElements"], 10);
    for (params, name) in [
        ("situacao=ATIVO", "situacao"),
        ("codigoTribunal=99", "codigoTribunal"),
        ("tipoProcesso=x", "tipoProcesso"),
        ("tipoProcesso=%09", "tipoProcesso"),
        ("identificadorAdolescente=1", "identificadorAdolescente"),
        ("situacaoProcesso=x", "situacaoProcesso"),
        ("situacaoGuia=x", "situacaoGuia"),
        ("page=-1", "page"),
        ("size=0", "size"),
        ("size=1001", "size"),
        ("page=x", "page"),
        ("sort=nome", "sort"),
        ("sort=id,para-cima", "sort"),
        ("size=1&size=2", "size"),
    ] {
        let response = get(&app, "tjrn", &format!("?{params}"));
        assert_eq!(response.status, 400, "{params}: {}", response.text);
        assert!(
            response.body["erros"][0].as_str().unwrap().starts_with(&format!("{name}: ")),
            "{}",
            response.text
        );
    }
    // A form sends an empty filter like this.
    assert_eq!(get(&app, "tjrn", "?tipoProcesso=&page=&sort=").status, 200);
}
