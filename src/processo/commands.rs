//! Commands on processos: the inputs of the writes, before any rule has checked them.
//! [`NewProcesso`] is a registration that the rules have accepted.

use super::{NumeroProcesso, Responsavel, SituacaoProcesso, TipoProcesso};
use crate::adolescente::{AdolescenteDados, AdolescenteId, Identificador};
use crate::error::Refusal;
use crate::value::cpf::Cpf;
use crate::value::field::Change;
use serde::Serialize;

/// The registration of a processo, as a client asks for it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CadastrarProcesso {
    pub numero: Option<NumeroProcesso>,
    pub tipo: Option<TipoProcesso>,
    /// The adolescentes in the order of the request. `None` stands for an item that the API could
    /// not parse, so that the others keep their index.
    pub adolescentes: Vec<Option<Identificador>>,
    pub referencia: Option<NumeroProcesso>,
    pub id_orgao: Option<i32>,
    pub app_name_sistema_tribunal: Option<String>,
    pub id_processo_sistema_externo: Option<String>,
    pub magistrado: Responsavel,
    pub serventuario: Responsavel,
    /// Refusals of the fields that the API could not parse.
    #[serde(rename = "malformados", serialize_with = "Refusal::only_fields")]
    pub malformed: Vec<Refusal>,
}

/// Changes to a magistrado or a serventuário.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ResponsavelChange {
    pub nome: Change<String>,
    pub cpf: Change<Cpf>,
}

/// R13: an update of magistrado and serventuário. Of the registered fields of a processo, only
/// these and the situação ever change.
#[derive(Debug, Clone, Serialize)]
pub struct AtualizarResponsaveis {
    pub processo: NumeroProcesso,
    pub magistrado: ResponsavelChange,
    pub serventuario: ResponsavelChange,
    pub versao_esperada: Option<i32>,
    /// Refusals of the fields that the API could not parse.
    #[serde(rename = "malformados", serialize_with = "Refusal::only_fields")]
    pub malformed: Vec<Refusal>,
}

/// R19: archives a processo, or reactivates it.
#[derive(Debug, Clone, Serialize)]
pub struct AlterarSituacao {
    pub processo: NumeroProcesso,
    pub situacao: SituacaoProcesso,
    pub versao_esperada: Option<i32>,
}

/// R14, R15: links an adolescente to an apuração.
#[derive(Clone, Serialize)]
pub struct VincularAdolescente {
    pub processo: NumeroProcesso,
    pub adolescente: Identificador,
    /// Data to register the adolescente with, if the tribunal does not know the identificador.
    /// Without them the record is pending.
    pub dados: Option<AdolescenteDados>,
    pub versao_esperada: Option<i32>,
    /// Refusals of the fields that the API could not parse.
    #[serde(rename = "malformados", serialize_with = "Refusal::only_fields")]
    pub malformed: Vec<Refusal>,
}

/// R16 to R18: ends a vínculo.
#[derive(Debug, Clone, Serialize)]
pub struct DesvincularAdolescente {
    pub processo: NumeroProcesso,
    pub adolescente: Identificador,
    pub motivo: Option<String>,
    pub versao_esperada: Option<i32>,
}

/// A registration that passed every rule.
#[derive(Debug, Clone)]
pub struct NewProcesso {
    pub numero: NumeroProcesso,
    pub tipo: TipoProcesso,
    pub adolescentes: Vec<AdolescenteId>,
    pub id_orgao: i32,
    pub app_name_sistema_tribunal: String,
    /// The other fields, as the client sent them.
    pub command: CadastrarProcesso,
}
