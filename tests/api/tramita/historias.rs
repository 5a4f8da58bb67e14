//! Random histories of five órgãos: what must hold whatever they do.

use super::componentes::{documento, hash};
use super::{Tramita, envio, heranca};
use crate::support::{Resposta, Sorteio, rounds};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Names of credentials, and the estruturas they act for.
const ORGAOS: [(&str, &str); 5] =
    [("tjrn", "820"), ("tjpe", "817"), ("tjce", "806"), ("tjba", "805"), ("tjpb", "815")];

/// Files that are the same wherever they go.
const ARQUIVOS: [&[u8]; 3] = [b"um", b"dois", b"dois e meio"];

/// What the histories know of who may know what.
#[derive(Default)]
struct Mundo {
    /// NRE and protocolo, by the first send that was accepted.
    protocolos: BTreeMap<String, String>,
    /// The órgãos that sent it or were sent it.
    partes: BTreeMap<String, BTreeSet<usize>>,
    /// IDT, NRE, remetente, destinatário.
    tramites: Vec<(i64, String, usize, usize)>,
}

impl Mundo {
    /// Nobody reads an NRE, or a protocolo that they did not write, of a processo
    /// of which they are no party.
    fn conferir(&self, quem: usize, pedido: &str, resposta: &Resposta) {
        for (nre, protocolo) in &self.protocolos {
            let escrito = |segredo: &str| pedido.contains(segredo);
            let lido = |segredo: &str| resposta.texto.contains(segredo) && !escrito(segredo);
            // Two órgãos may have equal numbers of their own.
            let do_numero = self.protocolos.iter().filter(|(_, outro)| *outro == protocolo);
            let o_conhece = do_numero.into_iter().any(|(nre, _)| self.partes[nre].contains(&quem));
            let vazou =
                !self.partes[nre].contains(&quem) && lido(nre) || !o_conhece && lido(protocolo);
            assert!(!vazou, "{} reads of others: {pedido} {}", ORGAOS[quem].0, resposta.texto);
        }
    }
}

fn historias() -> usize {
    std::env::var("ELOS_HISTORIAS").ok().and_then(|n| n.parse().ok()).unwrap_or(rounds(600, 2_000))
}

#[test]
fn segredo_e_conservacao_em_historias_ao_acaso() {
    let t = Tramita::novo();
    for (nome, numero) in &ORGAOS[3..] {
        let codigo: i64 = numero.parse().unwrap();
        t.0.credencial(nome, "tjrn", |claims| {
            claims["azp"] = json!(nome);
            claims["tribunal"] = json!(codigo.to_string());
        });
    }
    let mut sorteio = Sorteio::novo(20_260_101, 0);
    let mut mundo = Mundo::default();
    for passo in 0..historias() {
        let quem = sorteio.ate(ORGAOS.len());
        match sorteio.ate(10) {
            0..=3 => enviar(&t, &mut mundo, &mut sorteio, quem, passo),
            4 if sorteio.ate(2) == 0 => herdar(&t, &mut mundo, &mut sorteio, quem),
            4 => consultar(&t, &mundo, &mut sorteio, quem),
            _ => andar(&t, &mundo, &mut sorteio, quem),
        }
    }
    assert!(mundo.tramites.len() > historias() / 20, "too few were accepted to tell");
    conservacao(&t);
}

fn enviar(t: &Tramita, mundo: &mut Mundo, sorteio: &mut Sorteio, de: usize, passo: usize) {
    let para = sorteio.ate(ORGAOS.len());
    let conhecidos: Vec<&String> = mundo.protocolos.keys().collect();
    let nre = (!conhecidos.is_empty() && sorteio.ate(3) > 0)
        .then(|| conhecidos[sorteio.ate(conhecidos.len())].clone());
    // Known by its own number, by another's, or a new one.
    let protocolo = match (&nre, sorteio.ate(8)) {
        (Some(nre), 0..=5) => mundo.protocolos[nre].clone(),
        (_, 6) if !conhecidos.is_empty() => {
            mundo.protocolos[conhecidos[sorteio.ate(conhecidos.len())]].clone()
        }
        _ => format!("HISTORIA-{:03}", passo % 400),
    };
    let informado = nre.filter(|_| sorteio.ate(4) > 0);
    let mut corpo = envio("820", "820", &protocolo, informado.as_deref());
    corpo["cabecalho"]["remetente"]["numeroDeIdentificacaoDaEstrutura"] = json!(ORGAOS[de].1);
    corpo["cabecalho"]["destinatario"]["numeroDeIdentificacaoDaEstrutura"] = json!(ORGAOS[para].1);
    if sorteio.ate(3) == 0 {
        let arquivos = &ARQUIVOS[..=sorteio.ate(ARQUIVOS.len())];
        let documentos = arquivos.iter().zip(1..).map(|(bytes, n)| documento(n, &[*bytes]));
        corpo["processo"]["documentos"] = documentos.collect();
    }
    let resposta = t.pedir(ORGAOS[de].0, "POST", "/tramites/processo", &corpo);
    assert!([200, 404, 409, 422].contains(&resposta.status), "{}", resposta.texto);
    if resposta.status == 200 {
        let nre = resposta.corpo["NRE"].as_str().unwrap().to_owned();
        let registrado = mundo.protocolos.entry(nre.clone()).or_insert_with(|| protocolo.clone());
        assert_eq!(*registrado, protocolo, "an NRE names one protocolo");
        mundo.partes.entry(nre.clone()).or_default().extend([de, para]);
        mundo.tramites.push((resposta.corpo["IDT"].as_i64().unwrap(), nre, de, para));
    }
    mundo.conferir(de, &corpo.to_string(), &resposta);
}

fn andar(t: &Tramita, mundo: &Mundo, sorteio: &mut Sorteio, qualquer: usize) {
    if mundo.tramites.is_empty() {
        return;
    }
    // Mostly the latest, and mostly by a party.
    let recentes = mundo.tramites.len().min(12);
    let (idt, _, de, para) = &mundo.tramites[mundo.tramites.len() - 1 - sorteio.ate(recentes)];
    let (passo, dono) = [
        ("arquivos", *de),
        ("arquivos", *de),
        ("receber", *para),
        ("receber", *para),
        ("baixar", *para),
        ("baixar", *para),
        ("baixar", *para),
        ("recibo", *para),
        ("recibo", *para),
        ("buscar", *de),
        ("recusar", *para),
        ("ciencia", *de),
        ("cancelar", *de),
        ("ler", *de),
    ][sorteio.ate(14)];
    let quem = if sorteio.ate(6) > 0 { dono } else { qualquer };
    if matches!(passo, "arquivos" | "baixar") {
        return levar(t, mundo, quem, *idt, passo == "arquivos");
    }
    let resposta = t.passo(ORGAOS[quem].0, *idt, passo);
    assert!([200, 403, 404, 409].contains(&resposta.status), "{passo}: {}", resposta.texto);
    mundo.conferir(quem, "", &resposta);
}

/// Sends, or fetches, every file that the trâmite waits for.
fn levar(t: &Tramita, mundo: &Mundo, quem: usize, idt: i64, manda: bool) {
    if !manda {
        mundo.conferir(quem, "", &t.passo(ORGAOS[quem].0, idt, "receber"));
    }
    let lido = t.passo(ORGAOS[quem].0, idt, "ler").corpo;
    let pendentes = lido["processosComComponentesDigitaisPendentes"][0].clone();
    let protocolo = pendentes["protocolo"].as_str().unwrap_or("NENHUM");
    for bytes in ARQUIVOS {
        let hash = hash(bytes);
        let pendente = pendentes["hashes"].as_array().is_some_and(|h| h.contains(&json!(hash)));
        // To ask for what one is not to ask for is part of the story.
        if pendente || bytes == ARQUIVOS[0] {
            let resposta = match manda {
                true => t.mandar(ORGAOS[quem].0, idt, protocolo, bytes),
                false => t.baixar(ORGAOS[quem].0, idt, protocolo, &hash),
            };
            assert!([200, 403, 404, 409].contains(&resposta.status), "{}", resposta.texto);
            mundo.conferir(quem, protocolo, &resposta);
        }
    }
}

/// One side asks, mostly the other too, mostly for what is there.
fn herdar(t: &Tramita, mundo: &mut Mundo, sorteio: &mut Sorteio, qualquer: usize) {
    let nres: Vec<&String> = mundo.protocolos.keys().collect();
    if nres.is_empty() {
        return;
    }
    let nre = nres[sorteio.ate(nres.len())].clone();
    let partes: Vec<usize> = mundo.partes[&nre].iter().copied().collect();
    let parte = if sorteio.ate(4) > 0 { partes[sorteio.ate(partes.len())] } else { qualquer };
    let herdeira = sorteio.ate(ORGAOS.len());
    if herdeira == parte {
        return;
    }
    let protocolo = match sorteio.ate(5) {
        0 => "OUTRO".to_owned(),
        _ => mundo.protocolos[&nre].clone(),
    };
    let input = heranca::entrada(ORGAOS[parte].1, ORGAOS[herdeira].1, &nre, &protocolo);
    let era_parte = mundo.partes[&nre].contains(&parte);
    for lado in [parte, herdeira] {
        let mutation = "mutation ($input: VincularNreInput!) { vincularNre(input: $input) {
            efetivado registro { nre protocolo tramites { nodes { idt nre } } } erros { mensagem orientacao } } }";
        let resposta = t.0.graphql(ORGAOS[lado].0, mutation, json!({ "input": input }));
        assert_eq!(resposta.status, 200, "{}", resposta.texto);
        if resposta.corpo["data"]["vincularNre"]["efetivado"] == true {
            assert!(era_parte, "an heir of who was no party: {}", resposta.texto);
            mundo.partes.entry(nre.clone()).or_default().insert(herdeira);
        }
        mundo.conferir(lado, &input.to_string(), &resposta);
        if sorteio.ate(4) == 0 {
            return;
        }
    }
}

fn consultar(t: &Tramita, mundo: &Mundo, sorteio: &mut Sorteio, quem: usize) {
    let nres: Vec<&String> = mundo.protocolos.keys().collect();
    if nres.is_empty() {
        return;
    }
    let nre = nres[sorteio.ate(nres.len())];
    let caminho = match sorteio.ate(4) {
        0 => format!("/NREs/{nre}"),
        1 => format!("/tramites/protocolo/{}", mundo.protocolos[nre]),
        2 => "/tramites?size=1000".to_owned(),
        _ => "/tramites/pendentes?todas=true".to_owned(),
    };
    let resposta = t.pedir(ORGAOS[quem].0, "GET", &caminho, &Value::Null);
    assert!([200, 404].contains(&resposta.status), "{}", resposta.texto);
    mundo.conferir(quem, &caminho, &resposta);
}

/// One protocolo per NRE, one open trâmite, one órgão that may send when none is.
fn conservacao(t: &Tramita) {
    let nenhum = |sql: &'static str| assert_eq!(t.0.banco.contar(sql), 0, "{sql}");
    nenhum(
        "SELECT count(*) AS n FROM (SELECT nre FROM tramite WHERE situacao IN (1,2,3,4,5,8) GROUP BY 1 HAVING count(*) > 1) AS d",
    );
    nenhum(
        "SELECT count(*) AS n FROM registro_no_sistema s JOIN registro_eletronico g USING (nre) WHERE s.protocolo_chave <> g.protocolo_chave",
    );
    nenhum(
        "SELECT count(*) AS n FROM (SELECT tribunal_codigo, protocolo_chave FROM registro_no_sistema GROUP BY 1, 2 HAVING count(*) > 1) AS d",
    );
    // A trâmite's history is a walk of the machine, and ends where it is.
    nenhum(
        "SELECT count(*) AS n FROM tramite t WHERE situacao <> (SELECT situacao FROM mudanca_de_situacao m WHERE m.idt = t.idt ORDER BY id DESC LIMIT 1)",
    );
    // Whoever sends a processo on had it: it was sent first by them, or last received by them.
    nenhum(
        "SELECT count(*) AS n FROM tramite t WHERE EXISTS (SELECT FROM tramite a WHERE a.nre = t.nre AND a.idt < t.idt)
           AND t.remetente_tribunal <> coalesce(
             (SELECT quem FROM (
                SELECT idt, 0 AS depois, destinatario_tribunal AS quem FROM tramite a WHERE a.nre = t.nre AND a.idt < t.idt AND situacao IN (5, 6)
                UNION ALL SELECT depois_do_idt, id, para_tribunal FROM heranca h WHERE h.nre = t.nre AND h.depois_do_idt < t.idt) AS p
              ORDER BY idt DESC, depois DESC LIMIT 1),
             (SELECT remetente_tribunal FROM tramite a WHERE a.nre = t.nre ORDER BY idt LIMIT 1))",
    );
    // What was received was whole, and nobody had it before it was received.
    nenhum(
        "SELECT count(*) AS n FROM componente c JOIN tramite t USING (idt) WHERE c.solicitado AND (t.situacao IN (2, 3, 4, 5, 6) AND c.recebido_em IS NULL OR t.situacao IN (4, 5, 6) AND c.baixado_em IS NULL)",
    );
    // What was not asked for, the destination had: it came or went by an earlier trâmite.
    nenhum(
        "SELECT count(*) AS n FROM componente c JOIN tramite t USING (idt) WHERE NOT c.solicitado AND NOT EXISTS (
           SELECT FROM componente a JOIN tramite u USING (idt) WHERE u.nre = t.nre AND u.idt < t.idt AND u.situacao IN (5, 6)
             AND t.destinatario_tribunal IN (u.remetente_tribunal, u.destinatario_tribunal) AND a.hash = c.hash AND a.protocolo_chave = c.protocolo_chave)",
    );
    let arquivos = "SELECT count(*) AS n FROM componente WHERE baixado_em IS NOT NULL";
    assert!(t.0.banco.contar(arquivos) > 0, "no file arrived");
    assert!(t.0.banco.contar("SELECT count(*) AS n FROM heranca") > 0, "nobody inherited");
    // Of each NRE without an open trâmite there is one party that may send it: the one
    // that the walk of its trâmites and heranças leads to.
    nenhum(
        "SELECT count(*) AS n FROM registro_eletronico g WHERE 1 <> (
           SELECT count(*) FROM registro_no_sistema s WHERE s.nre = g.nre AND s.tribunal_codigo = elos_com_quem_esta(g.nre))",
    );
    // And who has it is a party.
    nenhum(
        "SELECT count(*) AS n FROM tramite t WHERE situacao IN (5, 6) AND NOT EXISTS (SELECT FROM registro_no_sistema s WHERE s.nre = t.nre AND s.tribunal_codigo = t.destinatario_tribunal)",
    );
}
