//! The field `tribunais` and the type `Tribunal`.

use crate::Result;
use crate::auth::Papel;
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::ListSize;
use crate::graphql_types::global_id::GlobalId;
use crate::graphql_types::json::ToJson;
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

/// Tribunal a que um dado pertence.
#[Object]
impl Tribunal {
    /// Identificador global, opaco e estável.
    pub async fn id(&self) -> ID {
        GlobalId::Tribunal(self.code).into()
    }

    /// Código J·100+TR, por exemplo 820.
    async fn codigo(&self) -> i32 {
        self.code.into()
    }

    /// TR do número CNJ, dois dígitos, por exemplo `20`.
    async fn tr(&self) -> &str {
        self.tr
    }

    /// Sigla, por exemplo TJRN.
    async fn sigla(&self) -> &str {
        self.sigla
    }

    /// Nome oficial.
    async fn nome(&self) -> &str {
        self.nome
    }
}
