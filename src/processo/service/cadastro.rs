//! Registration of processos, alone or several in one transaction.

use crate::adolescente;
use crate::command::{BatchFn, Command, Context, Effect, Remembered, Verdict};
use crate::db::Session;
use crate::error::{Error, Refusal};
use crate::evento::{self, NewEvento, TipoEvento};
use crate::processo::rules::{self, CadastroVerdict, Facts, Known};
use crate::processo::{CadastrarProcesso, NewProcesso, Processo, TipoProcesso, store};
use crate::rascunho::{self, Rascunho};
use crate::value::field::items;
use crate::value::resource::{HasResources, Resource};
use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};

/// A registered processo, and the warnings for its client.
#[derive(Debug)]
pub struct Cadastrado {
    pub processo: Processo,
    pub warnings: Vec<String>,
}

impl AsRef<Processo> for Cadastrado {
    fn as_ref(&self) -> &Processo {
        &self.processo
    }
}

impl HasResources for Cadastrado {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        self.processo.collect_resources(resources);
    }
}

impl Effect for Cadastrado {
    fn warnings(&self) -> &[String] {
        &self.warnings
    }

    fn created(&self) -> Vec<Resource> {
        vec![Resource::Processo(self.processo.id.0)]
    }

    fn remember(&self) -> Remembered {
        let Self { processo, warnings } = self;
        let (id, version, warnings) = (processo.id.0, processo.versao, warnings.clone());
        Remembered { id, version, warnings, ..Remembered::default() }
    }

    fn reload(session: &mut Session<'_>, remembered: Remembered) -> Result<Self, Error> {
        let processo = store::load_remembered(session, &remembered)?;
        Ok(Self { processo, warnings: remembered.warnings })
    }
}

impl Command for CadastrarProcesso {
    const NAME: &'static str = "cadastrarProcesso";
    type Effect = Cadastrado;

    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<Cadastrado, Error> {
        match cadastrar(session, vec![(self, context)])?.pop() {
            Some(verdict) => verdict.map_err(Error::Refusals),
            None => Err(Error::internal(anyhow::anyhow!("a registration without an outcome"))),
        }
    }

    /// Counts its adolescentes, its reference and its rascunho.
    fn lookup_count(&self) -> usize {
        items(&self.adolescentes).len()
            + usize::from(self.referencia.is_some())
            + usize::from(self.id_processo_sistema_externo.is_some())
    }

    /// Only an apuração without a rascunho can be registered in a batch: its rules ask only for its
    /// own number, which the unique index protects, and for the ids of its adolescentes.
    fn batch_fn(&self) -> Option<BatchFn<Self>> {
        let alone =
            self.tipo != Some(TipoProcesso::Apuracao) || self.id_processo_sistema_externo.is_some();
        (!alone).then_some(cadastrar)
    }
}

/// Registers processos with their vínculos (R3 to R12) and records their eventos.
fn cadastrar(
    session: &mut Session<'_>,
    batch: Vec<(CadastrarProcesso, &Context)>,
) -> Result<Vec<Verdict<CadastrarProcesso>>, Error> {
    let Some(&(_, &Context { tribunal, clock, .. })) = batch.first() else {
        return Ok(Vec::new());
    };
    let now = clock();
    let judged = evaluate(session, batch)?;

    // The unique index decides: of several registrations of one number, in this batch or in another
    // transaction, one inserts.
    let mut numeros = HashSet::new();
    let accepted = judged.iter().flatten().map(|accepted| &accepted.new);
    let new_processos: Vec<_> = accepted.filter(|new| numeros.insert(&new.numero)).collect();
    let inserted = store::insert(session, tribunal, &new_processos, now)?;
    let mut inserted: HashMap<_, _> =
        inserted.into_iter().map(|processo| (processo.numero.clone(), processo)).collect();

    let (mut verdicts, mut eventos) = (Vec::with_capacity(judged.len()), Vec::new());
    for evaluated in judged {
        let Accepted { new, context, rascunho, warnings } = match evaluated {
            Ok(accepted) => accepted,
            Err(refusals) => {
                verdicts.push(Err(refusals));
                continue;
            }
        };
        let Some(processo) = inserted.remove(&new.numero) else {
            verdicts.push(Err(rules::r6_numero_livre(&new.numero, true).into_iter().collect()));
            continue;
        };
        if let Some(rascunho) = rascunho {
            rascunho::store::consume(session, rascunho.id, processo.id, now)?;
        }
        record_evento(session, &processo, now, context, &mut eventos)?;
        verdicts.push(Ok(Cadastrado { processo, warnings }));
    }
    evento::store::record(session, &eventos)?;
    Ok(verdicts)
}

/// A registration that no rule refuses. The insert can still find that its number is taken.
struct Accepted<'a> {
    new: NewProcesso,
    context: &'a Context,
    rascunho: Option<Rascunho>,
    warnings: Vec<String>,
}

fn evaluate<'a>(
    session: &mut Session<'_>,
    batch: Vec<(CadastrarProcesso, &'a Context)>,
) -> Result<Vec<Result<Accepted<'a>, Vec<Refusal>>>, Error> {
    let named: Vec<_> =
        batch.iter().flat_map(|(command, _)| command.adolescentes.iter().flatten()).collect();
    let known = adolescente::store::known(session, &named)?;
    let known: Known = known.into_iter().collect();
    let to_candidate = |(command, context)| Candidate::new(session, command, context, &known);
    let mut candidates = batch.into_iter().map(to_candidate).collect::<Result<Vec<_>, Error>>()?;

    // Look up taken numbers only for refused registrations, so that each refusal is complete. The
    // others learn from the insert that their number is taken.
    let refused = candidates.iter().filter(|candidate| candidate.refused());
    let numeros: Vec<_> = refused.filter_map(|refused| refused.command.numero.clone()).collect();
    if !numeros.is_empty() {
        let taken = store::taken_numeros(session, &numeros)?;
        for refused in candidates.iter_mut().filter(|candidate| candidate.refused()) {
            let numero = refused.command.numero.as_ref();
            refused.reevaluate(numero.is_some_and(|numero| taken.contains(numero)));
        }
    }
    candidates.into_iter().map(Candidate::outcome).collect()
}

/// A registration, and the verdict of the rules on it.
struct Candidate<'a> {
    command: CadastrarProcesso,
    context: &'a Context,
    malformed: Vec<Refusal>,
    facts: Facts,
    verdict: CadastroVerdict,
}

impl<'a> Candidate<'a> {
    fn new(
        session: &mut Session<'_>,
        mut command: CadastrarProcesso,
        context: &'a Context,
        known: &Known,
    ) -> Result<Self, Error> {
        let malformed = std::mem::take(&mut command.malformed);
        let &Context { tribunal, rules, .. } = context;
        let facts = store::facts(session, &command, known, rules)?;
        let verdict = rules::cadastro(&command, &facts, tribunal, rules);
        Ok(Self { command, context, malformed, facts, verdict })
    }

    /// Applies the rules again, now that the lookup says whether the number is taken.
    fn reevaluate(&mut self, numero_taken: bool) {
        let &Context { tribunal, rules, .. } = self.context;
        self.facts.numero_taken = numero_taken;
        self.verdict = rules::cadastro(&self.command, &self.facts, tribunal, rules);
    }

    fn refused(&self) -> bool {
        !(self.malformed.is_empty() && self.verdict.refusals.is_empty())
    }

    fn outcome(self) -> Result<Result<Accepted<'a>, Vec<Refusal>>, Error> {
        let Self { command, context, malformed, facts, verdict } = self;
        let refusals = Refusal::merged(malformed, verdict.refusals);
        if !refusals.is_empty() {
            return Ok(Err(refusals));
        }
        let Some(new) = rules::accepted(command, &facts) else {
            return Err(Error::internal(anyhow::anyhow!("no rule refused an incomplete command")));
        };
        Ok(Ok(Accepted { new, context, rascunho: facts.rascunho, warnings: verdict.warnings }))
    }
}

/// Adds the eventos of a registration to `eventos`.
fn record_evento(
    session: &mut Session<'_>,
    new: &Processo,
    now: DateTime<Utc>,
    context: &Context,
    eventos: &mut Vec<NewEvento>,
) -> Result<(), Error> {
    let tipo = TipoEvento::ProcessoCadastrado;
    eventos.push(NewEvento::of_processo(tipo, new, now, &context.author));
    // The apuração gets an evento about its execução, when both belong to one tribunal.
    if let (TipoProcesso::Execucao, Some(referencia)) = (new.tipo, &new.numero_referencia)
        && let Some(apuracao) = store::by_numero(session, referencia)?
    {
        let tipo = TipoEvento::ExecucaoCadastrada;
        eventos.push(NewEvento::of_processo(tipo, &apuracao, now, &context.author));
    }
    Ok(())
}
