//! The Postman collection agrees with the OpenAPI document. `script/test-extended` checks that the
//! collection is the output of `script/postman` and that each request gets the status that its test
//! states.

use super::bodies::document;
use serde_json::Value;
use std::collections::BTreeSet;

const COLLECTION: &str = include_str!("../../../examples/elos.postman_collection.json");

/// Returns the path of a request, as the document writes it.
fn template(url: &Value) -> String {
    let segments =
        url["path"].as_array().unwrap().iter().map(|segment| match segment.as_str().unwrap() {
            "0-8" => "{inicio}-{fim}".to_owned(),
            segment => match segment.strip_prefix(':') {
                Some(name) => format!("{{{name}}}"),
                None => segment.to_owned(),
            },
        });
    format!("/{}", segments.collect::<Vec<_>>().join("/"))
}

#[test]
fn the_collection_has_every_operation_of_the_document_and_no_other() {
    let collection: Value = serde_json::from_str(COLLECTION).unwrap();
    let mut requested = BTreeSet::new();
    for item in collection["item"].as_array().unwrap().iter().filter_map(|f| f["item"].as_array()) {
        for request in item {
            let tests = request["event"][0]["script"]["exec"][0].as_str().unwrap();
            assert!(tests.contains("pm.response.to.have.status("), "{}", request["name"]);
            let request = &request["request"];
            let method = request["method"].as_str().unwrap().to_owned();
            requested.insert((method, template(&request["url"])));
        }
    }
    let document = document();
    let paths = document["paths"].as_object().unwrap().iter();
    let documented: BTreeSet<_> = paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(|method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    assert_eq!(requested, documented, "run script/postman");
}
