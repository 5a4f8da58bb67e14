//! [`Tree`] for the values that the APIs build: plain JSON for the REST API, and the values of
//! async-graphql for the GraphQL API.

use super::Tree;
use async_graphql::indexmap::IndexMap;
use serde_json::{Map, Number, Value};

impl Tree for Value {
    type Members = Map<String, Self>;

    fn null() -> Self {
        Self::Null
    }

    fn boolean(value: bool) -> Self {
        Self::Bool(value)
    }

    fn number(value: Number) -> Self {
        Self::Number(value)
    }

    fn text(value: String) -> Self {
        Self::String(value)
    }

    fn list(items: Vec<Self>) -> Self {
        Self::Array(items)
    }

    fn object(members: Self::Members) -> Self {
        Self::Object(members)
    }

    fn insert(members: &mut Self::Members, name: String, value: Self) {
        members.insert(name, value);
    }

    fn has(members: &Self::Members, name: &str) -> bool {
        members.contains_key(name)
    }
}

impl Tree for async_graphql::Value {
    type Members = IndexMap<async_graphql::Name, Self>;

    fn null() -> Self {
        Self::Null
    }

    fn boolean(value: bool) -> Self {
        Self::Boolean(value)
    }

    fn number(value: Number) -> Self {
        Self::Number(value)
    }

    fn text(value: String) -> Self {
        Self::String(value)
    }

    fn list(items: Vec<Self>) -> Self {
        Self::List(items)
    }

    fn object(members: Self::Members) -> Self {
        Self::Object(members)
    }

    fn insert(members: &mut Self::Members, name: String, value: Self) {
        members.insert(async_graphql::Name::new(name), value);
    }

    fn has(members: &Self::Members, name: &str) -> bool {
        members.contains_key(name)
    }
}
