//! A macro that declares a body once: its fields, as OpenAPI describes them, with how each is read and
//! by which path the rules name it.

use super::json_fields::{FieldPath, JsonBody};
use super::openapi::{texts, words};
use crate::adolescente::Identificador;
use crate::guia::NumeroDaGuia;
use crate::processo::NumeroProcesso;
use crate::value::cpf::Cpf;
use crate::value::field::Change;
use chrono::{DateTime, NaiveDate, Utc};

/// A schema of a field of a body, and how such a field is read.
pub trait Readable {
    type Value;

    fn read(body: &mut JsonBody, name: &'static str, field: FieldPath) -> Self::Value;
}

/// A place in a command for what a field of a body holds. What null means depends on the type of the
/// place: it erases where an update may erase, and elsewhere counts as absent.
pub trait Place<V> {
    fn take(body: &mut JsonBody, name: &'static str, read: impl FnOnce(&mut JsonBody) -> V)
    -> Self;
}

macro_rules! places {
    ($(impl<$($v:ident)?> $value:ty => $place:ty: |$body:ident, $name:ident, $read:ident| $take:expr;)+) => { $(
        impl<$($v)?> Place<$value> for $place {
            fn take(
                $body: &mut JsonBody,
                $name: &'static str,
                $read: impl FnOnce(&mut JsonBody) -> $value,
            ) -> Self {
                $take
            }
        }
    )+ };
}

places! {
    impl<V> Option<V> => Option<V>: |body, _name, read| read(body);
    impl<V> Vec<V> => Vec<V>: |body, _name, read| read(body);
    impl<V> Option<V> => Change<V>: |body, name, read| body.change(name, read);
    impl<V> Change<V> => Change<V>: |body, name, read| body.change(name, |body| Some(read(body))).flatten();
    impl<V> Change<V> => Option<V>: |body, _name, read| read(body).into_new();
    impl<> Option<bool> => bool: |body, _name, read| read(body).unwrap_or(false);
}

/// An optional field is read like a required one: the rules say what must be there.
impl<T: Readable> Readable for Option<T> {
    type Value = T::Value;

    fn read(body: &mut JsonBody, name: &'static str, field: FieldPath) -> T::Value {
        T::read(body, name, field)
    }
}

macro_rules! readable {
    ($($schema:ty => $value:ty, $read:expr;)+) => { $(
        impl Readable for $schema {
            type Value = $value;

            fn read(body: &mut JsonBody, name: &'static str, field: FieldPath) -> $value {
                $read(body, name, field)
            }
        }
    )+ };
}

readable! {
    texts::NumeroCnj => Option<NumeroProcesso>, JsonBody::parse;
    texts::Identificador => Option<Identificador>, JsonBody::parse;
    texts::Cpf => Option<Cpf>, JsonBody::parse;
    texts::Data => Option<NaiveDate>, JsonBody::date;
    texts::Nome => Option<String>, JsonBody::text;
    texts::Codigo => Option<String>, JsonBody::text;
    texts::CodigoTpu => Option<String>, JsonBody::text;
    texts::Descricao => Option<String>, JsonBody::text;
    texts::Naturalidade => Option<String>, JsonBody::text;
    texts::TextoDeDocumento => Option<String>, JsonBody::text;
    texts::Hash => Option<String>, JsonBody::text;
    texts::Protocolo => Option<String>, JsonBody::text;
    texts::Justificativa => Option<String>, JsonBody::text;
    String => Option<String>, JsonBody::text;
    texts::Instante => Option<DateTime<Utc>>, JsonBody::instant;
    words::TipoDocumento => Option<String>, JsonBody::text;
    words::Uf => Option<String>, JsonBody::text;
    words::SimOuNao => Option<bool>, JsonBody::yes_or_no;
    words::SouN => Option<bool>, JsonBody::yes_or_no;
    i32 => Option<i32>, JsonBody::integer;
    texts::Prazo => Option<i32>, JsonBody::integer_or_text;
    Vec<texts::Identificador> => Vec<Option<Identificador>>, JsonBody::list;
    Vec<texts::NumeroDaGuia> => Vec<Option<NumeroDaGuia>>, JsonBody::list;
}

/// The text of the JSON, as it came.
impl Readable for serde_json::Value {
    type Value = Option<String>;

    fn read(body: &mut JsonBody, name: &'static str, _: FieldPath) -> Option<String> {
        body.json(name)
    }
}

macro_rules! readable_words {
    ($($ty:ty),+) => { $(
        impl Readable for $ty {
            type Value = Option<Self>;

            fn read(body: &mut JsonBody, name: &'static str, field: FieldPath) -> Option<Self> {
                body.word(name, field, Self::ALL, Self::text)
            }
        }
    )+ };
}
readable_words!(
    words::TipoProcesso,
    words::OrigemGuia,
    words::MotivoBaixaGuia,
    words::SexoBiologico,
    words::IdentidadeGenero,
    words::OrientacaoSexual,
    words::RacaCor
);

/// The name of each field of a body, and the path by which the rules name it.
pub trait Body {
    const FIELDS: &'static [(&'static str, FieldPath)];
}

/// Declares a body that becomes a command: the struct of its schema, whose fields have the names of
/// the body, and for each field its place in the command and the path by which the rules name it.
/// The path is the field's name, within the parent that follows `in` if there is one; `at` gives
/// another. `within` in place of `for` declares fields of a command that has others too.
macro_rules! body {
    (@for $name:ident $command:ident) => {
        impl $name {
            /// Reads the fields of the body into a new command.
            pub fn read(body: &mut $crate::rest::json_fields::JsonBody) -> $command {
                let mut command = <$command as Default>::default();
                Self::read_into(&mut command, body);
                command
            }
        }

        impl $crate::rest::body_fields::Readable for Vec<$name> {
            type Value = Vec<$command>;

            fn read(
                body: &mut $crate::rest::json_fields::JsonBody,
                name: &'static str,
                field: $crate::rest::json_fields::FieldPath,
            ) -> Vec<$command> {
                body.items(name, field, $name::read)
            }
        }
    };
    (@within $name:ident $command:ident) => {};
    (
        $(#[$meta:meta])*
        pub struct $name:ident $how:ident $command:ident { $($fields:tt)+ }
    ) => {
        $crate::rest::body_fields::body! {
            $(#[$meta])*
            pub struct $name $how $command in [] { $($fields)+ }
        }
    };
    (
        $(#[$meta:meta])*
        pub struct $name:ident $how:ident $command:ident in $parent:tt {
            $($(#[$field_meta:meta])* $field:ident: $ty:ty => $($place:ident).+ $(at $path:tt)?,)+
        }
    ) => {
        #[derive(utoipa::ToSchema)]
        #[expect(dead_code, reason = "a schema, of which nobody makes a value")]
        $(#[$meta])*
        pub struct $name { $($(#[$field_meta])* $field: $ty,)+ }

        impl $crate::rest::body_fields::Body for $name {
            const FIELDS: &'static [(&'static str, $crate::rest::json_fields::FieldPath)] =
                &[$((
                    stringify!($field),
                    $crate::rest::body_fields::field_path!($parent $field $(at $path)?),
                )),+];
        }

        $crate::rest::body_fields::body!(@$how $name $command);

        impl $name {
            /// Reads the fields of the body into a command.
            pub fn read_into(
                command: &mut $command,
                body: &mut $crate::rest::json_fields::JsonBody,
            ) {
                $(
                    let read = |body: &mut $crate::rest::json_fields::JsonBody| {
                        let path = $crate::rest::body_fields::field_path!($parent $field $(at $path)?);
                        <$ty as $crate::rest::body_fields::Readable>::read(body, stringify!($field), path)
                    };
                    command.$($place).+ =
                        $crate::rest::body_fields::Place::take(body, stringify!($field), read);
                )+
            }
        }
    };
}
pub(super) use body;

/// The path of a field: the one that its body gives, or its own name within its parent.
macro_rules! field_path {
    ($parent:tt $field:ident at $path:tt) => {
        &$path
    };
    ([$($parent:literal),*] $field:ident) => {
        &[$($parent,)* stringify!($field)]
    };
}
pub(super) use field_path;

/// The name of a field by the path by which the rules name it: in the table of a body, in a header, or
/// the path itself. What is within a field has the name of the field, then the index or the rest.
pub fn named(fields: &[(&str, FieldPath)], path: &[&str]) -> String {
    let name = |path: &[&str]| fields.iter().find(|field| field.1 == path).map(|field| field.0);
    let found = (1..=path.len()).rev().find_map(|n| Some((name(&path[..n])?, &path[n..])));
    match (found, path) {
        (Some((name, within)), _) => {
            within.iter().fold(name.to_owned(), |name, part| match part.parse::<usize>() {
                Ok(index) => format!("{name}[{index}]"),
                Err(_) => format!("{name}.{part}"),
            })
        }
        (None, ["versaoEsperada"]) => "If-Match".to_owned(),
        (None, ["chaveIdempotencia"]) => "Idempotency-Key".to_owned(),
        (None, other) => other.join("."),
    }
}

#[cfg(test)]
mod tests {
    use super::super::processos::body::NovoProcesso;
    use super::super::rascunhos::body::NovoRascunho;
    use super::{Body, FieldPath};
    use crate::processo::CadastrarProcesso;
    use crate::rascunho::RegistrarRascunho;
    use serde::Serialize;
    use std::collections::BTreeSet;

    fn camel_case(name: &str) -> String {
        let (first, rest) = name.split_once('_').unwrap_or((name, ""));
        let upper = |word: &str| word[..1].to_uppercase() + &word[1..];
        first.to_owned()
            + &rest.split('_').filter(|word| !word.is_empty()).map(upper).collect::<String>()
    }

    /// The fields of a command that no field of its body is for.
    fn without_body<C: Default + Serialize>(fields: &[(&str, FieldPath)]) -> BTreeSet<String> {
        let command = serde_json::to_value(C::default()).unwrap();
        let named = |name: &String| fields.iter().any(|(_, path)| path[0] == name);
        let names = command.as_object().unwrap().keys().map(|name| camel_case(name));
        names.filter(|name| !named(name)).collect()
    }

    #[test]
    fn a_body_has_every_field_of_its_command() {
        let unread = BTreeSet::from(["malformados".to_owned()]);
        assert_eq!(without_body::<CadastrarProcesso>(NovoProcesso::FIELDS), unread);
        assert_eq!(without_body::<RegistrarRascunho>(NovoRascunho::FIELDS), unread);
    }
}
