//! SQL of the catalogues.

use super::{EstruturaDoCatalogo, GravarEstrutura, GravarItem, ItemDoCatalogo, TipoDeCatalogo};
use crate::db::list::{ComPai, Consulta, Lista, Ordenacao, Posicao, TipoDaChave, registro};
use crate::db::{Relation, Sessao, Sql, agrupar};
use crate::error::Error;
use crate::tramite::EnderecoDeEstrutura;
use ahash::HashMap;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};
use std::sync::Arc;

/// Columns of [`EstruturaDoCatalogo`], of the table `estrutura e`.
macro_rules! da_estrutura {
    () => {
        "e.id, e.repositorio, e.numero, e.nome, e.nome_busca, e.sigla, e.pai_id, e.codigo_no_orgao, e.tribunal_codigo, \
         e.ativa, e.pode_enviar, e.pode_receber, e.chave_publica IS NOT NULL AS tem_chave, e.versao, e.atualizado_em"
    };
}
pub(super) use da_estrutura;

/// Columns of [`ItemDoCatalogo`], of the table `catalogo_item i`.
macro_rules! do_item {
    () => {
        "i.id, i.tipo, i.codigo, i.nome, i.base_legal, i.ativo, i.versao, i.atualizado_em"
    };
}
pub(super) use do_item;

/// Items of one catalogue, by their codes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Itens {
    pub tipo: TipoDeCatalogo,
    pub ativos: Option<bool>,
}

registro!(ItemDoCatalogo);

impl Lista for Itens {
    const NOME: &'static str = "ItensDoCatalogo";
    type Linha = Arc<ItemDoCatalogo>;
    type Registro = ItemDoCatalogo;

    fn consulta(&self, _: Option<i16>) -> Consulta {
        let onde = Sql::new("i.tipo = ").bind(self.tipo.texto().to_owned());
        let onde = match self.ativos {
            Some(ativos) => onde.push(" AND i.ativo = ").bind(ativos),
            None => onde,
        };
        // A code is unique in its catalogue, and is what the order is told by.
        let ordenacao = Ordenacao { coluna: None, id: "i.codigo", decrescente: false };
        Consulta {
            colunas: do_item!(),
            tabelas: "catalogo_item i",
            coluna_pai: None,
            onde,
            ordenacao,
        }
    }

    fn posicao(&self, linha: &Arc<ItemDoCatalogo>) -> Posicao {
        Posicao { chave: None, id: linha.codigo.into() }
    }
}

/// Units, by their names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Estruturas {
    Todas(Box<Filtro>),
    /// What hangs directly from the one with this id.
    Filhas(i64),
}

/// Conditions on units; all add up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filtro {
    pub repositorio: Option<i32>,
    pub numero: Option<String>,
    /// A part of the name, whatever its case and accents.
    pub nome: Option<String>,
    /// The sigla, whatever its case and accents.
    pub sigla: Option<String>,
    /// Below this unit, however deep.
    pub raiz: Option<EnderecoDeEstrutura>,
    pub ativas: Option<bool>,
    pub permite_envio: Option<bool>,
    pub permite_recebimento: Option<bool>,
}

impl Filtro {
    fn condicoes(&self) -> Vec<Sql> {
        let mut partes = Vec::new();
        if let Some(repositorio) = self.repositorio {
            partes.push(Sql::new("e.repositorio = ").bind(repositorio));
        }
        if let Some(numero) = &self.numero {
            partes.push(Sql::new("e.numero = ").bind(numero.clone()));
        }
        if let Some(nome) = &self.nome {
            let parte = Sql::new("e.nome_busca LIKE '%' || elos_dobrar(").bind(literal(nome));
            partes.push(parte.push(") || '%'"));
        }
        if let Some(sigla) = &self.sigla {
            let dobrada = Sql::new("elos_dobrar(e.sigla) = elos_dobrar(").bind(sigla.clone());
            partes.push(dobrada.push(")"));
        }
        if let Some(EnderecoDeEstrutura { repositorio, numero }) = &self.raiz {
            let abaixo = Sql::new(
                "e.id IN (WITH RECURSIVE abaixo AS (\
                   SELECT f.id FROM estrutura r JOIN estrutura f ON f.pai_id = r.id WHERE r.repositorio = ",
            )
            .bind(*repositorio)
            .push(" AND r.numero = ")
            .bind(numero.clone());
            partes.push(abaixo.push(
                " UNION SELECT f.id FROM estrutura f JOIN abaixo a ON f.pai_id = a.id) SELECT id FROM abaixo)",
            ));
        }
        if let Some(ativas) = self.ativas {
            partes.push(Sql::new("e.ativa = ").bind(ativas));
        }
        if let Some(envio) = self.permite_envio {
            partes.push(Sql::new("(e.ativa AND e.pode_enviar) = ").bind(envio));
        }
        if let Some(recebimento) = self.permite_recebimento {
            partes.push(Sql::new("(e.ativa AND e.pode_receber) = ").bind(recebimento));
        }
        partes
    }
}

/// A text in which nothing stands for anything else.
fn literal(texto: &str) -> String {
    texto.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

registro!(EstruturaDoCatalogo);

impl Lista for Estruturas {
    const NOME: &'static str = "Estruturas";
    type Linha = Arc<EstruturaDoCatalogo>;
    type Registro = EstruturaDoCatalogo;

    fn pai(&self) -> Option<i64> {
        match self {
            Self::Todas(_) => None,
            Self::Filhas(id) => Some(*id),
        }
    }

    fn com_pai(&self, pai: i64) -> Self {
        match self {
            Self::Todas(filtro) => Self::Todas(filtro.clone()),
            Self::Filhas(_) => Self::Filhas(pai),
        }
    }

    /// Names of órgãos are public: those of every tribunal.
    fn consulta(&self, _: Option<i16>) -> Consulta {
        let (coluna_pai, condicoes) = match self {
            Self::Todas(filtro) => (None, filtro.condicoes()),
            Self::Filhas(_) => (Some("e.pai_id"), Vec::new()),
        };
        let muitas = condicoes.len() > 2;
        let onde = Sql::juntar(condicoes, " AND ", "true");
        Consulta {
            colunas: da_estrutura!(),
            tabelas: "estrutura e",
            coluna_pai,
            onde: if muitas { onde.avulsa() } else { onde },
            ordenacao: Ordenacao {
                coluna: Some(("e.nome_busca", TipoDaChave::Texto)),
                id: "e.id",
                decrescente: false,
            },
        }
    }

    fn posicao(&self, linha: &Arc<EstruturaDoCatalogo>) -> Posicao {
        Posicao { chave: Some(linha.nome_busca.clone().into()), id: linha.id }
    }
}

/// The unit that is named so.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EstruturaPorEndereco(pub EnderecoDeEstrutura);

impl Relation for EstruturaPorEndereco {
    type Value = Arc<EstruturaDoCatalogo>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let linhas: Vec<EstruturaDoCatalogo> = Sql::new(concat!(
            "SELECT ",
            da_estrutura!(),
            " FROM estrutura e WHERE (e.repositorio, e.numero) IN (SELECT * FROM unnest("
        ))
        .bind_cada(keys, |key| key.0.repositorio)
        .push(", ")
        .bind_cada(keys, |key| key.0.numero.clone())
        .push("))")
        .load(sessao.conn())?;
        let por_endereco = |linha: EstruturaDoCatalogo| {
            let (repositorio, numero) = (linha.repositorio, linha.numero.clone());
            (Self(EnderecoDeEstrutura { repositorio, numero }), Arc::new(linha))
        };
        Ok(linhas.into_iter().map(por_endereco).collect())
    }
}

/// What a unit is part of, from its parent up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HierarquiaDe(pub i64);

impl Relation for HierarquiaDe {
    type Value = Arc<Vec<EstruturaDoCatalogo>>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let linhas: Vec<ComPai<EstruturaDoCatalogo>> = Sql::new(
            "WITH RECURSIVE acima AS (\
               SELECT f.id AS de, f.pai_id, 1 AS nivel FROM estrutura f WHERE f.id = ANY(",
        )
        .bind_cada(keys, |key| key.0)
        .push(concat!(
            ") UNION ALL SELECT a.de, f.pai_id, a.nivel + 1 FROM acima a JOIN estrutura f ON f.id = a.pai_id WHERE a.nivel < 50) \
             SELECT a.de AS pai, ",
            da_estrutura!(),
            " FROM acima a JOIN estrutura e ON e.id = a.pai_id ORDER BY a.de, a.nivel"
        ))
        .load(sessao.conn())?;
        let grupos = agrupar(linhas.into_iter().map(|linha| (Self(linha.pai), linha.registro)));
        Ok(grupos.into_iter().map(|(key, linhas)| (key, Arc::new(linhas))).collect())
    }
}

pub fn item(
    sessao: &mut Sessao<'_>,
    tipo: TipoDeCatalogo,
    codigo: i32,
) -> QueryResult<Option<ItemDoCatalogo>> {
    Sql::new(concat!("SELECT ", do_item!(), " FROM catalogo_item i WHERE i.tipo = "))
        .bind(tipo.texto().to_owned())
        .push(" AND i.codigo = ")
        .bind(codigo)
        .get_result(sessao.conn())
        .optional()
}

pub fn item_por_id(sessao: &mut Sessao<'_>, id: i64) -> QueryResult<ItemDoCatalogo> {
    Sql::new(concat!("SELECT ", do_item!(), " FROM catalogo_item i WHERE i.id = "))
        .bind(id)
        .get_result(sessao.conn())
}

pub fn estrutura_por_id(sessao: &mut Sessao<'_>, id: i64) -> QueryResult<EstruturaDoCatalogo> {
    Sql::new(concat!("SELECT ", da_estrutura!(), " FROM estrutura e WHERE e.id = "))
        .bind(id)
        .get_result(sessao.conn())
}

/// One tribunal's units are written one write after the other: what hangs from what is judged by
/// rows that another write may move.
pub fn tomar_a_vez(sessao: &mut Sessao<'_>, tribunal: i16) -> QueryResult<()> {
    Sql::new("SELECT pg_advisory_xact_lock(hashtext('catalogo'), ")
        .bind(i32::from(tribunal))
        .push(")")
        .execute(sessao.conn())?;
    Ok(())
}

/// Writes an item; none when it is of another version than was expected.
pub fn gravar_item(
    sessao: &mut Sessao<'_>,
    comando: &GravarItem,
    nome: String,
    agora: DateTime<Utc>,
) -> QueryResult<Option<(i64, i32)>> {
    #[derive(QueryableByName)]
    struct Gravado {
        #[diesel(sql_type = BigInt)]
        id: i64,
        #[diesel(sql_type = Integer)]
        versao: i32,
    }
    let gravado: Option<Gravado> = Sql::new("SELECT id, versao FROM elos_gravar_item_do_catalogo(")
        .bind(comando.tipo.texto().to_owned())
        .push(", ")
        .bind(comando.codigo)
        .push(", ")
        .bind(nome)
        .push(", ")
        .bind(comando.base_legal.clone())
        .push(", ")
        .bind(comando.ativo)
        .push(", ")
        .bind_ou_nulo(comando.versao_esperada)
        .push(", ")
        .bind(agora)
        .push(")")
        .get_result(sessao.conn())
        .optional()?;
    Ok(gravado.map(|Gravado { id, versao }| (id, versao)))
}

/// What is written of a unit, whoever writes it.
pub struct Nova<'a> {
    pub comando: &'a GravarEstrutura,
    pub pai_id: Option<i64>,
    pub tribunal: i16,
    pub agora: DateTime<Utc>,
}

impl Nova<'_> {
    /// Answers its id.
    pub fn inserir(&self, conn: &mut PgConnection) -> QueryResult<i64> {
        #[derive(QueryableByName)]
        struct Inserida {
            #[diesel(sql_type = BigInt)]
            id: i64,
        }
        let Self { comando, pai_id, tribunal, agora } = self;
        let inserida: Inserida = Sql::new(
            "INSERT INTO estrutura (repositorio, numero, tribunal_codigo, nome, sigla, pai_id, codigo_no_orgao, ativa, \
             pode_enviar, pode_receber, atualizado_em) VALUES (",
        )
        .bind(comando.endereco.repositorio)
        .push(", ")
        .bind(comando.endereco.numero.clone())
        .push(", ")
        .bind(*tribunal)
        .push(", ")
        .append(self.colunas(*pai_id))
        .push(", ")
        .bind(*agora)
        .push(") RETURNING id")
        .get_result(conn)?;
        Ok(inserida.id)
    }

    pub fn mudar(&self, conn: &mut PgConnection, id: i64) -> QueryResult<()> {
        Sql::new(
            "UPDATE estrutura SET (nome, sigla, pai_id, codigo_no_orgao, ativa, pode_enviar, pode_receber) = (",
        )
        .append(self.colunas(self.pai_id))
        .push("), versao = versao + 1, atualizado_em = ")
        .bind(self.agora)
        .push(" WHERE id = ")
        .bind(id)
        .execute(conn)?;
        Ok(())
    }

    fn colunas(&self, pai_id: Option<i64>) -> Sql {
        let comando = self.comando;
        Sql::default()
            .bind(comando.nome.clone())
            .push(", ")
            .bind(comando.sigla.clone())
            .push(", ")
            .bind_ou_nulo(pai_id)
            .push(", ")
            .bind(comando.codigo_no_orgao.clone())
            .push(", ")
            .bind(comando.ativa)
            .push(", ")
            .bind(comando.pode_enviar)
            .push(", ")
            .bind(comando.pode_receber)
    }
}
