//! Deliveries of events that are told together.
//!
//! A change reaches every subscription that may see it, and a credential has many: one record for
//! each would make most of the trail. Deliveries that are written by one commit, to subscriptions
//! of one credential with the same operation and the same outcome, are one record: it names what
//! was delivered, and every subscription that got it.

use super::entry::NovoRegistro;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{CamposSensiveis, CanalAuditoria, EspecieAuditoria};
    use crate::auth::{Ator, Papel};
    use crate::value::resource::Recurso;

    fn record(azp: &str, correlacao: &str, processo: i64, entrega: bool) -> NovoRegistro {
        let papeis = vec![Papel::Consulta];
        NovoRegistro {
            ator: Ator::novo("s".into(), Some(azp.into()), Some(820), papeis).unwrap(),
            canal: CanalAuditoria::Graphql,
            operacao: "Acompanhar".into(),
            especie: EspecieAuditoria::Leitura,
            status: 200,
            recursos: vec![Recurso::Processo(processo)],
            campos: CamposSensiveis::default(),
            correlacao: correlacao.into(),
            correlacoes: Vec::new(),
            entrega,
        }
    }

    fn told(records: Vec<NovoRegistro>) -> Vec<(String, usize, Vec<String>)> {
        let told = |record: NovoRegistro| {
            let azp = record.ator.azp().unwrap_or_default().to_owned();
            (azp, record.recursos.len(), record.correlacoes)
        };
        deliveries(records).into_iter().map(told).collect()
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
            told(records),
            [("a".to_owned(), 2, ids(&["1", "2"])), ("b".to_owned(), 1, Vec::new())]
        );
    }

    #[test]
    fn several_events_of_one_subscription_are_one_record_with_its_id() {
        let records = vec![record("a", "1", 7, true), record("a", "1", 8, true)];
        assert_eq!(told(records), [("a".to_owned(), 2, Vec::new())]);
    }

    #[test]
    fn what_an_answer_waits_for_is_told_by_itself() {
        let records = vec![record("a", "1", 7, false), record("a", "2", 7, false)];
        assert_eq!(told(records).len(), 2);
    }
}
