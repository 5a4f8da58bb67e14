//! One declaration for an enum that is a text column, a GraphQL enum and a REST word.

/// Declares an enum whose only spelling, everywhere, is the given text.
macro_rules! texto_enum {
    ($(#[$meta:meta])* pub enum $nome:ident { $($(#[$vmeta:meta])* $variante:ident = $texto:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, async_graphql::Enum,
                 diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
        #[diesel(sql_type = diesel::sql_types::Text)]
        pub enum $nome { $($(#[$vmeta])* #[graphql(name = $texto)] $variante,)+ }

        impl $nome {
            pub const TODOS: &'static [Self] = &[$(Self::$variante,)+];

            pub const fn texto(self) -> &'static str {
                match self { $(Self::$variante => $texto,)+ }
            }

            pub fn de_texto(texto: &str) -> Option<Self> {
                Self::TODOS.iter().copied().find(|valor| valor.texto() == texto)
            }
        }

        impl serde::Serialize for $nome {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.texto())
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg> for $nome {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                std::io::Write::write_all(out, self.texto().as_bytes())?;
                Ok(diesel::serialize::IsNull::No)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for $nome {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                let texto = std::str::from_utf8(bytes.as_bytes())?;
                Self::de_texto(texto).ok_or_else(|| concat!("unknown ", stringify!($nome)).into())
            }
        }
    };
}
pub(crate) use texto_enum;
