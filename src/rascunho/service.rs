//! Registration of a rascunho. The registration of its processo consumes it later.

use super::{Rascunho, RascunhoId, RegistrarRascunho, rules, store};
use crate::command::{Command, Context, Effect, Remembered};
use crate::db::Session;
use crate::error::{Error, Refusal};
use crate::value::resource::{HasResources, Resource};

/// A registered rascunho.
#[derive(Debug)]
pub struct Registrado(pub Rascunho);

impl Command for RegistrarRascunho {
    const NAME: &'static str = "registrarRascunho";
    type Effect = Registrado;

    fn lookup_count(&self) -> usize {
        0
    }

    fn execute(
        mut self,
        session: &mut Session<'_>,
        context: &Context,
    ) -> Result<Registrado, Error> {
        let malformed = std::mem::take(&mut self.malformed);
        Refusal::ensure_none(malformed, rules::r8_registro(&self))?;
        let (Some(app_name), Some(dados)) = (self.app_name_sistema_tribunal, self.dados) else {
            return Err(Error::internal(anyhow::anyhow!("no rule refused an incomplete command")));
        };
        let now = (context.clock)();
        Ok(Registrado(store::insert(session, context.tribunal, app_name, dados, now)?))
    }
}

impl HasResources for Registrado {
    fn collect_resources(&self, resources: &mut Vec<Resource>) {
        self.0.collect_resources(resources);
    }
}

impl Effect for Registrado {
    fn created(&self) -> Vec<Resource> {
        vec![Resource::Rascunho(self.0.id.0)]
    }

    fn remember(&self) -> Remembered {
        Remembered { id: self.0.id.0, version: 1, ..Remembered::default() }
    }

    fn reload(session: &mut Session<'_>, remembered: Remembered) -> Result<Self, Error> {
        Ok(Self(store::by_id(session, RascunhoId(remembered.id))?))
    }
}
