//! Requests to the Tramita: values outside the closed lists of the platform, hidden characters,
//! sigilosos, the ways to name a file, and repeated steps.

use super::send;
use crate::support::Response;
use crate::tramita::componentes::{documento, hash, multipart_form};
use crate::tramita::{NUP, PE, RN, Tramita, envio, parameter};
use elos::value::rules::RuleSwitches;
use serde_json::{Value, json};

/// Sends a dry run of a send with one document of one file, changed by `change`.
fn dry_run(tramita: &Tramita, change: impl FnOnce(&mut Value)) -> Response {
    let mut body = envio(RN, PE, NUP, None);
    body["processo"]["documentos"] = json!([documento(1, &[b"bytes"])]);
    change(&mut body["processo"]);
    tramita.request(RN, "POST", "/tramites/processo?simular=true", &body)
}

#[test]
fn a_field_of_a_componente_outside_its_closed_list_is_refused_with_its_place() {
    let tramita = Tramita::new();
    let send_componente = |name: &str, value: Value| {
        dry_run(&tramita, |p| p["documentos"][0]["componentesDigitais"][0][name] = value)
    };
    for (name, value) in [
        ("nome", json!("x".repeat(5_000))),
        ("nome", json!("")),
        ("nome", json!(7)),
        ("mimeType", json!("application/zip")),
        ("tipoDeConteudo", json!("pdf")),
    ] {
        let refused = send_componente(name, value);
        assert_eq!(refused.status, 400, "{name}: {}", refused.text);
        let place = format!("documentos[0].componentesDigitais[0].{name}");
        assert!(refused.text.contains(&place), "{place}: {}", refused.text);
    }
    for (name, value) in [
        ("nome", json!("despacho.pdf")),
        ("mimeType", json!("text/html")),
        ("tipoDeConteudo", json!("txt")),
    ] {
        let accepted = send_componente(name, value);
        assert_eq!(accepted.status, 200, "{name}: {}", accepted.text);
    }
}

#[test]
fn a_field_of_a_processo_outside_its_closed_list_is_refused_with_its_place() {
    let tramita = Tramita::new();
    let identity_card = json!([{ "codigo": "1", "emissor": "SSP", "tipo": "RG" }]);
    let of_unknown_type = json!({ "nome": "X", "tipo": "robo" });
    let mut document = documento(1, &[b"bytes"]);
    document["produtor"] = of_unknown_type.clone();
    let mut secret = documento(1, &[b"bytes"]);
    secret["nivelDeSigilo"] = json!(9);
    for (place, value) in [
        ("documentos[0].nivelDeSigilo", json!([secret])),
        ("documentos[0].produtor.tipo", json!([document])),
        ("interessados[0].polo", json!([{ "nome": "X", "polo": "outro" }])),
        (
            "interessados[1].documentosDeIdentificacao[0].tipo",
            json!([{ "nome": "X" }, { "nome": "Y", "documentosDeIdentificacao": identity_card }]),
        ),
        (
            "processosApensados[0].interessados[0].tipo",
            json!([{ "protocolo": "A", "interessados": [{ "tipo": "robo" }] }]),
        ),
        ("produtor.tipo", of_unknown_type),
        ("produtor.unidade.tipo", json!({ "nome": "X", "unidade": { "tipo": "setor" } })),
        (
            "processoApensado[0].produtor.tipo",
            json!([{ "protocolo": "A", "produtor": { "tipo": "robo" } }]),
        ),
    ] {
        let field = place.split(['[', '.']).next().unwrap();
        let refused = dry_run(&tramita, |p| p[field] = value);
        assert_eq!(refused.status, 400, "{place}: {}", refused.text);
        assert!(refused.text.contains(place), "{place}: {}", refused.text);
        let message = parameter(&refused, &format!("processo.{field}"));
        assert!(
            message.is_some_and(|message| message.starts_with(place)),
            "{place}: {}",
            refused.text
        );
    }
}

#[test]
fn a_protocolo_has_no_hidden_characters_and_a_return_date_is_in_range() {
    let tramita = Tramita::new();
    let (_, nre) = tramita.realizado(RN, PE, NUP, None);
    let lookalike = format!("{NUP}\u{200b}");
    let sent = tramita.enviar(RN, PE, &lookalike, None);
    assert_eq!(sent.status, 400, "{}", sent.text);
    assert!(parameter(&sent, "processo.protocolo").unwrap().contains("U+200B"), "{}", sent.text);
    // The server reads a look-alike dash as a dash.
    let pasted = NUP.replace('-', "\u{2013}");
    assert_eq!(parameter(&tramita.enviar(RN, PE, &pasted, None), "nre"), Some(nre.as_str()));
    let listed = tramita
        .0
        .gql(RN, "{ tramites(filtro: { protocolo: \"99990000001202653\" }) { totalCount } }");
    assert_eq!(listed["tramites"]["totalCount"], 1);
    let hidden = tramita.0.graphql(
        RN,
        "{ tramites(filtro: { protocolo: \"x\\u200b\" }) { totalCount } }",
        json!({}),
    );
    assert!(
        hidden.body["errors"][0]["message"].as_str().unwrap().contains("U+200B"),
        "{}",
        hidden.text
    );

    let mut body = envio(RN, PE, "LIVRE", None);
    body["cabecalho"]["dataDeRetorno"] = json!("9999-12-31T00:00:00Z");
    let sent = tramita.request(RN, "POST", "/tramites/processo", &body);
    assert_eq!(sent.status, 400, "{}", sent.text);
    assert!(parameter(&sent, "cabecalho.dataDeRetorno").unwrap().contains("1900 a 2100"));
}

#[test]
fn a_sigiloso_is_sent_only_with_the_setting() {
    let document = |level: Value| {
        let mut document = documento(1, &[b"x"]);
        document["nivelDeSigilo"] = level;
        document
    };
    let legal_basis = json!({ "identificacao": 3 });
    let restricted = json!({ "nivelDeSigilo": "2", "hipoteseLegal": legal_basis, "documentos": [document(json!("2"))] });
    let sealed = [
        ("nivelDeSigilo", "", json!({ "nivelDeSigilo": 3, "hipoteseLegal": legal_basis })),
        ("nivelDeSigilo", "", json!({ "nivelDeSigilo": "3", "hipoteseLegal": legal_basis })),
        (
            "documentos",
            "documentos[0].nivelDeSigilo: ",
            json!({ "documentos": [document(json!("3"))] }),
        ),
        (
            "documentos",
            "processosApensados[0].nivelDeSigilo: ",
            json!({ "processosApensados": [{ "protocolo": "A", "nivelDeSigilo": 3 }] }),
        ),
        (
            "documentos",
            "processoApensado[0].documentos[0].nivelDeSigilo: ",
            json!({ "processoApensado": [{ "protocolo": "A", "documentos": [document(json!(3))] }] }),
        ),
        // The server reads no field of these two names, but the receiver might.
        ("documentos", "NIVELDESIGILO: ", json!({ "NIVELDESIGILO": 3 })),
        (
            "documentos",
            "documentos[0].documentos[0].NivelDeSigilo: ",
            json!({ "documentos": [{ "ordem": 1, "documentos": [{ "NivelDeSigilo": "3" }] }] }),
        ),
    ];
    let send = |tramita: &Tramita, fields: &Value| {
        let mut body = envio(RN, PE, NUP, None);
        let processo = body["processo"].as_object_mut().unwrap();
        processo.extend(fields.as_object().unwrap().clone());
        tramita.request(RN, "POST", "/tramites/processo", &body)
    };
    let mutation = "mutation($i: EnviarTramiteInput!) { enviarTramite(input: $i) { tramite { idt } erros { codigo campo } } }";
    let input = json!({ "i": { "remetente": { "repositorio": 1, "numero": "820" }, "destinatario": { "repositorio": 1, "numero": "817" },
        "protocolo": NUP, "descricao": "Pedido fictício", "nivelDeSigilo": "SIGILOSO", "hipoteseLegal": "CPC 189" } });

    let tramita = Tramita::new();
    for (field, place, fields) in &sealed {
        let answer = send(&tramita, fields);
        assert_eq!(
            (answer.status, &answer.body["codigoErro"]),
            (400, &json!("9000")),
            "{fields}: {}",
            answer.text
        );
        let message = parameter(&answer, &format!("processo.{field}")).unwrap_or_default();
        assert!(
            message.starts_with(place) && message.contains("sigiloso (nível 3)"),
            "{}",
            answer.text
        );
    }
    let refused = tramita.0.gql_with(RN, mutation, input.clone());
    let error = &refused["enviarTramite"]["erros"][0];
    assert_eq!(
        (&error["codigo"], &error["campo"]),
        (&json!("CAMPO_INVALIDO"), &json!(["input", "nivelDeSigilo"]))
    );
    assert_eq!(send(&tramita, &restricted).status, 200);

    for (_, _, fields) in &sealed {
        let tramita = Tramita::with_rules(RuleSwitches {
            tramitar_sigiloso: true,
            ..RuleSwitches::default()
        });
        let answer = send(&tramita, fields);
        assert_eq!(answer.status, 200, "{fields}: {}", answer.text);
    }
    let tramita =
        Tramita::with_rules(RuleSwitches { tramitar_sigiloso: true, ..RuleSwitches::default() });
    let sent = tramita.0.gql_with(RN, mutation, input);
    assert!(sent["enviarTramite"]["tramite"]["idt"].is_string(), "{sent}");
}

/// Sends a processo with one file and returns the IDT.
fn sent_with(tramita: &Tramita, protocolo: &str, file: &[u8]) -> i64 {
    let mut body = envio(RN, PE, protocolo, None);
    body["processo"]["documentos"] = json!([documento(1, &[file])]);
    let sent = tramita.request(RN, "POST", "/tramites/processo", &body);
    assert_eq!(sent.status, 200, "{}", sent.text);
    sent.body["IDT"].as_i64().unwrap()
}

#[test]
fn a_file_is_named_in_the_query_in_the_form_or_in_both() {
    let tramita = Tramita::new();
    let app = &tramita.0;
    let form_type = [("Content-Type", "multipart/form-data; boundary=limite")];
    let route =
        |idt: i64| format!("/tickets-de-envio-de-componente/{idt}/protocolos/componentes-a-enviar");
    let encoded = |text: &str| text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    // A file whose hash contains a plus sign, which some clients do not encode.
    let file = (0..=u8::MAX).map(|n| [n]).find(|file| hash(file).contains('+')).unwrap();
    let (whole, digest) = (file.as_slice(), hash(&file));
    for (n, query, also) in [
        (1, format!("hashDoComponenteDigital={}&protocolo=LIVRE-1", encoded(&digest)), false),
        (2, format!("hashDoComponenteDigital={digest}&protocolo=LIVRE-2"), false),
        (3, format!("hashDoComponenteDigital={}&protocolo=LIVRE-3", encoded(&digest)), true),
        (4, "protocolo=LIVRE-4".to_owned(), true),
    ] {
        let protocolo = format!("LIVRE-{n}");
        let idt = sent_with(&tramita, &protocolo, whole);
        let mut fields: Vec<(&str, &[u8])> = vec![("conteudo", whole)];
        if also {
            fields.push(("hashDoComponenteDigital", digest.as_bytes()));
            fields.push(("protocolo", protocolo.as_bytes()));
        }
        let put = |path: &str, fields: &[(&str, &[u8])]| {
            send(app, "PUT", path, &form_type, &multipart_form(fields))
        };
        let wrong = put(
            &format!("{}?{query}x", route(idt)),
            &[("protocolo", b"OUTRO"), ("conteudo", whole)],
        );
        assert_eq!(wrong.status, 400, "{}", wrong.text);
        assert!(parameter(&wrong, "protocolo").unwrap().contains("consulta"), "{}", wrong.text);
        let other = hash(b"outro");
        let wrong = put(
            &format!(
                "{}?hashDoComponenteDigital={}&protocolo={protocolo}",
                route(idt),
                encoded(&other)
            ),
            &[("hashDoComponenteDigital", digest.as_bytes()), ("conteudo", whole)],
        );
        assert_eq!(wrong.status, 400, "{}", wrong.text);
        assert!(
            parameter(&wrong, "hashDoComponenteDigital").unwrap().contains("consulta"),
            "{}",
            wrong.text
        );
        let unknown = put(&format!("{}?{query}&nada=1", route(idt)), &fields);
        assert_eq!(unknown.status, 400, "{}", unknown.text);
        let taken = put(&format!("{}?{query}", route(idt)), &fields);
        assert_eq!(
            (taken.status, &taken.body["situacaoAtual"]),
            (200, &json!(2)),
            "{query}: {}",
            taken.text
        );
    }

    // The parts and the download accept the same names.
    let protocolo = "LIVRE-5";
    let idt = sent_with(&tramita, protocolo, whole);
    let query = format!("hashDoComponenteDigital={}&protocolo={protocolo}", encoded(&digest));
    let part = send(
        app,
        "PUT",
        &format!("{}/partes/0-1?{query}", route(idt)),
        &form_type,
        &multipart_form(&[("conteudo", whole)]),
    );
    assert_eq!(part.status, 200, "{}", part.text);
    let end = format!("{}/partes/sinalizacao-termino-envio?{query}", route(idt));
    let contradicted = send(app, "POST", &end, &[], br#"{"protocolo":"OUTRO"}"#);
    assert_eq!(contradicted.status, 400, "{}", contradicted.text);
    let ended = send(app, "POST", &end, &[], b"");
    assert_eq!((ended.status, &ended.body["situacaoAtual"]), (200, &json!(2)), "{}", ended.text);
    tramita.steps(idt, &[(PE, "receber")]);
    let path = format!("/tramites/{idt}/protocolos/componentes-digitais?{query}");
    let fetched = tramita.request(PE, "POST", &path, &Value::Null);
    assert_eq!((fetched.status, fetched.bytes.as_slice()), (200, whole), "{}", fetched.text);
}

#[test]
fn a_repeated_step_in_a_later_situacao_gets_the_same_response_and_changes_nothing() {
    let tramita = Tramita::new();
    let (idt, _) = tramita.enviado(RN, PE, NUP, None);
    let received = tramita.step(PE, idt, "receber");
    assert_eq!(received.status, 200, "{}", received.text);
    let recibo = json!({ "dataDeRecebimento": crate::support::now().to_rfc3339() });
    let path = format!("/tramites/{idt}/recibo");
    let history = || {
        let seen = tramita.request(RN, "GET", &format!("/tramites?IDT={idt}"), &Value::Null);
        seen.body["tramites"][0]["mudancasDeSituacao"].clone()
    };
    let again = |situacao: i64| {
        let before = history();
        let sent = tramita.request(PE, "POST", &path, &recibo);
        assert_eq!(
            (sent.status, &sent.body["situacaoAtual"]),
            (200, &json!(situacao)),
            "{}",
            sent.text
        );
        let metadata = tramita.step(PE, idt, "receber");
        assert_eq!(
            (metadata.status, &metadata.body),
            (200, &received.body),
            "{situacao}: {}",
            metadata.text
        );
        let looked = tramita.step(PE, idt, "ler");
        assert_eq!((looked.status, &looked.body["processo"]), (200, &received.body["processo"]));
        let mutation = format!(
            "mutation {{ receberTramite(input: {{ idt: \"{idt}\" }}) {{ tramite {{ codigoSituacao }} erros {{ codigo }} }} }}"
        );
        let by_graph = tramita.0.gql(PE, &mutation)["receberTramite"].clone();
        assert_eq!(by_graph, json!({ "tramite": { "codigoSituacao": situacao }, "erros": [] }));
        assert_eq!(history(), before, "{situacao}");
        sent.body
    };
    let first = tramita.request(PE, "POST", &path, &recibo);
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(again(5), first.body);
    let other = json!({ "dataDeRecebimento": "2026-01-01T00:00:00Z" });
    assert_eq!(tramita.request(PE, "POST", &path, &other).status, 409);
    tramita.steps(idt, &[(RN, "buscar")]);
    again(6);
    // The destinatário cannot receive a cancelled trâmite.
    let (back, _) = tramita.enviado(RN, PE, "LIVRE", None);
    tramita.steps(back, &[(PE, "receber"), (RN, "cancelar")]);
    assert_eq!(tramita.step(PE, back, "receber").status, 409);
}
