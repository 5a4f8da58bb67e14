//! The lists in which guias stand.

use super::colunas;
use crate::adolescente::{AdolescenteId, Identificador};
use crate::db::Sql;
use crate::db::lista::{Consulta, Lista, Ordenacao, Posicao, registro};
use crate::guia::{Guia, NumeroDaGuia, SituacaoGuia, TipoGuia};
use crate::processo::{NumeroProcesso, ProcessoId};
use std::sync::Arc;

const PELO_ID: Ordenacao = Ordenacao { coluna: None, id: "g.id", decrescente: false };

fn do_tribunal(tribunal: Option<i16>) -> Option<Sql> {
    tribunal.map(|codigo| Sql::new("g.tribunal_codigo = ").bind(codigo))
}

fn na_situacao(situacao: Option<SituacaoGuia>) -> Option<Sql> {
    situacao.map(|situacao| Sql::new("g.situacao = ").bind(situacao.texto().to_owned()))
}

/// The guias of a processo, or of an adolescente, as they were emitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GuiasDe {
    Processo(ProcessoId, Option<SituacaoGuia>),
    Adolescente(AdolescenteId, Option<SituacaoGuia>),
}

registro!(Guia);

impl Lista for GuiasDe {
    const NOME: &'static str = "GuiasDe";
    type Linha = Arc<Guia>;
    type Registro = Guia;

    fn pai(&self) -> Option<i64> {
        Some(match self {
            Self::Processo(id, _) => id.0,
            Self::Adolescente(id, _) => id.0,
        })
    }

    fn com_pai(&self, pai: i64) -> Self {
        match *self {
            Self::Processo(_, situacao) => Self::Processo(ProcessoId(pai), situacao),
            Self::Adolescente(_, situacao) => Self::Adolescente(AdolescenteId(pai), situacao),
        }
    }

    fn consulta(&self, tribunal: Option<i16>) -> Consulta {
        let (tabelas, coluna_pai, situacao) = match *self {
            // A guia is of its apuração and of its execução; each has an index.
            Self::Processo(_, situacao) => (
                "(SELECT id, apuracao_id AS processo_id FROM guia WHERE apuracao_id IS NOT NULL \
                  UNION ALL SELECT id, execucao_id FROM guia WHERE execucao_id IS NOT NULL) AS de \
                 JOIN guia g ON g.id = de.id JOIN adolescente a ON a.id = g.adolescente_id",
                "de.processo_id",
                situacao,
            ),
            Self::Adolescente(_, situacao) => (
                "guia g JOIN adolescente a ON a.id = g.adolescente_id",
                "g.adolescente_id",
                situacao,
            ),
        };
        let partes = [do_tribunal(tribunal), na_situacao(situacao)];
        Consulta {
            colunas: colunas!(),
            tabelas,
            coluna_pai: Some(coluna_pai),
            onde: Sql::juntar(partes.into_iter().flatten(), " AND ", "true"),
            ordenacao: PELO_ID,
        }
    }

    fn posicao(&self, linha: &Arc<Guia>) -> Posicao {
        Posicao { chave: None, id: linha.id.0 }
    }
}

/// Guias at the root of the REST façade, all conditions together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Guias {
    pub numero: Option<NumeroDaGuia>,
    pub adolescente: Option<Identificador>,
    pub processo: Option<NumeroProcesso>,
    pub tipo: Option<TipoGuia>,
    pub situacao: Option<SituacaoGuia>,
}

impl Lista for Guias {
    const NOME: &'static str = "Guias";
    type Linha = Arc<Guia>;
    type Registro = Guia;

    fn consulta(&self, tribunal: Option<i16>) -> Consulta {
        let numero = self.numero.as_ref().map(|n| Sql::new("g.numero = ").bind(n.to_string()));
        let adolescente =
            self.adolescente.as_ref().map(|a| Sql::new("a.identificador = ").bind(a.to_string()));
        let processo = self.processo.as_ref().map(|numero| {
            Sql::new(
                "EXISTS (SELECT FROM processo p WHERE p.id IN (g.apuracao_id, g.execucao_id) AND p.numero = ",
            )
            .bind(numero.digitos().to_owned())
            .push(")")
        });
        let tipo = self.tipo.map(|tipo| Sql::new("g.tipo = ").bind(tipo.texto().to_owned()));
        let situacao = na_situacao(self.situacao);
        let partes = [do_tribunal(tribunal), numero, adolescente, processo, tipo, situacao];
        Consulta {
            colunas: colunas!(),
            tabelas: "guia g JOIN adolescente a ON a.id = g.adolescente_id",
            coluna_pai: None,
            onde: Sql::juntar(partes.into_iter().flatten(), " AND ", "true"),
            ordenacao: PELO_ID,
        }
    }

    fn posicao(&self, linha: &Arc<Guia>) -> Posicao {
        Posicao { chave: None, id: linha.id.0 }
    }
}
