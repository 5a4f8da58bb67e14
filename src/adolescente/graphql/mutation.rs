//! Mutations of adolescentes.

use super::alteracao::AtualizarAdolescenteInput;
use super::fields::AdolescenteNode;
use super::input::CadastrarAdolescenteInput;
use crate::adolescente::service::Changed;
use crate::graphql::schema::mutation::{mutations, payload};
use std::sync::Arc;

payload! {
    /// Resultado de cadastrarAdolescente.
    pub struct CadastrarAdolescentePayload from Changed {
        /// O adolescente, com o identificador gerado; nulo se recusado ou simulado.
        adolescente: AdolescenteNode = |effect| AdolescenteNode::from(Arc::new(effect.adolescente)),
        /// Avisos em português, que não impediram a operação.
        avisos: Vec<String> = |_| Vec::new(),
    }
}

payload! {
    /// Resultado de atualizarAdolescente.
    pub struct AtualizarAdolescentePayload from Changed {
        /// O adolescente; nulo se recusado ou simulado.
        adolescente: AdolescenteNode = |effect| AdolescenteNode::from(Arc::new(effect.adolescente)),
        /// Falso quando nada mudou.
        alterado: bool = |effect| effect.changed,
    }
}

mutations! {
    AdolescenteMutation requires INTEGRACAO;

    /// Cadastra um adolescente e gera o identificador (R24, R25).
    cadastrar_adolescente(CadastrarAdolescenteInput) -> CadastrarAdolescentePayload;

    /// Altera os dados de um adolescente; completa um cadastro pendente.
    atualizar_adolescente(AtualizarAdolescenteInput) -> AtualizarAdolescentePayload;
}
