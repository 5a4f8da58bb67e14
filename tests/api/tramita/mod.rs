//! The Tramita as its órgãos use it: TJRN (820), TJPE (817) and TJCE (806).

mod catalogos;
pub mod componentes;
mod graph;
mod heranca;
mod histories;
mod parts;
mod races;
mod recibos;
mod row_security;
mod scenarios;
mod sei;
mod wire;

use crate::support::{App, Response, Settings, Template};
use elos::value::rules::RuleSwitches;
use serde_json::{Value, json};

pub const RN: &str = "tjrn";
pub const PE: &str = "tjpe";
pub const CE: &str = "tjce";
pub const ALREADY_REGISTERED: &str = "Número do Processo NUP já se encontra cadastrado";

/// A valid NUP of a fictitious unit.
pub const NUP: &str = "99990.000001/2026-53";

pub struct Tramita(pub App);

impl Tramita {
    pub fn new() -> Self {
        Self(App::empty())
    }

    pub fn with_rules(rules: RuleSwitches) -> Self {
        Self(App::with(Template::Empty, Settings { rules, ..Settings::default() }))
    }

    pub fn request(&self, caller: &str, method: &str, path: &str, body: &Value) -> Response {
        self.with_headers(caller, method, path, body, &[])
    }

    pub fn with_headers(
        &self,
        caller: &str,
        method: &str,
        path: &str,
        body: &Value,
        extra: &[(&str, &str)],
    ) -> Response {
        self.0.rest(caller, method, path, extra, body)
    }

    pub fn enviar(&self, from: &str, to: &str, protocolo: &str, nre: Option<&str>) -> Response {
        self.request(from, "POST", "/tramites/processo", &envio(from, to, protocolo, nre))
    }

    /// Sends a processo, which must be accepted. Returns the IDT and the NRE.
    #[track_caller]
    pub fn enviado(
        &self,
        from: &str,
        to: &str,
        protocolo: &str,
        nre: Option<&str>,
    ) -> (i64, String) {
        let response = self.enviar(from, to, protocolo, nre);
        assert_eq!(response.status, 200, "{}", response.text);
        let nre = response.body["NRE"].as_str().unwrap().to_owned();
        (response.body["IDT"].as_i64().unwrap(), nre)
    }

    pub fn step(&self, caller: &str, idt: i64, step: &str) -> Response {
        let now = crate::support::now().to_rfc3339();
        let (method, path, body) = match step {
            "receber" => ("POST", "/recebimento", Value::Null),
            "recibo" => ("POST", "/recibo", json!({ "dataDeRecebimento": now })),
            "buscar" => ("GET", "/recibo", Value::Null),
            "recusar" => {
                ("POST", "/recusa", json!({ "motivo": "99", "justificativa": "não é nosso" }))
            }
            "ciencia" => ("POST", "/ciencia", Value::Null),
            "cancelar" => ("DELETE", "", Value::Null),
            "ler" => ("GET", "", Value::Null),
            other => panic!("{other}"),
        };
        self.request(caller, method, &format!("/tramites/{idt}{path}"), &body)
    }

    /// Takes steps that must all be accepted.
    #[track_caller]
    pub fn steps(&self, idt: i64, steps: &[(&str, &str)]) {
        for (caller, step) in steps {
            let response = self.step(caller, idt, step);
            assert_eq!(response.status, 200, "{caller} {step}: {}", response.text);
        }
    }

    /// Sends, receives, and fetches the recibo, so that the trâmite is realizado.
    #[track_caller]
    pub fn realizado(
        &self,
        from: &str,
        to: &str,
        protocolo: &str,
        nre: Option<&str>,
    ) -> (i64, String) {
        let (idt, nre) = self.enviado(from, to, protocolo, nre);
        self.steps(idt, &[(to, "receber"), (to, "recibo"), (from, "buscar")]);
        (idt, nre)
    }

    /// Reads the situação of the trâmite, without receiving it.
    #[track_caller]
    pub fn situacao(&self, caller: &str, idt: i64) -> i64 {
        let response = self.request(caller, "GET", &format!("/tramites?IDT={idt}"), &Value::Null);
        response.body["tramites"][0]["situacaoAtual"].as_i64().expect(&response.text)
    }
}

/// Returns the number of the estrutura of a client. Another text stands for itself.
pub fn numero_da_estrutura(caller: &str) -> &str {
    match caller {
        RN => "820",
        PE => "817",
        CE => "806",
        other => other,
    }
}

pub fn estrutura(caller: &str) -> Value {
    let numero = numero_da_estrutura(caller);
    json!({ "identificacaoDoRepositorioDeEstruturas": 1, "numeroDeIdentificacaoDaEstrutura": numero })
}

pub fn envio(from: &str, to: &str, protocolo: &str, nre: Option<&str>) -> Value {
    json!({
        "cabecalho": { "NRE": nre, "remetente": estrutura(from), "destinatario": estrutura(to), "urgente": false },
        "processo": { "protocolo": protocolo, "nivelDeSigilo": 1, "descricao": "Pedido fictício" },
    })
}

pub fn code(response: &Response) -> (u16, &str) {
    (response.status, response.body["codigoErro"].as_str().unwrap_or("-"))
}

/// Returns the value of a parameter of a refusal.
pub fn parameter<'r>(response: &'r Response, key: &str) -> Option<&'r str> {
    let params = response.body["parametro"].as_array()?;
    params.iter().find(|p| p["chave"] == key)?["valor"].as_str()
}
