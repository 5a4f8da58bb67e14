//! What writes to processos and links. Rows are locked before a rule judges them.

use super::{ProcessoSql, colunas};
use crate::adolescente::{Adolescente, AdolescenteId};
use crate::db::schema::{processo, vinculo};
use crate::db::{Sessao, Sql};
use crate::processo::rules::FatosDoVinculo;
use crate::processo::{NovoProcesso, NumeroProcesso, Processo, ProcessoId, Vinculo};
use crate::value::cpf::Cpf;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Inserts them with their links, in one statement. Of those whose number is taken nothing comes
/// back: the rival's transaction, if still open, is waited for. No two are of one number.
pub fn inserir(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    novos: &[&NovoProcesso],
    agora: DateTime<Utc>,
) -> QueryResult<Vec<Processo>> {
    if novos.is_empty() {
        return Ok(Vec::new());
    }
    let numero = |novo: &NovoProcesso| novo.numero.digitos().to_owned();
    let cpf = |cpf: &Option<Cpf>| cpf.as_ref().map(|cpf| cpf.completo().to_owned());
    let links =
        || novos.iter().flat_map(|&novo| novo.adolescentes.iter().map(move |id| (novo, id)));
    // In the order of the numbers, so that two who insert the same ones do not wait for each other.
    // Two unique indexes hold the number: naming one would let the other raise.
    Sql::new(
        "WITH p AS (INSERT INTO processo (tribunal_codigo, criado_em, atualizado_em, numero, tipo, id_orgao, \
         app_name_sistema_tribunal, id_processo_sistema_externo, numero_referencia, magistrado_nome, magistrado_cpf, \
         serventuario_nome, serventuario_cpf) SELECT ",
    )
    .bind(tribunal)
    .push(", ")
    .bind(agora)
    .push(", ")
    .bind(agora)
    .push(", n.* FROM unnest(")
    .bind_cada(novos, |novo| numero(novo))
    .push(", ")
    .bind_cada(novos, |novo| novo.tipo.texto().to_owned())
    .push(", ")
    .bind_cada(novos, |novo| novo.id_orgao)
    .push(", ")
    .bind_cada(novos, |novo| novo.app_name_sistema_tribunal.clone())
    .push(", ")
    .bind_cada(novos, |novo| novo.id_processo_sistema_externo.clone())
    .push(", ")
    .bind_cada(novos, |novo| novo.referencia.as_ref().map(|numero| numero.digitos().to_owned()))
    .push(", ")
    .bind_cada(novos, |novo| novo.magistrado.nome.clone())
    .push(", ")
    .bind_cada(novos, |novo| cpf(&novo.magistrado.cpf))
    .push(", ")
    .bind_cada(novos, |novo| novo.serventuario.nome.clone())
    .push(", ")
    .bind_cada(novos, |novo| cpf(&novo.serventuario.cpf))
    .push(
        ") AS n (numero) ORDER BY n.numero ON CONFLICT DO NOTHING RETURNING *), \
         v AS (INSERT INTO vinculo (tribunal_codigo, processo_id, adolescente_id, iniciado_em) \
         SELECT p.tribunal_codigo, p.id, a.quem, p.criado_em FROM p JOIN unnest(",
    )
    .bind(links().map(|(novo, _)| numero(novo)).collect::<Vec<_>>())
    .push(", ")
    .bind(links().map(|(_, id)| id.0).collect::<Vec<_>>())
    .push(concat!(
        ") WITH ORDINALITY AS a (de, quem, n) ON a.de = p.numero ORDER BY a.n) SELECT ",
        colunas!(),
        " FROM p"
    ))
    .por_lugar::<ProcessoSql>()
    .load(sessao.conn())
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
