//! Fields of a prepared operation that cannot be answered.

use crate::graphql::document::error::DocumentError;
use crate::graphql::document::normalize::CollectedSelection;
use crate::graphql::document::position::Positions;
use async_graphql::Pos;

/// A field whose place in the operation is taken by [`REFUSED`](crate::graphql_types::json::REFUSED).
#[derive(Debug)]
pub struct RefusedField {
    pub key: String,
    pub pos: Pos,
    pub nullable: bool,
    pub at_root: bool,
    pub error: DocumentError,
}

/// Collects the fields that are marked as refused.
pub(super) fn collect_refused(
    selections: &[CollectedSelection],
    at_root: bool,
    positions: &Positions<'_>,
    found: &mut Vec<RefusedField>,
) {
    for selection in selections {
        let fields = match selection {
            CollectedSelection::Field(field) => std::slice::from_ref(field),
            CollectedSelection::InlineFragment(_, fields) => fields,
        };
        for field in fields {
            if let Some(error) = &field.refused {
                found.push(RefusedField {
                    key: field.origin.response_key().to_string(),
                    pos: positions.of(field.origin.location()),
                    nullable: !field.definition.ty.is_non_null(),
                    at_root,
                    error: (**error).clone(),
                });
            }
            collect_refused(&field.selections, false, positions, found);
        }
    }
}
