//! SQL that locks and writes adolescentes.

use crate::adolescente::{Adolescente, AdolescenteDados, AdolescenteId, Identificador};
use crate::db::Session;
use crate::db::schema::adolescente;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind;
use diesel::result::Error::DatabaseError;

/// Locks the rows until the transaction ends, always in the order of the ids. Transactions whose
/// decision depends on the vínculos of an adolescente wait for each other here.
pub fn lock(session: &mut Session<'_>, ids: &[AdolescenteId]) -> QueryResult<()> {
    adolescente::table
        .filter(adolescente::id.eq_any(ids))
        .order(adolescente::id)
        .select(adolescente::id)
        .for_no_key_update()
        .load::<AdolescenteId>(session.conn())?;
    Ok(())
}

/// The record of the tribunal, locked until the transaction ends. After a wait for a concurrent
/// transaction, it is the record as that transaction left it.
pub fn locked(
    session: &mut Session<'_>,
    tribunal: i16,
    identificador: &Identificador,
) -> QueryResult<Option<Adolescente>> {
    let by_identificador = adolescente::identificador.eq(identificador);
    Adolescente::query()
        .filter(by_identificador.and(adolescente::tribunal_codigo.eq(tribunal)))
        .for_no_key_update()
        .first(session.conn())
        .optional()
}

/// Writes the fields of a record that can change, and its next version. `None` when another record
/// of the tribunal has the CPF; the transaction has then failed.
pub fn update(
    session: &mut Session<'_>,
    new: &Adolescente,
    now: DateTime<Utc>,
) -> QueryResult<Option<Adolescente>> {
    let result = diesel::update(adolescente::table.find(new.id))
        .set((
            &new.dados,
            adolescente::cadastro_pendente.eq(new.cadastro_pendente),
            adolescente::data_obito.eq(new.data_obito),
            adolescente::atualizado_em.eq(now),
            adolescente::versao.eq(adolescente::versao + 1),
        ))
        .returning(Adolescente::as_returning())
        .get_result(session.conn());
    match result {
        Err(DatabaseError(DatabaseErrorKind::UniqueViolation, info))
            if info.constraint_name() == Some("adolescente_cpf_unico") =>
        {
            Ok(None)
        }
        result => result.map(Some),
    }
}

/// Registers an identificador that a client gave (R14): with data, or as a pending record without.
/// `None` when it was registered meanwhile, or when the CPF is taken.
pub fn insert_with(
    session: &mut Session<'_>,
    tribunal: i16,
    identificador: &Identificador,
    dados: Option<AdolescenteDados>,
    now: DateTime<Utc>,
) -> QueryResult<Option<Adolescente>> {
    let pending = dados.is_none();
    let new = dados.unwrap_or_default();
    let columns = (
        adolescente::tribunal_codigo.eq(tribunal),
        adolescente::identificador.eq(identificador),
        adolescente::cadastro_pendente.eq(pending),
        adolescente::criado_em.eq(now),
        adolescente::atualizado_em.eq(now),
    );
    diesel::insert_into(adolescente::table)
        .values((columns, new))
        .on_conflict_do_nothing()
        .returning(Adolescente::as_returning())
        .get_result(session.conn())
        .optional()
}

/// Inserts a record under a new identificador. `None` when the identificador or the CPF is taken;
/// if the transaction that took it is still open, the insert waits for its end.
pub fn insert(
    session: &mut Session<'_>,
    tribunal: i16,
    new: AdolescenteDados,
    now: DateTime<Utc>,
    today: NaiveDate,
) -> QueryResult<Option<Adolescente>> {
    use chrono::Datelike;
    use diesel::sql_types::Integer;
    #[diesel::declare_sql_function]
    extern "SQL" {
        fn elos_novo_identificador(year: Integer) -> Text;
    }

    let columns = (
        adolescente::tribunal_codigo.eq(tribunal),
        adolescente::identificador.eq(elos_novo_identificador(today.year())),
        adolescente::criado_em.eq(now),
        adolescente::atualizado_em.eq(now),
    );
    diesel::insert_into(adolescente::table)
        .values((columns, new))
        .on_conflict_do_nothing()
        .returning(Adolescente::as_returning())
        .get_result(session.conn())
        .optional()
}
