//! The list of what happened, put together of eventos, links, guias and trâmites.
//!
//! Links and guias tell of themselves when they began and ended, whatever eventos there are; so of
//! eventos only those count that no other table tells of. At one instant, what is registered comes
//! before what begins, and that before what ends: the id begins with the kind.

use super::Acontecimento;
use crate::adolescente::AdolescenteId;
use crate::db::Sql;
use crate::db::list::{Consulta, Lista, Ordenacao, Posicao, TipoDaChave, registro};
use crate::processo::ProcessoId;
use chrono::{DateTime, Utc};
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinhaDoTempo {
    pub de: De,
    /// From, inclusive; until, exclusive.
    pub entre: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    pub decrescente: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum De {
    /// It, and the execuções that name it as theirs.
    Processo(ProcessoId),
    /// The person, and the processos to which a link leads or led.
    Adolescente(AdolescenteId),
}

/// What every source tells, in this order.
macro_rules! fontes {
    ($processos:literal, $guias:literal, $vinculos:literal, $eventos_proprios:literal) => {
        concat!(
            "(SELECT d.pai, e.ocorrido_em, e.id AS id, e.tipo, e.id AS evento_id, e.processo_id, e.adolescente_id, \
             NULL::bigint AS guia_id, NULL::bigint AS vinculo_id, NULL::bigint AS idt, NULL::smallint AS situacao, \
             e.tribunal_codigo, NULL::smallint AS remetente, NULL::smallint AS destinatario FROM ",
            $processos,
            " JOIN evento e ON e.processo_id = d.processo_id \
             WHERE e.tipo IN ('PROCESSO_CADASTRADO', 'RESPONSAVEIS_ATUALIZADOS', 'SITUACAO_ALTERADA')",
            $eventos_proprios,
            " UNION ALL SELECT d.pai, v.iniciado_em, v.id + (1::bigint << 58), 'VINCULO_INICIADO', NULL, v.processo_id, v.adolescente_id, \
             NULL, v.id, NULL, NULL, v.tribunal_codigo, NULL, NULL FROM ",
            $vinculos,
            " UNION ALL SELECT d.pai, v.encerrado_em, v.id + (2::bigint << 58), 'VINCULO_ENCERRADO', NULL, v.processo_id, v.adolescente_id, \
             NULL, v.id, NULL, NULL, v.tribunal_codigo, NULL, NULL FROM ",
            $vinculos,
            " WHERE v.encerrado_em IS NOT NULL",
            " UNION ALL SELECT d.pai, g.criado_em, g.id + (3::bigint << 58), 'GUIA_EMITIDA', NULL, NULL, g.adolescente_id, \
             g.id, NULL, NULL, NULL, g.tribunal_codigo, NULL, NULL FROM ",
            $guias,
            " UNION ALL SELECT d.pai, g.baixada_em, g.id + (4::bigint << 58), 'GUIA_BAIXADA', NULL, NULL, g.adolescente_id, \
             g.id, NULL, NULL, NULL, g.tribunal_codigo, NULL, NULL FROM ",
            $guias,
            " WHERE g.baixada_em IS NOT NULL",
            " UNION ALL SELECT d.pai, m.ocorrida_em, m.id + (5::bigint << 58), 'TRAMITE', NULL, d.processo_id, NULL, NULL, NULL, \
             t.idt, m.situacao, NULL, t.remetente_tribunal, \
             CASE WHEN t.situacao NOT IN (8, 9) THEN t.destinatario_tribunal END FROM ",
            $processos,
            " JOIN processo p ON p.id = d.processo_id \
             JOIN registro_eletronico r ON r.protocolo_chave = p.numero AND r.tipo_protocolo = 'CNJ20' \
             JOIN tramite t ON t.nre = r.nre JOIN mudanca_de_situacao m ON m.idt = t.idt) AS t"
        )
    };
}

const DO_PROCESSO: &str = fontes!(
    "(SELECT p.id AS pai, p.id AS processo_id FROM processo p \
      UNION ALL SELECT o.id, e.id FROM processo o \
      JOIN processo e ON e.numero_referencia = o.numero AND e.tipo_referencia = o.tipo) AS d",
    "(SELECT apuracao_id AS pai, id FROM guia WHERE apuracao_id IS NOT NULL \
      UNION ALL SELECT execucao_id, id FROM guia WHERE execucao_id IS NOT NULL \
      UNION ALL SELECT o.id, g.id FROM processo o \
      JOIN processo e ON e.numero_referencia = o.numero AND e.tipo_referencia = o.tipo \
      JOIN guia g ON g.execucao_id = e.id WHERE g.apuracao_id IS DISTINCT FROM o.id) AS d JOIN guia g ON g.id = d.id",
    "(SELECT p.id AS pai, p.id AS processo_id FROM processo p \
      UNION ALL SELECT o.id, e.id FROM processo o \
      JOIN processo e ON e.numero_referencia = o.numero AND e.tipo_referencia = o.tipo) AS d \
     JOIN vinculo v ON v.processo_id = d.processo_id",
    ""
);

const DO_ADOLESCENTE: &str = fontes!(
    "(SELECT DISTINCT v.adolescente_id AS pai, v.processo_id FROM vinculo v) AS d",
    "(SELECT adolescente_id AS pai, id FROM guia) AS d JOIN guia g ON g.id = d.id",
    "(SELECT adolescente_id AS pai, id FROM vinculo) AS d JOIN vinculo v ON v.id = d.id",
    " UNION ALL SELECT e.adolescente_id, e.ocorrido_em, e.id, e.tipo, e.id, e.processo_id, e.adolescente_id, \
      NULL, NULL, NULL, NULL, e.tribunal_codigo, NULL, NULL FROM evento e \
      WHERE e.tipo IN ('ADOLESCENTE_CADASTRADO', 'ADOLESCENTE_ATUALIZADO')"
);

registro!(Acontecimento);

impl Lista for LinhaDoTempo {
    const NOME: &'static str = "LinhaDoTempo";
    type Linha = Arc<Acontecimento>;
    type Registro = Acontecimento;

    fn pai(&self) -> Option<i64> {
        Some(match self.de {
            De::Processo(id) => id.0,
            De::Adolescente(id) => id.0,
        })
    }

    fn com_pai(&self, pai: i64) -> Self {
        let de = match self.de {
            De::Processo(_) => De::Processo(ProcessoId(pai)),
            De::Adolescente(_) => De::Adolescente(AdolescenteId(pai)),
        };
        Self { de, ..self.clone() }
    }

    fn consulta(&self, tribunal: Option<i16>) -> Consulta {
        let do_tribunal = tribunal.map(|codigo| {
            Sql::new("(t.tribunal_codigo = ")
                .bind(codigo)
                .push(" OR t.remetente = ")
                .bind(codigo)
                .push(" OR t.destinatario = ")
                .bind(codigo)
                .push(")")
        });
        let de = self.entre.0.map(|de| Sql::new("t.ocorrido_em >= ").bind(de));
        let ate = self.entre.1.map(|ate| Sql::new("t.ocorrido_em < ").bind(ate));
        Consulta {
            colunas: "t.id, t.tipo, t.ocorrido_em, t.evento_id, t.processo_id, t.adolescente_id, t.guia_id, \
                      t.vinculo_id, t.idt, t.situacao",
            tabelas: match self.de {
                De::Processo(_) => DO_PROCESSO,
                De::Adolescente(_) => DO_ADOLESCENTE,
            },
            coluna_pai: Some("t.pai"),
            onde: Sql::juntar([do_tribunal, de, ate].into_iter().flatten(), " AND ", "true"),
            ordenacao: Ordenacao {
                coluna: Some(("t.ocorrido_em", TipoDaChave::Instante)),
                id: "t.id",
                decrescente: self.decrescente,
            },
        }
    }

    fn posicao(&self, linha: &Arc<Acontecimento>) -> Posicao {
        Posicao { chave: Some(linha.ocorrido_em.into()), id: linha.id }
    }
}
