use super::{Conditions, Filter, Place};
use crate::tramite::store::TramiteFilter;

impl Filter for TramiteFilter {
    fn conditions(&self, place: Place) -> Conditions {
        Conditions { simple: self.conditions(place.tribunal), related: Vec::new() }
    }
}
