//! SQL of adolescentes.

use super::{
    Adolescente, AdolescenteId, Certidao, IdentidadeGenero, Identificador, NovoAdolescente,
    OrientacaoSexual, RacaCor, Rg, SexoBiologico,
};
use crate::auth::Escopo;
use crate::cpf::Cpf;
use crate::db::lista::{Consulta, Lista, Ordenacao, Posicao, TipoDaChave};
use crate::db::schema::adolescente;
use crate::db::{Relation, Sessao, Sql};
use crate::error::Error;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

/// Columns of [`Adolescente`], from a table named `a`. A macro, so that a list which joins it can concatenate.
macro_rules! colunas {
    () => {
        "a.id, a.tribunal_codigo, a.identificador, a.cadastro_pendente, a.nome, a.sobrenome, a.nome_social, \
         a.data_nascimento, a.data_nascimento_presumida, a.data_obito, a.sexo_biologico, a.identidade_genero, \
         a.orientacao_sexual, a.raca_cor, a.nome_mae, a.nome_pai, a.naturalidade, a.cpf, a.rg_numero, \
         a.rg_orgao_expedidor, a.rg_data_expedicao, a.rg_estado, a.certidao_cartorio, a.certidao_livro, \
         a.certidao_folha, a.certidao_numero, a.criado_em, a.atualizado_em, a.versao"
    };
}
pub(crate) use colunas;

/// Rows of the tribunal, or of all for who may see them.
fn visiveis(escopo: Escopo) -> adolescente::BoxedQuery<'static, diesel::pg::Pg, AdolescenteSql> {
    let todos = Adolescente::query().into_boxed();
    match escopo.tribunal() {
        Some(codigo) => todos.filter(adolescente::tribunal_codigo.eq(codigo)),
        None => todos,
    }
}
type AdolescenteSql = diesel::dsl::SqlTypeOf<diesel::dsl::AsSelect<Adolescente, diesel::pg::Pg>>;

/// The record with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AdolescentePorId(pub AdolescenteId);

impl Relation for AdolescentePorId {
    type Value = Arc<Adolescente>;

    fn load(sessao: &mut Sessao<'_>, keys: &[Self]) -> Result<HashMap<Self, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let linhas =
            visiveis(sessao.escopo).filter(adolescente::id.eq_any(ids)).load(sessao.conn())?;
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
        let identificadores: Vec<_> = keys.iter().map(|key| &key.identificador).collect();
        let linhas: Vec<Adolescente> = visiveis(sessao.escopo)
            .filter(adolescente::identificador.eq_any(identificadores))
            .order(adolescente::tribunal_codigo)
            .load(sessao.conn())?;
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

/// Conditions on adolescentes; `e`, `ou` and `nao` nest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filtro {
    pub identificador: Option<Vec<Identificador>>,
    /// Folded: lower case, without accents.
    pub nome: Option<String>,
    pub cadastro_pendente: Option<bool>,
    /// `Some(None)`: a tribunal that does not exist.
    pub tribunal: Option<Option<i16>>,
    pub e: Option<Vec<Filtro>>,
    pub ou: Option<Vec<Filtro>>,
    pub nao: Option<Box<Filtro>>,
}

impl Filtro {
    fn sql(&self) -> Sql {
        let mut partes = Vec::new();
        if let Some(lista) = &self.identificador {
            let textos: Vec<_> = lista.iter().map(ToString::to_string).collect();
            partes.push(Sql::new("a.identificador = ANY(").bind(textos).push(")"));
        }
        if let Some(nome) = &self.nome {
            let procurado = Sql::new("position(elos_dobrar(").bind(nome.clone());
            partes.push(procurado.push(") in a.nome_busca) > 0"));
        }
        if let Some(pendente) = self.cadastro_pendente {
            partes.push(Sql::new("a.cadastro_pendente = ").bind(pendente));
        }
        match self.tribunal {
            Some(Some(codigo)) => partes.push(Sql::new("a.tribunal_codigo = ").bind(codigo)),
            Some(None) => partes.push(Sql::new("false")),
            None => {}
        }
        if let Some(todos) = &self.e {
            partes.push(Sql::juntar(todos.iter().map(Self::sql), " AND ", "true"));
        }
        if let Some(algum) = &self.ou {
            partes.push(Sql::juntar(algum.iter().map(Self::sql), " OR ", "false"));
        }
        if let Some(negado) = &self.nao {
            partes.push(Sql::new("NOT ").append(negado.sql()));
        }
        // A condition or two are common and few; beyond, every client has its own.
        let avulsa =
            partes.len() > 2 || self.e.is_some() || self.ou.is_some() || self.nao.is_some();
        let filtro = Sql::juntar(partes, " AND ", "true");
        if avulsa { filtro.avulsa() } else { filtro }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Campo {
    #[default]
    CriadoEm,
    Identificador,
}

/// Adolescentes at the root, filtered and ordered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Adolescentes {
    pub filtro: Filtro,
    pub campo: Campo,
    pub decrescente: bool,
}

impl Lista for Adolescentes {
    const NOME: &'static str = "Adolescentes";
    type Linha = Arc<Adolescente>;
    type Registro = Adolescente;

    fn pai(&self) -> Option<i64> {
        None
    }

    fn sem_pai(&self) -> Self {
        self.clone()
    }

    fn com_pai(&self, _: i64) -> Self {
        self.clone()
    }

    fn consulta(&self, tribunal: Option<i16>) -> Consulta {
        let do_tribunal = tribunal.map(|codigo| Sql::new("a.tribunal_codigo = ").bind(codigo));
        Consulta {
            colunas: colunas!(),
            tabelas: "adolescente a",
            coluna_pai: None,
            onde: Sql::juntar(do_tribunal.into_iter().chain([self.filtro.sql()]), " AND ", "true"),
            ordenacao: Ordenacao {
                coluna: Some(match self.campo {
                    Campo::CriadoEm => ("a.criado_em", TipoDaChave::Instante),
                    Campo::Identificador => ("a.identificador", TipoDaChave::Texto),
                }),
                id: "a.id",
                decrescente: self.decrescente,
            },
        }
    }

    fn posicao(&self, linha: &Arc<Adolescente>) -> Posicao {
        let chave = match self.campo {
            Campo::CriadoEm => linha.criado_em.into(),
            Campo::Identificador => linha.identificador.to_string().into(),
        };
        Posicao { chave: Some(chave), id: linha.id.0 }
    }
}

/// The ones of these that the tribunal knows.
pub fn por_identificadores(
    sessao: &mut Sessao<'_>,
    identificadores: &[&Identificador],
) -> QueryResult<Vec<Adolescente>> {
    visiveis(sessao.escopo)
        .filter(adolescente::identificador.eq_any(identificadores))
        .load(sessao.conn())
}

/// Holds the rows until the transaction ends, always in the same order: who
/// decides by an adolescente's links takes turns here.
pub fn travar(sessao: &mut Sessao<'_>, ids: &[AdolescenteId]) -> QueryResult<()> {
    adolescente::table
        .filter(adolescente::id.eq_any(ids))
        .order(adolescente::id)
        .select(adolescente::id)
        .for_no_key_update()
        .load::<AdolescenteId>(sessao.conn())?;
    Ok(())
}

/// Registers an identificador that came from outside (R14): with data, or
/// pending without. None when it was registered meanwhile, or the CPF is taken.
pub fn inserir_com(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    identificador: &Identificador,
    dados: Option<NovoAdolescente>,
    agora: DateTime<Utc>,
) -> QueryResult<Option<Adolescente>> {
    let pendente = dados.is_none();
    let novo = dados.unwrap_or_default();
    let quem = (
        adolescente::tribunal_codigo.eq(tribunal),
        adolescente::identificador.eq(identificador),
        adolescente::cadastro_pendente.eq(pendente),
    );
    diesel::insert_into(adolescente::table)
        .values((quem, colunas_dos_dados(novo, agora)))
        .on_conflict_do_nothing()
        .returning(Adolescente::as_returning())
        .get_result(sessao.conn())
        .optional()
}

/// Whose record in the tribunal has this CPF.
pub fn por_cpf(sessao: &mut Sessao<'_>, cpf: &Cpf) -> QueryResult<Option<Identificador>> {
    let com_cpf = visiveis(sessao.escopo).filter(adolescente::cpf.eq(cpf)).first(sessao.conn());
    Ok(com_cpf.optional()?.map(|linha: Adolescente| linha.identificador))
}

/// Inserts under a fresh identificador. None when the CPF is taken: the rival's
/// transaction, if still open, is waited for.
pub fn inserir(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    novo: NovoAdolescente,
    agora: DateTime<Utc>,
    hoje: NaiveDate,
) -> QueryResult<Option<Adolescente>> {
    use chrono::Datelike;
    use diesel::sql_types::Integer;
    #[diesel::declare_sql_function]
    extern "SQL" {
        fn elos_novo_identificador(ano: Integer) -> Text;
    }

    let quem = (
        adolescente::tribunal_codigo.eq(tribunal),
        adolescente::identificador.eq(elos_novo_identificador(hoje.year())),
    );
    diesel::insert_into(adolescente::table)
        .values((quem, colunas_dos_dados(novo, agora)))
        .on_conflict_do_nothing()
        .returning(Adolescente::as_returning())
        .get_result(sessao.conn())
        .optional()
}

#[derive(Insertable)]
#[diesel(table_name = adolescente)]
struct Dados {
    nome: Option<String>,
    sobrenome: Option<String>,
    nome_social: Option<String>,
    data_nascimento: Option<NaiveDate>,
    data_nascimento_presumida: bool,
    sexo_biologico: Option<SexoBiologico>,
    identidade_genero: Option<IdentidadeGenero>,
    orientacao_sexual: Option<OrientacaoSexual>,
    raca_cor: Option<RacaCor>,
    nome_mae: Option<String>,
    nome_pai: Option<String>,
    naturalidade: Option<String>,
    cpf: Option<Cpf>,
    #[diesel(embed)]
    rg: Rg,
    #[diesel(embed)]
    certidao: Certidao,
    criado_em: DateTime<Utc>,
    atualizado_em: DateTime<Utc>,
}

fn colunas_dos_dados(novo: NovoAdolescente, agora: DateTime<Utc>) -> Dados {
    Dados {
        nome: novo.nome,
        sobrenome: novo.sobrenome,
        nome_social: novo.nome_social,
        data_nascimento: novo.data_nascimento,
        data_nascimento_presumida: novo.data_nascimento_presumida,
        sexo_biologico: novo.sexo_biologico,
        identidade_genero: novo.identidade_genero,
        orientacao_sexual: novo.orientacao_sexual,
        raca_cor: novo.raca_cor,
        nome_mae: novo.nome_mae,
        nome_pai: novo.nome_pai,
        naturalidade: novo.naturalidade,
        cpf: novo.cpf,
        rg: novo.rg,
        certidao: novo.certidao,
        criado_em: agora,
        atualizado_em: agora,
    }
}
