//! Parses a document and validates it against the schema, by every rule of the specification.

use super::error::DocumentError;
use super::messages::{Key, Message};
use super::scalars::CheckScalar;
use super::syntax::{self, Syntax};
use super::validation::{self, Checked};
use crate::graphql::document::position::Positions;
use crate::graphql::document::schema::DocumentSchema;
use crate::graphql::document::{expansion, limits};
use apollo_compiler::ast::Definition;
use apollo_compiler::diagnostic::ToCliReport;
use apollo_compiler::executable::Operation;
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Node};

/// Limits of the parser itself. The checks of `limits` on the raw text are stricter, so a document
/// reaches these limits only if those checks have a defect.
const MAX_TOKENS: usize = 300_000;
const MAX_RECURSION: usize = 200;
/// A document whose fragments form a cycle is validated, so that its errors tell where the cycle
/// is, only if it has at most this number of fragments.
const MAX_CYCLIC_FRAGMENTS: usize = 90;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    Limit(limits::TextExceeded),
    Expansion(expansion::ExpansionExceeded),
    /// The text is not a document.
    Malformed(Vec<DocumentError>),
    /// The document breaks rules.
    Invalid(Vec<DocumentError>),
}

#[derive(Debug, Clone, Copy)]
pub struct ValidateOptions {
    /// Whether messages suggest the name that the client probably meant.
    pub suggestions: bool,
    pub check_scalar: CheckScalar,
}

impl Default for ValidateOptions {
    fn default() -> Self {
        Self { suggestions: true, check_scalar: |_, _| None }
    }
}

/// A document that breaks no rule.
#[derive(Debug)]
pub struct ValidDocument {
    pub document: Valid<ExecutableDocument>,
    pub syntax: Syntax,
}

/// Parses and validates a document. `limits` bounds how deep the steps before validation recurse.
/// `expansion` bounds how deep validation recurses and how many selections it visits; if fragments
/// form a cycle, `MAX_CYCLIC_FRAGMENTS` bounds it instead.
pub fn validate(
    schema: &DocumentSchema,
    text: &str,
    options: ValidateOptions,
) -> Result<ValidDocument, Invalid> {
    limits::check(text, limits::TextLimits::default()).map_err(Invalid::Limit)?;
    let syntax = syntax::read(text).map_err(|error| {
        let locations = vec![Positions::new(text).at(error.offset)];
        Invalid::Malformed(vec![DocumentError::new(error.message, locations)])
    })?;
    let mut parser = Parser::new().token_limit(MAX_TOKENS).recursion_limit(MAX_RECURSION);
    let document = parser
        .parse_ast(syntax.blanked(text), "documento")
        .map_err(|failed| Invalid::Malformed(unreadable(text, &failed.errors)))?;
    let bounded = expansion::check(&document, expansion::ExpansionLimits::default());
    let fragments = document.definitions.iter().filter_map(Definition::as_fragment_definition);
    match bounded {
        Ok(()) => {}
        // Validation tells where the cycle is. Its rules recurse through spreads, and `expansion`
        // has not bounded how many fragments form a chain.
        Err(expansion::ExpansionExceeded::Cycle) if fragments.count() <= MAX_CYCLIC_FRAGMENTS => {}
        Err(exceeded) => return Err(Invalid::Expansion(exceeded)),
    }
    let positions = Positions::new(text);
    let ValidateOptions { suggestions, check_scalar } = options;
    let checked = Checked {
        schema,
        document: &document,
        syntax: &syntax,
        positions: &positions,
        check_scalar,
        suggestions,
    };
    let errors = validation::check(checked);
    if !errors.is_empty() {
        return Err(Invalid::Invalid(errors));
    }
    bounded.map_err(Invalid::Expansion)?;
    let document = document
        .to_executable(&schema.valid)
        .map_err(|failed| Invalid::Invalid(unreadable(text, &failed.errors)))?;
    Ok(ValidDocument { document: Valid::assume_valid(document), syntax })
}

/// The errors of apollo-compiler, for a text that the checks of this crate accept.
fn unreadable(text: &str, list: &DiagnosticList) -> Vec<DocumentError> {
    let positions = Positions::new(text);
    let errors = list.iter().take(validation::MAX_ERRORS).map(|diagnostic| {
        let message = Message::new(Key::Unreadable, vec![diagnostic.error.to_string()]);
        let locations = diagnostic.error.location().map(|span| positions.of(Some(span)));
        DocumentError::new(message, locations.into_iter().collect())
    });
    errors.collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndefinedOperation {
    /// The document consists only of fragments.
    NoOperation,
    Absent,
    Ambiguous,
}

impl UndefinedOperation {
    pub fn message(self) -> Message {
        let key = match self {
            Self::NoOperation => Key::NoOperation,
            Self::Absent => Key::AbsentOperation,
            Self::Ambiguous => Key::AmbiguousOperation,
        };
        Message::new(key, Vec::new())
    }
}

/// Selects the operation to execute: the one named `name` or, without a name, the only one.
pub fn select_operation<'d>(
    document: &'d Valid<ExecutableDocument>,
    name: Option<&str>,
) -> Result<&'d Node<Operation>, UndefinedOperation> {
    let operations = &document.operations;
    match name {
        Some(name) => operations.named.get(name).ok_or(UndefinedOperation::Absent),
        None => {
            let mut all = operations.iter();
            match (all.next(), all.next()) {
                (Some(only), None) => Ok(only),
                (None, _) => Err(UndefinedOperation::NoOperation),
                _ => Err(UndefinedOperation::Ambiguous),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::Pos;

    fn schema() -> DocumentSchema {
        DocumentSchema::from_sdl(&crate::graphql::sdl()).unwrap()
    }

    #[test]
    fn malformed_invalid_and_large_are_told_apart_with_their_place() {
        let schema = schema();
        let try_validate =
            |text: &str| validate(&schema, text, ValidateOptions::default()).map(|_| ());
        assert_eq!(try_validate("{ eu { sub } }"), Ok(()));
        let Err(Invalid::Malformed(errors)) = try_validate("{\n  eu {\n") else { panic!() };
        assert_eq!(errors[0].locations[0].line, 3);
        let text = "# ç\r\n{ node(id: \"çç\") { id nada } }";
        let Err(Invalid::Invalid(errors)) = try_validate(text) else { panic!() };
        assert_eq!(errors[0].locations, [Pos { line: 2, column: 23 }]);
        let cycle = "{ ...F } fragment F on Query { ...F }";
        let Err(Invalid::Invalid(errors)) = try_validate(cycle) else { panic!() };
        assert_eq!(errors[0].locations, [Pos { line: 1, column: 32 }]);
    }

    #[test]
    fn there_are_at_most_ten_errors() {
        let text = format!("{{ eu {{ sub {} }} }}", "nada ".repeat(40));
        let Err(Invalid::Invalid(errors)) = validate(&schema(), &text, ValidateOptions::default())
        else {
            panic!()
        };
        assert_eq!(errors.len(), validation::MAX_ERRORS);
    }

    #[test]
    fn a_subscription_has_one_root_however_often_it_is_repeated() {
        let schema = schema();
        let is_valid = |text: &str| validate(&schema, text, ValidateOptions::default()).is_ok();
        assert!(is_valid(
            "subscription { a: processoAlterado { id } a: processoAlterado { tipo } }"
        ));
        let repeated = "subscription { ...F processoAlterado { id } } \
                      fragment F on Subscription { processoAlterado { tipo } }";
        assert!(is_valid(repeated));
        assert!(!is_valid("subscription { processoAlterado { id } b: processoAlterado { id } }"));
        assert!(!is_valid("subscription { processoAlterado { id } processoAlterado { nada } }"));
        let conflict = "subscription { processoAlterado { x: id } processoAlterado { x: tipo } }";
        assert!(!is_valid(conflict));
        let another = "subscription A { processoAlterado { id } processoAlterado { id } } \
                     subscription B { processoAlterado { id } tramiteRecebido { id } }";
        assert!(!is_valid(another));
    }

    #[test]
    fn the_operation_is_the_named_or_the_only_one() {
        let schema = schema();
        let select = |text: &str, name: Option<&str>| {
            let document = validate(&schema, text, ValidateOptions::default()).unwrap().document;
            select_operation(&document, name)
                .map(|operation| operation.name.clone().map(|n| n.to_string()))
        };
        let two = "query A { eu { sub } } query B { eu { azp } }";
        assert_eq!(select(two, Some("B")), Ok(Some("B".to_owned())));
        assert_eq!(select(two, Some("C")), Err(UndefinedOperation::Absent));
        assert_eq!(select(two, None), Err(UndefinedOperation::Ambiguous));
        assert_eq!(select("query A { eu { sub } }", None), Ok(Some("A".to_owned())));
        assert_eq!(select("{ eu { sub } }", None), Ok(None));
        assert_eq!(select("{ eu { sub } }", Some("")), Err(UndefinedOperation::Absent));
    }

    #[test]
    fn nesting_up_to_the_limit_fits_the_recursion_of_the_parser() {
        let options = ValidateOptions::default();
        let deep = |n: usize| {
            let filter = format!("{}{{idOrgao: 1}}{}", "{nao: ".repeat(n), "}".repeat(n));
            format!("{{ processos(filtro: {filter}) {{ totalCount }} }}")
        };
        assert!(validate(&schema(), &deep(60), options).is_ok());
        let too_many = validate(&schema(), &deep(70), options).map(|_| ());
        assert_eq!(too_many, Err(Invalid::Limit(limits::TextExceeded::Nesting(64))));
    }
}
