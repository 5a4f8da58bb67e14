//! Writes on guias, and the reads and locks for the rules that precede a write.

use super::visible;
use crate::adolescente::AdolescenteId;
use crate::db::schema::{ato_infracional, documento_da_guia, guia};
use crate::db::{Session, Sql};
use crate::error::Error;
use crate::guia::rules::Facts;
use crate::guia::{EmitirGuia, Guia, GuiaId, MotivoBaixaGuia, NumeroDaGuia, SituacaoGuia};
use crate::processo::Processo;
use crate::{adolescente, processo};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;

/// Reads the facts for the rules on an emission, and locks the guias to unify.
pub fn facts(session: &mut Session<'_>, command: &EmitirGuia) -> Result<Facts, Error> {
    let identificadores: Vec<_> = command.adolescente.iter().collect();
    let adolescente = adolescente::store::by_identificadores(session, &identificadores)?.pop();
    let adolescente = adolescente.map(|adolescente| adolescente.id);
    let mut by_numero = |numero: &Option<_>| match numero {
        Some(numero) => processo::store::by_numero(session, numero),
        None => Ok(None),
    };
    let apuracao = by_numero(&command.propria.apuracao)?;
    let execucao = by_numero(&command.propria.execucao)?;
    let processos: Vec<_> = [&apuracao, &execucao].into_iter().flatten().map(|p| p.id).collect();
    let vinculados = match adolescente {
        Some(adolescente) => super::vinculados(session, adolescente, &processos)?,
        None => Vec::new(),
    };
    let definitivas: Vec<_> = command.propria.definitivas.iter().flatten().collect();
    let definitivas = match definitivas.as_slice() {
        [] => Vec::new(),
        numeros => lock(session, numeros)?,
    };
    Ok(Facts { adolescente, apuracao, execucao, vinculados, definitivas })
}

/// Locks, until the transaction ends, those of the guias that the tribunal has, and returns them.
/// Locks them in the order of their ids to avoid deadlocks.
pub fn lock(session: &mut Session<'_>, numeros: &[&NumeroDaGuia]) -> QueryResult<Vec<Guia>> {
    let tribunal = session.scope.tribunal();
    guia::table
        .filter(guia::numero.eq_any(numeros).and(guia::tribunal_codigo.nullable().eq(tribunal)))
        .order(guia::id)
        .select(guia::id)
        .for_no_key_update()
        .load::<GuiaId>(session.conn())?;
    let texts: Vec<String> = numeros.iter().map(ToString::to_string).collect();
    visible(session, Sql::new("g.numero = ANY(").bind(texts).push(")"))
}

/// A guia that must exist: an earlier outcome or this transaction names it.
pub fn by_id(session: &mut Session<'_>, id: GuiaId) -> Result<Guia, Error> {
    let found = visible(session, Sql::new("g.id = ").bind(id.0))?.pop();
    found.ok_or_else(|| diesel::result::Error::NotFound.into())
}

/// The adolescente and the processos of an accepted emission.
pub struct GuiaObjects<'a> {
    pub tribunal: i16,
    pub adolescente: AdolescenteId,
    pub apuracao: Option<&'a Processo>,
    pub execucao: Option<&'a Processo>,
}

/// Inserts a guia under the next number of the day. Returns `None` when the day has no number left.
pub fn insert(
    session: &mut Session<'_>,
    command: EmitirGuia,
    objects: &GuiaObjects<'_>,
    now: DateTime<Utc>,
    today: NaiveDate,
) -> Result<Option<Guia>, Error> {
    use diesel::sql_types::Date;
    #[diesel::declare_sql_function]
    extern "SQL" {
        fn elos_novo_numero_de_guia(day: Date) -> Nullable<Text>;
    }
    let numero = diesel::select(elos_novo_numero_de_guia(today));
    let Some(numero) = numero.get_result::<Option<NumeroDaGuia>>(session.conn())? else {
        return Ok(None);
    };
    let &GuiaObjects { tribunal, adolescente, apuracao, execucao } = objects;
    let EmitirGuia { tipo, origem, magistrado, serventuario, atos, propria: details, .. } = command;
    let values = (
        guia::tribunal_codigo.eq(tribunal),
        guia::numero.eq(numero),
        guia::tipo.eq(tipo),
        guia::origem.eq(origem),
        guia::adolescente_id.eq(adolescente),
        guia::apuracao_id.eq(apuracao.map(|processo| processo.id)),
        guia::execucao_id.eq(execucao.map(|processo| processo.id)),
        guia::magistrado_nome.eq(magistrado.nome),
        guia::serventuario_nome.eq(serventuario.nome),
        guia::criado_em.eq(now),
        guia::atualizado_em.eq(now),
    );
    // The first four values are optional in the command but NOT NULL in the table. The rules refuse
    // a command that lacks one, and so does the constraint.
    let optional_values = (
        magistrado.cpf.map(|cpf| guia::magistrado_cpf.eq(cpf)),
        serventuario.cpf.map(|cpf| guia::serventuario_cpf.eq(cpf)),
        command.serventuario_cargo.map(|cargo| guia::serventuario_cargo.eq(cargo)),
        command.codigo_tpu_medida.map(|code| guia::codigo_tpu_medida.eq(code)),
        guia::data_sentenca.eq(details.data_sentenca),
        guia::houve_internacao.eq(details.houve_internacao),
        guia::data_inicio_internacao.eq(details.data_inicio_internacao),
        guia::data_fim_internacao.eq(details.data_fim_internacao),
        guia::data_transito_julgado.eq(details.data_transito_julgado),
        guia::prazo.eq(details.prazo),
        guia::data_decisao.eq(details.data_decisao),
        guia::medida_resultante.eq(details.medida_resultante),
    );
    let id: GuiaId = diesel::insert_into(guia::table)
        .values((values, optional_values))
        .returning(guia::id)
        .get_result(session.conn())?;

    let atos: Vec<_> = atos
        .into_iter()
        .map(|ato| {
            (
                ato_infracional::tribunal_codigo.eq(tribunal),
                ato_infracional::guia_id.eq(id),
                ato.codigo_tpu.map(|code| ato_infracional::codigo_tpu.eq(code)),
                ato_infracional::descricao.eq(ato.descricao),
                ato_infracional::local_fato.eq(ato.local_fato),
                ato_infracional::data_fato.eq(ato.data_fato),
            )
        })
        .collect();
    diesel::insert_into(ato_infracional::table).values(atos).execute(session.conn())?;
    let documentos: Vec<_> = details
        .documentos
        .into_iter()
        .map(|documento| {
            (
                documento_da_guia::tribunal_codigo.eq(tribunal),
                documento_da_guia::guia_id.eq(id),
                documento.tipo.map(|tipo| documento_da_guia::tipo.eq(tipo)),
                documento_da_guia::identificador_autos.eq(documento.identificador_autos),
            )
        })
        .collect();
    diesel::insert_into(documento_da_guia::table).values(documentos).execute(session.conn())?;
    by_id(session, id).map(Some)
}

/// Closes guias that are locked, for `motivo`; `by` is the unificadora that absorbs them, if one
/// does.
pub fn baixar(
    session: &mut Session<'_>,
    ids: &[GuiaId],
    motivo: Option<MotivoBaixaGuia>,
    by: Option<GuiaId>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(guia::table.filter(guia::id.eq_any(ids)))
        .set((
            guia::situacao.eq(SituacaoGuia::Baixada),
            guia::motivo_baixa.eq(motivo),
            guia::unificada_por.eq(by),
            guia::baixada_em.eq(now),
            guia::atualizado_em.eq(now),
            guia::versao.eq(guia::versao + 1),
        ))
        .execute(session.conn())?;
    Ok(())
}
