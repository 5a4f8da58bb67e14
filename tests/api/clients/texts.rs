//! Numbers, words and filters as people write them, and cursors as the server gave them.

use super::{a_number, send};
use crate::guias::Fixture;
use crate::support::{App, Settings, Template, code};
use elos::value::rules::RuleSwitches;
use serde_json::{Value, json};

const WRONG: &str = "9000741-63.2021.8.20.0083";

#[test]
fn a_filter_that_cannot_be_read_is_an_error_negated_or_not() {
    let app = App::new();
    let filtered = |field: &str, filter: &str| {
        let accept = [("Accept", "application/graphql-response+json")];
        let query = json!({ "query": format!("{{ {field}(filtro: {filter}) {{ totalCount }} }}") });
        let answer = send(&app, "POST", "/graphql", &accept, query.to_string().as_bytes());
        answer.body["errors"][0]["extensions"]["status"].as_u64()
    };
    for (field, wrong) in [
        ("processos", r#"tribunal: "8.2""#.to_owned()),
        ("processos", r#"tribunal: """#.to_owned()),
        ("processos", format!(r#"numero: ["{WRONG}"]"#)),
        ("adolescentes", r#"tribunal: "99""#.to_owned()),
        ("tramites", r#"protocolo: """#.to_owned()),
        ("tramites", r#"remetente: { repositorio: 1, numero: "" }"#.to_owned()),
    ] {
        assert_eq!(filtered(field, &format!("{{ {wrong} }}")), Some(400), "{wrong}");
        if field == "tramites" {
            continue;
        }
        for around in
            ["nao: { X }", "e: [{ X }]", "ou: [{ X }, {}]", "nao: { e: [{ nao: { X } }] }"]
        {
            let filter = format!("{{ {} }}", around.replace('X', &wrong));
            assert_eq!(filtered(field, &filter), Some(400), "{filter}");
        }
    }
    assert_eq!(filtered("processos", r#"{ nao: { tribunal: "20" } }"#), None);
    let answer = app.graphql("cnj", r#"{ auditoria(recurso: "nada") { totalCount } }"#, json!({}));
    assert_eq!(answer.body["errors"][0]["extensions"]["status"], 400, "{}", answer.text);
}

#[test]
fn a_cursor_with_one_changed_character_is_refused() {
    let app = App::new();
    for (order, fields) in [("", "numero"), ("ordem: {campo: NUMERO},", "numero")] {
        let page = |after: &str| {
            let query = format!(
                "query($c: String) {{ processos({order} first: 2, after: $c) {{ nodes {{ {fields} }} pageInfo {{ endCursor }} }} }}"
            );
            let cursor = if after.is_empty() { Value::Null } else { after.into() };
            app.graphql("tjrn", &query, json!({ "c": cursor }))
        };
        let first = page("");
        let cursor =
            first.body["data"]["processos"]["pageInfo"]["endCursor"].as_str().unwrap().to_owned();
        assert_eq!(page(&cursor).body.get("errors"), None);
        for at in 0..cursor.len() {
            for other in [b'A', b'0', b'z', b'_'] {
                let mut changed = cursor.clone().into_bytes();
                if changed[at] == other {
                    continue;
                }
                changed[at] = other;
                let changed = String::from_utf8(changed).unwrap();
                let answer = page(&changed);
                let message = answer.body["errors"][0]["message"].as_str();
                assert!(
                    message.is_some_and(|m| m.starts_with("o cursor não é desta consulta")),
                    "{at}: {}",
                    answer.text
                );
            }
        }
    }
}

#[test]
fn r4_o_digito_errado_diz_se_em_toda_rota_que_leva_um_numero() {
    let app = App::new();
    let identificador = app.adolescente("tjrn");
    let body = json!({ "numeroProcesso": WRONG, "magistradoNome": "X" }).to_string();
    let guia = json!({ "numeroProcessoConhecimento": WRONG }).to_string();
    let link = format!("/api/v1/processos/{WRONG}/apuracao/adolescentes/{identificador}");
    for (method, path, body) in [
        ("GET", format!("/api/v1/processos/numero-processo/{WRONG}"), ""),
        ("GET", format!("/api/v1/processos/apuracao/numero-processo/{WRONG}"), ""),
        ("PUT", format!("/api/v1/processos/numero-processo/{WRONG}/situacao/Arquivado"), ""),
        ("PUT", format!("/api/v1/processos/numero-processo/{WRONG}/situacao/Nada"), ""),
        ("PUT", "/api/v1/processos".to_owned(), body.as_str()),
        ("POST", link.clone(), ""),
        ("DELETE", link, ""),
        ("GET", format!("/api/v1/guias?numeroProcesso={WRONG}"), ""),
        ("POST", "/api/v1/guias/provisoria".to_owned(), guia.as_str()),
    ] {
        let answer = send(&app, method, &path, &[], body.as_bytes());
        assert_eq!(answer.status, 400, "{method} {path}: {}", answer.text);
        let text = &answer.text;
        assert!(text.contains("dígito esperado é 62"), "{method} {path}: {text}");
    }
    let mutation = |call: &str| {
        let query = format!("mutation {{ r: {call} {{ erros {{ codigo orientacao }} }} }}");
        app.gql("tjrn", &query)["r"]["erros"][0].clone()
    };
    for call in [
        format!(r#"alterarSituacao(input: {{ processo: "{WRONG}", situacao: ARQUIVADO }})"#),
        format!(
            r#"atualizarResponsaveis(input: {{ processo: "{WRONG}", magistrado: {{ nome: "X" }} }})"#
        ),
        format!(
            r#"vincularAdolescente(input: {{ processo: "{WRONG}", adolescente: "{identificador}" }})"#
        ),
        format!(
            r#"desvincularAdolescente(input: {{ processo: "{WRONG}", adolescente: "{identificador}" }})"#
        ),
    ] {
        let refused = mutation(&call);
        assert_eq!(refused["codigo"], "NUMERO_DIGITO_INVALIDO", "{call}");
        assert!(refused["orientacao"].as_str().unwrap().contains("62"), "{refused}");
    }
    // In GraphQL, a query for a number with wrong digits is no error: the processo is null.
    let none = app.gql("tjrn", &format!(r#"{{ processo(numero: "{WRONG}") {{ id }} }}"#));
    assert_eq!(none["processo"], Value::Null);
    // Without the rule of check digits, the number is only unknown.
    let rules = RuleSwitches { verificar_digito: false, ..RuleSwitches::default() };
    let app = App::with(Template::Empty, Settings { rules, ..Settings::default() });
    let answer = app.get("tjrn", &format!("/api/v1/processos/numero-processo/{WRONG}"));
    assert_eq!(code(&answer), (404, "PROCESSO_NAO_ENCONTRADO"));
    assert_eq!(app.get("tjrn", &format!("/api/v1/guias?numeroProcesso={WRONG}")).status, 200);
}

#[test]
fn numbers_pasted_from_a_word_processor_are_read() {
    let app = App::new();
    let number = a_number(&app);
    let pasted = format!("\u{a0}{} ", number.replace('-', "\u{2013}"));
    let url = |text: &str| {
        text.bytes()
            .map(|b| match b {
                b'0'..=b'9' | b'.' | b'-' => char::from(b).to_string(),
                b => format!("%{b:02X}"),
            })
            .collect::<String>()
    };
    let identificador = app.adolescente("tjrn");
    let cpf = "\u{2007}529.982.247\u{2212}25\u{202f}";
    for path in [
        format!("/api/v1/processos/numero-processo/{}", url(&pasted)),
        format!("/api/v1/guias?numeroProcesso={}", url(&pasted)),
        format!("/api/v1/adolescentes/identificador/{}", url(&format!("\u{a0}{identificador}\n"))),
        format!(
            "/api/v1/processos?identificadorAdolescente={}",
            url(&format!(" {identificador}\u{a0}"))
        ),
        format!("/api/v1/processos?codigoTribunal={}", url("\u{a0}20")),
    ] {
        let answer = app.get("tjrn", &path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    let body = json!({ "numeroProcesso": pasted, "magistradoCPF": cpf }).to_string();
    let answer = send(&app, "PUT", "/api/v1/processos", &[], body.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text);
    let found = app.gql_with(
        "tjrn",
        "query($n: NumeroProcesso!) { processo(numero: $n) { numero } }",
        json!({ "n": pasted }),
    );
    assert_eq!(found["processo"]["numero"], number.as_str());

    let hidden = number.replace('-', "\u{200b}-");
    let refused = [
        app.get("tjrn", &format!("/api/v1/processos/numero-processo/{}", url(&hidden))),
        app.get("tjrn", &format!("/api/v1/guias?numeroProcesso={}", url(&hidden))),
        send(
            &app,
            "PUT",
            "/api/v1/processos",
            &[],
            json!({ "numeroProcesso": hidden }).to_string().as_bytes(),
        ),
        app.get("tjrn", "/api/v1/adolescentes/identificador/%E2%80%8B202500000058"),
        app.graphql(
            "tjrn",
            "query($n: NumeroProcesso!) { processo(numero: $n) { numero } }",
            json!({ "n": hidden }),
        ),
        app.graphql(
            "tjrn",
            &format!("{{ processo(numero: \"{hidden}\") {{ numero }} }}"),
            json!({}),
        ),
    ];
    for answer in refused {
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert!(answer.text.contains("U+200B"), "{}", answer.text);
    }
}

/// The server refuses a date outside its range, and the message states the range.
#[test]
fn a_date_out_of_range_is_refused_with_the_range() {
    let fixture = Fixture::new();
    let today = crate::support::now().with_timezone(&chrono_tz::America::Sao_Paulo);
    let until_today = format!("vai de 01/01/1900 a {}", today.format("%d/%m/%Y"));
    let emit = |field: &str, date: &str| {
        let mut body = fixture.body("provisoria");
        match field {
            "dataFato" => body["atosInfracionais"][0][field] = json!(date),
            field => body[field] = json!(date),
        }
        fixture.emitir("provisoria", &body)
    };
    for field in ["dataFato", "dataSentenca", "dataInicioInternacao"] {
        for date in ["31/12/9999", "31/12/1899"] {
            let answer = emit(field, date);
            assert_eq!(answer.status, 400, "{field} {date}: {}", answer.text);
            assert!(answer.text.contains(&until_today), "{field} {date}: {}", answer.text);
        }
    }
    // The internação may last at most three years from its beginning (ECA, article 121, §3).
    for date in ["31/01/2024", "02/02/2027", "31/12/9999"] {
        let answer = emit("dataFimInternacao", date);
        assert_eq!(answer.status, 400, "{date}: {}", answer.text);
        assert!(answer.text.contains("vai de 01/02/2024 a 01/02/2027"), "{}", answer.text);
    }
    assert_eq!(emit("dataFimInternacao", "01/02/2027").status, 200);

    let put = |field: &str, value: Value| {
        let mut body = json!({ "identificador": fixture.ana });
        body[field] = value;
        fixture.rest("PUT", "/adolescentes", &body)
    };
    for (field, value) in [
        ("dataNascimento", json!("31/12/9999")),
        ("rg", json!({ "dataExpedicao": "31/12/9999" })),
        ("rg", json!({ "dataExpedicao": "01/01/0001" })),
    ] {
        let answer = put(field, value);
        assert_eq!(answer.status, 400, "{field}: {}", answer.text);
        assert!(answer.text.contains(&until_today), "{field}: {}", answer.text);
    }
    for date in ["31/12/9999", "01/01/1999"] {
        let answer = put("dataObito", json!(date));
        assert_eq!(answer.status, 400, "{date}: {}", answer.text);
        assert!(
            answer.text.contains(&format!(" a {}", today.format("%d/%m/%Y"))),
            "{}",
            answer.text
        );
    }
}

#[test]
fn words_of_a_query_are_case_insensitive_and_a_refusal_lists_them() {
    let app = App::new();
    for (path, words) in [
        ("/api/v1/processos?situacaoProcesso=", ["ativo", "ATIVO, ARQUIVADO"]),
        (
            "/api/v1/processos?tipoProcesso=",
            [
                "Execucao_de_medidas_socioeducativas",
                "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL, EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS",
            ],
        ),
        ("/api/v1/processos?situacaoGuia=", ["baixada", "ATIVO, BAIXADA"]),
        ("/api/v1/guias?situacaoGuia=", ["Ativo", "ATIVO, BAIXADA"]),
        ("/api/v1/guias?tipoGuia=", ["provisoria", "PROVISORIA, DEFINITIVA"]),
    ] {
        let [word, listed] = words;
        let answer = app.get("tjrn", &format!("{path}{word}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let answer = app.get("tjrn", &format!("{path}nada"));
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.text.contains(listed), "{path}: {}", answer.text);
    }
}
