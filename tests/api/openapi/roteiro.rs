//! A walk through the routes that compares each step with the document.

use super::documento::Documento;
use crate::support::{App, Resposta};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const JSON: &str = "application/json";
/// What is no JSON.
const BYTES: [&str; 2] = ["application/octet-stream", "application/pdf"];

pub struct Roteiro<'a> {
    app: &'a App,
    documento: Documento,
    feitas: BTreeSet<String>,
}

impl<'a> Roteiro<'a> {
    pub fn novo(app: &'a App) -> Self {
        Self { app, documento: Documento::novo(), feitas: BTreeSet::new() }
    }

    /// Sends a request whose body has every documented field, those of `proprios`
    /// with that value; a write is tried first. Answers with its `dados`.
    ///
    /// `no_caminho` fills the path; what has no place in it goes at its end.
    #[track_caller]
    pub fn pedir(
        &mut self,
        metodo: &str,
        modelo: &str,
        no_caminho: &[(&str, &str)],
        proprios: Value,
    ) -> Value {
        let modelo = format!("/api/v1{modelo}");
        let operacao = self.documento.0["paths"][&modelo][metodo.to_lowercase()].clone();
        assert!(operacao.is_object(), "{metodo} {modelo} is not in the document");
        let mut caminho = modelo.clone();
        for (nome, valor) in no_caminho {
            caminho = match *nome {
                "" => caminho + valor,
                nome => caminho.replace(nome, valor),
            };
        }
        let schema = &operacao["requestBody"]["content"][JSON]["schema"];
        let corpo = match (schema.is_null(), proprios) {
            (false, Value::Object(proprios)) => {
                let mut corpo = self.documento.exemplo(schema);
                for (nome, valor) in proprios {
                    if let Some(campo) = corpo.get_mut(&nome) {
                        *campo = valor;
                    }
                }
                corpo.to_string()
            }
            _ => String::new(),
        };

        let sem_token =
            self.app.pedir(metodo, &caminho, &[("Content-Type", JSON)], corpo.as_bytes());
        self.conferir(&operacao, 401, &sem_token);
        let desconhecido =
            format!("{caminho}{}nada=1", if caminho.contains('?') { "&" } else { "?" });
        self.conferir(&operacao, 400, &self.enviar(metodo, &desconhecido, &corpo));
        let parametros = operacao["parameters"].as_array().into_iter().flatten();
        if parametros.into_iter().any(|parametro| parametro["name"] == "simular") {
            let simulada = self.enviar(metodo, &format!("{caminho}?simular=true"), &corpo);
            self.conferir(&operacao, 200, &simulada);
            let avisos = json!(["simulação: todas as regras foram aplicadas e nada foi gravado"]);
            assert_eq!(simulada.corpo["avisos"], avisos, "{metodo} {modelo}");
        }
        let resposta = self.enviar(metodo, &caminho, &corpo);
        self.conferir(&operacao, 200, &resposta);
        assert_eq!(resposta.corpo.get("avisos"), None, "{metodo} {modelo}");
        self.feitas.insert(operacao["operationId"].as_str().unwrap().to_owned());
        resposta.corpo["dados"].clone()
    }

    /// Holds an answer that came otherwise against the document.
    #[track_caller]
    pub fn ver(&mut self, metodo: &str, modelo: &str, status: u16, resposta: &Resposta) {
        let operacao = self.documento.0["paths"][modelo][metodo.to_lowercase()].clone();
        assert!(operacao.is_object(), "{metodo} {modelo} is not in the document");
        self.conferir(&operacao, status, resposta);
        if status == 200 {
            self.feitas.insert(operacao["operationId"].as_str().unwrap().to_owned());
        }
    }

    /// The operations with such a tag that no step asked for.
    pub fn esquecidas(&self, tag: fn(&str) -> bool) -> Vec<String> {
        let todas = self.documento.operacoes();
        let todas = todas.filter(|(_, _, operacao)| tag(operacao["tags"][0].as_str().unwrap()));
        let todas = todas.map(|(_, _, operacao)| operacao["operationId"].as_str().unwrap());
        todas.filter(|nome| !self.feitas.contains(*nome)).map(str::to_owned).collect()
    }

    fn enviar(&self, metodo: &str, caminho: &str, corpo: &str) -> Resposta {
        let bearer = format!("Bearer {}", self.app.token("tjrn"));
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", JSON)];
        self.app.pedir(metodo, caminho, &headers, corpo.as_bytes())
    }

    /// The answer is the one that the document has for that status, headers too.
    #[track_caller]
    fn conferir(&self, operacao: &Value, status: u16, resposta: &Resposta) {
        let nome = &operacao["operationId"];
        assert_eq!(resposta.status, status, "{nome} {}", resposta.texto);
        let mut dita = &operacao["responses"][status.to_string()];
        if let Some(referencia) = dita["$ref"].as_str() {
            dita = self.documento.0.pointer(referencia.trim_start_matches('#')).unwrap();
        }
        let media = resposta.headers["content-type"].as_str();
        if BYTES.contains(&media) {
            assert!(dita["content"][media].is_object(), "{nome} {status} is not in the document");
            return;
        }
        let schema = &dita["content"][JSON]["schema"];
        assert!(!schema.is_null(), "{nome} {status} is not in the document");
        let faltas = self.documento.faltas(schema, &resposta.corpo, "");
        assert_eq!(faltas, Vec::<String>::new(), "{nome} {}", resposta.texto);
        for nosso in ["etag", "www-authenticate", "retry-after", "idempotent-replayed"] {
            let cabecalhos = dita["headers"].as_object();
            let dito = cabecalhos
                .is_some_and(|ditos| ditos.keys().any(|dito| dito.eq_ignore_ascii_case(nosso)));
            assert!(dito || !resposta.headers.contains_key(nosso), "{nome} {status} {nosso}");
        }
    }
}
