//! Clients that the server recognises by itself: `elos credencial`, and what comes of it.

use crate::assinaturas::cliente_ws::{SUBPROTOCOLO, Ws};
use crate::support::{App, Banco, Modelo, PATIENCE};
use crate::tramita::{NUP, PE, RN, Tramita, envio};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Instant;

/// `elos credencial …` on the database of the test: exit code, what it said.
fn credencial(banco: &Banco, args: &[&str]) -> (Option<i32>, String) {
    let saida = Command::new(env!("CARGO_BIN_EXE_elos"))
        .arg("credencial")
        .args(args)
        .env("ELOS_MIGRATE_URL", banco.url("postgres"))
        .output()
        .unwrap();
    let texto = [saida.stdout, saida.stderr].concat();
    (saida.status.code(), String::from_utf8(texto).unwrap())
}

#[track_caller]
fn feita(banco: &Banco, args: &[&str]) -> String {
    let (codigo, texto) = credencial(banco, args);
    assert_eq!(codigo, Some(0), "{texto}");
    texto
}

fn eu(app: &App) -> Value {
    let resposta = app.graphql("tjrn", "{ eu { tribunal { codigo } papeis nacional } }", json!({}));
    match &resposta.corpo["data"]["eu"] {
        Value::Null => resposta.corpo["errors"][0]["extensions"]["code"].clone(),
        eu => eu.clone(),
    }
}

/// Asks until the answer is that: on a machine that is not busy, within ten seconds.
#[track_caller]
fn em_dez_segundos(app: &App, esperado: &Value) {
    let inicio = Instant::now();
    loop {
        let achado = eu(app);
        if achado == *esperado {
            return;
        }
        assert!(inicio.elapsed() < PATIENCE, "{achado} is not {esperado} yet");
    }
}

#[test]
fn o_que_o_servidor_diz_do_cliente_vale_mais_que_o_token() {
    let app = App::vazio();
    let do_token = json!({ "tribunal": { "codigo": 820 }, "nacional": false,
        "papeis": ["pse-consulta", "pse-dados-sensiveis", "pse-integracao"] });
    assert_eq!(eu(&app), do_token);

    feita(&app.banco, &["add", "tjrn", "--tribunal", "8.17", "--papel", "pse-consulta"]);
    let da_tabela =
        json!({ "tribunal": { "codigo": 817 }, "nacional": false, "papeis": ["pse-consulta"] });
    em_dez_segundos(&app, &da_tabela);
    let recusado = app.post("tjrn", "/api/v1/adolescentes", &json!({}));
    assert_eq!(recusado.status, 403, "{}", recusado.texto);

    // A token that is good in every other way is good for nothing.
    feita(&app.banco, &["revoke", "tjrn"]);
    em_dez_segundos(&app, &json!("SEM_PERMISSAO"));
    assert_eq!(app.post("tjrn", "/api/v1/adolescentes", &json!({})).status, 403);
    // Others go on as before.
    assert_eq!(app.graphql("tjpe", "{ eu { sub } }", json!({})).status, 200);

    feita(&app.banco, &["add", "tjrn", "--nacional", "--papel", "pse-consulta"]);
    let nacional =
        json!({ "tribunal": null, "nacional": true, "papeis": ["pse-consulta", "pse-nacional"] });
    em_dez_segundos(&app, &nacional);
}

#[test]
fn a_linha_de_comando_ensina() {
    let banco = Banco::novo(Modelo::Vazio);
    feita(
        &banco,
        &["add", "b", "--tribunal", "20", "--papel", "pse-consulta", "--papel", "pse-integracao"],
    );
    feita(&banco, &["add", "a", "--tribunal", "6", "--papel", "pse-consulta"]);
    feita(&banco, &["revoke", "a"]);
    let lista = feita(&banco, &["list"]);
    assert_eq!(lista, "a  806  pse-consulta  (revogada)\nb  820  pse-consulta,pse-integracao\n");
    let add = ["add", "b", "--tribunal", "20", "--papel", "pse-consulta", "--estrutura"];
    feita(&banco, &[&add[..], &["1/820"]].concat());
    assert!(feita(&banco, &["list"]).ends_with("b  820  pse-consulta  1/820\n"));
    // What it was before is forgotten: it is as it is said last.
    feita(&banco, &["add", "a", "--tribunal", "17", "--papel", "pse-auditoria"]);
    assert!(feita(&banco, &["list"]).starts_with("a  817  pse-auditoria\n"));
    for (args, dica) in [
        (["add", "c", "--papel", "pse-consulta"].as_slice(), "--tribunal"),
        (&["add", "c", "--tribunal", "8.20"], "--papel"),
        (&["add", "c", "--tribunal", "8.99", "--papel", "pse-consulta"], "8.20"),
        (&["add", "c", "--tribunal", "8.20", "--papel", "chefe"], "pse-consulta"),
        (&["add", "", "--tribunal", "8.20", "--papel", "pse-consulta"], "255"),
        (&["add", "t\u{e0041}j", "--tribunal", "8.20", "--papel", "pse-consulta"], "U+E0041"),
        (&["add", "tj rn", "--tribunal", "8.20", "--papel", "pse-consulta"], "U+0020"),
        (&["revoke", "ninguem"], "credencial list"),
        (&[&add[..], &["820"]].concat(), "1/820"),
        (&[&add[..], &["1/817"]].concat(), "1/817 não é do tribunal"),
        (&[&add[..], &["1/820", "--nacional"]].concat(), "--nacional"),
    ] {
        let (codigo, texto) = credencial(&banco, args);
        assert!(codigo != Some(0) && texto.contains(dica), "{args:?}: {texto}");
    }
}

/// A tribunal may have several estruturas; a credential acts for those that it is given.
#[test]
fn uma_credencial_age_so_pelas_suas_estruturas() {
    use diesel::connection::SimpleConnection;
    let t = Tramita::novo();
    let banco = &t.0.banco;
    let nova = "INSERT INTO estrutura (repositorio, numero, nome, tribunal_codigo) VALUES (1, '8209', 'Outra', 820)";
    banco.conn().batch_execute(nova).unwrap();
    let (idt, _) = t.enviado(PE, RN, "P-1", None);
    let (de_todas, _) = t.enviado(RN, PE, NUP, None);

    let add = ["add", "tjrn", "--tribunal", "20", "--papel", "pse-integracao"];
    feita(banco, &[&add[..], &["--papel", "pse-consulta", "--estrutura", "1/8209"]].concat());
    let papeis = json!(["pse-consulta", "pse-integracao"]);
    em_dez_segundos(
        &t.0,
        &json!({ "tribunal": { "codigo": 820 }, "nacional": false, "papeis": papeis }),
    );
    // What it may not do it may still see: it is of its tribunal.
    for (idt, passo) in [(idt, "receber"), (idt, "recusar"), (de_todas, "cancelar")] {
        let recusado = t.passo(RN, idt, passo);
        assert_eq!(recusado.status, 403, "{passo}: {}", recusado.texto);
        assert_eq!(t.passo(RN, idt, "ler").status, 200);
    }
    let acoes = "query($idt: ID!) { tramite(idt: $idt) { acoesPossiveis } }";
    let visto = t.0.graphql(RN, acoes, json!({ "idt": idt.to_string() }));
    assert_eq!(visto.corpo["data"]["tramite"]["acoesPossiveis"], json!([]), "{}", visto.texto);
    assert_eq!(t.enviar(RN, PE, "P-2", None).status, 403);
    let pela_sua = t.pedir(RN, "POST", "/tramites/processo", &envio("8209", PE, "P-2", None));
    assert_eq!(pela_sua.status, 200, "{}", pela_sua.texto);

    // Without a list it acts for all again.
    feita(banco, &[&add[..], &["--papel", "pse-consulta"]].concat());
    let inicio = Instant::now();
    while t.passo(RN, idt, "receber").status == 403 {
        assert!(inicio.elapsed() < PATIENCE, "it does not act for all again");
    }
    t.passos(idt, &[(RN, "recibo")]);
}

/// The server's role reads the table, and that is all.
#[test]
fn o_servidor_nao_escreve_credenciais() {
    use diesel::connection::SimpleConnection;
    let banco = Banco::novo(Modelo::Vazio);
    for comando in [
        "INSERT INTO credencial (azp, tribunal_codigo, papeis) VALUES ('x', 820, '{}')",
        "UPDATE credencial SET revogada_em = NULL",
        "DELETE FROM credencial",
    ] {
        let como_app = format!("SET ROLE elos_app; SET elos.tribunal = '820'; {comando}");
        let erro = banco.conn().batch_execute(&como_app).expect_err(comando).to_string();
        assert!(erro.contains("permission denied"), "{comando}: {erro}");
    }
}

/// The status of each door to a call with these headers, and the code of each answer.
fn doors(app: &App, client: &str, tribunais: &[&str]) -> Vec<(u16, Value)> {
    let bearer = format!("Bearer {}", app.token(client));
    let mut headers = vec![("Authorization", bearer.as_str())];
    headers.extend(tribunais.iter().map(|tribunal| ("X-Tribunal", *tribunal)));
    let json =
        [("Content-Type", "application/json"), ("Accept", "application/graphql-response+json")];
    let events = [("Content-Type", "application/json"), ("Accept", "text/event-stream")];
    let body = br#"{"query":"{eu{sub}}"}"#.as_slice();
    let requests = [
        ("POST", "/graphql", json.as_slice(), body),
        ("POST", "/graphql", &events, body),
        ("GET", "/graphql?query=%7Beu%7Bsub%7D%7D", &json[1..], b""),
        ("GET", "/api/v1/adolescentes/similaridade?nome=Ana", &[], b""),
        ("GET", "/tramites", &[], b""),
    ];
    let mut found: Vec<_> = requests
        .into_iter()
        .map(|(method, path, more, body)| {
            let answer = app.pedir(method, path, &[&headers, more].concat(), body);
            let code = ["/errors/0/extensions/code", "/mensagemDesenvolvedor", "/codigoErro"];
            let code = code.iter().find_map(|path| answer.corpo.pointer(path));
            (answer.status, code.cloned().unwrap_or_default())
        })
        .collect();
    let mut ws =
        Ws::ligar(&app.base, &[&[("sec-websocket-protocol", SUBPROTOCOLO)], &headers[..]].concat());
    ws.mandar(&json!({ "type": "connection_init" }));
    found.push(if ws.foi_aceito() { (200, Value::Null) } else { (4403, Value::Null) });
    found
}

fn statuses(doors: &[(u16, Value)]) -> Vec<u16> {
    doors.iter().map(|(status, _)| *status).collect()
}

/// What is in front of the server may have read another tribunal than the server would.
#[test]
fn x_tribunal_is_said_once_and_is_the_credentials() {
    let app = App::vazio();
    let (right, wrong) = ([200, 200, 200, 200, 200, 200], [403, 403, 403, 403, 403, 4403]);
    for once in ["8.20", "820", "20"] {
        assert_eq!(statuses(&doors(&app, "tjrn", &[once])), right, "{once}");
    }
    assert_eq!(statuses(&doors(&app, "tjrn", &["8.17"])), wrong);
    assert_eq!(statuses(&doors(&app, "tjrn", &["8.20, 8.17"])), wrong);
    for twice in [["8.20", "8.17"], ["8.17", "8.20"], ["8.20", "8.20"], ["8.20", ""]] {
        let found = doors(&app, "tjrn", &twice);
        assert_eq!(statuses(&found), [400, 400, 400, 400, 400, 4403], "{twice:?}: {found:?}");
        assert_eq!(found[0].1, "BAD_USER_INPUT", "{found:?}");
        assert_eq!(found[3].1, "BAD_USER_INPUT", "{found:?}");
    }
    // In a socket's first message too.
    for (payload, accepted) in [
        (json!({ "X-Tribunal": "8.20" }), true),
        (json!({ "X-Tribunal": "8.17" }), false),
        (json!({ "X-Tribunal": "8.20", "x-tribunal": "8.20" }), false),
        (json!({ "X-Tribunal": 820 }), false),
    ] {
        let mut ws = Ws::aberto(&app);
        let mut whole = json!({ "Authorization": format!("Bearer {}", app.token("tjrn")) });
        whole.as_object_mut().unwrap().extend(payload.as_object().unwrap().clone());
        ws.mandar(&json!({ "type": "connection_init", "payload": whole }));
        assert_eq!(ws.foi_aceito(), accepted, "{payload}");
    }

    // Beside a row of the table, which is what counts.
    feita(&app.banco, &["add", "tjrn", "--tribunal", "8.17", "--papel", "pse-consulta"]);
    em_dez_segundos(
        &app,
        &json!({ "tribunal": { "codigo": 817 }, "nacional": false, "papeis": ["pse-consulta"] }),
    );
    assert_eq!(statuses(&doors(&app, "tjrn", &[])), right);
    assert_eq!(statuses(&doors(&app, "tjrn", &["8.17"])), right);
    assert_eq!(statuses(&doors(&app, "tjrn", &["8.20"])), wrong);
    assert_eq!(statuses(&doors(&app, "tjrn", &["x"])), wrong);
    feita(&app.banco, &["add", "tjrn", "--nacional", "--papel", "pse-consulta"]);
    em_dez_segundos(
        &app,
        &json!({ "tribunal": null, "nacional": true, "papeis": ["pse-consulta", "pse-nacional"] }),
    );
    assert_eq!(statuses(&doors(&app, "tjrn", &["8.20"])), wrong);
}
