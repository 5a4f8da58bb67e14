//! What resolvers find in their context.

use super::loaders::Loaders;
use crate::audit::CampoSensivel;
use crate::auth::Ator;
use crate::call::{App, Chamada};
use async_graphql::Context;

/// What resolvers find in their context.
pub trait ContextExt {
    fn app(&self) -> &App;
    fn ator(&self) -> &Ator;
    fn loaders(&self) -> &Loaders;
    fn chamada(&self) -> &Chamada;
    /// Passes `valor` on to whoever may see sensitive data, and nothing to the others.
    fn sensivel<T>(&self, campo: CampoSensivel, valor: Option<T>) -> Option<T>;
}

impl ContextExt for Context<'_> {
    fn app(&self) -> &App {
        &self.chamada().app
    }

    fn ator(&self) -> &Ator {
        self.chamada().ator()
    }

    fn chamada(&self) -> &Chamada {
        self.loaders().chamada()
    }

    fn loaders(&self) -> &Loaders {
        self.data_unchecked()
    }

    fn sensivel<T>(&self, campo: CampoSensivel, valor: Option<T>) -> Option<T> {
        self.chamada().rastro.sensivel(campo, valor)
    }
}
