//! Executes mutations, and reports their outcome in the three fields that all payloads share.

use super::errors::ErroGraphql;
use crate::Result;
use crate::command::{self, Command};
use crate::error::{Error, Refusal};
use crate::graphql::schema::Query;
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::mutation::MutationInput;
use async_graphql::{Context, SimpleObject};

/// Como uma operação terminou.
#[derive(SimpleObject)]
pub struct Completion {
    /// Foi um ensaio (`simular: true`).
    simulado: bool,
    /// Recusas; lista vazia no sucesso.
    erros: Vec<ErroGraphql>,
    /// Raiz das consultas, para reler na mesma requisição.
    query: Option<Query>,
}

impl Completion {
    pub fn new(dry_run: bool, refusals: Vec<Refusal>) -> Self {
        let erros = refusals.into_iter().map(Into::into).collect();
        Self { simulado: dry_run, erros, query: Some(Query::default()) }
    }

    /// Adds the refusal of a command that commits its effect in spite of the refusal.
    #[must_use]
    pub fn with_refusal(mut self, refusal: Option<Refusal>) -> Self {
        self.erros.extend(refusal.map(Into::into));
        self
    }
}

/// The outcome of a mutation, from which its payload is built.
pub struct MutationOutcome<T> {
    effect: Option<T>,
    completion: Completion,
}

impl<T> MutationOutcome<T> {
    /// The outcome of one operation of a batch. It has no effect if any operation was refused.
    pub fn of_batch(effect: Option<T>, dry_run: bool, refusals: Vec<Refusal>) -> Self {
        Self { effect, completion: Completion::new(dry_run, refusals) }
    }

    /// Returns what `describe` returns for the effect, even for that of a dry run. Returns the
    /// default if there is no effect.
    pub fn summary<R: Default>(&self, describe: impl FnOnce(&T) -> R) -> R {
        self.effect.as_ref().map(describe).unwrap_or_default()
    }

    /// Returns the effect, if it was committed, and the fields that report the outcome.
    pub fn stored(self) -> (Option<T>, Completion) {
        (self.effect.filter(|_| !self.completion.simulado), self.completion)
    }
}

/// Declares the mutations of a slice: the role that all of them require, and of each its description, its
/// name, its input and its payload.
///
/// ```text
/// mutations! {
///     GuiaMutation requires INTEGRACAO;
///
///     /// Dá baixa numa guia (R26).
///     baixar_guia(BaixarGuiaInput) -> BaixarGuiaPayload;
/// }
/// ```
macro_rules! mutations {
    (
        $name:ident requires $papel:ident;
        $($(#[$doc:meta])* $field:ident($input:ty) -> $payload:ty;)+
    ) => {
        #[derive(Default)]
        pub struct $name;

        #[async_graphql::Object]
        impl $name {
            $(
                $(#[$doc])*
                #[graphql(
                    directive = $crate::graphql_types::directives::RequerPapel::apply(
                        $crate::graphql_types::directives::$papel.into()
                    ),
                    directive = $crate::graphql_types::directives::Cost::apply(
                        $crate::graphql_types::directives::WRITE_OR_COUNT.into()
                    )
                )]
                async fn $field(
                    &self,
                    ctx: &async_graphql::Context<'_>,
                    #[graphql(desc = "Entrada.")] input: $input,
                ) -> Option<$crate::Result<$payload>> {
                    Some($crate::graphql::schema::mutation::execute(ctx, input).await)
                }
            )+
        }
    };
}
pub(crate) use mutations;

/// Declares the payload of a mutation: the object that it shows if the effect was committed, and what it
/// tells of the effect even of a dry run.
///
/// ```text
/// payload! {
///     /// Resultado de baixarGuia.
///     pub struct BaixarGuiaPayload from Changed {
///         /// A guia; nula se recusada ou simulada.
///         guia: GuiaNode = |effect| GuiaNode(Arc::new(effect.guia)),
///         /// Falso quando já estava baixada.
///         alterado: bool = |effect| effect.changed,
///     }
/// }
/// ```
macro_rules! payload {
    (
        $(#[$meta:meta])*
        pub struct $name:ident from $effect:ty {
            $(#[$object_meta:meta])* $object:ident: $object_ty:ty = $show:expr,
            $($(#[$field_meta:meta])* $field:ident: $ty:ty = $tell:expr,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(async_graphql::SimpleObject)]
        pub struct $name {
            $(#[$object_meta])*
            $object: Option<$object_ty>,
            $($(#[$field_meta])* $field: $ty,)*
            #[graphql(flatten)]
            completion: $crate::graphql::schema::mutation::Completion,
        }

        impl From<$crate::graphql::schema::mutation::MutationOutcome<$effect>> for $name {
            fn from(outcome: $crate::graphql::schema::mutation::MutationOutcome<$effect>) -> Self {
                $(let $field = outcome.summary::<$ty>($tell);)*
                let (effect, completion) = outcome.stored();
                Self { $object: effect.map($show), $($field,)* completion }
            }
        }
    };
}
pub(crate) use payload;

/// Executes a mutation. Refusals of rules become data; what the client cannot fix remains an error.
pub async fn execute<I, P>(ctx: &Context<'_>, input: I) -> Result<P>
where
    I: MutationInput,
    P: From<MutationOutcome<<I::Command as Command>::Effect>>,
{
    // Check the role before the input: a caller that may not write must not learn what is
    // wrong with its input.
    let name = <I::Command as Command>::NAME;
    if let Err(error) = ctx.actor().require(I::Command::PAPEL) {
        ctx.call().record.add_refusal(name, error.status());
        return Err(error);
    }
    let (command, mode) = input.into_parts();
    let dry_run = mode.simular.unwrap_or(false);
    let outcome = match mode.into_mode() {
        Ok(mode) => command::execute(ctx.call(), command, mode, |_, _| Ok(())).await,
        Err(error) => {
            ctx.call().record.add_refusal(name, error.status());
            Err(error)
        }
    };
    let (effect, errors) = match outcome {
        Ok(executed) => (Some(executed.effect), Vec::new()),
        Err(Error::Refusals(refusals)) => (None, refusals),
        Err(error) => return Err(error),
    };
    let completion = Completion::new(dry_run, errors);
    Ok(MutationOutcome { effect, completion }.into())
}
