use super::{Conditions, Filter, FilterScope, TimeRange};
use crate::evento::TipoEvento;

/// Conditions on eventos (alias `e`). All that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct EventoFilter {
    pub tipo: Option<Vec<TipoEvento>>,
    pub occurred: TimeRange,
}

impl Filter for EventoFilter {
    fn conditions(&self, _: FilterScope) -> Conditions {
        let mut all = Conditions::default();
        all.one_of("e.tipo", self.tipo.as_ref(), |tipo| tipo.text().to_owned());
        all.within("e.ocorrido_em", self.occurred);
        all
    }
}
