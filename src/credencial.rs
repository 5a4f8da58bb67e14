//! The table of OIDC clients: what `elos credencial` writes, and the server reads
//! again every few seconds.

use crate::auth::{Credenciais, Credencial, Papel};
use crate::db::{Db, Sql};
use crate::error::Error;
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
    #[diesel(sql_type = Bool)]
    pub revogada: bool,
}

/// All of them, by name.
pub fn listar(conn: &mut PgConnection) -> QueryResult<Vec<Linha>> {
    Sql::new(
        "SELECT azp, tribunal_codigo AS tribunal, papeis, revogada_em IS NOT NULL AS revogada FROM credencial ORDER BY azp",
    )
    .load(conn)
}

/// Recognises a client; one that was known or revoked is from now on what is said here.
pub fn acrescentar(
    conn: &mut PgConnection,
    azp: &str,
    tribunal: Option<Tribunal>,
    papeis: &[Papel],
) -> QueryResult<()> {
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
    let credencial = |Linha { azp, tribunal, papeis, revogada }: Linha| {
        let tem = |papel: &Papel| papeis.iter().any(|nome| nome == papel.nome());
        let papeis = Papel::TODOS.into_iter().filter(tem).collect();
        (azp, Credencial { tribunal, papeis, revogada })
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
                Ok(Err(error)) => {
                    let (falha, _) = error.publica();
                    tracing::warn!(codigo = falha.nome(), "credenciais could not be read again");
                    RETOMADA
                }
                Err(_) => RETOMADA,
            };
            tokio::time::sleep(pausa).await;
        }
    });
}
