//! Idempotency keys: a write that is sent again is not done again.
//!
//! A key counts for one credential and one operation, for a day. What is kept is
//! a hash of the key, a hash of what was asked, and the outcome; no body.

use super::{Comando, Contexto, Efeito, Julgado, Lembranca};
use crate::db::schema::chave_idempotencia as tabela;
use crate::db::{Sessao, Sql};
use crate::error::{CodigoErro, Error, Recusa};
use chrono::{DateTime, Duration, Utc};
use diesel::dsl::Find;
use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl;
use diesel::upsert::excluded;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::str::FromStr;

/// The header by which REST gives a key.
pub const CABECALHO: &str = "Idempotency-Key";

/// How long an outcome is remembered.
const VALIDADE: Duration = Duration::hours(24);

/// How many forgotten keys each new one clears away.
const LIMPEZA: i64 = 20;

const TAMANHO_MAXIMO: usize = 255;

/// The name that a client gave to one attempt, however often it sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chave(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a chave tem de 1 a 255 caracteres, nenhum deles de controle")]
pub struct ChaveMalformada;

impl FromStr for Chave {
    type Err = ChaveMalformada;

    /// Quoted, as the header's specification writes it, or bare.
    fn from_str(texto: &str) -> Result<Self, ChaveMalformada> {
        let texto = texto.trim();
        let sem_aspas = texto.strip_prefix('"').and_then(|resto| resto.strip_suffix('"'));
        let texto = sem_aspas.unwrap_or(texto);
        let tamanho = (1..=TAMANHO_MAXIMO).contains(&texto.chars().count());
        let legivel = !texto.chars().any(char::is_control);
        (tamanho && legivel).then(|| Self(texto.to_owned())).ok_or(ChaveMalformada)
    }
}

/// An outcome, as it is kept.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Guardado {
    Feito(Lembranca),
    Recusado(Vec<Recusa>),
}

/// Where a key counts.
struct Lugar {
    tribunal: i16,
    credencial: String,
    operacao: &'static str,
    chave: Vec<u8>,
}

/// Carries `comando` out, unless the key says that it was; its effect and its
/// outcome are committed together. Answers also whether it is of an earlier request.
pub fn uma_vez<C: Comando>(
    sessao: &mut Sessao<'_>,
    chave: &Chave,
    comando: C,
    contexto: &Contexto,
) -> Result<(Julgado<C>, bool), Error> {
    let lugar = Lugar {
        tribunal: contexto.tribunal,
        credencial: contexto.autor.credencial().to_owned(),
        operacao: C::NOME,
        chave: Sha256::digest(&chave.0).to_vec(),
    };
    let entrada = impressao(chave, &comando)?;
    let esquecidas = (contexto.relogio)() - VALIDADE;
    if !tomar(sessao, &lugar, &entrada, (contexto.relogio)(), esquecidas)? {
        let desfecho = match guardado(sessao, &lugar, &entrada)? {
            Guardado::Feito(lembranca) => Ok(C::Efeito::reler(sessao, lembranca)?),
            Guardado::Recusado(recusas) => Err(recusas),
        };
        return Ok((desfecho, true));
    }
    let desfecho = match sessao.desfazivel(|sessao| comando.executar(sessao, contexto)) {
        Ok(efeito) => Ok(efeito),
        Err(Error::Recusas(recusas)) => Err(recusas),
        Err(error) => return Err(error),
    };
    let guardar = match &desfecho {
        Ok(efeito) => Guardado::Feito(efeito.lembrar()),
        Err(recusas) => Guardado::Recusado(recusas.clone()),
    };
    diesel::update(a_da(&lugar))
        .set(tabela::desfecho.eq(serde_json::to_value(guardar).map_err(Error::interno)?))
        .execute(sessao.conn())?;
    limpar(sessao, lugar.tribunal, esquecidas)?;
    Ok((desfecho, false))
}

/// Whether the key is ours: new, or forgotten. Waits for a rival that holds it.
fn tomar(
    sessao: &mut Sessao<'_>,
    lugar: &Lugar,
    entrada: &[u8],
    agora: DateTime<Utc>,
    esquecidas: DateTime<Utc>,
) -> QueryResult<bool> {
    let tomar = diesel::insert_into(tabela::table)
        .values((
            tabela::tribunal_codigo.eq(lugar.tribunal),
            tabela::credencial.eq(&lugar.credencial),
            tabela::operacao.eq(lugar.operacao),
            tabela::chave.eq(&lugar.chave),
            tabela::entrada.eq(entrada),
            tabela::criada_em.eq(agora),
        ))
        .on_conflict((tabela::tribunal_codigo, tabela::credencial, tabela::operacao, tabela::chave))
        .do_update()
        .set((
            tabela::entrada.eq(excluded(tabela::entrada)),
            tabela::desfecho.eq(None::<serde_json::Value>),
            tabela::criada_em.eq(excluded(tabela::criada_em)),
        ));
    let tomadas =
        FilterDsl::filter(tomar, tabela::criada_em.lt(esquecidas)).execute(sessao.conn())?;
    Ok(tomadas == 1)
}

/// Clears some forgotten keys away: last, when this transaction waits for nothing
/// any more, and past those that others hold, so that no two wait for each other.
fn limpar(sessao: &mut Sessao<'_>, tribunal: i16, esquecidas: DateTime<Utc>) -> QueryResult<()> {
    Sql::new(
        "DELETE FROM chave_idempotencia WHERE ctid = ANY(ARRAY(SELECT ctid FROM chave_idempotencia \
         WHERE tribunal_codigo = ",
    )
    .bind(tribunal)
    .push(" AND criada_em < ")
    .bind(esquecidas)
    .push(" LIMIT ")
    .bind(LIMPEZA)
    .push(" FOR UPDATE SKIP LOCKED))")
    .execute(sessao.conn())?;
    Ok(())
}

fn guardado(sessao: &mut Sessao<'_>, lugar: &Lugar, entrada: &[u8]) -> Result<Guardado, Error> {
    let (da_entrada, desfecho): (Vec<u8>, Option<serde_json::Value>) =
        a_da(lugar).select((tabela::entrada, tabela::desfecho)).first(sessao.conn())?;
    if da_entrada != entrada {
        let mensagem = "a chave de idempotência já serviu a outra entrada";
        return Err(Recusa::nova(
            CodigoErro::ChaveIdempotenciaReutilizada,
            "idempotência",
            mensagem,
        )
        .em(["chaveIdempotencia"])
        .oriente("use uma chave nova para cada operação; só repita a chave com a mesma entrada")
        .into());
    }
    let desfecho = desfecho.ok_or_else(|| anyhow::anyhow!("a committed key without an outcome"));
    let desfecho = desfecho.map_err(Error::interno)?;
    serde_json::from_value(desfecho).map_err(Error::interno)
}

/// The row of a key.
fn a_da(lugar: &Lugar) -> Find<tabela::table, (i16, &str, &str, &[u8])> {
    tabela::table.find((
        lugar.tribunal,
        lugar.credencial.as_str(),
        lugar.operacao,
        lugar.chave.as_slice(),
    ))
}

/// What was asked for, as 32 bytes that do not tell what it was. By way of JSON,
/// which a compiler or a release does not change: a retry may meet the next one.
fn impressao<C: Comando>(chave: &Chave, comando: &C) -> Result<Vec<u8>, Error> {
    // The key is the salt: a CPF alone would be found by trying them all.
    let mut sha = Sha256::new_with_prefix(&chave.0);
    serde_json::to_writer(&mut sha, comando).map_err(Error::interno)?;
    Ok(sha.finalize().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn com_aspas_ou_sem_a_chave_e_uma() {
        let chave = |texto: &str| texto.parse::<Chave>();
        assert_eq!(chave("\"a-1\""), chave(" a-1 "));
        assert_ne!(chave("a-1"), chave("a-2"));
        assert!(chave(&"x".repeat(255)).is_ok());
        for texto in ["", " ", "\"\"", "a\nb", &"x".repeat(256)] {
            assert_eq!(chave(texto), Err(ChaveMalformada), "{texto:?}");
        }
    }
}
