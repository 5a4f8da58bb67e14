//! Attacks on the doors: what is sent costs more than it asks for.

use crate::attacks::{Attacker, Scene};
use crate::client::Session;
use elos::processo::NumeroProcesso;
use serde_json::{Map, Value, json};
use std::io::{Error, Result};
use std::thread::sleep;
use std::time::Duration;

const MIB: usize = 1024 * 1024;

/// Just under a megabyte of variables that nothing declares.
pub fn variables(_: &Scene, _: usize) -> Value {
    let many: Map<_, _> = (0..70_000).map(|n| (format!("v{n}"), 0.into())).collect();
    json!({ "query": "{ eu { azp } }", "variables": many })
}

/// Bodies that do not end, and beside each a large one of a great many values.
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

/// Thousands of requests at once and no answer read; without a token.
pub fn pipelining(session: &mut Session, _: &Attacker, _: u64) -> Result<Vec<u16>> {
    session.pipeline("/schema.graphql", 262_144)?;
    sleep(Duration::from_secs(2));
    Err(Error::other("once for each connection"))
}

/// Numbers that might be some processo's.
pub fn enumeration(session: &mut Session, attacker: &Attacker, n: u64) -> Result<Vec<u16>> {
    let (connection, turn) = (n >> 32, n & 0xffff_ffff);
    let sequence = u32::try_from(turn * 64 + connection).unwrap_or_default() % 9_000_000;
    let numero = NumeroProcesso::sintetico(sequence, 2019, 820, 3);
    let path = format!("/api/v1/processos/numero-processo/{}", numero.digitos());
    Ok(vec![session.get(&path, Some(&attacker.token))?.status])
}

/// As many connections as there may be, and more, each with a request now and then.
pub fn connections(session: &mut Session, _: &Attacker, _: u64) -> Result<Vec<u16>> {
    sleep(Duration::from_secs(2));
    Ok(vec![session.get("/healthz", None)?.status])
}
