//! JSON whose values are counted while they are read: one in memory takes dozens of times the
//! bytes that it was sent as.

use async_graphql::Name;
use async_graphql::indexmap::IndexMap;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

/// How many values an object may hold, whatever they are in, and how deep they may stand.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub values: usize,
    pub depth: usize,
}

/// Why nothing was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRead {
    /// It passes the bounds.
    Excess,
    /// It is no object in JSON.
    Malformed,
}

/// A value as the door builds it.
pub trait Tree: Sized {
    type Members: Default;

    fn null() -> Self;
    fn boolean(value: bool) -> Self;
    fn number(value: Number) -> Self;
    fn text(value: String) -> Self;
    fn list(items: Vec<Self>) -> Self;
    fn object(members: Self::Members) -> Self;
    fn insert(members: &mut Self::Members, name: String, value: Self);
}

/// The members of an object that are wanted. Others are skipped: they are not counted, for they
/// take no memory.
pub fn members<T: Tree>(
    json: &[u8],
    bounds: Bounds,
    wanted: impl Fn(&str) -> bool,
) -> Result<T::Members, NotRead> {
    let counter = Counter { left: Cell::new(bounds.values), excess: Cell::new(false) };
    let outermost =
        Outermost { counter: &counter, depth: bounds.depth, wanted, tree: PhantomData::<T> };
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = outermost.deserialize(&mut reader).and_then(|read| reader.end().map(|()| read));
    read.map_err(|_| if counter.excess.get() { NotRead::Excess } else { NotRead::Malformed })
}

struct Counter {
    left: Cell<usize>,
    excess: Cell<bool>,
}

/// The object itself.
struct Outermost<'c, T, W> {
    counter: &'c Counter,
    depth: usize,
    wanted: W,
    tree: PhantomData<T>,
}

impl<'de, T: Tree, W: Fn(&str) -> bool> DeserializeSeed<'de> for Outermost<'_, T, W> {
    type Value = T::Members;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T::Members, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Tree, W: Fn(&str) -> bool> Visitor<'de> for Outermost<'_, T, W> {
    type Value = T::Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<T::Members, A::Error> {
        let mut members = T::Members::default();
        while let Some(name) = entries.next_key::<String>()? {
            if (self.wanted)(&name) {
                let inside = Counted::new(self.counter, self.depth);
                T::insert(&mut members, name, entries.next_value_seed(inside)?);
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(members)
    }
}

/// A value inside, which may nest so many levels more.
struct Counted<'c, T> {
    counter: &'c Counter,
    depth: usize,
    tree: PhantomData<T>,
}

impl<'c, T> Counted<'c, T> {
    const fn new(counter: &'c Counter, depth: usize) -> Self {
        Self { counter, depth, tree: PhantomData }
    }

    fn inside<E: Error>(&self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self::new(self.counter, depth)),
            None => Err(self.excess()),
        }
    }

    fn excess<E: Error>(&self) -> E {
        self.counter.excess.set(true);
        E::custom("too much")
    }
}

impl<'de, T: Tree> DeserializeSeed<'de> for Counted<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        let left = &self.counter.left;
        match left.get().checked_sub(1) {
            Some(fewer) => left.set(fewer),
            None => return Err(self.excess()),
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Tree> Visitor<'de> for Counted<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::null())
    }

    fn visit_bool<E>(self, value: bool) -> Result<T, E> {
        Ok(T::boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<T, E> {
        Ok(T::number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<T, E> {
        Ok(T::number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<T, E> {
        Ok(Number::from_f64(value).map_or_else(T::null, T::number))
    }

    fn visit_str<E>(self, value: &str) -> Result<T, E> {
        Ok(T::text(value.into()))
    }

    fn visit_string<E>(self, value: String) -> Result<T, E> {
        Ok(T::text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<T, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.inside()?)? {
            list.push(item);
        }
        Ok(T::list(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<T, A::Error> {
        let mut members = T::Members::default();
        while let Some(name) = entries.next_key::<String>()? {
            T::insert(&mut members, name, entries.next_value_seed(self.inside()?)?);
        }
        Ok(T::object(members))
    }
}

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
}

impl Tree for async_graphql::Value {
    type Members = IndexMap<Name, Self>;

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
        members.insert(Name::new(name), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { values: 1_000, depth: 64 };

    fn read(json: &str) -> Result<Value, NotRead> {
        members::<Value>(json.as_bytes(), BOUNDS, |_| true).map(Value::Object)
    }

    #[test]
    fn what_is_read_is_what_was_written() {
        let json = r#"{"a":[1,-2,3.5,true,null,"x",[],{}],"b":{"c":"ç"},"n":18446744073709551615}"#;
        assert_eq!(read(json).unwrap().to_string(), json);
        let read_by_graphql = members::<async_graphql::Value>(json.as_bytes(), BOUNDS, |_| true);
        let value = async_graphql::Value::Object(read_by_graphql.unwrap());
        assert_eq!(value.into_json().unwrap().to_string(), json);
        for malformed in ["", "[]", "null", "{", "{}{}", r#"{"a":}"#, r#"{"a":1,}"#] {
            assert_eq!(read(malformed), Err(NotRead::Malformed), "{malformed}");
        }
    }

    #[test]
    fn values_and_levels_are_bounded_and_the_bounds_are_reached() {
        let list = |n: usize| format!("{{\"a\":[{}]}}", vec!["0"; n].join(","));
        let flat = |n: usize| {
            let members: Vec<_> = (0..n).map(|i| format!("\"{i}\":0")).collect();
            format!("{{{}}}", members.join(","))
        };
        let nested = |n: usize| format!("{{\"a\":{}{}}}", "[".repeat(n), "]".repeat(n));
        assert!(read(&list(999)).is_ok());
        assert!(read(&flat(1_000)).is_ok());
        assert!(read(&nested(64)).is_ok());
        for too_much in [list(1_000), flat(1_001), nested(65), nested(100_000)] {
            assert_eq!(read(&too_much), Err(NotRead::Excess), "{too_much:.20}");
        }
    }

    #[test]
    fn what_is_not_wanted_is_not_counted() {
        let json = format!("{{\"x\":[{}],\"a\":1,\"y\":{{}}}}", vec!["0"; 10_000].join(","));
        let read = members::<Value>(json.as_bytes(), BOUNDS, |name| name == "a").unwrap();
        assert_eq!(Value::Object(read).to_string(), r#"{"a":1}"#);
    }
}
