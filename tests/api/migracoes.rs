use crate::support::{Banco, Modelo};
use diesel::connection::SimpleConnection;
use elos::db::Sql;
use elos::db::migrations::Migrador;

/// Everything in the schema, as text that can be compared.
fn retrato(banco: &Banco) -> String {
    banco.texto(Sql::new(
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
fn sobem_descem_e_sobem_iguais() {
    let banco = Banco::cru();
    let vazio = retrato(&banco);
    let mut migrador = Migrador::conectar(&banco.url("postgres")).unwrap();
    let feitas = migrador.aplicar().unwrap();
    assert!(migrador.situacao().unwrap().iter().all(|migracao| migracao.aplicada));
    let cheio = retrato(&banco);
    assert!(cheio.contains("coluna processo.numero"), "{cheio}");
    for _ in &feitas {
        migrador.reverter().unwrap();
    }
    assert_eq!(retrato(&banco), vazio);
    assert_eq!(migrador.aplicar().unwrap(), feitas);
    assert_eq!(retrato(&banco), cheio);
    assert_eq!(migrador.aplicar().unwrap(), [""; 0]);
}

/// A role that may create roles and owns the database is enough: no superuser.
#[test]
fn migra_quem_nao_e_superusuario() {
    let banco = Banco::cru();
    let nome = banco.texto(Sql::new("SELECT current_database()::text AS t"));
    banco
        .conn()
        .batch_execute(&format!(
            "DO $$ BEGIN CREATE ROLE elos_teste_migra LOGIN CREATEROLE; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
             ALTER DATABASE {nome} OWNER TO elos_teste_migra; ALTER SCHEMA public OWNER TO elos_teste_migra;
             GRANT elos_dono, elos_definidor TO elos_teste_migra WITH ADMIN OPTION"
        ))
        .unwrap();
    let mut migrador = Migrador::conectar(&banco.url("elos_teste_migra")).unwrap();
    assert!(!migrador.aplicar().unwrap().is_empty());
    assert!(migrador.situacao().unwrap().iter().all(|migracao| migracao.aplicada));
}

#[test]
fn a_tabela_de_tribunais_e_a_constante() {
    let banco = Banco::novo(Modelo::Vazio);
    let tabela = banco.texto(Sql::new(
        "SELECT string_agg(concat_ws('|', codigo, tr, sigla, nome), E'\\n' ORDER BY codigo) AS t FROM tribunal",
    ));
    let constante: Vec<_> = elos::value::tribunal::TRIBUNAIS
        .iter()
        .map(|t| format!("{}|{}|{}|{}", t.codigo, t.tr, t.sigla, t.nome))
        .collect();
    assert_eq!(tabela, constante.join("\n"));
}

#[test]
fn toda_tabela_tem_seguranca_de_linha_dono_e_comentario() {
    let banco = Banco::novo(Modelo::Vazio);
    let faltas = banco.contar(
        "SELECT count(*) AS n FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
           AND relname <> '__diesel_schema_migrations'
           AND NOT (relrowsecurity AND pg_get_userbyid(relowner) = 'elos_dono' AND (relispartition OR obj_description(oid) IS NOT NULL))",
    );
    assert_eq!(faltas, 0);
    let sem_indice = banco.texto(Sql::new(
        "SELECT coalesce(string_agg(conrelid::regclass || '.' || conname, ', '), '') AS t FROM pg_constraint k
         WHERE contype = 'f' AND confrelid <> 'tribunal'::regclass AND NOT EXISTS (
           SELECT FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indkey[0] = k.conkey[1])",
    ));
    assert_eq!(sem_indice, "", "every foreign key heads an index");
}

/// The database holds the invariants by itself, whoever writes.
#[test]
fn o_banco_recusa_o_que_as_regras_recusam() {
    let banco = Banco::novo(Modelo::Semeado);
    let processo = "INSERT INTO processo (tribunal_codigo, numero, tipo, id_orgao, app_name_sistema_tribunal, numero_referencia, criado_em, atualizado_em) ";
    let copia = "FROM processo WHERE tipo = 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL' LIMIT 1";
    for (comando, restricao) in [
        (format!("{processo} SELECT tribunal_codigo, numero, tipo, 1, 'x', NULL, now(), now() {copia}"), "processo_numero_unico"),
        (format!("{processo} SELECT 820, '1', tipo, 1, 'x', NULL, now(), now() {copia}"), "processo_numero_tem_20_digitos"),
        (format!("{processo} VALUES (820, '90007416220218200083', 'EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS', 1, 'x', NULL, now(), now())"), "processo_execucao_tem_referencia"),
        (format!("{processo} VALUES (820, '90007416220218200083', 'EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS', 1, 'x', '00000000000000000000', now(), now())"), "processo_referencia_e_apuracao"),
        (format!("{processo} SELECT 820, '90007416220218200083', 'EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS', 1, 'x', numero, now(), now() FROM processo WHERE tipo LIKE 'EXEC%' LIMIT 1"), "processo_referencia_e_apuracao"),
        ("INSERT INTO vinculo (tribunal_codigo, processo_id, adolescente_id, iniciado_em) SELECT tribunal_codigo, processo_id, adolescente_id, now() FROM vinculo WHERE encerrado_em IS NULL LIMIT 1".into(), "vinculo_ativo_unico"),
        ("UPDATE adolescente SET nome = NULL WHERE id = 1".into(), "adolescente_minimo_preenchido"),
        ("UPDATE adolescente SET cpf = (SELECT cpf FROM adolescente WHERE id = 2) WHERE id IN (1, 3)".into(), "adolescente_cpf_unico"),
        ("UPDATE processo SET situacao = 'X'".into(), "processo_situacao_conhecida"),
        ("INSERT INTO processo SELECT 2147483648, 820, '90007416220218200083'".into(), "x"),
    ] {
        let erro = banco.conn().batch_execute(&comando).expect_err(&comando).to_string();
        assert!(erro.contains(restricao) || restricao == "x", "{restricao}: {erro}");
    }
}

/// As the server's role, with its tribunal: nothing can point at a foreign row,
/// and the answer does not tell a foreign one from an absent one.
#[test]
fn nada_aponta_para_uma_linha_de_outro_tribunal() {
    let banco = Banco::novo(Modelo::Semeado);
    let tentar = |comando: &str| {
        let como_app = format!("SET ROLE elos_app; SET elos.tribunal = '820'; {comando}");
        banco.conn().batch_execute(&como_app).expect_err(comando).to_string()
    };
    // Processo 1 and adolescente 1 are of 801, with an open link between them.
    for (processo, adolescente) in [("1", "1"), ("999999", "999999")] {
        let erro = tentar(&format!(
            "INSERT INTO vinculo (tribunal_codigo, processo_id, adolescente_id, iniciado_em) VALUES (820, {processo}, {adolescente}, now())"
        ));
        assert!(erro.contains("vinculo_tem_processo"), "{erro}");
        let erro = tentar(&format!(
            "INSERT INTO evento (tribunal_codigo, tipo, processo_id, ocorrido_em, ator_sub) VALUES (820, 'PROCESSO_CADASTRADO', {processo}, now(), 's')"
        ));
        assert!(erro.contains("evento_do_processo"), "{erro}");
    }
    for comando in [
        "UPDATE processo SET numero = '90007416220218200083'",
        "UPDATE processo SET tribunal_codigo = 820",
        "UPDATE adolescente SET identificador = '202600000001'",
        "UPDATE vinculo SET processo_id = 1",
        "CREATE TABLE x ()",
        "SELECT nextval('adolescente_sequencia')",
    ] {
        assert!(tentar(comando).contains("permission denied"), "{comando}");
    }
}

#[test]
fn evento_so_se_acrescenta() {
    let banco = Banco::novo(Modelo::Semeado);
    for comando in [
        "UPDATE evento SET tipo = tipo",
        "DELETE FROM evento",
        "DELETE FROM processo",
        "DELETE FROM vinculo",
        "TRUNCATE adolescente",
    ] {
        let como_app = format!("SET ROLE elos_app; SET elos.tribunal = '820'; {comando}");
        let erro = banco.conn().batch_execute(&como_app).expect_err(comando).to_string();
        assert!(erro.contains("permission denied"), "{comando}: {erro}");
    }
}
