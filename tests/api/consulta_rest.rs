//! What the façade reads: E1, E4, E7, E8.

use crate::support::{App, Resposta};
use serde_json::{Value, json};

fn get(app: &App, cliente: &str, caminho: &str) -> Resposta {
    let bearer = format!("Bearer {}", app.token(cliente));
    app.pedir(
        "GET",
        &format!("/api/v1/processos{caminho}"),
        &[("Authorization", bearer.as_str())],
        b"",
    )
}

fn pagina(app: &App, parametros: &str) -> Value {
    let resposta = get(app, "tjrn", &format!("?{parametros}"));
    assert_eq!(resposta.status, 200, "{parametros}: {}", resposta.texto);
    resposta.corpo["dados"].clone()
}

#[test]
fn e4_e8_por_codigo_e_por_numero_dao_o_mesmo() {
    let app = App::novo();
    let um = pagina(&app, "size=1")["content"][0].clone();
    let digitos = um["numeroProcesso"].as_str().unwrap();
    let numero: elos::processo::NumeroProcesso = digitos.parse().unwrap();
    for caminho in [
        format!("/{}", um["id"]),
        format!("/numero-processo/{digitos}"),
        format!("/numero-processo/{numero}"),
    ] {
        let resposta = get(&app, "tjrn", &caminho);
        assert_eq!((resposta.status, &resposta.corpo["dados"]), (200, &um), "{caminho}");
        assert_eq!(resposta.headers["etag"], "\"1\"");
        let alheio = get(&app, "tjpe", &caminho);
        assert_eq!(
            (alheio.status, &alheio.corpo["mensagemDesenvolvedor"]),
            (404, &json!("PROCESSO_NAO_ENCONTRADO"))
        );
    }
    for (caminho, status) in [
        ("/x", 400),
        ("/+1", 400),
        ("/99999999999999999999", 400),
        ("/999999", 404),
        ("/numero-processo/1", 400),
    ] {
        assert_eq!(get(&app, "tjrn", caminho).status, status, "{caminho}");
    }
}

#[test]
fn e7_a_apuracao_pelo_numero_dela_ou_da_execucao() {
    let app = App::novo();
    let execucao =
        pagina(&app, "tipoProcesso=EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS&size=1")["content"][0]
            .clone();
    for campo in ["numeroProcesso", "numeroProcessoReferencia"] {
        let caminho = format!("/apuracao/numero-processo/{}", execucao[campo].as_str().unwrap());
        let resposta = get(&app, "tjrn", &caminho);
        assert_eq!(
            resposta.corpo["dados"]["numeroProcesso"], execucao["numeroProcessoReferencia"],
            "{}",
            resposta.texto
        );
        assert_eq!(get(&app, "tjpe", &caminho).status, 404);
    }
}

#[test]
fn e1_pagina_de_spring() {
    let app = App::novo();
    let tudo = pagina(&app, "");
    assert_eq!(
        (&tudo["totalElements"], &tudo["size"], &tudo["totalPages"]),
        (&json!(10), &json!(100), &json!(1))
    );
    assert_eq!(
        (&tudo["first"], &tudo["last"], &tudo["empty"], &tudo["numberOfElements"]),
        (&json!(true), &json!(true), &json!(false), &json!(10))
    );
    let segunda = pagina(&app, "page=1&size=4");
    assert_eq!(
        segunda["content"].as_array().unwrap()[..],
        tudo["content"].as_array().unwrap()[4..8]
    );
    assert_eq!(
        (
            &segunda["number"],
            &segunda["totalPages"],
            &segunda["last"],
            &segunda["pageable"]["offset"]
        ),
        (&json!(1), &json!(3), &json!(false), &json!(4))
    );
    let fora = pagina(&app, "page=9&size=4");
    assert_eq!(
        (&fora["empty"], &fora["content"], &fora["totalElements"]),
        (&json!(true), &json!([]), &json!(10))
    );
    let avesso = pagina(&app, "sort=numeroProcesso,desc");
    let numeros: Vec<_> = avesso["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["numeroProcesso"].as_str().unwrap())
        .collect();
    assert!(numeros.windows(2).all(|par| par[0] > par[1]), "{numeros:?}");
    assert!(tudo["content"][0]["adolescentes"].as_array().unwrap().len() == 2, "{tudo}");
}

#[test]
fn e1_filtros_somam_se_e_o_desconhecido_e_recusado() {
    let app = App::novo();
    let total = |parametros: &str| pagina(&app, parametros)["totalElements"].as_u64().unwrap();
    let adolescente =
        pagina(&app, "size=1")["content"][0]["adolescentes"][0]["identificador"].clone();
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
    let alheio = get(&app, "tjrn", "?codigoTribunal=17");
    assert_eq!(
        (alheio.status, &alheio.corpo["mensagemDesenvolvedor"]),
        (403, &json!("SEM_PERMISSAO"))
    );
    assert_eq!(get(&app, "cnj", "?codigoTribunal=17").corpo["dados"]["totalElements"], 10);
    for (parametros, nome) in [
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
        let resposta = get(&app, "tjrn", &format!("?{parametros}"));
        assert_eq!(resposta.status, 400, "{parametros}: {}", resposta.texto);
        assert!(
            resposta.corpo["erros"][0].as_str().unwrap().starts_with(&format!("{nome}: ")),
            "{}",
            resposta.texto
        );
    }
    // As a form sends a filter that was not filled in.
    assert_eq!(get(&app, "tjrn", "?tipoProcesso=&page=&sort=").status, 200);
}
