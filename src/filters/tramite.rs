use super::{Conditions, Filter, Place};
use crate::tramite::store::Filtro;

impl Filter for Filtro {
    fn conditions(&self, place: Place) -> Conditions {
        Conditions { simple: self.condicoes(place.tribunal), related: Vec::new() }
    }
}
