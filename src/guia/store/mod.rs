//! SQL of guias.

mod write;
mod lists;

pub use lists::*;
pub use write::*;

use super::{AtoInfracional, Documento, Guia, GuiaId, NumeroDaGuia};
use crate::adolescente::AdolescenteId;
use crate::db::schema::{ato_infracional, documento_da_guia, vinculo};
use crate::db::{Relation, Sessao, Sql, agrupar};
use crate::error::Error;
use crate::processo::ProcessoId;
use ahash::HashMap;
use diesel::prelude::*;
use std::sync::Arc;

/// Columns of [`Guia`], from a table named `g` joined with its adolescente `a`.
macro_rules! colunas {
    () => {
        "g.id, g.tribunal_codigo, g.numero, g.tipo, g.situacao, g.motivo_baixa, g.baixada_em, g.origem, \
         g.adolescente_id, g.apuracao_id, g.execucao_id, g.magistrado_nome, g.magistrado_cpf, \
         g.serventuario_nome, g.serventuario_cpf, g.serventuario_cargo, g.codigo_tpu_medida, g.data_sentenca, \
         g.houve_internacao, g.data_inicio_internacao, g.data_fim_internacao, g.data_transito_julgado, g.prazo, \
         g.data_decisao, g.medida_resultante, g.criado_em, g.atualizado_em, g.versao, a.data_nascimento"
    };
}
pub(super) use colunas;

const TODAS: &str = concat!(
    "SELECT ",
    colunas!(),
    " FROM guia g JOIN adolescente a ON a.id = g.adolescente_id WHERE "
);

/// Guias of the tribunal, or of all for who may see them, that meet the condition.
fn visiveis(sessao: &mut Sessao<'_>, condicao: Sql) -> QueryResult<Vec<Guia>> {
    let do_tribunal =
        sessao.escopo.tribunal().map(|codigo| Sql::new("g.tribunal_codigo = ").bind(codigo));
    let onde = Sql::juntar(do_tribunal.into_iter().chain([condicao]), " AND ", "true");
    Sql::new(TODAS).append(onde).push(" ORDER BY g.id").load(sessao.conn())
}

/// The guia with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GuiaPorId(pub GuiaId);

impl Relation for GuiaPorId {
    type Value = Arc<Guia>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0.0).collect();
        let linhas = visiveis(sessao, Sql::new("g.id = ANY(").bind(ids).push(")"))?;
        Ok(linhas.into_iter().map(|linha| (Self(linha.id), Arc::new(linha))).collect())
    }
}

/// The guia with this number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GuiaPorNumero(pub NumeroDaGuia);

impl Relation for GuiaPorNumero {
    type Value = Arc<Guia>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let numeros: Vec<String> = keys.iter().map(|key| key.0.to_string()).collect();
        let linhas = visiveis(sessao, Sql::new("g.numero = ANY(").bind(numeros).push(")"))?;
        Ok(linhas.into_iter().map(|linha| (Self(linha.numero.clone()), Arc::new(linha))).collect())
    }
}

/// The definitivas that a unificadora absorbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnificadasPor(pub GuiaId);

impl Relation for UnificadasPor {
    type Value = Vec<Arc<Guia>>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        #[derive(QueryableByName)]
        struct Unificada {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            unificada_por: i64,
            #[diesel(embed)]
            guia: Guia,
        }
        let ids: Vec<i64> = keys.iter().map(|key| key.0.0).collect();
        let sql = Sql::new(concat!(
            "SELECT g.unificada_por, ",
            colunas!(),
            " FROM guia g JOIN adolescente a ON a.id = g.adolescente_id WHERE g.unificada_por = ANY("
        ));
        let linhas: Vec<Unificada> = sql.bind(ids).push(") ORDER BY g.id").load(sessao.conn())?;
        let com_pai = |linha: Unificada| (Self(GuiaId(linha.unificada_por)), Arc::new(linha.guia));
        Ok(agrupar(linhas.into_iter().map(com_pai)))
    }
}

/// The atos infracionais of a guia, in the order given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AtosDe(pub GuiaId);

impl Relation for AtosDe {
    type Value = Arc<Vec<AtoInfracional>>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let linhas: Vec<(GuiaId, AtoInfracional)> = ato_infracional::table
            .filter(ato_infracional::guia_id.eq_any(ids))
            .order(ato_infracional::id)
            .select((
                ato_infracional::guia_id,
                (
                    ato_infracional::id,
                    ato_infracional::codigo_tpu,
                    ato_infracional::descricao,
                    ato_infracional::local_fato,
                    ato_infracional::data_fato,
                ),
            ))
            .load(sessao.conn())?;
        Ok(agrupar(linhas).into_iter().map(|(id, atos)| (Self(id), Arc::new(atos))).collect())
    }
}

/// The documents that a guia goes with, in the order given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DocumentosDe(pub GuiaId);

impl Relation for DocumentosDe {
    type Value = Arc<Vec<Documento>>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let linhas: Vec<(GuiaId, Documento)> = documento_da_guia::table
            .filter(documento_da_guia::guia_id.eq_any(ids))
            .order(documento_da_guia::id)
            .select((
                documento_da_guia::guia_id,
                (
                    documento_da_guia::id,
                    documento_da_guia::tipo,
                    documento_da_guia::identificador_autos,
                ),
            ))
            .load(sessao.conn())?;
        Ok(agrupar(linhas)
            .into_iter()
            .map(|(id, documentos)| (Self(id), Arc::new(documentos)))
            .collect())
    }
}

/// Of these processos, the ones to which the adolescente has or had a link.
pub fn vinculados(
    sessao: &mut Sessao<'_>,
    adolescente: AdolescenteId,
    processos: &[ProcessoId],
) -> QueryResult<Vec<ProcessoId>> {
    vinculo::table
        .filter(vinculo::adolescente_id.eq(adolescente).and(vinculo::processo_id.eq_any(processos)))
        .select(vinculo::processo_id)
        .distinct()
        .load(sessao.conn())
}
