//! Faults of isolation, each made in a valid database and then found.

use super::cluster::{self, Database, LOGIN, OWNER, STATEMENTS};
use crate::support::Pooler;
use diesel::connection::SimpleConnection;
use elos::isolation::{Finding, Kind, Report};

/// Asserts that the report has a finding of this kind that names `what`.
#[track_caller]
fn finds(report: &Report, kind: Kind, what: &str) {
    let found = |finding: &Finding| finding.kind == kind && finding.what.contains(what);
    assert!(report.findings.iter().any(found), "{kind:?} {what}\n{report}");
}

/// Makes the fault in a new database and returns the report of the proof.
#[track_caller]
fn report_with_fault(fault: &str) -> Report {
    let _turn = cluster::roles_stay();
    let database = Database::empty();
    database.conn().batch_execute(fault).unwrap();
    database.prove()
}

#[test]
fn a_policy_that_was_dropped() {
    let report = report_with_fault("DROP POLICY processo_do_tribunal ON processo");
    finds(&report, Kind::Own, "tabela processo, coluna numero");
    // The proof also finds a missing policy on writes, and one on the data that a function reads.
    let report = report_with_fault("DROP POLICY tramite_andamento ON tramite");
    finds(&report, Kind::Own, "tabela tramite, coluna situacao");
    let report = report_with_fault("DROP POLICY guia_definidor ON guia");
    finds(&report, Kind::Own, "tabela guia, coluna numero");
}

#[test]
fn a_policy_that_was_weakened() {
    let report =
        report_with_fault("ALTER POLICY adolescente_do_tribunal ON adolescente USING (true)");
    finds(&report, Kind::Read, "tabela adolescente, coluna cpf");
    let report = report_with_fault(
        "ALTER POLICY adolescente_do_tribunal ON adolescente USING (true) WITH CHECK (true)",
    );
    finds(&report, Kind::Update, "tabela adolescente, coluna nome");
    let report =
        report_with_fault("ALTER POLICY adolescente_do_tribunal ON adolescente WITH CHECK (true)");
    finds(&report, Kind::Insert, "tabela adolescente");
    assert!(report.findings.iter().all(|finding| finding.kind != Kind::Read), "{report}");
}

#[test]
fn a_table_without_policies() {
    let report = report_with_fault("ALTER TABLE guia DISABLE ROW LEVEL SECURITY");
    finds(&report, Kind::Read, "tabela guia, coluna magistrado_cpf");
    finds(&report, Kind::Insert, "tabela guia");
}

#[test]
fn a_table_and_a_view_without_row_level_security() {
    let report = report_with_fault(
        "CREATE TABLE copia AS SELECT * FROM adolescente; GRANT SELECT ON copia TO elos_app",
    );
    finds(&report, Kind::Read, "tabela copia, coluna cpf");
    assert!(report.notes.iter().any(|note| note.contains("copia")), "{report}");
    // A view reads with the rights of its owner and so bypasses row-level security.
    let report = report_with_fault(
        "CREATE VIEW vista AS SELECT * FROM processo; GRANT SELECT ON vista TO elos_app",
    );
    finds(&report, Kind::Read, "tabela vista, coluna numero");
}

#[test]
fn rights_that_are_too_wide() {
    let report = report_with_fault("GRANT UPDATE (tribunal_codigo) ON rascunho TO elos_nacional");
    finds(&report, Kind::Update, "tabela rascunho, coluna tribunal_codigo");
    let report = report_with_fault(
        "GRANT TRUNCATE ON evento TO elos_app; GRANT UPDATE ON SEQUENCE nre_sequencia TO elos_app",
    );
    finds(&report, Kind::Truncate, "tabela evento");
    finds(&report, Kind::Sequence, "nre_sequencia");
}

/// The trail has one partition for each month, and one of them has no policies.
#[test]
fn a_partition_without_policies() {
    let report = report_with_fault(PARTITION);
    finds(&report, Kind::Read, "tabela auditoria_203001, coluna sub");
}

const PARTITION: &str = "
    DO $$ BEGIN
        IF (SELECT relkind FROM pg_class WHERE oid = 'auditoria'::regclass) <> 'p' THEN
            ALTER TABLE auditoria RENAME TO auditoria_inteira;
            CREATE TABLE auditoria (LIKE auditoria_inteira INCLUDING DEFAULTS) PARTITION BY RANGE (ocorrido_em);
            CREATE TABLE auditoria_resto PARTITION OF auditoria DEFAULT;
            ALTER TABLE auditoria OWNER TO elos_dono;
            ALTER TABLE auditoria_resto OWNER TO elos_dono;
            ALTER TABLE auditoria ADD PRIMARY KEY (id, ocorrido_em);
            ALTER TABLE auditoria ENABLE ROW LEVEL SECURITY;
            CREATE POLICY auditoria_do_tribunal ON auditoria TO elos_app
                USING (tribunal_codigo = elos_tribunal()) WITH CHECK (tribunal_codigo = elos_tribunal());
            GRANT SELECT ON auditoria TO elos_app;
            DROP TABLE auditoria_inteira;
        END IF;
    END $$;
    CREATE TABLE auditoria_203001 PARTITION OF auditoria FOR VALUES FROM ('2030-01-01') TO ('2030-02-01');
    ALTER TABLE auditoria_203001 OWNER TO elos_dono;
    GRANT SELECT ON auditoria_203001 TO elos_app";

#[test]
fn a_function_that_everybody_may_call() {
    let report = report_with_fault("GRANT EXECUTE ON FUNCTION elos_e_apuracao(text) TO PUBLIC");
    finds(&report, Kind::Function, "elos_e_apuracao");
    assert!(report.findings.iter().any(|one| one.role.contains(LOGIN)), "{report}");
    assert!(report.findings.iter().any(|one| one.role == "elos_auditor"), "{report}");
    // This function is meant for other functions only. It tells which tribunal has a processo.
    let report =
        report_with_fault("GRANT EXECUTE ON FUNCTION elos_com_quem_esta(text) TO elos_app");
    finds(&report, Kind::Function, "elos_com_quem_esta");
}

#[test]
fn a_definer_function_with_another_owner() {
    let report = report_with_fault("ALTER FUNCTION elos_e_apuracao(text) OWNER TO postgres");
    finds(&report, Kind::Function, "elos_e_apuracao");
    let report = report_with_fault("ALTER FUNCTION elos_e_apuracao(text) RESET search_path");
    finds(&report, Kind::Function, "elos_e_apuracao");
}

#[test]
fn a_function_that_reveals_too_much() {
    let report = report_with_fault(
        "CREATE FUNCTION elos_quem(text) RETURNS SETOF adolescente LANGUAGE sql STABLE SECURITY DEFINER \
         SET search_path = public, pg_temp AS 'SELECT * FROM adolescente WHERE nome = $1'; \
         ALTER FUNCTION elos_quem(text) OWNER TO elos_definidor; \
         REVOKE ALL ON FUNCTION elos_quem(text) FROM PUBLIC; GRANT EXECUTE ON FUNCTION elos_quem(text) TO elos_app",
    );
    let told = |one: &&Finding| one.what.contains("elos_quem") && one.how.contains("disse");
    assert!(report.findings.iter().any(|one| told(&one)), "{report}");
}

/// Makes a fault in the roles of the cluster. Returns the reports of a proof with one login and of
/// one with three logins, and undoes the fault.
#[track_caller]
fn of_roles(fault: &str, undo: &'static str) -> (Report, Report) {
    let database = {
        let _turn = cluster::roles_stay();
        Database::empty()
    };
    let _changed = cluster::change_roles(fault, undo);
    (database.prove(), database.prove_as(OWNER, &Database::three_logins(), STATEMENTS))
}

#[test]
fn a_login_that_inherits() {
    let (report, _) =
        of_roles("ALTER ROLE prova_login INHERIT", "ALTER ROLE prova_login NOINHERIT");
    finds(&report, Kind::Attribute, "elos_nacional");
    finds(&report, Kind::Read, "tabela adolescente, coluna cpf");
}

#[test]
fn a_role_that_row_level_security_does_not_bind() {
    let (report, _) = of_roles("ALTER ROLE elos_app BYPASSRLS", "ALTER ROLE elos_app NOBYPASSRLS");
    finds(&report, Kind::Attribute, "BYPASSRLS");
    finds(&report, Kind::Read, "tabela adolescente, coluna cpf");
    let (report, _) =
        of_roles("ALTER ROLE prova_login BYPASSRLS", "ALTER ROLE prova_login NOBYPASSRLS");
    finds(&report, Kind::Attribute, "BYPASSRLS");
}

#[test]
fn a_role_of_the_wrong_login() {
    let (_, report) =
        of_roles("GRANT elos_nacional TO prova_app", "REVOKE elos_nacional FROM prova_app");
    finds(&report, Kind::BecomeRole, "elos_nacional");
    let (report, _) =
        of_roles("GRANT elos_dono TO prova_login", "REVOKE elos_dono FROM prova_login");
    finds(&report, Kind::BecomeRole, "elos_dono");
    // No role may be a member of another.
    let (report, _) =
        of_roles("GRANT elos_nacional TO elos_app", "REVOKE elos_nacional FROM elos_app");
    finds(&report, Kind::Read, "tabela adolescente, coluna cpf");
    finds(&report, Kind::Attribute, "elos_nacional");
}

#[test]
fn a_pooler_that_mixes_sessions_up() {
    let _turn = cluster::roles_stay();
    let database = Database::empty();
    let pooler = Pooler::start(Database::socket(), true);
    let report = database.prove_through(&pooler);
    finds(&report, Kind::Session, "sessão");
    let mixed_up = |finding: &&Finding| finding.kind == Kind::Session;
    let told = report.findings.iter().find(mixed_up).map(|finding| finding.how.as_str());
    assert!(told.is_some_and(|how| how.contains("pool_mode = session")), "{report}");
    // A pooler that keeps sessions is no fault.
    pooler.by_transaction(false);
    let report = database.prove_through(&pooler);
    assert!(report.holds(), "{report}");
}
