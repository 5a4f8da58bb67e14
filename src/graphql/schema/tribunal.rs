//! The field `tribunais` and the type `Tribunal`.

use crate::Result;
use crate::auth::Papel;
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::ListSize;
use crate::graphql_types::global_id::GlobalId;
use crate::graphql_types::json::ToJson;
use crate::graphql_types::object::object;
use crate::value::tribunal::{TRIBUNAIS, Tribunal};
use async_graphql::{Context, ID, Object};

#[derive(Default)]
pub struct TribunalQuery;

#[Object]
impl TribunalQuery {
    /// Os tribunais conhecidos, por código.
    #[graphql(directive = ListSize::apply(Some(27), None, None, None))]
    async fn tribunais(&self, ctx: &Context<'_>) -> Option<Result<Vec<Tribunal>>> {
        Some(ctx.actor().require(Papel::Consulta).map(|()| TRIBUNAIS.to_vec()))
    }
}

impl ToJson for Tribunal {}

object! {
    /// Tribunal a que um dado pertence.
    #[Object]
    impl Tribunal as this {
        fields {
            /// Identificador global, opaco e estável.
            pub id: ID = GlobalId::Tribunal(this.code).into();
            /// Código J·100+TR, por exemplo 820.
            codigo: i32 = this.code.into();
            /// TR do número CNJ, dois dígitos, por exemplo `20`.
            tr: &str = this.tr;
            /// Sigla, por exemplo TJRN.
            sigla: &str = this.sigla;
            /// Nome oficial.
            nome: &str = this.nome;
        }
    }
}
