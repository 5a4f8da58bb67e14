use super::{Conditions, Filter, Place, Stretch};
use crate::evento::TipoEvento;

/// Conditions on eventos (`e`); all add up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct EventoFilter {
    pub tipo: Option<Vec<TipoEvento>>,
    pub ocorrido: Stretch,
}

impl Filter for EventoFilter {
    fn conditions(&self, _: Place) -> Conditions {
        let mut all = Conditions::default();
        all.one_of("e.tipo", self.tipo.as_ref(), |tipo| tipo.texto().to_owned());
        all.compare("e.ocorrido_em >= ", self.ocorrido.0);
        all.compare("e.ocorrido_em < ", self.ocorrido.1);
        all
    }

    fn all(&self) -> Option<&[Self]> {
        None
    }

    fn any(&self) -> Option<&[Self]> {
        None
    }

    fn not(&self) -> Option<&Self> {
        None
    }
}
