//! A private PostgreSQL for the run, and a database of its own for each test,
//! copied from a migrated one.

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl};
use elos::db::migrations::Migrador;
use elos::db::{Sql, login};
use elos::embedded::{Embedded, Options, StartError};
use elos::seed;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

/// The clock of the tests: always the same instant.
pub fn agora() -> DateTime<Utc> {
    // Tokens are checked against the machine's clock, so this one follows it.
    #[expect(clippy::disallowed_methods, reason = "the clock of the server under test")]
    Utc::now()
}

static SERVIDOR: LazyLock<Embedded> = LazyLock::new(|| {
    // A run that is still going, or was killed, keeps its folder: take the next.
    let uid = nix::unistd::geteuid();
    let servidor = (0..16).find_map(|vaga| {
        let mut opcoes = Options::new(PathBuf::from(format!("/var/tmp/elos-test-{uid}-{vaga}")));
        opcoes.durable = false;
        opcoes.max_connections = 400;
        match Embedded::start(opcoes) {
            Ok(servidor) => Some(servidor),
            Err(StartError::InUse { .. }) => None,
            Err(erro) => panic!("{erro}"),
        }
    });
    let servidor = servidor.expect("a free folder for the test server");
    preparar(&servidor);
    servidor
});

#[derive(Clone, Copy)]
pub enum Modelo {
    Vazio,
    /// 270 processos, ten in each tribunal.
    Semeado,
    /// 1,350 processos, for pages of a hundred.
    Grande,
}

impl Modelo {
    fn nome(self) -> &'static str {
        match self {
            Self::Vazio => "modelo_vazio",
            Self::Semeado => "modelo_semeado",
            Self::Grande => "modelo_grande",
        }
    }
}

/// Databases of earlier runs go; the templates are made anew, so they are never stale.
fn preparar(servidor: &Embedded) {
    let mut conn = PgConnection::establish(&servidor.url("postgres", "postgres")).unwrap();
    #[derive(diesel::QueryableByName)]
    struct Nome {
        #[diesel(sql_type = diesel::sql_types::Text)]
        datname: String,
    }
    let velhos: Vec<Nome> =
        Sql::new("SELECT datname::text AS datname FROM pg_database WHERE datname LIKE 't\\_%' OR datname LIKE 'modelo\\_%'")
            .load(&mut conn)
            .unwrap();
    for Nome { datname } in velhos {
        conn.batch_execute(&format!("DROP DATABASE {datname} WITH (FORCE)")).unwrap();
    }
    conn.batch_execute("CREATE DATABASE modelo_vazio").unwrap();
    let mut migrador = Migrador::conectar(&servidor.url("postgres", "modelo_vazio")).unwrap();
    migrador.aplicar().unwrap();
    drop(migrador);
    login::admit(&mut conn, "elos_teste").unwrap();
    for (modelo, processos) in [(Modelo::Semeado, 270), (Modelo::Grande, 1350)] {
        let nome = modelo.nome();
        conn.batch_execute(&format!("CREATE DATABASE {nome} TEMPLATE modelo_vazio")).unwrap();
        let mut migrador = Migrador::conectar(&servidor.url("postgres", nome)).unwrap();
        seed::semear(migrador.conn(), processos).unwrap();
    }
}

/// A database that lives as long as its test.
pub struct Banco {
    nome: String,
}

impl Banco {
    pub fn novo(modelo: Modelo) -> Self {
        static NUMERO: AtomicU32 = AtomicU32::new(0);
        // A template must have no other session while it is copied.
        static COPIA: Mutex<()> = Mutex::new(());
        let nome = format!("t_{}", NUMERO.fetch_add(1, Ordering::Relaxed));
        let _vez = COPIA.lock().unwrap_or_else(PoisonError::into_inner);
        Self::admin()
            .batch_execute(&format!("CREATE DATABASE {nome} TEMPLATE {}", modelo.nome()))
            .unwrap();
        Self { nome }
    }

    /// An empty database without migrations.
    pub fn cru() -> Self {
        static NUMERO: AtomicU32 = AtomicU32::new(0);
        let nome = format!("t_cru_{}", NUMERO.fetch_add(1, Ordering::Relaxed));
        Self::admin().batch_execute(&format!("CREATE DATABASE {nome}")).unwrap();
        Self { nome }
    }

    pub fn admin() -> PgConnection {
        PgConnection::establish(&SERVIDOR.url("postgres", "postgres")).unwrap()
    }

    pub fn nome(&self) -> &str {
        &self.nome
    }

    /// Where the server is connected to.
    pub fn socket() -> PathBuf {
        SERVIDOR.socket_dir().join(".s.PGSQL.5432")
    }

    pub fn url(&self, papel: &str) -> String {
        SERVIDOR.url(papel, &self.nome)
    }

    pub fn url_do_app(&self) -> String {
        self.url("elos_teste")
    }

    /// As the superuser: sees every row.
    pub fn conn(&self) -> PgConnection {
        PgConnection::establish(&self.url("postgres")).unwrap()
    }

    /// A number that a statement answers with, in its column `n`.
    #[track_caller]
    pub fn contar(&self, sql: &'static str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Contagem {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        Sql::new(sql).get_result::<Contagem>(&mut self.conn()).unwrap().n
    }

    /// How many of the server's connections wait for a lock.
    pub fn esperam(&self) -> i64 {
        self.contar(
            "SELECT count(*) AS n FROM pg_stat_activity \
             WHERE application_name = 'elos' AND wait_event_type = 'Lock' AND datname = current_database()",
        )
    }

    /// A text that a statement answers with, in its column `t`.
    #[track_caller]
    pub fn texto(&self, sql: Sql) -> String {
        #[derive(diesel::QueryableByName)]
        struct Texto {
            #[diesel(sql_type = diesel::sql_types::Text)]
            t: String,
        }
        sql.get_result::<Texto>(&mut self.conn()).unwrap().t
    }
}

impl Drop for Banco {
    fn drop(&mut self) {
        let _ = Self::admin()
            .batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.nome));
    }
}
