//! The command that executes a batch.

use super::operations;
use crate::command::{Command, Context, Effect, Remembered};
use crate::db::{Session, Sql};
use crate::error::{Error, Refusal};
use crate::value::resource::{HasResources, Resource};
use diesel::RunQueryDsl;
use serde::Serialize;
use std::time::Duration;

/// How long a statement of a batch waits for a lock. It is shorter than the default
/// `deadlock_timeout` of PostgreSQL (1 s), so that of two transactions that wait for each other the
/// batch gives up, and never the single write.
const LOCK_TIMEOUT: Duration = Duration::from_millis(500);
/// Key of the lock that batches of one tribunal take in turn, beside the code of the tribunal.
const LOCK: i32 = 0x6C6F_7465;

/// The first part of the path of a refusal in a batch. The index of its operation follows.
pub const OPERATIONS: &str = "operacoes";

/// Several operations, which take effect together or not at all.
#[derive(Clone, Serialize)]
pub struct EmLote {
    pub operations: Vec<Operation>,
    /// Refusals of inputs that have no meaning in a batch.
    #[serde(skip)]
    pub malformed: Vec<Refusal>,
}

/// The effects of a batch, in the order of its operations.
#[derive(Debug)]
pub struct Executed(pub Vec<OperationEffect>);

macro_rules! commands {
    ($($name:ident, $command:ty, $input:ident, $payload:ident, $field:ident, $doc:literal;)+) => {
        /// One operation of a batch.
        #[derive(Clone, Serialize)]
        pub enum Operation {
            $($name(Box<$command>),)+
        }

        /// The effect of one operation.
        #[derive(Debug)]
        pub enum OperationEffect {
            $($name(<$command as Command>::Effect),)+
        }

        impl Operation {
            fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<OperationEffect, Error> {
                match self {
                    $(Self::$name(command) => command.execute(session, context).map(OperationEffect::$name),)+
                }
            }

            fn lookup_count(&self) -> usize {
                match self {
                    $(Self::$name(command) => command.lookup_count(),)+
                }
            }
        }

        impl OperationEffect {
            fn created(&self) -> Vec<Resource> {
                match self {
                    $(Self::$name(effect) => effect.created(),)+
                }
            }

            fn absences(&self) -> usize {
                match self {
                    $(Self::$name(effect) => effect.absences(),)+
                }
            }

            fn remember(&self) -> Remembered {
                match self {
                    $(Self::$name(effect) => Remembered {
                        operation: Some(<$command>::NAME.to_owned()),
                        ..effect.remember()
                    },)+
                }
            }

            fn reload(session: &mut Session<'_>, remembered: Remembered) -> Result<Self, Error> {
                match remembered.operation.as_deref() {
                    $(Some(<$command>::NAME) => {
                        <<$command as Command>::Effect as Effect>::reload(session, remembered).map(Self::$name)
                    })+
                    other => Err(Error::internal(anyhow::anyhow!("unknown operation in a batch: {other:?}"))),
                }
            }
        }

        impl HasResources for OperationEffect {
            fn collect_resources(&self, resources: &mut Vec<Resource>) {
                match self {
                    $(Self::$name(effect) => effect.collect_resources(resources),)+
                }
            }
        }
    };
}
operations!(commands);

impl Command for EmLote {
    const NAME: &'static str = "emLote";
    type Effect = Executed;

    /// Refuses inputs that have no meaning in a batch. Otherwise tries every operation, so that all
    /// refusals come at once. A refused operation leaves nothing for those after it, which may
    /// therefore be refused too.
    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<Executed, Error> {
        Refusal::ensure_none(self.malformed, Vec::new())?;
        // Each batch locks many rows, in the order of its operations. The batches of one tribunal
        // run one after the other, so that two of them cannot wait for each other.
        Sql::new("SELECT pg_advisory_xact_lock(")
            .bind(LOCK)
            .push(", ")
            .bind(i32::from(context.tribunal))
            .push(")")
            .execute(session.conn())?;
        session.set_lock_timeout(LOCK_TIMEOUT)?;
        let (mut effects, mut refusals) = (Vec::new(), Vec::new());
        for (index, operation) in self.operations.into_iter().enumerate() {
            match session.in_savepoint(|session| operation.execute(session, context)) {
                Ok(effect) => effects.push(effect),
                Err(Error::Refusals(of_operation)) => {
                    refusals.extend(of_operation.into_iter().map(|refusal| at(index, refusal)));
                }
                Err(error) => return Err(error),
            }
        }
        if refusals.is_empty() { Ok(Executed(effects)) } else { Err(Error::Refusals(refusals)) }
    }

    fn lookup_count(&self) -> usize {
        self.operations.iter().map(Operation::lookup_count).sum()
    }
}

/// The refusal with the index of its operation before its field.
pub fn at(index: usize, refusal: Refusal) -> Refusal {
    let place = [OPERATIONS.into(), index.to_string().into()];
    let field = place.into_iter().chain(refusal.campo).collect();
    Refusal { campo: field, ..refusal }
}

/// The index of the operation that a refusal concerns, and the refusal as that operation alone
/// would have it. The index is `None` if the refusal concerns the whole batch.
pub fn of_operation(mut refusal: Refusal) -> (Option<usize>, Refusal) {
    let is_of_operation = refusal.campo.first().is_some_and(|part| part == OPERATIONS);
    let index = refusal.campo.get(1).and_then(|part| part.parse().ok());
    let index = index.filter(|_| is_of_operation);
    if index.is_some() {
        refusal.campo.drain(..2);
    }
    (index, refusal)
}

impl Effect for Executed {
    fn created(&self) -> Vec<Resource> {
        self.0.iter().flat_map(OperationEffect::created).collect()
    }

    fn absences(&self) -> usize {
        self.0.iter().map(OperationEffect::absences).sum()
    }

    fn remember(&self) -> Remembered {
        let batch = self.0.iter().map(OperationEffect::remember).collect();
        Remembered { batch, ..Remembered::default() }
    }

    fn reload(session: &mut Session<'_>, remembered: Remembered) -> Result<Self, Error> {
        let each = remembered.batch.into_iter();
        let effects = each.map(|one| OperationEffect::reload(session, one));
        effects.collect::<Result<_, _>>().map(Self)
    }
}

impl HasResources for Executed {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        for effect in &self.0 {
            effect.collect_resources(resources);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::CodigoErro;

    #[test]
    fn a_refusal_finds_its_operation_again() {
        let refusal = Refusal::new(CodigoErro::CampoInvalido, "R4", "x").at(["numero"]);
        assert_eq!(of_operation(at(7, refusal.clone())), (Some(7), refusal.clone()));
        assert_eq!(of_operation(refusal.clone()), (None, refusal));
    }
}
