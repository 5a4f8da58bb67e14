//! SQL of processos and of their links.

mod listas;

pub use listas::*;

use super::rules::Fatos;
use super::{CadastrarProcesso, NovoProcesso, NumeroProcesso, Processo, ProcessoId, TipoProcesso};
use crate::adolescente::AdolescenteId;
use crate::auth::Escopo;
use crate::db::schema::{processo, vinculo};
use crate::db::{Relation, Sessao};
use crate::error::Error;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

type ProcessoSql = diesel::dsl::SqlTypeOf<diesel::dsl::AsSelect<Processo, diesel::pg::Pg>>;

/// Rows of the tribunal, or of all for who may see them.
fn visiveis(escopo: Escopo) -> processo::BoxedQuery<'static, diesel::pg::Pg, ProcessoSql> {
    let todos = Processo::query().into_boxed();
    match escopo.tribunal() {
        Some(codigo) => todos.filter(processo::tribunal_codigo.eq(codigo)),
        None => todos,
    }
}

/// The processo with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProcessoPorId(pub ProcessoId);

impl Relation for ProcessoPorId {
    type Value = Arc<Processo>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let linhas =
            visiveis(sessao.escopo).filter(processo::id.eq_any(ids)).load(sessao.conn())?;
        Ok(linhas.into_iter().map(|linha| (Self(linha.id), Arc::new(linha))).collect())
    }
}

/// The processo with this number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProcessoPorNumero(pub NumeroProcesso);

impl Relation for ProcessoPorNumero {
    type Value = Arc<Processo>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let numeros: Vec<_> = keys.iter().map(|key| &key.0).collect();
        let linhas =
            visiveis(sessao.escopo).filter(processo::numero.eq_any(numeros)).load(sessao.conn())?;
        Ok(linhas.into_iter().map(|p: Processo| (Self(p.numero.clone()), Arc::new(p))).collect())
    }
}

/// What the rules on a registration need to know.
pub fn fatos(sessao: &mut Sessao<'_>, comando: &CadastrarProcesso) -> Result<Fatos, Error> {
    let identificadores: Vec<_> = comando.adolescentes.iter().flatten().collect();
    let conhecidos = crate::adolescente::store::por_identificadores(sessao, &identificadores)?;
    let conhecidos: HashMap<_, _> =
        conhecidos.into_iter().map(|linha| (linha.identificador, linha.id)).collect();
    let numero_tomado = match &comando.numero {
        Some(numero) => por_numero(sessao, numero)?.is_some(),
        None => false,
    };
    let mut fatos = Fatos { conhecidos, numero_tomado, ..Fatos::default() };
    if let (Some(TipoProcesso::Execucao), Some(referencia)) = (comando.tipo, &comando.referencia) {
        fatos.referencia_e_apuracao = e_apuracao(sessao, referencia)?;
        if let Some(apuracao) = por_numero(sessao, referencia)? {
            let ids = fatos.conhecidos.values().copied().collect::<Vec<_>>();
            fatos.vinculados_na_referencia = Some(vinculados(sessao, apuracao.id, &ids)?);
        }
    }
    Ok(fatos)
}

pub fn por_numero(
    sessao: &mut Sessao<'_>,
    numero: &NumeroProcesso,
) -> QueryResult<Option<Processo>> {
    visiveis(sessao.escopo).filter(processo::numero.eq(numero)).first(sessao.conn()).optional()
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

/// Inserts with its links. None when the number is taken: the rival's
/// transaction, if still open, is waited for.
pub fn inserir(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    novo: NovoProcesso,
    agora: DateTime<Utc>,
) -> QueryResult<Option<Processo>> {
    let inserido: Option<Processo> = diesel::insert_into(processo::table)
        .values((
            processo::tribunal_codigo.eq(tribunal),
            processo::numero.eq(novo.numero),
            processo::tipo.eq(novo.tipo),
            processo::id_orgao.eq(novo.id_orgao),
            processo::app_name_sistema_tribunal.eq(novo.app_name_sistema_tribunal),
            processo::id_processo_sistema_externo.eq(novo.id_processo_sistema_externo),
            processo::numero_referencia.eq(novo.referencia),
            processo::magistrado_nome.eq(novo.magistrado.nome),
            processo::magistrado_cpf.eq(novo.magistrado.cpf),
            processo::serventuario_nome.eq(novo.serventuario.nome),
            processo::serventuario_cpf.eq(novo.serventuario.cpf),
            processo::criado_em.eq(agora),
            processo::atualizado_em.eq(agora),
        ))
        // Two unique indexes hold the number: naming one would let the other raise.
        .on_conflict_do_nothing()
        .returning(Processo::as_returning())
        .get_result(sessao.conn())
        .optional()?;
    let Some(inserido) = inserido else { return Ok(None) };

    let vinculos: Vec<_> = novo
        .adolescentes
        .into_iter()
        .map(|adolescente| {
            (
                vinculo::tribunal_codigo.eq(tribunal),
                vinculo::processo_id.eq(inserido.id),
                vinculo::adolescente_id.eq(adolescente),
                vinculo::iniciado_em.eq(agora),
            )
        })
        .collect();
    diesel::insert_into(vinculo::table).values(vinculos).execute(sessao.conn())?;
    Ok(Some(inserido))
}
