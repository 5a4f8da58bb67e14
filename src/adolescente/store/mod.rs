//! SQL of adolescentes.

mod write;
mod lists;

pub use lists::*;
pub use write::*;

use super::{Adolescente, AdolescenteId, Identificador, Procura, Resumo, Semelhante};
use crate::auth::Escopo;
use crate::db::{Relation, Sessao, Sql};
use crate::error::Error;
use crate::value::cpf::Cpf;
use crate::value::tribunal::TRIBUNAIS;
use ahash::HashMap;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::sync::Arc;

/// Columns of [`Adolescente`], from a table named `a`. A macro, so that a list which joins it can concatenate.
macro_rules! colunas {
    () => {
        "a.id, a.tribunal_codigo, a.identificador, a.cadastro_pendente, a.nome, a.sobrenome, a.nome_social, \
         a.data_nascimento, a.data_nascimento_presumida, a.sexo_biologico, a.identidade_genero, \
         a.orientacao_sexual, a.raca_cor, a.nome_mae, a.nome_pai, a.naturalidade, a.cpf, a.rg_numero, \
         a.rg_orgao_expedidor, a.rg_data_expedicao, a.rg_estado, a.certidao_cartorio, a.certidao_livro, \
         a.certidao_folha, a.certidao_numero, a.data_obito, a.criado_em, a.atualizado_em, a.versao"
    };
}
pub(crate) use colunas;

/// Columns of [`Resumo`], from a table named `a`.
macro_rules! colunas_do_resumo {
    () => {
        "a.id, a.tribunal_codigo, a.identificador, a.cadastro_pendente, a.nome, a.sobrenome, a.nome_social, \
         a.data_nascimento, a.data_nascimento_presumida, a.naturalidade, a.data_obito, a.criado_em, a.atualizado_em, a.versao"
    };
}
pub(crate) use colunas_do_resumo;

/// From `inicio`, of rows of the tribunal, or of all for who may see them: those of the smallest
/// code first.
fn visiveis(inicio: &'static str, escopo: Escopo, condicao: Sql) -> Sql {
    let do_tribunal = escopo.tribunal().map(|codigo| Sql::new("a.tribunal_codigo = ").bind(codigo));
    let onde = Sql::juntar(do_tribunal.into_iter().chain([condicao]), " AND ", "true");
    let ordem = " ORDER BY a.tribunal_codigo";
    Sql::new(inicio).push(" FROM adolescente a WHERE ").append(onde).push(ordem)
}

fn ler(sessao: &mut Sessao<'_>, condicao: Sql) -> QueryResult<Vec<Adolescente>> {
    visiveis(concat!("SELECT ", colunas!()), sessao.escopo, condicao)
        .por_lugar::<AdolescenteSql>()
        .load(sessao.conn())
}

fn de_identificadores<'i>(identificadores: impl Iterator<Item = &'i Identificador>) -> Sql {
    let textos: Vec<_> = identificadores.map(ToString::to_string).collect();
    Sql::new("a.identificador = ANY(").bind(textos).push(")")
}

pub type AdolescenteSql =
    diesel::dsl::SqlTypeOf<diesel::dsl::AsSelect<Adolescente, diesel::pg::Pg>>;
pub type ResumoSql = diesel::dsl::SqlTypeOf<diesel::dsl::AsSelect<Resumo, diesel::pg::Pg>>;

/// The record with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AdolescentePorId(pub AdolescenteId);

impl Relation for AdolescentePorId {
    type Value = Arc<Adolescente>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0.0).collect();
        let linhas = ler(sessao, Sql::new("a.id = ANY(").bind(ids).push(")"))?;
        Ok(linhas.into_iter().map(|linha| (Self(linha.id), Arc::new(linha))).collect())
    }
}

/// The record of this identificador: in this tribunal, or in the one of the smallest code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AdolescentePorIdentificador {
    pub identificador: Identificador,
    pub tribunal: Option<i16>,
}

impl Relation for AdolescentePorIdentificador {
    type Value = Arc<Adolescente>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let linhas = ler(sessao, de_identificadores(keys.iter().map(|key| &key.identificador)))?;
        let linhas: Vec<_> = linhas.into_iter().map(Arc::new).collect();
        let achar = |key: &Self| {
            let serve = |linha: &&Arc<Adolescente>| {
                linha.identificador == key.identificador
                    && key.tribunal.is_none_or(|codigo| linha.tribunal_codigo == codigo)
            };
            Some((key.clone(), Arc::clone(linhas.iter().find(serve)?)))
        };
        Ok(keys.iter().filter_map(achar).collect())
    }
}

/// The record with this CPF: in this tribunal, or in the one of the smallest code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AdolescentePorCpf {
    pub cpf: Cpf,
    pub tribunal: Option<i16>,
}

impl Relation for AdolescentePorCpf {
    type Value = Arc<Adolescente>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let cpfs: Vec<_> = keys.iter().map(|key| key.cpf.completo().to_owned()).collect();
        let mut these = Sql::new("a.cpf = ANY(").bind(cpfs).push(")");
        if sessao.escopo.tribunal().is_none() {
            // The index begins with the tribunal: who sees all of them looks in each.
            let all = TRIBUNAIS.iter().map(|tribunal| tribunal.codigo).collect::<Vec<_>>();
            these = these.push(" AND a.tribunal_codigo = ANY(").bind(all).push(")");
        }
        let rows: Vec<_> = ler(sessao, these)?.into_iter().map(Arc::new).collect();
        let find = |key: &Self| {
            let fits = |row: &&Arc<Adolescente>| {
                row.dados.cpf.as_ref() == Some(&key.cpf)
                    && key.tribunal.is_none_or(|code| row.tribunal_codigo == code)
            };
            Some((key.clone(), Arc::clone(rows.iter().find(fits)?)))
        };
        Ok(keys.iter().filter_map(find).collect())
    }
}

/// The record of an earlier outcome: it is there, because nothing is deleted.
pub fn por_id(sessao: &mut Sessao<'_>, id: AdolescenteId) -> QueryResult<Adolescente> {
    let achado = ler(sessao, Sql::new("a.id = ").bind(id.0))?.pop();
    achado.ok_or(diesel::NotFound)
}

/// Which of these are registered, and as whom.
pub fn conhecidos(
    sessao: &mut Sessao<'_>,
    identificadores: &[&Identificador],
) -> QueryResult<Vec<(Identificador, AdolescenteId)>> {
    let destes = de_identificadores(identificadores.iter().copied());
    let conhecidos = visiveis("SELECT a.identificador, a.id", sessao.escopo, destes);
    conhecidos.por_lugar::<(Text, BigInt)>().load(sessao.conn())
}

/// The ones of these that the tribunal knows.
pub fn por_identificadores(
    sessao: &mut Sessao<'_>,
    identificadores: &[&Identificador],
) -> QueryResult<Vec<Adolescente>> {
    ler(sessao, de_identificadores(identificadores.iter().copied()))
}

/// Whose record in the tribunal has this CPF, if one is given.
pub fn por_cpf(sessao: &mut Sessao<'_>, cpf: Option<&Cpf>) -> QueryResult<Option<Identificador>> {
    let Some(cpf) = cpf else { return Ok(None) };
    let deste = Sql::new("a.cpf = ").bind(cpf.completo().to_owned());
    let com_cpf = visiveis("SELECT a.identificador", sessao.escopo, deste).por_lugar::<Text>();
    Ok(com_cpf.load(sessao.conn())?.into_iter().next())
}

/// R25: who may be the same person, the likeliest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Semelhantes {
    pub procura: Procura,
    /// What only some may see counts for them alone.
    pub sensivel: bool,
}

impl Relation for Semelhantes {
    type Value = Arc<Vec<Semelhante>>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let achar = |key: &Self| Ok((key.clone(), Arc::new(key.sql().load(sessao.conn())?)));
        keys.iter().map(achar).collect()
    }
}

impl Semelhantes {
    fn sql(&self) -> Sql {
        const PADRAO: i32 = 10;
        let &Self { ref procura, sensivel } = self;
        let nome = [&procura.nome, &procura.sobrenome].into_iter().flatten();
        let nome = nome.map(String::as_str).collect::<Vec<_>>().join(" ");
        let mae = procura.nome_mae.clone().filter(|_| sensivel);
        Sql::new(concat!("SELECT ", colunas!(), ", s.score FROM elos_adolescentes_semelhantes("))
            .bind(nome)
            .push(", ")
            .bind_ou_nulo(mae)
            .push(", ")
            .bind_ou_nulo(procura.nascimento)
            .push(", ")
            .bind(sensivel)
            .push(", ")
            .bind(procura.limite.unwrap_or(PADRAO))
            .push(") AS s JOIN adolescente a ON a.id = s.id ORDER BY s.score DESC, a.id")
    }
}
