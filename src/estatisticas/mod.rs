//! Figures: how many rows there are of each kind, in groups, and how long things take.

pub mod graphql;
pub mod store;

use crate::db::texto_enum;
use crate::value::resource::{Rastreavel, Recurso};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Nullable, Text};

texto_enum! {
    /// O que se conta.
    pub enum AlvoEstatistico {
        /// Processos.
        Processos = "PROCESSOS",
        /// Guias.
        Guias = "GUIAS",
        /// Vínculos entre adolescentes e processos.
        Vinculos = "VINCULOS",
        /// Adolescentes.
        Adolescentes = "ADOLESCENTES",
    }
}

texto_enum! {
    /// Por que se agrupa. Nem toda dimensão serve a todo alvo.
    pub enum DimensaoEstatistica {
        /// Tribunal: o código, por exemplo 820.
        Tribunal = "TRIBUNAL",
        /// Tipo do processo ou espécie da guia.
        Tipo = "TIPO",
        /// Situação do processo, da guia ou do vínculo.
        Situacao = "SITUACAO",
        /// Órgão julgador do processo; da guia, o da execução ou, sem ela, o da apuração.
        Orgao = "ORGAO",
        /// Ano do cadastro, da emissão ou do início, em America/Sao_Paulo.
        Ano = "ANO",
        /// Mês do cadastro, da emissão ou do início (AAAA-MM), em America/Sao_Paulo.
        Mes = "MES",
        /// Código TPU da medida de uma guia.
        Medida = "MEDIDA",
        /// Motivo da baixa de uma guia.
        MotivoBaixa = "MOTIVO_BAIXA",
        /// Idade do adolescente hoje: `ATE_11`, `12_A_14`, `15_A_17`, `18_A_20`, `21_OU_MAIS`.
        FaixaEtaria = "FAIXA_ETARIA",
        /// Sexo biológico do adolescente; exige o papel `pse-dados-sensiveis`.
        Sexo = "SEXO",
    }
}

/// A group: what its rows have in common, how many they are, and how long they take.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Grupo {
    /// A value for each dimension, in the order in which they were asked for.
    #[diesel(sql_type = Array<Nullable<Text>>)]
    pub chaves: Vec<Option<String>>,
    #[diesel(sql_type = BigInt)]
    pub total: i64,
    #[diesel(sql_type = BigInt)]
    pub com_idade: i64,
    #[diesel(sql_type = Nullable<Array<Double>>)]
    pub idade: Option<Vec<f64>>,
    #[diesel(sql_type = BigInt)]
    pub com_duracao: i64,
    #[diesel(sql_type = Nullable<Array<Double>>)]
    pub duracao: Option<Vec<f64>>,
    /// What was counted and whose it is, as the trail numbers records; a group of few has them.
    #[diesel(sql_type = Nullable<Array<BigInt>>)]
    pub objetos: Option<Vec<i64>>,
    #[diesel(sql_type = Nullable<Array<BigInt>>)]
    pub pessoas: Option<Vec<i64>>,
}

/// The figures of a group of few tell of each of its records; those of a larger one, of none.
impl Rastreavel for Grupo {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        let numeros = self.objetos.iter().chain(&self.pessoas).flatten();
        recursos.extend(numeros.filter_map(|numero| Recurso::de_numero(*numero)));
    }
}
