//! The inputs of the writes on guias, as an API passes them, before any rule has checked them.

use super::{MotivoBaixaGuia, NumeroDaGuia, OrigemGuia, TipoGuia};
use crate::adolescente::Identificador;
use crate::error::Refusal;
use crate::processo::{NumeroProcesso, Responsavel};
use chrono::NaiveDate;
use serde::Serialize;

/// A guia to emit.
#[derive(Clone, Serialize)]
pub struct EmitirGuia {
    pub tipo: TipoGuia,
    pub adolescente: Option<Identificador>,
    pub origem: Option<OrigemGuia>,
    pub magistrado: Responsavel,
    pub serventuario: Responsavel,
    pub serventuario_cargo: Option<String>,
    pub codigo_tpu_medida: Option<String>,
    pub atos: Vec<NewAto>,
    pub propria: EspecieDetails,
    /// Fields that the API could not read, as refusals.
    #[serde(rename = "malformados", serialize_with = "Refusal::only_fields")]
    pub malformed: Vec<Refusal>,
}

/// Fields that only some espécies have. An API leaves the fields of other espécies empty.
#[derive(Clone, Default, Serialize)]
pub struct EspecieDetails {
    pub apuracao: Option<NumeroProcesso>,
    pub execucao: Option<NumeroProcesso>,
    pub data_sentenca: Option<NaiveDate>,
    pub houve_internacao: Option<bool>,
    pub data_inicio_internacao: Option<NaiveDate>,
    pub data_fim_internacao: Option<NaiveDate>,
    pub data_transito_julgado: Option<NaiveDate>,
    /// The prazo of an internação-sanção, in days.
    pub prazo: Option<i32>,
    pub data_decisao: Option<NaiveDate>,
    pub medida_resultante: Option<String>,
    /// The guias to unify, in the order of the request. `None` stands for a number that the API
    /// could not read.
    pub definitivas: Vec<Option<NumeroDaGuia>>,
    pub documentos: Vec<NewDocumento>,
}

#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub struct NewAto {
    pub codigo_tpu: Option<String>,
    pub descricao: Option<String>,
    pub local_fato: Option<String>,
    pub data_fato: Option<NaiveDate>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NewDocumento {
    pub tipo: Option<String>,
    pub identificador_autos: Option<String>,
}

/// R26: the baixa of a guia.
#[derive(Debug, Clone, Serialize)]
pub struct BaixarGuia {
    /// `Err` when the API could not read the number.
    pub numero: Result<NumeroDaGuia, Refusal>,
    pub motivo: Option<MotivoBaixaGuia>,
    pub versao_esperada: Option<i32>,
}
