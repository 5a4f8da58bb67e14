//! The objects of the whole cluster, above all its roles, in a separate cluster.

use crate::support::TestFolder;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use elos::db::migrations::Migrator;
use elos::db::{ConnectError, Db, DbOptions, catalog, login};
use elos::embedded::Embedded;

const DATABASE: &str = "dados";
const LOGIN: &str = "servidor";
const OWNER: &str = "dono_do_banco";

struct Cluster {
    server: Embedded,
    _folder: TestFolder,
}

impl Cluster {
    fn new(name: &str) -> Self {
        let folder = TestFolder::new(name);
        let cluster = Self { server: folder.start(), _folder: folder };
        cluster.sql("postgres", &format!("CREATE DATABASE {DATABASE}"));
        cluster
    }

    fn migrated(name: &str) -> Self {
        let cluster = Self::new(name);
        cluster.migrator("postgres").apply().unwrap();
        login::create_login(&mut cluster.conn("postgres", DATABASE), LOGIN).unwrap();
        cluster
    }

    fn conn(&self, login: &str, database: &str) -> PgConnection {
        PgConnection::establish(&self.server.url(login, database)).unwrap()
    }

    #[track_caller]
    fn sql(&self, database: &str, statements: &str) {
        let done = self.conn("postgres", database).batch_execute(statements);
        done.unwrap_or_else(|error| panic!("{statements}: {error}"));
    }

    fn migrator(&self, login: &str) -> Migrator {
        Migrator::connect(&self.server.url(login, DATABASE)).unwrap()
    }

    fn connect(&self) -> Result<Db, ConnectError> {
        Db::connect(&DbOptions::new(self.server.url(LOGIN, DATABASE)))
    }

    fn refusal(&self) -> String {
        self.connect().err().expect("a refusal").to_string()
    }

    /// Makes the database like one that was restored in a cluster without the roles: the role `to`
    /// owns its objects, and the policies and rights of the roles are missing.
    fn lose_the_roles(&self, to: &str) {
        self.sql(
            DATABASE,
            &format!(
                "REASSIGN OWNED BY elos_dono, elos_definidor TO {to};
                 DROP OWNED BY elos_dono, elos_definidor, elos_app, elos_nacional, elos_auditor;
                 DROP ROLE elos_dono, elos_definidor, elos_app, elos_nacional, elos_auditor"
            ),
        );
    }
}

/// Returns the statements that a refusal tells the operator to run.
fn lines_of(refusal: &str) -> String {
    let (_, lines) = refusal.split_once("rode antes:\n").unwrap_or_else(|| panic!("{refusal}"));
    lines.to_owned()
}

#[test]
fn attributes_and_memberships_of_roles_are_named_and_repaired() {
    let cluster = Cluster::migrated("papeis");
    cluster.connect().unwrap();
    for (fault, named) in [
        ("ALTER ROLE elos_app BYPASSRLS", "papel elos_app: esperava-se"),
        ("ALTER ROLE elos_nacional SUPERUSER", "papel elos_nacional"),
        ("ALTER ROLE elos_auditor LOGIN CREATEROLE", "papel elos_auditor"),
        ("ALTER ROLE elos_definidor BYPASSRLS", "papel elos_definidor"),
        ("GRANT elos_nacional TO elos_app", "membro elos_app IN elos_nacional: não devia existir"),
        ("GRANT elos_auditor TO elos_app", "membro elos_app IN elos_auditor"),
        ("GRANT pg_read_all_data TO elos_nacional", "membro elos_nacional IN pg_read_all_data"),
    ] {
        cluster.sql(DATABASE, fault);
        let refused = cluster.refusal();
        assert!(
            refused.contains(named) && refused.contains("elos migrate repair"),
            "{fault}: {refused}"
        );
        let repair = cluster.migrator("postgres").repair().unwrap();
        assert!(
            repair.uncorrected.is_empty() && !repair.corrected.is_empty(),
            "{fault}: {repair:?}"
        );
        cluster.connect().unwrap();
    }
}

#[test]
fn a_database_restored_without_its_roles_is_repaired_whole() {
    let cluster = Cluster::migrated("sem-papeis");
    elos::seed::seed(cluster.migrator("postgres").conn(), 54).unwrap();
    cluster.lose_the_roles("postgres");
    let refused = cluster.refusal();
    assert!(refused.contains("elos_dono") && refused.contains("elos migrate repair"), "{refused}");
    assert!(cluster.migrator("postgres").apply().unwrap().is_empty());
    assert!(!cluster.migrator("postgres").faults().unwrap().is_empty());

    let repair = cluster.migrator("postgres").repair().unwrap();
    assert!(repair.uncorrected.is_empty(), "{repair:?}");
    let refused = cluster.refusal();
    assert!(
        refused.contains("GRANT elos_app, elos_nacional, elos_auditor TO servidor"),
        "{refused}"
    );
    login::create_login(&mut cluster.conn("postgres", DATABASE), LOGIN).unwrap();
    cluster.connect().unwrap();
    assert_eq!(catalog::differences(&mut cluster.conn(LOGIN, DATABASE)).unwrap(), []);
    let told = cluster.migrator("postgres").repair().unwrap();
    assert!(told.corrected.is_empty() && told.uncorrected.is_empty(), "{told:?}");
}

/// An owner that is not a superuser repairs what it may, and the program prints the lines for the
/// rest.
#[test]
fn an_owner_repairs_what_it_may_and_prints_the_rest() {
    let cluster = Cluster::migrated("dono-repara");
    cluster.sql(DATABASE, &format!("CREATE ROLE {OWNER} LOGIN CREATEROLE; ALTER DATABASE {DATABASE} OWNER TO {OWNER};
        ALTER TABLE __diesel_schema_migrations OWNER TO {OWNER}; ALTER SCHEMA public OWNER TO {OWNER}"));
    cluster.lose_the_roles(OWNER);
    let repair = cluster.migrator(OWNER).repair().unwrap();
    assert!(repair.uncorrected.is_empty(), "{:#?}", repair.uncorrected);
    login::create_login(&mut cluster.conn("postgres", DATABASE), LOGIN).unwrap();
    cluster.connect().unwrap();

    cluster.sql(DATABASE, "ALTER ROLE elos_app BYPASSRLS; DROP POLICY guia_nacional ON guia");
    let repair = cluster.migrator(OWNER).repair().unwrap();
    assert_eq!((repair.corrected.len(), repair.uncorrected.len()), (1, 1), "{repair:#?}");
    assert_eq!(repair.uncorrected[0].statements, "ALTER ROLE elos_app NOBYPASSRLS");
    assert!(repair.uncorrected[0].reason.is_some());
    cluster.sql(DATABASE, &repair.uncorrected[0].statements);
    cluster.connect().unwrap();
}

/// An owner without the rights to migrate gets the lines that grant them, before anything changes.
/// They work in their order.
#[test]
fn an_owner_that_cannot_migrate_is_told_what_to_type() {
    let cluster = Cluster::new("dono-simples");
    cluster.sql(DATABASE, &format!("CREATE ROLE {OWNER} LOGIN"));
    let refused = cluster.migrator(OWNER).apply().expect_err("a refusal").to_string();
    for line in [
        "CREATE ROLE elos_dono NOLOGIN;",
        "CREATE ROLE elos_auditor NOLOGIN;",
        "GRANT elos_dono, elos_definidor TO dono_do_banco WITH ADMIN OPTION;",
        "ALTER SCHEMA public OWNER TO dono_do_banco;",
        "GRANT CREATE ON DATABASE dados TO dono_do_banco;",
    ] {
        assert!(refused.contains(line), "{line}: {refused}");
    }
    let untouched = "DO $$ BEGIN ASSERT to_regclass('__diesel_schema_migrations') IS NULL; ASSERT to_regrole('elos_dono') IS NULL; END $$";
    cluster.sql(DATABASE, untouched);
    cluster.sql(DATABASE, &lines_of(&refused));
    assert!(!cluster.migrator(OWNER).apply().unwrap().is_empty());
    assert_eq!(cluster.migrator(OWNER).faults().unwrap(), []);
    login::create_login(&mut cluster.conn("postgres", DATABASE), LOGIN).unwrap();
    cluster.connect().unwrap();
}

/// An owner with CREATEROLE makes the roles. Before PostgreSQL 15 it must also own the schema.
#[test]
fn an_owner_with_createrole_makes_the_roles() {
    let cluster = Cluster::new("dono-cria");
    cluster.sql(
        DATABASE,
        &format!(
            "CREATE ROLE {OWNER} LOGIN CREATEROLE; ALTER DATABASE {DATABASE} OWNER TO {OWNER}"
        ),
    );
    let mut migrator = cluster.migrator(OWNER);
    // Before PostgreSQL 15, the owner of the database does not own the schema.
    if let Err(refused) = migrator.apply() {
        assert_eq!(
            lines_of(&refused.to_string()),
            format!("  ALTER SCHEMA public OWNER TO {OWNER};")
        );
        cluster.sql(DATABASE, &lines_of(&refused.to_string()));
        migrator.apply().unwrap();
    }
    assert_eq!(migrator.faults().unwrap(), []);
    login::create_login(&mut cluster.conn("postgres", DATABASE), LOGIN).unwrap();
    cluster.connect().unwrap();
}
