//! SQL of processos and their vínculos: the reads of single processos, of the vínculos of several,
//! and of the facts for a registration. Lists are in `lists.rs` and `vinculos.rs`, locks and writes
//! in `write.rs`.

mod write;
mod lists;
mod vinculos;

pub use lists::*;
pub use vinculos::*;
pub use write::*;

use super::rules::{self, Facts, Known};
use super::{
    CadastrarProcesso, NumeroProcesso, Processo, ProcessoId, SituacaoProcesso, SituacaoVinculo,
    TipoProcesso, processo_columns,
};
use crate::adolescente::{AdolescenteId, Identificador};
use crate::auth::Scope;
use crate::command::Remembered;
use crate::db::schema::{adolescente, processo, vinculo};
use crate::db::{BatchKey, Session, Sql};
use crate::error::Error;
use crate::rascunho;
use crate::value::resource::{Resource, no_resources, resources};
use crate::value::rules::RuleSwitches;
use ahash::HashMap;
use diesel::prelude::*;
use std::collections::HashSet;
use std::sync::Arc;

/// A statement that begins with `select` and reads the processos that match `condition`: those of
/// the caller's tribunal, or all of them when `scope` has no tribunal.
fn visible(select: &'static str, scope: Scope, condition: Sql) -> Sql {
    let in_tribunal = scope.tribunal().map(|code| Sql::new("p.tribunal_codigo = ").bind(code));
    let where_clause = Sql::all([in_tribunal, Some(condition)]);
    Sql::new(select).push(" FROM processo p WHERE ").append(where_clause)
}

fn read(session: &mut Session<'_>, condition: Sql) -> QueryResult<Vec<Processo>> {
    visible(concat!("SELECT ", processo_columns!()), session.scope, condition).rows(session.conn())
}

fn by_id(id: ProcessoId) -> Sql {
    Sql::new("p.id = ").bind(id.0)
}

fn by_numeros<'n>(numeros: impl Iterator<Item = &'n NumeroProcesso>) -> Sql {
    let digits: Vec<_> = numeros.map(|numero| numero.digits().to_owned()).collect();
    Sql::new("p.numero = ANY(").bind(digits).push(")")
}

/// The processo with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProcessoById(pub ProcessoId);

impl BatchKey for ProcessoById {
    type Value = Arc<Processo>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0.0).collect();
        let rows = read(session, Sql::new("p.id = ANY(").bind(ids).push(")"))?;
        Ok(rows.into_iter().map(|row| (Self(row.id), Arc::new(row))).collect())
    }
}

/// The processo with this number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProcessoByNumero(pub NumeroProcesso);

impl BatchKey for ProcessoByNumero {
    type Value = Arc<Processo>;

    fn load(session: &mut Session<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let rows = read(session, by_numeros(keys.iter().map(|key| &key.0)))?;
        Ok(rows.into_iter().map(|p| (Self(p.numero.clone()), Arc::new(p))).collect())
    }
}

/// Reads the facts that the rules on a registration need. Of `known`, keeps the adolescentes in the
/// command.
pub fn facts(
    session: &mut Session<'_>,
    command: &CadastrarProcesso,
    known: &Known,
    rules: RuleSwitches,
) -> Result<Facts, Error> {
    let named = command.adolescentes.iter().flatten();
    let known = named.filter_map(|key| Some((key.clone(), *known.get(key)?)));
    let mut facts = Facts { known: known.collect(), ..Facts::default() };
    if let (true, Some(code)) = (rules.exigir_rascunho, &command.id_processo_sistema_externo)
        && rules::readable_external_code(code).is_none()
    {
        facts.rascunho = rascunho::store::locked(session, code)?;
    }
    if command.tipo == Some(TipoProcesso::Execucao) {
        // Read this while the adolescentes are locked: of two concurrent execuções of one
        // adolescente, the second must see the first.
        let ids: Vec<_> = facts.known.values().copied().collect();
        crate::adolescente::store::lock(session, &ids)?;
        facts.execucao_ativa = execucao_ativa(session, &ids)?;
    }
    if let (Some(TipoProcesso::Execucao), Some(referencia)) = (command.tipo, &command.referencia) {
        facts.referencia_is_apuracao = is_apuracao(session, referencia)?;
        if let Some(apuracao) = by_numero(session, referencia)? {
            let ids = facts.known.values().copied().collect::<Vec<_>>();
            facts.vinculados_in_referencia = Some(vinculados(session, apuracao.id, &ids)?);
        }
    }
    Ok(facts)
}

/// The numbers among `numeros` that a visible processo has.
pub fn taken_numeros(
    session: &mut Session<'_>,
    numeros: &[NumeroProcesso],
) -> QueryResult<HashSet<NumeroProcesso>> {
    let taken = visible("SELECT p.numero", session.scope, by_numeros(numeros.iter()));
    Ok(taken.rows(session.conn())?.into_iter().collect())
}

/// The visible processo with this number.
pub fn by_numero(
    session: &mut Session<'_>,
    numero: &NumeroProcesso,
) -> QueryResult<Option<Processo>> {
    Ok(read(session, by_numeros(std::iter::once(numero)))?.pop())
}

/// The processo that an earlier outcome names. It exists, because nothing is deleted.
pub fn load_remembered(
    session: &mut Session<'_>,
    remembered: &Remembered,
) -> QueryResult<Processo> {
    read(session, by_id(ProcessoId(remembered.id)))?.pop().ok_or(diesel::NotFound)
}

/// The visible processo with this code of the REST API.
pub fn by_code(session: &mut Session<'_>, code: ProcessoId) -> QueryResult<Option<Processo>> {
    Ok(read(session, by_id(code))?.pop())
}

/// An adolescente linked to a processo, and the situação of the vínculo, as the REST API shows them
/// with the processo.
pub struct SeenVinculo {
    adolescente: AdolescenteId,
    pub identificador: Identificador,
    pub situacao: SituacaoVinculo,
}

resources!(SeenVinculo => |vinculo| Resource::Adolescente(vinculo.adolescente.0));
// An id alone adds no resource to the audit entry; the read of the processo adds it.
no_resources!(ProcessoId);

/// The adolescentes that are or were linked to each of these processos, in the order of the
/// vínculos.
pub fn vinculos_of(
    session: &mut Session<'_>,
    processos: &[ProcessoId],
) -> QueryResult<Vec<(ProcessoId, SeenVinculo)>> {
    let links = vinculo::table
        .inner_join(adolescente::table.on(adolescente::id.eq(vinculo::adolescente_id)))
        .filter(vinculo::processo_id.eq_any(processos))
        .order(vinculo::id)
        .select((
            vinculo::processo_id,
            adolescente::id,
            adolescente::identificador,
            vinculo::encerrado_em.is_null(),
        ));
    let rows: Vec<(ProcessoId, AdolescenteId, Identificador, bool)> = links.load(session.conn())?;
    let to_seen = |(processo, adolescente, identificador, ativo)| {
        let situacao = if ativo { SituacaoVinculo::Ativo } else { SituacaoVinculo::Encerrado };
        (processo, SeenVinculo { adolescente, identificador, situacao })
    };
    Ok(rows.into_iter().map(to_seen).collect())
}

/// R10: whether `numero` is an apuração of any tribunal. The SQL function ignores row-level
/// security and reveals only this answer.
fn is_apuracao(session: &mut Session<'_>, numero: &NumeroProcesso) -> QueryResult<bool> {
    use diesel::sql_types::Text;
    #[diesel::declare_sql_function]
    extern "SQL" {
        fn elos_e_apuracao(numero: Text) -> Bool;
    }
    diesel::select(elos_e_apuracao(numero)).get_result(session.conn())
}

/// An active execução of the caller's tribunal with which one of these adolescentes has an open
/// vínculo (R12, R16).
pub fn execucao_ativa(
    session: &mut Session<'_>,
    adolescentes: &[AdolescenteId],
) -> QueryResult<Option<NumeroProcesso>> {
    let tribunal = session.scope.tribunal();
    let active = vinculo::table
        .inner_join(processo::table.on(processo::id.eq(vinculo::processo_id)))
        .filter(vinculo::adolescente_id.eq_any(adolescentes).and(vinculo::encerrado_em.is_null()))
        .filter(processo::tipo.eq(TipoProcesso::Execucao))
        .filter(processo::situacao.eq(SituacaoProcesso::Ativo))
        .filter(processo::tribunal_codigo.nullable().eq(tribunal));
    active.select(processo::numero).first(session.conn()).optional()
}

/// The adolescentes among these that have or had a vínculo to the processo.
fn vinculados(
    session: &mut Session<'_>,
    processo: ProcessoId,
    adolescentes: &[AdolescenteId],
) -> QueryResult<Vec<AdolescenteId>> {
    vinculo::table
        .filter(vinculo::processo_id.eq(processo).and(vinculo::adolescente_id.eq_any(adolescentes)))
        .select(vinculo::adolescente_id)
        .distinct()
        .load(session.conn())
}
