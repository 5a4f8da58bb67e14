//! What the module asks before it sends: its installation, its lists, its screens.

use super::Sei;
use crate::tramita::codigo;
use serde_json::{Value, json};

const REPOSITORIOS: &str = "repositorios-de-estruturas";
const ESTRUTURAS: &str = "repositorios-de-estruturas/1/estruturas-organizacionais";

impl Sei<'_> {
    /// Calls 1, 13, 6, 5, 2, 4 and 3: the installation is checked, species and legal bases come,
    /// units are mapped.
    #[track_caller]
    pub fn instalar(&self) {
        // What checks the installation adds a slash to an address that ends in one.
        assert_eq!(self.pedir("GET", "/healthcheck", b"", "application/json").status, 200);
        self.json("GET", "healthcheck", &Value::Null);
        assert!(self.json("GET", "tramites/pendentes?todas=0", &Value::Null).is_array());
        let hipoteses = |ativos: u8| {
            let lidas = self.json("GET", &format!("hipoteses?ativos={ativos}"), &Value::Null);
            let lidas = lidas["hipotesesLegais"].as_array().unwrap().clone();
            for uma in &lidas {
                assert!(uma["identificacao"].is_i64() && uma["nome"].is_string(), "{uma}");
                assert_eq!(uma["status"], json!(ativos == 1));
            }
            lidas.len()
        };
        assert_eq!((hipoteses(1), hipoteses(0)), (9, 1));
        let especies = self.json("GET", "especies", &Value::Null);
        let especies = especies["especies"].as_array().unwrap();
        assert_eq!(especies.len(), 40);
        assert!(especies.iter().all(|e| e["codigo"].is_i64() && e["nomeNoProdutor"].is_string()));
        self.repositorio();
        let numero = self.estrutura.to_string();
        let propria = self.estrutura_de(&numero);
        assert_eq!(propria["aptoParaReceberTramites"], true);
        let sigla = propria["sigla"].as_str().unwrap();
        assert_eq!(self.procurar(&format!("sigla={sigla}&permiteEnvio=1")), [numero.as_str()]);
        let raiz = format!("numeroDeIdentificacaoDaEstruturaRaizDaConsulta={numero}");
        let abaixo = self.procurar(&raiz);
        let paginas = [0, 4, 8].map(|de| {
            self.procurar(&format!("{raiz}&registroInicial={de}&quantidadeDeRegistros=4"))
        });
        assert!(abaixo.len() > 8 && paginas.concat() == abaixo, "{paginas:?}");
        let desconhecida = format!("{ESTRUTURAS}/99999999");
        let resposta = self.pedir("GET", &desconhecida, b"", "application/json");
        assert_eq!(codigo(&resposta), (404, "0055"), "{}", resposta.texto);
    }

    /// Call 2, as lists ask for it and as one is asked for.
    #[track_caller]
    pub fn repositorio(&self) {
        for filtro in ["ativos=1", "ativo=1"] {
            let lista = self.json("GET", &format!("{REPOSITORIOS}?{filtro}"), &Value::Null);
            assert_eq!(lista, json!([{ "id": 1, "nome": "Poder Judiciário", "ativo": true }]));
        }
    }

    /// Call 3.
    #[track_caller]
    pub fn estrutura_de(&self, numero: &str) -> Value {
        let lida = self.json("GET", &format!("{ESTRUTURAS}/{numero}"), &Value::Null);
        assert_eq!(lida["numeroDeIdentificacaoDaEstrutura"], numero);
        for campo in ["nome", "sigla", "codigoNoOrgaoEntidade"] {
            assert!(lida[campo].is_string(), "{campo}: {lida}");
        }
        assert_eq!(lida["ativo"], true);
        lida
    }

    /// Call 4: the numbers of the units found.
    #[track_caller]
    pub fn procurar(&self, filtro: &str) -> Vec<String> {
        let sempre = "identificacaoDoRepositorioDeEstruturas=1&apenasAtivas=1";
        let achadas = self.json("GET", &format!("{ESTRUTURAS}?{sempre}&{filtro}"), &Value::Null);
        let estruturas = achadas["estruturas"].as_array().unwrap();
        assert!(achadas["totalDeRegistros"].as_u64() >= Some(estruturas.len() as u64));
        let numero = |e: &Value| e["numeroDeIdentificacaoDaEstrutura"].as_str().unwrap().to_owned();
        estruturas.iter().map(numero).collect()
    }

    /// Calls 2, 7, 4, 16 and 21: the screen of the send, and what stands still from the last one.
    #[track_caller]
    pub fn abrir_o_envio(&self, para: &Sei<'_>, nre: Option<&str>) {
        self.repositorio();
        let motivos = self.json("GET", "motivosUrgencia", &Value::Null);
        let motivos = motivos["motivosUrgencia"].as_array().unwrap();
        assert!(motivos.len() == 5 && motivos.iter().all(|motivo| motivo["descricao"].is_string()));
        let destino = self.procurar("nome=Tribunal%20de%20Justi%C3%A7a&permiteRecebimento=1");
        assert!(destino.contains(&para.estrutura.to_string()), "{destino:?}");
        let Some(nre) = nre else { return };
        let ultimo = self.consultar(&format!("NRE={nre}"));
        if ultimo["situacaoAtual"] == 1 {
            self.do_tramite("DELETE", ultimo["IDT"].as_i64().unwrap(), "");
        }
    }
}
