//! SQL of the Tramita.

mod componentes;
mod write;
mod feed;
mod heranca;
mod lists;
mod parts;

pub use componentes::*;
pub use feed::*;
pub use heranca::*;
pub use lists::*;
pub use parts::*;
pub use write::*;

use super::{
    EnderecoDeEstrutura, Estrutura, Idt, MudancaDeSituacao, Nre, RegistroEletronico, Tramite,
};
use crate::db::{Relation, Sessao, Sql, agrupar};
use crate::error::Error;
use crate::tramite::rules::SituacaoTramite;
use ahash::{HashMap, HashMapExt};
use diesel::deserialize::FromSql;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::serialize::{Output, ToSql};
use diesel::sql_types::{Bool, Nullable, SmallInt, Text};
use std::sync::Arc;

/// Columns of [`Tramite`], from the tables of [`TABELAS`].
macro_rules! colunas {
    () => {
        "t.idt, t.xid::text, t.nre, g.protocolo, g.protocolo_chave, g.tipo_protocolo, \
         r.repositorio AS remetente_repositorio, r.numero AS remetente_numero, r.nome AS remetente_nome, \
         t.remetente_tribunal, d.repositorio AS destinatario_repositorio, d.numero AS destinatario_numero, \
         d.nome AS destinatario_nome, t.destinatario_tribunal, t.situacao, t.devolucao, t.nre_informado, t.descricao, \
         t.nivel_de_sigilo, t.hipotese_legal, t.processo_de_negocio, t.urgente, t.motivo_da_urgencia, \
         t.data_de_retorno, t.metadados, t.data_de_recebimento, t.hash_da_assinatura, t.recibo_em, t.recibo_entregue_em, t.recibo_assinado, \
         t.motivo_recusa, t.justificativa, t.recusado_em, t.ciencia_em, t.completo_em, t.metadados_em, t.criado_em, t.atualizado_em"
    };
}
pub(super) use colunas;

/// A trâmite with its registro and its two estruturas.
macro_rules! tabelas {
    () => {
        "tramite t JOIN registro_eletronico g ON g.nre = t.nre JOIN estrutura r ON r.id = t.remetente_id \
         JOIN estrutura d ON d.id = t.destinatario_id"
    };
}
pub(super) use tabelas;

/// What the partial index `tramite_em_andamento_unico` covers.
const EM_ANDAMENTO: &str = "t.situacao IN (1, 2, 3, 4, 5, 8)";

/// Of which a tribunal is a party; what was refused is the remetente's alone.
fn das_partes(tribunal: Option<i16>) -> Option<Sql> {
    let tribunal = tribunal?;
    Some(
        Sql::new("(t.remetente_tribunal = ")
            .bind(tribunal)
            .push(" OR t.destinatario_tribunal = ")
            .bind(tribunal)
            .push(" AND t.situacao NOT IN (8, 9))"),
    )
}

fn visiveis(sessao: &mut Sessao<'_>, condicao: Sql) -> QueryResult<Vec<Tramite>> {
    let das_partes = das_partes(sessao.escopo.tribunal());
    let onde = Sql::juntar(das_partes.into_iter().chain([condicao]), " AND ", "true");
    Sql::new(concat!("SELECT ", colunas!(), " FROM ", tabelas!(), " WHERE "))
        .append(onde)
        .push(" ORDER BY t.idt")
        .load(sessao.conn())
}

/// The trâmite with this IDT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TramitePorIdt(pub Idt);

impl Relation for TramitePorIdt {
    type Value = Arc<Tramite>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let idts: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let linhas = visiveis(sessao, Sql::new("t.idt = ANY(").bind(idts).push(")"))?;
        Ok(linhas.into_iter().map(|linha| (Self(linha.idt), Arc::new(linha))).collect())
    }
}

/// The trâmite of an NRE that is in progress, if the caller is a party of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmAndamento(pub Nre);

impl Relation for EmAndamento {
    type Value = Arc<Tramite>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let nres: Vec<String> = keys.iter().map(|key| key.0.to_string()).collect();
        let condicao = Sql::new(EM_ANDAMENTO).push(" AND t.nre = ANY(");
        let linhas = visiveis(sessao, condicao.bind(nres).push(")"))?;
        Ok(linhas.into_iter().map(|linha| (Self(linha.nre.clone()), Arc::new(linha))).collect())
    }
}

/// The trâmite, if it is one that the caller sees now.
pub fn tramite_se_visivel(sessao: &mut Sessao<'_>, idt: Idt) -> Result<Option<Tramite>, Error> {
    Ok(visiveis(sessao, Sql::new("t.idt = ").bind(idt))?.pop())
}

/// The situações that a trâmite went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HistoricoDe(pub Idt);

impl Relation for HistoricoDe {
    type Value = Arc<Vec<MudancaDeSituacao>>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let idts: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let linhas: Vec<MudancaDeSituacao> = Sql::new(
            "SELECT idt, situacao, ocorrida_em, por FROM mudanca_de_situacao WHERE idt = ANY(",
        )
        .bind(idts)
        .push(") ORDER BY id")
        .load(sessao.conn())?;
        let grupos = agrupar(linhas.into_iter().map(|linha| (Self(linha.idt), linha)));
        Ok(grupos.into_iter().map(|(key, linhas)| (key, Arc::new(linhas))).collect())
    }
}

/// By what a registro is asked for: an NRE, the protocolo that it names, or its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RegistroDe {
    Nre(Nre),
    Chave(String),
    Id(i64),
}

impl Relation for RegistroDe {
    type Value = Arc<RegistroEletronico>;

    /// Only of what the tribunal is a party: unknown and foreign are one answer.
    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let (mut nres, mut chaves, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        for key in keys {
            match key {
                Self::Nre(nre) => nres.push(nre.to_string()),
                Self::Chave(chave) => chaves.push(chave.clone()),
                Self::Id(id) => ids.push(*id),
            }
        }
        let parte = sessao.escopo.tribunal().map(|tribunal| {
            Sql::new("EXISTS (SELECT FROM registro_no_sistema s WHERE s.nre = g.nre AND s.tribunal_codigo = ")
                .bind(tribunal)
                .push(")")
        });
        let pedidos = Sql::new("(g.nre = ANY(")
            .bind(nres)
            .push(") OR g.protocolo_chave = ANY(")
            .bind(chaves)
            .push(") OR g.id = ANY(")
            .bind(ids)
            .push("))");
        let onde = Sql::juntar(parte.into_iter().chain([pedidos]), " AND ", "true");
        let linhas: Vec<RegistroEletronico> = Sql::new(
            "SELECT g.id, g.nre, g.protocolo, g.protocolo_chave, g.tipo_protocolo, g.criado_em \
             FROM registro_eletronico g WHERE ",
        )
        .append(onde)
        .push(" ORDER BY g.nre")
        .load(sessao.conn())?;
        let linhas: Vec<_> = linhas.into_iter().map(Arc::new).collect();
        let achar = |key: &Self| {
            let serve = |linha: &&Arc<RegistroEletronico>| match key {
                Self::Nre(nre) => linha.nre == *nre,
                Self::Chave(chave) => linha.protocolo_chave == *chave,
                Self::Id(id) => linha.id == *id,
            };
            Some((key.clone(), Arc::clone(linhas.iter().find(serve)?)))
        };
        Ok(keys.iter().filter_map(achar).collect())
    }
}

/// Whether the processo of an NRE is with the tribunal that asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ComQuemPergunta(pub Nre);

impl Relation for ComQuemPergunta {
    type Value = bool;

    /// Who is no tribunal has none.
    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, bool>, Error> {
        if sessao.escopo.tribunal().is_none() {
            return Ok(HashMap::new());
        }
        #[derive(QueryableByName)]
        struct Resposta {
            #[diesel(sql_type = Text)]
            nre: Nre,
            #[diesel(sql_type = Bool)]
            com_quem_pergunta: bool,
        }
        let nres: Vec<String> = keys.iter().map(|key| key.0.to_string()).collect();
        let respostas: Vec<Resposta> = Sql::new("SELECT n.nre, f.com_quem_pergunta FROM unnest(")
            .bind(nres)
            .push(
                ") AS n (nre) CROSS JOIN LATERAL elos_fatos_do_envio(0::smallint, '', n.nre) AS f",
            )
            .load(sessao.conn())?;
        Ok(respostas.into_iter().map(|linha| (Self(linha.nre), linha.com_quem_pergunta)).collect())
    }
}

/// The key with which the destinatário of a trâmite signs, as a JWK.
pub fn chave_do_destinatario(sessao: &mut Sessao<'_>, idt: Idt) -> QueryResult<Option<String>> {
    #[derive(QueryableByName)]
    struct Chave {
        #[diesel(sql_type = Nullable<Text>)]
        chave: Option<String>,
    }
    let linha: Chave = Sql::new(
        "SELECT e.chave_publica::text AS chave FROM tramite t JOIN estrutura e ON e.id = t.destinatario_id \
         WHERE t.idt = ",
    )
    .bind(idt)
    .get_result(sessao.conn())?;
    Ok(linha.chave)
}

/// The unit that is named so.
pub fn estrutura(
    sessao: &mut Sessao<'_>,
    endereco: &EnderecoDeEstrutura,
) -> QueryResult<Option<Estrutura>> {
    Sql::new(
        "SELECT id, repositorio, numero, nome, tribunal_codigo, ativa, pode_enviar, pode_receber \
         FROM estrutura WHERE repositorio = ",
    )
    .bind(endereco.repositorio)
    .push(" AND numero = ")
    .bind(endereco.numero.clone())
    .get_result(sessao.conn())
    .optional()
}

impl ToSql<SmallInt, Pg> for SituacaoTramite {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> diesel::serialize::Result {
        ToSql::<SmallInt, Pg>::to_sql(&self.codigo(), &mut out.reborrow())
    }
}

impl FromSql<SmallInt, Pg> for SituacaoTramite {
    fn from_sql(bytes: PgValue<'_>) -> diesel::deserialize::Result<Self> {
        let codigo = <i16 as FromSql<SmallInt, Pg>>::from_sql(bytes)?;
        Self::de_codigo(codigo).ok_or_else(|| "unknown SituacaoTramite".into())
    }
}
