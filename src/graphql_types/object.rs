//! A macro that declares an object of the schema.

/// Declares an object. A field that only shows what the node holds is a line: its name, its type and its
/// value, where the node has the name after `as`. Any other field is a function, as async-graphql wants
/// it. Both stand in the order of the schema.
///
/// ```text
/// object! {
///     /// Guia: ordem judicial de uma medida.
///     #[Object(name = "Guia")]
///     impl GuiaNode as this {
///         fields {
///             /// Espécie.
///             tipo: TipoGuia = this.0.tipo;
///         }
///         functions {
///             /// Tribunal.
///             async fn tribunal(&self) -> Result<Tribunal> {
///                 Tribunal::from_row(self.0.tribunal_codigo)
///             }
///         }
///     }
/// }
/// ```
macro_rules! object {
    (
        $(#[$meta:meta])*
        impl $node:ident as $this:ident {
            $(
                fields {
                    $($(#[$field_meta:meta])* $vis:vis $field:ident: $ty:ty = $value:expr;)+
                }
                $(functions { $($functions:tt)+ })?
            )+
        }
    ) => {
        $(#[$meta])*
        impl $node {
            $(
                $(
                    $(#[$field_meta])*
                    $vis async fn $field(&self) -> $ty {
                        let $this = self;
                        $value
                    }
                )+
                $($($functions)+)?
            )+
        }
    };
}
pub(crate) use object;
