use super::*;
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
    let prepared = preparer.prepare(text, Some("Q"), &Variables::default()).unwrap();
    assert_eq!(
        (prepared.operation_type, prepared.name.as_deref()),
        (OperationType::Query, Some("Q"))
    );
    assert_eq!(prepared.root_fields, ["eu", "__typename"]);
    assert!(!prepared.introspection && !prepared.is_empty);
    let prepared = preparer.prepare(text, Some("M"), &Variables::default()).unwrap();
    assert_eq!(prepared.operation_type, OperationType::Mutation);
    let text = "{ __schema { queryType { name } } }";
    assert!(preparer.prepare(text, None, &Variables::default()).unwrap().introspection);
    let text = "{ eu @skip(if: true) { sub } }";
    assert!(preparer.prepare(text, None, &Variables::default()).unwrap().is_empty);
}

#[test]
fn it_remembers_by_text_operation_and_conditions() {
    let preparer = preparer();
    let text = "query A($c: Boolean!, $n: Int) { eu @skip(if: $c) { sub } processos(first: $n) { totalCount } } query B { eu { sub } }";
    let prepare =
        |operation, json| preparer.prepare(text, Some(operation), &variables(json)).unwrap();
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
        preparer.prepare(&format!("{{ a{i}: eu {{ sub }} }}"), None, &nothing).unwrap();
        assert!(preparer.prepare(&format!("{{ a{i} }}"), None, &nothing).is_err());
    }
    assert!(preparer.cache.weight() <= 200_000 && preparer.cache.len() > 20);
}

#[test]
fn variables_are_checked_for_a_cached_document_too() {
    let preparer = preparer();
    let text = "query($c: Boolean! = true, $i: ID!) { node(id: $i) { id @skip(if: $c) } }";
    let prepare = |json| preparer.prepare(text, None, &variables(json)).map(|p| p.is_empty);
    assert_eq!(prepare(json!({ "i": "x" })), Ok(false));
    let missing = |name: &str| Err(InvalidVariable::Missing(name.to_owned()).into());
    assert_eq!(prepare(json!({})), missing("i"));
    assert_eq!(prepare(json!({ "i": "x", "c": null })), missing("c"));
}

#[test]
fn introspection_that_multiplies_is_refused() {
    let preparer = preparer();
    let deep = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    let refusal = preparer.prepare(deep, None, &Variables::default()).map(|_| ());
    assert_eq!(refusal, Err(PrepareError::DeepIntrospection));
}

#[test]
fn positions_are_those_of_the_clients_text() {
    let preparer = preparer();
    let text = "{ ...F }\nfragment F on Query {\n  eu { sub }\n}";
    let prepared = preparer.prepare(text, None, &Variables::default()).unwrap();
    let operation = &prepared.operation;
    let Selection::Field(eu) = &operation.node.selection_set.node.items[0].node else { panic!() };
    assert_eq!((eu.pos.line, eu.pos.column), (3, 3));
}

#[test]
fn scalars_are_read_before_anything_else() {
    let is_valid = |scalar: &str, value: &ConstValue| {
        scalar != "NumeroProcesso" || *value == ConstValue::String("certo".into())
    };
    let options = PrepareOptions { is_valid, ..PrepareOptions::default() };
    let preparer = Preparer::new(&crate::graphql::sdl(), options).unwrap();
    let prepare = |text: &str, json| {
        preparer
            .prepare(text, None, &variables(json))
            .map(|_| ())
            .map_err(|refused| refused.to_string())
    };
    assert_eq!(prepare("{ processo(numero: \"certo\") { id } }", json!({})), Ok(()));
    assert_eq!(
        prepare("{ processo(numero: \"errado\") { id } }", json!({})),
        Err("o valor do argumento `numero` não é um `NumeroProcesso`".to_owned())
    );
    let within = "{ processos(filtro: {e: [{numero: [\"certo\", 12]}]}) { totalCount } }";
    assert_eq!(
        prepare(within, json!({})),
        Err("o valor do argumento `filtro` não é um `NumeroProcesso`".to_owned())
    );
    let text = "query($n: NumeroProcesso!) { processo(numero: $n) { id } }";
    assert_eq!(prepare(text, json!({ "n": "certo" })), Ok(()));
    assert_eq!(
        prepare(text, json!({ "n": "errado" })),
        Err("o valor de `$n` não é um `NumeroProcesso`".to_owned())
    );
}
