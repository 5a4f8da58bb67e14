//! Reads and writes PostgreSQL's binary format of a row and of its values.

use serde::{Deserialize, Serialize};

/// Object ids of PostgreSQL's built-in types. They never change.
pub mod oid {
    pub const BIGINT: i32 = 20;
    pub const SMALLINT: i32 = 21;
    pub const TEXT: i32 = 25;
    pub const TEXT_ARRAY: i32 = 1009;
    pub const BIGINT_ARRAY: i32 = 1016;
    pub const TIMESTAMPTZ: i32 = 1184;
    pub const UUID: i32 = 2950;
    pub const UUID_ARRAY: i32 = 2951;
    pub const XID8: i32 = 5069;
}

/// The parts of PostgreSQL's array format that the list of elements does not determine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Length and lower bound of each dimension.
    dimensoes: Vec<(i32, i32)>,
    /// Whether the array has a null bitmap. PostgreSQL may keep it even when no element is null.
    nulos: bool,
}

impl Shape {
    fn plain<T>(items: &[Option<T>]) -> Option<Self> {
        let length = i32::try_from(items.len()).ok()?;
        let dimensions = if length == 0 { Vec::new() } else { vec![(length, 1)] };
        Some(Self { dimensoes: dimensions, nulos: items.iter().any(Option::is_none) })
    }
}

/// A number of bytes or of dimensions in PostgreSQL's format. Values in a database are always
/// shorter than `i32::MAX`.
fn length(bytes: usize) -> [u8; 4] {
    i32::try_from(bytes).unwrap_or(i32::MAX).to_be_bytes()
}

/// Appends a field of a row: its type, its length and its value, which is not null.
pub fn put(out: &mut Vec<u8>, oid: i32, value: &[u8]) {
    out.extend(oid.to_be_bytes());
    out.extend(length(value.len()));
    out.extend(value);
}

/// The binary form of an array whose elements have the type `element`. A `None` item is null.
/// Without `shape`, the array has one dimension, which begins at 1, or none if it is empty.
pub fn array<T>(
    element: i32,
    items: &[Option<T>],
    shape: Option<&Shape>,
    write: impl Fn(&mut Vec<u8>, &T),
) -> Vec<u8> {
    let plain = Shape::plain(items);
    let Some(Shape { dimensoes: dimensions, nulos }) = shape.or(plain.as_ref()) else {
        return Vec::new();
    };
    let mut out = Vec::with_capacity(20 + 12 * items.len());
    out.extend(length(dimensions.len()));
    out.extend(i32::from(*nulos).to_be_bytes());
    out.extend(element.to_be_bytes());
    for (count, lower) in dimensions {
        out.extend(count.to_be_bytes());
        out.extend(lower.to_be_bytes());
    }
    for item in items {
        let Some(item) = item else {
            out.extend((-1_i32).to_be_bytes());
            continue;
        };
        let at = out.len();
        out.extend([0; 4]);
        write(&mut out, item);
        let written = length(out.len() - at - 4);
        out[at..at + 4].copy_from_slice(&written);
    }
    out
}

/// The bytes are not a value of the expected type.
pub struct Malformed;

pub fn text(bytes: &[u8]) -> Result<String, Malformed> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Malformed)
}

/// The unread bytes of a record.
pub struct Input<'a>(&'a [u8]);

/// A value, or null.
pub struct Value<'a>(pub Option<&'a [u8]>);

impl<'a> Input<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub fn i32(&mut self) -> Option<i32> {
        Some(i32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// Reads a length and the value that follows.
    fn value(&mut self) -> Option<Value<'a>> {
        match self.i32()? {
            -1 => Some(Value(None)),
            length => Some(Value(Some(self.take(usize::try_from(length).ok()?)?))),
        }
    }

    pub fn field(&mut self, oid: i32) -> Option<Value<'a>> {
        (self.i32()? == oid).then(|| self.value())?
    }

    pub fn fixed<const N: usize>(&mut self, oid: i32) -> Option<[u8; N]> {
        self.field(oid)?.0?.try_into().ok()
    }

    pub fn i64(&mut self, oid: i32) -> Option<i64> {
        Some(i64::from_be_bytes(self.fixed(oid)?))
    }

    pub fn text(&mut self) -> Option<String> {
        text(self.field(oid::TEXT)?.0?).ok()
    }

    /// Reads an array. The shape is `None` if [`array`] gives the same bytes without one.
    pub fn array<T>(
        &mut self,
        oid: i32,
        element: i32,
        read: impl Fn(&[u8]) -> Result<T, Malformed>,
    ) -> Option<(Vec<Option<T>>, Option<Shape>)> {
        let mut input = Input(self.field(oid)?.0?);
        let dimensions = usize::try_from(input.i32()?).ok()?;
        let nulos = match input.i32()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        (input.i32()? == element).then_some(())?;
        let mut dimensoes = Vec::new();
        for _ in 0..dimensions {
            dimensoes.push((input.i32()?, input.i32()?));
        }
        let mut items = Vec::new();
        while !input.0.is_empty() {
            items.push(input.value()?.0.map(&read).transpose().ok()?);
        }
        let shape = Some(Shape { dimensoes, nulos });
        let said = if shape == Shape::plain(&items) { None } else { shape };
        Some((items, said))
    }
}
