//! Archiving moves months from the database to files, and the hash chain continues.

use super::trail::{Trail, month_name};
use crate::support::TempDir;
use diesel::connection::SimpleConnection;
use elos::db::Sql;

/// Makes three months of the trail of two tribunais and of the national credentials, and seals
/// them. The last five seals of tribunal 820 alternate between the two later months.
fn three_months() -> Trail {
    let trail = Trail::new();
    for tribunal in [820, 817, 0] {
        trail.save(tribunal, 3, 1200);
        trail.save(tribunal, 2, 30);
        trail.seal_pending();
    }
    for month in [1, 2, 1, 2, 1] {
        trail.save(820, month, 3);
        trail.seal_pending();
    }
    trail
}

#[track_caller]
fn check((code, text): (Option<i32>, String)) -> String {
    assert_eq!(code, Some(0), "{text}");
    text
}

#[track_caller]
fn finds((code, text): (Option<i32>, String), found: &str) {
    let is_found = text.lines().any(|line| line.starts_with("ACHADO") && line.contains(found));
    assert!(code == Some(1) && is_found, "{found}: {text}");
}

#[track_caller]
fn refuses(trail: &Trail, (code, text): (Option<i32>, String), reason: &str) {
    assert!(code == Some(1) && text.contains(reason), "{reason}: {text}");
    assert_eq!(trail.database.count("SELECT count(*) AS n FROM trilha_arquivada"), 0, "{reason}");
    let parts = "SELECT count(*) AS n FROM pg_inherits WHERE inhparent IN ('auditoria'::regclass, 'selo'::regclass)";
    assert_eq!(trail.database.count(parts), 12, "{reason}");
}

/// Returns the lines that state the end of each chain.
fn heads(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("cabeça")).collect()
}

#[test]
fn a_month_leaves_the_database_and_the_chain_goes_on() {
    let trail = three_months();
    let before = check(trail.verify(&[]));
    let anchor = trail.dir.0.join("ancora");
    std::fs::write(&anchor, &before).unwrap();
    let anchor = ["--ancora", anchor.to_str().unwrap()];

    let text = check(trail.archive(3));
    assert!(text.contains("3600 registro(s) em 6 selo(s)"), "{text}");
    assert_eq!(trail.database.count("SELECT count(*) AS n FROM auditoria"), 90 + 15);
    let text = check(trail.verify(&anchor));
    assert_eq!(heads(&text), heads(&before));
    assert!(text.contains("1200 dos registros em arquivo"), "{text}");
    assert!(text.contains("que não foi dado"), "{text}");
    let text = check(trail.verify_all());
    assert_eq!(heads(&text), heads(&before));
    assert!(!text.contains("que não foi dado"), "{text}");

    // One run of the program archives two months. After it, tribunal 817 has no seal left in the
    // database.
    check(trail.archive(1));
    assert_eq!(trail.database.count("SELECT count(*) AS n FROM auditoria"), 0);
    // Tribunal 820 has one segment for each of two months, then one segment for each seal around
    // the boundary.
    let segments = "SELECT count(*) AS n FROM trilha_arquivada WHERE tribunal_codigo = 820";
    assert_eq!(trail.database.count(segments), 1 + 1 + 5);
    let text = check(trail.verify_all());
    assert_eq!(heads(&text), heads(&before));
    assert_eq!(check(trail.archive(1)), format!("nada a arquivar até {}\n", month_name(1)));

    // New seals continue the chains that end in the files.
    for tribunal in [820, 817, 801] {
        trail.save(tribunal, 0, 2);
    }
    trail.seal_pending();
    let orders = trail.database.text(Sql::new(
        "SELECT string_agg(tribunal_codigo || ':' || ordem, ' ' ORDER BY tribunal_codigo) AS t FROM selo",
    ));
    assert_eq!(orders, "801:1 817:4 820:9");
    check(trail.verify_all());
    check(trail.verify(&anchor));

    // The files alone give the same result.
    let text = check(trail.verify_only(&trail.dir.0, &anchor));
    assert_eq!(heads(&text), heads(&before));
    assert!(text.contains("a chave é a que o próprio arquivo diz"), "{text}");
    assert_eq!(text.matches("ndjson.gz: ").count(), 3, "{text}");
}

/// Makes a trail where two of the three months are in files, and the current month goes on.
fn two_archived() -> Trail {
    let trail = three_months();
    check(trail.archive(2));
    trail.save(820, 0, 5);
    trail.seal_pending();
    trail
}

#[test]
fn a_change_in_the_table_is_found() {
    let trail = two_archived();
    let before = check(trail.verify_all());
    let mut conn = trail.database.conn();
    let current = month_name(0).replace('-', "");
    let month_2 = month_name(2).replace('-', "");
    let odd = |xid: &str| {
        format!("CREATE TABLE auditoria_{month_2} PARTITION OF auditoria FOR VALUES FROM ('{month}-01 00:00+00') TO ('{month}-20 00:00+00');
            INSERT INTO auditoria (id, xid, tribunal_codigo, ocorrido_em, sub, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao)
            SELECT 7, {xid}, 820, '{month}-15 00:00+00', 's', 'REST', 'o', 'LEITURA', 'OK', 200, '{{}}', '{{}}', 'c'", month = month_name(2))
    };
    for (change, found, undo) in [
        ("UPDATE trilha_arquivada SET hash = sha256('x') WHERE tribunal_codigo = 820 AND de_ordem = 1".to_owned(), "tribunal 820, selo 3: o selo foi alterado", ""),
        ("UPDATE trilha_arquivada SET anterior = sha256('x') WHERE tribunal_codigo = 817 AND de_ordem = 1".to_owned(), "tribunal 817, selo 1: o selo foi alterado", ""),
        ("DELETE FROM trilha_arquivada WHERE tribunal_codigo = 820 AND de_ordem = 3".to_owned(), "tribunal 820, selo 3: falta o selo", ""),
        ("DELETE FROM trilha_arquivada WHERE tribunal_codigo = 817".to_owned(), "não", ""),
        ("UPDATE trilha_arquivada SET arquivo_sha256 = sha256('x') WHERE tribunal_codigo = 820 AND de_ordem = 1".to_owned(), "não é o arquivo que o banco registra", ""),
        // One record is inside the archived range, and one is after it.
        (odd("(SELECT max(ate_xid) FROM trilha_arquivada)"), "registro 7: o registro foi inserido", "DROP TABLE auditoria_MES"),
        (odd("pg_current_xact_id()"), "registro 7: o registro foi inserido", "DROP TABLE auditoria_MES"),
        (format!("INSERT INTO selo SELECT tribunal_codigo, de_ordem, ate_xid, ate_id, '{{}}', '', '{{}}', anterior, hash, now(), '{}-01' FROM trilha_arquivada WHERE tribunal_codigo = 817 AND de_ordem = 1", month_name(0)),
            "tribunal 817, selo 1: o selo está no banco", "DELETE FROM selo_ATUAL WHERE tribunal_codigo = 817"),
    ] {
        conn.batch_execute("CREATE TABLE copia AS TABLE trilha_arquivada").unwrap();
        conn.batch_execute(&change).unwrap();
        let seen = trail.verify_all();
        if found == "não" {
            // The database has no later seal of this chain. Only the files show that seals are
            // missing.
            finds(seen, "os selos não são os da cadeia do banco");
        } else {
            finds(seen, found);
        }
        let undo = undo.replace("MES", &month_2).replace("ATUAL", &current);
        conn.batch_execute(&format!("{undo}; DELETE FROM trilha_arquivada; INSERT INTO trilha_arquivada TABLE copia; DROP TABLE copia")).unwrap();
        check(trail.verify_all());
    }
    assert_eq!(heads(&check(trail.verify_all())), heads(&before));
}

/// The verification with the database finds the change and names its block. The verification of the
/// file alone finds it too.
#[test]
fn a_changed_byte_of_a_file_is_found() {
    let trail = two_archived();
    let before = check(trail.verify_all());
    let file = trail.file(3);
    let valid = std::fs::read(&file).unwrap();
    for at in [5, valid.len() / 2, valid.len() - 40] {
        let mut wrong = valid.clone();
        wrong[at] ^= 0x10;
        std::fs::write(&file, wrong).unwrap();
        let seen = trail.verify_all();
        let byte = seen.1.split(", byte ").nth(1).and_then(|rest| rest.split([',', ':']).next());
        let byte: usize = byte.unwrap().parse().unwrap();
        assert!(byte <= at && at - byte < 200_000, "{at}: {}", seen.1);
        finds(seen, "bloco");
        finds(trail.verify_only(&file, &[]), "bloco");
    }
    std::fs::write(&file, &valid).unwrap();
    assert_eq!(heads(&check(trail.verify_all())), heads(&before));
}

/// The program reports a missing file. This is a finding only with `--exigir-arquivos`.
#[test]
fn a_missing_file_is_reported() {
    let trail = two_archived();
    let before = check(trail.verify_all());
    let file = trail.file(3);
    let far = trail.dir.0.join("longe");
    std::fs::rename(&file, &far).unwrap();
    let text = check(trail.verify(&["--arquivo", trail.dir.text()]));
    assert!(text.contains(&format!("{} está em elos-trilha-", month_name(3))), "{text}");
    finds(trail.verify_all(), "falta o arquivo");
    let text = check(trail.verify_only(&trail.dir.0, &[]));
    assert!(text.contains("os selos 1 a 2 não estão nestes arquivos"), "{text}");
    finds(trail.verify_only(&trail.dir.0, &["--exigir-arquivos"]), "faltam selos");
    std::fs::rename(&far, &file).unwrap();
    assert_eq!(heads(&check(trail.verify_all())), heads(&before));
}

/// The file of another trail has a valid signature, but its chain is another.
#[test]
fn the_file_of_another_trail_is_found() {
    let trail = two_archived();
    let before = check(trail.verify_all());
    let file = trail.file(3);
    let valid = std::fs::read(&file).unwrap();
    let another = three_months();
    check(another.archive(3));
    std::fs::copy(another.file(3), &file).unwrap();
    finds(trail.verify_all(), "os selos não são os da cadeia do banco ou dos outros arquivos");
    finds(trail.verify_only(&trail.dir.0, &[]), "os selos não são os da cadeia");
    std::fs::write(&file, &valid).unwrap();
    assert_eq!(heads(&check(trail.verify_all())), heads(&before));
}

#[test]
fn a_seal_that_differs_from_the_anchor_is_found() {
    let trail = two_archived();
    let before = check(trail.verify_all());
    let anchor = trail.dir.0.join("ancora");
    std::fs::write(&anchor, format!("cabeça 820 1 {}\n", "ab".repeat(32))).unwrap();
    let anchor = ["--ancora", anchor.to_str().unwrap()];
    finds(
        trail.verify_only(&trail.file(3), &anchor),
        "tribunal 820, selo 1: o selo não é o que foi anotado na âncora",
    );
    assert_eq!(heads(&check(trail.verify_all())), heads(&before));
}

#[test]
fn only_what_verifies_is_archived() {
    let trail = three_months();
    refuses(&trail, trail.archive_without("ELOS_CHAVE_DOS_RECIBOS"), "--chave-dos-recibos");
    refuses(&trail, trail.archive_without("ELOS_MIGRATE_URL"), "ELOS_MIGRATE_URL");
    refuses(&trail, trail.archive(0), "ainda não acabou");
    let mut conn = trail.database.conn();
    conn.batch_execute("CREATE TABLE a AS TABLE auditoria; CREATE TABLE s AS TABLE selo").unwrap();
    let ninth =
        "(SELECT id FROM auditoria WHERE tribunal_codigo = 817 ORDER BY xid, id OFFSET 8 LIMIT 1)";
    for (change, reason) in [
        (format!("UPDATE auditoria SET status = 404 WHERE id = {ninth}"), "o registro foi alterado"),
        (format!("DELETE FROM auditoria WHERE id = {ninth}"), "o registro foi removido"),
        (format!("INSERT INTO auditoria SELECT id + 1, xid, tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos,
            campos_sensiveis, correlacao FROM auditoria WHERE id = {ninth}"), "por selar"),
        (format!("INSERT INTO auditoria SELECT id + 1, xid, tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos,
            campos_sensiveis, correlacao FROM auditoria WHERE id = {ninth}; DELETE FROM auditoria WHERE id = {ninth}"), "o registro foi inserido"),
        ("UPDATE selo SET hash = sha256('x') WHERE tribunal_codigo = 817 AND ordem = 1".to_owned(), "o selo foi alterado"),
        ("UPDATE selo SET anterior = sha256('x') WHERE tribunal_codigo = 817 AND ordem = 1".to_owned(), "o selo foi alterado"),
        ("DELETE FROM selo WHERE tribunal_codigo = 0 AND ordem = 1".to_owned(), "por selar"),
    ] {
        conn.batch_execute(&change).unwrap();
        refuses(&trail, trail.archive(3), reason);
        assert_eq!(std::fs::read_dir(&trail.dir.0).unwrap().count(), 0, "{reason}");
        conn.batch_execute("DELETE FROM auditoria; DELETE FROM selo; INSERT INTO auditoria TABLE a; INSERT INTO selo TABLE s").unwrap();
    }
    // A limit on the file size stands for a full disk.
    refuses(&trail, trail.archive_after("ulimit -f 8; trap '' XFSZ"), "nada saiu do banco");
    assert_eq!(std::fs::read_dir(&trail.dir.0).unwrap().count(), 0);
    std::fs::remove_dir(&trail.dir.0).unwrap();
    refuses(&trail, trail.archive(1), "não foi possível abrir a pasta");
    std::fs::create_dir(&trail.dir.0).unwrap();
    check(trail.archive(1));
}

/// A crash can interrupt an archive run between the file and the database. It loses nothing, and
/// the next run continues from the finished file.
#[test]
fn a_crash_midway_loses_nothing() {
    let trail = three_months();
    let before = check(trail.verify(&[]));
    // A killed run leaves the partial file that it was writing.
    let partial = trail.file(3).with_extension("gz.parcial");
    std::fs::write(&partial, "meio arquivo").unwrap();
    // A long read of the trail prevents the program from detaching the partition.
    let mut reader = trail.database.conn();
    reader.batch_execute("BEGIN; SELECT FROM auditoria LIMIT 1").unwrap();
    let mut killed = trail.spawn_archive(3);
    while trail.database.count(
        "SELECT count(*) AS n FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    ) == 0
    {
        assert!(killed.try_wait().unwrap().is_none(), "it waits for who reads");
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    reader.batch_execute("COMMIT").unwrap();
    assert!(trail.file(3).exists() && !partial.exists());
    assert_eq!(trail.database.count("SELECT count(*) AS n FROM trilha_arquivada"), 0);
    assert_eq!(trail.database.count("SELECT count(*) AS n FROM auditoria"), 3600 + 90 + 15);
    // The month is in the file and in the database, with the same records.
    let text = check(trail.verify_all());
    assert_eq!(heads(&text), heads(&before));

    // PostgreSQL ends the connection of the killed program when it notices that the program is
    // gone.
    while trail.database.count("SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") > 0 {}
    let stored = std::fs::metadata(trail.file(3)).unwrap().modified().unwrap();
    check(trail.archive(3));
    assert_eq!(std::fs::metadata(trail.file(3)).unwrap().modified().unwrap(), stored);
    assert_eq!(trail.database.count("SELECT count(*) AS n FROM auditoria"), 90 + 15);
    let text = check(trail.verify_all());
    assert_eq!(heads(&text), heads(&before));

    // A file with the right name has other contents, so the month stays in the database.
    std::fs::copy(trail.file(3), trail.file(2)).unwrap();
    let (code, text) = trail.archive(2);
    assert!(code == Some(1) && text.contains("não tem os registros e selos"), "{text}");
    std::fs::write(trail.file(2), "meio arquivo").unwrap();
    let (code, text) = trail.archive(2);
    assert!(code == Some(1) && text.contains("nada saiu do banco"), "{text}");
    assert_eq!(trail.database.count("SELECT count(*) AS n FROM auditoria"), 90 + 15);
    std::fs::remove_file(trail.file(2)).unwrap();

    // The program waits for a short read of the trail.
    reader.batch_execute("BEGIN; SELECT FROM auditoria LIMIT 1").unwrap();
    let child = trail.spawn_archive(1);
    while trail.database.count(
        "SELECT count(*) AS n FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    ) == 0
    {}
    reader.batch_execute("COMMIT").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(heads(&check(trail.verify_all())), heads(&before));
}

/// The database of one trail refuses the files of another trail.
#[test]
fn files_of_another_database_are_refused() {
    let trail = three_months();
    check(trail.archive(3));
    let another = three_months();
    finds(
        another.verify(&["--arquivo", trail.dir.text()]),
        "os selos não são os da cadeia do banco ou dos outros arquivos",
    );
    let empty = TempDir::created();
    let (code, text) = another.verify(&["--arquivo", empty.text()]);
    assert!(code == Some(1) && text.contains("não há arquivo .ndjson.gz"), "{text}");
}

/// Only the owner of the database may record an archived month.
#[test]
fn only_the_owner_records_an_archived_month() {
    let trail = three_months();
    check(trail.archive(3));
    for papel in ["elos_app", "elos_nacional", "elos_auditor", "elos_definidor"] {
        for command in [
            "DELETE FROM trilha_arquivada",
            "UPDATE trilha_arquivada SET registros = 1",
            "INSERT INTO trilha_arquivada SELECT 1, 1, 1, mes, anterior, hash, 1, ate_xid, 1, arquivo, arquivo_sha256 FROM trilha_arquivada",
        ] {
            let as_role = format!("SET ROLE {papel}; {command}");
            let error =
                trail.database.conn().batch_execute(&as_role).expect_err(command).to_string();
            assert!(error.contains("permission denied"), "{papel} {command}: {error}");
        }
    }
}

/// The copy is on a server whose transaction ids are lower than those of the archive. It starts a
/// new epoch, so that new records come after the archived ones.
#[test]
fn a_copy_with_lower_transaction_ids_continues_after_its_files() {
    let trail = three_months();
    check(trail.archive(1));
    let url = trail.database.app_url();
    let connect = || elos::db::Db::connect(&elos::db::DbOptions::new(url.clone()));
    assert!(connect().is_ok());
    assert_eq!(trail.database.count("SELECT count(*) AS n FROM epoca"), 1);
    let ahead = "UPDATE trilha_arquivada SET ate_xid = '9000000000000' WHERE tribunal_codigo = 817 AND de_ordem = 3";
    trail.database.conn().batch_execute(ahead).unwrap();
    assert!(connect().is_ok());
    assert_eq!(trail.database.count("SELECT count(*) AS n FROM epoca"), 2);
    let position = "SELECT elos_posicao()::text::bigint AS n";
    assert!(trail.database.count(position) > 9_000_000_000_000);
}
