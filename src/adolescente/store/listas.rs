//! The list of adolescentes, filtered and ordered.

use super::{AdolescenteSql, colunas};
use crate::adolescente::{Adolescente, Identificador};
use crate::db::lista::{Consulta, Lista, Ordenacao, Posicao, TipoDaChave, registro};
use crate::db::{Conectivos, Sql};
use std::sync::Arc;

/// Conditions on adolescentes; `e`, `ou` and `nao` nest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filtro {
    pub identificador: Option<Vec<Identificador>>,
    /// Folded: lower case, without accents.
    pub nome: Option<String>,
    pub cadastro_pendente: Option<bool>,
    pub tribunal: Option<i16>,
    pub e: Option<Vec<Filtro>>,
    pub ou: Option<Vec<Filtro>>,
    pub nao: Option<Box<Filtro>>,
}

impl Filtro {
    fn sql(&self) -> Sql {
        let mut partes = Vec::new();
        if let Some(lista) = &self.identificador {
            let textos: Vec<_> = lista.iter().map(ToString::to_string).collect();
            partes.push(Sql::new("a.identificador = ANY(").bind(textos).push(")"));
        }
        if let Some(nome) = &self.nome {
            let procurado = Sql::new("position(elos_dobrar(").bind(nome.clone());
            partes.push(procurado.push(") in a.nome_busca) > 0"));
        }
        if let Some(pendente) = self.cadastro_pendente {
            partes.push(Sql::new("a.cadastro_pendente = ").bind(pendente));
        }
        if let Some(codigo) = self.tribunal {
            partes.push(Sql::new("a.tribunal_codigo = ").bind(codigo));
        }
        let (e, ou, nao) = (self.e.as_deref(), self.ou.as_deref(), self.nao.as_deref());
        Conectivos { e, ou, nao }.somar(partes, Self::sql)
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Campo {
    #[default]
    CriadoEm,
    Identificador,
}

/// Adolescentes at the root, filtered and ordered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Adolescentes {
    pub filtro: Filtro,
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
            onde: Sql::juntar(do_tribunal.into_iter().chain([self.filtro.sql()]), " AND ", "true"),
            ordenacao: Ordenacao {
                coluna: Some(match self.campo {
                    Campo::CriadoEm => ("a.criado_em", TipoDaChave::Instante),
                    Campo::Identificador => ("a.identificador", TipoDaChave::Texto),
                }),
                id: "a.id",
                decrescente: self.decrescente,
            },
        }
    }

    fn posicao(&self, linha: &Arc<Adolescente>) -> Posicao {
        let chave = match self.campo {
            Campo::CriadoEm => linha.criado_em.into(),
            Campo::Identificador => linha.identificador.to_string().into(),
        };
        Posicao { chave: Some(chave), id: linha.id.0 }
    }
}
