//! Componentes digitais: real files in real forms over HTTP.

use super::races::race;
use super::{CE, NUP, PE, RN, Tramita, code, envio, parameter};
use crate::support::{Response, now, rounds};
use chrono::Duration;
use diesel::RunQueryDsl;
use elos::db::Sql;
use elos::tramite::HashSha256;
use elos::tramite::recibo::{self, SignatureCheck};
use elos::value::rules::RuleSwitches;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const APENSADO: &str = "99990.000002/2026-06";

pub fn hash(bytes: &[u8]) -> String {
    HashSha256::of(&Sha256::digest(bytes).into()).to_string()
}

/// Makes a file whose bytes depend on `n`.
fn file(n: u8, size: usize) -> Vec<u8> {
    (0..size).map(|i| u8::try_from(i % 251).unwrap() ^ n).collect()
}

pub fn documento(ordem: i32, files: &[&[u8]]) -> Value {
    let componente = |(n, bytes): (usize, &&[u8])| {
        json!({ "nome": format!("{ordem}-{n}.pdf"), "hash": { "algoritmo": "SHA256", "conteudo": hash(bytes) },
            "tipoDeConteudo": "txt", "mimeType": "application/pdf", "tamanhoEmBytes": bytes.len(), "ordem": n + 1 })
    };
    let componentes: Vec<Value> = files.iter().enumerate().map(componente).collect();
    json!({ "ordem": ordem, "descricao": "Despacho fictício", "nivelDeSigilo": 1, "componentesDigitais": componentes })
}

fn with_documentos(from: &str, to: &str, nre: Option<&str>, documentos: &[Value]) -> Value {
    let mut body = envio(from, to, NUP, nre);
    body["processo"]["documentos"] = json!(documentos);
    body
}

/// Returns a multipart form with these fields. The part of the file has no charset.
pub fn multipart_form(fields: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let extra = if *name == "conteudo" {
            "; filename=\"a\"\r\nContent-Type: application/octet-stream"
        } else {
            ""
        };
        body.extend(
            format!("--limite\r\nContent-Disposition: form-data; name=\"{name}\"{extra}\r\n\r\n")
                .bytes(),
        );
        body.extend_from_slice(value);
        body.extend(b"\r\n");
    }
    body.extend(b"--limite--\r\n");
    body
}

impl Tramita {
    pub fn upload_fields(&self, caller: &str, idt: i64, fields: &[(&str, &[u8])]) -> Response {
        self.upload_body(
            caller,
            idt,
            "multipart/form-data; boundary=limite",
            &multipart_form(fields),
        )
    }

    fn upload_body(&self, caller: &str, idt: i64, content_type: &str, body: &[u8]) -> Response {
        let bearer = self.0.bearer(caller);
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", content_type)];
        let path = format!("/tickets-de-envio-de-componente/{idt}/protocolos/componentes-a-enviar");
        self.0.request("PUT", &path, &headers, body)
    }

    pub fn upload(&self, caller: &str, idt: i64, protocolo: &str, bytes: &[u8]) -> Response {
        let hash = hash(bytes);
        let fields: [(&str, &[u8]); 3] = [
            ("hashDoComponenteDigital", hash.as_bytes()),
            ("protocolo", protocolo.as_bytes()),
            ("conteudo", bytes),
        ];
        self.upload_fields(caller, idt, &fields)
    }

    pub fn baixar(&self, caller: &str, idt: i64, protocolo: &str, hash: &str) -> Response {
        let body = json!({ "hashDoComponenteDigital": hash, "protocolo": protocolo });
        self.request(
            caller,
            "POST",
            &format!("/tramites/{idt}/protocolos/componentes-digitais"),
            &body,
        )
    }

    #[track_caller]
    fn enviado_with(&self, body: &Value) -> (i64, String, Value) {
        let from = match body["cabecalho"]["remetente"]["numeroDeIdentificacaoDaEstrutura"].as_str()
        {
            Some("820") => RN,
            Some("817") => PE,
            _ => CE,
        };
        let response = self.request(from, "POST", "/tramites/processo", body);
        assert_eq!(response.status, 200, "{}", response.text);
        let Value::Object(mut fields) = response.body else { panic!("{}", response.text) };
        let nre = fields["NRE"].as_str().unwrap().to_owned();
        let requested = fields.remove("processosComComponentesDigitaisSolicitados").unwrap();
        (fields["IDT"].as_i64().unwrap(), nre, requested)
    }

    fn contents(&self) -> i64 {
        self.0.database.count("SELECT count(*) AS n FROM conteudo")
            + self.0.database.count("SELECT count(*) AS n FROM conteudo_parte")
    }
}

/// Checks the text of the recibo de envio and the signature of the server.
fn check_recibo_de_envio(t: &Tramita, idt: i64, nre: &str, all: &[String; 3]) {
    let recibo = t.request(RN, "GET", &format!("/tramites/{idt}/recibo-de-envio"), &Value::Null);
    assert_eq!(recibo.status, 200, "{}", recibo.text);
    let text = recibo.body["textoAssinado"].as_str().unwrap();
    let when = recibo.body["reciboDeEnvio"]["dataDeRecebimentoDoUltimoComponenteDigital"]
        .as_str()
        .unwrap();
    let expected = format!(
        "<reciboDeEnvio><IDT>{idt}</IDT><NRE>{nre}</NRE><dataDeRecebimentoDoUltimoComponenteDigital>{when}\
         </dataDeRecebimentoDoUltimoComponenteDigital>{}</reciboDeEnvio>",
        all.each_ref()
            .map(|h| format!("<hashDoComponenteDigital>{h}</hashDoComponenteDigital>"))
            .concat()
    );
    assert_eq!(text, expected);
    let key = recibo.body["chavePublica"].to_string();
    let signature = recibo.body["hashDaAssinatura"].as_str();
    assert_eq!(recibo::check(text, signature, Some(&key)).unwrap(), SignatureCheck::Valid);
    let other = text.replace("<IDT>", "<IDT>1");
    assert_eq!(recibo::check(&other, signature, Some(&key)).unwrap(), SignatureCheck::Mismatch);
    assert_eq!(
        code(&t.request(PE, "GET", &format!("/tramites/{idt}/recibo-de-envio"), &Value::Null)),
        (403, "9005")
    );
}

/// A trâmite of RN to PE with three files, none of which was uploaded.
struct ThreeFiles {
    t: Tramita,
    /// A file that the server stores in three pieces.
    a: Vec<u8>,
    /// A file that two documents have.
    b: Vec<u8>,
    /// The file of the processo apensado.
    c: Vec<u8>,
    body: Value,
    idt: i64,
    nre: String,
    requested: Value,
}

impl ThreeFiles {
    fn new() -> Self {
        let t = Tramita::new();
        let (a, b, c) = (file(1, 1_300_000), file(2, 10), file(3, 524_288));
        let mut body =
            with_documentos(RN, PE, None, &[documento(1, &[&a, &b]), documento(2, &[&b])]);
        body["processo"]["processosApensados"] =
            json!([{ "protocolo": APENSADO, "documentos": [documento(1, &[&c])] }]);
        let (idt, nre, requested) = t.enviado_with(&body);
        Self { t, a, b, c, body, idt, nre, requested }
    }

    fn hashes(&self) -> [String; 3] {
        let mut hashes = [hash(&self.a), hash(&self.b), hash(&self.c)];
        hashes.sort();
        hashes
    }
}

#[test]
fn quem_envia_sabe_que_arquivos_faltam_e_o_destinatario_espera() {
    let ThreeFiles { t, a, b, c, idt, requested, .. } = ThreeFiles::new();
    let mut of_nup = [hash(&a), hash(&b)];
    of_nup.sort();
    assert_eq!(
        requested,
        json!([{ "protocolo": NUP, "hashes": of_nup }, { "protocolo": APENSADO, "hashes": [hash(&c)] }])
    );
    let read = t.step(RN, idt, "ler");
    assert_eq!(read.body["situacaoAtual"], 1);
    assert_eq!(read.body["processosComComponentesDigitaisPendentes"], requested);
    // The metadata name the files, so PE does not see the hashes before it receives them.
    assert!(!t.step(PE, idt, "ler").text.contains(&hash(&a)));
    let ticket = |caller: &str| {
        t.0.gql_with(
            caller,
            "query ($idt: ID!) { tramite(idt: $idt) { ticket } }",
            json!({ "idt": idt }),
        )
    };
    assert_eq!(ticket(RN)["tramite"]["ticket"], idt.to_string());
    assert_eq!(ticket(PE)["tramite"]["ticket"], Value::Null);

    // The recibo de envio needs every file, and the refusal names the missing ones.
    let early = t.request(RN, "GET", &format!("/tramites/{idt}/recibo-de-envio"), &Value::Null);
    assert_eq!(code(&early), (409, "9004"));
    assert!(parameter(&early, "orientacao").unwrap().contains(&hash(&c)), "{}", early.text);
    assert_eq!(t.step(PE, idt, "receber").status, 409);
}

#[test]
fn do_envio_ao_recibo_com_arquivos() {
    let files = ThreeFiles::new();
    let ThreeFiles { t, a, b, c, body, idt, nre, .. } = &files;
    let idt = *idt;
    // The fields come in any order, the protocolo in any spelling, and a retry does no harm.
    for _ in 0..2 {
        let fields: [(&str, &[u8]); 3] = [
            ("conteudo", a),
            ("protocolo", b"99990000001202653"),
            ("hashDoComponenteDigital", hash(a).leak().as_bytes()),
        ];
        let response = t.upload_fields(RN, idt, &fields);
        assert_eq!(
            (response.status, &response.body["situacaoAtual"]),
            (200, &json!(1)),
            "{}",
            response.text
        );
    }
    assert_eq!(t.contents(), 1 + 3, "one content of three pieces, stored once");
    assert_eq!(t.upload(RN, idt, NUP, b).body["situacaoAtual"], 1);
    for _ in 0..2 {
        assert_eq!(t.upload(RN, idt, APENSADO, c).body["situacaoAtual"], 2);
    }
    check_recibo_de_envio(t, idt, nre, &files.hashes());

    // The destinatário takes the metadata, then each file. The last file makes the situação 4.
    assert_eq!(code(&t.baixar(PE, idt, NUP, &hash(a))), (409, "9004"));
    let metadados = t.step(PE, idt, "receber");
    let (received, sent) = (&metadados.body["processo"], &body["processo"]);
    assert_eq!(received["documentos"], sent["documentos"]);
    assert_eq!(received["processosApensados"], sent["processosApensados"]);
    assert_eq!(code(&t.step(PE, idt, "recibo")), (409, "9004"));
    for (protocolo, bytes) in [(NUP, a), (NUP, b), (APENSADO, c), (NUP, a)] {
        assert!(t.situacao(PE, idt) < 4 || bytes == a);
        let downloaded = t.baixar(PE, idt, protocolo, &hash(bytes));
        assert_eq!(downloaded.status, 200);
        assert_eq!(downloaded.headers["content-length"], bytes.len().to_string());
        assert!(downloaded.bytes == *bytes, "not the bytes that were sent");
    }
    assert_eq!(t.situacao(PE, idt), 4);
    t.steps(idt, &[(PE, "recibo")]);
    assert_eq!(t.baixar(PE, idt, NUP, &hash(b)).bytes, *b);
    let conclusao = t.step(RN, idt, "buscar");
    assert_eq!(conclusao.body["recibo"]["hashesDosComponentesDigitais"], json!(files.hashes()));

    // The trâmite is over: no download is served, and expiry deletes the contents.
    assert_eq!(code(&t.baixar(PE, idt, NUP, &hash(b))), (409, "9004"));
    assert!(t.contents() > 0);
    t.0.expire();
    assert_eq!(t.contents(), 0);
    let read = t.step(RN, idt, "ler");
    let historico = read.body["historico"].as_array().unwrap().iter();
    let situacoes: Vec<_> = historico.map(|change| change["situacao"].clone()).collect();
    assert_eq!(situacoes, [1, 2, 3, 4, 5, 6]);
}

/// Uploads the files, and completes the trâmite.
#[track_caller]
fn concluir(t: &Tramita, idt: i64, from: &str, to: &str, files: &[&[u8]]) {
    for bytes in files {
        let response = t.upload(from, idt, NUP, bytes);
        assert_eq!(response.status, 200, "{}", response.text);
    }
    t.steps(idt, &[(to, "receber")]);
    for bytes in files {
        assert_eq!(t.baixar(to, idt, NUP, &hash(bytes)).status, 200);
    }
    t.steps(idt, &[(to, "recibo"), (from, "buscar")]);
}

#[test]
fn so_se_pede_o_que_falta_ao_destinatario() {
    let t = Tramita::new();
    let (a, b, c) = (file(1, 10), file(2, 10), file(3, 10));
    let requested = |hashes: &[&[u8]]| {
        let mut hashes: Vec<_> = hashes.iter().map(|bytes| hash(bytes)).collect();
        hashes.sort();
        json!([{ "protocolo": NUP, "hashes": hashes }])
    };
    let one = [documento(1, &[&a])];
    let two = [documento(1, &[&a]), documento(2, &[&b])];
    let three = [documento(1, &[&a]), documento(2, &[&b]), documento(3, &[&c])];
    let (idt, nre, _) = t.enviado_with(&with_documentos(RN, PE, None, &one));
    concluir(&t, idt, RN, PE, &[&a]);
    // The return has a new document. The server requests only the new one.
    let (idt, _, request) = t.enviado_with(&with_documentos(PE, RN, Some(&nre), &two));
    assert_eq!(request, requested(&[&b]));
    concluir(&t, idt, PE, RN, &[&b]);
    // CE has none of the files, so the server requests all of them.
    let (idt, _, request) = t.enviado_with(&with_documentos(RN, CE, Some(&nre), &three));
    assert_eq!(request, requested(&[&a, &b, &c]));
    concluir(&t, idt, RN, CE, &[&a, &b, &c]);
    // PE has sent or received the first two with this NRE, in trâmites that CE did not see.
    let (idt, _, request) = t.enviado_with(&with_documentos(CE, PE, Some(&nre), &three));
    assert_eq!(request, requested(&[&c]));
    concluir(&t, idt, CE, PE, &[&c]);
    // A send may require all files again, for a receiver that has lost them.
    let mut all = with_documentos(PE, CE, Some(&nre), &three);
    all["cabecalho"]["obrigarEnvioDeTodosOsComponentesDigitais"] = json!(true);
    let (idt, _, request) = t.enviado_with(&all);
    assert_eq!(request, requested(&[&a, &b, &c]));
    t.steps(idt, &[(PE, "cancelar")]);
    // No file is missing, so the trâmite does not wait.
    let (idt, _, request) = t.enviado_with(&with_documentos(PE, CE, Some(&nre), &three));
    assert_eq!((request, t.situacao(PE, idt)), (json!([]), 2));
    t.steps(idt, &[(CE, "receber"), (CE, "recibo")]);
}

#[test]
fn documento_que_mudou_e_recusado_com_os_dois_hashes() {
    let t = Tramita::new();
    let (a, b) = (file(1, 10), file(2, 10));
    let (idt, nre, _) =
        t.enviado_with(&with_documentos(RN, PE, None, &[documento(1, &[&a]), documento(4, &[&b])]));
    concluir(&t, idt, RN, PE, &[&a, &b]);
    let changed = with_documentos(PE, RN, Some(&nre), &[documento(1, &[&a]), documento(4, &[&a])]);
    let refused = t.request(PE, "POST", "/tramites/processo", &changed);
    assert_eq!(code(&refused), (409, "0047"), "{}", refused.text);
    assert_eq!(parameter(&refused, "ordem"), Some("4"));
    assert_eq!(parameter(&refused, "nre"), Some(nre.as_str()));
    assert_eq!(parameter(&refused, "protocolo"), Some(NUP));
    assert_eq!(parameter(&refused, "hashEsperado"), Some(hash(&b).as_str()));
    assert_eq!(parameter(&refused, "hashInformado"), Some(hash(&a).as_str()));
    assert_eq!(t.0.database.count("SELECT count(*) AS n FROM tramite"), 1);
    // The unchanged document may be sent again. A document may be added, and one may be left out.
    let (idt, ..) = t.enviado_with(&with_documentos(
        PE,
        RN,
        Some(&nre),
        &[documento(4, &[&b]), documento(5, &[&a])],
    ));
    t.steps(idt, &[(PE, "cancelar")]);
    // A send must not change a document that the destinatário of an earlier trâmite received. It
    // may change one of a cancelled trâmite.
    t.enviado_with(&with_documentos(PE, RN, Some(&nre), &[documento(5, &[&b])]));
}

#[test]
fn o_conteudo_que_nao_e_o_descrito_nao_se_guarda() {
    let t = Tramita::with_rules(RuleSwitches { componente_maximo: 1, ..RuleSwitches::default() });
    let a = file(1, 1000);
    let (idt, ..) = t.enviado_with(&with_documentos(RN, PE, None, &[documento(2, &[&a])]));
    let declared = hash(&a);
    // The other file is longer, shorter, or of the same length, and every byte counts.
    for other in [file(2, 1000), file(1, 999), file(1, 1001)] {
        let fields: [(&str, &[u8]); 3] = [
            ("hashDoComponenteDigital", declared.as_bytes()),
            ("protocolo", NUP.as_bytes()),
            ("conteudo", &other),
        ];
        let changed = t.upload_fields(RN, idt, &fields);
        assert_eq!(code(&changed), (409, "0047"), "{}", changed.text);
        assert_eq!(parameter(&changed, "ordem"), Some("2"));
        assert_eq!(parameter(&changed, "hashEsperado"), Some(declared.as_str()));
        assert_eq!(parameter(&changed, "hashInformado"), Some(hash(&other).as_str()));
    }

    let content = ("conteudo", a.as_slice());
    let its_hash = ("hashDoComponenteDigital", declared.as_bytes());
    let protocolo = ("protocolo", NUP.as_bytes());
    for (fields, status) in [
        (vec![its_hash, protocolo], 400),
        (vec![protocolo, content], 400),
        (vec![its_hash, content], 400),
        (vec![its_hash, protocolo, content, ("mais", b"1".as_slice())], 400),
        (vec![its_hash, its_hash, protocolo, content], 400),
        (vec![("hashDoComponenteDigital", b"curto".as_slice()), protocolo, content], 400),
        (vec![its_hash, ("protocolo", APENSADO.as_bytes()), content], 404),
        (vec![("hashDoComponenteDigital", hash(b"x").leak().as_bytes()), protocolo, content], 404),
        (vec![its_hash, protocolo, ("conteudo", file(1, 1_048_577).leak())], 413),
    ] {
        let response = t.upload_fields(RN, idt, &fields);
        assert_eq!(response.status, status, "{}", response.text);
    }
    let integer = multipart_form(&[its_hash, protocolo, content]);
    let (multipart, cut_off) =
        ("multipart/form-data; boundary=limite", &integer[..integer.len() - 600]);
    for (content_type, body, status) in [
        ("application/json", integer.as_slice(), 415),
        ("multipart/form-data", &integer, 400),
        (multipart, cut_off, 400),
        (multipart, b"nada", 400),
        // Bytes before the first part are not allowed.
        (multipart, &[b"\r\n\r\n", integer.as_slice()].concat(), 400),
    ] {
        let response = t.upload_body(RN, idt, content_type, body);
        assert_eq!(response.status, status, "{content_type}: {}", response.text);
        assert!(response.body["codigoErro"].is_string());
    }
    assert_eq!(t.contents(), 0);
    assert_eq!(t.situacao(RN, idt), 1);
    // The server refuses the send if a declared size is above the limit.
    let large = with_documentos(RN, CE, None, &[documento(1, &[&file(1, 1_048_577)])]);
    let refused = t.request(RN, "POST", "/tramites/processo", &large);
    assert_eq!(
        (refused.status, parameter(&refused, "processo.documentos").is_some()),
        (400, true),
        "{}",
        refused.text
    );
}

#[test]
fn so_o_remetente_manda_e_so_o_destinatario_baixa() {
    let t = Tramita::new();
    let a = file(1, 10);
    let (idt, ..) = t.enviado_with(&with_documentos(RN, PE, None, &[documento(1, &[&a])]));
    let absent =
        |response: &Response| assert_eq!(code(response), (404, "9007"), "{}", response.text);
    absent(&t.upload(CE, idt, NUP, &a));
    absent(&t.upload(RN, 4242, NUP, &a));
    assert_eq!(code(&t.upload(PE, idt, NUP, &a)), (403, "9005"));
    assert_eq!(code(&t.upload("tjrn-leitura", idt, NUP, &a)), (403, "9005"));
    assert_eq!(t.upload(RN, idt, NUP, &a).status, 200);
    t.steps(idt, &[(PE, "receber")]);
    absent(&t.baixar(CE, idt, NUP, &hash(&a)));
    assert_eq!(code(&t.baixar(RN, idt, NUP, &hash(&a))), (403, "9005"));
    absent(&t.baixar(PE, idt, NUP, &hash(b"x")));
    assert_eq!(t.situacao(PE, idt), 3);
    assert_eq!(t.baixar(PE, idt, NUP, &hash(&a)).bytes, a);
    assert_eq!(t.situacao(PE, idt), 4);
}

#[test]
fn o_que_se_cancelou_nao_recebe_mais_arquivos() {
    let t = Tramita::new();
    let (a, b) = (file(1, 10), file(2, 10));
    let (idt, ..) = t.enviado_with(&with_documentos(RN, PE, None, &[documento(1, &[&a, &b])]));
    assert_eq!(t.upload(RN, idt, NUP, &a).status, 200);
    t.steps(idt, &[(RN, "cancelar")]);
    for bytes in [&a, &b] {
        assert_eq!(code(&t.upload(RN, idt, NUP, bytes)), (409, "9004"));
    }
    t.0.expire();
    assert_eq!(t.contents(), 0);
}

/// Idempotency keys with files: the order of the JSON fields does not change the input.
#[test]
fn a_key_holds_with_fields_in_any_order() {
    let t = Tramita::new();
    let enviar = |documentos: &str| {
        let body = envio(RN, PE, NUP, None).to_string();
        let with_documentos_field = format!(r#""documentos":{documentos},"protocolo":"#);
        let body =
            serde_json::from_str(&body.replacen("\"protocolo\":", &with_documentos_field, 1))
                .unwrap();
        t.with_headers(RN, "POST", "/tramites/processo", &body, &[("Idempotency-Key", "k")])
    };
    let (ordem, componentes) =
        (r#""ordem":1"#, documento(1, &[b"um"])["componentesDigitais"].to_string());
    let one = enviar(&format!(r#"[{{{ordem},"componentesDigitais":{componentes}}}]"#));
    let two = enviar(&format!(r#"[{{"componentesDigitais":{componentes},{ordem}}}]"#));
    assert_eq!((one.status, two.status), (200, 200), "{}", two.text);
    assert_eq!(one.body, two.body);
    let replayed = |response: &Response| response.headers.get("idempotent-replayed").cloned();
    assert_eq!((replayed(&one), replayed(&two).as_deref()), (None, Some("true")));
    assert_eq!(enviar("[]").status, 422);
}

#[test]
fn malformed_documentos_are_refused_with_their_place() {
    let t = Tramita::new();
    let change = |edit: fn(&mut Value)| {
        let mut body =
            with_documentos(RN, PE, None, &[documento(1, &[b"a"]), documento(2, &[b"b"])]);
        edit(&mut body["processo"]["documentos"]);
        body
    };
    for (body, expected) in [
        (change(|d| *d = json!({})), "documentos: é uma lista"),
        (change(|d| d[1] = json!("x")), "documentos[1]: esperava um objeto"),
        (
            change(|d| d[1]["ordem"] = json!(1)),
            "documento 1, componente 1: há outro no mesmo lugar",
        ),
        (change(|d| d[1]["ordem"] = json!("x")), "documentos[1].ordem"),
        (
            change(|d| d[1]["retirado"] = json!({})),
            "documentos[1].retirado: esperava true ou false",
        ),
        (
            change(|d| d[0]["componentesDigitais"] = json!(3)),
            "documentos[0].componentesDigitais: é uma lista",
        ),
        (
            change(|d| d[0]["componentesDigitais"][0]["hash"] = json!("x")),
            "documentos[0].componentesDigitais[0].hash.conteudo",
        ),
        (
            change(|d| d[0]["componentesDigitais"][0]["hash"]["algoritmo"] = json!("MD5")),
            "use SHA256",
        ),
        (change(|d| d[0]["componentesDigitais"][0]["hash"]["algoritmo"] = json!({})), "use SHA256"),
        (
            change(|d| d[0]["componentesDigitais"][0]["tamanhoEmBytes"] = json!(0)),
            "o tamanho vai de 1 byte",
        ),
        (
            change(|d| d[0]["componentesDigitais"][0]["tamanhoEmBytes"] = json!(1e30)),
            "tamanhoEmBytes",
        ),
        (change(|d| d[0]["componentesDigitais"][0]["ordem"] = json!(-1)), "contam de 1"),
    ] {
        let response = t.request(RN, "POST", "/tramites/processo", &body);
        assert_eq!(response.status, 400, "{}", response.text);
        assert!(response.text.contains(expected), "{expected}: {}", response.text);
    }
    let mut without_numero = envio(RN, PE, NUP, None);
    without_numero["processo"]["processosApensados"] =
        json!([{ "documentos": [documento(1, &[b"a"])] }]);
    assert_eq!(t.request(RN, "POST", "/tramites/processo", &without_numero).status, 400);
    assert_eq!(t.0.database.count("SELECT count(*) AS n FROM registro_eletronico"), 0);
}

#[test]
fn an_upload_races_another_upload_and_a_cancellation() {
    let t = Tramita::new();
    let a = file(1, 600_000);
    for round in 0..rounds(8, 20) {
        let mut body = with_documentos(RN, PE, None, &[documento(1, &[&a])]);
        let protocolo = format!("ARQUIVO-{round}");
        body["processo"]["protocolo"] = json!(protocolo);
        let (idt, ..) = t.enviado_with(&body);
        let responses = race(5, |n| match n {
            0 if round % 2 == 0 => t.step(RN, idt, "cancelar").status,
            _ => t.upload(RN, idt, &protocolo, &a).status,
        });
        let end = t.situacao(RN, idt);
        if round % 2 == 0 {
            assert!(responses[0] == 200 && end == 7, "{responses:?} {end}");
            assert!(responses.iter().all(|status| [200, 409].contains(status)), "{responses:?}");
        } else {
            assert!(responses == [200; 5] && end == 2, "{responses:?} {end}");
            assert_eq!(t.0.database.count("SELECT count(*) AS n FROM componente WHERE conteudo_id IS NULL AND recebido_em IS NOT NULL"), 0);
        }
    }
    let duplicates = "SELECT count(*) AS n FROM (SELECT idt, situacao FROM mudanca_de_situacao GROUP BY 1, 2 HAVING count(*) > 1) AS d";
    assert_eq!(t.0.database.count(duplicates), 0);
    // Every stored content belongs to a trâmite. Expiry deletes those of cancelled ones.
    let without_owner = "SELECT count(*) AS n FROM conteudo k WHERE NOT EXISTS (SELECT FROM componente c WHERE c.conteudo_id = k.id)";
    assert_eq!(t.0.database.count(without_owner), 0);
    t.0.expire();
    let contents = t.0.database.count("SELECT count(*) AS n FROM conteudo");
    assert_eq!(usize::try_from(contents), Ok(rounds(8, 20) / 2));
}

/// Expiry deletes the pieces of an interrupted upload after an hour.
#[test]
fn an_interrupted_upload_is_deleted() {
    let t = Tramita::new();
    let (idt, _) = t.enviado(RN, PE, NUP, None);
    let mut conn = t.0.database.conn();
    for (minutes, bytes) in [(59, "ab"), (61, "cd")] {
        Sql::new("WITH k AS (INSERT INTO conteudo (idt, criado_em) VALUES (")
            .bind(idt)
            .push(", ")
            .bind(now() - Duration::minutes(minutes))
            .push(") RETURNING id) INSERT INTO conteudo_parte SELECT id, 0, ")
            .bind(bytes.to_owned())
            .push("::bytea FROM k")
            .execute(&mut conn)
            .unwrap();
    }
    t.0.expire();
    assert_eq!(t.contents(), 2, "one content of one piece");
    let the_new = "SELECT count(*) AS n FROM conteudo_parte WHERE bytes = 'ab'";
    assert_eq!(t.0.database.count(the_new), 1);
}

/// RN sends a processo of five thousand documents with the same file. PE receives it and sends it
/// back. The server refuses a document more.
#[test]
fn five_thousand_files_are_sent_and_received() {
    let t = Tramita::new();
    let one = documento(1, &[b"um"]);
    let documentos: Vec<Value> = (1..=5_000)
        .map(|n| {
            let mut documento = one.clone();
            documento["ordem"] = json!(n);
            documento
        })
        .collect();
    let body = with_documentos(RN, PE, None, &documentos);
    let (idt, nre, request) = t.enviado_with(&body);
    assert_eq!(request[0]["hashes"], json!([hash(b"um")]));
    concluir(&t, idt, RN, PE, &[b"um"]);
    let (_, _, request) = t.enviado_with(&with_documentos(PE, RN, Some(&nre), &documentos));
    assert_eq!(request, json!([]));
    let mut too_many = documentos;
    too_many.push(documento(5_001, &[b"um"]));
    let refused =
        t.request(RN, "POST", "/tramites/processo", &with_documentos(RN, CE, None, &too_many));
    assert_eq!(refused.status, 400, "{}", refused.text);
}

/// Two órgãos may use the same number for different processos. So files under one NRE say nothing
/// about the other NRE.
#[test]
fn o_que_tramitou_por_outro_nre_nao_conta() {
    let t = Tramita::new();
    let (a, b) = (file(1, 10), file(2, 10));
    let (idt, ..) = t.enviado_with(&with_documentos(RN, PE, None, &[documento(7, &[&a])]));
    concluir(&t, idt, RN, PE, &[&a]);
    let (idt, other, _) = t.enviado_with(&with_documentos(CE, "805", None, &[documento(1, &[&b])]));
    t.0.credential("805", RN, |claims| {
        claims["azp"] = json!("tjba");
        claims["tribunal"] = json!("805");
    });
    concluir(&t, idt, CE, "805", &[&b]);
    let returned =
        with_documentos("805", CE, Some(&other), &[documento(1, &[&b]), documento(7, &[&b])]);
    let response = t.request("805", "POST", "/tramites/processo", &returned);
    assert_eq!(response.status, 200, "{}", response.text);
}
