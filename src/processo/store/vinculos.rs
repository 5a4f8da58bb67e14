//! Links by themselves: one by its id, and the list of them.

use crate::db::list::{Consulta, Lista, Ordenacao, Posicao, TipoDaChave, registro};
use crate::db::{Relation, Sessao, Sql};
use crate::error::Error;
use crate::filters::{Filter, Place, VinculoFilter};
use crate::processo::Ligacao;
use ahash::HashMap;
use diesel::prelude::*;
use std::sync::Arc;

/// Columns of [`Ligacao`], from a table named `v`.
macro_rules! colunas_da_ligacao {
    () => {
        "v.tribunal_codigo, v.processo_id, v.adolescente_id, v.id AS vinculo_id, v.iniciado_em, v.encerrado_em, v.motivo"
    };
}

registro!(Ligacao);

/// The link with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VinculoPorId(pub i64);

impl Relation for VinculoPorId {
    type Value = Arc<Ligacao>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let com_id = Sql::new(concat!(
            "SELECT ",
            colunas_da_ligacao!(),
            " FROM vinculo v WHERE v.id = ANY("
        ))
        .bind(ids)
        .push(")");
        let sql = match sessao.escopo.tribunal() {
            Some(codigo) => com_id.and(Sql::new("v.tribunal_codigo = ").bind(codigo)),
            None => com_id,
        };
        let linhas: Vec<Ligacao> = sql.load(sessao.conn())?;
        Ok(linhas.into_iter().map(|linha| (Self(linha.vinculo.id), Arc::new(linha))).collect())
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum CampoDoVinculo {
    #[default]
    IniciadoEm,
    /// Those that have not ended last.
    EncerradoEm,
}

/// Links at the root, filtered and ordered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Vinculos {
    pub filtro: VinculoFilter,
    pub campo: CampoDoVinculo,
    pub decrescente: bool,
}

impl Lista for Vinculos {
    const NOME: &'static str = "Vinculos";
    type Linha = Arc<Ligacao>;
    type Registro = Ligacao;

    fn consulta(&self, tribunal: Option<i16>) -> Consulta {
        let do_tribunal = tribunal.map(|codigo| Sql::new("v.tribunal_codigo = ").bind(codigo));
        let filtro = self.filtro.sql(Place::root(tribunal));
        Consulta {
            colunas: colunas_da_ligacao!(),
            tabelas: "vinculo v",
            coluna_pai: None,
            onde: Sql::juntar(do_tribunal.into_iter().chain([filtro]), " AND ", "true"),
            ordenacao: Ordenacao {
                coluna: Some(match self.campo {
                    CampoDoVinculo::IniciadoEm => ("v.iniciado_em", TipoDaChave::Instante),
                    CampoDoVinculo::EncerradoEm => (
                        "coalesce(v.encerrado_em, 'infinity')",
                        TipoDaChave::DaLinha(
                            "SELECT coalesce(v.encerrado_em, 'infinity') FROM vinculo v WHERE v.id = ",
                        ),
                    ),
                }),
                id: "v.id",
                decrescente: self.decrescente,
            },
        }
    }

    fn posicao(&self, linha: &Arc<Ligacao>) -> Posicao {
        let chave = match self.campo {
            CampoDoVinculo::IniciadoEm => Some(linha.vinculo.iniciado_em.into()),
            CampoDoVinculo::EncerradoEm => None,
        };
        Posicao { chave, id: linha.vinculo.id }
    }
}
