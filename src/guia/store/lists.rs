//! The lists in which guias stand.

use super::colunas;
use crate::adolescente::AdolescenteId;
use crate::db::Sql;
use crate::db::list::{Consulta, Lista, Ordenacao, Posicao, TipoDaChave, registro};
use crate::filters::{Filter, GuiaFilter, Place};
use crate::guia::{Guia, SituacaoGuia};
use crate::processo::ProcessoId;
use std::sync::Arc;

fn do_tribunal(tribunal: Option<i16>) -> Option<Sql> {
    tribunal.map(|codigo| Sql::new("g.tribunal_codigo = ").bind(codigo))
}

fn na_situacao(situacao: Option<SituacaoGuia>) -> Option<Sql> {
    situacao.map(|situacao| Sql::new("g.situacao = ").bind(situacao.texto().to_owned()))
}

/// Guias, as they were emitted unless another order is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GuiasDe {
    /// At the root.
    Todas(Box<Guias>),
    Processo(ProcessoId, Option<SituacaoGuia>),
    /// Those of the measure that an execução enforces: its own, and those that its apuração gave for
    /// its adolescente.
    Medida(ProcessoId, Option<SituacaoGuia>),
    Adolescente(AdolescenteId, Option<SituacaoGuia>),
}

/// Which of all, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Guias {
    pub filtro: GuiaFilter,
    pub campo: Campo,
    pub decrescente: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Campo {
    /// In the order of the numbers of rows, which is that of emission.
    #[default]
    Codigo,
    EmitidaEm,
    AtualizadoEm,
    Numero,
    /// R26; those that nothing ends last.
    VenceEm,
}

/// R26: what ends a measure; born on 29 February, one turns 21 on 1 March (R24).
macro_rules! vence_em {
    () => {
        "coalesce(least((a.data_nascimento + interval '21 years')::date \
          + (extract(month FROM a.data_nascimento) = 2 AND extract(day FROM a.data_nascimento) = 29)::int, \
          g.data_decisao + g.prazo), 'infinity')"
    };
}

const COM_ADOLESCENTE: &str = "guia g JOIN adolescente a ON a.id = g.adolescente_id";

registro!(Guia);

impl Lista for GuiasDe {
    const NOME: &'static str = "GuiasDe";
    type Linha = Arc<Guia>;
    type Registro = Guia;

    fn pai(&self) -> Option<i64> {
        match self {
            Self::Todas(_) => None,
            Self::Processo(id, _) | Self::Medida(id, _) => Some(id.0),
            Self::Adolescente(id, _) => Some(id.0),
        }
    }

    fn com_pai(&self, pai: i64) -> Self {
        match self {
            Self::Todas(guias) => Self::Todas(guias.clone()),
            Self::Processo(_, situacao) => Self::Processo(ProcessoId(pai), *situacao),
            Self::Medida(_, situacao) => Self::Medida(ProcessoId(pai), *situacao),
            Self::Adolescente(_, situacao) => Self::Adolescente(AdolescenteId(pai), *situacao),
        }
    }

    fn consulta(&self, tribunal: Option<i16>) -> Consulta {
        let (tabelas, coluna_pai, condicao) = match self {
            Self::Todas(guias) => {
                (COM_ADOLESCENTE, None, Some(guias.filtro.sql(Place::root(tribunal))))
            }
            // A guia is of its apuração and of its execução; each has an index.
            Self::Processo(_, situacao) => (
                "(SELECT id, apuracao_id AS processo_id FROM guia WHERE apuracao_id IS NOT NULL \
                  UNION ALL SELECT id, execucao_id FROM guia WHERE execucao_id IS NOT NULL) AS de \
                 JOIN guia g ON g.id = de.id JOIN adolescente a ON a.id = g.adolescente_id",
                Some("de.processo_id"),
                na_situacao(*situacao),
            ),
            Self::Medida(_, situacao) => (
                "(SELECT id, execucao_id AS processo_id FROM guia WHERE execucao_id IS NOT NULL \
                  UNION ALL SELECT g.id, v.processo_id FROM vinculo v JOIN processo p ON p.id = v.processo_id \
                  JOIN processo o ON o.numero = p.numero_referencia AND o.tipo = p.tipo_referencia \
                  JOIN guia g ON g.apuracao_id = o.id AND g.adolescente_id = v.adolescente_id \
                  WHERE g.execucao_id IS NULL AND NOT EXISTS (SELECT FROM vinculo outro \
                  WHERE outro.processo_id = v.processo_id AND outro.adolescente_id = v.adolescente_id \
                  AND outro.id < v.id)) AS de \
                 JOIN guia g ON g.id = de.id JOIN adolescente a ON a.id = g.adolescente_id",
                Some("de.processo_id"),
                na_situacao(*situacao),
            ),
            Self::Adolescente(_, situacao) => {
                (COM_ADOLESCENTE, Some("g.adolescente_id"), na_situacao(*situacao))
            }
        };
        let partes = [do_tribunal(tribunal), condicao];
        Consulta {
            colunas: colunas!(),
            tabelas,
            coluna_pai,
            onde: Sql::juntar(partes.into_iter().flatten(), " AND ", "true"),
            ordenacao: self.ordenacao(),
        }
    }

    fn posicao(&self, linha: &Arc<Guia>) -> Posicao {
        let chave = match self.campo_e_sentido().0 {
            Campo::EmitidaEm => Some(linha.criado_em.into()),
            Campo::AtualizadoEm => Some(linha.atualizado_em.into()),
            Campo::Numero => Some(linha.numero.to_string().into()),
            Campo::VenceEm | Campo::Codigo => None,
        };
        Posicao { chave, id: linha.id.0 }
    }
}

impl GuiasDe {
    fn campo_e_sentido(&self) -> (Campo, bool) {
        match self {
            Self::Todas(guias) => (guias.campo, guias.decrescente),
            _ => (Campo::Codigo, false),
        }
    }

    fn ordenacao(&self) -> Ordenacao {
        let (campo, decrescente) = self.campo_e_sentido();
        let coluna = match campo {
            Campo::Codigo => None,
            Campo::EmitidaEm => Some(("g.criado_em", TipoDaChave::Instante)),
            Campo::AtualizadoEm => Some(("g.atualizado_em", TipoDaChave::Instante)),
            Campo::Numero => Some(("g.numero", TipoDaChave::Texto)),
            Campo::VenceEm => Some((
                vence_em!(),
                TipoDaChave::DaLinha(concat!(
                    "SELECT ",
                    vence_em!(),
                    " FROM guia g JOIN adolescente a ON a.id = g.adolescente_id WHERE g.id = "
                )),
            )),
        };
        Ordenacao { coluna, id: "g.id", decrescente }
    }
}
