//! The list of adolescentes, filtered and ordered.

use super::{AdolescenteSql, colunas};
use crate::adolescente::Adolescente;
use crate::db::Sql;
use crate::db::list::{Consulta, Lista, Ordenacao, Posicao, TipoDaChave, registro};
use crate::filters::{AdolescenteFilter, Filter, Place};
use std::sync::Arc;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Campo {
    #[default]
    CriadoEm,
    Identificador,
    AtualizadoEm,
    /// The name that is shown, folded.
    Nome,
    /// The day of birth; those without one last.
    Nascimento,
}

/// Adolescentes at the root, filtered and ordered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Adolescentes {
    pub filtro: AdolescenteFilter,
    pub campo: Campo,
    pub decrescente: bool,
}

registro!(Adolescente, AdolescenteSql);

impl Lista for Adolescentes {
    const NOME: &'static str = "Adolescentes";
    type Linha = Arc<Adolescente>;
    type Registro = Adolescente;

    fn consulta(&self, tribunal: Option<i16>) -> Consulta {
        let do_tribunal = tribunal.map(|codigo| Sql::new("a.tribunal_codigo = ").bind(codigo));
        Consulta {
            colunas: colunas!(),
            tabelas: "adolescente a",
            coluna_pai: None,
            onde: Sql::juntar(
                do_tribunal.into_iter().chain([self.filtro.sql(Place::root(tribunal))]),
                " AND ",
                "true",
            ),
            ordenacao: Ordenacao {
                coluna: Some(match self.campo {
                    Campo::CriadoEm => ("a.criado_em", TipoDaChave::Instante),
                    Campo::Identificador => ("a.identificador", TipoDaChave::Texto),
                    Campo::AtualizadoEm => ("a.atualizado_em", TipoDaChave::Instante),
                    Campo::Nome => (
                        "a.nome_busca",
                        TipoDaChave::DaLinha(
                            "SELECT a.nome_busca FROM adolescente a WHERE a.id = ",
                        ),
                    ),
                    Campo::Nascimento => (
                        "coalesce(a.data_nascimento, 'infinity')",
                        TipoDaChave::DaLinha(
                            "SELECT coalesce(a.data_nascimento, 'infinity') FROM adolescente a WHERE a.id = ",
                        ),
                    ),
                }),
                id: "a.id",
                decrescente: self.decrescente,
            },
        }
    }

    fn posicao(&self, linha: &Arc<Adolescente>) -> Posicao {
        let chave = match self.campo {
            Campo::CriadoEm => Some(linha.criado_em.into()),
            Campo::Identificador => Some(linha.identificador.to_string().into()),
            Campo::AtualizadoEm => Some(linha.atualizado_em.into()),
            Campo::Nome | Campo::Nascimento => None,
        };
        Posicao { chave, id: linha.id.0 }
    }
}
