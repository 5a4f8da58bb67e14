//! What writes guias. Rows are locked before a rule judges them.

use super::visiveis;
use crate::adolescente::AdolescenteId;
use crate::db::schema::{ato_infracional, documento_da_guia, guia};
use crate::db::{Sessao, Sql};
use crate::error::Error;
use crate::guia::rules::Fatos;
use crate::guia::{EmitirGuia, Guia, GuiaId, MotivoBaixaGuia, NumeroDaGuia, SituacaoGuia};
use crate::processo::Processo;
use crate::{adolescente, processo};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;

/// What the rules on an emission need to know. The guias to be unified are held.
pub fn fatos(sessao: &mut Sessao<'_>, comando: &EmitirGuia) -> Result<Fatos, Error> {
    let quem: Vec<_> = comando.adolescente.iter().collect();
    let adolescente = adolescente::store::por_identificadores(sessao, &quem)?.pop();
    let adolescente = adolescente.map(|adolescente| adolescente.id);
    let mut por_numero = |numero: &Option<_>| match numero {
        Some(numero) => processo::store::por_numero(sessao, numero),
        None => Ok(None),
    };
    let apuracao = por_numero(&comando.propria.apuracao)?;
    let execucao = por_numero(&comando.propria.execucao)?;
    let processos: Vec<_> = [&apuracao, &execucao].into_iter().flatten().map(|p| p.id).collect();
    let vinculados = match adolescente {
        Some(adolescente) => super::vinculados(sessao, adolescente, &processos)?,
        None => Vec::new(),
    };
    let definitivas: Vec<_> = comando.propria.definitivas.iter().flatten().collect();
    let definitivas = match definitivas.as_slice() {
        [] => Vec::new(),
        numeros => travar(sessao, numeros)?,
    };
    Ok(Fatos { adolescente, apuracao, execucao, vinculados, definitivas })
}

/// The guias of the tribunal among these, held until the transaction ends, in one order.
pub fn travar(sessao: &mut Sessao<'_>, numeros: &[&NumeroDaGuia]) -> QueryResult<Vec<Guia>> {
    let tribunal = sessao.escopo.tribunal();
    guia::table
        .filter(guia::numero.eq_any(numeros).and(guia::tribunal_codigo.nullable().eq(tribunal)))
        .order(guia::id)
        .select(guia::id)
        .for_no_key_update()
        .load::<GuiaId>(sessao.conn())?;
    let textos: Vec<String> = numeros.iter().map(ToString::to_string).collect();
    visiveis(sessao, Sql::new("g.numero = ANY(").bind(textos).push(")"))
}

/// The guia of an earlier outcome, or of this transaction: it is there.
pub fn por_id(sessao: &mut Sessao<'_>, id: GuiaId) -> Result<Guia, Error> {
    let achada = visiveis(sessao, Sql::new("g.id = ").bind(id.0))?.pop();
    achada.ok_or_else(|| diesel::result::Error::NotFound.into())
}

/// Who and what an accepted emission is about.
pub struct Objetos<'a> {
    pub tribunal: i16,
    pub adolescente: AdolescenteId,
    pub apuracao: Option<&'a Processo>,
    pub execucao: Option<&'a Processo>,
}

/// Inserts under the next number of the day. None when the day has used them all.
pub fn inserir(
    sessao: &mut Sessao<'_>,
    comando: EmitirGuia,
    objetos: &Objetos<'_>,
    agora: DateTime<Utc>,
    hoje: NaiveDate,
) -> Result<Option<Guia>, Error> {
    use diesel::sql_types::Date;
    #[diesel::declare_sql_function]
    extern "SQL" {
        fn elos_novo_numero_de_guia(dia: Date) -> Nullable<Text>;
    }
    let numero = diesel::select(elos_novo_numero_de_guia(hoje));
    let Some(numero) = numero.get_result::<Option<NumeroDaGuia>>(sessao.conn())? else {
        return Ok(None);
    };
    let &Objetos { tribunal, adolescente, apuracao, execucao } = objetos;
    let EmitirGuia { tipo, origem, magistrado, serventuario, atos, propria, .. } = comando;
    let quem = (
        guia::tribunal_codigo.eq(tribunal),
        guia::numero.eq(numero),
        guia::tipo.eq(tipo),
        guia::origem.eq(origem),
        guia::adolescente_id.eq(adolescente),
        guia::apuracao_id.eq(apuracao.map(|processo| processo.id)),
        guia::execucao_id.eq(execucao.map(|processo| processo.id)),
        guia::magistrado_nome.eq(magistrado.nome),
        guia::serventuario_nome.eq(serventuario.nome),
        guia::criado_em.eq(agora),
        guia::atualizado_em.eq(agora),
    );
    // Optional here and not there: the rules have refused what lacks them, and
    // the columns would.
    let que = (
        magistrado.cpf.map(|cpf| guia::magistrado_cpf.eq(cpf)),
        serventuario.cpf.map(|cpf| guia::serventuario_cpf.eq(cpf)),
        comando.serventuario_cargo.map(|cargo| guia::serventuario_cargo.eq(cargo)),
        comando.codigo_tpu_medida.map(|codigo| guia::codigo_tpu_medida.eq(codigo)),
        guia::data_sentenca.eq(propria.data_sentenca),
        guia::houve_internacao.eq(propria.houve_internacao),
        guia::data_inicio_internacao.eq(propria.data_inicio_internacao),
        guia::data_fim_internacao.eq(propria.data_fim_internacao),
        guia::data_transito_julgado.eq(propria.data_transito_julgado),
        guia::prazo.eq(propria.prazo),
        guia::data_decisao.eq(propria.data_decisao),
        guia::medida_resultante.eq(propria.medida_resultante),
    );
    let id: GuiaId = diesel::insert_into(guia::table)
        .values((quem, que))
        .returning(guia::id)
        .get_result(sessao.conn())?;

    let atos: Vec<_> = atos
        .into_iter()
        .map(|ato| {
            (
                ato_infracional::tribunal_codigo.eq(tribunal),
                ato_infracional::guia_id.eq(id),
                ato.codigo_tpu.map(|codigo| ato_infracional::codigo_tpu.eq(codigo)),
                ato_infracional::descricao.eq(ato.descricao),
                ato_infracional::local_fato.eq(ato.local_fato),
                ato_infracional::data_fato.eq(ato.data_fato),
            )
        })
        .collect();
    diesel::insert_into(ato_infracional::table).values(atos).execute(sessao.conn())?;
    let documentos: Vec<_> = propria
        .documentos
        .into_iter()
        .map(|documento| {
            (
                documento_da_guia::tribunal_codigo.eq(tribunal),
                documento_da_guia::guia_id.eq(id),
                documento.tipo.map(|tipo| documento_da_guia::tipo.eq(tipo)),
                documento_da_guia::identificador_autos.eq(documento.identificador_autos),
            )
        })
        .collect();
    diesel::insert_into(documento_da_guia::table).values(documentos).execute(sessao.conn())?;
    por_id(sessao, id).map(Some)
}

/// Lowers guias that are locked: for a reason, or because another absorbs them.
pub fn baixar(
    sessao: &mut Sessao<'_>,
    ids: &[GuiaId],
    motivo: Option<MotivoBaixaGuia>,
    por: Option<GuiaId>,
    agora: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(guia::table.filter(guia::id.eq_any(ids)))
        .set((
            guia::situacao.eq(SituacaoGuia::Baixada),
            guia::motivo_baixa.eq(motivo),
            guia::unificada_por.eq(por),
            guia::baixada_em.eq(agora),
            guia::atualizado_em.eq(agora),
            guia::versao.eq(guia::versao + 1),
        ))
        .execute(sessao.conn())?;
    Ok(())
}
