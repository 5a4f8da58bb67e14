//! SQL that locks and writes processos and vínculos, and reads the facts for the rules on vínculos.

use crate::adolescente::{Adolescente, AdolescenteId};
use crate::db::schema::{processo, vinculo};
use crate::db::{Session, Sql, new_rows};
use crate::processo::rules::VinculoFacts;
use crate::processo::{
    NewProcesso, NumeroProcesso, Processo, ProcessoId, Vinculo, processo_columns,
};
use crate::value::cpf::Cpf;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Inserts processos with their vínculos in one statement, and returns the inserted rows. A number
/// that is taken returns no row; if the transaction that took it is still open, the insert waits
/// for its end. The numbers in `new_processos` must be distinct.
pub fn insert(
    session: &mut Session<'_>,
    tribunal: i16,
    new_processos: &[&NewProcesso],
    now: DateTime<Utc>,
) -> QueryResult<Vec<Processo>> {
    if new_processos.is_empty() {
        return Ok(Vec::new());
    }
    let numero = |new: &NewProcesso| new.numero.digits().to_owned();
    let cpf = |cpf: &Option<Cpf>| cpf.as_ref().map(|cpf| cpf.unmasked().to_owned());
    let links =
        || new_processos.iter().flat_map(|&new| new.adolescentes.iter().map(move |id| (new, id)));
    let (names, arrays) = new_rows!(new_processos => {
        numero: |new| numero(new),
        tipo: |new| new.tipo.text().to_owned(),
        id_orgao: |new| new.id_orgao,
        app_name_sistema_tribunal: |new| new.app_name_sistema_tribunal.clone(),
        id_processo_sistema_externo: |new| new.command.id_processo_sistema_externo.clone(),
        numero_referencia: |new| {
            new.command.referencia.as_ref().map(|numero| numero.digits().to_owned())
        },
        magistrado_nome: |new| new.command.magistrado.nome.clone(),
        magistrado_cpf: |new| cpf(&new.command.magistrado.cpf),
        serventuario_nome: |new| new.command.serventuario.nome.clone(),
        serventuario_cpf: |new| cpf(&new.command.serventuario.cpf),
    });
    // Insert in the order of the numbers, so that two transactions with the same numbers do not
    // deadlock. ON CONFLICT names no index: two unique indexes hold the number, and naming one
    // would let the other raise an error.
    Sql::new("WITH p AS (INSERT INTO processo (")
        .push(names)
        .push(", tribunal_codigo, criado_em, atualizado_em) SELECT n.*, ")
        .bind(tribunal)
        .push(", ")
        .bind(now)
        .push(", ")
        .bind(now)
        .push(" FROM unnest(")
        .append(arrays)
        .push(
            ") AS n (numero) ORDER BY n.numero ON CONFLICT DO NOTHING RETURNING *), \
             v AS (INSERT INTO vinculo (tribunal_codigo, processo_id, adolescente_id, iniciado_em) \
             SELECT p.tribunal_codigo, p.id, a.quem, p.criado_em FROM p JOIN unnest(",
        )
        .bind(links().map(|(new, _)| numero(new)).collect::<Vec<_>>())
        .push(", ")
        .bind(links().map(|(_, id)| id.0).collect::<Vec<_>>())
        .push(concat!(
            ") WITH ORDINALITY AS a (de, quem, n) ON a.de = p.numero ORDER BY a.n) SELECT ",
            processo_columns!(),
            " FROM p"
        ))
        .rows(session.conn())
}

/// Locks the processo until the transaction ends. With NO KEY, a foreign key that points at it,
/// such as that of an execução, need not wait.
pub fn lock(
    session: &mut Session<'_>,
    tribunal: i16,
    numero: &NumeroProcesso,
) -> QueryResult<Option<Processo>> {
    Processo::query()
        .filter(processo::numero.eq(numero).and(processo::tribunal_codigo.eq(tribunal)))
        .for_no_key_update()
        .first(session.conn())
        .optional()
}

/// Writes the fields of a processo that can change, and its next version.
pub fn update(
    session: &mut Session<'_>,
    new: &Processo,
    now: DateTime<Utc>,
) -> QueryResult<Processo> {
    diesel::update(processo::table.find(new.id))
        .set((
            processo::situacao.eq(new.situacao),
            processo::magistrado_nome.eq(&new.magistrado_nome),
            processo::magistrado_cpf.eq(&new.magistrado_cpf),
            processo::serventuario_nome.eq(&new.serventuario_nome),
            processo::serventuario_cpf.eq(&new.serventuario_cpf),
            processo::atualizado_em.eq(now),
            processo::versao.eq(processo::versao + 1),
        ))
        .returning(Processo::as_returning())
        .get_result(session.conn())
}

/// The adolescentes with an open vínculo to the processo.
pub fn active_vinculados(
    session: &mut Session<'_>,
    processo: ProcessoId,
) -> QueryResult<Vec<AdolescenteId>> {
    vinculo::table
        .filter(vinculo::processo_id.eq(processo).and(vinculo::encerrado_em.is_null()))
        .order(vinculo::id)
        .select(vinculo::adolescente_id)
        .load(session.conn())
}

/// Reads the facts that the rules on vínculos need. Both rows are locked already.
pub fn vinculo_facts(
    session: &mut Session<'_>,
    processo: &Processo,
    adolescente: Option<&Adolescente>,
) -> QueryResult<VinculoFacts> {
    let active = active_vinculados(session, processo.id)?;
    let Some(adolescente) = adolescente else {
        return Ok(VinculoFacts { adolescentes: active.len(), ..VinculoFacts::default() });
    };
    Ok(VinculoFacts {
        ativo: active.contains(&adolescente.id),
        adolescentes: active.len(),
        execucao_ativa: super::execucao_ativa(session, &[adolescente.id])?,
    })
}

type VinculoColumns = (vinculo::id, vinculo::iniciado_em, vinculo::encerrado_em, vinculo::motivo);
const VINCULO_COLUMNS: VinculoColumns =
    (vinculo::id, vinculo::iniciado_em, vinculo::encerrado_em, vinculo::motivo);

/// Inserts an open vínculo between the two.
pub fn vincular(
    session: &mut Session<'_>,
    processo: &Processo,
    adolescente: AdolescenteId,
    now: DateTime<Utc>,
) -> QueryResult<Vinculo> {
    diesel::insert_into(vinculo::table)
        .values((
            vinculo::tribunal_codigo.eq(processo.tribunal_codigo),
            vinculo::processo_id.eq(processo.id),
            vinculo::adolescente_id.eq(adolescente),
            vinculo::iniciado_em.eq(now),
        ))
        .returning(VINCULO_COLUMNS)
        .get_result(session.conn())
}

/// Ends the open vínculo between the two; its row stays (R17).
pub fn desvincular(
    session: &mut Session<'_>,
    processo: ProcessoId,
    adolescente: AdolescenteId,
    motivo: Option<String>,
    now: DateTime<Utc>,
) -> QueryResult<Vinculo> {
    let open = vinculo::table
        .filter(vinculo::processo_id.eq(processo).and(vinculo::adolescente_id.eq(adolescente)))
        .filter(vinculo::encerrado_em.is_null());
    diesel::update(open)
        .set((vinculo::encerrado_em.eq(now), vinculo::motivo.eq(motivo)))
        .returning(VINCULO_COLUMNS)
        .get_result(session.conn())
}

/// The vínculo that an earlier outcome names. It exists, because nothing is deleted.
pub fn vinculo_by_id(session: &mut Session<'_>, id: i64) -> QueryResult<Vinculo> {
    vinculo::table.find(id).select(VINCULO_COLUMNS).first(session.conn())
}
