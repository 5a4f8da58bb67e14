//! The tables of the specification about coercion (§3.10, §3.11, §6.4.1), seen by resolvers that
//! echo their arguments.

use crate::echo;
use async_graphql::Variables;
use elos::graphql::document::prepare::{PrepareOptions, Preparer};
use serde_json::{Value, json};

/// Returns the argument of this name as the resolver of `echo` sees it, or the messages.
fn argument(
    arguments: &str,
    definitions: &str,
    variables: Value,
    name: &str,
) -> Result<Value, String> {
    let preparer = Preparer::new(&echo::sdl(), PrepareOptions::default()).unwrap();
    let text = format!("query{definitions} {{ echo({arguments}) irmao }}");
    let prepared = preparer.prepare(&text, None, Variables::from_json(variables));
    let (prepared, variables) = prepared.map_err(|refused| refused.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response = runtime.block_on(echo::schema().execute(prepared.request(variables)));
    assert!(response.errors.is_empty(), "{text}: {:?}", response.errors);
    let data = response.data.into_json().unwrap();
    assert_eq!(data["irmao"], "respondido");
    if let [refused] = prepared.refused.as_slice() {
        assert_eq!(data["echo"], Value::Null);
        return Err(format!("campo: {}", refused.error.message));
    }
    let seen: Value = serde_json::from_str(data["echo"].as_str().unwrap()).unwrap();
    Ok(seen[name].clone())
}

/// §3.10, the table of input objects: a literal, variables, and what becomes of them.
#[test]
fn input_objects_are_coerced_as_the_table_says() {
    let whole = |exigido: i32, texto: Option<Value>| {
        let mut value = json!({ "cor": "AZUL", "exigido": exigido, "padrao": 7, "padraoNulo": 8 });
        if let Some(texto) = texto {
            value["texto"] = texto;
        }
        Ok(value)
    };
    let entrada = |literal: &str, definitions: &str, variables| {
        argument(&format!("entrada: {literal}"), definitions, variables, "entrada")
    };
    for (literal, definitions, variables, expected) in [
        ("{texto: \"abc\", exigido: 123}", "", json!({}), whole(123, Some(json!("abc")))),
        ("{texto: null, exigido: 123}", "", json!({}), whole(123, Some(json!(null)))),
        ("{exigido: 123}", "", json!({}), whole(123, None)),
        ("{texto: $t, exigido: 123}", "($t: String)", json!({}), whole(123, None)),
        (
            "{texto: $t, exigido: 123}",
            "($t: String)",
            json!({ "t": null }),
            whole(123, Some(json!(null))),
        ),
        ("{exigido: $v}", "($v: Int!)", json!({ "v": 123.0 }), whole(123, None)),
        ("$v", "($v: Dentro)", json!({ "v": { "exigido": 123 } }), whole(123, None)),
        ("$v", "($v: Dentro)", json!({}), Ok(json!(null))),
    ] {
        assert_eq!(entrada(literal, definitions, variables), expected, "{literal}");
    }
    for (literal, definitions, variables, message) in [
        ("\"abc123\"", "", json!({}), "espera-se um valor do tipo `Dentro`, e não um texto"),
        ("{exigido: \"123\"}", "", json!({}), "espera-se um valor do tipo `Int!`, e não um texto"),
        ("{texto: \"abc\"}", "", json!({}), "falta o campo obrigatório `Dentro.exigido`"),
        ("{exigido: $v}", "($v: Int!)", json!({}), "falta a variável `$v`"),
        (
            "$v",
            "($v: Dentro)",
            json!({ "v": { "texto": "abc" } }),
            "a variável `$v` não tem o campo `exigido`, que é obrigatório",
        ),
        ("{exigido: 1, x: 2}", "", json!({}), "`Dentro` não tem o campo `x`"),
    ] {
        assert_eq!(entrada(literal, definitions, variables), Err(message.to_owned()), "{literal}");
    }
}

/// §3.11, the table of lists.
#[test]
fn lists_are_coerced_as_the_table_says() {
    for (arguments, name, expected) in [
        ("ints: [1, 2, 3]", "ints", json!([1, 2, 3])),
        ("ints: 1", "ints", json!([1])),
        ("ints: null", "ints", json!(null)),
        ("ints: [1, null]", "ints", json!([1, null])),
        ("matriz: [[1], [2, 3]]", "matriz", json!([[1], [2, 3]])),
        ("matriz: 1", "matriz", json!([[1]])),
        ("matriz: [1, 2]", "matriz", json!([[1], [2]])),
        ("matriz: null", "matriz", json!(null)),
        ("exatos: -0", "exatos", json!([0])),
    ] {
        assert_eq!(argument(arguments, "", json!({}), name), Ok(expected), "{arguments}");
    }
    assert!(argument("ints: [1, \"b\"]", "", json!({}), "ints").is_err());
    let item = |variables| argument("ints: [1, $n]", "($n: Int)", variables, "ints");
    assert_eq!(item(json!({ "n": 2 })), Ok(json!([1, 2])));
    assert_eq!(item(json!({ "n": null })), Ok(json!([1, null])));
    assert_eq!(item(json!({})), Ok(json!([1, null])));
}

/// §6.4.1: defaults of arguments, and errors of one field beside answers of the others.
#[test]
fn a_variable_without_a_value_takes_the_default_or_refuses_its_field_alone() {
    let padrao = |variables| argument("padrao: $n", "($n: Int)", variables, "padrao");
    assert_eq!(padrao(json!({ "n": 1 })), Ok(json!(1)));
    assert_eq!(padrao(json!({})), Ok(json!(5)));
    let refused = "campo: `padrao` pede um `Int!`, e a variável `$n` é nula";
    assert_eq!(padrao(json!({ "n": null })), Err(refused.to_owned()));
    let nulo = |variables| argument("padraoNulo: $n", "($n: Int)", variables, "padraoNulo");
    assert_eq!(nulo(json!({})), Ok(json!(6)));
    assert_eq!(nulo(json!({ "n": null })), Ok(json!(null)));
    let inner = |variables| {
        argument("entrada: {exigido: 1, padrao: $n}", "($n: Int)", variables, "entrada")
    };
    assert_eq!(inner(json!({})).unwrap()["padrao"], 7);
    let refused = "campo: `entrada.padrao` pede um `Int!`, e a variável `$n` é nula";
    assert_eq!(inner(json!({ "n": null })), Err(refused.to_owned()));
    let item = |variables| argument("exatos: [1, $n]", "($n: Int = 2)", variables, "exatos");
    assert_eq!(item(json!({})), Ok(json!([1, 2])));
    let refused = "campo: `exatos.1` pede um `Int!`, e a variável `$n` é nula";
    assert_eq!(item(json!({ "n": null })), Err(refused.to_owned()));
}

#[test]
fn scalars_and_one_of_are_coerced_as_the_edition_says() {
    for (arguments, definitions, variables, name, expected) in [
        ("int: $n", "($n: Int)", json!({ "n": 20.0 }), "int", json!(20)),
        ("int: -0", "", json!({}), "int", json!(0)),
        ("float: 1", "", json!({}), "float", json!(1)),
        ("float: $n", "($n: Float)", json!({ "n": 1 }), "float", json!(1)),
        ("id: 4", "", json!({}), "id", json!("4")),
        ("id: $n", "($n: ID)", json!({ "n": 4 }), "id", json!("4")),
        ("id: 123456789012345678901", "", json!({}), "id", json!("123456789012345678901")),
        ("umSo: {numero: 1}", "", json!({}), "umSo", json!({ "numero": 1 })),
        (
            "umSo: {texto: $t}",
            "($t: String!)",
            json!({ "t": "x" }),
            "umSo",
            json!({ "texto": "x" }),
        ),
        ("umSo: $u", "($u: Um)", json!({ "u": { "numero": 1.0 } }), "umSo", json!({ "numero": 1 })),
        ("cor: $c", "($c: Cor = VERDE)", json!({}), "cor", json!("VERDE")),
    ] {
        assert_eq!(argument(arguments, definitions, variables, name), Ok(expected), "{arguments}");
    }
    for (arguments, definitions, variables) in [
        ("int: 1.0", "", json!({})),
        ("int: $n", "($n: Int)", json!({ "n": 1.5 })),
        ("int: $n", "($n: Int)", json!({ "n": "1" })),
        ("umSo: {numero: 1, texto: \"x\"}", "", json!({})),
        ("umSo: {numero: null}", "", json!({})),
        ("umSo: {texto: $t}", "($t: String)", json!({ "t": "x" })),
        ("umSo: $u", "($u: Um)", json!({ "u": {} })),
        ("cor: \"AZUL\"", "", json!({})),
    ] {
        assert!(argument(arguments, definitions, variables, "int").is_err(), "{arguments}");
    }
}
