//! The acceptance scenarios, one test each.

use super::{CE, FRASE, NUP, PE, RN, Tramita, codigo, envio, parametro};
use diesel::RunQueryDsl;
use elos::db::Sql;
use elos::processo::NumeroProcesso;
use elos::value::regras::Regras;
use serde_json::{Value, json};

#[test]
fn c01_primeiro_tramite_ate_o_fim() {
    let t = Tramita::novo();
    let resposta = t.enviar(RN, PE, NUP, None);
    assert_eq!(resposta.status, 200, "{}", resposta.texto);
    let nre = resposta.corpo["NRE"].as_str().unwrap();
    assert!(nre.len() == 16 && nre.bytes().all(|b| b.is_ascii_digit()), "{nre}");
    let registro = resposta.corpo["dataHoraDeRegistroDoTramite"].as_str().unwrap();
    assert!(chrono::DateTime::parse_from_rfc3339(registro).is_ok(), "{registro}");
    let idt = resposta.corpo["IDT"].as_i64().unwrap();
    t.passos(idt, &[(PE, "receber"), (PE, "recibo"), (RN, "buscar"), (RN, "buscar")]);
    let lido = t.passo(RN, idt, "ler");
    let historico: Vec<_> =
        lido.corpo["historico"].as_array().unwrap().iter().map(|m| m["situacao"].clone()).collect();
    assert_eq!(historico, [1, 2, 3, 4, 5, 6]);
    // The processo is at PE now: RN has it not to send.
    assert_eq!(codigo(&t.enviar(RN, CE, NUP, Some(nre))), (409, "9006"));
}

/// The article's story: without the NRE it is refused, with it, it returns.
#[test]
fn c02_e_c03_a_devolucao_leva_o_nre() {
    let t = Tramita::novo();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    let recusado = t.enviar(PE, RN, NUP, None);
    assert_eq!(codigo(&recusado), (409, "9001"));
    assert_eq!(recusado.corpo["mensagem"], FRASE);
    assert_eq!(parametro(&recusado, "nre"), Some(nre.as_str()));
    assert_eq!(parametro(&recusado, "protocolo"), Some(NUP));

    let volta = t.enviar(PE, RN, NUP, Some(&nre));
    assert_eq!((volta.status, &volta.corpo["devolucao"]), (200, &json!(true)), "{}", volta.texto);
    assert_eq!(volta.corpo["NRE"], json!(nre));
    let idt = volta.corpo["IDT"].as_i64().unwrap();
    t.passos(idt, &[(RN, "receber"), (RN, "recibo"), (PE, "buscar")]);
    assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM registro_eletronico"), 1);
    assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM registro_no_sistema"), 2);
    // It is at RN again, who may send it on.
    assert_eq!(t.enviar(RN, PE, NUP, Some(&nre)).status, 200);
}

#[test]
fn c04_adiante_com_o_mesmo_nre() {
    let t = Tramita::novo();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    let adiante = t.enviar(PE, CE, NUP, Some(&nre));
    assert_eq!((adiante.status, &adiante.corpo["devolucao"]), (200, &json!(false)));
    let idt = adiante.corpo["IDT"].as_i64().unwrap();
    t.passos(idt, &[(CE, "receber"), (CE, "recibo"), (PE, "buscar")]);
    let volta = t.enviar(CE, RN, NUP, Some(&nre));
    assert_eq!((volta.status, &volta.corpo["devolucao"]), (200, &json!(true)));
}

/// The destination has a processo of its own with the number.
#[test]
fn c05_o_destino_ja_tem_o_protocolo() {
    let t = Tramita::novo();
    let ana = t.0.adolescente(CE);
    let numero = NumeroProcesso::sintetico(9_600_000, 2024, 806, 1).to_string();
    let corpo = json!({ "numeroProcesso": numero, "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL", "idOrgao": 1,
        "appNameSistemaTribunal": "t", "identificadoresAdolescentes": [ana] });
    assert_eq!(t.0.post(CE, "/api/v1/processos", &corpo).status, 200);
    let recusado = t.enviar(RN, CE, &numero, None);
    assert_eq!(codigo(&recusado), (409, "9001"));
    assert_eq!(parametro(&recusado, "nre"), None);
    assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM registro_eletronico"), 0);
    // By a valid NRE of others, the same (B5).
    let (_, nre) = t.realizado(RN, PE, &numero, None);
    assert_eq!(codigo(&t.enviar(PE, CE, &numero, Some(&nre))), (409, "9001"));
}

#[test]
fn c06_nre_de_outro_processo_desconhecido_ou_curto() {
    let t = Tramita::novo();
    let (_, um) = t.realizado(RN, PE, NUP, None);
    assert_eq!(codigo(&t.enviar(PE, RN, "99990.000002/2026-06", Some(&um))), (409, "9003"));
    let alheio = t.enviar(CE, RN, NUP, Some(&um));
    let desconhecido = t.enviar(CE, RN, NUP, Some("0000009999992026"));
    assert_eq!(codigo(&alheio), (404, "9002"));
    let sem_protocolo = |mut corpo: Value| {
        corpo["parametro"].as_array_mut().unwrap().retain(|p| p["chave"] != "protocolo");
        corpo
    };
    assert_eq!(sem_protocolo(alheio.corpo), sem_protocolo(desconhecido.corpo));
    assert_eq!(t.enviar(PE, RN, NUP, Some("000000001885201")).status, 400);
}

#[test]
fn c07_a_mascara_nao_importa_salvo_se_exata() {
    let t = Tramita::novo();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    let nu = "99990000001202653";
    let volta = t.enviar(PE, RN, nu, Some(&nre));
    assert_eq!(volta.status, 200, "{}", volta.texto);
    assert!(volta.corpo["avisos"][0].as_str().unwrap().contains("AVISO_GRAFIA_DO_PROTOCOLO"));
    let idt = volta.corpo["IDT"].as_i64().unwrap();
    assert_eq!(t.passo(RN, idt, "receber").corpo["processo"]["protocolo"], NUP);

    let t = Tramita::com(Regras { protocolo_exato: true, ..Regras::default() });
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    assert_eq!(codigo(&t.enviar(PE, RN, nu, Some(&nre))), (409, "9003"));
}

#[test]
fn c09_em_andamento_e_depois_do_fim() {
    let t = Tramita::novo();
    let (idt, nre) = t.enviado(RN, PE, NUP, None);
    let durante = t.enviar(RN, CE, NUP, Some(&nre));
    assert_eq!(
        (codigo(&durante), parametro(&durante, "IDT")),
        ((409, "0044"), Some(idt.to_string().as_str()))
    );
    assert_eq!(codigo(&t.enviar(RN, CE, NUP, None)), (409, "9001"));
    t.passos(idt, &[(RN, "cancelar")]);
    // Called back: the same NRE, given or not.
    let (idt, de_novo) = t.enviado(RN, PE, NUP, None);
    assert_eq!(de_novo, nre);
    t.passos(idt, &[(PE, "recusar"), (RN, "ciencia")]);
    let (_, outra_vez) = t.enviado(RN, CE, NUP, Some(&nre));
    assert_eq!(outra_vez, nre);
    assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM registro_eletronico"), 1);
}

#[test]
fn c10_recusa_e_ciencia() {
    let t = Tramita::novo();
    let (idt, nre) = t.enviado(RN, PE, NUP, None);
    t.passos(idt, &[(PE, "receber")]);
    let recusar = |texto: &str| {
        let corpo = json!({ "motivo": "99", "justificativa": texto });
        t.pedir(PE, "POST", &format!("/tramites/{idt}/recusa"), &corpo)
    };
    assert_eq!(recusar(&"x".repeat(1001)).status, 400);
    assert_eq!(recusar("").status, 400);
    assert_eq!(recusar(&"x".repeat(1000)).status, 200);
    // Only the remetente sees it now.
    assert_eq!(codigo(&t.passo(PE, idt, "ler")), (404, "9007"));
    assert_eq!(t.passo(RN, idt, "ler").corpo["motivoDaRecusa"], "99");
    t.passos(idt, &[(RN, "ciencia")]);
    assert_eq!(t.situacao(RN, idt), 9);
    assert_eq!(t.enviar(RN, PE, NUP, Some(&nre)).status, 200);
}

#[test]
fn c11_quem_pode_e_quando() {
    let t = Tramita::novo();
    // Brings a fresh trâmite to a situação.
    let ate = |n: u32, situacao: i64| {
        let protocolo = format!("LIVRE-{n}-{situacao}");
        let (idt, _) = t.enviado(RN, PE, &protocolo, None);
        let passos: &[(&str, &str)] = match situacao {
            2 => &[],
            4 => &[(PE, "receber")],
            5 => &[(PE, "receber"), (PE, "recibo")],
            6 => &[(PE, "receber"), (PE, "recibo"), (RN, "buscar")],
            7 => &[(RN, "cancelar")],
            8 => &[(PE, "recusar")],
            _ => &[(PE, "recusar"), (RN, "ciencia")],
        };
        t.passos(idt, passos);
        idt
    };
    for situacao in [5, 6, 8] {
        assert_eq!(codigo(&t.passo(RN, ate(1, situacao), "cancelar")), (409, "9004"), "{situacao}");
    }
    let idt = ate(2, 2);
    assert_eq!(codigo(&t.passo(PE, idt, "cancelar")), (403, "9005"));
    assert_eq!(codigo(&t.passo(RN, idt, "recusar")), (403, "9005"));
    assert_eq!(codigo(&t.passo(RN, idt, "receber")), (403, "9005"));
    assert_eq!(codigo(&t.passo(CE, idt, "recusar")), (404, "9007"));
    for situacao in [2, 4] {
        assert_eq!(t.passo(PE, ate(3, situacao), "recusar").status, 200, "{situacao}");
    }
    for situacao in [5, 6, 7, 9] {
        assert_eq!(codigo(&t.passo(PE, ate(4, situacao), "recusar")), (409, "9004"), "{situacao}");
    }
    // SEI's module declines once more what it has declined: nothing changes.
    let idt = ate(4, 8);
    let recusado = || t.pedir(RN, "GET", &format!("/tramites?IDT={idt}"), &Value::Null).corpo;
    let antes = recusado();
    let outra = json!({ "motivo": "02", "justificativa": "outra vez" });
    let de_novo = t.pedir(PE, "POST", &format!("/tramites/{idt}/recusa"), &outra);
    assert_eq!((de_novo.status, recusado()), (200, antes), "{}", de_novo.texto);
    let caminho = format!("/tramites/{idt}/recusa");
    assert_eq!(codigo(&t.pedir(CE, "POST", &caminho, &outra)), (404, "9007"));
}

#[test]
fn c12_o_prazo_de_oito_dias() {
    let t = Tramita::novo();
    let (parado, nre) = t.enviado(RN, PE, NUP, None);
    let (recebido, _) = t.enviado(RN, PE, "LIVRE-1", None);
    t.passos(recebido, &[(PE, "receber"), (PE, "recibo")]);
    let (novo, _) = t.enviado(RN, PE, "LIVRE-2", None);
    let envelhecer = "UPDATE tramite SET atualizado_em = atualizado_em - interval '8 days 1 second' WHERE idt <> ";
    Sql::new(envelhecer).bind(novo).execute(&mut t.0.banco.conn()).unwrap();
    assert_eq!(t.0.expirar(), 1);
    assert_eq!(
        (t.situacao(RN, parado), t.situacao(RN, recebido), t.situacao(RN, novo)),
        (10, 5, 2)
    );
    assert_eq!(t.0.expirar(), 0);
    assert_eq!(t.enviar(RN, CE, NUP, Some(&nre)).status, 200);
}

#[test]
fn c13_ler_nao_muda_nada() {
    let t = Tramita::novo();
    let (idt, _) = t.enviado(RN, PE, NUP, None);
    // Nor does a rehearsal, which does not show what it would receive either.
    let ensaio =
        t.pedir(PE, "POST", &format!("/tramites/{idt}/recebimento?simular=true"), &Value::Null);
    assert_eq!((&ensaio.corpo["situacaoAtual"], ensaio.corpo.get("processo")), (&json!(4), None));
    for quem in [RN, PE] {
        assert_eq!(t.situacao(quem, idt), 2);
    }
    // The remetente has the metadata to read, and whoever only reads does not receive.
    assert_eq!(t.passo(RN, idt, "ler").corpo["processo"]["protocolo"], NUP);
    t.0.credencial("tjpe-leitura", "tjrn-leitura", |claims| {
        claims["azp"] = json!("tjpe-leitura");
        claims["tribunal"] = json!("817");
    });
    let lido = t.passo("tjpe-leitura", idt, "ler").corpo;
    assert_eq!((&lido["situacaoAtual"], lido.get("processo")), (&json!(2), None));
    let head = t.pedir(PE, "HEAD", &format!("/tramites/{idt}"), &Value::Null);
    assert!(head.status < 500 && t.situacao(PE, idt) == 2);
    assert_eq!(codigo(&t.passo(RN, idt, "buscar")), (409, "9004"));
    assert_eq!(codigo(&t.passo(PE, idt, "buscar")), (409, "9004"));
    t.passos(idt, &[(PE, "receber"), (PE, "recibo"), (PE, "buscar")]);
    assert_eq!(t.situacao(PE, idt), 5);
}

#[test]
fn c14_a_mesma_chave_e_o_mesmo_tramite() {
    let t = Tramita::novo();
    let corpo = envio(RN, PE, NUP, None);
    let enviar = |corpo: &Value| {
        t.com_headers(RN, "POST", "/tramite/processo", corpo, &[("Idempotency-Key", "a")])
    };
    let (um, dois) = (enviar(&corpo), enviar(&corpo));
    assert_eq!((um.status, &um.corpo), (dois.status, &dois.corpo));
    assert_eq!(codigo(&enviar(&envio(RN, CE, NUP, None))), (422, "9008"));
    assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM tramite"), 1);
    let simulado =
        t.pedir(RN, "POST", "/tramites/processo?simular=true", &envio(RN, PE, "LIVRE-9", None));
    assert_eq!(
        (simulado.status, simulado.corpo.get("NRE"), simulado.corpo.get("IDT")),
        (200, None, None)
    );
    assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM tramite"), 1);
}

#[test]
fn c15_o_ensaio_de_entrada_no_prefixo_da_plataforma() {
    let t = Tramita::novo();
    let base = "/interoperabilidade/rest/v3";
    let enviado =
        t.pedir(RN, "POST", &format!("{base}/tramite/processo"), &envio(RN, PE, NUP, None));
    assert_eq!(enviado.status, 200, "{}", enviado.texto);
    let idt = &enviado.corpo["IDT"];
    let pendentes = |quem: &str, todas: &str| {
        t.pedir(quem, "GET", &format!("{base}/tramites/pendentes{todas}"), &Value::Null).corpo
    };
    assert_eq!(pendentes(PE, "")[0]["IDT"], *idt);
    assert_eq!(pendentes(RN, ""), json!([]));
    t.passos(idt.as_i64().unwrap(), &[(PE, "receber")]);
    assert_eq!(
        (pendentes(PE, ""), &pendentes(PE, "?todas=true")[0]["status"]),
        (json!([]), &json!(4))
    );
    t.passos(idt.as_i64().unwrap(), &[(PE, "recibo")]);
    assert_eq!(pendentes(RN, "")[0]["status"], 5);
    let lista = t
        .pedir(
            RN,
            "GET",
            &format!("{base}/tramites?protocolo=99990000001202653&size=1"),
            &Value::Null,
        )
        .corpo;
    assert_eq!((&lista["totalDeRegistros"], &lista["tramites"][0]["IDT"]), (&json!(1), idt));
    assert_eq!(
        t.pedir(RN, "GET", &format!("{base}/tramites?protocol=x"), &Value::Null).status,
        400
    );
    assert_eq!(t.pedir(RN, "GET", &format!("{base}/nada"), &Value::Null).status, 404);
    let periodo = |de: &str| {
        let lista = t.pedir(RN, "GET", &format!("{base}/tramites?de={de}"), &Value::Null);
        (lista.status, lista.corpo["totalDeRegistros"].clone())
    };
    assert_eq!(periodo("2020-01-01T00:00:00Z"), (200, json!(1)));
    assert_eq!(periodo("2100-01-01T00:00:00Z"), (200, json!(0)));
    assert_eq!(periodo("ontem"), (400, Value::Null));
    for numero in ["1:%00", "1:", "x:820"] {
        let caminho = format!("{base}/tramites?remetente={numero}");
        assert_eq!(t.pedir(RN, "GET", &caminho, &Value::Null).status, 400, "{numero}");
    }
}

/// What the real platform does: the send goes out and the destination refuses it.
#[test]
fn sem_recusa_no_envio_o_destino_recusa() {
    let t = Tramita::com(Regras { recusa_no_envio: false, ..Regras::default() });
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    let (idt, mesmo) = t.enviado(PE, RN, NUP, None);
    assert_eq!(mesmo, nre);
    assert_eq!(codigo(&t.passo(RN, idt, "receber")), (409, "9001"));
    let lido = t.passo(PE, idt, "ler").corpo;
    assert_eq!(
        (&lido["situacaoAtual"], &lido["motivoDaRecusa"], &lido["justificativaDaRecusa"]),
        (&json!(8), &json!("99"), &json!(FRASE))
    );
}

/// Leaving the NRE out is no way around who has the processo.
#[test]
fn sem_recusa_no_envio_so_sai_o_que_o_destino_recusaria() {
    let t = Tramita::com(Regras { recusa_no_envio: false, ..Regras::default() });
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    for (de, para) in [(RN, CE), (RN, PE), (PE, CE)] {
        assert_eq!(codigo(&t.enviar(de, para, NUP, None)), (409, "9001"), "{de} {para}");
    }
    assert_eq!(codigo(&t.enviar(RN, CE, NUP, Some(&nre))), (409, "9006"));
    // Who has it sends it on all the while.
    assert_eq!(t.enviar(PE, RN, NUP, Some(&nre)).status, 200);
}

#[test]
fn o_recibo_entregue_se_le_de_novo_so_com_leitura() {
    let t = Tramita::novo();
    let (idt, _) = t.enviado(RN, PE, NUP, None);
    t.passos(idt, &[(PE, "receber"), (PE, "recibo")]);
    assert_eq!(t.passo("tjrn-leitura", idt, "buscar").status, 403);
    t.passos(idt, &[(RN, "buscar")]);
    let relido = t.passo("tjrn-leitura", idt, "buscar");
    assert_eq!((relido.status, &relido.corpo["recibo"]["IDT"]), (200, &json!(idt)));
}

/// With a key registered, a recibo is taken only as signed by it; without, it is
/// taken and held for unsigned, whatever came as a signature.
#[test]
fn o_protocolo_devolve_o_nre_so_a_quem_e_parte() {
    let t = Tramita::novo();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    let por_protocolo = |quem: &str| {
        t.pedir(quem, "GET", "/tramites/protocolo/99990.000001%2F2026-53", &Value::Null)
    };
    let por_nre = |quem: &str| t.pedir(quem, "GET", &format!("/NREs/{nre}"), &Value::Null);
    for quem in [RN, PE] {
        assert_eq!(por_protocolo(quem).corpo["NRE"], json!(nre));
        assert_eq!(por_nre(quem).corpo["tramites"].as_array().unwrap().len(), 1);
    }
    let desconhecido = t.pedir(CE, "GET", "/tramites/protocolo/OUTRO", &Value::Null);
    assert_eq!(codigo(&por_protocolo(CE)), (404, "9002"));
    let desconhecida = t.pedir(CE, "GET", "/NREs/0000000001522099", &Value::Null);
    assert_eq!(
        (por_protocolo(CE).corpo, por_nre(CE).corpo),
        (desconhecido.corpo, desconhecida.corpo)
    );
}

#[test]
fn s0_entradas_invalidas_dizem_o_campo() {
    let t = Tramita::novo();
    for (mudar, status, campo) in [
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
        let mut corpo = envio(RN, PE, NUP, None);
        for (parte, campos) in mudar.as_object().unwrap() {
            for (nome, valor) in campos.as_object().unwrap() {
                corpo[parte][nome] = valor.clone();
            }
        }
        let resposta = t.pedir(RN, "POST", "/tramites/processo", &corpo);
        assert_eq!(resposta.status, status, "{campo}: {}", resposta.texto);
        assert!(parametro(&resposta, campo).is_some(), "{campo}: {}", resposta.texto);
    }
    assert_eq!(
        codigo(&t.pedir(RN, "POST", "/tramites/processo", &envio(PE, CE, NUP, None))),
        (403, "9005")
    );
    assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM tramite"), 0);
}
