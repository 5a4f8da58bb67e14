//! Translates the validator's messages to Portuguese, and adds suggestions.
//!
//! apollo-compiler gives its errors only as text. The tests below check a part of the table against
//! the pinned version of apollo-compiler, so an upgrade may change other texts unnoticed. A message
//! that is not in the table passes unchanged.

use crate::graphql::document::schema::DocumentSchema;
use apollo_compiler::schema::ExtendedType;

/// The pattern of a message, and our translation: `{0}` stands for the first `{}` of the pattern.
const TRANSLATIONS: &[(&str, &str)] = &[
    (NO_FIELD, "o tipo `{0}` não tem o campo `{1}`"),
    (NO_ARGUMENT, "`{1}` não tem o argumento `{0}`"),
    (NO_INPUT_FIELD, "`{1}` não tem o campo `{0}`"),
    (NO_VALUE, "`{1}` não tem o valor `{0}`"),
    ("the required argument `{}` is not provided", "falta o argumento obrigatório `{0}`"),
    ("the required field `{}` is not provided", "falta o campo obrigatório `{0}`"),
    ("expected value of type {}, found {}", "espera-se um valor do tipo `{0}`, e não {1}"),
    (
        "variable `${}` of type `{}` cannot be used for argument `{}` of type `{}`",
        "a variável `${0}`, do tipo `{1}`, não serve ao argumento `{2}`, do tipo `{3}`",
    ),
    ("variable `${}` is not defined", "a variável `${0}` não foi declarada"),
    ("unused variable: `${}`", "a variável `${0}` não é usada"),
    (
        "the variable `${}` is declared multiple times",
        "a variável `${0}` é declarada mais de uma vez",
    ),
    ("the argument `{}` is provided multiple times", "o argumento `{0}` é dado mais de uma vez"),
    (
        "`${}` variable must be of an input type",
        "a variável `${0}` tem de ser de um tipo de entrada",
    ),
    ("cannot find fragment `{}` in this document", "o documento não tem o fragmento `{0}`"),
    ("cannot find type `{}` in this document", "não existe o tipo `{0}`"),
    ("cannot find directive `@{}` in this document", "não existe a diretiva `@{0}`"),
    ("{} directive is not supported for {} location", "a diretiva `@{0}` não vale aqui ({1})"),
    (
        "non-repeatable directive {} can only be used once per location",
        "a diretiva `@{0}` se repete no mesmo lugar",
    ),
    (
        "interface, union and object types must have a subselection set",
        "um objeto pede uma seleção de campos entre chaves",
    ),
    (
        "field selection of scalar type `{}` must not have subselections",
        "o escalar `{0}` não tem campos a selecionar",
    ),
    (
        "field selection of enum type `{}` must not have subselections",
        "a enumeração `{0}` não tem campos a selecionar",
    ),
    ("fragment `{}` must be used in an operation", "o fragmento `{0}` não é usado"),
    (
        "int cannot represent non 32-bit signed integer value",
        "um `Int` vai de -2147483648 a 2147483647",
    ),
    (
        "cannot select different fields into the same alias `{}`",
        "campos diferentes têm a mesma chave `{0}`: dê um apelido a cada uso",
    ),
    (
        "operation must not provide conflicting field arguments for the same name `{}`",
        "o campo `{0}` se repete com outros argumentos: dê um apelido a cada uso",
    ),
    (
        "operation must not select different types using the same name `{}`",
        "campos de tipos diferentes têm a mesma chave `{0}`: dê um apelido a cada uso",
    ),
    (
        "the operation `{}` is defined multiple times in the document",
        "a operação `{0}` se define mais de uma vez",
    ),
    (
        "the fragment `{}` is defined multiple times in the document",
        "o fragmento `{0}` se define mais de uma vez",
    ),
    (
        "anonymous operation cannot be selected when the document contains other operations",
        "uma operação sem nome tem de ser a única do documento",
    ),
    (
        "fragment `{}` with type condition `{}` cannot be applied to `{}`",
        "o fragmento `{0}`, de `{1}`, nunca se aplica a `{2}`",
    ),
    (
        "inline fragment with type condition `{}` cannot be applied to `{}`",
        "um fragmento de `{0}` nunca se aplica a `{1}`",
    ),
    (
        "subscription `{}` can only have one root field",
        "uma subscription seleciona um só campo na raiz: abra uma para cada campo",
    ),
    (
        "anonymous subscription can only have one root field",
        "uma subscription seleciona um só campo na raiz: abra uma para cada campo",
    ),
    (
        "subscription `{}` can not have an introspection field as a root field",
        "a raiz de uma subscription não tem campos de introspecção",
    ),
    (
        "anonymous subscription can not have an introspection field as a root field",
        "a raiz de uma subscription não tem campos de introspecção",
    ),
    (
        "subscription `{}` can not specify @skip or @include on root fields",
        "o campo na raiz de uma subscription não leva @skip nem @include",
    ),
    (
        "anonymous subscription can not specify @skip or @include on root fields",
        "o campo na raiz de uma subscription não leva @skip nem @include",
    ),
    ("syntax error: {}", "erro de sintaxe: {0}"),
];

const NO_FIELD: &str = "type `{}` does not have a field `{}`";
const NO_ARGUMENT: &str = "the argument `{}` is not supported by `{}`";
const NO_INPUT_FIELD: &str = "field `{}` does not exist on `{}`";
const NO_VALUE: &str = "value `{}` does not exist on `{}`";

/// Translates a message. Without `suggestions`, it reveals nothing of the schema to a client that
/// may not read it.
pub fn translate(schema: &DocumentSchema, message: &str, suggestions: bool) -> String {
    let found = TRANSLATIONS
        .iter()
        .find_map(|(theirs, ours)| Some((*theirs, *ours, parts(theirs, message)?)));
    let Some((theirs, ours, parts)) = found else { return message.to_owned() };
    let mut text = ours.to_owned();
    for (i, part) in parts.iter().enumerate() {
        text = text.replacen(&format!("{{{i}}}"), value(part), 1);
    }
    if suggestions && let Some(suggestion) = suggest(schema, theirs, &parts) {
        text = format!("{text}; você quis dizer `{suggestion}`?");
    }
    text
}

/// Translates the validator's name of a kind of value.
fn value(part: &str) -> &str {
    match part {
        "null" => "`null`",
        "a boolean" => "um booleano",
        "an enum" => "um valor de enumeração",
        "a string" => "um texto",
        "a variable" => "uma variável",
        "a float" => "um número com vírgula",
        "an integer" => "um inteiro",
        "a list" => "uma lista",
        "an input object" => "um objeto",
        another => another,
    }
}

/// Returns the parts of a message that stand where its pattern has `{}`, or `None` if the message
/// does not match.
fn parts<'m>(pattern: &str, message: &'m str) -> Option<Vec<&'m str>> {
    let mut pieces = pattern.split("{}");
    let mut rest = message.strip_prefix(pieces.next()?)?;
    let mut parts = Vec::new();
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let end = match pieces.peek() {
            Some(_) => rest.find(piece)?,
            // The last piece must end the message.
            None => rest.strip_suffix(piece)?.len(),
        };
        let (part, after) = rest.split_at_checked(end)?;
        parts.push(part);
        rest = after.get(piece.len()..)?;
    }
    rest.is_empty().then_some(parts)
}

fn suggest<'s>(schema: &'s DocumentSchema, theirs: &str, parts: &[&str]) -> Option<&'s str> {
    let [one, other] = parts else { return None };
    let ty = |name: &str| schema.valid.types.get(name);
    let (wrong, known_names): (_, Vec<&str>) = match theirs {
        NO_FIELD => (
            other,
            match ty(one)? {
                ExtendedType::Object(object) => object.fields.keys().map(AsRef::as_ref).collect(),
                ExtendedType::Interface(ty) => ty.fields.keys().map(AsRef::as_ref).collect(),
                _ => return None,
            },
        ),
        NO_ARGUMENT => {
            let (ty, field) = other.split_once('.')?;
            let field = schema.valid.type_field(ty, field).ok()?;
            (one, field.arguments.iter().map(|argument| argument.name.as_str()).collect())
        }
        NO_INPUT_FIELD => {
            (one, ty(other)?.as_input_object()?.fields.keys().map(AsRef::as_ref).collect())
        }
        NO_VALUE => (one, ty(other)?.as_enum()?.values.keys().map(AsRef::as_ref).collect()),
        _ => return None,
    };
    const TOO_LONG: usize = 80;
    let max = wrong.len().div_ceil(3).max(1);
    let near = |known_name: &&str| {
        (wrong.len().max(known_name.len()) <= TOO_LONG).then(|| edit_distance(wrong, known_name))
    };
    let candidates =
        known_names.into_iter().filter_map(|known_name| Some((near(&known_name)?, known_name)));
    let (distance, known_name) = candidates.min_by_key(|(distance, _)| *distance)?;
    (distance <= max).then_some(known_name)
}

/// The Levenshtein distance, ignoring case.
fn edit_distance(one: &str, other: &str) -> usize {
    let other: Vec<u8> = other.bytes().map(|b| b.to_ascii_lowercase()).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().map(|b| b.to_ascii_lowercase()).enumerate() {
        let mut diagonal = i;
        let mut previous = i + 1;
        for (b, cell) in other.iter().zip(row.iter_mut().skip(1)) {
            let substitution = diagonal + usize::from(a != *b);
            diagonal = *cell;
            *cell = substitution.min(diagonal + 1).min(previous + 1);
            previous = *cell;
        }
        row[0] = i + 1;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::document::validate::{Invalid, ValidateOptions, validate};

    #[test]
    fn errors_are_in_portuguese_and_suggest_only_when_they_may() {
        let schema = DocumentSchema::from_sdl(&crate::graphql::sdl()).unwrap();
        let error = |text: &str, suggestions| match validate(
            &schema,
            text,
            ValidateOptions { suggestions },
        ) {
            Err(Invalid::Malformed(errors) | Invalid::Invalid(errors)) => {
                errors.first().unwrap().message.clone()
            }
            other => panic!("{text}: {other:?}"),
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
                "a variável `$n`, do tipo `String`, não serve ao argumento `first`, do tipo `Int`",
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
        assert!(error("{ eu {", true).starts_with("erro de sintaxe: "));
    }

    #[test]
    fn the_distance_counts_changed_letters() {
        assert_eq!(edit_distance("sub", "SUB"), 0);
        assert_eq!(edit_distance("subs", "sub"), 1);
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("firts", "first"), 2);
    }
}
