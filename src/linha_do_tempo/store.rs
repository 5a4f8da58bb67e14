//! The SQL of a timeline: a UNION of eventos, vínculos, guias and trâmites.
//!
//! Vínculos and guias hold the times of their own start and end, so the list reads only those
//! eventos that no other table records. Rows with equal times are ordered by id. The high bits of
//! an id hold the kind of entry, so that in ascending order registrations come before starts, and
//! starts before ends.

use super::{Acontecimento, acontecimento_columns};
use crate::db::Sql;
use crate::db::list::{KeyType, List, ListQuery, OrderBy, Position, from_columns};
use crate::evento::store::Subject;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// The timeline of one object between two times, oldest first or newest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinhaDoTempo {
    /// A processo, with the execuções that name it as their reference; or an adolescente, with the
    /// processos to which the person has or had a vínculo.
    pub subject: Subject,
    /// Inclusive start and exclusive end; `None` sets no limit.
    pub between: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    pub descending: bool,
}

/// The UNION of all sources as the table `t`; every source selects its columns in this order. `pai`
/// is the id of the object whose timeline it is. The arguments are SQL of the processos, the guias
/// and the vínculos of each `pai`, and of a SELECT for its own eventos.
macro_rules! sources {
    ($processos:literal, $guias:literal, $vinculos:literal, $own_eventos:literal) => {
        concat!(
            "(SELECT d.pai, e.ocorrido_em, e.id AS id, e.tipo, e.id AS evento_id, e.processo_id, e.adolescente_id, \
             NULL::bigint AS guia_id, NULL::bigint AS vinculo_id, NULL::bigint AS idt, NULL::smallint AS situacao, \
             e.tribunal_codigo, NULL::smallint AS remetente, NULL::smallint AS destinatario FROM ",
            $processos,
            " JOIN evento e ON e.processo_id = d.processo_id \
             WHERE e.tipo IN ('PROCESSO_CADASTRADO', 'RESPONSAVEIS_ATUALIZADOS', 'SITUACAO_ALTERADA')",
            $own_eventos,
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

const OF_PROCESSO: &str = sources!(
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

const OF_ADOLESCENTE: &str = sources!(
    "(SELECT DISTINCT v.adolescente_id AS pai, v.processo_id FROM vinculo v) AS d",
    "(SELECT adolescente_id AS pai, id FROM guia) AS d JOIN guia g ON g.id = d.id",
    "(SELECT adolescente_id AS pai, id FROM vinculo) AS d JOIN vinculo v ON v.id = d.id",
    " UNION ALL SELECT e.adolescente_id, e.ocorrido_em, e.id, e.tipo, e.id, e.processo_id, e.adolescente_id, \
      NULL, NULL, NULL, NULL, e.tribunal_codigo, NULL, NULL FROM evento e \
      WHERE e.tipo IN ('ADOLESCENTE_CADASTRADO', 'ADOLESCENTE_ATUALIZADO')"
);

from_columns!(Acontecimento);

impl List for LinhaDoTempo {
    const NAME: &'static str = "LinhaDoTempo";
    type Row = Arc<Acontecimento>;
    type Record = Acontecimento;

    fn parent(&self) -> Option<i64> {
        Some(self.subject.id())
    }

    fn with_parent(&self, parent: i64) -> Self {
        Self { subject: self.subject.with_id(parent), ..self.clone() }
    }

    fn query(&self, tribunal: Option<i16>) -> ListQuery {
        let in_tribunal = tribunal.map(|code| {
            Sql::new("(t.tribunal_codigo = ")
                .bind(code)
                .push(" OR t.remetente = ")
                .bind(code)
                .push(" OR t.destinatario = ")
                .bind(code)
                .push(")")
        });
        let since = self.between.0.map(|since| Sql::new("t.ocorrido_em >= ").bind(since));
        let until = self.between.1.map(|until| Sql::new("t.ocorrido_em < ").bind(until));
        ListQuery {
            columns: acontecimento_columns!(),
            tables: match self.subject {
                Subject::Processo(_) => OF_PROCESSO,
                Subject::Adolescente(_) => OF_ADOLESCENTE,
            },
            parent_column: Some("t.pai"),
            where_clause: Sql::all([in_tribunal, since, until]),
            ordering: OrderBy {
                then: Vec::new(),
                column: Some(("t.ocorrido_em", KeyType::Instant)),
                id: "t.id",
                descending: self.descending,
            },
        }
    }

    fn position(&self, row: &Arc<Acontecimento>) -> Position {
        Position { key: Some(row.ocorrido_em.into()), id: row.id }
    }
}
