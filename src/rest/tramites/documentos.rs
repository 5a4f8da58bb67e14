//! The files that the documents of a send tell of, in the processo and in those that
//! are apensados to it. Everything else about documents is kept as it comes. A document that
//! was withdrawn tells of files that nobody sends.

use super::super::corpo::Corpo;
use super::fields::{APENSADOS, boolean, integer};
use crate::tramite::rules::COMPONENTES_MAXIMO;
use crate::tramite::{ComponenteDigital, Protocolo};
use serde_json::{Map, Value};

/// As many as a person mends at a time.
const RECUSAS_MAXIMO: usize = 20;

/// The files below `listas` (`documentos`, `processosApensados`) of a processo. What
/// cannot be read is refused on `corpo`, by its place.
pub fn componentes(
    corpo: &mut Corpo,
    protocolo: Option<&str>,
    listas: &Map<String, Value>,
) -> Vec<ComponenteDigital> {
    let mut leitura = Leitura::default();
    leitura.processo(protocolo.unwrap_or_default(), "", listas);
    for recusa in leitura.recusas {
        corpo.recusar_por(&["documentos"], recusa);
    }
    leitura.achados
}

#[derive(Default)]
struct Leitura {
    achados: Vec<ComponenteDigital>,
    recusas: Vec<String>,
}

impl Leitura {
    fn recusar(&mut self, onde: &str, mensagem: &str) {
        if self.recusas.len() < RECUSAS_MAXIMO {
            self.recusas.push(format!("{onde}: {mensagem}"));
        }
    }

    /// The items of a list of objects, each with its place.
    fn itens<'v>(
        &mut self,
        onde: &str,
        nome: &str,
        campos: &'v Map<String, Value>,
    ) -> Vec<(String, &'v Map<String, Value>)> {
        let itens = match campos.get(nome) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(itens)) => itens,
            Some(_) => {
                self.recusar(&format!("{onde}{nome}"), "é uma lista");
                return Vec::new();
            }
        };
        let mut objetos = Vec::with_capacity(itens.len());
        for (n, item) in itens.iter().enumerate() {
            let onde = format!("{onde}{nome}[{n}]");
            match item {
                Value::Object(campos) => objetos.push((onde, campos)),
                _ => self.recusar(&onde, "esperava um objeto"),
            }
        }
        objetos
    }

    fn processo(&mut self, protocolo: &str, onde: &str, campos: &Map<String, Value>) {
        for (onde, documento) in self.itens(onde, "documentos", campos) {
            self.documento(protocolo, &onde, documento);
        }
        let apensados = APENSADOS.map(|nome| self.itens(onde, nome, campos));
        for (onde, apensado) in apensados.into_iter().flatten() {
            let dito = apensado.get("protocolo").filter(|dito| !dito.is_null());
            let lido = dito.and_then(Value::as_str).filter(|dito| Protocolo::ler(dito).is_ok());
            let antes = self.achados.len();
            self.processo(lido.unwrap_or_default().trim(), &format!("{onde}."), apensado);
            let falta = dito.is_none() && self.achados.len() > antes;
            if falta || dito.is_some() && lido.is_none() {
                self.recusar(&format!("{onde}.protocolo"), "esperava o protocolo do apensado");
            }
        }
    }

    fn documento(&mut self, protocolo: &str, onde: &str, campos: &Map<String, Value>) {
        match campos.get("retirado").filter(|dito| !dito.is_null()).map(boolean) {
            // It is delivered, and its receiver takes it at its word.
            Some(None) => {
                return self.recusar(&format!("{onde}.retirado"), "esperava true ou false");
            }
            Some(Some(true)) => return,
            Some(Some(false)) | None => {}
        }
        let componentes = self.itens(&format!("{onde}."), "componentesDigitais", campos);
        let sem_ordem = matches!(campos.get("ordem"), None | Some(Value::Null));
        if componentes.is_empty() && sem_ordem {
            return;
        }
        let Some(documento) = inteiro(campos, "ordem").filter(|ordem| *ordem > 0) else {
            let mensagem = "esperava a ordem do documento, a contar de 1";
            return self.recusar(&format!("{onde}.ordem"), mensagem);
        };
        for (n, (onde, campos)) in componentes.into_iter().enumerate() {
            // What is beyond the limit is refused by a rule, and not read.
            if self.achados.len() > COMPONENTES_MAXIMO {
                return;
            }
            let ordem = match campos.get("ordem") {
                None | Some(Value::Null) => i32::try_from(n + 1).ok(),
                Some(_) => inteiro(campos, "ordem"),
            };
            let hash = campos.get("hash").and_then(Value::as_object);
            let algoritmo = hash.and_then(|hash| hash.get("algoritmo"));
            let conhecido = algoritmo.is_none_or(|nome| nome.is_null() || nome == "SHA256");
            let conteudo = hash.and_then(|hash| hash.get("conteudo")).and_then(Value::as_str);
            let lido = conteudo.and_then(|conteudo| conteudo.parse().ok());
            let tamanho = campos.get("tamanhoEmBytes").and_then(integer);
            match (ordem, conhecido, lido, tamanho) {
                (None, ..) => self.recusar(&format!("{onde}.ordem"), "esperava um inteiro"),
                (_, false, ..) => self.recusar(&format!("{onde}.hash.algoritmo"), "use SHA256"),
                (_, _, None, _) => self.recusar(
                    &format!("{onde}.hash.conteudo"),
                    "esperava o SHA-256 do arquivo em base64, 44 caracteres",
                ),
                (.., None) => self.recusar(
                    &format!("{onde}.tamanhoEmBytes"),
                    "esperava o tamanho do arquivo em bytes",
                ),
                (Some(ordem), true, Some(hash), Some(tamanho)) => {
                    let protocolo = protocolo.to_owned();
                    let componente =
                        ComponenteDigital { protocolo, documento, ordem, hash, tamanho };
                    self.achados.push(componente);
                }
            }
        }
    }
}

fn inteiro(campos: &Map<String, Value>, nome: &str) -> Option<i32> {
    integer(campos.get(nome)?)?.try_into().ok()
}
