//! What protects the data is compared with what the migrations make, and put right.

use crate::support::{Ajustes, App, Banco, Modelo, PATIENCE};
use diesel::connection::SimpleConnection;
use elos::db::catalog::{self, Difference, Kind};
use elos::db::migrations::Migrador;
use elos::db::{Db, DbOptions};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[test]
fn expected_txt_is_what_the_migrations_make() {
    let banco = Banco::cru();
    Migrador::conectar(&banco.url("postgres")).unwrap().aplicar().unwrap();
    let made = catalog::print(&mut banco.conn()).unwrap();
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
    assert_eq!(catalog::differences(&mut banco.conn()).unwrap(), []);
}

fn repair(banco: &Banco) -> catalog::Repair {
    Migrador::conectar(&banco.url("postgres")).unwrap().repair().unwrap()
}

/// Each is planted, named, refused and mended, on one database: a repair that leaves something
/// behind fails the next one.
#[test]
fn what_differs_is_named_refused_and_put_right() {
    let banco = Banco::novo(Modelo::Vazio);
    let options = DbOptions::nova(banco.url_do_app());
    Db::conectar(&options).unwrap();
    let elos_tribunal = "CREATE OR REPLACE FUNCTION elos_tribunal() RETURNS smallint LANGUAGE sql STABLE PARALLEL SAFE \
                         AS $$ SELECT 820::smallint $$";
    for (fault, named) in [
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
        (
            "GRANT CREATE ON SCHEMA public TO PUBLIC",
            "direito SCHEMA public TO PUBLIC: esperava-se «USAGE», e está «CREATE, USAGE»",
        ),
        ("GRANT CREATE ON SCHEMA public TO elos_teste", "direito SCHEMA public TO elos_teste"),
    ] {
        banco.conn().batch_execute(fault).unwrap();
        let refused = Db::conectar(&options).err().expect(fault).to_string();
        assert!(
            refused.contains(named) && refused.contains("elos migrate repair"),
            "{fault}: {refused}"
        );
        let first = repair(&banco);
        assert!(first.left.is_empty() && !first.done.is_empty(), "{fault}: {first:?}");
        assert_eq!(catalog::differences(&mut banco.conn()).unwrap(), [], "{fault}");
        let second = repair(&banco);
        assert!(second.left.is_empty() && second.done.is_empty(), "{fault}: {second:?}");
        Db::conectar(&options).unwrap();
    }
}

/// It may hold what somebody needs: a person decides.
#[test]
fn what_holds_data_or_is_missing_is_left_to_a_person() {
    let banco = Banco::novo(Modelo::Vazio);
    banco
        .conn()
        .batch_execute(
            "CREATE FUNCTION espia() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM adolescente';
             CREATE TABLE copia AS TABLE processo; ALTER TABLE copia OWNER TO elos_dono;
             CREATE VIEW tudo AS SELECT * FROM processo; ALTER VIEW tudo OWNER TO elos_dono; GRANT SELECT ON tudo TO elos_app;
             CREATE TABLE alheia (n int); GRANT SELECT ON alheia TO PUBLIC;
             DROP TABLE credencial_estrutura",
        )
        .unwrap();
    let left = repair(&banco).left;
    let find = |kind, object: &str| {
        let of = |difference: &Difference| difference.kind == kind && difference.object == object;
        let found = left.iter().find(|left| of(&left.difference));
        found.unwrap_or_else(|| panic!("{object}: {left:?}")).statements.as_str()
    };
    assert_eq!(find(Kind::Function, "espia()"), "DROP ROUTINE espia()");
    assert_eq!(find(Kind::Table, "copia"), "DROP TABLE copia");
    assert_eq!(find(Kind::View, "tudo"), "DROP VIEW tudo");
    // By a view of the owner's, row-level security is passed by: until it is gone, nobody may use it.
    assert_eq!(banco.contar("SELECT count(*) AS n FROM information_schema.table_privileges WHERE table_name = 'tudo' AND grantee = 'elos_app'"), 0);
    assert_eq!(find(Kind::Table, "credencial_estrutura"), "");
    assert!(!left.iter().any(|left| left.difference.object.contains("alheia")), "{left:?}");
    assert_eq!(banco.contar("SELECT count(*) AS n FROM copia"), 0);
    assert_eq!(banco.contar("SELECT espia() AS n"), 0);
}

/// Rows reach it through its parent; asked by its own name, it lets nothing pass.
#[test]
fn a_partition_is_held_to_its_parents_rule() {
    let banco = Banco::novo(Modelo::Vazio);
    let part = |bounds: &str| {
        format!("CREATE TABLE dividida_{bounds} PARTITION OF dividida FOR VALUES IN ({bounds})")
    };
    banco
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
    let mut differences = catalog::differences(&mut banco.conn()).unwrap();
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
    let repair = catalog::repair(&mut banco.conn(), of_partitions).unwrap();
    assert_eq!((repair.done.len(), repair.left.len()), (3, 0), "{repair:?}");
    differences = catalog::differences(&mut banco.conn()).unwrap();
    differences.retain(of_partitions);
    assert_eq!(differences, []);
}

/// Where several pods are replaced, the old ones still serve a database that a new one migrated.
#[test]
fn of_a_newer_programs_database_only_what_is_always_wrong_counts() {
    let banco = Banco::novo(Modelo::Vazio);
    let options = DbOptions::nova(banco.url_do_app());
    banco
        .conn()
        .batch_execute(
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000001');
             CREATE TABLE nova (n int); ALTER TABLE nova OWNER TO elos_dono, ENABLE ROW LEVEL SECURITY; DROP POLICY evento_nacional ON evento",
        )
        .unwrap();
    Db::conectar(&options).unwrap();
    banco.conn().batch_execute("ALTER TABLE guia DISABLE ROW LEVEL SECURITY").unwrap();
    let refused = Db::conectar(&options).err().expect("a refusal").to_string();
    assert!(refused.contains("tabela guia") && !refused.contains("evento"), "{refused}");
    assert_eq!(repair(&banco).done.len(), 1);
    Db::conectar(&options).unwrap();
}

fn readyz(app: &App, status: u16) -> String {
    let since = Instant::now();
    loop {
        let answer = app.pedir("GET", "/readyz", &[], b"");
        if answer.status == status {
            return answer.texto;
        }
        assert!(since.elapsed() < PATIENCE, "never {status}: {answer:?}");
        std::thread::yield_now();
    }
}

#[test]
fn a_server_is_not_ready_while_the_structure_differs() {
    let banco = Arc::new(Banco::novo(Modelo::Vazio));
    let interval = Some(Duration::from_millis(20));
    let ajustes = Ajustes { structure_interval: interval, ..Ajustes::default() };
    let app = App::no_banco(&banco, ajustes);
    readyz(&app, 200);
    banco.conn().batch_execute("DROP POLICY processo_do_tribunal ON processo").unwrap();
    let told = readyz(&app, 503);
    assert!(told.contains("elos migrate repair"), "{told}");
    repair(&banco);
    readyz(&app, 200);
}

/// What an operator sees.
#[test]
fn the_program_repairs_and_says_what() {
    let banco = Banco::novo(Modelo::Vazio);
    let elos = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_elos"))
            .args(args)
            .env("ELOS_MIGRATE_URL", banco.url("postgres"))
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (output.status.code(), text.concat())
    };
    assert_eq!(elos(&["migrate", "repair"]), (Some(0), "nada a reparar\n".to_owned()));
    banco.conn().batch_execute("DROP POLICY guia_nacional ON guia").unwrap();
    let (code, told) = elos(&["migrate", "run"]);
    assert!(
        code == Some(1) && told.contains("nada a aplicar") && told.contains("elos migrate repair"),
        "{told}"
    );
    let (code, told) = elos(&["migrate", "repair"]);
    assert!(
        code == Some(0) && told.contains("reparado   política guia_nacional ON guia"),
        "{told}"
    );
    assert_eq!(elos(&["migrate", "run"]), (Some(0), "nada a aplicar\n".to_owned()));
    banco
        .conn()
        .batch_execute("CREATE TABLE sobra (n int); ALTER TABLE sobra OWNER TO elos_dono")
        .unwrap();
    let (code, told) = elos(&["migrate", "repair"]);
    assert!(
        code == Some(1)
            && told.contains("por fazer  tabela sobra")
            && told.contains("DROP TABLE sobra;"),
        "{told}"
    );
    let cru = Banco::cru();
    let error =
        Migrador::conectar(&cru.url("postgres")).unwrap().repair().expect_err("nothing to repair");
    assert!(error.to_string().contains("elos migrate run"), "{error}");
}
