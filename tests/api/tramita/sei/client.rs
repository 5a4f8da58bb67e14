//! The calls as the module makes them.

use super::{Documento, Sei, formulario};
use crate::facade;
use crate::support::{Resposta, assinante};
use crate::tramita::NUP;
use crate::tramita::componentes::hash;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

const BASE: &str = "/interoperabilidade/rest/v3/";
/// What the module cuts files into: 50 MB there.
pub const BLOCO: usize = 300_000;

impl Sei<'_> {
    pub fn pedir(&self, metodo: &str, caminho: &str, corpo: &[u8], tipo: &str) -> Resposta {
        // `https://client:secret@…` is all that can be configured.
        let basic = facade::header(format!("{}:demo", self.quem));
        let headers =
            [("Authorization", basic.as_str()), ("Accept", "*/*"), ("Content-Type", tipo)];
        self.t.0.pedir(metodo, &format!("{BASE}{caminho}"), &headers, corpo)
    }

    /// The body of an answer that must not be an error.
    #[track_caller]
    pub fn json(&self, metodo: &str, caminho: &str, corpo: &Value) -> Value {
        let corpo = if corpo.is_null() { String::new() } else { corpo.to_string() };
        let resposta = self.pedir(metodo, caminho, corpo.as_bytes(), "application/json");
        assert!(
            resposta.status < 400,
            "{metodo} {caminho}: {} {}",
            resposta.status,
            resposta.texto
        );
        resposta.corpo
    }

    /// Of one trâmite, with the IDT in the query once more.
    #[track_caller]
    pub fn do_tramite(&self, metodo: &str, idt: i64, resto: &str) -> Value {
        self.json(metodo, &format!("tramites/{idt}{resto}?IDT={idt}"), &Value::Null)
    }

    #[track_caller]
    pub fn pendentes(&self) -> Vec<(i64, i64)> {
        let lista = self.json("GET", "tramites/pendentes?todas=1", &Value::Null);
        let um = |p: &Value| (p["IDT"].as_i64().unwrap(), p["status"].as_i64().unwrap());
        lista.as_array().unwrap().iter().map(um).collect()
    }

    /// The trâmite as a search finds it: the module looks at the first alone.
    #[track_caller]
    pub fn consultar(&self, filtro: &str) -> Value {
        let achados = self.json("GET", &format!("tramites?{filtro}"), &Value::Null);
        achados["tramites"].as_array().unwrap().first().cloned().unwrap_or_default()
    }

    /// Calls 8, 3 and 9 to 12: the send, the files that are asked for, the recibo de envio.
    #[track_caller]
    pub fn enviar(
        &self,
        para: &Sei<'_>,
        nre: Option<&str>,
        documentos: &[Documento<'_>],
    ) -> (i64, String) {
        self.abrir_o_envio(para, nre);
        let enviado = self.json("POST", "tramites/processo", &self.corpo(para, nre, documentos));
        self.estrutura_de(&para.estrutura.to_string());
        let ticket = enviado["ticketParaEnvioDeComponentesDigitais"].to_string();
        assert!(ticket.len() <= 10 && !ticket.contains('"'), "{ticket}");
        let quando = enviado["dataHoraDeRegistroDoTramite"].as_str().unwrap();
        assert!(chrono::DateTime::parse_from_rfc3339(quando).is_ok(), "{quando}");
        let solicitados = enviado["processosComComponentesDigitaisSolicitados"].as_array().unwrap();
        let pedidos = |hash: &str| {
            solicitados.first().is_some_and(|primeiro| {
                primeiro["protocolo"] == NUP
                    && primeiro["hashes"].as_array().unwrap().contains(&json!(hash))
            })
        };
        for documento in documentos {
            let hash = hash(documento.bytes);
            assert!(!(documento.retirado && pedidos(&hash)), "a withdrawn document has no file");
            if pedidos(&hash) {
                match documento.escrito {
                    true => self.mandar_inteiro(&ticket, documento.bytes),
                    false => self.mandar_em_partes(&ticket, documento.bytes),
                }
            }
        }
        let idt = enviado["IDT"].as_i64().unwrap();
        let recibo = self.do_tramite("GET", idt, "/recibo-de-envio");
        assert!(recibo["hashDaAssinatura"].as_str().unwrap().len() <= 1000);
        assert_eq!(recibo["reciboDeEnvio"]["IDT"], json!(idt));
        assert_eq!(self.consultar(&format!("IDT={idt}"))["situacaoAtual"], 2);
        (idt, enviado["NRE"].as_str().unwrap().to_owned())
    }

    #[track_caller]
    pub fn mandar_inteiro(&self, ticket: &str, bytes: &[u8]) {
        let form = formulario("conteudo.html", bytes, bytes);
        let caminho =
            format!("tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar");
        let resposta = self.pedir("PUT", &caminho, &form, "multipart/form-data; boundary=limite");
        assert_eq!(resposta.status, 200, "{}", resposta.texto);
    }

    #[track_caller]
    pub fn mandar_em_partes(&self, ticket: &str, bytes: &[u8]) {
        let raiz = format!(
            "tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar/partes"
        );
        for (n, bloco) in bytes.chunks(BLOCO).enumerate() {
            let inicio = n * BLOCO;
            let form = formulario("arquivo_externo.html", bloco, bytes);
            let caminho = format!("{raiz}/{inicio}-{}", inicio + bloco.len());
            // A part may come twice.
            for _ in 0..=usize::from(n == 0) {
                let tipo = "multipart/form-data; boundary=limite";
                let resposta = self.pedir("PUT", &caminho, &form, tipo);
                assert_eq!(resposta.status, 200, "{}", resposta.texto);
            }
        }
        let fim = json!({ "hashDoComponenteDigital": hash(bytes), "protocolo": NUP });
        self.json("POST", &format!("{raiz}/sinalizacao-termino-envio"), &fim);
    }

    /// Calls 14 to 17, with 2 and 3 between them: the metadata, the files, the recibo.
    #[track_caller]
    pub fn receber(&self, idt: i64, nre: &str, arquivos: &[&[u8]]) -> Value {
        let metadados = self.do_tramite("GET", idt, "");
        assert_eq!(metadados["nre"], nre);
        let tramite = self.consultar(&format!("IDT={idt}"));
        assert_eq!(tramite["NRE"], nre);
        self.estrutura_de(&self.estrutura.to_string());
        let protocolo = tramite["protocolo"].clone();
        let pendentes = tramite["hashDosComponentesPendentesDeRecebimento"].as_array();
        let pendentes: Vec<String> =
            pendentes.into_iter().flatten().map(|h| h.as_str().unwrap().to_owned()).collect();
        let mut baixados = Vec::new();
        let mut esperados: Vec<String> = arquivos.iter().map(|bytes| hash(bytes)).collect();
        esperados.sort();
        assert_eq!(pendentes, esperados);
        for documento in metadados["processo"]["documentos"].as_array().unwrap() {
            assert!(documento["especie"]["codigo"].is_string());
            for componente in documento["componentesDigitais"].as_array().unwrap() {
                let hash_dele = componente["hash"]["conteudo"].as_str().unwrap().to_owned();
                if pendentes.contains(&hash_dele) && !baixados.contains(&hash_dele) {
                    let tamanho = componente["tamanhoEmBytes"].as_str().unwrap().parse().unwrap();
                    let bytes = self.baixar(idt, &protocolo, &hash_dele, tamanho);
                    assert!(arquivos.contains(&bytes.as_slice()), "not the bytes that were sent");
                    baixados.push(hash_dele);
                }
            }
        }
        self.repositorio();
        let remetente = &metadados["remetente"]["numeroDeIdentificacaoDaEstrutura"];
        self.estrutura_de(remetente.as_str().unwrap());
        // Again, while it is being received: it is the same.
        assert_eq!(self.do_tramite("GET", idt, "")["processo"], metadados["processo"]);
        let tramite = self.consultar(&format!("IDT={idt}"));
        assert_eq!(tramite["situacaoAtual"], 4, "{tramite}");
        let mudancas = tramite["mudancasDeSituacao"].as_array().unwrap();
        let quatro = mudancas.iter().find(|m| m["situacao"] == 4).unwrap();
        let quando = quatro["dataHora"].as_str().unwrap();
        let data = format!("{}.000Z", &quando[..19]);
        baixados.sort();
        let hashes = baixados
            .iter()
            .map(|h| format!("<hashDoComponenteDigital>{h}</hashDoComponenteDigital>"))
            .collect::<Vec<_>>()
            .concat();
        let texto = format!(
            "<recibo><IDT>{idt}</IDT><NRE>{nre}</NRE><dataDeRecebimento>{data}</dataDeRecebimento>{hashes}</recibo>"
        );
        let assinatura = assinante().assinar(&texto).unwrap();
        let recibo = json!({ "dataDeRecebimento": data, "hashDaAssinatura": assinatura });
        self.json("POST", &format!("tramites/{idt}/recibo"), &recibo);
        metadados
    }

    pub fn baixar(&self, idt: i64, protocolo: &Value, hash: &str, tamanho: usize) -> Vec<u8> {
        let corpo = json!({ "hashDoComponenteDigital": hash, "protocolo": protocolo });
        let mut bytes = Vec::new();
        for inicio in (0..tamanho).step_by(BLOCO) {
            let fim = (inicio + BLOCO).min(tamanho);
            let caminho =
                format!("tramites/{idt}/protocolos/componentes-digitais/partes/{inicio}-{fim}");
            let texto = self.json("POST", &caminho, &corpo);
            bytes.extend(BASE64_STANDARD.decode(texto.as_str().unwrap()).unwrap());
        }
        bytes
    }

    /// Call 18, and what follows it: the sender learns that the processo was received.
    #[track_caller]
    pub fn concluir(&self, idt: i64) {
        assert!(self.pendentes().contains(&(idt, 5)));
        let recibo = self.do_tramite("GET", idt, "/recibo");
        assert_eq!(recibo["recibo"]["IDT"], json!(idt));
        assert!(recibo["hashDaAssinatura"].is_string());
        let tramite = self.consultar(&format!("IDT={idt}"));
        assert_eq!(tramite["situacaoAtual"], 6);
        let destino = &tramite["destinatario"]["numeroDeIdentificacaoDaEstrutura"];
        assert!(self.estrutura_de(destino.as_str().unwrap())["hierarquia"].is_array());
        self.repositorio();
    }
}
