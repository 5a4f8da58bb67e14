//! The Tramita, as órgãos use it: TJRN (820), TJPE (817) and TJCE (806).

mod catalogos;
mod cenarios;
pub mod componentes;
mod corridas;
mod fio;
mod grafo;
mod heranca;
mod historias;
mod isolamento;
mod partes;
mod recibos;
mod sei;

use crate::support::{Ajustes, App, Modelo, PATIENCE, Resposta};
use elos::value::regras::Regras;
use serde_json::{Value, json};

pub const RN: &str = "tjrn";
pub const PE: &str = "tjpe";
pub const CE: &str = "tjce";
pub const FRASE: &str = "Número do Processo NUP já se encontra cadastrado";

/// A valid NUP, fictitious as its unit.
pub const NUP: &str = "99990.000001/2026-53";

pub struct Tramita(pub App);

impl Tramita {
    pub fn novo() -> Self {
        Self(App::vazio())
    }

    pub fn com(regras: Regras) -> Self {
        Self(App::com(Modelo::Vazio, Ajustes { regras, ..Ajustes::default() }))
    }

    /// Waits until the server would be sent requests: its keys come in the background.
    pub fn ready(&self) {
        let begun = std::time::Instant::now();
        while self.0.pedir("GET", "/readyz", &[], b"").status != 200 {
            assert!(begun.elapsed() < PATIENCE, "it is ready");
            std::thread::yield_now();
        }
    }

    pub fn pedir(&self, quem: &str, metodo: &str, caminho: &str, corpo: &Value) -> Resposta {
        self.com_headers(quem, metodo, caminho, corpo, &[])
    }

    pub fn com_headers(
        &self,
        quem: &str,
        metodo: &str,
        caminho: &str,
        corpo: &Value,
        mais: &[(&str, &str)],
    ) -> Resposta {
        let bearer = format!("Bearer {}", self.0.token(quem));
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.extend(mais);
        let corpo = if corpo.is_null() { String::new() } else { corpo.to_string() };
        if !corpo.is_empty() {
            headers.push(("Content-Type", "application/json"));
        }
        self.0.pedir(metodo, caminho, &headers, corpo.as_bytes())
    }

    pub fn enviar(&self, de: &str, para: &str, protocolo: &str, nre: Option<&str>) -> Resposta {
        self.pedir(de, "POST", "/tramites/processo", &envio(de, para, protocolo, nre))
    }

    /// An accepted send: its IDT and its NRE.
    #[track_caller]
    pub fn enviado(
        &self,
        de: &str,
        para: &str,
        protocolo: &str,
        nre: Option<&str>,
    ) -> (i64, String) {
        let resposta = self.enviar(de, para, protocolo, nre);
        assert_eq!(resposta.status, 200, "{}", resposta.texto);
        let nre = resposta.corpo["NRE"].as_str().unwrap().to_owned();
        (resposta.corpo["IDT"].as_i64().unwrap(), nre)
    }

    pub fn passo(&self, quem: &str, idt: i64, passo: &str) -> Resposta {
        let agora = crate::support::agora().to_rfc3339();
        let (metodo, caminho, corpo) = match passo {
            "receber" => ("POST", "/recebimento", Value::Null),
            "recibo" => ("POST", "/recibo", json!({ "dataDeRecebimento": agora })),
            "buscar" => ("GET", "/recibo", Value::Null),
            "recusar" => {
                ("POST", "/recusa", json!({ "motivo": "99", "justificativa": "não é nosso" }))
            }
            "ciencia" => ("POST", "/ciencia", Value::Null),
            "cancelar" => ("DELETE", "", Value::Null),
            "ler" => ("GET", "", Value::Null),
            outro => panic!("{outro}"),
        };
        self.pedir(quem, metodo, &format!("/tramites/{idt}{caminho}"), &corpo)
    }

    /// Steps that must all be taken.
    #[track_caller]
    pub fn passos(&self, idt: i64, passos: &[(&str, &str)]) {
        for (quem, passo) in passos {
            let resposta = self.passo(quem, idt, passo);
            assert_eq!(resposta.status, 200, "{quem} {passo}: {}", resposta.texto);
        }
    }

    /// Sent, received, and the recibo fetched: realizado.
    #[track_caller]
    pub fn realizado(
        &self,
        de: &str,
        para: &str,
        protocolo: &str,
        nre: Option<&str>,
    ) -> (i64, String) {
        let (idt, nre) = self.enviado(de, para, protocolo, nre);
        self.passos(idt, &[(para, "receber"), (para, "recibo"), (de, "buscar")]);
        (idt, nre)
    }

    /// Looked at, not received.
    #[track_caller]
    pub fn situacao(&self, quem: &str, idt: i64) -> i64 {
        let resposta = self.pedir(quem, "GET", &format!("/tramites?IDT={idt}"), &Value::Null);
        resposta.corpo["tramites"][0]["situacaoAtual"].as_i64().expect(&resposta.texto)
    }
}

pub fn estrutura(quem: &str) -> Value {
    let numero = match quem {
        RN => "820",
        PE => "817",
        CE => "806",
        outro => outro,
    };
    json!({ "identificacaoDoRepositorioDeEstruturas": 1, "numeroDeIdentificacaoDaEstrutura": numero })
}

pub fn envio(de: &str, para: &str, protocolo: &str, nre: Option<&str>) -> Value {
    json!({
        "cabecalho": { "NRE": nre, "remetente": estrutura(de), "destinatario": estrutura(para), "urgente": false },
        "processo": { "protocolo": protocolo, "nivelDeSigilo": 1, "descricao": "Pedido fictício" },
    })
}

pub fn codigo(resposta: &Resposta) -> (u16, &str) {
    (resposta.status, resposta.corpo["codigoErro"].as_str().unwrap_or("-"))
}

/// A parameter of a refusal.
pub fn parametro<'r>(resposta: &'r Resposta, chave: &str) -> Option<&'r str> {
    let parametros = resposta.corpo["parametro"].as_array()?;
    parametros.iter().find(|p| p["chave"] == chave)?["valor"].as_str()
}
