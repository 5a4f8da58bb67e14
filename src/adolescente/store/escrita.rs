//! What writes adolescentes.

use crate::adolescente::{
    Adolescente, AdolescenteId, Certidao, IdentidadeGenero, Identificador, NovoAdolescente,
    OrientacaoSexual, RacaCor, Rg, SexoBiologico,
};
use crate::cpf::Cpf;
use crate::db::Sessao;
use crate::db::schema::adolescente;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error::DatabaseError};

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

/// The record of the tribunal, held until the transaction ends: as a rival left
/// it, if one had to be waited for.
pub fn travado(
    sessao: &mut Sessao<'_>,
    tribunal: i16,
    identificador: &Identificador,
) -> QueryResult<Option<Adolescente>> {
    let dele = adolescente::identificador.eq(identificador);
    Adolescente::query()
        .filter(dele.and(adolescente::tribunal_codigo.eq(tribunal)))
        .for_no_key_update()
        .first(sessao.conn())
        .optional()
}

/// Writes what may change of a record, and its next version. None when another
/// record of the tribunal has the CPF.
pub fn atualizar(
    sessao: &mut Sessao<'_>,
    novo: &Adolescente,
    agora: DateTime<Utc>,
) -> QueryResult<Option<Adolescente>> {
    let dados = (
        (
            adolescente::cadastro_pendente.eq(novo.cadastro_pendente),
            adolescente::nome.eq(&novo.nome),
            adolescente::sobrenome.eq(&novo.sobrenome),
            adolescente::nome_social.eq(&novo.nome_social),
            adolescente::data_nascimento.eq(novo.data_nascimento),
            adolescente::data_nascimento_presumida.eq(novo.data_nascimento_presumida),
            adolescente::data_obito.eq(novo.data_obito),
            adolescente::sexo_biologico.eq(novo.sexo_biologico),
            adolescente::identidade_genero.eq(novo.identidade_genero),
            adolescente::orientacao_sexual.eq(novo.orientacao_sexual),
            adolescente::raca_cor.eq(novo.raca_cor),
            adolescente::nome_mae.eq(&novo.nome_mae),
            adolescente::nome_pai.eq(&novo.nome_pai),
        ),
        (
            adolescente::naturalidade.eq(&novo.naturalidade),
            adolescente::cpf.eq(&novo.cpf),
            adolescente::rg_numero.eq(&novo.rg.numero),
            adolescente::rg_orgao_expedidor.eq(&novo.rg.orgao_expedidor),
            adolescente::rg_data_expedicao.eq(novo.rg.data_expedicao),
            adolescente::rg_estado.eq(&novo.rg.estado),
            adolescente::certidao_cartorio.eq(&novo.certidao.cartorio),
            adolescente::certidao_livro.eq(&novo.certidao.livro),
            adolescente::certidao_folha.eq(&novo.certidao.folha),
            adolescente::certidao_numero.eq(&novo.certidao.numero),
            adolescente::atualizado_em.eq(agora),
            adolescente::versao.eq(adolescente::versao + 1),
        ),
    );
    let feito = diesel::update(adolescente::table.find(novo.id))
        .set(dados)
        .returning(Adolescente::as_returning())
        .get_result(sessao.conn());
    match feito {
        Err(DatabaseError(DatabaseErrorKind::UniqueViolation, onde))
            if onde.constraint_name() == Some("adolescente_cpf_unico") =>
        {
            Ok(None)
        }
        feito => feito.map(Some),
    }
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
