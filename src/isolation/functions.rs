//! Checks of the `SECURITY DEFINER` functions, and calls of functions with values of B, whose
//! answers must disclose nothing else of B.

use super::catalog::{Function, Relation};
use super::granted::{Access, is_granted};
use super::probe::{self, Outcome, Statement, literal};
use super::report::{Kind, Report};
use super::test_rows::{TestRows, TribunalRows};
use diesel::prelude::*;
use indicatif::ProgressBar;
use std::collections::HashSet;

/// The role that owns every `SECURITY DEFINER` function but one.
const DEFINER: &str = "elos_definidor";
/// The one `SECURITY DEFINER` function that the owner of the tables owns: it adds the partitions of
/// the trail, and only the owner can do that.
const ADDS_PARTITIONS: &str = "elos_trilha_preparar";
const OWNER: &str = "elos_dono";
/// Largest number of calls of one function.
const MAX_CALLS: usize = 64;

/// Words that occur in B's rows and not in A's. An answer that contains one discloses something of
/// B.
pub struct Secrets(HashSet<String>);

impl Secrets {
    /// Collects the words of at least seven bytes from the tables that the design does not let the
    /// application read across tribunals. Shorter words may occur by chance.
    pub fn of(test_rows: &TestRows, relations: &[Relation]) -> Self {
        let public = |oid: i64| {
            let relation = relations.iter().find(|relation| relation.oid == oid);
            relation.is_some_and(|relation| is_granted("elos_app", Access::Read, &relation.name))
        };
        let tokens = |rows: &TribunalRows| -> HashSet<String> {
            let private = rows.all().filter(|(oid, _)| !public(*oid));
            private.flat_map(|(_, row)| row.values()).flat_map(words).collect()
        };
        let known = tokens(&test_rows.a);
        let long = |word: &String| word.len() >= 7 && !known.contains(word);
        Self(tokens(&test_rows.b).into_iter().filter(long).collect())
    }

    /// The secrets that `text` contains and `request` does not.
    pub fn disclosed(&self, text: &str, request: &str) -> Vec<String> {
        let request: HashSet<_> = words(request).collect();
        let shown: HashSet<_> = words(text).collect();
        let mut secrets: Vec<_> =
            shown.difference(&request).filter(|word| self.0.contains(*word)).cloned().collect();
        secrets.sort();
        secrets
    }
}

/// The words of a text, in lower case, with letters and digits only. `9000-1.2` also counts as
/// `900012`.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let bare = text.split(|c: char| c.is_whitespace() || "\"',;:(){}[]/=&?<>".contains(c));
    bare.flat_map(|word| {
        let joined: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
        let parts = word.split(|c: char| !c.is_alphanumeric()).map(str::to_owned);
        std::iter::once(joined).chain(parts.collect::<Vec<_>>())
    })
    .filter(|word| !word.is_empty())
    .map(|word| word.to_lowercase())
}

/// Checks the owner, the `search_path` and the callers of each `SECURITY DEFINER` function.
/// Anything that the design does not grant is a finding.
pub fn inspect(report: &mut Report, functions: &[Function]) {
    for function in functions.iter().filter(|function| function.definer) {
        let what = format!("função {}", function.signature);
        let owner_by_design = match function.bare_name() {
            ADDS_PARTITIONS => OWNER,
            _ => DEFINER,
        };
        let owner = (function.owner != owner_by_design).then(|| {
            format!("age com os direitos de {}, e não de {owner_by_design}", function.owner)
        });
        report.count("função definidora", Kind::Function, &what, owner);
        let path = (!function.fixed_path).then(|| "não fixa search_path".to_owned());
        report.count("função definidora", Kind::Function, &what, path);
        for caller in &function.callers {
            let granted =
                caller == &function.owner || is_granted(caller, Access::Call, function.bare_name());
            let how = (!granted).then(|| "pode chamá-la, e o desenho não o concede".to_owned());
            report.count(caller, Kind::Function, &what, how);
        }
    }
}

/// Calls every function that `role` may call, with values of B. The session has already taken on
/// `role` and states a tribunal other than B, or none.
pub fn call(
    conn: &mut PgConnection,
    report: &mut Report,
    bar: &ProgressBar,
    role: &str,
    functions: &[Function],
    (test_rows, secrets): (&TestRows, &Secrets),
) -> QueryResult<()> {
    for function in functions.iter().filter(|function| function.callers.iter().any(|c| c == role)) {
        let calls = calls(function, &test_rows.b);
        let statements: Vec<_> = calls
            .iter()
            .map(|arguments| {
                let sql = format!(
                    "SELECT string_agg(r::text, ' ') FROM {}({}) r",
                    function.name,
                    arguments.join(", ")
                );
                Statement::returning_row(sql)
            })
            .collect();
        for (arguments, outcome) in calls.iter().zip(probe::run(conn, &statements)?) {
            let text = match &outcome {
                Outcome::Ran { result, .. } => result.clone().unwrap_or_default(),
                Outcome::Failed { message, .. } => message.clone(),
            };
            let disclosed = secrets.disclosed(&text, &arguments.join(" "));
            let how = (!disclosed.is_empty()).then(|| "disse o que é de outro tribunal".to_owned());
            let what = format!("função {}", function.signature);
            report.count(role, Kind::Function, &what, how);
        }
        bar.inc(1);
    }
    Ok(())
}

impl Function {
    fn bare_name(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }
}

/// The argument lists for a function, chosen by the type of each argument: values of B where the
/// type can hold one.
fn calls(function: &Function, b: &TribunalRows) -> Vec<Vec<String>> {
    let texts: Vec<_> = [
        ("processo", "numero"),
        ("registro_eletronico", "nre"),
        ("registro_eletronico", "protocolo_chave"),
        ("adolescente", "nome"),
        ("adolescente", "identificador"),
        ("adolescente", "cpf"),
        ("guia", "numero"),
        ("credencial", "azp"),
    ]
    .map(|(table, column)| literal(b.value(table, column)))
    .into();
    let ids: Vec<_> = [("estrutura", "id"), ("adolescente", "id"), ("tramite", "idt")]
        .map(|(table, column)| b.value(table, column).to_owned())
        .into();
    let of = |ty: &str| -> Vec<String> {
        let (base, list) = match ty.strip_suffix("[]") {
            Some(base) => (base, true),
            None => (ty, false),
        };
        let values = match base {
            "text" | "character varying" => texts.clone(),
            "smallint" => vec![b.tribunal.to_string()],
            "bigint" => ids.clone(),
            "integer" => vec!["10".into()],
            "boolean" => vec!["true".into()],
            "date" => vec!["'2010-02-01'".into()],
            "timestamp with time zone" => vec!["now()".into()],
            _ => vec!["NULL".into()],
        };
        let cast = |value: String| match list {
            true => format!("ARRAY[{value}]::{ty}"),
            false => format!("{value}::{ty}"),
        };
        values.into_iter().map(cast).collect()
    };
    let choices: Vec<Vec<String>> = function.arguments.iter().map(|ty| of(ty)).collect();
    combinations(&choices)
}

/// All combinations of one value for each argument or, if there are more, [`MAX_CALLS`] of them. Each
/// value of each argument is in one of them.
fn combinations(choices: &[Vec<String>]) -> Vec<Vec<String>> {
    let all = choices.iter().map(Vec::len).product::<usize>();
    let longest = choices.iter().map(Vec::len).max().unwrap_or(1);
    let each_value = (0..longest)
        .map(|n| choices.iter().map(|values| values[n % values.len()].clone()).collect());
    // The others lie far apart. The step shares no factor with a number of values, so that they
    // differ in more than the last arguments.
    let is_prime_to_all = |step: &usize| choices.iter().all(|values| gcd(*step, values.len()) == 1);
    let first = (all / MAX_CALLS).max(1);
    let step = (first..=first + all).find(is_prime_to_all).unwrap_or(1);
    let far_apart = (0..all.min(MAX_CALLS)).map(|n| {
        let mut index = n * step % all;
        let pick = |values: &Vec<String>| {
            let value = values[index % values.len()].clone();
            index /= values.len();
            value
        };
        choices.iter().map(pick).collect()
    });
    let mut calls: Vec<Vec<String>> = Vec::new();
    for call in each_value.chain(far_apart) {
        if calls.len() < MAX_CALLS && !calls.contains(&call) {
            calls.push(call);
        }
    }
    calls
}

const fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::{MAX_CALLS, combinations, words};
    use std::collections::HashSet;

    #[test]
    fn each_value_of_each_argument_is_in_a_call() {
        // Every list of up to five arguments with one value, the three ids or the eight texts.
        for code in 0..3_usize.pow(5) {
            for arguments in 0..=5 {
                let count = |n: u32| [1, 3, 8][code / 3_usize.pow(n) % 3];
                let choices: Vec<Vec<String>> = (0..arguments)
                    .map(|n| (0..count(n)).map(|value| value.to_string()).collect())
                    .collect();
                let calls = combinations(&choices);
                let all: usize = choices.iter().map(Vec::len).product();
                let different: HashSet<_> = calls.iter().collect();
                assert_eq!((calls.len(), different.len()), (all.min(MAX_CALLS), calls.len()));
                for (n, values) in choices.iter().enumerate() {
                    let used: HashSet<_> = calls.iter().map(|call| &call[n]).collect();
                    assert_eq!(used.len(), values.len(), "argument {n} of {choices:?}");
                }
            }
        }
    }

    #[test]
    fn a_number_is_found_with_and_without_its_mask() {
        let found: Vec<_> =
            words(r#"{"numero":"9000741-62.2021.8.20.0083","id":2000000016}"#).collect();
        assert!(found.contains(&"90007416220218200083".to_owned()), "{found:?}");
        assert!(found.contains(&"2000000016".to_owned()), "{found:?}");
    }
}
