use super::*;
use crate::graphql::document::prepare::{PrepareOptions, Preparer};
use serde_json::{Value as Json, json};

fn measure<T>(text: &str, json: Json, f: impl FnOnce(&CostPlan, &Variables) -> T) -> T {
    let preparer = Preparer::new(&crate::graphql::sdl(), PrepareOptions::default()).unwrap();
    let variables = Variables::from_json(json);
    let (prepared, variables) = preparer.prepare(text, None, variables).unwrap();
    f(&prepared.cost, &variables)
}

fn cost(text: &str) -> u64 {
    measure(text, json!({}), CostPlan::cost)
}

/// The cost of an operation with this many reads and nothing else.
const fn base(reads: u64) -> u64 {
    100 + 50 * reads
}

#[test]
fn objects_cost_one_and_scalars_nothing() {
    assert_eq!(cost("{ eu { sub azp papeis } }"), base(1) + 1);
    assert_eq!(cost("{ eu { tribunal { id } } }"), base(1) + 2);
    assert_eq!(cost("{ eu { sub } x: eu { sub } }"), base(2) + 2);
    // A field that is written twice runs once.
    assert_eq!(cost("{ eu { sub } eu { azp } }"), base(1) + 1);
    assert_eq!(cost("{ eu @skip(if: true) { sub } }"), base(0));
}

#[test]
fn the_page_size_multiplies_the_sized_fields() {
    assert_eq!(cost("{ processos(first: 3) { nodes { id } } }"), base(1) + 1 + 3);
    assert_eq!(cost("{ processos { nodes { id } } }"), base(1) + 1 + 20);
    assert_eq!(cost("{ processos(last: 7) { edges { node { id } } } }"), base(1) + 1 + 7 * 2);
    assert_eq!(
        cost("{ processos(first: 3) { totalCount pageInfo { endCursor } } }"),
        base(1) + 1 + 10 + 300 + 1
    );
    // Counting a list below another list costs no `ROOT_COUNT_COST`, because such a list is short.
    assert_eq!(
        cost("{ processos(first: 3) { nodes { adolescentes(first: 1) { totalCount } } } }"),
        base(2) + 1 + 3 * (1 + 1 + 10)
    );
    assert_eq!(
        cost("{ processos(first: 2) { nodes { adolescentes(first: 5) { nodes { id } } } } }"),
        base(2) + 1 + 2 * (1 + 1 + 5)
    );
    assert_eq!(cost("{ tribunais { id } }"), base(1) + 27);
    assert_eq!(cost("{ processos(first: 0) { nodes { id } } }"), base(1) + 1);
    assert_eq!(cost("{ processos(first: -5) { nodes { id } } }"), base(1) + 1);
}

#[test]
fn the_weight_of_a_field_counts_once() {
    assert_eq!(cost("{ adolescentesSemelhantes(nome: \"a\") { score } }"), base(1) + 3_000 + 10);
    let three = "{ adolescentesSemelhantes(nome: \"a\", limite: 3) { score } }";
    assert_eq!(cost(three), base(1) + 3_000 + 3);
    let mutation = "mutation { baixarGuia(input: {numero: \"1\"}) { alterado guia { id } } }";
    assert_eq!(cost(mutation), base(1) + 10 + 1);
}

#[test]
fn the_page_size_may_come_in_a_variable() {
    let text = "query($n: Int) { processos(first: $n) { nodes { id } } }";
    assert_eq!(measure(text, json!({ "n": 4 }), CostPlan::cost), base(1) + 1 + 4);
    assert_eq!(measure(text, json!({ "n": null }), CostPlan::cost), base(1) + 1 + 20);
    assert_eq!(measure(text, json!({}), CostPlan::cost), base(1) + 1 + 20);
    let text = "query($n: Int = 6) { processos(first: $n) { nodes { id } } }";
    assert_eq!(measure(text, json!({}), CostPlan::cost), base(1) + 1 + 6);
    let ids = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    assert_eq!(measure(ids, json!({ "ids": ["a", "b"] }), CostPlan::cost), base(1) + 2);
    assert_eq!(cost("{ nodes(ids: [\"a\", \"b\", \"c\"]) { id } }"), base(1) + 3);
    let text = "query($n: Int) { adolescentesSemelhantes(nome: \"a\", limite: $n) { score } }";
    assert_eq!(measure(text, json!({}), CostPlan::cost), base(1) + 3_000 + 10);
}

#[test]
fn an_interface_field_counts_and_so_does_the_dearest_type() {
    let double = "{ processo(numero: \"1\") { guias(first: 50) { nodes { id } } } }";
    assert_eq!(cost(double), base(2) + 1 + 1 + 50);
    let types = "{ node(id: \"x\") {
        ... on ProcessoApuracao { guias(first: 50) { nodes { id } } }
        ... on Adolescente { guias(first: 70) { nodes { id } } } } }";
    assert_eq!(cost(types), base(3) + 1 + 1 + 70);
    let sum = "{ node(id: \"x\") {
        ... on ProcessoApuracao { guias(first: 50) { nodes { id } } }
        ... on Processo { eventos(first: 70) { nodes { id } } } } }";
    assert_eq!(cost(sum), base(3) + 1 + 1 + 50 + 1 + 70);
}

#[test]
fn introspection_costs_little() {
    let all = "{ __typename __schema { types { name fields { name } } } }";
    assert_eq!(cost(all), base(0) + 10);
}

#[test]
fn an_excess_tells_its_path_and_what_would_fit() {
    let text = "query($n: Int) { eu { sub } processos(first: 100) { nodes { adolescentes(first: $n) { nodes { id } } } } }";
    let message = |limit, n: i32| {
        measure(text, json!({ "n": n }), |cost, variables| {
            cost.check(limit, variables).map_err(|excess| excess.to_string())
        })
    };
    assert_eq!(message(10_000, 5), Ok(base(3) + 1 + 1 + 100 * (1 + 1 + 5)));
    assert_eq!(
        message(5_000, 79),
        Err("a operação custa 8.352, e o limite é 5.000: `processos.nodes.adolescentes` custa 8.000; com `first: 45` caberia".to_owned())
    );
    // If no page size of `adolescentes` fits, the error suggests a smaller one of `processos`.
    assert_eq!(
        message(400, 100),
        Err("a operação custa 10.452, e o limite é 400: `processos.nodes.adolescentes` custa 10.100; com `first: 1` em `processos` caberia".to_owned())
    );
    assert!(message(1, 100).is_err_and(|text| text.ends_with("custa 10.100")));
}

#[test]
fn an_excess_without_a_page_size_only_tells_the_cost() {
    let text = "{ tribunais { id } }";
    let excess = measure(text, json!({}), |cost, variables| cost.check(10, variables));
    let excess = excess.unwrap_err();
    assert_eq!((excess.cost, excess.fits_with), (177, None));
}

#[test]
fn a_schema_without_directives_serves_too() {
    let schema = DocumentSchema::from_sdl("type Query { a: [Query!] b: Query }").unwrap();
    assert!(schema.rules.of_field("Query", "a").is_some_and(|rule| rule.list.is_none()));
}

/// The cost that a filter adds to a page of one processo.
fn filter_cost(filter: &str) -> u64 {
    let without = cost("{ processos(first: 1) { nodes { id } } }");
    cost(&format!("{{ processos(first: 1, filtro: {filter}) {{ nodes {{ id }} }} }}")) - without
}

#[test]
fn each_condition_costs_and_one_on_another_table_costs_more() {
    let simple = filter_cost("{ idOrgao: 1 }");
    let relation = filter_cost("{ situacaoGuia: ATIVO }");
    assert!(0 < simple && simple < relation, "{simple} {relation}");
    assert_eq!(filter_cost("null"), 0);
    assert_eq!(filter_cost("{ situacaoGuia: null }"), filter_cost("{}"));
    let two = filter_cost("{ situacaoGuia: ATIVO, adolescente: \"202500000001\" }");
    assert!(relation < two);
    let nested = filter_cost("{ nao: { ou: [{ situacaoGuia: ATIVO }, { idOrgao: 1 }] } }");
    assert!(nested > relation + simple - filter_cost("{}"), "{nested}");
    assert!(filter_cost("{ situacao: [ATIVO, ARQUIVADO] }") > filter_cost("{ situacao: [ATIVO] }"));
}

#[test]
fn counting_rows_searches_for_them_once_more() {
    let query = |filter: &str, field: &str| {
        cost(&format!("{{ processos(first: 1, filtro: {filter}) {{ nodes {{ id }} {field} }} }}"))
    };
    let counted = |filter: &str| query(filter, "totalCount") - query(filter, "__typename");
    let filter = "{ situacaoGuia: ATIVO }";
    assert_eq!(counted(filter), counted("null") + 2 * filter_cost(filter));
}

#[test]
fn a_filter_in_a_variable_costs_the_same_as_inline() {
    let conditions = json!({ "nao": { "situacaoGuia": "ATIVO", "idOrgao": null }, "ou": [{ "adolescente": "202500000001" }, {}] });
    let literal = "{ nao: { situacaoGuia: ATIVO, idOrgao: null }, ou: [{ adolescente: \"202500000001\" }, {}] }";
    let with = |filter: &str| {
        cost(&format!("{{ processos(first: 1, filtro: {filter}) {{ nodes {{ id }} }} }}"))
    };
    let written = with(literal);
    assert!(written > with("null") + 600, "{written}");
    let whole = "query($f: ProcessoFiltro) { processos(first: 1, filtro: $f) { nodes { id } } }";
    assert_eq!(measure(whole, json!({ "f": conditions }), CostPlan::cost), written);
    assert_eq!(measure(whole, json!({ "f": null }), CostPlan::cost), with("null"));
    assert_eq!(measure(whole, json!({}), CostPlan::cost), with("null"));
    let default = format!(
        "query($f: ProcessoFiltro = {literal}) {{ processos(first: 1, filtro: $f) {{ nodes {{ id }} }} }}"
    );
    assert_eq!(measure(&default, json!({}), CostPlan::cost), written);
    assert_eq!(measure(&default, json!({ "f": {} }), CostPlan::cost), with("{}"));
    // One part of the filter as a variable, and one condition of another part.
    let part = "query($ou: [ProcessoFiltro!], $s: SituacaoGuia) {
        processos(first: 1, filtro: { nao: { situacaoGuia: $s, idOrgao: null }, ou: $ou }) { nodes { id } } }";
    let variables = json!({ "ou": conditions["ou"], "s": "ATIVO" });
    assert_eq!(measure(part, variables, CostPlan::cost), written);
    // The same variable twice.
    let double = "query($f: ProcessoFiltro) { a: processos(first: 1, filtro: $f) { nodes { id } } b: processos(first: 1, filtro: $f) { nodes { id } } }";
    let two = 2 * written - base(0);
    assert_eq!(measure(double, json!({ "f": conditions }), CostPlan::cost), two);
}

/// 49 root fields share one filter, which has 49 times two conditions on other tables, in 8 KB.
#[test]
fn a_filter_that_is_an_attack_is_refused_with_its_field() {
    let conditions: Vec<_> = (0..49)
        .map(|n| json!({ "adolescente": format!("9999999999{n:02}"), "situacaoGuia": "ATIVO" }))
        .collect();
    let fields: Vec<_> = (0..49)
        .map(|n| format!("a{n}: processos(filtro: {{ ou: $f }}, first: 1) {{ nodes {{ id }} }}"))
        .collect();
    let text = format!("query($f: [ProcessoFiltro!]) {{ {} }}", fields.join(" "));
    let check = |cost: &CostPlan, variables: &Variables| cost.check(250_000, variables);
    let excess = measure(&text, json!({ "f": conditions }), check).unwrap_err();
    assert!(excess.path.starts_with('a') && excess.fits_with.is_none(), "{excess}");
    assert!(measure(&text, json!({ "f": conditions[..2] }), check).is_ok());
}
