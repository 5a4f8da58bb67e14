//! The calls of SEI's Tramita module with its paths, spellings, types and order. Only the sizes of
//! files and of their parts are smaller.

mod body;
mod client;
mod screens;

use super::{ALREADY_REGISTERED, NUP, PE, RN, Tramita, code, parameter};
use crate::support::{App, Settings, Template};
use body::{Documento, anexo, multipart_form};
use client::BLOCK_SIZE;
use serde_json::{Value, json};

/// Starts a server with catalogues that accepts the secret in the address of the module.
fn server() -> Tramita {
    let settings = Settings { basic: true, ..Settings::default() };
    let t = Tramita(App::with(Template::Empty, settings)).with_catalogues();
    t.0.ready();
    t
}

/// One installation of SEI, with the estrutura that it sends and receives for.
struct Sei<'a> {
    t: &'a Tramita,
    caller: &'a str,
    estrutura: i64,
}

/// Returns whether the key occurs anywhere in the value.
fn has_key(value: &Value, key: &str) -> bool {
    match value {
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| name == key || has_key(value, key))
        }
        Value::Array(items) => items.iter().any(|item| has_key(item, key)),
        _ => false,
    }
}

fn bytes(seed: u8, size: usize) -> Vec<u8> {
    (0..size).map(|i| u8::try_from(i % 253).unwrap() ^ seed).collect()
}

#[test]
fn o_sei_envia_recebe_e_devolve() {
    let t = server().with_pe_key();
    let a = Sei { t: &t, caller: RN, estrutura: 820 };
    let b = Sei { t: &t, caller: PE, estrutura: 817 };
    let (html, pdf, small) =
        (b"<html>um despacho</html>".to_vec(), bytes(1, 1_000_001), b"1234".to_vec());
    let documentos = [
        Documento { ordem: 1, bytes: &html, written: true, withdrawn: false },
        anexo(2, &pdf),
        anexo(3, &small),
        Documento { ordem: 4, bytes: b"retirado", written: true, withdrawn: true },
    ];
    a.install();
    b.install();
    let (idt, nre) = a.enviar(&b, None, &documentos);
    let of_remetente = a.for_tramite("GET", idt, "");
    assert_eq!((&of_remetente["situacaoAtual"], &of_remetente["nre"]), (&json!(2), &json!(nre)));

    assert_eq!(b.pending(), [(idt, 2)]);
    let metadados = b.receber(idt, &nre, &[&html, &pdf, &small]);
    for key in [
        "idAnexo",
        "idDocumentoSEI",
        "idProcedimentoSEI",
        "idProcedimentoAnexadoSEI",
        "staTipoProtocolo",
    ] {
        assert!(!has_key(&metadados, key), "{key} was delivered");
    }
    let processo = &metadados["processo"];
    assert_eq!(processo["hipoteseLegal"]["identificacao"], "3");
    assert_eq!(processo["documentos"][0]["hipoteseLegal"]["identificacao"], "3");
    assert_eq!(processo["descricao"], "Primeira linha\nsegunda linha");
    assert_eq!(processo["nivelDeSigilo"], 2);
    assert_eq!(processo["documentos"][3]["retirado"], true);
    assert_eq!(processo["documentos"][0]["retirado"], false);
    assert_eq!(metadados["urgente"], true);
    assert_eq!(metadados["propriedadesAdicionais"][1]["valor"], 403);
    a.concluir(idt);
    // The sender of the return reads what it received.
    assert_eq!(b.for_tramite("GET", idt, "")["processo"]["protocolo"], NUP);

    // Without the NRE, the refusal has the sentence of the platform and the NRE to send.
    let without_nre = b.body(&a, None, &documentos).to_string();
    let refused =
        b.request("POST", "tramites/processo", without_nre.as_bytes(), "application/json");
    assert_eq!(
        (code(&refused), &refused.body["mensagem"]),
        ((409, "9001"), &json!(ALREADY_REGISTERED))
    );
    assert_eq!(parameter(&refused, "nre"), Some(nre.as_str()));

    // The return has one more document, and the server requests only that one.
    let new = bytes(9, 2 * BLOCK_SIZE);
    let mut returned: Vec<_> = documentos.into_iter().collect();
    returned.push(anexo(5, &new));
    let (returned_idt, same) = b.enviar(&a, Some(&nre), &returned);
    assert_eq!(same, nre);
    assert_eq!(b.look_up(&format!("NRE={nre}"))["IDT"], json!(returned_idt), "the newest first");
    a.receber(returned_idt, &nre, &[&new]);
    b.concluir(returned_idt);

    // The server requests all files if the header does not limit the send to pending ones.
    let mut all = a.body(&b, Some(&nre), &returned);
    all["cabecalho"]["enviarApenasComponentesDigitaisPendentes"] = json!(false);
    let enviado = a.json("POST", "tramites/processo", &all);
    let requested = &enviado["processosComComponentesDigitaisSolicitados"][0]["hashes"];
    assert_eq!(requested.as_array().unwrap().len(), 4);
}

#[test]
fn o_sei_recusa_reenvia_e_cancela() {
    let t = server();
    let a = Sei { t: &t, caller: RN, estrutura: 820 };
    let b = Sei { t: &t, caller: PE, estrutura: 817 };
    let pdf = bytes(3, 10);
    let (idt, nre) = a.enviar(&b, None, &[anexo(1, &pdf)]);
    b.for_tramite("GET", idt, "");
    let refusal = json!({ "justificativa": "O tipo não está mapeado.\nConfigure-o.\tObrigado", "motivo": "04" });
    b.json("POST", &format!("tramites/{idt}/recusa"), &refusal);
    assert_eq!(a.pending(), [(idt, 8)]);
    let read = a.look_up(&format!("IDT={idt}"));
    assert_eq!(read["justificativaDaRecusa"], refusal["justificativa"]);
    // After a failure the module refuses again. The first reason stays.
    let another = json!({ "justificativa": "falha", "motivo": "99" });
    b.json("POST", &format!("tramites/{idt}/recusa"), &another);
    assert_eq!(a.look_up(&format!("IDT={idt}"))["justificativaDaRecusa"], refusal["justificativa"]);
    a.for_tramite("GET", idt, "/ciencia");
    assert_eq!(a.pending(), []);

    // The module cancels a trâmite without files before the next send.
    let unsent = a.json("POST", "tramites/processo", &a.body(&b, Some(&nre), &[anexo(1, b"x")]));
    assert_eq!(a.look_up(&format!("NRE={nre}"))["situacaoAtual"], 1, "{unsent}");

    // The module cancels a new send. It first looks it up by its IDT and its remetente.
    let (idt, again) = a.enviar(&b, Some(&nre), &[anexo(1, &pdf)]);
    assert_eq!(again, nre);
    let filter = format!(
        "IDT={idt}&remetente%5BidentificacaoDoRepositorioDeEstruturas%5D=1&remetente%5BnumeroDeIdentificacaoDaEstrutura%5D=820"
    );
    assert_eq!(a.look_up(&filter)["situacaoAtual"], 2);
    let another = filter.replace("%5D=820", "%5D=817");
    assert_eq!(a.look_up(&another), Value::Null);
    a.for_tramite("DELETE", idt, "");
    assert_eq!(a.look_up(&format!("IDT={idt}"))["situacaoAtual"], 7);
    assert_eq!(a.enviar(&b, None, &[anexo(1, &pdf)]).1, nre);
}

/// The server accepts paths with extra slashes. It refuses a remetente with only one of its two
/// fields, unknown values and repeated filters, and says which routes it does not offer.
#[test]
fn the_paths_and_filters_of_sei_are_served() {
    let t = server();
    let a = Sei { t: &t, caller: RN, estrutura: 820 };
    for path in ["/tramites/pendentes?todas=1", "tramites//pendentes/?todas=0", "tramites/"] {
        let response = a.request("GET", path, b"", "application/json");
        assert_eq!(response.status, 200, "{path}: {}", response.text);
    }
    let without_prefix = t.request(RN, "GET", "/tramites//pendentes/", &Value::Null);
    assert_eq!(without_prefix.status, 200, "{}", without_prefix.text);
    for filter in [
        "remetente%5BidentificacaoDoRepositorioDeEstruturas%5D=1",
        "remetente=820&remetente%5BnumeroDeIdentificacaoDaEstrutura%5D=820",
        "todas=2",
        "IDT=1&IDT=2",
    ] {
        let response = a.request("GET", &format!("tramites?{filter}"), b"", "application/json");
        assert_eq!(response.status, 400, "{filter}: {}", response.text);
        assert!(response.body["codigoErro"].is_string() && response.body["mensagem"].is_string());
    }
    for (method, path) in [
        ("POST", "NREs/0000000001342016/destinatarios/1/817/reproducoes-de-tramite"),
        ("POST", "tramites/documento"),
        ("GET", "sincroniza-tramite/1"),
    ] {
        let response = a.request(method, path, b"[]", "application/json");
        assert_eq!(response.status, 404, "{}", response.text);
        let message = response.body["mensagem"].as_str().unwrap();
        assert!(message.contains("não é oferecid"), "{message}");
    }
}

/// The server stores, delivers and reports unknown fields. A mistyped name for the NRE does not
/// count as a missing NRE.
#[test]
fn o_que_nao_se_conhece_se_guarda_e_se_diz() {
    let t = server();
    let a = Sei { t: &t, caller: RN, estrutura: 820 };
    let b = Sei { t: &t, caller: PE, estrutura: 817 };
    let mut body = a.body(&b, None, &[]);
    body["cabecalho"]["novoCampo"] = json!({ "x": 1 });
    body["processo"]["outroCampo"] = json!([1, { "idAnexo": 3, "y": 2 }]);
    body["processo"]["processoApensado"] =
        json!([{ "protocolo": "99990.000002/2026-06", "idProcedimentoSEI": 5, "documentos": [] }]);
    body["fora"] = json!(1);
    let enviado = a.json("POST", "tramites/processo", &body);
    let warnings = enviado["avisos"].to_string();
    for name in ["cabecalho.novoCampo", "processo.outroCampo", "fora", "motivoDaUrgencia"] {
        assert!(warnings.contains(name), "{name}: {warnings}");
    }
    let metadados = b.for_tramite("GET", enviado["IDT"].as_i64().unwrap(), "");
    assert_eq!(metadados["novoCampo"], json!({ "x": 1 }));
    assert_eq!(metadados["processo"]["outroCampo"], json!([1, { "y": 2 }]));
    assert_eq!(
        metadados["processo"]["processoApensado"],
        json!([{ "protocolo": "99990.000002/2026-06", "documentos": [] }])
    );
    assert_eq!(metadados["processo"]["documentos"], json!([]));
    let mut changed = a.body(&b, None, &[]);
    changed["cabecalho"]["nRE"] = json!("0000000001342016");
    let body = changed.to_string();
    let refused = a.request("POST", "tramites/processo", body.as_bytes(), "application/json");
    assert_eq!(refused.status, 400, "{}", refused.text);
}
