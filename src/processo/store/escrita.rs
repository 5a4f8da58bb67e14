//! What writes to processos and links. Rows are locked before a rule judges them.

use super::{ProcessoSql, colunas};
use crate::adolescente::{Adolescente, AdolescenteId};
use crate::cpf::Cpf;
use crate::db::schema::{processo, vinculo};
use crate::db::{Sessao, Sql};
use crate::processo::rules::FatosDoVinculo;
use crate::processo::{NovoProcesso, NumeroProcesso, Processo, ProcessoId, Vinculo};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Inserts with its links, in one statement. None when the number is taken: the rival's
/// transaction, if still open, is waited for.
pub fn inserir(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    novo: NovoProcesso,
    agora: DateTime<Utc>,
) -> QueryResult<Option<Processo>> {
    let cpf = |cpf: Option<Cpf>| cpf.map(|cpf| cpf.completo().to_owned());
    let adolescentes: Vec<i64> = novo.adolescentes.iter().map(|id| id.0).collect();
    let sql = Sql::new(
        "WITH p AS (INSERT INTO processo (tribunal_codigo, numero, tipo, id_orgao, app_name_sistema_tribunal, criado_em, \
         atualizado_em, id_processo_sistema_externo, numero_referencia, magistrado_nome, magistrado_cpf, \
         serventuario_nome, serventuario_cpf) VALUES (",
    )
    .bind(tribunal)
    .push(", ")
    .bind(novo.numero.digitos().to_owned())
    .push(", ")
    .bind(novo.tipo.texto().to_owned())
    .push(", ")
    .bind(novo.id_orgao)
    .push(", ")
    .bind(novo.app_name_sistema_tribunal)
    .push(", ")
    .bind(agora)
    .push(", ")
    .bind(agora);
    let opcionais = [
        novo.id_processo_sistema_externo,
        novo.referencia.map(|numero| numero.digitos().to_owned()),
        novo.magistrado.nome,
        cpf(novo.magistrado.cpf),
        novo.serventuario.nome,
        cpf(novo.serventuario.cpf),
    ];
    // Two unique indexes hold the number: naming one would let the other raise.
    opcionais
        .into_iter()
        .fold(sql, |sql, opcional| sql.push(", ").bind(opcional))
        .push(
            ") ON CONFLICT DO NOTHING RETURNING *), \
             v AS (INSERT INTO vinculo (tribunal_codigo, processo_id, adolescente_id, iniciado_em) \
             SELECT p.tribunal_codigo, p.id, quem, p.criado_em FROM p, unnest(",
        )
        .bind(adolescentes)
        .push(concat!(
            ") WITH ORDINALITY AS a (quem, n) ORDER BY n) SELECT ",
            colunas!(),
            " FROM p"
        ))
        .por_lugar::<ProcessoSql>()
        .get_result(sessao.conn())
        .optional()
}

/// The processo, held until the transaction ends. NO KEY: a foreign key that
/// points at it, such as an execução's, need not wait.
pub fn travar(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    numero: &NumeroProcesso,
) -> QueryResult<Option<Processo>> {
    Processo::query()
        .filter(processo::numero.eq(numero).and(processo::tribunal_codigo.eq(tribunal)))
        .for_no_key_update()
        .first(sessao.conn())
        .optional()
}

/// Writes what may change of a processo, and its next version.
pub fn atualizar(
    sessao: &mut Sessao<'_>,
    novo: &Processo,
    agora: DateTime<Utc>,
) -> QueryResult<Processo> {
    diesel::update(processo::table.find(novo.id))
        .set((
            processo::situacao.eq(novo.situacao),
            processo::magistrado_nome.eq(&novo.magistrado_nome),
            processo::magistrado_cpf.eq(&novo.magistrado_cpf),
            processo::serventuario_nome.eq(&novo.serventuario_nome),
            processo::serventuario_cpf.eq(&novo.serventuario_cpf),
            processo::atualizado_em.eq(agora),
            processo::versao.eq(processo::versao + 1),
        ))
        .returning(Processo::as_returning())
        .get_result(sessao.conn())
}

/// The adolescentes with an open link to the processo.
pub fn vinculados_ativos(
    sessao: &mut Sessao<'_>,
    de: ProcessoId,
) -> QueryResult<Vec<AdolescenteId>> {
    vinculo::table
        .filter(vinculo::processo_id.eq(de).and(vinculo::encerrado_em.is_null()))
        .order(vinculo::id)
        .select(vinculo::adolescente_id)
        .load(sessao.conn())
}

/// What the rules on links ask of a pair. Both rows are locked already.
pub fn fatos_do_vinculo(
    sessao: &mut Sessao<'_>,
    processo: &Processo,
    adolescente: Option<&Adolescente>,
) -> QueryResult<FatosDoVinculo> {
    let ativos = vinculados_ativos(sessao, processo.id)?;
    let Some(adolescente) = adolescente else {
        return Ok(FatosDoVinculo { adolescentes: ativos.len(), ..FatosDoVinculo::default() });
    };
    Ok(FatosDoVinculo {
        ativo: ativos.contains(&adolescente.id),
        adolescentes: ativos.len(),
        execucao_ativa: super::execucao_ativa(sessao, &[adolescente.id])?,
    })
}

type ColunasDoVinculo = (vinculo::id, vinculo::iniciado_em, vinculo::encerrado_em, vinculo::motivo);
const COLUNAS_DO_VINCULO: ColunasDoVinculo =
    (vinculo::id, vinculo::iniciado_em, vinculo::encerrado_em, vinculo::motivo);

pub fn vincular(
    sessao: &mut Sessao<'_>,
    processo: &Processo,
    adolescente: AdolescenteId,
    agora: DateTime<Utc>,
) -> QueryResult<Vinculo> {
    diesel::insert_into(vinculo::table)
        .values((
            vinculo::tribunal_codigo.eq(processo.tribunal_codigo),
            vinculo::processo_id.eq(processo.id),
            vinculo::adolescente_id.eq(adolescente),
            vinculo::iniciado_em.eq(agora),
        ))
        .returning(COLUNAS_DO_VINCULO)
        .get_result(sessao.conn())
}

/// Ends the open link of the pair; the row stays (R17).
pub fn desvincular(
    sessao: &mut Sessao<'_>,
    processo: ProcessoId,
    adolescente: AdolescenteId,
    motivo: Option<String>,
    agora: DateTime<Utc>,
) -> QueryResult<Vinculo> {
    let aberto = vinculo::table
        .filter(vinculo::processo_id.eq(processo).and(vinculo::adolescente_id.eq(adolescente)))
        .filter(vinculo::encerrado_em.is_null());
    diesel::update(aberto)
        .set((vinculo::encerrado_em.eq(agora), vinculo::motivo.eq(motivo)))
        .returning(COLUNAS_DO_VINCULO)
        .get_result(sessao.conn())
}

pub fn vinculo_por_id(sessao: &mut Sessao<'_>, id: i64) -> QueryResult<Vinculo> {
    vinculo::table.find(id).select(COLUNAS_DO_VINCULO).first(sessao.conn())
}
