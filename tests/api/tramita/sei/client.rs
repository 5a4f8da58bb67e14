//! The calls, as the module makes them.

use super::{Documento, Sei, multipart_form};
use crate::facade;
use crate::support::{Response, signer};
use crate::tramita::NUP;
use crate::tramita::componentes::hash;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

const BASE: &str = "/interoperabilidade/rest/v3/";
/// The size of the parts of a file. The module uses 50 MB.
pub const BLOCK_SIZE: usize = 300_000;

impl Sei<'_> {
    pub fn request(&self, method: &str, path: &str, body: &[u8], content_type: &str) -> Response {
        // An operator can configure the module only with `https://client:secret@…`.
        let basic = facade::header(format!("{}:demo", self.caller));
        let headers =
            [("Authorization", basic.as_str()), ("Accept", "*/*"), ("Content-Type", content_type)];
        self.t.0.request(method, &format!("{BASE}{path}"), &headers, body)
    }

    /// Sends a request and returns the body of the response, which must not be an error.
    #[track_caller]
    pub fn json(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let response = self.request(method, path, body.as_bytes(), "application/json");
        assert!(response.status < 400, "{method} {path}: {} {}", response.status, response.text);
        response.body
    }

    /// Sends a request for one trâmite. The module repeats the IDT in the query.
    #[track_caller]
    pub fn for_tramite(&self, method: &str, idt: i64, rest: &str) -> Value {
        self.json(method, &format!("tramites/{idt}{rest}?IDT={idt}"), &Value::Null)
    }

    #[track_caller]
    pub fn pending(&self) -> Vec<(i64, i64)> {
        let list = self.json("GET", "tramites/pendentes?todas=1", &Value::Null);
        let one = |p: &Value| (p["IDT"].as_i64().unwrap(), p["status"].as_i64().unwrap());
        list.as_array().unwrap().iter().map(one).collect()
    }

    /// Returns the trâmite that a search finds. The module uses only the first result.
    #[track_caller]
    pub fn look_up(&self, filter: &str) -> Value {
        let found = self.json("GET", &format!("tramites?{filter}"), &Value::Null);
        found["tramites"].as_array().unwrap().first().cloned().unwrap_or_default()
    }

    /// Makes calls 8, 3 and 9 to 12: the send, the requested files, and the recibo de envio.
    #[track_caller]
    pub fn enviar(
        &self,
        to: &Sei<'_>,
        nre: Option<&str>,
        documentos: &[Documento<'_>],
    ) -> (i64, String) {
        self.open_envio(to, nre);
        let enviado = self.json("POST", "tramites/processo", &self.body(to, nre, documentos));
        self.estrutura_of(&to.estrutura.to_string());
        let ticket = enviado["ticketParaEnvioDeComponentesDigitais"].to_string();
        assert!(ticket.len() <= 10 && !ticket.contains('"'), "{ticket}");
        let when = enviado["dataHoraDeRegistroDoTramite"].as_str().unwrap();
        assert!(chrono::DateTime::parse_from_rfc3339(when).is_ok(), "{when}");
        let solicitados = enviado["processosComComponentesDigitaisSolicitados"].as_array().unwrap();
        let requested = |hash: &str| {
            solicitados.first().is_some_and(|first| {
                first["protocolo"] == NUP
                    && first["hashes"].as_array().unwrap().contains(&json!(hash))
            })
        };
        for documento in documentos {
            let hash = hash(documento.bytes);
            assert!(!(documento.withdrawn && requested(&hash)), "a withdrawn document has no file");
            if requested(&hash) {
                match documento.written {
                    true => self.upload_whole(&ticket, documento.bytes),
                    false => self.upload_in_parts(&ticket, documento.bytes),
                }
            }
        }
        let idt = enviado["IDT"].as_i64().unwrap();
        let recibo = self.for_tramite("GET", idt, "/recibo-de-envio");
        assert!(recibo["hashDaAssinatura"].as_str().unwrap().len() <= 1000);
        assert_eq!(recibo["reciboDeEnvio"]["IDT"], json!(idt));
        assert_eq!(self.look_up(&format!("IDT={idt}"))["situacaoAtual"], 2);
        (idt, enviado["NRE"].as_str().unwrap().to_owned())
    }

    #[track_caller]
    pub fn upload_whole(&self, ticket: &str, bytes: &[u8]) {
        let form = multipart_form("conteudo.html", bytes, bytes);
        let path =
            format!("tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar");
        let response = self.request("PUT", &path, &form, "multipart/form-data; boundary=limite");
        assert_eq!(response.status, 200, "{}", response.text);
    }

    #[track_caller]
    pub fn upload_in_parts(&self, ticket: &str, bytes: &[u8]) {
        let root = format!(
            "tickets-de-envio-de-componente/{ticket}/protocolos/componentes-a-enviar/partes"
        );
        for (n, chunk) in bytes.chunks(BLOCK_SIZE).enumerate() {
            let start = n * BLOCK_SIZE;
            let form = multipart_form("arquivo_externo.html", chunk, bytes);
            let path = format!("{root}/{start}-{}", start + chunk.len());
            // The module may send a part twice.
            for _ in 0..=usize::from(n == 0) {
                let content_type = "multipart/form-data; boundary=limite";
                let response = self.request("PUT", &path, &form, content_type);
                assert_eq!(response.status, 200, "{}", response.text);
            }
        }
        let end = json!({ "hashDoComponenteDigital": hash(bytes), "protocolo": NUP });
        self.json("POST", &format!("{root}/sinalizacao-termino-envio"), &end);
    }

    /// Makes calls 14 to 17, with 2 and 3 between them: the metadata, the files, and the recibo.
    #[track_caller]
    pub fn receber(&self, idt: i64, nre: &str, files: &[&[u8]]) -> Value {
        let metadados = self.for_tramite("GET", idt, "");
        assert_eq!(metadados["nre"], nre);
        let tramite = self.look_up(&format!("IDT={idt}"));
        assert_eq!(tramite["NRE"], nre);
        self.estrutura_of(&self.estrutura.to_string());
        let protocolo = tramite["protocolo"].clone();
        let pending = tramite["hashDosComponentesPendentesDeRecebimento"].as_array();
        let pending: Vec<String> =
            pending.into_iter().flatten().map(|h| h.as_str().unwrap().to_owned()).collect();
        let mut downloaded = Vec::new();
        let mut expected: Vec<String> = files.iter().map(|bytes| hash(bytes)).collect();
        expected.sort();
        assert_eq!(pending, expected);
        for documento in metadados["processo"]["documentos"].as_array().unwrap() {
            assert!(documento["especie"]["codigo"].is_string());
            for componente in documento["componentesDigitais"].as_array().unwrap() {
                let its_hash = componente["hash"]["conteudo"].as_str().unwrap().to_owned();
                if pending.contains(&its_hash) && !downloaded.contains(&its_hash) {
                    let size = componente["tamanhoEmBytes"].as_str().unwrap().parse().unwrap();
                    let bytes = self.baixar(idt, &protocolo, &its_hash, size);
                    assert!(files.contains(&bytes.as_slice()), "not the bytes that were sent");
                    downloaded.push(its_hash);
                }
            }
        }
        self.repositorio();
        let remetente = &metadados["remetente"]["numeroDeIdentificacaoDaEstrutura"];
        self.estrutura_of(remetente.as_str().unwrap());
        // The module reads the metadata again during the reception, and gets the same.
        assert_eq!(self.for_tramite("GET", idt, "")["processo"], metadados["processo"]);
        let tramite = self.look_up(&format!("IDT={idt}"));
        assert_eq!(tramite["situacaoAtual"], 4, "{tramite}");
        let changes = tramite["mudancasDeSituacao"].as_array().unwrap();
        let four = changes.iter().find(|m| m["situacao"] == 4).unwrap();
        let when = four["dataHora"].as_str().unwrap();
        let data = format!("{}.000Z", &when[..19]);
        downloaded.sort();
        let hashes = downloaded
            .iter()
            .map(|h| format!("<hashDoComponenteDigital>{h}</hashDoComponenteDigital>"))
            .collect::<Vec<_>>()
            .concat();
        let text = format!(
            "<recibo><IDT>{idt}</IDT><NRE>{nre}</NRE><dataDeRecebimento>{data}</dataDeRecebimento>{hashes}</recibo>"
        );
        let signature = signer().sign(&text).unwrap();
        let recibo = json!({ "dataDeRecebimento": data, "hashDaAssinatura": signature });
        self.json("POST", &format!("tramites/{idt}/recibo"), &recibo);
        metadados
    }

    pub fn baixar(&self, idt: i64, protocolo: &Value, hash: &str, size: usize) -> Vec<u8> {
        let body = json!({ "hashDoComponenteDigital": hash, "protocolo": protocolo });
        let mut bytes = Vec::new();
        for start in (0..size).step_by(BLOCK_SIZE) {
            let end = (start + BLOCK_SIZE).min(size);
            let path =
                format!("tramites/{idt}/protocolos/componentes-digitais/partes/{start}-{end}");
            let text = self.json("POST", &path, &body);
            bytes.extend(BASE64_STANDARD.decode(text.as_str().unwrap()).unwrap());
        }
        bytes
    }

    /// Makes call 18 and the next ones, by which the sender learns that the processo was received.
    #[track_caller]
    pub fn concluir(&self, idt: i64) {
        assert!(self.pending().contains(&(idt, 5)));
        let recibo = self.for_tramite("GET", idt, "/recibo");
        assert_eq!(recibo["recibo"]["IDT"], json!(idt));
        assert!(recibo["hashDaAssinatura"].is_string());
        let tramite = self.look_up(&format!("IDT={idt}"));
        assert_eq!(tramite["situacaoAtual"], 6);
        let destination = &tramite["destinatario"]["numeroDeIdentificacaoDaEstrutura"];
        assert!(self.estrutura_of(destination.as_str().unwrap())["hierarquia"].is_array());
        self.repositorio();
    }
}
