//! Connections of adolescentes in the GraphQL schema.

use super::fields::AdolescenteNode;
use crate::adolescente::store::Adolescentes;
use crate::graphql_types::connection::{Edge, connections};
use crate::graphql_types::json::ToJson;
use crate::processo::graphql::EdgeWithVinculo;
use crate::processo::store::AdolescentesOfProcesso;
use std::sync::Arc;

impl ToJson for AdolescenteNode {}

connections! {
    Adolescentes as "AdolescenteConnection" of Edge "AdolescenteEdge":
        |row| AdolescenteNode = Arc::clone(row).into();
    AdolescentesOfProcesso as "ProcessoAdolescenteConnection" of EdgeWithVinculo "ProcessoAdolescenteEdge":
        |row| AdolescenteNode = AdolescenteNode(Arc::clone(&row.object));
}
