//! Synthetic data, the same at every run: nobody in it exists.

mod mundo;

use crate::db::Sql;
use crate::db::schema::{adolescente, evento, processo, vinculo};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use indicatif::{ProgressBar, ProgressStyle};
use mundo::Mundo;
use std::io::Write;

/// Whether the database has no processo yet.
pub fn vazio(conn: &mut PgConnection) -> QueryResult<bool> {
    Ok(Sql::new("SELECT FROM processo LIMIT 1").execute(conn)? == 0)
}

#[derive(QueryableByName)]
struct Ultimos {
    #[diesel(sql_type = BigInt)]
    adolescente: i64,
    #[diesel(sql_type = BigInt)]
    processo: i64,
    #[diesel(sql_type = BigInt)]
    vinculo: i64,
    #[diesel(sql_type = BigInt)]
    sequencia: i64,
}

/// Adds about `processos` processos over the 27 tribunals, by COPY as the
/// owner of the tables, in one transaction.
pub fn semear(conn: &mut PgConnection, processos: u32) -> anyhow::Result<()> {
    conn.transaction(|conn| {
        conn.batch_execute(
            "SET LOCAL ROLE elos_dono; SET LOCAL synchronous_commit = off; \
             LOCK TABLE adolescente, processo, vinculo, evento IN SHARE ROW EXCLUSIVE MODE",
        )?;
        let ultimos: Ultimos = Sql::new(
            "SELECT (SELECT coalesce(max(id), 0) FROM adolescente) AS adolescente, \
                    (SELECT coalesce(max(id), 0) FROM processo) AS processo, \
                    (SELECT coalesce(max(id), 0) FROM vinculo) AS vinculo, \
                    (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM adolescente_sequencia) AS sequencia",
        )
        .get_result(conn)?;
        let mundo = Mundo {
            casos: i64::from(processos.div_ceil(mundo::PROCESSOS_POR_CASO)),
            adolescente: ultimos.adolescente,
            processo: ultimos.processo,
            vinculo: ultimos.vinculo,
            sequencia: ultimos.sequencia,
        };
        copiar(conn, &mundo)?;
        // COPY brought its own ids: the counters go on after them.
        conn.batch_execute(
            "SELECT setval(pg_get_serial_sequence(t, 'id'), m) FROM (VALUES \
                ('adolescente', (SELECT max(id) FROM adolescente)), \
                ('processo', (SELECT max(id) FROM processo)), \
                ('vinculo', (SELECT max(id) FROM vinculo))) AS ultimos (t, m)",
        )?;
        Sql::new("SELECT setval('adolescente_sequencia', ").bind(mundo.ultima_sequencia()).push(")").execute(conn)?;
        Ok::<_, anyhow::Error>(())
    })?;
    conn.batch_execute("ANALYZE adolescente, processo, vinculo, evento")?;
    Ok(())
}

fn copiar(conn: &mut PgConnection, mundo: &Mundo) -> QueryResult<()> {
    let barra = barra(mundo);
    let linhas = |saida: &mut dyn Write,
                  escrever: &dyn Fn(&mut dyn Write, i64) -> std::io::Result<()>| {
        for caso in 0..mundo.casos {
            escrever(saida, caso)
                .map_err(|erro| diesel::result::Error::SerializationError(erro.into()))?;
            barra.inc(1);
        }
        Ok::<_, diesel::result::Error>(())
    };
    barra.set_message("adolescentes");
    diesel::copy_from(adolescente::table)
        .from_raw_data(
            (
                adolescente::id,
                adolescente::tribunal_codigo,
                adolescente::identificador,
                adolescente::nome,
                adolescente::sobrenome,
                adolescente::nome_social,
                adolescente::data_nascimento,
                adolescente::sexo_biologico,
                adolescente::raca_cor,
                adolescente::nome_mae,
                adolescente::naturalidade,
                adolescente::cpf,
                adolescente::criado_em,
                adolescente::atualizado_em,
            ),
            |saida| linhas(saida, &|saida, caso| mundo.adolescentes(saida, caso)),
        )
        .execute(conn)?;
    barra.set_message("processos");
    diesel::copy_from(processo::table)
        .from_raw_data(
            (
                processo::id,
                processo::tribunal_codigo,
                processo::numero,
                processo::tipo,
                processo::situacao,
                processo::id_orgao,
                processo::app_name_sistema_tribunal,
                processo::numero_referencia,
                processo::magistrado_nome,
                processo::magistrado_cpf,
                processo::criado_em,
                processo::atualizado_em,
            ),
            |saida| linhas(saida, &|saida, caso| mundo.processos(saida, caso)),
        )
        .execute(conn)?;
    barra.set_message("vínculos");
    diesel::copy_from(vinculo::table)
        .from_raw_data(
            (
                vinculo::id,
                vinculo::tribunal_codigo,
                vinculo::processo_id,
                vinculo::adolescente_id,
                vinculo::iniciado_em,
                vinculo::encerrado_em,
                vinculo::motivo,
            ),
            |saida| linhas(saida, &|saida, caso| mundo.vinculos(saida, caso)),
        )
        .execute(conn)?;
    barra.set_message("eventos");
    diesel::copy_from(evento::table)
        .from_raw_data(
            (
                evento::tribunal_codigo,
                evento::tipo,
                evento::processo_id,
                evento::adolescente_id,
                evento::ocorrido_em,
                evento::ator_sub,
            ),
            |saida| linhas(saida, &|saida, caso| mundo.eventos(saida, caso)),
        )
        .execute(conn)?;
    barra.finish_and_clear();
    Ok(())
}

/// On a terminal only: indicatif hides itself elsewhere.
fn barra(mundo: &Mundo) -> ProgressBar {
    let tabelas = 4;
    let barra = ProgressBar::new(mundo.casos.unsigned_abs() * tabelas);
    let estilo =
        ProgressStyle::with_template("semeando {msg:12} {wide_bar} {percent:>3}%  falta {eta}");
    barra.with_style(estilo.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
