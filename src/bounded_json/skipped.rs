//! Parses JSON without keeping it. Checks that no object has a member twice, and limits the number
//! of members and the depth.

use super::{Counter, NotRead, shortened};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

/// Maximum depth of a value that is not kept. It is below the recursion limit of serde_json.
const SKIPPED_DEPTH: usize = 120;

/// Looks for duplicate members in any JSON value, for parsers that do not notice them. Refuses a
/// value with more than `names` members. Does not look at what follows the value.
pub fn check_members(json: &[u8], names: usize) -> Result<(), NotRead> {
    let counter = Counter::of(names);
    let skipped = Skipped::new(&counter);
    let mut reader = serde_json::Deserializer::from_slice(json);
    skipped.deserialize(&mut reader).map_err(|_| counter.reason())
}

/// A value that is parsed and not kept. The names of an object's members must differ.
pub(super) struct Skipped<'c> {
    counter: &'c Counter,
    depth: usize,
}

impl<'c> Skipped<'c> {
    pub(super) const fn new(counter: &'c Counter) -> Self {
        Self { counter, depth: SKIPPED_DEPTH }
    }

    fn inside<E: Error>(&self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { counter: self.counter, depth }),
            None => Err(self.counter.excess()),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Skipped<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Skipped<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut seen = 0_usize;
        loop {
            let item = items.next_element_seed(self.inside()?);
            if item.map_err(self.counter.within(|| seen.to_string()))?.is_none() {
                return Ok(());
            }
            seen += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(Name(name)) = entries.next_key::<Name<'de>>()? {
            self.counter.count_value()?;
            if names.contains(&name) {
                return Err(self.counter.repeated(&name));
            }
            let seen = entries.next_value_seed(self.inside()?);
            seen.map_err(self.counter.within(|| shortened(&name)))?;
            names.insert(name);
        }
        Ok(())
    }
}

/// The name of a member. It is copied only if it contains escapes.
pub(super) struct Name<'de>(pub(super) Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}
