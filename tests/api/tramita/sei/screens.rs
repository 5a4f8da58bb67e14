//! The queries of the module before a send: its installation, its lists and its screens.

use super::Sei;
use crate::tramita::code;
use serde_json::{Value, json};

const REPOSITORIOS: &str = "repositorios-de-estruturas";
const ESTRUTURAS: &str = "repositorios-de-estruturas/1/estruturas-organizacionais";

impl Sei<'_> {
    /// Makes calls 1, 13, 6, 5, 2, 4 and 3: the check of the installation, the species and legal
    /// bases, and the mapping of units.
    #[track_caller]
    pub fn install(&self) {
        // The check of the installation adds a slash to an address that ends in one.
        assert_eq!(self.request("GET", "/healthcheck", b"", "application/json").status, 200);
        self.json("GET", "healthcheck", &Value::Null);
        assert!(self.json("GET", "tramites/pendentes?todas=0", &Value::Null).is_array());
        let hipoteses = |active: u8| {
            let loaded = self.json("GET", &format!("hipoteses?ativos={active}"), &Value::Null);
            let loaded = loaded["hipotesesLegais"].as_array().unwrap().clone();
            for one in &loaded {
                assert!(one["identificacao"].is_i64() && one["nome"].is_string(), "{one}");
                assert_eq!(one["status"], json!(active == 1));
            }
            loaded.len()
        };
        assert_eq!((hipoteses(1), hipoteses(0)), (9, 1));
        let especies = self.json("GET", "especies", &Value::Null);
        let especies = especies["especies"].as_array().unwrap();
        assert_eq!(especies.len(), 40);
        assert!(especies.iter().all(|e| e["codigo"].is_i64() && e["nomeNoProdutor"].is_string()));
        self.repositorio();
        let numero = self.estrutura.to_string();
        let own = self.estrutura_of(&numero);
        assert_eq!(own["aptoParaReceberTramites"], true);
        let sigla = own["sigla"].as_str().unwrap();
        assert_eq!(self.search(&format!("sigla={sigla}&permiteEnvio=1")), [numero.as_str()]);
        let root = format!("numeroDeIdentificacaoDaEstruturaRaizDaConsulta={numero}");
        let below = self.search(&root);
        let pages = [0, 4, 8].map(|from| {
            self.search(&format!("{root}&registroInicial={from}&quantidadeDeRegistros=4"))
        });
        assert!(below.len() > 8 && pages.concat() == below, "{pages:?}");
        let unknown = format!("{ESTRUTURAS}/99999999");
        let response = self.request("GET", &unknown, b"", "application/json");
        assert_eq!(code(&response), (404, "0055"), "{}", response.text);
    }

    /// Makes call 2, for a list and for a single repository.
    #[track_caller]
    pub fn repositorio(&self) {
        for filter in ["ativos=1", "ativo=1"] {
            let list = self.json("GET", &format!("{REPOSITORIOS}?{filter}"), &Value::Null);
            assert_eq!(list, json!([{ "id": 1, "nome": "Poder Judiciário", "ativo": true }]));
        }
    }

    /// Makes call 3, for one unit.
    #[track_caller]
    pub fn estrutura_of(&self, numero: &str) -> Value {
        let read = self.json("GET", &format!("{ESTRUTURAS}/{numero}"), &Value::Null);
        assert_eq!(read["numeroDeIdentificacaoDaEstrutura"], numero);
        for field in ["nome", "sigla", "codigoNoOrgaoEntidade"] {
            assert!(read[field].is_string(), "{field}: {read}");
        }
        assert_eq!(read["ativo"], true);
        read
    }

    /// Makes call 4 and returns the numbers of the units that the search finds.
    #[track_caller]
    pub fn search(&self, filter: &str) -> Vec<String> {
        let always = "identificacaoDoRepositorioDeEstruturas=1&apenasAtivas=1";
        let found = self.json("GET", &format!("{ESTRUTURAS}?{always}&{filter}"), &Value::Null);
        let estruturas = found["estruturas"].as_array().unwrap();
        assert!(found["totalDeRegistros"].as_u64() >= Some(estruturas.len() as u64));
        let numero = |e: &Value| e["numeroDeIdentificacaoDaEstrutura"].as_str().unwrap().to_owned();
        estruturas.iter().map(numero).collect()
    }

    /// Makes calls 2, 7, 4, 16 and 21: the screen of the send, and the state of the last send.
    #[track_caller]
    pub fn open_envio(&self, to: &Sei<'_>, nre: Option<&str>) {
        self.repositorio();
        let motivos = self.json("GET", "motivosUrgencia", &Value::Null);
        let motivos = motivos["motivosUrgencia"].as_array().unwrap();
        assert!(motivos.len() == 5 && motivos.iter().all(|motivo| motivo["descricao"].is_string()));
        let destination = self.search("nome=Tribunal%20de%20Justi%C3%A7a&permiteRecebimento=1");
        assert!(destination.contains(&to.estrutura.to_string()), "{destination:?}");
        let Some(nre) = nre else { return };
        let last = self.look_up(&format!("NRE={nre}"));
        if last["situacaoAtual"] == 1 {
            self.for_tramite("DELETE", last["IDT"].as_i64().unwrap(), "");
        }
    }
}
