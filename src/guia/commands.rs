//! What doors ask of guias, before any rule has looked at it.

use super::{MotivoBaixaGuia, NumeroDaGuia, OrigemGuia, TipoGuia};
use crate::adolescente::Identificador;
use crate::error::Recusa;
use crate::processo::{NumeroProcesso, Responsavel};
use chrono::NaiveDate;
use serde::Serialize;

/// A guia to be emitted.
#[derive(Clone, Serialize)]
pub struct EmitirGuia {
    pub tipo: TipoGuia,
    pub adolescente: Option<Identificador>,
    pub origem: Option<OrigemGuia>,
    pub magistrado: Responsavel,
    pub serventuario: Responsavel,
    pub serventuario_cargo: Option<String>,
    pub codigo_tpu_medida: Option<String>,
    pub atos: Vec<NovoAto>,
    pub propria: PropriaDaEspecie,
    /// Fields that the door could not read, as refusals.
    #[serde(serialize_with = "Recusa::so_os_campos")]
    pub malformados: Vec<Recusa>,
}

/// What only some kinds have; doors leave empty what is another's.
#[derive(Clone, Default, Serialize)]
pub struct PropriaDaEspecie {
    pub apuracao: Option<NumeroProcesso>,
    pub execucao: Option<NumeroProcesso>,
    pub data_sentenca: Option<NaiveDate>,
    pub houve_internacao: Option<bool>,
    pub data_inicio_internacao: Option<NaiveDate>,
    pub data_fim_internacao: Option<NaiveDate>,
    pub data_transito_julgado: Option<NaiveDate>,
    /// In days.
    pub prazo: Option<i32>,
    pub data_decisao: Option<NaiveDate>,
    pub medida_resultante: Option<String>,
    /// In the order asked for; none stands for one that the door could not read.
    pub definitivas: Vec<Option<NumeroDaGuia>>,
    pub documentos: Vec<NovoDocumento>,
}

#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub struct NovoAto {
    pub codigo_tpu: Option<String>,
    pub descricao: Option<String>,
    pub local_fato: Option<String>,
    pub data_fato: Option<NaiveDate>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NovoDocumento {
    pub tipo: Option<String>,
    pub identificador_autos: Option<String>,
}

/// R26: the measure is over.
#[derive(Debug, Clone, Serialize)]
pub struct BaixarGuia {
    /// Or why the door could not read it.
    pub numero: Result<NumeroDaGuia, Recusa>,
    pub motivo: Option<MotivoBaixaGuia>,
    pub versao_esperada: Option<i32>,
}
