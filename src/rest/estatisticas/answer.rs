//! The figures as JSON.

use super::super::answer::answer;
use super::super::openapi::estatistica::ChavesEstatisticas;
use crate::estatisticas::{DimensaoEstatistica, Group};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Os grupos, na ordem das chaves; no máximo 1.000.
#[derive(Serialize, ToSchema)]
pub struct Estatisticas(pub Vec<GrupoEstatistico>);

answer! {
    /// Um grupo: o que as suas linhas têm em comum, quantas são e que tempo levam.
    pub struct GrupoEstatistico from (group: &Group, by: &[DimensaoEstatistica]) {
        #[schema(value_type = ChavesEstatisticas)]
        chaves: Map<String, Value> = keys(group, by),
        /// Quantas linhas tem o grupo.
        #[schema(minimum = 0, examples(12))]
        total: i64 = group.total,
        /// Há quantos dias existe o que ainda está ativo; falta se nada está.
        idade: Option<Quartis> = Quartis::of(group.com_idade, group.idade.as_deref()),
        /// Quantos dias levou: do cadastro da apuração ao da execução, da emissão à baixa da guia,
        /// do início ao fim do vínculo; falta se nenhuma linha tem os dois.
        duracao: Option<Quartis> = Quartis::of(group.com_duracao, group.duracao.as_deref()),
    }
}

fn keys(group: &Group, by: &[DimensaoEstatistica]) -> Map<String, Value> {
    let keys = by.iter().zip(&group.chaves);
    keys.filter_map(|(dimension, value)| Some((dimension_name(*dimension), value.clone()?.into())))
        .collect()
}

/// Mediana e quartis, em dias.
#[derive(Serialize, ToSchema)]
pub struct Quartis {
    /// De quantas linhas são os quartis.
    #[schema(minimum = 0)]
    quantos: i64,
    primeiro: f64,
    mediana: f64,
    terceiro: f64,
}

impl Quartis {
    /// Takes the first quartile, the median and the third quartile. `None` if there are none.
    fn of(quantos: i64, values: Option<&[f64]>) -> Option<Self> {
        let &[primeiro, mediana, terceiro] = values? else { return None };
        Some(Self { quantos, primeiro, mediana, terceiro })
    }
}

/// The name of a dimension as a parameter, as a key in JSON, and as a column: `MOTIVO_BAIXA` is
/// `motivoBaixa`.
pub fn dimension_name(dimension: DimensaoEstatistica) -> String {
    let mut name = String::new();
    for (n, word) in dimension.text().split('_').enumerate() {
        let word = word.to_ascii_lowercase();
        match word.split_at_checked(1) {
            Some((first, rest)) if n > 0 => {
                name.push_str(&first.to_ascii_uppercase());
                name.push_str(rest);
            }
            _ => name.push_str(&word),
        }
    }
    name
}
