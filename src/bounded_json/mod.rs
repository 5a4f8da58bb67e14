//! Reads JSON while counting its values, because a value in memory can take dozens of times the
//! bytes that it had in the request.

mod skipped;
mod trees;

pub use skipped::check_members;

use crate::error;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use skipped::{Name, Skipped};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

/// Maximum number of steps in the path of an error message.
const MAX_STEPS: usize = 8;
/// Maximum number of characters of each step.
const MAX_STEP_CHARS: usize = 60;

/// Limits on an object: the number of values in it at all depths, and the levels of nesting below
/// it.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub values: usize,
    pub depth: usize,
}

/// The reason why JSON was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotRead {
    /// It exceeds the bounds.
    Excess,
    /// It is not JSON, or [`members`] found no object.
    Malformed,
    /// An object has a member twice, which is ambiguous. Contains the path of the member.
    Repeated(String),
}

/// Whether serde_json gave up a text because its values nest too deep. It may be JSON all the same.
pub fn nests_too_deep(error: &serde_json::Error) -> bool {
    error.to_string().starts_with("recursion limit exceeded")
}

/// Returns the error for a duplicate member. Both APIs use it.
pub fn repeated(place: &str) -> error::Error {
    let message = format!("{place}: o membro vem duas vezes no mesmo objeto JSON; mande-o uma só");
    error::Error::invalid(message)
}

/// A JSON value in the representation of an API.
pub trait Tree: Sized {
    type Members: Default;

    fn null() -> Self;
    fn boolean(value: bool) -> Self;
    fn number(value: Number) -> Self;
    fn text(value: String) -> Self;
    fn list(items: Vec<Self>) -> Self;
    fn object(members: Self::Members) -> Self;
    fn insert(members: &mut Self::Members, name: String, value: Self);
    fn has(members: &Self::Members, name: &str) -> bool;
}

/// Reads those members of an object whose names satisfy `wanted`. Of the other members, each name
/// at any depth counts as one value, because nothing else of them is kept in memory.
pub fn members<T: Tree>(
    json: &[u8],
    bounds: Bounds,
    wanted: impl Fn(&str) -> bool,
) -> Result<T::Members, NotRead> {
    let counter = Counter::of(bounds.values);
    let outermost =
        Outermost { counter: &counter, depth: bounds.depth, wanted, tree: PhantomData::<T> };
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = outermost.deserialize(&mut reader).and_then(|read| reader.end().map(|()| read));
    read.map_err(|_| counter.reason())
}

struct Counter {
    left: Cell<usize>,
    excess: Cell<bool>,
    /// The path of a duplicate member, innermost step first.
    repeated: RefCell<Vec<String>>,
}

impl Counter {
    const fn of(values: usize) -> Self {
        let repeated = RefCell::new(Vec::new());
        Self { left: Cell::new(values), excess: Cell::new(false), repeated }
    }

    fn excess<E: Error>(&self) -> E {
        self.excess.set(true);
        E::custom("too much")
    }

    fn count_value<E: Error>(&self) -> Result<(), E> {
        match self.left.get().checked_sub(1) {
            Some(fewer) => self.left.set(fewer),
            None => return Err(self.excess()),
        }
        Ok(())
    }

    fn repeated<E: Error>(&self, name: &str) -> E {
        self.repeated.borrow_mut().push(shortened(name));
        E::custom("a member comes twice")
    }

    /// Adds a step to the path of an error that comes from a duplicate member.
    fn within<E: Error>(&self, step: impl FnOnce() -> String) -> impl FnOnce(E) -> E {
        |error| {
            let mut steps = self.repeated.borrow_mut();
            if (1..MAX_STEPS).contains(&steps.len()) {
                steps.push(step());
            }
            error
        }
    }

    fn reason(self) -> NotRead {
        let steps = self.repeated.into_inner();
        match steps.is_empty() {
            false => NotRead::Repeated(steps.into_iter().rev().collect::<Vec<_>>().join(".")),
            true if self.excess.get() => NotRead::Excess,
            true => NotRead::Malformed,
        }
    }
}

fn shortened(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(MAX_STEP_CHARS).collect()
}

/// The outermost object.
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
        let mut skipped = HashSet::new();
        while let Some(Name(name)) = entries.next_key::<Name<'de>>()? {
            if T::has(&members, &name) || skipped.contains(&name) {
                return Err(self.counter.repeated(&name));
            }
            if (self.wanted)(&name) {
                let inside = Counted::new(self.counter, self.depth);
                let value = entries.next_value_seed(inside);
                let value = value.map_err(self.counter.within(|| shortened(&name)))?;
                T::insert(&mut members, name.into_owned(), value);
            } else {
                self.counter.count_value()?;
                let inside = Skipped::new(self.counter);
                let seen = entries.next_value_seed(inside);
                seen.map_err(self.counter.within(|| shortened(&name)))?;
                skipped.insert(name);
            }
        }
        Ok(members)
    }
}

/// A value inside the object, which may nest `depth` further levels.
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
            None => Err(self.counter.excess()),
        }
    }
}

impl<'de, T: Tree> DeserializeSeed<'de> for Counted<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        self.counter.count_value()?;
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
        loop {
            let item = items.next_element_seed(self.inside()?);
            match item.map_err(self.counter.within(|| list.len().to_string()))? {
                Some(item) => list.push(item),
                None => return Ok(T::list(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<T, A::Error> {
        let mut members = T::Members::default();
        while let Some(name) = entries.next_key::<String>()? {
            if T::has(&members, &name) {
                return Err(self.counter.repeated(&name));
            }
            let value = entries.next_value_seed(self.inside()?);
            let value = value.map_err(self.counter.within(|| shortened(&name)))?;
            T::insert(&mut members, name, value);
        }
        Ok(T::object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const BOUNDS: Bounds = Bounds { values: 1_000, depth: 64 };

    fn read(json: &str) -> Result<Value, NotRead> {
        members::<Value>(json.as_bytes(), BOUNDS, |_| true).map(Value::Object)
    }

    #[test]
    fn a_value_is_read_as_it_was_written() {
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
    fn a_duplicate_member_is_reported_with_its_path() {
        for (json, place) in [
            (r#"{"a":1,"a":1}"#, "a"),
            (r#"{"a":1,"\u0061":2}"#, "a"),
            (r#"{"a":{"b":[1,{"c":1,"d":{},"c":2}]}}"#, "a.b.1.c"),
            (r#"{"x":1,"x":2}"#, "x"),
            (r#"{"a":1,"x":[{"y":1,"y":2}]}"#, "x.0.y"),
        ] {
            let wanted = |name: &str| name == "a";
            let repeated = Err(NotRead::Repeated(place.to_owned()));
            assert_eq!(members::<Value>(json.as_bytes(), BOUNDS, wanted), repeated, "{json}");
            let by_graphql = members::<async_graphql::Value>(json.as_bytes(), BOUNDS, wanted);
            assert_eq!(by_graphql.err(), repeated.err(), "{json}");
            let looked = check_members(json.as_bytes(), 1_000);
            assert_eq!(looked, Err(NotRead::Repeated(place.to_owned())), "{json}");
        }
        assert_eq!(check_members(br#"[{"a":{"a":1}},{"a":[{},{}]}]"#, 1_000), Ok(()));
        assert_eq!(check_members(br#"{"a":"#, 1_000), Err(NotRead::Malformed));
    }

    #[test]
    fn unwanted_members_are_not_counted() {
        let json = format!("{{\"x\":[{}],\"a\":1,\"y\":{{}}}}", vec!["0"; 10_000].join(","));
        let read = members::<Value>(json.as_bytes(), BOUNDS, |name| name == "a").unwrap();
        assert_eq!(Value::Object(read).to_string(), r#"{"a":1}"#);
    }
}
