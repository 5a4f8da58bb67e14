use super::{Conditions, Filter, FilterScope};
use crate::tramite::store::TramiteFilter;

impl Filter for TramiteFilter {
    fn conditions(&self, place: FilterScope) -> Conditions {
        Conditions { simple: self.conditions(place.tribunal), related: Vec::new() }
    }
}
