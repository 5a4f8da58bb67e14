//! The edge of the connections between adolescentes and processos, with the fields of the vínculo.

use super::VinculoNode;
use crate::graphql_types::connection::{GraphqlList, write_cursor};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::json::{JsonObject, ToJson};
use crate::graphql_types::scalars::Timestamp;
use crate::processo::store::{Vinculado, VinculoById};
use crate::processo::{SituacaoVinculo, Vinculo};
use async_graphql::{Context, Object, TypeName};
use std::borrow::Cow;
use std::sync::Arc;

pub struct EdgeWithVinculo<L: GraphqlList> {
    list: Arc<L>,
    row: L::Row,
    vinculo: Vinculo,
}

impl<T, L: GraphqlList<Row = Vinculado<T>>> From<(Arc<L>, Vinculado<T>)> for EdgeWithVinculo<L> {
    fn from((list, row): (Arc<L>, Vinculado<T>)) -> Self {
        let vinculo = row.vinculo.clone();
        Self { list, row, vinculo }
    }
}

impl<L: GraphqlList> ToJson for EdgeWithVinculo<L> {}

impl<L: GraphqlList> TypeName for EdgeWithVinculo<L> {
    fn type_name() -> Cow<'static, str> {
        L::EDGE.into()
    }
}

/// Aresta entre adolescente e processo, com o vínculo.
#[Object(name_type)]
impl<L: GraphqlList> EdgeWithVinculo<L> {
    /// Cursor deste item; só vale com o mesmo filtro e a mesma ordem.
    async fn cursor(&self) -> String {
        write_cursor(&*self.list, &self.row)
    }

    /// O item.
    async fn node(&self) -> JsonObject<L::Node> {
        JsonObject(L::node(&self.row))
    }

    /// O vínculo.
    async fn vinculo(&self, ctx: &Context<'_>) -> Option<crate::Result<JsonObject<VinculoNode>>> {
        let found = ctx.loaders().load(VinculoById(self.vinculo.id)).await;
        found.map(|found| found.map(|row| JsonObject(VinculoNode(row)))).transpose()
    }

    /// Situação do vínculo.
    async fn situacao(&self) -> SituacaoVinculo {
        self.vinculo.situacao()
    }

    /// Início do vínculo.
    async fn iniciado_em(&self) -> Timestamp {
        self.vinculo.iniciado_em.into()
    }

    /// Fim do vínculo; nulo enquanto ativo.
    async fn encerrado_em(&self) -> Option<Timestamp> {
        self.vinculo.encerrado_em.map(Timestamp)
    }

    /// Motivo do encerramento, se informado.
    async fn motivo(&self) -> Option<&str> {
        self.vinculo.motivo.as_deref()
    }
}
