//! Mutations of the catalogues.

use super::fields::{EstruturaNode, ItemNode};
use crate::catalogo::service::Stored;
use crate::catalogo::{
    EstruturaDoCatalogo, GravarEstrutura, GravarItem, ItemDoCatalogo, TipoDeCatalogo,
};
use crate::graphql::schema::mutation::{mutations, payload};
use crate::graphql_types::mutation::{ModoInput, MutationInput, input};
use crate::tramite::EstruturaAddress;
use crate::value::field::filled;
use async_graphql::InputObject;
use std::sync::Arc;

input! {
    /// Entrada de gravarItemDoCatalogo.
    pub struct GravarItemDoCatalogoInput for GravarItem {
        /// De que catálogo.
        tipo: TipoDeCatalogo => tipo,
        /// O número pelo qual os sistemas o citam, a partir de 1.
        codigo: i32 => codigo,
        /// Nome, 1 a 200 caracteres.
        nome: String => filled(Some(nome)),
        /// Base legal, só de uma hipótese legal, até 200 caracteres; ausente, fica sem.
        base_legal: Option<String> => filled(base_legal),
        /// Fica em uso; um motivo de urgência fica sempre.
        #[graphql(default_with = "Some(true)")]
        ativo: Option<bool> => ativo.unwrap_or(true),
        /// A versão lida; 0 se o item ainda não devia existir.
        versao_esperada: Option<i32> => versao_esperada,
    }
}

/// Entrada de gravarEstrutura.
#[derive(InputObject)]
pub struct GravarEstruturaInput {
    /// Repositório de estruturas.
    repositorio: i32,
    /// Número da estrutura, até 2147483647.
    numero: String,
    /// Nome, 1 a 200 caracteres.
    nome: String,
    /// Sigla, até 50 caracteres; ausente, fica sem.
    sigla: Option<String>,
    /// Número da estrutura de que esta é parte, no mesmo repositório; ausente, não é parte de nenhuma.
    pai: Option<String>,
    /// Código da unidade no sistema do órgão, até 100 caracteres; ausente, fica sem.
    codigo_no_orgao_entidade: Option<String>,
    /// Fica em uso.
    #[graphql(default_with = "Some(true)")]
    ativa: Option<bool>,
    /// Pode enviar trâmites.
    #[graphql(default_with = "Some(true)")]
    pode_enviar: Option<bool>,
    /// Pode receber trâmites.
    #[graphql(default_with = "Some(true)")]
    pode_receber: Option<bool>,
    /// A versão lida; 0 se a estrutura ainda não devia existir.
    versao_esperada: Option<i32>,
    #[graphql(flatten)]
    mode: ModoInput,
}

impl MutationInput for GravarEstruturaInput {
    type Command = GravarEstrutura;

    fn into_parts(self) -> (GravarEstrutura, ModoInput) {
        let numero = self.numero.trim().to_owned();
        let command = GravarEstrutura {
            endereco: EstruturaAddress { repositorio: self.repositorio, numero },
            nome: filled(Some(self.nome)),
            sigla: filled(self.sigla),
            pai: filled(self.pai),
            codigo_no_orgao: filled(self.codigo_no_orgao_entidade),
            ativa: self.ativa.unwrap_or(true),
            pode_enviar: self.pode_enviar.unwrap_or(true),
            pode_receber: self.pode_receber.unwrap_or(true),
            versao_esperada: self.versao_esperada,
        };
        (command, self.mode)
    }
}

payload! {
    /// Resultado de gravarItemDoCatalogo.
    pub struct GravarItemDoCatalogoPayload from Stored<ItemDoCatalogo> {
        /// O item; nulo se recusado ou simulado.
        item: ItemNode = |effect| ItemNode(Arc::new(effect.row)),
        /// Falso quando nada mudou.
        alterado: bool = |effect| effect.changed,
    }
}

payload! {
    /// Resultado de gravarEstrutura.
    pub struct GravarEstruturaPayload from Stored<EstruturaDoCatalogo> {
        /// A estrutura; nula se recusada ou simulada.
        estrutura: EstruturaNode = |effect| Arc::new(effect.row).into(),
        /// Falso quando nada mudou.
        alterado: bool = |effect| effect.changed,
    }
}

mutations! {
    CatalogoMutation requires CATALOGO;

    /// Grava um item de um catálogo que todos os órgãos partilham: acrescenta um novo, ou substitui todos os dados de um existente.
    gravar_item_do_catalogo(GravarItemDoCatalogoInput) -> GravarItemDoCatalogoPayload;

    /// Grava uma estrutura do tribunal de quem chama: acrescenta uma nova, ou substitui todos os dados de uma existente.
    gravar_estrutura(GravarEstruturaInput) -> GravarEstruturaPayload;
}
