use crate::support::{Database, Template};
use diesel::connection::SimpleConnection;
use elos::db::Sql;
use elos::db::migrations::Migrator;

/// Returns the columns, indexes, constraints, policies, functions and rights of the schema as text
/// that can be compared.
fn snapshot(database: &Database) -> String {
    database.text(Sql::new(
        "SELECT string_agg(linha, E'\\n' ORDER BY linha) AS t FROM (
           SELECT format('coluna %s.%s %s %s', table_name, column_name, data_type, is_nullable) AS linha
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations'
           UNION ALL SELECT format('indice %s', indexdef) FROM pg_indexes WHERE schemaname = 'public' AND tablename <> '__diesel_schema_migrations'
           UNION ALL SELECT format('restricao %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
             WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> '__diesel_schema_migrations'
           UNION ALL SELECT format('politica %s %s %s %s', tablename, policyname, roles, qual) FROM pg_policies WHERE schemaname = 'public'
           UNION ALL SELECT format('funcao %s %s', proname, prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
           UNION ALL SELECT format('direito %s %s %s', table_name, grantee, privilege_type) FROM information_schema.role_table_grants
             WHERE table_schema = 'public' AND grantee LIKE 'elos%'
           UNION ALL SELECT 'nada') AS tudo",
    ))
}

#[test]
fn migrations_go_up_down_and_up_the_same() {
    let database = Database::bare();
    let empty = snapshot(&database);
    let mut migrator = Migrator::connect(&database.url("postgres")).unwrap();
    let done = migrator.apply().unwrap();
    assert!(migrator.status().unwrap().iter().all(|migration| migration.applied));
    let full = snapshot(&database);
    assert!(full.contains("coluna processo.numero"), "{full}");
    for _ in &done {
        migrator.revert().unwrap();
    }
    assert_eq!(snapshot(&database), empty);
    assert_eq!(migrator.apply().unwrap(), done);
    assert_eq!(snapshot(&database), full);
    assert_eq!(migrator.apply().unwrap(), [""; 0]);
}

/// A role that owns the database and may create roles is enough to migrate; no superuser is needed.
/// Where the roles of elos exist already, it must have the admin option on them.
#[test]
fn an_owner_without_superuser_migrates() {
    let database = Database::bare();
    let name = database.text(Sql::new("SELECT current_database()::text AS t"));
    database
        .conn()
        .batch_execute(&format!(
            "DO $$ BEGIN CREATE ROLE elos_teste_migra LOGIN CREATEROLE; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
             ALTER DATABASE {name} OWNER TO elos_teste_migra; ALTER SCHEMA public OWNER TO elos_teste_migra;
             GRANT elos_dono, elos_definidor TO elos_teste_migra WITH ADMIN OPTION"
        ))
        .unwrap();
    let mut migrator = Migrator::connect(&database.url("elos_teste_migra")).unwrap();
    assert!(!migrator.apply().unwrap().is_empty());
    assert!(migrator.status().unwrap().iter().all(|migration| migration.applied));
}

#[test]
fn the_table_of_tribunais_is_the_constant() {
    let database = Database::new(Template::Empty);
    let table = database.text(Sql::new(
        "SELECT string_agg(concat_ws('|', codigo, tr, sigla, nome), E'\\n' ORDER BY codigo) AS t FROM tribunal",
    ));
    let constant: Vec<_> = elos::value::tribunal::TRIBUNAIS
        .iter()
        .map(|t| format!("{}|{}|{}|{}", t.code, t.tr, t.sigla, t.nome))
        .collect();
    assert_eq!(table, constant.join("\n"));
}

#[test]
fn every_table_has_row_level_security_an_owner_and_a_comment() {
    let database = Database::new(Template::Empty);
    let missing = database.count(
        "SELECT count(*) AS n FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
           AND relname <> '__diesel_schema_migrations'
           AND NOT (relrowsecurity AND pg_get_userbyid(relowner) = 'elos_dono' AND (relispartition OR obj_description(oid) IS NOT NULL))",
    );
    assert_eq!(missing, 0);
    let without_index = database.text(Sql::new(
        "SELECT coalesce(string_agg(conrelid::regclass || '.' || conname, ', '), '') AS t FROM pg_constraint k
         WHERE contype = 'f' AND confrelid <> 'tribunal'::regclass AND NOT EXISTS (
           SELECT FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indkey[0] = k.conkey[1])",
    ));
    assert_eq!(without_index, "", "every foreign key heads an index");
}

/// The database itself keeps the invariants, for every client.
#[test]
fn the_database_refuses_what_the_rules_refuse() {
    let database = Database::new(Template::Seeded);
    let processo = "INSERT INTO processo (tribunal_codigo, numero, tipo, id_orgao, app_name_sistema_tribunal, numero_referencia, criado_em, atualizado_em) ";
    let copy = "FROM processo WHERE tipo = 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL' LIMIT 1";
    for (command, restricao) in [
        (format!("{processo} SELECT tribunal_codigo, numero, tipo, 1, 'x', NULL, now(), now() {copy}"), "processo_numero_unico"),
        (format!("{processo} SELECT 820, '1', tipo, 1, 'x', NULL, now(), now() {copy}"), "processo_numero_tem_20_digitos"),
        (format!("{processo} VALUES (820, '90007416220218200083', 'EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS', 1, 'x', NULL, now(), now())"), "processo_execucao_tem_referencia"),
        (format!("{processo} VALUES (820, '90007416220218200083', 'EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS', 1, 'x', '00000000000000000000', now(), now())"), "processo_referencia_e_apuracao"),
        (format!("{processo} SELECT 820, '90007416220218200083', 'EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS', 1, 'x', numero, now(), now() FROM processo WHERE tipo LIKE 'EXEC%' LIMIT 1"), "processo_referencia_e_apuracao"),
        ("INSERT INTO vinculo (tribunal_codigo, processo_id, adolescente_id, iniciado_em) SELECT tribunal_codigo, processo_id, adolescente_id, now() FROM vinculo WHERE encerrado_em IS NULL LIMIT 1".into(), "vinculo_ativo_unico"),
        ("UPDATE adolescente SET nome = NULL WHERE id = 1".into(), "adolescente_minimo_preenchido"),
        ("UPDATE adolescente SET cpf = (SELECT cpf FROM adolescente WHERE id = 2) WHERE id IN (1, 3)".into(), "adolescente_cpf_unico"),
        ("UPDATE processo SET situacao = 'X'".into(), "processo_situacao_conhecida"),
        ("INSERT INTO processo SELECT 2147483648, 820, '90007416220218200083'".into(), "x"),
    ] {
        let error = database.conn().batch_execute(&command).expect_err(&command).to_string();
        assert!(error.contains(restricao) || restricao == "x", "{restricao}: {error}");
    }
}

/// The role of the server cannot insert a row that refers to a row of another tribunal. The error
/// is the same for a foreign row and for an absent one.
#[test]
fn nothing_points_at_a_row_of_another_tribunal() {
    let database = Database::new(Template::Seeded);
    let attempt = |command: &str| {
        let as_app = format!("SET ROLE elos_app; SET elos.tribunal = '820'; {command}");
        database.conn().batch_execute(&as_app).expect_err(command).to_string()
    };
    // Processo 1 and adolescente 1 belong to tribunal 801 and have an open vínculo.
    for (processo, adolescente) in [("1", "1"), ("999999", "999999")] {
        let error = attempt(&format!(
            "INSERT INTO vinculo (tribunal_codigo, processo_id, adolescente_id, iniciado_em) VALUES (820, {processo}, {adolescente}, now())"
        ));
        assert!(error.contains("vinculo_tem_processo"), "{error}");
        let error = attempt(&format!(
            "INSERT INTO evento (tribunal_codigo, tipo, processo_id, ocorrido_em, ator_sub) VALUES (820, 'PROCESSO_CADASTRADO', {processo}, now(), 's')"
        ));
        assert!(error.contains("evento_do_processo"), "{error}");
    }
    for command in [
        "UPDATE processo SET numero = '90007416220218200083'",
        "UPDATE processo SET tribunal_codigo = 820",
        "UPDATE adolescente SET identificador = '202600000001'",
        "UPDATE vinculo SET processo_id = 1",
        "CREATE TABLE x ()",
        "SELECT nextval('adolescente_sequencia')",
    ] {
        assert!(attempt(command).contains("permission denied"), "{command}");
    }
}

#[test]
fn evento_is_append_only() {
    let database = Database::new(Template::Seeded);
    for command in [
        "UPDATE evento SET tipo = tipo",
        "DELETE FROM evento",
        "DELETE FROM processo",
        "DELETE FROM vinculo",
        "TRUNCATE adolescente",
    ] {
        let as_app = format!("SET ROLE elos_app; SET elos.tribunal = '820'; {command}");
        let error = database.conn().batch_execute(&as_app).expect_err(command).to_string();
        assert!(error.contains("permission denied"), "{command}: {error}");
    }
}
