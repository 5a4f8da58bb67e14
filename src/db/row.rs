//! A macro that declares the struct of a row and the list of its columns at once.

/// Declares the struct of a row, and a macro that lists its columns in the order of the struct, for
/// statements that are written as text. Diesel derives such a list only for the statements that it
/// builds itself. A field with `=> "a"` comes from that table, the others from the first one.
macro_rules! row {
    (
        columns $columns:ident of $table:literal;
        $(#[$meta:meta])*
        pub struct $name:ident {
            $(#[$first_meta:meta])*
            pub $first:ident: $first_ty:ty,
            $($(#[$field_meta:meta])* pub $field:ident: $ty:ty $(=> $other:literal)?,)+
        }
    ) => {
        $(#[$meta])*
        pub struct $name {
            $(#[$first_meta])*
            pub $first: $first_ty,
            $($(#[$field_meta])* pub $field: $ty,)+
        }

        macro_rules! $columns {
            () => {
                concat!(
                    $table, ".", stringify!($first)
                    $(, ", ", $crate::db::last!($table $(, $other)?), ".", stringify!($field))+
                )
            };
        }
        pub(crate) use $columns;
    };
}
pub(crate) use row;

/// The last of one or two literals.
macro_rules! last {
    ($one:literal) => {
        $one
    };
    ($one:literal, $two:literal) => {
        $two
    };
}
pub(crate) use last;
