//! Mutations of catalogues.

use super::fields::{EstruturaNode, ItemNode};
use crate::Result;
use crate::catalogo::service::Gravado;
use crate::catalogo::{
    EstruturaDoCatalogo, GravarEstrutura, GravarItem, ItemDoCatalogo, TipoDeCatalogo,
};
use crate::graphql::schema::mutation::{Desfecho, Entrada, Fim, ModoInput, executar};
use crate::graphql_types::directives::{CATALOGO, Cost, DEZ, RequerPapel};
use crate::tramite::EnderecoDeEstrutura;
use crate::value::field::preenchido;
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
    modo: ModoInput,
}

impl Entrada for GravarItemDoCatalogoInput {
    type Comando = GravarItem;

    fn partes(self) -> (GravarItem, ModoInput) {
        let comando = GravarItem {
            tipo: self.tipo,
            codigo: self.codigo,
            nome: preenchido(Some(self.nome)),
            base_legal: preenchido(self.base_legal),
            ativo: self.ativo.unwrap_or(true),
            versao_esperada: self.versao_esperada,
        };
        (comando, self.modo)
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
    modo: ModoInput,
}

impl Entrada for GravarEstruturaInput {
    type Comando = GravarEstrutura;

    fn partes(self) -> (GravarEstrutura, ModoInput) {
        let numero = self.numero.trim().to_owned();
        let comando = GravarEstrutura {
            endereco: EnderecoDeEstrutura { repositorio: self.repositorio, numero },
            nome: preenchido(Some(self.nome)),
            sigla: preenchido(self.sigla),
            pai: preenchido(self.pai),
            codigo_no_orgao: preenchido(self.codigo_no_orgao_entidade),
            ativa: self.ativa.unwrap_or(true),
            pode_enviar: self.pode_enviar.unwrap_or(true),
            pode_receber: self.pode_receber.unwrap_or(true),
            versao_esperada: self.versao_esperada,
        };
        (comando, self.modo)
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
    fim: Fim,
}

impl From<Desfecho<Gravado<ItemDoCatalogo>>> for GravarItemDoCatalogoPayload {
    fn from(desfecho: Desfecho<Gravado<ItemDoCatalogo>>) -> Self {
        let alterado = desfecho.resumo(|feito| feito.alterado);
        let (feito, fim) = desfecho.gravado();
        Self { item: feito.map(|feito| ItemNode(Arc::new(feito.linha))), alterado, fim }
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
    fim: Fim,
}

impl From<Desfecho<Gravado<EstruturaDoCatalogo>>> for GravarEstruturaPayload {
    fn from(desfecho: Desfecho<Gravado<EstruturaDoCatalogo>>) -> Self {
        let alterado = desfecho.resumo(|feito| feito.alterado);
        let (feito, fim) = desfecho.gravado();
        Self { estrutura: feito.map(|feito| Arc::new(feito.linha).into()), alterado, fim }
    }
}

#[derive(Default)]
pub struct CatalogoMutation;

#[Object]
impl CatalogoMutation {
    /// Grava um item de um catálogo que todos os órgãos partilham: um novo, ou um como passa a ser.
    #[graphql(
        directive = RequerPapel::apply(CATALOGO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn gravar_item_do_catalogo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: GravarItemDoCatalogoInput,
    ) -> Option<Result<GravarItemDoCatalogoPayload>> {
        Some(executar(ctx, input).await)
    }

    /// Grava uma estrutura do tribunal de quem chama: uma nova, ou uma como passa a ser.
    #[graphql(
        directive = RequerPapel::apply(CATALOGO.into()),
        directive = Cost::apply(DEZ.into())
    )]
    async fn gravar_estrutura(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Entrada.")] input: GravarEstruturaInput,
    ) -> Option<Result<GravarEstruturaPayload>> {
        Some(executar(ctx, input).await)
    }
}
