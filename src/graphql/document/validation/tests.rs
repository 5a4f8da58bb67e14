use super::*;
use crate::graphql::document::error::ErrorKind;
use crate::graphql::document::messages::Language;
use crate::graphql::document::validate::{Invalid, ValidateOptions, validate};

fn errors_of(text: &str, suggestions: bool) -> Vec<DocumentError> {
    let schema = DocumentSchema::from_sdl(&crate::graphql::sdl()).unwrap();
    let options = ValidateOptions { suggestions, ..ValidateOptions::default() };
    match validate(&schema, text, options) {
        Ok(_) => Vec::new(),
        Err(Invalid::Malformed(errors) | Invalid::Invalid(errors)) => errors,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn errors_are_in_portuguese_and_suggest_only_when_they_may() {
    let error = |text: &str, suggestions| {
        let errors = errors_of(text, suggestions);
        errors.first().unwrap_or_else(|| panic!("{text}")).message.to_string()
    };
    for (text, expected) in [
        ("{ eu { subs } }", "o tipo `Ator` não tem o campo `subs`; você quis dizer `sub`?"),
        ("{ eu { completamente } }", "o tipo `Ator` não tem o campo `completamente`"),
        (
            "{ processos(firts: 1) { totalCount } }",
            "`Query.processos` não tem o argumento `firts`; você quis dizer `first`?",
        ),
        (
            "{ processos(filtro: {IDorgao: 1}) { totalCount } }",
            "`ProcessoFiltro` não tem o campo `IDorgao`; você quis dizer `idOrgao`?",
        ),
        (
            "{ processos(filtro: {situacao: ATIVOS}) { totalCount } }",
            "`SituacaoProcesso` não tem o valor `ATIVOS`; você quis dizer `ATIVO`?",
        ),
        (
            "{ processos(first: \"1\") { totalCount } }",
            "espera-se um valor do tipo `Int`, e não um texto",
        ),
        ("{ processo { id } }", "falta o argumento obrigatório `Query.processo(numero:)`"),
        ("query($a: Int) { eu { sub } }", "a variável `$a` não é usada"),
        (
            "{ processos(first: 2147483648) { totalCount } }",
            "um `Int` vai de -2147483648 a 2147483647",
        ),
        ("{ ...F }", "o documento não tem o fragmento `F`"),
        ("{ eu @nada { sub } }", "não existe a diretiva `@nada`"),
        ("{ eu { sub } } fragment F on Ator { sub }", "o fragmento `F` não é usado"),
        (
            "{ node(id: 1) { ... on Query { eu { sub } } } }",
            "um fragmento de `Query` nunca se aplica a `Node`",
        ),
        (
            "query($n: String) { processos(first: $n) { totalCount } }",
            "a variável `$n`, do tipo `String`, não serve onde se espera `Int`",
        ),
        (
            "{ nodes(ids: [\"a\"]) { id } nodes(ids: [\"a\", \"b\"]) { __typename } }",
            "o campo `nodes` se repete com outros argumentos: dê um apelido a cada uso",
        ),
        ("{ eu }", "um objeto pede uma seleção de campos entre chaves"),
        (
            "{ node(id: 1) { ... on Tribunal { a: sigla a: nome } } }",
            "campos diferentes têm a mesma chave `a`: dê um apelido a cada uso",
        ),
    ] {
        assert_eq!(error(text, true), expected, "{text}");
        let without = expected.split(';').next().unwrap();
        assert_eq!(error(text, false), without, "{text}");
    }
    assert_eq!(error("{ eu {", true), "erro de sintaxe: esperava-se um nome, e não <EOF>");
}

#[test]
fn all_errors_of_all_rules_are_told_with_their_places() {
    let text = "query A($n: Nada, $m: Int) { eu { nada } processo { id } ...F processos(first: $x) { totalCount } } \
                fragment F on Int { x } fragment G on Query { eu { sub @nada } }";
    let errors = errors_of(text, false);
    let mut told: Vec<(String, usize)> = errors
        .iter()
        .map(|error| (error.message.text(Language::English), error.locations[0].column))
        .collect();
    told.sort();
    let expected = [
        ("a fragment cannot be on `Int`, which has no fields", 115),
        ("the directive `@nada` does not exist", 156),
        ("the fragment `G` is not used", 125),
        ("the required argument `Query.processo(numero:)` is missing", 42),
        ("the type `Ator` does not have the field `nada`", 35),
        ("the type `Nada` does not exist", 13),
        ("the variable `$m` is not used", 19),
        ("the variable `$n` is not used", 9),
        ("the variable `$x` is not declared", 80),
    ];
    assert_eq!(told, expected.map(|(message, column)| (message.to_owned(), column)));
}

#[test]
fn a_condition_at_the_root_of_a_subscription_is_named_once_a_selection() {
    let text = "subscription { processoAlterado @skip(if: true) @include(if: false) { processo { id } } \
                ... @include(if: true) { processoAlterado @skip(if: true) { processo { id } } } }";
    let errors = errors_of(text, false);
    let message = "the root field of a subscription takes neither @skip nor @include";
    let condition = errors.iter().find(|e| e.message.text(Language::English) == message).unwrap();
    let columns: Vec<usize> = condition.locations.iter().map(|at| at.column).collect();
    assert_eq!(columns, [33, 93]);
}

#[test]
fn errors_name_their_coordinate_in_the_schema() {
    for (text, coordinate) in [
        ("{ processos(firts: 1) { totalCount } }", "Query.processos"),
        ("{ processo { id } }", "Query.processo(numero:)"),
        ("{ processos(first: true) { totalCount } }", "Query.processos(first:)"),
        ("{ processos(filtro: {situacao: 1}) { totalCount } }", "ProcessoFiltro.situacao"),
        ("{ eu { nada } }", "Ator"),
        ("{ eu @skip { sub } }", "@skip(if:)"),
    ] {
        let errors = errors_of(text, false);
        assert_eq!(errors[0].coordinate.as_deref(), Some(coordinate), "{text}");
    }
}

#[test]
fn positions_hold_with_tabs_line_breaks_byte_order_marks_and_wide_characters() {
    for (text, line, column) in [
        ("\u{FEFF}{ nada }", 1, 4),
        ("\t{\tnada }", 1, 4),
        ("{\r\n nada }", 2, 2),
        ("{\r nada }", 2, 2),
        ("{ node(id: \"😀\") { nada } }", 1, 19),
        ("# 😀\n{ nada }", 2, 3),
        ("\"é\" query A(\"\"\"x\ny\"\"\" $n: Int = 1) { a: nada(n: $n) }", 2, 21),
    ] {
        let errors = errors_of(text, false);
        let at = errors[0].locations[0];
        assert_eq!((at.line, at.column), (line, column), "{text}");
    }
}

#[test]
fn pairs_of_fields_are_compared_up_to_a_limit() {
    let equal = |n: usize| format!("{{ eu {{ {} }} }}", "azp ".repeat(n));
    assert_eq!(errors_of(&equal(3_000), false), []);
    let objects = format!("{{ eu {{ {} }} }}", "tribunal { id } ".repeat(1_500));
    let [error] = &errors_of(&objects, false)[..] else { panic!() };
    assert_eq!((error.kind, error.message.key()), (ErrorKind::Limit, Key::TooManyPairs));
    // The error about the limit takes the place of the last of the others.
    let unknown = (0..MAX_ERRORS).map(|n| format!("nada{n}")).collect::<Vec<_>>().join(" ");
    let wrong = format!("{{ {unknown} eu {{ {} }} }}", "tribunal { id } ".repeat(1_500));
    let errors = errors_of(&wrong, false);
    assert_eq!(errors.len(), MAX_ERRORS);
    assert_eq!(errors[0].message.key(), Key::TooManyPairs);
}
