//! Months leave the database for files, and the chain goes on.

use super::trilha::{Pasta, Trilha, nome};
use diesel::connection::SimpleConnection;
use elos::db::Sql;

/// Three months of two tribunais and the national credentials; about a boundary the months
/// alternate. All is sealed.
fn tres_meses() -> Trilha {
    let trilha = Trilha::nova();
    for tribunal in [820, 817, 0] {
        trilha.gravar(tribunal, 3, 1200);
        trilha.gravar(tribunal, 2, 30);
        trilha.selar();
    }
    for mes in [1, 2, 1, 2, 1] {
        trilha.gravar(820, mes, 3);
        trilha.selar();
    }
    trilha
}

#[track_caller]
fn confere((codigo, texto): (Option<i32>, String)) -> String {
    assert_eq!(codigo, Some(0), "{texto}");
    texto
}

#[track_caller]
fn acha((codigo, texto): (Option<i32>, String), achado: &str) {
    let achou = texto.lines().any(|linha| linha.starts_with("ACHADO") && linha.contains(achado));
    assert!(codigo == Some(1) && achou, "{achado}: {texto}");
}

#[track_caller]
fn recusa(trilha: &Trilha, (codigo, texto): (Option<i32>, String), porque: &str) {
    assert!(codigo == Some(1) && texto.contains(porque), "{porque}: {texto}");
    assert_eq!(trilha.banco.contar("SELECT count(*) AS n FROM trilha_arquivada"), 0, "{porque}");
    let partes = "SELECT count(*) AS n FROM pg_inherits WHERE inhparent IN ('auditoria'::regclass, 'selo'::regclass)";
    assert_eq!(trilha.banco.contar(partes), 12, "{porque}");
}

/// The lines that tell where each chain ends.
fn cabecas(texto: &str) -> Vec<&str> {
    texto.lines().filter(|linha| linha.starts_with("cabeça")).collect()
}

#[test]
fn um_mes_sai_do_banco_e_a_cadeia_continua() {
    let trilha = tres_meses();
    let antes = confere(trilha.verificar(&[]));
    let ancora = trilha.pasta.0.join("ancora");
    std::fs::write(&ancora, &antes).unwrap();
    let ancora = ["--ancora", ancora.to_str().unwrap()];

    let texto = confere(trilha.arquivar(3));
    assert!(texto.contains("3600 registro(s) em 6 selo(s)"), "{texto}");
    assert_eq!(trilha.banco.contar("SELECT count(*) AS n FROM auditoria"), 90 + 15);
    let texto = confere(trilha.verificar(&ancora));
    assert_eq!(cabecas(&texto), cabecas(&antes));
    assert!(texto.contains("1200 dos registros em arquivo"), "{texto}");
    assert!(texto.contains("que não foi dado"), "{texto}");
    let texto = confere(trilha.verificar_tudo());
    assert_eq!(cabecas(&texto), cabecas(&antes));
    assert!(!texto.contains("que não foi dado"), "{texto}");

    // Two months in one run of the program; 817 has no seal left in the database after it.
    confere(trilha.arquivar(1));
    assert_eq!(trilha.banco.contar("SELECT count(*) AS n FROM auditoria"), 0);
    // 820: one stretch, one, then those about the boundary, one by one.
    let trechos = "SELECT count(*) AS n FROM trilha_arquivada WHERE tribunal_codigo = 820";
    assert_eq!(trilha.banco.contar(trechos), 1 + 1 + 5);
    let texto = confere(trilha.verificar_tudo());
    assert_eq!(cabecas(&texto), cabecas(&antes));
    assert_eq!(confere(trilha.arquivar(1)), format!("nada a arquivar até {}\n", nome(1)));

    // The chains go on from what is in the files.
    for tribunal in [820, 817, 801] {
        trilha.gravar(tribunal, 0, 2);
    }
    trilha.selar();
    let ordens = trilha.banco.texto(Sql::new(
        "SELECT string_agg(tribunal_codigo || ':' || ordem, ' ' ORDER BY tribunal_codigo) AS t FROM selo",
    ));
    assert_eq!(ordens, "801:1 817:4 820:9");
    confere(trilha.verificar_tudo());
    confere(trilha.verificar(&ancora));

    // The files tell the same by themselves.
    let texto = confere(trilha.verificar_so(&trilha.pasta.0, &ancora));
    assert_eq!(cabecas(&texto), cabecas(&antes));
    assert!(texto.contains("a chave é a que o próprio arquivo diz"), "{texto}");
    assert_eq!(texto.matches("ndjson.gz: ").count(), 3, "{texto}");
}

#[test]
fn o_que_se_muda_num_arquivo_ou_na_tabela_se_acha() {
    let trilha = tres_meses();
    confere(trilha.arquivar(2));
    trilha.gravar(820, 0, 5);
    trilha.selar();
    let antes = confere(trilha.verificar_tudo());
    let mut conn = trilha.banco.conn();
    let atual = nome(0).replace('-', "");
    let mes_2 = nome(2).replace('-', "");
    let estranho = |xid: &str| {
        format!("CREATE TABLE auditoria_{mes_2} PARTITION OF auditoria FOR VALUES FROM ('{mes}-01 00:00+00') TO ('{mes}-20 00:00+00');
            INSERT INTO auditoria (id, xid, tribunal_codigo, ocorrido_em, sub, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao)
            SELECT 7, {xid}, 820, '{mes}-15 00:00+00', 's', 'REST', 'o', 'LEITURA', 'OK', 200, '{{}}', '{{}}', 'c'", mes = nome(2))
    };
    for (mudar, achado, desfazer) in [
        ("UPDATE trilha_arquivada SET hash = sha256('x') WHERE tribunal_codigo = 820 AND de_ordem = 1".to_owned(), "tribunal 820, selo 3: o selo foi alterado", ""),
        ("UPDATE trilha_arquivada SET anterior = sha256('x') WHERE tribunal_codigo = 817 AND de_ordem = 1".to_owned(), "tribunal 817, selo 1: o selo foi alterado", ""),
        ("DELETE FROM trilha_arquivada WHERE tribunal_codigo = 820 AND de_ordem = 3".to_owned(), "tribunal 820, selo 3: falta o selo", ""),
        ("DELETE FROM trilha_arquivada WHERE tribunal_codigo = 817".to_owned(), "não", ""),
        ("UPDATE trilha_arquivada SET arquivo_sha256 = sha256('x') WHERE tribunal_codigo = 820 AND de_ordem = 1".to_owned(), "não é o arquivo que o banco registra", ""),
        // In the stretch that was archived, and after it.
        (estranho("(SELECT max(ate_xid) FROM trilha_arquivada)"), "registro 7: o registro foi inserido", "DROP TABLE auditoria_MES"),
        (estranho("pg_current_xact_id()"), "registro 7: o registro foi inserido", "DROP TABLE auditoria_MES"),
        (format!("INSERT INTO selo SELECT tribunal_codigo, de_ordem, ate_xid, ate_id, '{{}}', '', '{{}}', anterior, hash, now(), '{}-01' FROM trilha_arquivada WHERE tribunal_codigo = 817 AND de_ordem = 1", nome(0)),
            "tribunal 817, selo 1: o selo está no banco", "DELETE FROM selo_ATUAL WHERE tribunal_codigo = 817"),
    ] {
        conn.batch_execute("CREATE TABLE copia AS TABLE trilha_arquivada").unwrap();
        conn.batch_execute(&mudar).unwrap();
        let visto = trilha.verificar_tudo();
        if achado == "não" {
            // Nothing in the database continues it: the files tell that it was there.
            acha(visto, "os selos não são os da cadeia do banco");
        } else {
            acha(visto, achado);
        }
        let desfazer = desfazer.replace("MES", &mes_2).replace("ATUAL", &atual);
        conn.batch_execute(&format!("{desfazer}; DELETE FROM trilha_arquivada; INSERT INTO trilha_arquivada TABLE copia; DROP TABLE copia")).unwrap();
        confere(trilha.verificar_tudo());
    }

    // One byte of a file: found with its place, whatever it is held against.
    let arquivo = trilha.arquivo(3);
    let certo = std::fs::read(&arquivo).unwrap();
    for onde in [5, certo.len() / 2, certo.len() - 40] {
        let mut errado = certo.clone();
        errado[onde] ^= 0x10;
        std::fs::write(&arquivo, errado).unwrap();
        let visto = trilha.verificar_tudo();
        let byte = visto.1.split(", byte ").nth(1).and_then(|resto| resto.split([',', ':']).next());
        let byte: usize = byte.unwrap().parse().unwrap();
        assert!(byte <= onde && onde - byte < 200_000, "{onde}: {}", visto.1);
        acha(visto, "bloco");
        acha(trilha.verificar_so(&arquivo, &[]), "bloco");
    }
    std::fs::write(&arquivo, &certo).unwrap();

    // A file that is not there is said, and counts only when it has to be there.
    let longe = trilha.pasta.0.join("longe");
    std::fs::rename(&arquivo, &longe).unwrap();
    let texto = confere(trilha.verificar(&["--arquivo", trilha.pasta.texto()]));
    assert!(texto.contains(&format!("{} está em elos-trilha-", nome(3))), "{texto}");
    acha(trilha.verificar_tudo(), "falta o arquivo");
    let texto = confere(trilha.verificar_so(&trilha.pasta.0, &[]));
    assert!(texto.contains("os selos 1 a 2 não estão nestes arquivos"), "{texto}");
    acha(trilha.verificar_so(&trilha.pasta.0, &["--exigir-arquivos"]), "faltam selos");
    std::fs::rename(&longe, &arquivo).unwrap();

    // Another trail's month, as well signed as ours.
    let outra = tres_meses();
    confere(outra.arquivar(3));
    std::fs::copy(outra.arquivo(3), &arquivo).unwrap();
    acha(trilha.verificar_tudo(), "os selos não são os da cadeia do banco ou dos outros arquivos");
    acha(trilha.verificar_so(&trilha.pasta.0, &[]), "os selos não são os da cadeia");
    std::fs::write(&arquivo, &certo).unwrap();

    // A seal that was noted otherwise.
    let ancora = trilha.pasta.0.join("ancora");
    std::fs::write(&ancora, format!("cabeça 820 1 {}\n", "ab".repeat(32))).unwrap();
    let ancora = ["--ancora", ancora.to_str().unwrap()];
    acha(
        trilha.verificar_so(&arquivo, &ancora),
        "tribunal 820, selo 1: o selo não é o que foi anotado na âncora",
    );
    assert_eq!(cabecas(&confere(trilha.verificar_tudo())), cabecas(&antes));
}

#[test]
fn so_se_arquiva_o_que_confere() {
    let trilha = tres_meses();
    recusa(&trilha, trilha.arquivar_sem("ELOS_CHAVE_DOS_RECIBOS"), "--chave-dos-recibos");
    recusa(&trilha, trilha.arquivar_sem("ELOS_MIGRATE_URL"), "ELOS_MIGRATE_URL");
    recusa(&trilha, trilha.arquivar(0), "ainda não acabou");
    let mut conn = trilha.banco.conn();
    conn.batch_execute("CREATE TABLE a AS TABLE auditoria; CREATE TABLE s AS TABLE selo").unwrap();
    let nono =
        "(SELECT id FROM auditoria WHERE tribunal_codigo = 817 ORDER BY xid, id OFFSET 8 LIMIT 1)";
    for (mudar, porque) in [
        (format!("UPDATE auditoria SET status = 404 WHERE id = {nono}"), "o registro foi alterado"),
        (format!("DELETE FROM auditoria WHERE id = {nono}"), "o registro foi removido"),
        (format!("INSERT INTO auditoria SELECT id + 1, xid, tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos,
            campos_sensiveis, correlacao FROM auditoria WHERE id = {nono}"), "por selar"),
        (format!("INSERT INTO auditoria SELECT id + 1, xid, tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos,
            campos_sensiveis, correlacao FROM auditoria WHERE id = {nono}; DELETE FROM auditoria WHERE id = {nono}"), "o registro foi inserido"),
        ("UPDATE selo SET hash = sha256('x') WHERE tribunal_codigo = 817 AND ordem = 1".to_owned(), "o selo foi alterado"),
        ("UPDATE selo SET anterior = sha256('x') WHERE tribunal_codigo = 817 AND ordem = 1".to_owned(), "o selo foi alterado"),
        ("DELETE FROM selo WHERE tribunal_codigo = 0 AND ordem = 1".to_owned(), "por selar"),
    ] {
        conn.batch_execute(&mudar).unwrap();
        recusa(&trilha, trilha.arquivar(3), porque);
        assert_eq!(std::fs::read_dir(&trilha.pasta.0).unwrap().count(), 0, "{porque}");
        conn.batch_execute("DELETE FROM auditoria; DELETE FROM selo; INSERT INTO auditoria TABLE a; INSERT INTO selo TABLE s").unwrap();
    }
    // A disk without room: as much as a block has any file.
    recusa(&trilha, trilha.arquivar_depois_de("ulimit -f 8; trap '' XFSZ"), "nada saiu do banco");
    assert_eq!(std::fs::read_dir(&trilha.pasta.0).unwrap().count(), 0);
    std::fs::remove_dir(&trilha.pasta.0).unwrap();
    recusa(&trilha, trilha.arquivar(1), "não foi possível abrir a pasta");
    std::fs::create_dir(&trilha.pasta.0).unwrap();
    confere(trilha.arquivar(1));
}

/// Whatever is broken off between the file and the database: nothing is lost, and the next run
/// finds what is done.
#[test]
fn uma_queda_no_meio_nao_perde_nada() {
    let trilha = tres_meses();
    let antes = confere(trilha.verificar(&[]));
    // What a run that was killed while it wrote leaves behind.
    let parcial = trilha.arquivo(3).with_extension("gz.parcial");
    std::fs::write(&parcial, "meio arquivo").unwrap();
    // Somebody reads the trail for long: the month cannot leave.
    let mut leitor = trilha.banco.conn();
    leitor.batch_execute("BEGIN; SELECT FROM auditoria LIMIT 1").unwrap();
    let mut morto = trilha.arquivando(3);
    while trilha.banco.contar(
        "SELECT count(*) AS n FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    ) == 0
    {
        assert!(morto.try_wait().unwrap().is_none(), "it waits for who reads");
    }
    morto.kill().unwrap();
    morto.wait().unwrap();
    leitor.batch_execute("COMMIT").unwrap();
    assert!(trilha.arquivo(3).exists() && !parcial.exists());
    assert_eq!(trilha.banco.contar("SELECT count(*) AS n FROM trilha_arquivada"), 0);
    assert_eq!(trilha.banco.contar("SELECT count(*) AS n FROM auditoria"), 3600 + 90 + 15);
    // The month is in both, and the same in both.
    let texto = confere(trilha.verificar_tudo());
    assert_eq!(cabecas(&texto), cabecas(&antes));

    // Its connection ends when it is seen to be gone.
    while trilha.banco.contar("SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") > 0 {}
    let gravado = std::fs::metadata(trilha.arquivo(3)).unwrap().modified().unwrap();
    confere(trilha.arquivar(3));
    assert_eq!(std::fs::metadata(trilha.arquivo(3)).unwrap().modified().unwrap(), gravado);
    assert_eq!(trilha.banco.contar("SELECT count(*) AS n FROM auditoria"), 90 + 15);
    let texto = confere(trilha.verificar_tudo());
    assert_eq!(cabecas(&texto), cabecas(&antes));

    // A file of that name that is not the month: nothing leaves for it.
    std::fs::copy(trilha.arquivo(3), trilha.arquivo(2)).unwrap();
    let (codigo, texto) = trilha.arquivar(2);
    assert!(codigo == Some(1) && texto.contains("não tem os registros e selos"), "{texto}");
    std::fs::write(trilha.arquivo(2), "meio arquivo").unwrap();
    let (codigo, texto) = trilha.arquivar(2);
    assert!(codigo == Some(1) && texto.contains("nada saiu do banco"), "{texto}");
    assert_eq!(trilha.banco.contar("SELECT count(*) AS n FROM auditoria"), 90 + 15);
    std::fs::remove_file(trilha.arquivo(2)).unwrap();

    // Who reads only for a while is waited for.
    leitor.batch_execute("BEGIN; SELECT FROM auditoria LIMIT 1").unwrap();
    let processo = trilha.arquivando(1);
    while trilha.banco.contar(
        "SELECT count(*) AS n FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    ) == 0
    {}
    leitor.batch_execute("COMMIT").unwrap();
    let saida = processo.wait_with_output().unwrap();
    assert!(saida.status.success(), "{}", String::from_utf8_lossy(&saida.stderr));
    assert_eq!(cabecas(&confere(trilha.verificar_tudo())), cabecas(&antes));
}

/// The database of another trail does not know these files.
#[test]
fn arquivos_de_outro_banco_nao_passam_por_seus() {
    let trilha = tres_meses();
    confere(trilha.arquivar(3));
    let outra = tres_meses();
    acha(
        outra.verificar(&["--arquivo", trilha.pasta.texto()]),
        "os selos não são os da cadeia do banco ou dos outros arquivos",
    );
    let vazia = Pasta::nova();
    let (codigo, texto) = outra.verificar(&["--arquivo", vazia.texto()]);
    assert!(codigo == Some(1) && texto.contains("não há arquivo .ndjson.gz"), "{texto}");
}

/// What leaves the database is noted by its owner alone.
#[test]
fn so_o_dono_diz_o_que_saiu() {
    let trilha = tres_meses();
    confere(trilha.arquivar(3));
    for papel in ["elos_app", "elos_nacional", "elos_auditor", "elos_definidor"] {
        for comando in [
            "DELETE FROM trilha_arquivada",
            "UPDATE trilha_arquivada SET registros = 1",
            "INSERT INTO trilha_arquivada SELECT 1, 1, 1, mes, anterior, hash, 1, ate_xid, 1, arquivo, arquivo_sha256 FROM trilha_arquivada",
        ] {
            let como = format!("SET ROLE {papel}; {comando}");
            let erro = trilha.banco.conn().batch_execute(&como).expect_err(comando).to_string();
            assert!(erro.contains("permission denied"), "{papel} {comando}: {erro}");
        }
    }
}

/// A copy in a server that has not come to the transactions of an archive: what it writes stands
/// behind them.
#[test]
fn uma_copia_atras_dos_seus_arquivos_continua_depois_deles() {
    let trilha = tres_meses();
    confere(trilha.arquivar(1));
    let url = trilha.banco.url_do_app();
    let conectar = || elos::db::Db::conectar(&elos::db::DbOptions::nova(url.clone()));
    assert!(conectar().is_ok());
    assert_eq!(trilha.banco.contar("SELECT count(*) AS n FROM epoca"), 1);
    let adiante = "UPDATE trilha_arquivada SET ate_xid = '9000000000000' WHERE tribunal_codigo = 817 AND de_ordem = 3";
    trilha.banco.conn().batch_execute(adiante).unwrap();
    assert!(conectar().is_ok());
    assert_eq!(trilha.banco.contar("SELECT count(*) AS n FROM epoca"), 2);
    let posicao = "SELECT elos_posicao()::text::bigint AS n";
    assert!(trilha.banco.contar(posicao) > 9_000_000_000_000);
}
