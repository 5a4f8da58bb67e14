//! SQL of processos and of their links.

mod write;
mod lists;
mod vinculos;

pub use lists::*;
pub use vinculos::*;
pub use write::*;

use super::rules::{self, Conhecidos, Fatos};
use super::{
    CadastrarProcesso, NumeroProcesso, Processo, ProcessoId, SituacaoProcesso, SituacaoVinculo,
    TipoProcesso,
};
use crate::adolescente::{AdolescenteId, Identificador};
use crate::auth::Escopo;
use crate::command::Lembranca;
use crate::db::schema::{adolescente, processo, vinculo};
use crate::db::{Relation, Sessao, Sql};
use crate::error::Error;
use crate::rascunho;
use crate::value::regras::Regras;
use crate::value::resource::{Recurso, recursos, sem_recursos};
use ahash::HashMap;
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::collections::HashSet;
use std::sync::Arc;

pub type ProcessoSql = diesel::dsl::SqlTypeOf<diesel::dsl::AsSelect<Processo, diesel::pg::Pg>>;

/// From `inicio`, of rows of the tribunal, or of all for who may see them.
fn visiveis(inicio: &'static str, escopo: Escopo, condicao: Sql) -> Sql {
    let do_tribunal = escopo.tribunal().map(|codigo| Sql::new("p.tribunal_codigo = ").bind(codigo));
    let onde = Sql::juntar(do_tribunal.into_iter().chain([condicao]), " AND ", "true");
    Sql::new(inicio).push(" FROM processo p WHERE ").append(onde)
}

fn ler(sessao: &mut Sessao<'_>, condicao: Sql) -> QueryResult<Vec<Processo>> {
    visiveis(concat!("SELECT ", colunas!()), sessao.escopo, condicao)
        .por_lugar::<ProcessoSql>()
        .load(sessao.conn())
}

fn de_id(id: ProcessoId) -> Sql {
    Sql::new("p.id = ").bind(id.0)
}

fn de_numeros<'n>(numeros: impl Iterator<Item = &'n NumeroProcesso>) -> Sql {
    let digitos: Vec<_> = numeros.map(|numero| numero.digitos().to_owned()).collect();
    Sql::new("p.numero = ANY(").bind(digitos).push(")")
}

/// The processo with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProcessoPorId(pub ProcessoId);

impl Relation for ProcessoPorId {
    type Value = Arc<Processo>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0.0).collect();
        let linhas = ler(sessao, Sql::new("p.id = ANY(").bind(ids).push(")"))?;
        Ok(linhas.into_iter().map(|linha| (Self(linha.id), Arc::new(linha))).collect())
    }
}

/// The processo with this number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProcessoPorNumero(pub NumeroProcesso);

impl Relation for ProcessoPorNumero {
    type Value = Arc<Processo>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let linhas = ler(sessao, de_numeros(keys.iter().map(|key| &key.0)))?;
        Ok(linhas.into_iter().map(|p| (Self(p.numero.clone()), Arc::new(p))).collect())
    }
}

/// What the rules on a registration need to know; of `conhecidos`, those that it names.
pub fn fatos(
    sessao: &mut Sessao<'_>,
    comando: &CadastrarProcesso,
    conhecidos: &Conhecidos,
    regras: Regras,
) -> Result<Fatos, Error> {
    let nomeados = comando.adolescentes.iter().flatten();
    let conhecidos = nomeados.filter_map(|nome| Some((nome.clone(), *conhecidos.get(nome)?)));
    let mut fatos = Fatos { conhecidos: conhecidos.collect(), ..Fatos::default() };
    if let (true, Some(codigo)) = (regras.exigir_rascunho, &comando.id_processo_sistema_externo)
        && rules::codigo_externo_legivel(codigo).is_none()
    {
        fatos.rascunho = rascunho::store::travado(sessao, codigo)?;
    }
    if comando.tipo == Some(TipoProcesso::Execucao) {
        // Under the lock, so that of two execuções of one adolescente the second sees the first.
        let ids: Vec<_> = fatos.conhecidos.values().copied().collect();
        crate::adolescente::store::travar(sessao, &ids)?;
        fatos.execucao_ativa = execucao_ativa(sessao, &ids)?;
    }
    if let (Some(TipoProcesso::Execucao), Some(referencia)) = (comando.tipo, &comando.referencia) {
        fatos.referencia_e_apuracao = e_apuracao(sessao, referencia)?;
        if let Some(apuracao) = por_numero(sessao, referencia)? {
            let ids = fatos.conhecidos.values().copied().collect::<Vec<_>>();
            fatos.vinculados_na_referencia = Some(vinculados(sessao, apuracao.id, &ids)?);
        }
    }
    Ok(fatos)
}

/// Which of these are another's, as far as one sees.
pub fn numeros_tomados(
    sessao: &mut Sessao<'_>,
    numeros: &[NumeroProcesso],
) -> QueryResult<HashSet<NumeroProcesso>> {
    let tomados = visiveis("SELECT p.numero", sessao.escopo, de_numeros(numeros.iter()));
    Ok(tomados.por_lugar::<Text>().load(sessao.conn())?.into_iter().collect())
}

pub fn por_numero(
    sessao: &mut Sessao<'_>,
    numero: &NumeroProcesso,
) -> QueryResult<Option<Processo>> {
    Ok(ler(sessao, de_numeros(std::iter::once(numero)))?.pop())
}

/// The processo of an earlier outcome: it is there, because nothing is deleted.
pub fn lembrado(sessao: &mut Sessao<'_>, lembranca: &Lembranca) -> QueryResult<Processo> {
    ler(sessao, de_id(ProcessoId(lembranca.id)))?.pop().ok_or(diesel::NotFound)
}

pub fn por_codigo(sessao: &mut Sessao<'_>, codigo: ProcessoId) -> QueryResult<Option<Processo>> {
    Ok(ler(sessao, de_id(codigo))?.pop())
}

/// Who is linked to a processo, and whether still, as the answer about it says.
pub struct VinculoVisto {
    adolescente: AdolescenteId,
    pub identificador: Identificador,
    pub situacao: SituacaoVinculo,
}

recursos!(VinculoVisto => |visto| Recurso::Adolescente(visto.adolescente.0));
// The processo is noted by itself.
sem_recursos!(ProcessoId);

/// Whom each of these processos links, in the order of the links, and whether still.
pub fn vinculos_de(
    sessao: &mut Sessao<'_>,
    processos: &[ProcessoId],
) -> QueryResult<Vec<(ProcessoId, VinculoVisto)>> {
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
    let linhas: Vec<(ProcessoId, AdolescenteId, Identificador, bool)> =
        links.load(sessao.conn())?;
    let visto = |(processo, adolescente, identificador, ativo)| {
        let situacao = if ativo { SituacaoVinculo::Ativo } else { SituacaoVinculo::Encerrado };
        (processo, VinculoVisto { adolescente, identificador, situacao })
    };
    Ok(linhas.into_iter().map(visto).collect())
}

/// R10: yes or no, wherever it is.
fn e_apuracao(sessao: &mut Sessao<'_>, numero: &NumeroProcesso) -> QueryResult<bool> {
    use diesel::sql_types::Text;
    #[diesel::declare_sql_function]
    extern "SQL" {
        fn elos_e_apuracao(numero: Text) -> Bool;
    }
    diesel::select(elos_e_apuracao(numero)).get_result(sessao.conn())
}

/// An active execução of one of these, by an open link (R12, R16).
pub fn execucao_ativa(
    sessao: &mut Sessao<'_>,
    adolescentes: &[AdolescenteId],
) -> QueryResult<Option<NumeroProcesso>> {
    let tribunal = sessao.escopo.tribunal();
    let ativas = vinculo::table
        .inner_join(processo::table.on(processo::id.eq(vinculo::processo_id)))
        .filter(vinculo::adolescente_id.eq_any(adolescentes).and(vinculo::encerrado_em.is_null()))
        .filter(processo::tipo.eq(TipoProcesso::Execucao))
        .filter(processo::situacao.eq(SituacaoProcesso::Ativo))
        .filter(processo::tribunal_codigo.nullable().eq(tribunal));
    ativas.select(processo::numero).first(sessao.conn()).optional()
}

/// Of these, the ones that have or had a link to the processo.
fn vinculados(
    sessao: &mut Sessao<'_>,
    de: ProcessoId,
    adolescentes: &[AdolescenteId],
) -> QueryResult<Vec<AdolescenteId>> {
    vinculo::table
        .filter(vinculo::processo_id.eq(de).and(vinculo::adolescente_id.eq_any(adolescentes)))
        .select(vinculo::adolescente_id)
        .distinct()
        .load(sessao.conn())
}
