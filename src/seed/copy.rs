//! Inserts the synthetic data with COPY, table by table.

use super::world::World;
use crate::db::schema::{adolescente, ato_infracional, evento, guia, processo, vinculo};
use diesel::prelude::*;
use indicatif::ProgressBar;
use std::io::Write;

/// Number of tables that [`all`] fills, and so the number of times that it iterates over the casos.
pub const TABLES: u64 = 6;

/// Writes the rows of each caso as COPY text and advances the progress bar.
struct Copier<'a> {
    world: &'a World,
    bar: &'a ProgressBar,
}

impl Copier<'_> {
    fn rows(
        &self,
        output: &mut dyn Write,
        write: fn(&World, &mut dyn Write, i64) -> std::io::Result<()>,
    ) -> QueryResult<()> {
        for case in 0..self.world.cases {
            write(self.world, output, case)
                .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
            self.bar.inc(1);
        }
        Ok(())
    }
}

pub fn all(conn: &mut PgConnection, world: &World, bar: &ProgressBar) -> QueryResult<()> {
    let copy = Copier { world, bar };
    processos(conn, &copy)?;
    guias_and_eventos(conn, &copy)?;
    bar.finish_and_clear();
    Ok(())
}

fn processos(conn: &mut PgConnection, copy: &Copier<'_>) -> QueryResult<()> {
    copy.bar.set_message("adolescentes");
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
            |output| copy.rows(output, World::adolescentes),
        )
        .execute(conn)?;
    copy.bar.set_message("processos");
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
            |output| copy.rows(output, World::processos),
        )
        .execute(conn)?;
    copy.bar.set_message("vínculos");
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
            |output| copy.rows(output, World::vinculos),
        )
        .execute(conn)?;
    Ok(())
}

fn guias_and_eventos(conn: &mut PgConnection, copy: &Copier<'_>) -> QueryResult<()> {
    copy.bar.set_message("guias");
    diesel::copy_from(guia::table)
        .from_raw_data(
            (
                guia::id,
                guia::tribunal_codigo,
                guia::numero,
                guia::tipo,
                guia::situacao,
                guia::motivo_baixa,
                guia::baixada_em,
                guia::origem,
                guia::adolescente_id,
                guia::apuracao_id,
                guia::magistrado_nome,
                guia::magistrado_cpf,
                guia::serventuario_cpf,
                guia::serventuario_cargo,
                guia::codigo_tpu_medida,
                guia::data_sentenca,
                guia::houve_internacao,
                guia::data_transito_julgado,
                guia::criado_em,
                guia::atualizado_em,
            ),
            |output| copy.rows(output, World::guias),
        )
        .execute(conn)?;
    copy.bar.set_message("atos");
    diesel::copy_from(ato_infracional::table)
        .from_raw_data(
            (
                ato_infracional::tribunal_codigo,
                ato_infracional::guia_id,
                ato_infracional::codigo_tpu,
                ato_infracional::descricao,
            ),
            |output| copy.rows(output, World::atos),
        )
        .execute(conn)?;
    copy.bar.set_message("eventos");
    diesel::copy_from(evento::table)
        .from_raw_data(
            (
                evento::tribunal_codigo,
                evento::tipo,
                evento::processo_id,
                evento::adolescente_id,
                evento::guia_id,
                evento::ocorrido_em,
                evento::ator_sub,
            ),
            |output| copy.rows(output, World::eventos),
        )
        .execute(conn)?;
    Ok(())
}
