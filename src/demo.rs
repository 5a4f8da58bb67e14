//! `elos demo`: the whole system on one machine, with synthetic data.

use crate::auth::issuer::{Issuer, PATH};
use crate::auth::signer::Signer;
use crate::auth::{Auth, AuthOptions};
use crate::config::Config;
use crate::db::migrations::Migrator;
use crate::db::{Db, DbOptions, Sql, credentials, login};
use crate::embedded::{self, Embedded};
use crate::seed;
use crate::server::{self, GraphqlSettings, Parts};
use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl};
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use std::fs::OpenOptions;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

const DATABASE: &str = "elos";
const SUPERUSER: &str = "postgres";
const LOGIN: &str = "elos_servidor";
const AUDIENCE: &str = "elos";

/// Runs the demo until a signal stops it.
pub fn run(
    config: &Config,
    fresh: bool,
    processos: u32,
    now: fn() -> DateTime<Utc>,
) -> anyhow::Result<()> {
    ensure!(
        config.database_url.is_none(),
        "`elos demo` traz o seu próprio banco: tire DATABASE_URL do ambiente, ou use `elos serve`"
    );
    ensure!(
        config.environment.as_deref() != Some("production"),
        "ELOS_ENV=production: `elos demo` emite tokens a quem pedir, e não roda em produção; use `elos serve`"
    );
    ensure!(
        config.bind.ip().is_loopback(),
        "`elos demo` emite tokens a quem pedir, por isso só escuta em 127.0.0.1 ou [::1]; para a rede, use `elos serve`"
    );
    ensure!(
        config.oidc.issuer.is_none()
            && config.oidc.jwks_file.is_none()
            && config.oidc.jwks_url.is_none(),
        "`elos demo` tem o seu próprio emissor de tokens: tire ELOS_OIDC_* do ambiente, ou use `elos serve`"
    );
    // Bind first, so that a port in use is reported before anything starts.
    let listener = TcpListener::bind(config.bind).with_context(|| {
        format!("não foi possível escutar em {}; escolha outra porta com --bind", config.bind)
    })?;
    let address = listener.local_addr()?;

    server::start_traces(config)?;
    if fresh {
        embedded::wipe(&config.data_dir)?;
    }
    let mut options = embedded::Options::new(&config.data_dir);
    options.pg_bin.clone_from(&config.pg_bin);
    let postgres = Embedded::start(options)?;
    let owner = postgres.url(SUPERUSER, DATABASE);
    prepare(&postgres, &owner, processos, now())?;

    let signer = match config.signer()? {
        None => Some(demo_signer(&config.data_dir)?),
        configured => configured,
    };
    let mut database = DbOptions::new(postgres.url(LOGIN, DATABASE));
    database.pool_max = config.pool_max;
    database.pool_idle = config.pool_idle;
    database.statement_timeout = config.statement_timeout;
    let app = server::app(config, Db::connect(&database)?, signer, now);
    let credentials = credentials::from_database(&app.db)?;
    let iss = format!("http://{address}{PATH}");
    let mut auth = AuthOptions::new(iss.clone(), vec![AUDIENCE.into()]);
    auth.tramita = config.tramita_auth(true);
    let parts = Parts {
        app,
        auth: Auth::new(auth, credentials),
        graphql: GraphqlSettings::of(config, true)?,
        tls: server::listen_tls(config)?,
        graphiql: config.graphiql.unwrap_or(true),
        loopback_only: true,
        cors: config.cors_origins.clone(),
        connections: config.connections.clone(),
        metrics: server::listen_metrics(config)?,
        drain_delay: config.drain_delay.unwrap_or(Duration::ZERO),
        issuer: Some(Issuer::new(iss, AUDIENCE.into(), now)),
    };
    tracing::warn!("development issuer: anybody on this machine gets tokens; never in production");
    let outcome = server::run(parts, listener, || announce(address));
    postgres.stop();
    outcome
}

/// Creates the database, its login and its data, each if it is absent, and applies the migrations.
fn prepare(
    postgres: &Embedded,
    owner: &str,
    processos: u32,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let mut server = PgConnection::establish(&postgres.url(SUPERUSER, SUPERUSER))?;
    let database_exists =
        Sql::new("SELECT FROM pg_database WHERE datname = ").bind(DATABASE.to_owned());
    if database_exists.execute(&mut server)? == 0 {
        server.batch_execute(&format!("CREATE DATABASE {DATABASE}"))?;
    }
    let mut migrator = Migrator::connect(owner)?;
    migrator.apply()?;
    login::create_login(&mut server, LOGIN)?;
    if seed::is_empty(migrator.conn())? {
        seed::fill(migrator.conn(), processos, now)?;
    }
    analyse(migrator.conn())?;
    Ok(())
}

/// Analyzes the tables without statistics. A crash makes PostgreSQL forget which tables it had to
/// analyze, and until enough rows of such a table change, PostgreSQL plans its queries by guesses.
fn analyse(conn: &mut PgConnection) -> anyhow::Result<()> {
    let never_analysed: Vec<String> = Sql::new(
        "SELECT oid::regclass::text FROM pg_class \
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace \
           AND reltuples < 0 AND pg_relation_size(oid) > 0",
    )
    .rows(conn)?;
    for name in never_analysed {
        conn.batch_execute(&format!("ANALYZE {name}"))?;
    }
    Ok(())
}

/// Returns the key that signs recibos in the demo. The first start creates it.
fn demo_signer(dir: &Path) -> anyhow::Result<Signer> {
    let file = dir.join("recibos.pem");
    if !file.exists() {
        let key = rsa::RsaPrivateKey::new(&mut rand::rngs::OsRng, 2048)?;
        let pem = key.to_pkcs8_pem(LineEnding::LF)?;
        let new = file.with_extension("novo");
        let mut output =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        output.write_all(pem.as_bytes())?;
        std::fs::rename(new, &file)?;
    }
    Ok(Signer::from_pem(&std::fs::read(file)?)?)
}

/// Prints the addresses and example commands. It ignores write errors, because a closed pipe (`|
/// head`) is no reason to stop.
fn announce(address: SocketAddr) {
    let root = format!("http://{address}");
    let _ = writeln!(
        std::io::stdout(),
        r#"
elos está no ar, com dados sintéticos: nenhuma pessoa e nenhum processo é real.

  GraphiQL    {root}/graphiql
  GraphQL     {root}/graphql      esquema: {root}/schema.graphql
  REST        {root}{rest}       rotas: {root}/docs
  Clientes    tjrn · tjpe · tjce · tjrn-leitura · tjrn-catalogo · cnj · pesquisa      (segredo de todos: demo)

Um token (vale 15 minutos):

  TOKEN=$(curl -s -u tjrn:demo -d grant_type=client_credentials {root}{PATH}/protocol/openid-connect/token | sed 's/.*"access_token":"\([^"]*\)".*/\1/')

Uma consulta aninhada:

  curl -s {root}/graphql -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
    -d '{{"query":"{{ processos(first: 1) {{ nodes {{ numero situacao adolescentes {{ nodes {{ nomeExibicao processos(vinculo: null) {{ nodes {{ numero tipo situacao }} }} }} }} }} }} }}"}}'

Ctrl-C encerra; os dados ficam. `elos demo --fresh` recomeça do zero.
"#,
        rest = crate::rest::PREFIX,
    );
}
