//! Connections of processos in the GraphQL schema.

use super::fields::{CommonFields, ExecucaoFields};
use super::types::{ProcessoExecucao, ProcessoNode};
use crate::graphql_types::connection::{Edge, connections};
use crate::processo::graphql::EdgeWithVinculo;
use crate::processo::store::{ExecucoesOfApuracao, Processos, ProcessosOfAdolescente};
use std::sync::Arc;

connections! {
    Processos as "ProcessoConnection" of Edge "ProcessoEdge": |row| ProcessoNode = Arc::clone(row).into();
    ExecucoesOfApuracao as "ProcessoExecucaoConnection" of Edge "ProcessoExecucaoEdge":
        |row| ProcessoExecucao = ProcessoExecucao(CommonFields(Arc::clone(row)), ExecucaoFields(Arc::clone(row)));
    ProcessosOfAdolescente as "AdolescenteProcessoConnection" of EdgeWithVinculo "AdolescenteProcessoEdge":
        |row| ProcessoNode = Arc::clone(&row.object).into();
}
