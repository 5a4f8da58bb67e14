//! The state of the server, and the inputs that it accepts.

use crate::support::{APURACAO, Api, App, EXECUCAO, Mode, Operation, numero, numero_of};
use elos::value::cpf::Cpf;
use serde_json::{Value, json};

pub fn cpf(n: u32) -> String {
    Cpf::synthetic(n).unmasked().to_owned()
}

/// The objects that the inputs name.
///
/// Processos 1, 2, 3 and 6 are apurações: 1 has Ana, Rui and the pending adolescente, 2 has Ana and
/// is archived, 3 has Eva, 6 has Ana. Execução 4 has Eva and is active. Execuções 7, of Eva, and 5,
/// of Rui, are archived.
pub struct State {
    pub app: App,
    /// Eva, Ana, Rui, a pending adolescente, and one of TJPE.
    pub identificadores: Vec<String>,
    /// One that is free, and one that is consumed.
    pub rascunhos: Vec<String>,
    /// A definitiva of Eva, another one that is BAIXADA, a provisória of Eva, a definitiva of Rui.
    pub guias: Vec<String>,
}

impl State {
    pub fn prepare() -> Self {
        let app = App::empty();
        let perform = |client: &str, mutation, input| {
            let operation = Operation::new(mutation, input);
            let done = app.execute(client, Api::Graphql, &operation, Mode::default());
            assert_eq!(done.status, 200, "{operation:?} {}", done.response.text);
            done.generated.unwrap()
        };
        let person = |client: &str, n| {
            let mut dados = dados();
            dados["cpf"] = cpf(n).into();
            perform(client, "cadastrarAdolescente", json!({ "dados": dados }))
        };
        let (ana, rui, eva) = (person("tjrn", 1), person("tjrn", 2), person("tjrn", 3));
        let processo = |n, who: &[&String], origem: Option<u32>| {
            let input = json!({ "numero": numero(n), "tipo": if origem.is_some() { EXECUCAO } else { APURACAO },
                "adolescentes": who, "idOrgao": 1, "appNameSistemaTribunal": "t", "referencia": origem.map(numero) });
            perform("tjrn", "cadastrarProcesso", input);
        };
        let arquivar = |n| {
            perform(
                "tjrn",
                "alterarSituacao",
                json!({ "processo": numero(n), "situacao": "ARQUIVADO" }),
            )
        };
        processo(1, &[&ana, &rui], None);
        processo(2, &[&ana], None);
        arquivar(2);
        processo(3, &[&eva], None);
        processo(7, &[&eva], Some(3));
        arquivar(7);
        processo(4, &[&eva], Some(3));
        processo(5, &[&rui], Some(1));
        arquivar(5);
        let pending = "203000000001".to_owned();
        perform(
            "tjrn",
            "vincularAdolescente",
            json!({ "processo": numero(1), "adolescente": pending }),
        );
        let rascunho = || {
            let input = json!({ "appNameSistemaTribunal": "t", "dados": "{}" });
            perform("tjrn", "registrarRascunho", input)
        };
        let rascunhos = vec![rascunho(), rascunho()];
        let consumer = json!({ "numero": numero(6), "tipo": APURACAO, "adolescentes": [ana], "idOrgao": 1,
            "appNameSistemaTribunal": "t", "idProcessoSistemaExterno": rascunhos[1] });
        perform("tjrn", "cadastrarProcesso", consumer);

        let of_other = person("tjpe", 9);
        let foreign = numero_of(817, 0);
        perform(
            "tjpe",
            "cadastrarProcesso",
            json!({ "numero": foreign, "tipo": APURACAO, "adolescentes": [of_other], "idOrgao": 1,
                    "appNameSistemaTribunal": "t" }),
        );
        let guia = |who: &str, especie: Value| {
            let mut input = guia(who);
            input["especie"] = especie;
            perform("tjrn", "emitirGuia", input)
        };
        let guias = vec![
            guia(&eva, definitiva(3)),
            guia(&eva, definitiva(3)),
            guia(&eva, provisoria(3)),
            guia(&rui, definitiva(1)),
        ];
        perform("tjrn", "baixarGuia", json!({ "numero": guias[1] }));
        let identificadores = vec![eva, ana, rui, pending, of_other];
        Self { app, identificadores, rascunhos, guias }
    }
}

pub fn dados() -> Value {
    json!({ "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "2010-02-01", "sexoBiologico": "FEMININO" })
}

pub fn guia(adolescente: &str) -> Value {
    json!({ "adolescente": adolescente, "magistrado": { "cpf": cpf(7) }, "serventuario": { "cpf": cpf(8) },
        "serventuarioCargo": "Analista", "codigoTpuMedida": "11386", "atosInfracionais": [{ "codigoTpu": "3401" }] })
}

pub fn definitiva(n: u32) -> Value {
    json!({ "definitiva": { "apuracao": numero(n), "dataSentenca": "2024-01-02", "dataTransitoJulgado": "2024-02-02" } })
}

pub fn provisoria(n: u32) -> Value {
    json!({ "provisoria": { "apuracao": numero(n), "dataSentenca": "2024-01-02", "houveInternacao": false } })
}
