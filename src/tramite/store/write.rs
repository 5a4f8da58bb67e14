//! What writes trâmites. Rows are locked before a rule judges them.

use super::{colunas, inserir_componentes, tabelas};
use crate::db::schema::{
    mudanca_de_situacao, pedido_de_vinculo, registro_eletronico, registro_no_sistema, tramite,
};
use crate::db::{Sessao, Sql};
use crate::error::Error;
use crate::tramite::rules::{ParteDoTramite, SituacaoTramite};
use crate::tramite::{
    ComponenteDigital, EnviarTramite, Estrutura, Idt, MotivoDaUrgencia, NivelDeSigilo, Nre,
    Protocolo, RegistroEletronico, Tramite,
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Bool;

/// What the decision table asks about others.
#[derive(Debug, Clone, Copy, QueryableByName)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of the table")]
pub struct FatosDoEnvio {
    #[diesel(sql_type = Bool)]
    pub destino_tem: bool,
    #[diesel(sql_type = Bool)]
    pub destino_e_parte: bool,
    #[diesel(sql_type = Bool)]
    pub em_andamento: bool,
    #[diesel(sql_type = Bool)]
    pub com_quem_pergunta: bool,
}

pub fn fatos_do_envio(
    sessao: &mut Sessao<'_>,
    destino: i16,
    chave: &str,
    nre: Option<&Nre>,
) -> QueryResult<FatosDoEnvio> {
    Sql::new("SELECT * FROM elos_fatos_do_envio(")
        .bind(destino)
        .push(", ")
        .bind(chave.to_owned())
        .push(", ")
        .bind_ou_nulo(nre.map(ToString::to_string))
        .push(")")
        .get_result(sessao.conn())
}

/// Sends of one protocolo by one órgão, and of one NRE by anybody, take turns
/// until their transaction ends: the table is judged and written by one at a time.
pub fn tomar_a_vez(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    chave: &str,
    nre: Option<&Nre>,
) -> QueryResult<()> {
    let por_protocolo = format!("tramita:protocolo:{tribunal}:{chave}");
    let por_nre = nre.map(|nre| format!("tramita:nre:{nre}"));
    for vez in [Some(por_protocolo), por_nre].into_iter().flatten() {
        Sql::new("SELECT pg_advisory_xact_lock(hashtextextended(")
            .bind(vez)
            .push(", 0))")
            .execute(sessao.conn())?;
    }
    Ok(())
}

/// The órgão's own registro: of a protocolo.
pub fn registro_proprio(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    chave: &str,
) -> QueryResult<Option<Nre>> {
    registro_no_sistema::table
        .filter(registro_no_sistema::tribunal_codigo.eq(tribunal))
        .filter(registro_no_sistema::protocolo_chave.eq(chave))
        .select(registro_no_sistema::nre)
        .first(sessao.conn())
        .optional()
}

/// What an NRE names, if the órgão is a party of it.
pub fn registro_de(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    nre: &Nre,
) -> QueryResult<Option<RegistroEletronico>> {
    Sql::new(
        "SELECT g.id, g.nre, g.protocolo, g.protocolo_chave, g.tipo_protocolo, g.criado_em FROM registro_eletronico g \
         JOIN registro_no_sistema s ON s.nre = g.nre WHERE g.nre = ",
    )
    .bind(nre.to_string())
    .push(" AND s.tribunal_codigo = ")
    .bind(tribunal)
    .get_result(sessao.conn())
    .optional()
}

/// A fresh NRE for a processo that travels for the first time.
pub fn registrar(
    sessao: &mut Sessao<'_>,
    protocolo: &Protocolo,
    ano: i32,
    agora: DateTime<Utc>,
) -> QueryResult<Nre> {
    #[derive(QueryableByName)]
    struct Sequencia {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let Sequencia { n } =
        Sql::new("SELECT nextval('nre_sequencia') AS n").get_result(sessao.conn())?;
    let nre = Nre::novo(n, ano);
    diesel::insert_into(registro_eletronico::table)
        .values((
            registro_eletronico::nre.eq(&nre),
            registro_eletronico::protocolo.eq(protocolo.texto()),
            registro_eletronico::protocolo_chave.eq(protocolo.chave()),
            registro_eletronico::tipo_protocolo.eq(protocolo.tipo()),
            registro_eletronico::criado_em.eq(agora),
        ))
        .execute(sessao.conn())?;
    Ok(nre)
}

/// The órgão is a party of the NRE from now on. False when it knows the protocolo
/// by another NRE.
pub fn tornar_parte(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    nre: &Nre,
    chave: &str,
    agora: DateTime<Utc>,
) -> QueryResult<bool> {
    diesel::insert_into(registro_no_sistema::table)
        .values((
            registro_no_sistema::tribunal_codigo.eq(tribunal),
            registro_no_sistema::nre.eq(nre),
            registro_no_sistema::protocolo_chave.eq(chave),
            registro_no_sistema::criado_em.eq(agora),
        ))
        .on_conflict_do_nothing()
        .execute(sessao.conn())?;
    Ok(registro_proprio(sessao, tribunal, chave)?.as_ref() == Some(nre))
}

/// From where to where, and with what an accepted send goes.
pub struct Rota<'a> {
    pub nre: &'a Nre,
    pub remetente: &'a Estrutura,
    pub destinatario: &'a Estrutura,
    pub devolucao: bool,
    /// The sender gave the NRE.
    pub nre_informado: bool,
    /// Each file that goes, and whether the destinatário lacks it.
    pub componentes: &'a [(ComponenteDigital, bool)],
}

/// Inserts in situação 1 and, with no file to wait for, passes on to 2. None when
/// another trâmite of the NRE is in progress.
pub fn inserir(
    sessao: &mut Sessao<'_>,
    rota: &Rota<'_>,
    comando: EnviarTramite,
    agora: DateTime<Utc>,
) -> Result<Option<Tramite>, Error> {
    let &Rota { nre, remetente, destinatario, devolucao, nre_informado, componentes } = rota;
    let espera = componentes.iter().any(|(_, solicitado)| *solicitado);
    let (aguardando, completo) =
        (SituacaoTramite::AguardandoComponentes, SituacaoTramite::ComponentesRecebidosSolucao);
    let sigilo = comando.nivel_de_sigilo.map_or(1, NivelDeSigilo::codigo);
    let idt: Option<Idt> = diesel::insert_into(tramite::table)
        .values((
            (
                tramite::nre.eq(nre),
                tramite::remetente_id.eq(remetente.id),
                tramite::remetente_tribunal.eq(remetente.tribunal_codigo),
                tramite::destinatario_id.eq(destinatario.id),
                tramite::destinatario_tribunal.eq(destinatario.tribunal_codigo),
                tramite::situacao.eq(if espera { aguardando } else { completo }),
                tramite::completo_em.eq((!espera).then_some(agora)),
                tramite::devolucao.eq(devolucao),
                tramite::nre_informado.eq(nre_informado),
            ),
            tramite::descricao.eq(comando.descricao.unwrap_or_default()),
            tramite::nivel_de_sigilo.eq(sigilo),
            tramite::hipotese_legal.eq(comando.hipotese_legal),
            tramite::processo_de_negocio.eq(comando.processo_de_negocio),
            tramite::urgente.eq(comando.urgente),
            tramite::motivo_da_urgencia
                .eq(comando.motivo_da_urgencia.map(MotivoDaUrgencia::codigo)),
            tramite::data_de_retorno.eq(comando.data_de_retorno),
            tramite::metadados.eq(comando.metadados),
            tramite::criado_em.eq(agora),
            tramite::atualizado_em.eq(agora),
        ))
        .on_conflict_do_nothing()
        .returning(tramite::idt)
        .get_result(sessao.conn())
        .optional()?;
    let Some(idt) = idt else { return Ok(None) };
    registrar_mudanca(sessao, idt, aguardando, ParteDoTramite::Remetente, agora)?;
    if !espera {
        registrar_mudanca(sessao, idt, completo, ParteDoTramite::Solucao, agora)?;
    }
    inserir_componentes(sessao, idt, componentes)?;
    por_idt(sessao, idt).map(Some)
}

pub fn registrar_mudanca(
    sessao: &mut Sessao<'_>,
    idt: Idt,
    situacao: SituacaoTramite,
    por: ParteDoTramite,
    agora: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(mudanca_de_situacao::table)
        .values((
            mudanca_de_situacao::idt.eq(idt),
            mudanca_de_situacao::situacao.eq(situacao),
            mudanca_de_situacao::ocorrida_em.eq(agora),
            mudanca_de_situacao::por.eq(por),
        ))
        .execute(sessao.conn())?;
    Ok(())
}

/// The trâmite, whoever of its parties asks, held until the transaction ends.
pub fn travado(sessao: &mut Sessao<'_>, idt: Idt) -> Result<Option<Tramite>, Error> {
    let achado: Option<Idt> = tramite::table
        .filter(tramite::idt.eq(idt))
        .select(tramite::idt)
        .for_no_key_update()
        .first(sessao.conn())
        .optional()?;
    achado.map(|idt| por_idt(sessao, idt)).transpose()
}

/// As its parties see it, refused or not.
pub fn por_idt(sessao: &mut Sessao<'_>, idt: Idt) -> Result<Tramite, Error> {
    let sql = Sql::new(concat!("SELECT ", colunas!(), " FROM ", tabelas!(), " WHERE t.idt = "));
    let sql = match sessao.escopo.tribunal() {
        None => sql.bind(idt),
        Some(tribunal) => sql
            .bind(idt)
            .push(" AND ")
            .bind(tribunal)
            .push(" IN (t.remetente_tribunal, t.destinatario_tribunal)"),
    };
    Ok(sql.get_result(sessao.conn())?)
}

/// What a step writes besides the situação.
#[derive(Debug, Clone, Default, AsChangeset)]
#[diesel(table_name = tramite)]
pub struct Anotacao {
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

/// Writes the situação that a locked trâmite passed to, and tells of it.
pub fn passar(
    sessao: &mut Sessao<'_>,
    idt: Idt,
    situacao: SituacaoTramite,
    por: ParteDoTramite,
    anotacao: &Anotacao,
    agora: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(tramite::table.find(idt))
        .set((tramite::situacao.eq(situacao), tramite::atualizado_em.eq(agora), anotacao))
        .execute(sessao.conn())?;
    // Its place in the feed, which tells of what waits for a reception.
    if situacao == SituacaoTramite::ComponentesRecebidosSolucao {
        Sql::new("UPDATE tramite SET xid = elos_posicao() WHERE idt = ")
            .bind(idt)
            .execute(sessao.conn())?;
    }
    registrar_mudanca(sessao, idt, situacao, por, agora)
}

/// Those of the tribunal that stand still since before `limite`, held: another
/// instance that looks at the same time takes others.
pub fn vencidos(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    limite: DateTime<Utc>,
) -> QueryResult<Vec<Idt>> {
    tramite::table
        .filter(tramite::remetente_tribunal.eq(tribunal))
        .filter(tramite::situacao.le(SituacaoTramite::ComponentesRecebidosDestinatario))
        .filter(tramite::atualizado_em.lt(limite))
        .order(tramite::idt)
        .limit(100)
        .select(tramite::idt)
        .for_no_key_update()
        .skip_locked()
        .load(sessao.conn())
}

/// Whether the órgão has taken part in a trâmite of the NRE that was received, or
/// left or got the processo by inheritance.
pub fn ja_concluido(sessao: &mut Sessao<'_>, tribunal: i16, nre: &Nre) -> QueryResult<bool> {
    let dele =
        tramite::remetente_tribunal.eq(tribunal).or(tramite::destinatario_tribunal.eq(tribunal));
    let recebido = tramite::situacao
        .eq_any([SituacaoTramite::ReciboRecebidoSolucao, SituacaoTramite::ReciboRecebidoRemetente]);
    let tramitou = tramite::table.filter(tramite::nre.eq(nre)).filter(dele).filter(recebido);
    // By the rows that the órgão sees, which are its own.
    let herdou = pedido_de_vinculo::table
        .filter(pedido_de_vinculo::nre.eq(nre))
        .filter(pedido_de_vinculo::tribunal_codigo.eq(tribunal))
        .filter(pedido_de_vinculo::efetivado_em.is_not_null());
    diesel::select(diesel::dsl::exists(tramitou).or(diesel::dsl::exists(herdou)))
        .get_result(sessao.conn())
}
