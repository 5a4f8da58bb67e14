//! Use cases on adolescentes.

use super::store::{self, Semelhantes};
use super::{
    Adolescente, AdolescenteDados, AdolescenteId, AtualizarAdolescente, CadastrarAdolescente,
    Search, rules,
};
use crate::auth::{Actor, Papel};
use crate::command::{BatchFn, Command, Context, Effect, Remembered, in_turn};
use crate::db::Session;
use crate::error::{CodigoErro, Error, Failure, Refusal};
use crate::evento::{self, NewEvento, TipoEvento};
use crate::value::resource::{HasResources, Resource};
use crate::value::{field, time};
use chrono::{DateTime, NaiveDate, Utc};

/// Registers an adolescente and generates the identificador (R23 to R25).
impl Command for CadastrarAdolescente {
    const NAME: &'static str = "cadastrarAdolescente";
    type Effect = Changed;

    fn batch_fn(&self) -> Option<BatchFn<Self>> {
        Some(in_turn)
    }

    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<Changed, Error> {
        let Self { dados: new, malformed } = self;
        let now = (context.clock)();
        let today = time::day(now);
        let cpf_owner = store::by_cpf(session, new.cpf.as_ref())?;
        let mut refusals = rules::cadastro(&new, today);
        refusals.extend(rules::r25_cpf_livre(cpf_owner.as_ref()));
        Refusal::ensure_none(malformed, refusals)?;

        let Some(adolescente) = insert(session, context.tribunal, &new, now, today)? else {
            return Err(cpf_just_taken(session, new.cpf.as_ref())?);
        };
        let tipo = TipoEvento::AdolescenteCadastrado;
        let evento = NewEvento::of_adolescente(tipo, &adolescente, now, &context.author);
        evento::store::record(session, &[evento])?;
        Ok(Changed { adolescente, changed: true })
    }
}

/// Inserts the record under the next identificador that is free. If a concurrent transaction
/// registers that identificador first (R14), this tries the next one, 20 times in all. `None` when
/// the CPF is taken or every attempt failed.
fn insert(
    session: &mut Session<'_>,
    tribunal: i16,
    new: &AdolescenteDados,
    now: DateTime<Utc>,
    today: NaiveDate,
) -> Result<Option<Adolescente>, Error> {
    const MAX_ATTEMPTS: usize = 20;
    for _ in 0..MAX_ATTEMPTS {
        if let Some(inserted) = store::insert(session, tribunal, new.clone(), now, today)? {
            return Ok(Some(inserted));
        }
        if store::by_cpf(session, new.cpf.as_ref())?.is_some() {
            break;
        }
    }
    Ok(None)
}

/// The refusal of R25 when the unique index finds that another transaction registered the same CPF
/// after the search.
pub fn cpf_just_taken(
    session: &mut Session<'_>,
    cpf: Option<&crate::value::cpf::Cpf>,
) -> Result<Error, Error> {
    let existing = store::by_cpf(session, cpf)?;
    let refusal = rules::r25_cpf_livre(existing.as_ref());
    Ok(refusal.map_or_else(
        || Error::internal(anyhow::anyhow!("insert skipped for no reason")),
        Error::from,
    ))
}

/// A record after a write. `changed` is false when the write found nothing to do.
#[derive(Debug)]
pub struct Changed {
    pub adolescente: Adolescente,
    pub changed: bool,
}

impl HasResources for Changed {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        self.adolescente.collect_resources(resources);
    }
}

impl Effect for Changed {
    fn created(&self) -> Vec<Resource> {
        let first = self.changed && self.adolescente.versao == 1;
        first.then_some(Resource::Adolescente(self.adolescente.id.0)).into_iter().collect()
    }

    fn remember(&self) -> Remembered {
        let &Self { ref adolescente, changed } = self;
        let (id, version) = (adolescente.id.0, adolescente.versao);
        Remembered { id, version, changed, ..Remembered::default() }
    }

    fn reload(session: &mut Session<'_>, remembered: Remembered) -> Result<Self, Error> {
        let adolescente = store::by_id(session, AdolescenteId(remembered.id))?;
        Ok(Self { adolescente, changed: remembered.changed })
    }
}

/// Changes a record, or completes a pending one (R14, R24). A value equal to the current one is no
/// change: the version stays, and the command records no evento.
impl Command for AtualizarAdolescente {
    const NAME: &'static str = "atualizarAdolescente";
    type Effect = Changed;

    fn batch_fn(&self) -> Option<BatchFn<Self>> {
        Some(in_turn)
    }

    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<Changed, Error> {
        let Self { identificador, dados, versao_esperada: expected_version, mut malformed } = self;
        // Report the fields that could not be parsed as well, because a retry with the same fields
        // would be refused again.
        let Some(current) = store::locked(session, context.tribunal, &identificador)? else {
            malformed.push(rules::r1_adolescente_visivel());
            return Err(Error::Refusals(malformed));
        };
        if let Some(refusal) = field::expected_version(current.versao, expected_version) {
            malformed.push(refusal);
            return Err(Error::Refusals(malformed));
        }
        // Read the clock after the lock. The time is never before the last change.
        let now = (context.clock)().max(current.atualizado_em);
        let today = time::day(now);
        let new = dados.apply_to(&current);
        let mut refusals = rules::alteracao(&current, &new, today);
        let cpf_owner = store::by_cpf(session, dados.cpf.new_value())?;
        let other = cpf_owner.filter(|owner| *owner != identificador);
        refusals.extend(rules::r25_cpf_livre(other.as_ref()));
        Refusal::ensure_none(malformed, refusals)?;

        let fields = current.differences(&new);
        if fields.is_empty() {
            return Ok(Changed { adolescente: current, changed: false });
        }
        let changes = current.changes(&new);
        let Some(adolescente) = store::update(session, &new, now)? else {
            // The unique index found a CPF that was registered after the search above. The
            // statement failed, so the transaction can read nothing more.
            let message = "CPF já cadastrado no tribunal";
            let refusal = Refusal::new(CodigoErro::AdolescenteJaExiste, "R25", message);
            return Err(refusal.at(["dados", "cpf"]).into());
        };
        let tipo = TipoEvento::AdolescenteAtualizado;
        let mut evento = NewEvento::of_adolescente(tipo, &adolescente, now, &context.author);
        evento.fields = fields;
        evento.changes = changes;
        evento::store::record(session, &[evento])?;
        Ok(Changed { adolescente, changed: true })
    }
}

/// Checks that the caller may make the search and that it passes the rules (R25). Refuses a caller
/// with `pse-nacional`: the search covers one tribunal, and an empty result would say that nobody
/// matches.
pub fn search(actor: &Actor, search: Search) -> Result<Semelhantes, Error> {
    actor.require(Papel::Consulta)?;
    if actor.has(Papel::Nacional) {
        let message =
            "procure com a credencial de um tribunal: a semelhança é entre os cadastros dele";
        return Err(Error::failure(Failure::SemPermissao, message));
    }
    Refusal::ensure_none(Vec::new(), rules::r25_procura(&search))?;
    Ok(Semelhantes { search, sensitive: actor.has(Papel::DadosSensiveis) })
}
