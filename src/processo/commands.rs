//! What the doors ask to be done to processos, before any rule has looked at it.

use super::{NumeroProcesso, Responsavel, SituacaoProcesso, TipoProcesso};
use crate::adolescente::{AdolescenteId, DadosDeAdolescente, Identificador};
use crate::error::Recusa;
use crate::value::cpf::Cpf;
use crate::value::field::Mudanca;
use serde::Serialize;

/// What a door asks to be registered, before any rule has looked at it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CadastrarProcesso {
    pub numero: Option<NumeroProcesso>,
    pub tipo: Option<TipoProcesso>,
    /// In the order asked for; none stands for one that the door could not read.
    pub adolescentes: Vec<Option<Identificador>>,
    pub referencia: Option<NumeroProcesso>,
    pub id_orgao: Option<i32>,
    pub app_name_sistema_tribunal: Option<String>,
    pub id_processo_sistema_externo: Option<String>,
    pub magistrado: Responsavel,
    pub serventuario: Responsavel,
    /// Fields that the door could not read, as refusals.
    #[serde(serialize_with = "Recusa::so_os_campos")]
    pub malformados: Vec<Recusa>,
}

/// What a change asks of magistrado or serventuário.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MudancaDeResponsavel {
    pub nome: Mudanca<String>,
    pub cpf: Mudanca<Cpf>,
}

/// R13: the only fields of a processo that an update changes.
#[derive(Debug, Clone, Serialize)]
pub struct AtualizarResponsaveis {
    pub processo: NumeroProcesso,
    pub magistrado: MudancaDeResponsavel,
    pub serventuario: MudancaDeResponsavel,
    pub versao_esperada: Option<i32>,
    /// Fields that the door could not read, as refusals.
    #[serde(serialize_with = "Recusa::so_os_campos")]
    pub malformados: Vec<Recusa>,
}

/// R19: archive, or take up again.
#[derive(Debug, Clone, Serialize)]
pub struct AlterarSituacao {
    pub processo: NumeroProcesso,
    pub situacao: SituacaoProcesso,
    pub versao_esperada: Option<i32>,
}

/// R14, R15: link an adolescente to an apuração.
#[derive(Clone, Serialize)]
pub struct VincularAdolescente {
    pub processo: NumeroProcesso,
    pub adolescente: Identificador,
    /// To register the identificador with, if the tribunal does not know it.
    pub dados: Option<DadosDeAdolescente>,
    pub versao_esperada: Option<i32>,
    /// Fields that the door could not read, as refusals.
    #[serde(serialize_with = "Recusa::so_os_campos")]
    pub malformados: Vec<Recusa>,
}

/// R16 to R18: end the link.
#[derive(Debug, Clone, Serialize)]
pub struct DesvincularAdolescente {
    pub processo: NumeroProcesso,
    pub adolescente: Identificador,
    pub motivo: Option<String>,
    pub versao_esperada: Option<i32>,
}

/// A registration that every rule let pass.
#[derive(Debug, Clone)]
pub struct NovoProcesso {
    pub numero: NumeroProcesso,
    pub tipo: TipoProcesso,
    pub adolescentes: Vec<AdolescenteId>,
    pub referencia: Option<NumeroProcesso>,
    pub id_orgao: i32,
    pub app_name_sistema_tribunal: String,
    pub id_processo_sistema_externo: Option<String>,
    pub magistrado: Responsavel,
    pub serventuario: Responsavel,
}
