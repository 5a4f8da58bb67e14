//! `elos demo`: everything on one machine, with synthetic data.

use crate::auth::issuer::{CAMINHO, Emissor};
use crate::auth::signer::Assinante;
use crate::auth::{Auth, AuthOptions};
use crate::call::App;
use crate::config::Config;
use crate::db::migrations::Migrador;
use crate::db::{Db, DbOptions, Sql, credentials, login};
use crate::embedded::{self, Embedded};
use crate::seed;
use crate::server::{self, Partes};
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

const BANCO: &str = "elos";
const SUPERUSUARIO: &str = "postgres";
const LOGIN: &str = "elos_servidor";
const AUDIENCIA: &str = "elos";
/// As many processos as get a history at the first start.
const PROCESSOS_COM_HISTORIA: u32 = 20_000;

/// Runs until it is told to stop.
pub fn rodar(
    config: &Config,
    recomecar: bool,
    processos: u32,
    agora: fn() -> DateTime<Utc>,
) -> anyhow::Result<()> {
    ensure!(
        config.database_url.is_none(),
        "`elos demo` traz o seu próprio banco: tire DATABASE_URL do ambiente, ou use `elos serve`"
    );
    ensure!(
        config.ambiente.as_deref() != Some("production"),
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
    // Bound first: a taken port is said before anything is started.
    let escuta = TcpListener::bind(config.bind).with_context(|| {
        format!("não foi possível escutar em {}; escolha outra porta com --bind", config.bind)
    })?;
    let endereco = escuta.local_addr()?;

    if recomecar {
        embedded::wipe(&config.data_dir)?;
    }
    let mut opcoes = embedded::Options::new(&config.data_dir);
    opcoes.pg_bin.clone_from(&config.pg_bin);
    let postgres = Embedded::start(opcoes)?;
    let dono = postgres.url(SUPERUSUARIO, BANCO);
    preparar(&postgres, &dono, processos, agora())?;

    let assinante = match config.assinante()? {
        None => Some(assinante_da_demo(&config.data_dir)?),
        configurado => configurado,
    };
    let mut banco = DbOptions::nova(postgres.url(LOGIN, BANCO));
    banco.pool_max = config.pool_max;
    banco.tempo = config.tempo_maximo;
    let app = App::novo(Db::conectar(&banco)?, config.regras, agora)
        .assinando(assinante)
        .com_assinaturas(config.assinaturas)
        .com_documentos(config.documentos(true)?)
        .com_http(config.http)
        .with_trail(config.relaxed_trail)
        .com_ausencias_por_minuto(config.ausencias_por_minuto);
    let credenciais = credentials::do_banco(&app.db)?;
    let iss = format!("http://{endereco}{CAMINHO}");
    let mut auth = AuthOptions::novas(iss.clone(), vec![AUDIENCIA.into()]);
    auth.facade = config.facade(true);
    let partes = Partes {
        app,
        auth: Auth::novo(auth, credenciais),
        tls: server::listen_tls(config)?,
        graphiql: config.graphiql.unwrap_or(true),
        loopback_only: true,
        cors: config.cors_origins.clone(),
        connections: config.connections.clone(),
        metricas: server::escutar_metricas(config)?,
        pause: config.pause.unwrap_or(Duration::ZERO),
        emissor: Some(Emissor::novo(iss, AUDIENCIA.into(), agora)),
    };
    tracing::warn!("development issuer: anybody on this machine gets tokens; never in production");
    let desfecho = server::rodar(partes, escuta, || apresentar(endereco));
    postgres.stop();
    desfecho
}

/// The database, its login and its data, each made when absent.
fn preparar(
    postgres: &Embedded,
    dono: &str,
    processos: u32,
    agora: DateTime<Utc>,
) -> anyhow::Result<()> {
    let mut servidor = PgConnection::establish(&postgres.url(SUPERUSUARIO, SUPERUSUARIO))?;
    let ha_banco = Sql::new("SELECT FROM pg_database WHERE datname = ").bind(BANCO.to_owned());
    if ha_banco.execute(&mut servidor)? == 0 {
        servidor.batch_execute(&format!("CREATE DATABASE {BANCO}"))?;
    }
    let mut migrador = Migrador::conectar(dono)?;
    migrador.aplicar()?;
    login::admit(&mut servidor, LOGIN)?;
    if seed::vazio(migrador.conn())? {
        seed::semear(migrador.conn(), processos)?;
        // A larger one is there to measure with, and would wait for minutes.
        if processos <= PROCESSOS_COM_HISTORIA {
            seed::historia(migrador.conn())?;
        }
        seed::catalogos(migrador.conn(), agora)?;
    }
    analyse(migrador.conn())?;
    Ok(())
}

/// A crash makes PostgreSQL forget what it was about to analyse; a table without statistics is
/// then planned by guesses until half of it has changed again.
fn analyse(conn: &mut PgConnection) -> anyhow::Result<()> {
    #[derive(diesel::QueryableByName)]
    struct Table {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let never_analysed: Vec<Table> = Sql::new(
        "SELECT oid::regclass::text AS name FROM pg_class \
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace \
           AND reltuples < 0 AND pg_relation_size(oid) > 0",
    )
    .load(conn)?;
    for Table { name } in never_analysed {
        conn.batch_execute(&format!("ANALYZE {name}"))?;
    }
    Ok(())
}

/// The key of a demo's recibos, made at its first start.
fn assinante_da_demo(pasta: &Path) -> anyhow::Result<Assinante> {
    let arquivo = pasta.join("recibos.pem");
    if !arquivo.exists() {
        let chave = rsa::RsaPrivateKey::new(&mut rand::rngs::OsRng, 2048)?;
        let pem = chave.to_pkcs8_pem(LineEnding::LF)?;
        let novo = arquivo.with_extension("novo");
        let mut escrita =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&novo)?;
        escrita.write_all(pem.as_bytes())?;
        std::fs::rename(novo, &arquivo)?;
    }
    Ok(Assinante::de_pem(&std::fs::read(arquivo)?)?)
}

/// What to open and what to paste.
/// A reader that went away (`| head`) is no reason to stop.
fn apresentar(endereco: SocketAddr) {
    let raiz = format!("http://{endereco}");
    let _ = writeln!(
        std::io::stdout(),
        r#"
elos está no ar, com dados sintéticos: nenhuma pessoa e nenhum processo é real.

  GraphiQL    {raiz}/graphiql
  GraphQL     {raiz}/graphql      esquema: {raiz}/schema.graphql
  REST        {raiz}{rest}       rotas: {raiz}/docs
  Clientes    tjrn · tjpe · tjce · tjrn-leitura · tjrn-catalogo · cnj      (segredo de todos: demo)

Um token (vale 15 minutos):

  TOKEN=$(curl -s -u tjrn:demo -d grant_type=client_credentials {raiz}{CAMINHO}/protocol/openid-connect/token | sed 's/.*"access_token":"\([^"]*\)".*/\1/')

Uma consulta aninhada:

  curl -s {raiz}/graphql -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
    -d '{{"query":"{{ processos(first: 1) {{ nodes {{ numero situacao adolescentes {{ nodes {{ nomeExibicao processos(vinculo: null) {{ nodes {{ numero tipo situacao }} }} }} }} }} }} }}"}}'

Ctrl-C encerra; os dados ficam. `elos demo --fresh` recomeça do zero.
"#,
        rest = crate::rest::PREFIXO,
    );
}
