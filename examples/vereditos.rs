//! Prints one line for each document of the file: accepted or refused, and why. See
//! `script/conformance/oraculo`.
#![expect(clippy::unwrap_used, reason = "a tool, which stops at what it did not expect")]

use elos::graphql::document::{
    ConditionValues, DocumentSchema, ValidateOptions, normalize, validate,
};

fn main() {
    let path = std::env::args().nth(1).unwrap();
    let schema = DocumentSchema::from_sdl(&elos::graphql::sdl()).unwrap();
    for text in std::fs::read_to_string(path).unwrap().lines() {
        let text = text.replace('⏎', "\n");
        match validate(&schema, &text, ValidateOptions::default()) {
            Ok(document) => {
                let mut normal = Ok(Vec::new());
                for operation in document.operations.iter() {
                    normal = normal.and(normalize(
                        &schema,
                        &document,
                        operation,
                        &ConditionValues::new(),
                    ));
                }
                match normal {
                    Ok(_) => println!("aceito"),
                    Err(e) => println!("recusado NORMAL {e}"),
                }
            }
            Err(error) => println!("recusado {}", format!("{error:?}").replace('\n', " ")),
        }
    }
}
