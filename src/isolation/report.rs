//! Counts the attempts, and lists the findings.

use super::granted::GRANTED;
use std::collections::BTreeMap;
use std::fmt;

/// A way to cross from one tribunal to another, or a defect that would open one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Read,
    Insert,
    Update,
    Move,
    Delete,
    Truncate,
    Sequence,
    Function,
    BecomeRole,
    Attribute,
    Session,
    Structure,
    Graphql,
    Rest,
    /// A control, not a crossing: the role must see what it is meant to see.
    Own,
}

impl Kind {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Read => "ler linha alheia, por coluna",
            Self::Insert => "inserir em nome de outro",
            Self::Update => "alterar linha alheia, por coluna",
            Self::Move => "passar linha própria a outro",
            Self::Delete => "apagar linha alheia",
            Self::Truncate => "esvaziar tabela",
            Self::Sequence => "mudar sequência",
            Self::Function => "chamar função",
            Self::BecomeRole => "tomar outro papel",
            Self::Attribute => "atributos e heranças do papel",
            Self::Session => "sessão trocada por um pooler",
            Self::Structure => "estrutura igual à das migrações",
            Self::Graphql => "operações GraphQL",
            Self::Rest => "operações REST",
            Self::Own => "(ver o que lhe cabe)",
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub tried: u64,
    pub held: u64,
}

/// An attempt that crossed or whose outcome proves nothing, a control that failed, or a difference
/// from the migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The role, login or client that made the attempt.
    pub role: String,
    pub kind: Kind,
    /// The object or the operation of the attempt.
    pub what: String,
    pub how: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, kind, what, how } = self;
        write!(f, "{role}: {}: {what}: {how}", kind.label())
    }
}

#[derive(Debug, Default)]
pub struct Report {
    tallies: BTreeMap<(String, Kind), Tally>,
    pub findings: Vec<Finding>,
    /// Attempts that could not be made, with the reason.
    pub notes: Vec<String>,
    /// Operations that showed nothing even to B, so their result for A proves little.
    pub unshown: Vec<String>,
}

impl Report {
    /// Counts one attempt. `crossed` says how it crossed, if it did.
    pub fn count(&mut self, role: &str, kind: Kind, what: &str, crossed: Option<String>) {
        let tally = self.tallies.entry((role.to_owned(), kind)).or_default();
        tally.tried += 1;
        match crossed {
            None => tally.held += 1,
            Some(how) => self.findings.push(Finding {
                role: role.to_owned(),
                kind,
                what: what.to_owned(),
                how,
            }),
        }
    }

    pub fn holds(&self) -> bool {
        self.findings.is_empty()
    }

    pub fn tried(&self) -> u64 {
        self.tallies.values().map(|tally| tally.tried).sum()
    }

    /// Number of attempts of a kind, over all roles.
    pub fn tried_of(&self, kind: Kind) -> u64 {
        self.tallies.iter().filter(|((_, one), _)| *one == kind).map(|(_, t)| t.tried).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<28} {:<34} {:>9} {:>9}", "papel", "tentativa", "tentadas", "contidas")?;
        for ((role, kind), Tally { tried, held }) in &self.tallies {
            let mark = if tried == held { "" } else { "  ← ATRAVESSOU" };
            writeln!(f, "{role:<28} {:<34} {tried:>9} {held:>9}{mark}", kind.label())?;
        }
        writeln!(f, "\nO que o desenho concede entre tribunais, e não se conta:")?;
        for granted in &GRANTED {
            writeln!(
                f,
                "  {} {} {}: {}",
                granted.role,
                granted.what.label(),
                granted.name,
                granted.why
            )?;
        }
        writeln!(f, "  elos_nacional lê todas as tabelas que lhe são dadas, e em nenhuma escreve")?;
        writeln!(
            f,
            "  quem entra como elos_app diz de que tribunal é a sessão: é a primeira muralha"
        )?;
        if !self.unshown.is_empty() {
            let unshown = self.unshown.join(", ");
            writeln!(
                f,
                "\nSem contraprova (nem ao próprio tribunal mostraram as linhas de prova): {unshown}"
            )?;
        }
        for note in &self.notes {
            writeln!(f, "NOTA  {note}")?;
        }
        for finding in &self.findings {
            writeln!(f, "ACHADO  {finding}")?;
        }
        Ok(())
    }
}
