//! Random histories of five órgãos, and the invariants that must hold after them.

use super::componentes::{documento, hash};
use super::{Tramita, envio, heranca};
use crate::support::{Response, Rng, rounds};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The credentials, and their estruturas.
const ORGAOS: [(&str, &str); 5] =
    [("tjrn", "820"), ("tjpe", "817"), ("tjce", "806"), ("tjba", "805"), ("tjpb", "815")];

/// The files, which are the same in every trâmite.
const FILES: [&[u8]; 3] = [b"um", b"dois", b"dois e meio"];

/// The accepted sends so far, from which the checks know which órgão may read which NRE.
#[derive(Default)]
struct World {
    /// The protocolo of each NRE, from the first accepted send.
    protocolos: BTreeMap<String, String>,
    /// The órgãos that sent, were sent or inherited each NRE.
    partes: BTreeMap<String, BTreeSet<usize>>,
    /// IDT, NRE, remetente, destinatário.
    tramites: Vec<(i64, String, usize, usize)>,
}

impl World {
    /// Asserts that no response shows an NRE of a processo of which the caller is no party, nor its
    /// protocolo unless the caller wrote it.
    fn check(&self, caller: usize, request: &str, response: &Response) {
        for (nre, protocolo) in &self.protocolos {
            let written = |secret: &str| request.contains(secret);
            let read = |secret: &str| response.text.contains(secret) && !written(secret);
            // Two órgãos may use the same number for different processos.
            let of_numero = self.protocolos.iter().filter(|(_, other)| *other == protocolo);
            let knows_it = of_numero.into_iter().any(|(nre, _)| self.partes[nre].contains(&caller));
            let leaked =
                !self.partes[nre].contains(&caller) && read(nre) || !knows_it && read(protocolo);
            assert!(!leaked, "{} reads of others: {request} {}", ORGAOS[caller].0, response.text);
        }
    }
}

fn histories() -> usize {
    std::env::var("ELOS_HISTORIAS").ok().and_then(|n| n.parse().ok()).unwrap_or(rounds(600, 2_000))
}

#[test]
fn secrecy_and_conservation_hold_in_random_histories() {
    let t = Tramita::new();
    for (name, numero) in &ORGAOS[3..] {
        let code: i64 = numero.parse().unwrap();
        t.0.credential(name, "tjrn", |claims| {
            claims["azp"] = json!(name);
            claims["tribunal"] = json!(code.to_string());
        });
    }
    let mut rng = Rng::new(20_260_101, 0);
    let mut world = World::default();
    for step in 0..histories() {
        let caller = rng.below(ORGAOS.len());
        match rng.below(10) {
            0..=3 => enviar(&t, &mut world, &mut rng, caller, step),
            4 if rng.below(2) == 0 => inherit(&t, &mut world, &mut rng, caller),
            4 => look_up(&t, &world, &mut rng, caller),
            _ => advance(&t, &world, &mut rng, caller),
        }
    }
    assert!(world.tramites.len() > histories() / 20, "too few were accepted to tell");
    conservation(&t);
}

fn enviar(t: &Tramita, world: &mut World, rng: &mut Rng, from: usize, step: usize) {
    let to = rng.below(ORGAOS.len());
    let known: Vec<&String> = world.protocolos.keys().collect();
    let nre =
        (!known.is_empty() && rng.below(3) > 0).then(|| known[rng.below(known.len())].clone());
    // Choose the protocolo of this NRE, one of another NRE, or a new one.
    let protocolo = match (&nre, rng.below(8)) {
        (Some(nre), 0..=5) => world.protocolos[nre].clone(),
        (_, 6) if !known.is_empty() => world.protocolos[known[rng.below(known.len())]].clone(),
        _ => format!("HISTORIA-{:03}", step % 400),
    };
    let given = nre.filter(|_| rng.below(4) > 0);
    let mut body = envio("820", "820", &protocolo, given.as_deref());
    body["cabecalho"]["remetente"]["numeroDeIdentificacaoDaEstrutura"] = json!(ORGAOS[from].1);
    body["cabecalho"]["destinatario"]["numeroDeIdentificacaoDaEstrutura"] = json!(ORGAOS[to].1);
    if rng.below(3) == 0 {
        let files = &FILES[..=rng.below(FILES.len())];
        let documentos = files.iter().zip(1..).map(|(bytes, n)| documento(n, &[*bytes]));
        body["processo"]["documentos"] = documentos.collect();
    }
    let response = t.request(ORGAOS[from].0, "POST", "/tramites/processo", &body);
    assert!([200, 404, 409, 422].contains(&response.status), "{}", response.text);
    if response.status == 200 {
        let nre = response.body["NRE"].as_str().unwrap().to_owned();
        let registered = world.protocolos.entry(nre.clone()).or_insert_with(|| protocolo.clone());
        assert_eq!(*registered, protocolo, "an NRE names one protocolo");
        world.partes.entry(nre.clone()).or_default().extend([from, to]);
        world.tramites.push((response.body["IDT"].as_i64().unwrap(), nre, from, to));
    }
    world.check(from, &body.to_string(), &response);
}

fn advance(t: &Tramita, world: &World, rng: &mut Rng, anyone: usize) {
    if world.tramites.is_empty() {
        return;
    }
    // Choose one of the last twelve trâmites, and mostly the party whose step it is.
    let recent = world.tramites.len().min(12);
    let (idt, _, from, to) = &world.tramites[world.tramites.len() - 1 - rng.below(recent)];
    let (step, owner) = [
        ("arquivos", *from),
        ("arquivos", *from),
        ("receber", *to),
        ("receber", *to),
        ("baixar", *to),
        ("baixar", *to),
        ("baixar", *to),
        ("recibo", *to),
        ("recibo", *to),
        ("buscar", *from),
        ("recusar", *to),
        ("ciencia", *from),
        ("cancelar", *from),
        ("ler", *from),
    ][rng.below(14)];
    let caller = if rng.below(6) > 0 { owner } else { anyone };
    if matches!(step, "arquivos" | "baixar") {
        return transfer(t, world, caller, *idt, step == "arquivos");
    }
    let response = t.step(ORGAOS[caller].0, *idt, step);
    assert!([200, 403, 404, 409].contains(&response.status), "{step}: {}", response.text);
    world.check(caller, "", &response);
}

/// Uploads or downloads every file that the trâmite waits for, and the first file in any case.
fn transfer(t: &Tramita, world: &World, caller: usize, idt: i64, uploads: bool) {
    if !uploads {
        world.check(caller, "", &t.step(ORGAOS[caller].0, idt, "receber"));
    }
    let read = t.step(ORGAOS[caller].0, idt, "ler").body;
    let pendentes = read["processosComComponentesDigitaisPendentes"][0].clone();
    let protocolo = pendentes["protocolo"].as_str().unwrap_or("NENHUM");
    for bytes in FILES {
        let hash = hash(bytes);
        let pending = pendentes["hashes"].as_array().is_some_and(|h| h.contains(&json!(hash)));
        // Transfer the first file also if the trâmite does not wait for it.
        if pending || bytes == FILES[0] {
            let response = match uploads {
                true => t.upload(ORGAOS[caller].0, idt, protocolo, bytes),
                false => t.baixar(ORGAOS[caller].0, idt, protocolo, &hash),
            };
            assert!([200, 403, 404, 409].contains(&response.status), "{}", response.text);
            world.check(caller, protocolo, &response);
        }
    }
}

/// Requests a herança for the party, and mostly for the heir too. Mostly the party is one of the
/// NRE, and mostly the protocolo is that of the NRE.
fn inherit(t: &Tramita, world: &mut World, rng: &mut Rng, anyone: usize) {
    let nres: Vec<&String> = world.protocolos.keys().collect();
    if nres.is_empty() {
        return;
    }
    let nre = nres[rng.below(nres.len())].clone();
    let partes: Vec<usize> = world.partes[&nre].iter().copied().collect();
    let party = if rng.below(4) > 0 { partes[rng.below(partes.len())] } else { anyone };
    let herdeira = rng.below(ORGAOS.len());
    if herdeira == party {
        return;
    }
    let protocolo = match rng.below(5) {
        0 => "OUTRO".to_owned(),
        _ => world.protocolos[&nre].clone(),
    };
    let input = heranca::input(ORGAOS[party].1, ORGAOS[herdeira].1, &nre, &protocolo);
    let was_parte = world.partes[&nre].contains(&party);
    for side in [party, herdeira] {
        let mutation = "mutation ($input: VincularNreInput!) { vincularNre(input: $input) {
            efetivado registro { nre protocolo tramites { nodes { idt nre } } } erros { mensagem orientacao } } }";
        let response = t.0.graphql(ORGAOS[side].0, mutation, json!({ "input": input }));
        assert_eq!(response.status, 200, "{}", response.text);
        if response.body["data"]["vincularNre"]["efetivado"] == true {
            assert!(was_parte, "an heir of who was no party: {}", response.text);
            world.partes.entry(nre.clone()).or_default().insert(herdeira);
        }
        world.check(side, &input.to_string(), &response);
        if rng.below(4) == 0 {
            return;
        }
    }
}

fn look_up(t: &Tramita, world: &World, rng: &mut Rng, caller: usize) {
    let nres: Vec<&String> = world.protocolos.keys().collect();
    if nres.is_empty() {
        return;
    }
    let nre = nres[rng.below(nres.len())];
    let path = match rng.below(4) {
        0 => format!("/NREs/{nre}"),
        1 => format!("/tramites/protocolo/{}", world.protocolos[nre]),
        2 => "/tramites?size=1000".to_owned(),
        _ => "/tramites/pendentes?todas=true".to_owned(),
    };
    let response = t.request(ORGAOS[caller].0, "GET", &path, &Value::Null);
    assert!([200, 404].contains(&response.status), "{}", response.text);
    world.check(caller, &path, &response);
}

/// Asserts that each NRE has one protocolo, at most one open trâmite, and one party that has the
/// processo, and that files were requested and transferred as the situações say.
fn conservation(t: &Tramita) {
    let none = |sql: &'static str| assert_eq!(t.0.database.count(sql), 0, "{sql}");
    none(
        "SELECT count(*) AS n FROM (SELECT nre FROM tramite WHERE situacao IN (1,2,3,4,5,8) GROUP BY 1 HAVING count(*) > 1) AS d",
    );
    none(
        "SELECT count(*) AS n FROM registro_no_sistema s JOIN registro_eletronico g USING (nre) WHERE s.protocolo_chave <> g.protocolo_chave",
    );
    none(
        "SELECT count(*) AS n FROM (SELECT tribunal_codigo, protocolo_chave FROM registro_no_sistema GROUP BY 1, 2 HAVING count(*) > 1) AS d",
    );
    // The last change in the history of a trâmite is its situação.
    none(
        "SELECT count(*) AS n FROM tramite t WHERE situacao <> (SELECT situacao FROM mudanca_de_situacao m WHERE m.idt = t.idt ORDER BY id DESC LIMIT 1)",
    );
    // The sender of a later trâmite of an NRE had the processo: the órgão received or inherited it
    // last, or sent it first if nobody has received or inherited it.
    none(
        "SELECT count(*) AS n FROM tramite t WHERE EXISTS (SELECT FROM tramite a WHERE a.nre = t.nre AND a.idt < t.idt)
           AND t.remetente_tribunal <> coalesce(
             (SELECT quem FROM (
                SELECT idt, 0 AS depois, destinatario_tribunal AS quem FROM tramite a WHERE a.nre = t.nre AND a.idt < t.idt AND situacao IN (5, 6)
                UNION ALL SELECT depois_do_idt, id, para_tribunal FROM heranca h WHERE h.nre = t.nre AND h.depois_do_idt < t.idt) AS p
              ORDER BY idt DESC, depois DESC LIMIT 1),
             (SELECT remetente_tribunal FROM tramite a WHERE a.nre = t.nre ORDER BY idt LIMIT 1))",
    );
    // In the situações 2 to 6 the sender has uploaded every requested file, and in 4 to 6 the
    // destinatário has fetched every one.
    none(
        "SELECT count(*) AS n FROM componente c JOIN tramite t USING (idt) WHERE c.solicitado AND (t.situacao IN (2, 3, 4, 5, 6) AND c.recebido_em IS NULL OR t.situacao IN (4, 5, 6) AND c.baixado_em IS NULL)",
    );
    // The destinatário already had each file that was not requested, from an earlier trâmite of the
    // NRE.
    none(
        "SELECT count(*) AS n FROM componente c JOIN tramite t USING (idt) WHERE NOT c.solicitado AND NOT EXISTS (
           SELECT FROM componente a JOIN tramite u USING (idt) WHERE u.nre = t.nre AND u.idt < t.idt AND u.situacao IN (5, 6)
             AND t.destinatario_tribunal IN (u.remetente_tribunal, u.destinatario_tribunal) AND a.hash = c.hash AND a.protocolo_chave = c.protocolo_chave)",
    );
    let files = "SELECT count(*) AS n FROM componente WHERE baixado_em IS NOT NULL";
    assert!(t.0.database.count(files) > 0, "no file arrived");
    assert!(t.0.database.count("SELECT count(*) AS n FROM heranca") > 0, "nobody inherited");
    // Each NRE has exactly one party that has the processo: the one to which its trâmites and
    // heranças lead.
    none(
        "SELECT count(*) AS n FROM registro_eletronico g WHERE 1 <> (
           SELECT count(*) FROM registro_no_sistema s WHERE s.nre = g.nre AND s.tribunal_codigo = elos_com_quem_esta(g.nre))",
    );
    // The destinatário of each received trâmite is a party.
    none(
        "SELECT count(*) AS n FROM tramite t WHERE situacao IN (5, 6) AND NOT EXISTS (SELECT FROM registro_no_sistema s WHERE s.nre = t.nre AND s.tribunal_codigo = t.destinatario_tribunal)",
    );
}
