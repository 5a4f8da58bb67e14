//! Uploads in parts: any division, simultaneous parts, and a restart in between.

use super::componentes::{documento, hash};
use super::races::race;
use super::{CE, NUP, PE, RN, Tramita, code, envio, parameter};
use crate::support::{App, Response, Settings};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use diesel::RunQueryDsl;
use elos::db::Sql;
use elos::value::rules::RuleSwitches;
use serde_json::json;

fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|i| u8::try_from((i * 7 + i / 256) % 256).unwrap()).collect()
}

impl Tramita {
    fn with_file(&self, file: &[u8]) -> (i64, String) {
        let mut body = envio(RN, PE, NUP, None);
        body["processo"]["documentos"] = json!([documento(1, &[file])]);
        let enviado = self.request(RN, "POST", "/tramites/processo", &body);
        assert_eq!(enviado.status, 200, "{}", enviado.text);
        let nre = enviado.body["NRE"].as_str().unwrap().to_owned();
        (enviado.body["IDT"].as_i64().unwrap(), nre)
    }

    /// Uploads bytes as this range of the file.
    pub fn upload_part(
        &self,
        caller: &str,
        idt: i64,
        (start, end): (usize, usize),
        received: &[u8],
        hash: &str,
    ) -> Response {
        let mut body = b"--limite\r\nContent-Disposition: form-data; name=\"conteudo\"; filename=\"a\"\r\n\r\n".to_vec();
        body.extend_from_slice(received);
        for (name, value) in [("hashDoComponenteDigital", hash), ("protocolo", NUP)] {
            body.extend(
                format!(
                    "\r\n--limite\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}"
                )
                .bytes(),
            );
        }
        body.extend(b"\r\n--limite--\r\n");
        let bearer = self.0.bearer(caller);
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "multipart/form-data; boundary=limite"),
        ];
        let path = format!(
            "/tickets-de-envio-de-componente/{idt}/protocolos/componentes-a-enviar/partes/{start}-{end}"
        );
        self.0.request("PUT", &path, &headers, &body)
    }

    fn part(&self, idt: i64, file: &[u8], (start, end): (usize, usize)) -> Response {
        self.upload_part(RN, idt, (start, end), &file[start..end], &hash(file))
    }

    pub fn concluir_file(&self, caller: &str, idt: i64, hash: &str) -> Response {
        let path = format!(
            "/tickets-de-envio-de-componente/{idt}/protocolos/componentes-a-enviar/partes/sinalizacao-termino-envio"
        );
        let body = json!({ "hashDoComponenteDigital": hash, "protocolo": NUP });
        self.request(caller, "POST", &path, &body)
    }

    pub fn baixar_parte(&self, caller: &str, idt: i64, hash: &str, range: &str) -> Response {
        let path = format!("/tramites/{idt}/protocolos/componentes-digitais/partes/{range}");
        let body = json!({ "hashDoComponenteDigital": hash, "protocolo": NUP });
        self.request(caller, "POST", &path, &body)
    }
}

fn decoded(response: &Response) -> Vec<u8> {
    assert_eq!(response.status, 200, "{}", response.text);
    assert_eq!(response.headers["content-type"], "application/json");
    BASE64_STANDARD.decode(response.body.as_str().unwrap()).unwrap()
}

#[test]
fn parts_may_be_simultaneous_and_repeated() {
    let t = Tramita::new();
    let file = bytes(1_700_003);
    let (idt, _) = t.with_file(&file);
    let h = hash(&file);
    let early = t.concluir_file(RN, idt, &h);
    assert_eq!(code(&early), (409, "9004"));
    assert!(parameter(&early, "orientacao").unwrap().contains("byte 0"), "{}", early.text);

    // Send unequal parts, each twice, on several connections.
    let cuts = [0, 1, 524_288, 524_290, 1_100_000, 1_700_003];
    let ranges: Vec<_> = cuts.windows(2).map(|pair| (pair[0], pair[1])).collect();
    let statuses = race(ranges.len() * 2, |n| t.part(idt, &file, ranges[n / 2]).status);
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(t.0.database.count("SELECT count(*) AS n FROM parte_enviada"), 5);
    assert_eq!(t.situacao(RN, idt), 1);
    for _ in 0..2 {
        let end = t.concluir_file(RN, idt, &h);
        assert_eq!((end.status, &end.body["situacaoAtual"]), (200, &json!(2)), "{}", end.text);
    }
    // A part may be sent again.
    assert_eq!(t.part(idt, &file, (0, 1)).status, 200);
    t.steps(idt, &[(PE, "receber")]);
    assert!(t.baixar(PE, idt, NUP, &h).bytes == file, "not the bytes that were sent");
    assert_eq!(t.situacao(PE, idt), 4);
    t.steps(idt, &[(PE, "recibo"), (RN, "buscar")]);
    t.0.expire();
    let left_over = "SELECT (SELECT count(*) FROM conteudo) + (SELECT count(*) FROM conteudo_parte) + (SELECT count(*) FROM parte_enviada) AS n";
    assert_eq!(t.0.database.count(left_over), 0);
}

/// A new server keeps the parts of a stopped one, so that only the others must be sent.
#[test]
fn an_upload_in_parts_goes_on_after_a_restart() {
    let t = Tramita::new();
    let file = bytes(900_000);
    let (idt, _) = t.with_file(&file);
    assert_eq!(t.part(idt, &file, (0, 600_000)).status, 200);
    let database = std::sync::Arc::clone(&t.0.database);
    t.0.stop();
    let t = Tramita(App::on_database(&database, Settings::default()));
    // Expiry keeps parts older than an hour too, because the trâmite waits for them.
    Sql::new("UPDATE conteudo SET criado_em = criado_em - interval '2 hours'")
        .execute(&mut t.0.database.conn())
        .unwrap();
    t.0.expire();
    let missing = t.concluir_file(RN, idt, &hash(&file));
    assert!(parameter(&missing, "orientacao").unwrap().contains("byte 600000"), "{}", missing.text);
    assert_eq!(t.part(idt, &file, (600_000, 900_000)).status, 200);
    assert_eq!(t.concluir_file(RN, idt, &hash(&file)).body["situacaoAtual"], 2);
    t.steps(idt, &[(PE, "receber")]);
    assert!(t.baixar(PE, idt, NUP, &hash(&file)).bytes == file);
}

/// A file counts as downloaded when every byte was, in any division.
#[test]
fn baixado_em_partes_conta_quando_todos_os_bytes_foram() {
    let t = Tramita::new();
    let file = bytes(1_300_000);
    let (idt, _) = t.with_file(&file);
    let h = hash(&file);
    assert_eq!(t.part(idt, &file, (0, 1_300_000)).status, 200);
    assert_eq!(t.concluir_file(RN, idt, &h).status, 200);
    assert_eq!(code(&t.baixar_parte(PE, idt, &h, "0-10")), (409, "9004"));
    t.steps(idt, &[(PE, "receber")]);
    // Download the end first, then a part of it again, then the beginning.
    for (start, end) in [(600_000, 1_300_000), (900_001, 900_002), (0, 524_289), (1, 2)] {
        let part = t.baixar_parte(PE, idt, &h, &format!("{start}-{end}"));
        assert!(decoded(&part) == file[start..end], "{start}-{end}");
        assert_eq!(t.situacao(PE, idt), 3);
    }
    let rest = t.baixar_parte(PE, idt, &h, "524289-9000000");
    assert_eq!(rest.headers["content-length"], rest.bytes.len().to_string());
    assert!(decoded(&rest) == file[524_289..]);
    assert_eq!(t.situacao(PE, idt), 4);
    for range in ["1300000-1300001", "5-5", "9-3", "0-209715201", "a-b"] {
        let refused = t.baixar_parte(PE, idt, &h, range);
        assert_eq!(refused.status, 400, "{range}: {}", refused.text);
        assert!(refused.body["codigoErro"].is_string());
    }
    assert_eq!(t.baixar_parte(CE, idt, &h, "0-1").status, 404);
    assert_eq!(t.baixar_parte(RN, idt, &h, "0-1").status, 403);
}

#[test]
fn a_part_that_is_not_what_it_says_is_not_stored() {
    let t = Tramita(App::with(
        crate::support::Template::Empty,
        Settings {
            rules: RuleSwitches { componente_maximo: 1, ..RuleSwitches::default() },
            ..Settings::default()
        },
    ));
    let file = bytes(1000);
    let (idt, _) = t.with_file(&file);
    let h = hash(&file);
    let upload = |range, received: &[u8], hash: &str| t.upload_part(RN, idt, range, received, hash);
    for (range, received, its_hash, status) in [
        // Too many bytes, too few, beyond the end of the file, an unknown file, an empty part.
        ((0, 10), &file[..11], &h, 413),
        ((0, 10), &file[..9], &h, 400),
        ((995, 1005), &file[..10], &h, 400),
        ((0, 10), &file[..10], &hash(b"x"), 404),
        ((5, 5), &file[..0], &h, 400),
    ] {
        let response = upload(range, received, its_hash);
        assert_eq!(response.status, status, "{range:?}: {}", response.text);
        assert!(response.body["codigoErro"].is_string());
    }
    assert_eq!(t.upload_part(CE, idt, (0, 10), &file[..10], &h).status, 404);
    assert_eq!(t.upload_part(PE, idt, (0, 10), &file[..10], &h).status, 403);
    assert_eq!(t.0.database.count("SELECT count(*) AS n FROM conteudo"), 0);

    // Overlapping parts lose no byte and take no extra space.
    for range in [(0, 600), (400, 900), (300, 400)] {
        assert_eq!(t.part(idt, &file, range).status, 200, "{range:?}");
    }
    assert_eq!(t.part(idt, &file, (100, 1000)).status, 200, "it covers two of them");
    assert_eq!(t.0.database.count("SELECT count(*) AS n FROM parte_enviada"), 2);
    let too_many = t.upload_part(RN, idt, (50, 999), &file[50..999], &h);
    assert_eq!(too_many.status, 400, "{}", too_many.text);

    // The hash is that of the whole file.
    let mut changed = file.clone();
    changed[700] ^= 1;
    assert_eq!(upload((0, 1000), &changed, &h).status, 200);
    let wrong = t.concluir_file(RN, idt, &h);
    assert_eq!(code(&wrong), (409, "0047"), "{}", wrong.text);
    assert_eq!(parameter(&wrong, "hashInformado"), Some(hash(&changed).as_str()));
    assert_eq!(t.situacao(RN, idt), 1);
    // An upload of the whole file by the other route replaces the parts.
    assert_eq!(t.upload(RN, idt, NUP, &file).body["situacaoAtual"], 2);
    assert_eq!(t.0.database.count("SELECT count(*) AS n FROM parte_enviada"), 0);
    assert_eq!(t.0.database.count("SELECT count(*) AS n FROM conteudo"), 1);
    assert_eq!(t.step(RN, idt, "cancelar").status, 200);
    assert_eq!(code(&t.part(idt, &file, (0, 1000))), (409, "9004"));
    assert_eq!(code(&t.concluir_file(RN, idt, &h)), (409, "9004"));
}
