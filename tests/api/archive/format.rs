//! The format of the archive file. These tests need a database only to compare the digest of a
//! record.

use crate::support::{Database, Template, rounds, signer};
use elos::audit::archive::{
    self, ArchiveWriter, Checks, Correlation, Defect, Finding, Header, Hex, PublicKey, Record,
    Report, SealLine, Timestamp,
};
use elos::auth::signer::Signer;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use sha2::{Digest, Sha256};
use std::io::{Cursor, Read, Write};
use std::path::Path;

fn record(tribunal_codigo: i16, id: i64) -> Record {
    Record {
        id,
        xid: 700 + u64::try_from(id).unwrap() / 3,
        tribunal_codigo,
        ocorrido_em: Timestamp(847_000_000_000_000 + id * 1_000_003),
        sub: format!("sub-{}", id % 3),
        azp: (id % 2 == 0).then(|| "pje-ação".into()),
        canal: "REST".into(),
        operacao: "GET /api/v1/processos".into(),
        especie: "LEITURA".into(),
        resultado: "OK".into(),
        status: 200,
        recursos: (0..id % 4).map(|n| Some(8 * n)).collect(),
        campos_sensiveis: vec![Some("Adolescente.cpf".into())],
        correlacao: format!("c-{id}"),
        correlacoes: (id % 5 == 0).then(|| vec![Some(Correlation(uuid::Uuid::from_u128(7)))]),
        forma_recursos: None,
        forma_campos: None,
        forma_correlacoes: None,
    }
}

/// Returns the seal of the records. This function computes its hash from the digests of the records
/// without the code of the program.
fn seal(before: [u8; 32], order: i64, records: &[Record]) -> SealLine {
    let last = records.last().unwrap();
    let selado_em = Timestamp(847_000_000_000_000 + order);
    let micros = selado_em.datetime().unwrap().timestamp_micros();
    let mut hash = Sha256::new_with_prefix(b"elos selo 1");
    let mut field = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    field(&before);
    field(&last.tribunal_codigo.to_be_bytes());
    field(&order.to_be_bytes());
    field(last.xid.to_string().as_bytes());
    field(&last.id.to_be_bytes());
    field(&micros.to_be_bytes());
    for record in records {
        field(&record.id.to_be_bytes());
        field(&record.digest());
    }
    SealLine {
        tribunal_codigo: last.tribunal_codigo,
        ordem: order,
        ate_xid: last.xid,
        ate_id: last.id,
        anterior: Hex(before),
        hash: Hex(hash.finalize().into()),
        selado_em,
        registros: records.len(),
    }
}

/// Makes an archive of two tribunais. Each has three seals of four records, and the last seal is of
/// another run. A block has two seals.
fn archive_signed_by(signer: &Signer) -> Vec<u8> {
    let header = Header {
        formato: archive::FORMAT.into(),
        ate: Timestamp(849_398_400_000_000),
        desde: None,
        tribunais: vec![817, 820],
        programa: "elos 0".into(),
        gravado_em: Timestamp(849_398_400_000_000),
        legenda: [("id".to_owned(), "número".to_owned())].into(),
    };
    let mut writer = ArchiveWriter::new(Vec::new(), header, 8).unwrap();
    for tribunal in [817, 820] {
        let mut before = [0; 32];
        for order in [1, 2, 4] {
            if order == 4 {
                before = [4; 32];
            }
            let first = i64::from(tribunal) + 100 * order;
            let records: Vec<_> = (first..first + 4).map(|id| record(tribunal, id)).collect();
            let seal = seal(before, order, &records);
            before = seal.hash.0;
            writer.seal(seal).unwrap();
            for record in records {
                let digest = record.digest();
                writer.record(record, &digest).unwrap();
            }
        }
    }
    let (bytes, written) = writer.finish(signer).unwrap();
    assert_eq!((written.bytes, written.seals, written.records), (bytes.len() as u64, 6, 24));
    bytes
}

fn verify(bytes: &[u8], keys: &[PublicKey]) -> Report {
    let checks = Checks { keys, anchors: &[] };
    archive::verify_input(Path::new("mes"), Cursor::new(bytes), checks, |_| ()).unwrap()
}

/// Returns the offset of each block, and the length of the file.
fn starts(bytes: &[u8]) -> Vec<usize> {
    let mut starts = vec![0];
    while *starts.last().unwrap() < bytes.len() {
        let start = *starts.last().unwrap();
        let size = u32::from_le_bytes(bytes[start + 16..start + 20].try_into().unwrap());
        starts.push(start + usize::try_from(size).unwrap());
    }
    starts
}

/// Returns the text of a block.
fn unpack(member: &[u8]) -> String {
    let mut text = String::new();
    DeflateDecoder::new(&member[20..member.len() - 8]).read_to_string(&mut text).unwrap();
    text
}

fn pack(header: &[u8], text: &str) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let mut crc = Crc::new();
    crc.update(text.as_bytes());
    let size = u32::try_from(28 + packed.len()).unwrap();
    let (size, sum, amount) =
        (size.to_le_bytes(), crc.sum().to_le_bytes(), crc.amount().to_le_bytes());
    [&header[..16], &size, &packed, &sum, &amount].concat()
}

/// Returns the file with the text of one block changed.
fn with_block(bytes: &[u8], number: usize, change: impl FnOnce(String) -> String) -> Vec<u8> {
    let starts = starts(bytes);
    let (from, to) = (starts[number], starts[number + 1]);
    let text = unpack(&bytes[from..to]);
    let changed = change(text.clone());
    assert_ne!(text, changed);
    [&bytes[..from], &pack(&bytes[from..to], &changed), &bytes[to..]].concat()
}

#[test]
fn an_archive_is_verified_without_a_database() {
    let bytes = archive_signed_by(&signer());
    let ours = PublicKey::from_jwk(signer().public_key()).unwrap();
    let report = verify(&bytes, &[ours]);
    assert_eq!(report.findings, []);
    assert_eq!((report.seals, report.records, report.bytes), (6, 24, bytes.len() as u64));
    let runs: Vec<_> = report.runs.iter().map(|r| (r.tribunal, r.first, r.last)).collect();
    assert_eq!(runs, [(817, 1, 2), (817, 4, 4), (820, 1, 2), (820, 4, 4)]);
    assert_eq!(report.key, archive::thumbprint(signer().public_key()));
    let sha256: [u8; 32] = Sha256::digest(&bytes).into();
    assert_eq!(report.sha256, sha256);

    // Plain gzip reads the file.
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    assert!(text.contains(r#""operacao":"GET /api/v1/processos""#), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with(r#"{"registro":"#)).count(), 24);
}

#[test]
fn one_byte_changed_anywhere_is_found_with_its_position() {
    let bytes = archive_signed_by(&signer());
    let starts = starts(&bytes);
    assert!(starts.len() > 5, "{starts:?}");
    for at in (0..bytes.len()).step_by(rounds(5, 1)) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        let findings = verify(&changed, &[]).findings;
        let block = starts.partition_point(|start| *start <= at) - 1;
        let found = findings.first().map(|finding| finding.byte);
        assert_eq!(found, Some(starts[block] as u64), "byte {at}: {findings:?}");
    }
    // Also change each bit of the first 24 and of the last 12 bytes of every block.
    for (block, start) in starts[..starts.len() - 1].iter().enumerate() {
        let end = starts[block + 1];
        for at in (*start..*start + 24).chain(end - 12..end) {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                let found = verify(&changed, &[]).findings.first().map(|finding| finding.byte);
                assert_eq!(found, Some(*start as u64), "byte {at}, bit {bit}");
            }
        }
    }
}

/// If somebody changes the text of a block and compresses it again, or cuts or extends the file,
/// the program reports the defect. For a changed record it reports the line too.
#[test]
fn a_recompressed_forgery_is_found_at_its_line() {
    let bytes = archive_signed_by(&signer());
    let starts = starts(&bytes);
    let first = |bytes: &[u8]| -> Finding { verify(bytes, &[]).findings.remove(0) };
    for (before, after, id) in [
        (r#""correlacao":"c-919""#, r#""correlacao":"c-918""#, 919),
        (r#""id":919"#, r#""id":9190"#, 9190),
        (r#""recursos":[0,8,16]"#, r#""recursos":[0,8]"#, 919),
    ] {
        let changed = with_block(&bytes, 1, |text| text.replacen(before, after, 1));
        let finding = first(&changed);
        assert_eq!((finding.defect, finding.record), (Defect::Record, Some((id, 3))), "{finding}");
        assert_eq!(finding.byte, starts[1] as u64, "{finding}");
        assert_eq!((finding.seal, finding.line), (Some((817, 1)), Some(5)), "{finding}");
    }
    // Change the digest in the line too. Then only the hash of the seal reveals the forgery.
    let mut forged = record(817, 919);
    forged.status = 404;
    let digest = |record: &Record| elos::value::hexadecimal::encode(&record.digest()[..8]);
    let changed = with_block(&bytes, 1, |text| {
        let text = text.replacen(&digest(&record(817, 919)), &digest(&forged), 1);
        let at = text.find(r#""id":919"#).unwrap();
        let (before, after) = text.split_at(at);
        format!("{before}{}", after.replacen(r#""status":200"#, r#""status":404"#, 1))
    });
    let finding = first(&changed);
    assert_eq!((finding.defect, finding.seal), (Defect::Seal, Some((817, 1))), "{finding}");

    let without_line = |number: usize| {
        move |text: String| {
            let lines = text.lines().enumerate().filter(|(at, _)| *at != number);
            lines.flat_map(|(_, line)| [line, "\n"]).collect::<String>()
        }
    };
    let changed = with_block(&bytes, 1, without_line(4));
    assert_eq!(first(&changed).defect, Defect::Records);
    let changed = with_block(&bytes, 1, without_line(1));
    assert_eq!(first(&changed).defect, Defect::LinePlace);
    let changed = with_block(&bytes, 0, |text| text.replacen("2026", "2027", 1));
    assert_eq!((first(&changed).defect, first(&changed).byte), (Defect::Block, 0));
    let changed = with_block(&bytes, 1, |text| text.replacen("\"ordem\":2", "\"ordem\":3", 1));
    assert_eq!(first(&changed).defect, Defect::Seal);
    // One file lacks a block in the middle, one lacks its end, one has extra bytes after the end,
    // and one is empty.
    let changed = [&bytes[..starts[2]], &bytes[starts[3]..]].concat();
    assert_eq!(
        (first(&changed).defect, first(&changed).byte),
        (Defect::BlockPlace, starts[2] as u64)
    );
    for cut in [1, 200, bytes.len() - starts[starts.len() - 2], bytes.len()] {
        let changed = &bytes[..bytes.len() - cut];
        let defects: Vec<_> = verify(changed, &[]).findings.iter().map(|f| f.defect).collect();
        assert!(defects.contains(&Defect::Truncated), "{cut}: {defects:?}");
    }
    let changed = [&bytes[..], &bytes[..starts[1]]].concat();
    assert_eq!(
        (first(&changed).defect, first(&changed).byte),
        (Defect::Trailing, bytes.len() as u64)
    );
    assert_eq!(first(&[bytes, vec![0]].concat()).defect, Defect::Trailing);
}

/// The owner of another key can make a whole valid archive. Only the given key reveals it.
#[test]
fn a_file_signed_with_another_key_is_refused() {
    use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
    let key = rsa::RsaPrivateKey::new(&mut rand::rngs::OsRng, 2048).unwrap();
    let pem = key.to_pkcs8_pem(LineEnding::LF).unwrap();
    let bytes = archive_signed_by(&Signer::from_pem(pem.as_bytes()).unwrap());
    assert_eq!(verify(&bytes, &[]).findings, []);
    let ours = serde_json::to_string(signer().public_key()).unwrap();
    let ours = PublicKey::from_text(&ours).unwrap();
    let findings = verify(&bytes, std::slice::from_ref(&ours)).findings;
    assert_eq!(findings.iter().map(|f| f.defect).collect::<Vec<_>>(), [Defect::OtherKey]);
    let theirs = key.to_public_key().to_public_key_pem(LineEnding::LF).unwrap();
    let theirs = PublicKey::from_text(&theirs).unwrap();
    assert_eq!(verify(&bytes, &[ours, theirs]).findings, []);
    for unfit in [pem.as_str(), "", "{}", "x"] {
        assert!(PublicKey::from_text(unfit).is_err());
    }
}

/// The program computes the same digest as PostgreSQL, also for unusual values of every column.
#[test]
fn the_digest_of_a_record_is_the_one_of_the_database() {
    use diesel::prelude::*;
    #[derive(QueryableByName)]
    struct Sent {
        #[diesel(sql_type = diesel::sql_types::Binary)]
        sent: Vec<u8>,
        #[diesel(sql_type = diesel::sql_types::Binary)]
        digest: Vec<u8>,
    }
    let database = Database::new(Template::Empty);
    let rows: Vec<Sent> = elos::db::Sql::new(
        r#"WITH escolha AS (
            SELECT n, (ARRAY['', 'pje', 'ação', '日本語 🐘', E'a\tb\n"c\\', repeat('x', 3000)])[1 + floor(random() * 6)] AS t,
                (ARRAY[NULL, '', 'azp-ç'])[1 + floor(random() * 3)] AS nulo,
                (ARRAY['infinity', '-infinity', '4713-01-01 BC', '0001-01-01 BC', '0000-12-31 23:59:59.999999+00'::text, '10000-01-01+00',
                    '294276-12-31', '1999-12-31 23:59:59.999999+00', '2000-01-01+00', '2026-11-30 12:00:00.123456+00'])[1 + n % 10] AS instante,
                (ARRAY['{}', '{NULL}', '{1,NULL,-9223372036854775808}', '{{1,2},{3,NULL}}', '[0:1]={8,16}', '{9223372036854775807}',
                    '[-3:-2][2:2]={{1},{2}}'])[1 + n % 7] AS numeros,
                (ARRAY['{}', '{""}', '{NULL,á}', '{{a,b}}', '[5:5]={x}', '{Adolescente.cpf,Adolescente.nome}'])[1 + n % 6] AS textos,
                (ARRAY[NULL, '{}', '{NULL}', '{6fd1d2a4-8a76-4f0e-9c55-0a6d6c2f8f11}', '[2:3]={6fd1d2a4-8a76-4f0e-9c55-0a6d6c2f8f11,NULL}'])[1 + n % 5]::uuid[]
                    AS outras
            FROM generate_series(1, 3000) AS n),
        linha AS (
            SELECT n::bigint * (CASE n % 3 WHEN 0 THEN -1 ELSE 3074457345618258602 / 3000 END) AS id,
                (CASE n % 4 WHEN 0 THEN '18446744073709551615' ELSE n::text END)::xid8 AS xid, (n % 65536 - 32768)::smallint AS tribunal,
                replace(instante, '0000-12-31', '0001-12-31')::timestamptz AS instante, t, nulo, (n - 1000)::smallint AS status,
                -- An array that has a bitmap of nulls, but no null.
                CASE n % 11 WHEN 0 THEN (ARRAY[NULL, 1]::bigint[])[2:2] ELSE numeros::bigint[] END AS numeros, textos::text[] AS textos, outras
            FROM escolha)
        SELECT sent, sha256((CASE WHEN outras IS NULL THEN 'elos registro 1' ELSE 'elos registro 2' END)::bytea || sent) AS digest
        FROM (SELECT outras, CASE WHEN outras IS NULL
                THEN record_send(ROW(id, xid, tribunal, instante, t, nulo, t, t, t, t, status, numeros, textos, t))
                ELSE record_send(ROW(id, xid, tribunal, instante, t, nulo, t, t, t, t, status, numeros, textos, t, outras)) END AS sent
            FROM linha) AS x"#,
    )
    .load(&mut database.conn())
    .unwrap();
    assert_eq!(rows.len(), 3000);
    for Sent { sent, digest } in rows {
        let record = Record::decode(&sent).unwrap();
        assert_eq!(record.encode(), sent, "{record:?}");
        assert_eq!(record.digest().to_vec(), digest, "{record:?}");
        let line = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap().encode(), sent, "{line}");
    }
}
