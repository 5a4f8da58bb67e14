//! Objects and lists that are written as JSON while they are resolved.
//!
//! async-graphql makes a future on the heap of each field, a task of each item, and of each
//! object a map that is written at the end. A page of a hundred objects spends most of its time
//! on them. Here the fields of an object take turns on one future's place, and a place is kept
//! only by what has to wait; the order, the errors and the types are the same.

use async_graphql::parser::types::{Field, Selection};
use async_graphql::registry::Registry;
use async_graphql::{
    ContainerType, ContextSelectionSet, OutputType, Positioned, ServerResult, Value,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// An object, or an abstract type that knows which object it is.
pub trait Escrevivel: ContainerType {
    /// Its selected fields, as JSON. Boxed here, where types lead back to themselves.
    fn escrever<'a>(
        &'a self,
        ctx: &'a ContextSelectionSet<'a>,
    ) -> BoxFuture<'a, ServerResult<Vec<u8>>> {
        objeto(ctx, self).boxed()
    }
}

/// An object in an answer.
#[derive(Clone)]
pub struct Escrito<T>(pub T);

/// A list of objects in an answer.
pub struct Escritos<T>(pub Vec<T>);

impl<T: Escrevivel> OutputType for Escrito<T> {
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
        Ok(Value::Binary(self.0.escrever(ctx).await?.into()))
    }
}

impl<T: Escrevivel> OutputType for Escritos<T> {
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
            self.0[n].escrever(&ctx).await.map_err(|error| ctx.set_error_path(error))
        };
        let mut json = vec![b'['];
        em_ordem(self.0.len(), item, |n, item| {
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

/// The fields of an object, which is of no abstract type.
pub async fn objeto<T: ContainerType + ?Sized>(
    ctx: &ContextSelectionSet<'_>,
    objeto: &T,
) -> ServerResult<Vec<u8>> {
    let campos = selecionados(ctx, objeto);
    let valor = |n: usize| resolver(ctx, objeto, campos[n]);
    let mut json = Vec::with_capacity(32 * campos.len() + 2);
    json.push(b'{');
    em_ordem(campos.len(), valor, |n, valor| {
        if n > 0 {
            json.push(b',');
        }
        // A name has nothing to escape.
        json.push(b'"');
        json.extend_from_slice(campos[n].node.response_key().node.as_bytes());
        json.extend_from_slice(b"\":");
        escrever_valor(&mut json, &valor);
    })
    .await?;
    json.push(b'}');
    Ok(json)
}

/// The document is normalised: what is not a field is `... on Tipo` of an object's type.
fn selecionados<'a, T: ContainerType + ?Sized>(
    ctx: &ContextSelectionSet<'a>,
    objeto: &T,
) -> Vec<&'a Positioned<Field>> {
    let itens = &ctx.item.node.items;
    let mut campos = Vec::with_capacity(itens.len());
    for item in itens {
        match &item.node {
            Selection::Field(field) => campos.push(field),
            Selection::InlineFragment(trecho) => {
                let condicao = trecho.node.type_condition.as_ref();
                let deste = condicao.is_none_or(|condicao| e(ctx, objeto, &condicao.node.on.node));
                let dentro = trecho.node.selection_set.node.items.iter().filter(|_| deste);
                campos.extend(dentro.filter_map(|item| match &item.node {
                    Selection::Field(field) => Some(field),
                    _ => None,
                }));
            }
            Selection::FragmentSpread(_) => {}
        }
    }
    campos
}

/// Whether the object is of this type, or of this interface.
fn e<T: ContainerType + ?Sized>(ctx: &ContextSelectionSet<'_>, objeto: &T, tipo: &str) -> bool {
    let nome = objeto.introspection_type_name();
    let interfaces = || ctx.schema_env.registry.implements.get(&*nome);
    *nome == *tipo || interfaces().is_some_and(|interfaces| interfaces.contains(tipo))
}

async fn resolver<T: ContainerType + ?Sized>(
    ctx: &ContextSelectionSet<'_>,
    objeto: &T,
    field: &Positioned<Field>,
) -> ServerResult<Value> {
    if field.node.name.node == "__typename" {
        return Ok(Value::String(objeto.introspection_type_name().into_owned()));
    }
    let ctx = ctx.with_field(field);
    Ok(objeto.resolve_field(&ctx).await?.unwrap_or_default())
}

/// Makes all of them at the same time and hands them on in their order; or the first failure.
/// What is ready at once leaves its place to the next.
async fn em_ordem<V, F>(
    quantos: usize,
    fazer: impl Fn(usize) -> F,
    mut receber: impl FnMut(usize, V),
) -> ServerResult<()>
where
    F: Future<Output = ServerResult<V>>,
{
    let (mut feitos, mut recebidos) = (0, 0);
    // From the first that waits on.
    let mut prontos: VecDeque<Option<V>> = VecDeque::new();
    let mut esperam: Vec<(usize, Pin<Box<F>>)> = Vec::new();
    let mut livre: Option<Pin<Box<F>>> = None;
    poll_fn(|cx| {
        let mut i = 0;
        while i < esperam.len() {
            let (n, futuro) = &mut esperam[i];
            match futuro.as_mut().poll(cx) {
                Poll::Ready(valor) => {
                    prontos[*n - recebidos] = Some(valor?);
                    esperam.remove(i);
                }
                Poll::Pending => i += 1,
            }
        }
        while let Some(valor) = prontos.front_mut().and_then(Option::take) {
            prontos.pop_front();
            receber(recebidos, valor);
            recebidos += 1;
        }
        while feitos < quantos {
            let mut futuro = match livre.take() {
                Some(mut lugar) => {
                    lugar.set(fazer(feitos));
                    lugar
                }
                None => Box::pin(fazer(feitos)),
            };
            match futuro.as_mut().poll(cx) {
                Poll::Ready(valor) if prontos.is_empty() => {
                    receber(recebidos, valor?);
                    recebidos += 1;
                    livre = Some(futuro);
                }
                Poll::Ready(valor) => {
                    prontos.push_back(Some(valor?));
                    livre = Some(futuro);
                }
                Poll::Pending => {
                    prontos.push_back(None);
                    esperam.push((feitos, futuro));
                }
            }
            feitos += 1;
        }
        if esperam.is_empty() { Poll::Ready(Ok(())) } else { Poll::Pending }
    })
    .await
}

fn escrever_valor(json: &mut Vec<u8>, valor: &Value) {
    match valor {
        Value::Binary(escrito) => json.extend_from_slice(escrito),
        // Nothing in it can fail to be JSON, and memory does not refuse a write.
        valor => _ = serde_json::to_writer(json, &Resposta(valor)),
    }
}

/// A value of an answer, in which binary is JSON that is written already.
pub struct Resposta<'a>(pub &'a Value);

/// How serde_json passes on what is written; what `RawValue` does, without reading it again.
const ESCRITO: &str = "$serde_json::private::RawValue";

impl Serialize for Resposta<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Binary(json) => {
                let json = std::str::from_utf8(json).map_err(serde::ser::Error::custom)?;
                let mut escrito = serializer.serialize_struct(ESCRITO, 1)?;
                escrito.serialize_field(ESCRITO, json)?;
                escrito.end()
            }
            Value::List(itens) => serializer.collect_seq(itens.iter().map(Resposta)),
            Value::Object(campos) => {
                serializer.collect_map(campos.iter().map(|(nome, valor)| (nome, Resposta(valor))))
            }
            outro => outro.serialize(serializer),
        }
    }
}
