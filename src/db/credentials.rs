//! The database tables of OIDC clients. `elos credencial` writes them, and the server reads them
//! again every two seconds.

use crate::auth::{Certificate, Credential, Credentials, Fingerprint, Known, Papel, Validity};
use crate::db::{Db, Sql, row};
use crate::error::{Error, Failure};
use crate::value::tribunal::Tribunal;
use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use std::time::Duration;

/// Interval between two reads, well below the age at which the server stops trusting what it read.
const REREAD_INTERVAL: Duration = Duration::from_secs(2);
/// Delay after a failed read. It is short, so that requests that waited for the database do not
/// also wait long for fresh credentials.
const RETRY_DELAY: Duration = Duration::from_millis(250);

row! {
    /// A client as the tables store it.
    #[derive(Debug, QueryableByName)]
    pub struct Row {
        pub azp: String,
        pub tribunal: Option<i16>,
        pub papeis: Vec<String>,
        /// The estruturas, each as the text `repositório/número`.
        pub estruturas: Vec<String>,
        pub revogada: bool,
        /// Number of client certificates registered for it.
        pub certificados: i64,
    }
}

/// All clients, ordered by `azp`.
pub fn list(conn: &mut PgConnection) -> QueryResult<Vec<Row>> {
    Sql::new(
        "SELECT c.azp, c.tribunal_codigo AS tribunal, c.papeis, c.revogada_em IS NOT NULL AS revogada, \
                (SELECT count(*) FROM certificado f WHERE f.azp = c.azp) AS certificados, \
                ARRAY(SELECT e.repositorio || '/' || e.numero FROM credencial_estrutura s JOIN estrutura e ON e.id = s.estrutura_id \
                      WHERE s.azp = c.azp ORDER BY e.repositorio, e.numero) AS estruturas \
         FROM credencial c ORDER BY c.azp",
    )
    .load(conn)
}

/// Parses `1/820` into the repositório and the number of the estrutura in it.
pub fn parse_estrutura(text: &str) -> Option<(i32, String)> {
    let (repositorio, numero) = text.split_once('/')?;
    Some((repositorio.parse().ok()?, (!numero.is_empty()).then(|| numero.to_owned())?))
}

/// A client to register with [`add`].
pub struct NewClient<'a> {
    pub azp: &'a str,
    /// `None` for a client of no tribunal.
    pub tribunal: Option<Tribunal>,
    pub papeis: &'a [Papel],
    /// The estruturas (repositório and number) that the client acts for. An empty list stands for
    /// all estruturas of its tribunal.
    pub estruturas: &'a [(i32, String)],
    /// Client certificates that identify it in addition to its tokens.
    pub certificates: &'a [Certificate],
}

/// The item of a [`NewClient`] that belongs to another tribunal or client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForeignItem {
    /// The client's tribunal does not have this estrutura (repositório and number).
    Estrutura(i32, String),
    /// Another client has this certificate.
    ClientCertificate(Fingerprint),
}

/// Registers a client. An existing or revoked client is replaced. If the tribunal of the client
/// does not have one of the estruturas, or another client has one of the certificates, nothing is
/// changed and that item is returned.
pub fn add(conn: &mut PgConnection, client: &NewClient<'_>) -> QueryResult<Option<ForeignItem>> {
    use diesel::result::Error::RollbackTransaction;
    let mut foreign = None;
    let result = conn.transaction(|conn| {
        // A row of `credencial_estrutura` holds the tribunal of both the client and the estrutura,
        // so the old rows must be deleted before the client's tribunal changes.
        Sql::new("DELETE FROM credencial_estrutura WHERE azp = ")
            .bind(client.azp.to_owned())
            .execute(conn)?;
        Sql::new("DELETE FROM certificado WHERE azp = ")
            .bind(client.azp.to_owned())
            .execute(conn)?;
        save(conn, client)?;
        for (repositorio, numero) in client.estruturas {
            let stored = Sql::new(
                "INSERT INTO credencial_estrutura (azp, tribunal_codigo, estrutura_id) \
                 SELECT c.azp, c.tribunal_codigo, e.id FROM credencial c JOIN estrutura e USING (tribunal_codigo) WHERE c.azp = ",
            )
            .bind(client.azp.to_owned())
            .push(" AND e.repositorio = ")
            .bind(*repositorio)
            .push(" AND e.numero = ")
            .bind(numero.clone())
            .push(" ON CONFLICT (azp, estrutura_id) DO UPDATE SET azp = excluded.azp")
            .execute(conn)?;
            if stored == 0 {
                foreign = Some(ForeignItem::Estrutura(*repositorio, numero.clone()));
                return Err(RollbackTransaction);
            }
        }
        for certificate in client.certificates {
            if !save_certificate(conn, client.azp, certificate)? {
                foreign = Some(ForeignItem::ClientCertificate(certificate.fingerprint));
                return Err(RollbackTransaction);
            }
        }
        Ok(())
    });
    match result {
        Err(RollbackTransaction) => Ok(foreign),
        other => other.map(|()| None),
    }
}

fn save(conn: &mut PgConnection, client: &NewClient<'_>) -> QueryResult<()> {
    let &NewClient { azp, tribunal, papeis, .. } = client;
    let papeis: Vec<String> = papeis.iter().map(|papel| papel.name().to_owned()).collect();
    Sql::new("INSERT INTO credencial (azp, tribunal_codigo, papeis) VALUES (")
        .bind(azp.to_owned())
        .push(", ")
        .bind_nullable(tribunal.map(|tribunal| tribunal.code))
        .push(", ")
        .bind(papeis)
        .push(
            ") ON CONFLICT (azp) DO UPDATE SET tribunal_codigo = excluded.tribunal_codigo, \
             papeis = excluded.papeis, criada_em = now(), revogada_em = NULL",
        )
        .execute(conn)?;
    Ok(())
}

/// Returns false if another client has the certificate.
fn save_certificate(
    conn: &mut PgConnection,
    azp: &str,
    Certificate { fingerprint, validity }: &Certificate,
) -> QueryResult<bool> {
    let stored =
        Sql::new("INSERT INTO certificado (impressao, azp, valido_de, valido_ate) VALUES (")
            .bind_all([
                fingerprint.to_string().into(),
                azp.to_owned().into(),
                validity.from.into(),
                validity.until.into(),
            ])
            .push(") ON CONFLICT (impressao) DO UPDATE SET azp = excluded.azp WHERE certificado.azp = excluded.azp")
            .execute(conn)?;
    Ok(stored > 0)
}

/// Revokes a client. Returns false if it does not exist.
pub fn revoke(conn: &mut PgConnection, azp: &str) -> QueryResult<bool> {
    let revoked =
        Sql::new("UPDATE credencial SET revogada_em = coalesce(revogada_em, now()) WHERE azp = ")
            .bind(azp.to_owned())
            .execute(conn)?;
    Ok(revoked > 0)
}

row! {
    /// A client certificate as the table stores it.
    #[derive(QueryableByName)]
    struct ClientCertificate {
        impressao: String,
        azp: String,
        valido_de: DateTime<Utc>,
        valido_ate: DateTime<Utc>,
    }
}

/// Reads all clients and certificates, in the form that the server keeps in memory. Blocks the
/// thread.
pub fn read(db: &Db) -> Result<Known, Error> {
    let (rows, certificates) = db.with_server_conn(|conn| {
        let certificates: Vec<ClientCertificate> =
            Sql::new("SELECT impressao, azp, valido_de, valido_ate FROM certificado").load(conn)?;
        Ok((list(conn)?, certificates))
    })?;
    let certificate = |row: ClientCertificate| {
        let ClientCertificate { impressao: fingerprint, azp, valido_de: from, valido_ate: until } =
            row;
        Some((Fingerprint::read(&fingerprint)?, (azp, Validity { from, until })))
    };
    let credential = |Row { azp, tribunal, papeis, estruturas, revogada: revoked, .. }: Row| {
        let has = |papel: &Papel| papeis.iter().any(|nome| nome == papel.name());
        let papeis = Papel::ALL.into_iter().filter(has).collect();
        let estruturas = estruturas.iter().filter_map(|text| parse_estrutura(text)).collect();
        (azp, Credential { tribunal, papeis, estruturas, revoked })
    };
    Ok(Known {
        by_azp: rows.into_iter().map(credential).collect(),
        certificates: certificates.into_iter().filter_map(certificate).collect(),
    })
}

/// Reads the credentials for a server that is starting. Blocks the thread.
pub fn from_database(db: &Db) -> anyhow::Result<Credentials> {
    let loaded = read(db).map_err(|_| anyhow::anyhow!("as credenciais não puderam ser lidas"))?;
    Ok(Credentials::new(loaded))
}

/// Starts a task that reads the credentials every two seconds, for as long as the server runs.
pub fn reload(db: Db, credentials: Credentials) {
    actix_web::rt::spawn(async move {
        loop {
            let db = db.clone();
            let pause = match tokio::task::spawn_blocking(move || read(&db)).await {
                Ok(Ok(loaded)) => {
                    credentials.replace(loaded);
                    REREAD_INTERVAL
                }
                Ok(Err(error)) if !matches!(error, Error::Failure(Failure::Indisponivel, _)) => {
                    let (failure, _) = error.log_and_redact();
                    tracing::warn!(codigo = failure.name(), "credenciais could not be read again");
                    RETRY_DELAY
                }
                // `db::outages` logs an unreachable database, once per outage.
                _ => RETRY_DELAY,
            };
            tokio::time::sleep(pause).await;
        }
    });
}
