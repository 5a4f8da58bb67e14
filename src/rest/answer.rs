//! A macro that declares an answer once: its fields, as OpenAPI describes them, with their values.

use serde::Serialize;
use serde_json::Value;

/// Declares the JSON of an answer. Each field has its type, from which its schema comes, and its value,
/// computed from the arguments of `new`.
macro_rules! answer {
    (
        $(#[$meta:meta])*
        pub struct $name:ident from ($($argument:ident: $argument_ty:ty),*) {
            $($(#[$field_meta:meta])* $field:ident: $ty:ty = $value:expr,)+
        }
    ) => {
        #[derive(serde::Serialize, utoipa::ToSchema)]
        #[serde(rename_all = "camelCase")]
        $(#[$meta])*
        pub struct $name { $($(#[$field_meta])* $field: $ty,)+ }

        impl $name {
            pub fn new($($argument: $argument_ty),*) -> Self {
                Self { $($field: $value,)+ }
            }
        }
    };
}
pub(super) use answer;

/// The JSON of an answer. A field without a value is left out.
pub fn to_json(answer: &impl Serialize) -> Value {
    let mut json = serde_json::to_value(answer).unwrap_or_default();
    remove_absent(&mut json);
    json
}

fn remove_absent(json: &mut Value) {
    match json {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(remove_absent);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_absent),
        _ => {}
    }
}

/// The names of the fields of an answer.
pub fn field_names<T: utoipa::PartialSchema>() -> Vec<String> {
    match T::schema() {
        utoipa::openapi::RefOr::T(utoipa::openapi::Schema::Object(object)) => {
            object.properties.keys().cloned().collect()
        }
        _ => Vec::new(),
    }
}
