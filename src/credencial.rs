//! The table of OIDC clients: what `elos credencial` writes, and the server reads
//! again every few seconds.

use crate::auth::{Credenciais, Credencial, Papel};
use crate::db::{Db, Sql};
use crate::error::{Error, Falha};
use crate::tribunal::Tribunal;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Nullable, SmallInt, Text};
use std::collections::HashMap;
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
}

/// All of them, by name.
pub fn listar(conn: &mut PgConnection) -> QueryResult<Vec<Linha>> {
    Sql::new(
        "SELECT c.azp, c.tribunal_codigo AS tribunal, c.papeis, c.revogada_em IS NOT NULL AS revogada, \
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
}

/// Recognises a client; one that was known or revoked is from now on what is said here.
/// Answers which of the estruturas its tribunal does not have; then nothing is changed.
pub fn acrescentar(
    conn: &mut PgConnection,
    cliente: &Reconhecida<'_>,
) -> QueryResult<Option<(i32, String)>> {
    use diesel::result::Error::RollbackTransaction;
    let mut alheia = None;
    let feito = conn.transaction(|conn| {
        // The table names the tribunal of both, so the old ones go before it changes.
        Sql::new("DELETE FROM credencial_estrutura WHERE azp = ")
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
                alheia = Some((*repositorio, numero.clone()));
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

/// False when there is no such client.
pub fn revogar(conn: &mut PgConnection, azp: &str) -> QueryResult<bool> {
    let revogadas =
        Sql::new("UPDATE credencial SET revogada_em = coalesce(revogada_em, now()) WHERE azp = ")
            .bind(azp.to_owned())
            .execute(conn)?;
    Ok(revogadas > 0)
}

/// As the server holds them. Blocks.
pub fn ler(db: &Db) -> Result<HashMap<String, Credencial>, Error> {
    let linhas = db.como_servidor(listar)?;
    let credencial = |Linha { azp, tribunal, papeis, estruturas, revogada }: Linha| {
        let tem = |papel: &Papel| papeis.iter().any(|nome| nome == papel.nome());
        let papeis = Papel::TODOS.into_iter().filter(tem).collect();
        let estruturas = estruturas.iter().filter_map(|texto| ler_estrutura(texto)).collect();
        (azp, Credencial { tribunal, papeis, estruturas, revogada })
    };
    Ok(linhas.into_iter().map(credencial).collect())
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
