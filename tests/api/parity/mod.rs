//! R29: both APIs give the same verdict. The test sends each input through both as a dry run on one
//! state. Both accept it, or both refuse it with the same status, the same deciding code and the
//! same texts. The dry runs store nothing.

mod cases;
mod fields;
mod state;

use crate::support::{Api, Mode, Operation, Outcome, Rng};
use cases::{Case, guia_cases, processo_cases};
use elos::db::Sql;
use elos::error::CodigoErro;
use serde_json::{Value, json};
use state::State;
use std::collections::{BTreeMap, BTreeSet};

const INPUTS: u64 = 200;
const SEED: u64 = 29;

impl State {
    /// Returns a digest of every table except the trail. A dry run must not change it; the trail
    /// records dry runs too.
    fn snapshot(&self) -> String {
        self.app.database.text(Sql::new(
            "SELECT string_agg(relname || ' ' || md5(table_to_xml(oid, true, false, '')::text), E'\n' ORDER BY relname) AS t
             FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname !~ '^(auditoria|selo)_[0-9]'",
        ))
    }

    /// Returns the outcome of REST with the codes of GraphQL, and the difference between the APIs
    /// if there is one.
    fn compare(&self, operation: &Operation) -> (Outcome, Option<String>) {
        let dry_run = Mode { dry_run: true, ..Mode::default() };
        let rest = self.app.execute("tjrn", Api::Rest, operation, dry_run);
        let graphql = self.app.execute("tjrn", Api::Graphql, operation, dry_run);
        let equal = match graphql.malformed {
            // In REST, an input that GraphQL refuses for its type is a 400.
            true => rest.status == 400,
            false => {
                let verdict =
                    |d: &Outcome| (d.status, d.code.clone(), without_api_wording(&d.texts));
                verdict(&rest) == verdict(&graphql)
            }
        };
        let difference = (!equal)
            .then(|| format!("{operation:?}\n{}\n{}\n", rest.response.text, graphql.response.text));
        (Outcome { codes: graphql.codes, ..rest }, difference)
    }
}

/// Replaces each message on a blank text by the same words, because each API has its own words for
/// keeping and erasing.
fn without_api_wording(texts: &[String]) -> Vec<String> {
    let words = |text: &&str| text.contains("em branco");
    let common = |text: &String| {
        Some(text.as_str()).filter(|text| !words(text)).unwrap_or("em branco").to_owned()
    };
    texts.iter().map(common).collect()
}

/// Replaces or removes one field of the input.
fn replace(input: &mut Value, path: &str, value: &Value) {
    let (parent, last) =
        path.rsplit_once('.').map_or((None, path), |(parent, last)| (Some(parent), last));
    let mut at = input;
    for part in parent.into_iter().flat_map(|parent| parent.split('.')) {
        at = &mut at[part];
    }
    match at {
        Value::Object(fields) if value.is_null() => drop(fields.remove(last)),
        Value::Null if value.is_null() => {}
        at => at[last] = value.clone(),
    }
}

#[test]
fn r29_as_duas_portas_julgam_igual_e_o_ensaio_nada_grava() {
    let state = State::prepare();
    let cases: Vec<_> = processo_cases(&state).into_iter().chain(guia_cases(&state)).collect();
    let before = state.snapshot();
    let check_case = |case: &Case| {
        let (mut seen, mut differences) = (BTreeMap::new(), Vec::new());
        let mut codes = BTreeSet::new();
        for n in 0..INPUTS {
            let mut rng = Rng::new(SEED, n);
            let mut input = case.base.clone();
            for _ in 0..rng.below(5) {
                let (field, values) = rng.one(&case.fields);
                replace(&mut input, field, rng.one(values));
            }
            if case.mutation == "vincularAdolescente" && input["dados"] == json!({}) {
                // In REST, an empty body counts as no body.
                replace(&mut input, "dados", &Value::Null);
            }
            if case.mutation.starts_with("atualizar") && has_blank(&input) {
                // A blank text in a PUT counts as absent, but GraphQL refuses it.
                continue;
            }
            let (outcome, difference) = state.compare(&Operation::new(case.mutation, input));
            *seen.entry((outcome.status, outcome.code)).or_insert(0) += 1;
            codes.extend(outcome.codes);
            differences.extend(difference);
        }
        eprintln!("{}: {seen:?}", case.name);
        assert!(
            differences.is_empty(),
            "{} differ:\n{}",
            differences.len(),
            differences.join("\n")
        );
        // Inputs prove nothing if the server accepts all or refuses all.
        let accepted = seen.get(&(200, None)).copied().unwrap_or(0);
        assert!((30..=190).contains(&accepted) && seen.len() >= 3, "{}: {seen:?}", case.name);
        codes
    };
    let run = |cases: &[Case]| cases.iter().flat_map(check_case).collect::<BTreeSet<_>>();
    let seen: BTreeSet<_> = std::thread::scope(|scope| {
        let halves = cases.chunks(cases.len().div_ceil(2));
        let handles: Vec<_> = halves.map(|half| scope.spawn(|| run(half))).collect();
        handles.into_iter().flat_map(|handle| handle.join().unwrap()).collect()
    });
    assert_eq!(state.snapshot(), before);
    // The inputs caused every refusal of the façade except the one of a reused key, because a dry
    // run takes no key.
    let of_facade = CodigoErro::ALL.into_iter().filter(|code| !code.is_tramita_only());
    let of_facade = of_facade.map(CodigoErro::name);
    let missing: Vec<_> = of_facade.filter(|code| !seen.contains(*code)).collect();
    assert_eq!(missing, ["CHAVE_IDEMPOTENCIA_REUTILIZADA"]);
}

fn has_blank(value: &Value) -> bool {
    match value {
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().any(has_blank),
        Value::Object(fields) => fields.values().any(has_blank),
        _ => false,
    }
}
