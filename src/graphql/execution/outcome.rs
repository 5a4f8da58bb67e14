//! The outcome of an operation, in the form in which every protocol sends it.

use crate::call::Call;
use crate::call::record::CallRecord;
use crate::error::{Error, Failure};
use crate::graphql_types::field_error::FieldError;
use crate::graphql_types::json::JsonValue;
use crate::work::response_budget::Reservation;
use actix_web::web::Bytes;
use async_graphql::{Response, ServerError};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

/// The outcome of an operation. The keys of `data` have the order of the selection.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Value>,
    /// The result as JSON text. `None` if the request is refused as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Box<Extensions>>,
    /// Seconds after which a retry makes sense, if known.
    #[serde(skip)]
    pub retry_after: Option<u32>,
    /// The part of the memory for large responses that this outcome reserves.
    #[serde(skip)]
    pub memory: Option<Reservation>,
}

/// Size of `data`, in bytes, above which [`Outcome::json`] does not copy it.
const LARGE: usize = 64 * 1024;

/// A response in bytes.
pub enum SerializedOutcome {
    Whole(Vec<u8>),
    Parts([Bytes; 3]),
}

#[derive(Debug, Default, Serialize)]
pub struct Extensions {
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<Cost>,
    /// The paths of the fields that are null because the caller may not see them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ocultos: Vec<Vec<String>>,
}

#[derive(Debug, Serialize)]
struct Cost {
    requested: u64,
    limit: u64,
}

impl Outcome {
    /// Creates the outcome, without `data`, of an operation that the server refuses as a whole with
    /// this error.
    pub fn from_error(error: &Error) -> Self {
        let (failure, message) = error.log_and_redact();
        Self { retry_after: error.retry_after(), ..Self::from_failure(failure, &message) }
    }

    pub fn from_failure(failure: Failure, message: &str) -> Self {
        Self::from_code(failure.name(), failure.status(), message)
    }

    pub fn from_code(code: &str, status: u16, message: &str) -> Self {
        let extensions = json!({ "code": code, "status": status });
        let errors = vec![json!({ "message": message, "extensions": extensions })];
        Self { errors, ..Self::default() }
    }

    /// The messages of all errors, for people.
    pub fn messages(&self) -> String {
        let messages = self.errors.iter().filter_map(|json_error| json_error["message"].as_str());
        messages.collect::<Vec<_>>().join("; ")
    }

    /// Adds the cost of the operation and the limit, as `extensions.cost`.
    pub fn set_cost(&mut self, requested: u64, limit: u64) {
        self.extensions.get_or_insert_default().cost = Some(Cost { requested, limit });
    }

    /// Says which fields the response hides from the caller, as `extensions.ocultos`.
    pub fn set_hidden(&mut self, record: &CallRecord) {
        let hidden = record.hidden();
        if self.data.is_some() && !hidden.is_empty() {
            self.extensions.get_or_insert_default().ocultos = hidden;
        }
    }

    /// The HTTP status, whatever the protocol. 200 if there is `data`, otherwise the status of the
    /// first error.
    pub fn status(&self) -> u16 {
        match (&self.data, self.errors.first()) {
            (None, Some(json_error)) => status_of(json_error),
            _ => 200,
        }
    }

    /// The code of the first error, or `OK`.
    pub fn code(&self) -> &str {
        let first = self.errors.first();
        first.map_or("OK", |error| error["extensions"]["code"].as_str().unwrap_or("ERRO_INTERNO"))
    }

    /// Serializes the outcome. `data` of more than 64 KiB is not copied.
    pub fn json(mut self) -> serde_json::Result<SerializedOutcome> {
        let Some(data) = self.data.take_if(|data| data.get().len() > LARGE) else {
            return serde_json::to_vec(&self).map(SerializedOutcome::Whole);
        };
        let mut before = b"{".to_vec();
        if !self.errors.is_empty() {
            before.extend_from_slice(b"\"errors\":");
            serde_json::to_writer(&mut before, &self.errors)?;
            before.push(b',');
        }
        before.extend_from_slice(b"\"data\":");
        let mut after = Vec::new();
        if let Some(extensions) = &self.extensions {
            after.extend_from_slice(b",\"extensions\":");
            serde_json::to_writer(&mut after, extensions)?;
        }
        after.push(b'}');
        let data = Box::<str>::from(data).into_boxed_bytes();
        let data = match self.memory {
            Some(memory) => memory.hold(data),
            None => data.into(),
        };
        Ok(SerializedOutcome::Parts([before.into(), data, after.into()]))
    }

    /// Returns the outcome that the call may show, and records the failed fields in the trail.
    #[must_use]
    pub fn for_call(self, call: &Call) -> Self {
        // If the enumeration limit refused the first lookup of the call, the call has nothing to
        // show, unless it has already committed something. A call that passes the limit midway
        // shows what it looked up before: those lookups are counted, and the later ones failed.
        let mut outcome = match call.rate_limited().filter(|_| !call.record.committed()) {
            Some(error) => Self::from_error(&error),
            None => self,
        };
        outcome.set_hidden(&call.record);
        outcome.record_failures(&call.record);
        outcome
    }

    /// Records the status of each error in the trail.
    pub fn record_failures(&self, record: &CallRecord) {
        self.errors.iter().for_each(|json_error| record.add_failure(status_of(json_error)));
    }

    /// Converts a response of async-graphql or of [`Executor`](super::executor::Executor).
    pub fn from_response(response: Response) -> Self {
        let Response { data, errors, .. } = response;
        let errors: Vec<Value> = errors.iter().map(with_code).collect();
        let is_bad_request = |json_error: &Value| json_error["extensions"]["status"] == 400;
        // The request itself is wrong, and nothing has run. Such a response has no `data`.
        let refused = !errors.is_empty()
            && data == async_graphql::Value::Null
            && errors.iter().all(is_bad_request);
        if refused {
            return Self { errors, ..Self::default() };
        }
        match to_raw_value(&JsonValue(&data)) {
            Ok(data) => Self { errors, data: Some(data), ..Self::default() },
            Err(error) => Self::from_error(&Error::internal(error)),
        }
    }
}

fn status_of(json_error: &Value) -> u16 {
    json_error["extensions"]["status"].as_u64().and_then(|n| n.try_into().ok()).unwrap_or(500)
}

/// Serializes an error. Resolvers and scalars give their errors a code; errors without one come
/// from async-graphql.
fn with_code(error: &ServerError) -> Value {
    let mut json_error = serde_json::to_value(error).unwrap_or_else(|_| json!({}));
    if json_error["extensions"].get("code").is_none() {
        let has_path = !error.path.is_empty();
        let failure = if has_path { Failure::EntradaInvalida } else { Failure::DocumentoInvalido };
        json_error["extensions"]["code"] = failure.name().into();
        json_error["extensions"]["status"] = failure.status().into();
    }
    // The path of the field that failed. async-graphql's own path may end at a parent field.
    let extensions = json_error["extensions"].as_object_mut();
    if let Some(path) = extensions.and_then(|all| all.shift_remove(FieldError::PATH)) {
        json_error["path"] = path;
    }
    json_error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_the_same_whole_and_in_parts() {
        let answer = |length: usize, errors: bool, cost: bool| {
            let data = to_raw_value(&"x".repeat(length)).unwrap();
            let errors = if errors { vec![json!({ "message": "m" })] } else { Vec::new() };
            let mut answer = Outcome { errors, data: Some(data), ..Outcome::default() };
            if cost {
                answer.set_cost(1, 2);
            }
            answer
        };
        for (length, large) in [(10, false), (LARGE, true)] {
            for (errors, cost) in [(false, false), (true, false), (false, true), (true, true)] {
                let whole = serde_json::to_vec(&answer(length, errors, cost)).unwrap();
                match answer(length, errors, cost).json().unwrap() {
                    SerializedOutcome::Whole(bytes) => assert!(!large && bytes == whole),
                    SerializedOutcome::Parts(parts) => assert!(large && parts.concat() == whole),
                }
            }
        }
    }
}
