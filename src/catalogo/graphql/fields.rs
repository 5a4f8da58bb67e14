//! The fields of units and of items.

use crate::Result;
use crate::catalogo::store::{EstruturaPorEndereco, Estruturas, HierarquiaDe, Itens};
use crate::catalogo::{EstruturaDoCatalogo, ItemDoCatalogo, TipoDeCatalogo};
use crate::graphql::schema::errors::{ErroDeCampo, Falivel};
use crate::graphql_types::connection::{Aresta, Conexao, ListaGraphql, Paginacao, conectar};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{ListSize, Pagina};
use crate::graphql_types::json::Escrevivel;
use crate::graphql_types::scalars::Instante;
use crate::tramite::EnderecoDeEstrutura;
use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use std::sync::Arc;

/// Unidade de um repositório de estruturas organizacionais.
#[derive(SimpleObject, Clone)]
#[graphql(name = "Estrutura", complex)]
pub struct EstruturaNode {
    /// Repositório, por exemplo 1, Poder Judiciário.
    repositorio: i32,
    /// Número da estrutura, 1 a 20 caracteres.
    numero: String,
    /// Nome.
    nome: Option<String>,
    /// Whose systems act for it.
    #[graphql(skip)]
    tribunal: i16,
    /// What the catalogue says of it, if it was read already.
    #[graphql(skip)]
    linha: Option<Arc<EstruturaDoCatalogo>>,
}

impl From<Arc<EstruturaDoCatalogo>> for EstruturaNode {
    fn from(linha: Arc<EstruturaDoCatalogo>) -> Self {
        let (repositorio, numero) = (linha.repositorio, linha.numero.clone());
        let endereco = EnderecoDeEstrutura { repositorio, numero };
        let named = Self::named(endereco, &linha.nome, linha.tribunal_codigo);
        Self { linha: Some(linha), ..named }
    }
}

impl EstruturaNode {
    /// One of which only this is known; the rest is read when it is asked for.
    pub fn named(endereco: EnderecoDeEstrutura, nome: &str, tribunal: i16) -> Self {
        let EnderecoDeEstrutura { repositorio, numero } = endereco;
        Self { repositorio, numero, nome: Some(nome.to_owned()), tribunal, linha: None }
    }

    async fn linha(&self, ctx: &Context<'_>) -> Result<Option<Arc<EstruturaDoCatalogo>>> {
        if let Some(linha) = &self.linha {
            return Ok(Some(Arc::clone(linha)));
        }
        let (repositorio, numero) = (self.repositorio, self.numero.clone());
        let endereco = EnderecoDeEstrutura { repositorio, numero };
        ctx.loaders().load(EstruturaPorEndereco(endereco)).await
    }

    /// One thing that the catalogue says of it.
    async fn dela<T>(
        &self,
        ctx: &Context<'_>,
        dizer: impl FnOnce(&EstruturaDoCatalogo) -> T,
    ) -> Option<Result<T>> {
        let linha = self.linha(ctx).await;
        linha.map(|linha| linha.map(|linha| dizer(&linha))).transpose()
    }

    async fn acima(&self, ctx: &Context<'_>) -> Result<Arc<Vec<EstruturaDoCatalogo>>> {
        let Some(linha) = self.linha(ctx).await? else { return Ok(Arc::default()) };
        let acima = ctx.loaders().load(HierarquiaDe(linha.id)).await?;
        Ok(acima.unwrap_or_default())
    }
}

#[ComplexObject]
impl EstruturaNode {
    /// É de quem chama.
    async fn propria(&self, ctx: &Context<'_>) -> bool {
        ctx.ator().tribunal() == Some(self.tribunal)
    }

    /// Sigla.
    async fn sigla(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let sigla = self.dela(ctx, |linha| linha.sigla.clone()).await?;
        sigla.transpose()
    }

    /// Está em uso.
    async fn ativa(&self, ctx: &Context<'_>) -> Option<Result<bool>> {
        self.dela(ctx, |linha| linha.ativa).await
    }

    /// Pode enviar trâmites.
    async fn pode_enviar(&self, ctx: &Context<'_>) -> Option<Result<bool>> {
        self.dela(ctx, |linha| linha.pode_enviar).await
    }

    /// Pode receber trâmites.
    async fn pode_receber(&self, ctx: &Context<'_>) -> Option<Result<bool>> {
        self.dela(ctx, |linha| linha.pode_receber).await
    }

    /// Está ativa e pode receber.
    async fn apto_para_receber_tramites(&self, ctx: &Context<'_>) -> Option<Result<bool>> {
        self.dela(ctx, EstruturaDoCatalogo::apta_a_receber).await
    }

    /// Código da unidade no sistema do órgão.
    async fn codigo_no_orgao_entidade(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let codigo = self.dela(ctx, |linha| linha.codigo_no_orgao.clone()).await?;
        codigo.transpose()
    }

    /// Os recibos que assina se conferem com uma chave registrada.
    async fn tem_chave(&self, ctx: &Context<'_>) -> Option<Result<bool>> {
        self.dela(ctx, |linha| linha.tem_chave).await
    }

    /// Cresce a cada mudança; devolva em `versaoEsperada`.
    async fn versao(&self, ctx: &Context<'_>) -> Option<Result<i32>> {
        self.dela(ctx, |linha| linha.versao).await
    }

    /// Última mudança.
    async fn atualizado_em(&self, ctx: &Context<'_>) -> Option<Result<Instante>> {
        self.dela(ctx, |linha| linha.atualizado_em.into()).await
    }

    /// A estrutura de que esta é parte.
    async fn pai(&self, ctx: &Context<'_>) -> Option<Result<EstruturaNode>> {
        let acima = self.acima(ctx).await;
        acima.map(|acima| acima.first().map(node)).transpose()
    }

    /// As estruturas de que é parte, da imediata à mais alta; no máximo vinte.
    #[graphql(directive = ListSize::apply(Some(20), None, None, None))]
    async fn hierarquia(&self, ctx: &Context<'_>) -> Falivel<Vec<EstruturaNode>> {
        let acima = self.acima(ctx).await.map_err(|error| ErroDeCampo::em(ctx, error))?;
        Ok(acima.iter().map(node).collect())
    }

    /// As estruturas que são parte direta desta, pelo nome.
    #[graphql(directive = Pagina::apply())]
    async fn filhas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Falivel<Conexao<Estruturas>> {
        let pagina = Paginacao { first, after, last, before };
        // One that the catalogue does not have has nothing below it.
        let pagina = async {
            let id = self.linha(ctx).await?.map_or(0, |linha| linha.id);
            conectar(ctx, Estruturas::Filhas(id), pagina).await
        };
        pagina.await.map_err(|error| ErroDeCampo::em(ctx, error))
    }
}

fn node(linha: &EstruturaDoCatalogo) -> EstruturaNode {
    Arc::new(linha.clone()).into()
}

pub struct ItemNode(pub Arc<ItemDoCatalogo>);

/// Um item de um catálogo do Tramita.
#[Object(name = "ItemDoCatalogo")]
impl ItemNode {
    /// De que catálogo.
    async fn tipo(&self) -> TipoDeCatalogo {
        self.0.tipo
    }

    /// O número pelo qual os sistemas o citam.
    async fn codigo(&self) -> i32 {
        self.0.codigo
    }

    /// Nome.
    async fn nome(&self) -> &str {
        &self.0.nome
    }

    /// Base legal, de uma hipótese legal.
    async fn base_legal(&self) -> Option<&str> {
        self.0.base_legal.as_deref()
    }

    /// Está em uso.
    async fn ativo(&self) -> bool {
        self.0.ativo
    }

    /// Cresce a cada mudança; devolva em `versaoEsperada`.
    async fn versao(&self) -> i32 {
        self.0.versao
    }

    /// Última mudança.
    async fn atualizado_em(&self) -> Instante {
        self.0.atualizado_em.into()
    }
}

impl Escrevivel for ItemNode {}
impl Escrevivel for EstruturaNode {}

impl ListaGraphql for Itens {
    type Node = ItemNode;
    type Edge = Aresta<Self>;
    const CONEXAO: &'static str = "ItemDoCatalogoConnection";
    const ARESTA: &'static str = "ItemDoCatalogoEdge";

    fn node(linha: &Self::Linha) -> ItemNode {
        ItemNode(Arc::clone(linha))
    }
}

impl ListaGraphql for Estruturas {
    type Node = EstruturaNode;
    type Edge = Aresta<Self>;
    const CONEXAO: &'static str = "EstruturaConnection";
    const ARESTA: &'static str = "EstruturaEdge";

    fn node(linha: &Self::Linha) -> EstruturaNode {
        Arc::clone(linha).into()
    }
}
