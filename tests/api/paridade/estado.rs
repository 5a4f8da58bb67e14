//! What there is when the doors are asked, and the inputs that they accept.

use crate::support::{App, Modo, Operacao, Porta};
use elos::processo::NumeroProcesso;
use elos::value::cpf::Cpf;
use serde_json::{Value, json};

pub const APURACAO: &str = "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL";
pub const EXECUCAO: &str = "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS";

pub fn numero(n: u32) -> String {
    NumeroProcesso::sintetico(9_400_000 + n, 2024, 820, 1).to_string()
}

pub fn cpf(n: u32) -> String {
    Cpf::sintetico(n).completo().to_owned()
}

/// What the inputs speak of. Of processos: 1 is active, of ana and rui; 2 is
/// archived, of ana; 3 is of eva alone, who serves 4 and served 7; rui served 5.
pub struct Estado {
    pub app: App,
    pub identificadores: Vec<String>,
    pub rascunhos: Vec<String>,
    pub guias: Vec<String>,
}

impl Estado {
    pub fn preparar() -> Self {
        let app = App::vazio();
        let fazer = |cliente: &str, mutation, input| {
            let operacao = Operacao::nova(mutation, input);
            let feito = app.executar(cliente, Porta::Graphql, &operacao, Modo::default());
            assert_eq!(feito.status, 200, "{operacao:?} {}", feito.resposta.texto);
            feito.gerado.unwrap()
        };
        let pessoa = |cliente: &str, n| {
            let mut dados = dados();
            dados["cpf"] = cpf(n).into();
            fazer(cliente, "cadastrarAdolescente", json!({ "dados": dados }))
        };
        let (ana, rui, eva) = (pessoa("tjrn", 1), pessoa("tjrn", 2), pessoa("tjrn", 3));
        let processo = |n, quem: &[&String], origem: Option<u32>| {
            let input = json!({ "numero": numero(n), "tipo": if origem.is_some() { EXECUCAO } else { APURACAO },
                "adolescentes": quem, "idOrgao": 1, "appNameSistemaTribunal": "t", "referencia": origem.map(numero) });
            fazer("tjrn", "cadastrarProcesso", input);
        };
        let arquivar = |n| {
            fazer(
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
        let pendente = "203000000001".to_owned();
        fazer(
            "tjrn",
            "vincularAdolescente",
            json!({ "processo": numero(1), "adolescente": pendente }),
        );
        let rascunho = || {
            let input = json!({ "appNameSistemaTribunal": "t", "dados": "{}" });
            fazer("tjrn", "registrarRascunho", input)
        };
        let rascunhos = vec![rascunho(), rascunho()];
        let consumidor = json!({ "numero": numero(6), "tipo": APURACAO, "adolescentes": [ana], "idOrgao": 1,
            "appNameSistemaTribunal": "t", "idProcessoSistemaExterno": rascunhos[1] });
        fazer("tjrn", "cadastrarProcesso", consumidor);

        let de_outro = pessoa("tjpe", 9);
        let estrangeiro = NumeroProcesso::sintetico(9_400_000, 2024, 817, 1).to_string();
        fazer(
            "tjpe",
            "cadastrarProcesso",
            json!({ "numero": estrangeiro, "tipo": APURACAO, "adolescentes": [de_outro], "idOrgao": 1,
                    "appNameSistemaTribunal": "t" }),
        );
        let guia = |quem: &str, especie: Value| {
            let mut input = guia(quem);
            input["especie"] = especie;
            fazer("tjrn", "emitirGuia", input)
        };
        let guias = vec![
            guia(&eva, definitiva(3)),
            guia(&eva, definitiva(3)),
            guia(&eva, provisoria(3)),
            guia(&rui, definitiva(1)),
        ];
        fazer("tjrn", "baixarGuia", json!({ "numero": guias[1] }));
        let identificadores = vec![eva, ana, rui, pendente, de_outro];
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
