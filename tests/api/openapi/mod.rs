//! The OpenAPI document against the server: what it says is asked for is read,
//! and what it says is answered is what comes.

mod documento;
mod roteiro;
mod tramita;

use crate::arquitetura::fontes;
use crate::support::App;
pub use documento::Documento;
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
    assert_eq!(resposta.status, 200);
    // But for the addresses, which are this server's.
    assert_eq!(resposta.texto.replace(&app.base, "http://127.0.0.1:8080"), impresso());
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

/// A refusal speaks of what the caller sent, by the name that the document gives it.
#[test]
fn a_refusal_names_the_parameter_that_was_sent() {
    let app = App::novo();
    let number = NumeroProcesso::sintetico(9_000_099, 2021, 820, 83).to_string();
    let bearer = format!("Bearer {}", app.token("tjrn"));
    let ask = |method: &str, path: &str| {
        app.pedir(method, path, &[("Authorization", &bearer)], b"").corpo
    };
    for (method, path, name) in [
        ("GET", "/processos/2000000000".to_owned(), "id"),
        ("GET", "/processos/x".to_owned(), "id"),
        ("GET", "/processos?size=0".to_owned(), "size"),
        ("GET", "/processos?situacaoProcesso=X".to_owned(), "situacaoProcesso"),
        ("GET", format!("/processos/numero-processo/{number}"), "numeroProcesso"),
        ("GET", "/processos/apuracao/numero-processo/1".to_owned(), "numeroProcesso"),
        ("PUT", format!("/processos/numero-processo/{number}/situacao/ATIVO"), "numeroProcesso"),
        (
            "PUT",
            "/processos/numero-processo/80000967220228200001/situacao/X".to_owned(),
            "situacao",
        ),
        (
            "DELETE",
            "/processos/80000967220228200001/apuracao/adolescentes/1".to_owned(),
            "identificadorAdolescente",
        ),
        ("GET", "/adolescentes/identificador/209900000001".to_owned(), "identificador"),
        ("GET", "/adolescentes/identificador/1".to_owned(), "identificador"),
        ("PUT", "/guias/1/situacao/BAIXADA".to_owned(), "numeroGuia"),
        ("PUT", "/guias/209901010001/situacao/BAIXADA".to_owned(), "numeroGuia"),
        ("PUT", "/guias/202501010059/situacao/X".to_owned(), "situacao"),
    ] {
        let answer = ask(method, &format!("/api/v1{path}"));
        let told = answer["erros"][0].as_str().unwrap_or_else(|| panic!("{path}: {answer}"));
        assert!(told.starts_with(&format!("{name}: ")), "{method} {path}: {told}");
    }
    for (path, name) in [
        ("/NREs/1", "nre"),
        ("/NREs/0000000001522026", "nre"),
        ("/tramites/protocolo/P-9", "protocolo"),
        ("/tramites/99999", "idt"),
        ("/repositorios-de-estruturas/1/estruturas-organizacionais/999", "numero"),
    ] {
        let answer = ask("GET", path);
        assert_eq!(answer["parametro"][0]["chave"], name, "{path}: {answer}");
    }
}

/// Whoever gives the document to a tool has to change nothing in it.
#[test]
fn the_addresses_are_those_that_the_document_was_asked_for_at() {
    let app = App::vazio();
    let ask = |headers: &[(&str, &str)]| app.pedir("GET", "/openapi.json", headers, b"");
    let server = |headers: &[(&str, &str)]| ask(headers).corpo["servers"][0]["url"].clone();
    assert_eq!(server(&[]), app.base.as_str());
    assert_eq!(server(&[("Host", "elos.tjrn.example")]), "http://elos.tjrn.example");
    let by_proxy = [("Host", "elos.tjrn.example"), ("X-Forwarded-Proto", "https")];
    assert_eq!(server(&by_proxy), "https://elos.tjrn.example");
    // The page of the document calls where it came from, whatever a proxy made of the scheme.
    assert_eq!(server(&[("Sec-Fetch-Site", "same-origin")]), "/");
    // A name that is none is not told on.
    assert_eq!(server(&[("Host", "a\"b/@c")]), "/");
    let token_url = "/components/securitySchemes/oidc/flows/clientCredentials/tokenUrl";
    let told = ask(&[]).corpo.pointer(token_url).unwrap().clone();
    let issuer = format!("{}/auth/realms/pje/protocol/openid-connect/token", app.base);
    assert_eq!(told, issuer);
    let etag = ask(&[]).headers["etag"].clone();
    assert_eq!(ask(&[("If-None-Match", &etag)]).status, 304);
    assert_eq!(ask(&[("If-None-Match", &etag), ("Host", "outro.example")]).status, 200);
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

/// A generator of clients gives up at a reference to nothing.
#[test]
fn every_reference_is_to_something() {
    fn gather<'a>(value: &'a Value, to: &mut BTreeSet<&'a str>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| gather(item, to)),
            Value::Object(fields) => {
                to.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|field| gather(field, to));
            }
            _ => {}
        }
    }
    let documento = Documento::novo();
    let mut to = BTreeSet::new();
    gather(&documento.0, &mut to);
    assert!(to.len() > 80, "only {}", to.len());
    to.retain(|name| documento.0.pointer(name.trim_start_matches('#')).is_none());
    assert_eq!(to, BTreeSet::new());
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
    roteiro.pedir("GET", "/processos/{id}", &[("{id}", &id)], json!({}));
    let por_numero = [("{numeroProcesso}", apuracao.as_str())];
    roteiro.pedir("GET", "/processos/numero-processo/{numeroProcesso}", &por_numero, json!({}));
    let corpo = json!({
        "identificadoresAdolescentes": [ana], "numeroProcesso": execucao,
        "tipoProcesso": "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS",
        "numeroProcessoReferencia": apuracao, "idProcessoSistemaExterno": null,
    });
    roteiro.pedir("POST", "/processos", &[], corpo);
    let da_execucao = [("{numeroProcesso}", execucao.as_str())];
    roteiro.pedir(
        "GET",
        "/processos/apuracao/numero-processo/{numeroProcesso}",
        &da_execucao,
        json!({}),
    );
    roteiro.pedir("GET", "/processos", &[], json!({}));

    let vinculo = "/processos/{numeroProcesso}/apuracao/adolescentes/{identificadorAdolescente}";
    let de_rui =
        [("{numeroProcesso}", apuracao.as_str()), ("{identificadorAdolescente}", "202500000099")];
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
    let da_guia =
        [("{numeroGuia}", guia["numeroGuia"].as_str().unwrap()), ("{situacao}", "BAIXADA")];
    roteiro.pedir("PUT", "/guias/{numeroGuia}/situacao/{situacao}", &da_guia, json!({}));
    roteiro.pedir("GET", "/guias", &[], json!({}));
    let arquivar = [("{numeroProcesso}", execucao.as_str()), ("{situacao}", "Arquivado")];
    let situacao = "/processos/numero-processo/{numeroProcesso}/situacao/{situacao}";
    roteiro.pedir("PUT", situacao, &arquivar, json!({}));

    assert_eq!(roteiro.esquecidas(|tag| tag != "Tramita"), Vec::<String>::new());
}
