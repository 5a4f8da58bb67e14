//! What writes adolescentes.

use crate::adolescente::{Adolescente, AdolescenteId, DadosDeAdolescente, Identificador};
use crate::db::Sessao;
use crate::db::schema::adolescente;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind;
use diesel::result::Error::DatabaseError;

/// Holds the rows until the transaction ends, always in the same order: who
/// decides by an adolescente's links takes turns here.
pub fn travar(sessao: &mut Sessao<'_>, ids: &[AdolescenteId]) -> QueryResult<()> {
    adolescente::table
        .filter(adolescente::id.eq_any(ids))
        .order(adolescente::id)
        .select(adolescente::id)
        .for_no_key_update()
        .load::<AdolescenteId>(sessao.conn())?;
    Ok(())
}

/// The record of the tribunal, held until the transaction ends: as a rival left
/// it, if one had to be waited for.
pub fn travado(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    identificador: &Identificador,
) -> QueryResult<Option<Adolescente>> {
    let dele = adolescente::identificador.eq(identificador);
    Adolescente::query()
        .filter(dele.and(adolescente::tribunal_codigo.eq(tribunal)))
        .for_no_key_update()
        .first(sessao.conn())
        .optional()
}

/// Writes what may change of a record, and its next version. None when another
/// record of the tribunal has the CPF.
pub fn atualizar(
    sessao: &mut Sessao<'_>,
    novo: &Adolescente,
    agora: DateTime<Utc>,
) -> QueryResult<Option<Adolescente>> {
    let feito = diesel::update(adolescente::table.find(novo.id))
        .set((
            &novo.dados,
            adolescente::cadastro_pendente.eq(novo.cadastro_pendente),
            adolescente::data_obito.eq(novo.data_obito),
            adolescente::atualizado_em.eq(agora),
            adolescente::versao.eq(adolescente::versao + 1),
        ))
        .returning(Adolescente::as_returning())
        .get_result(sessao.conn());
    match feito {
        Err(DatabaseError(DatabaseErrorKind::UniqueViolation, onde))
            if onde.constraint_name() == Some("adolescente_cpf_unico") =>
        {
            Ok(None)
        }
        feito => feito.map(Some),
    }
}

/// Registers an identificador that came from outside (R14): with data, or
/// pending without. None when it was registered meanwhile, or the CPF is taken.
pub fn inserir_com(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    identificador: &Identificador,
    dados: Option<DadosDeAdolescente>,
    agora: DateTime<Utc>,
) -> QueryResult<Option<Adolescente>> {
    let pendente = dados.is_none();
    let novo = dados.unwrap_or_default();
    let quem = (
        adolescente::tribunal_codigo.eq(tribunal),
        adolescente::identificador.eq(identificador),
        adolescente::cadastro_pendente.eq(pendente),
        adolescente::criado_em.eq(agora),
        adolescente::atualizado_em.eq(agora),
    );
    diesel::insert_into(adolescente::table)
        .values((quem, novo))
        .on_conflict_do_nothing()
        .returning(Adolescente::as_returning())
        .get_result(sessao.conn())
        .optional()
}

/// Inserts under a fresh identificador. None when the CPF is taken: the rival's
/// transaction, if still open, is waited for.
pub fn inserir(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    novo: DadosDeAdolescente,
    agora: DateTime<Utc>,
    hoje: NaiveDate,
) -> QueryResult<Option<Adolescente>> {
    use chrono::Datelike;
    use diesel::sql_types::Integer;
    #[diesel::declare_sql_function]
    extern "SQL" {
        fn elos_novo_identificador(ano: Integer) -> Text;
    }

    let quem = (
        adolescente::tribunal_codigo.eq(tribunal),
        adolescente::identificador.eq(elos_novo_identificador(hoje.year())),
        adolescente::criado_em.eq(agora),
        adolescente::atualizado_em.eq(agora),
    );
    diesel::insert_into(adolescente::table)
        .values((quem, novo))
        .on_conflict_do_nothing()
        .returning(Adolescente::as_returning())
        .get_result(sessao.conn())
        .optional()
}
