//! Connections of processos in the GraphQL schema.

use super::fields::{CommonFields, ExecucaoFields};
use super::types::{ProcessoExecucao, ProcessoNode};
use crate::graphql_types::connection::{Edge, GraphqlList};
use crate::processo::graphql::EdgeWithVinculo;
use crate::processo::store::{ExecucoesOfApuracao, Processos, ProcessosOfAdolescente};
use std::sync::Arc;

impl GraphqlList for Processos {
    type Node = ProcessoNode;
    type Edge = Edge<Self>;
    const CONNECTION: &'static str = "ProcessoConnection";
    const EDGE: &'static str = "ProcessoEdge";

    fn node(row: &Self::Row) -> ProcessoNode {
        Arc::clone(row).into()
    }
}

impl GraphqlList for ExecucoesOfApuracao {
    type Node = ProcessoExecucao;
    type Edge = Edge<Self>;
    const CONNECTION: &'static str = "ProcessoExecucaoConnection";
    const EDGE: &'static str = "ProcessoExecucaoEdge";

    fn node(row: &Self::Row) -> ProcessoExecucao {
        ProcessoExecucao(CommonFields(Arc::clone(row)), ExecucaoFields(Arc::clone(row)))
    }
}

impl GraphqlList for ProcessosOfAdolescente {
    type Node = ProcessoNode;
    type Edge = EdgeWithVinculo<Self>;
    const CONNECTION: &'static str = "AdolescenteProcessoConnection";
    const EDGE: &'static str = "AdolescenteProcessoEdge";

    fn node(row: &Self::Row) -> ProcessoNode {
        Arc::clone(&row.object).into()
    }
}
