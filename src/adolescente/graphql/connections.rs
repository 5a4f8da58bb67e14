//! How the lists of adolescentes look in the schema.

use super::fields::AdolescenteNode;
use crate::adolescente::store::Adolescentes;
use crate::graphql_types::connection::{Aresta, ArestaComVinculo, ListaGraphql};
use crate::graphql_types::json::Escrevivel;
use crate::processo::store::AdolescentesDoProcesso;
use std::sync::Arc;

impl Escrevivel for AdolescenteNode {}

impl ListaGraphql for Adolescentes {
    type Node = AdolescenteNode;
    type Edge = Aresta<Self>;
    const CONEXAO: &'static str = "AdolescenteConnection";
    const ARESTA: &'static str = "AdolescenteEdge";

    fn node(linha: &Self::Linha) -> AdolescenteNode {
        Arc::clone(linha).into()
    }
}

impl ListaGraphql for AdolescentesDoProcesso {
    type Node = AdolescenteNode;
    type Edge = ArestaComVinculo<Self>;
    const CONEXAO: &'static str = "ProcessoAdolescenteConnection";
    const ARESTA: &'static str = "ProcessoAdolescenteEdge";

    fn node(linha: &Self::Linha) -> AdolescenteNode {
        AdolescenteNode(Arc::clone(&linha.objeto))
    }
}
