//! COPY of the synthetic world, table by table.

use super::world::Mundo;
use crate::db::schema::{adolescente, ato_infracional, evento, guia, processo, vinculo};
use diesel::prelude::*;
use indicatif::ProgressBar;
use std::io::Write;

/// How many times [`tudo`] goes through the casos.
pub const TABELAS: u64 = 6;

struct Copia<'a> {
    mundo: &'a Mundo,
    barra: &'a ProgressBar,
}

impl Copia<'_> {
    fn linhas(
        &self,
        saida: &mut dyn Write,
        escrever: fn(&Mundo, &mut dyn Write, i64) -> std::io::Result<()>,
    ) -> QueryResult<()> {
        for caso in 0..self.mundo.casos {
            escrever(self.mundo, saida, caso)
                .map_err(|erro| diesel::result::Error::SerializationError(erro.into()))?;
            self.barra.inc(1);
        }
        Ok(())
    }
}

pub fn tudo(conn: &mut PgConnection, mundo: &Mundo, barra: &ProgressBar) -> QueryResult<()> {
    let copia = Copia { mundo, barra };
    processos(conn, &copia)?;
    guias_e_eventos(conn, &copia)?;
    barra.finish_and_clear();
    Ok(())
}

fn processos(conn: &mut PgConnection, copia: &Copia<'_>) -> QueryResult<()> {
    copia.barra.set_message("adolescentes");
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
            |saida| copia.linhas(saida, Mundo::adolescentes),
        )
        .execute(conn)?;
    copia.barra.set_message("processos");
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
            |saida| copia.linhas(saida, Mundo::processos),
        )
        .execute(conn)?;
    copia.barra.set_message("vínculos");
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
            |saida| copia.linhas(saida, Mundo::vinculos),
        )
        .execute(conn)?;
    Ok(())
}

fn guias_e_eventos(conn: &mut PgConnection, copia: &Copia<'_>) -> QueryResult<()> {
    copia.barra.set_message("guias");
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
            |saida| copia.linhas(saida, Mundo::guias),
        )
        .execute(conn)?;
    copia.barra.set_message("atos");
    diesel::copy_from(ato_infracional::table)
        .from_raw_data(
            (
                ato_infracional::tribunal_codigo,
                ato_infracional::guia_id,
                ato_infracional::codigo_tpu,
                ato_infracional::descricao,
            ),
            |saida| copia.linhas(saida, Mundo::atos),
        )
        .execute(conn)?;
    copia.barra.set_message("eventos");
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
            |saida| copia.linhas(saida, Mundo::eventos),
        )
        .execute(conn)?;
    Ok(())
}
