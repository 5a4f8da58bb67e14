//! Attempts on functions: what each may be asked about B, and what it tells.

use super::catalog::{Function, Relation};
use super::granted::{What, is_granted};
use super::probe::{self, Outcome, Statement, literal};
use super::report::{Kind, Report};
use super::world::{Side, World};
use diesel::prelude::*;
use indicatif::ProgressBar;
use std::collections::HashSet;

/// Who owns what looks past row-level security.
const DEFINER: &str = "elos_definidor";
/// The one definer function that acts as the owner of the tables: only an owner adds a month.
const MAKES_TABLES: &str = "elos_trilha_preparar";
const OWNER: &str = "elos_dono";
/// How many ways of asking a function are tried.
const CALLS: usize = 64;

/// Values of B that, told, name something of it: nothing else has them.
pub struct Secrets(HashSet<String>);

impl Secrets {
    /// Of what the application may not read of every tribunal anyway.
    pub fn of(world: &World, relations: &[Relation]) -> Self {
        let public = |oid: i64| {
            let relation = relations.iter().find(|relation| relation.oid == oid);
            relation.is_some_and(|relation| is_granted("elos_app", What::Read, &relation.name))
        };
        let tokens = |side: &Side| -> HashSet<String> {
            let rows = side.all().filter(|(oid, _)| !public(*oid));
            rows.flat_map(|(_, row)| row.values()).flat_map(words).collect()
        };
        let known = tokens(&world.a);
        let long = |word: &String| word.len() >= 7 && !known.contains(word);
        Self(tokens(&world.b).into_iter().filter(long).collect())
    }

    /// Those of them that `text` tells, and `asked` did not say itself.
    pub fn told(&self, text: &str, asked: &str) -> Vec<String> {
        let asked: HashSet<_> = words(asked).collect();
        let told: HashSet<_> = words(text).collect();
        let mut told: Vec<_> =
            told.difference(&asked).filter(|word| self.0.contains(*word)).cloned().collect();
        told.sort();
        told
    }
}

/// What a text is made of, in lower case, letters and digits only: `9000-1.2` is `900012` too.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let bare = text.split(|c: char| c.is_whitespace() || "\"',;:(){}[]/=&?<>".contains(c));
    bare.flat_map(|word| {
        let whole: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
        let parts = word.split(|c: char| !c.is_alphanumeric()).map(str::to_owned);
        std::iter::once(whole).chain(parts.collect::<Vec<_>>())
    })
    .filter(|word| !word.is_empty())
    .map(|word| word.to_lowercase())
}

/// Who owns them, and who may call them: what does not stand in the design is a crossing.
pub fn inspect(report: &mut Report, functions: &[Function]) {
    for function in functions.iter().filter(|function| function.definer) {
        let what = format!("função {}", function.signature);
        let owner_by_design = match function.bare_name() {
            MAKES_TABLES => OWNER,
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
                caller == &function.owner || is_granted(caller, What::Call, function.bare_name());
            let how = (!granted).then(|| "pode chamá-la, e o desenho não o concede".to_owned());
            report.count(caller, Kind::Function, &what, how);
        }
    }
}

/// Calls all that `role`, which is set and of A, may call, with B's values.
pub fn call(
    conn: &mut PgConnection,
    report: &mut Report,
    bar: &ProgressBar,
    role: &str,
    functions: &[Function],
    (world, secrets): (&World, &Secrets),
) -> QueryResult<()> {
    for function in functions.iter().filter(|function| function.callers.iter().any(|c| c == role)) {
        let calls = calls(function, &world.b);
        let statements: Vec<_> = calls
            .iter()
            .map(|arguments| {
                let sql = format!(
                    "SELECT string_agg(r::text, ' ') FROM {}({}) r",
                    function.name,
                    arguments.join(", ")
                );
                Statement::answering(sql)
            })
            .collect();
        for (arguments, outcome) in calls.iter().zip(probe::run(conn, &statements)?) {
            let text = match &outcome {
                Outcome::Ran { told, .. } => told.clone().unwrap_or_default(),
                Outcome::Failed { message, .. } => message.clone(),
            };
            let told = secrets.told(&text, &arguments.join(" "));
            let how = (!told.is_empty()).then(|| "disse o que é de outro tribunal".to_owned());
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

/// Ways to ask a function about B: values of its rows, by the type of each argument.
fn calls(function: &Function, b: &Side) -> Vec<Vec<String>> {
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
    let ways = choices.iter().map(Vec::len).product::<usize>().max(1);
    // Of too many, some that lie apart: 64 and what there is of each have no common measure.
    let step = (ways / CALLS).max(1) | 1;
    (0..ways.min(CALLS))
        .map(|n| {
            let mut way = n * step % ways;
            let pick = |values: &Vec<String>| {
                let value = values[way % values.len()].clone();
                way /= values.len();
                value
            };
            choices.iter().map(pick).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_number_is_found_with_and_without_its_mask() {
        let found: Vec<_> =
            words(r#"{"numero":"9000741-62.2021.8.20.0083","id":2000000016}"#).collect();
        assert!(found.contains(&"90007416220218200083".to_owned()), "{found:?}");
        assert!(found.contains(&"2000000016".to_owned()), "{found:?}");
    }
}
