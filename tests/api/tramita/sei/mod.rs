//! The calls of SEI's Tramita module as it makes them: the same paths, spellings, types and order.
//! Only the sizes of files and of their parts are smaller.

mod body;
mod client;
mod screens;

use super::{FRASE, NUP, PE, RN, Tramita, codigo, parametro};
use crate::support::{Ajustes, App, Modelo};
use body::{Documento, anexo, formulario};
use client::BLOCO;
use serde_json::{Value, json};

/// A server with catalogues, that takes the secret of the module's address.
fn servidor() -> Tramita {
    let ajustes = Ajustes { basic: true, ..Ajustes::default() };
    let t = Tramita(App::com(Modelo::Vazio, ajustes)).with_catalogues();
    t.ready();
    t
}

/// One SEI, and the estrutura that it sends and receives for.
struct Sei<'a> {
    t: &'a Tramita,
    quem: &'a str,
    estrutura: i64,
}

/// A name that occurs anywhere.
fn tem_chave(valor: &Value, chave: &str) -> bool {
    match valor {
        Value::Object(campos) => {
            campos.iter().any(|(nome, valor)| nome == chave || tem_chave(valor, chave))
        }
        Value::Array(itens) => itens.iter().any(|item| tem_chave(item, chave)),
        _ => false,
    }
}

fn bytes(semente: u8, tamanho: usize) -> Vec<u8> {
    (0..tamanho).map(|i| u8::try_from(i % 253).unwrap() ^ semente).collect()
}

#[test]
fn o_sei_envia_recebe_e_devolve() {
    let t = servidor().com_chave_em_pe();
    let a = Sei { t: &t, quem: RN, estrutura: 820 };
    let b = Sei { t: &t, quem: PE, estrutura: 817 };
    let (html, pdf, pequeno) =
        (b"<html>um despacho</html>".to_vec(), bytes(1, 1_000_001), b"1234".to_vec());
    let documentos = [
        Documento { ordem: 1, bytes: &html, escrito: true, retirado: false },
        anexo(2, &pdf),
        anexo(3, &pequeno),
        Documento { ordem: 4, bytes: b"retirado", escrito: true, retirado: true },
    ];
    a.instalar();
    b.instalar();
    let (idt, nre) = a.enviar(&b, None, &documentos);
    let da_remetente = a.do_tramite("GET", idt, "");
    assert_eq!((&da_remetente["situacaoAtual"], &da_remetente["nre"]), (&json!(2), &json!(nre)));

    assert_eq!(b.pendentes(), [(idt, 2)]);
    let metadados = b.receber(idt, &nre, &[&html, &pdf, &pequeno]);
    for chave in [
        "idAnexo",
        "idDocumentoSEI",
        "idProcedimentoSEI",
        "idProcedimentoAnexadoSEI",
        "staTipoProtocolo",
    ] {
        assert!(!tem_chave(&metadados, chave), "{chave} was delivered");
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
    // Who sends it back looks at what it received.
    assert_eq!(b.do_tramite("GET", idt, "")["processo"]["protocolo"], NUP);

    // Without the NRE: the sentence, and the NRE to send.
    let sem_nre = b.corpo(&a, None, &documentos).to_string();
    let recusado = b.pedir("POST", "tramites/processo", sem_nre.as_bytes(), "application/json");
    assert_eq!((codigo(&recusado), &recusado.corpo["mensagem"]), ((409, "9001"), &json!(FRASE)));
    assert_eq!(parametro(&recusado, "nre"), Some(nre.as_str()));

    // Back, with one document more: only that one goes.
    let novo = bytes(9, 2 * BLOCO);
    let mut volta: Vec<_> = documentos.into_iter().collect();
    volta.push(anexo(5, &novo));
    let (volta_idt, mesmo) = b.enviar(&a, Some(&nre), &volta);
    assert_eq!(mesmo, nre);
    assert_eq!(b.consultar(&format!("NRE={nre}"))["IDT"], json!(volta_idt), "the newest first");
    a.receber(volta_idt, &nre, &[&novo]);
    b.concluir(volta_idt);

    // All files are asked for when not only those that are pending are to go.
    let mut tudo = a.corpo(&b, Some(&nre), &volta);
    tudo["cabecalho"]["enviarApenasComponentesDigitaisPendentes"] = json!(false);
    let enviado = a.json("POST", "tramites/processo", &tudo);
    let pedidos = &enviado["processosComComponentesDigitaisSolicitados"][0]["hashes"];
    assert_eq!(pedidos.as_array().unwrap().len(), 4);
}

#[test]
fn o_sei_recusa_reenvia_e_cancela() {
    let t = servidor();
    let a = Sei { t: &t, quem: RN, estrutura: 820 };
    let b = Sei { t: &t, quem: PE, estrutura: 817 };
    let pdf = bytes(3, 10);
    let (idt, nre) = a.enviar(&b, None, &[anexo(1, &pdf)]);
    b.do_tramite("GET", idt, "");
    let recusa = json!({ "justificativa": "O tipo não está mapeado.\nConfigure-o.\tObrigado", "motivo": "04" });
    b.json("POST", &format!("tramites/{idt}/recusa"), &recusa);
    assert_eq!(a.pendentes(), [(idt, 8)]);
    let lido = a.consultar(&format!("IDT={idt}"));
    assert_eq!(lido["justificativaDaRecusa"], recusa["justificativa"]);
    // A failure of the module declines once more; the first reason stays.
    let outra = json!({ "justificativa": "falha", "motivo": "99" });
    b.json("POST", &format!("tramites/{idt}/recusa"), &outra);
    assert_eq!(
        a.consultar(&format!("IDT={idt}"))["justificativaDaRecusa"],
        recusa["justificativa"]
    );
    a.do_tramite("GET", idt, "/ciencia");
    assert_eq!(a.pendentes(), []);

    // One that never got its files is called back before the next.
    let parado = a.json("POST", "tramites/processo", &a.corpo(&b, Some(&nre), &[anexo(1, b"x")]));
    assert_eq!(a.consultar(&format!("NRE={nre}"))["situacaoAtual"], 1, "{parado}");

    // Sent again, and called back: the module looks first for one that is in 1.
    let (idt, de_novo) = a.enviar(&b, Some(&nre), &[anexo(1, &pdf)]);
    assert_eq!(de_novo, nre);
    let filtro = format!(
        "IDT={idt}&remetente%5BidentificacaoDoRepositorioDeEstruturas%5D=1&remetente%5BnumeroDeIdentificacaoDaEstrutura%5D=820"
    );
    assert_eq!(a.consultar(&filtro)["situacaoAtual"], 2);
    let outra = filtro.replace("%5D=820", "%5D=817");
    assert_eq!(a.consultar(&outra), Value::Null);
    a.do_tramite("DELETE", idt, "");
    assert_eq!(a.consultar(&format!("IDT={idt}"))["situacaoAtual"], 7);
    assert_eq!(a.enviar(&b, None, &[anexo(1, &pdf)]).1, nre);
}

/// Paths with more slashes than they need, and a filter that is only half of one.
#[test]
fn os_caminhos_e_filtros_do_sei() {
    let t = servidor();
    let a = Sei { t: &t, quem: RN, estrutura: 820 };
    for caminho in ["/tramites/pendentes?todas=1", "tramites//pendentes/?todas=0", "tramites/"] {
        let resposta = a.pedir("GET", caminho, b"", "application/json");
        assert_eq!(resposta.status, 200, "{caminho}: {}", resposta.texto);
    }
    let sem_prefixo = t.pedir(RN, "GET", "/tramites//pendentes/", &Value::Null);
    assert_eq!(sem_prefixo.status, 200, "{}", sem_prefixo.texto);
    for filtro in [
        "remetente%5BidentificacaoDoRepositorioDeEstruturas%5D=1",
        "remetente=820&remetente%5BnumeroDeIdentificacaoDaEstrutura%5D=820",
        "todas=2",
        "IDT=1&IDT=2",
    ] {
        let resposta = a.pedir("GET", &format!("tramites?{filtro}"), b"", "application/json");
        assert_eq!(resposta.status, 400, "{filtro}: {}", resposta.texto);
        assert!(resposta.corpo["codigoErro"].is_string() && resposta.corpo["mensagem"].is_string());
    }
    for (metodo, caminho) in [
        ("POST", "NREs/0000000001342016/destinatarios/1/817/reproducoes-de-tramite"),
        ("POST", "tramites/documento"),
        ("GET", "sincroniza-tramite/1"),
    ] {
        let resposta = a.pedir(metodo, caminho, b"[]", "application/json");
        assert_eq!(resposta.status, 404, "{}", resposta.texto);
        let mensagem = resposta.corpo["mensagem"].as_str().unwrap();
        assert!(mensagem.contains("não é oferecid"), "{mensagem}");
    }
}

/// What is not known is kept, delivered and told of; a mistyped NRE is not taken for none.
#[test]
fn o_que_nao_se_conhece_se_guarda_e_se_diz() {
    let t = servidor();
    let a = Sei { t: &t, quem: RN, estrutura: 820 };
    let b = Sei { t: &t, quem: PE, estrutura: 817 };
    let mut corpo = a.corpo(&b, None, &[]);
    corpo["cabecalho"]["novoCampo"] = json!({ "x": 1 });
    corpo["processo"]["outroCampo"] = json!([1, { "idAnexo": 3, "y": 2 }]);
    corpo["processo"]["processoApensado"] =
        json!([{ "protocolo": "99990.000002/2026-06", "idProcedimentoSEI": 5, "documentos": [] }]);
    corpo["fora"] = json!(1);
    let enviado = a.json("POST", "tramites/processo", &corpo);
    let avisos = enviado["avisos"].to_string();
    for nome in ["cabecalho.novoCampo", "processo.outroCampo", "fora", "motivoDaUrgencia"] {
        assert!(avisos.contains(nome), "{nome}: {avisos}");
    }
    let metadados = b.do_tramite("GET", enviado["IDT"].as_i64().unwrap(), "");
    assert_eq!(metadados["novoCampo"], json!({ "x": 1 }));
    assert_eq!(metadados["processo"]["outroCampo"], json!([1, { "y": 2 }]));
    assert_eq!(
        metadados["processo"]["processoApensado"],
        json!([{ "protocolo": "99990.000002/2026-06", "documentos": [] }])
    );
    assert_eq!(metadados["processo"]["documentos"], json!([]));
    let mut trocado = a.corpo(&b, None, &[]);
    trocado["cabecalho"]["nRE"] = json!("0000000001342016");
    let corpo = trocado.to_string();
    let recusado = a.pedir("POST", "tramites/processo", corpo.as_bytes(), "application/json");
    assert_eq!(recusado.status, 400, "{}", recusado.texto);
}
