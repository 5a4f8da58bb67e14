//! Connections of adolescentes in the GraphQL schema.

use super::fields::AdolescenteNode;
use crate::adolescente::store::Adolescentes;
use crate::graphql_types::connection::{Edge, GraphqlList};
use crate::graphql_types::json::ToJson;
use crate::processo::graphql::EdgeWithVinculo;
use crate::processo::store::AdolescentesOfProcesso;
use std::sync::Arc;

impl ToJson for AdolescenteNode {}

impl GraphqlList for Adolescentes {
    type Node = AdolescenteNode;
    type Edge = Edge<Self>;
    const CONNECTION: &'static str = "AdolescenteConnection";
    const EDGE: &'static str = "AdolescenteEdge";

    fn node(row: &Self::Row) -> AdolescenteNode {
        Arc::clone(row).into()
    }
}

impl GraphqlList for AdolescentesOfProcesso {
    type Node = AdolescenteNode;
    type Edge = EdgeWithVinculo<Self>;
    const CONNECTION: &'static str = "ProcessoAdolescenteConnection";
    const EDGE: &'static str = "ProcessoAdolescenteEdge";

    fn node(row: &Self::Row) -> AdolescenteNode {
        AdolescenteNode(Arc::clone(&row.object))
    }
}
