//! Parses a document and validates it against the schema, by every rule of the specification.

use super::error::DocumentError;
use crate::graphql::document::position::Positions;
use crate::graphql::document::schema::DocumentSchema;
use crate::graphql::document::{expansion, extra_rules, limits, messages};
use apollo_compiler::diagnostic::{Diagnostic, ToCliReport};
use apollo_compiler::executable::Operation;
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::{DiagnosticData, DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Node};

/// Maximum number of errors reported for a document.
const MAX_ERRORS: usize = 10;

/// Limits of the parser itself. The checks of `limits` on the raw text are stricter, so a document
/// reaches these limits only if those checks have a defect.
const MAX_TOKENS: usize = 300_000;
const MAX_RECURSION: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error(transparent)]
    Limit(#[from] limits::TextExceeded),
    #[error(transparent)]
    Expansion(#[from] expansion::ExpansionExceeded),
    #[error("o documento GraphQL está malformado")]
    Malformed(Vec<DocumentError>),
    #[error("o documento GraphQL não vale neste esquema")]
    Invalid(Vec<DocumentError>),
}

#[derive(Debug, Clone, Copy)]
pub struct ValidateOptions {
    /// Whether messages suggest the name that the client probably meant.
    pub suggestions: bool,
}

impl Default for ValidateOptions {
    fn default() -> Self {
        Self { suggestions: true }
    }
}

/// Parses and validates a document. No step recurses deeper than `limits` lets the text nest, or
/// visits more selections than `expansion` allows.
pub fn validate(
    schema: &DocumentSchema,
    text: &str,
    options: ValidateOptions,
) -> Result<Valid<ExecutableDocument>, Invalid> {
    limits::check(text, limits::TextLimits::default())?;
    let report = |list: &DiagnosticList| document_errors(schema, text, list, options.suggestions);
    let mut parser = Parser::new().token_limit(MAX_TOKENS).recursion_limit(MAX_RECURSION);
    let document = parser
        .parse_ast(text, "documento")
        .map_err(|failed| Invalid::Malformed(report(&failed.errors)))?;
    expansion::check(&document, expansion::ExpansionLimits::default())?;
    // Stop after the first step if it fails. It drops fields that do not exist, so the second step
    // would also report their parents as having no selection.
    let valid = document
        .to_executable(&schema.valid)
        .map_err(|failed| Invalid::Invalid(report(&failed.errors)))?
        .validate(&schema.valid)
        .or_else(|failed| match only_repeats_roots(&failed.errors, &failed.partial) {
            true => Ok(Valid::assume_valid(failed.partial)),
            false => Err(Invalid::Invalid(report(&failed.errors))),
        })?;
    let mut invalid = extra_rules::check(schema, &valid, &Positions::new(text));
    invalid.truncate(MAX_ERRORS);
    if invalid.is_empty() { Ok(valid) } else { Err(Invalid::Invalid(invalid)) }
}

/// Whether the only errors are subscriptions that repeat their one root field. The specification
/// (§5.2.4.1) allows that, as for any field, but apollo-compiler 1 counts each occurrence.
fn only_repeats_roots(errors: &DiagnosticList, document: &ExecutableDocument) -> bool {
    let is_count_error = |error: Diagnostic<'_, DiagnosticData>| {
        error.error.unstable_error_name() == Some("SubscriptionUsesMultipleFields")
    };
    let has_single_key = |operation: &Node<Operation>| {
        let mut keys = operation.root_fields(document).map(|field| field.response_key());
        let first = keys.next();
        keys.all(|key| Some(key) == first)
    };
    let mut subscriptions = document.operations.iter().filter(|o| o.is_subscription());
    errors.iter().all(is_count_error) && subscriptions.all(has_single_key)
}

fn document_errors(
    schema: &DocumentSchema,
    text: &str,
    list: &DiagnosticList,
    suggestions: bool,
) -> Vec<DocumentError> {
    let positions = Positions::new(text);
    let error = |diagnostic: Diagnostic<'_, DiagnosticData>| {
        let message = messages::translate(schema, &diagnostic.error.to_string(), suggestions);
        let locations = diagnostic.error.location().map(|span| positions.of(Some(span)));
        DocumentError { message, locations: locations.into_iter().collect() }
    };
    list.iter().take(MAX_ERRORS).map(error).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UndefinedOperation {
    /// The document consists only of fragments.
    #[error("o documento não tem operação")]
    NoOperation,
    #[error("o documento não tem a operação que `operationName` pede")]
    Absent,
    #[error("o documento tem várias operações: diga qual em `operationName`")]
    Ambiguous,
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
        assert_eq!(
            try_validate(cycle),
            Err(Invalid::Expansion(expansion::ExpansionExceeded::Cycle))
        );
    }

    #[test]
    fn there_are_at_most_ten_errors() {
        let text = format!("{{ eu {{ sub {} }} }}", "nada ".repeat(40));
        let Err(Invalid::Invalid(errors)) = validate(&schema(), &text, ValidateOptions::default())
        else {
            panic!()
        };
        assert_eq!(errors.len(), MAX_ERRORS);
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
            let document = validate(&schema, text, ValidateOptions::default()).unwrap();
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
