//! The lists in which trâmites stand.

use super::{EM_ANDAMENTO, colunas, das_partes, tabelas};
use crate::db::Sql;
use crate::db::list::{Consulta, Lista, Ordenacao, Posicao, registro};
use crate::processo::ProcessoId;
use crate::tramite::rules::{ParteDoTramite, SituacaoTramite};
use crate::tramite::{EnderecoDeEstrutura, Nre, Tramite};
use chrono::{DateTime, Utc};
use std::sync::Arc;

const PELO_IDT: Ordenacao = Ordenacao { coluna: None, id: "t.idt", decrescente: false };

/// Trâmites of which the caller is a party.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Tramites {
    /// At the root.
    Todos(Box<Filtro>),
    /// Those whose protocolo is the number of the processo.
    DoProcesso(ProcessoId),
    /// Those of one NRE, by the id of its registro.
    DoRegistro(i64),
}

/// Conditions on trâmites; all add up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filtro {
    pub idt: Option<i64>,
    pub nre: Option<Nre>,
    pub protocolo_chave: Option<String>,
    pub situacao: Option<Vec<SituacaoTramite>>,
    pub em_andamento: Option<bool>,
    pub remetente: Option<EnderecoDeEstrutura>,
    pub destinatario: Option<EnderecoDeEstrutura>,
    pub criado_de: Option<DateTime<Utc>>,
    pub criado_ate: Option<DateTime<Utc>>,
    /// That wait for a step of the caller: all of them, or only what is not taken up again.
    pub pendencia: Option<bool>,
    pub depois_do_idt: Option<i64>,
    /// From the newest to the oldest.
    pub newest_first: bool,
}

impl Filtro {
    pub fn condicoes(&self, tribunal: Option<i16>) -> Vec<Sql> {
        let mut partes = Vec::new();
        if let Some(todas) = self.pendencia {
            partes.push(pendencia(tribunal, todas));
        }
        if let Some(idt) = self.idt {
            partes.push(Sql::new("t.idt = ").bind(idt));
        }
        if let Some(idt) = self.depois_do_idt {
            partes.push(Sql::new("t.idt > ").bind(idt));
        }
        if let Some(nre) = &self.nre {
            partes.push(Sql::new("t.nre = ").bind(nre.to_string()));
        }
        if let Some(chave) = &self.protocolo_chave {
            partes.push(Sql::new("g.protocolo_chave = ").bind(chave.clone()));
        }
        if let Some(situacoes) = &self.situacao {
            let codigos: Vec<i64> = situacoes.iter().map(|s| i64::from(s.codigo())).collect();
            partes.push(Sql::new("t.situacao = ANY(").bind(codigos).push(")"));
        }
        match self.em_andamento {
            Some(true) => partes.push(Sql::new(EM_ANDAMENTO)),
            Some(false) => partes.push(Sql::new("NOT ").push(EM_ANDAMENTO)),
            None => {}
        }
        if let Some(EnderecoDeEstrutura { repositorio, numero }) = &self.remetente {
            let com = Sql::new("r.repositorio = ").bind(*repositorio);
            partes.push(com.push(" AND r.numero = ").bind(numero.clone()));
        }
        if let Some(EnderecoDeEstrutura { repositorio, numero }) = &self.destinatario {
            let com = Sql::new("d.repositorio = ").bind(*repositorio);
            partes.push(com.push(" AND d.numero = ").bind(numero.clone()));
        }
        if let Some(de) = self.criado_de {
            partes.push(Sql::new("t.criado_em >= ").bind(de));
        }
        if let Some(ate) = self.criado_ate {
            partes.push(Sql::new("t.criado_em < ").bind(ate));
        }
        partes
    }
}

/// The tables of a trâmite, of which a tribunal is a party, and what ties them to a processo `p`.
pub fn do_processo(tribunal: Option<i16>) -> Sql {
    let rows = Sql::new(concat!(
        tabelas!(),
        " WHERE g.protocolo_chave = p.numero AND g.tipo_protocolo = 'CNJ20'"
    ));
    das_partes(tribunal).into_iter().fold(rows, Sql::and)
}

impl Tramites {
    fn newest_first(&self) -> bool {
        matches!(self, Self::Todos(filtro) if filtro.newest_first)
    }
}

/// The situações in which a step waits for the tribunal, as one party or as the other.
fn pendencia(tribunal: Option<i16>, todas: bool) -> Sql {
    let Some(tribunal) = tribunal else { return Sql::new("false") };
    let situacoes = |parte| -> Vec<i64> {
        let espera =
            SituacaoTramite::TODAS.into_iter().filter(|s| s.pendencia(parte, todas).is_some());
        espera.map(|situacao| situacao.codigo().into()).collect()
    };
    Sql::new("(t.remetente_tribunal = ")
        .bind(tribunal)
        .push(" AND t.situacao = ANY(")
        .bind(situacoes(ParteDoTramite::Remetente))
        .push(") OR t.destinatario_tribunal = ")
        .bind(tribunal)
        .push(" AND t.situacao = ANY(")
        .bind(situacoes(ParteDoTramite::Destinatario))
        .push("))")
}

registro!(Tramite);

impl Lista for Tramites {
    const NOME: &'static str = "Tramites";
    type Linha = Arc<Tramite>;
    type Registro = Tramite;

    fn pai(&self) -> Option<i64> {
        match self {
            Self::Todos(_) => None,
            Self::DoProcesso(id) => Some(id.0),
            Self::DoRegistro(id) => Some(*id),
        }
    }

    fn com_pai(&self, pai: i64) -> Self {
        match self {
            Self::Todos(filtro) => Self::Todos(filtro.clone()),
            Self::DoProcesso(_) => Self::DoProcesso(ProcessoId(pai)),
            Self::DoRegistro(_) => Self::DoRegistro(pai),
        }
    }

    fn consulta(&self, tribunal: Option<i16>) -> Consulta {
        let (tabelas, coluna_pai, condicoes) = match self {
            Self::Todos(filtro) => (tabelas!(), None, filtro.condicoes(tribunal)),
            Self::DoProcesso(_) => (
                concat!(
                    tabelas!(),
                    " JOIN processo p ON p.numero = g.protocolo_chave AND g.tipo_protocolo = 'CNJ20'"
                ),
                Some("p.id"),
                Vec::new(),
            ),
            Self::DoRegistro(_) => (tabelas!(), Some("g.id"), Vec::new()),
        };
        let muitas = condicoes.len() > 2;
        let onde = Sql::juntar(das_partes(tribunal).into_iter().chain(condicoes), " AND ", "true");
        Consulta {
            colunas: colunas!(),
            tabelas,
            coluna_pai,
            onde: if muitas { onde.avulsa() } else { onde },
            ordenacao: Ordenacao { decrescente: self.newest_first(), ..PELO_IDT },
        }
    }

    fn posicao(&self, linha: &Arc<Tramite>) -> Posicao {
        Posicao { chave: None, id: linha.idt }
    }
}
