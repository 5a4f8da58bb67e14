//! Deliveries of events that are told together.
//!
//! A change reaches every subscription that may see it, and a credential has many: one record for
//! each would make most of the trail. Deliveries that are written by one commit, to subscriptions
//! of one credential with the same operation and the same outcome, are one record: it names what
//! was delivered, and every subscription that got it.

use super::model::NovoRegistro;
use ahash::{HashMap, HashMapExt};
use std::collections::hash_map::Entry;

/// The records as they are written: deliveries of a kind in one, all others as they came.
pub fn deliveries(records: Vec<NovoRegistro>) -> Vec<NovoRegistro> {
    if !records.iter().any(|record| record.entrega) {
        return records;
    }
    let mut merged: Vec<NovoRegistro> = Vec::with_capacity(records.len());
    let mut place_of = HashMap::new();
    for record in records {
        if !record.entrega {
            merged.push(record);
            continue;
        }
        let key = (record.ator.clone(), record.operacao.clone(), record.status, record.campos);
        match place_of.entry(key) {
            Entry::Vacant(first) => {
                first.insert(merged.len());
                merged.push(record);
            }
            Entry::Occupied(place) => {
                let into = &mut merged[*place.get()];
                into.recursos.extend(record.recursos);
                if into.correlacoes.is_empty() {
                    into.correlacoes.push(into.correlacao.clone());
                }
                into.correlacoes.push(record.correlacao);
            }
        }
    }
    for record in &mut merged {
        record.recursos.sort_unstable();
        record.recursos.dedup();
        record.correlacoes.sort_unstable();
        record.correlacoes.dedup();
        // Several events of one subscription.
        if record.correlacoes.len() == 1 {
            record.correlacoes.clear();
        }
    }
    merged
}
