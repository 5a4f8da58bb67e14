//! Writes on trâmites, and the locks and reads for the rules that precede a write.

use super::{insert_componentes, tables};
use crate::db::schema::{
    mudanca_de_situacao, pedido_de_vinculo, registro_eletronico, registro_no_sistema, tramite,
};
use crate::db::{Session, Sql, row};
use crate::error::Error;
use crate::tramite::rules::{ParteDoTramite, SituacaoTramite};
use crate::tramite::{
    ComponenteDigital, EnviarTramite, Estrutura, Idt, MotivoDaUrgencia, NivelDeSigilo, Nre,
    Protocolo, RegistroEletronico, Tramite, registro_columns, tramite_columns,
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

row! {
    /// The facts about other órgãos that the decision table needs: yes or no, and nothing more.
    #[derive(Debug, Clone, Copy, QueryableByName)]
    pub struct EnvioFacts {
        pub destino_tem: bool,
        pub destino_e_parte: bool,
        pub em_andamento: bool,
        pub com_quem_pergunta: bool,
    }
}

pub fn envio_facts(
    session: &mut Session<'_>,
    destination: i16,
    key: &str,
    nre: Option<&Nre>,
) -> QueryResult<EnvioFacts> {
    Sql::new("SELECT * FROM elos_fatos_do_envio(")
        .bind(destination)
        .push(", ")
        .bind(key.to_owned())
        .push(", ")
        .bind_nullable(nre.map(ToString::to_string))
        .push(")")
        .get_result(session.conn())
}

/// Serializes, until the end of the transaction, all sends of one protocolo by one órgão, and all
/// sends of one NRE by any órgão. Otherwise two sends could both pass the table.
pub fn take_advisory_lock(
    session: &mut Session<'_>,
    tribunal: i16,
    key: &str,
    nre: Option<&Nre>,
) -> QueryResult<()> {
    let by_protocolo = format!("tramita:protocolo:{tribunal}:{key}");
    let by_nre = nre.map(|nre| format!("tramita:nre:{nre}"));
    for lock_key in [Some(by_protocolo), by_nre].into_iter().flatten() {
        Sql::new("SELECT pg_advisory_xact_lock(hashtextextended(")
            .bind(lock_key)
            .push(", 0))")
            .execute(session.conn())?;
    }
    Ok(())
}

/// The NRE under which the órgão knows a protocolo, if it knows it.
pub fn own_registro(
    session: &mut Session<'_>,
    tribunal: i16,
    key: &str,
) -> QueryResult<Option<Nre>> {
    registro_no_sistema::table
        .filter(registro_no_sistema::tribunal_codigo.eq(tribunal))
        .filter(registro_no_sistema::protocolo_chave.eq(key))
        .select(registro_no_sistema::nre)
        .first(session.conn())
        .optional()
}

/// The registro eletrônico of an NRE, if the órgão is a party of it.
pub fn registro_of(
    session: &mut Session<'_>,
    tribunal: i16,
    nre: &Nre,
) -> QueryResult<Option<RegistroEletronico>> {
    Sql::new(concat!(
        "SELECT ",
        registro_columns!(),
        " FROM registro_eletronico g JOIN registro_no_sistema s ON s.nre = g.nre WHERE g.nre = "
    ))
    .bind(nre.to_string())
    .push(" AND s.tribunal_codigo = ")
    .bind(tribunal)
    .get_result(session.conn())
    .optional()
}

/// Creates a registro eletrônico, with a new NRE, for a processo that is sent for the first time.
pub fn create_registro(
    session: &mut Session<'_>,
    protocolo: &Protocolo,
    year: i32,
    now: DateTime<Utc>,
) -> QueryResult<Nre> {
    let n = Sql::new("SELECT nextval('nre_sequencia')").row(session.conn())?;
    let nre = Nre::new(n, year);
    diesel::insert_into(registro_eletronico::table)
        .values((
            registro_eletronico::nre.eq(&nre),
            registro_eletronico::protocolo.eq(protocolo.text()),
            registro_eletronico::protocolo_chave.eq(protocolo.key()),
            registro_eletronico::tipo_protocolo.eq(protocolo.tipo()),
            registro_eletronico::criado_em.eq(now),
        ))
        .execute(session.conn())?;
    Ok(nre)
}

/// Makes the órgão a party of the NRE. Returns `false` when the órgão knows the protocolo under
/// another NRE.
pub fn make_party(
    session: &mut Session<'_>,
    tribunal: i16,
    nre: &Nre,
    key: &str,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    diesel::insert_into(registro_no_sistema::table)
        .values((
            registro_no_sistema::tribunal_codigo.eq(tribunal),
            registro_no_sistema::nre.eq(nre),
            registro_no_sistema::protocolo_chave.eq(key),
            registro_no_sistema::criado_em.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(session.conn())?;
    Ok(own_registro(session, tribunal, key)?.as_ref() == Some(nre))
}

/// The estruturas, the NRE and the files of an accepted send.
pub struct Route<'a> {
    pub nre: &'a Nre,
    pub remetente: &'a Estrutura,
    pub destinatario: &'a Estrutura,
    pub devolucao: bool,
    /// Whether the sender gave the NRE.
    pub nre_informado: bool,
    /// Each file of the send, and whether the remetente must upload it.
    pub componentes: &'a [(ComponenteDigital, bool)],
}

/// Inserts the trâmite in situação 1 or, with no file to wait for, in 2. Returns `None` when
/// another trâmite of the NRE is in progress.
pub fn insert(
    session: &mut Session<'_>,
    route: &Route<'_>,
    command: EnviarTramite,
    now: DateTime<Utc>,
) -> Result<Option<Tramite>, Error> {
    let &Route { nre, remetente, destinatario, devolucao, nre_informado, componentes } = route;
    let awaits_files = componentes.iter().any(|(_, solicitado)| *solicitado);
    let (awaiting, complete) =
        (SituacaoTramite::AguardandoComponentes, SituacaoTramite::ComponentesRecebidosSolucao);
    let sigilo = command.nivel_de_sigilo.map_or(1, NivelDeSigilo::code);
    let idt: Option<Idt> = diesel::insert_into(tramite::table)
        .values((
            (
                tramite::nre.eq(nre),
                tramite::remetente_id.eq(remetente.id),
                tramite::remetente_tribunal.eq(remetente.tribunal_codigo),
                tramite::destinatario_id.eq(destinatario.id),
                tramite::destinatario_tribunal.eq(destinatario.tribunal_codigo),
                tramite::situacao.eq(if awaits_files { awaiting } else { complete }),
                tramite::completo_em.eq((!awaits_files).then_some(now)),
                tramite::devolucao.eq(devolucao),
                tramite::nre_informado.eq(nre_informado),
            ),
            tramite::descricao.eq(command.descricao.unwrap_or_default()),
            tramite::nivel_de_sigilo.eq(sigilo),
            tramite::hipotese_legal.eq(command.hipotese_legal),
            tramite::processo_de_negocio.eq(command.processo_de_negocio),
            tramite::urgente.eq(command.urgente),
            tramite::motivo_da_urgencia.eq(command.motivo_da_urgencia.map(MotivoDaUrgencia::code)),
            tramite::data_de_retorno.eq(command.data_de_retorno),
            tramite::metadados.eq(command.metadados),
            tramite::criado_em.eq(now),
            tramite::atualizado_em.eq(now),
        ))
        .on_conflict_do_nothing()
        .returning(tramite::idt)
        .get_result(session.conn())
        .optional()?;
    let Some(idt) = idt else { return Ok(None) };
    record_change(session, idt, awaiting, ParteDoTramite::Remetente, now)?;
    if !awaits_files {
        record_change(session, idt, complete, ParteDoTramite::Solucao, now)?;
    }
    insert_componentes(session, idt, componentes)?;
    by_idt(session, idt).map(Some)
}

pub fn record_change(
    session: &mut Session<'_>,
    idt: Idt,
    situacao: SituacaoTramite,
    by: ParteDoTramite,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(mudanca_de_situacao::table)
        .values((
            mudanca_de_situacao::idt.eq(idt),
            mudanca_de_situacao::situacao.eq(situacao),
            mudanca_de_situacao::ocorrida_em.eq(now),
            mudanca_de_situacao::por.eq(by),
        ))
        .execute(session.conn())?;
    Ok(())
}

/// Locks the trâmite until the transaction ends. Either party may ask for it, also after a refusal.
pub fn locked(session: &mut Session<'_>, idt: Idt) -> Result<Option<Tramite>, Error> {
    let found: Option<Idt> = tramite::table
        .filter(tramite::idt.eq(idt))
        .select(tramite::idt)
        .for_no_key_update()
        .first(session.conn())
        .optional()?;
    found.map(|idt| by_idt(session, idt)).transpose()
}

/// The trâmite as its parties see it. Unlike [`super::visible_tramite`], also one that the
/// destinatário refused.
pub fn by_idt(session: &mut Session<'_>, idt: Idt) -> Result<Tramite, Error> {
    let sql =
        Sql::new(concat!("SELECT ", tramite_columns!(), " FROM ", tables!(), " WHERE t.idt = "));
    let sql = match session.scope.tribunal() {
        None => sql.bind(idt),
        Some(tribunal) => sql
            .bind(idt)
            .push(" AND ")
            .bind(tribunal)
            .push(" IN (t.remetente_tribunal, t.destinatario_tribunal)"),
    };
    Ok(sql.get_result(session.conn())?)
}

/// The columns that a step writes besides the situação. `None` leaves a column as it is.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = tramite)]
pub struct Annotation {
    pub data_de_recebimento: Option<DateTime<Utc>>,
    pub hash_da_assinatura: Option<String>,
    pub recibo_em: Option<DateTime<Utc>>,
    pub recibo_entregue_em: Option<DateTime<Utc>>,
    pub recibo_assinado: Option<bool>,
    pub motivo_recusa: Option<String>,
    pub justificativa: Option<String>,
    pub recusado_em: Option<DateTime<Utc>>,
    pub ciencia_em: Option<DateTime<Utc>>,
    pub completo_em: Option<DateTime<Utc>>,
    pub metadados_em: Option<DateTime<Utc>>,
}

/// Writes the situação that a locked trâmite enters, and adds it to the history.
pub fn advance(
    session: &mut Session<'_>,
    idt: Idt,
    situacao: SituacaoTramite,
    by: ParteDoTramite,
    annotation: &Annotation,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(tramite::table.find(idt))
        .set((tramite::situacao.eq(situacao), tramite::atualizado_em.eq(now), annotation))
        .execute(session.conn())?;
    // The feed lists the trâmites that wait for reception, in the order in which they reach this
    // situação.
    if situacao == SituacaoTramite::ComponentesRecebidosSolucao {
        Sql::new("UPDATE tramite SET xid = elos_posicao() WHERE idt = ")
            .bind(idt)
            .execute(session.conn())?;
    }
    record_change(session, idt, situacao, by, now)
}

/// Locks the trâmites that the tribunal sent and that have been in the same situação, 1 to 4, since
/// before `cutoff`, at most 100. Instances that ask at the same time get different trâmites.
pub fn overdue(
    session: &mut Session<'_>,
    tribunal: i16,
    cutoff: DateTime<Utc>,
) -> QueryResult<Vec<Idt>> {
    tramite::table
        .filter(tramite::remetente_tribunal.eq(tribunal))
        .filter(tramite::situacao.le(SituacaoTramite::ComponentesRecebidosDestinatario))
        .filter(tramite::atualizado_em.lt(cutoff))
        .order(tramite::idt)
        .limit(100)
        .select(tramite::idt)
        .for_no_key_update()
        .skip_locked()
        .load(session.conn())
}

/// Whether the órgão took part in a trâmite of the NRE that was received, or gave or got the
/// processo by inheritance.
pub fn already_concluded(session: &mut Session<'_>, tribunal: i16, nre: &Nre) -> QueryResult<bool> {
    let is_party =
        tramite::remetente_tribunal.eq(tribunal).or(tramite::destinatario_tribunal.eq(tribunal));
    let received = tramite::situacao
        .eq_any([SituacaoTramite::ReciboRecebidoSolucao, SituacaoTramite::ReciboRecebidoRemetente]);
    let already_tramitado =
        tramite::table.filter(tramite::nre.eq(nre)).filter(is_party).filter(received);
    // Row-level security shows an órgão only its own requests.
    let inherited = pedido_de_vinculo::table
        .filter(pedido_de_vinculo::nre.eq(nre))
        .filter(pedido_de_vinculo::tribunal_codigo.eq(tribunal))
        .filter(pedido_de_vinculo::efetivado_em.is_not_null());
    diesel::select(diesel::dsl::exists(already_tramitado).or(diesel::dsl::exists(inherited)))
        .get_result(session.conn())
}
