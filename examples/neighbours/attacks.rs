//! The attacks: one variant and one row for each.

use crate::client::Session;
use crate::http_attacks;
use clap::ValueEnum;
use elos::processo::NumeroProcesso;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::SocketAddrV4;

/// The knowledge of a client, attacker or neighbour, about the server.
pub struct Scene {
    pub address: SocketAddrV4,
    /// The value of the `Authorization` header.
    pub token: String,
    pub numeros: Vec<String>,
    pub adolescentes: Vec<String>,
}

/// A prepared attacker, with the body that it sends if the attack repeats one.
pub struct Attacker {
    pub scene: Scene,
    pub body: Vec<u8>,
}

impl std::ops::Deref for Attacker {
    type Target = Scene;

    fn deref(&self) -> &Scene {
        &self.scene
    }
}

/// One step of the attack on an open connection. The number differs from that of every other step
/// on every connection. Returns the statuses of the responses.
type Step = fn(&mut Session, &Attacker, u64) -> std::io::Result<Vec<u16>>;

/// Makes a body of a size, and the largest size to try.
type Largest = (fn(&Scene, usize) -> Value, usize);

pub struct Row {
    pub connections: u64,
    pub step: Step,
    /// Bodies by their size, from 1. The attack sends the largest that the server accepts.
    largest: Option<Largest>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Attack {
    /// Filters of 98 alternatives on relations that match nothing, as many as the cost limit
    /// allows.
    Filters,
    /// The largest pages that the cost limit allows.
    Pages,
    /// Registrations of processos.
    Writes,
    /// Bodies with a megabyte of variables that the document does not declare.
    Variables,
    /// Bodies that never end, and bodies with a great number of values.
    Bodies,
    /// Thousands of requests at once without a token, whose responses are not read.
    Pipelining,
    /// Numbers that might belong to a processo.
    Enumeration,
    /// Two thousand connections.
    Connections,
    /// Every attack in turn.
    All,
}

impl Attack {
    pub fn expand(self) -> Vec<Self> {
        match self {
            Self::All => {
                Self::value_variants().iter().copied().filter(|one| *one != Self::All).collect()
            }
            one => vec![one],
        }
    }

    pub fn row(self) -> Row {
        match self {
            Self::Filters => Row { connections: 64, step: repeat, largest: Some((filters, 49)) },
            Self::Pages => Row { connections: 64, step: repeat, largest: Some((pages, 50)) },
            Self::Writes => Row { connections: 64, step: register, largest: None },
            Self::Variables => {
                Row { connections: 64, step: repeat, largest: Some((http_attacks::variables, 1)) }
            }
            Self::Bodies => Row { connections: 64, step: http_attacks::bodies, largest: None },
            Self::Pipelining => {
                Row { connections: 100, step: http_attacks::pipelining, largest: None }
            }
            Self::Enumeration => {
                Row { connections: 64, step: http_attacks::enumeration, largest: None }
            }
            Self::Connections => {
                Row { connections: 2_000, step: http_attacks::connections, largest: None }
            }
            Self::All => Row { connections: 0, step: repeat, largest: None },
        }
    }

    /// Finds the largest body that the server accepts, as an attacker would.
    pub fn prepare(self, scene: Scene) -> anyhow::Result<Attacker> {
        let Some((body, most)) = self.row().largest else {
            return Ok(Attacker { scene, body: Vec::new() });
        };
        let mut session = Session::open(crate::ATTACKER, scene.address)?;
        let (mut fits, mut too_large) = (0, most + 1);
        while too_large - fits > 1 {
            let size = fits.midpoint(too_large);
            let sent = body(&scene, size).to_string();
            match session.post("/graphql", &scene.token, sent.as_bytes())?.status {
                400 => too_large = size,
                _ => fits = size,
            }
        }
        eprintln!("{self:?}: {fits} of {most} times in one request");
        let body = body(&scene, fits.max(1)).to_string().into_bytes();
        Ok(Attacker { scene, body })
    }
}

/// Sends the same body again.
fn repeat(session: &mut Session, attacker: &Attacker, _: u64) -> std::io::Result<Vec<u16>> {
    Ok(vec![session.post("/graphql", &attacker.token, &attacker.body)?.status])
}

/// No adolescente has this identificador, so each condition reads every row.
const NOBODY: &str = "999999999999";

fn filters(_: &Scene, times: usize) -> Value {
    let one = |n: usize| match n % 2 {
        0 => json!({ "adolescente": NOBODY, "situacaoGuia": "ATIVO" }),
        _ => json!({ "adolescente": NOBODY, "situacaoGuia": "BAIXADA" }),
    };
    let filter = json!({ "ou": (0..98).map(one).collect::<Vec<_>>() });
    let mut query = "query($f: ProcessoFiltro) {".to_owned();
    for n in 0..times {
        let _ = write!(query, " a{n}: processos(filtro: $f, first: 1) {{ nodes {{ id }} }}");
    }
    query += " }";
    json!({ "query": query, "variables": { "f": filter } })
}

fn pages(_: &Scene, times: usize) -> Value {
    let mut query = "{".to_owned();
    for n in 0..times {
        let _ = write!(
            query,
            " a{n}: processos(first: 100) {{ totalCount nodes {{ id numero tipo situacao idOrgao criadoEm atualizadoEm versao \
             adolescentes(first: 10) {{ edges {{ cursor situacao node {{ identificador nome sobrenome nomeExibicao dataNascimento \
             processos(first: 2) {{ nodes {{ numero tipo situacao }} }} }} }} }} }} }}"
        );
    }
    query += " }";
    json!({ "query": query })
}

fn register(session: &mut Session, attacker: &Attacker, n: u64) -> std::io::Result<Vec<u16>> {
    let (connection, turn) = (n >> 32, n & 0xffff_ffff);
    let sequence = u32::try_from(turn * 64 + connection).unwrap_or_default() % 9_000_000;
    let numero = NumeroProcesso::synthetic(sequence, 2026, 820, 7);
    let adolescente = &attacker.adolescentes[sequence as usize % attacker.adolescentes.len()];
    let body = json!({
        "numeroProcesso": numero.digits(), "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
        "identificadoresAdolescentes": [adolescente], "idOrgao": 1001, "appNameSistemaTribunal": "pje-tjrn-1g",
    });
    let answer = session.post("/api/v1/processos", &attacker.token, body.to_string().as_bytes())?;
    Ok(vec![answer.status])
}
