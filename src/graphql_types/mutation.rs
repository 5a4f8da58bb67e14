//! The parts that the inputs of all mutations share.

use crate::command::{self, Command, Mode};
use crate::error::{CodigoErro, Refusal, Result};
use crate::value::field::Change;
use async_graphql::{InputObject, MaybeUndefined};

/// Como executar uma operação.
#[derive(InputObject)]
pub struct ModoInput {
    /// Até 255 caracteres: repetir chave e entrada devolve o primeiro desfecho e nada refaz.
    pub chave_idempotencia: Option<String>,
    /// Aplica todas as regras e desfaz: nada grava.
    #[graphql(default_with = "Some(false)")]
    pub simular: Option<bool>,
}

impl ModoInput {
    /// Converts to the [`Mode`] of the command.
    ///
    /// # Errors
    /// A refusal of the field `chaveIdempotencia`, when the key is malformed.
    pub fn into_mode(self) -> Result<Mode> {
        let key = self.chave_idempotencia.map(|text| text.parse()).transpose();
        let key = key.map_err(|error: command::MalformedKey| {
            Refusal::new(CodigoErro::CampoInvalido, "idempotência", error.to_string())
                .at(["chaveIdempotencia"])
        })?;
        Ok(Mode { dry_run: self.simular.unwrap_or(false), key })
    }
}

/// The input of a mutation, which consists of a command and the mode of its execution.
pub trait MutationInput {
    type Command: Command;

    fn into_parts(self) -> (Self::Command, ModoInput);
}

/// Declares an input: each field with its type, and what the field of the same name in the command gets.
/// With `for`, it is the input of a mutation, and also says how to execute the command; with `into`, it is
/// an object within one. After `and` stand the fields of the command that no client gives.
///
/// ```text
/// input! {
///     /// Entrada de recusarTramite.
///     pub struct RecusarTramiteInput for RecusarTramite {
///         /// Identificação do trâmite (IDT).
///         idt: ID => read_idt(&idt),
///         /// Justificativa, 1 a 1000 caracteres.
///         justificativa: String => filled(Some(justificativa)),
///     }
///     and malformed: Vec::new()
/// }
/// ```
macro_rules! input {
    (
        $(#[$meta:meta])*
        pub struct $name:ident for $command:ident {
            $($(#[$field_meta:meta])* $field:ident: $ty:ty => $value:expr,)+
        }
        $(and $($rest:tt)+)?
    ) => {
        $(#[$meta])*
        #[derive(async_graphql::InputObject)]
        pub struct $name {
            $($(#[$field_meta])* $field: $ty,)+
            #[graphql(flatten)]
            mode: $crate::graphql_types::mutation::ModoInput,
        }

        impl $crate::graphql_types::mutation::MutationInput for $name {
            type Command = $command;

            fn into_parts(self) -> ($command, $crate::graphql_types::mutation::ModoInput) {
                let Self { $($field,)+ mode } = self;
                ($command { $($field: $value,)+ $($($rest)+)? }, mode)
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub struct $name:ident into $object:ident {
            $($(#[$field_meta:meta])* $field:ident: $ty:ty => $value:expr,)+
        }
        $(and $($rest:tt)+)?
    ) => {
        $(#[$meta])*
        #[derive(async_graphql::InputObject)]
        pub struct $name { $($(#[$field_meta])* $field: $ty,)+ }

        impl From<$name> for $object {
            fn from(input: $name) -> Self {
                let $name { $($field,)+ } = input;
                Self { $($field: $value,)+ $($($rest)+)? }
            }
        }
    };
}
pub(crate) use input;

/// In GraphQL an absent field keeps the value, and null clears it.
impl<T> From<MaybeUndefined<T>> for Change<T> {
    fn from(value: MaybeUndefined<T>) -> Self {
        match value {
            MaybeUndefined::Undefined => Self::Keep,
            MaybeUndefined::Null => Self::Clear,
            MaybeUndefined::Value(value) => Self::Set(value),
        }
    }
}
