//! A small executable schema with nested interfaces, a union and lists.

use async_graphql::{Context, EmptySubscription, ID, Interface, Object, Schema, Union};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

pub type TestSchema = Schema<Query, Mutation, EmptySubscription>;

pub fn schema() -> TestSchema {
    with_mode(async_graphql::ValidationMode::Strict)
}

pub fn with_mode(mode: async_graphql::ValidationMode) -> TestSchema {
    Schema::build(Query, Mutation::default(), EmptySubscription)
        .register_output_type::<Node>()
        .validation_mode(mode)
        .finish()
}

#[derive(Clone, Copy)]
pub struct Livro(u32);
#[derive(Clone, Copy)]
pub struct Disco(u32);
#[derive(Clone, Copy)]
pub struct Pessoa(u32);

/// For each path of the response, the number of times that its resolver ran, if it records that.
pub type Runs = std::sync::Arc<Mutex<HashMap<String, u32>>>;

fn record_run(ctx: &Context<'_>) {
    if let (Some(runs), Some(no)) = (ctx.data_opt::<Runs>(), ctx.path_node) {
        *runs.lock().unwrap().entry(no.to_string()).or_default() += 1;
    }
}

#[derive(Interface, Clone, Copy)]
#[graphql(field(name = "id", ty = "ID"))]
pub enum Node {
    Livro(Livro),
    Disco(Disco),
    Pessoa(Pessoa),
}

#[derive(Interface, Clone, Copy)]
#[graphql(
    field(name = "id", ty = "ID"),
    field(name = "nome", ty = "String", arg(name = "vezes", ty = "i32", default = 1)),
    field(name = "dono", ty = "Option<Pessoa>"),
    field(name = "irmas", ty = "Vec<Coisa>")
)]
pub enum Coisa {
    Livro(Livro),
    Disco(Disco),
}

#[derive(Union, Clone, Copy)]
pub enum Qualquer {
    Livro(Livro),
    Pessoa(Pessoa),
}

fn coisa(n: u32) -> Coisa {
    if n.is_multiple_of(2) { Coisa::Livro(Livro(n)) } else { Coisa::Disco(Disco(n)) }
}

fn qualquer(n: u32) -> Qualquer {
    if n.is_multiple_of(2) { Qualquer::Livro(Livro(n)) } else { Qualquer::Pessoa(Pessoa(n)) }
}

fn vezes(text: &str, vezes: i32) -> String {
    text.repeat(usize::try_from(vezes).unwrap_or_default().min(3))
}

#[Object]
impl Livro {
    async fn id(&self) -> ID {
        format!("livro-{}", self.0).into()
    }
    async fn nome(&self, ctx: &Context<'_>, #[graphql(default = 1)] vezes: i32) -> String {
        record_run(ctx);
        self::vezes("Livro", vezes)
    }
    async fn dono(&self, ctx: &Context<'_>) -> Option<Pessoa> {
        record_run(ctx);
        self.0.is_multiple_of(4).then_some(Pessoa(self.0 / 2))
    }
    async fn irmas(&self, ctx: &Context<'_>) -> Vec<Coisa> {
        record_run(ctx);
        vec![coisa(self.0 + 1), coisa(self.0 + 2)]
    }
    async fn paginas(&self) -> u32 {
        self.0
    }
    async fn autor(&self, ctx: &Context<'_>) -> Pessoa {
        record_run(ctx);
        Pessoa(self.0 + 1)
    }
}

#[Object]
impl Disco {
    async fn id(&self) -> ID {
        format!("disco-{}", self.0).into()
    }
    async fn nome(&self, ctx: &Context<'_>, #[graphql(default = 1)] vezes: i32) -> String {
        record_run(ctx);
        self::vezes("Disco", vezes)
    }
    async fn dono(&self, ctx: &Context<'_>) -> Option<Pessoa> {
        record_run(ctx);
        Some(Pessoa(self.0))
    }
    async fn irmas(&self, ctx: &Context<'_>) -> Vec<Coisa> {
        record_run(ctx);
        vec![coisa(self.0 + 1)]
    }
    async fn faixas(&self) -> u32 {
        self.0 * 10
    }
    async fn autor(&self, ctx: &Context<'_>) -> Pessoa {
        record_run(ctx);
        Pessoa(self.0 + 7)
    }
}

#[Object]
impl Pessoa {
    async fn id(&self) -> ID {
        format!("pessoa-{}", self.0).into()
    }
    async fn nome(&self, ctx: &Context<'_>, #[graphql(default = 1)] vezes: i32) -> String {
        record_run(ctx);
        self::vezes("Pessoa", vezes)
    }
    async fn coisas(&self, ctx: &Context<'_>) -> Vec<Coisa> {
        record_run(ctx);
        vec![coisa(self.0), coisa(self.0 + 1), coisa(self.0 + 2)]
    }
    async fn favorito(&self, ctx: &Context<'_>) -> Option<Qualquer> {
        record_run(ctx);
        Some(qualquer(self.0 + 1))
    }
}

pub struct Query;

#[Object]
impl Query {
    async fn um(&self, ctx: &Context<'_>) -> Option<Coisa> {
        record_run(ctx);
        Some(coisa(4))
    }
    async fn coisas(&self, ctx: &Context<'_>) -> Vec<Coisa> {
        record_run(ctx);
        vec![coisa(1), coisa(2), coisa(4)]
    }
    async fn todos(&self) -> Vec<Qualquer> {
        vec![qualquer(3), qualquer(4)]
    }
    async fn nos(&self, ctx: &Context<'_>) -> Vec<Node> {
        record_run(ctx);
        vec![Node::Livro(Livro(8)), Node::Pessoa(Pessoa(3)), Node::Disco(Disco(5))]
    }
}

#[derive(Default)]
pub struct Mutation(AtomicU32);

#[Object]
impl Mutation {
    /// Adds `passo` to the counter and returns the sum.
    async fn contar(&self, #[graphql(default = 1)] passo: i32) -> Contagem {
        let passo = u32::try_from(passo).unwrap_or_default();
        Contagem(self.0.fetch_add(passo, Ordering::SeqCst) + passo)
    }
}

pub struct Contagem(u32);

#[Object]
impl Contagem {
    async fn total(&self) -> u32 {
        self.0
    }
    async fn query(&self) -> Query {
        Query
    }
}
