//! Statistics: the number of rows of each kind in groups, and the ages and durations of the rows.

pub mod graphql;
pub mod rules;
pub mod service;
pub mod store;

use crate::db::{row, text_enum};
use crate::value::resource::{HasResources, Resource};
use diesel::prelude::*;

text_enum! {
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

text_enum! {
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
        /// Sexo biológico do adolescente; a quem vê linhas, exige o papel `pse-dados-sensiveis`.
        Sexo = "SEXO",
    }
}

row! {
    /// A group of rows: the values that they share, their number, and their times. Quartiles are the
    /// first quartile, the median and the third quartile, in days.
    #[derive(Debug, Clone, PartialEq, QueryableByName)]
    pub struct Group {
        /// One value for each dimension, in the order of the request. `None` where the rows have no
        /// value.
        pub chaves: Vec<Option<String>>,
        pub total: i64,
        /// Number of rows that are still open.
        pub com_idade: i64,
        /// Quartiles of the age of the open rows.
        pub idade: Option<Vec<f64>>,
        /// Number of rows that have a duration.
        pub com_duracao: i64,
        /// Quartiles of the duration.
        pub duracao: Option<Vec<f64>>,
        /// The counted records, numbered by `Resource::to_number`. Present only in a group of at most
        /// `FEW` rows.
        pub objetos: Option<Vec<i64>>,
        /// The adolescentes whom the rows concern, numbered in the same way.
        pub pessoas: Option<Vec<i64>>,
    }
}

/// A small group tells something of each of its records, so the audit trail records them. A larger
/// group tells nothing of a single record.
impl HasResources for Group {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        let numbers = self.objetos.iter().chain(&self.pessoas).flatten();
        resources.extend(numbers.filter_map(|number| Resource::from_number(*number)));
    }
}
