//! Recibos de conclusão, and the key of the signing órgão.

use super::componentes::{documento, hash};
use super::{CE, NUP, PE, RN, Tramita, envio, parameter};
use crate::support::{Response, now, signer};
use diesel::RunQueryDsl;
use elos::db::Sql;
use serde_json::json;

impl Tramita {
    /// Registers the key of [`signer`] for PE.
    pub fn with_pe_key(self) -> Self {
        Sql::new("UPDATE estrutura SET chave_publica = ")
            .bind(json!(signer().public_key()).to_string())
            .push("::jsonb WHERE numero = '817'")
            .execute(&mut self.0.database.conn())
            .unwrap();
        self
    }

    /// Sends the recibo. The signed text contains the date, so the request must repeat it.
    fn recibo(&self, caller: &str, idt: i64, data: &str, signature: Option<&str>) -> Response {
        let body = json!({ "dataDeRecebimento": data, "hashDaAssinatura": signature });
        self.request(caller, "POST", &format!("/tramites/{idt}/recibo"), &body)
    }
}

fn data() -> String {
    now().format("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

#[test]
fn sem_chave_registrada_o_recibo_vale_sem_assinatura_conferida() {
    let t = Tramita::new().with_pe_key();
    let (idt, _) = t.enviado(RN, CE, NUP, None);
    t.steps(idt, &[(CE, "receber")]);
    assert_eq!(t.recibo(CE, idt, &data(), Some("AAAA")).status, 200);
    assert_eq!(t.step(RN, idt, "buscar").body["assinado"], false);
}

#[test]
fn com_chave_registrada_so_o_texto_exato_serve() {
    let t = Tramita::new().with_pe_key();
    let (idt, nre) = t.enviado(RN, PE, NUP, None);
    t.steps(idt, &[(PE, "receber")]);
    let data = data();
    let text = |idt: i64| {
        format!(
            "<recibo><IDT>{idt}</IDT><NRE>{nre}</NRE><dataDeRecebimento>{data}</dataDeRecebimento></recibo>"
        )
    };
    let sign = |text: &str| signer().sign(text).unwrap();
    for bad in [None, Some("AAAA".to_owned()), Some(sign(&text(idt + 1)))] {
        let refused = t.recibo(PE, idt, &data, bad.as_deref());
        assert_eq!(refused.status, 400, "{}", refused.text);
        assert!(parameter(&refused, "hashDaAssinatura").is_some(), "{}", refused.text);
    }
    assert_eq!(t.situacao(RN, idt), 4);
    let signature = sign(&text(idt));
    assert_eq!(t.recibo(PE, idt, &data, Some(&signature)).status, 200);
    for _ in 0..2 {
        let delivered = t.step(RN, idt, "buscar").body;
        assert_eq!(
            (&delivered["assinado"], &delivered["textoAssinado"], &delivered["hashDaAssinatura"]),
            (&json!(true), &json!(text(idt)), &json!(signature))
        );
    }
}

/// The text to sign can be read before signing: the server shows the hashes, and a signature of
/// another text is refused with the right one.
#[test]
fn o_recibo_com_arquivos_se_assina_pelo_que_o_servidor_mostra() {
    let t = Tramita::new().with_pe_key();
    let mut body = envio(RN, PE, NUP, None);
    body["processo"]["documentos"] = json!([documento(1, &[b"um"]), documento(2, &[b"dois"])]);
    let enviado = t.request(RN, "POST", "/tramites/processo", &body).body;
    let (idt, nre) = (enviado["IDT"].as_i64().unwrap(), enviado["NRE"].as_str().unwrap());
    for bytes in [b"um".as_slice(), b"dois"] {
        assert_eq!(t.upload(RN, idt, NUP, bytes).status, 200);
    }
    t.steps(idt, &[(PE, "receber")]);
    for bytes in [b"um".as_slice(), b"dois"] {
        assert_eq!(t.baixar(PE, idt, NUP, &hash(bytes)).status, 200);
    }
    let seen = t.step(PE, idt, "ler").body["hashesDosComponentesDigitais"].clone();
    let hashes = seen.as_array().unwrap().iter().map(|hash| hash.as_str().unwrap());
    let hashes = hashes.map(|h| format!("<hashDoComponenteDigital>{h}</hashDoComponenteDigital>"));
    let data = data();
    let text = format!(
        "<recibo><IDT>{idt}</IDT><NRE>{nre}</NRE><dataDeRecebimento>{data}</dataDeRecebimento>{}</recibo>",
        hashes.collect::<String>()
    );
    let refused = t.recibo(PE, idt, &data, Some("AAAA"));
    let orientacao = parameter(&refused, "orientacao").unwrap();
    assert!(orientacao.ends_with(&text), "{orientacao} {text}");
    assert_eq!(t.recibo(PE, idt, &data, Some(&signer().sign(&text).unwrap())).status, 200);
    assert_eq!(t.step(RN, idt, "buscar").body["textoAssinado"], text);
}
