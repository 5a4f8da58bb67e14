//! A walk through the routes that compares each response with the document.

use super::document::OpenApiDocument;
use crate::support::{App, Response};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const JSON: &str = "application/json";
/// Media types that are not JSON.
const BYTES: [&str; 2] = ["application/octet-stream", "application/pdf"];

pub struct Walk<'a> {
    app: &'a App,
    document: OpenApiDocument,
    reached: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    pub fn new(app: &'a App) -> Self {
        Self { app, document: OpenApiDocument::new(), reached: BTreeSet::new() }
    }

    /// Sends a request whose body has every documented field, with the values of `own` where given.
    /// First sends it without a token, with an unknown parameter and, if the route takes `simular`,
    /// as a dry run. Returns the `dados` of the response.
    ///
    /// `in_path` fills the parameters of the path. A value without a name is appended.
    #[track_caller]
    pub fn request(
        &mut self,
        method: &str,
        template: &str,
        in_path: &[(&str, &str)],
        own: Value,
    ) -> Value {
        let template = format!("/api/v1{template}");
        let operation = self.document.0["paths"][&template][method.to_lowercase()].clone();
        assert!(operation.is_object(), "{method} {template} is not in the document");
        let mut path = template.clone();
        for (name, value) in in_path {
            path = match *name {
                "" => path + value,
                name => path.replace(name, value),
            };
        }
        let schema = &operation["requestBody"]["content"][JSON]["schema"];
        let body = match (schema.is_null(), own) {
            (false, Value::Object(own)) => {
                let mut body = self.document.example(schema);
                for (name, value) in own {
                    if let Some(field) = body.get_mut(&name) {
                        *field = value;
                    }
                }
                body.to_string()
            }
            _ => String::new(),
        };

        let without_token =
            self.app.request(method, &path, &[("Content-Type", JSON)], body.as_bytes());
        self.check(&operation, 401, &without_token);
        let unknown = format!("{path}{}nada=1", if path.contains('?') { "&" } else { "?" });
        self.check(&operation, 400, &self.send(method, &unknown, &body));
        let params = operation["parameters"].as_array().into_iter().flatten();
        if params.into_iter().any(|parameter| parameter["name"] == "simular") {
            let dry_run = self.send(method, &format!("{path}?simular=true"), &body);
            self.check(&operation, 200, &dry_run);
            let warnings = json!(["simulação: todas as regras foram aplicadas e nada foi gravado"]);
            assert_eq!(dry_run.body["avisos"], warnings, "{method} {template}");
        }
        let response = self.send(method, &path, &body);
        self.check(&operation, 200, &response);
        assert_eq!(response.body.get("avisos"), None, "{method} {template}");
        self.reached.insert(operation["operationId"].as_str().unwrap().to_owned());
        response.body["dados"].clone()
    }

    /// Compares a response of another request with the document.
    #[track_caller]
    pub fn view(&mut self, method: &str, template: &str, status: u16, response: &Response) {
        let operation = self.document.0["paths"][template][method.to_lowercase()].clone();
        assert!(operation.is_object(), "{method} {template} is not in the document");
        self.check(&operation, status, response);
        if status == 200 {
            self.reached.insert(operation["operationId"].as_str().unwrap().to_owned());
        }
    }

    /// Returns the operations with such a tag that the walk did not reach.
    pub fn forgotten(&self, tag: fn(&str) -> bool) -> Vec<String> {
        let all = self.document.operations();
        let all = all.filter(|(_, _, operation)| tag(operation["tags"][0].as_str().unwrap()));
        let all = all.map(|(_, _, operation)| operation["operationId"].as_str().unwrap());
        all.filter(|name| !self.reached.contains(*name)).map(str::to_owned).collect()
    }

    fn send(&self, method: &str, path: &str, body: &str) -> Response {
        let bearer = self.app.bearer("tjrn");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", JSON)];
        self.app.request(method, path, &headers, body.as_bytes())
    }

    /// Compares the response and its headers with the documented response of that status.
    #[track_caller]
    fn check(&self, operation: &Value, status: u16, response: &Response) {
        let name = &operation["operationId"];
        assert_eq!(response.status, status, "{name} {}", response.text);
        let mut documented = &operation["responses"][status.to_string()];
        if let Some(reference) = documented["$ref"].as_str() {
            documented = self.document.0.pointer(reference.trim_start_matches('#')).unwrap();
        }
        let media = response.headers["content-type"].as_str();
        if BYTES.contains(&media) {
            assert!(
                documented["content"][media].is_object(),
                "{name} {status} is not in the document"
            );
            return;
        }
        let schema = &documented["content"][JSON]["schema"];
        assert!(!schema.is_null(), "{name} {status} is not in the document");
        let faults = self.document.faults(schema, &response.body, "");
        assert_eq!(faults, Vec::<String>::new(), "{name} {}", response.text);
        for ours in ["etag", "www-authenticate", "retry-after", "idempotent-replayed"] {
            let headers = documented["headers"].as_object();
            let is_documented = headers
                .is_some_and(|given| given.keys().any(|header| header.eq_ignore_ascii_case(ours)));
            assert!(
                is_documented || !response.headers.contains_key(ours),
                "{name} {status} {ours}"
            );
        }
    }
}
