//! The acceptance scenarios of the Tramita, and rules beside them.

use super::{ALREADY_REGISTERED, CE, NUP, PE, RN, Tramita, code, envio, parameter};
use crate::support::{NewProcesso, numero_of};
use diesel::RunQueryDsl;
use elos::db::Sql;
use elos::value::rules::RuleSwitches;
use serde_json::{Value, json};

#[test]
fn c01_primeiro_tramite_ate_o_fim() {
    let t = Tramita::new();
    let response = t.enviar(RN, PE, NUP, None);
    assert_eq!(response.status, 200, "{}", response.text);
    let nre = response.body["NRE"].as_str().unwrap();
    assert!(nre.len() == 16 && nre.bytes().all(|b| b.is_ascii_digit()), "{nre}");
    let registro = response.body["dataHoraDeRegistroDoTramite"].as_str().unwrap();
    assert!(chrono::DateTime::parse_from_rfc3339(registro).is_ok(), "{registro}");
    let idt = response.body["IDT"].as_i64().unwrap();
    t.steps(idt, &[(PE, "receber"), (PE, "recibo"), (RN, "buscar"), (RN, "buscar")]);
    let read = t.step(RN, idt, "ler");
    let historico: Vec<_> =
        read.body["historico"].as_array().unwrap().iter().map(|m| m["situacao"].clone()).collect();
    assert_eq!(historico, [1, 2, 3, 4, 5, 6]);
    // PE has the processo now, so RN cannot send it.
    assert_eq!(code(&t.enviar(RN, CE, NUP, Some(nre))), (409, "9006"));
}

/// The example of the article: the server refuses a return without the NRE, and accepts it with the
/// NRE.
#[test]
fn c02_e_c03_a_devolucao_leva_o_nre() {
    let t = Tramita::new();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    let refused = t.enviar(PE, RN, NUP, None);
    assert_eq!(code(&refused), (409, "9001"));
    assert_eq!(refused.body["mensagem"], ALREADY_REGISTERED);
    assert_eq!(parameter(&refused, "nre"), Some(nre.as_str()));
    assert_eq!(parameter(&refused, "protocolo"), Some(NUP));

    let returned = t.enviar(PE, RN, NUP, Some(&nre));
    assert_eq!(
        (returned.status, &returned.body["devolucao"]),
        (200, &json!(true)),
        "{}",
        returned.text
    );
    assert_eq!(returned.body["NRE"], json!(nre));
    let idt = returned.body["IDT"].as_i64().unwrap();
    t.steps(idt, &[(RN, "receber"), (RN, "recibo"), (PE, "buscar")]);
    assert_eq!(t.0.database.count("SELECT count(*) AS n FROM registro_eletronico"), 1);
    assert_eq!(t.0.database.count("SELECT count(*) AS n FROM registro_no_sistema"), 2);
    // RN has the processo again and may send it.
    assert_eq!(t.enviar(RN, PE, NUP, Some(&nre)).status, 200);
}

#[test]
fn c04_adiante_com_o_mesmo_nre() {
    let t = Tramita::new();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    let ahead = t.enviar(PE, CE, NUP, Some(&nre));
    assert_eq!((ahead.status, &ahead.body["devolucao"]), (200, &json!(false)));
    let idt = ahead.body["IDT"].as_i64().unwrap();
    t.steps(idt, &[(CE, "receber"), (CE, "recibo"), (PE, "buscar")]);
    let returned = t.enviar(CE, RN, NUP, Some(&nre));
    assert_eq!((returned.status, &returned.body["devolucao"]), (200, &json!(true)));
}

/// The destination has its own processo with this number.
#[test]
fn c05_o_destino_ja_tem_o_protocolo() {
    let t = Tramita::new();
    let ana = t.0.adolescente(CE);
    let numero = numero_of(806, 0);
    t.0.cadastrado(CE, &NewProcesso::apuracao(&numero, &[&ana]));
    let refused = t.enviar(RN, CE, &numero, None);
    assert_eq!(code(&refused), (409, "9001"));
    assert_eq!(parameter(&refused, "nre"), None);
    assert_eq!(t.0.database.count("SELECT count(*) AS n FROM registro_eletronico"), 0);
    // With the valid NRE of another processo, the refusal is the same (B5).
    let (_, nre) = t.realizado(RN, PE, &numero, None);
    assert_eq!(code(&t.enviar(PE, CE, &numero, Some(&nre))), (409, "9001"));
}

#[test]
fn c06_nre_de_outro_processo_desconhecido_ou_curto() {
    let t = Tramita::new();
    let (_, one) = t.realizado(RN, PE, NUP, None);
    assert_eq!(code(&t.enviar(PE, RN, "99990.000002/2026-06", Some(&one))), (409, "9003"));
    let foreign = t.enviar(CE, RN, NUP, Some(&one));
    let unknown_nre = t.enviar(CE, RN, NUP, Some("0000009999992026"));
    assert_eq!(code(&foreign), (404, "9002"));
    let without_protocolo = |mut body: Value| {
        body["parametro"].as_array_mut().unwrap().retain(|p| p["chave"] != "protocolo");
        body
    };
    assert_eq!(without_protocolo(foreign.body), without_protocolo(unknown_nre.body));
    assert_eq!(t.enviar(PE, RN, NUP, Some("000000001885201")).status, 400);
}

#[test]
fn c07_a_mascara_nao_importa_salvo_se_exata() {
    let t = Tramita::new();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    let bare = "99990000001202653";
    let returned = t.enviar(PE, RN, bare, Some(&nre));
    assert_eq!(returned.status, 200, "{}", returned.text);
    assert!(returned.body["avisos"][0].as_str().unwrap().contains("AVISO_GRAFIA_DO_PROTOCOLO"));
    let idt = returned.body["IDT"].as_i64().unwrap();
    assert_eq!(t.step(RN, idt, "receber").body["processo"]["protocolo"], NUP);

    let t = Tramita::with_rules(RuleSwitches { protocolo_exato: true, ..RuleSwitches::default() });
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    assert_eq!(code(&t.enviar(PE, RN, bare, Some(&nre))), (409, "9003"));
}

#[test]
fn c09_em_andamento_e_depois_do_fim() {
    let t = Tramita::new();
    let (idt, nre) = t.enviado(RN, PE, NUP, None);
    let during = t.enviar(RN, CE, NUP, Some(&nre));
    assert_eq!(
        (code(&during), parameter(&during, "IDT")),
        ((409, "0044"), Some(idt.to_string().as_str()))
    );
    assert_eq!(code(&t.enviar(RN, CE, NUP, None)), (409, "9001"));
    t.steps(idt, &[(RN, "cancelar")]);
    // After a cancelled trâmite the NRE stays the same, given or not.
    let (idt, again) = t.enviado(RN, PE, NUP, None);
    assert_eq!(again, nre);
    t.steps(idt, &[(PE, "recusar"), (RN, "ciencia")]);
    let (_, once_more) = t.enviado(RN, CE, NUP, Some(&nre));
    assert_eq!(once_more, nre);
    assert_eq!(t.0.database.count("SELECT count(*) AS n FROM registro_eletronico"), 1);
}

#[test]
fn c10_recusa_e_ciencia() {
    let t = Tramita::new();
    let (idt, nre) = t.enviado(RN, PE, NUP, None);
    t.steps(idt, &[(PE, "receber")]);
    let recusar = |text: &str| {
        let body = json!({ "motivo": "99", "justificativa": text });
        t.request(PE, "POST", &format!("/tramites/{idt}/recusa"), &body)
    };
    assert_eq!(recusar(&"x".repeat(1001)).status, 400);
    assert_eq!(recusar("").status, 400);
    assert_eq!(recusar(&"x".repeat(1000)).status, 200);
    // Only the remetente sees the trâmite now.
    assert_eq!(code(&t.step(PE, idt, "ler")), (404, "9007"));
    assert_eq!(t.step(RN, idt, "ler").body["motivoDaRecusa"], "99");
    t.steps(idt, &[(RN, "ciencia")]);
    assert_eq!(t.situacao(RN, idt), 9);
    assert_eq!(t.enviar(RN, PE, NUP, Some(&nre)).status, 200);
}

#[test]
fn c11_quem_pode_e_quando() {
    let t = Tramita::new();
    // Brings a new trâmite to a situação.
    let until = |n: u32, situacao: i64| {
        let protocolo = format!("LIVRE-{n}-{situacao}");
        let (idt, _) = t.enviado(RN, PE, &protocolo, None);
        let steps: &[(&str, &str)] = match situacao {
            2 => &[],
            4 => &[(PE, "receber")],
            5 => &[(PE, "receber"), (PE, "recibo")],
            6 => &[(PE, "receber"), (PE, "recibo"), (RN, "buscar")],
            7 => &[(RN, "cancelar")],
            8 => &[(PE, "recusar")],
            _ => &[(PE, "recusar"), (RN, "ciencia")],
        };
        t.steps(idt, steps);
        idt
    };
    for situacao in [5, 6, 8] {
        assert_eq!(code(&t.step(RN, until(1, situacao), "cancelar")), (409, "9004"), "{situacao}");
    }
    let idt = until(2, 2);
    assert_eq!(code(&t.step(PE, idt, "cancelar")), (403, "9005"));
    assert_eq!(code(&t.step(RN, idt, "recusar")), (403, "9005"));
    assert_eq!(code(&t.step(RN, idt, "receber")), (403, "9005"));
    assert_eq!(code(&t.step(CE, idt, "recusar")), (404, "9007"));
    for situacao in [2, 4] {
        assert_eq!(t.step(PE, until(3, situacao), "recusar").status, 200, "{situacao}");
    }
    for situacao in [5, 6, 7, 9] {
        assert_eq!(code(&t.step(PE, until(4, situacao), "recusar")), (409, "9004"), "{situacao}");
    }
    // SEI's module may refuse a trâmite twice. The second refusal succeeds and changes nothing.
    let idt = until(4, 8);
    let refused = || t.request(RN, "GET", &format!("/tramites?IDT={idt}"), &Value::Null).body;
    let before = refused();
    let another = json!({ "motivo": "02", "justificativa": "outra vez" });
    let again = t.request(PE, "POST", &format!("/tramites/{idt}/recusa"), &another);
    assert_eq!((again.status, refused()), (200, before), "{}", again.text);
    let path = format!("/tramites/{idt}/recusa");
    assert_eq!(code(&t.request(CE, "POST", &path, &another)), (404, "9007"));
}

#[test]
fn c12_o_prazo_de_oito_dias() {
    let t = Tramita::new();
    let (unsent, nre) = t.enviado(RN, PE, NUP, None);
    let (received, _) = t.enviado(RN, PE, "LIVRE-1", None);
    t.steps(received, &[(PE, "receber"), (PE, "recibo")]);
    let (new, _) = t.enviado(RN, PE, "LIVRE-2", None);
    let age = "UPDATE tramite SET atualizado_em = atualizado_em - interval '8 days 1 second' WHERE idt <> ";
    Sql::new(age).bind(new).execute(&mut t.0.database.conn()).unwrap();
    assert_eq!(t.0.expire(), 1);
    assert_eq!((t.situacao(RN, unsent), t.situacao(RN, received), t.situacao(RN, new)), (10, 5, 2));
    assert_eq!(t.0.expire(), 0);
    assert_eq!(t.enviar(RN, CE, NUP, Some(&nre)).status, 200);
}

#[test]
fn c13_ler_nao_muda_nada() {
    let t = Tramita::new();
    let (idt, _) = t.enviado(RN, PE, NUP, None);
    // A dry run changes nothing either, and does not show the metadata.
    let dry_run =
        t.request(PE, "POST", &format!("/tramites/{idt}/recebimento?simular=true"), &Value::Null);
    assert_eq!((&dry_run.body["situacaoAtual"], dry_run.body.get("processo")), (&json!(4), None));
    for caller in [RN, PE] {
        assert_eq!(t.situacao(caller, idt), 2);
    }
    // The remetente may read the metadata. A credential that only reads cannot receive.
    assert_eq!(t.step(RN, idt, "ler").body["processo"]["protocolo"], NUP);
    t.0.credential("tjpe-leitura", "tjrn-leitura", |claims| {
        claims["azp"] = json!("tjpe-leitura");
        claims["tribunal"] = json!("817");
    });
    let read = t.step("tjpe-leitura", idt, "ler").body;
    assert_eq!((&read["situacaoAtual"], read.get("processo")), (&json!(2), None));
    let head = t.request(PE, "HEAD", &format!("/tramites/{idt}"), &Value::Null);
    assert!(head.status < 500 && t.situacao(PE, idt) == 2);
    assert_eq!(code(&t.step(RN, idt, "buscar")), (409, "9004"));
    assert_eq!(code(&t.step(PE, idt, "buscar")), (409, "9004"));
    t.steps(idt, &[(PE, "receber"), (PE, "recibo"), (PE, "buscar")]);
    assert_eq!(t.situacao(PE, idt), 5);
}

#[test]
fn c14_a_mesma_chave_e_o_mesmo_tramite() {
    let t = Tramita::new();
    let body = envio(RN, PE, NUP, None);
    let enviar = |body: &Value| {
        t.with_headers(RN, "POST", "/tramite/processo", body, &[("Idempotency-Key", "a")])
    };
    let (one, two) = (enviar(&body), enviar(&body));
    assert_eq!((one.status, &one.body), (two.status, &two.body));
    assert_eq!(code(&enviar(&envio(RN, CE, NUP, None))), (422, "9008"));
    assert_eq!(t.0.database.count("SELECT count(*) AS n FROM tramite"), 1);
    let dry_run =
        t.request(RN, "POST", "/tramites/processo?simular=true", &envio(RN, PE, "LIVRE-9", None));
    assert_eq!(
        (dry_run.status, dry_run.body.get("NRE"), dry_run.body.get("IDT")),
        (200, None, None)
    );
    assert_eq!(t.0.database.count("SELECT count(*) AS n FROM tramite"), 1);
}

#[test]
fn c15_o_ensaio_de_entrada_no_prefixo_da_plataforma() {
    let t = Tramita::new();
    let base = "/interoperabilidade/rest/v3";
    let enviado =
        t.request(RN, "POST", &format!("{base}/tramite/processo"), &envio(RN, PE, NUP, None));
    assert_eq!(enviado.status, 200, "{}", enviado.text);
    let idt = &enviado.body["IDT"];
    let pending = |caller: &str, all: &str| {
        t.request(caller, "GET", &format!("{base}/tramites/pendentes{all}"), &Value::Null).body
    };
    assert_eq!(pending(PE, "")[0]["IDT"], *idt);
    assert_eq!(pending(RN, ""), json!([]));
    t.steps(idt.as_i64().unwrap(), &[(PE, "receber")]);
    assert_eq!((pending(PE, ""), &pending(PE, "?todas=true")[0]["status"]), (json!([]), &json!(4)));
    t.steps(idt.as_i64().unwrap(), &[(PE, "recibo")]);
    assert_eq!(pending(RN, "")[0]["status"], 5);
    let list = t
        .request(
            RN,
            "GET",
            &format!("{base}/tramites?protocolo=99990000001202653&size=1"),
            &Value::Null,
        )
        .body;
    assert_eq!((&list["totalDeRegistros"], &list["tramites"][0]["IDT"]), (&json!(1), idt));
    assert_eq!(
        t.request(RN, "GET", &format!("{base}/tramites?protocol=x"), &Value::Null).status,
        400
    );
    assert_eq!(t.request(RN, "GET", &format!("{base}/nada"), &Value::Null).status, 404);
    let period = |from: &str| {
        let list = t.request(RN, "GET", &format!("{base}/tramites?de={from}"), &Value::Null);
        (list.status, list.body["totalDeRegistros"].clone())
    };
    assert_eq!(period("2020-01-01T00:00:00Z"), (200, json!(1)));
    assert_eq!(period("2100-01-01T00:00:00Z"), (200, json!(0)));
    assert_eq!(period("ontem"), (400, Value::Null));
    for numero in ["1:%00", "1:", "x:820"] {
        let path = format!("{base}/tramites?remetente={numero}");
        assert_eq!(t.request(RN, "GET", &path, &Value::Null).status, 400, "{numero}");
    }
}

/// Without this rule, as on the real platform, the server accepts the send and the destination
/// refuses it.
#[test]
fn sem_recusa_no_envio_o_destino_recusa() {
    let t = Tramita::with_rules(RuleSwitches { recusa_no_envio: false, ..RuleSwitches::default() });
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    let (idt, same) = t.enviado(PE, RN, NUP, None);
    assert_eq!(same, nre);
    assert_eq!(code(&t.step(RN, idt, "receber")), (409, "9001"));
    let read = t.step(PE, idt, "ler").body;
    assert_eq!(
        (&read["situacaoAtual"], &read["motivoDaRecusa"], &read["justificativaDaRecusa"]),
        (&json!(8), &json!("99"), &json!(ALREADY_REGISTERED))
    );
}

/// A send without the NRE does not get around the órgão that has the processo.
#[test]
fn sem_recusa_no_envio_so_sai_o_que_o_destino_recusaria() {
    let t = Tramita::with_rules(RuleSwitches { recusa_no_envio: false, ..RuleSwitches::default() });
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    for (from, to) in [(RN, CE), (RN, PE), (PE, CE)] {
        assert_eq!(code(&t.enviar(from, to, NUP, None)), (409, "9001"), "{from} {to}");
    }
    assert_eq!(code(&t.enviar(RN, CE, NUP, Some(&nre))), (409, "9006"));
    // The órgão that has the processo may still send it.
    assert_eq!(t.enviar(PE, RN, NUP, Some(&nre)).status, 200);
}

#[test]
fn o_recibo_entregue_se_le_de_novo_so_com_leitura() {
    let t = Tramita::new();
    let (idt, _) = t.enviado(RN, PE, NUP, None);
    t.steps(idt, &[(PE, "receber"), (PE, "recibo")]);
    assert_eq!(t.step("tjrn-leitura", idt, "buscar").status, 403);
    t.steps(idt, &[(RN, "buscar")]);
    let reread = t.step("tjrn-leitura", idt, "buscar");
    assert_eq!((reread.status, &reread.body["recibo"]["IDT"]), (200, &json!(idt)));
}

/// The protocolo tells its NRE only to a party.
#[test]
fn o_protocolo_devolve_o_nre_so_a_quem_e_parte() {
    let t = Tramita::new();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    let by_protocolo = |caller: &str| {
        t.request(caller, "GET", "/tramites/protocolo/99990.000001%2F2026-53", &Value::Null)
    };
    let by_nre = |caller: &str| t.request(caller, "GET", &format!("/NREs/{nre}"), &Value::Null);
    for caller in [RN, PE] {
        assert_eq!(by_protocolo(caller).body["NRE"], json!(nre));
        assert_eq!(by_nre(caller).body["tramites"].as_array().unwrap().len(), 1);
    }
    let unknown_nre = t.request(CE, "GET", "/tramites/protocolo/OUTRO", &Value::Null);
    assert_eq!(code(&by_protocolo(CE)), (404, "9002"));
    let unknown = t.request(CE, "GET", "/NREs/0000000001522099", &Value::Null);
    assert_eq!((by_protocolo(CE).body, by_nre(CE).body), (unknown_nre.body, unknown.body));
}

#[test]
fn s0_entradas_invalidas_dizem_o_campo() {
    let t = Tramita::new();
    for (change, status, field) in [
        (json!({ "processo": { "protocolo": null } }), 400, "processo.protocolo"),
        (json!({ "processo": { "protocolo": "x".repeat(41) } }), 400, "processo.protocolo"),
        (json!({ "processo": { "descricao": "" } }), 400, "processo.descricao"),
        (json!({ "processo": { "descricao": "x".repeat(1501) } }), 400, "processo.descricao"),
        (json!({ "processo": { "nivelDeSigilo": 4 } }), 400, "processo.nivelDeSigilo"),
        (json!({ "processo": { "nivelDeSigilo": 2 } }), 400, "processo.hipoteseLegal"),
        (
            json!({ "processo": { "hipoteseLegal": { "baseLegal": {} } } }),
            400,
            "processo.hipoteseLegal",
        ),
        (
            json!({ "processo": { "hipoteseLegal": { "nome": "x".repeat(201) } } }),
            400,
            "processo.hipoteseLegal",
        ),
        (json!({ "cabecalho": { "motivoDaUrgencia": 1 } }), 400, "cabecalho.motivoDaUrgencia"),
        (json!({ "cabecalho": { "remetente": null } }), 400, "cabecalho.remetente"),
        (json!({ "cabecalho": { "nre": "1" } }), 400, "cabecalho.nre"),
        (
            json!({ "cabecalho": { "destinatario": super::estrutura("999") } }),
            422,
            "cabecalho.destinatario",
        ),
        (
            json!({ "cabecalho": { "destinatario": super::estrutura(RN) } }),
            422,
            "cabecalho.destinatario",
        ),
        (
            json!({ "processo": { "documentos": [{ "componentesDigitais": [{}] }] } }),
            400,
            "processo.documentos",
        ),
    ] {
        let mut body = envio(RN, PE, NUP, None);
        for (part, fields) in change.as_object().unwrap() {
            for (name, value) in fields.as_object().unwrap() {
                body[part][name] = value.clone();
            }
        }
        let response = t.request(RN, "POST", "/tramites/processo", &body);
        assert_eq!(response.status, status, "{field}: {}", response.text);
        assert!(parameter(&response, field).is_some(), "{field}: {}", response.text);
    }
    assert_eq!(
        code(&t.request(RN, "POST", "/tramites/processo", &envio(PE, CE, NUP, None))),
        (403, "9005")
    );
    assert_eq!(t.0.database.count("SELECT count(*) AS n FROM tramite"), 0);
}
