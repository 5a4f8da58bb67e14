//! The program compares the policies, rights and functions of the database with those that the
//! migrations make, and repairs the differences.

use crate::support::{App, Database, MAX_WAIT, Settings, Template};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use elos::db::catalog::{self, Difference, Kind};
use elos::db::migrations::Migrator;
use elos::db::{Db, DbOptions, Sql};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[test]
fn expected_txt_is_what_the_migrations_make() {
    let database = Database::bare();
    Migrator::connect(&database.url("postgres")).unwrap().apply().unwrap();
    let made = catalog::print(&mut database.conn()).unwrap();
    if std::env::var_os("ELOS_ACEITAR").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/db/catalog/expected.txt");
        std::fs::write(file, &made).unwrap();
        return;
    }
    let kept = include_str!("../../src/db/catalog/expected.txt");
    let only_in = |one: &str, other: &str| {
        let lines = one.lines().filter(|line| !other.lines().any(|other| other == *line));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        made,
        kept,
        "not as expected.txt (if it is right: ELOS_ACEITAR=1 script/test expected_txt): made {:#?}, kept {:#?}",
        only_in(&made, kept),
        only_in(kept, &made)
    );
    assert_eq!(catalog::differences(&mut database.conn()).unwrap(), []);
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    ty: String,
    #[diesel(sql_type = Bool)]
    not_null: bool,
}

/// The columns of a table, as `diesel::table!` writes them, without generated columns, which no
/// code writes, and those of a type that Diesel does not have.
fn columns(table: &str, conn: &mut PgConnection) -> Vec<String> {
    let sql = Sql::new(
        "SELECT attname::text AS name, format_type(atttypid, NULL) AS ty, attnotnull AS not_null \
         FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attrelid = ",
    );
    let sql = sql.bind(table.to_owned()).push("::regclass ORDER BY attnum");
    let columns: Vec<Column> = sql.load(conn).unwrap();
    let ty = |column: &Column| {
        Some(match column.ty.as_str() {
            "bigint" => "BigInt",
            "boolean" => "Bool",
            "bytea" => "Binary",
            "date" => "Date",
            "integer" => "Integer",
            "jsonb" => "Jsonb",
            "smallint" => "SmallInt",
            "text" => "Text",
            "text[]" => "Array<Text>",
            "timestamp with time zone" => "Timestamptz",
            _ => return None,
        })
    };
    let line = |column: &Column| {
        let (name, ty) = (&column.name, ty(column)?);
        let ty = if column.not_null { ty.to_owned() } else { format!("Nullable<{ty}>") };
        Some(format!("        {name} -> {ty},\n"))
    };
    columns.iter().filter_map(line).collect()
}

/// The tables of `schema.rs` have the columns that the migrations make.
#[test]
fn schema_rs_is_what_the_migrations_make() {
    let database = Database::bare();
    Migrator::connect(&database.url("postgres")).unwrap().apply().unwrap();
    let mut conn = database.conn();
    let kept = include_str!("../../src/db/schema.rs");
    let mut made = String::new();
    let mut lines = kept.lines();
    while let Some(line) = lines.next() {
        writeln!(made, "{line}").unwrap();
        let table =
            line.strip_prefix("    ").and_then(|line| line.split_once(" (")).map(|found| found.0);
        if let Some(table) = table.filter(|table| !table.contains(' ')) {
            made.extend(columns(table, &mut conn));
            made.push_str("    }\n");
            lines.by_ref().find(|line| *line == "    }").unwrap();
        }
    }
    if std::env::var_os("ELOS_ACEITAR").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/db/schema.rs"), &made).unwrap();
        return;
    }
    assert!(
        made == kept,
        "ELOS_ACEITAR=1 script/test schema_rs writes src/db/schema.rs again\n{made}"
    );
}

fn repair(database: &Database) -> catalog::Repair {
    Migrator::connect(&database.url("postgres")).unwrap().repair().unwrap()
}

/// The program names each fault, does not start with it, and repairs it. All faults use one
/// database, so a repair that leaves something behind fails the next fault.
fn assert_each_is_named_refused_and_repaired(faults: &[(&str, &str)]) {
    let database = Database::new(Template::Empty);
    let options = DbOptions::new(database.app_url());
    Db::connect(&options).unwrap();
    for &(fault, named) in faults {
        database.conn().batch_execute(fault).unwrap();
        let refused = Db::connect(&options).err().expect(fault).to_string();
        assert!(
            refused.contains(named) && refused.contains("elos migrate repair"),
            "{fault}: {refused}"
        );
        let first = repair(&database);
        assert!(first.uncorrected.is_empty() && !first.corrected.is_empty(), "{fault}: {first:?}");
        assert_eq!(catalog::differences(&mut database.conn()).unwrap(), [], "{fault}");
        let second = repair(&database);
        assert!(
            second.uncorrected.is_empty() && second.corrected.is_empty(),
            "{fault}: {second:?}"
        );
        Db::connect(&options).unwrap();
    }
}

#[test]
fn policies_and_owners_that_differ_are_put_right() {
    assert_each_is_named_refused_and_repaired(&[
        (
            "DROP POLICY vinculo_do_tribunal ON vinculo",
            "política vinculo_do_tribunal ON vinculo: falta",
        ),
        (
            "ALTER POLICY processo_do_tribunal ON processo USING (true)",
            "política processo_do_tribunal ON processo: esperava-se",
        ),
        (
            "ALTER POLICY evento_nacional ON evento TO elos_nacional, elos_app",
            "TO elos_app, elos_nacional",
        ),
        (
            "CREATE POLICY tudo ON adolescente FOR SELECT TO PUBLIC USING (true)",
            "política tudo ON adolescente: não devia existir",
        ),
        ("ALTER TABLE tramite DISABLE ROW LEVEL SECURITY", "tabela tramite: esperava-se"),
        ("ALTER TABLE guia FORCE ROW LEVEL SECURITY", "tabela guia: esperava-se"),
        ("ALTER TABLE evento OWNER TO postgres", "tabela evento: esperava-se «OWNER elos_dono"),
        ("ALTER SEQUENCE nre_sequencia OWNER TO postgres", "sequência nre_sequencia"),
    ]);
}

#[test]
fn rights_that_differ_are_put_right() {
    assert_each_is_named_refused_and_repaired(&[
        (
            "GRANT SELECT ON adolescente TO PUBLIC",
            "direito TABLE adolescente TO PUBLIC: não devia existir («SELECT»)",
        ),
        (
            "GRANT UPDATE (tribunal_codigo) ON adolescente TO elos_app",
            "direito TABLE adolescente TO elos_app",
        ),
        ("GRANT TRUNCATE ON evento TO elos_teste", "direito TABLE evento TO elos_teste"),
        ("GRANT SELECT ON processo TO elos_app WITH GRANT OPTION", "SELECT WITH GRANT OPTION"),
        (
            "REVOKE INSERT ON evento FROM elos_app",
            "direito TABLE evento TO elos_app: esperava-se «INSERT, SELECT»",
        ),
        (
            "REVOKE SELECT ON __diesel_schema_migrations FROM elos_app",
            "direito TABLE __diesel_schema_migrations TO elos_app: falta",
        ),
        (
            "GRANT EXECUTE ON FUNCTION elos_com_quem_esta TO PUBLIC",
            "direito FUNCTION elos_com_quem_esta(procurado text) TO PUBLIC",
        ),
        (
            "GRANT CREATE ON SCHEMA public TO PUBLIC",
            "direito SCHEMA public TO PUBLIC: esperava-se «USAGE», e está «CREATE, USAGE»",
        ),
        ("GRANT CREATE ON SCHEMA public TO elos_teste", "direito SCHEMA public TO elos_teste"),
    ]);
}

#[test]
fn functions_that_differ_are_put_right() {
    let elos_tribunal = "CREATE OR REPLACE FUNCTION elos_tribunal() RETURNS smallint LANGUAGE sql STABLE PARALLEL SAFE \
                         AS $$ SELECT 820::smallint $$";
    assert_each_is_named_refused_and_repaired(&[
        (
            "ALTER FUNCTION elos_e_apuracao RESET search_path",
            "função elos_e_apuracao(procurado text): esperava-se «SET search_path TO 'public', 'pg_temp'»",
        ),
        (
            "ALTER FUNCTION elos_e_apuracao SECURITY INVOKER",
            "função elos_e_apuracao(procurado text)",
        ),
        (
            "ALTER FUNCTION elos_e_apuracao OWNER TO postgres",
            "esperava-se «OWNER elos_definidor», e está «OWNER postgres»",
        ),
        (elos_tribunal, "função elos_tribunal(): esperava-se"),
        ("DROP FUNCTION elos_vincular_nre", "função elos_vincular_nre("),
    ]);
}

/// An unknown object may hold data that somebody needs, so a person decides.
#[test]
fn objects_with_data_and_missing_tables_are_left_to_a_person() {
    let database = Database::new(Template::Empty);
    database
        .conn()
        .batch_execute(
            "CREATE FUNCTION espia() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM adolescente';
             CREATE TABLE copia AS TABLE processo; ALTER TABLE copia OWNER TO elos_dono;
             CREATE VIEW tudo AS SELECT * FROM processo; ALTER VIEW tudo OWNER TO elos_dono; GRANT SELECT ON tudo TO elos_app;
             CREATE TABLE alheia (n int); GRANT SELECT ON alheia TO PUBLIC;
             DROP TABLE credencial_estrutura",
        )
        .unwrap();
    let left = repair(&database).uncorrected;
    let find = |kind, object: &str| {
        let of = |difference: &Difference| difference.kind == kind && difference.object == object;
        let found = left.iter().find(|left| of(&left.difference));
        found.unwrap_or_else(|| panic!("{object}: {left:?}")).statements.as_str()
    };
    assert_eq!(find(Kind::Function, "espia()"), "DROP ROUTINE espia()");
    assert_eq!(find(Kind::Table, "copia"), "DROP TABLE copia");
    assert_eq!(find(Kind::View, "tudo"), "DROP VIEW tudo");
    // A view runs with the rights of its owner and so bypasses row-level security. The repair
    // revokes the rights on it at once.
    assert_eq!(database.count("SELECT count(*) AS n FROM information_schema.table_privileges WHERE table_name = 'tudo' AND grantee = 'elos_app'"), 0);
    assert_eq!(find(Kind::Table, "credencial_estrutura"), "");
    assert!(!left.iter().any(|left| left.difference.object.contains("alheia")), "{left:?}");
    assert_eq!(database.count("SELECT count(*) AS n FROM copia"), 0);
    assert_eq!(database.count("SELECT espia() AS n"), 0);
}

/// A query reads rows through the parent and its policies. A query of the partition itself must
/// return nothing.
#[test]
fn a_partition_has_the_policies_of_its_parent() {
    let database = Database::new(Template::Empty);
    let part = |bounds: &str| {
        format!("CREATE TABLE dividida_{bounds} PARTITION OF dividida FOR VALUES IN ({bounds})")
    };
    database
        .conn()
        .batch_execute(&format!(
            "SET ROLE elos_dono; CREATE TABLE dividida (n int) PARTITION BY LIST (n);
             ALTER TABLE dividida ENABLE ROW LEVEL SECURITY; {}; {}; {}; {};
             ALTER TABLE dividida_1 ENABLE ROW LEVEL SECURITY; ALTER TABLE dividida_3 ENABLE ROW LEVEL SECURITY;
             ALTER TABLE dividida_4 ENABLE ROW LEVEL SECURITY;
             CREATE POLICY aberta ON dividida_3 USING (true); GRANT SELECT (n) ON dividida_4 TO elos_app",
            part("1"),
            part("2"),
            part("3"),
            part("4"),
        ))
        .unwrap();
    let of_partitions = |difference: &Difference| difference.kind == Kind::Partition;
    let mut differences = catalog::differences(&mut database.conn()).unwrap();
    differences.retain(of_partitions);
    let said = differences.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        said,
        [
            ("dividida_2", "OWNER elos_dono, NO ROW LEVEL SECURITY"),
            ("dividida_3", "OWNER elos_dono, ROW LEVEL SECURITY, POLICY aberta"),
            ("dividida_4", "OWNER elos_dono, ROW LEVEL SECURITY, GRANT SELECT (n) TO elos_app"),
        ]
        .map(|(name, stands)| format!(
            "partição {name}: esperava-se «OWNER elos_dono, ROW LEVEL SECURITY», e está «{stands}»"
        ))
    );
    let repair = catalog::repair(&mut database.conn(), of_partitions).unwrap();
    assert_eq!((repair.corrected.len(), repair.uncorrected.len()), (3, 0), "{repair:?}");
    differences = catalog::differences(&mut database.conn()).unwrap();
    differences.retain(of_partitions);
    assert_eq!(differences, []);
}

/// During a rolling update, old servers run on a database that a newer program has migrated.
#[test]
fn a_database_of_a_newer_program_is_checked_for_general_faults_only() {
    let database = Database::new(Template::Empty);
    let options = DbOptions::new(database.app_url());
    database
        .conn()
        .batch_execute(
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000001');
             CREATE TABLE nova (n int); ALTER TABLE nova OWNER TO elos_dono, ENABLE ROW LEVEL SECURITY; DROP POLICY evento_nacional ON evento",
        )
        .unwrap();
    Db::connect(&options).unwrap();
    database.conn().batch_execute("ALTER TABLE guia DISABLE ROW LEVEL SECURITY").unwrap();
    let refused = Db::connect(&options).err().expect("a refusal").to_string();
    assert!(refused.contains("tabela guia") && !refused.contains("evento"), "{refused}");
    assert_eq!(repair(&database).corrected.len(), 1);
    Db::connect(&options).unwrap();
}

fn readyz(app: &App, status: u16) -> String {
    let since = Instant::now();
    loop {
        let answer = app.request("GET", "/readyz", &[], b"");
        if answer.status == status {
            return answer.text;
        }
        assert!(since.elapsed() < MAX_WAIT, "never {status}: {answer:?}");
        std::thread::yield_now();
    }
}

#[test]
fn a_server_is_not_ready_while_the_structure_differs() {
    let database = Arc::new(Database::new(Template::Empty));
    let interval = Some(Duration::from_millis(20));
    let settings = Settings { structure_interval: interval, ..Settings::default() };
    let app = App::on_database(&database, settings);
    readyz(&app, 200);
    database.conn().batch_execute("DROP POLICY processo_do_tribunal ON processo").unwrap();
    let message = readyz(&app, 503);
    assert!(message.contains("elos migrate repair"), "{message}");
    repair(&database);
    readyz(&app, 200);
}

/// Checks the output that an operator sees.
#[test]
fn the_program_repairs_and_says_what() {
    let database = Database::new(Template::Empty);
    let elos = |args: &[&str]| database.elos(args);
    assert_eq!(elos(&["migrate", "repair"]), (Some(0), "nada a reparar\n".to_owned()));
    database.conn().batch_execute("DROP POLICY guia_nacional ON guia").unwrap();
    let (code, message) = elos(&["migrate", "run"]);
    assert!(
        code == Some(1)
            && message.contains("nada a aplicar")
            && message.contains("elos migrate repair"),
        "{message}"
    );
    let (code, message) = elos(&["migrate", "repair"]);
    assert!(
        code == Some(0) && message.contains("reparado   política guia_nacional ON guia"),
        "{message}"
    );
    assert_eq!(elos(&["migrate", "run"]), (Some(0), "nada a aplicar\n".to_owned()));
    database
        .conn()
        .batch_execute("CREATE TABLE sobra (n int); ALTER TABLE sobra OWNER TO elos_dono")
        .unwrap();
    let (code, message) = elos(&["migrate", "repair"]);
    assert!(
        code == Some(1)
            && message.contains("por fazer  tabela sobra")
            && message.contains("DROP TABLE sobra;"),
        "{message}"
    );
    let bare = Database::bare();
    let error =
        Migrator::connect(&bare.url("postgres")).unwrap().repair().expect_err("nothing to repair");
    assert!(error.to_string().contains("elos migrate run"), "{error}");
}
