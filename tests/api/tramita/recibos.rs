//! Recibos de conclusão against the key of who signs.

use super::componentes::{documento, hash};
use super::{CE, NUP, PE, RN, Tramita, envio, parametro};
use crate::support::{Resposta, agora, assinante};
use diesel::RunQueryDsl;
use elos::db::Sql;
use serde_json::json;

impl Tramita {
    /// PE signs with the key of [`assinante`] from now on.
    pub fn com_chave_em_pe(self) -> Self {
        Sql::new("UPDATE estrutura SET chave_publica = ")
            .bind(json!(assinante().chave_publica()).to_string())
            .push("::jsonb WHERE numero = '817'")
            .execute(&mut self.0.banco.conn())
            .unwrap();
        self
    }

    /// The date is part of what is signed: whoever signed has to send the same.
    fn recibo(&self, quem: &str, idt: i64, data: &str, assinatura: Option<&str>) -> Resposta {
        let corpo = json!({ "dataDeRecebimento": data, "hashDaAssinatura": assinatura });
        self.pedir(quem, "POST", &format!("/tramites/{idt}/recibo"), &corpo)
    }
}

fn data() -> String {
    agora().format("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

#[test]
fn sem_chave_registrada_o_recibo_vale_sem_assinatura_conferida() {
    let t = Tramita::novo().com_chave_em_pe();
    let (idt, _) = t.enviado(RN, CE, NUP, None);
    t.passos(idt, &[(CE, "receber")]);
    assert_eq!(t.recibo(CE, idt, &data(), Some("AAAA")).status, 200);
    assert_eq!(t.passo(RN, idt, "buscar").corpo["assinado"], false);
}

#[test]
fn com_chave_registrada_so_o_texto_exato_serve() {
    let t = Tramita::novo().com_chave_em_pe();
    let (idt, nre) = t.enviado(RN, PE, NUP, None);
    t.passos(idt, &[(PE, "receber")]);
    let data = data();
    let texto = |idt: i64| {
        format!(
            "<recibo><IDT>{idt}</IDT><NRE>{nre}</NRE><dataDeRecebimento>{data}</dataDeRecebimento></recibo>"
        )
    };
    let assinar = |texto: &str| assinante().assinar(texto).unwrap();
    for ruim in [None, Some("AAAA".to_owned()), Some(assinar(&texto(idt + 1)))] {
        let recusado = t.recibo(PE, idt, &data, ruim.as_deref());
        assert_eq!(recusado.status, 400, "{}", recusado.texto);
        assert!(parametro(&recusado, "hashDaAssinatura").is_some(), "{}", recusado.texto);
    }
    assert_eq!(t.situacao(RN, idt), 4);
    let assinatura = assinar(&texto(idt));
    assert_eq!(t.recibo(PE, idt, &data, Some(&assinatura)).status, 200);
    for _ in 0..2 {
        let entregue = t.passo(RN, idt, "buscar").corpo;
        assert_eq!(
            (&entregue["assinado"], &entregue["textoAssinado"], &entregue["hashDaAssinatura"]),
            (&json!(true), &json!(texto(idt)), &json!(assinatura))
        );
    }
}

/// What is to be signed over files can be learnt before it is signed: the hashes are
/// shown, and who signs another text is told the right one.
#[test]
fn o_recibo_com_arquivos_se_assina_pelo_que_o_servidor_mostra() {
    let t = Tramita::novo().com_chave_em_pe();
    let mut corpo = envio(RN, PE, NUP, None);
    corpo["processo"]["documentos"] = json!([documento(1, &[b"um"]), documento(2, &[b"dois"])]);
    let enviado = t.pedir(RN, "POST", "/tramites/processo", &corpo).corpo;
    let (idt, nre) = (enviado["IDT"].as_i64().unwrap(), enviado["NRE"].as_str().unwrap());
    for bytes in [b"um".as_slice(), b"dois"] {
        assert_eq!(t.mandar(RN, idt, NUP, bytes).status, 200);
    }
    t.passos(idt, &[(PE, "receber")]);
    for bytes in [b"um".as_slice(), b"dois"] {
        assert_eq!(t.baixar(PE, idt, NUP, &hash(bytes)).status, 200);
    }
    let vistos = t.passo(PE, idt, "ler").corpo["hashesDosComponentesDigitais"].clone();
    let hashes = vistos.as_array().unwrap().iter().map(|hash| hash.as_str().unwrap());
    let hashes = hashes.map(|h| format!("<hashDoComponenteDigital>{h}</hashDoComponenteDigital>"));
    let data = data();
    let texto = format!(
        "<recibo><IDT>{idt}</IDT><NRE>{nre}</NRE><dataDeRecebimento>{data}</dataDeRecebimento>{}</recibo>",
        hashes.collect::<String>()
    );
    let recusado = t.recibo(PE, idt, &data, Some("AAAA"));
    let orientacao = parametro(&recusado, "orientacao").unwrap();
    assert!(orientacao.ends_with(&texto), "{orientacao} {texto}");
    assert_eq!(t.recibo(PE, idt, &data, Some(&assinante().assinar(&texto).unwrap())).status, 200);
    assert_eq!(t.passo(RN, idt, "buscar").corpo["textoAssinado"], texto);
}
