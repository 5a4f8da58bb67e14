//! The fields of estruturas and of items.

use crate::Result;
use crate::catalogo::store::{EstruturaByAddress, Estruturas, HierarquiaOf, Items};
use crate::catalogo::{EstruturaDoCatalogo, ItemDoCatalogo, TipoDeCatalogo};
use crate::graphql_types::connection::{Connection, Count, Edge, Paging, connect, connections};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{ListSize, PageSize};
use crate::graphql_types::field_error::{Fallible, FieldError};
use crate::graphql_types::json::ToJson;
use crate::graphql_types::object::object;
use crate::graphql_types::scalars::Timestamp;
use crate::tramite::EstruturaAddress;
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
    /// The tribunal whose systems act for this estrutura.
    #[graphql(skip)]
    tribunal: i16,
    /// The row of the catalogue, if a query has loaded it.
    #[graphql(skip)]
    row: Option<Arc<EstruturaDoCatalogo>>,
}

impl From<Arc<EstruturaDoCatalogo>> for EstruturaNode {
    fn from(row: Arc<EstruturaDoCatalogo>) -> Self {
        let (repositorio, numero) = (row.repositorio, row.numero.clone());
        let address = EstruturaAddress { repositorio, numero };
        let named = Self::named(address, &row.nome, row.tribunal_codigo);
        Self { row: Some(row), ..named }
    }
}

impl EstruturaNode {
    /// A node of which only these values are known. The resolver of any other field loads its row.
    pub fn named(address: EstruturaAddress, nome: &str, tribunal: i16) -> Self {
        let EstruturaAddress { repositorio, numero } = address;
        Self { repositorio, numero, nome: Some(nome.to_owned()), tribunal, row: None }
    }

    async fn row(&self, ctx: &Context<'_>) -> Result<Option<Arc<EstruturaDoCatalogo>>> {
        if let Some(row) = &self.row {
            return Ok(Some(Arc::clone(row)));
        }
        let (repositorio, numero) = (self.repositorio, self.numero.clone());
        let address = EstruturaAddress { repositorio, numero };
        ctx.loaders().load(EstruturaByAddress(address)).await
    }

    /// Returns one value of the row, and reads the row if necessary.
    async fn column<T>(
        &self,
        ctx: &Context<'_>,
        describe: impl FnOnce(&EstruturaDoCatalogo) -> T,
    ) -> Option<Result<T>> {
        let row = self.row(ctx).await;
        row.map(|row| row.map(|row| describe(&row))).transpose()
    }

    async fn ancestors(&self, ctx: &Context<'_>) -> Result<Arc<Vec<EstruturaDoCatalogo>>> {
        let Some(row) = self.row(ctx).await? else { return Ok(Arc::default()) };
        let ancestors = ctx.loaders().load(HierarquiaOf(row.id)).await?;
        Ok(ancestors.unwrap_or_default())
    }
}

#[ComplexObject]
impl EstruturaNode {
    /// É do tribunal de quem chama.
    async fn propria(&self, ctx: &Context<'_>) -> bool {
        ctx.actor().tribunal() == Some(self.tribunal)
    }

    /// Sigla.
    async fn sigla(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let sigla = self.column(ctx, |row| row.sigla.clone()).await?;
        sigla.transpose()
    }

    /// Está em uso.
    async fn ativa(&self, ctx: &Context<'_>) -> Option<Result<bool>> {
        self.column(ctx, |row| row.ativa).await
    }

    /// Pode enviar trâmites.
    async fn pode_enviar(&self, ctx: &Context<'_>) -> Option<Result<bool>> {
        self.column(ctx, |row| row.pode_enviar).await
    }

    /// Pode receber trâmites.
    async fn pode_receber(&self, ctx: &Context<'_>) -> Option<Result<bool>> {
        self.column(ctx, |row| row.pode_receber).await
    }

    /// Está ativa e pode receber.
    async fn apto_para_receber_tramites(&self, ctx: &Context<'_>) -> Option<Result<bool>> {
        self.column(ctx, EstruturaDoCatalogo::can_receive).await
    }

    /// Código da unidade no sistema do órgão.
    async fn codigo_no_orgao_entidade(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let codigo = self.column(ctx, |row| row.codigo_no_orgao.clone()).await?;
        codigo.transpose()
    }

    /// Os recibos que assina se conferem com uma chave registrada.
    async fn tem_chave(&self, ctx: &Context<'_>) -> Option<Result<bool>> {
        self.column(ctx, |row| row.tem_chave).await
    }

    /// Cresce a cada mudança; devolva em `versaoEsperada`.
    async fn versao(&self, ctx: &Context<'_>) -> Option<Result<i32>> {
        self.column(ctx, |row| row.versao).await
    }

    /// Última mudança.
    async fn atualizado_em(&self, ctx: &Context<'_>) -> Option<Result<Timestamp>> {
        self.column(ctx, |row| row.atualizado_em.into()).await
    }

    /// A estrutura de que esta é parte.
    async fn pai(&self, ctx: &Context<'_>) -> Option<Result<EstruturaNode>> {
        let ancestors = self.ancestors(ctx).await;
        ancestors.map(|ancestors| ancestors.first().map(node)).transpose()
    }

    /// As estruturas de que é parte, da imediata à mais alta; no máximo vinte.
    #[graphql(directive = ListSize::apply(Some(20), None, None, None))]
    async fn hierarquia(&self, ctx: &Context<'_>) -> Fallible<Vec<EstruturaNode>> {
        let ancestors = self.ancestors(ctx).await.map_err(|error| FieldError::at(ctx, error))?;
        Ok(ancestors.iter().map(node).collect())
    }

    /// As estruturas que são parte direta desta, pelo nome.
    #[graphql(directive = PageSize::apply())]
    async fn filhas(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Fallible<Connection<Estruturas>> {
        let page = Paging { first, after, last, before };
        // An estrutura that is not in the catalogue has no children: no row has 0 as its parent.
        let page = async {
            let id = self.row(ctx).await?.map_or(0, |row| row.id);
            connect(ctx, Estruturas::Children(id), page).await
        };
        page.await.map_err(|error| FieldError::at(ctx, error))
    }
}

fn node(row: &EstruturaDoCatalogo) -> EstruturaNode {
    Arc::new(row.clone()).into()
}

pub struct ItemNode(pub Arc<ItemDoCatalogo>);

object! {
    /// Um item de um catálogo do Tramita.
    #[Object(name = "ItemDoCatalogo")]
    impl ItemNode as this {
        fields {
            /// De que catálogo.
            tipo: TipoDeCatalogo = this.0.tipo;
            /// O número pelo qual os sistemas o citam.
            codigo: i32 = this.0.codigo;
            /// Nome.
            nome: &str = &this.0.nome;
            /// Base legal, de uma hipótese legal.
            base_legal: Option<&str> = this.0.base_legal.as_deref();
            /// Está em uso.
            ativo: bool = this.0.ativo;
            /// Cresce a cada mudança; devolva em `versaoEsperada`.
            versao: i32 = this.0.versao;
            /// Última mudança.
            atualizado_em: Timestamp = this.0.atualizado_em.into();
        }
    }
}

impl ToJson for ItemNode {}
impl ToJson for EstruturaNode {}

connections! {
    Items as "ItemDoCatalogoConnection" of Edge "ItemDoCatalogoEdge":
        |row| ItemNode = ItemNode(Arc::clone(row));
    Estruturas as "EstruturaConnection" of Edge "EstruturaEdge": |row| EstruturaNode = Arc::clone(row).into();
}
