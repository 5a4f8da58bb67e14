use crate::support::App;

/// The committed `schema.graphql` equals the schema of the program.
#[test]
fn schema_graphql_is_up_to_date() {
    let stored =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql")).unwrap();
    assert!(
        stored == elos::graphql::sdl(),
        "run `cargo run -- schema > schema.graphql` and look at the diff"
    );
}

#[test]
fn the_server_gives_the_sdl_without_a_token() {
    let app = App::empty();
    let response = app.request("GET", "/schema.graphql", &[], b"");
    assert_eq!((response.status, response.text), (200, elos::graphql::sdl()));
}

/// A client that handles errors of fields itself asks for the marks.
#[test]
fn the_sdl_marks_what_is_null_only_by_an_error_for_a_client_that_asks() {
    let app = App::empty();
    let marked = app.request("GET", "/schema.graphql?semanticNonNull=1", &[], b"");
    let plain = app.request("GET", "/schema.graphql?semanticNonNull=0", &[], b"");
    assert_eq!((marked.status, plain.text), (200, elos::graphql::sdl()));
    assert!(marked.text.contains("\n  eu: Ator @semanticNonNull\n"));
    assert!(
        marked.text.contains("directive @semanticNonNull(levels: [Int] = [0]) on FIELD_DEFINITION")
    );
    assert_ne!(marked.headers["etag"], plain.headers["etag"]);
}

/// Every type, field, argument and enum value has a description.
#[test]
fn everything_has_a_description() {
    let app = App::empty();
    let data = app.gql(
        "tjrn",
        "{ __schema { types { name description fields(includeDeprecated: true) { name description args { name description } }
           inputFields { name description } enumValues { name description } } } }",
    );
    let mut missing = Vec::new();
    let is_missing = |value: &serde_json::Value| {
        value["description"].as_str().is_none_or(|d| d.trim().is_empty())
    };
    for ty in data["__schema"]["types"].as_array().unwrap() {
        let name = ty["name"].as_str().unwrap();
        if name.starts_with("__") || ["Int", "Float", "String", "Boolean", "ID"].contains(&name) {
            continue;
        }
        if is_missing(ty) {
            missing.push(name.to_owned());
        }
        for list in ["fields", "inputFields", "enumValues"] {
            for item in ty[list].as_array().into_iter().flatten() {
                let args = item["args"].as_array().into_iter().flatten();
                for part in args.chain([item]).filter(|part| is_missing(part)) {
                    missing.push(format!("{name}.{} {}", item["name"], part["name"]));
                }
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}
