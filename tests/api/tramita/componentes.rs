//! Componentes digitais: real files, by the real form, over real HTTP.

use super::corridas::correr;
use super::{CE, NUP, PE, RN, Tramita, codigo, envio, parametro};
use crate::support::{Resposta, agora, rounds};
use chrono::Duration;
use diesel::RunQueryDsl;
use elos::db::Sql;
use elos::tramite::HashSha256;
use elos::tramite::recibo::{self, Assinatura};
use elos::value::regras::Regras;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const APENSADO: &str = "99990.000002/2026-06";

pub fn hash(bytes: &[u8]) -> String {
    HashSha256::de(&Sha256::digest(bytes).into()).to_string()
}

/// Bytes that no other number gives.
fn arquivo(n: u8, tamanho: usize) -> Vec<u8> {
    (0..tamanho).map(|i| u8::try_from(i % 251).unwrap() ^ n).collect()
}

pub fn documento(ordem: i32, arquivos: &[&[u8]]) -> Value {
    let componente = |(n, bytes): (usize, &&[u8])| {
        json!({ "nome": format!("{ordem}-{n}.pdf"), "hash": { "algoritmo": "SHA256", "conteudo": hash(bytes) },
            "tipoDeConteudo": "txt", "mimeType": "application/pdf", "tamanhoEmBytes": bytes.len(), "ordem": n + 1 })
    };
    let componentes: Vec<Value> = arquivos.iter().enumerate().map(componente).collect();
    json!({ "ordem": ordem, "descricao": "Despacho fictício", "nivelDeSigilo": 1, "componentesDigitais": componentes })
}

fn com_documentos(de: &str, para: &str, nre: Option<&str>, documentos: &[Value]) -> Value {
    let mut corpo = envio(de, para, NUP, nre);
    corpo["processo"]["documentos"] = json!(documentos);
    corpo
}

/// A form of these fields; a file has no charset.
pub fn formulario(campos: &[(&str, &[u8])]) -> Vec<u8> {
    let mut corpo = Vec::new();
    for (nome, valor) in campos {
        let mais = if *nome == "conteudo" {
            "; filename=\"a\"\r\nContent-Type: application/octet-stream"
        } else {
            ""
        };
        corpo.extend(
            format!("--limite\r\nContent-Disposition: form-data; name=\"{nome}\"{mais}\r\n\r\n")
                .bytes(),
        );
        corpo.extend_from_slice(valor);
        corpo.extend(b"\r\n");
    }
    corpo.extend(b"--limite--\r\n");
    corpo
}

impl Tramita {
    pub fn mandar_campos(&self, quem: &str, idt: i64, campos: &[(&str, &[u8])]) -> Resposta {
        self.mandar_corpo(quem, idt, "multipart/form-data; boundary=limite", &formulario(campos))
    }

    fn mandar_corpo(&self, quem: &str, idt: i64, tipo: &str, corpo: &[u8]) -> Resposta {
        let bearer = format!("Bearer {}", self.0.token(quem));
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", tipo)];
        let caminho =
            format!("/tickets-de-envio-de-componente/{idt}/protocolos/componentes-a-enviar");
        self.0.pedir("PUT", &caminho, &headers, corpo)
    }

    pub fn mandar(&self, quem: &str, idt: i64, protocolo: &str, bytes: &[u8]) -> Resposta {
        let hash = hash(bytes);
        let campos: [(&str, &[u8]); 3] = [
            ("hashDoComponenteDigital", hash.as_bytes()),
            ("protocolo", protocolo.as_bytes()),
            ("conteudo", bytes),
        ];
        self.mandar_campos(quem, idt, &campos)
    }

    pub fn baixar(&self, quem: &str, idt: i64, protocolo: &str, hash: &str) -> Resposta {
        let corpo = json!({ "hashDoComponenteDigital": hash, "protocolo": protocolo });
        self.pedir(
            quem,
            "POST",
            &format!("/tramites/{idt}/protocolos/componentes-digitais"),
            &corpo,
        )
    }

    #[track_caller]
    fn enviado_com(&self, corpo: &Value) -> (i64, String, Value) {
        let de = match corpo["cabecalho"]["remetente"]["numeroDeIdentificacaoDaEstrutura"].as_str()
        {
            Some("820") => RN,
            Some("817") => PE,
            _ => CE,
        };
        let resposta = self.pedir(de, "POST", "/tramites/processo", corpo);
        assert_eq!(resposta.status, 200, "{}", resposta.texto);
        let Value::Object(mut campos) = resposta.corpo else { panic!("{}", resposta.texto) };
        let nre = campos["NRE"].as_str().unwrap().to_owned();
        let pedidos = campos.remove("processosComComponentesDigitaisSolicitados").unwrap();
        (campos["IDT"].as_i64().unwrap(), nre, pedidos)
    }

    fn conteudos(&self) -> i64 {
        self.0.banco.contar("SELECT count(*) AS n FROM conteudo")
            + self.0.banco.contar("SELECT count(*) AS n FROM conteudo_parte")
    }
}

/// The exact text, and the server's signature on it.
fn recibo_de_envio_assinado(t: &Tramita, idt: i64, nre: &str, todos: &[String; 3]) {
    let recibo = t.pedir(RN, "GET", &format!("/tramites/{idt}/recibo-de-envio"), &Value::Null);
    assert_eq!(recibo.status, 200, "{}", recibo.texto);
    let texto = recibo.corpo["textoAssinado"].as_str().unwrap();
    let quando = recibo.corpo["reciboDeEnvio"]["dataDeRecebimentoDoUltimoComponenteDigital"]
        .as_str()
        .unwrap();
    let esperado = format!(
        "<reciboDeEnvio><IDT>{idt}</IDT><NRE>{nre}</NRE><dataDeRecebimentoDoUltimoComponenteDigital>{quando}\
         </dataDeRecebimentoDoUltimoComponenteDigital>{}</reciboDeEnvio>",
        todos
            .each_ref()
            .map(|h| format!("<hashDoComponenteDigital>{h}</hashDoComponenteDigital>"))
            .concat()
    );
    assert_eq!(texto, esperado);
    let chave = recibo.corpo["chavePublica"].to_string();
    let assinatura = recibo.corpo["hashDaAssinatura"].as_str();
    assert_eq!(recibo::conferir(texto, assinatura, Some(&chave)).unwrap(), Assinatura::Confere);
    let outro = texto.replace("<IDT>", "<IDT>1");
    assert_eq!(recibo::conferir(&outro, assinatura, Some(&chave)).unwrap(), Assinatura::NaoConfere);
    assert_eq!(
        codigo(&t.pedir(PE, "GET", &format!("/tramites/{idt}/recibo-de-envio"), &Value::Null)),
        (403, "9005")
    );
}

#[test]
fn do_envio_ao_recibo_com_arquivos() {
    let t = Tramita::novo();
    let (a, b, c) = (arquivo(1, 1_300_000), arquivo(2, 10), arquivo(3, 524_288));
    let mut corpo = com_documentos(RN, PE, None, &[documento(1, &[&a, &b]), documento(2, &[&b])]);
    corpo["processo"]["processosApensados"] =
        json!([{ "protocolo": APENSADO, "documentos": [documento(1, &[&c])] }]);
    let (idt, nre, pedidos) = t.enviado_com(&corpo);
    let mut do_nup = [hash(&a), hash(&b)];
    do_nup.sort();
    assert_eq!(
        pedidos,
        json!([{ "protocolo": NUP, "hashes": do_nup }, { "protocolo": APENSADO, "hashes": [hash(&c)] }])
    );
    let lido = t.passo(RN, idt, "ler");
    assert_eq!(lido.corpo["situacaoAtual"], 1);
    assert_eq!(lido.corpo["processosComComponentesDigitaisPendentes"], pedidos);
    // To know of files is to have received what tells of them.
    assert!(!t.passo(PE, idt, "ler").texto.contains(&hash(&a)));
    let ticket = |quem: &str| {
        t.0.gql_com(
            quem,
            "query ($idt: ID!) { tramite(idt: $idt) { ticket } }",
            json!({ "idt": idt }),
        )
    };
    assert_eq!(ticket(RN)["tramite"]["ticket"], idt.to_string());
    assert_eq!(ticket(PE)["tramite"]["ticket"], Value::Null);

    // The recibo de envio waits for all of them, and says for which.
    let cedo = t.pedir(RN, "GET", &format!("/tramites/{idt}/recibo-de-envio"), &Value::Null);
    assert_eq!(codigo(&cedo), (409, "9004"));
    assert!(parametro(&cedo, "orientacao").unwrap().contains(&hash(&c)), "{}", cedo.texto);
    assert_eq!(t.passo(PE, idt, "receber").status, 409);

    // The fields come in any order, the protocolo in any spelling, and a retry is no harm.
    for _ in 0..2 {
        let campos: [(&str, &[u8]); 3] = [
            ("conteudo", &a),
            ("protocolo", b"99990000001202653"),
            ("hashDoComponenteDigital", hash(&a).leak().as_bytes()),
        ];
        let resposta = t.mandar_campos(RN, idt, &campos);
        assert_eq!(
            (resposta.status, &resposta.corpo["situacaoAtual"]),
            (200, &json!(1)),
            "{}",
            resposta.texto
        );
    }
    assert_eq!(t.conteudos(), 1 + 3, "three pieces, once");
    assert_eq!(t.mandar(RN, idt, NUP, &b).corpo["situacaoAtual"], 1);
    for _ in 0..2 {
        assert_eq!(t.mandar(RN, idt, APENSADO, &c).corpo["situacaoAtual"], 2);
    }
    let mut todos = [hash(&a), hash(&b), hash(&c)];
    todos.sort();
    recibo_de_envio_assinado(&t, idt, &nre, &todos);

    // The destinatário takes the metadata, then each file; the last one makes it 4.
    assert_eq!(codigo(&t.baixar(PE, idt, NUP, &hash(&a))), (409, "9004"));
    let metadados = t.passo(PE, idt, "receber");
    assert_eq!(metadados.corpo["processo"]["documentos"], corpo["processo"]["documentos"]);
    assert_eq!(
        metadados.corpo["processo"]["processosApensados"],
        corpo["processo"]["processosApensados"]
    );
    assert_eq!(codigo(&t.passo(PE, idt, "recibo")), (409, "9004"));
    for (protocolo, bytes) in [(NUP, &a), (NUP, &b), (APENSADO, &c), (NUP, &a)] {
        assert!(t.situacao(PE, idt) < 4 || bytes == &a);
        let baixado = t.baixar(PE, idt, protocolo, &hash(bytes));
        assert_eq!(baixado.status, 200);
        assert_eq!(baixado.headers["content-length"], bytes.len().to_string());
        assert!(baixado.bytes == *bytes, "not the bytes that were sent");
    }
    assert_eq!(t.situacao(PE, idt), 4);
    t.passos(idt, &[(PE, "recibo")]);
    assert_eq!(t.baixar(PE, idt, NUP, &hash(&b)).bytes, b);
    let conclusao = t.passo(RN, idt, "buscar");
    assert_eq!(conclusao.corpo["recibo"]["hashesDosComponentesDigitais"], json!(todos));

    // It is done: nobody fetches any more, and nothing is kept.
    assert_eq!(codigo(&t.baixar(PE, idt, NUP, &hash(&b))), (409, "9004"));
    assert!(t.conteudos() > 0);
    t.0.expirar();
    assert_eq!(t.conteudos(), 0);
    let historico: Vec<_> = t.passo(RN, idt, "ler").corpo["historico"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["situacao"].clone())
        .collect();
    assert_eq!(historico, [1, 2, 3, 4, 5, 6]);
}

/// Sends the files, and takes the trâmite to its end.
#[track_caller]
fn concluir(t: &Tramita, idt: i64, de: &str, para: &str, arquivos: &[&[u8]]) {
    for bytes in arquivos {
        let resposta = t.mandar(de, idt, NUP, bytes);
        assert_eq!(resposta.status, 200, "{}", resposta.texto);
    }
    t.passos(idt, &[(para, "receber")]);
    for bytes in arquivos {
        assert_eq!(t.baixar(para, idt, NUP, &hash(bytes)).status, 200);
    }
    t.passos(idt, &[(para, "recibo"), (de, "buscar")]);
}

#[test]
fn so_se_pede_o_que_falta_ao_destinatario() {
    let t = Tramita::novo();
    let (a, b, c) = (arquivo(1, 10), arquivo(2, 10), arquivo(3, 10));
    let pedidos = |hashes: &[&[u8]]| {
        let mut hashes: Vec<_> = hashes.iter().map(|bytes| hash(bytes)).collect();
        hashes.sort();
        json!([{ "protocolo": NUP, "hashes": hashes }])
    };
    let um = [documento(1, &[&a])];
    let dois = [documento(1, &[&a]), documento(2, &[&b])];
    let tres = [documento(1, &[&a]), documento(2, &[&b]), documento(3, &[&c])];
    let (idt, nre, _) = t.enviado_com(&com_documentos(RN, PE, None, &um));
    concluir(&t, idt, RN, PE, &[&a]);
    // Home again with a new document: only that one is asked for.
    let (idt, _, pedido) = t.enviado_com(&com_documentos(PE, RN, Some(&nre), &dois));
    assert_eq!(pedido, pedidos(&[&b]));
    concluir(&t, idt, PE, RN, &[&b]);
    // Who has none of it is sent all of it.
    let (idt, _, pedido) = t.enviado_com(&com_documentos(RN, CE, Some(&nre), &tres));
    assert_eq!(pedido, pedidos(&[&a, &b, &c]));
    concluir(&t, idt, RN, CE, &[&a, &b, &c]);
    // PE sent or received the first two by this NRE, in trâmites that CE never saw.
    let (idt, _, pedido) = t.enviado_com(&com_documentos(CE, PE, Some(&nre), &tres));
    assert_eq!(pedido, pedidos(&[&c]));
    concluir(&t, idt, CE, PE, &[&c]);
    // Who lost them may be sent all of them again.
    let mut todos = com_documentos(PE, CE, Some(&nre), &tres);
    todos["cabecalho"]["obrigarEnvioDeTodosOsComponentesDigitais"] = json!(true);
    let (idt, _, pedido) = t.enviado_com(&todos);
    assert_eq!(pedido, pedidos(&[&a, &b, &c]));
    t.passos(idt, &[(PE, "cancelar")]);
    // Nothing is missing: there is nothing to wait for.
    let (idt, _, pedido) = t.enviado_com(&com_documentos(PE, CE, Some(&nre), &tres));
    assert_eq!((pedido, t.situacao(PE, idt)), (json!([]), 2));
    t.passos(idt, &[(CE, "receber"), (CE, "recibo")]);
}

#[test]
fn documento_que_mudou_e_recusado_com_os_dois_hashes() {
    let t = Tramita::novo();
    let (a, b) = (arquivo(1, 10), arquivo(2, 10));
    let (idt, nre, _) =
        t.enviado_com(&com_documentos(RN, PE, None, &[documento(1, &[&a]), documento(4, &[&b])]));
    concluir(&t, idt, RN, PE, &[&a, &b]);
    let mudou = com_documentos(PE, RN, Some(&nre), &[documento(1, &[&a]), documento(4, &[&a])]);
    let recusado = t.pedir(PE, "POST", "/tramites/processo", &mudou);
    assert_eq!(codigo(&recusado), (409, "0047"), "{}", recusado.texto);
    assert_eq!(parametro(&recusado, "ordem"), Some("4"));
    assert_eq!(parametro(&recusado, "nre"), Some(nre.as_str()));
    assert_eq!(parametro(&recusado, "protocolo"), Some(NUP));
    assert_eq!(parametro(&recusado, "hashEsperado"), Some(hash(&b).as_str()));
    assert_eq!(parametro(&recusado, "hashInformado"), Some(hash(&a).as_str()));
    assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM tramite"), 1);
    // What it was goes; so does a document in a new place, and one that is left out.
    let (idt, ..) = t.enviado_com(&com_documentos(
        PE,
        RN,
        Some(&nre),
        &[documento(4, &[&b]), documento(5, &[&a])],
    ));
    t.passos(idt, &[(PE, "cancelar")]);
    // Only what was received binds: of what was called back, nobody has it.
    t.enviado_com(&com_documentos(PE, RN, Some(&nre), &[documento(5, &[&b])]));
}

#[test]
fn o_conteudo_que_nao_e_o_descrito_nao_se_guarda() {
    let t = Tramita::com(Regras { componente_maximo: 1, ..Regras::default() });
    let a = arquivo(1, 1000);
    let (idt, ..) = t.enviado_com(&com_documentos(RN, PE, None, &[documento(2, &[&a])]));
    let declarado = hash(&a);
    // Longer, shorter, or of the same length: what counts is every byte.
    for outro in [arquivo(2, 1000), arquivo(1, 999), arquivo(1, 1001)] {
        let campos: [(&str, &[u8]); 3] = [
            ("hashDoComponenteDigital", declarado.as_bytes()),
            ("protocolo", NUP.as_bytes()),
            ("conteudo", &outro),
        ];
        let trocado = t.mandar_campos(RN, idt, &campos);
        assert_eq!(codigo(&trocado), (409, "0047"), "{}", trocado.texto);
        assert_eq!(parametro(&trocado, "ordem"), Some("2"));
        assert_eq!(parametro(&trocado, "hashEsperado"), Some(declarado.as_str()));
        assert_eq!(parametro(&trocado, "hashInformado"), Some(hash(&outro).as_str()));
    }

    let conteudo = ("conteudo", a.as_slice());
    let hash_dele = ("hashDoComponenteDigital", declarado.as_bytes());
    let protocolo = ("protocolo", NUP.as_bytes());
    for (campos, status) in [
        (vec![hash_dele, protocolo], 400),
        (vec![protocolo, conteudo], 400),
        (vec![hash_dele, conteudo], 400),
        (vec![hash_dele, protocolo, conteudo, ("mais", b"1".as_slice())], 400),
        (vec![hash_dele, hash_dele, protocolo, conteudo], 400),
        (vec![("hashDoComponenteDigital", b"curto".as_slice()), protocolo, conteudo], 400),
        (vec![hash_dele, ("protocolo", APENSADO.as_bytes()), conteudo], 404),
        (vec![("hashDoComponenteDigital", hash(b"x").leak().as_bytes()), protocolo, conteudo], 404),
        (vec![hash_dele, protocolo, ("conteudo", arquivo(1, 1_048_577).leak())], 413),
    ] {
        let resposta = t.mandar_campos(RN, idt, &campos);
        assert_eq!(resposta.status, status, "{}", resposta.texto);
    }
    let inteiro = formulario(&[hash_dele, protocolo, conteudo]);
    let (multipart, cortado) =
        ("multipart/form-data; boundary=limite", &inteiro[..inteiro.len() - 600]);
    for (tipo, corpo, status) in [
        ("application/json", inteiro.as_slice(), 415),
        ("multipart/form-data", &inteiro, 400),
        (multipart, cortado, 400),
        (multipart, b"nada", 400),
        // A form begins with its first part.
        (multipart, &[b"\r\n\r\n", inteiro.as_slice()].concat(), 400),
    ] {
        let resposta = t.mandar_corpo(RN, idt, tipo, corpo);
        assert_eq!(resposta.status, status, "{tipo}: {}", resposta.texto);
        assert!(resposta.corpo["codigoErro"].is_string());
    }
    assert_eq!(t.conteudos(), 0);
    assert_eq!(t.situacao(RN, idt), 1);
    // Larger than a file may be is told at the send.
    let grande = com_documentos(RN, CE, None, &[documento(1, &[&arquivo(1, 1_048_577)])]);
    let recusado = t.pedir(RN, "POST", "/tramites/processo", &grande);
    assert_eq!(
        (recusado.status, parametro(&recusado, "processo.documentos").is_some()),
        (400, true),
        "{}",
        recusado.texto
    );
}

#[test]
fn so_o_remetente_manda_e_so_o_destinatario_baixa() {
    let t = Tramita::novo();
    let a = arquivo(1, 10);
    let (idt, ..) = t.enviado_com(&com_documentos(RN, PE, None, &[documento(1, &[&a])]));
    let ausente =
        |resposta: &Resposta| assert_eq!(codigo(resposta), (404, "9007"), "{}", resposta.texto);
    ausente(&t.mandar(CE, idt, NUP, &a));
    ausente(&t.mandar(RN, 4242, NUP, &a));
    assert_eq!(codigo(&t.mandar(PE, idt, NUP, &a)), (403, "9005"));
    assert_eq!(codigo(&t.mandar("tjrn-leitura", idt, NUP, &a)), (403, "9005"));
    assert_eq!(t.mandar(RN, idt, NUP, &a).status, 200);
    t.passos(idt, &[(PE, "receber")]);
    ausente(&t.baixar(CE, idt, NUP, &hash(&a)));
    assert_eq!(codigo(&t.baixar(RN, idt, NUP, &hash(&a))), (403, "9005"));
    ausente(&t.baixar(PE, idt, NUP, &hash(b"x")));
    assert_eq!(t.situacao(PE, idt), 3);
    assert_eq!(t.baixar(PE, idt, NUP, &hash(&a)).bytes, a);
    assert_eq!(t.situacao(PE, idt), 4);
}

#[test]
fn o_que_se_cancelou_nao_recebe_mais_arquivos() {
    let t = Tramita::novo();
    let (a, b) = (arquivo(1, 10), arquivo(2, 10));
    let (idt, ..) = t.enviado_com(&com_documentos(RN, PE, None, &[documento(1, &[&a, &b])]));
    assert_eq!(t.mandar(RN, idt, NUP, &a).status, 200);
    t.passos(idt, &[(RN, "cancelar")]);
    for bytes in [&a, &b] {
        assert_eq!(codigo(&t.mandar(RN, idt, NUP, bytes)), (409, "9004"));
    }
    t.0.expirar();
    assert_eq!(t.conteudos(), 0);
}

/// A key, with files: the same body is the same send, however its fields are ordered.
#[test]
fn a_chave_vale_com_os_campos_em_qualquer_ordem() {
    let t = Tramita::novo();
    let enviar = |documentos: &str| {
        let corpo = envio(RN, PE, NUP, None).to_string();
        let com = format!(r#""documentos":{documentos},"protocolo":"#);
        let corpo = serde_json::from_str(&corpo.replacen("\"protocolo\":", &com, 1)).unwrap();
        t.com_headers(RN, "POST", "/tramites/processo", &corpo, &[("Idempotency-Key", "k")])
    };
    let (ordem, componentes) =
        (r#""ordem":1"#, documento(1, &[b"um"])["componentesDigitais"].to_string());
    let um = enviar(&format!(r#"[{{{ordem},"componentesDigitais":{componentes}}}]"#));
    let dois = enviar(&format!(r#"[{{"componentesDigitais":{componentes},{ordem}}}]"#));
    assert_eq!((um.status, dois.status), (200, 200), "{}", dois.texto);
    assert_eq!(um.corpo, dois.corpo);
    let repetido = |resposta: &Resposta| resposta.headers.get("idempotent-replayed").cloned();
    assert_eq!((repetido(&um), repetido(&dois).as_deref()), (None, Some("true")));
    assert_eq!(enviar("[]").status, 422);
}

#[test]
fn documentos_malformados_sao_recusados_pelo_seu_lugar() {
    let t = Tramita::novo();
    let mudar = |mudanca: fn(&mut Value)| {
        let mut corpo =
            com_documentos(RN, PE, None, &[documento(1, &[b"a"]), documento(2, &[b"b"])]);
        mudanca(&mut corpo["processo"]["documentos"]);
        corpo
    };
    for (corpo, esperado) in [
        (mudar(|d| *d = json!({})), "documentos: é uma lista"),
        (mudar(|d| d[1] = json!("x")), "documentos[1]: esperava um objeto"),
        (mudar(|d| d[1]["ordem"] = json!(1)), "documento 1, componente 1: há outro no mesmo lugar"),
        (mudar(|d| d[1]["ordem"] = json!("x")), "documentos[1].ordem"),
        (mudar(|d| d[1]["retirado"] = json!({})), "documentos[1].retirado: esperava true ou false"),
        (
            mudar(|d| d[0]["componentesDigitais"] = json!(3)),
            "documentos[0].componentesDigitais: é uma lista",
        ),
        (
            mudar(|d| d[0]["componentesDigitais"][0]["hash"] = json!("x")),
            "documentos[0].componentesDigitais[0].hash.conteudo",
        ),
        (
            mudar(|d| d[0]["componentesDigitais"][0]["hash"]["algoritmo"] = json!("MD5")),
            "use SHA256",
        ),
        (mudar(|d| d[0]["componentesDigitais"][0]["hash"]["algoritmo"] = json!({})), "use SHA256"),
        (
            mudar(|d| d[0]["componentesDigitais"][0]["tamanhoEmBytes"] = json!(0)),
            "o tamanho vai de 1 byte",
        ),
        (
            mudar(|d| d[0]["componentesDigitais"][0]["tamanhoEmBytes"] = json!(1e30)),
            "tamanhoEmBytes",
        ),
        (mudar(|d| d[0]["componentesDigitais"][0]["ordem"] = json!(-1)), "contam de 1"),
    ] {
        let resposta = t.pedir(RN, "POST", "/tramites/processo", &corpo);
        assert_eq!(resposta.status, 400, "{}", resposta.texto);
        assert!(resposta.texto.contains(esperado), "{esperado}: {}", resposta.texto);
    }
    let mut sem_numero = envio(RN, PE, NUP, None);
    sem_numero["processo"]["processosApensados"] =
        json!([{ "documentos": [documento(1, &[b"a"])] }]);
    assert_eq!(t.pedir(RN, "POST", "/tramites/processo", &sem_numero).status, 400);
    assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM registro_eletronico"), 0);
}

#[test]
fn mandar_contra_mandar_e_contra_cancelar() {
    let t = Tramita::novo();
    let a = arquivo(1, 600_000);
    for rodada in 0..rounds(8, 20) {
        let mut corpo = com_documentos(RN, PE, None, &[documento(1, &[&a])]);
        let protocolo = format!("ARQUIVO-{rodada}");
        corpo["processo"]["protocolo"] = json!(protocolo);
        let (idt, ..) = t.enviado_com(&corpo);
        let respostas = correr(5, |n| match n {
            0 if rodada % 2 == 0 => t.passo(RN, idt, "cancelar").status,
            _ => t.mandar(RN, idt, &protocolo, &a).status,
        });
        let fim = t.situacao(RN, idt);
        if rodada % 2 == 0 {
            assert!(respostas[0] == 200 && fim == 7, "{respostas:?} {fim}");
            assert!(respostas.iter().all(|status| [200, 409].contains(status)), "{respostas:?}");
        } else {
            assert!(respostas == [200; 5] && fim == 2, "{respostas:?} {fim}");
            assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM componente WHERE conteudo_id IS NULL AND recebido_em IS NOT NULL"), 0);
        }
    }
    let dobrados = "SELECT count(*) AS n FROM (SELECT idt, situacao FROM mudanca_de_situacao GROUP BY 1, 2 HAVING count(*) > 1) AS d";
    assert_eq!(t.0.banco.contar(dobrados), 0);
    // Every content kept is some trâmite's; those of the trâmites called off go.
    let sem_dono = "SELECT count(*) AS n FROM conteudo k WHERE NOT EXISTS (SELECT FROM componente c WHERE c.conteudo_id = k.id)";
    assert_eq!(t.0.banco.contar(sem_dono), 0);
    t.0.expirar();
    let contents = t.0.banco.contar("SELECT count(*) AS n FROM conteudo");
    assert_eq!(usize::try_from(contents), Ok(rounds(8, 20) / 2));
}

/// An upload that broke off leaves its pieces for an hour.
#[test]
fn o_que_ficou_pela_metade_e_esquecido() {
    let t = Tramita::novo();
    let (idt, _) = t.enviado(RN, PE, NUP, None);
    let mut conn = t.0.banco.conn();
    for (minutos, bytes) in [(59, "ab"), (61, "cd")] {
        Sql::new("WITH k AS (INSERT INTO conteudo (idt, criado_em) VALUES (")
            .bind(idt)
            .push(", ")
            .bind(agora() - Duration::minutes(minutos))
            .push(") RETURNING id) INSERT INTO conteudo_parte SELECT id, 0, ")
            .bind(bytes.to_owned())
            .push("::bytea FROM k")
            .execute(&mut conn)
            .unwrap();
    }
    t.0.expirar();
    assert_eq!(t.conteudos(), 2, "one content of one piece");
    let o_novo = "SELECT count(*) AS n FROM conteudo_parte WHERE bytes = 'ab'";
    assert_eq!(t.0.banco.contar(o_novo), 1);
}

/// A processo of five thousand files is sent, received and sent back.
#[test]
fn cinco_mil_arquivos() {
    let t = Tramita::novo();
    let um = documento(1, &[b"um"]);
    let documentos: Vec<Value> = (1..=5_000)
        .map(|n| {
            let mut documento = um.clone();
            documento["ordem"] = json!(n);
            documento
        })
        .collect();
    let corpo = com_documentos(RN, PE, None, &documentos);
    let (idt, nre, pedido) = t.enviado_com(&corpo);
    assert_eq!(pedido[0]["hashes"], json!([hash(b"um")]));
    concluir(&t, idt, RN, PE, &[b"um"]);
    let (_, _, pedido) = t.enviado_com(&com_documentos(PE, RN, Some(&nre), &documentos));
    assert_eq!(pedido, json!([]));
    let mut demais = documentos;
    demais.push(documento(5_001, &[b"um"]));
    let recusado =
        t.pedir(RN, "POST", "/tramites/processo", &com_documentos(RN, CE, None, &demais));
    assert_eq!(recusado.status, 400, "{}", recusado.texto);
}

/// Two órgãos may have equal numbers of their own: what went by one NRE says nothing
/// of what goes by the other.
#[test]
fn o_que_tramitou_por_outro_nre_nao_conta() {
    let t = Tramita::novo();
    let (a, b) = (arquivo(1, 10), arquivo(2, 10));
    let (idt, ..) = t.enviado_com(&com_documentos(RN, PE, None, &[documento(7, &[&a])]));
    concluir(&t, idt, RN, PE, &[&a]);
    let (idt, outro, _) = t.enviado_com(&com_documentos(CE, "805", None, &[documento(1, &[&b])]));
    t.0.credencial("805", RN, |claims| {
        claims["azp"] = json!("tjba");
        claims["tribunal"] = json!("805");
    });
    concluir(&t, idt, CE, "805", &[&b]);
    let volta =
        com_documentos("805", CE, Some(&outro), &[documento(1, &[&b]), documento(7, &[&b])]);
    let resposta = t.pedir("805", "POST", "/tramites/processo", &volta);
    assert_eq!(resposta.status, 200, "{}", resposta.texto);
}
