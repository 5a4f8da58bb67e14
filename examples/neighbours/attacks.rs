//! The attacks: one variant and one row each.

use crate::client::Session;
use crate::doors;
use clap::ValueEnum;
use elos::processo::NumeroProcesso;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::SocketAddrV4;

/// What an attacker, or the neighbour, knows of the server.
pub struct Scene {
    pub address: SocketAddrV4,
    /// With `Bearer` before it.
    pub token: String,
    pub numeros: Vec<String>,
    pub adolescentes: Vec<String>,
}

/// An attacker who is ready: the body that it sends, where the attack is one body again and again.
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

/// One step of the attack on an open connection; the n-th, with n unlike that of any other
/// connection. Answers with the statuses that the server gave.
type Step = fn(&mut Session, &Attacker, u64) -> std::io::Result<Vec<u16>>;

/// How a body of some size is made, and the largest size that is tried.
type Largest = (fn(&Scene, usize) -> Value, usize);

pub struct Row {
    pub connections: u64,
    pub step: Step,
    /// A body by its size, from 1 on; the largest that the server does not refuse is sent.
    largest: Option<Largest>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Attack {
    /// Filters of 99 conditions on relations that match nothing, as often as the cost allows.
    Filters,
    /// The largest pages that the cost allows.
    Pages,
    /// Registrations of processos.
    Writes,
    /// A megabyte of variables that nothing declares, again and again.
    Variables,
    /// Bodies that do not end, and bodies of a great many values.
    Bodies,
    /// Thousands of requests at once, and no answer read; without a token.
    Pipelining,
    /// Numbers that might be some processo's.
    Enumeration,
    /// Two thousand connections.
    Connections,
    /// Each of them in turn.
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
                Row { connections: 64, step: repeat, largest: Some((doors::variables, 1)) }
            }
            Self::Bodies => Row { connections: 64, step: doors::bodies, largest: None },
            Self::Pipelining => Row { connections: 100, step: doors::pipelining, largest: None },
            Self::Enumeration => Row { connections: 64, step: doors::enumeration, largest: None },
            Self::Connections => {
                Row { connections: 2_000, step: doors::connections, largest: None }
            }
            Self::All => Row { connections: 0, step: repeat, largest: None },
        }
    }

    /// Finds out how much the server lets through: whoever attacks does, too.
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

/// The same body again.
fn repeat(session: &mut Session, attacker: &Attacker, _: u64) -> std::io::Result<Vec<u16>> {
    Ok(vec![session.post("/graphql", &attacker.token, &attacker.body)?.status])
}

/// No adolescente has this identificador, so every row is looked at for each condition.
const NOBODY: &str = "999999999999";

fn filters(_: &Scene, times: usize) -> Value {
    let one = |n: usize| match n % 2 {
        0 => json!({ "adolescente": NOBODY, "situacaoGuia": "ATIVO" }),
        _ => json!({ "adolescente": NOBODY, "situacaoGuia": "BAIXADA" }),
    };
    let filtro = json!({ "ou": (0..98).map(one).collect::<Vec<_>>() });
    let mut query = "query($f: ProcessoFiltro) {".to_owned();
    for n in 0..times {
        let _ = write!(query, " a{n}: processos(filtro: $f, first: 1) {{ nodes {{ id }} }}");
    }
    query += " }";
    json!({ "query": query, "variables": { "f": filtro } })
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
    let numero = NumeroProcesso::sintetico(sequence, 2026, 820, 7);
    let adolescente = &attacker.adolescentes[sequence as usize % attacker.adolescentes.len()];
    let body = json!({
        "numeroProcesso": numero.digitos(), "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
        "identificadoresAdolescentes": [adolescente], "idOrgao": 1001, "appNameSistemaTribunal": "pje-tjrn-1g",
    });
    let answer = session.post("/api/v1/processos", &attacker.token, body.to_string().as_bytes())?;
    Ok(vec![answer.status])
}
