//! Sends with what the platform's closed lists do not have.

use super::send;
use crate::tramita::componentes::{documento, formulario, hash};
use crate::tramita::{NUP, PE, RN, Tramita, envio, parametro};
use elos::value::regras::Regras;
use serde_json::{Value, json};

#[test]
fn what_is_outside_a_closed_list_is_refused_with_its_place() {
    let tramita = Tramita::novo();
    let file = b"bytes";
    let send = |change: &dyn Fn(&mut Value)| {
        let mut body = envio(RN, PE, NUP, None);
        body["processo"]["documentos"] = json!([documento(1, &[file])]);
        change(&mut body["processo"]);
        tramita.pedir(RN, "POST", "/tramites/processo?simular=true", &body)
    };
    let component = |name: &'static str, value: Value| {
        send(&move |p: &mut Value| {
            p["documentos"][0]["componentesDigitais"][0][name] = value.clone();
        })
    };
    for (name, value) in [
        ("nome", json!("x".repeat(5_000))),
        ("nome", json!("")),
        ("nome", json!(7)),
        ("mimeType", json!("application/zip")),
        ("tipoDeConteudo", json!("pdf")),
    ] {
        let answer = component(name, value);
        assert_eq!(answer.status, 400, "{name}: {}", answer.texto);
        let place = format!("documentos[0].componentesDigitais[0].{name}");
        assert!(answer.texto.contains(&place), "{place}: {}", answer.texto);
    }
    type Change = Box<dyn Fn(&mut Value)>;
    let others: [(&str, Change); 8] = [
        (
            "documentos[0].nivelDeSigilo",
            Box::new(|p| p["documentos"][0]["nivelDeSigilo"] = json!(9)),
        ),
        (
            "interessados[0].polo",
            Box::new(|p| p["interessados"] = json!([{ "nome": "X", "polo": "outro" }])),
        ),
        (
            "interessados[1].documentosDeIdentificacao[0].tipo",
            Box::new(|p| {
                let paper = json!([{ "codigo": "1", "emissor": "SSP", "tipo": "RG" }]);
                p["interessados"] =
                    json!([{ "nome": "X" }, { "nome": "Y", "documentosDeIdentificacao": paper }]);
            }),
        ),
        (
            "processosApensados[0].interessados[0].tipo",
            Box::new(|p| {
                p["processosApensados"] =
                    json!([{ "protocolo": "A", "interessados": [{ "tipo": "robo" }] }]);
            }),
        ),
        ("produtor.tipo", Box::new(|p| p["produtor"] = json!({ "nome": "X", "tipo": "robo" }))),
        (
            "produtor.unidade.tipo",
            Box::new(|p| p["produtor"] = json!({ "nome": "X", "unidade": { "tipo": "setor" } })),
        ),
        (
            "processoApensado[0].produtor.tipo",
            Box::new(|p| {
                p["processoApensado"] =
                    json!([{ "protocolo": "A", "produtor": { "tipo": "robo" } }]);
            }),
        ),
        (
            "documentos[0].produtor.tipo",
            Box::new(|p| p["documentos"][0]["produtor"] = json!({ "nome": "X", "tipo": "robo" })),
        ),
    ];
    for (place, change) in others {
        let answer = send(&*change);
        assert_eq!(answer.status, 400, "{place}: {}", answer.texto);
        assert!(answer.texto.contains(place), "{place}: {}", answer.texto);
        let first = place.split(['[', '.']).next().unwrap();
        let told = parametro(&answer, &format!("processo.{first}"));
        assert!(told.is_some_and(|told| told.starts_with(place)), "{place}: {}", answer.texto);
    }
    for (name, value) in [
        ("nome", json!("despacho.pdf")),
        ("mimeType", json!("text/html")),
        ("tipoDeConteudo", json!("txt")),
    ] {
        let answer = component(name, value);
        assert_eq!(answer.status, 200, "{name}: {}", answer.texto);
    }
}

#[test]
fn a_protocolo_has_no_hidden_characters_and_a_return_has_a_date_that_can_be() {
    let tramita = Tramita::novo();
    let (_, nre) = tramita.realizado(RN, PE, NUP, None);
    let lookalike = format!("{NUP}\u{200b}");
    let sent = tramita.enviar(RN, PE, &lookalike, None);
    assert_eq!(sent.status, 400, "{}", sent.texto);
    assert!(parametro(&sent, "processo.protocolo").unwrap().contains("U+200B"), "{}", sent.texto);
    // What it looks like is what it is.
    let pasted = NUP.replace('-', "\u{2013}");
    assert_eq!(parametro(&tramita.enviar(RN, PE, &pasted, None), "nre"), Some(nre.as_str()));
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
        hidden.corpo["errors"][0]["message"].as_str().unwrap().contains("U+200B"),
        "{}",
        hidden.texto
    );

    let mut body = envio(RN, PE, "LIVRE", None);
    body["cabecalho"]["dataDeRetorno"] = json!("9999-12-31T00:00:00Z");
    let sent = tramita.pedir(RN, "POST", "/tramites/processo", &body);
    assert_eq!(sent.status, 400, "{}", sent.texto);
    assert!(parametro(&sent, "cabecalho.dataDeRetorno").unwrap().contains("1900 a 2100"));
}

#[test]
fn what_is_sealed_does_not_travel_unless_a_setting_admits_it() {
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
        // Where nothing of ours reads it, its receiver may.
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
        tramita.pedir(RN, "POST", "/tramites/processo", &body)
    };
    let mutation = "mutation($i: EnviarTramiteInput!) { enviarTramite(input: $i) { tramite { idt } erros { codigo campo } } }";
    let input = json!({ "i": { "remetente": { "repositorio": 1, "numero": "820" }, "destinatario": { "repositorio": 1, "numero": "817" },
        "protocolo": NUP, "descricao": "Pedido fictício", "nivelDeSigilo": "SIGILOSO", "hipoteseLegal": "CPC 189" } });

    let tramita = Tramita::novo();
    for (field, place, fields) in &sealed {
        let answer = send(&tramita, fields);
        assert_eq!(
            (answer.status, &answer.corpo["codigoErro"]),
            (400, &json!("9000")),
            "{fields}: {}",
            answer.texto
        );
        let told = parametro(&answer, &format!("processo.{field}")).unwrap_or_default();
        assert!(told.starts_with(place) && told.contains("sigiloso (nível 3)"), "{}", answer.texto);
    }
    let refused = tramita.0.gql_com(RN, mutation, input.clone());
    let error = &refused["enviarTramite"]["erros"][0];
    assert_eq!(
        (&error["codigo"], &error["campo"]),
        (&json!("CAMPO_INVALIDO"), &json!(["input", "nivelDeSigilo"]))
    );
    assert_eq!(send(&tramita, &restricted).status, 200);

    for (_, _, fields) in &sealed {
        let tramita = Tramita::com(Regras { tramitar_sigiloso: true, ..Regras::default() });
        let answer = send(&tramita, fields);
        assert_eq!(answer.status, 200, "{fields}: {}", answer.texto);
    }
    let tramita = Tramita::com(Regras { tramitar_sigiloso: true, ..Regras::default() });
    let sent = tramita.0.gql_com(RN, mutation, input);
    assert!(sent["enviarTramite"]["tramite"]["idt"].is_string(), "{sent}");
}

/// Sent with one file, of which it is the hash.
fn sent_with(tramita: &Tramita, protocolo: &str, file: &[u8]) -> i64 {
    let mut body = envio(RN, PE, protocolo, None);
    body["processo"]["documentos"] = json!([documento(1, &[file])]);
    let sent = tramita.pedir(RN, "POST", "/tramites/processo", &body);
    assert_eq!(sent.status, 200, "{}", sent.texto);
    sent.corpo["IDT"].as_i64().unwrap()
}

#[test]
fn a_file_is_named_in_the_query_in_the_form_or_in_both() {
    let tramita = Tramita::novo();
    let app = &tramita.0;
    let form_type = [("Content-Type", "multipart/form-data; boundary=limite")];
    let route =
        |idt: i64| format!("/tickets-de-envio-de-componente/{idt}/protocolos/componentes-a-enviar");
    let encoded = |text: &str| text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    // Of a hash with a plus, which some clients do not encode.
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
            send(app, "PUT", path, &form_type, &formulario(fields))
        };
        let wrong = put(
            &format!("{}?{query}x", route(idt)),
            &[("protocolo", b"OUTRO"), ("conteudo", whole)],
        );
        assert_eq!(wrong.status, 400, "{}", wrong.texto);
        assert!(parametro(&wrong, "protocolo").unwrap().contains("consulta"), "{}", wrong.texto);
        let other = hash(b"outro");
        let wrong = put(
            &format!(
                "{}?hashDoComponenteDigital={}&protocolo={protocolo}",
                route(idt),
                encoded(&other)
            ),
            &[("hashDoComponenteDigital", digest.as_bytes()), ("conteudo", whole)],
        );
        assert_eq!(wrong.status, 400, "{}", wrong.texto);
        assert!(
            parametro(&wrong, "hashDoComponenteDigital").unwrap().contains("consulta"),
            "{}",
            wrong.texto
        );
        let unknown = put(&format!("{}?{query}&nada=1", route(idt)), &fields);
        assert_eq!(unknown.status, 400, "{}", unknown.texto);
        let taken = put(&format!("{}?{query}", route(idt)), &fields);
        assert_eq!(
            (taken.status, &taken.corpo["situacaoAtual"]),
            (200, &json!(2)),
            "{query}: {}",
            taken.texto
        );
    }

    // In parts, and down again, by the same names.
    let protocolo = "LIVRE-5";
    let idt = sent_with(&tramita, protocolo, whole);
    let query = format!("hashDoComponenteDigital={}&protocolo={protocolo}", encoded(&digest));
    let part = send(
        app,
        "PUT",
        &format!("{}/partes/0-1?{query}", route(idt)),
        &form_type,
        &formulario(&[("conteudo", whole)]),
    );
    assert_eq!(part.status, 200, "{}", part.texto);
    let end = format!("{}/partes/sinalizacao-termino-envio?{query}", route(idt));
    let contradicted = send(app, "POST", &end, &[], br#"{"protocolo":"OUTRO"}"#);
    assert_eq!(contradicted.status, 400, "{}", contradicted.texto);
    let ended = send(app, "POST", &end, &[], b"");
    assert_eq!((ended.status, &ended.corpo["situacaoAtual"]), (200, &json!(2)), "{}", ended.texto);
    tramita.passos(idt, &[(PE, "receber")]);
    let path = format!("/tramites/{idt}/protocolos/componentes-digitais?{query}");
    let fetched = tramita.pedir(PE, "POST", &path, &Value::Null);
    assert_eq!((fetched.status, fetched.bytes.as_slice()), (200, whole), "{}", fetched.texto);
}

#[test]
fn what_is_asked_again_in_a_later_situacao_is_answered_the_same_and_moves_nothing() {
    let tramita = Tramita::novo();
    let (idt, _) = tramita.enviado(RN, PE, NUP, None);
    let received = tramita.passo(PE, idt, "receber");
    assert_eq!(received.status, 200, "{}", received.texto);
    let recibo = json!({ "dataDeRecebimento": crate::support::agora().to_rfc3339() });
    let path = format!("/tramites/{idt}/recibo");
    let history = || {
        let seen = tramita.pedir(RN, "GET", &format!("/tramites?IDT={idt}"), &Value::Null);
        seen.corpo["tramites"][0]["mudancasDeSituacao"].clone()
    };
    let again = |situacao: i64| {
        let before = history();
        let sent = tramita.pedir(PE, "POST", &path, &recibo);
        assert_eq!(
            (sent.status, &sent.corpo["situacaoAtual"]),
            (200, &json!(situacao)),
            "{}",
            sent.texto
        );
        let metadata = tramita.passo(PE, idt, "receber");
        assert_eq!(
            (metadata.status, &metadata.corpo),
            (200, &received.corpo),
            "{situacao}: {}",
            metadata.texto
        );
        let looked = tramita.passo(PE, idt, "ler");
        assert_eq!((looked.status, &looked.corpo["processo"]), (200, &received.corpo["processo"]));
        let mutation = format!(
            "mutation {{ receberTramite(input: {{ idt: \"{idt}\" }}) {{ tramite {{ codigoSituacao }} erros {{ codigo }} }} }}"
        );
        let by_graph = tramita.0.gql(PE, &mutation)["receberTramite"].clone();
        assert_eq!(by_graph, json!({ "tramite": { "codigoSituacao": situacao }, "erros": [] }));
        assert_eq!(history(), before, "{situacao}");
        sent.corpo
    };
    let first = tramita.pedir(PE, "POST", &path, &recibo);
    assert_eq!(first.status, 200, "{}", first.texto);
    assert_eq!(again(5), first.corpo);
    let other = json!({ "dataDeRecebimento": "2026-01-01T00:00:00Z" });
    assert_eq!(tramita.pedir(PE, "POST", &path, &other).status, 409);
    tramita.passos(idt, &[(RN, "buscar")]);
    again(6);
    // What did not arrive, or was called back, is not there to be asked for.
    let (back, _) = tramita.enviado(RN, PE, "LIVRE", None);
    tramita.passos(back, &[(PE, "receber"), (RN, "cancelar")]);
    assert_eq!(tramita.passo(PE, back, "receber").status, 409);
}
