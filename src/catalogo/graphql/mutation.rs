//! Mutations of the catalogues.

use super::fields::{EstruturaNode, ItemNode};
use crate::Result;
use crate::catalogo::service::Stored;
use crate::catalogo::{
    EstruturaDoCatalogo, GravarEstrutura, GravarItem, ItemDoCatalogo, TipoDeCatalogo,
};
use crate::graphql::schema::mutation::{Completion, MutationOutcome, execute};
use crate::graphql_types::directives::{CATALOGO, Cost, RequerPapel, WRITE_OR_COUNT};
use crate::graphql_types::mutation::{ModoInput, MutationInput};
use crate::tramite::EstruturaAddress;
use crate::value::field::filled;
use async_graphql::{Context, InputObject, Object, SimpleObject};
use std::sync::Arc;

/// Entrada de gravarItemDoCatalogo.
#[derive(InputObject)]
pub struct GravarItemDoCatalogoInput {
    /// De que catálogo.
    tipo: TipoDeCatalogo,
    /// O número pelo qual os sistemas o citam, a partir de 1.
    codigo: i32,
    /// Nome, 1 a 200 caracteres.
    nome: String,
    /// Base legal, só de uma hipótese legal, até 200 caracteres; ausente, fica sem.
    base_legal: Option<String>,
    /// Fica em uso; um motivo de urgência fica sempre.
    #[graphql(default_with = "Some(true)")]
    ativo: Option<bool>,
    /// A versão lida; 0 se o item ainda não devia existir.
    versao_esperada: Option<i32>,
    #[graphql(flatten)]
    mode: ModoInput,
}

impl MutationInput for GravarItemDoCatalogoInput {
    type Command = GravarItem;

    fn into_parts(self) -> (GravarItem, ModoInput) {
        let command = GravarItem {
            tipo: self.tipo,
            codigo: self.codigo,
            nome: filled(Some(self.nome)),
            base_legal: filled(self.base_legal),
            ativo: self.ativo.unwrap_or(true),
            versao_esperada: self.versao_esperada,
        };
        (command, self.mode)
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

/// Resultado de gravarItemDoCatalogo.
#[derive(SimpleObject)]
pub struct GravarItemDoCatalogoPayload {
    /// O item; nulo se recusado ou simulado.
    item: Option<ItemNode>,
    /// Falso quando já era assim.
    alterado: bool,
    #[graphql(flatten)]
    completion: Completion,
}

impl From<MutationOutcome<Stored<ItemDoCatalogo>>> for GravarItemDoCatalogoPayload {
    fn from(outcome: MutationOutcome<Stored<ItemDoCatalogo>>) -> Self {
        let changed = outcome.summary(|effect| effect.changed);
        let (effect, completion) = outcome.stored();
        Self {
            item: effect.map(|effect| ItemNode(Arc::new(effect.row))),
            alterado: changed,
            completion,
        }
    }
}

/// Resultado de gravarEstrutura.
#[derive(SimpleObject)]
pub struct GravarEstruturaPayload {
    /// A estrutura; nula se recusada ou simulada.
    estrutura: Option<EstruturaNode>,
    /// Falso quando já era assim.
    alterado: bool,
    #[graphql(flatten)]
    completion: Completion,
}

impl From<MutationOutcome<Stored<EstruturaDoCatalogo>>> for GravarEstruturaPayload {
    fn from(outcome: MutationOutcome<Stored<EstruturaDoCatalogo>>) -> Self {
        let changed = outcome.summary(|effect| effect.changed);
        let (effect, completion) = outcome.stored();
        Self {
            estrutura: effect.map(|effect| Arc::new(effect.row).into()),
            alterado: changed,
            completion,
        }
    }
}

#[derive(Default)]
pub struct CatalogoMutation;

#[Object]
impl CatalogoMutation {
    /// Grava um item de um catálogo que todos os órgãos partilham: um novo, ou um como passa a ser.
    #[graphql(
        directive = RequerPapel::apply(CATALOGO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn gravar_item_do_catalogo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: GravarItemDoCatalogoInput,
    ) -> Option<Result<GravarItemDoCatalogoPayload>> {
        Some(execute(ctx, input).await)
    }

    /// Grava uma estrutura do tribunal de quem chama: uma nova, ou uma como passa a ser.
    #[graphql(
        directive = RequerPapel::apply(CATALOGO.into()),
        directive = Cost::apply(WRITE_OR_COUNT.into())
    )]
    async fn gravar_estrutura(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: GravarEstruturaInput,
    ) -> Option<Result<GravarEstruturaPayload>> {
        Some(execute(ctx, input).await)
    }
}
