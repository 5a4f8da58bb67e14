//! The routes of the Tramita against the document: the life of a trâmite with a
//! file, of one that is refused, and what is answered to who has no part in them.

use super::roteiro::Roteiro;
use crate::support::Resposta;
use crate::tramita::componentes::{documento, hash};
use crate::tramita::{CE, NUP, PE, RN, Tramita, envio};
use serde_json::{Value, json};

struct Passeio<'a> {
    t: &'a Tramita,
    roteiro: Roteiro<'a>,
}

impl Passeio<'_> {
    /// Asks for the route `modelo`, its parameter filled with `valor`, and holds the
    /// answer against the document.
    #[track_caller]
    fn dar(
        &mut self,
        quem: &str,
        rota: (&str, &str),
        valor: &str,
        corpo: &Value,
        status: u16,
    ) -> Resposta {
        let (metodo, modelo) = rota;
        let caminho = match modelo.split_once('{') {
            None => format!("{modelo}{valor}"),
            Some((antes, resto)) => format!("{antes}{valor}{}", resto.split_once('}').unwrap().1),
        };
        let resposta = self.t.pedir(quem, metodo, &caminho, corpo);
        self.roteiro.ver(metodo, modelo, status, &resposta);
        resposta
    }
}

const ENVIAR: (&str, &str) = ("POST", "/tramites/processo");
const VER: (&str, &str) = ("GET", "/tramites/{idt}");
const CANCELAR: (&str, &str) = ("DELETE", "/tramites/{idt}");
const MANDAR: (&str, &str) =
    ("PUT", "/tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar");
const RECIBO_DE_ENVIO: (&str, &str) = ("GET", "/tramites/{idt}/recibo-de-envio");
const RECEBER: (&str, &str) = ("POST", "/tramites/{idt}/recebimento");
const BAIXAR: (&str, &str) = ("POST", "/tramites/{idt}/protocolos/componentes-digitais");
const ENVIAR_RECIBO: (&str, &str) = ("POST", "/tramites/{idt}/recibo");
const RECIBO: (&str, &str) = ("GET", "/tramites/{idt}/recibo");
const RECUSAR: (&str, &str) = ("POST", "/tramites/{idt}/recusa");
const CIENCIA: (&str, &str) = ("POST", "/tramites/{idt}/ciencia");
const CIENCIA_POR_GET: (&str, &str) = ("GET", "/tramites/{idt}/ciencia");

fn completo() -> Value {
    let mut corpo = envio(RN, PE, NUP, None);
    corpo["cabecalho"].as_object_mut().unwrap().extend([
        ("urgente".to_owned(), json!(true)),
        ("motivoDaUrgencia".to_owned(), json!(2)),
        ("dataDeRetorno".to_owned(), json!("2030-01-01T00:00:00Z")),
        ("enviarApenasComponentesDigitaisPendentes".to_owned(), json!(false)),
        ("propriedadesAdicionais".to_owned(), json!([{ "chave": "a", "valor": "b" }])),
    ]);
    corpo["processo"].as_object_mut().unwrap().extend([
        ("nivelDeSigilo".to_owned(), json!(2)),
        ("hipoteseLegal".to_owned(), json!({ "baseLegal": "ECA, art. 143" })),
        ("processoDeNegocio".to_owned(), json!("Ofício")),
        ("documentos".to_owned(), json!([documento(1, &[b"um", b"dois"])])),
        ("interessados".to_owned(), json!([])),
    ]);
    corpo
}

const ESTRUTURAS: &str = "/repositorios-de-estruturas/{repositorio}/estruturas-organizacionais";

fn catalogos(p: &mut Passeio<'_>) {
    let (t, nada) = (p.t, &Value::Null);
    elos::seed::catalogos(&mut t.0.banco.conn(), crate::support::agora()).unwrap();
    t.ready();
    for modelo in ["/healthcheck", "/repositorios-de-estruturas", "/especies", "/motivosUrgencia"] {
        p.dar(RN, ("GET", modelo), "", nada, 200);
    }
    for (cauda, status) in [("", 200), ("?ativos=false", 200), ("?ativos=2", 400)] {
        p.dar(RN, ("GET", "/hipoteses"), cauda, nada, status);
    }
    for (cauda, status) in [("?nome=vara", 200), ("?registroInicial=x", 400)] {
        let caminho = ESTRUTURAS.replace("{repositorio}", "1") + cauda;
        p.roteiro.ver("GET", ESTRUTURAS, status, &t.pedir(RN, "GET", &caminho, nada));
    }
    for (numero, status) in [("82021", 200), ("820", 200), ("9", 404)] {
        let modelo = format!("{ESTRUTURAS}/{{numero}}");
        let caminho = format!("{}/{numero}", ESTRUTURAS.replace("{repositorio}", "1"));
        p.roteiro.ver("GET", &modelo, status, &t.pedir(RN, "GET", &caminho, nada));
    }
}

#[test]
fn as_rotas_do_tramita_sao_como_o_documento_diz() {
    let t = Tramita::novo();
    let mut p = Passeio { t: &t, roteiro: Roteiro::novo(&t.0) };
    let nada = &Value::Null;
    catalogos(&mut p);
    let corpo = completo();
    let simulado = p.dar(RN, ENVIAR, "?simular=true", &corpo, 200);
    assert_eq!(simulado.corpo.get("IDT"), None);
    let enviado = p.dar(RN, ENVIAR, "", &corpo, 200);
    let (idt, nre) = (&enviado.corpo["IDT"].to_string(), enviado.corpo["NRE"].as_str().unwrap());
    p.dar(RN, ENVIAR, "", &corpo, 409);
    p.dar(RN, ENVIAR, "", &json!({}), 400);
    p.dar(RN, ENVIAR, "", &envio(RN, "999", "OUTRO", None), 422);
    p.dar(PE, ENVIAR, "", &corpo, 403);
    p.dar(CE, ENVIAR, "", &envio(CE, PE, "OUTRO", Some("0000009999992026")), 404);
    p.dar(RN, RECIBO_DE_ENVIO, idt, nada, 409);
    for (quem, status) in [(RN, 200), (PE, 200), (CE, 404)] {
        p.dar(quem, VER, idt, nada, status);
    }
    p.dar(RN, ("GET", "/tramites"), "?situacaoAtual=1&size=5", nada, 200);
    p.dar(RN, ("GET", "/tramites"), "?situacaoAtual=11", nada, 400);
    p.dar(RN, ("GET", "/tramites/pendentes"), "?todas=true", nada, 200);

    p.dar(PE, RECEBER, idt, nada, 409);
    p.dar(RN, MANDAR, idt, &json!({}), 415);
    let mandado = t.mandar(RN, idt.parse().unwrap(), NUP, b"um");
    p.roteiro.ver(MANDAR.0, MANDAR.1, 200, &mandado);
    let (numero, dois) = (idt.parse().unwrap(), hash(b"dois"));
    let parte = t.mandar_parte(RN, numero, (0, 4), b"dois", &dois);
    p.roteiro.ver("PUT", &format!("{}/partes/{{inicio}}-{{fim}}", MANDAR.1), 200, &parte);
    let concluido = t.concluir_arquivo(RN, numero, &dois);
    let modelo = format!("{}/partes/sinalizacao-termino-envio", MANDAR.1);
    p.roteiro.ver("POST", &modelo, 200, &concluido);
    p.dar(PE, ("GET", "/pendencias"), "?idTramiteDaPendenciaRecebida=0", nada, 200);
    p.dar(RN, RECIBO_DE_ENVIO, idt, nada, 200);
    p.dar(PE, RECIBO_DE_ENVIO, idt, nada, 403);
    p.dar(RN, RECEBER, idt, nada, 403);
    p.dar(PE, RECEBER, idt, nada, 200);
    p.dar(PE, VER, idt, nada, 200);
    let arquivo = json!({ "protocolo": NUP, "hashDoComponenteDigital": hash(b"um") });
    p.dar(PE, BAIXAR, idt, &json!({}), 400);
    p.dar(PE, BAIXAR, idt, &arquivo, 200);
    let parte = t.baixar_parte(PE, numero, &dois, "0-4");
    p.roteiro.ver("POST", &format!("{}/partes/{{inicio}}-{{fim}}", BAIXAR.1), 200, &parte);
    let recibo = json!({ "dataDeRecebimento": crate::support::agora().to_rfc3339() });
    let outro_recibo = json!({ "dataDeRecebimento": "2020-01-01T00:00:00Z" });
    p.dar(RN, RECIBO, idt, nada, 409);
    p.dar(PE, ENVIAR_RECIBO, idt, &json!({}), 400);
    p.dar(PE, ENVIAR_RECIBO, idt, &recibo, 200);
    p.dar(PE, ENVIAR_RECIBO, idt, &recibo, 200);
    p.dar(PE, ENVIAR_RECIBO, idt, &outro_recibo, 409);
    p.dar(RN, RECIBO, idt, nada, 200);
    p.dar(PE, ("GET", "/NREs/{nre}"), nre, nada, 200);
    p.dar(CE, ("GET", "/NREs/{nre}"), nre, nada, 404);
    p.dar(PE, ("GET", "/tramites/protocolo/{protocolo}"), &NUP.replace('/', "%2F"), nada, 200);

    // One that is refused, twice over, and one that is called back.
    for rota in [CIENCIA, CIENCIA_POR_GET] {
        let outro = &t.enviado(RN, PE, "OUTRO", None).0.to_string();
        p.dar(RN, RECUSAR, outro, &json!({ "motivo": "99", "justificativa": "x" }), 403);
        p.dar(PE, RECUSAR, outro, &json!({ "motivo": "98", "justificativa": "x" }), 400);
        p.dar(RN, rota, outro, nada, 409);
        p.dar(PE, RECUSAR, outro, &json!({ "motivo": "99", "justificativa": "x" }), 200);
        p.dar(RN, VER, outro, nada, 200);
        p.dar(RN, rota, outro, nada, 200);
    }
    let outro = &t.enviado(RN, PE, "OUTRO", None).0.to_string();
    p.dar(PE, CANCELAR, outro, nada, 403);
    p.dar(RN, CANCELAR, outro, nada, 200);
    p.dar(RN, CANCELAR, outro, nada, 409);
    assert_eq!(p.roteiro.esquecidas(|tag| tag == "Tramita"), Vec::<String>::new());
}
