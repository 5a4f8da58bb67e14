//! The fields of a registro eletrônico.

use super::fields::{TramiteNode, processo};
use crate::Result;
use crate::graphql::schema::errors::{ErroDeCampo, Falivel};
use crate::graphql::schema::node::GlobalId;
use crate::graphql_types::connection::{Conexao, Paginacao, conectar};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::Pagina;
use crate::graphql_types::scalars::Instante;
use crate::processo::graphql::ProcessoNode;
use crate::tramite::store::{ComQuemPergunta, EmAndamento, Tramites};
use crate::tramite::{Nre, RegistroEletronico, TipoDeProtocolo};
use async_graphql::{Context, ID, Object};
use std::sync::Arc;

pub struct RegistroNode(pub Arc<RegistroEletronico>);

/// Registro de um processo no Tramita, com todos os seus trâmites.
#[Object(name = "RegistroEletronico")]
impl RegistroNode {
    /// Identificador global, opaco e estável.
    pub async fn id(&self) -> ID {
        GlobalId::RegistroEletronico(self.0.id).into()
    }

    /// NRE.
    async fn nre(&self) -> &Nre {
        &self.0.nre
    }

    /// Protocolo, na grafia registrada primeiro.
    async fn protocolo(&self) -> &str {
        &self.0.protocolo
    }

    /// Que número o protocolo é.
    async fn tipo_de_protocolo(&self) -> TipoDeProtocolo {
        self.0.tipo_protocolo
    }

    /// O processo está com outro órgão; quem chama não pode enviá-lo (linha B4).
    async fn bloqueado(&self, ctx: &Context<'_>) -> Falivel<bool> {
        let esta = ctx.loaders().load(ComQuemPergunta(self.0.nre.clone())).await;
        esta.map(|esta| esta != Some(true)).map_err(|error| ErroDeCampo::em(ctx, error))
    }

    /// O trâmite em andamento, se quem chama é parte dele.
    async fn em_andamento(&self, ctx: &Context<'_>) -> Option<Result<TramiteNode>> {
        let achado = ctx.loaders().load(EmAndamento(self.0.nre.clone())).await;
        achado.map(|achado| achado.map(TramiteNode)).transpose()
    }

    /// Trâmites em que quem chama é parte, do mais antigo ao mais novo.
    #[graphql(directive = Pagina::apply())]
    async fn tramites(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Falivel<Conexao<Tramites>> {
        let pagina = Paginacao { first, after, last, before };
        conectar(ctx, Tramites::DoRegistro(self.0.id), pagina)
            .await
            .map_err(|error| ErroDeCampo::em(ctx, error))
    }

    /// O processo, quando o protocolo é um número CNJ visível aqui.
    async fn processo(&self, ctx: &Context<'_>) -> Option<Result<ProcessoNode>> {
        processo(ctx, self.0.tipo_protocolo, &self.0.protocolo_chave).await.transpose()
    }

    /// Geração do NRE.
    async fn criado_em(&self) -> Instante {
        self.0.criado_em.into()
    }
}
