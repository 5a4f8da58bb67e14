//! Fixtures of most tests: numbers of processos, processos, adolescentes and REST requests. Also a
//! helper that waits for a condition.

use super::{App, Response};
use elos::processo::NumeroProcesso;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub const APURACAO: &str = "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL";
pub const EXECUCAO: &str = "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS";

/// Returns the `n`-th number of TJRN, with its punctuation. Each test has its own database, so two
/// tests may use the same number. The synthetic data has none of these numbers.
pub fn numero(n: u32) -> String {
    numero_of(820, n)
}

/// Returns the `n`-th number of this tribunal, given as its code (820).
pub fn numero_of(tribunal: i16, n: u32) -> String {
    NumeroProcesso::synthetic(9_400_000 + n, 2024, tribunal, 1).to_string()
}

/// The body of `POST /api/v1/processos`.
pub struct NewProcesso(Value);

impl NewProcesso {
    pub fn apuracao(numero: &str, adolescentes: &[&str]) -> Self {
        Self(json!({
            "numeroProcesso": numero, "tipoProcesso": APURACAO, "idOrgao": 1, "appNameSistemaTribunal": "t",
            "identificadoresAdolescentes": adolescentes,
        }))
    }

    pub fn execucao(numero: &str, adolescentes: &[&str], referencia: &str) -> Self {
        Self::apuracao(numero, adolescentes)
            .with("tipoProcesso", EXECUCAO)
            .with("numeroProcessoReferencia", referencia)
    }

    /// Returns the same body, with this value of a field.
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0[field] = value.into();
        self
    }

    pub fn body(self) -> Value {
        self.0
    }
}

/// Returns the body of `POST /api/v1/adolescentes`.
pub fn new_adolescente() -> Value {
    json!({
        "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO",
    })
}

/// Returns the status of a REST response, and the code of its error (`-` if it has none).
pub fn code(response: &Response) -> (u16, &str) {
    (response.status, response.body["mensagemDesenvolvedor"].as_str().unwrap_or("-"))
}

/// Tries `holds` until it is true, for at most `at_most`. Returns how long it took. The pause
/// between two tries leaves the processors to the server.
#[track_caller]
pub fn until(at_most: Duration, what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < at_most, "{what}: not within {at_most:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    start.elapsed()
}

impl App {
    /// Returns the value of the `Authorization` header of a client.
    pub fn bearer(&self, client: &str) -> String {
        format!("Bearer {}", self.token(client))
    }

    /// Sends a REST request. It sends a null body as no body, without a media type.
    pub fn rest(
        &self,
        client: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Response {
        let bearer = self.bearer(client);
        let mut all = vec![("Authorization", bearer.as_str())];
        all.extend(headers);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        if !body.is_empty() {
            all.push(("Content-Type", "application/json"));
        }
        self.request(method, path, &all, body.as_bytes())
    }

    /// Registers a processo.
    pub fn cadastrar(&self, client: &str, processo: &NewProcesso) -> Response {
        self.post(client, "/api/v1/processos", &processo.0)
    }

    /// Registers a processo. The registration must be accepted.
    #[track_caller]
    pub fn cadastrado(&self, client: &str, processo: &NewProcesso) {
        let response = self.cadastrar(client, processo);
        assert_eq!(response.status, 200, "{}", response.text);
    }

    /// Registers a synthetic adolescente and returns the identificador.
    #[track_caller]
    pub fn adolescente(&self, client: &str) -> String {
        let response = self.post(client, "/api/v1/adolescentes", &new_adolescente());
        assert_eq!(response.status, 200, "{}", response.text);
        response.body["dados"]["identificador"].as_str().unwrap().to_owned()
    }

    /// Returns the codes of the `erros` that a mutation answers with.
    pub fn refusal_codes(&self, client: &str, mutation: &str, input: &Value) -> Vec<String> {
        let type_name = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation($i: {type_name}!) {{ {mutation}(input: $i) {{ erros {{ codigo }} }} }}"
        );
        let data = self.gql_with(client, &query, json!({ "i": input }));
        let errors = data[mutation]["erros"].as_array().unwrap();
        errors.iter().map(|error| error["codigo"].as_str().unwrap().to_owned()).collect()
    }
}
