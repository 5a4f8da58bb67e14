//! Objects and lists that are written as JSON while their fields resolve.
//!
//! For each field async-graphql allocates a future on the heap, for each item of a list a task, and
//! for each object a map that is serialized at the end. A page of a hundred objects spends most of
//! its time on these allocations. Here the fields of an object reuse one allocated future, and only
//! a field that must wait keeps its allocation. The order, the errors and the types are those of
//! async-graphql.

use async_graphql::parser::types::{Field, Selection};
use async_graphql::registry::Registry;
use async_graphql::{
    ContainerType, ContextSelectionSet, OutputType, Pos, Positioned, ServerError, ServerResult,
    Value,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

/// An object type, or an interface that knows the concrete type of its object.
pub trait ToJson: ContainerType {
    /// Resolves the selected fields and returns the object as JSON. The future is boxed, because
    /// the types are recursive: an object leads back to its own type.
    fn resolve_json<'a>(
        &'a self,
        ctx: &'a ContextSelectionSet<'a>,
    ) -> BoxFuture<'a, ServerResult<Vec<u8>>> {
        resolve_object(ctx, self).boxed()
    }
}

/// An object that resolves to JSON text (`Value::Binary`).
#[derive(Clone)]
pub struct JsonObject<T>(pub T);

/// A list of objects that resolves to JSON text (`Value::Binary`).
pub struct JsonArray<T>(pub Vec<T>);

impl<T: ToJson> OutputType for JsonObject<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn qualified_type_name() -> String {
        T::qualified_type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(Value::Binary(self.0.resolve_json(ctx).await?.into()))
    }
}

impl<T: ToJson> OutputType for JsonArray<T> {
    fn type_name() -> Cow<'static, str> {
        <Vec<T> as OutputType>::type_name()
    }

    fn qualified_type_name() -> String {
        <Vec<T> as OutputType>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Vec<T> as OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        let item = |n: usize| async move {
            let ctx = ctx.with_index(n);
            self.0[n].resolve_json(&ctx).await.map_err(|error| ctx.set_error_path(error))
        };
        let mut json = vec![b'['];
        resolve_in_order(self.0.len(), item, |n, item| {
            if n > 0 {
                json.push(b',');
            }
            json.extend_from_slice(&item);
        })
        .await?;
        json.push(b']');
        Ok(Value::Binary(json.into()))
    }
}

/// Writes the selected fields of an object as JSON. `T` is a concrete type, not an interface.
pub async fn resolve_object<T: ContainerType + ?Sized>(
    ctx: &ContextSelectionSet<'_>,
    object: &T,
) -> ServerResult<Vec<u8>> {
    let fields = selected(ctx, object);
    let value = |n: usize| resolve_value(ctx, object, fields[n]);
    let mut json = Vec::with_capacity(32 * fields.len() + 2);
    json.push(b'{');
    resolve_in_order(fields.len(), value, |n, value| {
        if n > 0 {
            json.push(b',');
        }
        // A response key is a GraphQL name, so no character of it needs escaping.
        json.push(b'"');
        json.extend_from_slice(fields[n].node.response_key().node.as_bytes());
        json.extend_from_slice(b"\":");
        write_value(&mut json, &value);
    })
    .await?;
    json.push(b'}');
    Ok(json)
}

/// The fields that apply to the object. In a normalized document, the only other selections are
/// inline fragments `... on Type` on an object type or an interface, and they contain only fields.
fn selected<'a, T: ContainerType + ?Sized>(
    ctx: &ContextSelectionSet<'a>,
    object: &T,
) -> Vec<&'a Positioned<Field>> {
    let items = &ctx.item.node.items;
    let mut fields = Vec::with_capacity(items.len());
    for item in items {
        match &item.node {
            Selection::Field(field) => fields.push(field),
            Selection::InlineFragment(inline_fragment) => {
                let condition = inline_fragment.node.type_condition.as_ref();
                let applies = condition
                    .is_none_or(|condition| is_of_type(ctx, object, &condition.node.on.node));
                let within =
                    inline_fragment.node.selection_set.node.items.iter().filter(|_| applies);
                fields.extend(within.filter_map(|item| match &item.node {
                    Selection::Field(field) => Some(field),
                    _ => None,
                }));
            }
            Selection::FragmentSpread(_) => {}
        }
    }
    fields
}

/// Whether the object has this type or implements this interface.
fn is_of_type<T: ContainerType + ?Sized>(
    ctx: &ContextSelectionSet<'_>,
    object: &T,
    type_name: &str,
) -> bool {
    let own_name = object.introspection_type_name();
    let interfaces = || ctx.schema_env.registry.implements.get(&*own_name);
    *own_name == *type_name || interfaces().is_some_and(|interfaces| interfaces.contains(type_name))
}

async fn resolve_value<T: ContainerType + ?Sized>(
    ctx: &ContextSelectionSet<'_>,
    object: &T,
    field: &Positioned<Field>,
) -> ServerResult<Value> {
    if field.node.name.node.starts_with("__") {
        return resolve_meta(ctx, object, field);
    }
    let ctx = ctx.with_field(field);
    Ok(object.resolve_field(&ctx).await?.unwrap_or_default())
}

/// The name that a prepared operation gives to a field which cannot be answered. No document can
/// contain it, because the schema does not.
pub const REFUSED: &str = "__refused";

/// The values of fields that no resolver answers.
#[derive(Default)]
pub struct MetaFields {
    /// The JSON of `__schema` and `__type`, by response key. `None` if the operation asks for
    /// neither.
    pub introspection: Option<Arc<HashMap<String, Vec<u8>>>>,
    /// The errors of fields named [`REFUSED`], each with the position of its field in the document
    /// and whether that field may be null.
    pub refused: Vec<(Pos, bool, ServerError)>,
}

fn resolve_meta<T: ContainerType + ?Sized>(
    ctx: &ContextSelectionSet<'_>,
    object: &T,
    field: &Positioned<Field>,
) -> ServerResult<Value> {
    if field.node.name.node == "__typename" {
        return Ok(Value::String(object.introspection_type_name().into_owned()));
    }
    let ctx = ctx.with_field(field);
    let meta = ctx.data_opt::<MetaFields>();
    if field.node.name.node == REFUSED {
        let refused = meta.into_iter().flat_map(|meta| &meta.refused);
        let Some((_, nullable, error)) = refused.into_iter().find(|(pos, ..)| *pos == field.pos)
        else {
            return Ok(Value::Null);
        };
        let error = ctx.set_error_path(error.clone());
        if *nullable {
            ctx.add_error(error);
            return Ok(Value::Null);
        }
        return Err(error);
    }
    let answers = meta.and_then(|meta| meta.introspection.as_ref());
    let answer = answers.and_then(|answers| answers.get(field.node.response_key().node.as_str()));
    Ok(answer.map_or(Value::Null, |json| Value::Binary(json.clone().into())))
}

/// Polls `count` futures concurrently and passes their values to `receive` in index order. Returns
/// the first error. A future that is ready at its first poll leaves its allocation to the next one.
async fn resolve_in_order<V, F>(
    count: usize,
    make: impl Fn(usize) -> F,
    mut receive: impl FnMut(usize, V),
) -> ServerResult<()>
where
    F: Future<Output = ServerResult<V>>,
{
    let (mut started, mut received) = (0, 0);
    // The values that wait for an earlier one. The first entry belongs to index `received`, and
    // `None` stands for a future that still waits.
    let mut ready: VecDeque<Option<V>> = VecDeque::new();
    let mut waiting: Vec<(usize, Pin<Box<F>>)> = Vec::new();
    let mut idle: Option<Pin<Box<F>>> = None;
    poll_fn(|cx| {
        let mut i = 0;
        while i < waiting.len() {
            let (n, future) = &mut waiting[i];
            match future.as_mut().poll(cx) {
                Poll::Ready(value) => {
                    ready[*n - received] = Some(value?);
                    waiting.remove(i);
                }
                Poll::Pending => i += 1,
            }
        }
        while let Some(value) = ready.front_mut().and_then(Option::take) {
            ready.pop_front();
            receive(received, value);
            received += 1;
        }
        while started < count {
            let mut future = match idle.take() {
                Some(mut slot) => {
                    slot.set(make(started));
                    slot
                }
                None => Box::pin(make(started)),
            };
            match future.as_mut().poll(cx) {
                Poll::Ready(value) if ready.is_empty() => {
                    receive(received, value?);
                    received += 1;
                    idle = Some(future);
                }
                Poll::Ready(value) => {
                    ready.push_back(Some(value?));
                    idle = Some(future);
                }
                Poll::Pending => {
                    ready.push_back(None);
                    waiting.push((started, future));
                }
            }
            started += 1;
        }
        if waiting.is_empty() { Poll::Ready(Ok(())) } else { Poll::Pending }
    })
    .await
}

fn write_value(json: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Binary(written) => json.extend_from_slice(written),
        // Serializing a `Value` to JSON cannot fail, and neither can writing to a `Vec`.
        value => _ = serde_json::to_writer(json, &JsonValue(value)),
    }
}

/// Serializes a value of a response. `Value::Binary` holds JSON text, which the serializer copies
/// unchanged.
pub struct JsonValue<'a>(pub &'a Value);

/// The struct name by which serde_json recognizes a `RawValue`. Using it directly avoids that
/// `RawValue` parses the text again.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

impl Serialize for JsonValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Binary(json) => {
                let json = std::str::from_utf8(json).map_err(serde::ser::Error::custom)?;
                let mut written = serializer.serialize_struct(RAW_VALUE, 1)?;
                written.serialize_field(RAW_VALUE, json)?;
                written.end()
            }
            Value::List(items) => serializer.collect_seq(items.iter().map(JsonValue)),
            Value::Object(fields) => {
                serializer.collect_map(fields.iter().map(|(name, value)| (name, JsonValue(value))))
            }
            other => other.serialize(serializer),
        }
    }
}
