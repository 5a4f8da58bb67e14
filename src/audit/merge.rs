//! Merges deliveries of events into one record.
//!
//! A change reaches every subscription that may see it, and one credential can have many
//! subscriptions: one record for each delivery would fill most of the trail. Deliveries in the same
//! commit, to subscriptions of one actor with the same operation, outcome and sensitive fields,
//! become one record. It names what was delivered and every subscription that received it.

use super::entry::NewRecord;
use ahash::{HashMap, HashMapExt};
use std::collections::hash_map::Entry;

/// The records to write: equivalent deliveries merged into one, every other record on its own.
pub fn deliveries(records: Vec<NewRecord>) -> Vec<NewRecord> {
    if !records.iter().any(|record| record.delivery) {
        return records;
    }
    let mut merged: Vec<NewRecord> = Vec::with_capacity(records.len());
    let mut index_of = HashMap::new();
    for record in records {
        if !record.delivery {
            merged.push(record);
            continue;
        }
        let key = (record.actor.clone(), record.operation.clone(), record.status, record.fields);
        match index_of.entry(key) {
            Entry::Vacant(first) => {
                first.insert(merged.len());
                merged.push(record);
            }
            Entry::Occupied(place) => {
                let into = &mut merged[*place.get()];
                into.resources.extend(record.resources);
                if into.correlations.is_empty() {
                    into.correlations.push(into.correlation.clone());
                }
                into.correlations.push(record.correlation);
            }
        }
    }
    for record in &mut merged {
        record.resources.sort_unstable();
        record.resources.dedup();
        record.correlations.sort_unstable();
        record.correlations.dedup();
        // Several events of one subscription: `correlation` already names it.
        if record.correlations.len() == 1 {
            record.correlations.clear();
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{CanalAuditoria, EspecieAuditoria, SensitiveFields};
    use crate::auth::{Actor, Papel};
    use crate::value::resource::Resource;

    fn record(azp: &str, correlation: &str, processo: i64, delivery: bool) -> NewRecord {
        let papeis = vec![Papel::Consulta];
        NewRecord {
            actor: Actor::new("s".into(), Some(azp.into()), Some(820), papeis).unwrap(),
            canal: CanalAuditoria::Graphql,
            operation: "Acompanhar".into(),
            especie: EspecieAuditoria::Leitura,
            status: 200,
            resources: vec![Resource::Processo(processo)],
            fields: SensitiveFields::default(),
            correlation: correlation.into(),
            correlations: Vec::new(),
            delivery,
        }
    }

    fn merged(records: Vec<NewRecord>) -> Vec<(String, usize, Vec<String>)> {
        let merged = |record: NewRecord| {
            let azp = record.actor.azp().unwrap_or_default().to_owned();
            (azp, record.resources.len(), record.correlations)
        };
        deliveries(records).into_iter().map(merged).collect()
    }

    #[test]
    fn deliveries_to_one_credential_are_one_record_that_names_each_subscription() {
        let ids = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        let records = vec![
            record("a", "1", 7, true),
            record("b", "9", 7, true),
            record("a", "2", 7, true),
            record("a", "2", 8, true),
        ];
        assert_eq!(
            merged(records),
            [("a".to_owned(), 2, ids(&["1", "2"])), ("b".to_owned(), 1, Vec::new())]
        );
    }

    #[test]
    fn several_events_of_one_subscription_are_one_record_with_its_id() {
        let records = vec![record("a", "1", 7, true), record("a", "1", 8, true)];
        assert_eq!(merged(records), [("a".to_owned(), 2, Vec::new())]);
    }

    #[test]
    fn records_of_answers_are_not_merged() {
        let records = vec![record("a", "1", 7, false), record("a", "2", 7, false)];
        assert_eq!(merged(records).len(), 2);
    }
}
