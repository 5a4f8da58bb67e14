//! Use cases on guias: emission and baixa.

use super::{BaixarGuia, EmitirGuia, Guia, GuiaId, MotivoBaixaGuia, SituacaoGuia, rules, store};
use crate::command::{BatchFn, Command, Context, Effect, Remembered, in_turn};
use crate::db::Session;
use crate::error::{Error, Failure, Refusal};
use crate::evento::{self, FieldChange, NewEvento, TipoEvento};
use crate::value::field::{self, items};
use crate::value::resource::{HasResources, Resource};
use crate::value::time;
use chrono::{DateTime, Utc};
use store::GuiaObjects;

/// A guia after a write, and whether the write changed anything.
#[derive(Debug)]
pub struct Changed {
    pub guia: Guia,
    pub changed: bool,
}

impl HasResources for Changed {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        self.guia.collect_resources(resources);
    }
}

impl Effect for Changed {
    fn created(&self) -> Vec<Resource> {
        let first = self.changed && self.guia.versao == 1;
        first.then_some(Resource::Guia(self.guia.id.0)).into_iter().collect()
    }

    fn remember(&self) -> Remembered {
        let &Self { ref guia, changed } = self;
        Remembered { id: guia.id.0, version: guia.versao, changed, ..Remembered::default() }
    }

    fn reload(session: &mut Session<'_>, remembered: Remembered) -> Result<Self, Error> {
        let guia = store::by_id(session, GuiaId(remembered.id))?;
        Ok(Self { guia, changed: remembered.changed })
    }
}

/// Emits a guia and gives it a number. A unificadora closes the guias that it unifies.
impl Command for EmitirGuia {
    const NAME: &'static str = "emitirGuia";
    type Effect = Changed;

    /// The adolescente, two processos, and the guias to unify.
    fn lookup_count(&self) -> usize {
        3 + items(&self.propria.definitivas).len()
    }

    fn execute(mut self, session: &mut Session<'_>, context: &Context) -> Result<Changed, Error> {
        let malformed = std::mem::take(&mut self.malformed);
        let facts = store::facts(session, &self)?;
        let now = latest(&facts.definitivas, (context.clock)());
        let today = time::day(now);
        Refusal::ensure_none(malformed, rules::emissao(&self, &facts, today, context.rules))?;

        let Some(adolescente) = facts.adolescente else {
            return Err(Error::internal(anyhow::anyhow!("no rule refused an incomplete command")));
        };
        let (apuracao, execucao) = (facts.apuracao.as_ref(), facts.execucao.as_ref());
        let objects = GuiaObjects { tribunal: context.tribunal, adolescente, apuracao, execucao };
        let Some(guia) = store::insert(session, self, &objects, now, today)? else {
            let message = "os números de guia de hoje se esgotaram; emita amanhã";
            return Err(Error::failure(Failure::Indisponivel, message));
        };
        record_evento(session, TipoEvento::GuiaEmitida, (&guia, None), now, context)?;

        let unificadas: Vec<_> = facts.definitivas.iter().map(|guia| guia.id).collect();
        if !unificadas.is_empty() {
            let motivo = Some(MotivoBaixaGuia::Unificada);
            store::baixar(session, &unificadas, motivo, Some(guia.id), now)?;
            for unificada in &facts.definitivas {
                record_evento(session, TipoEvento::GuiaBaixada, (unificada, motivo), now, context)?;
            }
        }
        Ok(Changed { guia, changed: true })
    }
}

/// Closes a guia (baixa, R26). A guia that is closed already stays as it is.
impl Command for BaixarGuia {
    const NAME: &'static str = "baixarGuia";
    type Effect = Changed;

    fn batch_fn(&self) -> Option<BatchFn<Self>> {
        Some(in_turn)
    }

    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<Changed, Error> {
        let numero = self.numero?;
        let Some(guia) = store::lock(session, &[&numero])?.pop() else {
            return Err(rules::r1_guia_visivel().into());
        };
        if let Some(refusal) = field::expected_version(guia.versao, self.versao_esperada) {
            return Err(refusal.into());
        }
        if guia.situacao == SituacaoGuia::Baixada {
            return Ok(Changed { guia, changed: false });
        }
        let now = latest(std::slice::from_ref(&guia), (context.clock)());
        store::baixar(session, &[guia.id], self.motivo, None, now)?;
        record_evento(session, TipoEvento::GuiaBaixada, (&guia, self.motivo), now, context)?;
        Ok(Changed { guia: store::by_id(session, guia.id)?, changed: true })
    }
}

/// The current time, but never before the last change of these guias, even if the clock goes back.
fn latest(guias: &[Guia], now: DateTime<Utc>) -> DateTime<Utc> {
    guias.iter().map(|guia| guia.atualizado_em).fold(now, DateTime::max)
}

/// Records one evento in each processo of the guia.
fn record_evento(
    session: &mut Session<'_>,
    tipo: TipoEvento,
    (guia, motivo): (&Guia, Option<MotivoBaixaGuia>),
    now: DateTime<Utc>,
    context: &Context,
) -> Result<(), Error> {
    let evento = |processo| NewEvento::of_guia(tipo, guia, processo, now, &context.author);
    let mut eventos: Vec<_> = guia.processos().map(evento).collect();
    let (old, new) = match tipo {
        TipoEvento::GuiaBaixada => (Some(SituacaoGuia::Ativo), SituacaoGuia::Baixada),
        _ => (None, SituacaoGuia::Ativo),
    };
    let old = old.map(SituacaoGuia::text);
    let situacao = FieldChange::new("guia.situacao", old, Some(new.text()));
    let motivo = FieldChange::new("guia.motivoBaixa", None, motivo.map(MotivoBaixaGuia::text));
    for evento in &mut eventos {
        evento.changes.extend(situacao.iter().chain(&motivo).cloned());
    }
    // Only the first evento names the adolescente; otherwise the eventos of the adolescente
    // would show the change once per processo.
    for repeated in eventos.iter_mut().skip(1) {
        repeated.adolescente_id = None;
    }
    Ok(evento::store::record(session, &eventos)?)
}
