//! How the lists of processos look in the schema.

use super::fields::{Comum, ExecucaoPropria};
use super::types::{ProcessoExecucao, ProcessoNode};
use crate::graphql_types::connection::{Aresta, ArestaComVinculo, ListaGraphql};
use crate::processo::store::{ExecucoesDaApuracao, Processos, ProcessosDoAdolescente};
use std::sync::Arc;

impl ListaGraphql for Processos {
    type Node = ProcessoNode;
    type Edge = Aresta<Self>;
    const CONEXAO: &'static str = "ProcessoConnection";
    const ARESTA: &'static str = "ProcessoEdge";

    fn node(linha: &Self::Linha) -> ProcessoNode {
        Arc::clone(linha).into()
    }
}

impl ListaGraphql for ExecucoesDaApuracao {
    type Node = ProcessoExecucao;
    type Edge = Aresta<Self>;
    const CONEXAO: &'static str = "ProcessoExecucaoConnection";
    const ARESTA: &'static str = "ProcessoExecucaoEdge";

    fn node(linha: &Self::Linha) -> ProcessoExecucao {
        ProcessoExecucao(Comum(Arc::clone(linha)), ExecucaoPropria(Arc::clone(linha)))
    }
}

impl ListaGraphql for ProcessosDoAdolescente {
    type Node = ProcessoNode;
    type Edge = ArestaComVinculo<Self>;
    const CONEXAO: &'static str = "AdolescenteProcessoConnection";
    const ARESTA: &'static str = "AdolescenteProcessoEdge";

    fn node(linha: &Self::Linha) -> ProcessoNode {
        Arc::clone(&linha.objeto).into()
    }
}
