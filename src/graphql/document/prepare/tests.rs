use super::*;
use crate::graphql::document::error::ErrorKind;
use crate::graphql::document::validate::{Invalid, ValidateOptions};
use async_graphql::Pos;
use async_graphql::Value as ConstValue;
use async_graphql::parser::types::Selection;
use serde_json::json;

fn preparer() -> Preparer {
    Preparer::new(&crate::graphql::sdl(), PrepareOptions::default()).unwrap()
}

fn variables(json: serde_json::Value) -> Variables {
    Variables::from_json(json)
}

#[test]
fn what_is_known_of_the_operation_is_told() {
    let preparer = preparer();
    let text = "query Q { a: eu { sub } b: eu { azp } __typename } mutation M { __typename }";
    let (prepared, _) = preparer.prepare(text, Some("Q"), Variables::default()).unwrap();
    assert_eq!(
        (prepared.operation_type, prepared.name.as_deref()),
        (OperationType::Query, Some("Q"))
    );
    assert_eq!(prepared.root_fields, ["eu", "__typename"]);
    assert!(prepared.introspection.is_none() && !prepared.is_empty);
    let (prepared, _) = preparer.prepare(text, Some("M"), Variables::default()).unwrap();
    assert_eq!(prepared.operation_type, OperationType::Mutation);
    let text = "{ __schema { queryType { name } } }";
    let (prepared, _) = preparer.prepare(text, None, Variables::default()).unwrap();
    assert!(prepared.introspection.is_some() && prepared.reads_nothing());
    let text = "{ eu @skip(if: true) { sub } }";
    assert!(preparer.prepare(text, None, Variables::default()).unwrap().0.is_empty);
}

#[test]
fn it_remembers_by_text_operation_and_conditions() {
    let preparer = preparer();
    let text = "query A($c: Boolean!, $n: Int) { eu @skip(if: $c) { sub } processos(first: $n) { totalCount } } query B { eu { sub } }";
    let prepare =
        |operation, json| preparer.prepare(text, Some(operation), variables(json)).unwrap().0;
    let first = prepare("A", json!({ "c": true, "n": 1 }));
    assert!(Arc::ptr_eq(&first, &prepare("A", json!({ "c": true, "n": 2 }))));
    let other = prepare("A", json!({ "c": false }));
    assert!(!Arc::ptr_eq(&first, &other));
    assert_eq!((first.root_fields.len(), other.root_fields.len()), (1, 2));
    assert!(Arc::ptr_eq(&other, &prepare("A", json!({ "c": false }))));
    assert_eq!(prepare("B", json!({})).root_fields, ["eu"]);
    assert_eq!(preparer.cache.len(), 2);
}

#[test]
fn the_cache_keeps_to_its_size_and_keeps_nothing_refused() {
    let options = PrepareOptions { cache: 200_000, ..PrepareOptions::default() };
    let preparer = Preparer::new(&crate::graphql::sdl(), options).unwrap();
    let nothing = Variables::default();
    for i in 0..200 {
        preparer.prepare(&format!("{{ a{i}: eu {{ sub }} }}"), None, nothing.clone()).unwrap();
        assert!(preparer.prepare(&format!("{{ a{i} }}"), None, nothing.clone()).is_err());
    }
    assert!(preparer.cache.weight() <= 200_000 && preparer.cache.len() > 20);
}

#[test]
fn variables_are_checked_for_a_cached_document_too() {
    let preparer = preparer();
    let text = "query($c: Boolean! = true, $i: ID!) { node(id: $i) { id @skip(if: $c) } }";
    let prepare = |json| {
        let prepared = preparer.prepare(text, None, variables(json));
        prepared.map(|(p, _)| p.is_empty).map_err(|refused| refused.to_string())
    };
    assert_eq!(prepare(json!({ "i": "x" })), Ok(false));
    assert_eq!(prepare(json!({})), Err("falta a variável `$i`".to_owned()));
    let null = Err("a variável `$c` não pode ser nula".to_owned());
    assert_eq!(prepare(json!({ "i": "x", "c": null })), null);
}

#[test]
fn introspection_that_multiplies_is_refused() {
    let preparer = preparer();
    let deep = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    let refusal = preparer.prepare(deep, None, Variables::default()).map(|_| ());
    let Err(PrepareError::Document(Invalid::Invalid(errors))) = refusal else { panic!() };
    assert_eq!(errors[0].kind, ErrorKind::Limit);
    assert_eq!(errors[0].locations, [Pos { line: 1, column: 3 }]);
}

#[test]
fn positions_are_those_of_the_clients_text() {
    let preparer = preparer();
    let text = "{ ...F }\nfragment F on Query {\n  eu { sub }\n}";
    let (prepared, _) = preparer.prepare(text, None, Variables::default()).unwrap();
    let operation = &prepared.operation;
    let Selection::Field(eu) = &operation.node.selection_set.node.items[0].node else { panic!() };
    assert_eq!((eu.pos.line, eu.pos.column), (3, 3));
}

#[test]
fn scalars_are_read_before_anything_else() {
    let check_scalar = |scalar: &str, value: &ConstValue| {
        let wrong = scalar == "NumeroProcesso" && *value != ConstValue::String("certo".into());
        wrong.then(|| "que pena".to_owned())
    };
    let validate = ValidateOptions { check_scalar, ..ValidateOptions::default() };
    let options = PrepareOptions { validate, ..PrepareOptions::default() };
    let preparer = Preparer::new(&crate::graphql::sdl(), options).unwrap();
    let errors = |text: &str, json| match preparer.prepare(text, None, variables(json)) {
        Ok(_) => Vec::new(),
        Err(PrepareError::Document(Invalid::Invalid(errors)) | PrepareError::Values(errors)) => {
            errors
        }
        Err(other) => panic!("{other:?}"),
    };
    assert_eq!(errors("{ processo(numero: \"certo\") { id } }", json!({})), []);
    let [error] = &errors("{ processo(numero: \"errado\") { id } }", json!({}))[..] else {
        panic!()
    };
    assert_eq!(
        error.message.to_string(),
        "o valor de `numero` não é um `NumeroProcesso`: que pena"
    );
    assert_eq!(error.coordinate.as_deref(), Some("Query.processo(numero:)"));
    assert_eq!(error.locations, [Pos { line: 1, column: 20 }]);
    let within = "{ processos(filtro: {e: [{numero: [\"certo\", 12]}]}) { totalCount } }";
    let [error] = &errors(within, json!({}))[..] else { panic!() };
    assert_eq!(error.field.as_deref(), Some("filtro.e.0.numero.1"));
    assert_eq!(error.coordinate.as_deref(), Some("ProcessoFiltro.numero"));
    let text = "query($n: NumeroProcesso!) { processo(numero: $n) { id } }";
    assert_eq!(errors(text, json!({ "n": "certo" })), []);
    let [error] = &errors(text, json!({ "n": "errado" }))[..] else { panic!() };
    assert_eq!(error.message.to_string(), "o valor de `$n` não é um `NumeroProcesso`: que pena");
    assert_eq!((error.kind, error.locations[0].column), (ErrorKind::Scalar, 7));
}

#[test]
fn an_operation_is_prepared_once_for_each_pattern_of_absent_variables() {
    let preparer = preparer();
    let text =
        "query($s: Int, $n: Int) { processos(first: $n, filtro: {idOrgao: $s}) { totalCount } }";
    let prepare = |json| preparer.prepare(text, None, variables(json)).unwrap().0;
    let given = prepare(json!({ "s": 1, "n": 1 }));
    assert!(Arc::ptr_eq(&given, &prepare(json!({ "s": 2 }))));
    let absent = prepare(json!({}));
    assert!(!Arc::ptr_eq(&given, &absent));
    assert!(Arc::ptr_eq(&absent, &prepare(json!({ "n": 2 }))));
}
