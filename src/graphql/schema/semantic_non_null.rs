//! The SDL for clients that handle errors of fields themselves.
//!
//! Every field of `Query` and `Mutation` is nullable, so that an error at one leaves the others
//! their answers. For most of them, front ends then have to handle a null that never comes without
//! an error. `@semanticNonNull` says that a field is null only if it has an error; Relay, Apollo
//! Kotlin and others generate non-null types for such a field. The directive is a proposal, so a
//! client gets it only by asking.

use std::fmt::Write;

const DEFINITION: &str = "\"O campo só é nulo por um erro que está em `errors`.\"\ndirective @semanticNonNull(levels: [Int] = [0]) on FIELD_DEFINITION\n";

/// Fields of `Query` that are neither a list nor a connection, and yet are null only by an error.
const ALWAYS_THERE: [&str; 2] = ["eu", "verificarEnvio"];

/// Marks the fields of `Query` and `Mutation` that are null only by an error: lists, connections,
/// payloads and the fields in `ALWAYS_THERE`.
pub fn mark(sdl: &str) -> String {
    let mut marked = String::with_capacity(sdl.len() + 4_096);
    let mut root = None;
    let mut field = String::new();
    for line in sdl.lines() {
        if let Some(name) = line.strip_prefix("type ").and_then(|rest| rest.split(' ').next()) {
            root = Some(name).filter(|name| matches!(*name, "Query" | "Mutation"));
        } else if line == "}" {
            root = None;
        }
        let name_end = line.find(['(', ':']).unwrap_or(line.len());
        // The fields of a type stand two blanks deep, their arguments four.
        if line.starts_with("  ") && line.as_bytes().get(2).is_some_and(u8::is_ascii_alphabetic) {
            line[2..name_end].clone_into(&mut field);
        }
        marked.push_str(line);
        if let Some(root) = root
            && let Some(ty) = type_of(line)
            && is_marked(root, &field, ty)
        {
            marked.push_str(" @semanticNonNull");
        }
        marked.push('\n');
    }
    // Writing to a `String` cannot fail.
    _ = write!(marked, "\n{DEFINITION}");
    marked
}

/// The type of the field whose definition ends on this line. `None` if no definition ends here.
fn type_of(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("  ").filter(|rest| !rest.starts_with([' ', '"']))?;
    let rest = rest.split(" @").next()?;
    if let Some(ty) = rest.strip_prefix("): ") {
        return Some(ty);
    }
    if rest.contains('(') && !rest.contains("): ") {
        return None;
    }
    let (_, ty) = rest.rsplit_once("): ").or_else(|| rest.split_once(": "))?;
    Some(ty)
}

fn is_marked(root: &str, field: &str, ty: &str) -> bool {
    let nullable = !ty.ends_with('!');
    let present = root == "Mutation"
        || ty.starts_with('[')
        || ty.ends_with("Connection")
        || ALWAYS_THERE.contains(&field);
    nullable && present
}

#[cfg(test)]
mod tests {
    use super::*;
    use apollo_compiler::Schema;

    #[test]
    fn lists_connections_and_payloads_of_the_roots_are_marked_and_nothing_else_changes() {
        let sdl = crate::graphql::sdl();
        let marked = mark(&sdl);
        let schema = Schema::parse_and_validate(&marked, "marked").unwrap();
        let is_marked = |ty: &str, field: &str| {
            schema.type_field(ty, field).unwrap().directives.has("semanticNonNull")
        };
        for (ty, field, expected) in [
            ("Query", "processos", true),
            ("Query", "eu", true),
            ("Query", "tribunais", true),
            ("Query", "nodes", true),
            ("Query", "estatisticas", true),
            ("Query", "processo", false),
            ("Query", "node", false),
            ("Query", "guia", false),
            ("Mutation", "cadastrarProcesso", true),
            ("Adolescente", "nome", false),
            ("Adolescente", "processos", false),
        ] {
            assert_eq!(is_marked(ty, field), expected, "{ty}.{field}");
        }
        let mutations = &schema.get_object("Mutation").unwrap().fields;
        assert!(mutations.keys().all(|field| is_marked("Mutation", field)));
        let without = marked.replace(DEFINITION, "").replace(" @semanticNonNull", "");
        assert_eq!(without.trim_end(), sdl.trim_end());
    }
}
