//! The bodies that register and change a processo, and the names of their fields.

use super::super::adolescentes::body as adolescentes;
use super::super::body_fields::{Body, body, named};
use super::super::openapi::texts::{Codigo, Cpf, Identificador, Nome, NumeroCnj};
use crate::processo::{CadastrarProcesso, NumeroProcesso, ResponsavelChange, TipoProcesso};

body! {
    /// Um processo a cadastrar.
    #[schema(examples(json!({
        "appNameSistemaTribunal": "pje-tjrn-1g", "idOrgao": 1234, "idProcessoSistemaExterno": "",
        "identificadoresAdolescentes": ["202500000058"], "magistradoCPF": "52998224725",
        "magistradoNome": "Magistrada Fictícia", "numeroProcesso": "9000743-32.2021.8.20.0083",
        "numeroProcessoReferencia": "", "serventuarioCPF": "", "serventuarioNome": "",
        "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
    })))]
    pub struct NovoProcesso for CadastrarProcesso {
        /// Número do processo; do tribunal de quem chama.
        numeroProcesso: NumeroCnj => numero at ["numero"],
        tipoProcesso: TipoProcesso => tipo at ["tipo"],
        /// Adolescentes já cadastrados, cada um uma vez; uma execução tem exatamente um.
        #[schema(min_items = 1, max_items = 100)]
        identificadoresAdolescentes: Vec<Identificador> => adolescentes at ["adolescentes"],
        /// Órgão (vara) do tribunal.
        #[schema(minimum = 1, examples(1234))]
        idOrgao: i32 => id_orgao,
        /// Sistema do tribunal que cadastra.
        appNameSistemaTribunal: Codigo => app_name_sistema_tribunal,
        /// Código de um rascunho ainda livre, como o `id` de `POST /processo-rascunho`.
        idProcessoSistemaExterno: Option<Codigo> => id_processo_sistema_externo,
        /// Número da apuração de origem: obrigatório numa execução, informativo numa apuração.
        numeroProcessoReferencia: Option<NumeroCnj> => referencia at ["referencia"],
        magistradoCPF: Option<Cpf> => magistrado.cpf at ["magistrado", "cpf"],
        magistradoNome: Option<Nome> => magistrado.nome at ["magistrado", "nome"],
        serventuarioCPF: Option<Cpf> => serventuario.cpf at ["serventuario", "cpf"],
        serventuarioNome: Option<Nome> => serventuario.nome at ["serventuario", "nome"],
    }
}

/// The changes of the responsáveis, as a PUT names them.
#[derive(Default)]
pub struct Update {
    pub processo: Option<NumeroProcesso>,
    pub magistrado: ResponsavelChange,
    pub serventuario: ResponsavelChange,
}

body! {
    /// Os responsáveis de um processo, a mudar. O que falta ou vem em branco fica como está, e o que
    /// vem nulo se apaga; outro campo do processo é recusado, porque não se altera por aqui.
    #[schema(examples(json!({
        "numeroProcesso": "8000096-72.2022.8.20.0001", "magistradoNome": "Magistrado Fictício",
        "magistradoCPF": "52998224725",
    })))]
    pub struct ResponsaveisAlterados for Update {
        /// De que processo se trata.
        numeroProcesso: NumeroCnj => processo at ["processo"],
        magistradoNome: Option<Nome> => magistrado.nome at ["magistrado", "nome"],
        magistradoCPF: Option<Cpf> => magistrado.cpf at ["magistrado", "cpf"],
        serventuarioNome: Option<Nome> => serventuario.nome at ["serventuario", "nome"],
        serventuarioCPF: Option<Cpf> => serventuario.cpf at ["serventuario", "cpf"],
    }
}

/// Maps a field of a command to its name in the body.
pub fn field_name(field: &[&str]) -> String {
    match field {
        ["processo"] => "numeroProcesso".into(),
        ["adolescente"] => "identificadorAdolescente".into(),
        ["dados", ..] => adolescentes::field_name(field),
        other => named(NovoProcesso::FIELDS, other),
    }
}
