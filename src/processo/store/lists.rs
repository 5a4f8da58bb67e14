//! The lists in which processos stand, each a question that a page or a count answers.

use super::ProcessoSql;
use crate::adolescente::{self, AdolescenteId, Ficha, Resumo};
use crate::db::Sql;
use crate::db::list::{Consulta, Lista, Ordenacao, Posicao, TipoDaChave, registro};
use crate::filters::{Filter, Place, ProcessoFilter};
use crate::processo::{
    Processo, ProcessoId, SituacaoProcesso, SituacaoVinculo, TipoProcesso, Vinculo,
};
use crate::value::resource::{Rastreavel, Recurso};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use std::sync::Arc;

/// Columns of [`Processo`], from a table named `p`.
macro_rules! colunas {
    () => {
        "p.id, p.tribunal_codigo, p.numero, p.tipo, p.situacao, p.id_orgao, p.app_name_sistema_tribunal, \
         p.id_processo_sistema_externo, p.numero_referencia, p.magistrado_nome, p.magistrado_cpf, \
         p.serventuario_nome, p.serventuario_cpf, p.criado_em, p.atualizado_em, p.versao"
    };
}

pub(super) use colunas;

/// Columns of [`Vinculo`], from a table named `v`.
macro_rules! colunas_do_vinculo {
    () => {
        "v.id AS vinculo_id, v.iniciado_em, v.encerrado_em, v.motivo"
    };
}

/// What they hold.
type VinculoSql = (BigInt, Timestamptz, Nullable<Timestamptz>, Nullable<Text>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Campo {
    Numero,
    #[default]
    CriadoEm,
    AtualizadoEm,
    Orgao,
    /// The name of the magistrado; those without one first.
    Magistrado,
    /// The code of the REST routes alone.
    Codigo,
}

/// Processos at the root, filtered and ordered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Processos {
    pub filtro: ProcessoFilter,
    pub campo: Campo,
    pub decrescente: bool,
}

impl Lista for Processos {
    const NOME: &'static str = "Processos";
    type Linha = Arc<Processo>;
    type Registro = Processo;

    fn consulta(&self, tribunal: Option<i16>) -> Consulta {
        let do_tribunal = tribunal.map(|codigo| Sql::new("p.tribunal_codigo = ").bind(codigo));
        Consulta {
            colunas: colunas!(),
            tabelas: "processo p",
            coluna_pai: None,
            onde: Sql::juntar(
                do_tribunal.into_iter().chain([self.filtro.sql(Place::root(tribunal))]),
                " AND ",
                "true",
            ),
            ordenacao: Ordenacao {
                coluna: match self.campo {
                    Campo::Numero => Some(("p.numero", TipoDaChave::Texto)),
                    Campo::CriadoEm => Some(("p.criado_em", TipoDaChave::Instante)),
                    Campo::AtualizadoEm => Some(("p.atualizado_em", TipoDaChave::Instante)),
                    Campo::Orgao => Some((
                        "p.id_orgao",
                        TipoDaChave::DaLinha("SELECT p.id_orgao FROM processo p WHERE p.id = "),
                    )),
                    Campo::Magistrado => Some((
                        "coalesce(p.magistrado_nome, '')",
                        TipoDaChave::DaLinha(
                            "SELECT coalesce(p.magistrado_nome, '') FROM processo p WHERE p.id = ",
                        ),
                    )),
                    Campo::Codigo => None,
                },
                id: "p.id",
                decrescente: self.decrescente,
            },
        }
    }

    fn posicao(&self, linha: &Arc<Processo>) -> Posicao {
        let chave = match self.campo {
            Campo::Numero => Some(linha.numero.digitos().to_owned().into()),
            Campo::CriadoEm => Some(linha.criado_em.into()),
            Campo::AtualizadoEm => Some(linha.atualizado_em.into()),
            Campo::Orgao | Campo::Magistrado | Campo::Codigo => None,
        };
        Posicao { chave, id: linha.id.0 }
    }
}

/// The adolescentes of a processo, each with its link.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AdolescentesDoProcesso {
    pub processo: ProcessoId,
    pub situacao: Option<SituacaoVinculo>,
}

/// A row across a link, and the link.
#[derive(Debug)]
pub struct Vinculado<T> {
    pub vinculo: Vinculo,
    pub objeto: Arc<T>,
}

impl<T: Rastreavel> Rastreavel for Vinculado<T> {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        self.objeto.rastrear(recursos);
    }
}

impl<T> Clone for Vinculado<T> {
    fn clone(&self) -> Self {
        Self { vinculo: self.vinculo.clone(), objeto: Arc::clone(&self.objeto) }
    }
}

#[derive(Queryable)]
pub struct AdolescenteLido {
    vinculo: Vinculo,
    adolescente: Resumo,
}

registro!(AdolescenteLido, (VinculoSql, adolescente::store::ResumoSql));

impl From<AdolescenteLido> for Vinculado<Ficha> {
    fn from(lido: AdolescenteLido) -> Self {
        Self { vinculo: lido.vinculo, objeto: Arc::new(lido.adolescente.into()) }
    }
}

impl Lista for AdolescentesDoProcesso {
    const NOME: &'static str = "AdolescentesDoProcesso";
    type Linha = Vinculado<Ficha>;
    type Registro = AdolescenteLido;

    fn pai(&self) -> Option<i64> {
        Some(self.processo.0)
    }

    fn com_pai(&self, pai: i64) -> Self {
        Self { processo: ProcessoId(pai), ..self.clone() }
    }

    fn consulta(&self, tribunal: Option<i16>) -> Consulta {
        Consulta {
            colunas: concat!(colunas_do_vinculo!(), ", ", adolescente::store::colunas_do_resumo!()),
            tabelas: "vinculo v JOIN adolescente a ON a.id = v.adolescente_id",
            coluna_pai: Some("v.processo_id"),
            onde: do_vinculo(tribunal, self.situacao),
            ordenacao: PELO_VINCULO,
        }
    }

    fn posicao(&self, linha: &Self::Linha) -> Posicao {
        Posicao { chave: None, id: linha.vinculo.id }
    }
}

/// The processos of an adolescente, each with its link.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProcessosDoAdolescente {
    pub adolescente: AdolescenteId,
    pub tipo: Option<TipoProcesso>,
    pub situacao: Option<SituacaoProcesso>,
    pub vinculo: Option<SituacaoVinculo>,
}

#[derive(Queryable)]
pub struct ProcessoLido {
    vinculo: Vinculo,
    processo: Processo,
}

registro!(ProcessoLido, (VinculoSql, ProcessoSql));
registro!(Processo, ProcessoSql);

impl From<ProcessoLido> for Vinculado<Processo> {
    fn from(lido: ProcessoLido) -> Self {
        Self { vinculo: lido.vinculo, objeto: Arc::new(lido.processo) }
    }
}

impl Lista for ProcessosDoAdolescente {
    const NOME: &'static str = "ProcessosDoAdolescente";
    type Linha = Vinculado<Processo>;
    type Registro = ProcessoLido;

    fn pai(&self) -> Option<i64> {
        Some(self.adolescente.0)
    }

    fn com_pai(&self, pai: i64) -> Self {
        Self { adolescente: AdolescenteId(pai), ..self.clone() }
    }

    fn consulta(&self, tribunal: Option<i16>) -> Consulta {
        let tipo = self.tipo.map(|t| Sql::new("p.tipo = ").bind(t.texto().to_owned()));
        let situacao = self.situacao.map(|s| Sql::new("p.situacao = ").bind(s.texto().to_owned()));
        let partes = [Some(do_vinculo(tribunal, self.vinculo)), tipo, situacao];
        Consulta {
            colunas: concat!(colunas_do_vinculo!(), ", ", colunas!()),
            tabelas: "vinculo v JOIN processo p ON p.id = v.processo_id",
            coluna_pai: Some("v.adolescente_id"),
            onde: Sql::juntar(partes.into_iter().flatten(), " AND ", "true"),
            ordenacao: PELO_VINCULO,
        }
    }

    fn posicao(&self, linha: &Self::Linha) -> Posicao {
        Posicao { chave: None, id: linha.vinculo.id }
    }
}

const PELO_VINCULO: Ordenacao = Ordenacao { coluna: None, id: "v.id", decrescente: false };

fn do_vinculo(tribunal: Option<i16>, situacao: Option<SituacaoVinculo>) -> Sql {
    let do_tribunal = tribunal.map(|codigo| Sql::new("v.tribunal_codigo = ").bind(codigo));
    let na_situacao = situacao.map(|situacao| {
        Sql::new(match situacao {
            SituacaoVinculo::Ativo => "v.encerrado_em IS NULL",
            SituacaoVinculo::Encerrado => "v.encerrado_em IS NOT NULL",
        })
    });
    Sql::juntar([do_tribunal, na_situacao].into_iter().flatten(), " AND ", "true")
}

/// The execuções that name an apuração as theirs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExecucoesDaApuracao {
    pub apuracao: ProcessoId,
    pub situacao: Option<SituacaoProcesso>,
}

impl Lista for ExecucoesDaApuracao {
    const NOME: &'static str = "ExecucoesDaApuracao";
    type Linha = Arc<Processo>;
    type Registro = Processo;

    fn pai(&self) -> Option<i64> {
        Some(self.apuracao.0)
    }

    fn com_pai(&self, pai: i64) -> Self {
        Self { apuracao: ProcessoId(pai), ..self.clone() }
    }

    fn consulta(&self, tribunal: Option<i16>) -> Consulta {
        let do_tribunal = tribunal.map(|codigo| Sql::new("p.tribunal_codigo = ").bind(codigo));
        let situacao = self.situacao.map(|s| Sql::new("p.situacao = ").bind(s.texto().to_owned()));
        Consulta {
            colunas: colunas!(),
            tabelas: "processo apuracao JOIN processo p \
                      ON p.numero_referencia = apuracao.numero AND p.tipo_referencia = apuracao.tipo",
            coluna_pai: Some("apuracao.id"),
            onde: Sql::juntar([do_tribunal, situacao].into_iter().flatten(), " AND ", "true"),
            ordenacao: Ordenacao { coluna: None, id: "p.id", decrescente: false },
        }
    }

    fn posicao(&self, linha: &Arc<Processo>) -> Posicao {
        Posicao { chave: None, id: linha.id.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adolescente::Adolescente;
    use diesel::debug_query;
    use diesel::pg::Pg;

    /// The columns of a statement of Diesel's, in the order in which it reads them.
    fn lidas(sql: &str, tabela: &str) -> Vec<String> {
        let colunas = sql.split(" FROM ").next().unwrap().trim_start_matches("SELECT ");
        let coluna = |nome: &str| nome.trim().replace('"', "").replace(tabela, "");
        colunas.split(',').map(coluna).collect()
    }

    #[test]
    fn o_que_se_le_pelo_lugar_esta_no_seu_lugar() {
        let processo = debug_query::<Pg, _>(&Processo::query()).to_string();
        assert_eq!(lidas(colunas!(), "p."), lidas(&processo, "processo."));
        let adolescente = debug_query::<Pg, _>(&Adolescente::query()).to_string();
        assert_eq!(
            lidas(adolescente::store::colunas!(), "a."),
            lidas(&adolescente, "adolescente.")
        );
        let resumo = debug_query::<Pg, _>(&Resumo::query()).to_string();
        assert_eq!(
            lidas(adolescente::store::colunas_do_resumo!(), "a."),
            lidas(&resumo, "adolescente.")
        );
    }
}
