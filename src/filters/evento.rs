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
        all.within("e.ocorrido_em", self.ocorrido);
        all
    }
}
