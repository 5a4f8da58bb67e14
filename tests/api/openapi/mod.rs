//! The OpenAPI document against the server: what it says is asked for is read,
//! and what it says is answered is what comes.

mod documento;
mod roteiro;
mod tramita;

use crate::arquitetura::fontes;
use crate::support::App;
use documento::Documento;
use elos::processo::NumeroProcesso;
use elos::rest::openapi::documento as impresso;
use roteiro::Roteiro;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn openapi_json_esta_em_dia() {
    let guardado =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json")).unwrap();
    assert!(
        guardado == impresso(),
        "run `cargo run -- openapi > openapi.json` and look at the diff"
    );
}

#[test]
fn o_documento_e_a_pagina_se_dao_sem_token_e_sem_outro_servidor() {
    let app = App::vazio();
    let resposta = app.pedir("GET", "/openapi.json", &[], b"");
    assert_eq!((resposta.status, resposta.texto), (200, impresso()));
    for caminho in ["/docs", "/docs/"] {
        let pagina = app.pedir("GET", caminho, &[], b"");
        assert_eq!(pagina.status, 200);
        assert!(!pagina.texto.contains("http"), "{}", pagina.texto);
        let csp = &pagina.headers["content-security-policy"];
        assert!(csp.contains("default-src 'self'") && !csp.contains("script"), "{csp}");
        let arquivos = pagina.texto.split('"').filter(|parte| parte.starts_with("/docs/swagger"));
        for arquivo in arquivos {
            assert_eq!(app.pedir("GET", arquivo, &[], b"").status, 200, "{arquivo}");
        }
    }
    let ajustes = app.pedir("GET", "/docs/swagger-initializer.js", &[], b"").texto;
    assert!(ajustes.contains("\"/openapi.json\"") && ajustes.contains("\"none\""), "{ajustes}");
    let metodos = ajustes.split_once("supportedSubmitMethods").unwrap().1;
    assert!(metodos.split_once(']').unwrap().0.ends_with("\"get\"\n  "), "{ajustes}");
    assert_eq!(app.pedir("GET", "/docs/nada", &[], b"").status, 404);
}

/// Every operation, parameter, answer and schema explains itself.
#[test]
fn tudo_tem_descricao() {
    let documento = Documento::novo();
    let mut faltas = Vec::new();
    let mut conferir = |valor: &Value, onde: String| {
        if valor["$ref"].is_null() && valor["description"].as_str().is_none_or(str::is_empty) {
            faltas.push(onde);
        }
    };
    for (caminho, metodo, operacao) in documento.operacoes() {
        let onde = format!("{metodo} {caminho}");
        assert!(operacao["operationId"].is_string() && operacao["summary"].is_string(), "{onde}");
        conferir(operacao, onde.clone());
        for parametro in operacao["parameters"].as_array().into_iter().flatten() {
            conferir(parametro, format!("{onde} {}", parametro["name"]));
        }
        for (status, resposta) in operacao["responses"].as_object().unwrap() {
            conferir(resposta, format!("{onde} {status}"));
        }
    }
    for (nome, schema) in documento.0["components"]["schemas"].as_object().unwrap() {
        conferir(schema, nome.clone());
    }
    assert_eq!(faltas, Vec::<String>::new());
}

/// The routes and the document are two lists: each has what the other has.
#[test]
fn toda_rota_esta_no_documento() {
    let app = App::vazio();
    for (caminho, item) in Documento::novo().0["paths"].as_object().unwrap() {
        let concreto = caminho.replace(['{', '}'], "");
        let resposta = app.pedir("PATCH", &concreto, &[], b"");
        assert_eq!(resposta.status, 405, "{caminho}");
        // HEAD is wherever GET is, and OPTIONS everywhere.
        let of_http = |metodo: &String| metodo == "head" || metodo == "options";
        let permitidos = resposta.headers["allow"].split(", ").map(str::to_lowercase);
        let permitidos: BTreeSet<_> = permitidos.filter(|metodo| !of_http(metodo)).collect();
        let ditos: BTreeSet<_> = item.as_object().unwrap().keys().cloned().collect();
        assert_eq!(permitidos, ditos, "{caminho}");
    }
}

/// Every name that a handler asks a body or a query for is in the document.
#[test]
fn todo_campo_lido_esta_no_documento() {
    let leituras = [
        ".texto(",
        ".forma(",
        ".palavra(",
        ".lista(",
        ".itens(",
        ".inteiro(",
        ".data(",
        ".inteiro_ou_texto(",
        ".sim_ou_nao(",
        ".mudanca(",
        ".objeto(",
        ".dentro(",
        ".tirar(",
    ];
    let documento = impresso();
    let mut lidos = 0;
    for fonte in fontes(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rest")) {
        let texto = std::fs::read_to_string(fonte).unwrap();
        for depois in leituras.iter().flat_map(|leitura| texto.split(leitura).skip(1)) {
            let Some((nome, _)) =
                depois.trim_start().strip_prefix('"').and_then(|d| d.split_once('"'))
            else {
                continue;
            };
            lidos += 1;
            let (campo, parametro) = (format!("\"{nome}\": {{"), format!("\"name\": \"{nome}\""));
            assert!(documento.contains(&campo) || documento.contains(&parametro), "{nome}");
        }
    }
    assert!(lidos > 80, "only {lidos} found: do handlers read in another way?");
}

/// A body with every documented field is read whole, and every real answer is as
/// the document says: the life of two processos, their adolescentes and guias.
#[test]
fn corpos_e_respostas_sao_como_o_documento_diz() {
    let app = App::vazio();
    let mut roteiro = Roteiro::novo(&app);
    let numero = |sequencia| NumeroProcesso::sintetico(sequencia, 2021, 820, 83).to_string();
    let (apuracao, execucao) = (numero(9_000_741), numero(9_000_742));

    let rascunho = roteiro.pedir("POST", "/processo-rascunho", &[], json!({}));
    let ana = roteiro.pedir("POST", "/adolescentes", &[], json!({}));
    let ana = ana["identificador"].as_str().unwrap();
    roteiro.pedir("PUT", "/adolescentes", &[], json!({ "identificador": ana }));
    let de_ana = [("{identificador}", ana)];
    roteiro.pedir("GET", "/adolescentes/identificador/{identificador}", &de_ana, json!({}));
    let cpf = [("{cpf}", "52998224725")];
    roteiro.pedir("GET", "/adolescentes/cpf/{cpf}", &cpf, json!({}));
    roteiro.pedir("GET", "/adolescentes", &[], json!({}));
    roteiro.pedir("GET", "/adolescentes/similaridade", &[("", "?nome=Ana")], json!({}));
    roteiro.pedir("POST", "/adolescentes/similaridade", &[], json!({}));

    let corpo = json!({
        "identificadoresAdolescentes": [ana], "numeroProcesso": apuracao,
        "idProcessoSistemaExterno": rascunho["id"],
    });
    let processo = roteiro.pedir("POST", "/processos", &[], corpo);
    roteiro.pedir("PUT", "/processos", &[], json!({ "numeroProcesso": apuracao }));
    let id = processo["id"].to_string();
    roteiro.pedir("GET", "/processos/{codigo}", &[("{codigo}", &id)], json!({}));
    let por_numero = [("{numero}", apuracao.as_str())];
    roteiro.pedir("GET", "/processos/numero-processo/{numero}", &por_numero, json!({}));
    let corpo = json!({
        "identificadoresAdolescentes": [ana], "numeroProcesso": execucao,
        "tipoProcesso": "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS",
        "numeroProcessoReferencia": apuracao, "idProcessoSistemaExterno": null,
    });
    roteiro.pedir("POST", "/processos", &[], corpo);
    let da_execucao = [("{numero}", execucao.as_str())];
    roteiro.pedir("GET", "/processos/apuracao/numero-processo/{numero}", &da_execucao, json!({}));
    roteiro.pedir("GET", "/processos", &[], json!({}));

    let vinculo = "/processos/{numero}/apuracao/adolescentes/{identificador}";
    let de_rui = [("{numero}", apuracao.as_str()), ("{identificador}", "202500000099")];
    roteiro.pedir("POST", vinculo, &de_rui, json!({ "cpf": { "numero": "00000000191" } }));
    roteiro.pedir("DELETE", vinculo, &de_rui, json!({}));

    let processos = json!({
        "identificadorAdolescente": ana, "numeroProcessoConhecimento": apuracao,
        "numeroProcessoExecucao": execucao,
    });
    roteiro.pedir("POST", "/guias/provisoria", &[], processos.clone());
    let guia = roteiro.pedir("POST", "/guias/definitiva", &[], processos.clone());
    roteiro.pedir("POST", "/guias/internacao-sancao", &[], processos.clone());
    let mut unificacao = processos;
    unificacao["listaNumeroDaGuiaDefinitiva"] = json!([guia["numeroGuia"]]);
    let guia = roteiro.pedir("POST", "/guias/unificadora", &[], unificacao);
    let printed =
        [("{especie}", "unificadora"), ("{numeroGuia}", guia["numeroGuia"].as_str().unwrap())];
    roteiro.pedir("GET", "/guias/{especie}/numero-guia/{numeroGuia}/pdf", &printed, json!({}));
    let da_guia = [("{numero}", guia["numeroGuia"].as_str().unwrap()), ("{situacao}", "BAIXADA")];
    roteiro.pedir("PUT", "/guias/{numero}/situacao/{situacao}", &da_guia, json!({}));
    roteiro.pedir("GET", "/guias", &[], json!({}));
    let arquivar = [("{numero}", execucao.as_str()), ("{situacao}", "Arquivado")];
    let situacao = "/processos/numero-processo/{numero}/situacao/{situacao}";
    roteiro.pedir("PUT", situacao, &arquivar, json!({}));

    assert_eq!(roteiro.esquecidas(|tag| tag != "Tramita"), Vec::<String>::new());
}
