//! A schema whose fields answer with the arguments that their resolvers were given, as JSON with
//! sorted names. It shows how values were coerced.

use async_graphql::{
    EmptyMutation, EmptySubscription, Enum, ID, InputObject, MaybeUndefined, Object, OneofObject,
    Schema, ValidationMode,
};
use serde_json::{Map, Value, json};

pub type EchoSchema = Schema<Query, EmptyMutation, EmptySubscription>;

pub fn schema() -> EchoSchema {
    Schema::build(Query, EmptyMutation, EmptySubscription)
        .validation_mode(ValidationMode::Fast)
        .finish()
}

pub fn sdl() -> String {
    schema().sdl()
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum Cor {
    Azul,
    Verde,
}

impl Cor {
    fn name(self) -> &'static str {
        match self {
            Self::Azul => "AZUL",
            Self::Verde => "VERDE",
        }
    }
}

#[derive(InputObject)]
pub struct Dentro {
    exigido: i32,
    #[graphql(default = 7)]
    padrao: i32,
    #[graphql(default_with = "Some(8)")]
    padrao_nulo: Option<i32>,
    texto: MaybeUndefined<String>,
    lista: MaybeUndefined<Vec<Option<i32>>>,
    #[graphql(default_with = "Cor::Azul")]
    cor: Cor,
    interno: MaybeUndefined<Box<Dentro>>,
}

#[derive(OneofObject)]
pub enum Um {
    Numero(i32),
    Texto(String),
}

/// An object under construction.
#[derive(Default)]
struct Echo(Map<String, Value>);

impl Echo {
    fn with<T>(mut self, name: &str, value: MaybeUndefined<T>, show: impl Fn(T) -> Value) -> Self {
        match value {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => _ = self.0.insert(name.to_owned(), Value::Null),
            MaybeUndefined::Value(value) => _ = self.0.insert(name.to_owned(), show(value)),
        }
        self
    }

    fn always(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    fn sorted(self) -> Value {
        let mut members: Vec<_> = self.0.into_iter().collect();
        members.sort_by(|(one, _), (other, _)| one.cmp(other));
        Value::Object(members.into_iter().collect())
    }
}

fn dentro(value: Dentro) -> Value {
    Echo::default()
        .always("exigido", json!(value.exigido))
        .always("padrao", json!(value.padrao))
        .always("padraoNulo", json!(value.padrao_nulo))
        .with("texto", value.texto, |text| json!(text))
        .with("lista", value.lista, |list| json!(list))
        .always("cor", json!(value.cor.name()))
        .with("interno", value.interno, |inner| dentro(*inner))
        .sorted()
}

fn um(value: Um) -> Value {
    match value {
        Um::Numero(number) => json!({ "numero": number }),
        Um::Texto(text) => json!({ "texto": text }),
    }
}

/// Returns the number as JavaScript writes it: without a fraction, as an integer.
#[expect(clippy::cast_possible_truncation, reason = "the tests use small numbers")]
fn real(value: f64) -> Value {
    if value.fract() == 0.0 { json!(value as i64) } else { json!(value) }
}

pub struct Query;

#[Object]
#[expect(clippy::too_many_arguments, reason = "one argument of each kind")]
impl Query {
    async fn echo(
        &self,
        int: Option<i32>,
        float: Option<f64>,
        texto: Option<String>,
        id: Option<ID>,
        booleano: Option<bool>,
        cor: Option<Cor>,
        ints: Option<Vec<Option<i32>>>,
        exatos: Option<Vec<i32>>,
        matriz: Option<Vec<Option<Vec<Option<i32>>>>>,
        entrada: Option<Dentro>,
        entradas: Option<Vec<Dentro>>,
        um_so: Option<Um>,
        #[graphql(default = 5)] padrao: i32,
        #[graphql(default_with = "Some(6)")] padrao_nulo: Option<i32>,
    ) -> Option<String> {
        let echo = Echo::default()
            .always("int", json!(int))
            .always("float", float.map_or(Value::Null, real))
            .always("texto", json!(texto))
            .always("id", json!(id.map(|id| id.to_string())))
            .always("booleano", json!(booleano))
            .always("cor", json!(cor.map(Cor::name)))
            .always("ints", json!(ints))
            .always("exatos", json!(exatos))
            .always("matriz", json!(matriz))
            .always("entrada", entrada.map_or(Value::Null, dentro))
            .always(
                "entradas",
                json!(entradas.map(|all| all.into_iter().map(dentro).collect::<Vec<_>>())),
            )
            .always("umSo", um_so.map_or(Value::Null, um))
            .always("padrao", json!(padrao))
            .always("padraoNulo", json!(padrao_nulo));
        Some(echo.sorted().to_string())
    }

    async fn exigido(&self, int: i32, lista: Vec<i32>) -> Option<String> {
        Some(json!({ "int": int, "lista": lista }).to_string())
    }

    async fn irmao(&self) -> &'static str {
        "respondido"
    }
}
