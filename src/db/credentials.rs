//! The table of OIDC clients: what `elos credencial` writes, and the server reads
//! again every few seconds.

use crate::auth::{Certificate, Credenciais, Credencial, Fingerprint, Known, Papel, Validity};
use crate::db::{Db, Sql};
use crate::error::{Error, Falha};
use crate::value::tribunal::Tribunal;
use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, SmallInt, Text, Timestamptz};
use std::time::Duration;

/// Well before what was read is too old.
const RELEITURA: Duration = Duration::from_secs(2);
/// After a failure: who waits for the database should not wait for this too.
const RETOMADA: Duration = Duration::from_millis(250);

/// A client as it is written down.
#[derive(Debug, QueryableByName)]
pub struct Linha {
    #[diesel(sql_type = Text)]
    pub azp: String,
    #[diesel(sql_type = Nullable<SmallInt>)]
    pub tribunal: Option<i16>,
    #[diesel(sql_type = Array<Text>)]
    pub papeis: Vec<String>,
    /// As they are written: `repositório/número`.
    #[diesel(sql_type = Array<Text>)]
    pub estruturas: Vec<String>,
    #[diesel(sql_type = Bool)]
    pub revogada: bool,
    /// How many certificates it is known by.
    #[diesel(sql_type = BigInt)]
    pub certificados: i64,
}

/// All of them, by name.
pub fn listar(conn: &mut PgConnection) -> QueryResult<Vec<Linha>> {
    Sql::new(
        "SELECT c.azp, c.tribunal_codigo AS tribunal, c.papeis, c.revogada_em IS NOT NULL AS revogada, \
                (SELECT count(*) FROM certificado f WHERE f.azp = c.azp) AS certificados, \
                ARRAY(SELECT e.repositorio || '/' || e.numero FROM credencial_estrutura s JOIN estrutura e ON e.id = s.estrutura_id \
                      WHERE s.azp = c.azp ORDER BY e.repositorio, e.numero) AS estruturas \
         FROM credencial c ORDER BY c.azp",
    )
    .load(conn)
}

/// `1/820`: of which repositório, and its number there.
pub fn ler_estrutura(texto: &str) -> Option<(i32, String)> {
    let (repositorio, numero) = texto.split_once('/')?;
    Some((repositorio.parse().ok()?, (!numero.is_empty()).then(|| numero.to_owned())?))
}

/// A client as it is to be recognised.
pub struct Reconhecida<'a> {
    pub azp: &'a str,
    pub tribunal: Option<Tribunal>,
    pub papeis: &'a [Papel],
    pub estruturas: &'a [(i32, String)],
    /// By which it is known besides its tokens.
    pub certificados: &'a [Certificate],
}

/// Why a client was not recognised as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alheio {
    /// Its tribunal does not have this estrutura.
    Estrutura(i32, String),
    /// Another is known by this certificate.
    Certificado(Fingerprint),
}

/// Recognises a client; one that was known or revoked is from now on what is said here.
/// Answers what is another's, if something is; then nothing is changed.
pub fn acrescentar(
    conn: &mut PgConnection,
    cliente: &Reconhecida<'_>,
) -> QueryResult<Option<Alheio>> {
    use diesel::result::Error::RollbackTransaction;
    let mut alheia = None;
    let feito = conn.transaction(|conn| {
        // The table names the tribunal of both, so the old ones go before it changes.
        Sql::new("DELETE FROM credencial_estrutura WHERE azp = ")
            .bind(cliente.azp.to_owned())
            .execute(conn)?;
        Sql::new("DELETE FROM certificado WHERE azp = ")
            .bind(cliente.azp.to_owned())
            .execute(conn)?;
        gravar(conn, cliente)?;
        for (repositorio, numero) in cliente.estruturas {
            let gravada = Sql::new(
                "INSERT INTO credencial_estrutura (azp, tribunal_codigo, estrutura_id) \
                 SELECT c.azp, c.tribunal_codigo, e.id FROM credencial c JOIN estrutura e USING (tribunal_codigo) WHERE c.azp = ",
            )
            .bind(cliente.azp.to_owned())
            .push(" AND e.repositorio = ")
            .bind(*repositorio)
            .push(" AND e.numero = ")
            .bind(numero.clone())
            .push(" ON CONFLICT (azp, estrutura_id) DO UPDATE SET azp = excluded.azp")
            .execute(conn)?;
            if gravada == 0 {
                alheia = Some(Alheio::Estrutura(*repositorio, numero.clone()));
                return Err(RollbackTransaction);
            }
        }
        for certificado in cliente.certificados {
            if !certificar(conn, cliente.azp, certificado)? {
                alheia = Some(Alheio::Certificado(certificado.fingerprint));
                return Err(RollbackTransaction);
            }
        }
        Ok(())
    });
    match feito {
        Err(RollbackTransaction) => Ok(alheia),
        outro => outro.map(|()| None),
    }
}

fn gravar(conn: &mut PgConnection, cliente: &Reconhecida<'_>) -> QueryResult<()> {
    let &Reconhecida { azp, tribunal, papeis, .. } = cliente;
    let papeis: Vec<String> = papeis.iter().map(|papel| papel.nome().to_owned()).collect();
    Sql::new("INSERT INTO credencial (azp, tribunal_codigo, papeis) VALUES (")
        .bind(azp.to_owned())
        .push(", ")
        .bind_ou_nulo(tribunal.map(|tribunal| tribunal.codigo))
        .push(", ")
        .bind(papeis)
        .push(
            ") ON CONFLICT (azp) DO UPDATE SET tribunal_codigo = excluded.tribunal_codigo, \
             papeis = excluded.papeis, criada_em = now(), revogada_em = NULL",
        )
        .execute(conn)?;
    Ok(())
}

/// False when another is known by it.
fn certificar(
    conn: &mut PgConnection,
    azp: &str,
    Certificate { fingerprint, validity }: &Certificate,
) -> QueryResult<bool> {
    let gravados =
        Sql::new("INSERT INTO certificado (impressao, azp, valido_de, valido_ate) VALUES (")
            .bind(fingerprint.to_string())
            .push(", ")
            .bind(azp.to_owned())
            .push(", ")
            .bind(validity.from)
            .push(", ")
            .bind(validity.until)
            .push(") ON CONFLICT (impressao) DO UPDATE SET azp = excluded.azp WHERE certificado.azp = excluded.azp")
            .execute(conn)?;
    Ok(gravados > 0)
}

/// False when there is no such client.
pub fn revogar(conn: &mut PgConnection, azp: &str) -> QueryResult<bool> {
    let revogadas =
        Sql::new("UPDATE credencial SET revogada_em = coalesce(revogada_em, now()) WHERE azp = ")
            .bind(azp.to_owned())
            .execute(conn)?;
    Ok(revogadas > 0)
}

/// A certificate as it is written down.
#[derive(QueryableByName)]
struct Certificado {
    #[diesel(sql_type = Text)]
    impressao: String,
    #[diesel(sql_type = Text)]
    azp: String,
    #[diesel(sql_type = Timestamptz)]
    valido_de: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    valido_ate: DateTime<Utc>,
}

/// As the server holds them. Blocks.
pub fn ler(db: &Db) -> Result<Known, Error> {
    let (linhas, certificados) = db.como_servidor(|conn| {
        let certificados: Vec<Certificado> =
            Sql::new("SELECT impressao, azp, valido_de, valido_ate FROM certificado").load(conn)?;
        Ok((listar(conn)?, certificados))
    })?;
    let certificado = |linha: Certificado| {
        let Certificado { impressao, azp, valido_de: from, valido_ate: until } = linha;
        Some((Fingerprint::read(&impressao)?, (azp, Validity { from, until })))
    };
    let credencial = |Linha { azp, tribunal, papeis, estruturas, revogada, .. }: Linha| {
        let tem = |papel: &Papel| papeis.iter().any(|nome| nome == papel.nome());
        let papeis = Papel::TODOS.into_iter().filter(tem).collect();
        let estruturas = estruturas.iter().filter_map(|texto| ler_estrutura(texto)).collect();
        (azp, Credencial { tribunal, papeis, estruturas, revogada })
    };
    Ok(Known {
        by_azp: linhas.into_iter().map(credencial).collect(),
        certificates: certificados.into_iter().filter_map(certificado).collect(),
    })
}

/// As they are now, for a server that starts. Blocks.
pub fn do_banco(db: &Db) -> anyhow::Result<Credenciais> {
    let lidas = ler(db).map_err(|_| anyhow::anyhow!("as credenciais não puderam ser lidas"))?;
    Ok(Credenciais::novas(lidas))
}

/// Reads them again and again, for as long as the server runs.
pub fn reler(db: Db, credenciais: Credenciais) {
    actix_web::rt::spawn(async move {
        loop {
            let db = db.clone();
            let pausa = match tokio::task::spawn_blocking(move || ler(&db)).await {
                Ok(Ok(lidas)) => {
                    credenciais.trocar(lidas);
                    RELEITURA
                }
                Ok(Err(error)) if !matches!(error, Error::Falha(Falha::Indisponivel, _)) => {
                    let (falha, _) = error.publica();
                    tracing::warn!(codigo = falha.nome(), "credenciais could not be read again");
                    RETOMADA
                }
                // That the database is not there is told by `db`, once.
                _ => RETOMADA,
            };
            tokio::time::sleep(pausa).await;
        }
    });
}
