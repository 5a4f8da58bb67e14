//! How much may be open, and for how long.

use super::cliente_sse::Sse;
use super::cliente_ws::Ws;
use super::{ALTERADO, NO_MAXIMO, alterar, processo};
use crate::support::{Ajustes, App, Modelo, agora};
use diesel::connection::SimpleConnection;
use elos::config::Assinaturas;
use serde_json::json;
use std::time::Instant;

/// By how much, in seconds, clocks may differ: with it a token is taken, and keeps what it opened.
const LEEWAY: i64 = 30;

fn app_com(modelo: Modelo, assinaturas: Assinaturas) -> App {
    App::com(modelo, Ajustes { assinaturas, ..Ajustes::default() })
}

#[test]
fn operacoes_demais_numa_conexao() {
    let app =
        app_com(Modelo::Vazio, Assinaturas { operacoes_por_conexao: 3, ..Assinaturas::default() });
    let mut ws = Ws::de(&app, "tjrn");
    for id in ["1", "2", "3"] {
        ws.assinar(id, ALTERADO, &json!({}));
    }
    ws.pedir("4", ALTERADO, &json!({}));
    let mensagem = ws.mensagem();
    assert_eq!((&mensagem["type"], &mensagem["id"]), (&json!("error"), &json!("4")));
    assert_eq!(mensagem["payload"][0]["extensions"]["code"], "CUSTO_EXCEDE_LIMITE");
    ws.mandar(&json!({ "type": "complete", "id": "2" }));
    ws.assinar("4", ALTERADO, &json!({}));
}

#[test]
fn conexoes_demais_de_uma_credencial() {
    let app = app_com(
        Modelo::Vazio,
        Assinaturas { conexoes_por_credencial: 2, ..Assinaturas::default() },
    );
    let um = Ws::de(&app, "tjrn");
    let dois = Sse::pedir(&app, "tjrn", "text/event-stream", &json!({ "query": ALTERADO }));
    let mut tres = Ws::aberto(&app);
    tres.iniciar(&app.token("tjrn"));
    assert_eq!(tres.fechamento().0, 1013);
    let quatro = Sse::pedir(&app, "tjrn", "text/event-stream", &json!({ "query": ALTERADO }));
    assert_eq!(quatro.status, 503);
    // Another credential has places of its own.
    let _cinco = Ws::de(&app, "tjpe");
    drop(um);
    let inicio = Instant::now();
    loop {
        let mut ws = Ws::aberto(&app);
        ws.iniciar(&app.token("tjrn"));
        if ws.foi_aceito() {
            break;
        }
        assert!(inicio.elapsed() < NO_MAXIMO, "the place is not free again");
    }
    assert_eq!(dois.status, 200);
}

#[test]
fn o_token_que_expira_fecha_a_conexao() {
    let app = App::novo();
    // Long enough for both to be opened with it, which a busy machine takes its time for.
    let (mut ws, mut sse) = [3, 10, 60]
        .into_iter()
        .find_map(|seconds| {
            app.credencial("curta", "tjrn", |claims| {
                claims["exp"] = json!(agora().timestamp() + seconds - LEEWAY);
            });
            let mut ws = Ws::aberto(&app);
            ws.iniciar(&app.token("curta"));
            if !ws.foi_aceito() {
                return None;
            }
            ws.pedir("1", ALTERADO, &json!({}));
            let sse = Sse::pedir(&app, "curta", "text/event-stream", &json!({ "query": ALTERADO }));
            (sse.status == 200).then_some((ws, sse))
        })
        .expect("a token that is taken");
    assert_eq!(ws.fechamento(), (4403, "token expirado".to_owned()));
    assert_eq!(sse.evento(), Some(("complete".to_owned(), String::new())));
    assert_eq!(sse.evento(), None);
}

#[test]
fn a_credencial_revogada_fecha_a_conexao() {
    let app = App::vazio();
    let mut ws = Ws::de(&app, "tjrn");
    let mut outro = Ws::de(&app, "tjpe");
    ws.assinar("1", ALTERADO, &json!({}));
    let revogar = "INSERT INTO credencial (azp, tribunal_codigo, papeis, revogada_em) VALUES ('tjrn', 820, '{pse-consulta}', now())";
    app.banco.conn().batch_execute(revogar).unwrap();
    let inicio = Instant::now();
    assert_eq!(ws.fechamento(), (4403, "credencial revogada ou alterada".to_owned()));
    eprintln!("closed {:?} after it was revoked", inicio.elapsed());
    outro.mandar(&json!({ "type": "ping" }));
    assert_eq!(outro.mensagem()["type"], "pong");
}

/// The same papéis and tribunal, but for fewer estruturas than it acted for.
#[test]
fn a_credencial_que_perde_estruturas_fecha_a_conexao() {
    let app = App::vazio();
    let mut ws = Ws::de(&app, "tjrn");
    ws.assinar("1", ALTERADO, &json!({}));
    let papeis = app.gql("tjrn", "{ eu { papeis } }")["eu"]["papeis"].to_string();
    let papeis = papeis.replace(['[', ']', '"'], "");
    let restringir = format!(
        "INSERT INTO credencial (azp, tribunal_codigo, papeis) VALUES ('tjrn', 820, '{{{papeis}}}');
         INSERT INTO credencial_estrutura SELECT 'tjrn', tribunal_codigo, id FROM estrutura WHERE tribunal_codigo = 820"
    );
    app.banco.conn().batch_execute(&restringir).unwrap();
    assert_eq!(ws.fechamento(), (4403, "credencial revogada ou alterada".to_owned()));
}

/// Who asks for much and reads nothing holds no more than a few results, and its place
/// for no longer than it is given.
#[test]
fn quem_nao_le_perde_a_conexao() {
    let limites =
        Assinaturas { conexoes_por_credencial: 1, envio_parado: 1, ..Assinaturas::default() };
    let app = app_com(Modelo::Grande, limites);
    let mut ws = Ws::de(&app, "tjrn");
    let longa = "{ processos(first: 50) { nodes { id numero eventos { nodes { id cursor campo: camposAlterados } } adolescentes { nodes { id nomeExibicao } } } } }";
    let muitas = format!(
        "{{ {} }}",
        (0..20)
            .map(|n| longa[1..longa.len() - 1].replacen(
                "processos",
                &format!("p{n}: processos"),
                1
            ))
            .collect::<String>()
    );
    for n in 0..40 {
        ws.pedir(&n.to_string(), &muitas, &json!({}));
    }
    let inicio = Instant::now();
    loop {
        let mut outro = Ws::aberto(&app);
        outro.iniciar(&app.token("tjrn"));
        if outro.foi_aceito() {
            break;
        }
        assert!(inicio.elapsed() < NO_MAXIMO, "it reads nothing and stays");
    }
    eprintln!("its place was free after {:?}", inicio.elapsed());
    // Who reads after all is told why.
    assert_eq!(ws.fechamento().0, 1013);
}

/// A change goes on being told while sockets come and go.
#[test]
fn quem_sai_nao_leva_os_outros() {
    let app = App::novo();
    let numero = processo(&app, "tjrn", 0);
    let mut fica = Ws::de(&app, "tjrn");
    fica.assinar("1", ALTERADO, &json!({}));
    for nome in ["Um", "Dois", "Três"] {
        let mut sai = Ws::de(&app, "tjrn");
        sai.assinar("1", ALTERADO, &json!({}));
        alterar(&app, "tjrn", &numero, nome);
        drop(sai);
        fica.dados("1");
    }
}

/// So that nobody on the way takes the connection for dead; nothing else is said.
#[test]
fn o_silencio_tem_sinais_de_vida() {
    let app = App::vazio();
    let mut ws = Ws::de(&app, "tjrn");
    ws.assinar("1", ALTERADO, &json!({}));
    let mut sse = Sse::pedir(&app, "tjrn", "text/event-stream", &json!({ "query": ALTERADO }));
    assert!(matches!(ws.0.read(), Ok(tungstenite::Message::Ping(_))));
    assert_eq!(sse.linha(), ":\n");
}
