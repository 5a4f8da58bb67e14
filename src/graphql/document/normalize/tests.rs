use super::*;
use crate::graphql::document::validate::{ValidateOptions, validate};

/// The normalized operation as text.
fn normal(text: &str, condition_values: &[(&str, bool)]) -> Result<String, NormalizeError> {
    fn write(selections: &[CollectedSelection]) -> String {
        fn field(field: &CollectedField) -> String {
            let Field { alias, name, .. } = &*field.origin;
            let prefix = alias.as_ref().map(|a| format!("{a}:")).unwrap_or_default();
            let arguments = match field.origin.arguments.as_slice() {
                [] => String::new(),
                some_args => {
                    let one = |a: &Node<apollo_compiler::ast::Argument>| {
                        format!("{}:{}", a.name, a.value.serialize().no_indent())
                    };
                    format!("({})", some_args.iter().map(one).collect::<Vec<_>>().join(" "))
                }
            };
            let within = match field.selections.is_empty() {
                true => String::new(),
                false => format!("{{{}}}", write(&field.selections)),
            };
            format!("{prefix}{name}{arguments}{within}")
        }
        let selection_text = |selection: &CollectedSelection| match selection {
            CollectedSelection::Field(one) => field(one),
            CollectedSelection::InlineFragment(ty, fields) => {
                let fields: Vec<_> = fields.iter().map(field).collect();
                format!("..{ty}{{{}}}", fields.join(" "))
            }
        };
        selections.iter().map(selection_text).collect::<Vec<_>>().join(" ")
    }
    let schema = DocumentSchema::from_sdl(&crate::graphql::sdl()).unwrap();
    let document = validate(&schema, text, ValidateOptions::default()).unwrap().document;
    let operation = document.operations.iter().next().unwrap();
    let condition_values =
        condition_values.iter().map(|(name, value)| (Name::new(name).unwrap(), *value)).collect();
    normalize(&schema, &document, operation, &condition_values).map(|selections| write(&selections))
}

fn equal(text: &str, expected: &str) {
    assert_eq!(normal(text, &[]).as_deref(), Ok(expected), "{text}");
}

#[test]
fn equal_keys_are_merged_in_the_order_of_the_first() {
    equal(
        "{ eu { sub tribunal { id } azp } a: eu { sub } eu { azp tribunal { sigla } nacional } }",
        "eu{sub tribunal{id sigla} azp nacional} a:eu{sub}",
    );
    equal(
        "mutation { a: baixarGuia(input: {numero: \"1\"}) { alterado } ...F }
         fragment F on Mutation { a: baixarGuia(input: {numero: \"1\"}) { simulado alterado } }",
        "a:baixarGuia(input:{numero: \"1\"}){alterado simulado}",
    );
    equal(
        "{ processos(first: 1, after: \"a\") { totalCount } processos(after: \"a\", first: 1) { nodes { id } } }",
        "processos(first:1 after:\"a\"){totalCount nodes{id}}",
    );
}

#[test]
fn conditions_are_applied_and_fragments_dissolved() {
    let text = "query($s: Boolean!, $i: Boolean!) {
        eu @skip(if: $s) { sub } ...F @include(if: $i) ... @skip(if: false) { tribunais { id @include(if: false) sigla } } }
        fragment F on Query { eu { azp } ... on Query { eu { nacional } } }";
    let normal_with = |s, i| normal(text, &[("s", s), ("i", i)]).unwrap();
    assert_eq!(normal_with(true, false), "tribunais{sigla}");
    assert_eq!(normal_with(false, false), "eu{sub} tribunais{sigla}");
    assert_eq!(normal_with(true, true), "eu{azp nacional} tribunais{sigla}");
    assert_eq!(normal_with(false, true), "eu{sub azp nacional} tribunais{sigla}");
    equal("{ eu @skip(if: true) { sub } }", "");
    equal("{ eu { sub @skip(if: true) @include(if: true) } }", "eu");
}

#[test]
fn what_is_not_repeated_in_an_abstract_type_stays_as_written() {
    equal(
        "{ processo(numero: \"1\") { id ... on ProcessoApuracao { execucoes { totalCount } } ... on Node { id } versao } }",
        "processo(numero:\"1\"){id ..ProcessoApuracao{execucoes{totalCount}} versao}",
    );
    // Relay writes such documents. The normalizer drops a leaf for some types if an earlier one
    // requests it for all.
    equal(
        "{ node(id: \"x\") { __typename id ... on Processo { id numero } ... on Guia { n: numero __typename } } }",
        "node(id:\"x\"){__typename id ..Processo{numero} ..Guia{n:numero}}",
    );
    equal(
        "{ node(id: \"x\") { ... on Processo { ... on Node { ... on ProcessoExecucao { numero } } } } }",
        "node(id:\"x\"){..ProcessoExecucao{numero}}",
    );
    // The document is valid because each step may match, but all steps together never do.
    equal(
        "{ node(id: \"x\") { id ... on ProcessoApuracao { ... on Processo { ... on ProcessoExecucao { numero } } } } }",
        "node(id:\"x\"){id}",
    );
}

#[test]
fn what_is_repeated_in_a_type_is_distributed_over_all() {
    equal(
        "{ processo(numero: \"1\") { id tribunal { id } ... on ProcessoApuracao { tribunal { sigla } codigo } versao } }",
        "processo(numero:\"1\"){..ProcessoApuracao{id tribunal{id sigla} codigo versao} ..ProcessoExecucao{id tribunal{id} versao}}",
    );
    equal(
        "{ processo(numero: \"1\") { ... on ProcessoApuracao { id codigo } id versao } }",
        "processo(numero:\"1\"){..ProcessoApuracao{id codigo versao} ..ProcessoExecucao{id versao}}",
    );
    // The client requests the field for all types again after some of them: the order is that of
    // the text.
    equal(
        "{ processo(numero: \"1\") { tribunal { id } ... on ProcessoApuracao { tribunal { sigla } } tribunal { nome } } }",
        "processo(numero:\"1\"){..ProcessoApuracao{tribunal{id sigla nome}} ..ProcessoExecucao{tribunal{id nome}}}",
    );
    equal(
        "{ processo(numero: \"1\") { ... on ProcessoApuracao { tribunal { id @skip(if: true) } } tribunal { sigla } ... on ProcessoApuracao { tribunal { nome } } } }",
        "processo(numero:\"1\"){..ProcessoApuracao{tribunal{sigla nome}} ..ProcessoExecucao{tribunal{sigla}}}",
    );
    // Each type has its own arguments. No object has both types.
    equal(
        "{ processo(numero: \"1\") { ... on ProcessoApuracao { guias(first: 1) { totalCount } } ... on ProcessoExecucao { guias(first: 2) { totalCount } } } }",
        "processo(numero:\"1\"){..ProcessoApuracao{guias(first:1){totalCount}} ..ProcessoExecucao{guias(first:2){totalCount}}}",
    );
}

#[test]
fn distribution_has_a_limit() {
    let mut deep = "id".to_owned();
    for _ in 0..6 {
        deep = format!(
            "... on Processo {{ tribunal {{ id }} ... on ProcessoApuracao {{ tribunal {{ nome }} }} eventos {{ nodes {{ processo {{ {deep} }} }} }} ... on ProcessoExecucao {{ eventos {{ nodes {{ cursor }} }} }} }}"
        );
    }
    let fields = normal(&format!("{{ nodes(ids: []) {{ {deep} }} }}"), &[]);
    assert!(fields.is_ok_and(|text| text.len() > 3_000));
    let wide = "tribunal { id sigla nome codigo tr } ".repeat(300);
    let wide = format!("{{ nodes(ids: []) {{ ... on Processo {{ {wide} }} {deep} }} }}");
    assert!(normal(&wide, &[]).is_ok());
}

#[test]
fn the_conditions_that_count_are_those_of_the_operation() {
    let schema = DocumentSchema::from_sdl(&crate::graphql::sdl()).unwrap();
    let text = "query A($b: Boolean!, $a: Boolean!, $n: Int) { ...F processos(first: $n) { totalCount @include(if: $b) } }
        fragment F on Query { eu @skip(if: $a) @include(if: $b) { sub } }
        query B($c: Boolean!) { eu @skip(if: $c) { sub } }";
    let document = validate(&schema, text, ValidateOptions::default()).unwrap().document;
    let operation = document.operations.named.get("A").unwrap();
    let names = condition_variables(&document, operation);
    assert_eq!(names.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["a", "b"]);
}
